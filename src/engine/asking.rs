//! What every conversation with a device over HTTP has in common.

mod conversation;

use std::net::IpAddr;

pub(super) use self::conversation::{Asker, ConversationEnd, ConversationStep, converse};
use super::budget_keeper::OnDisk;
use super::failure::{failure, of_dial};
use crate::http::{Conversation, HttpError, Post, PostAnswer};
use crate::net;
use ::onvif::{WebReply, WebRequest};
use device::Certificate;
use reconnect::{Failure, FailureKind, Permit, Stage};

/// The most bytes of an answer.
const MOST: usize = 4 << 20;

/// A device that was reached, ready to be asked.
pub(super) struct Reached {
    pub peer: IpAddr,
    /// What was shown; `None` without TLS.
    pub certificate: Option<Box<Certificate>>,
    pub conversation: Conversation,
}

/// Why a device was not reached.
pub(super) struct NotReached {
    pub address: Option<IpAddr>,
    pub failure: Failure,
    /// Another certificate than the remembered one, if one was shown.
    pub shown: Option<Box<Certificate>>,
}

/// Dials with the permit once that is counted on disk, and begins to speak HTTP.
pub(super) async fn reach(permit: Permit, target: &net::Target, mut counted: OnDisk) -> Result<Reached, NotReached> {
    counted.wait().await;
    let dialled = net::dial(permit, target, |_step| {})
        .await
        .map_err(|error| NotReached {
            address: error.address.map(|address| address.ip()),
            failure: of_dial(&error),
            shown: match error.reason {
                net::Reason::CertificateChanged(shown) => Some(shown),
                _ => None,
            },
        })?;
    let peer = dialled.peer.ip();
    let conversation = Conversation::begin(dialled.stream).await.map_err(|error| NotReached {
        address: Some(peer),
        failure: of_http(&error),
        shown: None,
    })?;
    Ok(Reached {
        peer,
        certificate: dialled.certificate.map(Box::new),
        conversation,
    })
}

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
