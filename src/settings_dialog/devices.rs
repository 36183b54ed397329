//! The Devices tab: search, add, edit, duplicate, delete with undo, enable, reorder; and the sites they stand in.

use std::collections::BTreeSet;

use egui::{Align, Frame, Label, Layout, Margin, RichText, TextEdit, Ui, Vec2};
use i18n_embed_fl::fl;

use super::device_list::{DeviceList, ListAction, UpOrDown};
use super::device_order;
use super::env::Env;
use super::sites::SiteList;
use crate::bridge::{Command, NoticeKind};
use crate::ui::form::{primary_button, weak_text};
use crate::ui::icon::{self, Icon};
use crate::ui::removal::Removal;
use crate::ui::theme::{self, SPACE};
use device::{Device, DeviceId, Paths, SiteId, search_form};

#[derive(Default)]
pub(super) struct DevicesTab {
    view: Subpage,
    search: String,
    list: DeviceList,
    sites: SiteList,
    removal: Removal,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum Subpage {
    #[default]
    DevicesTab,
    Sites,
}

/// What the tab asks the dialog to open.
pub(super) enum DialogRequest {
    New,
    Edit(DeviceId),
    EditSeveral(Vec<DeviceId>),
    EditSite(SiteId),
    Duplicate(DeviceId),
}

impl DevicesTab {
    pub(super) fn show(&mut self, ui: &mut Ui, env: &Env) -> Option<DialogRequest> {
        let registry = &env.state.registry;
        self.list.selected.retain(|id| registry.device(*id).is_some());
        self.undo_bar(ui, env);
        if registry.devices.is_empty() && registry.sites.is_empty() {
            return empty(ui, env).then_some(DialogRequest::New);
        }
        self.views(ui, env);
        match self.view {
            Subpage::DevicesTab if registry.devices.is_empty() => empty(ui, env).then_some(DialogRequest::New),
            Subpage::DevicesTab => self.devices(ui, env),
            Subpage::Sites => self.sites.show(ui, env).map(DialogRequest::EditSite),
        }
    }

    fn views(&mut self, ui: &mut Ui, env: &Env) {
        let registry = &env.state.registry;
        ui.horizontal(|ui| {
            let devices = fl!(env.words, "devices-view-devices", count = registry.devices.len());
            let sites = fl!(env.words, "devices-view-sites", count = registry.sites.len());
            ui.selectable_value(&mut self.view, Subpage::DevicesTab, devices);
            ui.selectable_value(&mut self.view, Subpage::Sites, sites);
            if self.view == Subpage::DevicesTab {
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| self.search_field(ui, env));
            }
        });
    }

    fn search_field(&mut self, ui: &mut Ui, env: &Env) {
        let title = fl!(env.words, "devices-search");
        if !self.search.is_empty() && icon::button(ui, Icon::Close, &fl!(env.words, "devices-search-clear")).clicked() {
            self.search.clear();
        }
        let field = TextEdit::singleline(&mut self.search)
            .hint_text(title.as_str())
            .desired_width(220.0);
        ui.add(field).accessible_name(title);
        icon::show(ui, Icon::Search, 16.0, theme::tokens(ui).text_weak);
    }

    fn devices(&mut self, ui: &mut Ui, env: &Env) -> Option<DialogRequest> {
        let registry = &env.state.registry;
        let search = search_form(self.search.trim());
        let mut rows: Vec<&Device> = registry
            .devices
            .iter()
            .filter(|device| matches(device, &search, env))
            .collect();
        device_order::order(env, self.list.sort, &mut rows);
        // Rows that the search hides are not selected, so that Delete removes only what is in view.
        if !search.is_empty() {
            let in_sight: BTreeSet<DeviceId> = rows.iter().map(|device| device.id).collect();
            self.list.selected.retain(|id| in_sight.contains(id));
        }
        let mut request = self.toolbar(ui, env, &rows);
        ui.add_space(2.0);
        if rows.is_empty() {
            ui.add_space(SPACE * 2.0);
            ui.vertical_centered(|ui| {
                weak_text(ui, &fl!(env.words, "devices-none-found"));
            });
            return request;
        }
        let whole = self.is_whole(env, &rows);
        match self.list.show(ui, env, &rows, whole) {
            Some(ListAction::Edit(id)) => request = Some(DialogRequest::Edit(id)),
            Some(ListAction::EditSelected) => {
                let ids = rows.iter().map(|device| device.id);
                let chosen = ids.filter(|id| self.list.selected.contains(id)).collect();
                request = Some(DialogRequest::EditSeveral(chosen));
            }
            Some(ListAction::Duplicate(id)) => request = Some(DialogRequest::Duplicate(id)),
            Some(ListAction::Delete) => self.delete(env),
            Some(ListAction::SetEnabled(ids, on)) => env.engine.send(Command::SetEnabled(ids, on)),
            Some(ListAction::Move(device, index)) => env.engine.send(Command::MoveDevice { device, index }),
            Some(ListAction::Step(direction)) => self.step(env, direction),
            None => {}
        }
        request
    }

    fn toolbar(&mut self, ui: &mut Ui, env: &Env, rows: &[&Device]) -> Option<DialogRequest> {
        let words = env.words;
        let chosen: Vec<&Device> = rows
            .iter()
            .copied()
            .filter(|device| self.list.selected.contains(&device.id))
            .collect();
        let one = if let [device] = chosen[..] {
            Some(device.id)
        } else {
            None
        };
        let any = !chosen.is_empty();
        let whole = self.is_whole(env, rows);
        let mut request = None;
        ui.horizontal_wrapped(|ui| {
            let button =
                |ui: &mut Ui, enabled: bool, text: String| ui.add_enabled(enabled, egui::Button::new(text)).clicked();
            if primary_button(ui, &fl!(words, "devices-add")).clicked() {
                request = Some(DialogRequest::New);
            }
            if button(ui, any, fl!(words, "devices-edit")) {
                let several = || DialogRequest::EditSeveral(chosen.iter().map(|device| device.id).collect());
                request = Some(one.map_or_else(several, DialogRequest::Edit));
            }
            if button(ui, one.is_some(), fl!(words, "devices-duplicate")) {
                request = one.map(DialogRequest::Duplicate);
            }
            if button(ui, any, fl!(words, "devices-delete")) {
                self.delete(env);
            }
            ui.add_space(SPACE);
            for (on, text) in [
                (true, fl!(words, "devices-enable")),
                (false, fl!(words, "devices-disable")),
            ] {
                if button(ui, chosen.iter().any(|device| device.enabled != on), text) {
                    let ids = chosen.iter().map(|device| device.id).collect();
                    env.engine.send(Command::SetEnabled(ids, on));
                }
            }
            ui.add_space(SPACE);
            for (direction, text) in [
                (UpOrDown::Up, fl!(words, "devices-up")),
                (UpOrDown::Down, fl!(words, "devices-down")),
            ] {
                if button(ui, any && whole, text) {
                    self.step(env, direction);
                }
            }
            if chosen.len() > 1 {
                weak_text(ui, &fl!(words, "devices-chosen", count = chosen.len()));
            } else if rows.len() < env.state.registry.devices.len() {
                weak_text(ui, &fl!(words, "devices-found", count = rows.len()));
            }
        });
        request
    }

    /// Whether the rows are the whole list in its own order, so that they can be moved.
    fn is_whole(&self, env: &Env, rows: &[&Device]) -> bool {
        self.list.sort.is_none() && rows.len() == env.state.registry.devices.len()
    }

    fn delete(&mut self, env: &Env) {
        let ids: Vec<DeviceId> = self.list.selected.iter().copied().collect();
        if let Some(remove) = self.removal.begin(ids) {
            self.list.selected.clear();
            env.engine.send(remove);
        }
    }

    /// Paints the question before many devices are removed; whether it was open.
    pub(super) fn show_question(&mut self, ctx: &egui::Context, env: &Env) -> bool {
        let asking = self.removal.is_open();
        if let Some(remove) = self.removal.show(ctx, env.words, &env.state.registry) {
            self.list.selected.clear();
            env.engine.send(remove);
        }
        asking
    }

    /// Moves the selected devices by one place as a block, unless the block is at the end already.
    fn step(&self, env: &Env, direction: UpOrDown) {
        for (device, index) in steps(
            &env.state.registry.devices,
            |id| self.list.selected.contains(&id),
            direction,
        ) {
            env.engine.send(Command::MoveDevice { device, index });
        }
    }

    /// Paints a bar that undoes the last removal or edit of several, as long as the engine can.
    fn undo_bar(&mut self, ui: &mut Ui, env: &Env) {
        let words = env.words;
        let notices = env.state.notices.iter();
        let done = notices.rev().find_map(|notice| match &notice.kind {
            NoticeKind::DevicesRemoved { names } => {
                let text = match &names[..] {
                    [name] => fl!(words, "devices-removed-one", name = name.as_str()),
                    names => fl!(
                        words,
                        "devices-removed-many",
                        count = names.len(),
                        names = words.list(names)
                    ),
                };
                Some((notice.id, text, Command::UndoRemove))
            }
            NoticeKind::DevicesEdited { names } => {
                let text = fl!(words, "notice-edited", count = names.len(), names = words.list(names));
                Some((notice.id, text, Command::UndoEdit))
            }
            NoticeKind::DevicesAdded { added, changed } => {
                let text = fl!(words, "notice-devices-added", added = (*added), changed = (*changed));
                Some((notice.id, text, Command::UndoEdit))
            }
            NoticeKind::FileSetAside { .. }
            | NoticeKind::FileKept { .. }
            | NoticeKind::FileWarnings { .. }
            | NoticeKind::WriteFailed { .. }
            | NoticeKind::KeySetAside { .. }
            | NoticeKind::PasswordsOwed
            | NoticeKind::EditedDeviceGone
            | NoticeKind::FileEmptied { .. }
            | NoticeKind::SecretFailed { .. }
            | NoticeKind::Excluded { .. }
            | NoticeKind::SnapshotSaved { .. }
            | NoticeKind::SnapshotFailed { .. }
            | NoticeKind::FolderNotOpened { .. }
            | NoticeKind::HandbookNotOpened { .. }
            | NoticeKind::SoundFailed { .. }
            | NoticeKind::WithoutKeyFrames { .. }
            | NoticeKind::NoVideo { .. }
            | NoticeKind::StandsStill { .. }
            | NoticeKind::CertificatesChanged { .. }
            | NoticeKind::CertificatesExpire { .. }
            | NoticeKind::VirtualDvrRemoved { .. }
            | NoticeKind::WorkNotPlanned { .. }
            | NoticeKind::NoSuchMonitor { .. }
            | NoticeKind::AlertFailed(_)
            | NoticeKind::MessengerFailed { .. }
            | NoticeKind::RendererFellBack { .. } => None,
        });
        let Some((id, text, undo)) = done else { return };
        let tokens = theme::tokens(ui);
        Frame::NONE
            .fill(tokens.notice)
            .corner_radius(6.0)
            .inner_margin(Margin::symmetric(10, 6))
            .show(ui, |ui| {
                let row = Vec2::new(ui.available_width(), 28.0);
                ui.allocate_ui_with_layout(row, Layout::right_to_left(Align::Center), |ui| {
                    if icon::button(ui, Icon::Close, &fl!(words, "devices-undo-dismiss")).clicked() {
                        env.engine.send(Command::Dismiss(id));
                    }
                    if ui.button(fl!(words, "devices-undo")).clicked() {
                        env.engine.send(undo);
                    }
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                        icon::show(ui, Icon::Notice, 16.0, tokens.text);
                        ui.add(Label::new(RichText::new(text).color(tokens.text)).truncate());
                    });
                });
            });
        ui.add_space(4.0);
    }
}

/// The moves that bring every selected device one place up or down, in the order in which they have to be made.
fn steps(devices: &[Device], chosen: impl Fn(DeviceId) -> bool, direction: UpOrDown) -> Vec<(DeviceId, usize)> {
    let at = devices
        .iter()
        .enumerate()
        .filter(|(_, device)| chosen(device.id))
        .map(|(index, device)| (device.id, index));
    let mut at: Vec<(DeviceId, usize)> = at.collect();
    match direction {
        UpOrDown::Up => at.iter_mut().for_each(|(_, index)| *index = index.wrapping_sub(1)),
        UpOrDown::Down => {
            at.reverse();
            at.iter_mut().for_each(|(_, index)| *index += 1);
        }
    }
    // The block is at the end already and stays there.
    if at.first().is_some_and(|(_, index)| *index >= devices.len()) {
        Vec::new()
    } else {
        at
    }
}

fn matches(device: &Device, search: &str, env: &Env) -> bool {
    if search.is_empty() {
        return true;
    }
    let has = |text: &str| search_form(text).contains(search);
    let brand = match &device.paths {
        Paths::Brand(id) => env.brands.get(id),
        Paths::Own { .. } | Paths::Listed(_) => None,
    };
    has(&device.name)
        || has(&device.host.to_string())
        || env.state.registry.site(device.site).is_some_and(|site| has(&site.name))
        || brand.is_some_and(|brand| brand.names.iter().any(|name| has(name)))
}

/// Paints the page of an empty registry and returns whether its button was clicked.
fn empty(ui: &mut Ui, env: &Env) -> bool {
    ui.add_space(ui.available_height() * 0.22);
    ui.vertical_centered(|ui| {
        let tokens = theme::tokens(ui);
        icon::show(ui, Icon::Device, 56.0, tokens.text_weak);
        ui.add_space(SPACE);
        ui.label(RichText::new(fl!(env.words, "devices-empty-title")).size(17.0));
        ui.add_space(4.0);
        ui.scope(|ui| {
            ui.set_max_width(440.0);
            weak_text(ui, &fl!(env.words, "devices-empty-text"));
        });
        ui.add_space(SPACE);
        ui.spacing_mut().button_padding = Vec2::new(18.0, 8.0);
        primary_button(ui, &fl!(env.words, "devices-add")).clicked()
    })
    .inner
}

#[cfg(test)]
mod tests {
    use super::*;
    use device::sample;

    fn devices(count: u64) -> Vec<Device> {
        (0..count)
            .map(|id| sample::device(id, &format!("DVR {id}"), 1))
            .collect()
    }

    fn moved(chosen: &[u64], direction: UpOrDown) -> Vec<u64> {
        let mut devices = devices(5);
        for (id, index) in steps(&devices.clone(), |id| chosen.contains(&id.0), direction) {
            let from = devices.iter().position(|device| device.id == id).unwrap();
            let device = devices.remove(from);
            devices.insert(index, device);
        }
        devices.iter().map(|device| device.id.0).collect()
    }

    #[test]
    fn a_block_moves_by_one_and_stops_at_the_ends() {
        assert_eq!(moved(&[2], UpOrDown::Up), [0, 2, 1, 3, 4]);
        assert_eq!(moved(&[2], UpOrDown::Down), [0, 1, 3, 2, 4]);
        assert_eq!(moved(&[1, 2], UpOrDown::Up), [1, 2, 0, 3, 4]);
        assert_eq!(moved(&[1, 2], UpOrDown::Down), [0, 3, 1, 2, 4]);
        assert_eq!(moved(&[0, 2], UpOrDown::Up), [0, 1, 2, 3, 4]);
        assert_eq!(moved(&[2, 4], UpOrDown::Down), [0, 1, 2, 3, 4]);
        assert_eq!(moved(&[], UpOrDown::Down), [0, 1, 2, 3, 4]);
    }
}
