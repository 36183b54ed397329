//! What somebody elsewhere is told of events, in words; and why a server has nothing of it.

use i18n_embed_fl::fl;

use super::says;
use crate::bridge::{Clock, LetterAbout, LetterToWrite, MessengerFault, PictureNote, ShownEvent};
use crate::i18n::Words;
use crate::ui::state;
use events::Messenger;

/// So many events are told one by one in a letter.
const NAMED: usize = 20;

/// The subject and the text of a letter. No address and no password is in it: names, causes and times alone.
#[must_use]
pub fn letter(words: &Words, told: &LetterToWrite) -> (String, String) {
    let now = told.state.clock;
    let sign = fl!(words, "letter-sign", clock = state::date_and_clock(now));
    let (subject, mut parts) = match &told.about {
        LetterAbout::Begun(events) => (begun(words, told, events), each(words, told, events, false)),
        LetterAbout::Over(events) => (over(words, told, events), each(words, told, events, true)),
        LetterAbout::Trial => (fl!(words, "letter-trial"), vec![fl!(words, "letter-trial-body")]),
        LetterAbout::Digest(count) => {
            let count = *count;
            (fl!(words, "letter-digest", count = count), Vec::new())
        }
        LetterAbout::Pictures(notes) => {
            let line = |note: &PictureNote| {
                let name = says::channel(words, &told.state.registry, note.channel);
                let clock = state::date_and_clock(note.taken);
                fl!(words, "letter-picture", name = name, clock = clock)
            };
            let lines: Vec<String> = notes.iter().map(line).collect();
            return (String::new(), lines.join("\n"));
        }
    };
    parts.push(sign);
    (fl!(words, "letter-subject", subject = subject), parts.join("\n\n"))
}

fn begun(words: &Words, told: &LetterToWrite, events: &[ShownEvent]) -> String {
    match events {
        [one] => says::line(words, &told.state.registry, &one.event),
        _ => fl!(words, "alert-several", count = events.len()),
    }
}

fn over(words: &Words, told: &LetterToWrite, events: &[ShownEvent]) -> String {
    match events {
        [one] => fl!(
            words,
            "alert-over",
            name = says::name(words, &told.state.registry, &one.event)
        ),
        _ => fl!(words, "alert-over-several", count = events.len()),
    }
}

/// What happened to each, since when and until when, and what Monomi does next.
fn each(words: &Words, told: &LetterToWrite, events: &[ShownEvent], over: bool) -> Vec<String> {
    let date = |clock: Clock| state::date_and_clock(clock);
    let one = |shown: &ShownEvent| {
        let mut lines = vec![says::line(words, &told.state.registry, &shown.event)];
        lines.push(fl!(words, "letter-since", clock = date(shown.since)));
        if let Some(until) = shown.until.filter(|_| over) {
            lines.push(fl!(words, "letter-until", clock = date(until)));
            lines.push(says::after(words, &shown.event));
        } else {
            lines.push(says::next(words, &shown.event));
        }
        lines.join("\n")
    };
    let mut parts: Vec<String> = events.iter().take(NAMED).map(one).collect();
    let more = events.len().saturating_sub(NAMED);
    if more > 0 {
        parts.push(fl!(words, "trouble-more", count = more));
    }
    parts
}

/// What the messenger is called.
#[must_use]
pub fn messenger(words: &Words, messenger: Messenger) -> String {
    match messenger {
        Messenger::Mail => fl!(words, "messenger-mail"),
        Messenger::Webhook => fl!(words, "messenger-webhook"),
        Messenger::Syslog => fl!(words, "messenger-syslog"),
    }
}

/// Why the server has nothing of what it was to be told, and what a person can do.
#[must_use]
pub fn fault(words: &Words, server: &str, fault: &MessengerFault) -> String {
    match fault {
        MessengerFault::Policy { address } => {
            fl!(words, "messenger-policy", server = server, address = address.as_str())
        }
        MessengerFault::NoSuchName(_) => fl!(words, "messenger-no-such-name", server = server),
        MessengerFault::Refused => fl!(words, "messenger-refused", server = server),
        MessengerFault::Silent => fl!(words, "messenger-silent", server = server),
        MessengerFault::NoWay(_) => fl!(words, "messenger-no-way", server = server),
        MessengerFault::Untrusted(_) => fl!(words, "messenger-untrusted", server = server),
        MessengerFault::Broken(_) => fl!(words, "messenger-broken", server = server),
        MessengerFault::NoStartTls => fl!(words, "messenger-no-starttls", server = server),
        MessengerFault::NoSignIn => fl!(words, "messenger-no-sign-in", server = server),
        MessengerFault::InClear => fl!(words, "messenger-in-clear", server = server),
        MessengerFault::SignIn(text) => fl!(words, "messenger-sign-in", server = server, text = text.as_str()),
        MessengerFault::Denied(text) => fl!(words, "messenger-denied", server = server, text = text.as_str()),
        MessengerFault::Busy(text) => fl!(words, "messenger-busy", server = server, text = text.as_str()),
        MessengerFault::NotUnderstood => fl!(words, "messenger-not-understood", server = server),
        MessengerFault::Unwritten(text) => fl!(words, "messenger-unwritten", text = text.as_str()),
        MessengerFault::Status(status) => fl!(words, "messenger-status", server = server, status = status.to_string()),
        MessengerFault::Moved(to) => fl!(words, "messenger-moved", server = server, to = to.as_str()),
        MessengerFault::NoPassword(_) => fl!(words, "messenger-no-password", server = server),
        MessengerFault::PathOfOther => fl!(words, "messenger-path-of-other", server = server),
        MessengerFault::NoTurn => fl!(words, "messenger-no-turn", server = server),
    }
}

/// That a server was told nothing, why, and what Monomi does next.
#[must_use]
pub fn notice(words: &Words, of: Messenger, server: &str, why: &MessengerFault, stopped: bool) -> String {
    let next = match stopped {
        true => fl!(words, "messenger-waits"),
        false => fl!(words, "messenger-goes-on"),
    };
    fl!(
        words,
        "notice-messenger",
        messenger = messenger(words, of),
        reason = fault(words, server, why),
        next = next
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Language;

    #[test]
    fn every_fault_has_words_of_its_own_and_what_the_system_says_is_for_the_log() {
        let text = || "os error 101".to_owned();
        let own = || "550 5.1.1 nobody here".to_owned();
        let address = "203.0.113.9".to_owned();
        let faults = [
            MessengerFault::Policy { address },
            MessengerFault::NoSuchName(text()),
            MessengerFault::Refused,
            MessengerFault::Silent,
            MessengerFault::NoWay(text()),
            MessengerFault::Untrusted(text()),
            MessengerFault::Broken(text()),
            MessengerFault::NoStartTls,
            MessengerFault::NoSignIn,
            MessengerFault::InClear,
            MessengerFault::SignIn(own()),
            MessengerFault::Denied(own()),
            MessengerFault::Busy(own()),
            MessengerFault::NotUnderstood,
            MessengerFault::Unwritten(own()),
            MessengerFault::Status(503),
            MessengerFault::Moved("https://elsewhere.example/".to_owned()),
            MessengerFault::NoPassword(text()),
            MessengerFault::PathOfOther,
            MessengerFault::NoTurn,
        ];
        for language in Language::ALL {
            let words = Words::new(language);
            let mut said: Vec<String> = faults.iter().map(|of| fault(&words, "mail.example.jp", of)).collect();
            for (of, sentence) in faults.iter().zip(&said) {
                assert!(!sentence.contains("os error"), "{sentence}");
                let quotes = matches!(
                    of,
                    MessengerFault::SignIn(_) | MessengerFault::Denied(_) | MessengerFault::Busy(_)
                );
                assert!(!quotes || sentence.contains("nobody here"), "{sentence}");
            }
            said.sort();
            said.dedup();
            assert_eq!(said.len(), faults.len());
        }
    }
}
