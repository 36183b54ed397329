//! *Ask by ONVIF*: what the device is and which channels it has, filled into the form; each channel with its result, before anything
//! is saved.

use std::sync::Arc;

use egui::{Frame, Label, Margin, RichText, Ui};
use i18n_embed_fl::fl;

use super::env::Env;
use crate::bridge::{Command, EnquiryId, EnquiryRequest, EnquiryState, EnquiryStatus};
use crate::i18n::Words;
use crate::ui::form::{plain_button, text_field, weak_text};
use crate::ui::theme::{self, SPACE};
use crate::ui::{advice, identity, state};
use ::onvif::{EnquiryResult, EnquiryStep, OfferedChannel, OfferedStream};
use device::{DeviceEdit, DeviceId, OnvifPlace};

/// The enquiry of one editor.
pub(super) struct OnvifPanel {
    asked: Option<AskedDevice>,
    /// The port of ONVIF as typed.
    port: String,
    port_is_wrong: bool,
}

struct AskedDevice {
    id: EnquiryId,
    place: OnvifPlace,
    /// Its answer is in the form.
    taken: bool,
}

impl OnvifPanel {
    /// `place`: where the device is known to speak ONVIF.
    pub(super) fn new(place: Option<&OnvifPlace>) -> Self {
        Self {
            asked: None,
            port: place.map_or(OnvifPlace::default().port, |place| place.port).to_string(),
            port_is_wrong: false,
        }
    }

    /// Asks the engine to ask the device.
    pub(super) fn start(&mut self, env: &Env, edit: DeviceEdit) {
        self.stop(env);
        let port = self.port.trim().parse().ok().filter(|port: &u16| *port != 0);
        self.port_is_wrong = port.is_none();
        let Some(port) = port else { return };
        let known = edit.device.onvif.clone().filter(|place| place.port == port);
        let place = known.unwrap_or_else(|| OnvifPlace::at(port));
        let id = EnquiryId(fastrand::u64(..));
        env.engine.send(Command::Enquire(Box::new(EnquiryRequest {
            id,
            edit,
            place: place.clone(),
        })));
        self.asked = Some(AskedDevice {
            id,
            place,
            taken: false,
        });
    }

    /// Cancels it, or forgets its answer.
    pub(super) fn stop(&mut self, env: &Env) {
        if let Some(asked) = self.asked.take() {
            env.engine.send(Command::CancelEnquiry(asked.id));
        }
    }

    /// What the device said, once; it belongs into the form.
    pub(super) fn take(&mut self, env: &Env) -> Option<(Arc<EnquiryResult>, OnvifPlace)> {
        let asked = self.asked.as_mut().filter(|asked| !asked.taken)?;
        let EnquiryState::Done(result) = &env.state.enquiries.get(&asked.id)?.state else {
            return None;
        };
        asked.taken = true;
        Some((Arc::clone(result), asked.place.clone()))
    }

    /// Paints the panel and returns whether the person asks for an enquiry.
    pub(super) fn show(&mut self, ui: &mut Ui, env: &Env, device: Option<DeviceId>) -> bool {
        let words = env.words;
        ui.label(RichText::new(fl!(words, "onvif-title")).size(15.0).strong());
        weak_text(ui, &fl!(words, "onvif-explanation"));
        ui.add_space(SPACE / 2.0);
        let status = self.asked.as_ref().map(|asked| env.state.enquiries.get(&asked.id));
        let under_way = status.is_some_and(|status| status.is_none_or(|status| is_under_way(&status.state)));
        let mut asked = false;
        ui.horizontal(|ui| {
            if under_way {
                if plain_button(ui, &fl!(words, "onvif-cancel")).clicked() {
                    self.stop(env);
                }
                return;
            }
            asked = plain_button(ui, &fl!(words, "onvif-start")).clicked();
            let label = ui.label(fl!(words, "onvif-port"));
            text_field(ui, label.id, &mut self.port, 70.0, "");
        });
        if self.port_is_wrong {
            ui.add(Label::new(fl!(words, "onvif-port-wrong")).wrap());
        }
        ui.add_space(SPACE / 2.0);
        let known = device.and_then(|device| env.state.identities.get(&device));
        match status.flatten() {
            Some(status) => result(ui, env, status),
            None => {
                for part in known
                    .map(|known| identity::of(words, &known.identity))
                    .unwrap_or_default()
                {
                    weak_text(ui, &part);
                }
            }
        }
        ui.add_space(SPACE);
        asked
    }
}

fn is_under_way(state: &EnquiryState) -> bool {
    matches!(state, EnquiryState::Waiting { .. } | EnquiryState::Asking { .. })
}

fn result(ui: &mut Ui, env: &Env, status: &EnquiryStatus) {
    let words = env.words;
    match &status.state {
        EnquiryState::Waiting { until } => {
            let left = until.map(|until| until.saturating_duration_since(env.state.now));
            let text = match left {
                Some(left) => fl!(words, "test-waiting-until", wait = words.countdown(left)),
                None => fl!(words, "test-waiting"),
            };
            weak_text(ui, &text);
        }
        EnquiryState::Asking { step, .. } => {
            weak_text(ui, &asking(words, *step));
        }
        EnquiryState::NotAsked(clock) => {
            let reason = fl!(words, "test-refused-before", clock = state::clock(*clock));
            explain(ui, words, &reason, None, &fl!(words, "test-refused-before-advice"));
        }
        EnquiryState::Failed(failure) => {
            let said = advice::words_of_device(failure);
            explain(
                ui,
                words,
                &advice::reason(words, failure),
                said,
                &fl!(words, "onvif-failed-advice"),
            );
        }
        EnquiryState::Done(found) => done(ui, words, found),
    }
}

fn asking(words: &Words, step: Option<EnquiryStep>) -> String {
    match step {
        None | Some(EnquiryStep::Clock | EnquiryStep::Services) => fl!(words, "onvif-asking"),
        Some(EnquiryStep::Identity) => fl!(words, "onvif-asking-identity"),
        Some(EnquiryStep::Profiles) => fl!(words, "onvif-asking-profiles"),
        Some(EnquiryStep::Streams) => fl!(words, "onvif-asking-streams"),
    }
}

fn done(ui: &mut Ui, words: &Words, found: &EnquiryResult) {
    for part in identity::of(words, &found.identity) {
        weak_text(ui, &part);
    }
    if let Some((_, fault)) = &found.failed {
        let (reason, advised) = identity::fault(words, fault);
        explain(ui, words, &reason, identity::words_of_device(fault), &advised);
    }
    if found.channels.is_empty() {
        return;
    }
    ui.add_space(SPACE / 2.0);
    ui.label(RichText::new(fl!(words, "onvif-channels", count = found.channels.len())).strong());
    for (number, channel) in (1_u32..).zip(&found.channels) {
        ui.add(Label::new(RichText::new(row(words, number, channel)).size(12.5)).wrap());
    }
}

/// A channel with what came of each of its streams.
fn row(words: &Words, number: u32, channel: &OfferedChannel) -> String {
    let name = match channel.name.as_str() {
        "" => fl!(words, "editor-channel", number = number),
        name => format!("{number} {name}"),
    };
    let main = fl!(words, "onvif-main", stream = stream(words, &channel.main));
    let sub = channel
        .sub
        .as_ref()
        .map(|sub| fl!(words, "onvif-sub", stream = stream(words, sub)));
    [Some(name), Some(main), sub]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" · ")
}

fn stream(words: &Words, stream: &OfferedStream) -> String {
    let what = match (stream.codec.as_str(), stream.width) {
        ("", 0) => fl!(words, "onvif-stream-unknown"),
        (codec, 0) => codec.to_owned(),
        (codec, width) => format!("{codec} {width} × {}", stream.height).trim().to_owned(),
    };
    match &stream.place {
        Some(Ok(_)) => what,
        Some(Err(_)) | None => fl!(words, "onvif-no-address", stream = what),
    }
}

fn explain(ui: &mut Ui, words: &Words, reason: &str, said: Option<&str>, advised: &str) {
    let tokens = theme::tokens(ui);
    Frame::NONE
        .fill(tokens.outage)
        .corner_radius(6.0)
        .inner_margin(Margin::same(10))
        .show(ui, |ui| {
            ui.set_min_width(ui.available_width());
            ui.add(Label::new(RichText::new(reason).color(tokens.text).strong()).wrap());
            if let Some(said) = said {
                let detail = RichText::new(fl!(words, "test-detail", detail = said))
                    .size(12.5)
                    .color(tokens.text);
                ui.add(Label::new(detail).wrap().selectable(true));
            }
            ui.add(Label::new(RichText::new(advised).color(tokens.text)).wrap());
        });
}
