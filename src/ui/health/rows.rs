//! What is said of each registered device.

use std::collections::HashMap;

use i18n_embed_fl::fl;

use crate::bridge::{Clock, EngineState, SourceFault, SourceState};
use crate::i18n::Words;
use crate::ui::planned;
use crate::wording;
use device::{Device, DeviceId, date_of, days_of};
use events::{Cause, Occurrence};
use health::{AttemptHours, HealthRecord, HealthTable, PasswordWarning, Seen, StorageTrouble};

/// How a device is, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HealthCondition {
    Down,
    /// It is being tried.
    Trying,
    /// Pictures come.
    Live,
    /// No tile shows it, and it tells of itself.
    Answers,
    /// No tile shows it, so that nothing is asked of it.
    NotWatched,
    Excluded,
    Disabled,
}

/// One device.
#[derive(Clone, Debug)]
pub struct HealthRow {
    pub device: DeviceId,
    pub condition: HealthCondition,
    /// As [`Column::ALL`] has them.
    pub cells: Vec<String>,
    /// By which the columns of figures are sorted, as [`Column::ALL`] has them; the least first.
    pub keys: Vec<i64>,
    /// Something to be seen to, though it works.
    pub warns: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    Device,
    Site,
    State,
    Since,
    Day,
    Week,
    Month,
    Outage,
    Events,
    Model,
    Firmware,
    Clock,
    Certificate,
    Password,
    Traffic,
    Attempts,
    Storage,
}

impl Column {
    pub const ALL: [Self; 17] = [
        Self::Device,
        Self::Site,
        Self::State,
        Self::Since,
        Self::Day,
        Self::Week,
        Self::Month,
        Self::Outage,
        Self::Events,
        Self::Model,
        Self::Firmware,
        Self::Clock,
        Self::Certificate,
        Self::Password,
        Self::Traffic,
        Self::Attempts,
        Self::Storage,
    ];

    #[must_use]
    pub fn title(self, words: &Words) -> String {
        match self {
            Self::Device => fl!(words, "health-device"),
            Self::Site => fl!(words, "health-site"),
            Self::State => fl!(words, "health-state"),
            Self::Since => fl!(words, "health-since"),
            Self::Day => fl!(words, "health-day"),
            Self::Week => fl!(words, "health-week"),
            Self::Month => fl!(words, "health-month"),
            Self::Outage => fl!(words, "health-outage"),
            Self::Events => fl!(words, "health-heard"),
            Self::Model => fl!(words, "health-model"),
            Self::Firmware => fl!(words, "health-firmware"),
            Self::Clock => fl!(words, "health-clock"),
            Self::Certificate => fl!(words, "health-certificate"),
            Self::Password => fl!(words, "health-password"),
            Self::Traffic => fl!(words, "health-traffic"),
            Self::Attempts => fl!(words, "health-attempts"),
            Self::Storage => fl!(words, "health-storage"),
        }
    }

    /// Its place in [`Self::ALL`].
    #[must_use]
    pub fn index(self) -> usize {
        Self::ALL.iter().position(|column| *column == self).unwrap_or(0)
    }
}

/// A clock on which the local time of other moments can be told.
#[derive(Clone, Copy)]
pub struct WallClock {
    unix: i64,
    /// Local time less UTC, in seconds.
    zone: i64,
}

impl WallClock {
    /// The clock of this moment.
    #[must_use]
    pub fn of(state: &EngineState) -> Self {
        let unix = i64::try_from(state.events.now.0 / 1_000).unwrap_or(0);
        let Clock {
            year,
            month,
            day,
            hour,
            minute,
            second,
        } = state.clock;
        let days = days_of((year.into(), month.into(), day.into()));
        let local = days * 86_400 + i64::from(hour) * 3_600 + i64::from(minute) * 60 + i64::from(second);
        // Zones are whole quarters of an hour; the two clocks were read one after the other.
        let zone = (local - unix + 450).div_euclid(900) * 900;
        Self { unix, zone }
    }

    /// `11-29 21:40`, or `21:40` where that is today.
    #[must_use]
    pub fn time(self, at: i64) -> String {
        let local = at + self.zone;
        let (days, seconds) = (local.div_euclid(86_400), local.rem_euclid(86_400));
        let clock = format!("{:02}:{:02}", seconds / 3_600, seconds / 60 % 60);
        if days == (self.unix + self.zone).div_euclid(86_400) {
            return clock;
        }
        let (_, month, day) = date_of(days);
        format!("{month:02}-{day:02} {clock}")
    }
}

/// Every registered device, as it stands in the registry.
#[must_use]
pub fn rows(words: &Words, state: &EngineState) -> Vec<HealthRow> {
    let mut streams: HashMap<DeviceId, (bool, u32)> = HashMap::new();
    for (stream, status) in state.streams.iter() {
        let of = streams.entry(stream.channel.device).or_default();
        of.0 |= status.state.has_pictures();
        of.1 = of.1.saturating_add(status.info.kbit_s);
    }
    let wall = WallClock::of(state);
    let row = |device| row(words, state, device, streams.get(&device.id).copied(), wall);
    state.registry.devices.iter().map(row).collect()
}

/// The rows as a table for a spreadsheet or for paper.
#[must_use]
pub fn table(words: &Words, state: &EngineState, rows: &[HealthRow]) -> HealthTable {
    HealthTable {
        title: fl!(words, "health-title"),
        subtitle: crate::ui::state::date_and_clock(state.clock),
        language: words.language().tag().to_owned(),
        head: Column::ALL.iter().map(|column| column.title(words)).collect(),
        rows: rows.iter().map(|row| row.cells.clone()).collect(),
    }
}

fn row(
    words: &Words,
    state: &EngineState,
    device: &Device,
    streams: Option<(bool, u32)>,
    wall: WallClock,
) -> HealthRow {
    let record = state.health.get(&device.id).map(|record| &**record);
    let condition = condition(state, device, record, streams.map(|(pictures, _)| pictures));
    let share = |hours| record.and_then(|record| record.over(hours, wall.unix).available());
    let shares = [share(24), share(7 * 24), share(30 * 24)];
    let since = record.and_then(|record| record.since);
    let outage = record.and_then(|record| record.outage.as_ref());
    let known = record.map(|record| &record.known);
    let site = state
        .registry
        .site(device.site)
        .map(|site| site.name.clone())
        .unwrap_or_default();
    let clock = known.and_then(|known| known.clock);
    let certificate = state
        .certificates
        .of(device.id)
        .filter_map(|(_, shown)| shown.last_day())
        .min();
    let password = state.password_warnings.get(&device.id).copied();
    let traffic = streams.map_or(0, |(_, kbit_s)| kbit_s);
    let heard = known.and_then(|known| known.heard);
    let attempts = record.map(|record| record.attempts.of_a_day(wall.unix));
    let storage = known.and_then(|known| known.storage.as_ref());
    let text = |text: Option<&String>| text.cloned().unwrap_or_default();
    let cells = vec![
        device.name.clone(),
        site,
        state_text(words, state, device, condition, outage),
        since.map(|at| wall.time(at)).unwrap_or_default(),
        percent(shares[0]),
        percent(shares[1]),
        percent(shares[2]),
        outage
            .map(|outage| outage_text(words, outage, wall))
            .unwrap_or_default(),
        events_text(words, state, device, heard, wall),
        text(known.map(|known| &known.model)),
        text(known.map(|known| &known.firmware)),
        clock
            .map(|offset| fl!(words, "health-offset", seconds = format!("{offset:+}")))
            .unwrap_or_default(),
        certificate
            .map(|(year, month, day)| format!("{year:04}-{month:02}-{day:02}"))
            .unwrap_or_default(),
        password
            .map(|warning| password_text(words, warning))
            .unwrap_or_default(),
        if traffic > 0 {
            format!("{traffic} kbit/s")
        } else {
            String::new()
        },
        attempts
            .map(|count| {
                fl!(
                    words,
                    "health-attempts-of",
                    count = count,
                    syns = AttemptHours::most_syns(count)
                )
            })
            .unwrap_or_default(),
        storage
            .map(|storage| storage_text(words, storage, wall))
            .unwrap_or_default(),
    ];
    let number = |share: Option<u32>| share.map_or(10_001, i64::from);
    let keys = vec![
        0,
        0,
        condition as i64,
        -since.unwrap_or(0),
        number(shares[0]),
        number(shares[1]),
        number(shares[2]),
        -outage.map_or(0, |outage| outage.since),
        -heard.unwrap_or(0),
        0,
        0,
        -clock.unwrap_or(0).saturating_abs(),
        certificate.map_or(i64::MAX, days_of),
        i64::from(password.is_none()),
        -i64::from(traffic),
        -attempts.map_or(-1, i64::from),
        -storage.map_or(0, |storage| storage.since),
    ];
    HealthRow {
        device: device.id,
        condition,
        cells,
        keys,
        warns: storage.is_some() || password.is_some() || clock.is_some_and(|offset| offset.abs() > 60),
    }
}

fn condition(
    state: &EngineState,
    device: &Device,
    record: Option<&HealthRecord>,
    pictures: Option<bool>,
) -> HealthCondition {
    let seen = record.and_then(HealthRecord::seen);
    let failure = state.devices.get(&device.id).and_then(|status| status.failure.as_ref());
    match pictures {
        _ if !device.enabled => HealthCondition::Disabled,
        _ if state.excluded.contains(&device.id) => HealthCondition::Excluded,
        Some(true) => HealthCondition::Live,
        Some(false) if failure.is_some() => HealthCondition::Down,
        Some(false) => HealthCondition::Trying,
        None if seen == Some(Seen::Down) => HealthCondition::Down,
        None if seen == Some(Seen::Up) => HealthCondition::Answers,
        None => HealthCondition::NotWatched,
    }
}

fn state_text(
    words: &Words,
    state: &EngineState,
    device: &Device,
    condition: HealthCondition,
    outage: Option<&health::Outage>,
) -> String {
    let planned = planned::until(words, state, device.site);
    match (condition, planned) {
        (HealthCondition::Down | HealthCondition::Trying | HealthCondition::NotWatched, Some(planned)) => planned,
        (condition, _) => found_text(words, state, device, condition, outage),
    }
}

fn found_text(
    words: &Words,
    state: &EngineState,
    device: &Device,
    condition: HealthCondition,
    outage: Option<&health::Outage>,
) -> String {
    match condition {
        HealthCondition::Down => {
            let failure = state.devices.get(&device.id).and_then(|status| status.failure.as_ref());
            let now = failure.and_then(Cause::of);
            let kept = || outage.and_then(|outage| Cause::from_word(&outage.cause));
            match now.or_else(kept) {
                Some(cause) => wording::event::cause(words, cause),
                None => fl!(words, "health-down"),
            }
        }
        HealthCondition::Trying => fl!(words, "health-trying"),
        HealthCondition::Live => fl!(words, "health-live"),
        HealthCondition::Answers => fl!(words, "health-answers"),
        HealthCondition::NotWatched => fl!(words, "health-not-watched"),
        HealthCondition::Excluded => fl!(words, "health-excluded"),
        HealthCondition::Disabled => fl!(words, "state-disabled"),
    }
}

/// `99.98 %`; nothing where nobody looked.
#[must_use]
pub fn percent(share: Option<u32>) -> String {
    match share {
        None => "—".to_owned(),
        Some(10_000) => "100 %".to_owned(),
        Some(share) => format!("{}.{:02} %", share / 100, share % 100),
    }
}

fn outage_text(words: &Words, outage: &health::Outage, wall: WallClock) -> String {
    let cause = Cause::from_word(&outage.cause).map(|cause| wording::event::cause(words, cause));
    let since = wall.time(outage.since);
    let span = match outage.until {
        Some(until) => format!("{since} – {}", wall.time(until)),
        None => fl!(words, "health-outage-lasts", since = since),
    };
    match cause {
        Some(cause) => fl!(words, "health-outage-cause", span = span, cause = cause),
        None => span,
    }
}

/// What the device said of its disks or recordings, and when.
fn storage_text(words: &Words, storage: &StorageTrouble, wall: WallClock) -> String {
    let what = Occurrence::from_word(&storage.what);
    let what = what.map_or_else(|| storage.what.clone(), |what| wording::event::occurrence(words, what));
    fl!(
        words,
        "health-storage-since",
        what = what,
        since = wall.time(storage.since)
    )
}

fn events_text(words: &Words, state: &EngineState, device: &Device, heard: Option<i64>, wall: WallClock) -> String {
    let Some(source) = state.sources.get(&device.id) else {
        return fl!(words, "health-events-off");
    };
    let last = heard.map(|at| wall.time(at));
    let why = match &source.state {
        SourceState::Listening if source.says_nothing => Some(fl!(words, "health-events-nothing")),
        SourceState::Listening => None,
        SourceState::Waiting | SourceState::Connecting => Some(fl!(words, "health-events-waiting")),
        SourceState::Pausing { why, .. } | SourceState::Stopped(why) => Some(fault_text(words, why)),
    };
    match (last, why) {
        (Some(last), None) => last,
        (None, None) => fl!(words, "health-events-none-yet"),
        (None, Some(why)) => why,
        (Some(last), Some(why)) => fl!(words, "health-outage-cause", span = last, cause = why),
    }
}

fn fault_text(words: &Words, why: &SourceFault) -> String {
    match why {
        SourceFault::SignIn(_) => fl!(words, "health-events-sign-in"),
        SourceFault::Unsupported(_) => fl!(words, "health-events-unsupported"),
        SourceFault::Refused(_) => fl!(words, "health-events-refused"),
        SourceFault::Silent => fl!(words, "health-events-silent"),
        SourceFault::Closed => fl!(words, "health-events-closed"),
        SourceFault::Failed(failure) => match Cause::of(failure) {
            Some(cause) => wording::event::cause(words, cause),
            None => fl!(words, "health-excluded"),
        },
    }
}

fn password_text(words: &Words, warning: PasswordWarning) -> String {
    match warning {
        PasswordWarning::Empty => fl!(words, "health-password-empty"),
        PasswordWarning::Default => fl!(words, "health-password-default"),
        PasswordWarning::Weak => fl!(words, "health-password-weak"),
    }
}
