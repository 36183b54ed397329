//! One connection of a steering: it dials with its permit and carries one request after the other, as long as the device keeps it open.

use std::net::IpAddr;

use tokio::sync::mpsc;

use super::super::asking::{authority, of_http, post, reply};
use super::super::connections::GrantedQuestion;
use super::super::failure::of_dial;
use super::super::inbox::Inbox;
use super::news::{PtzEvent, PtzNews};
use crate::http::Conversation;
use crate::net;
use ::onvif::WebRequest;

/// Carries what comes on `requests` until that ends or the device closes.
pub(super) async fn carry(
    granted: GrantedQuestion,
    mut requests: mpsc::Receiver<WebRequest>,
    inbox: mpsc::Sender<Inbox>,
) {
    let (question, attempt) = (granted.question, granted.attempt);
    let tell = async |event| {
        let news = PtzNews {
            question,
            attempt,
            event,
        };
        // The loop may be gone already: then nobody needs to know.
        inbox.send(Inbox::Ptz(Box::new(news))).await.ok();
    };
    let mut counted = granted.counted;
    counted.wait().await;
    let dialled = match net::dial(granted.permit, &granted.target, |_step| {}).await {
        Ok(dialled) => dialled,
        Err(error) => {
            let address: Option<IpAddr> = error.address.map(|address| address.ip());
            let failure = of_dial(&error);
            if let net::Reason::CertificateChanged(shown) = error.reason {
                tell(PtzEvent::OtherCertificate(shown)).await;
            }
            return tell(PtzEvent::Failed { address, failure }).await;
        }
    };
    let address = dialled.peer.ip();
    let failed = |error| PtzEvent::Failed {
        address: Some(address),
        failure: of_http(&error),
    };
    let certificate = dialled.certificate.map(Box::new);
    let authority = authority(&granted.target);
    let mut conversation = match Conversation::begin(dialled.stream).await {
        Ok(conversation) => conversation,
        Err(error) => return tell(failed(error)).await,
    };
    tell(PtzEvent::Connected(address, certificate)).await;
    while let Some(request) = requests.recv().await {
        match conversation.post(post(&authority, &request)).await {
            Ok(answer) => {
                let closes = !conversation.is_open();
                let reply = reply(answer);
                tell(PtzEvent::Answer { reply, closes }).await;
                if closes {
                    return;
                }
            }
            Err(error) => return tell(failed(error)).await,
        }
    }
}
