//! Letters as requests to a web server, each signed where there is a key.

use super::super::clock;
use super::carrying::{Carrying, Load, Told, long_step, step};
use crate::bridge::MessengerFault;
use crate::http::{self, Conversation, HttpError, Post};
use crate::net::Stream;
use device::Password;
use outbox::{webhook_body, webhook_text_to_sign};
use settings::WebAddress;

/// The most that is read of an answer, in bytes. Nothing in it is of account; a server that says more has its letters again and again.
const MOST: usize = 1024 * 1024;

pub(super) async fn give<T: Told>(
    carrying: &mut Carrying<'_, T>,
    stream: Stream,
    address: &WebAddress,
    load: &Load,
) -> Result<(), MessengerFault> {
    let mut conversation = step(Conversation::begin(stream))
        .await?
        .map_err(|error| of_http(&error))?;
    let authority = address.authority();
    for parcel in &load.parcels {
        for letter in &parcel.letters {
            if !conversation.is_open() {
                // What is left goes with the next connection, which costs a permit of its own.
                return Ok(());
            }
            let body = webhook_body(letter);
            let seconds = u64::try_from(clock::unix()).unwrap_or_default();
            let signature = load.secret.as_ref().map(|key| signature(key, seconds, &body));
            let post = Post {
                authority: &authority,
                target: &address.target,
                content_type: "application/json; charset=utf-8",
                authorization: None,
                header: signature.as_deref().map(|value| ("monomi-signature", value)),
                body: &body,
                most: MOST,
            };
            let answer = long_step(conversation.post(post))
                .await?
                .map_err(|error| of_http(&error))?;
            carrying.answered();
            match answer.status {
                200..=299 => carrying.has(parcel),
                // What stands in front of a server that is down, or a key that is wrong: what waits is of worth once that is mended.
                401 | 403 | 404 | 407 | 408 | 410 | 425 | 429 | 500..=599 => {
                    return Err(MessengerFault::Status(answer.status));
                }
                // Another address is another server, and needs another permit.
                300..=399 => {
                    // The server alone is told: with some services the path is a secret.
                    let to = answer.location.and_then(|to| to.parse::<WebAddress>().ok());
                    return Err(to.map_or(MessengerFault::Status(answer.status), |to| {
                        MessengerFault::Moved(to.origin().to_string())
                    }));
                }
                status => carrying.refuses(parcel, MessengerFault::Status(status)),
            }
        }
    }
    Ok(())
}

/// The value of the header: the time, and what only who has the key can make of time and content.
fn signature(key: &Password, seconds: u64, body: &str) -> String {
    let tag = http::signature(key.expose().as_bytes(), webhook_text_to_sign(seconds, body).as_bytes());
    format!("t={seconds},v1={tag}")
}

fn of_http(error: &HttpError) -> MessengerFault {
    match error {
        HttpError::NotHttp(_) | HttpError::TooLong(_) => MessengerFault::NotUnderstood,
        HttpError::Ended(text) | HttpError::Request(text) => MessengerFault::Broken(text.clone()),
    }
}
