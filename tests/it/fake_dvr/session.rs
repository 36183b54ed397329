//! One connection of the fake DVR: reads requests, answers by the script, sends pictures when they are due.

use std::io::ErrorKind;
use std::net::TcpStream;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::auth::Gate;
use super::datagrams;
use super::habits::Habits;
use super::media::{self, Clip, Player};
use super::script::{Answer, Base, Codec, Ending, Flow, Heads, Script, Sound, Step, Transport};
use super::wire::Wire;
use super::{Request, Shared, life, sdp};

/// Until the connection ends; `true`: the client ended it.
pub fn talk(shared: &Shared, stream: TcpStream, index: usize, number: u64) -> bool {
    let script = shared.script.lock().expect("the script").clone();
    let reset = stream.try_clone();
    let _ = stream.set_nodelay(true);
    let _ = stream.set_write_timeout(Some(Duration::from_secs(5)));
    let wire = if script.tls {
        Wire::tls(stream, shared.certificate())
    } else {
        Wire::Plain(stream)
    };
    let gate = Gate::new(&script, number << 32 | 0x5eed);
    let mut talk = Talk {
        shared,
        index,
        wire,
        gate,
        script,
        inbox: Vec::new(),
        session: None,
        channel: 0,
        sound: None,
        datagrams: datagrams::Sender::default(),
        play: None,
        last_sign: Instant::now(),
        frozen: false,
    };
    match talk.run() {
        End::Client => true,
        End::Own => false,
        End::Reset => {
            if let Ok(stream) = reset {
                let _ = socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO));
            }
            false
        }
    }
}

/// Why a connection ends.
enum End {
    Client,
    Own,
    Reset,
}

struct Talk<'a> {
    shared: &'a Shared,
    index: usize,
    wire: Wire,
    gate: Gate,
    script: Script,
    inbox: Vec<u8>,
    session: Option<String>,
    channel: u8,
    /// The channel of the sound, once it is set up.
    sound: Option<u8>,
    datagrams: datagrams::Sender,
    play: Option<Play>,
    /// When the last sign of life came that counts.
    last_sign: Instant,
    /// The media ended, the connection is open.
    frozen: bool,
}

struct Play {
    since: Instant,
    player: Player,
    habits: Habits,
    sent: u32,
    tone: media::Tone,
}

impl Talk<'_> {
    fn run(&mut self) -> End {
        match self.turns() {
            Err(end) => end,
        }
    }

    fn turns(&mut self) -> Result<std::convert::Infallible, End> {
        if let Some(answer) = self.fault(Step::Accept) {
            self.answer_wrongly(&answer, "")?;
        }
        loop {
            self.read()?;
            while let Some(request) = self.next_request()? {
                // Before it plays everything counts.
                if self.play.is_none() || self.script.life.counts(&request.method) {
                    self.last_sign = Instant::now();
                }
                self.shared.seen.lock().expect("what was seen")[self.index]
                    .requests
                    .push(request.clone());
                self.answer(&request)?;
            }
            self.play_on()?;
            let limit = self.script.drops_without_keepalive;
            if limit.is_some_and(|limit| self.last_sign.elapsed() > limit) {
                if !self.script.life.freezes {
                    return Err(End::Own);
                }
                self.frozen = true;
            }
        }
    }

    fn stopped(&self) -> bool {
        self.shared.stopped.load(Ordering::SeqCst)
    }

    /// Waits for bytes until the next picture is due.
    fn read(&mut self) -> Result<(), End> {
        if self.stopped() {
            return Err(End::Own);
        }
        let each = self.each();
        let due = self.play.as_ref().map(|play| play.since + each * play.sent);
        let wait = due.map_or(Duration::from_millis(100), |due| {
            due.saturating_duration_since(Instant::now())
        });
        let mut bytes = [0; 4096];
        match self.wire.read(
            &mut bytes,
            wait.clamp(Duration::from_millis(1), Duration::from_millis(100)),
        ) {
            Ok(0) => Err(End::Client),
            Ok(count) => {
                self.inbox.extend_from_slice(&bytes[..count]);
                Ok(())
            }
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
                ) =>
            {
                Ok(())
            }
            Err(_) => Err(End::Client),
        }
    }

    /// From one picture to the next.
    fn each(&self) -> Duration {
        match self.script.pace.each {
            Duration::ZERO => Duration::from_secs(1) / self.script.fps,
            each => each,
        }
    }

    /// Says nothing for so long, as long as the client is there.
    fn pause(&mut self, pause: Duration) -> Result<(), End> {
        let begin = Instant::now();
        while begin.elapsed() < pause {
            self.read()?;
        }
        Ok(())
    }

    fn next_request(&mut self) -> Result<Option<Request>, End> {
        loop {
            if let [b'$', channel, high, low, rest @ ..] = &self.inbox[..] {
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                if rest.len() < length {
                    return Ok(None);
                }
                let report = life::read_report(*channel, &rest[..length]);
                self.inbox.drain(..4 + length);
                self.shared.seen.lock().expect("what was seen")[self.index]
                    .reports
                    .push(report);
                if self.script.life.counts("RTCP") {
                    self.last_sign = Instant::now();
                }
                if self.script.life.hangs_up_on.contains(&"RTCP") {
                    return Err(End::Own);
                }
                continue;
            }
            let Some(end) = self.inbox.windows(4).position(|four| four == b"\r\n\r\n") else {
                return Ok(None);
            };
            let head = String::from_utf8_lossy(&self.inbox[..end]).into_owned();
            let mut lines = head.lines();
            let mut first = lines.next().unwrap_or_default().split(' ');
            let (method, uri) = (
                first.next().unwrap_or_default().to_owned(),
                first.next().unwrap_or_default().to_owned(),
            );
            let headers: Vec<(String, String)> = lines
                .filter_map(|line| line.split_once(':'))
                .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
                .collect();
            let request = Request {
                method,
                uri,
                headers,
                head: self.inbox[..end].to_vec(),
            };
            let body = request
                .header("Content-Length")
                .and_then(|length| length.parse().ok())
                .unwrap_or(0);
            if self.inbox.len() < end + 4 + body {
                return Ok(None);
            }
            self.inbox.drain(..end + 4 + body);
            // A reply to one of the server's own requests.
            if !request.method.starts_with("RTSP/") {
                return Ok(Some(request));
            }
            self.shared.seen.lock().expect("what was seen")[self.index]
                .requests
                .push(request);
        }
    }

    /// The scripted fault of this step, if it is still to come.
    fn fault(&self, step: Step) -> Option<Answer> {
        let mut script = self.shared.script.lock().expect("the script");
        let fault = script
            .faults
            .iter_mut()
            .find(|fault| fault.step == step && fault.times > 0)?;
        if fault.times != u32::MAX {
            fault.times -= 1;
        }
        Some(fault.answer.clone())
    }

    fn answer(&mut self, request: &Request) -> Result<(), End> {
        let playing = self.play.is_some();
        let step = match request.method.as_str() {
            "OPTIONS" if !playing => Step::Options,
            "DESCRIBE" => Step::Describe,
            "SETUP" if playing => Step::SetupBeside,
            "SETUP" if request.uri.ends_with("trackID=2") => Step::SetupSound,
            "SETUP" => Step::Setup,
            "PLAY" => Step::Play,
            "TEARDOWN" => Step::Teardown,
            _ => Step::Keepalive,
        };
        let cseq = request.header("CSeq").unwrap_or_default().to_owned();
        let life = self.script.life;
        let method = request.method.as_str();
        if playing && life.hangs_up_on.contains(&method) {
            return Err(End::Own);
        }
        if playing && life.ignores.contains(&method) {
            return Ok(());
        }
        if playing && life.refuses.contains(&method) {
            return self.reply(&cseq, life.with, &[], b"");
        }
        if let Some(answer) = self.fault(step) {
            return self.answer_wrongly(&answer, &cseq);
        }
        if step != Step::Options
            && let Err(challenges) = self.gate.check(request, &self.shared.counts)
        {
            let lines: Vec<(&str, Vec<u8>)> = challenges
                .into_iter()
                .map(|challenge| ("WWW-Authenticate", challenge))
                .collect();
            self.reply_in_bytes(&cseq, "401 Unauthorized", &lines, b"")?;
            return if self.gate.closes() { Err(End::Own) } else { Ok(()) };
        }
        match step {
            Step::Options => self.reply(
                &cseq,
                "200 OK",
                &[(
                    "Public",
                    if life.offers_get_parameter {
                        "OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN".to_owned()
                    } else {
                        "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN".to_owned()
                    },
                )],
                b"",
            ),
            Step::Describe => {
                self.pause(self.script.pace.describe)?;
                self.describe(&cseq, &request.uri)
            }
            Step::Setup | Step::SetupBeside | Step::SetupSound => self.setup(&cseq, request),
            Step::Play => self.start(&cseq),
            Step::Teardown => {
                self.reply(&cseq, "200 OK", &[], b"")?;
                self.play = None;
                self.sound = None;
                self.datagrams.end();
                self.session = None;
                Ok(())
            }
            Step::Keepalive if life.no_cseq => self.send(b"RTSP/1.0 200 OK\r\n\r\n"),
            Step::Accept | Step::Keepalive => self.reply(&cseq, "200 OK", &[], b""),
        }
    }

    fn describe(&mut self, cseq: &str, uri: &str) -> Result<(), End> {
        let uri = uri.trim_end_matches('/');
        let path = uri.splitn(4, '/').nth(3).unwrap_or_default();
        let mut lines = vec![("Content-Type", "application/sdp".to_owned())];
        match self.script.base {
            Base::Own => lines.push(("Content-Base", format!("{uri}/"))),
            Base::None => {}
            Base::Foreign => lines.push(("Content-Base", format!("rtsp://198.51.100.77:8554/{path}/"))),
            Base::NoScheme => lines.push(("Content-Base", format!("192.0.2.1/{path}/"))),
        }
        let body = sdp::describe(&self.script, uri, path);
        self.reply(cseq, "200 OK", &lines, &body)
    }

    fn setup(&mut self, cseq: &str, request: &Request) -> Result<(), End> {
        let asked = request.header("Transport").unwrap_or_default();
        let script = self.script.datagrams;
        let in_datagrams = !asked.contains("/TCP") || script.interleaved == datagrams::Interleaved::TakenForUdp;
        if in_datagrams {
            return self.set_up_datagrams(cseq, request);
        }
        match script.interleaved {
            datagrams::Interleaved::Refused => return self.reply(cseq, "461 Unsupported Transport", &[], b""),
            datagrams::Interleaved::Forbidden => return self.reply(cseq, "403 Forbidden", &[], b""),
            datagrams::Interleaved::HungUpOn => return Err(End::Own),
            datagrams::Interleaved::Taken | datagrams::Interleaved::TakenForUdp => {}
        }
        let channels = asked
            .split(';')
            .find_map(|part| part.trim().strip_prefix("interleaved="))
            .unwrap_or("0-1")
            .to_owned();
        let picture = !request.uri.ends_with("trackID=2");
        let other = self.script.transport == Transport::OtherChannels;
        let channels = match (other, picture) {
            (false, _) => channels,
            (true, true) => "8-9".to_owned(),
            (true, false) => "10-11".to_owned(),
        };
        let first = channels.split('-').next().and_then(|first| first.parse().ok());
        if picture {
            self.channel = first.unwrap_or(0);
        } else {
            self.sound = first.filter(|_| self.script.sound == Sound::Pcmu);
        }
        let session = self
            .session
            .get_or_insert_with(|| format!("{:08X}", 0x00D5_EED0 + self.index))
            .clone();
        let timeout = if let Some(parameters) = self.script.life.session_parameters {
            parameters.to_owned()
        } else if self.script.session_timeout == 0 {
            String::new()
        } else {
            format!(";timeout={}", self.script.session_timeout)
        };
        let mut lines = vec![("Session", format!("{session}{timeout}"))];
        match self.script.transport {
            Transport::Normal | Transport::OtherChannels => lines.push((
                "Transport",
                format!("RTP/AVP/TCP;unicast;interleaved={channels};ssrc=4D4F4E4F"),
            )),
            Transport::NoInterleaved => lines.push(("Transport", "RTP/AVP/TCP;unicast".to_owned())),
            Transport::Missing => {}
        }
        self.reply(cseq, "200 OK", &lines, b"")
    }

    fn set_up_datagrams(&mut self, cseq: &str, request: &Request) -> Result<(), End> {
        let asked = request.header("Transport").unwrap_or_default();
        let sound = request.uri.ends_with("trackID=2");
        let tcp = self.wire.tcp();
        let ends = (
            tcp.local_addr().expect("an own address").ip(),
            tcp.peer_addr().expect("a client").ip(),
        );
        let stated = if asked.contains("/TCP") {
            Some("RTP/AVP;unicast;client_port=0-0;server_port=6970-6971".to_owned())
        } else {
            self.datagrams.set_up(&self.script.datagrams, asked, sound, ends)
        };
        let Some(stated) = stated else {
            return self.reply(cseq, "461 Unsupported Transport", &[], b"");
        };
        let session = self
            .session
            .get_or_insert_with(|| format!("{:08X}", 0x00D5_EED0 + self.index))
            .clone();
        let timeout = self.script.session_timeout;
        let lines = [
            ("Session", format!("{session};timeout={timeout}")),
            ("Transport", stated),
        ];
        self.reply(cseq, "200 OK", &lines, b"")
    }

    fn start(&mut self, cseq: &str) -> Result<(), End> {
        let Some(session) = self.session.clone() else {
            return self.reply(cseq, "454 Session Not Found", &[], b"");
        };
        if self.play.is_some() {
            // Another track was set up beside what plays.
            return self.reply(cseq, "200 OK", &[("Session", session)], b"");
        }
        let Script { codec, fps, pace, .. } = self.script;
        // A stream that refreshes itself never sends its first picture again.
        let player = Player::new(
            Clip::of(codec, fps),
            fps,
            pace.joins_at,
            codec == Codec::H264IntraRefresh,
        );
        self.play = Some(Play {
            since: Instant::now() + pace.first_picture,
            player,
            habits: Habits::new(self.script.habit, self.script.fps),
            sent: 0,
            tone: media::Tone::default(),
        });
        if self.script.flow == Flow::BeforePlayReply {
            self.play_on()?;
        }
        self.reply(
            cseq,
            "200 OK",
            &[("Session", session), ("Range", "npt=now-".to_owned())],
            b"",
        )
    }

    /// Sends the pictures that are due.
    fn play_on(&mut self) -> Result<(), End> {
        let (fps, flow, channel) = (self.script.fps, self.script.flow, self.channel);
        let each = self.each();
        let Some(play) = &mut self.play else { return Ok(()) };
        let Some(age) = Instant::now().checked_duration_since(play.since) else {
            return Ok(());
        };
        let pauses = |(after, pause): (Duration, Duration)| (after..after + pause).contains(&age);
        match self.script.ending {
            _ if self.frozen || self.script.pace.pause.is_some_and(pauses) => {
                play.sent = (age.as_secs_f64() * f64::from(fps)) as u32 + 1;
                return Ok(());
            }
            Ending::NoMedia => return Ok(()),
            Ending::Freeze(after) if age > after => {
                play.sent = (age.as_secs_f64() * f64::from(fps)) as u32 + 1;
                return Ok(());
            }
            Ending::Close(after) if age > after => return Err(End::Own),
            Ending::Reset(after) if age > after => return Err(End::Reset),
            Ending::Garbage(after) if age > after => return self.garbage(),
            Ending::ServerTeardown(after) if age > after => {
                let _ = self.send(b"TEARDOWN rtsp://dvr/live RTSP/1.0\r\nCSeq: 900\r\n\r\n");
                return Err(End::Own);
            }
            _ => {}
        }
        if age < each * play.sent {
            return Ok(());
        }
        let number = play.sent;
        play.sent += 1;
        let mut bytes = Vec::new();
        if flow == Flow::Junk && number % 3 == 1 {
            bytes.extend_from_slice(b"\x00\xff$junk $\x00RTS");
        }
        if flow == Flow::UnknownChannel {
            bytes.extend_from_slice(&frame(77, b"an unknown channel"));
        }
        if flow == Flow::ServerRequests && number % 4 == 1 {
            let method = ["OPTIONS", "GET_PARAMETER", "ANNOUNCE"][number as usize / 4 % 3];
            let body = if method == "ANNOUNCE" {
                "Content-Type: text/parameters\r\nContent-Length: 5\r\n\r\nhello"
            } else {
                "\r\n"
            };
            bytes.extend_from_slice(
                format!("{method} rtsp://dvr/live RTSP/1.0\r\nCSeq: {}\r\n{body}", 500 + number).as_bytes(),
            );
        }
        for (index, packet) in play.habits.apply(play.player.next_picture()).iter().enumerate() {
            if self.script.life.sender_reports && index == 0 && number.is_multiple_of(fps) {
                let source = packet[8..12].try_into().expect("an RTP head");
                bytes.extend_from_slice(&frame(channel + 1, &life::sender_report(source)));
            }
            if self.datagrams.carries(false) {
                self.datagrams.send(self.script.datagrams.way, false, packet);
            } else {
                bytes.extend_from_slice(&frame(channel, packet));
            }
        }
        if self.datagrams.carries(true) {
            for packet in play.tone.next(Duration::from_secs(1) / fps) {
                self.datagrams.send(self.script.datagrams.way, true, &packet);
            }
        }
        let reports = self.datagrams.reports();
        let mut seen = self.shared.seen.lock().expect("what was seen");
        seen[self.index].reports.extend(reports);
        seen[self.index].pictures += 1;
        drop(seen);
        if let Some(channel) = self.sound {
            for packet in play.tone.next(Duration::from_secs(1) / fps) {
                bytes.extend_from_slice(&frame(channel, &packet));
            }
        }
        self.send(&bytes)
    }

    fn answer_wrongly(&mut self, answer: &Answer, cseq: &str) -> Result<(), End> {
        match answer {
            Answer::Silence => self.silence(),
            Answer::Close => Err(End::Own),
            Answer::Reset => Err(End::Reset),
            Answer::Garbage => self.garbage(),
            Answer::Raw(bytes) => self.send(bytes),
            Answer::Status(code, reason, lines) => {
                let own = format!(
                    "rtsp://{}",
                    self.wire
                        .tcp()
                        .local_addr()
                        .map(|own| own.to_string())
                        .unwrap_or_default()
                );
                let lines: Vec<(&str, String)> = lines
                    .iter()
                    .map(|(name, value)| (*name, value.replace("{self}", &own)))
                    .collect();
                self.reply(cseq, &format!("{code} {reason}"), &lines, b"")
            }
        }
    }

    /// Reads and says nothing until the client gives up.
    fn silence(&mut self) -> Result<(), End> {
        loop {
            self.read()?;
            self.inbox.clear();
        }
    }

    /// Never a `$` of a known channel, never `RTSP/`.
    fn garbage(&mut self) -> Result<(), End> {
        let mut word = 0x1234_5678_u32;
        let block: Vec<u8> = std::iter::repeat_with(|| {
            word = word.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (word >> 24) as u8 | 0x80
        })
        .take(16 * 1024)
        .collect();
        while !self.stopped() {
            self.send(&block)?;
        }
        Err(End::Own)
    }

    fn reply(&mut self, cseq: &str, status: &str, lines: &[(&str, String)], body: &[u8]) -> Result<(), End> {
        let lines: Vec<(&str, Vec<u8>)> = lines
            .iter()
            .map(|(name, value)| (*name, value.clone().into_bytes()))
            .collect();
        self.reply_in_bytes(cseq, status, &lines, body)
    }

    fn reply_in_bytes(&mut self, cseq: &str, status: &str, lines: &[(&str, Vec<u8>)], body: &[u8]) -> Result<(), End> {
        let heads = self.script.heads;
        let mut out: Vec<Vec<u8>> = Vec::new();
        let version = if heads == Heads::Http { "HTTP/1.0" } else { "RTSP/1.0" };
        let status = if heads == Heads::NoReason {
            status.split(' ').next().unwrap_or(status)
        } else {
            status
        };
        if heads == Heads::LeadingCrLf {
            out.push(Vec::new());
        }
        out.push(format!("{version} {status}").into_bytes());
        match heads {
            Heads::NoCSeq => {}
            Heads::WrongCSeq => out.push(b"CSeq: 4711".to_vec()),
            Heads::SpaceBeforeColon => out.push(format!("CSeq : {cseq}").into_bytes()),
            _ => out.push(format!("CSeq: {cseq}").into_bytes()),
        }
        match heads {
            Heads::JunkLine => out.push(b"this line has no colon".to_vec()),
            Heads::Latin1Value => out.push(b"Server: Caf\xe9 4".to_vec()),
            _ => {}
        }
        for (name, value) in lines {
            let name = if heads == Heads::LowerCaseNames {
                name.to_lowercase()
            } else {
                (*name).to_owned()
            };
            out.push([name.as_bytes(), b": ", value].concat());
        }
        if !body.is_empty() {
            let space = if heads == Heads::TrailingSpace { " " } else { "" };
            out.push(format!("Content-Length: {}{space}", body.len()).into_bytes());
        }
        let end: &[u8] = if heads == Heads::LfOnly { b"\n" } else { b"\r\n" };
        let mut bytes: Vec<u8> = out.iter().flat_map(|line| [line.as_slice(), end].concat()).collect();
        bytes.extend_from_slice(end);
        bytes.extend_from_slice(body);
        self.send(&bytes)
    }

    fn send(&mut self, bytes: &[u8]) -> Result<(), End> {
        let size = if self.script.flow == Flow::Crumbs {
            7
        } else {
            usize::MAX
        };
        for crumb in bytes.chunks(size) {
            self.wire.write_all(crumb).map_err(|_lost| End::Client)?;
            if size < bytes.len() {
                std::thread::yield_now();
            }
        }
        Ok(())
    }
}

/// Interleaved crop (RFC 2326, 10.12).
fn frame(channel: u8, packet: &[u8]) -> Vec<u8> {
    let length = u16::try_from(packet.len()).expect("a short packet").to_be_bytes();
    [&[b'$', channel, length[0], length[1]], packet].concat()
}
