//! What an event is called, why it is and how long it lasted, in words; and what the desktop is told of it.

use std::time::Duration;

use i18n_embed_fl::fl;

use crate::bridge::{AlertFault, Clock, EventsShown, Notification, NotificationAbout, ShownEvent, SoundProblem};
use crate::i18n::Words;
use crate::ui::{reason, state};
use crate::wording;
use device::{ChannelId, DeviceId, Registry};
use events::{Cause, End, EventRecord, Kind, Subject, Unwatched};

/// What the event is about, by its name of now, else by the one that it had.
#[must_use]
pub fn name(words: &Words, registry: &Registry, event: &EventRecord) -> String {
    match event.subject {
        Subject::Computer => fl!(words, "trouble-this-pc"),
        Subject::AllSites => fl!(words, "events-all-sites"),
        Subject::Site(id) => {
            let known = registry.site(id).map(|site| site.name.as_str());
            let name = known.unwrap_or(&event.name);
            fl!(words, "events-site", name = name, count = event.devices.len())
        }
        Subject::Device(id) => at_site(words, registry, event, device_name(registry, event, id)),
        Subject::Channels(id) | Subject::Channel(ChannelId { device: id, .. }) => {
            let name = channels_name(words, registry, event, id);
            at_site(words, registry, event, name)
        }
    }
}

fn device_name(registry: &Registry, event: &EventRecord, id: DeviceId) -> String {
    let known = registry.device(id).map(|device| device.name.as_str());
    known.unwrap_or(&event.name).to_owned()
}

fn channels_name(words: &Words, registry: &Registry, event: &EventRecord, id: DeviceId) -> String {
    let device = device_name(registry, event, id);
    let mut numbers = event.channels.iter();
    match (numbers.next(), numbers.next()) {
        (Some(&number), None) => {
            let channel = ChannelId { device: id, number };
            let channel = match registry.device(id) {
                Some(device) => state::channel_name(words, device, channel),
                None => fl!(words, "channel-number", number = number),
            };
            fl!(words, "channel-of-device", channel = channel, device = device)
        }
        _ => {
            let channels = fl!(words, "virtual-dvr-channels", count = event.channels.len());
            words.list(&[device, channels])
        }
    }
}

/// With the site in front, where there are several.
fn at_site(words: &Words, registry: &Registry, event: &EventRecord, name: String) -> String {
    let Some((id, called)) = event.site.as_ref().filter(|_| registry.sites.len() > 1) else {
        return name;
    };
    let site = registry.site(*id).map_or(called.as_str(), |site| site.name.as_str());
    fl!(words, "trouble-at-site", site = site, name = name)
}

/// `Osaka: no answer`.
#[must_use]
pub fn line(words: &Words, registry: &Registry, event: &EventRecord) -> String {
    let what = wording::event::what(words, &event.what);
    fl!(words, "trouble-line", name = name(words, registry, event), what = what)
}

/// The time of day, and the date before it where that is another one than today.
#[must_use]
pub fn time(at: Clock, now: Clock) -> String {
    if (at.year, at.month, at.day) == (now.year, now.month, now.day) {
        state::clock(at)
    } else {
        state::date_and_clock(at)
    }
}

/// Until when it lasted.
#[must_use]
pub fn until(words: &Words, shown: &ShownEvent, now: Clock) -> String {
    let at = shown.until.map(|until| time(until, now)).unwrap_or_default();
    match shown.event.end {
        End::Lasts => fl!(words, "events-lasts"),
        End::At(_) => at,
        End::Unknown(_, Unwatched::ProgramEnded) => fl!(words, "events-program-ended", clock = at),
        End::Unknown(_, Unwatched::WhileOff) => fl!(words, "events-while-off", clock = at),
        End::Unknown(_, Unwatched::NotWatched) => fl!(words, "events-not-watched", clock = at),
    }
}

/// How long it lasted, or lasts already.
#[must_use]
pub fn lasted(words: &Words, event: &EventRecord, shown: &EventsShown) -> String {
    let until = event.until().unwrap_or(shown.now);
    let lasted = words.duration(Duration::from_millis(until.0.saturating_sub(event.since.0)));
    match event.end {
        End::Unknown(..) => fl!(words, "events-at-least", duration = lasted),
        End::Lasts | End::At(_) => lasted,
    }
}

#[must_use]
pub fn kind(words: &Words, kind: Kind) -> String {
    match kind {
        Kind::NoAnswer => fl!(words, "alert-kind-no-answer"),
        Kind::Refused => fl!(words, "alert-kind-refused"),
        Kind::SignIn => fl!(words, "alert-kind-sign-in"),
        Kind::Certificate => fl!(words, "alert-kind-certificate"),
        Kind::NoPicture => fl!(words, "alert-kind-no-picture"),
        Kind::Computer => fl!(words, "alert-kind-computer"),
    }
}

/// Why nobody is called by this means, and what Monomi does about it.
#[must_use]
pub fn fault(words: &Words, fault: &AlertFault) -> String {
    match fault {
        AlertFault::Sound(problem) => fl!(words, "notice-alert-sound", reason = sound_reason(words, problem)),
        // What the bus says is for the log.
        AlertFault::Notification(_) => fl!(words, "notice-alert-notification"),
    }
}

/// Why the tone cannot be played.
#[must_use]
pub fn sound_reason(words: &Words, problem: &SoundProblem) -> String {
    match problem {
        SoundProblem::NoDevice => fl!(words, "alert-sound-no-device"),
        SoundProblem::NoPlugin { packages } => fl!(words, "alert-sound-no-plugin", packages = packages.as_str()),
        // A tone of our own is refused by nobody.
        SoundProblem::NoSound | SoundProblem::Refused => String::new(),
        SoundProblem::Unplayable { codec } => codec.clone(),
        SoundProblem::NoOutput { reason } | SoundProblem::Broken { reason } => reason::in_words(words, reason),
    }
}

/// So many events are named in a notification.
const NAMED: usize = 5;

/// The heading and the text of a notification. No address and no password is in it: names and causes alone.
#[must_use]
pub fn notification(words: &Words, told: &Notification) -> (String, String) {
    let registry = &told.state.registry;
    let lines = |events: &[EventRecord], line: &dyn Fn(&EventRecord) -> String| {
        let mut lines: Vec<String> = events.iter().take(NAMED).map(line).collect();
        let more = events.len().saturating_sub(NAMED);
        if more > 0 {
            lines.push(fl!(words, "trouble-more", count = more));
        }
        lines.join("\n")
    };
    match &told.about {
        NotificationAbout::Begun(events) => match &events[..] {
            [event] => (line(words, registry, event), next(words, event)),
            _ => (
                fl!(words, "alert-several", count = events.len()),
                lines(events, &|event| line(words, registry, event)),
            ),
        },
        NotificationAbout::Over(events) => match &events[..] {
            [event] => {
                let name = name(words, registry, event);
                (fl!(words, "alert-over", name = name), after(words, event))
            }
            _ => (
                fl!(words, "alert-over-several", count = events.len()),
                lines(events, &|event| {
                    words.list(&[name(words, registry, event), after(words, event)])
                }),
            ),
        },
        NotificationAbout::Trial => (fl!(words, "alert-trial"), fl!(words, "alert-trial-body")),
    }
}

/// How long it lasted.
pub(super) fn after(words: &Words, event: &EventRecord) -> String {
    let until = event.until().unwrap_or(event.since);
    let duration = words.duration(Duration::from_millis(until.0.saturating_sub(event.since.0)));
    match event.end {
        End::Unknown(..) => fl!(words, "alert-over-unseen", duration = duration),
        End::Lasts | End::At(_) => fl!(words, "alert-over-after", duration = duration),
    }
}

/// The camera and its device.
pub fn channel(words: &Words, registry: &Registry, channel: ChannelId) -> String {
    let device = registry.device(channel.device);
    let index = usize::from(channel.number).checked_sub(1);
    let given = device.zip(index).and_then(|(device, index)| device.channels.get(index));
    let number = channel.number;
    let name = match given {
        Some(given) if !given.name.is_empty() => given.name.clone(),
        _ => format!("CH{number}"),
    };
    match device {
        Some(device) => words.list(&[name, registry.label_of(device).into_owned()]),
        None => name,
    }
}

/// What Monomi does next.
pub(super) fn next(words: &Words, event: &EventRecord) -> String {
    match event.cause().map(Cause::kind) {
        Some(Kind::NoAnswer | Kind::Refused | Kind::NoPicture | Kind::Computer) => fl!(words, "alert-goes-on"),
        Some(Kind::SignIn | Kind::Certificate) => fl!(words, "alert-waits"),
        // What a device reports is not Monomi's to mend.
        None => wording::event::advice(words, &event.what).unwrap_or_else(|| event.detail.to_string()),
    }
}
