//! The form of one device: what was typed, which errors it has, and when they are shown.

use egui::{Event, TextEdit, Ui};
use i18n_embed_fl::fl;
use zeroize::Zeroizing;

use super::env::Env;
use super::field_pass::FieldPass;
use super::road_rows;
use super::stream_fields::{StreamFields, follow_port};
use crate::i18n::Words;
use crate::ui::form::{FIELD_WIDTH, FormRow, checkbox, radio_value, section, text_field};
use crate::wording::problem;
use ::onvif::{self, EnquiryResult};
use device::{
    BrandId, Brands, Carrier, DeviceEdit, DeviceId, Draft, DraftError, EventSource, Field, MediaTransport, OnvifPlace,
    Password, PasswordEdit, Problem, Reading,
};

/// The form of one device. An error is shown once its field was left or Save was tried, not while a field is typed for
/// the first time.
pub(super) struct DeviceForm {
    pub(super) draft: Draft,
    /// The registered device, or `None` for a new one.
    id: Option<DeviceId>,
    original: Draft,
    password: Zeroizing<String>,
    password_in_clear: bool,
    streams: StreamFields,
    /// The fields that were left and so show their errors; `all`: every field does, because Save was tried.
    left: Vec<Field>,
    all: bool,
    /// Fields that were left while the pointer is down. Their errors are shown when it is up, so that no button moves
    /// away under the pointer.
    leaving: Vec<Field>,
    focus: Option<Field>,
    split: bool,
    /// The ways to read the address in the host field, where there are several: the person chooses.
    readings: Vec<(Reading, Draft)>,
    /// What saving does to the password while none is typed.
    untouched: PasswordEdit,
}

impl DeviceForm {
    pub(super) fn new(draft: Draft, id: Option<DeviceId>) -> Self {
        let focus = if draft.site.is_empty() {
            Field::Site
        } else {
            Field::Name
        };
        Self {
            original: draft.clone(),
            untouched: draft.password.clone(),
            draft,
            id,
            password: Zeroizing::default(),
            password_in_clear: false,
            streams: StreamFields::default(),
            left: Vec::new(),
            all: false,
            leaving: Vec::new(),
            focus: Some(focus),
            split: false,
            readings: Vec::new(),
        }
    }

    /// The same form with the keyboard in this field.
    pub(super) fn focusing(mut self, field: Option<Field>) -> Self {
        self.focus = field.or(self.focus);
        self
    }

    /// A form with changes to save from the start, such as a copy.
    pub(super) fn copy(draft: Draft) -> Self {
        Self {
            original: Draft::new(),
            ..Self::new(draft, None)
        }
    }

    pub(super) fn is_changed(&self) -> bool {
        without_empty_names(&self.draft) != without_empty_names(&self.original)
    }

    /// The device as typed. `None` if there are errors; from then on all are shown, and the first field with one gets
    /// the keyboard.
    pub(super) fn parse(&mut self, env: &Env) -> Option<DeviceEdit> {
        match self.draft.parse(&env.state.registry, env.brands, self.id) {
            Ok(edit) => Some(self.since_opened(edit, env)),
            Err(errors) => {
                self.all = true;
                self.focus = errors.first().map(|error| error.field);
                None
            }
        }
    }

    /// The edit beside what the form showed when it was opened: what somebody else changed since is no change of this form.
    fn since_opened(&self, edit: DeviceEdit, env: &Env) -> DeviceEdit {
        if self.id.is_none() {
            return edit;
        }
        let Ok(mut opened) = self.original.parse(&env.state.registry, env.brands, self.id) else {
            return edit;
        };
        if self.original.site == self.draft.site {
            opened.device.site = edit.device.site;
        }
        DeviceEdit {
            before: Some(Box::new(opened.device)),
            ..edit
        }
    }

    /// The device for a Test, which needs neither a name nor a site.
    pub(super) fn parse_for_test(&mut self, env: &Env) -> Option<DeviceEdit> {
        let mut draft = self.draft.clone();
        draft.name = draft.host.chars().take(Draft::MAX_NAME / 2).collect();
        if draft.site.trim().is_empty() {
            draft.site = draft.name.clone();
        }
        draft.name = env.state.registry.free_device_name(&draft.site, &draft.name);
        match draft.parse(&env.state.registry, env.brands, self.id) {
            Ok(edit) => Some(edit),
            Err(errors) => {
                self.left.extend(errors.iter().map(|error| error.field));
                self.focus = errors.first().map(|error| error.field);
                None
            }
        }
    }

    /// Paints the form and returns whether Enter was pressed in a field.
    pub(super) fn show(&mut self, ui: &mut Ui, env: &Env) -> bool {
        let errors = self
            .draft
            .parse(&env.state.registry, env.brands, self.id)
            .err()
            .unwrap_or_default();
        let mut pass = FieldPass::new(self.visible(errors, env), self.focus.take());
        section(ui, &fl!(env.words, "editor-device"), |ui| {
            self.device_rows(ui, env, &mut pass);
        });
        section(ui, &fl!(env.words, "editor-address"), |ui| {
            self.address_rows(ui, env, &mut pass);
        });
        section(ui, &fl!(env.words, "editor-sign-in"), |ui| {
            self.sign_in_rows(ui, env, &mut pass);
        });
        section(ui, &fl!(env.words, "editor-streams"), |ui| {
            self.streams.show(ui, env, &mut self.draft, &mut pass);
            road_rows::show(ui, env.words, &mut self.draft, &mut pass);
            self.events_row(ui, env.words);
        });

        let (mut left, enter) = pass.end();
        self.leaving.append(&mut left);
        if !ui.input(|input| input.pointer.any_down() || input.pointer.any_released()) {
            self.left.append(&mut self.leaving);
        }
        enter
    }

    fn visible(&self, errors: Vec<DraftError>, env: &Env) -> Vec<(Field, String)> {
        let is_url = Draft::is_url(&self.draft.host);
        errors
            .into_iter()
            .filter(|error| self.all || self.left.contains(&error.field))
            .map(|error| {
                let of_url = if error.field == Field::Host && is_url {
                    Draft::from_url(&self.draft.host).err()
                } else {
                    None
                };
                (
                    error.field,
                    problem::sentence(env.words, of_url.as_ref().unwrap_or(&error)),
                )
            })
            .collect()
    }

    fn device_rows(&mut self, ui: &mut Ui, env: &Env, pass: &mut FieldPass) {
        let words = env.words;
        let registry = &env.state.registry;
        let site = self.draft.site.trim();
        let is_new = !site.is_empty() && registry.find_site_by_name(site).is_none();
        let hint = if is_new {
            fl!(words, "editor-site-new")
        } else {
            fl!(words, "editor-site-hint")
        };
        let label = fl!(words, "editor-site");
        let row = FormRow::new(&label).hint(Some(&hint)).error(pass.error(Field::Site));
        let field = row.show(ui, |ui, name| {
            let has_sites = !registry.sites.is_empty();
            let field = text_field(
                ui,
                name,
                &mut self.draft.site,
                FIELD_WIDTH - if has_sites { 110.0 } else { 0.0 },
                "",
            );
            if has_sites {
                ui.menu_button(fl!(words, "editor-site-choose"), |ui| {
                    egui::ScrollArea::vertical().max_height(280.0).show(ui, |ui| {
                        for site in &registry.sites {
                            let text = egui::Button::new(&site.name).truncate();
                            if ui.add(text).clicked() {
                                self.draft.site.clone_from(&site.name);
                                ui.close();
                            }
                        }
                    });
                });
            }
            field
        });
        pass.watch(ui, Field::Site, &field);

        let label = fl!(words, "editor-name");
        let row = FormRow::new(&label).error(pass.error(Field::Name));
        let field = row.show(ui, |ui, name| {
            text_field(ui, name, &mut self.draft.name, FIELD_WIDTH, "")
        });
        pass.watch(ui, Field::Name, &field);

        FormRow::new("").show(ui, |ui, _| {
            let enabled = checkbox(ui, &mut self.draft.enabled, fl!(words, "editor-enabled"));
            enabled.on_hover_text(fl!(words, "editor-enabled-hint"))
        });
    }

    fn address_rows(&mut self, ui: &mut Ui, env: &Env, pass: &mut FieldPass) {
        let words = env.words;
        let label = fl!(words, "editor-host");
        let hint = if self.split {
            fl!(words, "editor-host-split")
        } else {
            fl!(words, "editor-host-hint")
        };
        let row = FormRow::new(&label).hint(Some(&hint)).error(pass.error(Field::Host));
        let field = row.show(ui, |ui, name| {
            text_field(ui, name, &mut self.draft.host, FIELD_WIDTH, "")
        });
        let pasted =
            field.changed() && ui.input(|input| input.events.iter().any(|event| matches!(event, Event::Paste(_))));
        if field.changed() {
            self.readings.clear();
        }
        if (pasted || field.lost_focus()) && Draft::is_url(&self.draft.host) {
            self.split_url();
        }
        pass.watch(ui, Field::Host, &field);
        self.reading_rows(ui, words);

        let label = fl!(words, "editor-port");
        let row = FormRow::new(&label).error(pass.error(Field::Port));
        let before = self.draft.carrier;
        let field = row.show(ui, |ui, name| {
            let field = text_field(ui, name, &mut self.draft.port, 90.0, "");
            ui.add_space(8.0);
            for (carrier, text) in [
                (Carrier::Rtsp, fl!(words, "editor-carrier-rtsp")),
                (Carrier::Rtsps, fl!(words, "editor-carrier-rtsps")),
            ] {
                radio_value(ui, &mut self.draft.carrier, carrier, text);
            }
            field
        });
        pass.watch(ui, Field::Port, &field);
        if self.draft.carrier != before {
            follow_port(&mut self.draft.port, usual_port(before), usual_port(self.draft.carrier));
        }

        let label = fl!(words, "editor-transport");
        let hint = fl!(words, "editor-transport-hint");
        let row = FormRow::new(&label)
            .hint(Some(&hint))
            .error(pass.error(Field::Transport));
        let field = row.show(ui, |ui, _| {
            let choices = [
                (MediaTransport::Automatic, fl!(words, "editor-transport-automatic")),
                (MediaTransport::Tcp, fl!(words, "editor-transport-tcp")),
                (MediaTransport::Udp, fl!(words, "editor-transport-udp")),
                (MediaTransport::Multicast, fl!(words, "editor-transport-multicast")),
            ];
            let choose = |ui: &mut Ui| {
                let show = |(transport, text)| radio_value(ui, &mut self.draft.transport, transport, text);
                choices.into_iter().map(show).reduce(|all, one| all | one)
            };
            let chosen = ui.horizontal_wrapped(choose);
            chosen.inner.unwrap_or(chosen.response)
        });
        pass.watch(ui, Field::Transport, &field);
    }

    fn events_row(&mut self, ui: &mut Ui, words: &Words) {
        let (label, hint) = (fl!(words, "editor-events"), fl!(words, "editor-events-hint"));
        FormRow::new(&label).hint(Some(&hint)).show(ui, |ui, _| {
            let choices = [
                (EventSource::Automatic, fl!(words, "editor-events-automatic")),
                (EventSource::Off, fl!(words, "editor-events-off")),
                (EventSource::Onvif, fl!(words, "editor-events-onvif")),
                (EventSource::Hikvision, fl!(words, "editor-events-hikvision")),
                (EventSource::Dahua, fl!(words, "editor-events-dahua")),
            ];
            let choose = |ui: &mut Ui| {
                let show = |(source, text)| radio_value(ui, &mut self.draft.events, source, text);
                choices.into_iter().map(show).reduce(|all, one| all | one)
            };
            let chosen = ui.horizontal_wrapped(choose);
            chosen.inner.unwrap_or(chosen.response)
        });
    }

    fn sign_in_rows(&mut self, ui: &mut Ui, env: &Env, pass: &mut FieldPass) {
        let words = env.words;
        let label = fl!(words, "editor-user");
        let row = FormRow::new(&label).error(pass.error(Field::User));
        let field = row.show(ui, |ui, name| {
            text_field(ui, name, &mut self.draft.user, FIELD_WIDTH, "")
        });
        pass.watch(ui, Field::User, &field);

        let label = fl!(words, "editor-password");
        let copied = match self.untouched {
            PasswordEdit::SameAs(other) => env.state.registry.device(other),
            _ => None,
        };
        let keeps = self.id.is_some();
        let hint = match self.draft.password {
            PasswordEdit::Clear if keeps => Some(fl!(words, "editor-password-removed")),
            _ if keeps || copied.is_some() => None,
            _ => Some(fl!(words, "editor-password-hint")),
        };
        let placeholder = match (&self.draft.password, copied) {
            (PasswordEdit::SameAs(_), Some(other)) => fl!(words, "editor-password-same", device = other.name.as_str()),
            (PasswordEdit::Keep, _) if keeps => fl!(words, "editor-password-unchanged"),
            _ => String::new(),
        };
        let row = FormRow::new(&label)
            .hint(hint.as_deref())
            .error(pass.error(Field::Password));
        let field = row.show(ui, |ui, name| {
            let edit = TextEdit::singleline(&mut *self.password)
                .password(!self.password_in_clear)
                .hint_text(placeholder.as_str())
                .margin(egui::Vec2::new(8.0, 5.0))
                .desired_width((FIELD_WIDTH - 90.0).min(ui.available_width() - 90.0));
            let field = ui.add(edit).labelled_by(name);
            let show = egui::Button::new(fl!(words, "editor-password-show")).selected(self.password_in_clear);
            if ui.add(show).clicked() {
                self.password_in_clear = !self.password_in_clear;
            }
            field
        });
        if field.changed() {
            self.draft.password = match self.password.as_str() {
                "" => self.untouched.clone(),
                typed => PasswordEdit::Set(Password::new(typed)),
            };
        }
        pass.watch(ui, Field::Password, &field);
        if (keeps || copied.is_some()) && self.password.is_empty() {
            let mut remove = self.draft.password == PasswordEdit::Clear;
            FormRow::new("").show(ui, |ui, _| {
                let said = match copied {
                    Some(_) => fl!(words, "editor-password-not-copied"),
                    None => fl!(words, "editor-password-remove"),
                };
                let check = checkbox(ui, &mut remove, said);
                if check.changed() {
                    self.draft.password = if remove {
                        PasswordEdit::Clear
                    } else {
                        self.untouched.clone()
                    };
                }
                check
            });
        }
    }

    /// The question which way of reading the address is meant.
    fn reading_rows(&mut self, ui: &mut Ui, words: &Words) {
        let mut chosen = None;
        for (index, (reading, _)) in self.readings.iter().enumerate() {
            FormRow::new("").show(ui, |ui, _| {
                let choice = ui.add(egui::Button::new(problem::reading(words, reading)).wrap());
                if choice.clicked() {
                    chosen = Some(index);
                }
                choice
            });
        }
        if let Some(index) = chosen {
            let (_, url) = self.readings.swap_remove(index);
            self.take_url(url);
        }
    }

    /// Splits a pasted `rtsp://user:password@host/path` into the fields. A text that cannot be read, or in several ways, stays where it
    /// was pasted, with its error.
    fn split_url(&mut self) {
        match Draft::from_url(&self.draft.host) {
            Ok(url) => self.take_url(url),
            Err(error) => {
                self.left.push(Field::Host);
                if let Problem::Ambiguous(_) = error.problem {
                    self.readings = Draft::readings(&self.draft.host);
                }
            }
        }
    }

    /// Takes what the device said over ONVIF; where it speaks none, the preset that fits what it answered.
    pub(super) fn take_onvif(&mut self, result: &EnquiryResult, place: &OnvifPlace, brands: &Brands) {
        if onvif::fill(&mut self.draft, result, place) > 0 {
            return;
        }
        let preset = result.brand.map(|brand| BrandId(brand.to_owned()));
        let is_new = self.id.is_none() && self.draft.brand == Draft::new().brand;
        if let Some(preset) = preset.filter(|preset| is_new && brands.get(preset).is_some()) {
            self.draft.brand = Some(preset);
        }
    }

    fn take_url(&mut self, url: Draft) {
        self.readings.clear();
        let password = match &url.password {
            PasswordEdit::Set(password) => Some(password.clone()),
            PasswordEdit::Keep | PasswordEdit::Clear | PasswordEdit::SameAs(_) => None,
        };
        self.draft.host = url.host;
        self.draft.port = url.port;
        self.draft.carrier = url.carrier;
        if !url.user.is_empty() {
            self.draft.user = url.user;
        }
        if let Some(password) = password {
            self.password = Zeroizing::new(password.expose().to_owned());
            self.draft.password = PasswordEdit::Set(password);
        }
        if !url.main_path.trim_matches('/').is_empty() {
            self.draft.brand = None;
            self.draft.main_path = url.main_path;
        }
        if self.draft.name.trim().is_empty() {
            self.draft.name = url.name;
        }
        self.split = true;
    }
}

fn usual_port(carrier: Carrier) -> u16 {
    match carrier {
        Carrier::Rtsp => Draft::RTSP_PORT,
        Carrier::Rtsps => Draft::RTSPS_PORT,
    }
}

/// The draft without the empty names at the end of the channel names: painting their fields adds them, which is no
/// change.
fn without_empty_names(draft: &Draft) -> Draft {
    let mut draft = draft.clone();
    let named = draft
        .channel_names
        .iter()
        .rposition(|name| !name.is_empty())
        .map_or(0, |last| last + 1);
    draft.channel_names.truncate(named);
    draft
}
