//! `health.toml`: how available each device was. It holds nothing that the user entered and no secret: where it is damaged or missing, it is counted anew.

use std::sync::Arc;

use toml_edit::{Item, Table};

use super::atomic::WriteError;
use super::document::Document;
use super::load::Loaded;
use super::lock::WriteLock;
use super::migrate;
use super::profile::Profile;
use super::records::{child, set_or_remove};
use device::DeviceId;
use health::{AttemptHours, HealthBook, HealthRecord, Known, Outage, Seen, StorageTrouble, WatchedHours};

const DEVICE: &str = "device";

impl Profile {
    /// How available devices were. What is not understood is as if nobody had looked.
    #[must_use]
    pub fn load_health(&self) -> Loaded<HealthBook> {
        let mut document = self.health();
        let problems = document.take_problems();
        let table = document.table().get(DEVICE).and_then(Item::as_table);
        let rows = table.into_iter().flat_map(Table::iter);
        let read = |(key, item): (&str, &Item)| -> Option<(DeviceId, Arc<HealthRecord>)> {
            Some((key.parse().ok()?, Arc::new(record(item.as_table()?))))
        };
        Loaded {
            value: rows.filter_map(read).collect(),
            problems,
            found: document.found().clone(),
        }
    }

    /// Keeps how available devices were. Devices that are not in `book` are forgotten; keys that this program does not know stay.
    ///
    /// # Errors
    /// [`WriteError`], where the file is as it was.
    pub fn save_health(&self, book: &HealthBook) -> Result<(), WriteError> {
        let _lock = WriteLock::of(self.path())?;
        let mut document = self.health();
        let table = child(document.table_mut(), DEVICE);
        let is_gone = |key: &str| key.parse().is_ok_and(|id| !book.contains_key(&id));
        let gone: Vec<String> = table
            .iter()
            .map(|(key, _)| key.to_owned())
            .filter(|key| is_gone(key))
            .collect();
        for key in gone {
            table.remove(&key);
        }
        for (id, record) in book {
            write(child(table, &id.to_string()), record);
        }
        document.save()
    }

    fn health(&self) -> Document {
        Document::load(&self.path().join("health.toml"), &migrate::HEALTH)
    }
}

fn record(row: &Table) -> HealthRecord {
    let text = |key: &str| row.get(key).and_then(Item::as_str).unwrap_or_default();
    let time = |key: &str| row.get(key).and_then(Item::as_integer);
    let outage = time("outage-since").map(|since| Outage {
        since,
        until: time("outage-until"),
        cause: text("outage-cause").to_owned(),
    });
    let known = Known {
        model: text("model").to_owned(),
        firmware: text("firmware").to_owned(),
        clock: time("clock-offset"),
        heard: time("heard"),
        storage: time("storage-since").map(|since| StorageTrouble {
            what: text("storage").to_owned(),
            since,
            heard: time("storage-heard").unwrap_or(since),
            // Nobody has listened since.
            stays: false,
        }),
    };
    let mut record = HealthRecord::kept(WatchedHours::from_text(text("hours")), time("looked"), outage, known);
    record.last = Seen::from_word(text("seen"));
    record.since = time("since");
    record.reached_as = u64::from_str_radix(text("reached-as"), 16).ok();
    record.attempts = AttemptHours::from_text(text("attempts"));
    record
}

fn write(row: &mut Table, record: &HealthRecord) {
    let word = |text: &str| (!text.is_empty()).then(|| text.into());
    let outage = record.outage.as_ref();
    set_or_remove(row, "hours", word(&record.hours.to_text()));
    set_or_remove(row, "looked", record.looked.map(Into::into));
    set_or_remove(row, "seen", record.seen().map(|seen| seen.word().into()));
    set_or_remove(row, "since", record.since.map(Into::into));
    set_or_remove(row, "outage-since", outage.map(|outage| outage.since.into()));
    set_or_remove(
        row,
        "outage-until",
        outage.and_then(|outage| outage.until).map(Into::into),
    );
    set_or_remove(row, "outage-cause", outage.and_then(|outage| word(&outage.cause)));
    set_or_remove(row, "model", word(&record.known.model));
    set_or_remove(row, "firmware", word(&record.known.firmware));
    set_or_remove(row, "clock-offset", record.known.clock.map(Into::into));
    let reached = record.reached_as.map(|print| format!("{print:016x}").into());
    set_or_remove(row, "reached-as", reached);
    set_or_remove(row, "heard", record.known.heard.map(Into::into));
    let storage = record.known.storage.as_ref();
    set_or_remove(row, "storage", storage.and_then(|storage| word(&storage.what)));
    set_or_remove(row, "storage-since", storage.map(|storage| storage.since.into()));
    set_or_remove(row, "storage-heard", storage.map(|storage| storage.heard.into()));
    set_or_remove(row, "attempts", word(&record.attempts.to_text()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_is_read_again_and_a_device_that_is_gone_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let profile = Profile::open(Some(folder.path().to_path_buf()))
            .unwrap()
            .without_keyring();
        assert!(profile.load_health().value.is_empty());
        let begin = 495_000 * 3_600;
        let mut record = HealthRecord::default();
        for at in (0..7_200).step_by(10) {
            record.look(
                if at < 3_600 { Seen::Up } else { Seen::Down },
                "timeout",
                60,
                begin + at,
            );
        }
        record.known.model = "NVR 監視".to_owned();
        record.known.clock = Some(-37);
        record.reached_as = Some(0xfedc_ba98_7654_3210);
        record.known.storage = Some(StorageTrouble {
            what: "storage-full".to_owned(),
            since: begin + 60,
            heard: begin + 120,
            stays: false,
        });
        record.attempts.add(7, begin);
        let book: HealthBook = [(DeviceId(1), Arc::new(record.clone())), (DeviceId(2), Arc::default())].into();
        profile.save_health(&book).unwrap();
        let again = profile.load_health().value;
        let kept = &again[&DeviceId(1)];
        assert_eq!(
            (&kept.hours, kept.looked, &kept.outage, &kept.known, &kept.attempts),
            (
                &record.hours,
                record.looked,
                &record.outage,
                &record.known,
                &record.attempts
            )
        );
        assert_eq!(
            (kept.seen(), kept.last),
            (None, Some(Seen::Down)),
            "nobody has looked since"
        );
        assert_eq!(kept.reached_as, record.reached_as);
        let one: HealthBook = [(DeviceId(1), Arc::new(record))].into();
        profile.save_health(&one).unwrap();
        assert_eq!(
            profile.load_health().value.keys().copied().collect::<Vec<_>>(),
            [DeviceId(1)]
        );
    }
}
