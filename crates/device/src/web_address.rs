//! An address of the web: `http://` or `https://`, a host, and what is asked for there.

use std::fmt;
use std::str::FromStr;

/// An address that one GET can be sent to. It holds no user and no password.
#[derive(Clone, PartialEq, Eq)]
pub struct WebAddress {
    text: String,
    /// TLS is spoken.
    pub secure: bool,
    /// A name, an IPv4 address, or an IPv6 address without its brackets.
    pub host: String,
    pub port: u16,
    /// Path and query, beginning with a slash (RFC 9112 §3.2.1).
    pub target: String,
}

/// The server alone: with some services the path is a secret.
impl fmt::Debug for WebAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "https" } else { "http" };
        write!(f, "WebAddress({scheme}, {}:{})", self.host, self.port)
    }
}

/// Why a text is no address of the web.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebAddressError {
    #[error("the address must begin with http:// or https://")]
    NotWeb,
    #[error("the address names no host")]
    NoHost,
    #[error("the address holds a user or a password, which would be kept in clear")]
    User,
    #[error("the port of the address is not a number of 1 to 65535")]
    Port,
    #[error("the address holds a character that must be percent-encoded")]
    Character,
    #[error("the address is longer than {} characters", WebAddress::LONGEST)]
    TooLong,
}

impl WebAddress {
    /// The longest address that is taken, in characters.
    pub const LONGEST: usize = 2_000;

    /// Whether more than the server is named: with some services the rest is a secret.
    #[must_use]
    pub fn has_path(&self) -> bool {
        self.target != "/"
    }

    /// The server alone.
    #[must_use]
    pub fn origin(&self) -> Self {
        let scheme = if self.secure { "https" } else { "http" };
        Self {
            text: format!("{scheme}://{}/", self.authority()),
            target: "/".to_owned(),
            ..self.clone()
        }
    }

    /// The same server, asked for something else; `None`: that is no path of a request.
    #[must_use]
    pub fn with_target(&self, target: &str) -> Option<Self> {
        let origin = self.origin();
        let path = target.strip_prefix('/')?;
        format!("{}{path}", origin.text).parse().ok()
    }

    /// Whether both are of one server, spoken to in the same way.
    #[must_use]
    pub fn is_same_server(&self, other: &Self) -> bool {
        (self.secure, self.port) == (other.secure, other.port) && self.host.eq_ignore_ascii_case(&other.host)
    }

    /// This server, asked for what is kept as a secret: a whole address of it, or a path, as earlier programs kept it. `None`: it is of
    /// another server, or no address.
    #[must_use]
    pub fn with_secret(&self, secret: &str) -> Option<Self> {
        if secret.starts_with('/') {
            return self.with_target(secret);
        }
        secret.parse().ok().filter(|whole| self.is_same_server(whole))
    }

    /// Host and port as a request names them: without the usual port (RFC 9110 §7.2).
    #[must_use]
    pub fn authority(&self) -> String {
        let host = match self.host.contains(':') {
            true => format!("[{}]", self.host),
            false => self.host.clone(),
        };
        match self.port == usual_port(self.secure) {
            true => host,
            false => format!("{host}:{}", self.port),
        }
    }
}

fn usual_port(secure: bool) -> u16 {
    if secure { 443 } else { 80 }
}

impl FromStr for WebAddress {
    type Err = WebAddressError;

    fn from_str(text: &str) -> Result<Self, WebAddressError> {
        use WebAddressError as Error;
        let text = text.trim();
        if text.len() > Self::LONGEST {
            return Err(Error::TooLong);
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::Character);
        }
        let (scheme, rest) = text.split_once("://").ok_or(Error::NotWeb)?;
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => return Err(Error::NotWeb),
        };
        // What stands after `#` is for a browser and never sent.
        let rest = rest.split('#').next().unwrap_or_default();
        let (authority, target) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        if authority.contains('@') {
            return Err(Error::User);
        }
        let (host, port) = match authority.strip_prefix('[') {
            Some(inner) => {
                let (host, after) = inner.split_once(']').ok_or(Error::NoHost)?;
                host.parse::<std::net::Ipv6Addr>().map_err(|_not_one| Error::NoHost)?;
                (host, (!after.is_empty()).then_some(after))
            }
            None => match authority.find(':') {
                Some(at) => (&authority[..at], Some(&authority[at..])),
                None => (authority, None),
            },
        };
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':');
        if host.is_empty() || !host.chars().all(is_name) {
            return Err(Error::NoHost);
        }
        let port = match port {
            None => usual_port(secure),
            Some(port) => {
                let number = port.strip_prefix(':').and_then(|port| port.parse::<u16>().ok());
                number.filter(|port| *port != 0).ok_or(Error::Port)?
            }
        };
        let target = match target.starts_with('/') {
            true => target.to_owned(),
            false => format!("/{target}"),
        };
        Ok(Self {
            text: text.to_owned(),
            secure,
            host: host.to_owned(),
            port,
            target,
        })
    }
}

/// As it was typed.
impl fmt::Display for WebAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<WebAddress, WebAddressError> {
        text.parse()
    }

    #[test]
    fn an_address_is_taken_apart_into_what_a_request_needs() {
        for (text, secure, host, port, target, authority) in [
            ("https://example.jp", true, "example.jp", 443, "/", "example.jp"),
            (
                "HTTP://example.jp/a/b?c=d#e",
                false,
                "example.jp",
                80,
                "/a/b?c=d",
                "example.jp",
            ),
            (
                " http://10.0.0.1:8080?x ",
                false,
                "10.0.0.1",
                8080,
                "/?x",
                "10.0.0.1:8080",
            ),
            (
                "https://[2001:db8::1]:444/v",
                true,
                "2001:db8::1",
                444,
                "/v",
                "[2001:db8::1]:444",
            ),
            ("http://[::1]/", false, "::1", 80, "/", "[::1]"),
            ("https://example.jp:443/", true, "example.jp", 443, "/", "example.jp"),
        ] {
            let read = read(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(
                (read.secure, read.host.as_str(), read.port),
                (secure, host, port),
                "{text}"
            );
            assert_eq!(
                (read.target.as_str(), read.authority().as_str()),
                (target, authority),
                "{text}"
            );
            assert_eq!(read.to_string(), text.trim());
        }
    }

    #[test]
    fn the_server_and_what_it_is_asked_for_are_kept_apart_and_put_together() {
        let address = read("https://hooks.example.jp:8443/T000/secret?x=1").unwrap();
        let origin = address.origin();
        assert_eq!(
            (origin.to_string().as_str(), origin.has_path(), address.has_path()),
            ("https://hooks.example.jp:8443/", false, true)
        );
        assert_eq!(origin.with_target(&address.target), Some(address));
        assert_eq!(read(&origin.to_string()), Ok(origin.clone()));
        for target in ["", "T000", "/a b", "/\r\nX: y"] {
            assert_eq!(origin.with_target(target), None, "{target}");
        }
        let target = |secret: &str| origin.with_secret(secret).map(|whole| whole.target);
        let path = || Some("/T000/secret".to_owned());
        for secret in ["/T000/secret", "https://HOOKS.example.jp:8443/T000/secret"] {
            assert_eq!(target(secret), path(), "{secret}");
        }
        for other in [
            "https://hooks.example.jp/T000/secret",
            "http://hooks.example.jp:8443/T000/secret",
            "https://other.example.jp:8443/T000/secret",
            "T000/secret",
        ] {
            assert_eq!(target(other), None, "{other}");
        }
    }

    #[test]
    fn what_is_no_address_of_the_web_is_refused_in_words() {
        use WebAddressError as Error;
        let long = format!("http://{}", "a".repeat(WebAddress::LONGEST));
        for (text, error) in [
            ("", Error::NotWeb),
            ("example.jp", Error::NotWeb),
            ("rtsp://example.jp/", Error::NotWeb),
            ("file:///etc/hostname", Error::NotWeb),
            ("https://", Error::NoHost),
            ("https:///x", Error::NoHost),
            ("https://[::1/", Error::NoHost),
            ("https://[x]/", Error::NoHost),
            ("https://a%20b/", Error::NoHost),
            ("https://user:secret@example.jp/", Error::User),
            ("https://example.jp:0/", Error::Port),
            ("https://example.jp:/", Error::Port),
            ("https://example.jp:65536/", Error::Port),
            ("https://[::1]8/", Error::Port),
            ("https://例.jp/", Error::Character),
            ("https://example.jp/a b", Error::Character),
            ("https://example.jp/\r\nX: y", Error::Character),
            (&long, Error::TooLong),
        ] {
            assert_eq!(read(text), Err(error), "{text}");
        }
    }
}
