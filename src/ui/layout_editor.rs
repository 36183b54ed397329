//! View → Layout → Edit layouts…: own layouts, made by merging the cells of a grid.

use egui::{
    Align, Align2, Button, Context, DragValue, EventFilter, FontId, Id, Key, Layout as Flow, Modal, Modifiers, Rect,
    Response, ScrollArea, Sense, Stroke, StrokeKind, TextEdit, Ui, Vec2, pos2, vec2,
};
use i18n_embed_fl::fl;

use super::act::{Act, PaintContext};
use super::icon::{self, Icon};
use super::theme;
use super::unsaved::{self, UnsavedAnswer};
use crate::i18n::Words;
use wall::{Direction, Layout, LayoutDraft, NameError, OwnLayout, OwnLayouts, View, Wall};

#[derive(Default)]
pub struct LayoutEditor {
    editing: Option<Editing>,
    removed: Option<(usize, OwnLayout)>,
}

struct Editing {
    name: String,
    /// The name of the layout that is edited; `None` for a new one.
    which: Option<String>,
    draft: LayoutDraft,
    /// The grid gets the keyboard in the next frame.
    want_focus: bool,
    /// The action that waits for the answer about unsaved changes.
    asking: Option<After>,
}

/// The action that follows once the person has said what becomes of the draft.
enum After {
    Close,
    Edit(Box<Editing>),
}

const LIST: f32 = 150.0;
const GRID: Vec2 = vec2(416.0, 234.0);

impl LayoutEditor {
    /// Opens the editor on the wall's layout if that is one of the user's own, otherwise on a new one.
    pub fn open(&mut self, layouts: &OwnLayouts, wall: &Wall) {
        let known = layouts
            .list()
            .iter()
            .find(|own| Layout::Own(own.grid.clone()) == *wall.layout());
        self.editing = Some(known.map_or_else(Editing::new, Editing::of));
        self.removed = None;
    }

    #[must_use]
    pub fn is_open(&self) -> bool {
        self.editing.is_some()
    }

    /// Shows the dialog while it is open. Saving changes `layouts` at once.
    pub fn show(
        &mut self,
        ctx: &Context,
        paint: PaintContext<'_>,
        layouts: &mut OwnLayouts,
        wall: &Wall,
        acts: &mut Vec<Act>,
    ) {
        let Some(editing) = &mut self.editing else { return };
        let removed = &mut self.removed;
        let modal = Modal::new(Id::unique("layouts")).frame(theme::dialog(ctx));
        let response = modal.show(ctx, |ui| {
            ui.set_width(LIST + GRID.x + theme::SPACE);
            ui.heading(fl!(paint.words, "layouts-title"));
            ui.add_space(theme::SPACE / 2.0);
            ui.horizontal_top(|ui| {
                ui.vertical(|ui| show_list(ui, paint.words, layouts, editing, removed));
                ui.add_space(theme::SPACE);
                ui.vertical(|ui| editing.show(ui, paint.words, layouts, wall, removed, acts))
                    .inner
            })
            .inner
        });
        let (close, answer) = response.inner;
        let close = close || response.should_close();
        match answer {
            Some(UnsavedAnswer::KeepEditing) => editing.asking = None,
            Some(UnsavedAnswer::Save | UnsavedAnswer::Discard) => {
                self.editing = match editing.asking.take() {
                    Some(After::Edit(next)) => Some(*next),
                    Some(After::Close) | None => None,
                };
            }
            None if close && editing.is_unsaved(layouts) => {
                editing.asking = editing.asking.take().is_none().then_some(After::Close);
            }
            None if close => self.editing = None,
            None => {}
        }
    }
}

fn show_list(
    ui: &mut Ui,
    words: &Words,
    layouts: &mut OwnLayouts,
    editing: &mut Editing,
    removed: &mut Option<(usize, OwnLayout)>,
) {
    ui.set_width(LIST);
    let mut next = None;
    if ui.button(fl!(words, "layouts-new")).clicked() {
        next = Some(Editing::new());
    }
    ui.separator();
    let list = ScrollArea::vertical().id_salt("own layouts").max_height(GRID.y);
    list.auto_shrink([false, true]).show(ui, |ui| {
        for own in layouts.list() {
            let chosen = editing.which.as_deref() == Some(&own.name);
            if ui.add(Button::selectable(chosen, &own.name).truncate()).clicked() {
                next = Some(Editing::of(own));
            }
        }
    });
    if layouts.list().is_empty() {
        ui.weak(fl!(words, "layouts-none"));
    }
    if let Some((_, gone)) = removed {
        ui.separator();
        ui.add(egui::Label::new(fl!(words, "layouts-removed", name = gone.name.as_str())).wrap());
        if ui.button(fl!(words, "notice-undo")).clicked()
            && let Some((index, layout)) = removed.take()
        {
            next = Some(Editing::of(&layout));
            layouts.put_back(index, layout);
        }
    }
    match next {
        Some(next) if editing.is_unsaved(layouts) => editing.asking = Some(After::Edit(Box::new(next))),
        Some(next) => *editing = next,
        None => {}
    }
}

impl Editing {
    fn new() -> Self {
        Self {
            name: String::new(),
            which: None,
            draft: LayoutDraft::new(4, 4),
            want_focus: true,
            asking: None,
        }
    }

    fn of(own: &OwnLayout) -> Self {
        Self {
            name: own.name.clone(),
            which: Some(own.name.clone()),
            draft: LayoutDraft::of(&own.grid),
            want_focus: true,
            asking: None,
        }
    }

    /// Whether the draft differs from every layout of the list.
    fn is_unsaved(&self, layouts: &OwnLayouts) -> bool {
        let which = self.which.as_deref();
        let kept = layouts.list().iter().find(|own| Some(own.name.as_str()) == which);
        let kept = kept.map_or_else(Self::new, Self::of);
        self.name != kept.name || self.draft.grid() != kept.draft.grid()
    }

    /// Paints the draft. Returns whether to close the dialog, and the answer to the question about unsaved changes.
    fn show(
        &mut self,
        ui: &mut Ui,
        words: &Words,
        layouts: &mut OwnLayouts,
        wall: &Wall,
        removed: &mut Option<(usize, OwnLayout)>,
        acts: &mut Vec<Act>,
    ) -> (bool, Option<UnsavedAnswer>) {
        self.show_size(ui, words);
        self.show_grid(ui, words);
        ui.weak(fl!(words, "layouts-hint"));
        ui.horizontal(|ui| {
            let merge = Button::new(fl!(words, "layouts-merge")).shortcut_text("M");
            let merge = named(
                ui.add_enabled(self.draft.can_merge(), merge),
                &fl!(words, "layouts-merge"),
            );
            if merge.clicked() {
                self.draft.merge();
            }
            let split = Button::new(fl!(words, "layouts-split")).shortcut_text("S");
            let split = named(
                ui.add_enabled(self.draft.can_split(), split),
                &fl!(words, "layouts-split"),
            );
            if split.clicked() {
                self.draft.split();
            }
            ui.weak(fl!(words, "layouts-tiles", count = self.draft.grid().cells().len()));
        });
        ui.add_space(theme::SPACE / 2.0);
        let label = ui.label(fl!(words, "layouts-name"));
        let name = ui.add(TextEdit::singleline(&mut self.name).desired_width(GRID.x - 16.0));
        let name = name.labelled_by(label.id);
        let fault = layouts.check_name(self.which.as_deref(), &self.name).err();
        let said = fault.filter(|fault| *fault != NameError::Empty || self.which.is_some());
        if let Some(fault) = said {
            let tokens = theme::tokens(ui);
            ui.horizontal(|ui| {
                icon::show(ui, Icon::Outage, 14.0, tokens.offline);
                ui.colored_label(tokens.offline, sentence(words, fault));
            });
        }
        ui.add_space(theme::SPACE);
        let entered = name.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        if self.asking.is_some() {
            let row = ui.with_layout(Flow::right_to_left(Align::Min), |ui| {
                unsaved::ask(ui, words, fault.is_none())
            });
            if row.inner == Some(UnsavedAnswer::Save) {
                self.save(layouts, wall, acts);
            }
            return (false, row.inner);
        }
        let close = ui.horizontal(|ui| {
            let save = ui.add_enabled(fault.is_none(), Button::new(fl!(words, "editor-save")));
            if fault.is_none() && (save.clicked() || entered) {
                self.save(layouts, wall, acts);
            }
            let known = self.which.is_some();
            if ui.add_enabled(known, Button::new(fl!(words, "layouts-use"))).clicked() {
                acts.push(Act::SetLayout(Layout::Own(self.draft.grid())));
                return true;
            }
            if ui
                .add_enabled(known, Button::new(fl!(words, "layouts-delete")))
                .clicked()
                && let Some(which) = &self.which
            {
                *removed = layouts.remove(which);
                *self = Self::new();
            }
            let close = ui.with_layout(Flow::right_to_left(Align::Center), |ui| {
                ui.button(fl!(words, "dialog-close")).clicked()
            });
            close.inner
        });
        (close.inner, None)
    }

    /// Saves the draft. A wall that shows this layout changes with it.
    fn save(&mut self, layouts: &mut OwnLayouts, wall: &Wall, acts: &mut Vec<Act>) {
        let grid = self.draft.grid();
        let which = self.which.as_deref();
        let before = layouts.list().iter().find(|own| Some(own.name.as_str()) == which);
        let is_shown = before.is_some_and(|own| Layout::Own(own.grid.clone()) == *wall.layout());
        let own = OwnLayout {
            name: self.name.clone(),
            grid: grid.clone(),
        };
        if layouts.save(which, own).is_ok() {
            self.name = self.name.trim().to_owned();
            self.which = Some(self.name.clone());
            if is_shown {
                acts.push(Act::SetLayout(Layout::Own(grid)));
            }
        }
    }

    fn show_size(&mut self, ui: &mut Ui, words: &Words) {
        let (mut columns, mut rows) = self.draft.size();
        let range = LayoutDraft::MIN_SIDE..=LayoutDraft::MAX_SIDE;
        ui.horizontal(|ui| {
            let label = ui.label(fl!(words, "layouts-columns"));
            let _ = ui
                .add(DragValue::new(&mut columns).range(range.clone()))
                .labelled_by(label.id);
            let label = ui.label(fl!(words, "layouts-rows"));
            let _ = ui.add(DragValue::new(&mut rows).range(range)).labelled_by(label.id);
        });
        if (columns, rows) != self.draft.size() {
            self.draft.resize(columns, rows);
        }
    }

    fn show_grid(&mut self, ui: &mut Ui, words: &Words) {
        let (area, frame) = ui.allocate_exact_size(GRID, Sense::focusable_noninteractive());
        let (columns, rows) = self.draft.size();
        frame.widget_info(|| {
            let label = fl!(words, "layouts-grid", columns = columns, rows = rows);
            egui::WidgetInfo::labeled(egui::Role::Group, true, label)
        });
        if std::mem::take(&mut self.want_focus) {
            frame.request_focus();
        }
        self.take_keys(ui, &frame);
        let tokens = theme::tokens(ui);
        let has_focus = frame.has_focus();
        let grid = self.draft.grid();
        let selection = self.draft.selection();
        let place = |[left, top, right, bottom]: [f32; 4]| {
            let at = |x: f32, y: f32| pos2(area.left() + x * area.width(), area.top() + y * area.height());
            Rect::from_min_max(at(left, top), at(right, bottom)).shrink(1.5)
        };
        let unit = |at: egui::Pos2| {
            let inside = (at - area.min) / area.size();
            let part = |share: f32, count: u8| (share * f32::from(count)).clamp(0.0, f32::from(count - 1)) as u8;
            (part(inside.x, columns), part(inside.y, rows))
        };
        ui.painter().rect_filled(area, 2.0, tokens.wall);
        for (index, cell) in grid.cells().iter().enumerate() {
            let rect = place(cell.fractions(&grid));
            let id = frame.id.with((cell.column, cell.row));
            let response = ui.interact(rect, id, Sense::CLICK | Sense::DRAG);
            let inside = cell.column >= selection.column
                && cell.row >= selection.row
                && cell.column < selection.column + selection.width
                && cell.row < selection.row + selection.height;
            response.widget_info(|| {
                let (column, row, number) = (cell.column + 1, cell.row + 1, index + 1);
                let label = fl!(words, "layouts-cell", number = number, column = column, row = row);
                egui::WidgetInfo::selected(egui::Role::Button, true, inside, label)
            });
            if let Some(at) = response.interact_pointer_pos() {
                if response.clicked() || response.drag_started() {
                    let origin = ui.input(|input| input.pointer.press_origin()).unwrap_or(at);
                    let (column, row) = unit(origin);
                    if response.clicked() && ui.input(|input| input.modifiers.shift) {
                        self.draft.extend(column, row);
                    } else {
                        self.draft.select(column, row);
                    }
                    frame.request_focus();
                }
                if response.dragged() {
                    let (column, row) = unit(at);
                    self.draft.extend(column, row);
                }
            }
            let fill = if inside { tokens.selected } else { tokens.raised };
            ui.painter().rect_filled(rect, 2.0, fill);
            let number = (index + 1).to_string();
            let font = FontId::proportional(13.0);
            ui.painter()
                .text(rect.center(), Align2::CENTER_CENTER, number, font, tokens.text);
        }
        let [left, top, right, bottom] = selection.fractions(&grid);
        let width = if has_focus { 2.5 } else { 1.0 };
        let stroke = Stroke::new(width, tokens.accent);
        ui.painter()
            .rect_stroke(place([left, top, right, bottom]), 2.0, stroke, StrokeKind::Inside);
    }

    /// Takes the keys of the grid: arrows move the selection, with Shift they extend it, M merges, S splits.
    fn take_keys(&mut self, ui: &Ui, frame: &Response) {
        if !frame.has_focus() {
            return;
        }
        let filter = EventFilter {
            horizontal_arrows: true,
            vertical_arrows: true,
            ..EventFilter::default()
        };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(frame.id, filter));
        let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
        for (key, direction) in [
            (Key::ArrowLeft, Direction::Left),
            (Key::ArrowRight, Direction::Right),
            (Key::ArrowUp, Direction::Up),
            (Key::ArrowDown, Direction::Down),
        ] {
            if pressed(Modifiers::SHIFT, key) {
                self.draft.step(direction, true);
            } else if pressed(Modifiers::NONE, key) {
                self.draft.step(direction, false);
            }
        }
        if pressed(Modifiers::NONE, Key::M) {
            self.draft.merge();
        }
        if pressed(Modifiers::NONE, Key::S) {
            self.draft.split();
        }
    }
}

/// A screen reader says the button's name without its key.
fn named(response: Response, name: &str) -> Response {
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, response.enabled(), name));
    response
}

fn sentence(words: &Words, fault: NameError) -> String {
    match fault {
        NameError::Empty => fl!(words, "layouts-no-name"),
        NameError::Taken => fl!(words, "layouts-name-taken"),
        NameError::Long => fl!(words, "problem-too-long", max = View::MAX_NAME.to_string()),
        NameError::Control => fl!(words, "problem-control-character"),
    }
}
