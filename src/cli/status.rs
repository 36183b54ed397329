//! `monomi status`: how every registered device is, as the window that runs on this profile wrote it down last. Nothing is asked of any device.

use std::io;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::Args;
use i18n_embed_fl::fl;
use serde_json::{Value, json};

use super::console::{CliError, Console, table, value_of};
use super::site_time;
use super::words::words_of;
use super::{Access, Exit};
use crate::i18n::Words;
use crate::store::{Profile, write_text};
use device::{Device, Registry};
use health::{AttemptHours, HealthBook, HealthRecord, HealthTable, Share};
use self_watch::{OwnFigure, OwnSample, OwnSeries};

/// Print how every registered device is and how available it was, as Monomi's window wrote it down last (each 5 minutes)
#[derive(Args, Clone, Debug)]
pub struct StatusArgs {
    /// Print one JSON array
    #[arg(long, conflicts_with = "html")]
    json: bool,
    /// What Monomi itself costs instead: the figures of the last minute and the worst of the last 24 hours
    #[arg(long, conflicts_with = "html")]
    program: bool,
    /// Write a page for a browser to this new file, to be printed or published
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// What was written down longer ago says nothing of now: the window writes each five minutes.
const NOW: i64 = 600;

/// Runs the command.
#[must_use]
pub fn run(args: &StatusArgs, profile: impl FnOnce(Access) -> Result<Profile, String>) -> Exit {
    let mut console = Console {
        input: &mut io::stdin().lock(),
        out: &mut io::stdout().lock(),
        complaints: &mut io::stderr(),
    };
    let done = profile(Access::Read)
        .map_err(CliError::Failed)
        .and_then(|profile| status(args, &profile, &mut console));
    console.end(done)
}

fn status(args: &StatusArgs, profile: &Profile, console: &mut Console<'_>) -> Result<(), CliError> {
    if args.program {
        return program(args.json, &profile.load_own_series(), console);
    }
    let registry = value_of(profile.load_registry(), console)?;
    let book = value_of(profile.load_health(), console)?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    if args.json {
        let rows = registry
            .devices
            .iter()
            .map(|device| as_value(device, &registry, &book, now));
        return console.print(&format!("{:#}\n", Value::Array(rows.collect())));
    }
    let words = words_of(profile);
    let page = page(&words, &registry, &book, now);
    match &args.html {
        None => {
            let rows: Vec<Vec<String>> = std::iter::once(page.head).chain(page.rows).collect();
            console.print(&table(&rows))
        }
        Some(path) => {
            write_text(path, &page.to_html()).map_err(|error| CliError::Failed(format!("{}: {error}", path.display())))
        }
    }
}

/// What Monomi itself costs, as it wrote that down each minute.
fn program(as_json: bool, series: &OwnSeries, console: &mut Console<'_>) -> Result<(), CliError> {
    if as_json {
        return console.print(&format!("{:#}\n", program_value(series)));
    }
    let worst = worst_of_a_day(series);
    let of = |sample: Option<&OwnSample>, figure| {
        let value = sample.and_then(|sample| sample.get(figure));
        value.map_or_else(|| "-".to_owned(), |value| value.to_string())
    };
    let head = ["figure", "now", "worst in 24 h"].map(str::to_owned).to_vec();
    let rows = OwnFigure::ALL.into_iter().map(|figure| {
        vec![
            figure.word().to_owned(),
            of(series.last(), figure),
            of(worst.as_ref(), figure),
        ]
    });
    let rows: Vec<Vec<String>> = std::iter::once(head).chain(rows).collect();
    console.print(&table(&rows))
}

/// The newest minute, the worst of the last 24 hours, and each hour that is kept.
fn program_value(series: &OwnSeries) -> Value {
    let of = |sample: &OwnSample| {
        let known = OwnFigure::ALL.into_iter();
        let mut object: serde_json::Map<String, Value> = known
            .map(|figure| (figure.word().to_owned(), json!(sample.get(figure))))
            .collect();
        object.insert("at".to_owned(), json!(time(sample.at)));
        Value::Object(object)
    };
    json!({
        "now": series.last().map(of),
        "worst_last_24_h": worst_of_a_day(series).as_ref().map(of),
        "hours": series.hours().map(of).collect::<Vec<_>>(),
    })
}

fn worst_of_a_day(series: &OwnSeries) -> Option<OwnSample> {
    let last = *series.last()?;
    let day = series
        .minutes()
        .filter(|minute| (0..24 * 3_600).contains(&(last.at - minute.at)));
    Some(day.fold(OwnSample::at(last.at), |worst, minute| worst.worst(minute)))
}

/// What was seen of a device, where that is not too long ago.
fn seen(record: Option<&HealthRecord>, now: i64) -> Option<&'static str> {
    let record = record.filter(|record| record.looked.is_some_and(|looked| now - looked <= NOW))?;
    record.last.map(health::Seen::word)
}

fn as_value(device: &Device, registry: &Registry, book: &HealthBook, now: i64) -> Value {
    let record = book.get(&device.id).map(|record| &**record);
    let share = |hours: u32| {
        let share = record.map(|record| record.over(hours, now)).unwrap_or_default();
        json!({ "available": percent(share), "watched_seconds": share.up + share.down })
    };
    let outage = record.and_then(|record| record.outage.as_ref());
    let known = record.map(|record| record.known.clone()).unwrap_or_default();
    let said = |text: String| Some(text).filter(|text| !text.is_empty());
    json!({
        "id": device.id.to_string(),
        "site": registry.site(device.site).map(|site| site.name.clone()),
        "name": device.name,
        "host": device.host.to_string(),
        "enabled": device.enabled,
        "state": seen(record, now),
        "planned_work_until": planned_until(device, registry, now).and_then(time),
        "since": record.and_then(|record| record.since).and_then(time),
        "looked": record.and_then(|record| record.looked).and_then(time),
        "last_24_h": share(24),
        "last_7_d": share(7 * 24),
        "last_30_d": share(30 * 24),
        "last_outage": outage.map(|outage| json!({
            "since": time(outage.since),
            "until": outage.until.and_then(time),
            "cause": outage.cause,
        })),
        "model": said(known.model),
        "firmware": said(known.firmware),
        "clock_offset_seconds": known.clock,
        "last_event_heard": known.heard.and_then(time),
        "attempts_last_24_h": record.map(|record| record.attempts.of_a_day(now)),
        "most_syns_last_24_h": record.map(|record| AttemptHours::most_syns(record.attempts.of_a_day(now))),
        "storage": known.storage.map(|storage| json!({ "what": storage.what, "since": time(storage.since) })),
    })
}

fn page(words: &Words, registry: &Registry, book: &HealthBook, now: i64) -> HealthTable {
    let row = |device: &Device| -> Vec<String> {
        let record = book.get(&device.id).map(|record| &**record);
        let share = |hours| record.and_then(|record| percent(record.over(hours, now)));
        let shown = |share: Option<f64>| share.map_or("-".to_owned(), |share| format!("{share:.2} %"));
        let planned = planned_until(device, registry, now).map(site_time::shown);
        let state = match seen(record, now) {
            _ if !device.enabled => fl!(words, "state-disabled"),
            seen if seen != Some("up") && planned.is_some() => {
                fl!(words, "planned-until", until = planned.unwrap_or_default())
            }
            Some("up") => fl!(words, "health-answers"),
            Some(_) => fl!(words, "health-down"),
            None => fl!(words, "health-not-watched"),
        };
        let outage = record.and_then(|record| record.outage.as_ref());
        let since = outage.and_then(|outage| time(outage.since)).unwrap_or_default();
        vec![
            registry
                .site(device.site)
                .map(|site| site.name.clone())
                .unwrap_or_default(),
            device.name.clone(),
            state,
            shown(share(24)),
            shown(share(7 * 24)),
            shown(share(30 * 24)),
            match outage.map(|outage| outage.until.and_then(time)) {
                None => String::new(),
                Some(Some(until)) => format!("{since} – {until}"),
                Some(None) => fl!(words, "health-outage-lasts", since = since),
            },
            record
                .and_then(|record| record.known.heard)
                .and_then(time)
                .unwrap_or_default(),
        ]
    };
    let head = vec![
        fl!(words, "health-site"),
        fl!(words, "health-device"),
        fl!(words, "health-state"),
        fl!(words, "health-day"),
        fl!(words, "health-week"),
        fl!(words, "health-month"),
        fl!(words, "health-outage"),
        fl!(words, "health-heard"),
    ];
    HealthTable {
        title: fl!(words, "health-title"),
        subtitle: time(now).unwrap_or_default(),
        language: words.language().tag().to_owned(),
        head,
        rows: registry.devices.iter().map(row).collect(),
    }
}

/// Until when somebody works at the site of a device.
fn planned_until(device: &Device, registry: &Registry, now: i64) -> Option<i64> {
    let work = &registry.site(device.site)?.about.work;
    work.current(site_time::at(now)).map(|span| span.to)
}

/// In percent; nothing where nobody looked.
fn percent(share: Share) -> Option<f64> {
    share.available().map(|share| f64::from(share) / 100.0)
}

/// Local time with its zone, to the second.
fn time(unix: i64) -> Option<String> {
    let at = jiff::Timestamp::from_second(unix).ok()?;
    let local = at.to_zoned(jiff::tz::TimeZone::system());
    Some(local.strftime("%Y-%m-%d %H:%M:%S %:z").to_string())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use device::sample;
    use health::Seen;

    #[test]
    fn what_the_program_costs_is_told_and_what_is_not_known_is_null() {
        assert_eq!(program_value(&OwnSeries::default())["now"], Value::Null);
        let mut series = OwnSeries::default();
        for minute in 0..120 {
            let sample = OwnSample::at(495_000 * 3_600 + minute * 60);
            series.push(sample.with(OwnFigure::Handles, Some(200 - minute.unsigned_abs())));
        }
        let value = program_value(&series);
        assert_eq!(
            (&value["now"]["handles"], &value["now"]["gpu_percent"]),
            (&json!(81), &Value::Null)
        );
        assert_eq!(value["worst_last_24_h"]["handles"], json!(200));
        assert_eq!(value["hours"].as_array().map(Vec::len), Some(2));
    }

    #[test]
    fn what_is_known_is_told_and_what_is_not_is_not_made_up() {
        let registry = sample::registry(&[sample::device(1, "DVR", 4), sample::device(2, "New", 1)]);
        let begin = 495_000 * 3_600;
        let mut record = HealthRecord::default();
        for at in (0..=3_600).step_by(10) {
            record.look(
                if at < 1_800 { Seen::Up } else { Seen::Down },
                "timeout",
                60,
                begin + at,
            );
        }
        let book: HealthBook = [(registry.devices[0].id, Arc::new(record))].into();
        let now = begin + 3_660;
        let known = as_value(&registry.devices[0], &registry, &book, now);
        assert_eq!(
            (&known["state"], &known["last_24_h"]["available"]),
            (&json!("down"), &json!(50.0))
        );
        assert_eq!(known["last_outage"]["cause"], json!("timeout"));
        assert_eq!(
            as_value(&registry.devices[0], &registry, &book, now + NOW)["state"],
            Value::Null,
            "it is too long ago"
        );
        let new = as_value(&registry.devices[1], &registry, &book, now);
        assert_eq!(
            (&new["state"], &new["last_30_d"]["available"], &new["last_outage"]),
            (&Value::Null, &Value::Null, &Value::Null)
        );
        let page = page(&Words::new(crate::i18n::Language::En), &registry, &book, now);
        assert_eq!(page.rows[0][3], "50.00 %");
        assert_eq!(page.rows[1][2..6], ["Not watched", "-", "-", "-"]);
    }
}
