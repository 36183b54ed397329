//! What a device is known by, whatever its address is.

use std::fmt;
use std::str::FromStr;

/// What a device says of itself that stays when its address changes. Everything in it is a claim of the device, not a proof.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Identity {
    /// The endpoint of WS-Discovery, without `urn:uuid:`, in small letters. The same on all interfaces of a device.
    pub endpoint: Option<String>,
    pub serial: Option<String>,
    pub mac: Option<Mac>,
}

impl Identity {
    /// The longest endpoint or serial number that is kept, in characters.
    pub const LONGEST: usize = 128;

    /// A serial number that is shorter may be a counter, which other makers have as well.
    const SHORTEST_SERIAL: usize = 6;

    /// The parts that can be used; the rest is left out: empty, too long, the same for every device.
    #[must_use]
    pub fn new(endpoint: Option<&str>, serial: Option<&str>, mac: Option<Mac>) -> Self {
        Self {
            endpoint: endpoint.and_then(endpoint_of),
            serial: serial.and_then(serial_of),
            mac: mac.filter(Mac::is_of_one_device),
        }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether both are one device. Serial numbers that differ say no, whatever else is the same: whole series leave the factory with one
    /// UUID. A recorder with several interfaces has several MACs, and firmware may make a new UUID, so that one thing in common is enough.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let same = |one: &Option<String>, other: &Option<String>| match (one, other) {
            (Some(one), Some(other)) => Some(one == other),
            _ => None,
        };
        let serial = same(&self.serial, &other.serial);
        let endpoint = same(&self.endpoint, &other.endpoint);
        let mac = self.mac.is_some() && self.mac == other.mac;
        serial != Some(false) && (serial == Some(true) || endpoint == Some(true) || mac)
    }

    /// Takes from `other` what is not known here; whether that was anything.
    pub fn learn(&mut self, other: &Self) -> bool {
        let before = self.clone();
        self.endpoint = self.endpoint.take().or_else(|| other.endpoint.clone());
        self.serial = self.serial.take().or_else(|| other.serial.clone());
        self.mac = self.mac.or(other.mac);
        before != *self
    }
}

fn endpoint_of(text: &str) -> Option<String> {
    let small = text.trim().to_lowercase();
    let bare = small.strip_prefix("urn:").unwrap_or(&small);
    let bare = bare.strip_prefix("uuid:").unwrap_or(bare);
    let is_nil = bare.chars().all(|c| matches!(c, '0' | '-' | 'f'));
    // Some write an address here, which is what an identity is not.
    let is_address = bare.starts_with("http:") || bare.starts_with("https:");
    (!is_nil && !is_address).then(|| kept(bare)).flatten()
}

fn serial_of(text: &str) -> Option<String> {
    let is_one_letter = |text: &str| text.chars().all(|c| text.starts_with(c));
    kept(text.trim()).filter(|serial| serial.chars().count() >= Identity::SHORTEST_SERIAL && !is_one_letter(serial))
}

fn kept(text: &str) -> Option<String> {
    let fits = !text.is_empty() && text.chars().count() <= Identity::LONGEST;
    (fits && !text.chars().any(|c| c.is_control() || c.is_whitespace())).then(|| text.to_owned())
}

/// The hardware address of an interface (EUI-48).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mac([u8; 6]);

/// That a text is no hardware address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is not a hardware address such as 00:11:22:aa:bb:cc")]
pub struct MacError;

impl Mac {
    /// Neither nothing, nor everybody, nor a group.
    fn is_of_one_device(&self) -> bool {
        self.0 != [0; 6] && self.0[0] & 1 == 0
    }
}

impl FromStr for Mac {
    type Err = MacError;

    /// Twelve hexadecimal digits; colons, dashes, dots and blanks between them do not count.
    fn from_str(text: &str) -> Result<Self, MacError> {
        let mut digits = text.trim().chars().filter(|c| !matches!(c, ':' | '-' | '.' | ' '));
        let mut octets = [0; 6];
        for octet in &mut octets {
            let mut digit = || digits.next().and_then(|c| c.to_digit(16)).ok_or(MacError);
            let (high, low) = (digit()?, digit()?);
            *octet = u8::try_from(high * 16 + low).map_err(|_never| MacError)?;
        }
        match digits.next() {
            None => Ok(Self(octets)),
            Some(_) => Err(MacError),
        }
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(endpoint: &str, serial: &str, mac: &str) -> Identity {
        Identity::new(Some(endpoint), Some(serial), mac.parse().ok())
    }

    #[test]
    fn a_mac_is_read_however_it_is_written() {
        for text in [
            "00:11:22:AA:bb:cc",
            "001122aabbcc",
            "00-11-22-aa-bb-cc",
            "0011.22aa.bbcc",
            " 00 11 22 aa bb cc ",
        ] {
            assert_eq!(text.parse::<Mac>().unwrap().to_string(), "00:11:22:aa:bb:cc", "{text}");
        }
        for text in [
            "",
            "00:11:22:aa:bb",
            "00:11:22:aa:bb:cc:dd",
            "00:11:22:aa:bb:cg",
            "ＡＡ:11:22:aa:bb:cc",
        ] {
            assert!(text.parse::<Mac>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_every_device_may_say_is_no_identity() {
        for text in [
            "",
            "urn:uuid:00000000-0000-0000-0000-000000000000",
            "http://192.168.1.9/onvif",
            "a b",
            "ffffffff-ffff-ffff-ffff-ffffffffffff",
        ] {
            assert!(identity(text, "00000000", "ff:ff:ff:ff:ff:ff").is_empty(), "{text}");
        }
        assert!(identity("", "1234", "00:00:00:00:00:00").is_empty());
        assert_eq!(
            Identity::new(Some(&"x".repeat(200)), Some("12 3456"), None),
            Identity::default()
        );
    }

    #[test]
    fn one_device_is_known_by_one_thing_unless_its_serial_number_says_no() {
        let one = identity("urn:uuid:1419D68A-1DD2", "DS7608-001", "00:11:22:33:44:55");
        assert_eq!(one.endpoint.as_deref(), Some("1419d68a-1dd2"));
        for (other, is_same) in [
            (identity("uuid:1419d68a-1dd2", "", "00:11:22:33:44:66"), true),
            (identity("2", "DS7608-001", ""), true),
            (identity("2", "", "00:11:22:33:44:55"), true),
            (identity("1419d68a-1dd2", "DS7608-002", "00:11:22:33:44:55"), false),
            (identity("2", "", "00:11:22:33:44:66"), false),
            (Identity::default(), false),
        ] {
            assert_eq!(
                (one.is_same(&other), other.is_same(&one)),
                (is_same, is_same),
                "{other:?}"
            );
        }
        assert!(!Identity::default().is_same(&Identity::default()));
    }

    #[test]
    fn what_is_known_stays_and_what_is_missing_is_learnt() {
        let mut one = identity("1", "", "");
        assert!(one.learn(&identity("2", "DS7608-001", "")));
        assert_eq!(one, identity("1", "DS7608-001", ""));
        assert!(!one.learn(&identity("3", "DS7608-009", "")));
    }
}
