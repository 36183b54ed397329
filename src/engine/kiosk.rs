//! The kiosk's password: only its hash is kept. Hashing takes some tenths of a second, so it is done beside the loop.

use super::core::Core;
use super::inbox::Inbox;
use crate::bridge::{NoticeKind, Unlock};
use crate::store::{hash_password, password_fits};
use device::Password;
use settings::{PasswordHash, Settings};

impl Core {
    pub(super) fn set_kiosk_password(&mut self, password: Option<Password>) {
        let (inbox, wish) = (self.inbox.clone(), self.fresh_id());
        self.kiosk_wish = wish;
        tokio::task::spawn_blocking(move || {
            let message = match password.map(|password| hash_password(&password)).transpose() {
                Ok(hash) => Inbox::KioskPassword { wish, hash },
                Err(error) => Inbox::Notice(NoticeKind::WriteFailed {
                    file: "settings.toml".to_owned(),
                    reason: error.to_string(),
                }),
            };
            inbox.blocking_send(message).ok();
        });
    }

    /// One hash may be done before that of an earlier wish: the last wish counts.
    pub(super) fn keep_kiosk_password(&mut self, wish: u64, hash: Option<PasswordHash>) {
        if wish != self.kiosk_wish {
            return;
        }
        let settings = Settings {
            kiosk_password: hash,
            ..Settings::clone(&self.settings)
        };
        self.save_settings(settings);
    }

    /// Without a password nothing fits: a file that lost it opens no kiosk.
    pub(super) fn check_kiosk_password(&self, id: u64, password: Password) {
        let (inbox, kept) = (self.inbox.clone(), self.settings.kiosk_password.clone());
        tokio::task::spawn_blocking(move || {
            let granted = kept.is_some_and(|kept| password_fits(&password, &kept));
            inbox.blocking_send(Inbox::Unlock(Unlock { id, granted })).ok();
        });
    }

    pub(super) fn tell_unlock(&mut self, unlock: Unlock) {
        if !unlock.granted {
            tracing::warn!("a wrong password was typed at the kiosk");
        }
        self.unlock = Some(unlock);
        self.publisher.dirty();
    }
}

#[cfg(test)]
mod tests {
    use super::super::rig::Rig;
    use super::*;

    /// To make a hash takes long, to want none takes no time.
    #[tokio::test(flavor = "multi_thread")]
    async fn the_password_that_was_set_last_counts_whichever_hash_is_done_first() {
        let mut rig = Rig::new();
        rig.core.set_kiosk_password(Some(Password::new("first")));
        rig.core.set_kiosk_password(None);
        for _ in 0..2 {
            let message = rig.receiver.recv().await.unwrap();
            rig.core.on_message(message);
        }
        assert_eq!(rig.core.settings.kiosk_password, None);
    }
}
