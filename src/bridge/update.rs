//! The one question whether there is a newer version, and its answer.

/// The last time that somebody asked whether there is a newer version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateCheck {
    /// Who is asked, as it was typed.
    pub server: String,
    pub state: UpdateState,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UpdateState {
    /// Waits for its turn to connect.
    Waiting,
    Asking,
    /// The server knows no newer one than this.
    Newest,
    Newer {
        version: String,
        /// The page where it is, as the server says: an address of the web.
        page: Option<String>,
    },
    Failed(UpdateFault),
}

/// Why nobody knows whether there is a newer version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UpdateFault {
    /// *Internal network only* forbids this address.
    Policy {
        address: String,
    },
    /// No turn came: the network is away, or many connections fail just now.
    NoTurn,
    /// The name has no address.
    NoSuchName(String),
    /// There is no way to it; with what the system says, if anything.
    NoWay(String),
    Refused,
    /// It did not answer in time.
    Silent,
    /// Its certificate is not to be trusted.
    Untrusted(String),
    /// The connection ended, or never came about; with what exactly happened.
    Broken(String),
    /// It answered with this status instead of a version.
    Status(u16),
    /// What is asked for has moved there.
    Moved(String),
    /// What it answered is not what [`UpdateState`] is made of.
    NotUnderstood,
}
