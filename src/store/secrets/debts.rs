//! What the keyring still has to forget. A password that cannot be removed now, because the keyring is locked or away, is a debt:
//! its entry is named in `secrets.toml` and removed once the keyring can be reached.

use std::time::SystemTime;

use super::Secrets;
use super::error::SecretError;
use super::keyring::VaultError;
use super::rows::{self, Rows};
use device::DeviceId;

/// What became of a password that is to be forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Forgotten {
    /// It is gone, or there was none.
    Gone,
    /// It is still in the keyring, for this reason. It is removed once the keyring can be reached.
    Owed(String),
}

impl Secrets {
    /// Removes the password; it is no error if there is none.
    pub fn clear(&self, device: DeviceId) -> Result<Forgotten, SecretError> {
        if !self.has(device) {
            return Ok(Forgotten::Gone);
        }
        let before = self.owed();
        self.at_home(|home, document| {
            Rows::of(document).remove(device, home);
            Ok(())
        })?;
        let of_this = |owed: &String| !before.contains(owed);
        let why = self.pay_debts();
        Ok(match why {
            Some(reason) if self.owed().iter().any(of_this) => Forgotten::Owed(reason),
            Some(_) | None => Forgotten::Gone,
        })
    }

    /// The names of the entries that the keyring still has to forget.
    #[must_use]
    pub fn owed(&self) -> Vec<String> {
        rows::owed(self.document().table())
    }

    /// Removes from the keyring what it still has to forget; why it could not, if so. May wait for the keyring.
    pub fn pay_debts(&self) -> Option<String> {
        let owed = self.owed();
        if owed.is_empty() {
            return None;
        }
        let failed = |error: SecretError| error.to_string();
        let Some(vault) = self.vault() else {
            return Some("there is no keyring in this session".to_owned());
        };
        let home = match self.home() {
            Ok(home) => home,
            Err(error) => return Some(failed(error)),
        };
        let mut paid = Vec::new();
        let mut unpaid = None;
        for account in owed {
            // What is another profile's is never removed; a debt like that was written by hand.
            match home.owns(&account).then(|| vault.clear(&account)) {
                Some(Err(VaultError::Shut(why))) => {
                    unpaid = Some(why);
                    break;
                }
                Some(Err(VaultError::Entry(why))) => unpaid = Some(why),
                Some(Ok(())) | None => paid.push(account),
            }
        }
        if paid.is_empty() {
            return unpaid;
        }
        let written = self.at_home(|_, document| {
            paid.iter().for_each(|account| Rows::of(document).forgive(account));
            Ok(())
        });
        unpaid.or(written.err().map(failed))
    }

    /// Whether nothing waits for [`Secrets::settle`].
    pub(in crate::store) fn are_settled(&self) -> bool {
        !rows::is_unsettled(self.document().table())
    }

    /// Takes away the passwords of devices that never came. `registered`: whether there is such a device.
    pub(in crate::store) fn settle(
        &self,
        registered: &dyn Fn(DeviceId) -> bool,
        now: SystemTime,
    ) -> Result<(), SecretError> {
        self.at_home(|home, document| {
            Rows::of(document).settle(registered, now, home);
            Ok(())
        })
    }
}
