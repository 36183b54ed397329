//! `outbox.json`: letters about events that no server has yet. Each is in it once until its server took it. Where the file is damaged it is
//! set aside by its new name, because what stands in it was to be told to somebody.

use std::path::PathBuf;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::aside::id_of;
use super::{Profile, WriteError, atomic, read};
use events::{EventId, Messenger, ToldCall, WallTime};
use outbox::{KeptMessenger, KeptOutbox, Letter, LetterId, LetterText, Phase, TroubleFacts};

impl Profile {
    /// The letters that an earlier run left; nothing where there is no file, or none that can be read.
    #[must_use]
    pub fn load_outbox(&self) -> KeptOutbox {
        let bytes = match read::file(&self.outbox_path()) {
            Ok(bytes) => bytes.unwrap_or_default(),
            Err(refusal) => return self.set_outbox_aside(&refusal.to_string()),
        };
        if bytes.is_empty() {
            return KeptOutbox::default();
        }
        from_bytes(&bytes).unwrap_or_else(|why| self.set_outbox_aside(&why))
    }

    fn set_outbox_aside(&self, why: &str) -> KeptOutbox {
        let aside = format!("outbox.replaced-{}.json", id_of(SystemTime::now()));
        let kept = std::fs::rename(self.outbox_path(), self.path().join(aside));
        tracing::warn!(
            why,
            ?kept,
            "outbox.json is damaged, of a newer program or not to be read: its letters are not sent"
        );
        KeptOutbox::default()
    }

    /// Keeps the letters that wait.
    ///
    /// # Errors
    /// [`WriteError`]; the file is as it was.
    pub fn save_outbox(&self, outbox: &KeptOutbox) -> Result<(), WriteError> {
        atomic::write(&self.outbox_path(), to_text(outbox).as_bytes())
    }

    fn outbox_path(&self) -> PathBuf {
        self.path().join("outbox.json")
    }
}

fn from_bytes(bytes: &[u8]) -> Result<KeptOutbox, String> {
    let file: File = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if file.version != VERSION {
        return Err(format!("version {}", file.version));
    }
    let messengers = file.messengers.iter().filter_map(|row| {
        let kept = KeptMessenger {
            target: row.target,
            failures: row.failures,
            next: WallTime(row.next),
            stopped: row.stopped,
        };
        Some((Messenger::from_word(&row.messenger)?, kept))
    });
    Ok(KeptOutbox {
        last: file.last,
        messengers: messengers.collect(),
        letters: file.letters.into_iter().filter_map(KeptLetter::letter).collect(),
        told: file.told.into_iter().filter_map(KeptCall::call).collect(),
    })
}

fn to_text(outbox: &KeptOutbox) -> String {
    let messengers = outbox.messengers.iter().map(|(messenger, kept)| KeptRow {
        messenger: messenger.as_str().to_owned(),
        target: kept.target,
        failures: kept.failures,
        next: kept.next.0,
        stopped: kept.stopped,
    });
    let file = File {
        version: VERSION,
        last: outbox.last,
        messengers: messengers.collect(),
        letters: outbox
            .letters
            .iter()
            .map(|(by, call, letter)| KeptLetter::of(*by, *call, letter))
            .collect(),
        told: outbox.told.iter().map(KeptCall::of).collect(),
    };
    serde_json::to_string(&file).unwrap_or_default()
}

/// Another one is not read.
const VERSION: u32 = 1;

/// The file. All times are in milliseconds since 1970.
#[derive(Serialize, Deserialize)]
struct File {
    version: u32,
    last: u64,
    messengers: Vec<KeptRow>,
    letters: Vec<KeptLetter>,
    #[serde(default)]
    told: Vec<KeptCall>,
}

#[derive(Serialize, Deserialize)]
struct KeptCall {
    messenger: String,
    call: u64,
    about: Vec<u64>,
}

impl KeptCall {
    fn of(told: &ToldCall) -> Self {
        Self {
            messenger: told.by.as_str().to_owned(),
            call: told.call,
            about: told.about.iter().map(|id| id.0).collect(),
        }
    }

    fn call(self) -> Option<ToldCall> {
        Some(ToldCall {
            by: Messenger::from_word(&self.messenger)?,
            call: self.call,
            about: self.about.into_iter().map(EventId).collect(),
        })
    }
}

#[derive(Serialize, Deserialize)]
struct KeptRow {
    messenger: String,
    target: u64,
    failures: u32,
    next: u64,
    stopped: bool,
}

#[derive(Serialize, Deserialize)]
struct KeptLetter {
    messenger: String,
    #[serde(default)]
    call: Option<u64>,
    id: u64,
    phase: String,
    written: u64,
    due: u64,
    subject: String,
    body: String,
    refusals: u32,
    troubles: Vec<KeptTrouble>,
}

#[derive(Serialize, Deserialize)]
struct KeptTrouble {
    event: u64,
    subject: String,
    name: String,
    site: Option<String>,
    kind: String,
    cause: String,
    devices: u32,
    since: u64,
    until: Option<u64>,
}

impl KeptLetter {
    fn of(messenger: Messenger, call: Option<u64>, letter: &Letter) -> Self {
        let trouble = |of: &TroubleFacts| KeptTrouble {
            event: of.event,
            subject: of.subject.clone(),
            name: of.name.clone(),
            site: of.site.clone(),
            kind: of.kind.clone(),
            cause: of.cause.clone(),
            devices: of.devices,
            since: of.since.0,
            until: of.until.map(|until| until.0),
        };
        Self {
            messenger: messenger.as_str().to_owned(),
            call,
            id: letter.id.0,
            phase: letter.phase.as_str().to_owned(),
            written: letter.written.0,
            due: letter.due.0,
            subject: letter.text.subject.clone(),
            body: letter.text.body.clone(),
            refusals: letter.refusals,
            troubles: letter.troubles.iter().map(trouble).collect(),
        }
    }

    fn letter(self) -> Option<(Messenger, Option<u64>, Letter)> {
        let trouble = |of: KeptTrouble| TroubleFacts {
            event: of.event,
            subject: of.subject,
            name: of.name,
            site: of.site,
            kind: of.kind,
            cause: of.cause,
            devices: of.devices,
            since: WallTime(of.since),
            until: of.until.map(WallTime),
        };
        let letter = Letter {
            id: LetterId(self.id),
            phase: Phase::from_word(&self.phase)?,
            written: WallTime(self.written),
            due: WallTime(self.due),
            text: LetterText {
                subject: self.subject,
                body: self.body,
            },
            troubles: self.troubles.into_iter().map(trouble).collect(),
            refusals: self.refusals,
        };
        Some((Messenger::from_word(&self.messenger)?, self.call, letter))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept() -> KeptOutbox {
        let letter = Letter {
            id: LetterId(7),
            phase: Phase::Begun,
            written: WallTime(1),
            due: WallTime(2),
            text: LetterText {
                subject: "大阪店".to_owned(),
                body: "a\nb".to_owned(),
            },
            troubles: vec![TroubleFacts {
                event: 3,
                subject: "computer".to_owned(),
                until: Some(WallTime(9)),
                ..TroubleFacts::default()
            }],
            refusals: 1,
        };
        let messenger = KeptMessenger {
            target: u64::MAX,
            failures: 2,
            next: WallTime(5),
            stopped: true,
        };
        KeptOutbox {
            last: 8,
            messengers: [(Messenger::Mail, messenger)].into(),
            letters: vec![(Messenger::Mail, Some(4), letter)],
            told: vec![ToldCall {
                by: Messenger::Mail,
                call: 4,
                about: [EventId(3)].into(),
            }],
        }
    }

    #[test]
    fn letters_are_read_as_they_were_written() {
        let folder = tempfile::tempdir().unwrap();
        let profile = Profile::open(Some(folder.path().to_path_buf())).unwrap();
        assert_eq!(profile.load_outbox(), KeptOutbox::default());
        profile.save_outbox(&kept()).unwrap();
        assert_eq!(profile.load_outbox(), kept());
    }

    #[test]
    fn a_file_of_an_earlier_program_is_read_without_what_it_did_not_note() {
        let text = r#"{"version":1,"last":8,"messengers":[],"letters":[{"messenger":"mail","id":7,"phase":"begun","written":1,"due":2,
            "subject":"a","body":"b","refusals":0,"troubles":[]}]}"#;
        let read = from_bytes(text.as_bytes()).unwrap();
        assert_eq!((read.letters.len(), read.letters[0].1, read.told.len()), (1, None, 0));
    }

    #[test]
    fn a_damaged_file_and_one_of_a_newer_program_are_set_aside_and_lost_to_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let profile = Profile::open(Some(folder.path().to_path_buf())).unwrap();
        let whole = to_text(&kept());
        for text in [
            &whole[..whole.len() / 2],
            "[]",
            &whole.replace("\"version\":1", "\"version\":2"),
        ] {
            atomic::write(&profile.outbox_path(), text.as_bytes()).unwrap();
            assert_eq!(profile.load_outbox(), KeptOutbox::default());
            assert!(!profile.outbox_path().exists());
            let entries = std::fs::read_dir(folder.path()).unwrap();
            let is_aside = |path: &PathBuf| std::fs::read_to_string(path).is_ok_and(|found| found == text);
            assert_eq!(entries.map(|entry| entry.unwrap().path()).filter(is_aside).count(), 1);
        }
    }
}
