//! The servers that carry what is said of events to somebody elsewhere. Their passwords are in the keyring.

use std::fmt;
use std::str::FromStr;

use super::WebAddress;
use events::choice;

choice! {
    /// How a mail server is spoken to.
    #[derive(Default)]
    enum MailSecurity {
        /// In TLS after a word in the clear (port 587).
        #[default]
        StartTls = "starttls",
        /// In TLS from the first byte (port 465).
        Tls = "tls",
        /// In the clear (port 25).
        None = "none",
    }
}

/// A server by name or address, with a port or with the usual one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerAddress {
    /// A name, an IPv4 address, or an IPv6 address without its brackets.
    pub host: String,
    pub port: Option<u16>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a server is written as its name or address, with :port or without")]
pub struct ServerAddressError;

impl FromStr for ServerAddress {
    type Err = ServerAddressError;

    fn from_str(text: &str) -> Result<Self, ServerAddressError> {
        let text = text.trim();
        let (host, port) = match text.strip_prefix('[') {
            Some(inner) => {
                let (host, after) = inner.split_once(']').ok_or(ServerAddressError)?;
                host.parse::<std::net::Ipv6Addr>()
                    .map_err(|_not_one| ServerAddressError)?;
                (host, after)
            }
            None => text.split_at(text.find(':').unwrap_or(text.len())),
        };
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':');
        if host.is_empty() || host.len() > 253 || !host.chars().all(is_name) {
            return Err(ServerAddressError);
        }
        let port = match port.is_empty() {
            true => None,
            false => {
                let number = port.strip_prefix(':').and_then(|port| port.parse().ok());
                Some(number.filter(|port| *port != 0).ok_or(ServerAddressError)?)
            }
        };
        let host = host.to_owned();
        Ok(Self { host, port })
    }
}

impl fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]", self.host)?,
            false => f.write_str(&self.host)?,
        }
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

/// Who is written to about events, and by whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessengerSettings {
    /// `None`: no mail is sent.
    pub mail_server: Option<ServerAddress>,
    pub mail_security: MailSecurity,
    /// As whom to sign in at the mail server; empty: not at all.
    pub mail_user: String,
    /// Sign in although others can read the connection.
    pub mail_sign_in_in_clear: bool,
    pub mail_from: String,
    pub mail_to: Vec<String>,
    /// Attach the last picture of the cameras.
    pub mail_pictures: bool,
    /// `None`: no request is sent. Its path is with the passwords; one that stands here came from a file that somebody else wrote.
    pub webhook: Option<WebAddress>,
    /// `None`: no line is sent.
    pub syslog_server: Option<ServerAddress>,
    pub syslog_tls: bool,
}

impl MessengerSettings {
    /// The port of the mail server.
    #[must_use]
    pub fn mail_port(&self) -> u16 {
        let usual = match self.mail_security {
            MailSecurity::StartTls => 587,
            MailSecurity::Tls => 465,
            MailSecurity::None => 25,
        };
        self.mail_server
            .as_ref()
            .and_then(|server| server.port)
            .unwrap_or(usual)
    }

    /// The port of the server that collects logs.
    #[must_use]
    pub fn syslog_port(&self) -> u16 {
        let usual = if self.syslog_tls { 6_514 } else { 514 };
        self.syslog_server
            .as_ref()
            .and_then(|server| server.port)
            .unwrap_or(usual)
    }

    /// The same for strangers: without who writes and who is written to, and without the path of the address of the web, which is a secret
    /// with some services.
    #[must_use]
    pub fn for_strangers(&self) -> Self {
        let word = |text: &str, word: &str| {
            if text.is_empty() {
                String::new()
            } else {
                word.to_owned()
            }
        };
        Self {
            mail_user: word(&self.mail_user, "user"),
            mail_from: word(&self.mail_from, "sender"),
            mail_to: vec!["recipient".to_owned(); self.mail_to.len()],
            webhook: self.webhook.as_ref().map(WebAddress::origin),
            ..self.clone()
        }
    }

    /// Whether all is there that a mail needs.
    #[must_use]
    pub fn sends_mail(&self) -> bool {
        self.mail_server.is_some() && !self.mail_from.is_empty() && !self.mail_to.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_read_as_it_is_written() {
        for text in [
            "mail.example.jp",
            "mail.example.jp:2525",
            "192.0.2.1:25",
            "[2001:db8::1]:25",
            "[::1]",
        ] {
            assert_eq!(
                text.parse::<ServerAddress>().map(|server| server.to_string()),
                Ok(text.to_owned())
            );
        }
        for text in [
            "", ":25", "a:0", "a:x", "a:70000", "a b", "smtp://a", "user@a", "[::1", "[x]:1", "a:1:2",
        ] {
            assert_eq!(text.parse::<ServerAddress>(), Err(ServerAddressError), "{text}");
        }
    }

    #[test]
    fn strangers_see_servers_and_neither_people_nor_secret_paths() {
        let settings = MessengerSettings {
            mail_server: "mail.example.jp".parse().ok(),
            mail_user: "tanaka".to_owned(),
            mail_from: "tanaka@example.jp".to_owned(),
            mail_to: vec!["suzuki@example.jp".to_owned()],
            webhook: "https://hooks.example.jp:8443/T000/secret?x=1".parse().ok(),
            ..MessengerSettings::default()
        };
        let said = format!("{:?}", settings.for_strangers());
        for secret in ["tanaka", "suzuki", "T000", "x=1"] {
            assert!(!said.contains(secret), "{said}");
        }
        assert!(!format!("{settings:?}").contains("T000"), "{settings:?}");
        let webhook = settings.for_strangers().webhook.map(|address| address.to_string());
        assert_eq!(webhook.as_deref(), Some("https://hooks.example.jp:8443/"));
        assert_eq!(
            MessengerSettings::default().for_strangers(),
            MessengerSettings::default()
        );
    }

    #[test]
    fn the_usual_port_goes_with_the_security() {
        let mut settings = MessengerSettings::default();
        for (security, port) in [
            (MailSecurity::StartTls, 587),
            (MailSecurity::Tls, 465),
            (MailSecurity::None, 25),
        ] {
            settings.mail_security = security;
            assert_eq!(settings.mail_port(), port);
        }
        settings.mail_server = "a:2525".parse().ok();
        assert_eq!((settings.mail_port(), settings.syslog_port()), (2_525, 514));
        settings.syslog_tls = true;
        assert_eq!(settings.syslog_port(), 6_514);
    }
}
