//! The columns of a table that paints only the rows in view.

use egui::accesskit::{Role, SortDirection};
use egui::{
    Align, Color32, CursorIcon, Label, Layout, Rangef, Rect, Response, RichText, Sense, Stroke, StrokeKind, TextStyle,
    TextWrapMode, Ui, UiBuilder, Vec2, WidgetInfo, WidgetText, pos2,
};

use crate::ui::icon::{self, Icon};
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

/// By which column a table is sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sort<C> {
    pub column: C,
    pub reversed: bool,
}

impl<C: Copy + PartialEq> Sort<C> {
    /// After a click on the head of `column`: by it, or the other way round.
    pub fn clicked(self, column: C) -> Self {
        Self {
            column,
            reversed: self.column == column && !self.reversed,
        }
    }

    /// How `column` is sorted: `Some(true)` the other way round.
    pub fn of(self, column: C) -> Option<bool> {
        (self.column == column).then_some(self.reversed)
    }
}

/// The head of a column that sorts the table. `sorted`: the table is sorted by it; `Some(true)`: the other way round. An arrow shows it.
pub(super) fn head(ui: &mut Ui, rect: Rect, title: &str, align: Align, sorted: Option<bool>) -> Response {
    const ARROW: f32 = 12.0;
    let tokens = theme::tokens(ui);
    let id = ui.scope_id().with(("column", title));
    let response = ui.interact(rect, id, Sense::CLICK);
    response.widget_info(|| WidgetInfo::labeled(Role::ColumnHeader, true, title));
    if let Some(reversed) = sorted {
        let direction = match reversed {
            false => SortDirection::Ascending,
            true => SortDirection::Descending,
        };
        ui.ctx()
            .accesskit_node_builder(id, |node| node.set_sort_direction(direction));
    }
    let color = if sorted.is_some() || response.hovered() || response.has_focus() {
        tokens.text
    } else {
        tokens.text_weak
    };
    let room = rect.width() - if sorted.is_some() { ARROW } else { 0.0 };
    let title = WidgetText::from(RichText::new(title).size(12.0).color(color));
    let galley = title.into_galley(ui, Some(TextWrapMode::Truncate), room.max(0.0), TextStyle::Small);
    let width = galley.size().x + rect.width() - room;
    let left = match align {
        Align::Max => rect.right() - width,
        Align::Min | Align::Center => rect.left(),
    };
    let at = pos2(left, rect.center().y - galley.size().y / 2.0);
    let end = left + galley.size().x;
    ui.painter().galley(at, galley, color);
    if let Some(reversed) = sorted {
        let arrow = Rect::from_center_size(pos2(end + ARROW / 2.0 + 1.0, rect.center().y), Vec2::splat(ARROW - 2.0));
        let sign = if reversed { Icon::Open } else { Icon::Up };
        icon::paint(ui.painter(), sign, arrow, color);
    }
    if response.has_focus() {
        let stroke = Stroke::new(1.0, tokens.accent);
        ui.painter()
            .rect_stroke(rect.expand2(Vec2::new(3.0, 0.0)), 3.0, stroke, StrokeKind::Inside);
    }
    response.on_hover_cursor(CursorIcon::PointingHand)
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

    #[test]
    fn a_second_click_on_a_head_turns_the_order_round_and_another_head_begins_anew() {
        let sort = Sort::default();
        assert_eq!((sort.of(0), sort.of(1)), (Some(false), None));
        let sort = sort.clicked(0);
        assert_eq!(sort.of(0), Some(true));
        assert_eq!(sort.clicked(0).of(0), Some(false));
        assert_eq!(sort.clicked(1).of(1), Some(false));
    }
}
