//! Devices that are dragged to another site, or sent there from the menu.

use egui::{Color32, CursorIcon, DragAndDrop, Rect, Response, Stroke, StrokeKind, Ui, vec2};
use i18n_embed_fl::fl;

use super::Tree;
use crate::bridge::Command;
use crate::ui::act::{Act, Dragged, PaintContext};
use crate::ui::icon::{self, Icon};
use crate::ui::{form, theme};
use device::{DeviceEdit, DeviceId, Registry, SiteId};

/// The room for the button that closes the message, in points.
const CLOSE: f32 = 36.0;

/// Why devices were not moved: the site has devices of these names.
pub(super) struct Clash {
    site: String,
    names: Vec<String>,
}

/// The sites in view while devices are dragged over the tree.
pub(super) struct Landing {
    devices: Vec<DeviceId>,
    /// The lines of each site that are in view, as one rectangle, from top to bottom.
    sites: Vec<(SiteId, Rect)>,
    /// The site under the pointer.
    on: Option<SiteId>,
    dropped: bool,
}

impl Landing {
    /// `None`: nothing is dragged that could land on a site.
    pub fn of(ui: &Ui, registry: &Registry) -> Option<Self> {
        let dragged = DragAndDrop::payload::<Dragged>(ui.ctx())?;
        let Dragged::Devices(_, devices, _) = &*dragged else {
            return None;
        };
        (registry.sites.len() > 1).then(|| Self {
            devices: devices.clone(),
            sites: Vec::new(),
            on: None,
            dropped: false,
        })
    }

    /// Looks at one line: which site it is of, and whether the devices are above it.
    pub fn look(&mut self, line: &Response, site: Option<SiteId>) {
        let Some(site) = site else { return };
        match self.sites.last_mut() {
            Some((last, rect)) if *last == site => *rect = rect.union(line.rect),
            _ => self.sites.push((site, line.rect)),
        }
        if line.dnd_hover_payload::<Dragged>().is_some() {
            self.on = Some(site);
        }
        if line.dnd_release_payload::<Dragged>().is_some() {
            self.on = Some(site);
            self.dropped = true;
        }
    }
}

impl Tree {
    /// Marks the site where the dragged devices would land, and moves them there when they are let go.
    pub(super) fn land(&mut self, ui: &Ui, registry: &Registry, landing: Landing, acts: &mut Vec<Act>) {
        scroll_near_edges(ui);
        let Some(site) = landing.on else { return };
        if landing.dropped {
            return self.move_to(registry, site, &landing.devices, acts);
        }
        let moved = registry.moved_to(site, &landing.devices);
        if moved.as_ref().is_ok_and(Vec::is_empty) {
            return;
        }
        let tokens = theme::tokens(ui);
        let (color, cursor) = match moved {
            Ok(_) => (tokens.accent, CursorIcon::Move),
            Err(_) => (tokens.offline, CursorIcon::NotAllowed),
        };
        ui.ctx().set_cursor_icon(cursor);
        let lines = landing.sites.iter().find(|(id, _)| *id == site);
        if let Some((_, lines)) = lines {
            mark(ui, lines.shrink2(vec2(2.0, 0.5)), color);
        }
    }

    /// Moves devices to a site, all of them or none; then it says which names are in the way.
    pub(super) fn move_to(&mut self, registry: &Registry, site: SiteId, devices: &[DeviceId], acts: &mut Vec<Act>) {
        self.clash = None;
        match registry.moved_to(site, devices) {
            Ok(edits) if edits.is_empty() => {}
            Ok(edits) => acts.push(moving(edits)),
            Err(names) => {
                let site = registry.site(site).map_or_else(String::new, |site| site.name.clone());
                self.clash = Some(Clash { site, names });
            }
        }
    }

    /// Says above the lines why devices were not moved.
    pub(super) fn show_clash(&mut self, ui: &mut Ui, paint: PaintContext<'_>) {
        let Some(clash) = &self.clash else { return };
        let words = paint.words;
        let said = fl!(
            words,
            "tree-clash",
            site = clash.site.as_str(),
            names = words.list(&clash.names)
        );
        let mut closed = false;
        egui::Frame::NONE
            .fill(theme::tokens(ui).outage)
            .corner_radius(6.0)
            .inner_margin(egui::Margin::symmetric(8, 4))
            .show(ui, |ui| {
                ui.horizontal_top(|ui| {
                    let text = ui.available_width() - CLOSE;
                    ui.allocate_ui(vec2(text, 0.0), |ui| {
                        ui.set_width(text);
                        form::error_text(ui, &said);
                    });
                    closed = icon::button(ui, Icon::Close, &fl!(words, "notice-close")).clicked();
                });
            });
        ui.add_space(4.0);
        if closed {
            self.clash = None;
        }
    }
}

/// One edit of all of them, which one *Undo* takes back.
fn moving(edits: Vec<DeviceEdit>) -> Act {
    Act::Send(Command::SaveDevices(edits))
}

fn mark(ui: &Ui, lines: Rect, color: Color32) {
    ui.painter().rect_filled(lines, 4.0, color.gamma_multiply(0.12));
    ui.painter()
        .rect_stroke(lines, 4.0, Stroke::new(1.5, color), StrokeKind::Inside);
}

/// Sites that are out of view come into it while something is held near the upper or lower edge.
fn scroll_near_edges(ui: &Ui) {
    const EDGE: f32 = theme::TREE_ROW;
    let Some(at) = ui.ctx().pointer_interact_pos() else {
        return;
    };
    let view = ui.clip_rect();
    if !view.expand(EDGE).contains(at) {
        return;
    }
    let by = if at.y < view.top() + EDGE {
        8.0
    } else if at.y > view.bottom() - EDGE {
        -8.0
    } else {
        return;
    };
    ui.scroll_with_delta(vec2(0.0, by));
    ui.ctx().request_repaint();
}
