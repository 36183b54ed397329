use std::fmt::{self, Write as _};

use http_auth::{BasicClient, ChallengeParser, DigestClient, PasswordParams, digest::Algorithm};

use super::{Head, Quirk, Quirks};
use crate::device::Credentials;

/// Answers challenges (RFC 7617, RFC 7616, RFC 2617, RFC 2069).
pub(super) struct Signer {
    credentials: Credentials,
    scheme: Scheme,
    /// The device states an algorithm that must be named in answers though it offers no `qop`.
    name_algorithm: bool,
}

enum Scheme {
    Basic(BasicClient),
    Digest(DigestClient),
}

/// Why a 401 cannot be answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ChallengeError {
    #[error("no challenge")]
    Missing,
    /// What the device offers instead; scheme names only.
    #[error("sign-in method not supported: {0}")]
    Unsupported(String),
}

impl Signer {
    /// Chooses from the challenges of a reply: the first Digest that can be answered, or else Basic.
    pub fn new(head: &Head, credentials: &Credentials, quirks: &mut Quirks) -> Result<Self, ChallengeError> {
        let mut basic = None;
        let mut refused = Vec::new();
        for header in head.all("WWW-Authenticate") {
            for challenge in split_challenges(header) {
                if !is_clean(header) {
                    quirks.insert(Quirk::UncleanChallenge);
                }
                let text = challenge.to_string();
                let Some(Ok(parsed)) = ChallengeParser::new(&text).next() else {
                    refused.push(challenge.scheme);
                    continue;
                };
                if let Ok(digest) = DigestClient::try_from(&parsed) {
                    let name_algorithm = digest.rfc2069_compat() && digest.algorithm() != Algorithm::Md5;
                    return Ok(Self {
                        credentials: credentials.clone(),
                        scheme: Scheme::Digest(digest),
                        name_algorithm,
                    });
                }
                match BasicClient::try_from(&parsed) {
                    Ok(client) if basic.is_none() => basic = Some(client),
                    Ok(_) => {}
                    Err(_) => refused.push(challenge.scheme),
                }
            }
        }
        match basic {
            Some(basic) => Ok(Self {
                credentials: credentials.clone(),
                scheme: Scheme::Basic(basic),
                name_algorithm: false,
            }),
            None if refused.is_empty() => Err(ChallengeError::Missing),
            None => Err(ChallengeError::Unsupported(refused.join(", "))),
        }
    }

    /// The value of `Authorization` for one request; `None` where the challenge cannot be answered in a header.
    ///
    /// No body is given, so `auth-int` is never chosen.
    pub fn answer(&mut self, method: &str, uri: &str, nonces: &mut fastrand::Rng) -> Option<String> {
        let user = self.credentials.user.as_str();
        let password = self.credentials.password.expose();
        match &mut self.scheme {
            Scheme::Basic(client) => Some(client.respond(user, password)),
            Scheme::Digest(client) => {
                let cnonce = format!("{:016x}{:016x}", nonces.u64(..), nonces.u64(..));
                let params = PasswordParams {
                    username: user,
                    password,
                    uri,
                    method,
                    body: None,
                };
                // Named for tests, but it is what makes equal seeds give equal sessions.
                let mut answer = client.respond_with_testing_cnonce(&params, &cnonce).ok()?;
                if self.name_algorithm {
                    let name = match client.algorithm() {
                        Algorithm::Sha256 => "SHA-256",
                        Algorithm::Sha512Trunc256 => "SHA-512-256",
                        _ => "MD5",
                    };
                    let session = if client.session() { "-sess" } else { "" };
                    let _ = write!(answer, ", algorithm={name}{session}");
                }
                Some(plain_user(answer, user))
            }
        }
    }

    /// What tells one challenge from the next; Basic has nothing.
    pub fn nonce(&self) -> &str {
        match &self.scheme {
            Scheme::Basic(_) => "",
            Scheme::Digest(client) => client.nonce(),
        }
    }

    /// Whether the device says that only the nonce was too old (RFC 7616 §3.3).
    pub fn is_stale(&self) -> bool {
        matches!(&self.scheme, Scheme::Digest(client) if client.stale())
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.scheme {
            Scheme::Basic(_) => "Signer(Basic)",
            Scheme::Digest(_) => "Signer(Digest)",
        })
    }
}

/// Recorders read `username="..."` in UTF-8, not the extended `username*=` of RFC 7616 §3.4.
fn plain_user(answer: String, user: &str) -> String {
    let Some(rest) = answer.strip_prefix("Digest username*=") else {
        return answer;
    };
    let Some((_, rest)) = rest.split_once(", ") else {
        return answer;
    };
    let quoted: String = user
        .chars()
        .filter(|c| !c.is_control())
        .flat_map(|c| matches!(c, '"' | '\\').then_some('\\').into_iter().chain(Some(c)))
        .collect();
    format!("Digest username=\"{quoted}\", {rest}")
}

/// A challenge in the one spelling that every parser takes.
struct Challenge {
    scheme: String,
    parameters: Vec<(String, String)>,
}

impl fmt::Display for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.scheme)?;
        for (index, (name, value)) in self.parameters.iter().enumerate() {
            f.write_str(if index == 0 { " " } else { ", " })?;
            match name.as_str() {
                "algorithm" | "stale" => write!(f, "{name}={value}")?,
                _ => write!(f, "{name}=\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))?,
            }
        }
        Ok(())
    }
}

/// Whether there is a comma between all parameters, roughly; for the quirk only.
fn is_clean(header: &str) -> bool {
    let mut quoted = false;
    let outside: String = header
        .chars()
        .filter(|c| {
            quoted ^= *c == '"';
            !quoted
        })
        .collect();
    outside.matches('=').count() <= outside.matches(',').count() + 1
}

/// Reads a `WWW-Authenticate` value whatever separates its parameters, quoted or not, and spells it anew.
fn split_challenges(header: &str) -> Vec<Challenge> {
    let mut challenges: Vec<Challenge> = Vec::new();
    let mut rest = header;
    while challenges.len() <= 8 {
        rest = rest.trim_start_matches([' ', '\t', ',', ';']);
        if rest.is_empty() {
            break;
        }
        let end = rest.find([' ', '\t', ',', ';', '=', '"']).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        match after.trim_start().strip_prefix('=') {
            Some(value) if !word.is_empty() => {
                let (value, after) = split_value(value.trim_start());
                rest = after;
                if let Some(challenge) = challenges.last_mut() {
                    challenge.set(word, value);
                }
            }
            _ => {
                if !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
                    challenges.push(Challenge {
                        scheme: word.to_owned(),
                        parameters: Vec::new(),
                    });
                }
                let skip = after
                    .chars()
                    .next()
                    .map_or(0, |c| if word.is_empty() { c.len_utf8() } else { 0 });
                rest = &after[skip..];
            }
        }
    }
    challenges
}

/// A quoted string, closed or not, or everything up to the next separator; unescaped.
fn split_value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([' ', '\t', ',', ';']).unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (value, &quoted[at + 1..]),
            '\\' => value.extend(chars.next().map(|(_, escaped)| escaped)),
            _ => value.push(c),
        }
    }
    (value, "")
}

impl Challenge {
    fn set(&mut self, name: &str, value: String) {
        let name = name.to_ascii_lowercase();
        let value = match name.as_str() {
            "algorithm" => canonical_algorithm(&value),
            _ => value,
        };
        // An empty list is no list; a second value for a name is noise.
        let pointless = value.is_empty() && matches!(name.as_str(), "qop" | "algorithm" | "stale");
        if !pointless && self.parameters.len() < 32 && !self.parameters.iter().any(|(known, _)| *known == name) {
            self.parameters.push((name, value));
        }
    }
}

/// The registered spelling (RFC 7616 §6.1), which the parser demands.
fn canonical_algorithm(value: &str) -> String {
    let value = value.trim().to_ascii_uppercase();
    let (name, session) = match value.strip_suffix("-SESS") {
        Some(name) => (name, "-sess"),
        None => (value.as_str(), ""),
    };
    let name = match name {
        "SHA256" | "SHA_256" => "SHA-256",
        "SHA512-256" | "SHA-512/256" => "SHA-512-256",
        other => other,
    };
    let name: String = name
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .collect();
    format!("{name}{session}")
}
