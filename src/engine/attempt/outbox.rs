//! What waits to be sent on one connection.

use std::io;

use bytes::{Buf as _, BytesMut};
use futures_util::FutureExt as _;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

/// Bytes on their way to a device. What a stream has taken may still wait inside of it, as in TLS where the socket takes only a
/// part of a record: only a flush passes that on.
#[derive(Default)]
pub(super) struct Outbox {
    waiting: BytesMut,
    /// The stream took bytes since it was flushed last.
    taken: bool,
}

impl Outbox {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.waiting.extend_from_slice(bytes);
    }

    /// In bytes, without what the stream has taken.
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Everything has left the stream.
    pub(super) fn is_sent(&self) -> bool {
        self.waiting.is_empty() && !self.taken
    }

    /// Takes one step: hands the stream what waits, or flushes it once nothing does. Nothing is lost where it is not awaited to the
    /// end.
    pub(super) async fn pass_on(&mut self, stream: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
        if self.waiting.is_empty() {
            stream.flush().await?;
            self.taken = false;
            return Ok(());
        }
        match stream.write(&self.waiting).await? {
            0 => Err(io::ErrorKind::WriteZero.into()),
            length => {
                self.waiting.advance(length);
                self.taken = true;
                Ok(())
            }
        }
    }

    /// Sends what goes out at once, and waits for nothing.
    pub(super) fn send_at_once(&mut self, stream: &mut (impl AsyncWrite + Unpin)) {
        while !self.is_sent() {
            match self.pass_on(stream).now_or_never() {
                Some(Ok(())) => {}
                Some(Err(_)) | None => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use super::*;

    /// Takes eight bytes at a time and passes them on when it is flushed, or once it holds more than it may.
    #[derive(Default)]
    struct Buffered {
        held: Vec<u8>,
        out: Vec<u8>,
        /// Takes nothing at all.
        stuck: bool,
    }

    impl AsyncWrite for Buffered {
        fn poll_write(mut self: Pin<&mut Self>, _cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
            if self.stuck {
                return Poll::Pending;
            }
            let taken = bytes.len().min(8);
            self.held.extend_from_slice(&bytes[..taken]);
            Poll::Ready(Ok(taken))
        }

        fn poll_flush(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            if self.stuck {
                return Poll::Pending;
            }
            let held = std::mem::take(&mut self.held);
            self.out.extend(held);
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[tokio::test]
    async fn a_request_leaves_a_stream_that_holds_back_what_it_took() {
        let (mut outbox, mut stream) = (Outbox::default(), Buffered::default());
        assert!(outbox.is_sent());
        outbox.push(b"OPTIONS rtsp://dvr/ RTSP/1.0\r\n\r\n");
        while !outbox.is_sent() {
            outbox.pass_on(&mut stream).await.unwrap();
        }
        assert_eq!(stream.out, b"OPTIONS rtsp://dvr/ RTSP/1.0\r\n\r\n");
    }

    #[test]
    fn the_last_teardown_goes_out_at_once_or_not_at_all() {
        let (mut outbox, mut stream) = (Outbox::default(), Buffered::default());
        outbox.push(b"TEARDOWN");
        outbox.send_at_once(&mut stream);
        assert_eq!(stream.out, b"TEARDOWN");
        // Also where it was taken before, and only waits for the flush.
        outbox.push(b"TEARDOWN");
        outbox.pass_on(&mut stream).now_or_never().unwrap().unwrap();
        outbox.send_at_once(&mut stream);
        assert_eq!(stream.out, b"TEARDOWNTEARDOWN");
        stream.stuck = true;
        outbox.push(b"TEARDOWN");
        outbox.send_at_once(&mut stream);
        assert_eq!((stream.out.len(), outbox.len()), (16, 8));
    }
}
