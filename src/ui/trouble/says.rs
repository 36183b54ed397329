//! What a trouble is called, why it is, since when, and what comes next, in words.

use std::time::Instant;

use i18n_embed_fl::fl;

use super::{Cause, Next, Scope, Trouble};
use crate::bridge::{EngineState, FeedFault, FeedShown};
use crate::i18n::Words;
use crate::ui::state::{self, Help};
use crate::ui::{advice, moved, planned, road};
use device::{DeviceId, Site};
use reconnect::{FailureKind, Stage};

/// All that a panel says. A part that is not known is left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Said {
    /// The device or the site.
    pub name: String,
    /// What it consists of, and where it is.
    pub aside: String,
    pub cause: String,
    /// Since when, and what comes next.
    pub timing: String,
    pub advice: Option<String>,
    pub help: Option<Help>,
    /// The device that it is about, where it is one.
    pub device: Option<DeviceId>,
    /// The answer to what a person asked.
    pub answer: Option<String>,
    /// What a person wrote down of the site: whom to call, and more.
    pub notes: Vec<String>,
    /// Where those who run the site say how it is.
    pub page: Option<String>,
}

/// What a panel says of `trouble`.
#[must_use]
pub fn said(words: &Words, state: &EngineState, trouble: &Trouble) -> Said {
    let parts = [age(words, trouble, state), next(words, trouble, state.now)];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let answer = trouble.answer.as_ref();
    let moved = trouble.device().and_then(|device| {
        let failure = match &trouble.cause {
            Cause::Failed(failure) => Some(failure),
            _ => None,
        };
        moved::explain(words, state, device, failure)
    });
    let site = of_site(state, trouble);
    let planned = site.and_then(|site| planned::until(words, state, site.id));
    let said = Said {
        name: name(words, state, trouble),
        aside: aside(words, state, trouble),
        cause: only_device(trouble)
            .and_then(|device| road::tried(words, state, device))
            .or_else(|| public(words, state, trouble).map(|(cause, _)| cause))
            .unwrap_or_else(|| cause(words, trouble)),
        timing: {
            let timing = match trouble.next {
                // What is awaited then takes a sentence.
                Next::Unknown => parts.join("\n"),
                Next::Trying | Next::At(_) | Next::NotWatched(_) => words.list(&parts),
            };
            let waits = only_device(trouble).and_then(|device| waits_for_contact(words, state, device));
            let lines: Vec<String> = [planned, Some(timing), waits].into_iter().flatten().collect();
            lines.join("\n")
        },
        advice: match public(words, state, trouble) {
            Some((_, advice)) => Some(advice),
            None => advised(words, trouble),
        },
        help: help(trouble),
        answer: answer.map(|answer| {
            let result = advice::in_two_words(words, &answer.failure);
            fl!(
                words,
                "trouble-tried",
                clock = state::clock(answer.clock),
                result = result
            )
        }),
        device: trouble.device(),
        notes: site.map(|site| notes(words, state, site)).unwrap_or_default(),
        page: site.and_then(|site| site.about.page.as_ref()).map(ToString::to_string),
    };
    match moved {
        None => said,
        Some(moved) => Said {
            cause: moved.what,
            timing: moved.next.unwrap_or(said.timing),
            advice: moved.advice,
            help: moved.help,
            ..said
        },
    }
}

/// Said of a device that was changed and not reached since.
fn waits_for_contact(words: &Words, state: &EngineState, device: DeviceId) -> Option<String> {
    let reached = state.health.get(&device)?.reached_as?;
    let device = state.registry.device(device)?;
    (device.contact_print() != reached).then(|| fl!(words, "change-waits-for-contact"))
}

/// The site that a trouble is of, or the device of which it is.
fn of_site<'a>(state: &'a EngineState, trouble: &Trouble) -> Option<&'a Site> {
    let id = match trouble.scope {
        Scope::Network | Scope::AllSites(_) => return None,
        Scope::Site(site) => site,
        Scope::Device(device) | Scope::Channels(device) => state.registry.device(device)?.site,
    };
    state.registry.site(id)
}

/// What a person wrote down of a site.
fn notes(words: &Words, state: &EngineState, site: &Site) -> Vec<String> {
    let about = &site.about;
    let contact = (!about.contact.is_empty()).then(|| fl!(words, "panel-contact", contact = about.contact.as_str()));
    let note = (!about.note.is_empty()).then(|| about.note.clone());
    let feed = state.feeds.get(&site.id).map(|feed| feed_says(words, state, feed));
    feed.into_iter().chain(contact).chain(note).collect()
}

/// What the status feed of a site said last, or why it was not read.
fn feed_says(words: &Words, state: &EngineState, feed: &FeedShown) -> String {
    let server = feed.server.as_str();
    let said = feed.title.as_deref().map(|title| {
        let title = if title.is_empty() { "…" } else { title };
        match feed.at {
            Some(at) => {
                let at = planned::time(state.clock, at);
                fl!(words, "panel-feed-at", title = title, at = at)
            }
            None => fl!(words, "panel-feed", title = title),
        }
    });
    let fault = feed.fault.as_ref().map(|fault| match fault {
        FeedFault::Policy => fl!(words, "feed-policy", server = server),
        FeedFault::NoAnswer => fl!(words, "feed-no-answer", server = server),
        FeedFault::Untrusted => fl!(words, "feed-untrusted", server = server),
        FeedFault::Status(status) => fl!(words, "feed-status", server = server, status = status.to_string()),
        FeedFault::Moved => fl!(words, "feed-moved", server = server),
        FeedFault::NoFeed => fl!(words, "feed-none", server = server),
    });
    match (said, fault) {
        (Some(said), None) => said,
        (Some(said), Some(fault)) => format!("{said}\n{fault}"),
        (None, Some(fault)) => fault,
        (None, None) => fl!(words, "feed-empty", server = server),
    }
}

/// The trouble in one line, for the status bar.
#[must_use]
pub fn line(words: &Words, state: &EngineState, trouble: &Trouble) -> String {
    let site = trouble.device().and_then(|device| site_of(state, device));
    let name = name(words, state, trouble);
    let name = match (&trouble.scope, site) {
        (Scope::Device(_) | Scope::Channels(_), Some(site)) => fl!(words, "trouble-at-site", site = site, name = name),
        _ => name,
    };
    let what = short(words, trouble);
    let line = match trouble.since.filter(|_| trouble.is_watched()) {
        Some(since) => {
            let age = words.age(state.now.saturating_duration_since(since));
            fl!(words, "trouble-line-since", name = name, what = what, age = age)
        }
        None => fl!(words, "trouble-line", name = name, what = what),
    };
    let planned = of_site(state, trouble).and_then(|site| planned::until(words, state, site.id));
    let line = match planned {
        Some(planned) => fl!(words, "trouble-line-planned", line = line, planned = planned),
        None => line,
    };
    match trouble.next {
        Next::At(at) => {
            let wait = words.countdown(at.saturating_duration_since(state.now));
            fl!(words, "trouble-line-next", line = line, wait = wait)
        }
        Next::Trying => fl!(words, "trouble-line-trying", line = line),
        Next::NotWatched(clock) => fl!(
            words,
            "trouble-line-unwatched",
            line = line,
            clock = state::clock(clock)
        ),
        Next::Unknown => line,
    }
}

/// What the trouble is called: by its device or its site.
#[must_use]
pub fn name(words: &Words, state: &EngineState, trouble: &Trouble) -> String {
    match &trouble.scope {
        Scope::Network => fl!(words, "trouble-this-pc"),
        Scope::AllSites(count) => fl!(words, "trouble-all-sites", count = count),
        Scope::Site(site) => state
            .registry
            .site(*site)
            .map_or_else(String::new, |site| site.name.clone()),
        Scope::Device(device) | Scope::Channels(device) => {
            let device = state.registry.device(*device);
            let Some(device) = device else { return String::new() };
            let mut channels = trouble.channels.iter();
            match (&trouble.scope, channels.next(), channels.next()) {
                (Scope::Channels(_), Some(only), None) => {
                    let channel = state::channel_name(words, device, *only);
                    fl!(
                        words,
                        "channel-of-device",
                        channel = channel,
                        device = device.name.as_str()
                    )
                }
                _ => device.name.clone(),
            }
        }
    }
}

/// The name of a device's site, where there are several sites.
fn site_of(state: &EngineState, device: DeviceId) -> Option<&str> {
    let site = state.registry.device(device)?.site;
    let several = state.registry.sites.len() > 1;
    Some(state.registry.site(site)?.name.as_str()).filter(|_| several)
}

fn aside(words: &Words, state: &EngineState, trouble: &Trouble) -> String {
    let channels = fl!(words, "virtual-dvr-channels", count = trouble.channels.len());
    match &trouble.scope {
        Scope::Network | Scope::AllSites(_) | Scope::Site(_) => {
            let devices = fl!(words, "sites-devices", count = trouble.devices.len());
            words.list(&[devices, channels])
        }
        Scope::Device(device) | Scope::Channels(device) => match site_of(state, *device) {
            Some(site) => words.list(&[channels, site.to_owned()]),
            None => channels,
        },
    }
}

fn cause(words: &Words, trouble: &Trouble) -> String {
    let shared = matches!(trouble.scope, Scope::Site(_)) && trouble.devices.len() > 1;
    match (&trouble.cause, &trouble.scope) {
        (Cause::NoNetwork, _) => fl!(words, "trouble-no-network"),
        (_, Scope::AllSites(_)) => fl!(words, "trouble-no-site-answers"),
        (Cause::FellSilent, Scope::Site(_)) => fl!(words, "trouble-site-silent"),
        (Cause::Failed(failure), Scope::Site(_)) if failure.blames_path() => fl!(words, "trouble-site-silent"),
        (Cause::FellSilent, _) => fl!(words, "trouble-silent"),
        (Cause::Late, _) => fl!(words, "short-late"),
        (Cause::Failed(failure), _) if shared && !trouble.held.is_empty() => {
            let reason = advice::reason(words, failure);
            fl!(words, "trouble-of-tried", reason = reason)
        }
        (Cause::Failed(failure), _) if shared => {
            let reason = advice::reason(words, failure);
            fl!(words, "trouble-of-all", reason = reason)
        }
        (Cause::Failed(failure), _) => advice::reason(words, failure),
    }
}

/// The device, where the trouble is of one alone.
fn only_device(trouble: &Trouble) -> Option<DeviceId> {
    match trouble.scope {
        Scope::Device(device) | Scope::Channels(device) => Some(device),
        Scope::Network | Scope::AllSites(_) | Scope::Site(_) => None,
    }
}

/// Cause and advice of a device at an address of the public network, in words of what was tried: all that is known is that address, and the
/// device may be up behind its router.
fn public(words: &Words, state: &EngineState, trouble: &Trouble) -> Option<(String, String)> {
    let failure = match &trouble.cause {
        Cause::Failed(failure) => failure,
        _ => return None,
    };
    let silent = matches!(failure.kind, FailureKind::Timeout | FailureKind::Unreachable);
    let device = state.registry.device(only_device(trouble)?)?;
    if !device.host.ip().is_some_and(device::is_public) {
        return None;
    }
    let address = device.host.to_string();
    match failure.stage {
        Stage::Connect if silent => Some((
            fl!(words, "reason-public-silent", address = address),
            fl!(words, "advice-public-silent"),
        )),
        // Somebody is there, whoever it is behind the router.
        Stage::Options | Stage::Describe | Stage::Setup | Stage::Play | Stage::Media
            if matches!(failure.kind, FailureKind::Timeout | FailureKind::Protocol) =>
        {
            let reason = advice::reason(words, failure);
            Some((
                fl!(words, "reason-public-no-picture", address = address, reason = reason),
                advice::advice(words, failure),
            ))
        }
        _ => None,
    }
}

/// `for 12 min`.
fn age(words: &Words, trouble: &Trouble, state: &EngineState) -> Option<String> {
    let since = trouble.since.filter(|_| trouble.is_watched())?;
    Some(words.age(state.now.saturating_duration_since(since)))
}

fn next(words: &Words, trouble: &Trouble, now: Instant) -> Option<String> {
    Some(match (trouble.next, &trouble.cause) {
        (Next::Trying, _) => fl!(words, "trouble-trying"),
        (Next::At(at), _) => {
            let wait = words.countdown(at.saturating_duration_since(now));
            fl!(words, "trouble-next", wait = wait)
        }
        (Next::NotWatched(clock), _) => fl!(words, "trouble-unwatched", clock = state::clock(clock)),
        (Next::Unknown, Cause::NoNetwork) => fl!(words, "trouble-no-network-next"),
        (Next::Unknown, Cause::Failed(failure)) => state::next_of(words, failure, None, now),
        (Next::Unknown, Cause::FellSilent | Cause::Late) => fl!(words, "next-try-unknown"),
    })
}

fn advised(words: &Words, trouble: &Trouble) -> Option<String> {
    Some(match (&trouble.cause, &trouble.scope) {
        (Cause::NoNetwork, _) | (_, Scope::AllSites(_)) => fl!(words, "advice-no-route"),
        (Cause::FellSilent, Scope::Site(_)) => fl!(words, "trouble-site-advice"),
        (Cause::Failed(failure), Scope::Site(_)) if failure.blames_path() => fl!(words, "trouble-site-advice"),
        (Cause::FellSilent | Cause::Late, _) => fl!(words, "advice-connect"),
        (Cause::Failed(failure), _) => advice::advice(words, failure),
    })
}

/// Whether *Retry now* means something for it.
#[must_use]
pub fn offers_retry(trouble: &Trouble) -> bool {
    help(trouble) == Some(Help::Retry)
}

fn help(trouble: &Trouble) -> Option<Help> {
    match &trouble.cause {
        Cause::NoNetwork | Cause::Late => None,
        Cause::FellSilent => Some(Help::Retry),
        Cause::Failed(failure) => state::help_for(failure.kind),
    }
}

/// The cause in two words.
#[must_use]
pub fn short(words: &Words, trouble: &Trouble) -> String {
    match &trouble.cause {
        Cause::NoNetwork => fl!(words, "short-no-network"),
        Cause::FellSilent => fl!(words, "short-no-answer"),
        Cause::Late => fl!(words, "short-late"),
        Cause::Failed(failure) => advice::in_two_words(words, failure),
    }
}
