//! What the screen reads of the log: beside the one who writes it, so that neither waits for the other.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::super::worker::Worker;
use super::super::{clock, file_fault};
use super::log_keeper::{LogAnswer, defect};
use crate::bridge::{LogExport, LogExported, LogPart, LogQuery, LogRead, LogRequest, ProfileFault, ShownEvent};
use crate::store::{EventReader, LogFault, Profile};
use events::{EventQuery, EventRecord};

/// What the worker owns.
struct Hand {
    profile: Profile,
    /// Opened when it is needed; a search goes on where the last part of it ended.
    reader: Option<EventReader>,
}

/// The loop's end of what is read.
pub(super) struct LogViewer {
    reading: Worker<Hand, LogAnswer>,
    /// A large file takes its time, while the list goes on to be read.
    exporting: Worker<Profile, LogAnswer>,
    /// What is wanted next; what was wanted before it is wanted no more.
    next: Option<LogRequest>,
    pub(super) read: Option<Arc<LogRead>>,
    pub(super) exported: Option<Arc<LogExported>>,
}

impl LogViewer {
    pub(super) fn new(profile: &Profile, answers: &mpsc::Sender<LogAnswer>) -> Self {
        let hand = Hand {
            profile: profile.clone(),
            reader: None,
        };
        Self {
            reading: Worker::start(hand, answers.clone()),
            exporting: Worker::start(profile.clone(), answers.clone()),
            next: None,
            read: None,
            exported: None,
        }
    }

    pub(super) fn read(&mut self, request: LogRequest) {
        self.next = Some(request);
        self.begin();
    }

    pub(super) fn export(&mut self, export: LogExport) {
        let LogExport { id, ref path, .. } = export;
        let reason = defect();
        let lost = LogExported {
            id,
            path: path.clone(),
            count: Err(ProfileFault::Other { reason }),
        };
        self.exporting
            .order(LogAnswer::Exported(lost), move |profile| exported(profile, export));
    }

    /// The log goes on in another file.
    pub(super) fn set_aside(&mut self) {
        self.reading.order(LogAnswer::Reopened, |hand| {
            hand.reader = None;
            LogAnswer::Reopened
        });
    }

    /// To be called for every answer that is for it; whether it was.
    pub(super) fn answered(&mut self, answer: &LogAnswer) -> bool {
        match answer {
            LogAnswer::Read(read) => {
                self.reading.answered();
                self.read = Some(Arc::clone(read));
                self.begin();
            }
            LogAnswer::Reopened => {
                self.reading.answered();
                self.begin();
            }
            LogAnswer::Exported(exported) => {
                self.exporting.answered();
                self.exported = Some(Arc::new(exported.clone()));
            }
            _ => return false,
        }
        true
    }

    /// A file that is being written is written to its end.
    pub(super) fn is_idle(&self) -> bool {
        self.exporting.is_idle()
    }

    fn begin(&mut self) {
        if !self.reading.is_idle() {
            return;
        }
        if let Some(request) = self.next.take() {
            let id = request.id;
            let answer = move |part| LogAnswer::Read(Arc::new(LogRead { id, part }));
            self.reading
                .order(answer(Err(defect())), move |hand| answer(part(hand, &request)));
        }
    }
}

fn part(hand: &mut Hand, request: &LogRequest) -> Result<LogPart, String> {
    if hand.reader.is_none() {
        hand.reader = hand.profile.read_event_log().map_err(|fault| fault.to_string())?;
    }
    let Some(reader) = &mut hand.reader else {
        return Ok(LogPart::default());
    };
    let page = reader.page(&query(&request.wanted), request.start, request.most);
    if page.is_err() {
        hand.reader = None;
    }
    let page = page.map_err(|fault| fault.to_string())?;
    Ok(LogPart {
        rows: page.events.into_iter().map(shown).collect(),
        more: page.more,
        count: page.count,
    })
}

fn exported(profile: &Profile, export: LogExport) -> LogAnswer {
    let LogExport {
        id,
        wanted,
        format,
        labels,
        path,
    } = export;
    let count = match profile.read_event_log() {
        Ok(reader) => reader.map_or(Ok(0), |mut reader| {
            let count = reader.export(&query(&wanted), format, &labels, &path);
            count.map_err(file_fault::of_exchange)
        }),
        Err(LogFault::Newer) => Err(ProfileFault::Newer),
        Err(fault) => Err(ProfileFault::Other {
            reason: fault.to_string(),
        }),
    };
    LogAnswer::Exported(LogExported { id, path, count })
}

fn query(wanted: &LogQuery) -> EventQuery {
    let (from, before) = clock::times_of(wanted.period);
    EventQuery {
        from,
        before,
        ..wanted.query.clone()
    }
}

pub(super) fn shown(event: EventRecord) -> ShownEvent {
    ShownEvent {
        since: clock::clock_of(event.since),
        until: event.until().map(clock::clock_of),
        event,
    }
}
