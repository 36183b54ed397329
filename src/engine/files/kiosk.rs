//! The kiosk's password: only its hash is kept. Hashing takes some tenths of a second on purpose, so it is done on a thread of
//! its own, and neither edits nor passwords wait for it.

use super::{Files, FilesEffect, WorkerAnswer};
use crate::bridge::Unlock;
use crate::store::{hash_password, password_fits};
use device::Password;
use settings::{PasswordHash, Settings};

impl Files {
    pub(in crate::engine) fn set_kiosk_password(&mut self, password: Option<Password>) {
        self.kiosk_wish += 1;
        self.kiosk_hashes += 1;
        let (answers, wish) = (self.answers.clone(), self.kiosk_wish);
        tokio::task::spawn_blocking(move || {
            let hash = password.map(|password| hash_password(&password)).transpose();
            let hash = hash.map_err(|error| error.to_string());
            answers.blocking_send(WorkerAnswer::KioskPassword(wish, hash)).ok();
        });
    }

    /// One hash may be done before that of an earlier wish: the last wish counts.
    pub(super) fn keep_kiosk_password(&mut self, wish: u64, hash: Result<Option<PasswordHash>, String>) {
        self.kiosk_hashes = self.kiosk_hashes.saturating_sub(1);
        if wish != self.kiosk_wish {
            return;
        }
        match hash {
            Ok(kiosk_password) => {
                let settings = Settings::clone(&self.settings);
                self.write_settings(Settings {
                    kiosk_password,
                    ..settings
                });
            }
            Err(reason) => self
                .effects
                .push_back(FilesEffect::Written("settings.toml", Err(reason))),
        }
    }

    /// Without a password nothing fits: a file that lost it opens no kiosk.
    pub(in crate::engine) fn check_kiosk_password(&self, id: u64, password: Password) {
        let (answers, kept) = (self.answers.clone(), self.settings.kiosk_password.clone());
        tokio::task::spawn_blocking(move || {
            let granted = kept.is_some_and(|kept| password_fits(&password, &kept));
            answers.blocking_send(WorkerAnswer::Unlock(Unlock { id, granted })).ok();
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::rig::Rig;
    use device::Password;

    /// To make a hash takes long, to want none takes no time.
    #[tokio::test]
    async fn the_password_that_was_set_last_counts_whichever_hash_is_done_first() {
        let mut rig = Rig::new().await;
        let mut tick = tokio::time::interval(std::time::Duration::from_millis(10));
        rig.core.files().set_kiosk_password(Some(Password::new("first")));
        rig.core.files().set_kiosk_password(None);
        while rig.core.files().hashes_awaited() > 0 {
            rig.core.turn(&mut rig.receiver, &mut tick).await;
        }
        assert_eq!(rig.core.files().settings().kiosk_password, None);
    }
}
