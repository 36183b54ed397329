//! Why a mail server did not do what it was asked.

use std::error::Error as _;

use lettre::transport::smtp::Error;

/// What came of a step. The text is the server's own, without line breaks and what cannot be seen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// It has no time now, or wants to be asked again (4xx), as a server that lists senders in grey does.
    #[error("not now: {code} {text}")]
    Busy { code: u16, text: String },
    /// It does not do that (5xx).
    #[error("refused: {code} {text}")]
    Refused { code: u16, text: String },
    /// User or password are refused.
    #[error("the sign-in is refused: {code} {text}")]
    SignIn { code: u16, text: String },
    /// It offers no way of signing in that is spoken here.
    #[error("it offers no sign-in by PLAIN or LOGIN")]
    NoSignIn,
    /// It does not offer STARTTLS, so that nothing is said to it.
    #[error("it does not offer STARTTLS")]
    NoStartTls,
    /// The password would go in the clear.
    #[error("the password would go in the clear")]
    InClear,
    /// What came is no SMTP.
    #[error("the answer is no SMTP: {0}")]
    NotSmtp(String),
    /// The connection ended in the middle.
    #[error("the connection ended: {0}")]
    Ended(String),
    /// An address or the mail cannot be written.
    #[error("the mail cannot be written: {0}")]
    Unwritten(String),
}

/// The longest text of a server that is kept, in characters.
const LONGEST: usize = 200;

/// A text of the server in one line.
pub(super) fn told(text: &str) -> String {
    let seen = |c: char| if c.is_control() { ' ' } else { c };
    text.trim().chars().map(seen).take(LONGEST).collect()
}

impl MailError {
    pub(super) fn of_reply(code: u16, text: &str) -> Self {
        let text = told(text);
        match code {
            400..=499 => Self::Busy { code, text },
            500..=599 => Self::Refused { code, text },
            _ => Self::NotSmtp(told(&format!("{code} {text}"))),
        }
    }

    pub(super) fn of(error: &Error) -> Self {
        let cause = error.source().map(ToString::to_string).unwrap_or_default();
        match error.status() {
            Some(code) => Self::of_reply(u16::from(code), &cause),
            None if error.is_client() => Self::Unwritten(told(&cause)),
            // That is also what the end of the connection between two replies is called.
            None if error.is_response() && cause == "incomplete response" => Self::Ended(cause),
            None if error.is_response() => Self::NotSmtp(told(&cause)),
            None => Self::Ended(told(&cause)),
        }
    }
}
