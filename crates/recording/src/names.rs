//! Names of folders and files, of which every system takes each.

use device::StreamKind;
use device::date_of;

use super::info::PartInfo;

/// The longest part of a path that comes from a name, in bytes: file systems take 255.
const LONGEST: usize = 96;

/// A name as one folder or file may have it: what a system refuses is replaced, other letters of any language stay.
#[must_use]
pub fn safe_name(name: &str) -> String {
    let mut safe = String::new();
    for letter in name.trim().chars() {
        let refused = letter.is_control() || "\\/:*?\"<>|".contains(letter);
        let letter = if refused { '_' } else { letter };
        if safe.len() + letter.len_utf8() > LONGEST {
            break;
        }
        safe.push(letter);
    }
    // Windows takes neither at the end, and a leading dot hides a folder elsewhere.
    let safe = safe.trim_end_matches(['.', ' ']).trim_start_matches(['.', ' ']);
    let stem = safe.split('.').next().unwrap_or_default().to_ascii_uppercase();
    let numbered = |word: &str| {
        stem.strip_prefix(word)
            .is_some_and(|rest| rest.len() == 1 && rest.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let reserved = ["CON", "PRN", "AUX", "NUL"].contains(&stem.as_str()) || numbered("COM") || numbered("LPT");
    match safe {
        "" => "_".to_owned(),
        safe if reserved => format!("_{safe}"),
        safe => safe.to_owned(),
    }
}

/// The folders of a part below the folder for recordings: site, device, channel, local date.
#[must_use]
pub fn folder_of(info: &PartInfo) -> Vec<String> {
    let number = info.stream.channel.number;
    let channel = match info.channel.trim() {
        "" => format!("ch{number:02}"),
        name => format!("ch{number:02} {name}"),
    };
    let (date, _) = local(info);
    let mut folders: Vec<String> = [&info.site, &info.device, &channel].map(|name| safe_name(name)).into();
    folders.push(date);
    folders
}

/// The name of a part's file: local time with its distance from UTC, so that the hour that comes twice in autumn has two names;
/// `again`: so many files with this name were there already.
#[must_use]
pub fn file_name(info: &PartInfo, again: u32) -> String {
    let (_, time) = local(info);
    let kind = match info.stream.kind {
        StreamKind::Main => "main",
        StreamKind::Sub => "sub",
    };
    let more = if again == 0 {
        String::new()
    } else {
        format!(" {}", again + 1)
    };
    format!("{time} {kind} {}{more}.mp4", info.cause.name())
}

/// Whether a file may be a part, by its name alone: what it holds decides.
#[must_use]
pub fn is_part_name(name: &str) -> bool {
    let bytes = name.as_bytes();
    name.ends_with(".mp4")
        && bytes.len() > 17
        && bytes[..8].iter().enumerate().all(|(at, byte)| match at {
            2 | 5 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        })
        && matches!(bytes[8], b'+' | b'-')
        && bytes[9..13].iter().all(u8::is_ascii_digit)
}

/// The date, and the time of day with its offset.
fn local(info: &PartInfo) -> (String, String) {
    let seconds = info.begin.div_euclid(1_000_000) + i64::from(info.offset) * 60;
    let (year, month, day) = date_of(seconds.div_euclid(86_400));
    let of_day = seconds.rem_euclid(86_400);
    let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
    let sign = if info.offset < 0 { '-' } else { '+' };
    let ahead = info.offset.unsigned_abs();
    let time = format!(
        "{hour:02}-{minute:02}-{second:02}{sign}{:02}{:02}",
        ahead / 60,
        ahead % 60
    );
    (format!("{year:04}-{month:02}-{day:02}"), time)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RecordingCause;
    use device::{ChannelId, DeviceId, StreamId};

    fn info(begin_s: i64, offset: i16) -> PartInfo {
        PartInfo {
            stream: StreamId {
                channel: ChannelId {
                    device: DeviceId(1),
                    number: 3,
                },
                kind: StreamKind::Sub,
            },
            cause: RecordingCause::Schedule,
            begin: begin_s * 1_000_000,
            offset,
            site: "本店/別館".to_owned(),
            device: "con".to_owned(),
            channel: "レジ前".to_owned(),
        }
    }

    #[test]
    fn names_are_local_and_safe_on_every_system() {
        let part = info(1_764_547_200, 540);
        assert_eq!(folder_of(&part), ["本店_別館", "_con", "ch03 レジ前", "2025-12-01"]);
        assert_eq!(file_name(&part, 0), "09-00-00+0900 sub schedule.mp4");
        assert!(is_part_name(&file_name(&part, 1)) && is_part_name(&file_name(&info(0, -210), 0)));
        for foreign in [
            "a.mp4",
            "holiday in the mountains.mp4",
            "09-00-00+0900 sub schedule.txt",
            "",
        ] {
            assert!(!is_part_name(foreign), "{foreign}");
        }
        for (name, safe) in [
            ("", "_"),
            ("..", "_"),
            ("a. ", "a"),
            ("COM1.x", "_COM1.x"),
            ("COMA", "COMA"),
            ("a\tb", "a_b"),
        ] {
            assert_eq!(safe_name(name), safe);
        }
        assert!(safe_name(&"語".repeat(200)).len() <= LONGEST);
    }

    #[test]
    fn the_hour_that_comes_twice_has_two_names() {
        // 02:30 of 2025-10-26 in Europe, in summer time and after it.
        let (first, second) = (info(1_761_438_600, 120), info(1_761_442_200, 60));
        assert_eq!(file_name(&first, 0), "02-30-00+0200 sub schedule.mp4");
        assert_eq!(file_name(&second, 0), "02-30-00+0100 sub schedule.mp4");
        assert_eq!(folder_of(&first), folder_of(&second));
    }
}
