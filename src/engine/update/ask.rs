//! The one request: it dials with its permit, asks, reads, and is done.

use std::net::IpAddr;
use std::time::Duration;

use super::super::connections::Granted;
use super::super::failure::{failure, of_dial};
use super::answer::Latest;
use crate::bridge::UpdateFault;
use crate::http::{self, Get, HttpAnswer, HttpError};
use crate::net::{self, DialError, Reason};
use reconnect::{Failure, FailureKind, Stage};
use settings::WebAddress;

/// How long a connected server may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// The most that is read of an answer, in bytes.
const MOST: usize = 4 * 1024;

/// Why there is no answer: for the person who asked, and for the machine that counts.
pub(in crate::engine) struct NoAnswer {
    pub fault: UpdateFault,
    pub failure: Failure,
    pub address: Option<IpAddr>,
}

/// Asks this address. `connected` hears when the server was reached.
pub(super) async fn latest(
    granted: Granted,
    address: &WebAddress,
    connected: impl FnOnce(IpAddr),
) -> Result<Latest, NoAnswer> {
    let mut counted = granted.counted;
    counted.wait().await;
    let dialled = net::dial(granted.permit, &granted.target, |_step| {}).await;
    let dialled = dialled.map_err(|error| NoAnswer {
        fault: of_reason(&error),
        failure: of_dial(&error),
        address: error.address.map(|address| address.ip()),
    })?;
    let peer = dialled.peer.ip();
    connected(peer);
    let authority = address.authority();
    let request = Get {
        authority: &authority,
        target: &address.target,
        accept: "text/plain",
        most: MOST,
    };
    let answer = tokio::time::timeout(PATIENCE, http::get(dialled.stream, request)).await;
    let read = match answer {
        Ok(Ok(answer)) => read(&answer),
        Ok(Err(error)) => Err(of_http(&error)),
        Err(_elapsed) => Err(UpdateFault::Silent),
    };
    read.map_err(|fault| {
        let kind = match fault {
            UpdateFault::Silent => FailureKind::Timeout,
            _ => FailureKind::Protocol,
        };
        NoAnswer {
            failure: failure(kind, Stage::Describe, format!("{fault:?}")),
            fault,
            address: Some(peer),
        }
    })
}

fn read(answer: &HttpAnswer) -> Result<Latest, UpdateFault> {
    match answer.status {
        200..=299 => Latest::read(&answer.body).ok_or(UpdateFault::NotUnderstood),
        status @ 300..=399 => {
            // Shown only where it could be typed as the address.
            let to = answer.location.as_deref().and_then(|to| to.parse::<WebAddress>().ok());
            Err(to.map_or(UpdateFault::Status(status), |to| UpdateFault::Moved(to.to_string())))
        }
        status => Err(UpdateFault::Status(status)),
    }
}

fn of_http(error: &HttpError) -> UpdateFault {
    match error {
        HttpError::NotHttp(_) | HttpError::TooLong(_) => UpdateFault::NotUnderstood,
        HttpError::Ended(text) | HttpError::Request(text) => UpdateFault::Broken(text.clone()),
    }
}

fn of_reason(error: &DialError) -> UpdateFault {
    match &error.reason {
        Reason::NoAddress(text) => UpdateFault::NoSuchName(text.clone()),
        Reason::Policy => UpdateFault::Policy {
            address: error
                .address
                .map(|address| address.ip().to_string())
                .unwrap_or_default(),
        },
        Reason::Refused => UpdateFault::Refused,
        Reason::Timeout | Reason::TlsTimeout => UpdateFault::Silent,
        Reason::Unreachable(text) => UpdateFault::NoWay(text.clone()),
        Reason::NoRoute => UpdateFault::NoWay(String::new()),
        Reason::Untrusted(text) => UpdateFault::Untrusted(text.clone()),
        Reason::PortTaken => UpdateFault::Broken("the local port is in use".to_owned()),
        Reason::System(text) | Reason::Tls(text) | Reason::TlsUnspoken(_, text) => UpdateFault::Broken(text.clone()),
        Reason::TlsHungUp | Reason::CertificateChanged(_) => UpdateFault::Broken("it hung up".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, location: Option<&str>, body: &str) -> HttpAnswer {
        HttpAnswer {
            status,
            location: location.map(str::to_owned),
            body: body.as_bytes().to_vec(),
        }
    }

    #[test]
    fn an_answer_is_a_version_or_says_why_it_is_none() {
        assert!(read(&answer(200, None, "1.2.3")).is_ok());
        for (answer, fault) in [
            (answer(200, None, "<html>"), UpdateFault::NotUnderstood),
            (answer(404, None, "1.2.3"), UpdateFault::Status(404)),
            (answer(503, None, ""), UpdateFault::Status(503)),
            (answer(301, Some("/elsewhere"), ""), UpdateFault::Status(301)),
            (answer(302, Some("ftp://x/"), ""), UpdateFault::Status(302)),
            (
                answer(308, Some("https://example.jp/v"), ""),
                UpdateFault::Moved("https://example.jp/v".to_owned()),
            ),
        ] {
            assert_eq!(read(&answer), Err(fault));
        }
    }
}
