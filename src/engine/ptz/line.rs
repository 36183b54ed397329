//! One connection of a steering: it dials with its permit and carries one request after the other, as long as the device keeps it open.

use tokio::sync::mpsc;

use super::super::asking::{authority, of_http, post, reach, reply};
use super::super::connections::GrantedQuestion;
use super::super::inbox::Inbox;
use super::news::{PtzEvent, PtzNews};
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
    let reached = match reach(granted.permit, &granted.target, granted.counted).await {
        Ok(reached) => reached,
        Err(not) => {
            if let Some(shown) = not.shown {
                tell(PtzEvent::OtherCertificate(shown)).await;
            }
            let (address, failure) = (not.address, not.failure);
            return tell(PtzEvent::Failed { address, failure }).await;
        }
    };
    let (address, mut conversation) = (reached.peer, reached.conversation);
    let failed = |error| PtzEvent::Failed {
        address: Some(address),
        failure: of_http(&error),
    };
    let authority = authority(&granted.target);
    tell(PtzEvent::Connected(address, reached.certificate)).await;
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
