//! What the user should read: each notice stays until it is dismissed or untrue.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::super::file_fault;
use crate::bridge::{FileFault, Notice, NoticeKind};
use crate::store::LoadProblem;

/// How long a note is shown that needs no answer.
const NOTE: Duration = Duration::from_secs(10);

/// Whoever was there when a notice stood on the screen has read it after so long.
const READING: Duration = Duration::from_secs(20);

/// The most notices that are shown at once; the oldest go first.
const MOST: usize = 50;

#[derive(Default)]
pub(in crate::engine) struct Notices {
    shown: Vec<Notice>,
    last_id: u64,
    /// What was said of each file that cannot be read, so that a notice that somebody closed does not come back.
    kept: BTreeMap<String, NoticeKind>,
    /// When the note of a saved snapshot goes.
    note_until: Option<Instant>,
    /// When notices go that somebody has read, by their ids.
    read_until: BTreeMap<u64, Instant>,
}

impl Notices {
    pub(in crate::engine) fn shown(&self) -> &[Notice] {
        &self.shown
    }

    /// Adds a notice, unless the same one is shown already.
    pub(in crate::engine) fn add(&mut self, kind: NoticeKind, now: Instant) {
        if self.shown.iter().any(|notice| notice.kind == kind) {
            return;
        }
        if is_about_a_snapshot(&kind) {
            // The last snapshot is the one that matters.
            self.withdraw(is_about_a_snapshot);
            self.note_until = Some(now + NOTE);
        }
        // In the words of the system, which the screen does not give.
        tracing::info!(?kind, "a notice is shown");
        self.last_id += 1;
        let id = self.last_id;
        self.shown.push(Notice { id, kind });
        if self.shown.len() > MOST {
            self.shown.remove(0);
        }
    }

    pub(in crate::engine) fn dismiss(&mut self, id: u64) {
        self.shown.retain(|notice| notice.id != id);
    }

    /// Takes notices back that are no longer true.
    pub(in crate::engine) fn withdraw(&mut self, untrue: impl Fn(&NoticeKind) -> bool) {
        self.shown.retain(|notice| !untrue(&notice.kind));
    }

    /// What an older notice says is said so now, in its place; not where somebody has closed it.
    pub(in crate::engine) fn update(&mut self, old: impl Fn(&NoticeKind) -> bool, now: Option<NoticeKind>) {
        match now {
            None => self.withdraw(old),
            Some(now) => {
                if let Some(shown) = self.shown.iter_mut().find(|notice| old(&notice.kind)) {
                    shown.kind = now;
                }
            }
        }
    }

    /// Somebody is there while these are on the screen. Those that ask for nothing go once they are read.
    pub(super) fn read_by_person(&mut self, ids: &[u64], now: Instant) {
        let told = self.shown.iter().filter(|notice| only_tells(&notice.kind));
        for notice in told.filter(|notice| ids.contains(&notice.id)) {
            self.read_until.entry(notice.id).or_insert(now + READING);
        }
    }

    /// Takes back what was shown for long enough; whether anything was.
    pub(super) fn expire(&mut self, now: Instant) -> bool {
        let before = self.shown.len();
        let read = &self.read_until;
        self.shown
            .retain(|notice| read.get(&notice.id).is_none_or(|until| now < *until));
        self.read_until.retain(|_, until| now < *until);
        let went = self.shown.len() < before;
        let over = self.note_until.take_if(|until| now >= *until).is_some();
        if over {
            self.withdraw(|kind| matches!(kind, NoticeKind::SnapshotSaved { .. }));
        }
        over || went
    }

    /// How writing `file` ended: an earlier failure is untrue from now on.
    pub(super) fn written(&mut self, file: &str, result: Result<(), String>, now: Instant) {
        self.withdraw(|kind| matches!(kind, NoticeKind::WriteFailed { file: failed, .. } if failed == file));
        if let Err(reason) = result {
            tracing::warn!(file, reason, "not written");
            let file = file.to_owned();
            self.add(NoticeKind::WriteFailed { file, reason }, now);
        }
    }

    /// `file` cannot be read just now, and what is known goes on; whether that is news.
    pub(super) fn kept(&mut self, file: &str, fault: FileFault, now: Instant) -> bool {
        let known = NoticeKind::FileKept {
            file: file.to_owned(),
            fault,
        };
        if self.kept.get(file) == Some(&known) {
            return false;
        }
        self.kept.insert(file.to_owned(), known.clone());
        tracing::warn!(file, kind = ?known, "cannot be read now; what is known goes on");
        self.withdraw(|kind| matches!(kind, NoticeKind::FileKept { file: about, .. } if about == file));
        self.add(known, now);
        true
    }

    /// What was wrong with `file` when it was read.
    pub(super) fn read(&mut self, file: &str, problems: Vec<LoadProblem>, now: Instant) {
        let is_old = |kind: &NoticeKind| match kind {
            NoticeKind::FileKept { file: about, .. } => about == file,
            NoticeKind::FileSetAside { file: about, .. } => about == file && !problems.iter().any(is_set_aside),
            NoticeKind::FileEmptied { file: about } => about == file,
            _ => false,
        };
        self.withdraw(is_old);
        self.kept.remove(file);
        let mut warnings = Vec::new();
        for problem in problems {
            match problem {
                LoadProblem::Unreadable { file, refusal } => {
                    let fault = file_fault::of_refusal(&refusal);
                    self.kept(&file, fault, now);
                }
                LoadProblem::SetAside { file, beside, reason } => {
                    tracing::warn!(file, beside, reason, "not usable, kept as it is");
                    self.add(NoticeKind::FileSetAside { file, beside, reason }, now);
                }
                LoadProblem::Emptied { file } => {
                    tracing::warn!(file, "empty: what stood in it is lost");
                    self.add(NoticeKind::FileEmptied { file }, now);
                }
                LoadProblem::Warning { at, message } => warnings.push(format!("{at}: {message}")),
            }
        }
        self.withdraw(|kind| matches!(kind, NoticeKind::FileWarnings { file: about, .. } if about == file));
        if !warnings.is_empty() {
            tracing::warn!(file, ?warnings, "not understood, kept as it is");
            let file = file.to_owned();
            self.add(NoticeKind::FileWarnings { file, warnings }, now);
        }
    }
}

/// It says what could not be done, and there is nothing to be done about it here.
fn only_tells(kind: &NoticeKind) -> bool {
    matches!(
        kind,
        NoticeKind::AlertFailed(_)
            | NoticeKind::MessengerFailed { .. }
            | NoticeKind::SoundFailed { .. }
            | NoticeKind::SnapshotFailed { .. }
            | NoticeKind::FolderNotOpened { .. }
            | NoticeKind::HandbookNotOpened { .. }
            | NoticeKind::WithoutKeyFrames { .. }
            | NoticeKind::NoSuchMonitor { .. }
            | NoticeKind::RendererFellBack { .. }
    )
}

fn is_set_aside(problem: &LoadProblem) -> bool {
    matches!(problem, LoadProblem::SetAside { .. })
}

fn is_about_a_snapshot(kind: &NoticeKind) -> bool {
    matches!(
        kind,
        NoticeKind::SnapshotSaved { .. } | NoticeKind::SnapshotFailed { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_tells_goes_once_it_is_read_and_what_can_be_undone_stays() {
        let mut notices = Notices::default();
        let now = Instant::now();
        let (device, names) = ("Gate".to_owned(), vec!["Gate".to_owned()]);
        notices.add(NoticeKind::WithoutKeyFrames { device }, now);
        notices.add(NoticeKind::DevicesRemoved { names }, now);
        let ids: Vec<u64> = notices.shown().iter().map(|notice| notice.id).collect();
        assert!(!notices.expire(now + 100 * READING), "nobody was there");
        notices.read_by_person(&ids, now);
        notices.read_by_person(&ids, now + READING / 2);
        assert!(!notices.expire(now + READING / 2));
        assert!(notices.expire(now + READING), "the first reading counts");
        assert!(matches!(notices.shown()[0].kind, NoticeKind::DevicesRemoved { .. }));
        assert_eq!(notices.shown().len(), 1);
    }
}
