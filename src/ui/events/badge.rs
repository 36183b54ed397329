//! How many events nobody has seen; a click leads to the list.

use egui::{Button, RichText, Ui};
use i18n_embed_fl::fl;

use crate::ui::act::{Act, PaintContext};
use crate::ui::theme;

/// Shows the badge, if there is anything that nobody has seen.
pub(in crate::ui) fn badge(ui: &mut Ui, paint: PaintContext<'_>, acts: &mut Vec<Act>) {
    let unseen = paint.state.events.unseen;
    if unseen == 0 || paint.kiosk {
        return;
    }
    let tokens = theme::tokens(ui);
    let said = fl!(paint.words, "events-unseen-count", count = unseen);
    let text = RichText::new(said).font(theme::small(ui)).color(tokens.late);
    ui.spacing_mut().button_padding.y = 0.0;
    if ui.add(Button::new(text).small()).clicked() {
        acts.push(Act::Events);
    }
}
