use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};

use super::stretch::Stretch;

/// The shortest stretch that a bar shows.
pub const SHORTEST_VIEW: SignedDuration = SignedDuration::from_mins(2);

/// The longest one: the longest day.
pub const LONGEST_VIEW: SignedDuration = SignedDuration::from_hours(25);

/// The day that `at` is in: 23 hours when summer time begins, 25 when it ends. A day without midnight begins when its clock does.
#[must_use]
pub fn day_of(at: Timestamp, zone: &TimeZone) -> Stretch {
    let local = at.to_zoned(zone.clone());
    let begins = local.start_of_day().ok();
    let ends = begins.as_ref().and_then(|begins| {
        let tomorrow = begins.date().checked_add(1.day()).ok()?;
        tomorrow.to_zoned(zone.clone()).ok()?.start_of_day().ok()
    });
    let day = begins
        .zip(ends)
        .and_then(|(begins, ends)| Stretch::new(begins.timestamp(), ends.timestamp()));
    // Only at the ends of all time is there no day.
    day.unwrap_or_else(|| Stretch::of_length(at, SignedDuration::from_hours(24)))
}

/// A mark under the bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tick {
    pub at: Timestamp,
    /// Such as `09:30`, by the clock on the wall.
    pub label: String,
    /// This time of day comes for the second time: summer time has ended.
    pub again: bool,
}

/// What a bar shows of the timeline of a channel.
#[derive(Clone, Debug, PartialEq)]
pub struct DayBar {
    visible: Stretch,
    zone: TimeZone,
}

impl DayBar {
    /// The whole day that `at` is in.
    #[must_use]
    pub fn of_day(at: Timestamp, zone: TimeZone) -> Self {
        Self {
            visible: day_of(at, &zone),
            zone,
        }
    }

    #[must_use]
    pub fn visible(&self) -> Stretch {
        self.visible
    }

    #[must_use]
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The moment at this part of the bar: 0 its left end, 1 its right one.
    #[must_use]
    pub fn at(&self, part: f64) -> Timestamp {
        let part = if part.is_finite() { part.clamp(0.0, 1.0) } else { 0.0 };
        self.visible.from() + self.visible.length().mul_part(part)
    }

    /// At which part of the bar a moment is; below 0 and above 1 where it is not on it.
    #[must_use]
    pub fn part_of(&self, at: Timestamp) -> f64 {
        at.duration_since(self.visible.from()).as_secs_f64() / self.visible.length().as_secs_f64()
    }

    /// Shows a stretch `factor` times as long, in which `fixed` stays where it is.
    pub fn zoom(&mut self, fixed: Timestamp, factor: f64) {
        if !factor.is_finite() || factor <= 0.0 {
            return;
        }
        let part = self.part_of(fixed).clamp(0.0, 1.0);
        let wanted = (self.visible.length().as_secs_f64() * factor).min(LONGEST_VIEW.as_secs_f64());
        let length = SignedDuration::try_from_secs_f64(wanted).unwrap_or(LONGEST_VIEW);
        let length = length.clamp(SHORTEST_VIEW, LONGEST_VIEW);
        let fixed = self.at(part);
        self.visible = Stretch::of_length(fixed.checked_sub(length.mul_part(part)).unwrap_or(fixed), length);
    }

    /// Shows what lies so much later.
    pub fn pan(&mut self, by: SignedDuration) {
        if let Ok(from) = self.visible.from().checked_add(by) {
            self.visible = Stretch::of_length(from, self.visible.length());
        }
    }

    /// Brings a moment onto the bar, by pages, where it is not on it.
    pub fn follow(&mut self, at: Timestamp) {
        if self.visible.contains(at) {
            return;
        }
        let day = day_of(at, &self.zone);
        let is_whole = self.visible.length() >= SignedDuration::from_hours(23);
        let length = self.visible.length();
        self.visible = match is_whole {
            true => day,
            // A tenth is left before it.
            false => Stretch::of_length(at.checked_sub(length.mul_part(0.1)).unwrap_or(at), length),
        };
    }

    /// Marks at whole hours or minutes, at most so many.
    #[must_use]
    pub fn ticks(&self, most: usize) -> Vec<Tick> {
        const STEPS: [i64; 9] = [60, 120, 300, 600, 1_800, 3_600, 2 * 3_600, 3 * 3_600, 6 * 3_600];
        let most = i64::try_from(most).unwrap_or(i64::MAX).max(1);
        let seconds = self.visible.length().as_secs();
        let step = STEPS
            .into_iter()
            .find(|step| seconds / step < most)
            .unwrap_or(12 * 3_600);
        // Hours of a day with a change of the clock are counted one by one, so that none is skipped and none is named wrongly.
        let unit = step.min(3_600);
        let offset = |at: i64| {
            let at = Timestamp::from_second(at).unwrap_or_default();
            i64::from(self.zone.to_offset(at).seconds())
        };
        let mut ticks = Vec::new();
        let mut at = self.visible.from().as_second() - 1;
        loop {
            let local = at + offset(at);
            at = local.div_euclid(unit) * unit + unit - offset(at);
            let Ok(moment) = Timestamp::from_second(at) else { break };
            if moment >= self.visible.to() {
                break;
            }
            let local = at + offset(at);
            if moment < self.visible.from() || step > 3_600 && local.rem_euclid(86_400) % step != 0 {
                continue;
            }
            let label = moment.to_zoned(self.zone.clone()).strftime("%H:%M").to_string();
            let again = offset(at - 3_600) > offset(at) && at - 3_600 + offset(at - 3_600) == local;
            ticks.push(Tick {
                at: moment,
                label,
                again,
            });
        }
        ticks
    }
}

/// A part of a length of time.
trait Part {
    fn mul_part(self, part: f64) -> Self;
}

impl Part for SignedDuration {
    fn mul_part(self, part: f64) -> Self {
        Self::try_from_secs_f64(self.as_secs_f64() * part).unwrap_or(self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn berlin() -> TimeZone {
        TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn days_have_23_24_and_25_hours() {
        let hours = |text| day_of(at(text), &berlin()).length().as_hours();
        assert_eq!(hours("2026-03-29T12:00:00Z"), 23);
        assert_eq!(hours("2026-06-01T12:00:00Z"), 24);
        assert_eq!(hours("2026-10-25T12:00:00Z"), 25);
        let day = day_of(at("2026-10-25T12:00:00Z"), &berlin());
        assert_eq!(
            (day.from(), day.to()),
            (at("2026-10-24T22:00:00Z"), at("2026-10-25T23:00:00Z"))
        );
        // The last second of a day is in it, the next one is not.
        assert_eq!(day_of(at("2026-10-25T22:59:59Z"), &berlin()), day);
        assert_ne!(day_of(at("2026-10-25T23:00:00Z"), &berlin()), day);
    }

    #[test]
    fn an_hour_that_comes_twice_is_marked_and_one_that_is_missing_is_not_named() {
        let labels = |text| {
            let bar = DayBar::of_day(at(text), berlin());
            bar.ticks(26)
                .into_iter()
                .map(|tick| (tick.label, tick.again))
                .collect::<Vec<_>>()
        };
        let autumn = labels("2026-10-25T12:00:00Z");
        assert_eq!(autumn.len(), 25);
        let twos: Vec<_> = autumn.iter().filter(|(label, _)| label == "02:00").collect();
        assert_eq!(twos, [&("02:00".to_owned(), false), &("02:00".to_owned(), true)]);
        let spring = labels("2026-03-29T12:00:00Z");
        assert_eq!(spring.len(), 23);
        assert!(spring.iter().all(|(label, again)| label != "02:00" && !again));
        assert_eq!(labels("2026-06-01T12:00:00Z").len(), 24);
    }

    #[test]
    fn few_marks_stand_at_round_times_also_on_a_day_with_a_change() {
        let bar = DayBar::of_day(at("2026-10-25T12:00:00Z"), berlin());
        let labels: Vec<String> = bar.ticks(6).into_iter().map(|tick| tick.label).collect();
        assert_eq!(labels, ["00:00", "06:00", "12:00", "18:00"]);
    }

    #[test]
    fn the_wheel_zooms_from_a_day_to_two_minutes_around_the_pointer() {
        let mut bar = DayBar::of_day(at("2026-06-01T12:00:00Z"), berlin());
        let fixed = bar.at(0.25);
        for _ in 0..100 {
            bar.zoom(fixed, 0.8);
        }
        assert_eq!(bar.visible().length(), SHORTEST_VIEW);
        assert!((bar.part_of(fixed) - 0.25).abs() < 0.01, "{}", bar.part_of(fixed));
        for _ in 0..100 {
            bar.zoom(fixed, 1.25);
        }
        assert_eq!(bar.visible().length(), LONGEST_VIEW);
        bar.zoom(fixed, f64::NAN);
        bar.zoom(fixed, 0.0);
        assert_eq!(bar.visible().length(), LONGEST_VIEW);
    }

    #[test]
    fn what_plays_out_of_the_bar_is_followed() {
        let mut bar = DayBar::of_day(at("2026-06-01T12:00:00Z"), berlin());
        let before = bar.clone();
        bar.follow(at("2026-06-01T13:00:00Z"));
        assert_eq!(bar, before);
        bar.follow(at("2026-06-02T12:00:00Z"));
        assert_eq!(bar.visible(), day_of(at("2026-06-02T12:00:00Z"), &berlin()));
        bar.zoom(at("2026-06-02T12:00:00Z"), 0.01);
        bar.follow(at("2026-06-02T20:00:00Z"));
        assert!((bar.part_of(at("2026-06-02T20:00:00Z")) - 0.1).abs() < 0.001);
    }

    proptest! {
        #[test]
        fn nothing_a_hand_does_ends_badly(steps in prop::collection::vec((any::<f64>(), any::<f64>(), any::<i64>()), 0..20)) {
            let mut bar = DayBar::of_day(at("2026-03-29T12:00:00Z"), berlin());
            for (part, factor, seconds) in steps {
                let fixed = bar.at(part);
                bar.zoom(fixed, factor);
                bar.pan(SignedDuration::from_secs(seconds % 1_000_000_000));
                bar.follow(fixed);
                prop_assert!(bar.ticks(12).len() <= 13);
                prop_assert!(bar.visible().length() <= LONGEST_VIEW);
            }
        }
    }
}
