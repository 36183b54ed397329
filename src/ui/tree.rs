//! The tree of virtual DVRs, sites, devices and channels with its search box.

mod keys;
mod moving;
mod rename;
mod search;

use std::collections::BTreeSet;
use std::sync::Arc;

use egui::{Color32, Id, Rect, Response, ScrollArea, Sense, Ui, vec2};
use i18n_embed_fl::fl;

use super::act::{Act, PaintContext};
use super::context_key;
use super::marks::Marks;
use super::outline::{InTrouble, Node, TreeRow, channels_of_all, rows};
use super::{form, theme, tree_menu, tree_row, virtual_node};
use device::{ChannelId, DeviceId, Registry};
use moving::{Clash, Landing};
use rename::Renaming;
use wall::TreePane;

/// What the tree remembers between two frames. What is folded stands in [`TreePane`], which the profile keeps.
#[derive(Default)]
pub struct Tree {
    query: String,
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
    renaming: Option<Renaming>,
    /// Why devices were not moved to another site.
    clash: Option<Clash>,
}

/// The data that the rows were built from. The rows are built again when it changes.
struct Built {
    registry: Arc<Registry>,
    query: String,
    pane: TreePane,
    only: Option<InTrouble>,
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
        theme::enlarge(ui, paint.text.bars());
        ui.add_space(8.0);
        self.show_search(ui, paint);
        let troubles = InTrouble::of(paint.troubles);
        search::show_filter(ui, paint, pane, &troubles);
        ui.add_space(4.0);
        self.show_clash(ui, paint);
        self.show_revealed(&paint.state.registry, pane);
        self.build(&paint.state.registry, pane, troubles);
        if self.rows.is_empty() {
            show_nothing(ui, paint, &self.query, pane.trouble_only);
            return;
        }
        self.take_keys(ui, paint, pane, acts);
        self.show_rows(ui, paint, pane, acts);
    }

    fn show_revealed(&mut self, registry: &Registry, pane: &mut TreePane) {
        let device = self.reveal.and_then(|id| registry.device(id));
        if let Some(device) = device {
            self.reveal = None;
            self.query.clear();
            pane.trouble_only = false;
            pane.closed_sites.remove(&device.site);
            let node = Node::Device(device.id);
            self.cursor = Some(node);
            self.marks.only(node);
            self.follow = true;
        }
    }

    fn build(&mut self, registry: &Arc<Registry>, pane: &TreePane, troubles: InTrouble) {
        let only = pane.trouble_only.then_some(troubles);
        let current = self.built.as_ref().is_some_and(|built| {
            Arc::ptr_eq(&built.registry, registry)
                && built.query == self.query
                && built.pane == *pane
                && built.only == only
        });
        if current {
            return;
        }
        if self
            .built
            .as_ref()
            .is_some_and(|built| !Arc::ptr_eq(&built.registry, registry))
        {
            self.clash = None;
        }
        self.rows = rows(registry, &self.query, only.as_ref(), pane);
        let is_gone = |renaming: &mut Renaming| !self.rows.iter().any(|row| row.node == renaming.node());
        self.renaming.take_if(is_gone);
        self.built = Some(Built {
            registry: Arc::clone(registry),
            query: self.query.clone(),
            pane: pane.clone(),
            only,
        });
    }

    /// Puts a field over the name of this line, if it has a name that can be changed here.
    fn rename(&mut self, node: Node, registry: &Registry) {
        self.renaming = Renaming::begin(node, registry);
        self.cursor = Some(node);
        self.follow = true;
    }

    fn show_rows(&mut self, ui: &mut Ui, paint: PaintContext<'_>, pane: &mut TreePane, acts: &mut Vec<Act>) {
        ui.spacing_mut().item_spacing.y = 0.0;
        let row_height = theme::TREE_ROW * theme::enlarged(ui);
        let has_focus = ui.memory(|memory| memory.has_focus(Self::focus_id()));
        let mut area = ScrollArea::vertical().id_salt("tree rows").auto_shrink(false);
        if std::mem::take(&mut self.follow)
            && let Some(at) = self.rows.iter().position(|row| Some(row.node) == self.cursor)
        {
            // Only rows in view are laid out, so that the scroll offset has to be computed.
            let view = ui.available_height();
            let top = at as f32 * row_height;
            let offset = ui.data(|data| data.get_temp::<f32>(Self::focus_id())).unwrap_or(0.0);
            area = area.vertical_scroll_offset(offset.clamp((top + row_height - view).max(0.0), top));
        }
        let rows = std::mem::take(&mut self.rows);
        let output = area.show_rows(ui, row_height, rows.len(), |ui, range| {
            let mut landing = Landing::of(ui, &paint.state.registry);
            for row in &rows[range] {
                let response = self.show_row(ui, paint, *row, has_focus, pane, acts);
                if let (Some(landing), Some(response)) = (&mut landing, response) {
                    landing.look(&response, row.site(&paint.state.registry));
                }
            }
            if let Some(landing) = landing {
                self.land(ui, &paint.state.registry, landing, acts);
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
    ) -> Option<Response> {
        let shown = tree_row::shown(ui, paint, row)?;
        let tokens = theme::tokens(ui);
        let size = vec2(ui.available_width(), theme::TREE_ROW * theme::enlarged(ui));
        let (rect, response) = ui.allocate_exact_size(size, Sense::CLICK | Sense::DRAG);
        let is_cursor = self.marks.contains(row.node);
        self.say(&response, paint, row, &shown, is_cursor);
        let fill = match (is_cursor && has_focus, is_cursor || response.hovered()) {
            (true, _) => tokens.selected,
            (false, true) => tokens.raised,
            (false, false) => Color32::TRANSPARENT,
        };
        ui.painter().rect_filled(rect.shrink2(vec2(2.0, 0.5)), 4.0, fill);
        let painted = tree_row::paint(ui, rect, row, &shown);
        if self
            .renaming
            .as_ref()
            .is_some_and(|renaming| renaming.node() == row.node)
        {
            self.show_renaming(ui, paint, painted.name, acts);
            return Some(response);
        }

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
        virtual_node::take_drop(ui, &response, row.node, acts);
        if self.take_click(ui, &response, row, painted.chevron, pane) {
            acts.push(virtual_node::open(registry, &self.marks.of(row.node)));
        }
        let by_key = self.cursor == Some(row.node) && std::mem::take(&mut self.menu_by_key);
        if by_key {
            context_key::remember_home(ui.ctx(), Self::focus_id());
        }
        let mut request = None;
        context_key::menu(&response, by_key, |ui| {
            request = tree_menu::show(&self.marks, ui, paint, row, acts);
        });
        match request {
            Some(tree_menu::Request::Rename(node)) => self.rename(node, registry),
            Some(tree_menu::Request::Move(site, devices)) => self.move_to(registry, site, &devices, acts),
            None => {}
        }
        match &shown.tooltip {
            Some(tooltip) => Some(response.on_hover_text(tooltip)),
            None => Some(response),
        }
    }

    /// Says the line to a screen reader.
    fn say(
        &self,
        response: &Response,
        paint: PaintContext<'_>,
        row: TreeRow,
        shown: &tree_row::ShownRow,
        marked: bool,
    ) {
        response.widget_info(|| {
            let device = matches!(row.node, Node::Device(_)).then(|| paint.state.registry.devices.get(row.index));
            let device = device.flatten().map(|device| paint.state.registry.label_of(device));
            let label = fl!(
                paint.words,
                "tree-row-label",
                name = device.as_deref().unwrap_or(&shown.name),
                state = shown.look.label.as_str()
            );
            egui::WidgetInfo::selected(egui::Role::TreeItem, true, marked, label)
        });
        response.ctx.accesskit_node_builder(response.id, |node| {
            if row.has_chevron() {
                node.set_expanded(row.open);
            }
            if let Some(count) = &shown.count {
                node.set_description(count.as_str());
            }
        });
    }

    /// Selects or folds the line that was clicked. Whether it is to be opened on the wall.
    fn take_click(
        &mut self,
        ui: &Ui,
        response: &Response,
        row: TreeRow,
        chevron: Option<Rect>,
        pane: &mut TreePane,
    ) -> bool {
        if !response.clicked() && !response.secondary_clicked() {
            return false;
        }
        self.cursor = Some(row.node);
        ui.memory_mut(|memory| memory.request_focus(Self::focus_id()));
        let modifiers = ui.input(|input| input.modifiers);
        if response.clicked() && modifiers.shift {
            self.reach = Some(row.node);
        } else if response.clicked() && modifiers.command {
            self.marks.toggle(row.node);
        } else if response.clicked() || !self.marks.contains(row.node) {
            self.marks.only(row.node);
        }
        let at = response.interact_pointer_pos();
        let on_chevron = chevron
            .zip(at)
            .is_some_and(|(chevron, at)| at.x < chevron.right() + 2.0);
        if response.clicked() && on_chevron && !modifiers.any() {
            toggle(row.node, pane);
        }
        response.double_clicked() && !on_chevron
    }
}

/// Folds or unfolds what stands under a line.
fn toggle(node: Node, pane: &mut TreePane) {
    fn flip<T: Ord>(set: &mut BTreeSet<T>, id: T) {
        if !set.remove(&id) {
            set.insert(id);
        }
    }
    match node {
        Node::Site(site) => flip(&mut pane.closed_sites, site),
        Node::Device(device) => flip(&mut pane.open_devices, device),
        Node::Virtual(dvr) => flip(&mut pane.open_virtual_dvrs, dvr),
        Node::Channel(_) | Node::VirtualDvrMember(..) => {}
    }
}

fn show_nothing(ui: &mut Ui, paint: PaintContext<'_>, query: &str, trouble_only: bool) {
    let words = paint.words;
    let query = query.trim();
    let said = match (query.is_empty(), trouble_only) {
        (true, false) => fl!(words, "tree-empty"),
        (true, true) => fl!(words, "tree-no-trouble"),
        (false, false) => fl!(words, "tree-nothing-found", query = query),
        (false, true) => fl!(words, "tree-no-trouble-found", query = query),
    };
    ui.add_space(theme::SPACE);
    ui.vertical_centered(|ui| form::weak_text(ui, &said));
}
