//! The table of devices. Only the rows in view are painted, so that a thousand devices scroll like ten.

use std::collections::BTreeSet;

use egui::accesskit::Role;
use egui::{
    Align, Checkbox, EventFilter, Id, Key, Modifiers, Rect, Response, ScrollArea, Sense, Stroke, StrokeKind, Ui, Vec2,
    WidgetInfo, pos2,
};
use i18n_embed_fl::fl;

use super::columns::{self, Sort, Width};
use super::device_order::{DeviceColumn, brand_of};
use super::device_state::DeviceStates;
use super::env::Env;
use crate::ui::context_key;
use crate::ui::form;
use crate::ui::icon;
use crate::ui::theme;
use device::{Device, DeviceId};

const ROW: f32 = 30.0;
const HEAD: f32 = 24.0;

/// The selected rows and the row of the keyboard, by the ids of the devices, which stay when a row moves.
#[derive(Default)]
pub(super) struct DeviceList {
    pub(super) selected: BTreeSet<DeviceId>,
    /// The row of the keyboard. Shift selects the rows from `anchor` to here.
    cursor: Option<DeviceId>,
    anchor: Option<DeviceId>,
    dragged: Option<DeviceId>,
    show_cursor: bool,
    /// The context menu of the cursor's row is asked for by key.
    menu_by_key: bool,
    /// `None`: the list's own order.
    pub(super) sort: Option<Sort<DeviceColumn>>,
}

/// What the person did in the list.
pub(super) enum ListAction {
    Edit(DeviceId),
    EditSelected,
    Duplicate(DeviceId),
    Delete,
    SetEnabled(Vec<DeviceId>, bool),
    /// Put the device at this place of the whole list.
    Move(DeviceId, usize),
    /// Move the selected devices up or down by one.
    Step(UpOrDown),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UpOrDown {
    Up,
    Down,
}

impl DeviceList {
    /// Shows `rows`. `whole`: they are the whole list in its own order, so that rows can be moved.
    pub(super) fn show(&mut self, ui: &mut Ui, env: &Env, rows: &[&Device], whole: bool) -> Option<ListAction> {
        let all = ui.available_rect_before_wrap();
        let head = Rect::from_min_size(all.min, Vec2::new(all.width(), HEAD));
        let columns = layout(columns::inner(ui, head));
        self.head(ui, env, head, columns);
        let body = Rect::from_min_max(pos2(all.left(), head.bottom()), all.max);
        let list = ui.interact(body, ui.scope_id().with("device-list"), Sense::click());
        let title = fl!(env.words, "devices-list");
        list.widget_info(|| WidgetInfo::labeled(Role::ListBox, true, title.as_str()));
        let filter = EventFilter {
            tab: false,
            horizontal_arrows: false,
            vertical_arrows: true,
            escape: false,
        };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(list.id, filter));
        if list.clicked() {
            list.request_focus();
        }
        let mut done = if list.has_focus() {
            self.keys(ui, rows, whole)
        } else {
            None
        };
        let table = Table {
            rows,
            whole,
            list: &list,
            states: DeviceStates::of(env.state),
            columns,
        };
        ui.scope_builder(egui::UiBuilder::new().max_rect(body), |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            ScrollArea::vertical()
                .auto_shrink(false)
                .show_rows(ui, ROW, rows.len(), |ui, range| {
                    let top = ui.max_rect().top() - range.start as f32 * ROW;
                    let width = ui.max_rect().x_range();
                    let at = |index: usize| {
                        Rect::from_x_y_ranges(width, (top + index as f32 * ROW)..=(top + (index + 1) as f32 * ROW))
                    };
                    for index in range {
                        if let Some(device) = rows.get(index) {
                            done = self.row(ui, env, &table, at(index), device).or(done.take());
                        }
                    }
                    if std::mem::take(&mut self.show_cursor)
                        && let Some(index) = self.cursor.and_then(|id| position(rows, id))
                    {
                        ui.scroll_to_rect(at(index), None);
                    }
                    done = self.drag(ui, rows, top, width).or(done.take());
                });
        });
        if list.has_focus() {
            let stroke = Stroke::new(1.0, theme::tokens(ui).accent);
            ui.painter().rect_stroke(body, 4.0, stroke, StrokeKind::Inside);
        }
        done
    }

    /// The heads of the columns. A third click on one brings the list's own order back, in which rows can be moved.
    fn head(&mut self, ui: &mut Ui, env: &Env, rect: Rect, columns: [egui::Rangef; 8]) {
        let words = env.words;
        let [_, _, name, site, address, brand, channels, state] = columns;
        for (range, column, title, align) in [
            (name, DeviceColumn::Name, fl!(words, "devices-column-name"), Align::Min),
            (site, DeviceColumn::Site, fl!(words, "devices-column-site"), Align::Min),
            (
                address,
                DeviceColumn::Address,
                fl!(words, "devices-column-address"),
                Align::Min,
            ),
            (
                brand,
                DeviceColumn::Brand,
                fl!(words, "devices-column-brand"),
                Align::Min,
            ),
            (
                channels,
                DeviceColumn::Channels,
                fl!(words, "devices-column-channels"),
                Align::Max,
            ),
            (
                state,
                DeviceColumn::State,
                fl!(words, "devices-column-state"),
                Align::Min,
            ),
        ] {
            let sorted = self.sort.and_then(|sort| sort.of(column));
            let head = columns::head(ui, columns::cell(rect, range), &title, align, sorted);
            if head.clicked() {
                self.sort = match (self.sort, sorted) {
                    (_, Some(true)) => None,
                    (Some(sort), _) => Some(sort.clicked(column)),
                    (None, _) => Some(Sort {
                        column,
                        reversed: false,
                    }),
                };
            }
        }
        let line = Stroke::new(1.0, theme::tokens(ui).line);
        ui.painter().hline(rect.x_range(), rect.bottom() - 1.0, line);
    }

    fn row(&mut self, ui: &mut Ui, env: &Env, table: &Table, rect: Rect, device: &Device) -> Option<ListAction> {
        let words = env.words;
        let list = table.list;
        let tokens = theme::tokens(ui);
        let id = list.id.with(device.id.0);
        let selected = self.selected.contains(&device.id);
        let row = ui.interact(rect, id, Sense::CLICK);
        let look = table.states.get(device).look(words, tokens);
        let texts = Texts::of(device, env, look.label);
        let name = texts.whole();
        row.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, selected, name.as_str()));
        if selected {
            ui.painter().rect_filled(rect, 0.0, tokens.selected);
        } else if row.hovered() {
            ui.painter().rect_filled(rect, 0.0, tokens.raised);
        }
        if self.cursor == Some(device.id) && list.has_focus() {
            ui.painter().rect_stroke(
                rect.shrink(1.0),
                3.0,
                Stroke::new(1.0, tokens.accent),
                StrokeKind::Inside,
            );
        }
        let [handle, enabled, name, site, address, brand, channels, condition] = table.columns;
        let text_color = if device.enabled { tokens.text } else { tokens.text_weak };
        columns::text(ui, columns::cell(rect, name), &device.name, text_color);
        columns::text(ui, columns::cell(rect, site), texts.site, tokens.text_weak);
        columns::text(ui, columns::cell(rect, address), &texts.address, text_color);
        columns::text(ui, columns::cell(rect, brand), &texts.brand, tokens.text_weak);
        columns::number(ui, columns::cell(rect, channels), &texts.channels, text_color);
        let cell = columns::cell(rect, condition);
        let sign = Rect::from_center_size(cell.left_center() + Vec2::new(8.0, 0.0), Vec2::splat(14.0));
        icon::paint(ui.painter(), look.icon, sign, look.color);
        columns::text(ui, cell.with_min_x(cell.left() + 22.0), &texts.state, text_color);

        let mut done = None;
        let mut on = device.enabled;
        let check = ui.put(columns::cell(rect, enabled), Checkbox::without_text(&mut on));
        form::note_switch(ui, check.id);
        let check = check.accessible_name(fl!(
            words,
            "devices-enabled",
            name = env.state.registry.label_of(device).into_owned()
        ));
        if check.changed() {
            done = Some(ListAction::SetEnabled(vec![device.id], on));
        }
        if table.whole {
            self.handle(ui, columns::cell(rect, handle), id.with("handle"), device.id);
        }
        if row.clicked() {
            list.request_focus();
            let modifiers = ui.input(|input| input.modifiers);
            self.choose(table.rows, device.id, modifiers);
        }
        if row.double_clicked() {
            done = Some(ListAction::Edit(device.id));
        }
        if row.secondary_clicked() && !selected {
            self.choose(table.rows, device.id, Modifiers::NONE);
        }
        let by_key = self.cursor == Some(device.id) && std::mem::take(&mut self.menu_by_key);
        if by_key {
            context_key::remember_home(ui.ctx(), list.id);
        }
        context_key::menu(&row, by_key, |ui| {
            done = self.context_menu(ui, env, device).or(done.take());
        });
        done
    }

    fn context_menu(&self, ui: &mut Ui, env: &Env, device: &Device) -> Option<ListAction> {
        let words = env.words;
        let chosen = if self.selected.contains(&device.id) {
            self.selected.len()
        } else {
            1
        };
        let mut done = None;
        if ui.button(fl!(words, "devices-edit")).clicked() {
            done = Some(match chosen {
                1 => ListAction::Edit(device.id),
                _ => ListAction::EditSelected,
            });
        }
        if chosen == 1 && ui.button(fl!(words, "devices-duplicate")).clicked() {
            done = Some(ListAction::Duplicate(device.id));
        }
        for (on, text) in [
            (true, fl!(words, "devices-enable")),
            (false, fl!(words, "devices-disable")),
        ] {
            if ui.button(text).clicked() {
                done = Some(ListAction::SetEnabled(self.selected.iter().copied().collect(), on));
            }
        }
        ui.separator();
        if ui.button(fl!(words, "devices-delete")).clicked() {
            done = Some(ListAction::Delete);
        }
        done
    }

    /// Paints the handle of a row: six dots by which it is dragged.
    fn handle(&mut self, ui: &Ui, rect: Rect, id: Id, device: DeviceId) {
        let handle = ui
            .interact(rect, id, Sense::DRAG)
            .on_hover_cursor(egui::CursorIcon::Grab);
        let tokens = theme::tokens(ui);
        let color = if handle.hovered() || self.dragged == Some(device) {
            tokens.text
        } else {
            tokens.text_weak
        };
        for x in [-2.5, 2.5] {
            for y in [-5.0, 0.0, 5.0] {
                ui.painter().circle_filled(rect.center() + Vec2::new(x, y), 1.2, color);
            }
        }
        if handle.drag_started() {
            self.dragged = Some(device);
        }
    }

    /// Follows the drag of a row: a line shows where the row would go, and near an edge the list scrolls.
    fn drag(&mut self, ui: &Ui, rows: &[&Device], top: f32, width: egui::Rangef) -> Option<ListAction> {
        let dragged = self.dragged?;
        let pointer = ui.ctx().pointer_latest_pos()?;
        let gap = (((pointer.y - top) / ROW).round().max(0.0) as usize).min(rows.len());
        let clip = ui.clip_rect();
        if pointer.y < clip.top() + ROW {
            ui.scroll_with_delta(Vec2::new(0.0, ROW / 3.0));
        } else if pointer.y > clip.bottom() - ROW {
            ui.scroll_with_delta(Vec2::new(0.0, -ROW / 3.0));
        }
        ui.ctx().set_cursor_icon(egui::CursorIcon::Grabbing);
        ui.painter().hline(
            width,
            top + gap as f32 * ROW,
            Stroke::new(2.0, theme::tokens(ui).accent),
        );
        ui.ctx().request_repaint();
        if ui.input(|input| input.pointer.any_down()) {
            return None;
        }
        self.dragged = None;
        let from = position(rows, dragged)?;
        let index = if gap > from { gap - 1 } else { gap };
        (index != from).then_some(ListAction::Move(dragged, index))
    }

    fn keys(&mut self, ui: &Ui, rows: &[&Device], whole: bool) -> Option<ListAction> {
        let page = ((ui.available_height() - HEAD) / ROW).floor().max(1.0) as usize;
        let last = rows.len().checked_sub(1)?;
        if context_key::take(ui) {
            (self.menu_by_key, self.show_cursor) = (true, true);
        }
        let at = self.cursor.and_then(|id| position(rows, id));
        let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
        if pressed(Modifiers::ALT, Key::ArrowUp) {
            return whole.then_some(ListAction::Step(UpOrDown::Up));
        }
        if pressed(Modifiers::ALT, Key::ArrowDown) {
            return whole.then_some(ListAction::Step(UpOrDown::Down));
        }
        if pressed(Modifiers::COMMAND, Key::A) {
            self.selected = rows.iter().map(|device| device.id).collect();
            return None;
        }
        if pressed(Modifiers::NONE, Key::Delete) {
            return (!self.selected.is_empty()).then_some(ListAction::Delete);
        }
        if pressed(Modifiers::NONE, Key::Enter) {
            return match self.selected.len() {
                0 | 1 => self.cursor.map(ListAction::Edit),
                _ => Some(ListAction::EditSelected),
            };
        }
        if pressed(Modifiers::NONE, Key::Space) {
            let on = at
                .and_then(|index| rows.get(index))
                .is_some_and(|device| !device.enabled);
            return (!self.selected.is_empty())
                .then(|| ListAction::SetEnabled(self.selected.iter().copied().collect(), on));
        }
        let moves = [
            (Key::ArrowUp, at.map_or(0, |at| at.saturating_sub(1))),
            (Key::ArrowDown, at.map_or(0, |at| (at + 1).min(last))),
            (Key::PageUp, at.map_or(0, |at| at.saturating_sub(page))),
            (Key::PageDown, at.map_or(0, |at| (at + page).min(last))),
            (Key::Home, 0),
            (Key::End, last),
        ];
        for (key, to) in moves {
            for modifiers in [Modifiers::SHIFT, Modifiers::NONE] {
                if pressed(modifiers, key)
                    && let Some(device) = rows.get(to)
                {
                    self.choose(rows, device.id, modifiers);
                    self.show_cursor = true;
                    return None;
                }
            }
        }
        None
    }

    /// Selects a row by click or key: alone, with Ctrl in addition, or with Shift the range from the last one.
    fn choose(&mut self, rows: &[&Device], id: DeviceId, modifiers: Modifiers) {
        let anchor = self.anchor.and_then(|anchor| position(rows, anchor));
        match (modifiers.shift, anchor, position(rows, id)) {
            (true, Some(from), Some(to)) => {
                self.selected = rows[from.min(to)..=from.max(to)]
                    .iter()
                    .map(|device| device.id)
                    .collect();
            }
            _ if modifiers.command => {
                if !self.selected.remove(&id) {
                    self.selected.insert(id);
                }
                self.anchor = Some(id);
            }
            _ => {
                self.selected = BTreeSet::from([id]);
                self.anchor = Some(id);
            }
        }
        self.cursor = Some(id);
    }
}

/// The data that every row of the table is painted from.
struct Table<'a> {
    rows: &'a [&'a Device],
    /// `rows` is the whole list in its own order.
    whole: bool,
    list: &'a Response,
    states: DeviceStates<'a>,
    columns: [egui::Rangef; 8],
}

fn position(rows: &[&Device], id: DeviceId) -> Option<usize> {
    rows.iter().position(|device| device.id == id)
}

fn layout(rect: Rect) -> [egui::Rangef; 8] {
    let inner = rect.x_range().shrink(6.0);
    let mut columns = columns::layout(
        inner,
        [
            Width::Fixed(12.0),
            Width::Fixed(22.0),
            Width::Share(2.2),
            Width::Share(1.4),
            Width::Share(2.0),
            Width::Share(1.2),
            Width::Fixed(66.0),
            Width::Share(1.5),
        ],
    );
    // This column of text follows a column of numbers.
    columns[7].min += columns::AFTER_NUMBER;
    columns
}

/// The texts of a row's cells.
struct Texts<'a> {
    name: &'a str,
    site: &'a str,
    address: String,
    brand: String,
    channels: String,
    state: String,
}

impl<'a> Texts<'a> {
    fn of(device: &'a Device, env: &Env<'a>, state: String) -> Self {
        let brand = brand_of(device, env);
        Self {
            name: &device.name,
            site: env
                .state
                .registry
                .site(device.site)
                .map_or("", |site| site.name.as_str()),
            address: device.host.with_port(device.port),
            brand,
            channels: device.channels.len().to_string(),
            state,
        }
    }

    /// The row as a screen reader says it.
    fn whole(&self) -> String {
        [
            self.name,
            self.site,
            &self.address,
            &self.brand,
            &self.channels,
            &self.state,
        ]
        .join(", ")
    }
}
