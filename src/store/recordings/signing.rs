//! The key of this computer that signs exports, in the keyring or the encrypted file, and statements with their signatures.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ring::digest;
use ring::rand::SystemRandom;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use serde_json::{Value, json};

use super::super::secrets::{SIGNING_KEY, SecretError, Secrets};
use device::Password;

/// What a statement says of itself.
pub(super) const FORMAT: &str = "monomi-export-1";

/// The key of this computer (Ed25519, RFC 8032).
pub struct SigningKey(Ed25519KeyPair);

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyFault {
    #[error("the key that signs exports cannot be read or kept: {0}")]
    Secret(#[from] SecretError),
    #[error("the key that signs exports is damaged")]
    Damaged,
    #[error("the system gives no random numbers")]
    NoRandom,
}

/// What is wrong with a signed statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatementFault {
    #[error("it is no statement of an export of Monomi")]
    Foreign,
    #[error("it was written anew by another program")]
    Rewritten,
    #[error("its signature does not fit: it was changed after it was signed")]
    Forged,
}

impl SigningKey {
    /// The key of this profile; it is made with the first export.
    ///
    /// # Errors
    /// [`KeyFault`]; a key that cannot be read is not replaced.
    pub fn of(secrets: &Secrets) -> Result<Self, KeyFault> {
        if let Some(kept) = secrets.get(SIGNING_KEY)? {
            let bytes = BASE64.decode(kept.expose()).map_err(|_other| KeyFault::Damaged)?;
            let pair = Ed25519KeyPair::from_pkcs8(&bytes).map_err(|_other| KeyFault::Damaged)?;
            return Ok(Self(pair));
        }
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|_none| KeyFault::NoRandom)?;
        let pair = Ed25519KeyPair::from_pkcs8(document.as_ref()).map_err(|_other| KeyFault::Damaged)?;
        secrets.set(SIGNING_KEY, &Password::new(BASE64.encode(document.as_ref())))?;
        Ok(Self(pair))
    }

    /// The public half, in base64.
    #[must_use]
    pub fn public(&self) -> String {
        BASE64.encode(self.0.public_key().as_ref())
    }

    /// The statement with its signature, as the text of a file.
    #[must_use]
    pub(super) fn sign(&self, statement: Value) -> String {
        let signature = BASE64.encode(self.0.sign(statement.to_string().as_bytes()).as_ref());
        text_of(&json!({
            "statement": statement,
            "signature": { "algorithm": "Ed25519", "public-key": self.public(), "value": signature },
        }))
    }
}

fn text_of(envelope: &Value) -> String {
    format!("{envelope:#}\n")
}

/// What a signed statement says, and the public key that signed it, in base64.
///
/// # Errors
/// [`StatementFault`].
pub(super) fn read_statement(text: &str) -> Result<(Value, String), StatementFault> {
    let envelope: Value = serde_json::from_str(text).map_err(|_other| StatementFault::Foreign)?;
    let word = |name: &str| envelope["signature"][name].as_str().unwrap_or_default();
    let statement = &envelope["statement"];
    if statement["format"].as_str() != Some(FORMAT) || word("algorithm") != "Ed25519" {
        return Err(StatementFault::Foreign);
    }
    // Whatever is written twice, or between the lines, would be read by a person and not be signed.
    if text_of(&envelope) != text {
        return Err(StatementFault::Rewritten);
    }
    let bytes = |name| BASE64.decode(word(name)).map_err(|_other| StatementFault::Forged);
    let (public, value) = (bytes("public-key")?, bytes("value")?);
    UnparsedPublicKey::new(&ED25519, public)
        .verify(statement.to_string().as_bytes(), &value)
        .map_err(|_other| StatementFault::Forged)?;
    Ok((statement.clone(), word("public-key").to_owned()))
}

/// A public key as people compare it: the first 16 bytes of its SHA-256, in groups of four digits.
#[must_use]
pub fn key_print(public: &str) -> String {
    let print = digest::digest(&digest::SHA256, public.as_bytes());
    let pairs: Vec<String> = print.as_ref()[..16]
        .chunks(2)
        .map(|pair| pair.iter().map(|byte| format!("{byte:02x}")).collect())
        .collect();
    pairs.join(" ")
}

pub(super) fn hex(digest: &digest::Digest) -> String {
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
