use std::net::IpAddr;

use crate::bridge::{Command, NoticeKind, Unlock};
use crate::net::NetworkEvent;
use settings::PasswordHash;

/// All that can wake the loop, beside its timer and the reports of its links.
pub(super) enum Inbox {
    Command(Command),
    Network(NetworkEvent),
    /// A device said Hello by WS-Discovery.
    Hello(IpAddr),
    /// A file of the profile was changed by somebody.
    FilesChanged,
    Notice(NoticeKind),
    KioskPassword {
        wish: u64,
        hash: Option<PasswordHash>,
    },
    Unlock(Unlock),
    Quit,
}
