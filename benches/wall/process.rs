//! What a program costs, read from /proc: processor time of its whole process tree, by thread, and its share of memory.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Child, Command};
use std::time::Duration;

use crate::Outcome;

/// A started program with all processes that it starts; ended when dropped.
pub struct Tree {
    children: Vec<Child>,
}

/// Processor time in ticks so far, by thread.
#[derive(Clone, Debug, Default)]
pub struct Times(BTreeMap<(u32, u32), (String, u64)>);

/// Clock ticks a second (`USER_HZ`, which Linux fixes at 100 for /proc).
const HZ: f64 = 100.0;

/// Threads of Mesa's software rasteriser.
const RASTERISER: &str = "llvmpipe";

impl Tree {
    pub fn start(commands: Vec<Command>) -> Outcome<Self> {
        let mut tree = Self { children: Vec::new() };
        for mut command in commands {
            let child = command
                .spawn()
                .map_err(|error| format!("{}: {error}", command.get_program().display()))?;
            tree.children.push(child);
        }
        Ok(tree)
    }

    /// How many of the processes that were started are there no more.
    pub fn ended(&mut self) -> usize {
        self.children
            .iter_mut()
            .filter_map(|child| child.try_wait().ok())
            .flatten()
            .count()
    }

    pub fn times(&self) -> Times {
        let mut times = Times::default();
        for process in self.processes() {
            for thread in entries(&format!("/proc/{process}/task")) {
                if let Some((_, name, ticks)) = stat(&format!("/proc/{process}/task/{thread}/stat")) {
                    times.0.insert((process, thread), (name, ticks));
                }
            }
        }
        times
    }

    /// Proportional set size of all processes, in MiB.
    pub fn memory(&self) -> f64 {
        self.processes().iter().filter_map(|process| pss(*process)).sum::<u64>() as f64 / 1_024.0
    }

    /// Open file descriptors of all processes.
    pub fn handles(&self) -> usize {
        self.processes()
            .iter()
            .map(|process| entries(&format!("/proc/{process}/fd")).len())
            .sum()
    }

    pub fn threads(&self) -> usize {
        self.processes()
            .iter()
            .map(|process| entries(&format!("/proc/{process}/task")).len())
            .sum()
    }

    fn processes(&self) -> Vec<u32> {
        let mut tree: Vec<u32> = self.children.iter().map(Child::id).collect();
        let parents: Vec<(u32, u32)> = entries("/proc")
            .into_iter()
            .filter_map(|process| Some((process, stat(&format!("/proc/{process}/stat"))?.0)))
            .collect();
        let mut next = 0;
        while let Some(&parent) = tree.get(next) {
            tree.extend(
                parents
                    .iter()
                    .filter(|(_, of)| *of == parent)
                    .map(|(process, _)| process),
            );
            next += 1;
        }
        tree
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        let mut kill = Command::new("kill");
        kill.args(["-s", "TERM"])
            .args(self.processes().iter().map(u32::to_string));
        let _ = kill.stderr(std::process::Stdio::null()).status();
        for _ in 0..40 {
            if self.ended() == self.children.len() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Times {
    /// The times of a process that is not in the tree, such as the X server.
    pub fn of(process: u32) -> u64 {
        stat(&format!("/proc/{process}/stat")).map_or(0, |(_, _, ticks)| ticks)
    }

    /// Percent of one core since `before`, `time` ago: all threads, and the rasteriser's alone.
    pub fn since(&self, before: &Self, time: Duration) -> (f64, f64) {
        let by_name = self.by_thread(before, time);
        let rasteriser = by_name
            .iter()
            .filter(|(name, _)| name.starts_with(RASTERISER))
            .map(|(_, cpu)| cpu)
            .fold(0.0, |sum, cpu| sum + cpu);
        (by_name.iter().map(|(_, cpu)| cpu).sum(), rasteriser)
    }

    /// Percent of one core by name of thread (digits left out), the largest first.
    pub fn by_thread(&self, before: &Self, time: Duration) -> Vec<(String, f64)> {
        let mut by_name = BTreeMap::<String, f64>::new();
        for (key, (name, ticks)) in &self.0 {
            let was = before.0.get(key).map_or(0, |(_, ticks)| *ticks);
            let name = name.trim_end_matches(|letter: char| letter.is_ascii_digit() || "-:".contains(letter));
            *by_name.entry(name.to_owned()).or_default() += percent(ticks.saturating_sub(was), time);
        }
        let mut by_name: Vec<_> = by_name.into_iter().collect();
        by_name.sort_by(|a, b| b.1.total_cmp(&a.1));
        by_name
    }
}

pub fn percent(ticks: u64, time: Duration) -> f64 {
    ticks as f64 / HZ / time.as_secs_f64() * 100.0
}

fn entries(folder: &str) -> Vec<u32> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect()
}

/// Parent, name, and user and system time in ticks.
fn stat(path: &str) -> Option<(u32, String, u64)> {
    let text = fs::read_to_string(path).ok()?;
    // The name stands in parentheses and may hold anything.
    let (name, rest) = (text.split_once('(')?.1.rsplit_once(')')?.0, text.rsplit_once(')')?.1);
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let ticks = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    Some((fields.get(1)?.parse().ok()?, name.to_owned(), ticks))
}

/// In KiB.
fn pss(process: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).ok()?;
    let line = text.lines().find(|line| line.starts_with("Pss:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
