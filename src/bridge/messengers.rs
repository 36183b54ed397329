//! What the screen shows of those who carry what is said of events to somebody elsewhere.

use super::alert::Trying;
use super::clock::Clock;

/// Why a server has nothing of what it was to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessengerFault {
    /// Its name has no address; in the words of the system.
    NoSuchName(String),
    /// *Internal network only* forbids the address.
    Policy {
        address: String,
    },
    /// Nothing listens there.
    Refused,
    Silent,
    /// There is no way to it; in the words of the system.
    NoWay(String),
    /// No authority vouches for its certificate.
    Untrusted(String),
    /// The connection broke.
    Broken(String),
    NoStartTls,
    /// It offers no sign-in that is spoken here.
    NoSignIn,
    /// The password would go in the clear.
    InClear,
    /// User or password are refused; in the words of the server.
    SignIn(String),
    /// It does not take it; in its own words.
    Denied(String),
    /// It has no time now; in its own words.
    Busy(String),
    /// Its answer is no SMTP or HTTP.
    NotUnderstood,
    /// An address cannot be written in a mail.
    Unwritten(String),
    /// The answer of the web server.
    Status(u16),
    /// The web server names another address, which is not followed.
    Moved(String),
    /// The password store gives no password.
    NoPassword(String),
    /// What is kept of the address behind the server is of another server.
    PathOfOther,
    /// It may not be asked now, because too much was tried in vain.
    NoTurn,
}

/// One messenger at one time.
#[derive(Clone, Debug, PartialEq)]
pub struct MessengerShown {
    /// Its server, as it is set.
    pub server: String,
    /// So many letters wait for it.
    pub waiting: usize,
    /// When it goes next, where some wait.
    pub next: Option<Clock>,
    /// It does nothing before somebody changes something.
    pub stopped: bool,
    /// How the last connection went, and when.
    pub last: Option<(Clock, Result<(), MessengerFault>)>,
    /// How the last trial went; `Off`: there was none.
    pub trial: Trying<MessengerFault>,
}
