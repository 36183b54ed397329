//! Connections to addresses that stayed silent: what they cost is said before they begin.

use egui::{ProgressBar, Ui};
use i18n_embed_fl::fl;

use crate::bridge::{Command, EngineHandle, FindStatus};
use crate::i18n::Words;
use crate::ui::form::weak_text;
use discovery::Knocks;

/// Paints how far they are, or the button that begins them.
pub(super) fn show(ui: &mut Ui, words: &Words, find: &FindStatus, engine: &EngineHandle) {
    if let Some(knocks) = find.knocks {
        let part = knocks.done as f32 / knocks.all.max(1) as f32;
        let said = fl!(words, "find-knocking", done = knocks.done, all = knocks.all);
        ui.add(ProgressBar::new(part).text(said));
    } else if find.progress.is_none() && find.silent > 0 {
        let (most, lasts) = Knocks::cost(find.silent);
        ui.horizontal_wrapped(|ui| {
            if ui.button(fl!(words, "find-knock")).clicked() {
                engine.send(Command::KnockSilent);
            }
            let lasts = words.duration(lasts);
            let cost = fl!(
                words,
                "find-knock-cost",
                silent = find.silent,
                most = most,
                lasts = lasts
            );
            weak_text(ui, &cost);
        });
    }
}
