//! The keys of a window, while no text is being typed.

use egui::{Context, Id, Key, Modifiers};

use crate::bridge::{Command, PlaybackStatus, PlaybackWish, PtzWish};
use crate::ui::tile_tools;
use crate::ui::tree::Tree;
use crate::ui::{Act, Doable, SettingsTab, SteerAct};
use device::ChannelId;
use settings::Volume;
use wall::{Direction, Layout, Views, WindowView};

const DIGITS: [Key; 10] = [
    Key::Num1,
    Key::Num2,
    Key::Num3,
    Key::Num4,
    Key::Num5,
    Key::Num6,
    Key::Num7,
    Key::Num8,
    Key::Num9,
    Key::Num0,
];

/// Consumes the keys that belong to the window and returns what they ask for. `doable`: what means something for the channel of the
/// selected tile. `recorded`: of which recordings are shown. `volume`: that of the channel that is heard. `steered`: the channel whose camera the arrows turn.
pub(super) fn take(
    ctx: &Context,
    view: &WindowView,
    views: &Views,
    doable: Doable,
    volume: Option<Volume>,
    steered: Option<ChannelId>,
    recorded: Option<&PlaybackStatus>,
) -> Vec<Act> {
    let pressed = |modifiers, key| ctx.input_mut(|input| input.consume_key(modifiers, key));
    let plain = |key| pressed(Modifiers::NONE, key);
    let mut acts = Vec::new();
    for (modifiers, key, act) in [
        // Keys with Shift come first, because egui also matches a shortcut without Shift when Shift is down.
        (Modifiers::COMMAND | Modifiers::SHIFT, Key::N, Act::NewWindow),
        (Modifiers::COMMAND | Modifiers::SHIFT, Key::E, Act::Recordings(None)),
        (Modifiers::COMMAND | Modifiers::SHIFT, Key::B, Act::Views { save: true }),
        (Modifiers::COMMAND, Key::B, Act::Views { save: false }),
        (Modifiers::COMMAND, Key::W, Act::CloseWindow),
        (Modifiers::NONE, Key::F1, Act::Shortcuts),
        (Modifiers::NONE, Key::F8, Act::Figures),
        (Modifiers::NONE, Key::F9, Act::Tree),
        (Modifiers::NONE, Key::F11, Act::Fullscreen),
        (Modifiers::COMMAND, Key::Comma, Act::Settings(SettingsTab::General)),
        (Modifiers::COMMAND, Key::N, Act::AddDevice(None)),
        (Modifiers::COMMAND, Key::G, Act::Group),
        (Modifiers::COMMAND, Key::L, Act::Layouts),
        (Modifiers::COMMAND, Key::F, Act::Search),
        (Modifiers::COMMAND, Key::E, Act::Events),
        (Modifiers::COMMAND, Key::Q, Act::Quit),
    ] {
        if pressed(modifiers, key) {
            acts.push(act);
        }
    }
    let channel = view.wall.selected_channel();
    if let Some(channel) = channel.filter(|_| doable.snapshot)
        && pressed(Modifiers::COMMAND, Key::S)
    {
        acts.push(Act::Send(Command::SaveSnapshot(channel)));
    }
    if let Some((stream, on)) = doable.record
        && pressed(Modifiers::COMMAND, Key::R)
    {
        acts.push(Act::Send(Command::Record(stream, on)));
    }
    for (digit, named) in DIGITS.into_iter().zip(views.list()).take(9) {
        if pressed(Modifiers::COMMAND, digit) {
            acts.push(Act::OpenView(named.name.clone()));
        }
    }
    let focused = ctx.memory(|memory| memory.focused());
    let typed_before = note_typing(ctx);
    if ctx.text_edit_focused() || egui::Popup::is_any_open(ctx) {
        return acts;
    }
    let placed = view.wall.placed(view.wall.selected());
    let zoomed = placed.is_some_and(|placed| placed.crop.is_zoomed());
    for (digit, layout) in DIGITS.into_iter().zip(Layout::OF_ALT_DIGITS) {
        if pressed(Modifiers::ALT, digit) {
            acts.push(Act::SetLayout(layout));
        }
    }
    for (digit, layout) in DIGITS.into_iter().zip(Layout::OF_DIGITS) {
        // On an enlarged tile 0 shows all of the picture again.
        if !(zoomed && digit == Key::Num0) && plain(digit) {
            acts.push(Act::SetLayout(layout));
        }
    }
    let selected = view.wall.selected();
    for (key, act) in [
        (Key::T, Act::Tour),
        (Key::PageUp, Act::Turn(-1)),
        (Key::PageDown, Act::Turn(1)),
    ] {
        if plain(key) {
            acts.push(act);
        }
    }
    // With Alt the letter opens a menu.
    if let Some(placed) = placed
        && ctx.input(|input| input.modifiers.is_none())
        && plain(Key::F)
    {
        acts.push(Act::Crop(selected, tile_tools::filled_or_whole(placed.crop)));
    }
    // In the tree, Delete removes what is selected there.
    if focused != Some(Tree::focus_id()) && plain(Key::Delete) {
        acts.push(Act::Clear(selected));
    }
    if let Some(channel) = channel {
        if doable.retry && plain(Key::R) {
            acts.push(Act::Send(Command::RetryNow(channel.device)));
        }
        if doable.sound && plain(Key::M) {
            acts.push(Act::Listen(channel));
        }
    }
    if let Some(channel) = channel.filter(|_| doable.steer || steered.is_some())
        && plain(Key::P)
    {
        acts.push(Act::Steer(match steered {
            Some(_) => SteerAct::End,
            None => SteerAct::Begin(selected, channel),
        }));
    }
    if let Some(channel) = channel.filter(|_| doable.playback && steered.is_none()) {
        acts.extend(playback_keys(ctx, channel, recorded));
    }
    if let Some(channel) = steered {
        if ctx.input(|input| input.modifiers.is_none()) && plain(Key::S) {
            acts.push(Act::Steer(SteerAct::Ask(channel, PtzWish::Halt)));
        }
        // An Escape that took the keyboard from a field was that field's.
        if !typed_before && plain(Key::Escape) {
            acts.push(Act::Steer(SteerAct::End));
        }
    }
    if let Some(volume) = volume {
        for (key, volume) in [(Key::ArrowUp, volume.louder()), (Key::ArrowDown, volume.softer())] {
            if pressed(Modifiers::COMMAND, key) {
                acts.push(Act::Volume(volume));
            }
        }
    }
    // Escape takes the keyboard away from a field before it comes here, and belongs to that field.
    if !typed_before && plain(Key::Escape) {
        if view.wall.is_alone() {
            acts.push(Act::Alone(selected));
        } else if view.fullscreen {
            acts.push(Act::Fullscreen);
        }
    }
    // Arrows and Enter belong to the wall unless the tree, a button or a menu has asked for them.
    let elsewhere = focused.is_some_and(|id| id == Tree::focus_id() || !crate::ui::tile::is_tile(id));
    if !elsewhere {
        for (key, direction) in [
            (Key::ArrowLeft, Direction::Left),
            (Key::ArrowRight, Direction::Right),
            (Key::ArrowUp, Direction::Up),
            (Key::ArrowDown, Direction::Down),
        ] {
            // With Shift the arrows pan an enlarged picture.
            if steered.is_none() && !ctx.input(|input| input.modifiers.shift) && plain(key) {
                acts.push(Act::Step(direction));
            }
        }
        if plain(Key::Enter) {
            acts.push(Act::Alone(selected));
        }
    }
    acts
}

/// The keys of recordings: B opens and closes them, the others mean something while they are open.
fn playback_keys(ctx: &Context, channel: ChannelId, recorded: Option<&PlaybackStatus>) -> Vec<Act> {
    if !ctx.input(|input| input.modifiers.is_none()) {
        return Vec::new();
    }
    let pressed = |key| ctx.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    let mut wishes = Vec::new();
    let Some(recorded) = recorded else {
        wishes.extend(pressed(Key::B).then_some(PlaybackWish::Open(None)));
        return sent(channel, wishes);
    };
    let a_second_ago = recorded.mark.checked_sub(archive::SignedDuration::from_secs(1));
    for (key, wish) in [
        (Key::B, PlaybackWish::Close),
        (Key::Space, PlaybackWish::Pause(!recorded.paused)),
        (Key::Period, PlaybackWish::Step),
        (Key::Comma, PlaybackWish::Seek(a_second_ago.unwrap_or(recorded.mark))),
        (Key::J, PlaybackWish::Speed(recorded.speed.slower())),
        (Key::L, PlaybackWish::Speed(recorded.speed.faster())),
        (Key::K, PlaybackWish::Speed(recorded.speed.reversed())),
    ] {
        wishes.extend(pressed(key).then_some(wish));
    }
    sent(channel, wishes)
}

fn sent(channel: ChannelId, wishes: Vec<PlaybackWish>) -> Vec<Act> {
    let command = |wish| Act::Send(Command::Playback(channel, wish));
    wishes.into_iter().map(command).collect()
}

/// Notes whether text is typed now; whether it was in the last frame of this window.
fn note_typing(ctx: &Context) -> bool {
    let id = Id::unique("typing").with(ctx.viewport_id());
    let now = ctx.text_edit_focused();
    ctx.data_mut(|data| {
        let before = data.get_temp(id).unwrap_or(false);
        data.insert_temp(id, now);
        before
    })
}
