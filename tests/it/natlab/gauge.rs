//! Reads the router's counters again and again, so that any window can be judged afterwards.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::lab::{Counts, Lab};

type Row = (Instant, Counts);

/// One reading; on a busy machine it takes a while.
#[derive(Clone)]
struct Reading {
    begun: Instant,
    row: Row,
}

pub struct Gauge {
    rows: Arc<Mutex<Vec<Reading>>>,
    stop: Arc<AtomicBool>,
    reading: Option<JoinHandle<()>>,
}

impl Gauge {
    pub fn start(lab: &Arc<Mutex<Lab>>) -> Self {
        let rows: Arc<Mutex<Vec<Reading>>> = Arc::default();
        let stop = Arc::new(AtomicBool::new(false));
        let (into, stopped, lab) = (Arc::clone(&rows), Arc::clone(&stop), Arc::clone(lab));
        let read = move || {
            while !stopped.load(Ordering::Relaxed) {
                let lab = lab.lock().expect("the laboratory");
                let begun = Instant::now();
                let counts = lab.count();
                drop(lab);
                let row = (Instant::now(), counts);
                into.lock().expect("the readings").push(Reading { begun, row });
                std::thread::sleep(Duration::from_millis(500));
            }
        };
        let reading = std::thread::Builder::new()
            .name("gauge".to_owned())
            .spawn(read)
            .expect("a thread");
        Self {
            rows,
            stop,
            reading: Some(reading),
        }
    }

    /// What was read wholly between two moments.
    ///
    /// # Panics
    /// If that is too little to tell what happened between them.
    pub fn between(&self, from: Instant, to: Instant) -> Readings {
        let all = self.rows.lock().expect("the readings");
        let inside = all.iter().filter(|reading| reading.begun >= from && reading.row.0 < to);
        let inside: Vec<Row> = inside.map(|reading| reading.row.clone()).collect();
        assert!(inside.len() >= 2, "{} readings in {:?}", inside.len(), to - from);
        Readings(inside)
    }
}

impl Drop for Gauge {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(reading) = self.reading.take() {
            let _ = reading.join();
        }
    }
}

pub struct Readings(Vec<Row>);

impl Readings {
    /// SYN packets to `site` from the first reading to the last.
    pub fn syns(&self, site: usize) -> u64 {
        self.growth(|counts| counts.syn[site])
    }

    pub fn syns_at_pc(&self) -> u64 {
        self.growth(|counts| counts.syn_at_pc)
    }

    pub fn packets_to_public(&self) -> u64 {
        self.growth(|counts| counts.to_public)
    }

    /// The most NAT entries in SYN_SENT that any reading saw.
    pub fn most_nat_entries(&self, site: usize) -> usize {
        self.0.iter().map(|(_, counts)| counts.nat[site]).max().unwrap_or(0)
    }

    pub fn most_half_open(&self) -> usize {
        self.0.iter().map(|(_, counts)| counts.half_open).max().unwrap_or(0)
    }

    fn growth(&self, what: impl Fn(&Counts) -> u64) -> u64 {
        match (self.0.first(), self.0.last()) {
            (Some((_, first)), Some((_, last))) => what(last) - what(first),
            _ => 0,
        }
    }
}
