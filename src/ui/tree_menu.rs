//! The context menu of a line of the tree.

use egui::{ScrollArea, Ui};
use i18n_embed_fl::fl;

use super::act::{Act, DiagnoseWhat, PaintContext};
use super::certificates;
use super::marks::Marks;
use super::outline::{Node, TreeRow, channels_of_all};
use super::planned;
use super::virtual_node;
use crate::bridge::Command;
use crate::i18n::Words;
use device::{Device, DeviceId, SiteId, StreamId, StreamKind};
use reconnect::SiteState;

/// What the menu asks of the tree itself.
pub(super) enum Request {
    Rename(Node),
    /// Move devices to a site.
    Move(SiteId, Vec<DeviceId>),
}

/// Paints the context menu of a line; where it is selected, that of all selected lines.
pub(super) fn show(
    marks: &Marks,
    ui: &mut Ui,
    paint: PaintContext<'_>,
    row: TreeRow,
    acts: &mut Vec<Act>,
) -> Option<Request> {
    let (words, registry) = (paint.words, &paint.state.registry);
    let nodes = marks.of(row.node);
    if virtual_node::entry(ui, &fl!(words, "menu-show-here"), "Enter") {
        acts.push(virtual_node::open(registry, &nodes));
    }
    virtual_node::group_menu(ui, paint, &channels_of_all(registry, &nodes), acts);
    ui.separator();
    let mut request = None;
    let has_name = matches!(row.node, Node::Site(_) | Node::Device(_) | Node::Virtual(_));
    if nodes.len() == 1 && has_name && virtual_node::entry(ui, &fl!(words, "menu-rename"), "F2") {
        request = Some(Request::Rename(row.node));
    }
    virtual_node::menu(ui, paint, &nodes, acts);
    if let Some(devices) = virtual_node::devices(&nodes) {
        request = move_menu(ui, paint, devices).or(request);
    }
    if nodes.len() > 1 {
        several_devices_menu(ui, paint, &nodes, acts);
    } else {
        one_menu(ui, paint, row, acts);
    }
    request
}

/// *Move to site*, with the sites that not all of these devices stand at.
fn move_menu(ui: &mut Ui, paint: PaintContext<'_>, devices: Vec<DeviceId>) -> Option<Request> {
    const MOST: f32 = 400.0;
    let registry = &paint.state.registry;
    let moves = |site: &&device::Site| {
        let mut of_all = devices.iter().filter_map(|id| registry.device(*id));
        of_all.any(|device| device.site != site.id)
    };
    let sites: Vec<_> = registry.sites.iter().filter(moves).collect();
    if sites.is_empty() {
        return None;
    }
    let chosen = ui.menu_button(fl!(paint.words, "menu-move-to-site"), |ui| {
        let list = ScrollArea::vertical().max_height(MOST).min_scrolled_height(MOST);
        let clicked = list.show(ui, |ui| {
            let mut clicked = None;
            for site in sites {
                if virtual_node::plain(ui, &site.name) {
                    clicked = Some(site.id);
                }
            }
            clicked
        });
        clicked.inner
    });
    let site = chosen.inner.flatten()?;
    Some(Request::Move(site, devices))
}

fn one_menu(ui: &mut Ui, paint: PaintContext<'_>, row: TreeRow, acts: &mut Vec<Act>) {
    let (words, registry) = (paint.words, &paint.state.registry);
    let mut item = |text: String| virtual_node::plain(ui, text);
    let device = match row.node {
        Node::Site(site) => {
            let silent = silent_devices(paint, site);
            if !silent.is_empty() && item(fl!(words, "retry-now")) {
                acts.extend(silent.into_iter().map(|device| Act::Send(Command::RetryNow(device))));
            }
            let devices = registry.devices_of(site).map(|device| device.id);
            let changed = paint.state.certificates.changed_of(devices);
            if !changed.is_empty() && item(certificates::menu(words, &changed)) {
                acts.push(Act::Send(Command::TrustCertificates(changed)));
            }
            if item(fl!(words, "menu-add-device")) {
                acts.push(Act::AddDevice(Some(site)));
            }
            planned::menu(ui, paint, site, acts);
            return;
        }
        Node::Virtual(_) => return,
        Node::Device(device) => device,
        Node::Channel(channel) | Node::VirtualDvrMember(_, channel) => channel.device,
    };
    let Some(device) = registry.device(device) else { return };
    if device.enabled && item(fl!(words, "retry-now")) {
        acts.push(Act::Send(Command::RetryNow(device.id)));
    }
    if item(fl!(words, "menu-diagnose")) {
        acts.push(Act::Diagnose(match row.node {
            Node::Channel(channel) | Node::VirtualDvrMember(_, channel) => {
                let kind = StreamKind::Main;
                DiagnoseWhat::Stream(StreamId { channel, kind })
            }
            _ => DiagnoseWhat::Device(device.id),
        }));
    }
    if item(fl!(words, "menu-edit-device")) {
        acts.push(Act::EditDevice(device.id));
    }
    let changed = paint.state.certificates.changed_of(std::iter::once(device.id));
    if !changed.is_empty() && item(certificates::menu(words, &changed)) {
        acts.push(Act::Send(Command::TrustCertificates(changed)));
    }
    if matches!(row.node, Node::Device(_)) {
        let switch = if device.enabled {
            fl!(words, "menu-disable")
        } else {
            fl!(words, "menu-enable")
        };
        if item(switch) {
            acts.push(Act::Send(Command::SetEnabled(vec![device.id], !device.enabled)));
        }
        if item(fl!(words, "menu-remove-device")) {
            acts.push(Act::RemoveDevices(vec![device.id]));
        }
        roads_menu(ui, words, device, acts);
    }
}

/// By which of its addresses a device is reached, where it has several: in their order, or by one alone.
fn roads_menu(ui: &mut Ui, words: &Words, device: &Device, acts: &mut Vec<Act>) {
    if device.roads.count() < 2 {
        return;
    }
    ui.menu_button(fl!(words, "menu-road"), |ui| {
        let each = (0..device.roads.count()).filter_map(|road| Some((Some(road), device.road_name(road)?)));
        let choices = std::iter::once((None, fl!(words, "menu-road-automatic"))).chain(each);
        for (road, name) in choices {
            if ui.radio(device.roads.pinned == road, name).clicked() {
                acts.push(Act::Send(Command::PinRoad(device.id, road)));
                ui.close();
            }
        }
    });
}

/// The devices that *Retry now* on a site asks for. In an outage one device is enough, because one answer ends it for
/// all.
fn silent_devices(paint: PaintContext<'_>, site: SiteId) -> Vec<DeviceId> {
    let state = paint.state;
    let tile_states = |device| {
        let own = state
            .streams
            .iter()
            .filter(move |(stream, _)| stream.channel.device == device);
        own.map(|(_, status)| &status.state)
    };
    let enabled = state.registry.devices_of(site).filter(|device| device.enabled);
    let mut silent: Vec<DeviceId> = enabled
        .filter(|device| tile_states(device.id).any(|state| state.failure().is_some()))
        .map(|device| device.id)
        .collect();
    let status = state.sites.iter().find(|status| status.id == site);
    if status.is_some_and(|status| status.state == SiteState::Outage) {
        silent.truncate(1);
    }
    silent
}

fn several_devices_menu(ui: &mut Ui, paint: PaintContext<'_>, nodes: &[Node], acts: &mut Vec<Act>) {
    let Some(devices) = virtual_node::devices(nodes) else {
        return;
    };
    let words = paint.words;
    let changed = paint.state.certificates.changed_of(devices.iter().copied());
    if !changed.is_empty() && virtual_node::plain(ui, certificates::menu(words, &changed)) {
        acts.push(Act::Send(Command::TrustCertificates(changed)));
    }
    if virtual_node::plain(ui, fl!(words, "menu-edit-devices", count = devices.len())) {
        acts.push(Act::EditDevices(devices.clone()));
    }
    for (said, enabled) in [(fl!(words, "menu-enable"), true), (fl!(words, "menu-disable"), false)] {
        if virtual_node::plain(ui, said) {
            acts.push(Act::Send(Command::SetEnabled(devices.clone(), enabled)));
        }
    }
    if virtual_node::plain(ui, fl!(words, "menu-remove-devices", count = devices.len())) {
        acts.push(Act::RemoveDevices(devices));
    }
}
