//! Whether there is a newer version: asked when somebody presses the button, once, and never by itself.

mod answer;
mod ask;
mod news;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use self::answer::Latest;
use self::ask::NoAnswer;
pub(super) use self::news::ErrandNews;
use super::connections::{ErrandTo, Granted};
use super::inbox::Inbox;
use crate::bridge::{UpdateCheck, UpdateFault, UpdateState};
use device::Host;
use reconnect::AttemptId;
use settings::WebAddress;

/// How long a turn is waited for.
const TURN: Duration = Duration::from_secs(30);

/// The last question and its answer.
#[derive(Default)]
pub(super) struct Updates {
    address: Option<WebAddress>,
    shown: Option<Arc<UpdateCheck>>,
    /// Until when a turn is waited for.
    until: Option<Instant>,
    /// The errand under way; the answer of an earlier one is nobody's.
    attempt: Option<AttemptId>,
}

impl Updates {
    /// Begins to ask this address; where the errand goes, or `None` where it has failed already.
    pub(super) fn begin(&mut self, address: WebAddress, now: Instant) -> Option<ErrandTo> {
        let host = address.host.parse::<Host>();
        let (port, secure) = (address.port, address.secure);
        self.attempt = None;
        self.address = Some(address);
        match host {
            Ok(host) => {
                self.show(UpdateState::Waiting);
                self.until = Some(now + TURN);
                Some(ErrandTo {
                    host,
                    port,
                    secure,
                    by_hand: true,
                })
            }
            Err(error) => {
                self.show(UpdateState::Failed(UpdateFault::NoSuchName(error.to_string())));
                None
            }
        }
    }

    /// Asks with the permit that was granted.
    pub(super) fn start(&mut self, granted: Granted, inbox: mpsc::Sender<Inbox>) {
        let Some(address) = self.address.clone() else { return };
        let attempt = granted.attempt;
        (self.attempt, self.until) = (Some(attempt), None);
        self.show(UpdateState::Asking);
        tokio::spawn(async move {
            let told = inbox.clone();
            let connected = move |address| {
                let news = ErrandNews::Connected { attempt, address };
                told.try_send(Inbox::Errand(news)).ok();
            };
            let result = ask::latest(granted, &address, connected).await;
            // The loop may be gone already: then nobody needs to know.
            inbox
                .send(Inbox::Errand(ErrandNews::Done { attempt, result }))
                .await
                .ok();
        });
    }

    /// Takes the answer, if it is that of the errand under way.
    pub(super) fn done(&mut self, attempt: AttemptId, result: &Result<Latest, NoAnswer>) {
        if self.attempt.take_if(|current| *current == attempt).is_none() {
            return;
        }
        let state = match result {
            Ok(latest) => latest.beside(env!("CARGO_PKG_VERSION")),
            Err(no_answer) => UpdateState::Failed(no_answer.fault.clone()),
        };
        self.show(state);
    }

    /// Whether it has just waited for its turn in vain.
    pub(super) fn gives_up(&mut self, now: Instant) -> bool {
        let in_vain = self.until.take_if(|until| now >= *until).is_some();
        if in_vain {
            self.show(UpdateState::Failed(UpdateFault::NoTurn));
        }
        in_vain
    }

    pub(super) fn shown(&self) -> Option<Arc<UpdateCheck>> {
        self.shown.clone()
    }

    fn show(&mut self, state: UpdateState) {
        let server = self.address.as_ref().map(|address| address.host.clone());
        let server = server.unwrap_or_default();
        tracing::info!(server, ?state, "a newer version was asked for");
        self.shown = Some(Arc::new(UpdateCheck { server, state }));
    }
}
