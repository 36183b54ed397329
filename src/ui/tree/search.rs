//! Above the tree: the search, and the choice of what has trouble.

use egui::{Key, Modifiers, Rect, Role, Sense, TextEdit, Ui, Vec2, WidgetInfo, pos2, vec2};
use i18n_embed_fl::fl;

use super::Tree;
use crate::ui::act::PaintContext;
use crate::ui::icon::{self, Icon};
use crate::ui::outline::{InTrouble, Node};
use crate::ui::{text, theme};
use wall::TreePane;

impl Tree {
    pub(super) fn show_search(&mut self, ui: &mut Ui, paint: PaintContext<'_>) {
        let tokens = theme::tokens(ui);
        ui.horizontal(|ui| {
            let by = theme::enlarged(ui);
            ui.add_space(2.0);
            let label = fl!(paint.words, "tree-search");
            let width = ui.available_width() - 4.0;
            let edit = TextEdit::singleline(&mut self.query)
                .hint_text(&label)
                .desired_width(width)
                .margin(egui::Margin {
                    left: (26.0 * by) as i8,
                    right: (24.0 * by) as i8,
                    top: 4,
                    bottom: 4,
                });
            let response = ui.add_sized(vec2(width, 28.0 * by), edit);
            response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, &label));
            let glass = Rect::from_center_size(
                pos2(response.rect.left() + 14.0 * by, response.rect.center().y),
                Vec2::splat(13.0 * by),
            );
            icon::paint(ui.painter(), Icon::Search, glass, tokens.text_weak);
            if std::mem::take(&mut self.want_search) {
                response.request_focus();
            }
            if !self.query.is_empty() {
                let at = Rect::from_center_size(
                    pos2(response.rect.right() - 14.0 * by, response.rect.center().y),
                    Vec2::splat(20.0 * by),
                );
                let clear = ui.put(at, |ui: &mut Ui| {
                    icon::button(ui, Icon::Close, &fl!(paint.words, "tree-search-clear"))
                });
                let escaped = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Escape));
                if clear.clicked() || escaped {
                    self.query.clear();
                }
            }
            // Down leads from what is typed to what was found.
            if response.has_focus()
                && !self.rows.is_empty()
                && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::ArrowDown))
            {
                let first = self.rows.iter().find(|row| !matches!(row.node, Node::Site(_)));
                self.cursor = first.or(self.rows.first()).map(|row| row.node);
                self.cursor.into_iter().for_each(|node| self.marks.only(node));
                self.follow = true;
                ui.memory_mut(|memory| memory.request_focus(Self::focus_id()));
            }
            if response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter)) {
                self.cursor = self
                    .rows
                    .iter()
                    .find(|row| matches!(row.node, Node::Channel(_) | Node::VirtualDvrMember(..)))
                    .map(|row| row.node);
                self.cursor.into_iter().for_each(|node| self.marks.only(node));
                ui.memory_mut(|memory| memory.request_focus(Self::focus_id()));
            }
        });
    }
}

/// The choice to see only what has trouble, with how many devices have it.
pub(super) fn show_filter(ui: &mut Ui, paint: PaintContext<'_>, pane: &mut TreePane, troubles: &InTrouble) {
    if paint.state.registry.devices.is_empty() {
        return;
    }
    let (words, tokens) = (paint.words, theme::tokens(ui));
    let (count, by) = (troubles.devices.len(), theme::enlarged(ui));
    ui.add_space(4.0);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 26.0 * by), Sense::CLICK);
    let said = fl!(words, "tree-trouble-only");
    let counted = fl!(words, "tree-trouble-count", devices = count);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, pane.trouble_only, said.as_str()));
    ui.ctx()
        .accesskit_node_builder(response.id, |node| node.set_description(counted.as_str()));
    let inside = rect.shrink2(vec2(2.0, 1.0));
    let fill = match (pane.trouble_only, response.hovered()) {
        (true, _) => tokens.selected,
        (false, true) => tokens.raised_hovered,
        (false, false) => tokens.raised,
    };
    ui.painter().rect_filled(inside, 4.0, fill);
    if response.has_focus() {
        let stroke = egui::Stroke::new(1.5, tokens.accent);
        ui.painter().rect_stroke(inside, 4.0, stroke, egui::StrokeKind::Inside);
    }
    let (sign, color) = match count {
        0 => (Icon::Done, tokens.live),
        _ => (Icon::Offline, tokens.offline),
    };
    let at = Rect::from_center_size(
        pos2(inside.left() + 14.0 * by, inside.center().y),
        Vec2::splat(13.0 * by),
    );
    icon::paint(ui.painter(), sign, at, color);
    let number = text::line(ui, &count.to_string(), theme::small(ui), tokens.text, 60.0 * by);
    let right = Rect::from_min_max(pos2(inside.right() - 8.0 - number.size().x, inside.top()), inside.max);
    text::paint_left(ui, right, number, tokens.text);
    let left = inside.left() + 26.0 * by;
    let room = right.left() - 8.0 - left;
    let galley = text::line(ui, &said, theme::small(ui), tokens.text, room);
    text::paint_left(ui, inside.with_min_x(left), galley, tokens.text);
    if response.on_hover_text(counted).clicked() {
        pane.trouble_only = !pane.trouble_only;
    }
}
