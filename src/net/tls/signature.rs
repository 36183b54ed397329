//! Whether a peer has the private key of the certificate that it shows.

use ring::signature::{ED25519, UnparsedPublicKey};
use rsa::sha2::{Digest as _, Sha256, Sha384, Sha512};
use rsa::{BoxedUint, Pkcs1v15Sign, Pss};
use rustls::SignatureScheme;
use sha1::Sha1;

use super::certificate::PublicKey;

/// What a peer may sign a handshake with, best first. SHA-1 comes last, for TLS 1.2 alone: the oldest recorders know nothing else
/// (RFC 8446 §4.2.3, RFC 5246 §7.4.1.4.1).
pub(super) const SCHEMES: [SignatureScheme; 14] = [
    SignatureScheme::ECDSA_NISTP256_SHA256,
    SignatureScheme::ECDSA_NISTP384_SHA384,
    SignatureScheme::ED25519,
    SignatureScheme::RSA_PSS_SHA256,
    SignatureScheme::RSA_PSS_SHA384,
    SignatureScheme::RSA_PSS_SHA512,
    RSA_PSS_KEY_SHA256,
    RSA_PSS_KEY_SHA384,
    RSA_PSS_KEY_SHA512,
    SignatureScheme::RSA_PKCS1_SHA256,
    SignatureScheme::RSA_PKCS1_SHA384,
    SignatureScheme::RSA_PKCS1_SHA512,
    SignatureScheme::ECDSA_NISTP521_SHA512,
    SignatureScheme::RSA_PKCS1_SHA1,
];

/// `rsa_pss_pss_*`, for keys that are marked as good for PSS alone.
const RSA_PSS_KEY_SHA256: SignatureScheme = SignatureScheme::Unknown(0x0809);
const RSA_PSS_KEY_SHA384: SignatureScheme = SignatureScheme::Unknown(0x080a);
const RSA_PSS_KEY_SHA512: SignatureScheme = SignatureScheme::Unknown(0x080b);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    Tls12,
    Tls13,
}

/// Sizes of RSA keys in bits. A short one can be broken by who has days for it. It is taken all the same, because what such a
/// recorder has instead is no encryption at all.
const RSA_BITS: std::ops::RangeInclusive<usize> = 512..=8192;

/// Whether an ECDSA signature in DER is one by a point on the curve of this crate.
macro_rules! ecdsa {
    ($curve:ident, $point:expr, $hashed:expr, $signature:expr) => {{
        use $curve::ecdsa::signature::hazmat::PrehashVerifier as _;
        use $curve::ecdsa::{Signature, VerifyingKey};
        let key = VerifyingKey::from_sec1_bytes($point);
        let signature = Signature::from_der($signature);
        matches!((key, signature), (Ok(key), Ok(signature)) if key.verify_prehash($hashed, &signature).is_ok())
    }};
}

/// Whether `signature` over `message` was made with the private half of `key`, by a scheme that `version` allows.
pub(super) fn is_valid(
    key: PublicKey<'_>,
    (version, scheme): (Version, SignatureScheme),
    message: &[u8],
    signature: &[u8],
) -> bool {
    use SignatureScheme as S;
    let Some(hash) = Hash::of(scheme) else { return false };
    let hashed = hash.of_message(message);
    match (key, scheme) {
        (
            PublicKey::Rsa { modulus, exponent },
            S::RSA_PKCS1_SHA1 | S::RSA_PKCS1_SHA256 | S::RSA_PKCS1_SHA384 | S::RSA_PKCS1_SHA512,
        ) => {
            let padding = match hash {
                Hash::Sha1 => Pkcs1v15Sign::new::<Sha1>(),
                Hash::Sha256 => Pkcs1v15Sign::new::<Sha256>(),
                Hash::Sha384 => Pkcs1v15Sign::new::<Sha384>(),
                Hash::Sha512 => Pkcs1v15Sign::new::<Sha512>(),
            };
            version == Version::Tls12 && rsa(modulus, exponent, padding, &hashed, signature)
        }
        (
            PublicKey::Rsa { modulus, exponent },
            S::RSA_PSS_SHA256
            | S::RSA_PSS_SHA384
            | S::RSA_PSS_SHA512
            | RSA_PSS_KEY_SHA256
            | RSA_PSS_KEY_SHA384
            | RSA_PSS_KEY_SHA512,
        ) => match hash {
            Hash::Sha1 => false,
            Hash::Sha256 => rsa(modulus, exponent, Pss::<Sha256>::new(), &hashed, signature),
            Hash::Sha384 => rsa(modulus, exponent, Pss::<Sha384>::new(), &hashed, signature),
            Hash::Sha512 => rsa(modulus, exponent, Pss::<Sha512>::new(), &hashed, signature),
        },
        (
            PublicKey::EllipticCurve(point),
            S::ECDSA_NISTP256_SHA256 | S::ECDSA_NISTP384_SHA384 | S::ECDSA_NISTP521_SHA512,
        ) => {
            // TLS 1.2 names the hash alone, TLS 1.3 the curve as well.
            let fits = |curve| version == Version::Tls12 || scheme == curve;
            match point.len() {
                33 | 65 => fits(S::ECDSA_NISTP256_SHA256) && ecdsa!(p256, point, &hashed, signature),
                49 | 97 => fits(S::ECDSA_NISTP384_SHA384) && ecdsa!(p384, point, &hashed, signature),
                67 | 133 => fits(S::ECDSA_NISTP521_SHA512) && ecdsa!(p521, point, &hashed, signature),
                _ => false,
            }
        }
        (PublicKey::Ed25519(key), S::ED25519) => {
            UnparsedPublicKey::new(&ED25519, key).verify(message, signature).is_ok()
        }
        _ => false,
    }
}

fn rsa(
    modulus: &[u8],
    exponent: &[u8],
    padding: impl rsa::traits::SignatureScheme,
    hashed: &[u8],
    signature: &[u8],
) -> bool {
    let number = BoxedUint::from_be_slice_vartime;
    let key = rsa::PublicKey::new_with_size_limits(number(modulus), number(exponent), RSA_BITS);
    key.is_ok_and(|key| key.verify(padding, hashed, signature).is_ok())
}

#[derive(Clone, Copy)]
enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    /// The hash of a scheme that is offered; `None` for any other.
    fn of(scheme: SignatureScheme) -> Option<Self> {
        use SignatureScheme as S;
        Some(match scheme {
            S::RSA_PKCS1_SHA1 => Self::Sha1,
            S::RSA_PKCS1_SHA256 | S::RSA_PSS_SHA256 | S::ECDSA_NISTP256_SHA256 | RSA_PSS_KEY_SHA256 => Self::Sha256,
            S::RSA_PKCS1_SHA384 | S::RSA_PSS_SHA384 | S::ECDSA_NISTP384_SHA384 | RSA_PSS_KEY_SHA384 => Self::Sha384,
            S::RSA_PKCS1_SHA512 | S::RSA_PSS_SHA512 | S::ECDSA_NISTP521_SHA512 | RSA_PSS_KEY_SHA512 => Self::Sha512,
            // Ed25519 hashes for itself.
            S::ED25519 => Self::Sha512,
            _ => return None,
        })
    }

    fn of_message(self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => Sha1::digest(message).to_vec(),
            Self::Sha256 => Sha256::digest(message).to_vec(),
            Self::Sha384 => Sha384::digest(message).to_vec(),
            Self::Sha512 => Sha512::digest(message).to_vec(),
        }
    }
}
