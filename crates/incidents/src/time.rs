use device::days_of;

/// The time of a text such as `2026-11-29T12:40:00Z`, `2026-11-29 12:40:00.123456789+09:00` or one without a zone, which counts as UTC, in
/// seconds since 1970. `None` where it says no time that can be, or 1970 itself, by which devices mean never.
#[must_use]
pub fn unix_time(text: &str) -> Option<i64> {
    let text = text.trim();
    if !text.is_ascii() || text.len() > 64 {
        return None;
    }
    let date = text.get(..10)?;
    let mut parts = date.split('-');
    let year = number(parts.next()?)?;
    let month = number(parts.next()?)?;
    let day = number(parts.next()?)?;
    if !text.get(10..11)?.starts_with(['T', ' ']) {
        return None;
    }
    let rest = text.get(11..)?;
    let mut clock = rest.get(..8)?.split(':');
    let hour = number(clock.next()?)?;
    let minute = number(clock.next()?)?;
    let second = number(clock.next()?)?;
    let can_be = (1971..=2200).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && (0..=23).contains(&hour)
        && (0..=59).contains(&minute)
        && (0..=60).contains(&second);
    if !can_be {
        return None;
    }
    let behind = rest.get(8..)?;
    let zone = match behind.strip_prefix('.') {
        Some(fraction) => fraction.trim_start_matches(|c: char| c.is_ascii_digit()),
        None => behind,
    };
    let zone = zone_of(zone.trim())?;
    Some(days_of((year, month, day)) * 86_400 + hour * 3_600 + minute * 60 + second - zone)
}

fn number(digits: &str) -> Option<i64> {
    digits
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| digits.parse().ok())?
}

/// Seconds that a zone is ahead of UTC.
fn zone_of(zone: &str) -> Option<i64> {
    let (sign, zone) = match zone.split_at_checked(1).unwrap_or_default() {
        ("", _) | ("Z" | "z", "") => return Some(0),
        ("+", zone) => (1, zone),
        ("-", zone) => (-1, zone),
        _ => return None,
    };
    let digits: String = zone.chars().filter(|c| *c != ':').collect();
    let (hours, minutes) = digits.split_at_checked(2)?;
    let minutes = if minutes.is_empty() { 0 } else { number(minutes)? };
    let hours = number(hours)?;
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 3_600 + minutes * 60))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_are_read_as_devices_write_them() {
        let noon = Some(1_795_956_000);
        for text in [
            "2026-11-29T12:40:00Z",
            " 2026-11-29T12:40:00.000Z ",
            "2026-11-29T12:40:00.123456789+00:00",
            "2026-11-29T21:40:00+09:00",
            "2026-11-29 07:10:00-0530",
            "2026-11-29T12:40:00",
            "2026-11-29T13:40:00+01",
        ] {
            assert_eq!(unix_time(text), noon, "{text}");
        }
        for text in [
            "",
            "0000-00-00T00:00:00Z",
            "1970-01-01T00:00:00Z",
            "2024-01-22T11:47:0500:00",
            "2024-13-22T11:47:05Z",
            "2024-01-22T24:47:05Z",
            "2024-01-22T11:47:05 JST",
            "2024年01月22日",
        ] {
            assert_eq!(unix_time(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[0-9TZ:+. \\-]{0,40}") {
            let read = unix_time(&text);
            prop_assert!(read.is_none_or(|seconds| (0..8_000_000_000).contains(&seconds)));
        }
    }
}
