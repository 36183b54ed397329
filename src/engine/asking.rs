//! What every conversation with a device over HTTP has in common.

use super::failure::failure;
use crate::http::{HttpError, Post, PostAnswer};
use crate::net;
use ::onvif::{WebReply, WebRequest};
use reconnect::{Failure, FailureKind, Stage};

/// The most bytes of an answer.
const MOST: usize = 4 << 20;

pub(super) fn post<'a>(authority: &'a str, request: &'a WebRequest) -> Post<'a> {
    Post {
        authority,
        target: &request.target,
        content_type: &request.content_type,
        authorization: request.authorization.as_deref(),
        header: None,
        body: &request.body,
        most: MOST,
    }
}

pub(super) fn reply(answer: PostAnswer) -> WebReply {
    WebReply {
        status: answer.status,
        challenges: answer.challenges,
        server: answer.server,
        body: answer.body,
    }
}

pub(super) fn of_http(error: &HttpError) -> Failure {
    failure(FailureKind::Protocol, Stage::Describe, error.to_string())
}

/// For the header `Host`.
pub(super) fn authority(target: &net::Target) -> String {
    let usual = match target.carrier {
        device::Carrier::Rtsp => 80,
        device::Carrier::Rtsps => 443,
    };
    let host = target.host.in_url();
    if target.port == usual {
        host
    } else {
        format!("{host}:{}", target.port)
    }
}
