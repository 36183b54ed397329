//! The editor of several devices: a field that is ticked is set for all of them, any other stays; beside it what changes for how many.

use std::sync::Arc;

use egui::{Align, Context, Key, Layout, Rect, Response, RichText, ScrollArea, TextEdit, Ui, UiBuilder, Vec2};
use i18n_embed_fl::fl;
use zeroize::Zeroizing;

use super::env::Env;
use super::{brand_picker, bulk_preview, modal};
use crate::bridge::Command;
use crate::ui::form::{self, checkbox, plain_button, primary_button, radio_value, text_field, weak_text};
use crate::ui::theme::{self, SPACE};
use crate::ui::unsaved::{self, UnsavedAnswer};
use device::{
    BrandId, BulkDraft, BulkError, BulkPaths, BulkPlan, Carrier, Device, DeviceId, MediaTransport, Password,
    PasswordEdit, Paths, Registry,
};

const FOOTER: f32 = 44.0;
const PREVIEW_WIDTH: f32 = 360.0;
/// Below this width the preview stands under the fields.
const TWO_COLUMNS: f32 = 820.0;
const LABEL_WIDTH: f32 = 210.0;
const FIELD_WIDTH: f32 = 340.0;

pub(super) struct BulkEditor {
    ids: Vec<DeviceId>,
    fields: Option<Fields>,
    planned: Option<Planned>,
    asking: bool,
}

/// What is typed; a field counts where it is ticked.
struct Fields {
    site: (bool, String),
    enabled: (bool, Option<bool>),
    brand: (bool, Option<BrandId>),
    brands_differ: bool,
    main_path: String,
    sub_path: String,
    host: (bool, String),
    port: (bool, String),
    carrier: (bool, Option<Carrier>),
    transport: (bool, Option<MediaTransport>),
    user: (bool, String),
    password: (bool, Zeroizing<String>),
    password_in_clear: bool,
    channels: (bool, String),
    brand_search: String,
}

struct Planned {
    draft: BulkDraft,
    registry: Arc<Registry>,
    plan: Result<BulkPlan, Vec<BulkError>>,
}

#[derive(Clone, Copy, PartialEq)]
enum BulkNext {
    Stay,
    Save,
    Close,
}

impl BulkEditor {
    pub(super) fn new(ids: Vec<DeviceId>) -> Self {
        Self {
            ids,
            fields: None,
            planned: None,
            asking: false,
        }
    }

    /// Paints the editor and returns whether it stays open.
    pub(super) fn show(&mut self, ctx: &Context, env: &Env) -> bool {
        let registry = &env.state.registry;
        self.ids.retain(|id| registry.device(*id).is_some());
        if self.ids.is_empty() {
            return false;
        }
        let mut fields = self.fields.take().unwrap_or_else(|| Fields::of(&self.ids, registry));
        self.replan(env, fields.draft());
        let title = fl!(env.words, "bulk-title", count = self.ids.len());
        let mut next = BulkNext::Stay;
        let closed = modal::show(ctx, "bulk-editor", &title, env.words, |ui| {
            next = self.content(ui, env, &mut fields);
        });
        if closed && next == BulkNext::Stay {
            if self.asking || !fields.draft().is_empty() {
                self.asking = !self.asking;
            } else {
                next = BulkNext::Close;
            }
        }
        if next == BulkNext::Save {
            self.replan(env, fields.draft());
            match self.planned.take().map(|planned| planned.plan) {
                Some(Ok(plan)) if !plan.edits.is_empty() => env.engine.send(Command::SaveDevices(plan.edits)),
                _ => next = BulkNext::Stay,
            }
            self.asking = false;
        }
        self.fields = Some(fields);
        next == BulkNext::Stay
    }

    /// Finds out what would change, where something was typed or the registry changed since.
    fn replan(&mut self, env: &Env, draft: BulkDraft) {
        let registry = &env.state.registry;
        let is_new = |planned: &Planned| planned.draft == draft && Arc::ptr_eq(&planned.registry, registry);
        if !self.planned.as_ref().is_some_and(is_new) {
            self.planned = Some(Planned {
                plan: draft.plan(registry, env.brands, &self.ids),
                draft,
                registry: Arc::clone(registry),
            });
        }
    }

    fn can_save(&self) -> bool {
        let plan = self.planned.as_ref().and_then(|planned| planned.plan.as_ref().ok());
        plan.is_some_and(|plan| !plan.edits.is_empty())
    }

    fn content(&mut self, ui: &mut Ui, env: &Env, fields: &mut Fields) -> BulkNext {
        let nothing_focused = ui.memory(|memory| memory.focused().is_none());
        let mut enter = form::entered(ui) || nothing_focused && ui.input(|input| input.key_pressed(Key::Enter));
        weak_text(ui, &self.names(env));
        weak_text(ui, &fl!(env.words, "bulk-explanation"));
        let all = ui.available_rect_before_wrap();
        let body = Rect::from_min_max(all.min, all.max - Vec2::new(0.0, FOOTER));
        let footer = Rect::from_min_max(egui::pos2(all.left(), body.bottom()), all.max);
        if body.width() >= TWO_COLUMNS {
            let split = body.right() - PREVIEW_WIDTH;
            let left = Rect::from_min_max(body.min, egui::pos2(split - SPACE, body.bottom()));
            let right = Rect::from_min_max(egui::pos2(split, body.top()), body.max);
            scrolled(ui, left, "bulk form", |ui| enter |= fields.show(ui, env));
            ui.painter().rect_filled(right, 6.0, theme::tokens(ui).tile);
            scrolled(ui, right.shrink(SPACE), "bulk preview", |ui| self.preview(ui, env));
        } else {
            scrolled(ui, body, "bulk form", |ui| {
                enter |= fields.show(ui, env);
                ui.separator();
                self.preview(ui, env);
            });
        }
        let chosen = self.footer(&mut ui.new_child(UiBuilder::new().max_rect(footer)), env);
        match chosen {
            BulkNext::Stay if enter && self.can_save() => BulkNext::Save,
            chosen => chosen,
        }
    }

    /// The names of the first devices and how many more there are.
    fn names(&self, env: &Env) -> String {
        let registry = &env.state.registry;
        let devices = self.ids.iter().filter_map(|id| registry.device(*id));
        let names: Vec<String> = devices
            .take(6)
            .map(|device| registry.label_of(device).into_owned())
            .collect();
        let (names, more) = (env.words.list(&names), self.ids.len().saturating_sub(6));
        match more {
            0 => names,
            more => fl!(env.words, "names-and-more", names = names, count = more),
        }
    }

    fn preview(&self, ui: &mut Ui, env: &Env) {
        ui.label(RichText::new(fl!(env.words, "bulk-preview")).size(15.0).strong());
        ui.add_space(4.0);
        if let Some(planned) = &self.planned {
            bulk_preview::show(ui, env, &planned.plan);
        }
    }

    fn footer(&mut self, ui: &mut Ui, env: &Env) -> BulkNext {
        let words = env.words;
        let (rect, can_save) = (ui.max_rect(), self.can_save());
        let line = egui::Stroke::new(1.0, theme::tokens(ui).line);
        ui.painter().hline(rect.x_range(), rect.top() + 2.0, line);
        let mut next = BulkNext::Stay;
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if self.asking {
                match unsaved::ask(ui, words, can_save) {
                    Some(UnsavedAnswer::Save) => next = BulkNext::Save,
                    Some(UnsavedAnswer::Discard) => next = BulkNext::Close,
                    Some(UnsavedAnswer::KeepEditing) => self.asking = false,
                    None => {}
                }
                return;
            }
            let save = ui.add_enabled_ui(can_save, |ui| primary_button(ui, &fl!(words, "editor-save")));
            if save.inner.clicked() {
                next = BulkNext::Save;
            }
            if plain_button(ui, &fl!(words, "editor-cancel")).clicked() {
                next = BulkNext::Close;
            }
        });
        next
    }
}

impl Fields {
    /// Nothing ticked; each field shows the value that all of the devices have.
    fn of(ids: &[DeviceId], registry: &Registry) -> Self {
        let devices: Vec<&Device> = ids.iter().filter_map(|id| registry.device(*id)).collect();
        let text = |of: &dyn Fn(&Device) -> String| (false, common(&devices, of).unwrap_or_default());
        let site = |device: &Device| {
            registry
                .site(device.site)
                .map(|site| site.name.clone())
                .unwrap_or_default()
        };
        let brand = |device: &Device| match &device.paths {
            Paths::Brand(brand) => Some(brand.clone()),
            Paths::Own { .. } | Paths::Listed(_) => None,
        };
        let own = |device: &Device| match &device.paths {
            Paths::Brand(_) | Paths::Listed(_) => (String::new(), String::new()),
            Paths::Own { main, sub } => (
                main.to_string(),
                sub.as_ref().map(ToString::to_string).unwrap_or_default(),
            ),
        };
        let (main_path, sub_path) = common(&devices, &own).unwrap_or_default();
        Self {
            site: text(&site),
            enabled: (false, common(&devices, &|device: &Device| device.enabled)),
            brand: (false, common(&devices, &brand).flatten()),
            brands_differ: common(&devices, &brand).is_none(),
            main_path,
            sub_path,
            host: text(&|device| device.host.to_string()),
            port: text(&|device| device.port.to_string()),
            carrier: (false, common(&devices, &|device: &Device| device.carrier)),
            transport: (false, common(&devices, &|device: &Device| device.transport)),
            user: text(&|device| device.user.clone()),
            password: (false, Zeroizing::default()),
            password_in_clear: false,
            channels: text(&|device| device.channels.len().to_string()),
            brand_search: String::new(),
        }
    }

    fn draft(&self) -> BulkDraft {
        let text = |(on, text): &(bool, String)| on.then(|| text.clone());
        let paths = match &self.brand {
            (false, _) => None,
            (true, Some(brand)) => Some(BulkPaths::Brand(brand.clone())),
            (true, None) => Some(BulkPaths::Own {
                main: self.main_path.clone(),
                sub: self.sub_path.clone(),
            }),
        };
        let password = match self.password.1.as_str() {
            "" => PasswordEdit::Clear,
            typed => PasswordEdit::Set(Password::new(typed)),
        };
        BulkDraft {
            site: text(&self.site),
            name: None,
            paths,
            host: text(&self.host),
            port: text(&self.port),
            carrier: self.carrier.1.filter(|_| self.carrier.0),
            roads: None,
            transport: self.transport.1.filter(|_| self.transport.0),
            user: text(&self.user),
            password: self.password.0.then_some(password),
            channels: text(&self.channels),
            enabled: self.enabled.1.filter(|_| self.enabled.0),
        }
    }

    /// Paints the fields and returns whether Enter was pressed in one.
    fn show(&mut self, ui: &mut Ui, env: &Env) -> bool {
        let words = env.words;
        let mut enter = false;
        let mut text = |ui: &mut Ui, label: String, (on, text): &mut (bool, String), width: f32| {
            let several = if text.is_empty() && !*on {
                fl!(words, "bulk-several")
            } else {
                String::new()
            };
            row(ui, &label, on, |ui, name| {
                let field = text_field(ui, name, text, width, &several);
                enter |= field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
                field
            });
        };
        text(ui, fl!(words, "editor-user"), &mut self.user, FIELD_WIDTH);
        let (on, password) = &mut self.password;
        let mut entered = false;
        let in_clear = &mut self.password_in_clear;
        row(ui, &fl!(words, "editor-password"), on, |ui, name| {
            let edit = TextEdit::singleline(&mut **password)
                .password(!*in_clear)
                .hint_text(fl!(words, "bulk-password-hint"))
                .margin(Vec2::new(8.0, 5.0))
                .desired_width(FIELD_WIDTH - 90.0);
            let field = ui.add(edit).labelled_by(name);
            entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            let show = egui::Button::new(fl!(words, "editor-password-show")).selected(*in_clear);
            if ui.add(show).clicked() {
                *in_clear = !*in_clear;
            }
            field
        });
        text(ui, fl!(words, "editor-port"), &mut self.port, 120.0);
        text(ui, fl!(words, "editor-host"), &mut self.host, FIELD_WIDTH);
        text(ui, fl!(words, "editor-site"), &mut self.site, FIELD_WIDTH);
        text(ui, fl!(words, "editor-channels"), &mut self.channels, 120.0);
        let states = [(true, fl!(words, "bulk-enabled")), (false, fl!(words, "bulk-disabled"))];
        choice(ui, &fl!(words, "devices-column-state"), &mut self.enabled, &states);
        let carriers = [
            (Carrier::Rtsp, fl!(words, "editor-carrier-rtsp")),
            (Carrier::Rtsps, fl!(words, "editor-carrier-rtsps")),
        ];
        choice(ui, &fl!(words, "bulk-carrier"), &mut self.carrier, &carriers);
        let transports = [
            (MediaTransport::Automatic, fl!(words, "editor-transport-automatic")),
            (MediaTransport::Tcp, fl!(words, "editor-transport-tcp")),
            (MediaTransport::Udp, fl!(words, "editor-transport-udp")),
            (MediaTransport::Multicast, fl!(words, "editor-transport-multicast")),
        ];
        choice(ui, &fl!(words, "editor-transport"), &mut self.transport, &transports);
        let several = (self.brands_differ && !self.brand.0).then(|| fl!(words, "bulk-several"));
        let (on, brand) = &mut self.brand;
        let search = &mut self.brand_search;
        row(ui, &fl!(words, "editor-brand"), on, |ui, name| {
            brand_picker::show(ui, name, FIELD_WIDTH, brand, search, env.brands, words, several)
        });
        if brand.is_none() && *on {
            for (label, path) in [
                (fl!(words, "editor-main-path"), &mut self.main_path),
                (fl!(words, "editor-sub-path"), &mut self.sub_path),
            ] {
                labelled(
                    ui,
                    |ui| ui.label(&label),
                    |ui, name| text_field(ui, name, path, FIELD_WIDTH, ""),
                );
            }
        }
        enter || entered
    }
}

/// The value that all devices have.
fn common<T: PartialEq>(devices: &[&Device], of: &dyn Fn(&Device) -> T) -> Option<T> {
    let first = of(devices.first()?);
    devices.iter().all(|device| of(device) == first).then_some(first)
}

/// A field behind its tick; typing or choosing sets the tick.
fn row(ui: &mut Ui, label: &str, on: &mut bool, add: impl FnOnce(&mut Ui, egui::Id) -> Response) {
    let mut ticked = *on;
    let field = labelled(ui, |ui| checkbox(ui, &mut ticked, label), add);
    *on = ticked || field.changed();
}

fn labelled(
    ui: &mut Ui,
    label: impl FnOnce(&mut Ui) -> Response,
    add: impl FnOnce(&mut Ui, egui::Id) -> Response,
) -> Response {
    let height = 32.0;
    ui.horizontal(|ui| {
        let layout = Layout::left_to_right(Align::Center);
        let label = ui.allocate_ui_with_layout(Vec2::new(LABEL_WIDTH, height), layout, |ui| {
            ui.set_min_size(Vec2::new(LABEL_WIDTH, height));
            ui.set_max_width(LABEL_WIDTH);
            label(ui)
        });
        add(ui, label.inner.id)
    })
    .inner
}

/// One of a few values behind a tick; none is chosen while the devices differ.
fn choice<T: Copy + PartialEq>(ui: &mut Ui, label: &str, (on, value): &mut (bool, Option<T>), all: &[(T, String)]) {
    row(ui, label, on, |ui, _| {
        let choose = |ui: &mut Ui| {
            let show = |(each, text): &(T, String)| {
                let radio = radio_value(ui, value, Some(*each), text.as_str());
                ui.ctx()
                    .accesskit_node_builder(radio.id, |node| node.set_description(label));
                radio
            };
            all.iter().map(show).reduce(|all, one| all | one)
        };
        let chosen = ui.horizontal_wrapped(choose);
        chosen.inner.unwrap_or(chosen.response)
    });
}

fn scrolled(ui: &mut Ui, rect: Rect, name: &str, add: impl FnOnce(&mut Ui)) {
    // The child takes no room of its parent, so that the dialog keeps its size whatever the child holds.
    let mut ui = ui.new_child(UiBuilder::new().max_rect(rect).id_salt(name));
    ui.shrink_clip_rect(rect.expand(4.0));
    ScrollArea::vertical().auto_shrink(false).show(&mut ui, |ui| {
        ui.set_max_width(ui.available_width() - 10.0);
        add(ui);
    });
}
