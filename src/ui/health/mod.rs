//! View → Health: every registered device, watched or not: how it is, how available it was, and what it says of itself; to be sorted, searched, and
//! written to a file or to paper.

mod rows;

use std::path::{Path, PathBuf};

use egui::accesskit::Role;
use egui::{
    Align, Color32, Context, FontId, Id, Layout, Modal, Rangef, Rect, ScrollArea, Sense, Stroke, Ui, Vec2, WidgetInfo,
    vec2,
};
use i18n_embed_fl::fl;

pub use self::rows::{Column, HealthCondition, HealthRow, WallClock, percent, rows, table};
use super::act::PaintContext;
use super::choosing::{Choice, Chooser, Question, Wanted, folder_of};
use super::form::{checkbox, error_text, labelled_text_field, weak_text};
use super::{profile, text, theme};
use crate::bridge::{Command, EngineHandle, ProfileFault, ProfileRequest};
use crate::i18n::Words;
use device::search_form;

/// The columns that fit on a screen, with their shares of it; the others are in the tip of a row and in what is written.
const SHOWN: [(Column, f32); 10] = [
    (Column::Device, 0.15),
    (Column::Site, 0.10),
    (Column::State, 0.12),
    (Column::Since, 0.08),
    (Column::Day, 0.07),
    (Column::Week, 0.07),
    (Column::Month, 0.07),
    (Column::Outage, 0.17),
    (Column::Events, 0.10),
    (Column::Model, 0.07),
];

const WIDTH: f32 = 1_220.0;
const ROW: f32 = 26.0;
const HEAD: f32 = 24.0;
const GAP: f32 = 10.0;
/// The numbers of its requests begin where no other dialog's come.
const FIRST_REQUEST: u64 = 1 << 35;

/// The page and how it is looked at.
pub struct HealthDialog {
    open: bool,
    search: String,
    only_troubles: bool,
    sorted: Column,
    reversed: bool,
    folder: PathBuf,
    chooser: Chooser,
    csv: Choice,
    page: Choice,
    last_asked: u64,
    written: Option<PathBuf>,
    said: Option<Result<PathBuf, ProfileFault>>,
}

impl HealthDialog {
    /// `folder`: the folder that is proposed for files. `chooser`: the dialog of the system for them.
    #[must_use]
    pub fn new(folder: &Path, chooser: &Chooser) -> Self {
        Self {
            open: false,
            search: String::new(),
            only_troubles: false,
            sorted: Column::State,
            reversed: false,
            folder: folder.to_owned(),
            chooser: chooser.clone(),
            csv: Choice::default(),
            page: Choice::default(),
            last_asked: FIRST_REQUEST,
            written: None,
            said: None,
        }
    }

    pub fn open(&mut self) {
        self.open = true;
        self.said = None;
    }

    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Paints the page, if it is open.
    pub fn show(&mut self, ctx: &Context, paint: PaintContext<'_>, engine: &EngineHandle) {
        if !self.open {
            return;
        }
        self.follow(paint);
        let words = paint.words;
        let rows = self.chosen(words, paint);
        let response = Modal::new(Id::unique("health"))
            .frame(theme::dialog(ctx))
            .show(ctx, |ui| {
                ui.set_width(WIDTH.min(ctx.content_rect().width() - 40.0));
                ui.heading(fl!(words, "health-title"));
                weak_text(ui, &fl!(words, "health-about"));
                ui.add_space(theme::SPACE / 2.0);
                ui.horizontal(|ui| {
                    labelled_text_field(ui, &fl!(words, "health-search"), &mut self.search, 220.0);
                    checkbox(ui, &mut self.only_troubles, fl!(words, "health-only-troubles"));
                    weak_text(ui, &fl!(words, "health-count", count = rows.len()));
                });
                ui.add_space(theme::SPACE / 2.0);
                self.list(ui, words, &rows);
                ui.add_space(theme::SPACE / 2.0);
                self.save(ui, paint, engine, &rows)
            });
        if response.inner || response.should_close() {
            self.open = false;
        }
    }

    /// The rows that are searched for, sorted.
    fn chosen(&self, words: &Words, paint: PaintContext<'_>) -> Vec<HealthRow> {
        let search = search_form(self.search.trim());
        let mut rows = rows(words, paint.state);
        rows.retain(|row| {
            let is_found = search.is_empty() || row.cells.iter().any(|cell| search_form(cell).contains(&search));
            let is_trouble = matches!(row.condition, HealthCondition::Down) || row.warns;
            is_found && (is_trouble || !self.only_troubles)
        });
        let index = self.sorted.index();
        rows.sort_by(|one, other| {
            let by_key = one.keys.get(index).cmp(&other.keys.get(index));
            let order = by_key.then_with(|| one.cells.get(index).cmp(&other.cells.get(index)));
            if self.reversed { order.reverse() } else { order }
        });
        rows
    }

    fn list(&mut self, ui: &mut Ui, words: &Words, rows: &[HealthRow]) {
        let height = (ui.ctx().content_rect().height() - 290.0).clamp(90.0, ROW * 24.0);
        let (head, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEAD), Sense::hover());
        let tokens = theme::tokens(ui);
        for ((column, _), range) in SHOWN.into_iter().zip(columns(head)) {
            self.title(ui, words, column, Rect::from_x_y_ranges(range, head.y_range()));
        }
        ui.painter()
            .hline(head.x_range(), head.bottom(), Stroke::new(1.0, tokens.line));
        let spacing = std::mem::take(&mut ui.spacing_mut().item_spacing.y);
        ScrollArea::vertical()
            .id_salt("health")
            .max_height(height)
            .min_scrolled_height(height)
            .auto_shrink([false, false])
            .show_rows(ui, ROW, rows.len(), |ui, range| {
                for row in rows.get(range).into_iter().flatten() {
                    line(ui, words, row);
                }
            });
        ui.spacing_mut().item_spacing.y = spacing;
    }

    /// A title by which the rows are sorted when it is clicked, and the other way when it is clicked again.
    fn title(&mut self, ui: &mut Ui, words: &Words, column: Column, place: Rect) {
        let said = column.title(words);
        let response = ui.interact(place, Id::unique(("health column", column.index())), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &said));
        let tokens = theme::tokens(ui);
        let is_sorted = self.sorted == column;
        let color = if is_sorted || response.hovered() {
            tokens.text
        } else {
            tokens.text_weak
        };
        let shown = match (is_sorted, self.reversed) {
            (false, _) => said,
            (true, false) => format!("{said} ↑"),
            (true, true) => format!("{said} ↓"),
        };
        let galley = text::line(ui, &shown, FontId::proportional(12.5), color, place.width());
        text::paint_left(ui, place, galley, color);
        if response.clicked() {
            self.reversed = is_sorted && !self.reversed;
            self.sorted = column;
        }
    }

    /// What writes it to a file; whether the page is to be closed.
    fn save(&mut self, ui: &mut Ui, paint: PaintContext<'_>, engine: &EngineHandle, rows: &[HealthRow]) -> bool {
        let words = paint.words;
        let closes = ui.horizontal(|ui| {
            let question = |name: &'static str, ending: &'static str, folder: &Path| Question {
                title: fl!(words, "health-title"),
                wanted: Wanted::Save {
                    name: name.to_owned(),
                    ending,
                },
                folder: folder_of(&folder.join(name).display().to_string()),
            };
            let folder = self.folder.clone();
            let csv = self.csv.show(ui, words, &self.chooser, &fl!(words, "health-csv"), || {
                question("monomi-health.csv", "csv", &folder)
            });
            let page = self
                .page
                .show(ui, words, &self.chooser, &fl!(words, "health-page"), || {
                    question("monomi-health.html", "html", &folder)
                });
            let table = || table(words, paint.state, rows);
            if let Some(path) = csv {
                self.write(engine, path, table().to_csv());
            }
            if let Some(path) = page {
                self.write(engine, path, table().to_html());
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.button(fl!(words, "dialog-close")).clicked()
            })
            .inner
        });
        match &self.said {
            None => {}
            Some(Err(fault)) => drop(error_text(ui, &profile::problem(words, fault))),
            Some(Ok(path)) => {
                ui.horizontal(|ui| {
                    ui.label(fl!(words, "health-written"));
                    if ui.button(fl!(words, "note-open-folder")).clicked() {
                        engine.send(Command::OpenFolderOf(path.clone()));
                    }
                });
            }
        }
        closes.inner
    }

    fn write(&mut self, engine: &EngineHandle, path: PathBuf, text: String) {
        self.last_asked += 1;
        self.written = Some(path.clone());
        self.said = None;
        engine.send(Command::Profile {
            id: self.last_asked,
            request: Box::new(ProfileRequest::SaveText { path, text }),
        });
    }

    fn follow(&mut self, paint: PaintContext<'_>) {
        let answer = paint
            .state
            .profile
            .as_deref()
            .filter(|answer| answer.id == self.last_asked);
        if let Some((answer, path)) = answer.zip(self.written.clone()) {
            self.said = Some(answer.outcome.as_ref().map(|_| path).map_err(Clone::clone));
            self.written = None;
        }
    }
}

fn columns(row: Rect) -> [Rangef; SHOWN.len()] {
    let inner = row.x_range().shrink(6.0);
    let room = (inner.span() - GAP * SHOWN.len() as f32 - 12.0).max(0.0);
    let mut x = inner.min;
    SHOWN.map(|(_, share)| {
        let column = Rangef::new(x, x + room * share);
        x = column.max + GAP;
        column
    })
}

fn line(ui: &mut Ui, words: &Words, row: &HealthRow) {
    let tokens = theme::tokens(ui);
    let (rect, response) = ui.allocate_exact_size(Vec2::new(ui.available_width(), ROW), Sense::hover());
    let said: Vec<String> = Column::ALL
        .iter()
        .zip(&row.cells)
        .filter(|(_, cell)| !cell.is_empty())
        .map(|(column, cell)| format!("{}: {cell}", column.title(words)))
        .collect();
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, said.join(", ")));
    ui.ctx()
        .accesskit_node_builder(response.id, |node| node.set_role(Role::Row));
    if response.hovered() {
        ui.painter().rect_filled(rect, 3.0, tokens.raised_hovered);
    }
    for ((column, _), range) in SHOWN.into_iter().zip(columns(rect)) {
        let Some(cell) = row.cells.get(column.index()) else {
            continue;
        };
        let color = color(column, row.condition, tokens);
        let place = Rect::from_x_y_ranges(range, rect.y_range());
        let galley = text::line(ui, cell, FontId::proportional(12.5), color, place.width());
        text::paint_left(ui, place, galley, color);
    }
    response.on_hover_text(said.join("\n"));
}

fn color(column: Column, condition: HealthCondition, tokens: &theme::Tokens) -> Color32 {
    match (column, condition) {
        (Column::Device, _) => tokens.text,
        (Column::State, HealthCondition::Down) => tokens.offline,
        (Column::State, HealthCondition::Live | HealthCondition::Answers) => tokens.live,
        _ => tokens.text_weak,
    }
}
