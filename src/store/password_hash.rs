//! Makes and checks the hash of the kiosk's password, which is kept in the settings. A call takes some tenths of a
//! second on purpose, so that a thief of the file cannot try many passwords.

use ring::pbkdf2::{self, PBKDF2_HMAC_SHA256};
use ring::rand::{SecureRandom as _, SystemRandom};

use device::Password;
use settings::PasswordHash;

/// A hash with a fresh salt.
///
/// # Errors
/// When the system has no random numbers.
pub fn hash_password(password: &Password) -> Result<PasswordHash, NoRandom> {
    let mut salt = [0; PasswordHash::SALT];
    SystemRandom::new()
        .fill(&mut salt)
        .map_err(|_unspecified: ring::error::Unspecified| NoRandom)?;
    let rounds = PasswordHash::ROUNDS;
    let mut hash = [0; PasswordHash::HASH];
    pbkdf2::derive(
        PBKDF2_HMAC_SHA256,
        rounds,
        &salt,
        password.expose().as_bytes(),
        &mut hash,
    );
    Ok(PasswordHash { rounds, salt, hash })
}

/// Whether this is the password. Every wrong one takes the same time.
#[must_use]
pub fn password_fits(password: &Password, kept: &PasswordHash) -> bool {
    let secret = password.expose().as_bytes();
    pbkdf2::verify(PBKDF2_HMAC_SHA256, kept.rounds, &kept.salt, secret, &kept.hash).is_ok()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system gives no random numbers")]
pub struct NoRandom;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_password_fits_and_no_other_and_salts_differ() {
        let secret = Password::new("鍵 p@ss");
        let (one, two) = (hash_password(&secret).unwrap(), hash_password(&secret).unwrap());
        assert_ne!(one, two);
        assert!(password_fits(&secret, &one) && password_fits(&secret, &two));
        for wrong in ["", "鍵 p@sS", "鍵 p@ss "] {
            assert!(!password_fits(&Password::new(wrong), &one), "{wrong:?}");
        }
    }

    /// Against another implementation: `hashlib.pbkdf2_hmac("sha256", b"password", b"0123456789abcdef", 1000)`.
    #[test]
    fn the_hash_is_pbkdf2() {
        let kept: PasswordHash = KNOWN.parse().unwrap();
        assert!(password_fits(&Password::new("password"), &kept));
    }

    const KNOWN: &str = "pbkdf2-sha256$1000$30313233343536373839616263646566$8514638175a45bc45eb1f22f04ff7d27f4f8be480498c455ff4b494ce8d1e7d2";
}
