//! All links, and how each is found.

use std::collections::BTreeMap;

use super::super::super::attempt::RunId;
use super::LinkRecord;
use device::{DeviceId, StreamId};
use reconnect::LinkId;

/// All links, found by their own identity, by their stream and by their run.
#[derive(Default)]
pub(in crate::engine::connections) struct Links {
    records: BTreeMap<LinkId, LinkRecord>,
    streams: BTreeMap<StreamId, LinkId>,
    /// Every run that has not reported its end, also those of links that are gone.
    runs: BTreeMap<RunId, LinkId>,
}

impl Links {
    pub(in crate::engine::connections) fn insert(&mut self, id: LinkId, record: LinkRecord) {
        if record.is_stream() && record.heir_of.is_none() {
            self.streams.insert(record.stream, id);
        }
        self.records.insert(id, record);
    }

    /// An heir takes the place of the link that it inherits, which is no stream's any more.
    pub(in crate::engine::connections) fn succeed(&mut self, heir: LinkId, of: LinkId) {
        let state = self.records.get(&of).and_then(|record| record.state.clone());
        if let Some(record) = self.records.get_mut(&heir) {
            record.heir_of = None;
            record.state = state;
            self.streams.insert(record.stream, heir);
        }
    }

    pub(in crate::engine::connections) fn remove(&mut self, id: LinkId) -> Option<LinkRecord> {
        let record = self.records.remove(&id)?;
        if self.streams.get(&record.stream) == Some(&id) {
            self.streams.remove(&record.stream);
        }
        Some(record)
    }

    pub(in crate::engine::connections) fn get(&self, id: LinkId) -> Option<&LinkRecord> {
        self.records.get(&id)
    }

    pub(in crate::engine::connections) fn get_mut(&mut self, id: LinkId) -> Option<&mut LinkRecord> {
        self.records.get_mut(&id)
    }

    pub(in crate::engine::connections) fn iter(&self) -> impl Iterator<Item = (LinkId, &LinkRecord)> {
        self.records.iter().map(|(id, record)| (*id, record))
    }

    pub(in crate::engine::connections) fn iter_mut(&mut self) -> impl Iterator<Item = (LinkId, &mut LinkRecord)> {
        self.records.iter_mut().map(|(id, record)| (*id, record))
    }

    pub(in crate::engine::connections) fn of_stream(&self, stream: StreamId) -> Option<LinkId> {
        self.streams.get(&stream).copied()
    }

    /// The links that `fit` says so of, in the order in which they were first wanted.
    pub(in crate::engine::connections) fn which(&self, fit: impl Fn(&LinkRecord) -> bool) -> Vec<LinkId> {
        let fitting = self.records.iter().filter(|(_, record)| fit(record));
        fitting.map(|(id, _)| *id).collect()
    }

    pub(in crate::engine::connections) fn of_device(&self, device: DeviceId) -> Vec<LinkId> {
        self.which(|record| record.device == device)
    }

    pub(in crate::engine::connections) fn run_begins(&mut self, run: RunId, link: LinkId) {
        self.runs.insert(run, link);
    }

    pub(in crate::engine::connections) fn run_ends(&mut self, run: RunId) {
        self.runs.remove(&run);
    }

    pub(in crate::engine::connections) fn of_run(&self, run: RunId) -> Option<LinkId> {
        self.runs.get(&run).copied()
    }

    /// Runs that have not reported their end.
    pub(in crate::engine::connections) fn open_runs(&self) -> usize {
        self.runs.len()
    }

    #[cfg(test)]
    pub(in crate::engine::connections) fn len(&self) -> usize {
        self.records.len()
    }

    #[cfg(test)]
    pub(in crate::engine::connections) fn streams_len(&self) -> usize {
        self.streams.len()
    }
}
