//! The tree of virtual DVRs, sites, devices and channels with its search box.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use egui::{
    Color32, EventFilter, Id, Key, Modifiers, Rect, Response, ScrollArea, Sense, TextEdit, Ui, Vec2, pos2, vec2,
};
use i18n_embed_fl::fl;

use super::act::{Act, Dragged, PaintContext};
use super::context_key;
use super::icon::{self, Icon};
use super::marks::Marks;
use super::outline::{Node, TreeRow, channels_of_all, rows};
use super::{theme, tree_menu, tree_row, virtual_node};
use device::{ChannelId, DeviceId, Registry, SiteId};
use wall::TreePane;

/// What the tree remembers between two frames.
#[derive(Default)]
pub struct Tree {
    query: String,
    opened: HashSet<Node>,
    rows: Vec<TreeRow>,
    built: Option<Built>,
    cursor: Option<Node>,
    marks: Marks,
    /// Extend the selection to this line once the rows are built.
    reach: Option<Node>,
    /// Scroll so that the cursor is in view.
    follow: bool,
    want_search: bool,
    /// The context menu of the cursor is asked for by key.
    menu_by_key: bool,
    /// A device to select once it is registered.
    reveal: Option<DeviceId>,
}

/// The data that the rows were built from. The rows are built again when it changes.
struct Built {
    registry: Arc<Registry>,
    query: String,
    closed_sites: BTreeSet<SiteId>,
    opened: HashSet<Node>,
}

impl Tree {
    /// Puts the text cursor into the search box.
    pub fn search(&mut self) {
        self.want_search = true;
    }

    /// Selects this device and scrolls to it, as soon as it is registered.
    pub fn reveal(&mut self, device: DeviceId) {
        self.reveal = Some(device);
    }

    /// All channels of the selected lines.
    #[must_use]
    pub fn selected_channels(&self, registry: &Registry) -> Vec<ChannelId> {
        channels_of_all(registry, self.marks.all())
    }

    /// The widget that takes the arrow keys.
    #[must_use]
    pub fn focus_id() -> Id {
        Id::unique("tree")
    }

    pub fn show(&mut self, ui: &mut Ui, paint: PaintContext<'_>, pane: &mut TreePane, acts: &mut Vec<Act>) {
        ui.add_space(8.0);
        self.show_search(ui, paint);
        ui.add_space(6.0);
        self.show_revealed(&paint.state.registry, pane);
        self.build(&paint.state.registry, &pane.closed_sites);
        if self.rows.is_empty() {
            show_nothing(ui, paint, &self.query);
            return;
        }
        self.take_keys(ui, paint, pane, acts);
        self.show_rows(ui, paint, pane, acts);
    }

    fn show_search(&mut self, ui: &mut Ui, paint: PaintContext<'_>) {
        let tokens = theme::tokens(ui);
        ui.horizontal(|ui| {
            ui.add_space(2.0);
            let label = fl!(paint.words, "tree-search");
            let width = ui.available_width() - 4.0;
            let edit = TextEdit::singleline(&mut self.query)
                .hint_text(&label)
                .desired_width(width)
                .margin(egui::Margin {
                    left: 26,
                    right: 24,
                    top: 4,
                    bottom: 4,
                });
            let response = ui.add_sized(vec2(width, 28.0), edit);
            response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, &label));
            let glass = Rect::from_center_size(
                pos2(response.rect.left() + 14.0, response.rect.center().y),
                Vec2::splat(13.0),
            );
            icon::paint(ui.painter(), Icon::Search, glass, tokens.text_weak);
            if std::mem::take(&mut self.want_search) {
                response.request_focus();
            }
            if !self.query.is_empty() {
                let at = Rect::from_center_size(
                    pos2(response.rect.right() - 14.0, response.rect.center().y),
                    Vec2::splat(20.0),
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

    fn show_revealed(&mut self, registry: &Registry, pane: &mut TreePane) {
        let device = self.reveal.and_then(|id| registry.device(id));
        if let Some(device) = device {
            self.reveal = None;
            self.query.clear();
            pane.closed_sites.remove(&device.site);
            let node = Node::Device(device.id);
            self.cursor = Some(node);
            self.marks.only(node);
            self.follow = true;
        }
    }

    fn build(&mut self, registry: &Arc<Registry>, closed_sites: &BTreeSet<SiteId>) {
        let current = self.built.as_ref().is_some_and(|built| {
            Arc::ptr_eq(&built.registry, registry)
                && built.query == self.query
                && built.closed_sites == *closed_sites
                && built.opened == self.opened
        });
        if !current {
            self.rows = rows(registry, &self.query, closed_sites, &self.opened);
            self.built = Some(Built {
                registry: Arc::clone(registry),
                query: self.query.clone(),
                closed_sites: closed_sites.clone(),
                opened: self.opened.clone(),
            });
        }
    }

    fn take_keys(&mut self, ui: &mut Ui, paint: PaintContext<'_>, pane: &mut TreePane, acts: &mut Vec<Act>) {
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
        if pressed(Key::ArrowRight) && !row.open || pressed(Key::ArrowLeft) && row.open {
            self.toggle(row.node, pane);
        }
        if pressed(Key::Space) {
            self.marks.toggle(row.node);
        }
        if pressed(Key::Enter) {
            acts.push(virtual_node::open(registry, &self.marks.of(row.node)));
        }
    }

    fn show_rows(&mut self, ui: &mut Ui, paint: PaintContext<'_>, pane: &mut TreePane, acts: &mut Vec<Act>) {
        ui.spacing_mut().item_spacing.y = 0.0;
        let has_focus = ui.memory(|memory| memory.has_focus(Self::focus_id()));
        let mut area = ScrollArea::vertical().id_salt("tree rows").auto_shrink(false);
        if std::mem::take(&mut self.follow)
            && let Some(at) = self.rows.iter().position(|row| Some(row.node) == self.cursor)
        {
            // Only rows in view are laid out, so that the scroll offset has to be computed.
            let view = ui.available_height();
            let top = at as f32 * theme::TREE_ROW;
            let offset = ui.data(|data| data.get_temp::<f32>(Self::focus_id())).unwrap_or(0.0);
            area = area.vertical_scroll_offset(offset.clamp((top + theme::TREE_ROW - view).max(0.0), top));
        }
        let rows = std::mem::take(&mut self.rows);
        let output = area.show_rows(ui, theme::TREE_ROW, rows.len(), |ui, range| {
            for row in &rows[range] {
                self.show_row(ui, paint, *row, has_focus, pane, acts);
            }
        });
        ui.data_mut(|data| data.insert_temp(Self::focus_id(), output.state.clamped_offset().y));
        if let Some(node) = self.reach.take() {
            self.marks.reach(&rows, node);
        }
        self.rows = rows;
    }

    fn show_row(
        &mut self,
        ui: &mut Ui,
        paint: PaintContext<'_>,
        row: TreeRow,
        has_focus: bool,
        pane: &mut TreePane,
        acts: &mut Vec<Act>,
    ) {
        let Some(shown) = tree_row::shown(ui, paint, row) else {
            return;
        };
        let tokens = theme::tokens(ui);
        let (rect, response) =
            ui.allocate_exact_size(vec2(ui.available_width(), theme::TREE_ROW), Sense::CLICK | Sense::DRAG);
        let is_cursor = self.marks.contains(row.node);
        response.widget_info(|| {
            let device = matches!(row.node, Node::Device(_)).then(|| paint.state.registry.devices.get(row.index));
            let device = device.flatten().map(|device| paint.state.registry.label_of(device));
            let label = fl!(
                paint.words,
                "tree-row-label",
                name = device.as_deref().unwrap_or(&shown.name),
                state = shown.look.label.as_str()
            );
            egui::WidgetInfo::selected(egui::Role::TreeItem, true, is_cursor, label)
        });
        let fill = match (is_cursor && has_focus, is_cursor || response.hovered()) {
            (true, _) => tokens.selected,
            (false, true) => tokens.raised,
            (false, false) => Color32::TRANSPARENT,
        };
        ui.painter().rect_filled(rect.shrink2(vec2(2.0, 0.5)), 4.0, fill);
        let chevron = tree_row::paint(ui, rect, row, &shown);

        let registry = &paint.state.registry;
        if response.drag_started() {
            let nodes = self.marks.of(row.node);
            let others: usize = nodes.len() - 1;
            let name = match others {
                0 => shown.name.clone(),
                _ => fl!(paint.words, "tree-several", name = shown.name.as_str(), count = others),
            };
            response.dnd_set_drag_payload(virtual_node::dragged(registry, &nodes, name));
        }
        take_drop(ui, &response, row.node, acts);
        let on_chevron = chevron.is_some_and(|chevron| {
            response
                .interact_pointer_pos()
                .is_some_and(|at| at.x < chevron.right() + 2.0)
        });
        if response.clicked() || response.secondary_clicked() {
            self.cursor = Some(row.node);
            ui.memory_mut(|memory| memory.request_focus(Self::focus_id()));
        }
        let modifiers = ui.input(|input| input.modifiers);
        if response.clicked() && modifiers.shift {
            self.reach = Some(row.node);
        } else if response.clicked() && modifiers.command {
            self.marks.toggle(row.node);
        } else if response.clicked() || response.secondary_clicked() && !is_cursor {
            self.marks.only(row.node);
        }
        let opens = matches!(row.node, Node::Site(_)) && !response.double_clicked() || on_chevron;
        if response.clicked() && opens && !modifiers.any() {
            self.toggle(row.node, pane);
        } else if response.double_clicked() && !on_chevron {
            acts.push(virtual_node::open(registry, &self.marks.of(row.node)));
        }
        let by_key = self.cursor == Some(row.node) && std::mem::take(&mut self.menu_by_key);
        if by_key {
            context_key::remember_home(ui.ctx(), Self::focus_id());
        }
        context_key::menu(&response, by_key, |ui| {
            tree_menu::show(&self.marks, ui, paint, row, acts);
        });
        if let Some(tooltip) = &shown.tooltip {
            response.on_hover_text(tooltip);
        }
    }

    fn toggle(&mut self, node: Node, pane: &mut TreePane) {
        match node {
            Node::Site(site) => {
                if !pane.closed_sites.remove(&site) {
                    pane.closed_sites.insert(site);
                }
            }
            Node::Device(_) | Node::Virtual(_) => {
                if !self.opened.remove(&node) {
                    self.opened.insert(node);
                }
            }
            Node::Channel(_) | Node::VirtualDvrMember(..) => {}
        }
    }
}

/// Handles a drop onto a virtual DVR, which appends the channels, or onto a member, which puts them in front of it.
fn take_drop(ui: &Ui, response: &Response, node: Node, acts: &mut Vec<Act>) {
    let (id, before) = match node {
        Node::Virtual(id) => (id, None),
        Node::VirtualDvrMember(id, channel) => (id, Some(channel)),
        Node::Site(_) | Node::Device(_) | Node::Channel(_) => return,
    };
    let stroke = egui::Stroke::new(1.5, theme::tokens(ui).accent);
    if response.dnd_hover_payload::<Dragged>().is_some() {
        match before {
            None => {
                ui.painter().rect_stroke(
                    response.rect.shrink2(vec2(2.0, 0.5)),
                    4.0,
                    stroke,
                    egui::StrokeKind::Inside,
                );
            }
            Some(_) => {
                ui.painter().hline(response.rect.x_range(), response.rect.top(), stroke);
            }
        }
    }
    if let Some(dropped) = response.dnd_release_payload::<Dragged>() {
        acts.push(Act::AddToVirtual(id, before, (*dropped).clone()));
    }
}

fn show_nothing(ui: &mut Ui, paint: PaintContext<'_>, query: &str) {
    ui.add_space(theme::SPACE);
    ui.vertical_centered(|ui| {
        let tokens = theme::tokens(ui);
        if query.is_empty() {
            ui.colored_label(tokens.text_weak, fl!(paint.words, "tree-empty"));
        } else {
            ui.colored_label(tokens.text_weak, fl!(paint.words, "tree-nothing-found", query = query));
        }
    });
}
