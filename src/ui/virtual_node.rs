//! Keys, menus and drags of virtual DVRs and their members in the tree.

use egui::{Key, Modifiers, Ui};
use i18n_embed_fl::fl;

use super::act::{Act, Dragged, PaintContext};
use super::outline::{Node, channels_of_all};
use crate::bridge::Command;
use device::{ChannelId, Registry, VirtualDvr, VirtualDvrId};

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
    match origin(nodes) {
        Some(id) => Dragged::Virtual(name, id, channels),
        None => Dragged::Channels(name, channels),
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

/// The keys of a selected virtual DVR or member: F2 edits, Delete removes, Alt with arrows moves a member.
pub(super) fn take_keys(ui: &Ui, registry: &Registry, nodes: &[Node], acts: &mut Vec<Act>) {
    let Some(id) = origin(nodes) else { return };
    let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
    if pressed(Modifiers::NONE, Key::F2) {
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
    if entry(ui, &fl!(words, "menu-edit-virtual-dvr"), "F2") {
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
                if ui.button(&dvr.name).clicked() {
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
    response.clicked()
}
