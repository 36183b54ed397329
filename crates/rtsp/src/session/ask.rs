use super::{PendingRequest, Session};
use crate::{SessionOutput, Sign, limit, text};

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RequestPurpose {
    Options,
    Describe,
    Setup { index: usize, plain: bool },
    Play(PlayForm),
    Keepalive(Sign),
    Teardown,
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
            RequestPurpose::Setup { index, plain } => header("Transport", &self.transport_header(index, plain)),
            RequestPurpose::Play(PlayForm::Whole) => header("Range", "npt=0.000-"),
            _ => {}
        }
        if let Some(session) = &self.session {
            header("Session", session);
        }
        text.push_str("\r\n");
        let patience = match purpose {
            RequestPurpose::Teardown => limit::TEARDOWN,
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
            RequestPurpose::Play(_) => "PLAY",
            RequestPurpose::Keepalive(sign) => sign.as_str(),
            RequestPurpose::Teardown => "TEARDOWN",
        }
    }

    fn path(&self, purpose: RequestPurpose) -> &str {
        let track = |index: usize| self.tracks.get(index).map_or(&self.aggregate, |planned| &planned.path);
        match purpose {
            RequestPurpose::Options | RequestPurpose::Describe => &self.request.target,
            RequestPurpose::Setup { index, .. } => track(index),
            RequestPurpose::Play(PlayForm::TrackOnly) => track(0),
            RequestPurpose::Keepalive(_) if self.life.keepalive.names_request() => &self.request.target,
            RequestPurpose::Play(_) | RequestPurpose::Keepalive(_) | RequestPurpose::Teardown => &self.aggregate,
        }
    }
}

impl RequestPurpose {
    pub(super) fn waits_for(self) -> &'static str {
        match self {
            Self::Options => "reply to OPTIONS",
            Self::Describe => "reply to DESCRIBE",
            Self::Setup { .. } => "reply to SETUP",
            Self::Play(_) => "reply to PLAY",
            Self::Keepalive(_) => "reply to the keepalive",
            Self::Teardown => "reply to TEARDOWN",
        }
    }
}
