//! An RTSP server that costs next to nothing: canned access units, sent on time over TCP, each with a note of when.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::clip::Clip;

/// Serves `/{n}` for n from 1 to the number of channels, all the same clip, each a little later than the one before, as
/// recorders' cameras are not in step. A stream begins where the clip happens to be, not at a key frame.
pub struct Server {
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    clip: Arc<Clip>,
    begin: Instant,
    /// When each picture of each channel was sent last, in µs since `begin`; 0: never.
    sent: Vec<Vec<AtomicU64>>,
    /// When the first key frame of the newest session of each channel was sent, in µs since `begin`; 0: not yet.
    first_key: Vec<AtomicU64>,
    stop: AtomicBool,
}

const MOST_PAYLOAD: usize = 1_400;
const PAYLOAD_TYPE: u8 = 96;

impl Server {
    pub fn start(clip: Arc<Clip>, channels: usize) -> Outcome<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let zeros = |length: usize| {
            std::iter::repeat_with(|| AtomicU64::new(0))
                .take(length)
                .collect::<Vec<_>>()
        };
        let shared = Arc::new(Shared {
            begin: Instant::now(),
            sent: (0..channels).map(|_| zeros(clip.units.len())).collect(),
            first_key: zeros(channels),
            stop: AtomicBool::new(false),
            clip,
        });
        let accepting = Arc::clone(&shared);
        std::thread::Builder::new().name("bench-accept".into()).spawn(move || {
            for stream in listener.incoming().flatten() {
                if accepting.stop.load(Ordering::Relaxed) {
                    break;
                }
                let shared = Arc::clone(&accepting);
                // A client that goes away ends its thread; there is nobody to tell.
                let _ = std::thread::Builder::new()
                    .name("bench-client".into())
                    .spawn(move || shared.serve(&stream));
            }
        })?;
        Ok(Self { address, shared })
    }

    pub fn url(&self, channel: usize) -> String {
        format!("rtsp://{}/{channel}", self.address)
    }

    pub fn clip(&self) -> &Clip {
        &self.shared.clip
    }

    /// How long ago the picture `number` of `channel` (from 0) was sent; `None`: never.
    pub fn age(&self, channel: usize, number: u16, at: Instant) -> Option<Duration> {
        let sent = self
            .shared
            .sent
            .get(channel)?
            .get(usize::from(number))?
            .load(Ordering::Relaxed);
        (sent > 0).then(|| at.saturating_duration_since(self.shared.begin + Duration::from_micros(sent)))
    }

    /// When the first key frame of the newest session of `channel` (from 0) was sent.
    pub fn first_key(&self, channel: usize) -> Option<Instant> {
        let sent = self.shared.first_key.get(channel)?.load(Ordering::Relaxed);
        (sent > 0).then(|| self.shared.begin + Duration::from_micros(sent))
    }

    pub fn forget_first_keys(&self) {
        for first in &self.shared.first_key {
            first.store(0, Ordering::Relaxed);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
    }
}

impl Shared {
    /// Answers requests until the client goes; the pictures come from a thread of their own.
    fn serve(self: &Arc<Self>, stream: &TcpStream) -> Outcome<()> {
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(Duration::from_secs(2)))?;
        let out = Arc::new(Mutex::new(stream.try_clone()?));
        let gone = Arc::new(AtomicBool::new(false));
        let mut reader = BufReader::new(stream);
        let result = loop {
            match self.answer(&mut reader, &out, &gone) {
                Ok(true) => {}
                Ok(false) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        gone.store(true, Ordering::Relaxed);
        result
    }

    /// One request, or one interleaved packet, which is skipped. False: the end.
    fn answer(
        self: &Arc<Self>,
        reader: &mut BufReader<&TcpStream>,
        out: &Arc<Mutex<TcpStream>>,
        gone: &Arc<AtomicBool>,
    ) -> Outcome<bool> {
        let mut first = [0];
        if reader.read(&mut first)? == 0 {
            return Ok(false);
        }
        if first == *b"$" {
            let mut head = [0; 3];
            reader.read_exact(&mut head)?;
            let mut packet = vec![0; usize::from(u16::from_be_bytes([head[1], head[2]]))];
            reader.read_exact(&mut packet)?;
            return Ok(true);
        }
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = format!("{}{line}", char::from(first[0]));
        let mut words = line.split_whitespace();
        let (method, target) = (
            words.next().unwrap_or_default(),
            words.next().unwrap_or_default().to_owned(),
        );
        let mut sequence = String::new();
        let mut length = 0;
        loop {
            let mut header = String::new();
            if reader.read_line(&mut header)? == 0 {
                return Ok(false);
            }
            let header = header.trim();
            let Some((name, value)) = header.split_once(':') else {
                break;
            };
            match name.trim().to_ascii_lowercase().as_str() {
                "cseq" => sequence = value.trim().to_owned(),
                "content-length" => length = value.trim().parse()?,
                _ => {}
            }
        }
        std::io::copy(&mut reader.by_ref().take(length), &mut std::io::sink())?;
        let reply = |headers: &str, body: &str| {
            let length = if body.is_empty() {
                String::new()
            } else {
                format!("Content-Length: {}\r\n", body.len())
            };
            format!("RTSP/1.0 200 OK\r\nCSeq: {sequence}\r\n{headers}{length}\r\n{body}")
        };
        let session = "Session: 12345678;timeout=60\r\n";
        let text = match method {
            "OPTIONS" => reply(
                "Public: OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN\r\n",
                "",
            ),
            "DESCRIBE" => {
                let headers = format!("Content-Type: application/sdp\r\nContent-Base: {target}/\r\n");
                reply(&headers, &self.sdp())
            }
            "SETUP" => reply(
                &format!("{session}Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n"),
                "",
            ),
            _ => reply(session, ""),
        };
        out.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .write_all(text.as_bytes())?;
        if method == "PLAY" {
            let channel = channel_of(&target)
                .filter(|&channel| channel < self.sent.len())
                .ok_or("no such channel")?;
            let (shared, out, gone) = (Arc::clone(self), Arc::clone(out), Arc::clone(gone));
            std::thread::Builder::new().name("bench-play".into()).spawn(move || {
                // Ends when the client goes.
                let _ = shared.play(channel, &out, &gone);
                gone.store(true, Ordering::Relaxed);
            })?;
        }
        Ok(method != "TEARDOWN")
    }

    fn sdp(&self) -> String {
        let [sps, pps] = &self.clip.parameters;
        format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=bench\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\na=control:*\r\n\
             m=video 0 RTP/AVP {PAYLOAD_TYPE}\r\na=rtpmap:{PAYLOAD_TYPE} H264/90000\r\n\
             a=fmtp:{PAYLOAD_TYPE} packetization-mode=1;profile-level-id={:02x}{:02x}{:02x};\
             sprop-parameter-sets={},{}\r\na=framerate:{}\r\na=control:track1\r\n",
            sps[1],
            sps[2],
            sps[3],
            base64(sps),
            base64(pps),
            self.clip.fps
        )
    }

    fn play(&self, channel: usize, out: &Mutex<TcpStream>, gone: &AtomicBool) -> Outcome<()> {
        let period = Duration::from_secs(1) / self.clip.fps;
        let phase = period * u32::try_from(channel * 7 % 16)? / 16;
        let mut tick = (self.begin.elapsed().as_nanos() / period.as_nanos()) as u64 + 1;
        let mut sequence = 0_u16;
        let mut began = false;
        let mut bytes = Vec::new();
        while !gone.load(Ordering::Relaxed) && !self.stop.load(Ordering::Relaxed) {
            let due = self.begin + phase + Duration::from_nanos(period.as_nanos() as u64 * tick);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            let number = (tick % self.clip.units.len() as u64) as usize;
            let unit = &self.clip.units[number];
            bytes.clear();
            let time = (tick * 90_000 / u64::from(self.clip.fps)) as u32;
            for (index, nal) in unit.nals.iter().enumerate() {
                packets(nal, index + 1 == unit.nals.len(), &mut sequence, time, &mut bytes);
            }
            let at = (self.begin.elapsed().as_micros() as u64).max(1);
            self.sent[channel][number].store(at, Ordering::Relaxed);
            if unit.key && !began {
                began = true;
                self.first_key[channel].store(at, Ordering::Relaxed);
            }
            out.lock().unwrap_or_else(PoisonError::into_inner).write_all(&bytes)?;
            tick += 1;
        }
        Ok(())
    }
}

/// The channel, from 0, of a URL such as `rtsp://host/3/` or `rtsp://host/3/track1`.
fn channel_of(url: &str) -> Option<usize> {
    url.split('/').nth(3)?.parse::<usize>().ok()?.checked_sub(1)
}

/// One NAL unit as interleaved RTP packets (RFC 6184: single, or FU-A where it is too large).
fn packets(nal: &[u8], last: bool, sequence: &mut u16, time: u32, out: &mut Vec<u8>) {
    let mut packet = |marker: bool, head: &[u8], payload: &[u8]| {
        let length = (12 + head.len() + payload.len()) as u16;
        out.extend([b'$', 0]);
        out.extend(length.to_be_bytes());
        out.extend([0x80, PAYLOAD_TYPE | u8::from(marker) << 7]);
        out.extend(sequence.to_be_bytes());
        out.extend(time.to_be_bytes());
        out.extend([0, 0, 0, 1]);
        out.extend(head);
        out.extend(payload);
        *sequence = sequence.wrapping_add(1);
    };
    if nal.len() <= MOST_PAYLOAD {
        return packet(last, &[], nal);
    }
    const FU_A: u8 = 28;
    let (head, body) = (nal[0], &nal[1..]);
    let parts = body.len().div_ceil(MOST_PAYLOAD);
    for (index, part) in body.chunks(MOST_PAYLOAD).enumerate() {
        let (first, end) = (index == 0, index + 1 == parts);
        let fragment = u8::from(first) << 7 | u8::from(end) << 6 | head & 0x1f;
        packet(last && end, &[head & 0xe0 | FU_A, fragment], part);
    }
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    bytes
        .chunks(3)
        .flat_map(|chunk| {
            let word = (0..3).fold(0_u32, |word, index| {
                word << 8 | u32::from(chunk.get(index).copied().unwrap_or(0))
            });
            let letter = |index: usize| match index <= chunk.len() {
                true => char::from(LETTERS[(word >> (18 - 6 * index) & 0x3f) as usize]),
                false => '=',
            };
            [letter(0), letter(1), letter(2), letter(3)]
        })
        .collect()
}
