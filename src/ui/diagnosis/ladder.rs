//! The steps as a list, of which one is chosen, and what happened in that one.

use egui::{Button, Frame, Label, Margin, RichText, ScrollArea, TextStyle, Ui, vec2};
use i18n_embed_fl::fl;

use super::says;
use crate::i18n::Words;
use crate::ui::form::weak_text;
use crate::ui::icon::{self, Icon};
use crate::ui::theme::{self, SPACE, Tokens};
use trace::{ExchangeKind, Ladder, StepName, StepState, Trace, TraceStep};

/// So low that both ladders have room in a window of 800 points.
const ROW: f32 = 20.0;

/// Paints the steps of a ladder and returns the one that was clicked.
pub(super) fn list(ui: &mut Ui, words: &Words, ladder: &Ladder, chosen: Option<StepName>) -> Option<StepName> {
    let mut clicked = None;
    ui.spacing_mut().item_spacing.y = 1.0;
    ui.spacing_mut().interact_size.y = ROW;
    ui.spacing_mut().button_padding.y = 0.0;
    for step in ladder.steps() {
        ui.horizontal(|ui| {
            let (sign, color) = sign(step, theme::tokens(ui));
            icon::show(ui, sign, 16.0, color);
            let name = says::name(words, step.name);
            let is_weak = matches!(step.state, StepState::ToCome | StepState::NotNeeded);
            let color = match is_weak {
                true => theme::tokens(ui).text_weak,
                false => theme::tokens(ui).text,
            };
            let outcome = RichText::new(says::outcome(words, step)).size(12.0);
            let button = Button::selectable(chosen == Some(step.name), RichText::new(&name).size(13.0).color(color))
                .right_text(outcome.color(theme::tokens(ui).text_weak))
                .min_size(vec2(ui.available_width(), ROW));
            let response = ui.add(button);
            response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &name));
            if response.clicked() {
                clicked = Some(step.name);
            }
        });
    }
    clicked
}

fn sign(step: &TraceStep, tokens: &Tokens) -> (Icon, egui::Color32) {
    match step.state {
        StepState::ToCome | StepState::NotNeeded => (Icon::Idle, tokens.text_weak),
        StepState::Running if step.name == StepName::Turn => (Icon::Waiting, tokens.waiting),
        StepState::Running => (Icon::Connecting, tokens.connecting),
        StepState::Done => (Icon::Done, tokens.live),
        StepState::Failed(_) => (Icon::Offline, tokens.offline),
    }
}

/// Paints what happened in one step: what it found, what it means, what to do, what was said and answered.
pub(super) fn details(ui: &mut Ui, words: &Words, trace: &Trace, step: &TraceStep, waits: Option<&str>, height: f32) {
    let tokens = theme::tokens(ui);
    ui.label(RichText::new(says::name(words, step.name)).size(15.0).strong());
    ScrollArea::both()
        .id_salt(("what happened in a step", step.name))
        .max_height(height - 28.0)
        .auto_shrink(false)
        .show(ui, |ui| {
            ui.set_max_width(ui.available_width());
            if let Some(fact) = says::fact(words, trace, step) {
                ui.add(Label::new(fact).wrap().selectable(true));
            }
            if let Some(waits) = waits {
                ui.add(Label::new(waits).wrap());
            }
            if let Some(failing) = says::failing(words, step) {
                Frame::NONE
                    .fill(tokens.outage)
                    .corner_radius(6.0)
                    .inner_margin(Margin::same(10))
                    .show(ui, |ui| {
                        ui.set_min_width(ui.available_width());
                        ui.add(Label::new(RichText::new(failing.reason).color(tokens.text).strong()).wrap());
                        if let Some(said) = failing.said {
                            let said = RichText::new(fl!(words, "test-detail", detail = said)).size(12.5);
                            ui.add(Label::new(said.color(tokens.text)).wrap().selectable(true));
                        }
                        ui.add_space(4.0);
                        ui.label(RichText::new(fl!(words, "test-advice")).color(tokens.text).strong());
                        ui.add(Label::new(RichText::new(failing.advice).color(tokens.text)).wrap());
                    });
            }
            ui.add_space(SPACE / 2.0);
            for exchange in &step.exchanges {
                let head = match exchange.kind {
                    ExchangeKind::Said => fl!(words, "trace-said"),
                    ExchangeKind::Answered => fl!(words, "trace-answered"),
                };
                let at = says::took(words, exchange.at);
                weak_text(ui, &fl!(words, "trace-exchange", head = head, at = at));
                let font = TextStyle::Monospace.resolve(ui.style());
                let lines: Vec<String> = exchange.text.lines().map(device::with_hidden_shown).collect();
                let text = RichText::new(lines.join("\n")).font(font);
                ui.add(Label::new(text.size(12.0).color(tokens.text)).extend().selectable(true));
                ui.add_space(SPACE / 2.0);
            }
        });
}
