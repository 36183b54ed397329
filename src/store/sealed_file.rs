//! A file that a passphrase seals: Argon2id (RFC 9106) makes the key, ChaCha20-Poly1305 (RFC 8439) seals. Of what is inside, the file
//! tells its length alone.

use argon2::{Algorithm, Argon2, Params, Version};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom as _, SystemRandom};
use zeroize::Zeroizing;

use device::Password;

/// Why a sealed file cannot be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OpenError {
    /// It was made by another program.
    Foreign,
    Newer,
    /// It ends too early.
    Truncated,
    WrongPassphrase,
    /// The passphrase is right; what it sealed was changed.
    Damaged,
}

/// The sealed bytes of a file. `Err`: the system gives no random numbers, or not the memory.
pub(super) fn seal(content: &[u8], passphrase: &Password) -> Result<Vec<u8>, String> {
    let mut random = [0; SALT + 2 * NONCE_LEN];
    SystemRandom::new()
        .fill(&mut random)
        .map_err(|_unspecified: ring::error::Unspecified| "the system gives no random numbers".to_owned())?;
    let mut file = MAGIC.to_vec();
    file.push(VERSION);
    for number in [MEMORY_KIB, PASSES, LANES] {
        file.extend(number.to_be_bytes());
    }
    file.extend(random);
    file.extend((content.len() as u64).to_be_bytes());
    let head = SealedHead::read(&file).map_err(|_wrong: OpenError| "a defect of Monomi".to_owned())?;
    let key = head.key(passphrase).ok_or("there is not enough memory")?;
    let sealed = |nonce, text: &[u8]| {
        let mut text = text.to_vec();
        let sealed = key.seal_in_place_append_tag(nonce, Aad::from(&file[..HEAD]), &mut text);
        sealed.map(|()| text).map_err(|error| error.to_string())
    };
    let (proof, body) = (sealed(head.proof_nonce(), b"")?, sealed(head.body_nonce(), content)?);
    file.extend(proof);
    file.extend(body);
    Ok(file)
}

/// What a file holds.
pub(super) fn open(file: &[u8], passphrase: &Password) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let head = SealedHead::read(file)?;
    let rest = file.get(HEAD..).unwrap_or_default();
    let (proof, body) = rest.split_at_checked(TAG).ok_or(OpenError::Truncated)?;
    let expected = usize::try_from(head.length)
        .ok()
        .and_then(|length| length.checked_add(TAG));
    let expected = expected.ok_or(OpenError::Damaged)?;
    if body.len() < expected {
        return Err(OpenError::Truncated);
    }
    if body.len() > expected {
        return Err(OpenError::Damaged);
    }
    let key = head.key(passphrase).ok_or(OpenError::Damaged)?;
    let opened = |nonce, sealed: &[u8]| {
        let mut text = Zeroizing::new(sealed.to_vec());
        let length = key
            .open_in_place(nonce, Aad::from(&file[..HEAD]), &mut text)
            .ok()?
            .len();
        text.truncate(length);
        Some(text)
    };
    opened(head.proof_nonce(), proof).ok_or(OpenError::WrongPassphrase)?;
    opened(head.body_nonce(), body).ok_or(OpenError::Damaged)
}

const MAGIC: &[u8] = b"monomi profile\n";
const VERSION: u8 = 1;
const SALT: usize = 16;
const TAG: usize = 16;
/// Magic, version, three numbers, salt, two nonces, the length of what is inside.
const HEAD: usize = MAGIC.len() + 1 + 3 * 4 + SALT + 2 * NONCE_LEN + 8;

/// The second choice of RFC 9106, §4: for where memory is scarce.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
const LANES: u32 = 1;
/// A file that asks for more would only keep this computer busy.
const MOST: [u32; 3] = [512 * 1024, 32, 16];

struct SealedHead<'a> {
    costs: [u32; 3],
    salt: &'a [u8],
    nonces: &'a [u8],
    /// Of the content, in bytes.
    length: u64,
}

impl<'a> SealedHead<'a> {
    fn read(file: &'a [u8]) -> Result<Self, OpenError> {
        let magic = &file[..file.len().min(MAGIC.len())];
        if !MAGIC.starts_with(magic) {
            return Err(OpenError::Foreign);
        }
        let rest = file.get(MAGIC.len()..).ok_or(OpenError::Truncated)?;
        let (version, rest) = rest.split_first().ok_or(OpenError::Truncated)?;
        if *version != VERSION {
            return Err(if *version > VERSION {
                OpenError::Newer
            } else {
                OpenError::Damaged
            });
        }
        let (numbers, rest) = rest.split_at_checked(12).ok_or(OpenError::Truncated)?;
        let (salt, rest) = rest.split_at_checked(SALT).ok_or(OpenError::Truncated)?;
        let (nonces, rest) = rest.split_at_checked(2 * NONCE_LEN).ok_or(OpenError::Truncated)?;
        let length = rest.first_chunk::<8>().ok_or(OpenError::Truncated)?;
        let mut costs = [0; 3];
        for (cost, bytes) in costs.iter_mut().zip(numbers.as_chunks::<4>().0) {
            *cost = u32::from_be_bytes(*bytes);
        }
        if costs.iter().zip(MOST).any(|(cost, most)| *cost > most) {
            return Err(OpenError::Damaged);
        }
        Ok(Self {
            costs,
            salt,
            nonces,
            length: u64::from_be_bytes(*length),
        })
    }

    /// Takes some tenths of a second on purpose, so that a thief of the file cannot try many passphrases.
    fn key(&self, passphrase: &Password) -> Option<LessSafeKey> {
        let [memory, passes, lanes] = self.costs;
        let params = Params::new(memory, passes, lanes, Some(CHACHA20_POLY1305.key_len())).ok()?;
        let mut key = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(passphrase.expose().as_bytes(), self.salt, key.as_mut())
            .ok()?;
        UnboundKey::new(&CHACHA20_POLY1305, key.as_ref())
            .ok()
            .map(LessSafeKey::new)
    }

    fn proof_nonce(&self) -> Nonce {
        self.nonce(0)
    }

    fn body_nonce(&self) -> Nonce {
        self.nonce(NONCE_LEN)
    }

    fn nonce(&self, at: usize) -> Nonce {
        let mut nonce = [0; NONCE_LEN];
        for (byte, random) in nonce.iter_mut().zip(self.nonces.iter().skip(at)) {
            *byte = *random;
        }
        Nonce::assume_unique_for_key(nonce)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_its_passphrase_alone_and_shows_nothing() {
        let (right, wrong) = (Password::new("鍵 word"), Password::new("鍵 Word"));
        let file = seal(b"password = s3cret", &right).unwrap();
        assert_eq!(open(&file, &right).unwrap().as_slice(), b"password = s3cret");
        assert_eq!(open(&file, &wrong).unwrap_err(), OpenError::WrongPassphrase);
        assert!(!file.windows(6).any(|bytes| bytes == b"s3cret"));
        assert_ne!(file, seal(b"password = s3cret", &right).unwrap());
    }

    #[test]
    fn each_fault_of_a_file_has_its_name() {
        let word = Password::new("word");
        let file = seal(b"content", &word).unwrap();
        for length in 0..file.len() {
            assert_eq!(
                open(&file[..length], &word).unwrap_err(),
                OpenError::Truncated,
                "{length}"
            );
        }
        let mut changed = file.clone();
        *changed.last_mut().unwrap() ^= 1;
        assert_eq!(open(&changed, &word).unwrap_err(), OpenError::Damaged);
        assert_eq!(
            open(&[&file[..], b"x"].concat(), &word).unwrap_err(),
            OpenError::Damaged
        );
        for foreign in [&b"version = 1\n"[..], b"\x89PNG\r\n\x1a\n", b"m\0"] {
            assert_eq!(open(foreign, &word).unwrap_err(), OpenError::Foreign);
        }
        let mut newer = file.clone();
        newer[MAGIC.len()] = 2;
        assert_eq!(open(&newer, &word).unwrap_err(), OpenError::Newer);
        // One that would take gigabytes or hours.
        let mut greedy = file;
        greedy[MAGIC.len() + 1] = 0xff;
        assert_eq!(open(&greedy, &word).unwrap_err(), OpenError::Damaged);
    }
}
