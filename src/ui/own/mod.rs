//! View → Monomi's own figures: what the program itself costs over time, drawn with axis and units, and what of it is too much.

use egui::accesskit::Role;
use egui::{
    Align, Align2, Context, FontId, Id, Layout, Modal, Rect, ScrollArea, Sense, Shape, Stroke, Ui, WidgetInfo, pos2,
    vec2,
};
use i18n_embed_fl::fl;

use super::act::PaintContext;
use super::form::{radio_value, weak_text};
use super::health::WallClock;
use super::theme;
use crate::bridge::{EngineState, occurrence_of};
use crate::i18n::Words;
use crate::wording;
use self_watch::{OwnFigure, OwnLimit, Plotted};

const WIDTH: f32 = 1_040.0;
const HEIGHT: f32 = 74.0;
/// What stands above the highest line: what it is, and what it is now.
const TITLE: f32 = 28.0;
/// What the times below take.
const TIMES: f32 = 20.0;
/// What the names of the values on an axis take.
const AXIS: f32 = 66.0;
const COLUMNS: usize = 240;
const HOUR: i64 = 3_600;

/// How far back is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Span {
    #[default]
    Day,
    Week,
    Month,
}

impl Span {
    const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    fn seconds(self) -> i64 {
        let days = match self {
            Self::Day => 1,
            Self::Week => 7,
            Self::Month => 30,
        };
        days * 24 * HOUR
    }

    fn name(self, words: &Words) -> String {
        match self {
            Self::Day => fl!(words, "health-day"),
            Self::Week => fl!(words, "health-week"),
            Self::Month => fl!(words, "health-month"),
        }
    }
}

/// The page.
#[derive(Default)]
pub struct OwnFiguresDialog {
    open: bool,
    span: Span,
}

impl OwnFiguresDialog {
    pub fn open(&mut self) {
        self.open = true;
    }

    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Paints the page, if it is open.
    pub fn show(&mut self, ctx: &Context, paint: PaintContext<'_>) {
        if !self.open {
            return;
        }
        let (words, state) = (paint.words, paint.state);
        let response = Modal::new(Id::unique("own figures"))
            .frame(theme::dialog(ctx))
            .show(ctx, |ui| {
                ui.set_width(WIDTH.min(ctx.content_rect().width() - 40.0));
                ui.heading(fl!(words, "own-title"));
                weak_text(ui, &fl!(words, "own-about"));
                ui.add_space(theme::SPACE / 2.0);
                ui.horizontal(|ui| {
                    for span in Span::ALL {
                        radio_value(ui, &mut self.span, span, span.name(words));
                    }
                });
                too_much(ui, words, state);
                ui.add_space(theme::SPACE / 2.0);
                let height = (ctx.content_rect().height() - 250.0).max(120.0);
                ScrollArea::vertical()
                    .id_salt("own figures")
                    .max_height(height)
                    .auto_shrink([false, true])
                    .show(ui, |ui| charts(ui, words, state, self.span));
                ui.add_space(theme::SPACE);
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    ui.button(fl!(words, "dialog-close")).clicked()
                })
                .inner
            });
        if response.inner || response.should_close() {
            self.open = false;
        }
    }
}

/// What is too much now, and what can be done.
fn too_much(ui: &mut Ui, words: &Words, state: &EngineState) {
    for excess in state.own.excesses.values() {
        let of = occurrence_of(excess.limit);
        let advice = wording::event::advice(words, &of.into()).unwrap_or_default();
        let figure = match excess.limit {
            OwnLimit::Memory => OwnFigure::Memory,
            OwnLimit::MemoryGrowth => {
                let grows = fl!(
                    words,
                    "own-grows",
                    size = value(OwnFigure::Memory, excess.value),
                    hours = excess.bound
                );
                ui.colored_label(
                    theme::tokens(ui).late,
                    format!("{}: {grows}", wording::event::occurrence(words, of)),
                );
                ui.label(advice);
                continue;
            }
            OwnLimit::Handles => OwnFigure::Handles,
            OwnLimit::Disk => OwnFigure::Disk,
            OwnLimit::LoopDelay => OwnFigure::LoopDelay,
            OwnLimit::Queue => OwnFigure::Queue,
            OwnLimit::Decoders => OwnFigure::Decoders,
        };
        let much = value(figure, excess.value);
        ui.colored_label(
            theme::tokens(ui).late,
            format!("{}: {much}", wording::event::occurrence(words, of)),
        );
        ui.label(advice);
    }
}

fn charts(ui: &mut Ui, words: &Words, state: &EngineState, span: Span) {
    let now = i64::try_from(state.events.now.0 / 1_000).unwrap_or(0);
    let series = &state.own.series;
    let known: Vec<(OwnFigure, Plotted)> = OwnFigure::ALL
        .into_iter()
        .map(|figure| (figure, series.plot(figure, span.seconds(), now, COLUMNS)))
        .filter(|(_, plotted)| plotted.columns.iter().any(Option::is_some))
        .collect();
    if known.is_empty() {
        ui.label(fl!(words, "own-none-yet"));
        return;
    }
    let wall = WallClock::of(state);
    let width = (ui.available_width() - theme::SPACE) / 2.0;
    for pair in known.chunks(2) {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = theme::SPACE;
            for (figure, plotted) in pair {
                let last = series.last().and_then(|sample| sample.get(*figure));
                chart(ui, words, *figure, plotted, last, wall, width);
            }
        });
        ui.add_space(theme::SPACE / 2.0);
    }
    let unknown: Vec<String> = OwnFigure::ALL
        .into_iter()
        .filter(|figure| known.iter().all(|(known, _)| known != figure))
        .map(|figure| name(words, figure))
        .collect();
    if !unknown.is_empty() {
        weak_text(ui, &fl!(words, "own-unknown", figures = words.list(&unknown)));
    }
}

fn chart(
    ui: &mut Ui,
    words: &Words,
    figure: OwnFigure,
    plotted: &Plotted,
    last: Option<u32>,
    wall: WallClock,
    width: f32,
) {
    let tokens = theme::tokens(ui);
    let known = || plotted.columns.iter().flatten().copied();
    let (least, most) = (known().min().unwrap_or(0), known().max().unwrap_or(0));
    let top = match figure {
        // Whole MiB stand at the axis.
        OwnFigure::Memory => top_of(most / 1_024 + 1).saturating_mul(1_024),
        _ => top_of(most),
    };
    let now = last.map_or_else(|| "—".to_owned(), |last| value(figure, last));
    let said = fl!(
        words,
        "own-chart",
        name = name(words, figure),
        now = now.as_str(),
        least = value(figure, least),
        most = value(figure, most)
    );
    let (rect, response) = ui.allocate_exact_size(vec2(width, TITLE + HEIGHT + TIMES), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &said));
    let font = FontId::proportional(12.0);
    let painter = ui.painter();
    let title = format!("{}: {now}", name(words, figure));
    painter.text(
        rect.left_top(),
        Align2::LEFT_TOP,
        title,
        FontId::proportional(13.0),
        tokens.text,
    );
    let plot = Rect::from_min_max(
        pos2(rect.left() + AXIS, rect.top() + TITLE),
        pos2(rect.right(), rect.top() + TITLE + HEIGHT),
    );
    for part in [0.0, 0.5, 1.0] {
        let y = plot.bottom() - part * plot.height();
        painter.hline(plot.x_range(), y, Stroke::new(1.0, tokens.line));
        let at = value(figure, (top as f32 * part) as u32);
        painter.text(
            pos2(plot.left() - 6.0, y),
            Align2::RIGHT_CENTER,
            at,
            font.clone(),
            tokens.text_weak,
        );
    }
    for (part, align) in [
        (0.0, Align2::LEFT_TOP),
        (0.5, Align2::CENTER_TOP),
        (1.0, Align2::RIGHT_TOP),
    ] {
        let at = plotted.since + ((plotted.until - plotted.since) as f64 * f64::from(part)) as i64;
        let place = pos2(plot.left() + part * plot.width(), plot.bottom() + 3.0);
        painter.text(place, align, wall.time(at), font.clone(), tokens.text_weak);
    }
    let step = plot.width() / plotted.columns.len().max(1) as f32;
    let mut line = Vec::new();
    let mut lines = Vec::new();
    for (column, known) in plotted.columns.iter().enumerate() {
        match known {
            Some(known) => {
                let x = plot.left() + step * column as f32;
                let y = plot.bottom() - plot.height() * (*known as f32 / top as f32).min(1.0);
                line.extend([pos2(x, y), pos2(x + step, y)]);
            }
            // Of this time nothing is known: the line has a gap.
            None => lines.push(std::mem::take(&mut line)),
        }
    }
    lines.push(line);
    for line in lines.into_iter().filter(|line| !line.is_empty()) {
        painter.add(Shape::line(line, Stroke::new(1.5, tokens.accent)));
    }
    response.on_hover_text(said);
}

/// A round value at or above the most.
fn top_of(most: u32) -> u32 {
    let mut step = 1_u32;
    loop {
        for times in [1, 2, 4, 8] {
            let top = step.saturating_mul(times);
            if top >= most.max(4) {
                return top;
            }
        }
        let Some(next) = step.checked_mul(10) else {
            return u32::MAX;
        };
        step = next;
    }
}

/// What a figure is called.
#[must_use]
pub fn name(words: &Words, figure: OwnFigure) -> String {
    match figure {
        OwnFigure::Memory => fl!(words, "own-memory"),
        OwnFigure::Cpu => fl!(words, "own-cpu"),
        OwnFigure::Handles => fl!(words, "own-handles"),
        OwnFigure::Threads => fl!(words, "own-threads"),
        OwnFigure::Tasks => fl!(words, "own-tasks"),
        OwnFigure::LoopDelay => fl!(words, "own-delay"),
        OwnFigure::Queue => fl!(words, "own-queue"),
        OwnFigure::Decoders => fl!(words, "own-decoders"),
        OwnFigure::Disk => fl!(words, "own-disk"),
        OwnFigure::GpuUse => fl!(words, "own-gpu"),
        OwnFigure::GpuMemory => fl!(words, "own-gpu-memory"),
    }
}

/// With its unit.
#[must_use]
pub fn value(figure: OwnFigure, value: u32) -> String {
    let mib = |mib: u32| match mib {
        0..10_240 => format!("{mib} MiB"),
        _ => format!("{:.1} GiB", f64::from(mib) / 1_024.0),
    };
    match figure {
        OwnFigure::Memory => mib(value / 1_024),
        OwnFigure::Cpu => format!("{:.1} %", f64::from(value) / 10.0),
        OwnFigure::LoopDelay => format!("{value} ms"),
        OwnFigure::Disk | OwnFigure::GpuMemory => mib(value),
        OwnFigure::GpuUse => format!("{value} %"),
        OwnFigure::Handles | OwnFigure::Threads | OwnFigure::Tasks | OwnFigure::Queue | OwnFigure::Decoders => {
            value.to_string()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_ends_at_a_round_value_above_all() {
        for (most, top) in [
            (0, 4),
            (3, 4),
            (5, 8),
            (9, 10),
            (120, 200),
            (4_100, 8_000),
            (u32::MAX, u32::MAX),
        ] {
            assert_eq!(top_of(most), top, "{most}");
        }
    }

    #[test]
    fn values_have_their_units() {
        assert_eq!(value(OwnFigure::Memory, 184_320), "180 MiB");
        assert_eq!(value(OwnFigure::Disk, 51_200), "50.0 GiB");
        assert_eq!(value(OwnFigure::Cpu, 1_234), "123.4 %");
        assert_eq!(value(OwnFigure::LoopDelay, 7), "7 ms");
        assert_eq!(value(OwnFigure::Handles, 97), "97");
    }
}
