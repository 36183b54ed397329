//! The public key in a certificate, whatever else stands there.

/// A public key as X.509 carries it (RFC 5280 §4.1.2.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PublicKey<'a> {
    /// Both numbers big-endian, without leading zeros (RFC 8017 §A.1.1).
    Rsa { modulus: &'a [u8], exponent: &'a [u8] },
    /// A point as SEC 1 §2.3.3 encodes it. Its length tells the curve, so that a certificate that spells its curve out is read too.
    EllipticCurve(&'a [u8]),
    /// 32 bytes (RFC 8410 §4).
    Ed25519(&'a [u8]),
}

/// Why a certificate gives no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unusable {
    /// It is no certificate in DER, or its key is cut off.
    Unreadable,
    /// A kind of key that no cipher suite of ours goes with, such as DSA.
    UnknownKey,
}

/// Reads the key out of a DER certificate of any version. Names, dates, extensions and the issuer's signature are not looked at,
/// for who compares the whole certificate with a remembered one needs none of them, and recorders write all of them wrong.
pub(super) fn public_key(certificate: &[u8]) -> Result<PublicKey<'_>, Unusable> {
    let (algorithm, key) = subject_public_key(certificate).ok_or(Unusable::Unreadable)?;
    match algorithm {
        RSA | RSA_PSS => rsa(key).ok_or(Unusable::Unreadable),
        ELLIPTIC_CURVE => Ok(PublicKey::EllipticCurve(key)),
        ED25519 => Ok(PublicKey::Ed25519(key)),
        _ => Err(Unusable::UnknownKey),
    }
}

/// 1.2.840.113549.1.1.1
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// 1.2.840.113549.1.1.10
const RSA_PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a];
/// 1.2.840.10045.2.1
const ELLIPTIC_CURVE: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
/// 1.3.101.112
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];

pub(super) const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
pub(super) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;
/// `[0]`, the version, which a certificate of version 1 leaves out.
pub(super) const VERSION: u8 = 0xa0;

/// The object identifier of the key's algorithm, and the key.
fn subject_public_key(certificate: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut certificate = Der(certificate);
    let mut signed = Der(Der(certificate.take(SEQUENCE)?).take(SEQUENCE)?);
    if signed.0.first() == Some(&VERSION) {
        signed.next()?;
    }
    for _serial_algorithm_issuer_validity_subject in 0..5 {
        signed.next()?;
    }
    let mut info = Der(signed.take(SEQUENCE)?);
    let algorithm = Der(info.take(SEQUENCE)?).take(OBJECT_IDENTIFIER)?;
    let (_unused_bits, key) = info.take(BIT_STRING)?.split_first()?;
    Some((algorithm, key))
}

fn rsa(key: &[u8]) -> Option<PublicKey<'_>> {
    let mut numbers = Der(Der(key).take(SEQUENCE)?);
    let modulus = significant(numbers.take(INTEGER)?);
    let exponent = significant(numbers.take(INTEGER)?);
    Some(PublicKey::Rsa { modulus, exponent })
}

/// Without leading zeros. Encoders that forget the sign byte make a modulus look negative; it is meant as it stands.
fn significant(number: &[u8]) -> &[u8] {
    let start = number.iter().position(|byte| *byte != 0).unwrap_or(number.len());
    &number[start..]
}

/// Elements in DER, one after the other (X.690 §8.1). A length may take more bytes than it needs.
pub(super) struct Der<'a>(pub(super) &'a [u8]);

impl<'a> Der<'a> {
    /// Tag and content of the next element; `None` where it is cut off, or has a long tag or no length.
    pub(super) fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (&[tag, length], rest) = self.0.split_first_chunk()?;
        if tag & 0x1f == 0x1f {
            return None;
        }
        let (length, rest) = match length {
            0..=0x7f => (usize::from(length), rest),
            0x81..=0x84 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
                let length = bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
                (length, rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, content))
    }

    /// The content of the next element, where it has this tag.
    pub(super) fn take(&mut self, expected: u8) -> Option<&'a [u8]> {
        self.next()
            .filter(|(tag, _)| *tag == expected)
            .map(|(_, content)| content)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn element(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x82], &length[..], content].concat()
    }

    fn certificate(version: &[u8], algorithm: &[u8], key: &[u8]) -> Vec<u8> {
        let info = [
            element(SEQUENCE, &element(OBJECT_IDENTIFIER, algorithm)),
            element(BIT_STRING, &[&[0], key].concat()),
        ]
        .concat();
        let before = [element(INTEGER, &[0xff; 30]), element(SEQUENCE, &[]).repeat(4)].concat();
        element(
            SEQUENCE,
            &element(SEQUENCE, &[version, &before, &element(SEQUENCE, &info)].concat()),
        )
    }

    #[test]
    fn the_key_is_read_in_every_version_and_without_anything_else_of_use() {
        let key = [element(INTEGER, &[0, 0, 0xc0, 1]), element(INTEGER, &[1, 0, 1])].concat();
        let key = element(SEQUENCE, &key);
        for version in [&[][..], &[VERSION, 3, INTEGER, 1, 2]] {
            assert_eq!(
                public_key(&certificate(version, RSA, &key)),
                Ok(PublicKey::Rsa {
                    modulus: &[0xc0, 1],
                    exponent: &[1, 0, 1]
                })
            );
        }
        let point = [4; 65];
        assert_eq!(
            public_key(&certificate(&[], ELLIPTIC_CURVE, &point)),
            Ok(PublicKey::EllipticCurve(&point))
        );
        assert_eq!(
            public_key(&certificate(&[], &[0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01], &key)),
            Err(Unusable::UnknownKey)
        );
        let whole = certificate(&[], RSA, &key);
        for length in 0..whole.len() {
            assert_eq!(public_key(&whole[..length]), Err(Unusable::Unreadable), "{length}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_certificate_or_none(bytes: Vec<u8>) {
            let _ = public_key(&bytes);
            let _ = public_key(&element(SEQUENCE, &element(SEQUENCE, &bytes)));
            let _ = public_key(&certificate(&[], RSA, &bytes));
        }
    }
}
