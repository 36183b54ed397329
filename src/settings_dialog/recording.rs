//! The Recording tab: where recordings go, how much of them stays, and what is recorded by itself.

use egui::{ComboBox, DragValue, TextEdit, Ui, Vec2};
use i18n_embed_fl::fl;

use super::env::Env;
use super::snapshot_folder::SnapshotFolder;
use crate::i18n::Words;
use crate::ui::choosing::Chooser;
use crate::ui::form::{FormRow, checkbox, error_text, section, weak_text};
use device::{Device, DeviceId, StreamKind};
use recording::{RecordingRule, Schedule};
use settings::{RecordingSettings, Settings};

/// What is chosen and typed on the page and not saved yet.
#[derive(Default)]
pub(super) struct RecordingTab {
    folder: SnapshotFolder,
    /// The hours of a rule as they are typed.
    typed: Option<(DeviceId, Option<u16>, String)>,
    /// For whom a rule is to be made.
    device: Option<DeviceId>,
    channel: Option<u16>,
}

impl RecordingTab {
    pub(super) fn new(chooser: &Chooser) -> Self {
        Self {
            folder: SnapshotFolder::new(chooser),
            ..Self::default()
        }
    }

    pub(super) fn show(&mut self, ui: &mut Ui, env: &Env, settings: &mut Settings) {
        let words = env.words;
        let recording = &mut settings.recording;
        section(ui, &fl!(words, "recording-where"), |ui| {
            let labels = (fl!(words, "recording-folder"), fl!(words, "recording-folder-hint"));
            self.folder.show_as(ui, env, &mut recording.folder, labels);
            bounds(ui, words, recording);
        });
        section(ui, &fl!(words, "recording-events"), |ui| {
            let before = DragValue::new(&mut recording.before)
                .range(0..=60)
                .update_while_editing(false);
            let hint = fl!(words, "recording-before-hint");
            FormRow::new(&fl!(words, "recording-before"))
                .hint(Some(&hint))
                .show(ui, |ui, name| ui.add(before).labelled_by(name));
            let after = DragValue::new(&mut recording.after)
                .range(5..=3_600)
                .update_while_editing(false);
            FormRow::new(&fl!(words, "recording-after")).show(ui, |ui, name| ui.add(after).labelled_by(name));
        });
        section(ui, &fl!(words, "recording-by-itself"), |ui| {
            weak_text(ui, &fl!(words, "recording-by-itself-about"));
            self.rules(ui, env, recording);
            self.add(ui, env, recording);
        });
    }

    fn rules(&mut self, ui: &mut Ui, env: &Env, recording: &mut RecordingSettings) {
        let words = env.words;
        let mut wrong = false;
        for rule in recording.rules.list().to_vec() {
            let whom = (rule.device, rule.channel);
            let name = whom_said(env, rule.device, rule.channel);
            let mut changed = rule.clone();
            let mut removed = false;
            FormRow::new(&name).show(ui, |ui, label| {
                let own = |typed: &&(DeviceId, Option<u16>, String)| (typed.0, typed.1) == whom;
                let typed = self.typed.as_ref().filter(own).map(|typed| typed.2.clone());
                let mut text = typed.unwrap_or_else(|| rule.schedule.to_string());
                let edit = TextEdit::singleline(&mut text)
                    .desired_width(230.0)
                    .hint_text(fl!(words, "recording-hours-hint"))
                    .margin(Vec2::new(8.0, 5.0));
                let field = ui.add(edit).labelled_by(label);
                let read = text.parse::<Schedule>();
                wrong |= read.is_err();
                if field.lost_focus()
                    && let Ok(schedule) = read
                {
                    changed.schedule = schedule;
                    self.typed = None;
                } else if field.changed() {
                    self.typed = Some((whom.0, whom.1, text));
                }
                stream_choice(ui, words, &name, &mut changed.stream);
                let events = checkbox(ui, &mut changed.on_event, fl!(words, "recording-on-event"));
                let button = ui.button(fl!(words, "recording-remove"));
                let said = fl!(words, "recording-remove-rule", name = name.as_str());
                ui.ctx()
                    .accesskit_node_builder(button.id, |node| node.set_description(said));
                removed = button.clicked();
                field | events
            });
            if removed {
                recording.rules.remove(whom.0, whom.1);
            } else if changed != rule {
                recording.rules.set(changed);
            }
        }
        if wrong {
            error_text(ui, &fl!(words, "recording-hours-wrong"));
        }
    }

    /// Makes a rule for a device or one of its channels.
    fn add(&mut self, ui: &mut Ui, env: &Env, recording: &mut RecordingSettings) {
        let words = env.words;
        let registry = &env.state.registry;
        let first = registry.devices.first().map(|device| device.id);
        let Some(id) = self.device.filter(|id| registry.device(*id).is_some()).or(first) else {
            weak_text(ui, &fl!(words, "recording-no-devices"));
            return;
        };
        let Some(device) = registry.device(id) else { return };
        FormRow::new(&fl!(words, "recording-add-for")).show(ui, |ui, name| {
            let combo = ComboBox::from_id_salt("recording-device")
                .selected_text(registry.label_of(device))
                .width(220.0)
                .show_ui(ui, |ui| {
                    for device in &registry.devices {
                        ui.selectable_value(&mut self.device, Some(device.id), registry.label_of(device));
                    }
                })
                .response
                .labelled_by(name);
            let numbers: Vec<u16> = device.channel_ids().map(|channel| channel.number).collect();
            self.channel = self.channel.filter(|number| numbers.contains(number));
            ComboBox::from_id_salt("recording-channel")
                .selected_text(channel_said(words, self.channel))
                .width(140.0)
                .show_ui(ui, |ui| {
                    ui.selectable_value(&mut self.channel, None, channel_said(words, None));
                    for number in numbers {
                        ui.selectable_value(&mut self.channel, Some(number), channel_said(words, Some(number)));
                    }
                });
            let taken = recording
                .rules
                .list()
                .iter()
                .any(|rule| (rule.device, rule.channel) == (id, self.channel));
            ui.add_enabled_ui(!taken, |ui| {
                if ui.button(fl!(words, "recording-add")).clicked() {
                    recording.rules.set(RecordingRule {
                        device: id,
                        channel: self.channel,
                        stream: StreamKind::Main,
                        schedule: Schedule::always(),
                        on_event: false,
                    });
                }
            });
            combo
        });
    }
}

fn bounds(ui: &mut Ui, words: &Words, recording: &mut RecordingSettings) {
    let number = |ui: &mut Ui, label: String, hint: String, value: &mut u32, range: std::ops::RangeInclusive<u32>| {
        FormRow::new(&label).hint(Some(&hint)).show(ui, |ui, name| {
            ui.add(DragValue::new(value).range(range).update_while_editing(false))
                .labelled_by(name)
        });
    };
    let most = 1_048_576;
    number(
        ui,
        fl!(words, "recording-floor"),
        fl!(words, "recording-floor-hint"),
        &mut recording.floor,
        1..=most,
    );
    number(
        ui,
        fl!(words, "recording-size"),
        fl!(words, "recording-size-hint"),
        &mut recording.size,
        0..=most,
    );
    number(
        ui,
        fl!(words, "recording-days"),
        fl!(words, "recording-days-hint"),
        &mut recording.days,
        0..=3_650,
    );
}

fn stream_choice(ui: &mut Ui, words: &Words, name: &str, stream: &mut StreamKind) {
    let said = |kind: StreamKind| match kind {
        StreamKind::Main => fl!(words, "recording-main"),
        StreamKind::Sub => fl!(words, "recording-sub"),
    };
    ComboBox::from_id_salt(("recording-stream", name))
        .selected_text(said(*stream))
        .width(110.0)
        .show_ui(ui, |ui| {
            for kind in [StreamKind::Main, StreamKind::Sub] {
                ui.selectable_value(stream, kind, said(kind));
            }
        });
}

fn channel_said(words: &Words, channel: Option<u16>) -> String {
    match channel {
        None => fl!(words, "recording-all-channels"),
        Some(number) => fl!(words, "recording-channel", number = number),
    }
}

fn whom_said(env: &Env, device: DeviceId, channel: Option<u16>) -> String {
    let registry = &env.state.registry;
    let label = |device: &Device| registry.label_of(device).into_owned();
    let device = registry.device(device).map_or_else(|| device.to_string(), label);
    match channel {
        None => device,
        Some(number) => format!("{device} {}", channel_said(env.words, Some(number))),
    }
}
