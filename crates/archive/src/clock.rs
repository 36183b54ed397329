use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use device::TimeBasis;

/// The clock of a recorder, as far as it is known.
#[derive(Clone, Debug, PartialEq)]
pub struct RecorderClock {
    /// How far it is ahead of the clock of this computer; negative where it is behind. `None`: nobody has asked.
    pub ahead: Option<SignedDuration>,
    /// Where its local time is. The zone of this computer, unless somebody knows better.
    pub zone: TimeZone,
}

/// A difference that is not worth a word: a question takes as long.
pub const ANY_OFFSET: SignedDuration = SignedDuration::from_secs(2);

/// How a recorder whose preset says [`TimeBasis::Device`] reads a time without a zone or with a `Z` that may mean nothing. It is learnt
/// from what it plays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TimeReading {
    /// As its local time, which most do.
    #[default]
    Local,
    Utc,
}

/// What a playback shows of the time that was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It plays what was asked, or from the key frame before.
    AsAsked,
    /// It reads times the other way: what it plays is off by what its zone is ahead of UTC.
    OtherReading,
    /// It plays another time: so much later than asked, earlier where it is negative.
    OffBy(SignedDuration),
}

/// So much before the time that was asked a playback may begin: with the key frame before. Smart codecs have one in 10 s and more.
const EARLY: SignedDuration = SignedDuration::from_secs(30);

/// So much after it may begin: recorders know their files to the second.
const LATE: SignedDuration = SignedDuration::from_secs(5);

impl RecorderClock {
    /// This moment by the recorder's clock.
    #[must_use]
    pub fn theirs(&self, ours: Timestamp) -> Timestamp {
        ours.checked_add(self.ahead.unwrap_or_default()).unwrap_or(ours)
    }

    /// A moment that the recorder names, by our clock.
    #[must_use]
    pub fn ours(&self, theirs: Timestamp) -> Timestamp {
        theirs.checked_sub(self.ahead.unwrap_or_default()).unwrap_or(theirs)
    }

    /// How far it is ahead, where that is worth a word.
    #[must_use]
    pub fn offset(&self) -> Option<SignedDuration> {
        self.ahead.filter(|ahead| ahead.abs() > ANY_OFFSET)
    }
}

/// A moment of ours as this recorder wants it written. `format` as in `strftime`, such as `%Y%m%dT%H%M%SZ`.
#[must_use]
pub fn spell(at: Timestamp, basis: TimeBasis, reading: TimeReading, clock: &RecorderClock, format: &str) -> String {
    let theirs = clock.theirs(at);
    let zone = match (basis, reading) {
        (TimeBasis::Utc, _) | (TimeBasis::Device, TimeReading::Utc) => TimeZone::UTC,
        (TimeBasis::Local, _) | (TimeBasis::Device, TimeReading::Local) => clock.zone.clone(),
    };
    theirs.to_zoned(zone).strftime(format).to_string()
}

/// A moment as RTSP writes it in UTC (RFC 2326 §3.7), such as `20261128T130000.250Z`.
#[must_use]
pub fn clock_text(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y%m%dT%H%M%S.%3fZ").to_string()
}

/// The beginning of a range as RTSP writes it (RFC 2326 §3.7), such as `clock=20261128T130000.25Z-`; `None` where it says another thing.
#[must_use]
pub fn read_clock_range(range: &str) -> Option<Timestamp> {
    let range = range.trim();
    let text = range.strip_prefix("clock=")?.split(['-', ';']).next()?.trim();
    let text = text.strip_suffix(['Z', 'z']).unwrap_or(text);
    let time = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%S%.f", text).ok()?;
    Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// A time as a person types it: `9:12`, `9:12:30`, or with a date before it, as `2026-11-28 9:12`, `2026/11/28 9:12` or `11-28 9:12`. Without one it
/// is of the day that `day` is in. A time that the clock skips counts as the one after; of one that comes twice the first is meant.
#[must_use]
pub fn read_typed_time(text: &str, day: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let text: String = text.trim().chars().map(half_width).collect();
    let (date, time) = match text.rsplit_once([' ', 'T']) {
        Some((date, time)) => (Some(date.trim()), time),
        None => (None, text.as_str()),
    };
    let numbers = |text: &str, marks: &[char]| -> Option<Vec<i16>> {
        text.split(marks)
            .map(|part| part.trim().parse().ok().filter(|number| *number >= 0))
            .collect()
    };
    let today = day.to_zoned(zone.clone()).date();
    let small = |number: i16| i8::try_from(number).ok();
    let date = match date.map(|date| numbers(date, &['-', '/', '.'])) {
        None => today,
        Some(date) => match *date? {
            [year, month, day] => jiff::civil::Date::new(year, small(month)?, small(day)?).ok()?,
            [month, day] => jiff::civil::Date::new(today.year(), small(month)?, small(day)?).ok()?,
            _ => return None,
        },
    };
    let time = match *numbers(time, &[':'])? {
        [hour, minute] => jiff::civil::Time::new(small(hour)?, small(minute)?, 0, 0).ok()?,
        [hour, minute, second] => jiff::civil::Time::new(small(hour)?, small(minute)?, small(second)?, 0).ok()?,
        _ => return None,
    };
    Some(date.to_datetime(time).to_zoned(zone.clone()).ok()?.timestamp())
}

/// Digits and marks of a Japanese keyboard as those of any other.
fn half_width(character: char) -> char {
    match character {
        '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(character) - 0xfee0).unwrap_or(character),
        other => other,
    }
}

/// Whether what came is what was asked, both in UTC by our clock. `ahead_of_utc`: of the recorder's zone at that time.
#[must_use]
pub fn judge(asked: Timestamp, came: Timestamp, ahead_of_utc: SignedDuration) -> Judgement {
    let is_near = |off: SignedDuration| -EARLY <= off && off <= LATE;
    let off = came.duration_since(asked);
    if is_near(off) {
        Judgement::AsAsked
    } else if ahead_of_utc != SignedDuration::ZERO && (is_near(off - ahead_of_utc) || is_near(off + ahead_of_utc)) {
        Judgement::OtherReading
    } else {
        Judgement::OffBy(off)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokyo() -> RecorderClock {
        RecorderClock {
            ahead: Some(SignedDuration::from_secs(37)),
            zone: TimeZone::posix("JST-9").unwrap(),
        }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_time_is_written_as_the_recorder_reads_it() {
        let (asked, clock) = (at("2026-11-28T00:00:00Z"), tokyo());
        let spelt = |basis, reading, format| spell(asked, basis, reading, &clock, format);
        let hikvision = "%Y%m%dT%H%M%SZ";
        assert_eq!(spelt(TimeBasis::Utc, TimeReading::Local, hikvision), "20261128T000037Z");
        assert_eq!(spelt(TimeBasis::Local, TimeReading::Utc, hikvision), "20261128T090037Z");
        assert_eq!(
            spelt(TimeBasis::Device, TimeReading::Local, hikvision),
            "20261128T090037Z"
        );
        assert_eq!(
            spelt(TimeBasis::Device, TimeReading::Utc, hikvision),
            "20261128T000037Z"
        );
        assert_eq!(
            spelt(TimeBasis::Local, TimeReading::Utc, "%Y_%m_%d_%H_%M_%S"),
            "2026_11_28_09_00_37"
        );
        assert_eq!(spelt(TimeBasis::Utc, TimeReading::Utc, "%s"), "1795824037");
    }

    #[test]
    fn a_range_is_written_and_read() {
        let moment = at("2026-11-28T13:00:00.25Z");
        assert_eq!(clock_text(moment), "20261128T130000.250Z");
        assert_eq!(read_clock_range("clock=20261128T130000.25Z-"), Some(moment));
        assert_eq!(
            read_clock_range(" clock=20261128T130000Z-20261128T140000Z;time=x"),
            Some(at("2026-11-28T13:00:00Z"))
        );
        assert_eq!(
            read_clock_range("clock=19000101T000000Z-"),
            Some(at("1900-01-01T00:00:00Z"))
        );
        for none in ["npt=0-", "clock=", "clock=now-", "clock=20261328T130000Z-"] {
            assert_eq!(read_clock_range(none), None, "{none}");
        }
    }

    #[test]
    fn a_typed_time_is_read_as_people_write_it() {
        let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        let read = |text: &str| read_typed_time(text, at("2026-11-28T12:00:00Z"), &zone).map(|at| at.to_string());
        let said = |text: &str| Some(text.to_owned());
        assert_eq!(read("9:12"), said("2026-11-28T08:12:00Z"));
        assert_eq!(read(" 09:12:30 "), said("2026-11-28T08:12:30Z"));
        assert_eq!(read("2026-06-01 9:12"), said("2026-06-01T07:12:00Z"));
        assert_eq!(read("2026/6/1 9:12"), said("2026-06-01T07:12:00Z"));
        assert_eq!(read("6-1 9:12"), said("2026-06-01T07:12:00Z"));
        assert_eq!(read("９：１２"), said("2026-11-28T08:12:00Z"));
        // It comes twice; it never comes.
        assert_eq!(read("2026-10-25 2:30"), said("2026-10-25T00:30:00Z"));
        assert_eq!(read("2026-03-29 2:30"), said("2026-03-29T01:30:00Z"));
        for none in [
            "",
            "9",
            "25:00",
            "9:61",
            "2026-13-01 9:00",
            "tomorrow",
            "-1:00",
            "9:1:2:3",
        ] {
            assert_eq!(read(none), None, "{none}");
        }
    }

    #[test]
    fn local_time_knows_the_summer() {
        let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        let clock = RecorderClock { ahead: None, zone };
        let spelt = |text| spell(at(text), TimeBasis::Local, TimeReading::Local, &clock, "%H:%M");
        assert_eq!(spelt("2026-10-24T12:00:00Z"), "14:00");
        assert_eq!(spelt("2026-10-26T12:00:00Z"), "13:00");
    }

    #[test]
    fn an_offset_of_a_second_is_not_worth_a_word() {
        let clock = |seconds| RecorderClock {
            ahead: Some(SignedDuration::from_secs(seconds)),
            zone: TimeZone::UTC,
        };
        assert_eq!(clock(2).offset(), None);
        assert_eq!(clock(-3).offset(), Some(SignedDuration::from_secs(-3)));
        let now = at("2026-11-28T00:00:00Z");
        assert_eq!(clock(40).ours(clock(40).theirs(now)), now);
    }

    #[test]
    fn what_plays_is_held_against_what_was_asked() {
        let asked = at("2026-11-28T09:00:00Z");
        let nine = SignedDuration::from_hours(9);
        let came = |seconds: i64| judge(asked, asked + SignedDuration::from_secs(seconds), nine);
        assert_eq!(came(0), Judgement::AsAsked);
        assert_eq!(came(-12), Judgement::AsAsked, "from the key frame before");
        assert_eq!(came(9 * 3_600 - 2), Judgement::OtherReading);
        assert_eq!(came(-9 * 3_600), Judgement::OtherReading);
        assert_eq!(came(3_600), Judgement::OffBy(SignedDuration::from_hours(1)));
        assert_eq!(
            judge(asked, at("1900-01-01T00:00:00Z"), SignedDuration::ZERO),
            Judgement::OffBy(at("1900-01-01T00:00:00Z").duration_since(asked))
        );
    }
}
