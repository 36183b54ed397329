use std::time::Duration;

use super::{Message, SessionErrorKind, Step, limit, message::leading_number, text};

/// What a status of 400 or more means at a step (RFC 2326 §11, and what recorders mean by it).
///
/// `text` is what the device says, see [`text()`].
pub(super) fn classify(status: u16, step: Step, text: &str, retry_after: Option<Duration>) -> SessionErrorKind {
    match status {
        401 if means_limit(text) => SessionErrorKind::Limit { retry_after },
        401 => SessionErrorKind::SignIn,
        403 if means_limit(text) || (means_crowd(text) && !means_person(text)) => {
            SessionErrorKind::Limit { retry_after }
        }
        403 => SessionErrorKind::SignIn,
        453 | 486 | 503 => SessionErrorKind::Limit { retry_after },
        400 | 404 | 410 | 454 if step == Step::Describe => SessionErrorKind::NoSuchStream,
        404 | 410 => SessionErrorKind::NoSuchStream,
        454 if step == Step::Setup => SessionErrorKind::NoSuchStream,
        500.. if retry_after.is_some() || means_limit(text) => SessionErrorKind::Limit { retry_after },
        _ => SessionErrorKind::Protocol,
    }
}

/// How long the device asks to wait, where it says so in seconds. A date is ignored, because the device's clock may be wrong.
pub(super) fn retry_after(message: &Message) -> Option<Duration> {
    let value = message.head.header("Retry-After")?;
    // "Fri, 31 Dec" has no leading digits; "31 Dec" has, but more than a number.
    let seconds: u64 = leading_number(value)?;
    let rest = value
        .trim_start()
        .trim_start_matches(|c: char| c.is_ascii_digit())
        .trim_start();
    (rest.is_empty() || rest.starts_with([';', '('])).then(|| Duration::from_secs(seconds.min(24 * 60 * 60)))
}

/// What a device says in words: the reason and, if it is text, the beginning of the body.
pub(super) fn text(reason: &str, message: &Message) -> String {
    let body = &message.body[..message.body.len().min(2048)];
    let html = message
        .head
        .header("Content-Type")
        .is_some_and(|kind| kind.contains("html"));
    let body = std::str::from_utf8(body).ok().filter(|_| !html).unwrap_or_default();
    format!("{reason} {body}")
}

/// A text made fit to be shown: one line without control characters, of bounded length.
pub(super) fn detail(text: &str) -> String {
    let mut detail = String::new();
    let mut length = 0;
    for word in text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
    {
        if length > 0 {
            detail.push(' ');
            length += 1;
        }
        for c in word.chars() {
            if length >= limit::DETAIL {
                return detail;
            }
            detail.push(text::shown(c));
            length += 1;
        }
        if length >= limit::DETAIL {
            return detail;
        }
    }
    detail
}

/// Whether a text says that the device is full, not that this user is kept out.
fn means_limit(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let locked = ["lock", "password", "attempt", "credential"]
        .iter()
        .any(|word| text.contains(word));
    let full = ["too many", "limit", "amount", "exceed", "threshold", "overload", "busy"];
    let maximum = words(&text).any(|word| matches!(word, "max" | "maximum" | "full"));
    !locked && (maximum || full.iter().any(|word| text.contains(word)))
}

/// Whether a text speaks of users or sessions: together with 403 this means that there are too many.
fn means_crowd(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["user", "session"].iter().any(|word| text.contains(word))
}

/// Whether a text speaks of this one user and not of their number.
fn means_person(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let person = [
        "permission",
        "right",
        "privilege",
        "password",
        "lock",
        "authori",
        "invalid",
        "denied",
    ];
    person.iter().any(|word| text.contains(word))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use SessionErrorKind::{NoSuchStream, Protocol, SignIn};

    use super::*;
    use crate::parse_head;

    const LIMIT: SessionErrorKind = SessionErrorKind::Limit { retry_after: None };

    #[test]
    fn statuses_mean_what_recorders_mean() {
        let rows = [
            (401, Step::Describe, "401 Unauthorized", SignIn),
            (
                401,
                Step::Describe,
                "401 Unauthorized user name or password error",
                SignIn,
            ),
            (
                401,
                Step::Describe,
                "401 Unauthorized user locked: max attempts exceeded",
                SignIn,
            ),
            (401, Step::Describe, "401 Exceeded maximum number of users", LIMIT),
            (401, Step::Play, "401 connection limit reached", LIMIT),
            (403, Step::Describe, "403 Forbidden", SignIn),
            (403, Step::Describe, "403 Forbidden user has no permission", SignIn),
            (403, Step::Describe, "403 online user amount", LIMIT),
            (403, Step::Setup, "403 no more sessions", LIMIT),
            (403, Step::Play, "403 Too Many Clients", LIMIT),
            (453, Step::Play, "453 Not Enough Bandwidth", LIMIT),
            (486, Step::Setup, "486 Busy Here", LIMIT),
            (503, Step::Options, "503 Service Unavailable", LIMIT),
            (500, Step::Setup, "500 Internal Server Error", Protocol),
            (500, Step::Setup, "500 max connections", LIMIT),
            (400, Step::Describe, "400 Bad Request", NoSuchStream),
            (404, Step::Describe, "404 Not Found", NoSuchStream),
            (410, Step::Describe, "410 Gone", NoSuchStream),
            (454, Step::Describe, "454 Session Not Found", NoSuchStream),
            (404, Step::Setup, "404 Not Found", NoSuchStream),
            (454, Step::Setup, "454 Session Not Found", NoSuchStream),
            (454, Step::Play, "454 Session Not Found", Protocol),
            (400, Step::Setup, "400 Bad Request", Protocol),
            (461, Step::Setup, "461 Unsupported Transport", Protocol),
            (551, Step::Describe, "551 Option Not Supported", Protocol),
        ];
        for (status, step, text, kind) in rows {
            assert_eq!(classify(status, step, text, None), kind, "{text} at {step:?}");
        }
    }

    #[test]
    fn retry_after_is_seconds_or_nothing() {
        let read = |value: &str| {
            let (head, _) =
                parse_head(format!("RTSP/1.0 503 x\r\nRetry-After: {value}\r\n\r\n").as_bytes()).expect("a head");
            retry_after(&Message {
                head,
                body: bytes::Bytes::new(),
            })
        };
        assert_eq!(read("120"), Some(Duration::from_secs(120)));
        assert_eq!(read(" 5 ; duration=3600"), Some(Duration::from_secs(5)));
        assert_eq!(read("99999999"), Some(Duration::from_secs(86_400)));
        assert_eq!(read("Fri, 31 Dec 1999 23:59:59 GMT"), None);
        assert_eq!(read("31 Dec 1999"), None);
        assert_eq!(read("99999999999999999999999"), None);
    }

    #[test]
    fn a_detail_is_one_short_line() {
        assert_eq!(
            detail(" 454  Session\r\nNot\u{1b}[31m\tFound \0"),
            "454 Session Not [31m Found"
        );
        assert_eq!(detail(&"\u{3042}".repeat(1000)).chars().count(), 200);
        assert_eq!(detail(&"a ".repeat(1000)).chars().count(), 200);
    }
}
