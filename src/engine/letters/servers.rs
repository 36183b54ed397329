//! The servers of the messengers, as they are set.

use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher as _};

use super::super::connections::ErrandTo;
use crate::bridge::MessengerFault;
use device::Host;
use events::Messenger;
use settings::{MailSecurity, MessengerSettings};

/// Who has a server, each with a number that changes with its server and sign-in.
pub(super) fn targets(of: &MessengerSettings) -> BTreeMap<Messenger, u64> {
    let mut targets = BTreeMap::new();
    if of.sends_mail() {
        let server = (name(of, Messenger::Mail), of.mail_port(), of.mail_security);
        let rest = (&of.mail_user, of.mail_sign_in_in_clear, &of.mail_from, &of.mail_to);
        targets.insert(Messenger::Mail, number_of((server, rest)));
    }
    if let Some(address) = &of.webhook {
        targets.insert(Messenger::Webhook, number_of(address.origin().to_string()));
    }
    if of.syslog_server.is_some() {
        let server = (name(of, Messenger::Syslog), of.syslog_tls);
        targets.insert(Messenger::Syslog, number_of(server));
    }
    targets
}

/// The server as people know it.
pub(super) fn name(of: &MessengerSettings, messenger: Messenger) -> String {
    let address = match messenger {
        Messenger::Mail => of.mail_server.as_ref().map(ToString::to_string),
        Messenger::Webhook => of.webhook.as_ref().map(|address| address.host.clone()),
        Messenger::Syslog => of.syslog_server.as_ref().map(ToString::to_string),
    };
    address.unwrap_or_default()
}

/// Where the messenger goes. `by_hand`: a person waits for it.
pub(super) fn address(of: &MessengerSettings, messenger: Messenger, by_hand: bool) -> Result<ErrandTo, MessengerFault> {
    let (host, port, secure) = match messenger {
        Messenger::Mail => {
            let host = of.mail_server.as_ref().map(|server| &server.host);
            (host, of.mail_port(), of.mail_security == MailSecurity::Tls)
        }
        Messenger::Webhook => {
            let address = of.webhook.as_ref();
            let (port, secure) = address.map_or((0, false), |address| (address.port, address.secure));
            (address.map(|address| &address.host), port, secure)
        }
        Messenger::Syslog => {
            let host = of.syslog_server.as_ref().map(|server| &server.host);
            (host, of.syslog_port(), of.syslog_tls)
        }
    };
    let host = host.ok_or(MessengerFault::NoTurn)?.parse::<Host>();
    Ok(ErrandTo {
        host: host.map_err(|error| MessengerFault::NoSuchName(error.to_string()))?,
        port,
        secure,
        by_hand,
    })
}

/// A number that changes with what it is made of.
fn number_of(of: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}
