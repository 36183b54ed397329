//! The path of the webhook is a secret: the file of settings names its server alone. The secret is the whole address, so that no other server is told the
//! path, whoever changes the settings.

use super::Files;
use crate::store::OWNER_OF_WEBHOOK_PATH;
use device::{Password, PasswordEdit};
use settings::{Settings, WebAddress};

/// What the secret is called where it could not be stored.
const NAME: &str = "webhook";

impl Files {
    /// The settings as they are written: what a person typed behind the server goes to the passwords. What belonged to another server is forgotten, because
    /// nobody else is to be told it. Whether the secret changed.
    pub(in crate::engine) fn hide_typed_path(&mut self, settings: &mut Settings) -> bool {
        let (before, typed) = (&self.settings.messengers.webhook, &settings.messengers.webhook);
        let edit = match (before, typed) {
            (before, typed) if before == typed => return false,
            (_, Some(typed)) if typed.has_path() => PasswordEdit::Set(Password::new(typed.to_string())),
            (Some(before), Some(typed)) if before.is_same_server(typed) => return false,
            (None, Some(_)) => return false,
            (_, _) => PasswordEdit::Clear,
        };
        settings.messengers.webhook = typed.as_ref().map(WebAddress::origin);
        self.store_password(OWNER_OF_WEBHOOK_PATH, NAME, &edit);
        true
    }

    /// A file that somebody else wrote names the path: it is taken out of the file once it is with the passwords.
    pub(in crate::engine) fn hide_path_of_file(&mut self) {
        let address = self.settings.messengers.webhook.clone();
        if let Some(address) = address.filter(WebAddress::has_path)
            && self.hides.as_ref() != Some(&address)
        {
            let edit = PasswordEdit::Set(Password::new(address.to_string()));
            self.hides = Some(address);
            self.store_password(OWNER_OF_WEBHOOK_PATH, NAME, &edit);
        }
    }

    /// Storing the path is done. Where it failed, the file keeps it: it would be lost.
    pub(super) fn path_stored(&mut self, is_stored: bool) {
        let Some(address) = self.hides.clone().filter(|_| is_stored) else {
            return;
        };
        self.hides = None;
        if self.settings.messengers.webhook.as_ref() == Some(&address) {
            let mut settings = Settings::clone(&self.settings);
            settings.messengers.webhook = Some(address.origin());
            self.write_settings(settings);
        }
    }
}
