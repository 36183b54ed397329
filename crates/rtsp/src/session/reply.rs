use std::time::Duration;

use super::{
    PendingRequest, PlannedTrack, Session,
    ask::{PlayForm, RequestPurpose},
};
use crate::{
    Event, LowerTransport, Media, Message, Quirk, Quirks, SessionErrorKind, SessionOutput, StartLine, Step,
    auth::{ChallengeError, Signer},
    limit, parse_sdp, refusal, text,
    transport::{InterleavedChannels, parse_session},
    url,
};

/// How often one request is sent again with an answer to a challenge: once because it had none, once because the nonce had
/// become too old.
const ANSWERS: u8 = 2;

/// After so many refusals in a row the user or the password is wrong, whatever the device says of the age of its challenges: some say
/// so of every answer. Recorders that have one nonce for all connections may say so twice.
const MOST_REFUSALS: u8 = 3;

impl Session {
    pub(super) fn on_message(&mut self, message: &Message) {
        match &message.head.start {
            StartLine::Request { method } => self.on_request(method, message),
            StartLine::Response { status: 100..200, .. } => {}
            StartLine::Response { status, reason, http } => {
                let text = format!("{status} {}", refusal::text(reason, message));
                if let Some(pending) = self.match_reply(message) {
                    self.on_reply(&pending, *status, *http, &text, message);
                }
            }
        }
    }

    /// The request that a reply answers. Only one request is under way at a time, so that a reply with a wrong `CSeq` or none is
    /// taken for its reply.
    fn match_reply(&mut self, message: &Message) -> Option<PendingRequest> {
        let cseq = message.head.cseq();
        if cseq.is_some() && cseq == self.abandoned {
            self.abandoned = None;
            return None;
        }
        let Some(pending) = self.pending.take() else {
            self.note(Quirk::UnexpectedReply);
            return None;
        };
        if self.step < Step::Media {
            let took = self.now.saturating_duration_since(pending.sent);
            self.slowest_reply = self.slowest_reply.max(took);
        }
        match cseq {
            None => self.note(Quirk::MissingCSeq),
            Some(number) if number != pending.cseq => self.note(Quirk::WrongCSeq),
            Some(_) => {}
        }
        Some(pending)
    }

    fn on_reply(&mut self, pending: &PendingRequest, status: u16, http: bool, text: &str, message: &Message) {
        // OPTIONS is answered to anybody by most.
        self.accepted |= pending.signed && (200..300).contains(&status) && pending.purpose != RequestPurpose::Options;
        match status {
            200..300 => self.on_success(pending.purpose, message),
            401 => self.on_challenge(pending, text, message),
            300..=303 | 305 | 307 | 308 => self.on_redirect(status, message),
            400 | 404 | 405 | 501 | 505 if http && self.step < Step::Media => {
                self.fail(SessionErrorKind::Http, text);
            }
            _ => self.on_refusal(pending.purpose, status, text, message),
        }
    }

    fn on_success(&mut self, purpose: RequestPurpose, message: &Message) {
        match purpose {
            RequestPurpose::Options => {
                let methods = message.head.all("Public").flat_map(|list| list.split([',', ' ', ';']));
                let mut methods = methods.into_iter().map(str::trim);
                if methods.any(|method| method.eq_ignore_ascii_case("GET_PARAMETER")) {
                    self.life.keepalive.offers_get_parameter();
                }
                self.describe();
            }
            RequestPurpose::Describe => self.on_description(message),
            RequestPurpose::Setup { index, .. } => self.on_set_up(index, message),
            RequestPurpose::Play(_) => {
                self.read_session(message);
                if self.step == Step::Play {
                    self.begin_media();
                } else {
                    self.sound_plays();
                }
            }
            RequestPurpose::Keepalive(_) => self.life.keepalive.answered(),
            RequestPurpose::Teardown => self.torn_down(),
            RequestPurpose::Replay => {
                self.read_session(message);
                self.replay_answered(message);
            }
            RequestPurpose::Pause => self.paused(true),
            RequestPurpose::ReplayTeardown => self.replay_torn_down(),
        }
    }

    pub(super) fn describe(&mut self) {
        self.step = Step::Describe;
        self.send(RequestPurpose::Describe);
    }

    fn on_description(&mut self, message: &Message) {
        let mut description = parse_sdp(&message.body);
        if description.media.is_empty() && message.body.trim_ascii().is_empty() {
            self.fail(SessionErrorKind::Protocol, "empty description");
            return;
        }
        let tracks = description.tracks(true);
        self.sound.offer = description.sound();
        description.quirks.iter().for_each(|quirk| self.note(quirk));
        let tracks = match tracks {
            Ok(tracks) => tracks,
            Err(offered) => {
                self.fail(SessionErrorKind::NoVideo, &offered);
                return;
            }
        };
        let stated = |name| message.head.header(name).filter(|base| !base.trim().is_empty());
        if let Some(base) = stated("Content-Base").or_else(|| stated("Content-Location")) {
            self.base = url::base_path(base);
        }
        self.aggregate.clone_from(&self.base);
        if let Some(control) = &description.control {
            self.aggregate = url::control_path(&self.base, control);
            if control.contains("://") {
                self.base.clone_from(&self.aggregate);
            }
        }
        let base = &self.base;
        self.tracks = tracks
            .into_iter()
            .map(|(track, control)| PlannedTrack {
                group: description.group_of(track.media),
                track,
                path: url::control_path(base, control.as_deref().unwrap_or_default()),
                channels: None,
            })
            .collect();
        if self.tracks.first().is_some_and(|planned| planned.group.0.is_some()) {
            self.carriage.prefer_group();
        }
        self.set_up(0);
    }

    /// Asks for a track, or plays when all have been asked for.
    pub(super) fn set_up(&mut self, index: usize) {
        let wanted = |planned: &PlannedTrack| self.request.audio || planned.track.media == Media::Video;
        if self.tracks.get(index).is_some_and(wanted) {
            self.step = Step::Setup;
            self.ask_set_up(index);
        } else if self.step == Step::Media {
            // Without a Range the picture that plays already goes on from where it is.
            self.send(RequestPurpose::Play(PlayForm::WithoutRange));
        } else if self.is_replay() {
            self.step = Step::Play;
            self.begin_replay();
        } else {
            self.step = Step::Play;
            self.send(RequestPurpose::Play(PlayForm::Whole));
        }
    }

    fn on_set_up(&mut self, index: usize, message: &Message) {
        self.read_session(message);
        if self.session.is_none() {
            self.note(Quirk::MissingSession);
        }
        if self.set_up_datagrams(index, message) {
            return;
        }
        let asked = InterleavedChannels::asked(index);
        let stated = message.head.header("Transport").and_then(InterleavedChannels::stated);
        let taken = |channels: InterleavedChannels| {
            let others = self.tracks.iter().enumerate().filter(|(other, _)| *other != index);
            let mut others = others.filter_map(|(_, planned)| planned.channels);
            others.any(|other| other.rtp == channels.rtp)
        };
        let channels = match stated {
            None => {
                self.note(Quirk::MissingChannels);
                asked
            }
            // A device that states the same channels for every track uses those that were asked for.
            Some(channels) if taken(channels) => {
                self.note(Quirk::OtherChannels);
                asked
            }
            Some(channels) => {
                if channels != asked {
                    self.note(Quirk::OtherChannels);
                }
                channels
            }
        };
        self.deinterleaver.know(channels.rtp);
        self.deinterleaver.know(channels.rtcp);
        if let Some(planned) = self.tracks.get_mut(index) {
            planned.channels = Some(channels);
        }
        self.set_up(index + 1);
    }

    fn read_session(&mut self, message: &Message) {
        let Some((id, timeout)) = message.head.header("Session").and_then(parse_session) else {
            return;
        };
        if self.session.as_deref() != Some(id) {
            self.session = Some(id.to_owned());
        }
        if let Some(seconds) = timeout {
            self.life.keepalive.states(Duration::from_secs(seconds), self.now);
        }
    }

    /// Answers a 401, unless the answer would be a second try of the same wrong password (RFC 7616 §3.3).
    fn on_challenge(&mut self, pending: &PendingRequest, text: &str, message: &Message) {
        let mut quirks = Quirks::default();
        let credentials = self.request.credentials.as_ref().filter(|_| !self.signed_out);
        let may_basic = self.request.basic;
        let signer = credentials.map(|credentials| Signer::new(&message.head, credentials, may_basic, &mut quirks));
        quirks.iter().for_each(|quirk| self.note(quirk));
        let before = self.signer.as_ref().filter(|_| pending.signed && !self.accepted);
        let refused = before.map_or(0, |before| before.challenge().refused()) + u8::from(pending.signed);
        let may_be_stale = refused < MOST_REFUSALS;
        let renewed = |signer: &Signer| {
            // A refused answer to an old challenge may only have come too late. A refused answer to a fresh one was wrong.
            let changed = self
                .signer
                .as_ref()
                .is_none_or(|before| before.nonce() != signer.nonce());
            let late = changed && pending.answers == 0 && refused <= 1;
            !pending.signed || signer.is_stale() && may_be_stale || late
        };
        match signer {
            Some(Ok(signer)) if renewed(&signer) && pending.answers < ANSWERS => {
                (self.presigned, self.accepted) = (false, false);
                self.signer = Some(signer.after_refusals(refused));
                self.send_again(pending.purpose, pending.answers + 1);
            }
            Some(Ok(signer)) if signer.is_stale() && may_be_stale => {
                self.stale = true;
                self.signer = Some(signer.after_refusals(refused));
                self.refuse(pending.purpose, SessionErrorKind::Protocol, "401 nonce is always stale");
            }
            Some(Err(error @ ChallengeError::Basic)) if !pending.signed => {
                self.refuse(pending.purpose, SessionErrorKind::InClear, &format!("401 {error}"));
            }
            Some(Err(error @ ChallengeError::Unsupported(_))) if !pending.signed => {
                self.refuse(pending.purpose, SessionErrorKind::Protocol, &format!("401 {error}"));
            }
            _ => {
                self.wrong |= pending.signed;
                let kind = refusal::classify(401, self.step, text, refusal::retry_after(message));
                self.refuse(pending.purpose, kind, text);
            }
        }
    }

    fn on_redirect(&mut self, status: u16, message: &Message) {
        if self.step == Step::Teardown {
            self.finish(Event::Closed);
            return;
        }
        let location = message.head.header("Location");
        match location.and_then(|location| url::redirect(location, &self.request.authority, self.request.secure)) {
            // The user chose encryption: no recorder can move the user name and password to a connection without it.
            Some(redirect) if self.request.secure && !redirect.secure => {
                self.fail(
                    SessionErrorKind::Protocol,
                    &format!("{status} to a connection without encryption"),
                );
            }
            Some(redirect) => {
                if self.is_set_up() {
                    self.send(RequestPurpose::Teardown);
                }
                self.finish(Event::Redirect(redirect));
            }
            None => self.fail(
                SessionErrorKind::Protocol,
                &format!("{status} without a usable Location"),
            ),
        }
    }

    /// Handles a status of 400 or above except 401: tries another form of the request where there is one, or ends.
    fn on_refusal(&mut self, purpose: RequestPurpose, status: u16, text: &str, message: &Message) {
        let kind = refusal::classify(status, self.step, text, refusal::retry_after(message));
        if self.replay_refused(purpose, status, kind, text) {
            return;
        }
        match (purpose, status) {
            (RequestPurpose::Options, _) if !matches!(kind, SessionErrorKind::Limit { .. }) => {
                self.note(Quirk::OptionsRefused);
                self.describe();
            }
            (RequestPurpose::Setup { index, plain: false }, 461) if self.transport() != LowerTransport::Multicast => {
                self.note(Quirk::SetupRetried);
                self.send(RequestPurpose::Setup { index, plain: true });
            }
            (RequestPurpose::Setup { index, .. }, 454)
                if self.session.is_some() && !self.set_up_again && self.step < Step::Media =>
            {
                self.note(Quirk::SetupRetried);
                self.set_up_again = true;
                self.session = None;
                self.send(RequestPurpose::Setup { index, plain: false });
            }
            (RequestPurpose::Setup { index, .. }, _) if self.is_about_transport(index, status, kind) => {
                self.transport_refused(status, kind, text);
            }
            (RequestPurpose::Play(_), 454) if self.step == Step::Play && !self.set_up_again => {
                self.note(Quirk::SessionLost);
                self.set_up_again = true;
                self.session = None;
                self.tracks.iter_mut().for_each(|planned| planned.channels = None);
                self.set_up(0);
            }
            (RequestPurpose::Play(PlayForm::Whole), 400 | 451 | 456 | 457) if self.step == Step::Play => {
                self.note(Quirk::PlayRetried);
                self.send(RequestPurpose::Play(PlayForm::WithoutRange));
            }
            (RequestPurpose::Play(PlayForm::Whole), 404 | 455 | 459) if self.step == Step::Play => {
                self.note(Quirk::PlayRetried);
                self.send(RequestPurpose::Play(PlayForm::TrackOnly));
            }
            _ => self.refuse(purpose, kind, text),
        }
    }

    /// Ends the session, unless it can do without the request that was refused.
    pub(super) fn refuse(&mut self, purpose: RequestPurpose, kind: SessionErrorKind, text: &str) {
        match purpose {
            RequestPurpose::Teardown => self.torn_down(),
            RequestPurpose::Setup { .. } | RequestPurpose::Play(_) if self.sound.is_being_added() => self.set_up_anew(),
            RequestPurpose::Keepalive(sign) => {
                self.note(Quirk::KeepaliveRefused);
                self.life.keepalive.failed(sign, self.now);
                if text.starts_with("401") {
                    self.signed_out = true;
                    self.signer = None;
                }
            }
            RequestPurpose::Play(_) if self.step == Step::Media => self.note(Quirk::PlayUnanswered),
            RequestPurpose::Setup { index, .. } if index > 0 => {
                self.note(Quirk::SoundRefused);
                self.sound.refused = true;
                self.set_up(index + 1);
            }
            _ => self.fail(kind, text),
        }
    }

    /// Answers a request of the device (RFC 2326 §10.1, §10.3, §10.8, §10.9, §10.10), so that the device goes on.
    fn on_request(&mut self, method: &str, message: &Message) {
        let served = [
            "OPTIONS",
            "GET_PARAMETER",
            "SET_PARAMETER",
            "ANNOUNCE",
            "PLAY_NOTIFY",
            "REDIRECT",
            "TEARDOWN",
        ];
        let status = if served.contains(&method) {
            "200 OK"
        } else {
            "501 Not Implemented"
        };
        let mut reply = format!("RTSP/1.0 {status}\r\n");
        if let Some(cseq) = message.head.cseq() {
            reply.push_str(&format!("CSeq: {cseq}\r\n"));
        }
        if let Some(session) = &self.session {
            reply.push_str(&format!("Session: {session}\r\n"));
        }
        if method == "OPTIONS" {
            reply.push_str("Public: OPTIONS, GET_PARAMETER, SET_PARAMETER, ANNOUNCE, REDIRECT, TEARDOWN\r\n");
        }
        reply.push_str("\r\n");
        self.output.push_back(SessionOutput::Send(text::encode(&reply).into()));
        self.note(Quirk::ServerRequest);
        match method {
            _ if self.step == Step::Teardown => {}
            "REDIRECT" if message.head.header("Location").is_some() => self.on_redirect(302, message),
            "REDIRECT" | "TEARDOWN" => self.end("the device ended the session"),
            // A person may seek back.
            "ANNOUNCE" | "PLAY_NOTIFY" | "SET_PARAMETER" if announces_end(message) && !self.replay_ended() => {
                self.end("end of stream");
            }
            _ => {}
        }
    }

    pub(super) fn end(&mut self, text: &str) {
        self.fail(SessionErrorKind::Ended, text);
    }
}

/// Whether an ANNOUNCE says that nothing more will come: `x-notice: 2101 End-of-Stream Reached` in several spellings.
fn announces_end(message: &Message) -> bool {
    let body = String::from_utf8_lossy(&message.body[..message.body.len().min(limit::HEAD)]).into_owned();
    let values = message.head.headers().map(|(_, value)| value).chain([body.as_str()]);
    values.into_iter().any(|value| {
        let value = value.trim().to_ascii_lowercase().replace(['_', ' '], "-");
        value.contains("end-of-stream") || value.starts_with("2101") || value.starts_with("2104")
    })
}
