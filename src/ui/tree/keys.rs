//! The keys of the tree.

use egui::{EventFilter, Key, Modifiers, Sense, Ui};
use i18n_embed_fl::fl;

use super::{Tree, toggle};
use crate::ui::act::{Act, PaintContext};
use crate::ui::outline::Node;
use crate::ui::{context_key, virtual_node};
use wall::TreePane;

impl Tree {
    pub(super) fn take_keys(&mut self, ui: &mut Ui, paint: PaintContext<'_>, pane: &mut TreePane, acts: &mut Vec<Act>) {
        let id = Self::focus_id();
        let area = ui.available_rect_before_wrap();
        let response = ui.interact(area, id, Sense::focusable_noninteractive());
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Tree, true, fl!(paint.words, "tree")));
        if !response.has_focus() {
            return;
        }
        let filter = EventFilter {
            horizontal_arrows: true,
            vertical_arrows: true,
            ..EventFilter::default()
        };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
        if context_key::take(ui) {
            (self.menu_by_key, self.follow) = (true, true);
        }
        let at = self
            .cursor
            .and_then(|cursor| self.rows.iter().position(|row| row.node == cursor));
        let registry = &paint.state.registry;
        if let Some(cursor) = self.cursor {
            virtual_node::take_keys(ui, registry, &self.marks.of(cursor), acts);
        }
        let modifiers = ui.input(|input| input.modifiers);
        let pressed = |key| ui.input_mut(|input| input.consume_key(modifiers, key));
        let last = self.rows.len() - 1;
        let goal = if pressed(Key::ArrowDown) {
            Some(at.map_or(0, |at| (at + 1).min(last)))
        } else if pressed(Key::ArrowUp) {
            Some(at.map_or(0, |at| at.saturating_sub(1)))
        } else if pressed(Key::Home) {
            Some(0)
        } else if pressed(Key::End) {
            Some(last)
        } else {
            None
        };
        if let Some(row) = goal
            .or(if at.is_none() { Some(0) } else { None })
            .and_then(|goal| self.rows.get(goal))
        {
            let node = row.node;
            self.cursor = Some(node);
            self.follow = goal.is_some();
            match modifiers {
                Modifiers { shift: true, .. } if goal.is_some() => self.marks.reach(&self.rows, node),
                Modifiers { command: true, .. } => {}
                _ => self.marks.only(node),
            }
        }
        let Some(row) = at.and_then(|at| self.rows.get(at)).copied() else {
            return;
        };
        if matches!(row.node, Node::Site(_) | Node::Device(_) | Node::Virtual(_)) && pressed(Key::F2) {
            self.rename(row.node, registry);
        }
        if pressed(Key::ArrowRight) && !row.open || pressed(Key::ArrowLeft) && row.open {
            toggle(row.node, pane);
        }
        if pressed(Key::Space) {
            self.marks.toggle(row.node);
        }
        if pressed(Key::Enter) {
            acts.push(virtual_node::open(registry, &self.marks.of(row.node)));
        }
    }
}
