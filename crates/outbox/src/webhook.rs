//! A letter as a web server reads it: JSON (RFC 8259).

use std::fmt::Write as _;

use super::{Letter, TroubleFacts, utc};

/// The content of the request.
#[must_use]
pub fn webhook_body(letter: &Letter) -> String {
    let mut out = String::with_capacity(512);
    out.push_str("{\"version\":1");
    text(&mut out, "id", &letter.id.0.to_string());
    text(&mut out, "phase", letter.phase.as_str());
    text(&mut out, "written", &utc(letter.written));
    text(&mut out, "subject", &letter.text.subject);
    text(&mut out, "text", &letter.text.body);
    out.push_str(",\"events\":[");
    for (at, trouble) in letter.troubles.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        facts(&mut out, trouble);
    }
    out.push_str("]}");
    out
}

/// What the signature of a request is made of: the time in seconds, a full stop, the content. Whoever checks it refuses an old time.
#[must_use]
pub fn webhook_text_to_sign(seconds: u64, body: &str) -> String {
    format!("{seconds}.{body}")
}

fn facts(out: &mut String, of: &TroubleFacts) {
    let _never = write!(out, "{{\"devices\":{}", of.devices);
    text(out, "event", &of.event.to_string());
    text(out, "about", &of.subject);
    text(out, "name", &of.name);
    if let Some(site) = &of.site {
        text(out, "site", site);
    }
    text(out, "kind", &of.kind);
    text(out, "cause", &of.cause);
    text(out, "since", &utc(of.since));
    if let Some(until) = of.until {
        text(out, "until", &utc(until));
    }
    out.push('}');
}

/// One more member whose value is a text.
fn text(out: &mut String, name: &str, value: &str) {
    let _never = write!(out, ",\"{name}\":\"");
    for c in value.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            // Line separators of Unicode end a line in what is no JSON.
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => {
                let _never = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LetterId, LetterText, Phase};
    use events::WallTime;

    #[test]
    fn what_people_typed_stays_inside_of_its_text() {
        let letter = Letter {
            id: LetterId(7),
            phase: Phase::Begun,
            written: WallTime(0),
            due: WallTime(0),
            text: LetterText {
                subject: "大阪\"店\\".to_owned(),
                body: "one\ntwo\u{1}\u{2028}".to_owned(),
            },
            troubles: vec![TroubleFacts {
                event: 3,
                subject: "computer".to_owned(),
                until: Some(WallTime(1_000)),
                ..TroubleFacts::default()
            }],
            refusals: 0,
        };
        assert_eq!(
            webhook_body(&letter),
            "{\"version\":1,\"id\":\"7\",\"phase\":\"begun\",\"written\":\"1970-01-01T00:00:00.000Z\",\
             \"subject\":\"大阪\\\"店\\\\\",\"text\":\"one\\ntwo\\u0001\\u2028\",\"events\":[{\"devices\":0,\
             \"event\":\"3\",\"about\":\"computer\",\"name\":\"\",\"kind\":\"\",\"cause\":\"\",\
             \"since\":\"1970-01-01T00:00:00.000Z\",\"until\":\"1970-01-01T00:00:01.000Z\"}]}"
        );
    }
}
