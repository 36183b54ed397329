use std::time::Duration;

use super::{FailureKind, Message, Step, limit, message::leading_number};

/// What a status of 400 or more means at a step (RFC 2326 §11, and what recorders mean by it).
///
/// `text` is what the device says, see [`text`].
pub(super) fn classify(status: u16, step: Step, text: &str, retry_after: Option<Duration>) -> FailureKind {
    match status {
        401 if means_limit(text) => FailureKind::Limit { retry_after },
        401 => FailureKind::SignIn,
        403 if means_limit(text) || (means_crowd(text) && !means_person(text)) => FailureKind::Limit { retry_after },
        403 => FailureKind::SignIn,
        453 | 486 | 503 => FailureKind::Limit { retry_after },
        400 | 404 | 410 | 454 if step == Step::Describe => FailureKind::NoSuchStream,
        404 | 410 => FailureKind::NoSuchStream,
        454 if step == Step::Setup => FailureKind::NoSuchStream,
        500.. if retry_after.is_some() || means_limit(text) => FailureKind::Limit { retry_after },
        _ => FailureKind::Protocol,
    }
}

/// How long the device asks to wait, where it says so in seconds. A date is ignored: its clock is not ours.
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

/// Something to show: one line, no control characters, bounded.
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
            detail.push(c);
            length += 1;
        }
        if length >= limit::DETAIL {
            return detail;
        }
    }
    detail
}

/// Words of a device that has no room left, as opposed to one that keeps out whoever asks.
fn means_limit(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let locked = ["lock", "password", "attempt", "credential"]
        .iter()
        .any(|word| text.contains(word));
    let full = ["too many", "limit", "amount", "exceed", "threshold", "overload", "busy"];
    let maximum = words(&text).any(|word| matches!(word, "max" | "maximum" | "full"));
    !locked && (maximum || full.iter().any(|word| text.contains(word)))
}

/// Words that speak of users or sessions, which at 403 means their number.
fn means_crowd(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["user", "session"].iter().any(|word| text.contains(word))
}

/// Words that speak of this one user.
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
