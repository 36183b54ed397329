use std::fmt;
use std::str::FromStr;

use super::calendar::date_of;
use super::{DeviceId, Fingerprint};

/// A certificate as a device showed it, with what it says of itself. Only the fingerprint is trusted; the rest is told to people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    pub fingerprint: Fingerprint,
    /// Until when it is valid by its own word (`notAfter`, RFC 5280 §4.1.2.5), in seconds since 1970 in UTC; `None`: that cannot be
    /// read.
    pub expires: Option<i64>,
    /// Whose it is and who signed it, by their names; empty where none can be read.
    pub subject: String,
    pub issuer: String,
}

impl Certificate {
    /// One of which nothing else is known.
    #[must_use]
    pub fn unread(fingerprint: Fingerprint) -> Self {
        Self {
            fingerprint,
            expires: None,
            subject: String::new(),
            issuer: String::new(),
        }
    }

    /// Whether anything is known of it but its fingerprint.
    #[must_use]
    pub fn is_read(&self) -> bool {
        self.expires.is_some() || !self.subject.is_empty() || !self.issuer.is_empty()
    }

    /// The last day on which it is valid, in UTC: year, month and day.
    #[must_use]
    pub fn last_day(&self) -> Option<(i64, i64, i64)> {
        self.expires.map(|seconds| date_of(seconds.div_euclid(86_400)))
    }
}

/// Of whom a certificate is remembered: of a device's streams, or of one of its web ports, which has a certificate of its own. Written
/// as the identity of the device, for a web port with `:443` behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CertificateOwner {
    pub device: DeviceId,
    /// `None`: of its streams.
    pub web_port: Option<u16>,
}

impl CertificateOwner {
    #[must_use]
    pub fn web(device: DeviceId, port: u16) -> Self {
        Self {
            device,
            web_port: Some(port),
        }
    }
}

/// Of its streams.
impl From<DeviceId> for CertificateOwner {
    fn from(device: DeviceId) -> Self {
        Self { device, web_port: None }
    }
}

impl fmt::Display for CertificateOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.web_port {
            None => write!(f, "{}", self.device),
            Some(port) => write!(f, "{}:{port}", self.device),
        }
    }
}

/// The text is no identity of a device, or no port stands behind its colon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the identity of a device, with or without a port")]
pub struct CertificateOwnerError;

impl FromStr for CertificateOwner {
    type Err = CertificateOwnerError;

    fn from_str(text: &str) -> Result<Self, CertificateOwnerError> {
        let (device, port) = match text.split_once(':') {
            None => (text, None),
            Some((device, port)) => (device, Some(port.parse().map_err(|_none| CertificateOwnerError)?)),
        };
        Ok(Self {
            device: device.parse().map_err(|_none| CertificateOwnerError)?,
            web_port: port,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_reads_back_as_written() {
        for owner in [
            CertificateOwner::from(DeviceId(7)),
            CertificateOwner::web(DeviceId(7), 443),
        ] {
            assert_eq!(owner.to_string().parse(), Ok(owner));
        }
        for wrong in ["", ":443", "0000000000000007:", "0000000000000007:70000", "x"] {
            assert_eq!(wrong.parse::<CertificateOwner>(), Err(CertificateOwnerError), "{wrong}");
        }
    }

    #[test]
    fn its_last_day_is_that_of_its_last_second() {
        let mut certificate = Certificate::unread(Fingerprint([1; 32]));
        assert!(!certificate.is_read() && certificate.last_day().is_none());
        certificate.expires = Some(951_868_799);
        assert_eq!(certificate.last_day(), Some((2000, 2, 29)));
        certificate.expires = Some(951_868_800);
        assert_eq!(certificate.last_day(), Some((2000, 3, 1)));
    }
}
