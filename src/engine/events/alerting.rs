//! From what is new to the calls about it.

use std::sync::Arc;
use std::time::Instant;

use super::known::Known;
use super::{EventKeeper, EventsEffect, clock, reading};
use crate::bridge::{EngineState, Notification, NotificationAbout};
use events::{Alert, EventId, EventRecord, EventsById as _, Moment, News, ToldCall};

/// What began so many milliseconds ago may have come and gone since the last look.
const YOUNG: u64 = 5_000;

impl EventKeeper {
    /// Calls of an earlier run whose end is still to be told.
    pub(in crate::engine) fn told_earlier(&mut self, told: Vec<ToldCall>) {
        self.told_earlier = told;
        if self.opened {
            self.resume_calls();
        }
    }

    /// Goes on with the calls of an earlier run, now that what happened then is known.
    pub(super) fn resume_calls(&mut self) {
        let told = std::mem::take(&mut self.told_earlier);
        let known = Known {
            book: self.tracker.book(),
            reported: &self.reported,
        };
        self.alerter.resume(told, &self.tracker.awaited(), &known);
    }

    /// A row of the log is new or changed: whether a rule is about it, and so somebody may be called.
    pub(super) fn report(&mut self, event: &EventRecord, now: Moment) -> Vec<News> {
        let is_known = self.reported.get(event.id).is_some();
        // The alerter lets what is of planned work rest, and calls about what lasts when that is over; what follows from an outage is told with that.
        let is_detail = event
            .parent
            .is_some_and(|parent| event.devices.is_empty() || self.planned_of(event.subject) != Some(parent));
        // The end of what was let go is no begin. What came and went since the last look is one.
        let is_young = now.wall.0.saturating_sub(event.since.0) <= YOUNG;
        let begins = event.lasts() || event.is_moment() || is_young;
        if is_known || begins && !is_detail && self.alerter.settings().may_call(event) {
            self.reported.take(event.clone(), now)
        } else {
            Vec::new()
        }
    }

    /// Calls about what is new of what is reported; whether what is shown changed.
    pub(super) fn alert(&mut self, news: &[News], now: Moment) -> bool {
        let known = Known {
            book: self.tracker.book(),
            reported: &self.reported,
        };
        if !news.is_empty() {
            self.alerter.take(news, &known, now);
            self.follow_alarms(news);
        }
        let known = Known {
            book: self.tracker.book(),
            reported: &self.reported,
        };
        self.alerter.tick(&known, now);
        if !news.is_empty() {
            self.list_anew();
        }
        !news.is_empty()
    }

    /// Somebody has seen something.
    pub(super) fn seen(&mut self, now: Instant) {
        self.alert(&[], clock::moment(now));
        self.border();
        self.list_anew();
    }

    /// Close the cameras that alarms about these events opened.
    pub(in crate::engine) fn dismiss_alarms(&mut self, ids: &[EventId]) {
        if self.alarms.dismiss(ids) {
            self.effects.push_back(EventsEffect::Changed);
        }
    }

    /// Has what is open because of an event go on about what became of it.
    pub(super) fn follow_alarms(&mut self, news: &[News]) {
        if self.alarms.is_empty() {
            return;
        }
        for news in news {
            let (from, id) = match *news {
                News::Absorbed(id, into) => (id, into),
                News::Widened(id) | News::Changed(id) => (id, id),
                _ => continue,
            };
            for now in self.all_of(&[id]).into_iter().map(reading::shown) {
                self.alarms.follow(from, &now);
            }
        }
    }

    /// Whether other tiles have a border now.
    pub(super) fn border(&mut self) -> bool {
        let known = Known {
            book: self.tracker.book(),
            reported: &self.reported,
        };
        let events = self.alerter.bordered().iter().filter_map(|id| known.event(*id));
        self.alarms.set_bordered(events, &self.registry)
    }

    /// Makes the calls that are due.
    pub(super) fn call(&mut self, state: &EngineState) {
        while let Some(alert) = self.alerter.poll() {
            match alert {
                Alert::Sound => self.sender.play(),
                Alert::Attention => {
                    self.attention += 1;
                    self.effects.push_back(EventsEffect::Changed);
                }
                Alert::Notify { call, about, over } => {
                    let events = self.all_of(&about);
                    self.sender.notify(Notification {
                        call,
                        about: if over {
                            NotificationAbout::Over(events)
                        } else {
                            NotificationAbout::Begun(events)
                        },
                        state: Arc::new(state.clone()),
                    });
                }
                Alert::Write { by, call, about, over } => {
                    let about = self.all_of(&about).into_iter().map(reading::shown).collect();
                    let write = EventsEffect::Write { by, call, over, about };
                    self.effects.push_back(write);
                }
                Alert::Forget { by, call } => self.effects.push_back(EventsEffect::Forget { by, call }),
                Alert::Open { event, view } => {
                    for about in self.all_of(&[event]).into_iter().map(reading::shown) {
                        self.alarms.open(about, view.clone(), &self.registry);
                    }
                    self.effects.push_back(EventsEffect::Changed);
                }
                Alert::Close { event } => {
                    match self.all_of(&[event]).pop().map(reading::shown) {
                        Some(about) => self.alarms.over(&about),
                        // Nothing is known of it any more that could be said.
                        None => drop(self.alarms.dismiss(&[event])),
                    }
                    self.effects.push_back(EventsEffect::Changed);
                }
            }
        }
    }

    /// The events of these numbers, as far as they are known.
    fn all_of(&self, ids: &[EventId]) -> Vec<EventRecord> {
        let known = Known {
            book: self.tracker.book(),
            reported: &self.reported,
        };
        ids.iter().filter_map(|id| known.event(*id)).cloned().collect()
    }

    pub(super) fn list_anew(&mut self) {
        let all = self.tracker.book().iter().chain(self.reported.iter()).cloned();
        let mut list: Vec<_> = all.map(reading::shown).collect();
        list.sort_by_key(|shown| shown.event.id);
        self.list = Arc::new(list);
        self.effects.push_back(EventsEffect::Changed);
    }
}
