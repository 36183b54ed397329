use std::fs;
use std::io::Write;
use std::path::Path;

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use super::error::SecretError;
use crate::private;
use crate::store::read;
use device::{DeviceId, Password};

/// The random key in `secrets.key`, which only the user can read. A sealed password is bound to its device.
pub(super) struct KeyFile(LessSafeKey);

impl KeyFile {
    pub(super) fn read(dir: &Path) -> Result<Self, SecretError> {
        Self::try_read(dir)?.ok_or_else(|| SecretError::Unreadable(format!("{FILE} is missing")))
    }

    /// Reads the key, or makes it if there is none. A damaged file is renamed, never deleted; its new name is the
    /// second value. Called only under the lock of the secrets.
    pub(super) fn read_or_make(dir: &Path) -> Result<(Self, Option<String>), SecretError> {
        let mut aside = None;
        match Self::try_read(dir) {
            Ok(Some(key)) => return Ok((key, None)),
            Ok(None) => {}
            Err(SecretError::Unreadable(_)) => {
                let free = (1u32..)
                    .map(|number| format!("{FILE}.damaged-{number}"))
                    .find(|name| !dir.join(name).exists());
                let name = free.ok_or_else(|| SecretError::KeyFile("no free name".to_owned()))?;
                fs::rename(dir.join(FILE), dir.join(&name)).map_err(|error| key_file(&error))?;
                aside = Some(name);
            }
            // A file that cannot be read now may be readable later, so that it is kept.
            Err(other) => return Err(other),
        }
        Ok((Self::make(dir)?, aside))
    }

    /// The password as nonce and ciphertext, in hexadecimal digits.
    pub(super) fn seal(&self, device: DeviceId, password: &Password) -> Result<String, SecretError> {
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).map_err(no_random)?;
        let mut text = password.expose().as_bytes().to_vec();
        let sealed = self
            .0
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), bound_to(device), &mut text);
        sealed
            .map_err(|_unspecified: ring::error::Unspecified| SecretError::KeyFile("encryption failed".to_owned()))?;
        Ok(hex(&nonce) + &hex(&text))
    }

    pub(super) fn open(&self, device: DeviceId, sealed: &str) -> Result<Password, SecretError> {
        let damaged = || SecretError::Unreadable("it is damaged".to_owned());
        let bytes = unhex(sealed).ok_or_else(damaged)?;
        let (nonce, text) = bytes.split_first_chunk::<NONCE_LEN>().ok_or_else(damaged)?;
        let mut text = Zeroizing::new(text.to_vec());
        let opened = self
            .0
            .open_in_place(Nonce::assume_unique_for_key(*nonce), bound_to(device), &mut text);
        let other =
            |_: ring::error::Unspecified| SecretError::Unreadable(format!("it is damaged, or {FILE} is another one"));
        let text = std::str::from_utf8(opened.map_err(other)?).map_err(|_no_text: std::str::Utf8Error| damaged())?;
        Ok(Password::new(text))
    }

    fn try_read(dir: &Path) -> Result<Option<Self>, SecretError> {
        let path = dir.join(FILE);
        let Some(bytes) = read::file(&path).map_err(|refusal| SecretError::KeyFile(format!("{FILE}: {refusal}")))?
        else {
            return Ok(None);
        };
        let bytes = Zeroizing::new(bytes);
        private::keep_private(&path);
        let damaged = || SecretError::Unreadable(format!("{FILE} is damaged"));
        let text = std::str::from_utf8(&bytes).map_err(|_no_text: std::str::Utf8Error| damaged())?;
        let key = Zeroizing::new(unhex(text.trim()).ok_or_else(damaged)?);
        Self::new(&key).map(Some).map_err(|_no_key| damaged())
    }

    fn make(dir: &Path) -> Result<Self, SecretError> {
        let mut key = Zeroizing::new([0; KEY_LEN]);
        SystemRandom::new().fill(key.as_mut()).map_err(no_random)?;
        let mut file = private::new_file(&dir.join(FILE)).map_err(|error| key_file(&error))?;
        let text = Zeroizing::new(hex(key.as_ref()));
        let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
        if let Err(error) = written {
            let _ = fs::remove_file(dir.join(FILE));
            return Err(key_file(&error));
        }
        Self::new(key.as_ref())
    }

    fn new(key: &[u8]) -> Result<Self, SecretError> {
        let key = UnboundKey::new(&CHACHA20_POLY1305, key);
        key.map(|key| Self(LessSafeKey::new(key)))
            .map_err(|_unspecified: ring::error::Unspecified| SecretError::KeyFile(format!("{FILE} is damaged")))
    }
}

const FILE: &str = "secrets.key";
const KEY_LEN: usize = 32;

/// The data that binds a sealed password to its device: copied to another device's record it does not open.
fn bound_to(device: DeviceId) -> Aad<[u8; 8]> {
    Aad::from(device.0.to_be_bytes())
}

fn key_file(error: &std::io::Error) -> SecretError {
    SecretError::KeyFile(format!("{FILE}: {error}"))
}

fn no_random(_: ring::error::Unspecified) -> SecretError {
    SecretError::KeyFile("the operating system gives no random numbers".to_owned())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    let byte = |pair: &[u8]| {
        let digit = |digit: u8| {
            char::from(digit)
                .to_digit(16)
                .and_then(|digit| u8::try_from(digit).ok())
        };
        Some(digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?)
    };
    digits.chunks(2).map(byte).collect()
}
