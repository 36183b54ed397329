//! What a session wants of the sockets beside its connection, done.

use bytes::Bytes;
use tokio::task::{JoinError, JoinHandle};

use super::super::clock;
use super::pump::Pump;
use rtsp::{DatagramOrder, Ports};

/// One turn takes at most so many datagrams, so that a fast device cannot starve the others.
const MOST_AT_ONCE: usize = 64;

/// What is taken while something else is done, in bytes: some seconds of a fast stream.
const MOST_BESIDE: usize = 4 << 20;

impl Pump {
    pub(super) fn obey_session(&mut self, order: DatagramOrder) {
        match order {
            DatagramOrder::Bind { track } => {
                let bound = self.datagrams.bind(track);
                let ports = bound.inspect_err(|error| self.no_ports(error)).ok();
                let ports = ports.map(|(rtp, rtcp)| Ports { rtp, rtcp });
                self.session.ports(track, ports, clock::now());
            }
            DatagramOrder::Join { track, group, ports } => {
                let joined = self.datagrams.join(track, group, (ports.rtp, ports.rtcp));
                let joined = joined.inspect_err(|error| self.no_ports(error)).is_ok();
                self.session.ports(track, joined.then_some(ports), clock::now());
            }
            DatagramOrder::Send {
                track,
                rtcp,
                port,
                datagram,
            } => self.datagrams.send(track, rtcp, port, &datagram),
            DatagramOrder::Close => self.datagrams.close(),
        }
    }

    /// Hands the session a datagram, and those that came with it; how many bytes that was.
    pub(super) fn on_datagram(&mut self, first: (usize, Bytes)) -> usize {
        let mut bytes = 0;
        let now = clock::now();
        let mut next = Some(first);
        let mut left = MOST_AT_ONCE;
        while let Some((track, datagram)) = next {
            self.note_bytes(datagram.len());
            bytes += datagram.len();
            self.session.handle_datagram(track, datagram, now);
            left -= 1;
            next = if left > 0 { self.datagrams.try_receive() } else { None };
        }
        bytes
    }

    /// Waits for work, and takes datagrams meanwhile: the system keeps few, and the first key frame is among them.
    pub(super) async fn beside_datagrams<T>(&mut self, mut work: JoinHandle<T>) -> Result<T, JoinError> {
        let mut taken = 0;
        loop {
            tokio::select! {
                done = &mut work => return done,
                datagram = self.datagrams.receive(), if self.datagrams.is_open() && taken < MOST_BESIDE => {
                    taken += self.on_datagram(datagram);
                }
            }
        }
    }

    fn no_ports(&self, error: &std::io::Error) {
        tracing::info!(%error, "no ports for datagrams");
    }
}
