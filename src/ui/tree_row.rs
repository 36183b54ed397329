//! One line of the tree: what it says and how it is painted.

use egui::{FontId, Rect, Ui, Vec2, pos2};
use i18n_embed_fl::fl;

use super::act::PaintContext;
use super::certificates;
use super::icon::{self, Icon};
use super::identity;
use super::outline::{Node, TreeRow};
use super::planned;
use super::site::{self, LiveChannels, SiteHealth};
use super::state::{self, Look};
use super::trouble::{self, Trouble};
use super::{text, theme, trouble_panel};
use crate::bridge::{EngineState, SiteDevices, TileState};
use device::{ChannelId, Device, DeviceId, StreamId, StreamKind};

/// The texts and the icon of a row.
pub(super) struct ShownRow {
    pub name: String,
    pub look: Look,
    /// Secondary text behind the name.
    pub note: String,
    /// Secondary text at the right: how many are live.
    pub aside: String,
    /// The same in words.
    pub count: Option<String>,
    pub tooltip: Option<String>,
}

/// Where parts of a row were painted.
pub(super) struct PaintedRow {
    /// Where a click folds, if the line can be folded.
    pub chevron: Option<Rect>,
    /// The room for the name.
    pub name: Rect,
}

pub(super) fn shown(ui: &Ui, paint: PaintContext<'_>, row: TreeRow) -> Option<ShownRow> {
    let (state, words, tokens) = (paint.state, paint.words, theme::tokens(ui));
    match row.node {
        Node::Site(id) => {
            let name = &state.registry.sites.get(row.index)?.name;
            let status = state.sites.iter().find(|status| status.id == id);
            let health = status.map_or(SiteHealth::NotWatched, SiteHealth::of);
            let look = health.look(words, tokens);
            let devices = status.map_or_else(
                || SiteDevices {
                    all: state.registry.devices_of(id).count() as u32,
                    ..SiteDevices::default()
                },
                |status| status.devices,
            );
            let at_site = |device: DeviceId| state.registry.device(device).is_some_and(|device| device.site == id);
            let remembered = failed_last(paint, tokens, at_site);
            let counted = site::live_devices_in_words(words, devices);
            // Beside a name stand channels, on every line.
            let enabled = state.registry.devices_of(id).filter(|device| device.enabled);
            let channels = LiveChannels::of(state, enabled.flat_map(Device::channel_ids));
            let live = channels.in_words(words);
            let planned = planned::until(words, state, id);
            let said = [
                Some(look.label.clone()),
                planned.clone(),
                Some(counted),
                Some(live.clone()),
            ];
            let said: Vec<String> = said.into_iter().flatten().collect();
            Some(ShownRow {
                name: name.clone(),
                tooltip: Some(format!("{name} · {}", said.join(" · "))),
                aside: channels.short(),
                count: Some(match &planned {
                    Some(planned) => words.list(&[planned.clone(), live]),
                    None => live,
                }),
                note: planned.unwrap_or_default(),
                look: match health {
                    SiteHealth::NotWatched if remembered.is_some() => remembered.unwrap_or(look),
                    // A site that is well is marked as what it is.
                    SiteHealth::Up | SiteHealth::NotWatched => Look {
                        icon: Icon::Site,
                        color: tokens.text_weak,
                        ..look
                    },
                    _ => look,
                },
            })
        }
        Node::Device(id) => {
            let device = state.registry.devices.get(row.index)?;
            let look = if device.enabled {
                best(state, device.channel_ids()).map_or_else(
                    || {
                        if state.excluded.contains(&id) {
                            Look {
                                icon: Icon::Refused,
                                color: tokens.refused,
                                label: fl!(words, "state-refused"),
                            }
                        } else {
                            let remembered = failed_last(paint, tokens, |device| device == id);
                            remembered.unwrap_or_else(|| state::idle(words, tokens))
                        }
                    },
                    |state| state::look(words, tokens, state),
                )
            } else {
                state::disabled(words, tokens)
            };
            let name = state.registry.label_of(device);
            let counted = device.enabled.then(|| LiveChannels::of(state, device.channel_ids()));
            let count = counted.map(|counted| counted.in_words(words));
            let parts = [
                Some(format!("{}:{}", device.host, device.port)),
                Some(look.label.clone()),
                count.clone(),
            ];
            let said = state.identities.get(&id).map(|known| identity::line(words, known));
            let parts = parts
                .into_iter()
                .chain([said])
                .flatten()
                .chain(certificates::of(words, state, id))
                .collect::<Vec<_>>()
                .join(" · ");
            let site = state.registry.site(device.site);
            let note = site.filter(|_| state.registry.has_namesake(device));
            Some(ShownRow {
                tooltip: Some(format!("{name} · {parts}")),
                name: device.name.clone(),
                look,
                note: note.map_or_else(String::new, |site| site.name.clone()),
                aside: counted.map_or_else(String::new, LiveChannels::short),
                count,
            })
        }
        Node::Channel(channel) => {
            let device = state.registry.devices.get(row.index)?;
            let look = match best(state, std::iter::once(channel)) {
                Some(state) if device.enabled => state::look(words, tokens, state),
                Some(_) | None => state::idle(words, tokens),
            };
            let tooltip = format!(
                "{} · {}",
                state::full_name(words, &state.registry, device, channel),
                look.label
            );
            Some(ShownRow {
                name: state::channel_name(words, device, channel),
                look,
                note: String::new(),
                aside: String::new(),
                count: None,
                tooltip: Some(tooltip),
            })
        }
        Node::Virtual(_) => {
            let dvr = state.registry.virtual_dvrs.get(row.index)?;
            let look = best(state, dvr.members.iter().map(|member| member.channel)).map_or_else(
                || Look {
                    icon: Icon::Virtual,
                    ..state::idle(words, tokens)
                },
                |state| state::look(words, tokens, state),
            );
            let members = dvr.members.iter().map(|member| member.channel);
            let counted = LiveChannels::of(state, members);
            let count = counted.in_words(words);
            Some(ShownRow {
                tooltip: Some(format!("{} · {} · {count}", fl!(words, "virtual-dvr"), dvr.name)),
                name: dvr.name.clone(),
                look,
                note: String::new(),
                aside: counted.short(),
                count: Some(count),
            })
        }
        Node::VirtualDvrMember(id, channel) => {
            let label = state.registry.virtual_dvr(id)?.label(channel);
            let Some(device) = state.registry.device_of(channel) else {
                let number = || fl!(words, "channel-number", number = channel.number);
                return Some(ShownRow {
                    name: label.map_or_else(number, str::to_owned),
                    look: Look {
                        label: fl!(words, "virtual-dvr-gone"),
                        ..state::disabled(words, tokens)
                    },
                    note: String::new(),
                    aside: String::new(),
                    count: None,
                    tooltip: Some(fl!(words, "virtual-dvr-gone")),
                });
            };
            let look = match best(state, std::iter::once(channel)) {
                Some(state) if device.enabled => state::look(words, tokens, state),
                _ if !device.enabled => state::disabled(words, tokens),
                _ => state::idle(words, tokens),
            };
            let name = state::tile_name(paint, device, channel, Some(id));
            Some(ShownRow {
                tooltip: Some(format!(
                    "{} · {}",
                    state::full_name(words, &state.registry, device, channel),
                    look.label
                )),
                name: state::of_device(words, &state.registry, &name, device),
                look,
                note: String::new(),
                aside: String::new(),
                count: None,
            })
        }
    }
}

/// What was found last of devices that nobody watches, and that failed then.
fn failed_last(paint: PaintContext<'_>, tokens: &theme::Tokens, is_of: impl Fn(DeviceId) -> bool) -> Option<Look> {
    let of_these = |trouble: &&Trouble| trouble.devices.iter().any(|device| is_of(*device));
    let trouble = paint.troubles.iter().find(of_these)?;
    let (icon, color) = trouble_panel::sign(trouble, tokens);
    let what = trouble::short(paint.words, trouble);
    Some(Look {
        icon,
        color,
        label: fl!(paint.words, "state-failed-last", what = what),
    })
}

/// The state that represents these channels: live if one is live, else a failure, else what is under way.
fn best(state: &EngineState, channels: impl Iterator<Item = ChannelId>) -> Option<&TileState> {
    let rank = |state: &TileState| match state {
        TileState::Live => 0,
        TileState::WithoutKeyFrames => 1,
        TileState::AwaitingKeyFrame { .. } => 2,
        TileState::Late => 3,
        TileState::SignInFailed { .. } => 4,
        TileState::Refused { .. } => 5,
        TileState::Offline { .. } => 6,
        TileState::NoSuchChannel { .. } => 7,
        TileState::UnsupportedCodec { .. } => 8,
        TileState::TooLarge { .. } => 9,
        TileState::Connecting { .. } => 10,
        TileState::Waiting { .. } => 11,
    };
    channels
        .flat_map(|channel| [StreamKind::Main, StreamKind::Sub].map(|kind| StreamId { channel, kind }))
        .filter_map(|stream| state.streams.get(&stream))
        .map(|status| &status.state)
        .min_by_key(|state| rank(state))
}

/// Paints one row.
pub(super) fn paint(ui: &Ui, rect: Rect, row: TreeRow, shown: &ShownRow) -> PaintedRow {
    let tokens = theme::tokens(ui);
    let level = match row.node {
        Node::Site(_) | Node::Virtual(_) => 0.0,
        Node::Device(_) | Node::VirtualDvrMember(..) => 1.0,
        Node::Channel(_) => 2.0,
    };
    let by = theme::enlarged(ui);
    let mut x = rect.left() + (8.0 + level * 14.0) * by;
    let middle = rect.center().y;
    let mut square = |size: f32, after: f32| {
        let (size, after) = (size * by, after * by);
        let square = Rect::from_center_size(pos2(x + size / 2.0, middle), Vec2::splat(size));
        x += size + after;
        square
    };
    let chevron = square(10.0, 5.0);
    if row.has_chevron() {
        let sign = if row.open { Icon::Open } else { Icon::Closed };
        icon::paint(ui.painter(), sign, chevron, tokens.text_weak);
    }
    icon::paint(ui.painter(), shown.look.icon, square(13.0, 7.0), shown.look.color);

    let mut right = rect.right() - 10.0 * by;
    if !shown.aside.is_empty() {
        let galley = text::line(ui, &shown.aside, theme::small(ui), tokens.text_weak, 80.0 * by);
        let at = Rect::from_min_max(pos2(right - galley.size().x, rect.top()), pos2(right, rect.bottom()));
        right = at.left() - 8.0 * by;
        text::paint_left(ui, at, galley, tokens.text_weak);
    }
    let color = if shown.look.icon == Icon::Disabled {
        tokens.text_weak
    } else {
        tokens.text
    };
    let size = match row.node {
        Node::Channel(_) | Node::VirtualDvrMember(..) => 13.0,
        Node::Site(_) | Node::Device(_) | Node::Virtual(_) => 14.0,
    };
    let font = FontId::proportional(size * by);
    let name = Rect::from_min_max(pos2(x, rect.top()), pos2(right, rect.bottom()));
    let galley = text::line(ui, &shown.name, font, color, name.width());
    let end = name.left() + galley.size().x;
    text::paint_left(ui, name, galley, color);
    if !shown.note.is_empty() {
        let room = name.with_min_x(end + 8.0 * by);
        let galley = text::line(
            ui,
            &shown.note,
            theme::small(ui),
            tokens.text_weak,
            room.width().max(0.0),
        );
        text::paint_left(ui, room, galley, tokens.text_weak);
    }
    PaintedRow {
        chevron: row.has_chevron().then_some(chevron),
        name,
    }
}
