//! Planned work in words, and what a person may do about it in the menu of a site.

use egui::Ui;
use i18n_embed_fl::fl;

use super::act::{Act, PaintContext};
use crate::bridge::{Clock, Command, EngineState, WorkOrder};
use crate::i18n::Words;
use device::{DeviceId, PlannedWorkProblem, SiteId, WorkPlan, WorkSpan};

/// For how many hours work may begin with one click.
pub const HOURS: [u32; 4] = [1, 2, 4, 8];

/// `Planned work until 14:00`, while somebody works at a site.
#[must_use]
pub fn until(words: &Words, state: &EngineState, site: SiteId) -> Option<String> {
    let until = time(state.clock, state.planned_until(site)?);
    Some(fl!(words, "planned-until", until = until))
}

/// The same of the site of a device.
#[must_use]
pub fn until_of_device(words: &Words, state: &EngineState, device: DeviceId) -> Option<String> {
    until(words, state, state.registry.device(device)?.site)
}

/// `14:00`, with the date where that is another day than now.
#[must_use]
pub fn time(now: Clock, at: Clock) -> String {
    let clock = format!("{:02}:{:02}", at.hour, at.minute);
    if (at.year, at.month, at.day) == (now.year, now.month, now.day) {
        return clock;
    }
    format!("{:04}-{:02}-{:02} {clock}", at.year, at.month, at.day)
}

/// Why a time cannot be planned.
#[must_use]
pub fn problem(words: &Words, problem: PlannedWorkProblem) -> String {
    match problem {
        PlannedWorkProblem::Empty => fl!(words, "problem-work-empty"),
        PlannedWorkProblem::TooLong => fl!(words, "problem-work-long", days = (WorkSpan::LONGEST / 86_400)),
        PlannedWorkProblem::NoDay => fl!(words, "problem-work-no-day"),
        PlannedWorkProblem::Over => fl!(words, "problem-work-over"),
        PlannedWorkProblem::TooMany => fl!(words, "problem-work-many", most = WorkPlan::MOST),
    }
}

/// *Planned work* in the menu of a site.
pub(super) fn menu(ui: &mut Ui, paint: PaintContext<'_>, site: SiteId, acts: &mut Vec<Act>) {
    let words = paint.words;
    let mut order = |ui: &mut Ui, order: WorkOrder| {
        acts.push(Act::Send(Command::PlanWork(site, order)));
        ui.close();
    };
    ui.menu_button(fl!(words, "menu-planned-work"), |ui| {
        for hours in HOURS {
            if ui.button(fl!(words, "menu-planned-hours", hours = hours)).clicked() {
                order(ui, WorkOrder::For { minutes: hours * 60 });
            }
        }
        if paint.state.planned_until(site).is_some() {
            ui.separator();
            if ui.button(fl!(words, "menu-planned-end")).clicked() {
                order(ui, WorkOrder::End);
            }
        }
    });
    if ui.button(fl!(words, "menu-edit-site")).clicked() {
        acts.push(Act::EditSite(site));
        ui.close();
    }
}
