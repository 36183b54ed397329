//! Opening a virtual DVR on the wall, and dragging channels into one.

use egui::Context;

use super::MonomiApp;
use crate::bridge::Command;
use crate::ui::tree::Tree;
use crate::ui::{Act, Dragged};
use device::{ChannelId, Registry, VirtualDvr, VirtualDvrId};
use wall::{Layout, Wall};

impl MonomiApp {
    /// Opens the dialog of a virtual DVR, or saves it with the channels that were dragged onto it.
    pub(super) fn edit_virtual_dvr(&mut self, ctx: &Context, at: usize, act: Act) {
        let window = &self.windows[at];
        let wall = &window.view.wall;
        match act {
            Act::NewVirtualDvr(channels) => {
                let registry = &self.engine_state.registry;
                self.dialogs
                    .open_new_virtual_dvr(window.id, registry, &self.words, &channels);
            }
            Act::Group => {
                let in_tree = ctx.memory(|memory| memory.has_focus(Tree::focus_id()));
                let channels = match in_tree {
                    true => window.tree.selected_channels(&self.engine_state.registry),
                    false => wall.tiles().iter().filter_map(|tile| tile.channel).collect(),
                };
                let registry = &self.engine_state.registry;
                self.dialogs
                    .open_new_virtual_dvr(window.id, registry, &self.words, &channels);
            }
            Act::EditVirtualDvr(id) => {
                if let Some(dvr) = self.engine_state.registry.virtual_dvr(id) {
                    self.dialogs.edit_virtual_dvr(window.id, dvr.clone());
                }
            }
            Act::AddToVirtual(id, before, dragged) => {
                if let Some(dvr) = with(wall, &self.engine_state.registry, id, before, &dragged) {
                    self.engine.send(Command::SaveVirtualDvr(Box::new(dvr)));
                }
            }
            _ => {}
        }
    }
}

/// Puts the channels on the wall: in its own layout from the first tile of the page on, else from the selected tile on.
pub(super) fn open(wall: &mut Wall, registry: &Registry, id: VirtualDvrId) {
    let Some(dvr) = registry.virtual_dvr(id) else { return };
    let members = dvr.members.iter().map(|member| member.channel);
    let channels: Vec<ChannelId> = members
        .filter(|channel| registry.device_of(*channel).is_some())
        .collect();
    if channels.is_empty() {
        return;
    }
    let mut place = wall.selected();
    if let Ok(layout) = dvr.layout.parse::<Layout>() {
        wall.set_layout(layout);
        place = wall.first_place();
    }
    wall.put_from(id, place, &channels);
}

/// The virtual DVR with the dragged channels added. A channel from another virtual DVR keeps its label.
pub(super) fn with(
    wall: &Wall,
    registry: &Registry,
    id: VirtualDvrId,
    before: Option<ChannelId>,
    dragged: &Dragged,
) -> Option<VirtualDvr> {
    let mut dvr = registry.virtual_dvr(id)?.clone();
    let (channels, origin) = match dragged {
        Dragged::Channels(_, channels) | Dragged::Devices(.., channels) => (channels.clone(), None),
        Dragged::Virtual(_, origin, channels) => (channels.clone(), Some(*origin)),
        Dragged::Tile(place) => {
            let placed = wall.placed(*place)?;
            (vec![placed.channel], placed.origin)
        }
    };
    dvr.add(&channels, before);
    if let Some(source) = origin.and_then(|origin| registry.virtual_dvr(origin)) {
        for member in dvr
            .members
            .iter_mut()
            .filter(|member| channels.contains(&member.channel))
        {
            if member.label.is_empty() {
                member.label = source.label(member.channel).unwrap_or_default().to_owned();
            }
        }
    }
    Some(dvr)
}
