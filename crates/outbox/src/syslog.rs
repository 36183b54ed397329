//! A letter as a line of syslog (RFC 5424), counted in octets for a connection (RFC 6587 §3.4.1).

use super::{Letter, Phase, utc};

/// Who says it.
#[derive(Clone, Copy, Debug)]
pub struct SyslogOrigin<'a> {
    /// The name of this computer.
    pub host: &'a str,
    pub version: &'a str,
    pub process: u32,
}

/// Facility `local0`.
const FACILITY: u32 = 16;

/// The longest text that every receiver is expected to take, beside what stands before it (RFC 5424 §6.1 names 2,048 octets in all).
const LONGEST: usize = 1_600;

/// One line with its length in front.
#[must_use]
pub fn syslog_frame(letter: &Letter, from: &SyslogOrigin<'_>) -> Vec<u8> {
    // Error, notice, informational (RFC 5424 §6.2.1).
    let severity = match letter.phase {
        Phase::Begun => 3,
        Phase::Over => 5,
        Phase::Trial => 6,
    };
    let (priority, time) = (FACILITY * 8 + severity, utc(letter.written));
    let (host, version) = (name(from.host, 255), name(from.version, 32));
    let (process, id) = (from.process, letter.phase.as_str());
    let mut line = format!(
        "<{priority}>1 {time} {host} monomi {process} {id} [origin software=\"Monomi\" swVersion=\"{version}\"] \u{feff}"
    );
    let body = one_line(&letter.text.body);
    let said = match body.is_empty() {
        true => one_line(&letter.text.subject),
        false => format!("{} | {body}", one_line(&letter.text.subject)),
    };
    line.push_str(up_to(&said, LONGEST));
    let mut frame = format!("{} ", line.len()).into_bytes();
    frame.extend_from_slice(line.as_bytes());
    frame
}

/// Printable ASCII, or the word for a value that is not known.
fn name(text: &str, longest: usize) -> String {
    let fits = |c: &char| c.is_ascii_graphic() && !matches!(c, '"' | '\\' | ']');
    let said: String = text.chars().filter(fits).take(longest).collect();
    match said.is_empty() {
        true => "-".to_owned(),
        false => said,
    }
}

fn one_line(text: &str) -> String {
    let lines = text.split(char::is_control).map(str::trim);
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" | ")
}

/// The text up to this many bytes, cut between letters.
fn up_to(text: &str, longest: usize) -> &str {
    let mut end = text.len().min(longest);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LetterId, LetterText};
    use events::WallTime;

    fn letter(subject: &str, body: &str) -> Letter {
        Letter {
            id: LetterId(1),
            phase: Phase::Over,
            written: WallTime(1_234_567_890_123),
            due: WallTime(0),
            text: LetterText {
                subject: subject.to_owned(),
                body: body.to_owned(),
            },
            troubles: Vec::new(),
            refusals: 0,
        }
    }

    #[test]
    fn a_line_is_counted_in_octets_and_holds_no_other_line() {
        let from = SyslogOrigin {
            host: "監視 pc-1",
            version: "1.0",
            process: 42,
        };
        let frame = syslog_frame(&letter("大阪店", "a\r\nb"), &from);
        let frame = String::from_utf8(frame).unwrap_or_default();
        let (count, line) = frame.split_once(' ').unwrap_or_default();
        assert_eq!(count.parse(), Ok(line.len()));
        assert_eq!(
            line,
            "<133>1 2009-02-13T23:31:30.123Z pc-1 monomi 42 over [origin software=\"Monomi\" swVersion=\"1.0\"] \
             \u{feff}大阪店 | a | b"
        );
    }

    #[test]
    fn a_long_text_is_cut_between_letters() {
        let from = SyslogOrigin {
            host: "",
            version: "",
            process: 1,
        };
        let frame = String::from_utf8(syslog_frame(&letter(&"店".repeat(5_000), ""), &from));
        let frame = frame.unwrap_or_default();
        assert!((LONGEST..2_048).contains(&frame.len()), "{}", frame.len());
        assert!(frame.contains(" - monomi 1 over "), "{frame}");
    }
}
