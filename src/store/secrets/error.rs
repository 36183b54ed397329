use crate::store::atomic::WriteError;

/// Why a password could not be read or stored. Never holds one.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error("the password is in the keyring, which is not available: {0}")]
    Keyring(String),
    #[error("the keyring does not give the password: {0}")]
    KeyringEntry(String),
    #[error("the stored password cannot be decrypted: {0}; enter it again")]
    Unreadable(String),
    #[error("the key file for passwords cannot be used: {0}")]
    KeyFile(String),
    #[error(transparent)]
    Write(#[from] WriteError),
}
