//! Ranges of addresses as a person types them.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// The most addresses of one range: those of a /20.
pub const MOST_IN_RANGE: u32 = 4_096;

/// The most addresses of all ranges together.
pub const MOST_ADDRESSES: u32 = 16_384;

/// Addresses that follow one another, both ends included, and the text that means them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressRange {
    first: IpAddr,
    count: u32,
    text: String,
}

/// Why a text is no range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RangeError {
    #[error("'{0}' is not an address, nor a range such as 192.168.1.*, 192.168.1.10-40 or 192.168.1.0/24")]
    NotARange(String),
    #[error("'{text}' begins after its end")]
    Backwards { text: String },
    #[error("'{text}' has more than {most} addresses; the widest network is /20")]
    TooWide { text: String, most: u32 },
    #[error("'{text}' is not an address of a host")]
    NoHost { text: String },
}

/// A range that cannot be used, and where it stands among those that were typed, from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RangeFault {
    pub index: usize,
    pub error: RangeError,
}

impl AddressRange {
    #[must_use]
    pub fn count(&self) -> u32 {
        self.count
    }

    /// The address at `index`; `None` past the end.
    #[must_use]
    pub fn nth(&self, index: u32) -> Option<IpAddr> {
        (index < self.count).then(|| plus(self.first, index))
    }

    #[must_use]
    pub fn contains(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        let offset = match (self.first, ip) {
            (IpAddr::V4(first), IpAddr::V4(ip)) => u128::from(ip.to_bits()).checked_sub(first.to_bits().into()),
            (IpAddr::V6(first), IpAddr::V6(ip)) => ip.to_bits().checked_sub(first.to_bits()),
            _ => None,
        };
        offset.is_some_and(|offset| offset < self.count.into())
    }

    fn new(first: IpAddr, last: IpAddr, text: &str) -> Result<Self, RangeError> {
        let text = text.to_owned();
        let distance = match (first, last) {
            (IpAddr::V4(first), IpAddr::V4(last)) => u128::from(last.to_bits()).checked_sub(first.to_bits().into()),
            (IpAddr::V6(first), IpAddr::V6(last)) => last.to_bits().checked_sub(first.to_bits()),
            _ => return Err(RangeError::NotARange(text)),
        };
        let Some(distance) = distance else {
            return Err(RangeError::Backwards { text });
        };
        let most = MOST_IN_RANGE;
        let count = u32::try_from(distance)
            .ok()
            .and_then(|distance| distance.checked_add(1));
        let Some(count) = count.filter(|count| *count <= most) else {
            return Err(RangeError::TooWide { text, most });
        };
        if !(is_host(first) && is_host(last)) {
            return Err(RangeError::NoHost { text });
        }
        Ok(Self { first, count, text })
    }
}

impl FromStr for AddressRange {
    type Err = RangeError;

    /// Reads one address, `192.168.1.*`, `192.168.1.10-40`, `192.168.1.10-192.168.2.40`, or a network from /20 on (IPv6: /116). Of
    /// an IPv4 network up to /30, and of `*`, its first and last address are left out, which are no hosts. Digits and signs of the full width count as plain ones.
    fn from_str(typed: &str) -> Result<Self, RangeError> {
        let plain: String = typed.chars().map(plain).filter(|c| !c.is_whitespace()).collect();
        let text = plain.as_str();
        let not_a_range = || RangeError::NotARange(typed.trim().chars().take(100).collect());
        if let Some(three) = text.strip_suffix(".*") {
            let first = format!("{three}.1").parse::<Ipv4Addr>();
            let last = format!("{three}.254").parse::<Ipv4Addr>();
            let (Ok(first), Ok(last)) = (first, last) else {
                return Err(not_a_range());
            };
            return Self::new(first.into(), last.into(), text);
        }
        if let Some((address, prefix)) = text.split_once('/') {
            let address: IpAddr = address.parse().map_err(|_no_address| not_a_range())?;
            let digits = !prefix.is_empty() && prefix.bytes().all(|byte| byte.is_ascii_digit());
            let prefix: u8 = prefix.parse().ok().filter(|_| digits).ok_or_else(not_a_range)?;
            return network(address, prefix, text, not_a_range);
        }
        if let Some((first, last)) = text.split_once('-') {
            let first: IpAddr = first.parse().map_err(|_no_address| not_a_range())?;
            let last = match (last.parse::<IpAddr>(), first) {
                (Ok(last), _) => last,
                (Err(_), IpAddr::V4(first)) => {
                    let digits = (1..=3).contains(&last.len()) && last.bytes().all(|byte| byte.is_ascii_digit());
                    let last: u8 = last.parse().ok().filter(|_| digits).ok_or_else(not_a_range)?;
                    let [a, b, c, _] = first.octets();
                    Ipv4Addr::new(a, b, c, last).into()
                }
                (Err(_), IpAddr::V6(_)) => return Err(not_a_range()),
            };
            return Self::new(first, last, text);
        }
        let ip: IpAddr = text.parse().map_err(|_no_address| not_a_range())?;
        Self::new(ip, ip, text)
    }
}

impl fmt::Display for AddressRange {
    /// As it was typed, with plain digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn network(
    address: IpAddr,
    prefix: u8,
    text: &str,
    not_a_range: impl Fn() -> RangeError,
) -> Result<AddressRange, RangeError> {
    let too_wide = || RangeError::TooWide {
        text: text.to_owned(),
        most: MOST_IN_RANGE,
    };
    match address {
        IpAddr::V4(_) if prefix > 32 => Err(not_a_range()),
        IpAddr::V4(_) if prefix < 20 => Err(too_wide()),
        IpAddr::V4(ip) => {
            let hosts = (1_u32 << (32 - prefix)) - 1;
            let first = ip.to_bits() & !hosts;
            // RFC 3021: networks of two addresses have no other ones.
            let edge = u32::from(prefix <= 30);
            let (first, last) = (first + edge, first + hosts - edge);
            AddressRange::new(
                Ipv4Addr::from_bits(first).into(),
                Ipv4Addr::from_bits(last).into(),
                text,
            )
        }
        IpAddr::V6(_) if prefix > 128 => Err(not_a_range()),
        IpAddr::V6(_) if prefix < 116 => Err(too_wide()),
        IpAddr::V6(ip) => {
            let hosts = (1_u128 << (128 - prefix)) - 1;
            let first = ip.to_bits() & !hosts;
            let last = Ipv6Addr::from_bits(first + hosts);
            AddressRange::new(Ipv6Addr::from_bits(first).into(), last.into(), text)
        }
    }
}

fn plus(first: IpAddr, index: u32) -> IpAddr {
    match first {
        IpAddr::V4(first) => Ipv4Addr::from_bits(first.to_bits().saturating_add(index)).into(),
        IpAddr::V6(first) => Ipv6Addr::from_bits(first.to_bits().saturating_add(index.into())).into(),
    }
}

fn is_host(ip: IpAddr) -> bool {
    let is_broadcast = matches!(ip, IpAddr::V4(v4) if v4.is_broadcast());
    let is_zero = matches!(ip, IpAddr::V4(v4) if v4.octets()[0] == 0);
    !(ip.is_unspecified() || ip.is_multicast() || is_broadcast || is_zero)
}

/// A character of the full width (U+FF01 to U+FF5E) as the plain one; the dots and dashes that Japanese keyboards make beside them, too.
fn plain(c: char) -> char {
    match c {
        '~' | '～' => '-',
        '\u{ff01}'..='\u{ff5d}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '。' | '｡' => '.',
        '〜' | '–' | '—' | '−' | 'ー' | '‐' => '-',
        '\u{3000}' => ' ',
        _ => c,
    }
}

/// Ranges in the order in which they were typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ranges(Vec<AddressRange>);

impl Ranges {
    /// Reads ranges that are divided by commas, semicolons, or the ends of lines. Those that cannot be used are told in place, and the
    /// others are returned beside them.
    #[must_use]
    pub fn parse(typed: &str) -> (Self, Vec<RangeFault>) {
        let divided = typed.split([',', ';', '\n', '、', '，', '；']);
        let texts = divided.map(str::trim).filter(|text| !text.is_empty());
        let (mut ranges, mut faults) = (Vec::<AddressRange>::new(), Vec::new());
        let mut room = MOST_ADDRESSES;
        for (index, text) in texts.enumerate() {
            match text.parse::<AddressRange>() {
                Ok(range) if range.count > room => faults.push(RangeFault {
                    index,
                    error: RangeError::TooWide {
                        text: range.text,
                        most: room,
                    },
                }),
                Ok(range) => {
                    room -= range.count;
                    ranges.push(range);
                }
                Err(error) => faults.push(RangeFault { index, error }),
            }
        }
        (Self(ranges), faults)
    }

    #[must_use]
    pub fn all(&self) -> &[AddressRange] {
        &self.0
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many addresses there are, those of overlapping ranges each time.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.0.iter().map(AddressRange::count).sum()
    }

    /// Every address once, in order of the ranges. At most [`MOST_ADDRESSES`].
    #[must_use]
    pub fn addresses(&self) -> Vec<IpAddr> {
        let mut seen = std::collections::HashSet::new();
        let each = self
            .0
            .iter()
            .flat_map(|range| (0..range.count).filter_map(|index| range.nth(index)));
        each.filter(|ip| seen.insert(*ip)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(text: &str) -> (String, String, u32) {
        let range: AddressRange = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
        let last = range.nth(range.count() - 1).unwrap();
        assert_eq!(range.nth(range.count()), None);
        (range.nth(0).unwrap().to_string(), last.to_string(), range.count())
    }

    #[test]
    fn what_people_type_is_understood() {
        for (text, first, last, count) in [
            ("192.168.1.*", "192.168.1.1", "192.168.1.254", 254),
            ("192.168.1.10-40", "192.168.1.10", "192.168.1.40", 31),
            ("192.168.1.250-192.168.2.3", "192.168.1.250", "192.168.2.3", 10),
            ("192.168.1.77/24", "192.168.1.1", "192.168.1.254", 254),
            ("10.0.16.0/20", "10.0.16.1", "10.0.31.254", 4_094),
            ("10.0.0.4/31", "10.0.0.4", "10.0.0.5", 2),
            ("10.0.0.4/32", "10.0.0.4", "10.0.0.4", 1),
            ("10.0.0.4", "10.0.0.4", "10.0.0.4", 1),
            ("１９２．１６８．１．１０－４０", "192.168.1.10", "192.168.1.40", 31),
            ("192.168.1.10 〜 192.168.1.12", "192.168.1.10", "192.168.1.12", 3),
            ("192。168。1。＊", "192.168.1.1", "192.168.1.254", 254),
            ("fd00::1", "fd00::1", "fd00::1", 1),
            ("fd00::/120", "fd00::", "fd00::ff", 256),
        ] {
            let told = ends(text);
            assert_eq!(
                (told.0.as_str(), told.1.as_str(), told.2),
                (first, last, count),
                "{text}"
            );
        }
    }

    #[test]
    fn mistakes_are_named_in_their_place() {
        let (ranges, faults) = Ranges::parse(
            "192.168.1.*, nonsense\n10.0.0.0/16; 192.168.1.40-10, 192.168.1.10-300, 10.0.0.1-x、224.0.0.1,0.0.0.0/24,10.0.0.0/+24,192.168.*.*",
        );
        assert_eq!(ranges.count(), 254);
        let told: Vec<usize> = faults.iter().map(|fault| fault.index).collect();
        assert_eq!(told, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
        let errors: Vec<&RangeError> = faults.iter().map(|fault| &fault.error).collect();
        assert!(matches!(errors[0], RangeError::NotARange(text) if text == "nonsense"));
        assert!(matches!(errors[1], RangeError::TooWide { most: 4_096, .. }));
        assert!(matches!(errors[2], RangeError::Backwards { .. }));
        assert!(matches!(errors[5], RangeError::NoHost { .. }));
    }

    #[test]
    fn all_together_are_bounded_and_an_address_is_asked_once() {
        let (ranges, faults) = Ranges::parse("10.0.0.0/20,10.0.16.0/20,10.0.32.0/20,10.0.48.0/20,10.0.64.0/20");
        assert_eq!((ranges.all().len(), faults.len()), (4, 1));
        let (ranges, _) = Ranges::parse("192.168.1.*,192.168.1.1-10,192.168.1.0/24");
        assert_eq!((ranges.count(), ranges.addresses().len()), (518, 254));
        assert!(ranges.all()[0].contains("::ffff:192.168.1.9".parse().unwrap()));
        assert!(!ranges.all()[1].contains("192.168.1.11".parse().unwrap()));
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_much(text in ".{0,200}") {
            let (ranges, _) = Ranges::parse(&text);
            proptest::prop_assert!(ranges.count() <= MOST_ADDRESSES);
            for range in ranges.all() {
                let again: AddressRange = range.to_string().parse().unwrap();
                proptest::prop_assert_eq!(&again, range);
            }
        }
    }
}
