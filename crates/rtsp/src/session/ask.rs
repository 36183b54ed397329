use super::{PendingRequest, Session};
use crate::{ReplayWay, SessionOutput, Sign, limit, replay::REQUIRE, text};

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RequestPurpose {
    Options,
    Describe,
    Setup {
        index: usize,
        plain: bool,
    },
    Play(PlayForm),
    Keepalive(Sign),
    Teardown,
    /// PLAY of recorded pictures, as the order says that is current.
    Replay,
    Pause,
    /// Before the next request path is asked for on this connection.
    ReplayTeardown,
}

/// The form of a PLAY request. Devices that refuse the first form may accept another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PlayForm {
    Whole,
    WithoutRange,
    /// For the video track instead of the presentation.
    TrackOnly,
}

impl Session {
    pub(super) fn send(&mut self, purpose: RequestPurpose) {
        self.send_again(purpose, 0);
    }

    /// Sends a request, which has been answered to a challenge `answers` times before.
    pub(super) fn send_again(&mut self, purpose: RequestPurpose, answers: u8) {
        let method = self.method(purpose);
        let scheme = if self.request.secure { "rtsps" } else { "rtsp" };
        let uri = format!("{scheme}://{}{}", self.request.authority, self.path(purpose));
        self.cseq = self.cseq.wrapping_add(1);
        let mut text = format!("{method} {uri} RTSP/1.0\r\nCSeq: {}\r\n", self.cseq);
        let mut header = |name: &str, value: &str| {
            text.push_str(name);
            text.push_str(": ");
            text.extend(value.chars().filter(|c| !matches!(c, '\r' | '\n' | '\0')));
            text.push_str("\r\n");
        };
        header("User-Agent", &self.request.user_agent);
        let answer = self
            .signer
            .as_ref()
            .map(|signer| signer.answer(method, &uri, &mut self.nonces));
        if let Some(answer) = &answer {
            header("Authorization", answer);
        }
        match purpose {
            RequestPurpose::Describe => header("Accept", "application/sdp"),
            RequestPurpose::Setup { index, plain } => {
                header("Transport", &self.transport_header(index, plain));
                if self
                    .replay
                    .as_ref()
                    .is_some_and(|replay| replay.way == ReplayWay::Onvif)
                {
                    header("Require", REQUIRE);
                }
            }
            RequestPurpose::Replay => {
                let headers = self.replay.as_ref().map(|replay| replay.current.headers(replay.way));
                for (name, value) in headers.unwrap_or_default() {
                    header(name, &value);
                }
            }
            RequestPurpose::Play(PlayForm::Whole) => header("Range", "npt=0.000-"),
            _ => {}
        }
        if let Some(session) = &self.session {
            header("Session", session);
        }
        text.push_str("\r\n");
        let patience = match purpose {
            RequestPurpose::Teardown | RequestPurpose::ReplayTeardown => limit::TEARDOWN,
            RequestPurpose::Pause => limit::PAUSE.min(self.request.patience.reply),
            RequestPurpose::Keepalive(_) => self.life.patience(),
            _ => self.request.patience.reply,
        };
        let (sent, deadline) = (self.now, self.now + patience);
        self.pending = Some(PendingRequest {
            cseq: self.cseq,
            purpose,
            sent,
            deadline,
            signed: answer.is_some(),
            answers,
        });
        self.output.push_back(SessionOutput::Send(text::encode(&text).into()));
    }

    fn method(&self, purpose: RequestPurpose) -> &'static str {
        match purpose {
            RequestPurpose::Options => "OPTIONS",
            RequestPurpose::Describe => "DESCRIBE",
            RequestPurpose::Setup { .. } => "SETUP",
            RequestPurpose::Play(_) | RequestPurpose::Replay => "PLAY",
            RequestPurpose::Pause => "PAUSE",
            RequestPurpose::Keepalive(sign) => sign.as_str(),
            RequestPurpose::Teardown | RequestPurpose::ReplayTeardown => "TEARDOWN",
        }
    }

    fn path(&self, purpose: RequestPurpose) -> &str {
        let track = |index: usize| self.tracks.get(index).map_or(&self.aggregate, |planned| &planned.path);
        match purpose {
            RequestPurpose::Options | RequestPurpose::Describe => &self.request.target,
            RequestPurpose::Setup { index, .. } => track(index),
            RequestPurpose::Play(PlayForm::TrackOnly) => track(0),
            RequestPurpose::Keepalive(_) if self.life.keepalive.names_request() => &self.request.target,
            RequestPurpose::Play(_)
            | RequestPurpose::Keepalive(_)
            | RequestPurpose::Teardown
            | RequestPurpose::Replay
            | RequestPurpose::Pause
            | RequestPurpose::ReplayTeardown => &self.aggregate,
        }
    }
}

impl RequestPurpose {
    pub(super) fn waits_for(self) -> &'static str {
        match self {
            Self::Options => "reply to OPTIONS",
            Self::Describe => "reply to DESCRIBE",
            Self::Setup { .. } => "reply to SETUP",
            Self::Play(_) | Self::Replay => "reply to PLAY",
            Self::Pause => "reply to PAUSE",
            Self::Keepalive(_) => "reply to the keepalive",
            Self::Teardown | Self::ReplayTeardown => "reply to TEARDOWN",
        }
    }
}
