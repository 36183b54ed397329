//! WHAT LEAVES THIS COMPUTER ABOUT EVENTS: letters that wait for their server, when each is sent, and how it is written for those
//! who are no mail readers.
//!
//! Belongs here: which letters there are, when a messenger goes, what becomes of a letter that was not taken, the forms of a webhook and
//! of a line of syslog. Does not belong here: connections, mail, words on screen, files. Time is an argument.

mod letter;
mod messengers;
mod queue;
mod syslog;
mod time;
mod webhook;

pub use letter::{Letter, LetterId, LetterText, Phase, TroubleFacts};
pub use messengers::{Delivery, DeliveryEnd, KeptMessenger, MessengerView};
pub use queue::{KeptOutbox, MOST_LETTERS, OLDEST, Outbox, Parcel};
pub use syslog::{SyslogOrigin, syslog_frame};
pub use time::utc;
pub use webhook::{webhook_body, webhook_text_to_sign};
