//! What a certificate says of itself: until when, whose, by whom. It is told to people and trusted by nobody, so that whatever cannot
//! be read is only not known.

use super::certificate::{Der, INTEGER, OBJECT_IDENTIFIER, SEQUENCE, VERSION};
use super::fingerprint;
use device::{Certificate, days_of};
use rustls::pki_types::CertificateDer;

const SET: u8 = 0x31;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const UTF8: u8 = 0x0c;
const BMP: u8 = 0x1e;

/// So many characters of a name are kept.
const MOST_CHARACTERS: usize = 120;

/// A certificate (RFC 5280 §4.1) with what can be read of it.
pub(super) fn of(certificate: &CertificateDer<'_>) -> Certificate {
    let mut known = Certificate::unread(fingerprint(certificate));
    // What stands before the place that cannot be read is known.
    read(certificate, &mut known);
    known
}

fn read(certificate: &[u8], known: &mut Certificate) -> Option<()> {
    let mut signed = Der(Der(Der(certificate).take(SEQUENCE)?).take(SEQUENCE)?);
    if signed.0.first() == Some(&VERSION) {
        signed.next()?;
    }
    signed.take(INTEGER)?;
    let _algorithm = signed.next()?;
    known.issuer = name(signed.take(SEQUENCE)?);
    let mut validity = Der(signed.take(SEQUENCE)?);
    let _from = validity.next()?;
    known.expires = validity.next().and_then(|(tag, text)| time(tag, text));
    known.subject = name(signed.take(SEQUENCE)?);
    Some(())
}

/// Seconds since 1970 of a time (RFC 5280 §4.1.2.5). Seconds and zone may be missing, and then are zero.
fn time(tag: u8, text: &[u8]) -> Option<i64> {
    let (year, rest) = match tag {
        UTC_TIME => {
            let year = number(text, 2)?;
            (year + if year < 50 { 2_000 } else { 1_900 }, text.get(2..)?)
        }
        GENERALIZED_TIME => (number(text, 4)?, text.get(4..)?),
        _ => return None,
    };
    let pair = |at: usize| number(rest.get(at..)?, 2);
    let (month, day, hour, minute) = (pair(0)?, pair(2)?, pair(4)?, pair(6)?);
    let second = pair(8).unwrap_or(0);
    let can_be = (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && (0..=24).contains(&hour)
        && (0..=59).contains(&minute)
        && (0..=60).contains(&second);
    can_be.then(|| days_of((year, month, day)) * 86_400 + hour * 3_600 + minute * 60 + second)
}

fn number(text: &[u8], digits: usize) -> Option<i64> {
    let digits = text.get(..digits)?;
    let all = digits.iter().all(u8::is_ascii_digit);
    all.then(|| {
        digits
            .iter()
            .fold(0, |number, digit| number * 10 + i64::from(digit - b'0'))
    })
}

/// The values of a name (RFC 5280 §4.1.2.4), the common name first.
fn name(name: &[u8]) -> String {
    /// 2.5.4.3
    const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
    let mut parts: Vec<(bool, String)> = Vec::new();
    let mut sets = Der(name);
    while let Some((SET, set)) = sets.next() {
        let mut attributes = Der(set);
        while let Some((SEQUENCE, attribute)) = attributes.next() {
            let mut attribute = Der(attribute);
            let kind = attribute.take(OBJECT_IDENTIFIER);
            if let (Some(kind), Some((tag, value))) = (kind, attribute.next()) {
                parts.push((kind == COMMON_NAME, text(tag, value)));
            }
        }
    }
    parts.sort_by_key(|(is_common, _)| !is_common);
    let values: Vec<String> = parts
        .into_iter()
        .map(|(_, value)| value)
        .filter(|value| !value.is_empty())
        .collect();
    values.join(", ").chars().take(MOST_CHARACTERS).collect()
}

/// A string in one of the ways of writing it, without what cannot be shown.
fn text(tag: u8, value: &[u8]) -> String {
    let text = match tag {
        BMP => {
            let units: Vec<u16> = value
                .as_chunks()
                .0
                .iter()
                .map(|unit| u16::from_be_bytes(*unit))
                .collect();
            String::from_utf16_lossy(&units)
        }
        UTF8 => String::from_utf8_lossy(value).into_owned(),
        // The others are ASCII by the book, and Latin-1 or UTF-8 in the field.
        _ => match std::str::from_utf8(value) {
            Ok(text) => text.to_owned(),
            Err(_latin) => value.iter().map(|byte| char::from(*byte)).collect(),
        },
    };
    let shown = |character: &char| !character.is_control() && !device::is_hidden(*character);
    text.chars().filter(shown).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, date_time_ymd};

    use super::*;

    fn element(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x82], &length[..], content].concat()
    }

    fn attribute(kind: &[u8], tag: u8, value: &[u8]) -> Vec<u8> {
        let pair = [element(OBJECT_IDENTIFIER, kind), element(tag, value)].concat();
        element(SET, &element(SEQUENCE, &pair))
    }

    /// One of version 1, which ends after its subject.
    fn certificate(issuer: &[u8], until: &[u8], subject: &[u8]) -> CertificateDer<'static> {
        let validity = [element(UTC_TIME, b"700101000000Z"), until.to_vec()].concat();
        let signed = [
            element(INTEGER, &[1]),
            element(SEQUENCE, &[]),
            element(SEQUENCE, issuer),
            element(SEQUENCE, &validity),
            element(SEQUENCE, subject),
        ]
        .concat();
        element(SEQUENCE, &element(SEQUENCE, &signed)).into()
    }

    #[test]
    fn an_ordinary_certificate_says_until_when_whose_and_by_whom() {
        let key = KeyPair::generate().unwrap();
        let mut made = CertificateParams::new(vec!["dvr.example".to_owned()]).unwrap();
        let mut names = DistinguishedName::new();
        names.push(DnType::OrganizationName, "Recorders");
        names.push(DnType::CommonName, "録画機 1");
        made.distinguished_name = names;
        made.not_after = date_time_ymd(2027, 3, 1);
        let known = of(made.self_signed(&key).unwrap().der());
        assert_eq!(known.expires, Some(1_803_859_200));
        assert_eq!(
            (known.subject.as_str(), known.issuer.as_str()),
            ("録画機 1, Recorders", "録画機 1, Recorders")
        );
    }

    #[test]
    fn odd_dates_and_names_are_read_as_far_as_they_go() {
        const COMMON: &[u8] = &[0x55, 4, 3];
        const ORGANIZATION: &[u8] = &[0x55, 4, 10];
        let until = |text: &[u8]| {
            let tag = if text.len() > 13 { GENERALIZED_TIME } else { UTC_TIME };
            of(&certificate(&[], &element(tag, text), &[])).expires
        };
        assert_eq!(until(b"491231235959Z"), Some(2_524_607_999));
        assert_eq!(until(b"5001010000Z"), Some(-631_152_000), "without seconds");
        assert_eq!(until(b"99991231235959Z"), Some(253_402_300_799));
        for never in [&b"000000000000Z"[..], b"never", b"", b"20271301000000Z"] {
            assert_eq!(until(never), None, "{never:?}");
        }
        let bmp: Vec<u8> = "門".encode_utf16().flat_map(u16::to_be_bytes).collect();
        let issuer = [
            attribute(ORGANIZATION, 0x14, b"Caf\xe9 \x07GmbH"),
            attribute(COMMON, BMP, &bmp),
        ]
        .concat();
        let known = of(&certificate(
            &issuer,
            &element(2, &[1]),
            &attribute(COMMON, 0x13, b" gate "),
        ));
        let said = (known.issuer.as_str(), known.expires, known.subject.as_str());
        assert_eq!(said, ("門, Café GmbH", None, "gate"));
        let endless = attribute(COMMON, UTF8, &[b'x'; 5_000]);
        assert_eq!(of(&certificate(&endless, &[], &[])).issuer.len(), MOST_CHARACTERS);
    }

    #[test]
    fn what_cannot_be_read_is_only_not_known() {
        let whole = certificate(
            &attribute(&[0x55, 4, 3], UTF8, b"a"),
            &element(UTC_TIME, b"270301000000Z"),
            &[],
        );
        for length in 0..whole.len() {
            let cut = CertificateDer::from(whole[..length].to_vec());
            let known = of(&cut);
            assert!(!known.is_read() && known.fingerprint == fingerprint(&cut), "{length}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes: Vec<u8>) {
            let _ = of(&bytes.clone().into());
            let _ = of(&certificate(&bytes, &bytes, &bytes));
        }
    }
}
