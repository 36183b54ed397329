//! What a connection to the server of a messenger says.

use std::net::IpAddr;

use crate::bridge::MessengerFault;
use events::Messenger;
use outbox::Delivery;
use reconnect::{AttemptId, Failure};

pub(in crate::engine) enum LettersNews {
    Connected {
        attempt: AttemptId,
        address: IpAddr,
    },
    /// The server takes its time.
    Waits {
        attempt: AttemptId,
    },
    /// The server has spoken.
    Answered {
        attempt: AttemptId,
    },
    Done {
        messenger: Messenger,
        attempt: AttemptId,
        carried: Box<Carried>,
    },
}

/// What came of it.
#[derive(Debug)]
pub(in crate::engine) struct Carried {
    pub(super) delivery: Delivery,
    pub(super) fault: Option<MessengerFault>,
    /// For the machine that counts: nothing where the server has answered.
    pub(super) failure: Option<(Option<IpAddr>, Failure)>,
}

impl Carried {
    /// What the machine is to be told.
    pub(in crate::engine) fn result(&self) -> Result<(), (Option<IpAddr>, Failure)> {
        self.failure.clone().map_or(Ok(()), Err)
    }
}
