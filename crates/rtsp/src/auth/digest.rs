//! Digest (RFC 7616, RFC 2617, RFC 2069) over bytes: what a device sent is hashed and sent back as it came.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use md5::Md5;
use sha2::{Digest as _, Sha256, Sha512_256};

use super::challenge::{Offer, ParameterValue, quote};
use crate::text;
use device::Credentials;

/// A Digest challenge that can be answered.
#[derive(Clone)]
pub(super) struct Digest {
    realm: ParameterValue,
    nonce: ParameterValue,
    opaque: Option<ParameterValue>,
    pub algorithm: Algorithm,
    /// The `-sess` variant.
    session: bool,
    quality: Option<Quality>,
    hides_user: bool,
    pub stale: bool,
    /// How often the nonce was used. It is shared by all who use it, so that no count is used twice (RFC 7616 §3.4).
    count: Arc<AtomicU32>,
}

/// The weaker comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Algorithm {
    Md5,
    Sha256,
    Sha512Trunc256,
}

/// The quality of protection (RFC 7616 §3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quality {
    Auth,
    /// With the body, which no RTSP request of ours has.
    AuthInt,
}

impl Digest {
    /// `None` where it lacks a nonce or wants what is not known. A missing realm is an empty one.
    pub fn new(offer: &Offer) -> Option<Self> {
        let stated = offer.get("algorithm").map(|value| value.plain.as_str());
        let (algorithm, session) = stated.map_or(Some((Algorithm::Md5, false)), algorithm)?;
        let quality = match offer.get("qop") {
            None => None,
            Some(list) => {
                let mut words = list.plain.split([',', ' ', '\t', ';']);
                let has = |word: &str| words.clone().any(|other| other.eq_ignore_ascii_case(word));
                match (has("auth"), words.any(|word| word.eq_ignore_ascii_case("auth-int"))) {
                    (true, _) => Some(Quality::Auth),
                    (false, true) => Some(Quality::AuthInt),
                    (false, false) => return None,
                }
            }
        };
        let is_true = |name: &str| {
            offer
                .get(name)
                .is_some_and(|value| value.plain.eq_ignore_ascii_case("true"))
        };
        Some(Self {
            realm: offer.get("realm").cloned().unwrap_or_default(),
            nonce: offer.get("nonce")?.clone(),
            opaque: offer.get("opaque").cloned(),
            algorithm,
            session,
            quality,
            hides_user: is_true("userhash"),
            stale: is_true("stale"),
            count: Arc::default(),
        })
    }

    pub fn nonce(&self) -> &str {
        &self.nonce.plain
    }

    /// The value of `Authorization`; `cnonce` is a number drawn by the client.
    pub fn answer(&self, credentials: &Credentials, (method, uri, body): (&str, &str, &[u8]), cnonce: &str) -> String {
        let (user, realm) = (credentials.user.as_bytes(), text::encode(&self.realm.plain));
        let nonce = text::encode(&self.nonce.plain);
        let hash = |parts: &[&[u8]]| self.algorithm.hash(parts);
        let mut secret = hash(&[user, &realm, credentials.password.expose().as_bytes()]);
        if self.session {
            secret = hash(&[secret.as_bytes(), &nonce, cnonce.as_bytes()]);
        }
        let request = match self.quality {
            Some(Quality::AuthInt) => hash(&[method.as_bytes(), uri.as_bytes(), hash(&[body]).as_bytes()]),
            Some(Quality::Auth) | None => hash(&[method.as_bytes(), uri.as_bytes()]),
        };
        let quality = self.quality.map(Quality::as_str);
        let count = format!("{:08x}", self.count.fetch_add(1, Ordering::Relaxed).wrapping_add(1));
        let response = match quality {
            None => hash(&[secret.as_bytes(), &nonce, request.as_bytes()]),
            Some(quality) => hash(&[
                secret.as_bytes(),
                &nonce,
                count.as_bytes(),
                cnonce.as_bytes(),
                quality.as_bytes(),
                request.as_bytes(),
            ]),
        };
        let user = match self.hides_user {
            true => format!("\"{}\", userhash=true", hash(&[user, &realm])),
            // Recorders read it in UTF-8, not the extended `username*=` of RFC 7616 §3.4.
            false => format!("\"{}\"", quote(&credentials.user)),
        };
        let (realm, nonce) = (&self.realm.quoted, &self.nonce.quoted);
        let mut answer = format!("Digest username={user}, realm=\"{realm}\", uri=\"{uri}\", nonce=\"{nonce}\"");
        let mut add = |text: String| answer.push_str(&text);
        // Old devices, which name no `qop`, know no algorithm but MD5 and no client nonce.
        if quality.is_some() || self.algorithm != Algorithm::Md5 || self.session {
            let session = if self.session { "-sess" } else { "" };
            add(format!(", algorithm={}{session}", self.algorithm.as_str()));
        }
        if let Some(quality) = quality {
            add(format!(", nc={count}, cnonce=\"{cnonce}\", qop={quality}"));
        } else if self.session {
            add(format!(", cnonce=\"{cnonce}\""));
        }
        add(format!(", response=\"{response}\""));
        if let Some(opaque) = &self.opaque {
            add(format!(", opaque=\"{}\"", opaque.quoted));
        }
        answer
    }
}

impl Quality {
    fn as_str(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::AuthInt => "auth-int",
        }
    }
}

impl Algorithm {
    fn as_str(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha256 => "SHA-256",
            Self::Sha512Trunc256 => "SHA-512-256",
        }
    }

    /// Of the parts with a colon between them, in hexadecimal digits.
    fn hash(self, parts: &[&[u8]]) -> String {
        let joined = parts.join(&b':');
        let digits = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        match self {
            Self::Md5 => digits(&Md5::digest(joined)),
            Self::Sha256 => digits(&Sha256::digest(joined)),
            Self::Sha512Trunc256 => digits(&Sha512_256::digest(joined)),
        }
    }
}

/// The algorithm of a name in the spellings that devices use, and whether it is the `-sess` variant (RFC 7616 §6.1).
fn algorithm(name: &str) -> Option<(Algorithm, bool)> {
    let name = name.trim().to_ascii_uppercase();
    let (name, session) = match name.strip_suffix("-SESS") {
        Some(name) => (name, true),
        None => (name.as_str(), false),
    };
    let algorithm = match name {
        "MD5" | "MD-5" => Algorithm::Md5,
        "SHA-256" | "SHA256" | "SHA_256" => Algorithm::Sha256,
        "SHA-512-256" | "SHA512-256" | "SHA-512/256" => Algorithm::Sha512Trunc256,
        _ => return None,
    };
    Some((algorithm, session))
}
