//! The editor of one device: its form on the left, *Ask by ONVIF* and its Test on the right, Save and Cancel below.

use egui::{Context, Key, Margin, Rect, ScrollArea, Ui, UiBuilder, Vec2};
use i18n_embed_fl::fl;

use super::device_form::DeviceForm;
use super::env::Env;
use super::modal;
use super::onvif_panel::OnvifPanel;
use super::test_panel::TestPanel;
use crate::bridge::Command;
use crate::ui::certificates;
use crate::ui::form::{self, plain_button, primary_button, weak_text};
use crate::ui::theme::{self, SPACE};
use crate::ui::unsaved::{self, UnsavedAnswer};
use device::{DeviceId, Draft, Field, PasswordEdit, SiteId};

const FOOTER: f32 = 44.0;
const TEST_WIDTH: f32 = 340.0;
/// Below this width the Test stands under the form instead of beside it.
const TWO_COLUMNS: f32 = 880.0;

pub(super) struct Editor {
    /// The registered device, or `None` for a new one.
    id: Option<DeviceId>,
    /// The site of a new device.
    site: Option<SiteId>,
    /// The form, which is made from the registry in the first frame.
    form: Option<DeviceForm>,
    test: TestPanel,
    /// Made with the form.
    onvif: Option<OnvifPanel>,
    /// The editor asks what to do with unsaved changes.
    asking: bool,
    /// The field that gets the keyboard first.
    at: Option<Field>,
    /// The new device that was saved.
    pub(super) added: Option<DeviceId>,
}

impl Editor {
    /// Edits a new device at this site, or at the site of the device that was added last.
    pub(super) fn new(site: Option<SiteId>) -> Self {
        Self {
            site,
            ..Self::with(None, None)
        }
    }

    /// `at`: the field that gets the keyboard.
    pub(super) fn edit(device: DeviceId, at: Field) -> Self {
        Self {
            at: Some(at),
            ..Self::with(Some(device), None)
        }
    }

    /// Edits a new device that begins as a copy of another one, password included.
    pub(super) fn duplicate(device: DeviceId, env: &Env) -> Option<Self> {
        let registry = &env.state.registry;
        let device = registry.device(device)?;
        let draft = Draft {
            name: registry.free_device_name(registry.site(device.site).map_or("", |site| &site.name), &device.name),
            password: PasswordEdit::SameAs(device.id),
            // They lead to the one that is copied.
            roads: Vec::new(),
            ..Draft::of(device, registry)
        };
        Some(Self::with(None, Some(DeviceForm::copy(draft))))
    }

    fn with(id: Option<DeviceId>, form: Option<DeviceForm>) -> Self {
        Self {
            id,
            site: None,
            form,
            test: TestPanel::default(),
            onvif: None,
            asking: false,
            at: None,
            added: None,
        }
    }

    /// Paints the editor and returns whether it stays open.
    pub(super) fn show(&mut self, ctx: &Context, env: &Env) -> bool {
        if self.form.is_none() {
            let registry = &env.state.registry;
            self.form = match self.id {
                Some(id) => registry
                    .device(id)
                    .map(|device| DeviceForm::new(Draft::of(device, registry), self.id).focusing(self.at)),
                None => Some(DeviceForm::new(fresh(env, self.site), None)),
            };
        }
        let Some(mut form) = self.form.take() else { return false };
        let title = match self.id.and_then(|id| env.state.registry.device(id)) {
            Some(device) => fl!(
                env.words,
                "editor-title-edit",
                name = env.state.registry.label_of(device).into_owned()
            ),
            None => fl!(env.words, "editor-title-new"),
        };
        let mut next = EditorNext::Stay;
        let closed = modal::show(ctx, "device-editor", &title, env.words, |ui| {
            next = self.content(ui, env, &mut form);
        });
        if closed && next == EditorNext::Stay {
            next = match (self.asking, form.is_changed()) {
                (true, _) => {
                    self.asking = false;
                    EditorNext::Stay
                }
                (false, true) => {
                    self.asking = true;
                    EditorNext::Stay
                }
                (false, false) => EditorNext::Close,
            };
        }
        if next == EditorNext::Save {
            match form.parse(env) {
                Some(edit) => {
                    self.added = self.id.is_none().then_some(edit.device.id);
                    env.engine.send(Command::SaveDevice(Box::new(edit)));
                }
                None => next = EditorNext::Stay,
            }
            self.asking = false;
        }
        self.form = Some(form);
        if next == EditorNext::Stay {
            return true;
        }
        self.test.stop(env);
        self.onvif.iter_mut().for_each(|onvif| onvif.stop(env));
        false
    }

    fn content(&mut self, ui: &mut Ui, env: &Env, form: &mut DeviceForm) -> EditorNext {
        // Read before the fields are painted, because Enter takes the focus from a field.
        let nothing_focused = ui.memory(|memory| memory.focused().is_none());
        let enter = form::entered(ui) || nothing_focused && ui.input(|input| input.key_pressed(Key::Enter));
        let all = ui.available_rect_before_wrap();
        let body = Rect::from_min_max(all.min, all.max - Vec2::new(0.0, FOOTER));
        let footer = Rect::from_min_max(egui::pos2(all.left(), body.bottom()), all.max);
        let mut save = enter;
        if body.width() >= TWO_COLUMNS {
            let split = body.right() - TEST_WIDTH;
            let left = Rect::from_min_max(body.min, egui::pos2(split - SPACE, body.bottom()));
            let right = Rect::from_min_max(egui::pos2(split, body.top()), body.max);
            scrolled(ui, left, "form", |ui| save |= form.show(ui, env));
            ui.painter().rect_filled(right, 6.0, theme::tokens(ui).tile);
            scrolled(ui, right.shrink(SPACE), "test", |ui| self.test_panel(ui, env, form));
        } else {
            scrolled(ui, body, "form", |ui| {
                save |= form.show(ui, env);
                ui.separator();
                self.test_panel(ui, env, form);
            });
        }
        let chosen = self.footer(&mut ui.new_child(UiBuilder::new().max_rect(footer)), env);
        if save && chosen == EditorNext::Stay {
            EditorNext::Save
        } else {
            chosen
        }
    }

    fn test_panel(&mut self, ui: &mut Ui, env: &Env, form: &mut DeviceForm) {
        let onvif = self
            .onvif
            .get_or_insert_with(|| OnvifPanel::new(form.draft.onvif.as_ref()));
        if onvif.show(ui, env, self.id)
            && let Some(edit) = form.parse_for_test(env)
        {
            onvif.start(env, edit);
        }
        if let Some((result, place)) = onvif.take(env) {
            form.take_onvif(&result, &place, env.brands);
        }
        let certificates = self.id.map(|id| certificates::of(env.words, env.state, id));
        for certificate in certificates.unwrap_or_default() {
            weak_text(ui, &certificate);
        }
        if self.test.show(ui, env, &form.draft)
            && let Some(edit) = form.parse_for_test(env)
        {
            self.test.start(env, &form.draft, edit);
        }
    }

    fn footer(&mut self, ui: &mut Ui, env: &Env) -> EditorNext {
        let words = env.words;
        let tokens = theme::tokens(ui);
        let rect = ui.max_rect();
        ui.painter()
            .hline(rect.x_range(), rect.top() + 2.0, egui::Stroke::new(1.0, tokens.line));
        let mut next = EditorNext::Stay;
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if self.asking {
                match unsaved::ask(ui, words, true) {
                    Some(UnsavedAnswer::Save) => next = EditorNext::Save,
                    Some(UnsavedAnswer::Discard) => next = EditorNext::Close,
                    Some(UnsavedAnswer::KeepEditing) => self.asking = false,
                    None => {}
                }
            } else {
                if primary_button(ui, &fl!(words, "editor-save")).clicked() {
                    next = EditorNext::Save;
                }
                if plain_button(ui, &fl!(words, "editor-cancel")).clicked() {
                    next = EditorNext::Close;
                }
            }
        });
        next
    }
}

/// An empty draft with its site filled in: `site`, else that of the device that was added last, else the first one.
fn fresh(env: &Env, site: Option<SiteId>) -> Draft {
    let registry = &env.state.registry;
    let last = registry.devices.last().map(|device| device.site);
    let known = [site, last].into_iter().flatten().find_map(|site| registry.site(site));
    let site = known.or(registry.sites.first());
    Draft {
        site: site.map_or_else(|| fl!(env.words, "editor-site-default"), |site| site.name.clone()),
        ..Draft::new()
    }
}

#[derive(Clone, Copy, PartialEq)]
enum EditorNext {
    Stay,
    Save,
    Close,
}

fn scrolled(ui: &mut Ui, rect: Rect, name: &str, add: impl FnOnce(&mut Ui)) {
    // The child takes no room of its parent, so that the dialog keeps its size whatever the child holds.
    let mut ui = ui.new_child(UiBuilder::new().max_rect(rect).id_salt(name));
    ui.shrink_clip_rect(rect.expand(4.0));
    let area = ScrollArea::vertical().auto_shrink(false).content_margin(Margin::ZERO);
    area.show(&mut ui, |ui| {
        ui.set_max_width(ui.available_width() - 10.0);
        add(ui);
    });
}
