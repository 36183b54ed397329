//! Which events the list shows: words, categories, time, site and device, alarms alone.

use egui::{ComboBox, Ui};
use i18n_embed_fl::fl;

use crate::bridge::{CalendarDay, Clock, EngineState, LogPeriod, LogQuery};
use crate::i18n::Words;
use crate::ui::act::PaintContext;
use crate::ui::form::{checkbox, error_text, labelled_text_field};
use crate::wording::event as wording;
use device::{DeviceId, Registry, SiteId, date_of, days_of, search_form};
use events::{Category, EventId, EventQuery};

/// Where there are more devices than this, they are offered once a site is chosen.
const MOST_DEVICES: usize = 200;

/// The list of devices in a choice is not longer than this on screen.
const CHOICE_HEIGHT: f32 = 320.0;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Period {
    #[default]
    Any,
    Hour,
    Today,
    Day,
    Week,
    Month,
    Dates,
}

impl Period {
    const ALL: [Self; 7] = [
        Self::Any,
        Self::Hour,
        Self::Today,
        Self::Day,
        Self::Week,
        Self::Month,
        Self::Dates,
    ];

    fn called(self, words: &Words) -> String {
        match self {
            Self::Any => fl!(words, "events-period-any"),
            Self::Hour => fl!(words, "events-period-hour"),
            Self::Today => fl!(words, "events-period-today"),
            Self::Day => fl!(words, "events-period-day"),
            Self::Week => fl!(words, "events-period-week"),
            Self::Month => fl!(words, "events-period-month"),
            Self::Dates => fl!(words, "events-period-dates"),
        }
    }
}

/// What is chosen above the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct LogFilter {
    search: String,
    categories: std::collections::BTreeSet<Category>,
    period: Period,
    first: String,
    last: String,
    site: Option<SiteId>,
    device: Option<DeviceId>,
    alarms: bool,
    /// The details of this event alone, and how it is called.
    of: Option<(EventId, String)>,
}

impl LogFilter {
    /// Shows the details of one event from now on.
    pub(super) fn details(&mut self, of: EventId, called: String) {
        self.of = Some((of, called));
    }

    pub(super) fn only_device(&mut self, device: DeviceId, registry: &Registry) {
        self.device = Some(device);
        self.site = registry.device(device).map(|device| device.site);
    }

    pub(super) fn only_category(&mut self, category: Category) {
        self.categories = [category].into();
    }

    /// The query that this means; `None`: a date is wrong, which is said where it was typed.
    pub(super) fn wanted(&self, words: &Words, state: &EngineState) -> Option<LogQuery> {
        if let Some((of, _)) = &self.of {
            let query = EventQuery {
                of: Some(*of),
                ..EventQuery::default()
            };
            return Some(LogQuery {
                query,
                period: LogPeriod::Any,
            });
        }
        let text = self.search.trim().to_owned();
        Some(LogQuery {
            query: EventQuery {
                categories: self.categories.clone(),
                alarms: self.alarms,
                site: self.site.filter(|_| self.device.is_none()),
                device: self.device,
                called: wording::called(words, &text),
                text,
                ..EventQuery::default()
            },
            period: self.period(state.clock)?,
        })
    }

    fn period(&self, clock: Clock) -> Option<LogPeriod> {
        let today = (clock.year, clock.month, clock.day);
        Some(match self.period {
            Period::Any => LogPeriod::Any,
            Period::Hour => LogPeriod::Hours(1),
            Period::Today => LogPeriod::Days(today, today),
            Period::Day => LogPeriod::Hours(24),
            Period::Week => LogPeriod::Hours(7 * 24),
            Period::Month => LogPeriod::Hours(30 * 24),
            Period::Dates => {
                let last = if self.last.trim().is_empty() {
                    today
                } else {
                    day(&self.last)?
                };
                let first = day(&self.first)?;
                (first <= last).then_some(LogPeriod::Days(first, last))?
            }
        })
    }

    /// Paints the choices.
    pub(super) fn show(&mut self, ui: &mut Ui, paint: PaintContext<'_>) {
        let words = paint.words;
        if let Some((_, called)) = &self.of {
            let mut ends = false;
            ui.horizontal(|ui| {
                ui.label(fl!(words, "events-details-of", name = called.as_str()));
                ends = ui.button(fl!(words, "events-details-back")).clicked();
            });
            if ends {
                self.of = None;
            }
            return;
        }
        ui.horizontal_wrapped(|ui| {
            labelled_text_field(ui, &fl!(words, "events-search"), &mut self.search, 215.0);
            self.show_categories(ui, words);
            self.show_period(ui, words);
            self.show_places(ui, words, &paint.state.registry);
            checkbox(ui, &mut self.alarms, fl!(words, "events-alarms"));
        });
        if self.period == Period::Dates {
            self.show_dates(ui, words, paint.state.clock);
        }
    }

    fn show_categories(&mut self, ui: &mut Ui, words: &Words) {
        let chosen = match self.categories.first().filter(|_| self.categories.len() == 1) {
            Some(only) => wording::category(words, *only),
            None if self.categories.is_empty() => fl!(words, "events-category-all"),
            None => fl!(words, "events-category-several", count = self.categories.len()),
        };
        let combo = ComboBox::from_id_salt("events category")
            .selected_text(chosen)
            .width(130.0)
            .height(CHOICE_HEIGHT)
            .close_behavior(egui::PopupCloseBehavior::CloseOnClickOutside);
        let response = combo.show_ui(ui, |ui| {
            for category in Category::ALL {
                let mut on = self.categories.contains(category);
                if checkbox(ui, &mut on, wording::category(words, *category)).changed() {
                    if on {
                        self.categories.insert(*category);
                    } else {
                        self.categories.remove(category);
                    }
                }
            }
        });
        labelled(ui, &response.response, &fl!(words, "events-category"));
    }

    fn show_period(&mut self, ui: &mut Ui, words: &Words) {
        let combo = ComboBox::from_id_salt("events period")
            .selected_text(self.period.called(words))
            .width(130.0)
            .height(CHOICE_HEIGHT);
        let response = combo.show_ui(ui, |ui| {
            for period in Period::ALL {
                ui.selectable_value(&mut self.period, period, period.called(words));
            }
        });
        labelled(ui, &response.response, &fl!(words, "events-period"));
    }

    fn show_places(&mut self, ui: &mut Ui, words: &Words, registry: &Registry) {
        let site = self.site.and_then(|id| registry.site(id));
        let all = fl!(words, "events-all-sites");
        let combo = ComboBox::from_id_salt("events site")
            .selected_text(site.map_or(all.as_str(), |site| site.name.as_str()))
            .width(150.0)
            .truncate()
            .height(CHOICE_HEIGHT);
        let before = self.site;
        let response = combo.show_ui(ui, |ui| {
            ui.selectable_value(&mut self.site, None, all.as_str());
            for site in &registry.sites {
                ui.selectable_value(&mut self.site, Some(site.id), site.name.as_str());
            }
        });
        labelled(ui, &response.response, &fl!(words, "events-site-choice"));
        let is_of_site = |id: DeviceId| {
            let device = registry.device(id);
            self.site.is_none() || device.map(|device| device.site) == self.site
        };
        if before != self.site && self.device.is_some_and(|id| !is_of_site(id)) {
            self.device = None;
        }
        if self.site.is_none() && registry.devices.len() > MOST_DEVICES {
            return;
        }
        let device = self.device.and_then(|id| registry.device(id));
        let all = fl!(words, "events-device-all");
        let combo = ComboBox::from_id_salt("events device")
            .selected_text(device.map_or(all.as_str(), |device| device.name.as_str()))
            .width(150.0)
            .truncate()
            .height(CHOICE_HEIGHT);
        let response = combo.show_ui(ui, |ui| {
            ui.selectable_value(&mut self.device, None, all.as_str());
            let of_site = registry
                .devices
                .iter()
                .filter(|device| self.site.is_none_or(|site| device.site == site));
            for device in of_site {
                ui.selectable_value(&mut self.device, Some(device.id), device.name.as_str());
            }
        });
        labelled(ui, &response.response, &fl!(words, "events-device-choice"));
    }

    fn show_dates(&mut self, ui: &mut Ui, words: &Words, clock: Clock) {
        ui.horizontal(|ui| {
            labelled_text_field(ui, &fl!(words, "events-first-day"), &mut self.first, 110.0);
            ui.label("–");
            labelled_text_field(ui, &fl!(words, "events-last-day"), &mut self.last, 110.0);
            let is_wrong = |text: &str| !text.trim().is_empty() && day(text).is_none();
            if is_wrong(&self.first) || is_wrong(&self.last) {
                error_text(ui, &fl!(words, "events-day-wrong"));
            } else if !self.first.trim().is_empty() && self.period(clock).is_none() {
                error_text(ui, &fl!(words, "events-days-turned"));
            }
        });
    }
}

/// Says what is chosen here to whoever does not see it.
fn labelled(ui: &Ui, response: &egui::Response, label: &str) {
    ui.ctx()
        .accesskit_node_builder(response.id, |node| node.set_label(label));
}

/// A date as it is typed: `2026-11-30`, `2026/11/30`, in digits of any width.
fn day(text: &str) -> Option<CalendarDay> {
    let text = search_form(text.trim());
    let mut parts = text
        .split(['-', '/', '.', '年', '月', '日'])
        .filter(|part| !part.is_empty());
    let mut part = || parts.next()?.trim().parse::<i64>().ok();
    let date = (part()?, part()?, part()?);
    // A date that is none comes back as another one.
    let is_whole = parts.next().is_none() && (1970..=9999).contains(&date.0) && date_of(days_of(date)) == date;
    is_whole.then(|| {
        Some((
            date.0.try_into().ok()?,
            date.1.try_into().ok()?,
            date.2.try_into().ok()?,
        ))
    })?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_read_as_people_type_it_and_one_that_is_none_is_refused() {
        for right in [
            "2026-11-30",
            " 2026/11/30 ",
            "２０２６/１１/３０",
            "2026年11月30日",
            "2026.11.30",
        ] {
            assert_eq!(day(right), Some((2026, 11, 30)), "{right}");
        }
        for wrong in [
            "",
            "2026-11",
            "2026-02-30",
            "2026-13-01",
            "30-11-2026",
            "x",
            "2026-11-30-1",
            "0000-00-00",
        ] {
            assert_eq!(day(wrong), None, "{wrong}");
        }
    }
}
