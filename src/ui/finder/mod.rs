//! File → Find recorders: what answers on the network, and adding it with one sign-in for all.

mod add;
mod knocks;
mod list;
mod ranges;
mod row_words;

use std::collections::{BTreeMap, BTreeSet};

use egui::{ComboBox, Context, Id, Modal, ProgressBar, TextEdit, Ui, vec2};
use i18n_embed_fl::fl;
use zeroize::Zeroizing;

use self::add::{Adding, NewDevices, RowSaid, RowTone};
use super::act::PaintContext;
use super::form::{checkbox, error_text, labelled_text_field, plain_button, primary_button, weak_text};
use super::theme;
use crate::bridge::{Command, EngineHandle, FindRequest, FoundState};
use crate::i18n::Words;
use device::{BrandId, Brands};
use discovery::{FoundId, Ranges};
use settings::Settings;

#[derive(Default)]
pub struct FinderDialog {
    open: bool,
    ranges: String,
    chosen: BTreeSet<FoundId>,
    /// What came of adding a device, or how far it is.
    said: BTreeMap<FoundId, RowSaid>,
    adding: Option<Adding>,
    site: String,
    user: String,
    password: Zeroizing<String>,
    channels: String,
    brand: Option<BrandId>,
}

const WIDTH: f32 = 1_060.0;

impl FinderDialog {
    /// Opens it with the ranges that were asked last.
    pub fn open(&mut self, settings: &Settings) {
        let ranges = settings.find_ranges.all().iter().map(ToString::to_string);
        *self = Self {
            open: true,
            ranges: ranges.collect::<Vec<_>>().join(", "),
            user: std::mem::take(&mut self.user),
            channels: "4".to_owned(),
            brand: Some(BrandId("hikvision".to_owned())),
            ..Self::default()
        };
    }

    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Paints the dialog, if it is open.
    pub fn show(&mut self, ctx: &Context, paint: PaintContext<'_>, engine: &EngineHandle, brands: &Brands) {
        if !self.open {
            return;
        }
        let words = paint.words;
        self.go_on(paint, engine, brands);
        let response = Modal::new(Id::unique("finder"))
            .frame(theme::dialog(ctx))
            .show(ctx, |ui| {
                ui.set_width(WIDTH.min(ctx.content_rect().width() - 60.0));
                ui.heading(fl!(words, "find-title"));
                weak_text(ui, &fl!(words, "find-hint"));
                ui.add_space(theme::SPACE / 2.0);
                self.asking(ui, paint, engine);
                ui.add_space(theme::SPACE / 2.0);
                self.found(ui, paint, engine);
                ui.add_space(theme::SPACE / 2.0);
                self.adding(ui, paint, engine, brands)
            });
        if response.inner || response.should_close() {
            self.open = false;
            self.stop_adding(words, engine);
            self.password = Zeroizing::default();
            if paint.state.find.progress.is_some() || paint.state.find.knocks.is_some() {
                engine.send(Command::CancelFind);
            }
        }
    }

    /// The ranges, the button, and how far it is.
    fn asking(&mut self, ui: &mut Ui, paint: PaintContext<'_>, engine: &EngineHandle) {
        let (words, find) = (paint.words, &paint.state.find);
        let (ranges, faults) = Ranges::parse(&self.ranges);
        let runs = find.progress.is_some() || find.knocks.is_some();
        let mut starts = false;
        ui.horizontal(|ui| {
            let label = ui.label(fl!(words, "find-ranges"));
            let edit = TextEdit::singleline(&mut self.ranges)
                .desired_width((ui.available_width() - 260.0).max(120.0))
                .hint_text(fl!(words, "find-ranges-example"))
                .margin(vec2(8.0, 5.0));
            let field = ui.add(edit).labelled_by(label.id);
            let entered = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
            if runs {
                if plain_button(ui, &fl!(words, "find-cancel")).clicked() {
                    engine.send(Command::CancelFind);
                }
            } else {
                let start = match find.rows.is_empty() {
                    true => fl!(words, "find-start"),
                    false => fl!(words, "find-again"),
                };
                starts = primary_button(ui, &start).clicked() || entered;
            }
        });
        for fault in &faults {
            error_text(ui, &ranges::fault(words, &fault.error));
        }
        if faults.is_empty() && !ranges.is_empty() {
            weak_text(ui, &fl!(words, "find-ranges-hint", count = ranges.count()));
        }
        if starts && faults.is_empty() {
            self.start(ranges, &paint.state.settings, engine);
        }
        let mut settings = Settings::clone(&paint.state.settings);
        ui.horizontal_wrapped(|ui| {
            let by_itself = checkbox(ui, &mut settings.find_by_itself, fl!(words, "find-by-itself"));
            by_itself.on_hover_text(fl!(words, "find-by-itself-hint"));
            let follow = checkbox(ui, &mut settings.follow_moved_devices, fl!(words, "find-follow"));
            follow.on_hover_text(fl!(words, "find-follow-hint"));
        });
        if settings != *paint.state.settings {
            engine.send(Command::SaveSettings(Box::new(settings)));
        }
        knocks::show(ui, words, find, engine);
        if let Some(progress) = find.progress {
            let said = match progress.addresses {
                0 => fl!(words, "find-progress-group"),
                all => fl!(words, "find-progress", asked = progress.asked, all = all),
            };
            ui.add(ProgressBar::new(f32::from(progress.permille) / 1_000.0).text(said));
        }
    }

    fn start(&mut self, ranges: Ranges, settings: &Settings, engine: &EngineHandle) {
        self.chosen.clear();
        self.said.clear();
        if ranges != settings.find_ranges {
            engine.send(Command::SaveSettings(Box::new(Settings {
                find_ranges: ranges.clone(),
                ..settings.clone()
            })));
        }
        engine.send(Command::Find(FindRequest { ranges, hurried: true }));
    }

    /// What has answered.
    fn found(&mut self, ui: &mut Ui, paint: PaintContext<'_>, engine: &EngineHandle) {
        let (words, find) = (paint.words, &paint.state.find);
        if find.full {
            error_text(ui, &fl!(words, "find-full", count = find.rows.len()));
        }
        if find.forbidden > 0 {
            error_text(ui, &fl!(words, "find-forbidden", count = find.forbidden));
        }
        ui.horizontal(|ui| {
            let mut said = vec![fl!(words, "find-count", count = find.rows.len())];
            if !find.asked_from.is_empty() {
                let addresses: Vec<String> = find.asked_from.iter().map(ToString::to_string).collect();
                said.push(fl!(words, "find-asked-from", addresses = words.list(&addresses)));
            }
            weak_text(ui, &said.join(" · "));
        });
        list::show(ui, paint, &mut self.chosen, &self.said);
        ui.horizontal(|ui| {
            let rows = &find.rows;
            let is_new = |state: FoundState| state == FoundState::New;
            let any_new = rows.iter().any(|row| is_new(row.state));
            if ui
                .add_enabled(any_new, egui::Button::new(fl!(words, "find-select-new")))
                .clicked()
            {
                self.chosen = rows.iter().filter(|row| is_new(row.state)).map(|row| row.id).collect();
            }
            let any = !self.chosen.is_empty();
            if ui
                .add_enabled(any, egui::Button::new(fl!(words, "find-select-none")))
                .clicked()
            {
                self.chosen.clear();
            }
            let moved = rows.iter().filter(|row| self.chosen.contains(&row.id));
            let moved: Vec<_> = moved
                .filter_map(|row| match row.state {
                    FoundState::Moved(device) => Some(device),
                    _ => None,
                })
                .collect();
            if !moved.is_empty() && ui.button(fl!(words, "find-take-moved")).clicked() {
                for device in moved {
                    engine.send(Command::TakeMoved(device));
                }
                self.chosen.clear();
            }
        });
    }

    /// One sign-in for all that are chosen; whether the dialog closes.
    fn adding(&mut self, ui: &mut Ui, paint: PaintContext<'_>, engine: &EngineHandle, brands: &Brands) -> bool {
        let words = paint.words;
        if self.site.is_empty() {
            let first = paint.state.registry.sites.first();
            self.site = first.map_or_else(|| fl!(words, "editor-site-default"), |site| site.name.clone());
        }
        let mut adds = false;
        let mut closes = false;
        let mut stops = false;
        ui.horizontal_wrapped(|ui| {
            labelled_text_field(ui, &fl!(words, "find-add-site"), &mut self.site, 130.0);
            labelled_text_field(ui, &fl!(words, "find-add-user"), &mut self.user, 110.0);
            let label = fl!(words, "find-add-password");
            let edit = TextEdit::singleline(&mut *self.password)
                .password(true)
                .desired_width(110.0)
                .hint_text(label.as_str())
                .margin(vec2(8.0, 5.0));
            ui.add(edit).accessible_name(label);
            let label = ui.label(fl!(words, "find-add-channels"));
            let edit = TextEdit::singleline(&mut self.channels)
                .desired_width(36.0)
                .margin(vec2(8.0, 5.0));
            ui.add(edit).labelled_by(label.id);
            self.preset(ui, words, brands);
        });
        weak_text(ui, &fl!(words, "find-add-hint"));
        ui.add_space(theme::SPACE / 2.0);
        ui.horizontal(|ui| {
            let rows = paint.state.find.rows.iter();
            let count = rows
                .filter(|row| self.chosen.contains(&row.id) && list::may_be_added(row.state))
                .count();
            match self.adding.as_ref().map(Adding::progress) {
                Some((done, all)) => {
                    stops = plain_button(ui, &fl!(words, "find-add-cancel", done = done, all = all)).clicked();
                }
                None => {
                    ui.add_enabled_ui(count > 0, |ui| {
                        adds = primary_button(ui, &fl!(words, "find-add", count = count)).clicked();
                    });
                }
            }
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                closes = ui.button(fl!(words, "dialog-close")).clicked();
            });
        });
        if adds {
            self.add(paint, engine, brands);
        }
        if stops {
            self.stop_adding(words, engine);
        }
        closes
    }

    fn preset(&mut self, ui: &mut Ui, words: &Words, brands: &Brands) {
        let label = ui.label(fl!(words, "find-add-brand"));
        let known = self.brand.as_ref().and_then(|id| brands.get(id));
        ComboBox::from_id_salt("find-brand")
            .width(150.0)
            .height(320.0)
            .truncate()
            .selected_text(known.map(device::Brand::label).unwrap_or_default())
            .show_ui(ui, |ui| {
                for brand in brands.all().iter().filter(|brand| brand.main.is_some()) {
                    ui.selectable_value(&mut self.brand, Some(brand.id.clone()), brand.label());
                }
            })
            .response
            .labelled_by(label.id);
    }

    /// Adds what is chosen: each is asked, and added when it has answered; of the others each says why not.
    fn add(&mut self, paint: PaintContext<'_>, engine: &EngineHandle, brands: &Brands) {
        let new = NewDevices {
            site: self.site.clone(),
            user: self.user.clone(),
            password: self.password.clone(),
            channels: self.channels.clone(),
            brand: self.brand.clone(),
        };
        let rows = paint.state.find.rows.iter();
        let rows = rows.filter(|row| self.chosen.contains(&row.id) && list::may_be_added(row.state));
        let (adding, said) = Adding::begin(new, rows, paint.state, brands, paint.words);
        self.said = said;
        self.adding = Some(adding);
        self.go_on(paint, engine, brands);
    }

    /// Asks on, and lets go of what was added. What was not stays chosen, so that another password can be typed for it.
    fn go_on(&mut self, paint: PaintContext<'_>, engine: &EngineHandle, brands: &Brands) {
        let Some(adding) = &mut self.adding else { return };
        adding.go_on(paint.state, (brands, paint.words), engine, &mut self.said);
        let said = &self.said;
        self.chosen
            .retain(|id| said.get(id).is_none_or(|said| said.tone != RowTone::Added));
        if adding.is_over() {
            self.adding = None;
        }
    }

    fn stop_adding(&mut self, words: &Words, engine: &EngineHandle) {
        if let Some(adding) = self.adding.take() {
            adding.cancel(words, engine, &mut self.said);
        }
    }
}
