//! The columns of a table that paints only the rows in view.

use egui::{Align, Color32, Label, Layout, Rangef, Rect, RichText, Ui, UiBuilder};

use crate::ui::theme;

/// The gap between two columns, in points.
const GAP: f32 = 14.0;

/// The extra gap between a column of numbers and a column of text, in points.
pub(super) const AFTER_NUMBER: f32 = 10.0;

/// How wide a column is: in points, or its share of what is left over.
#[derive(Clone, Copy)]
pub(super) enum Width {
    Fixed(f32),
    Share(f32),
}

/// The part of a row that the columns use. The right end is left free for the scroll bar, in the head too.
pub(super) fn inner(ui: &Ui, rect: Rect) -> Rect {
    rect.with_max_x(rect.right() - ui.spacing().scroll.allocated_width())
}

/// The columns within `range`, from left to right.
pub(super) fn layout<const N: usize>(range: Rangef, widths: [Width; N]) -> [Rangef; N] {
    let gaps = GAP * N.saturating_sub(1) as f32;
    let fixed: f32 = widths
        .iter()
        .map(|width| if let Width::Fixed(points) = width { *points } else { 0.0 })
        .sum();
    let shares: f32 = widths
        .iter()
        .map(|width| if let Width::Share(share) = width { *share } else { 0.0 })
        .sum();
    let left_over = (range.span() - gaps - fixed).max(0.0);
    let mut x = range.min;
    widths.map(|width| {
        let points = match width {
            Width::Fixed(points) => points,
            Width::Share(share) => left_over * share / shares.max(f32::EPSILON),
        };
        let column = Rangef::new(x, x + points);
        x += points + GAP;
        column
    })
}

/// The part of `row` that lies in `column`.
pub(super) fn cell(row: Rect, column: Rangef) -> Rect {
    Rect::from_x_y_ranges(column, row.y_range())
}

/// Text in one line; what does not fit ends in … and is shown whole under the pointer.
pub(super) fn text(ui: &mut Ui, rect: Rect, text: &str, color: Color32) {
    let layout = Layout::left_to_right(Align::Center);
    ui.scope_builder(UiBuilder::new().max_rect(rect).layout(layout), |ui| {
        ui.add(Label::new(RichText::new(text).color(color)).truncate());
    });
}

/// A number, aligned to the right with the numbers above and below.
pub(super) fn number(ui: &mut Ui, rect: Rect, text: &str, color: Color32) {
    let layout = Layout::right_to_left(Align::Center);
    ui.scope_builder(UiBuilder::new().max_rect(rect).layout(layout), |ui| {
        ui.add(Label::new(RichText::new(text).color(color)).truncate());
    });
}

/// The head of a column.
pub(super) fn head(ui: &mut Ui, rect: Rect, title: &str, align: Align) {
    let layout = match align {
        Align::Max => Layout::right_to_left(Align::Center),
        Align::Min | Align::Center => Layout::left_to_right(Align::Center),
    };
    let color = theme::tokens(ui).text_weak;
    ui.scope_builder(UiBuilder::new().max_rect(rect).layout(layout), |ui| {
        ui.add(Label::new(RichText::new(title).size(12.0).color(color)).truncate());
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_take_what_is_left_over() {
        let range = Rangef::new(10.0, 110.0 + 2.0 * GAP);
        let [first, second, third] = layout(range, [Width::Fixed(20.0), Width::Share(1.0), Width::Share(3.0)]);
        assert_eq!([first.span(), second.span(), third.span()], [20.0, 20.0, 60.0]);
        assert_eq!((first.min, second.min - first.max, third.max), (10.0, GAP, range.max));
        let narrow = layout(Rangef::new(0.0, 5.0), [Width::Fixed(20.0), Width::Share(1.0)]);
        assert!(narrow[1].span() >= 0.0);
    }
}
