//! Planned work: when somebody works at a site, so that what fails there then is no surprise.
//!
//! Times are of the wall clock, which may leap; [`WorkWatch`] sees to it that no leap keeps a site silent for longer than was planned.

mod span;
mod text;
mod watch;

pub use span::{Days, LocalMoment, WorkSpan};
pub use watch::WorkWatch;

/// One entry of the plan of a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlannedWork {
    Once(WorkSpan),
    /// In these minutes since midnight of local time, each week on these days; where it passes midnight it belongs to the day on which it
    /// begins.
    Weekly {
        days: Days,
        from: u16,
        to: u16,
    },
    /// A person has said that the work that had begun before is done: until the end of this, nothing of it counts.
    Done(WorkSpan),
    /// A file of a newer version has this; it is kept and never begins.
    Unknown(String),
}

/// Why a time cannot be planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlannedWorkProblem {
    #[error("the end is not after the begin")]
    Empty,
    #[error("planned work is {} days long at most", WorkSpan::LONGEST / 86_400)]
    TooLong,
    #[error("no day of the week is chosen")]
    NoDay,
    #[error("it is over already")]
    Over,
    #[error("a site has {} entries at most", WorkPlan::MOST)]
    TooMany,
}

impl PlannedWork {
    /// From one time to another, in seconds since 1970.
    ///
    /// # Errors
    /// Where it has no length, or more than [`WorkSpan::LONGEST`].
    pub fn once(from: i64, to: i64) -> Result<Self, PlannedWorkProblem> {
        match to.saturating_sub(from) {
            ..=0 => Err(PlannedWorkProblem::Empty),
            length if length > WorkSpan::LONGEST => Err(PlannedWorkProblem::TooLong),
            _ => Ok(Self::Once(WorkSpan { from, to })),
        }
    }

    /// Each week on these days, from and to in minutes since midnight.
    ///
    /// # Errors
    /// Where it has no day or no length.
    pub fn weekly(days: Days, from: u16, to: u16) -> Result<Self, PlannedWorkProblem> {
        match () {
            () if days.is_empty() => Err(PlannedWorkProblem::NoDay),
            () if from == to || from >= span::DAY || to >= span::DAY => Err(PlannedWorkProblem::Empty),
            () => Ok(Self::Weekly { days, from, to }),
        }
    }

    /// Whether it is over for good at this time, in seconds since 1970.
    #[must_use]
    pub fn is_over(&self, unix: i64) -> bool {
        self.ends().is_some_and(|end| end <= unix)
    }

    /// The time of it that this moment lies in, by the clock.
    fn span(&self, at: LocalMoment) -> Option<WorkSpan> {
        match self {
            Self::Once(span) => Some(*span).filter(|span| span.contains(at.unix)),
            Self::Weekly { days, from, to } => span::of_week(*days, *from, *to, at),
            Self::Done(_) | Self::Unknown(_) => None,
        }
    }

    /// When it is over for good, in seconds since 1970; `None`: never, or nobody knows.
    #[must_use]
    pub fn ends(&self) -> Option<i64> {
        match self {
            Self::Once(span) | Self::Done(span) => Some(span.to),
            Self::Weekly { .. } | Self::Unknown(_) => None,
        }
    }
}

/// When somebody works at a site.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkPlan(Vec<PlannedWork>);

/// What is over for so long is dropped when the plan is changed, in seconds.
const KEPT: i64 = 30 * 86_400;

impl WorkPlan {
    /// The most entries of a site.
    pub const MOST: usize = 32;

    /// As a file has them.
    #[must_use]
    pub fn of(entries: Vec<PlannedWork>) -> Self {
        Self(entries)
    }

    pub fn iter(&self) -> impl Iterator<Item = &PlannedWork> {
        self.0.iter()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The time in which somebody works now, by the clock: of several the one that ends last.
    #[must_use]
    pub fn current(&self, at: LocalMoment) -> Option<WorkSpan> {
        let spans = self.0.iter().filter_map(|work| work.span(at));
        spans.filter(|span| !self.is_done(*span, at)).max_by_key(|span| span.to)
    }

    /// The plan with this entry, too.
    ///
    /// # Errors
    /// Where it is over already, or there are too many.
    pub fn with(&self, work: PlannedWork, at: LocalMoment) -> Result<Self, PlannedWorkProblem> {
        if work.is_over(at.unix) {
            return Err(PlannedWorkProblem::Over);
        }
        let mut plan = self.tidied(at);
        // What is over takes no place from what is to come.
        while plan.0.len() >= Self::MOST
            && let Some(over) = plan.0.iter().position(|work| work.is_over(at.unix))
        {
            plan.0.remove(over);
        }
        if plan.0.len() >= Self::MOST {
            return Err(PlannedWorkProblem::TooMany);
        }
        if !plan.0.contains(&work) {
            plan.0.push(work);
        }
        Ok(plan)
    }

    /// The plan with work from now on, for so many minutes.
    ///
    /// # Errors
    /// As of [`PlannedWork::once`] and [`WorkPlan::with`].
    pub fn with_work_for(&self, minutes: u32, at: LocalMoment) -> Result<Self, PlannedWorkProblem> {
        let work = PlannedWork::once(at.unix, at.unix.saturating_add(i64::from(minutes) * 60))?;
        self.with(work, at)
    }

    /// The plan where the work that has begun is done now.
    #[must_use]
    pub fn done(&self, at: LocalMoment) -> Self {
        let Some(span) = self.current(at) else {
            return self.clone();
        };
        let mut plan = self.tidied(at);
        plan.0.retain(|work| !matches!(work, PlannedWork::Done(_)));
        plan.0.push(PlannedWork::Done(WorkSpan {
            from: at.unix,
            to: span.to,
        }));
        plan
    }

    /// The plan without this entry.
    #[must_use]
    pub fn without(&self, work: &PlannedWork) -> Self {
        Self(self.0.iter().filter(|known| *known != work).cloned().collect())
    }

    /// Whether a person has said that this is done. A clock that was set far back makes that no truth for ever.
    fn is_done(&self, span: WorkSpan, at: LocalMoment) -> bool {
        self.0.iter().any(|work| match work {
            PlannedWork::Done(done) => done.contains(at.unix) && span.from <= done.from,
            _ => false,
        })
    }

    fn tidied(&self, at: LocalMoment) -> Self {
        let lasts = |work: &&PlannedWork| work.ends().is_none_or(|end| end > at.unix - KEPT);
        let mut plan: Vec<PlannedWork> = self.0.iter().filter(lasts).cloned().collect();
        plan.retain(|work| match work {
            PlannedWork::Done(span) => span.to > at.unix,
            _ => true,
        });
        Self(plan)
    }
}

#[cfg(test)]
mod tests;
