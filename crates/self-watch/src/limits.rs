//! When something of the program is too much, long before anything fails.

use crate::figure::OwnFigure;
use crate::sample::OwnSample;
use crate::series::OwnSeries;

/// What may be too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OwnLimit {
    Memory,
    /// Memory that grows and grows.
    MemoryGrowth,
    Handles,
    Disk,
    LoopDelay,
    Queue,
    Decoders,
}

impl OwnLimit {
    pub const ALL: [Self; 7] = [
        Self::Memory,
        Self::MemoryGrowth,
        Self::Handles,
        Self::Disk,
        Self::LoopDelay,
        Self::Queue,
        Self::Decoders,
    ];
}

/// What the computer gives the program; `None`: not known, so that nothing is said of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ceilings {
    /// Memory of the computer, in KiB.
    pub memory: Option<u32>,
    /// Handles that the program may have.
    pub handles: Option<u32>,
    /// What may wait for the loop.
    pub queue: Option<u32>,
}

/// One figure that is too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnExcess {
    pub limit: OwnLimit,
    /// How much it is, in the unit of its figure; of memory that grows: KiB an hour.
    pub value: u32,
    /// From where on it is too much; of memory that grows: hours until it is too much.
    pub bound: u32,
}

/// What a minute brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExcessNews {
    Begins(OwnExcess),
    /// It still is, and as much as this.
    Lasts(OwnExcess),
    Ends(OwnLimit),
}

/// Free space at which Monomi speaks, and at which it is silent again, in MiB.
const DISK: (u32, u32) = (512, 1_024);

/// A loop that is so late in several minutes, and when it is well again, in milliseconds.
const DELAY: (u32, u32) = (1_000, 300);

/// Decoders that were built anew in an hour.
const DECODERS: (u32, u32) = (60, 20);

/// Minutes in a row until what may be a moment counts, and until it has ended.
const MINUTES: u32 = 3;

/// Memory has to grow in so many hours, one after the other.
const HOURS_OF_GROWTH: usize = 6;

/// Growth that is less in all these hours is none, in KiB.
const LEAST_GROWTH: u32 = 96 * 1_024;

/// Growth that leaves this much time is watched on, in hours.
const FAR: u32 = 72;

#[derive(Clone, Copy, Debug, Default)]
struct Standing {
    on: bool,
    /// Minutes in a row that speak for the other.
    against: u32,
}

/// Begin and end of each.
#[derive(Clone, Debug, Default)]
pub struct OwnLimits {
    standing: [Standing; OwnLimit::ALL.len()],
}

impl OwnLimits {
    /// Looks at the newest minute of the series.
    pub fn look(&mut self, series: &OwnSeries, ceilings: Ceilings) -> Vec<ExcessNews> {
        let Some(sample) = series.last() else { return Vec::new() };
        let mut news = Vec::new();
        for limit in OwnLimit::ALL {
            let standing = &mut self.standing[limit as usize];
            let Some(judged) = judge(limit, sample, series, ceilings) else {
                // What is not known any more is not said to last.
                if std::mem::take(standing).on {
                    news.push(ExcessNews::Ends(limit));
                }
                continue;
            };
            let patience = match limit {
                OwnLimit::LoopDelay | OwnLimit::Queue => MINUTES,
                OwnLimit::Memory | OwnLimit::Handles | OwnLimit::Disk => 2,
                OwnLimit::MemoryGrowth | OwnLimit::Decoders => 1,
            };
            let speaks_against = if standing.on { judged.well } else { judged.too_much };
            standing.against = if speaks_against { standing.against + 1 } else { 0 };
            let turns = standing.against >= patience;
            if turns {
                *standing = Standing {
                    on: !standing.on,
                    against: 0,
                };
            }
            match (turns, standing.on) {
                (true, true) => news.push(ExcessNews::Begins(judged.excess)),
                (true, false) => news.push(ExcessNews::Ends(limit)),
                (false, true) => news.push(ExcessNews::Lasts(judged.excess)),
                (false, false) => {}
            }
        }
        news
    }
}

struct Judged {
    excess: OwnExcess,
    too_much: bool,
    /// So far from too much that it has ended.
    well: bool,
}

fn judge(limit: OwnLimit, sample: &OwnSample, series: &OwnSeries, ceilings: Ceilings) -> Option<Judged> {
    let of = |value: u32, (bound, well): (u32, u32)| Judged {
        excess: OwnExcess { limit, value, bound },
        too_much: value >= bound,
        well: value < well,
    };
    let share = |of: u32, percent: u32| u32::try_from(u64::from(of) * u64::from(percent) / 100).unwrap_or(u32::MAX);
    match limit {
        OwnLimit::Memory => {
            let all = ceilings.memory?;
            // Decoders may have five eighths of it by themselves.
            Some(of(sample.get(OwnFigure::Memory)?, (share(all, 75), share(all, 65))))
        }
        OwnLimit::MemoryGrowth => growth(series, ceilings.memory?),
        OwnLimit::Handles => {
            let most = ceilings.handles?;
            Some(of(sample.get(OwnFigure::Handles)?, (share(most, 75), share(most, 60))))
        }
        OwnLimit::Disk => {
            let value = sample.get(OwnFigure::Disk)?;
            let (bound, well) = DISK;
            let excess = OwnExcess { limit, value, bound };
            Some(Judged {
                excess,
                too_much: value < bound,
                well: value >= well,
            })
        }
        OwnLimit::LoopDelay => Some(of(sample.get(OwnFigure::LoopDelay)?, DELAY)),
        OwnLimit::Queue => {
            let most = ceilings.queue?;
            Some(of(sample.get(OwnFigure::Queue)?, (share(most, 50), share(most, 20))))
        }
        OwnLimit::Decoders => {
            let last_hour = series.minutes().rev().take_while(|minute| {
                let age = sample.at - minute.at;
                (0..3_600).contains(&age)
            });
            let restarts = last_hour.filter_map(|minute| minute.get(OwnFigure::Decoders));
            Some(of(restarts.fold(0, u32::saturating_add), DECODERS))
        }
    }
}

/// The least of an hour is what the program cannot do without, whatever was opened and closed in it: where that rises hour after hour, something is not
/// given back.
fn growth(series: &OwnSeries, memory: u32) -> Option<Judged> {
    let newest = series.last()?.at;
    let mut leasts = [None::<u32>; HOURS_OF_GROWTH + 1];
    for minute in series.minutes().rev() {
        let age = newest - minute.at;
        let Ok(hour) = usize::try_from(age.div_euclid(3_600)) else {
            continue;
        };
        let Some(least) = leasts.get_mut(hour) else { break };
        if let Some(value) = minute.get(OwnFigure::Memory) {
            *least = Some(least.map_or(value, |least| least.min(value)));
        }
    }
    // From the newest back. An hour of which nothing is known, such as before a start, proves nothing.
    let leasts: Vec<u32> = leasts.into_iter().flatten().collect();
    let nothing = Judged {
        excess: OwnExcess {
            limit: OwnLimit::MemoryGrowth,
            value: 0,
            bound: 0,
        },
        too_much: false,
        well: true,
    };
    if leasts.len() <= HOURS_OF_GROWTH {
        return Some(nothing);
    }
    let rises = leasts.windows(2).all(|hours| hours[0] > hours[1]);
    let (now, then) = (leasts[0], leasts[HOURS_OF_GROWTH]);
    let grown = now.saturating_sub(then);
    let an_hour = grown / HOURS_OF_GROWTH as u32;
    let bound = u32::try_from(u64::from(memory) * 3 / 4).unwrap_or(u32::MAX);
    let left = bound.saturating_sub(now).checked_div(an_hour).unwrap_or(u32::MAX);
    Some(Judged {
        excess: OwnExcess {
            limit: OwnLimit::MemoryGrowth,
            value: an_hour,
            bound: left,
        },
        too_much: rises && grown >= LEAST_GROWTH && left <= FAR,
        well: leasts[0] <= leasts[1],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEGIN: i64 = 495_000 * 3_600;
    const CEILINGS: Ceilings = Ceilings {
        memory: Some(8 << 20),
        handles: Some(1_000),
        queue: Some(4_096),
    };

    /// What the limits say of these values of a figure, minute by minute.
    fn said(figure: OwnFigure, values: impl IntoIterator<Item = u64>) -> Vec<(usize, ExcessNews)> {
        let (mut limits, mut series) = (OwnLimits::default(), OwnSeries::default());
        let mut said = Vec::new();
        for (minute, value) in values.into_iter().enumerate() {
            series.push(OwnSample::at(BEGIN + minute as i64 * 60).with(figure, Some(value)));
            let news = limits.look(&series, CEILINGS);
            said.extend(news.into_iter().map(|news| (minute, news)));
        }
        said.retain(|(_, news)| !matches!(news, ExcessNews::Lasts(_)));
        said
    }

    fn begins(limit: OwnLimit, value: u32, bound: u32) -> ExcessNews {
        ExcessNews::Begins(OwnExcess { limit, value, bound })
    }

    #[test]
    fn handles_towards_the_limit_begin_once_and_end_once_however_they_sway() {
        let sways = [740, 760, 760, 700, 760, 700, 610, 760, 650, 590, 590, 760, 590];
        assert_eq!(
            said(OwnFigure::Handles, sways),
            [
                (2, begins(OwnLimit::Handles, 760, 750)),
                (10, ExcessNews::Ends(OwnLimit::Handles)),
            ]
        );
    }

    #[test]
    fn a_disk_speaks_when_little_is_left() {
        let said = said(OwnFigure::Disk, [600, 511, 500, 700, 1_100, 1_100]);
        assert_eq!(
            said,
            [
                (2, begins(OwnLimit::Disk, 500, 512)),
                (5, ExcessNews::Ends(OwnLimit::Disk))
            ]
        );
    }

    #[test]
    fn a_loop_that_was_late_once_is_no_event() {
        assert_eq!(said(OwnFigure::LoopDelay, [0, 60_000, 5, 9_000, 0]), []);
        assert_eq!(
            said(OwnFigure::LoopDelay, [2_000, 2_000, 2_000, 200, 200, 200]),
            [
                (2, begins(OwnLimit::LoopDelay, 2_000, 1_000)),
                (5, ExcessNews::Ends(OwnLimit::LoopDelay))
            ]
        );
    }

    #[test]
    fn a_leak_is_said_long_before_memory_is_full_and_a_wall_that_grows_is_none() {
        // 100 MiB an hour, with streams that come and go on top.
        let leak = (0..900_u64).map(|minute| 200_000 + minute * 1_707 + (minute % 7) * 9_000);
        let found = said(OwnFigure::Memory, leak);
        let [(minute, ExcessNews::Begins(excess))] = found[..] else {
            panic!("{found:?}")
        };
        assert!((360..=430).contains(&minute), "{minute}");
        assert!(
            (80_000..=110_000).contains(&excess.value) && excess.bound > 40,
            "{excess:?}"
        );
        // Sixteen tiles are opened, and stay.
        let opened = (0..900_u64).map(|minute| if minute < 400 { 200_000 } else { 900_000 });
        assert_eq!(said(OwnFigure::Memory, opened), []);
        // It fills up at first, less and less.
        let settles = (0..900_u64).map(|minute| 300_000 - 200_000 / (minute + 1));
        assert_eq!(said(OwnFigure::Memory, settles), []);
    }

    #[test]
    fn decoders_that_begin_anew_are_counted_by_the_hour() {
        let found = said(OwnFigure::Decoders, (0..200).map(|minute| u64::from(minute < 60) * 2));
        assert_eq!(found[0], (29, begins(OwnLimit::Decoders, 60, 60)));
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn of_what_is_not_known_nothing_is_said_and_what_was_said_ends() {
        let (mut limits, mut series) = (OwnLimits::default(), OwnSeries::default());
        let handles = |at: i64| OwnSample::at(at).with(OwnFigure::Handles, Some(900));
        series.push(handles(BEGIN));
        assert_eq!(limits.look(&series, Ceilings::default()), []);
        limits.look(&series, CEILINGS);
        series.push(handles(BEGIN + 60));
        assert_eq!(limits.look(&series, CEILINGS).len(), 1);
        assert_eq!(
            limits.look(&series, Ceilings::default()),
            [ExcessNews::Ends(OwnLimit::Handles)]
        );
    }
}
