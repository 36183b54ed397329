//! HOW AVAILABLE EACH DEVICE WAS, counted honestly: time in which nobody looked is no time in which it worked.
//!
//! Belongs here: what is counted when a device is seen, how availability is told over hours and days, how it is kept in few bytes, which passwords makers
//! set. Does not belong here: how a device is seen (the program's engine), files, words on screen. Time is an argument, in seconds since 1970.

mod attempts;
mod default_password;
mod hours;
mod record;
mod table;

pub use attempts::AttemptHours;
pub use default_password::{PasswordWarning, warning};
pub use hours::{Share, WatchedHours};
pub use record::{HealthBook, HealthRecord, Known, Outage, Seen, StorageTrouble};
pub use table::HealthTable;
