//! A password that is checked and never read again: salted and stretched (PBKDF2, RFC 8018 §5.2).

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

/// What is kept of a password, as `pbkdf2-sha256$600000$salt$hash`, both in hexadecimal digits.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash {
    pub rounds: NonZeroU32,
    pub salt: [u8; Self::SALT],
    pub hash: [u8; Self::HASH],
}

/// The text is no hash of a kind that this program knows. Says nothing of the text, which may be a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not a password's hash")]
pub struct PasswordHashError;

const SCHEME: &str = "pbkdf2-sha256";

impl PasswordHash {
    pub const SALT: usize = 16;
    pub const HASH: usize = 32;
    /// The rounds of a new hash (OWASP's advice for HMAC-SHA-256), and the most that a file may ask for, so that it cannot stop
    /// the program for hours.
    pub const ROUNDS: NonZeroU32 = NonZeroU32::MIN.saturating_add(600_000 - 1);
    pub const MOST_ROUNDS: u32 = 20_000_000;
}

impl FromStr for PasswordHash {
    type Err = PasswordHashError;

    fn from_str(text: &str) -> Result<Self, PasswordHashError> {
        let mut parts = text.split('$');
        let mut part = || parts.next().ok_or(PasswordHashError);
        if part()? != SCHEME {
            return Err(PasswordHashError);
        }
        let rounds: Option<NonZeroU32> = part()?.parse().ok();
        let hash = Self {
            rounds: rounds
                .filter(|rounds| rounds.get() <= Self::MOST_ROUNDS)
                .ok_or(PasswordHashError)?,
            salt: unhex(part()?).ok_or(PasswordHashError)?,
            hash: unhex(part()?).ok_or(PasswordHashError)?,
        };
        parts.next().is_none().then_some(hash).ok_or(PasswordHashError)
    }
}

/// As it is kept in the file of settings.
impl fmt::Display for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}${}$", self.rounds)?;
        self.salt.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str("$")?;
        self.hash.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Prints nothing from which the password could be guessed.
impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(***)")
    }
}

fn unhex<const LENGTH: usize>(text: &str) -> Option<[u8; LENGTH]> {
    let digits = text.as_bytes();
    if digits.len() != 2 * LENGTH || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let mut bytes = [0; LENGTH];
    for (byte, at) in bytes.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> PasswordHash {
        PasswordHash {
            rounds: PasswordHash::ROUNDS,
            salt: [7; 16],
            hash: [0xab; 32],
        }
    }

    #[test]
    fn a_hash_survives_its_text_and_is_never_printed() {
        let text = example().to_string();
        assert!(text.starts_with("pbkdf2-sha256$600000$0707"), "{text}");
        assert_eq!(text.parse(), Ok(example()));
        assert_eq!(format!("{:?}", example()), "PasswordHash(***)");
    }

    #[test]
    fn what_is_no_hash_is_refused_without_being_repeated() {
        let good = example().to_string();
        for bad in [
            "",
            "secret",
            &good[..good.len() - 1],
            &format!("{good}$"),
            &format!("{good}00"),
            &good.replace("600000", "0"),
            &good.replace("600000", "4000000000"),
            &good.replace("sha256", "sha1"),
            &good.replace("ab", "zz"),
            &good.replace("abab", "\u{3042}b"),
        ] {
            let error = bad.parse::<PasswordHash>().unwrap_err();
            assert_eq!(error.to_string(), "this is not a password's hash");
        }
    }
}
