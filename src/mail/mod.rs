//! MAIL: how a mail is written, and how it is given to a server on a connection that `net` has dialled.
//!
//! Belongs here: SMTP with its refusals, the upgrade to TLS up to the handshake, the headers and the text of a mail.
//! Does not belong here: sockets and TLS (`net`), when to send (`outbox`, `reconnect`), what a mail says (whoever sends it).
//!
//! The protocol and the form of mails are `lettre`'s, which is given the connection and opens none itself.

mod conversation;
mod greeted;
mod refusal;
mod upgrade;
mod written;

pub use conversation::{MailConversation, MailSignIn, Taken};
pub use refusal::MailError;
pub use upgrade::start_tls;
pub use written::WrittenMail;
