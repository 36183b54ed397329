//! The pictures that go with a mail.

use std::sync::Arc;

use super::super::pictures::MailPicture;
use super::Letters;
use super::carrying::Enclosed;
use crate::bridge::{EngineState, LetterAbout, LetterToWrite};
use crate::store::snapshot_name;
use outbox::Parcel;

impl Letters {
    /// The pictures that go with a mail, and what is said of them.
    pub(super) fn enclosed(&self, parcel: &Parcel, state: &Arc<EngineState>) -> Enclosed {
        let pictures = self.pictures.store().of_mail(&parcel.letters, &state.registry);
        let Some(writer) = self.writer.as_ref().filter(|_| !pictures.is_empty()) else {
            return Enclosed::default();
        };
        let notes = pictures.iter().map(|picture| picture.note).collect();
        let text = writer(&LetterToWrite {
            about: LetterAbout::Pictures(notes),
            state: Arc::clone(state),
        });
        let file = |(at, picture): (usize, &MailPicture)| {
            let device = state.registry.device(picture.note.channel.device);
            let name = device.map(|device| state.registry.label_of(device));
            let taken = picture.note.taken;
            let stamp = format!(
                "{:04}{:02}{:02}-{:02}{:02}{:02}",
                taken.year, taken.month, taken.day, taken.hour, taken.minute, taken.second
            );
            let name = snapshot_name(name.as_deref().unwrap_or_default(), picture.note.channel.number, &stamp);
            (format!("{}-{name}.png", at + 1), Arc::clone(&picture.png))
        };
        Enclosed {
            text: text.body,
            files: pictures.iter().enumerate().map(file).collect(),
        }
    }
}
