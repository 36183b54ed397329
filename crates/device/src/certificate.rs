use std::fmt;
use std::ops::RangeInclusive;
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

/// Of whom a certificate is remembered: of a device's streams, or of one of its web ports, which has a certificate of its own; by each
/// road for itself, for another recorder may stand where it ends. Written as the identity of the device, with `/1` behind it by its first
/// other road, and for a web port with `:443` behind that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CertificateOwner {
    pub device: DeviceId,
    /// 0: the preferred one.
    pub road: u16,
    /// `None`: of its streams.
    pub web_port: Option<u16>,
}

impl CertificateOwner {
    #[must_use]
    pub fn web(device: DeviceId, port: u16) -> Self {
        Self {
            web_port: Some(port),
            ..Self::from(device)
        }
    }

    /// The same, where this road of the device ends.
    #[must_use]
    pub fn by(self, road: usize) -> Self {
        Self {
            road: u16::try_from(road).unwrap_or(u16::MAX),
            ..self
        }
    }

    /// All that are of one device, its streams by the preferred road first.
    #[must_use]
    pub fn all_of(device: DeviceId) -> RangeInclusive<Self> {
        let last = Self {
            road: u16::MAX,
            ..Self::web(device, u16::MAX)
        };
        Self::from(device)..=last
    }
}

/// Of its streams, by the preferred road.
impl From<DeviceId> for CertificateOwner {
    fn from(device: DeviceId) -> Self {
        Self {
            device,
            road: 0,
            web_port: None,
        }
    }
}

impl fmt::Display for CertificateOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.device)?;
        if self.road > 0 {
            write!(f, "/{}", self.road)?;
        }
        match self.web_port {
            None => Ok(()),
            Some(port) => write!(f, ":{port}"),
        }
    }
}

/// The text is no identity of a device, or what stands behind it is no road or no port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the identity of a device, with or without the number of an address and a port")]
pub struct CertificateOwnerError;

impl FromStr for CertificateOwner {
    type Err = CertificateOwnerError;

    fn from_str(text: &str) -> Result<Self, CertificateOwnerError> {
        let number = |text: &str| text.parse::<u16>().map_err(|_none| CertificateOwnerError);
        let (rest, web_port) = match text.split_once(':') {
            None => (text, None),
            Some((rest, port)) => (rest, Some(number(port)?)),
        };
        let (device, road) = match rest.split_once('/') {
            None => (rest, 0),
            Some((device, road)) => (device, number(road)?),
        };
        Ok(Self {
            device: device.parse().map_err(|_none| CertificateOwnerError)?,
            road,
            web_port,
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
            CertificateOwner::from(DeviceId(7)).by(1),
            CertificateOwner::web(DeviceId(7), 443).by(3),
        ] {
            assert_eq!(owner.to_string().parse(), Ok(owner));
            assert!(CertificateOwner::all_of(DeviceId(7)).contains(&owner));
            assert!(!CertificateOwner::all_of(DeviceId(8)).contains(&owner));
        }
        for wrong in [
            "",
            ":443",
            "0000000000000007:",
            "0000000000000007:70000",
            "0000000000000007/",
            "0000000000000007/:443",
            "x",
        ] {
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
