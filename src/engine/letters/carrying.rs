//! What one connection to a server carries, and what it has carried so far.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::bridge::MessengerFault;
use crate::net::{DialError, Reason};
use device::Password;
use outbox::{LetterId, Parcel};
use settings::{MessengerSettings, WebAddress};

/// How long a server may take for one step.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long it may take to say that it has a letter: one that is told too early that nobody waits has it twice.
const LONG_PATIENCE: Duration = Duration::from_secs(120);

/// What is to be carried, and how.
pub(super) struct Load {
    pub way: Way,
    pub parcels: Vec<Parcel>,
    /// For each parcel the pictures that go with it, with what is said of them.
    pub pictures: Vec<Enclosed>,
    /// The heading of a digest.
    pub digest: String,
    /// The password of the sign-in, or the key that signs.
    pub secret: Option<Password>,
}

/// What goes with a mail beside its text.
#[derive(Clone, Debug, Default)]
pub(super) struct Enclosed {
    /// Said below the text.
    pub text: String,
    /// PNGs, each with the name of its file.
    pub files: Vec<(String, Arc<[u8]>)>,
}

pub(super) enum Way {
    Mail(MessengerSettings),
    Webhook(WebAddress),
    Syslog,
}

/// What a connection is doing, for the machine that counts.
pub(super) trait Told {
    fn connected(&self, address: IpAddr);
    /// The server takes its time: what may be silent holds up no other connect.
    fn waits(&self);
    /// The server has spoken: it is there.
    fn answered(&self);
}

/// The state of one connection while it is used.
pub(super) struct Carrying<'a, T> {
    pub told: &'a T,
    pub delivered: Vec<LetterId>,
    pub refused: Vec<LetterId>,
    /// Why the last letter was refused.
    pub refusal: Option<MessengerFault>,
    pub has_answered: bool,
}

impl<T: Told> Carrying<'_, T> {
    pub(super) fn answered(&mut self) {
        if !std::mem::replace(&mut self.has_answered, true) {
            self.told.answered();
        }
    }

    pub(super) fn has(&mut self, parcel: &Parcel) {
        self.delivered.extend(parcel.letters.iter().map(|letter| letter.id));
    }

    /// The server does not take it, now or later.
    pub(super) fn refuses(&mut self, parcel: &Parcel, why: MessengerFault) {
        self.refused.extend(parcel.letters.iter().map(|letter| letter.id));
        self.refusal = Some(why);
    }
}

/// Waits for one step.
pub(super) async fn step<R>(work: impl Future<Output = R>) -> Result<R, MessengerFault> {
    let done = tokio::time::timeout(PATIENCE, work).await;
    done.map_err(|_elapsed| MessengerFault::Silent)
}

/// Waits until the server has a letter.
pub(super) async fn long_step<R>(work: impl Future<Output = R>) -> Result<R, MessengerFault> {
    let done = tokio::time::timeout(LONG_PATIENCE, work).await;
    done.map_err(|_elapsed| MessengerFault::Silent)
}

pub(super) fn of_reason(error: &DialError) -> MessengerFault {
    match &error.reason {
        Reason::NoAddress(text) => MessengerFault::NoSuchName(text.clone()),
        Reason::Policy => MessengerFault::Policy {
            address: error
                .address
                .map(|address| address.ip().to_string())
                .unwrap_or_default(),
        },
        Reason::Refused => MessengerFault::Refused,
        Reason::Timeout | Reason::TlsTimeout => MessengerFault::Silent,
        Reason::Unreachable(text) => MessengerFault::NoWay(text.clone()),
        Reason::NoRoute => MessengerFault::NoWay(String::new()),
        Reason::Untrusted(text) => MessengerFault::Untrusted(text.clone()),
        Reason::PortTaken => MessengerFault::Broken("the local port is in use".to_owned()),
        Reason::System(text) | Reason::Tls(text) | Reason::TlsUnspoken(_, text) => MessengerFault::Broken(text.clone()),
        Reason::TlsHungUp | Reason::CertificateChanged(_) => MessengerFault::Broken("it hung up".to_owned()),
    }
}
