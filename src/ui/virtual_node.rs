//! Keys, menus and drags of virtual DVRs and their members in the tree.

use egui::{Key, Modifiers, Response, Ui, vec2};
use i18n_embed_fl::fl;

use super::act::{Act, Dragged, PaintContext};
use super::outline::{Node, channels_of_all};
use super::theme;
use crate::bridge::Command;
use device::{ChannelId, DeviceId, Registry, VirtualDvr, VirtualDvrId};

/// The act that opens these nodes: a virtual DVR alone in its own layout, anything else from the selected tile on.
pub(super) fn open(registry: &Registry, nodes: &[Node]) -> Act {
    let channels = channels_of_all(registry, nodes);
    match (nodes, origin(nodes)) {
        ([Node::Virtual(id)], _) => Act::OpenVirtual(*id),
        (_, Some(id)) => Act::PutVirtual(None, id, channels),
        (_, None) => Act::Put(None, channels),
    }
}

pub(super) fn dragged(registry: &Registry, nodes: &[Node], name: String) -> Dragged {
    let channels = channels_of_all(registry, nodes);
    match (origin(nodes), devices(nodes)) {
        (Some(id), _) => Dragged::Virtual(name, id, channels),
        (None, Some(devices)) => Dragged::Devices(name, devices, channels),
        (None, None) => Dragged::Channels(name, channels),
    }
}

/// The devices that these lines are; `None` where one of them is something else.
pub(super) fn devices(nodes: &[Node]) -> Option<Vec<DeviceId>> {
    let device = |node: &Node| if let Node::Device(id) = node { Some(*id) } else { None };
    nodes.iter().map(device).collect()
}

/// Handles a drop onto a virtual DVR, which appends the channels, or onto a member, which puts them in front of it.
pub(super) fn take_drop(ui: &Ui, response: &Response, node: Node, acts: &mut Vec<Act>) {
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

/// The virtual DVR that all of these nodes belong to, if it is one and the same.
fn origin(nodes: &[Node]) -> Option<VirtualDvrId> {
    let of = |node: &Node| match node {
        Node::Virtual(id) | Node::VirtualDvrMember(id, _) => Some(*id),
        Node::Site(_) | Node::Device(_) | Node::Channel(_) => None,
    };
    let first = of(nodes.first()?)?;
    nodes.iter().all(|node| of(node) == Some(first)).then_some(first)
}

/// The keys of a selected virtual DVR or member: F2 on a member edits, Delete removes, Alt with arrows moves a member.
pub(super) fn take_keys(ui: &Ui, registry: &Registry, nodes: &[Node], acts: &mut Vec<Act>) {
    let Some(id) = origin(nodes) else { return };
    let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
    let is_member = |node: &Node| matches!(node, Node::VirtualDvrMember(..));
    if nodes.iter().all(is_member) && pressed(Modifiers::NONE, Key::F2) {
        acts.push(Act::EditVirtualDvr(id));
    }
    if pressed(Modifiers::NONE, Key::Delete) {
        remove(registry, nodes, acts);
    }
    for (key, by) in [(Key::ArrowUp, -1), (Key::ArrowDown, 1)] {
        if let [Node::VirtualDvrMember(id, channel)] = nodes
            && pressed(Modifiers::ALT, key)
        {
            change(registry, *id, acts, |dvr| dvr.shift(*channel, by));
        }
    }
}

/// The entries of the context menu for a virtual DVR or its members.
pub(super) fn menu(ui: &mut Ui, paint: PaintContext<'_>, nodes: &[Node], acts: &mut Vec<Act>) {
    let Some(id) = origin(nodes) else { return };
    let (words, registry) = (paint.words, &paint.state.registry);
    let is_member = |node: &Node| matches!(node, Node::VirtualDvrMember(..));
    let key = if nodes.iter().all(is_member) { "F2" } else { "" };
    if entry(ui, &fl!(words, "menu-edit-virtual-dvr"), key) {
        acts.push(Act::EditVirtualDvr(id));
    }
    if let [Node::VirtualDvrMember(id, channel)] = nodes {
        if entry(ui, &fl!(words, "menu-member-up"), "Alt+↑") {
            change(registry, *id, acts, |dvr| dvr.shift(*channel, -1));
        }
        if entry(ui, &fl!(words, "menu-member-down"), "Alt+↓") {
            change(registry, *id, acts, |dvr| dvr.shift(*channel, 1));
        }
    }
    let said = if nodes.iter().any(|node| matches!(node, Node::Virtual(_))) {
        fl!(words, "menu-remove-virtual-dvr")
    } else {
        fl!(words, "menu-remove-member")
    };
    if entry(ui, &said, "Delete") {
        remove(registry, nodes, acts);
    }
}

/// Adds the entries *New virtual DVR…* and *Add to virtual DVR* for these channels.
pub(super) fn group_menu(ui: &mut Ui, paint: PaintContext<'_>, channels: &[ChannelId], acts: &mut Vec<Act>) {
    let words = paint.words;
    if entry(ui, &fl!(words, "menu-new-virtual-dvr"), "Ctrl+G") {
        acts.push(Act::NewVirtualDvr(channels.to_vec()));
    }
    let dvrs = &paint.state.registry.virtual_dvrs;
    if !dvrs.is_empty() && !channels.is_empty() {
        ui.menu_button(fl!(words, "menu-add-to-virtual-dvr"), |ui| {
            for dvr in dvrs {
                if plain(ui, &dvr.name) {
                    let dragged = Dragged::Channels(String::new(), channels.to_vec());
                    acts.push(Act::AddToVirtual(dvr.id, None, dragged));
                }
            }
        });
    }
}

fn remove(registry: &Registry, nodes: &[Node], acts: &mut Vec<Act>) {
    let Some(id) = origin(nodes) else { return };
    if nodes.contains(&Node::Virtual(id)) {
        acts.push(Act::Send(Command::RemoveVirtualDvr(id)));
        return;
    }
    change(registry, id, acts, |dvr| {
        for node in nodes {
            if let Node::VirtualDvrMember(_, channel) = node {
                dvr.remove(*channel);
            }
        }
    });
}

fn change(registry: &Registry, id: VirtualDvrId, acts: &mut Vec<Act>, change: impl FnOnce(&mut VirtualDvr)) {
    if let Some(mut dvr) = registry.virtual_dvr(id).cloned() {
        change(&mut dvr);
        acts.push(Act::Send(Command::SaveVirtualDvr(Box::new(dvr))));
    }
}

/// A menu entry with its key; a screen reader says the name alone.
pub(super) fn entry(ui: &mut Ui, name: &str, key: &str) -> bool {
    let response = ui.add(egui::Button::new(name).shortcut_text(key));
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::MenuItem, true, name));
    chosen(ui, &response)
}

/// A menu entry without a key.
pub(super) fn plain(ui: &mut Ui, name: impl Into<egui::WidgetText>) -> bool {
    let response = ui.button(name.into());
    chosen(ui, &response)
}

/// Whether a menu entry was chosen. Its menu closes then, also where a key chose it: by itself it would only close for the mouse.
pub(super) fn chosen(ui: &Ui, response: &Response) -> bool {
    let chosen = response.clicked();
    if chosen {
        ui.close();
    }
    chosen
}
