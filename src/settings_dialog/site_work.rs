//! When somebody works at a site: what is planned, and what is typed of more. All of it counts at once.

use egui::{Label, RichText, Ui};
use i18n_embed_fl::fl;

use super::env::Env;
use crate::bridge::{Clock, Command, WorkOrder};
use crate::i18n::Words;
use crate::ui::form::{error_text, labelled_text_field, weak_text};
use crate::ui::planned::{self, HOURS};
use crate::ui::theme;
use device::{Days, PlannedWork, PlannedWorkProblem, Site, WorkPlan, WorkSpan, days_of};

/// What is typed of planned work.
#[derive(Default)]
pub(super) struct WorkForm {
    from: String,
    to: String,
    days: Days,
    /// Of a week, as `02:00-04:00`.
    hours: String,
    /// What was wrong with what was to be added.
    error: Option<Problem>,
}

#[derive(Clone, Copy)]
enum Problem {
    /// It is no date with a time of day.
    Time,
    Hours,
    Plan(PlannedWorkProblem),
}

const FIELD: f32 = 150.0;

impl WorkForm {
    pub(super) fn show(&mut self, ui: &mut Ui, env: &Env, site: &Site) {
        let words = env.words;
        let send = |order: WorkOrder| env.engine.send(Command::PlanWork(site.id, order));
        weak_text(ui, &fl!(words, "site-work-explanation"));
        let until = planned::until(words, env.state, site.id);
        ui.horizontal(|ui| {
            for hours in HOURS {
                if ui.button(fl!(words, "menu-planned-hours", hours = hours)).clicked() {
                    send(WorkOrder::For { minutes: hours * 60 });
                }
            }
            if let Some(until) = &until {
                ui.add(Label::new(RichText::new(until).strong()));
                if ui.button(fl!(words, "menu-planned-end")).clicked() {
                    send(WorkOrder::End);
                }
            }
        });
        self.entries(ui, env, site);
        // What is over makes room for what is added.
        let now = minutes(env.state.clock);
        let times = env.state.planned.get(&site.id).map(|shown| shown.times.as_slice());
        let is_over = |index: usize, work: &PlannedWork| {
            let times = times.and_then(|times| times.get(index).copied()).flatten();
            work.ends().is_some() && times.is_some_and(|(_, to)| minutes(to) <= now)
        };
        let entries = site.about.work.iter().enumerate();
        let count = entries.filter(|(index, work)| !is_over(*index, work)).count();
        ui.horizontal_wrapped(|ui| {
            labelled_text_field(ui, &fl!(words, "site-work-from"), &mut self.from, FIELD);
            labelled_text_field(ui, &fl!(words, "site-work-to"), &mut self.to, FIELD);
            if ui.button(fl!(words, "site-work-add-once")).clicked() {
                self.add(self.once(env.state.clock, count), &send);
            }
        });
        ui.horizontal_wrapped(|ui| {
            for day in 0..7 {
                let mut on = self.days.has(day);
                if ui.checkbox(&mut on, day_name(words, day)).changed() {
                    self.days.set(day, on);
                }
            }
            labelled_text_field(ui, &fl!(words, "site-work-hours"), &mut self.hours, FIELD);
            if ui.button(fl!(words, "site-work-add-weekly")).clicked() {
                self.add(self.weekly(count), &send);
            }
        });
        if let Some(error) = self.error {
            error_text(ui, &said(words, error));
        }
    }

    fn entries(&self, ui: &mut Ui, env: &Env, site: &Site) {
        let words = env.words;
        let times = env.state.planned.get(&site.id).map(|shown| shown.times.as_slice());
        for (index, work) in site.about.work.iter().enumerate() {
            let times = times.and_then(|times| times.get(index).copied()).flatten();
            let text = entry(words, env.state.clock, work, times);
            ui.horizontal(|ui| {
                let remove = ui.button(fl!(words, "site-work-remove"));
                let described = text.clone();
                ui.ctx()
                    .accesskit_node_builder(remove.id, |node| node.set_description(described));
                if remove.clicked() {
                    let order = WorkOrder::Remove(work.clone());
                    env.engine.send(Command::PlanWork(site.id, order));
                }
                ui.add(Label::new(RichText::new(text).color(theme::tokens(ui).text)).truncate());
            });
        }
    }

    fn add(&mut self, order: Result<WorkOrder, Problem>, send: &impl Fn(WorkOrder)) {
        match order {
            Ok(order) => {
                send(order);
                *self = Self::default();
            }
            Err(problem) => self.error = Some(problem),
        }
    }

    fn once(&self, now: Clock, count: usize) -> Result<WorkOrder, Problem> {
        let (from, to) = (clock(&self.from)?, clock(&self.to)?);
        let wrong = match minutes(to) - minutes(from) {
            ..=0 => Some(PlannedWorkProblem::Empty),
            length if length * 60 > WorkSpan::LONGEST => Some(PlannedWorkProblem::TooLong),
            _ if minutes(to) <= minutes(now) => Some(PlannedWorkProblem::Over),
            _ if count >= WorkPlan::MOST => Some(PlannedWorkProblem::TooMany),
            _ => None,
        };
        match wrong {
            Some(wrong) => Err(Problem::Plan(wrong)),
            None => Ok(WorkOrder::Between { from, to }),
        }
    }

    fn weekly(&self, count: usize) -> Result<WorkOrder, Problem> {
        let (from, to) = hours(&self.hours).ok_or(Problem::Hours)?;
        let work = PlannedWork::weekly(self.days, from, to).map_err(Problem::Plan)?;
        if count >= WorkPlan::MOST {
            return Err(Problem::Plan(PlannedWorkProblem::TooMany));
        }
        Ok(WorkOrder::Add(work))
    }
}

/// One entry of the plan in words.
fn entry(words: &Words, now: Clock, work: &PlannedWork, times: Option<(Clock, Clock)>) -> String {
    let span = times.map(|(from, to)| (planned::time(now, from), planned::time(now, to)));
    match (work, span) {
        (PlannedWork::Weekly { days, from, to }, _) => {
            let days: Vec<String> = (0..7)
                .filter(|day| days.has(*day))
                .map(|day| day_name(words, day))
                .collect();
            let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
            let days = words.list(&days);
            fl!(
                words,
                "site-work-weekly",
                days = days,
                from = clock(*from),
                to = clock(*to)
            )
        }
        (PlannedWork::Once(_), Some((from, to))) => fl!(words, "site-work-once", from = from, to = to),
        (PlannedWork::Done(_), Some((from, to))) => fl!(words, "site-work-done", from = from, to = to),
        (PlannedWork::Unknown(text), _) => fl!(words, "site-work-unknown", text = text.as_str()),
        (PlannedWork::Once(_) | PlannedWork::Done(_), None) => work.to_string(),
    }
}

fn day_name(words: &Words, day: u8) -> String {
    match day {
        0 => fl!(words, "day-monday"),
        1 => fl!(words, "day-tuesday"),
        2 => fl!(words, "day-wednesday"),
        3 => fl!(words, "day-thursday"),
        4 => fl!(words, "day-friday"),
        5 => fl!(words, "day-saturday"),
        _ => fl!(words, "day-sunday"),
    }
}

/// Reads `2026-12-01 22:00`.
fn clock(text: &str) -> Result<Clock, Problem> {
    let read = || {
        let (date, time) = text.trim().split_once([' ', 'T'])?;
        let mut parts = date.split(['-', '/']);
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        let minute = minute(time)?;
        let at = Clock {
            year: year.parse().ok().filter(|year| (1970..=2999).contains(year))?,
            month: month.parse().ok()?,
            day: day.parse().ok()?,
            hour: u8::try_from(minute / 60).ok()?,
            minute: u8::try_from(minute % 60).ok()?,
            second: 0,
        };
        let days = days_of((at.year.into(), at.month.into(), at.day.into()));
        let is_one = device::date_of(days) == (at.year.into(), at.month.into(), at.day.into());
        (is_one && parts.next().is_none()).then_some(at)
    };
    read().ok_or(Problem::Time)
}

fn hours(text: &str) -> Option<(u16, u16)> {
    let (from, to) = text.split_once(['-', '–', '〜', '～'])?;
    Some((minute(from)?, minute(to)?))
}

fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

/// Minutes of the calendar, without a zone.
fn minutes(at: Clock) -> i64 {
    let days = days_of((at.year.into(), at.month.into(), at.day.into()));
    days * 1_440 + i64::from(at.hour) * 60 + i64::from(at.minute)
}

fn said(words: &Words, problem: Problem) -> String {
    match problem {
        Problem::Time => fl!(words, "problem-work-time"),
        Problem::Hours => fl!(words, "problem-work-hours"),
        Problem::Plan(problem) => planned::problem(words, problem),
    }
}
