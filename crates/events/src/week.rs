//! The hours of a week in which a rule holds, with those of holidays.

use std::fmt;
use std::str::FromStr;

use super::{Hours, LocalTime, Weekdays};

/// Hours of each day of the week, and of holidays where these have their own. Hours that pass midnight belong to the day on which they begin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct WeekHours {
    /// From Monday on; `None`: always.
    days: Option<[Vec<Hours>; 7]>,
    /// `None`: a holiday is like any other day of its week.
    holidays: Option<Vec<Hours>>,
}

/// A text that is no hours of a week.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no hours such as mon-fri 22:00-06:00 12:00-13:00 / sat+sun all / holiday none")]
pub struct WeekHoursError(pub String);

const HOLIDAY: &str = "holiday";
/// The most spans of one day.
const MOST: usize = 8;

impl WeekHours {
    /// Whether nothing is left out.
    #[must_use]
    pub fn is_always(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the moment is within these hours. `is_holiday`: of a day, counted from 1970-01-01.
    #[must_use]
    pub fn contain(&self, at: LocalTime, is_holiday: impl Fn(i64) -> bool) -> bool {
        let today = self.of_day(at.weekday, at.day, &is_holiday);
        let yesterday = self.of_day((at.weekday + 6) % 7, at.day - 1, &is_holiday);
        let whole = [Hours::WHOLE_DAY];
        let today = today.unwrap_or(&whole);
        let passes = |hours: &&Hours| hours.passes_midnight();
        today.iter().any(|hours| hours.begun_at(at.minute))
            || yesterday
                .unwrap_or(&[])
                .iter()
                .filter(passes)
                .any(|hours| at.minute < hours.to())
    }

    /// The hours of a day of the week, from Monday, 0, as they are typed; `None`: always.
    #[must_use]
    pub fn day_text(&self, day: u8) -> Option<String> {
        let days = self.days.as_ref()?;
        days.get(usize::from(day)).map(|spans| typed(spans))
    }

    /// Sets the hours of a day of the week, such as `22:00-06:00 12:00-13:00`; an empty text is none.
    ///
    /// # Errors
    /// The text is no hours; nothing is changed.
    pub fn set_day(&mut self, day: u8, text: &str) -> Result<(), WeekHoursError> {
        let spans = of_typed(text)?;
        let days = self
            .days
            .get_or_insert_with(|| std::array::from_fn(|_| vec![Hours::WHOLE_DAY]));
        if let Some(of_day) = days.get_mut(usize::from(day)) {
            *of_day = spans;
        }
        Ok(())
    }

    /// Takes the hours of all days of the week away, or gives each the whole day, to be changed.
    pub fn set_always(&mut self, always: bool) {
        self.days = (!always).then(|| std::array::from_fn(|_| vec![Hours::WHOLE_DAY]));
    }

    /// Whether all days of the week are whole.
    #[must_use]
    pub fn has_days(&self) -> bool {
        self.days.is_some()
    }

    /// The hours of holidays as they are typed; `None`: they have none of their own.
    #[must_use]
    pub fn holiday_text(&self) -> Option<String> {
        self.holidays.as_ref().map(|spans| typed(spans))
    }

    /// Sets the hours of holidays; `None`: they are like any other day.
    ///
    /// # Errors
    /// The text is no hours; nothing is changed.
    pub fn set_holiday(&mut self, text: Option<&str>) -> Result<(), WeekHoursError> {
        self.holidays = text.map(of_typed).transpose()?;
        Ok(())
    }

    /// `None`: the whole day.
    fn of_day(&self, weekday: u8, day: i64, is_holiday: &impl Fn(i64) -> bool) -> Option<&[Hours]> {
        if let Some(hours) = self.holidays.as_ref().filter(|_| is_holiday(day)) {
            return Some(hours);
        }
        let days = self.days.as_ref()?;
        days.get(usize::from(weekday)).map(Vec::as_slice)
    }
}

impl FromStr for WeekHours {
    type Err = WeekHoursError;

    fn from_str(text: &str) -> Result<Self, WeekHoursError> {
        let wrong = |part: &str| WeekHoursError(part.trim().to_owned());
        let mut read = Self::default();
        for group in text.split('/').map(str::trim).filter(|group| !group.is_empty()) {
            let (days, spans) = group.split_once(char::is_whitespace).ok_or_else(|| wrong(group))?;
            let spans = hours(spans).ok_or_else(|| wrong(group))?;
            if days.eq_ignore_ascii_case(HOLIDAY) {
                read.holidays.get_or_insert_default().extend(spans);
                continue;
            }
            let days = weekdays(days).ok_or_else(|| wrong(group))?;
            let week = read.days.get_or_insert_default();
            for (day, of_day) in (0..).zip(week.iter_mut()) {
                if days.has(day) {
                    of_day.extend(&spans);
                }
                if of_day.len() > MOST {
                    return Err(wrong(group));
                }
            }
        }
        Ok(read)
    }
}

/// Hours as a person types them.
fn typed(spans: &[Hours]) -> String {
    let span = |hours: &Hours| match *hours == Hours::WHOLE_DAY {
        true => "00:00-24:00".to_owned(),
        false => hours.to_string(),
    };
    spans.iter().map(span).collect::<Vec<_>>().join(" ")
}

fn of_typed(text: &str) -> Result<Vec<Hours>, WeekHoursError> {
    let spans: Option<Vec<Hours>> = text.split_whitespace().map(|span| span.parse().ok()).collect();
    let spans = spans.filter(|spans| spans.len() <= MOST);
    spans.ok_or_else(|| WeekHoursError(text.trim().to_owned()))
}

/// `all`, `none`, or spans of the day.
fn hours(text: &str) -> Option<Vec<Hours>> {
    match text.trim() {
        "all" => Some(vec![Hours::WHOLE_DAY]),
        "none" => Some(Vec::new()),
        spans => spans.split_whitespace().map(|span| span.parse().ok()).collect(),
    }
}

/// `daily`, or days and spans of days such as `mon-fri+sun`.
fn weekdays(text: &str) -> Option<Weekdays> {
    if text.eq_ignore_ascii_case("daily") {
        return Some(Weekdays::default());
    }
    let number = |word: &str| {
        let at = Weekdays::WORDS
            .iter()
            .position(|known| known.eq_ignore_ascii_case(word))?;
        u8::try_from(at).ok()
    };
    let mut days = Weekdays::from_words(std::iter::empty()).ok()?;
    for part in text.split('+') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (mut day, last) = (number(first)?, number(last)?);
        loop {
            days.set(day, true);
            if day == last {
                break;
            }
            day = (day + 1) % 7;
        }
    }
    Some(days)
}

impl fmt::Display for WeekHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut groups = Vec::new();
        if let Some(days) = &self.days {
            let mut said = [false; 7];
            for (at, spans) in days.iter().enumerate() {
                let alike = |other: &usize| days[*other] == *spans;
                let of_group: Vec<usize> = (at..7).filter(alike).collect();
                // What is not said has no hours.
                if said[at] || spans.is_empty() && of_group.len() < 7 {
                    continue;
                }
                for day in &of_group {
                    said[*day] = true;
                }
                groups.push(format!("{} {}", day_words(&of_group), span_words(spans)));
            }
        }
        if let Some(spans) = &self.holidays {
            groups.push(format!("{HOLIDAY} {}", span_words(spans)));
        }
        f.write_str(&groups.join(" / "))
    }
}

/// Days in a row as their first and last.
fn day_words(days: &[usize]) -> String {
    let in_a_row = days.windows(2).all(|pair| pair[1] == pair[0] + 1);
    match days {
        _ if days.len() == 7 => "daily".to_owned(),
        [first, .., last] if in_a_row && days.len() > 2 => {
            format!("{}-{}", Weekdays::WORDS[*first], Weekdays::WORDS[*last])
        }
        _ => {
            let words: Vec<&str> = days.iter().map(|day| Weekdays::WORDS[*day]).collect();
            words.join("+")
        }
    }
}

fn span_words(spans: &[Hours]) -> String {
    match spans {
        [] => "none".to_owned(),
        [one] if *one == Hours::WHOLE_DAY => "all".to_owned(),
        _ => spans.iter().map(Hours::to_string).collect::<Vec<_>>().join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: i64, hour: u16, minute: u16) -> LocalTime {
        LocalTime {
            weekday: u8::try_from((day + 3).rem_euclid(7)).unwrap_or(0),
            minute: hour * 60 + minute,
            day,
        }
    }

    #[test]
    fn hours_of_a_week_are_read_as_they_are_written() {
        for text in [
            "",
            "mon-fri 22:00-06:00 12:00-13:00 / sat+sun all / holiday none",
            "daily 18:00-08:00",
            "holiday all",
            "mon+wed 08:00-09:00 / tue none / thu-sun all",
        ] {
            let read: Result<WeekHours, _> = text.parse();
            let again = read.clone().map(|hours| hours.to_string().parse::<WeekHours>());
            assert_eq!(again, Ok(read.clone()), "{text}");
        }
        let said = "sat-sun 0:00-24:00/fri-mon 7:00-8:00".parse::<WeekHours>();
        let said = said.map(|hours| hours.to_string());
        assert_eq!(
            said.as_deref(),
            Ok("mon+fri 07:00-08:00 / sat+sun 00:00-00:00 07:00-08:00")
        );
        for text in [
            "mon",
            "mon 25:00-26:00",
            "xyz all",
            "mon- all",
            "mon 8-9",
            "mon-fri / sat all",
        ] {
            assert!(text.parse::<WeekHours>().is_err(), "{text}");
        }
    }

    #[test]
    fn each_day_is_typed_for_itself_and_a_mistake_changes_nothing() {
        let mut hours = WeekHours::default();
        assert_eq!((hours.day_text(0), hours.holiday_text()), (None, None));
        hours.set_always(false);
        assert_eq!(hours.day_text(6).as_deref(), Some("00:00-24:00"));
        assert_eq!(hours.set_day(0, "22:00-6:00 12:00-13:00"), Ok(()));
        assert_eq!(hours.set_day(1, ""), Ok(()));
        assert!(hours.set_day(0, "8-9").is_err());
        assert_eq!(hours.day_text(0).as_deref(), Some("22:00-06:00 12:00-13:00"));
        assert_eq!(hours.set_holiday(Some("10:00-11:00")), Ok(()));
        assert_eq!(
            hours.to_string(),
            "mon 22:00-06:00 12:00-13:00 / wed-sun all / holiday 10:00-11:00"
        );
        assert_eq!(hours.to_string().parse::<WeekHours>(), Ok(hours.clone()));
        hours.set_always(true);
        assert_eq!(hours.to_string(), "holiday 10:00-11:00");
    }

    #[test]
    fn what_passes_midnight_belongs_to_the_day_on_which_it_begins() {
        // 1970-01-05 was a Monday.
        let hours: WeekHours = "fri 22:00-06:00 / holiday 08:00-10:00".parse().unwrap_or_default();
        let none = |_| false;
        for (moment, within) in [
            (at(8, 22, 0), true),
            (at(8, 21, 59), false),
            (at(9, 5, 59), true),
            (at(9, 6, 0), false),
            (at(9, 23, 0), false),
            (at(8, 5, 0), false),
        ] {
            assert_eq!(hours.contain(moment, none), within, "{moment:?}");
        }
        // The Saturday is a holiday: the night before still belongs to Friday.
        let saturday = |day| day == 9;
        assert!(hours.contain(at(9, 5, 0), saturday) && hours.contain(at(9, 9, 0), saturday));
        // The Friday is one: its night is not.
        let friday = |day| day == 8;
        assert!(!hours.contain(at(8, 23, 0), friday) && !hours.contain(at(9, 5, 0), friday));
        assert!(WeekHours::default().contain(at(8, 23, 0), friday));
    }
}
