//! The one request: it dials with its permit, asks, reads, and is done.

use std::net::IpAddr;
use std::time::Duration;

use tokio::sync::mpsc;

use super::super::connections::Granted;
use super::super::failure::{failure, of_dial};
use super::super::inbox::Inbox;
use super::news::{Asked, FeedNews};
use crate::bridge::FeedFault;
use crate::http::{self, Get, HttpAnswer, HttpError};
use crate::net::{self, Reason};
use device::{SiteId, WebAddress};
use reconnect::{Failure, FailureKind, Stage};

/// How long a connected server may take.
const PATIENCE: Duration = Duration::from_secs(15);

pub(super) fn start(site: SiteId, granted: Granted, feed: WebAddress, inbox: mpsc::Sender<Inbox>) {
    let attempt = granted.attempt;
    tokio::spawn(async move {
        let told = inbox.clone();
        let connected = move |address| {
            let news = FeedNews::Connected { attempt, address };
            told.try_send(Inbox::Feed(Box::new(news))).ok();
        };
        let (asked, result) = ask(granted, &feed, connected).await;
        let news = FeedNews::Done {
            site,
            attempt,
            asked,
            result,
        };
        // The loop may be gone already: then nobody needs to know.
        inbox.send(Inbox::Feed(Box::new(news))).await.ok();
    });
}

type Answer = (Result<Asked, FeedFault>, Result<(), (Option<IpAddr>, Failure)>);

async fn ask(granted: Granted, feed: &WebAddress, connected: impl FnOnce(IpAddr)) -> Answer {
    let mut counted = granted.counted;
    counted.wait().await;
    let dialled = match net::dial(granted.permit, &granted.target, |_step| {}).await {
        Ok(dialled) => dialled,
        Err(error) => {
            let fault = match &error.reason {
                Reason::Policy => FeedFault::Policy,
                Reason::Untrusted(_) => FeedFault::Untrusted,
                _ => FeedFault::NoAnswer,
            };
            let address = error.address.map(|address| address.ip());
            return (Err(fault), Err((address, of_dial(&error))));
        }
    };
    let peer = dialled.peer.ip();
    connected(peer);
    let authority = feed.authority();
    let request = Get {
        authority: &authority,
        target: &feed.target,
        accept: status_feed::ACCEPT,
        most: status_feed::MOST_BYTES,
    };
    let answer = tokio::time::timeout(PATIENCE, http::get(dialled.stream, request)).await;
    let asked = match answer {
        Ok(Ok(answer)) => read(&answer),
        Ok(Err(HttpError::NotHttp(_) | HttpError::TooLong(_))) => Err(FeedFault::NoFeed),
        Ok(Err(HttpError::Ended(_) | HttpError::Request(_))) | Err(_) => Err(FeedFault::NoAnswer),
    };
    let result = match &asked {
        Ok(_) => Ok(()),
        Err(fault) => {
            let kind = match fault {
                FeedFault::NoAnswer => FailureKind::Timeout,
                _ => FailureKind::Protocol,
            };
            Err((Some(peer), failure(kind, Stage::Describe, format!("{fault:?}"))))
        }
    };
    (asked, result)
}

pub(super) fn read(answer: &HttpAnswer) -> Result<Asked, FeedFault> {
    match answer.status {
        200..=299 => status_feed::newest(&answer.body).map_err(|_no_feed| FeedFault::NoFeed),
        // Another host would need another permit, and a person who trusts it.
        300..=399 => Err(FeedFault::Moved),
        status => Err(FeedFault::Status(status)),
    }
}
