//! What a table would do, row by row: new, changed, bad with column and reason. Only the rows in view are painted.

use egui::{Align, Label, Layout, RichText, ScrollArea, Ui, UiBuilder, vec2};
use i18n_embed_fl::fl;

use super::env::Env;
use super::{csv_words, modal};
use crate::ui::form::weak_text;
use crate::ui::icon::{self, Icon};
use crate::ui::theme;
use registry_csv::{CsvKind, CsvOutcome, CsvPlan, CsvRow};

const ROW: f32 = 24.0;
const NUMBER: f32 = 64.0;
const NAME: f32 = 280.0;

/// Which rows are listed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    All,
    New,
    Changed,
    Bad,
}

impl Shown {
    /// What a person has to look at first.
    pub(super) fn of(plan: &CsvPlan) -> Self {
        match plan.count(|outcome| matches!(outcome, CsvOutcome::Bad(_))) {
            0 => Self::All,
            _ => Self::Bad,
        }
    }

    fn has(self, outcome: &CsvOutcome) -> bool {
        match self {
            Self::All => true,
            Self::New => matches!(outcome, CsvOutcome::New(_)),
            Self::Changed => matches!(outcome, CsvOutcome::Changed(..)),
            Self::Bad => matches!(outcome, CsvOutcome::Bad(_)),
        }
    }
}

pub(super) fn show(ui: &mut Ui, env: &Env, plan: &CsvPlan, shown: &mut Shown) {
    let words = env.words;
    let count = |shown: Shown| plan.count(|outcome| shown.has(outcome));
    let (new, changed, bad) = (count(Shown::New), count(Shown::Changed), count(Shown::Bad));
    let same = plan.rows.len() - new - changed - bad;
    let encoding = plan.encoding.as_str();
    weak_text(ui, &fl!(words, "csv-read-as", encoding = encoding, same = same));
    if plan.kind == CsvKind::Ivms {
        weak_text(ui, &fl!(words, "csv-template"));
    }
    if !plan.ignored.is_empty() {
        weak_text(ui, &fl!(words, "csv-ignored", columns = words.list(&plan.ignored)));
    }
    ui.add_space(4.0);
    let tabs = [
        (Shown::All, fl!(words, "csv-all", count = plan.rows.len())),
        (Shown::New, fl!(words, "csv-new", count = new)),
        (Shown::Changed, fl!(words, "csv-changed", count = changed)),
        (Shown::Bad, fl!(words, "csv-bad", count = bad)),
    ];
    modal::tab_bar(ui, shown, &tabs);
    let rows: Vec<&CsvRow> = plan.rows.iter().filter(|row| shown.has(&row.outcome)).collect();
    if rows.is_empty() {
        weak_text(ui, &fl!(words, "csv-none"));
        return;
    }
    ui.spacing_mut().item_spacing.y = 0.0;
    ScrollArea::vertical()
        .id_salt("rows of a table")
        .auto_shrink(false)
        .show_rows(ui, ROW, rows.len(), |ui, range| {
            for row in &rows[range] {
                one_row(ui, env, row);
            }
        });
}

fn one_row(ui: &mut Ui, env: &Env, row: &CsvRow) {
    let tokens = theme::tokens(ui);
    let (sign, color) = match row.outcome {
        CsvOutcome::New(_) => (Icon::Plus, tokens.live),
        CsvOutcome::Changed(..) => (Icon::Notice, tokens.accent),
        CsvOutcome::Same => (Icon::Done, tokens.text_weak),
        CsvOutcome::Bad(_) => (Icon::Outage, tokens.offline),
    };
    let size = vec2(ui.available_width(), ROW);
    ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
        ui.set_min_size(size);
        cell(ui, NUMBER, &fl!(env.words, "csv-row", number = row.number));
        icon::show(ui, sign, 14.0, color);
        let name = match (row.site.as_str(), row.name.as_str()) {
            ("", name) => name.to_owned(),
            (site, name) => format!("{site}/{name}"),
        };
        cell(ui, NAME, &device::with_hidden_shown(&name));
        let said = csv_words::outcome(env, &row.outcome);
        let label = Label::new(RichText::new(&said).color(tokens.text)).truncate();
        ui.add(label).on_hover_text(&said);
    });
}

fn cell(ui: &mut Ui, width: f32, text: &str) {
    let (rect, _) = ui.allocate_exact_size(vec2(width, ROW), egui::Sense::hover());
    let layout = Layout::left_to_right(Align::Center);
    let mut cell = ui.new_child(UiBuilder::new().max_rect(rect).layout(layout));
    cell.add(Label::new(text).truncate());
}
