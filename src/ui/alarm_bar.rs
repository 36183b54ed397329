//! The bar above the cameras that alarms opened: what each is about, since when, and how to be rid of it.

use egui::{Key, Modifiers, RichText, Ui};
use i18n_embed_fl::fl;

use super::act::{Act, PaintContext};
use super::events::says;
use super::form::plain_button;
use super::icon::{self, Icon};
use super::{state, theme};
use crate::bridge::{Command, OpenAlarm};
use events::EventId;

/// Paints a line for each alarm, the newest first. Backspace dismisses the newest.
pub fn show(ui: &mut Ui, paint: PaintContext<'_>, alarms: &[&OpenAlarm], acts: &mut Vec<Act>) {
    let (words, tokens) = (paint.words, theme::tokens(ui));
    let mut dismissed: Vec<EventId> = Vec::new();
    for alarm in alarms.iter().rev() {
        let event = &alarm.about.event;
        ui.horizontal(|ui| {
            icon::show(ui, Icon::Outage, 16.0, tokens.offline);
            let said = says::line(words, &paint.state.registry, event);
            ui.label(RichText::new(said.as_str()).strong());
            let when = match alarm.about.until {
                None => fl!(words, "alarm-since", clock = state::clock(alarm.about.since)),
                Some(until) => fl!(words, "alarm-over", clock = state::clock(until)),
            };
            ui.label(RichText::new(when).color(tokens.text_weak));
            let text = fl!(words, "alarm-dismiss");
            let button = plain_button(ui, &text).on_hover_text(fl!(words, "alarm-dismiss-key"));
            let name = fl!(words, "alerts-cell", kind = said.as_str(), means = text.as_str());
            ui.ctx()
                .accesskit_node_builder(button.id, |node| node.set_label(name.as_str()));
            if button.clicked() {
                dismissed.push(event.id);
            }
        });
    }
    if alarms.len() > 1 && plain_button(ui, &fl!(words, "alarm-dismiss-all")).clicked() {
        dismissed.extend(alarms.iter().map(|alarm| alarm.about.event.id));
    }
    let typing = ui.ctx().text_edit_focused();
    if !typing
        && let Some(newest) = alarms.last()
        && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Backspace))
    {
        dismissed.push(newest.about.event.id);
    }
    if !dismissed.is_empty() {
        acts.push(Act::Send(Command::DismissAlarms(dismissed)));
    }
}
