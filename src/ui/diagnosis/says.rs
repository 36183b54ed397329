//! A trace in words: each step in one line, with what it found, what it means and what to do; and all of it as text.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use i18n_embed_fl::fl;

use crate::bridge::TraceShown;
use crate::i18n::Words;
use crate::ui::{advice, identity, state};
use ::onvif::DeviceIdentity;
use reconnect::Stage;
use trace::{
    ExchangeKind, KnownWay, Ladder, Neighbour, NoEnquiry, OnvifState, StepFact, StepName, StepState, Trace, TraceFault,
    TraceStep, Verdict, WayKind,
};

/// What a step is called.
pub(super) fn name(words: &Words, name: StepName) -> String {
    match name {
        StepName::Name => advice::step(words, Stage::Resolve),
        StepName::Policy => fl!(words, "trace-step-policy"),
        StepName::Route => fl!(words, "trace-step-route"),
        StepName::Turn => fl!(words, "trace-step-turn"),
        StepName::Connect | StepName::OnvifReach => advice::step(words, Stage::Connect),
        StepName::Tls => advice::step(words, Stage::Tls),
        StepName::Greeting => advice::step(words, Stage::Options),
        StepName::SignIn | StepName::OnvifSignIn => fl!(words, "trace-step-sign-in"),
        StepName::Describe => fl!(words, "trace-step-describe"),
        StepName::Setup => advice::step(words, Stage::Setup),
        StepName::FirstPacket => fl!(words, "trace-step-packet"),
        StepName::FirstKeyFrame => fl!(words, "trace-step-key-frame"),
        StepName::FirstPicture => advice::step(words, Stage::Media),
        StepName::OnvifClock => fl!(words, "trace-step-clock"),
        StepName::OnvifServices => fl!(words, "trace-step-services"),
        StepName::OnvifIdentity => fl!(words, "trace-step-identity"),
        StepName::OnvifChannels => fl!(words, "trace-step-channels"),
    }
}

/// How long a step took.
pub(super) fn took(words: &Words, took: Duration) -> String {
    if took < Duration::from_secs(10) {
        fl!(words, "test-took", ms = took.as_millis().to_string())
    } else {
        fl!(words, "test-took-seconds", s = format!("{:.1}", took.as_secs_f64()))
    }
}

/// How a step stands, at the end of its line.
pub(super) fn outcome(words: &Words, step: &TraceStep) -> String {
    match (&step.state, step.took) {
        (StepState::ToCome, _) => String::new(),
        (StepState::Running, _) => fl!(words, "test-step-now"),
        (StepState::Done, Some(time)) => took(words, time),
        (StepState::Done, None) => fl!(words, "trace-earlier"),
        (StepState::NotNeeded, _) => fl!(words, "trace-not-needed"),
        (StepState::Failed(_), Some(time)) => fl!(words, "test-step-failed-after", took = took(words, time)),
        (StepState::Failed(_), None) => fl!(words, "test-step-failed"),
    }
}

/// What the step found, in one line.
pub(super) fn fact(words: &Words, trace: &Trace, step: &TraceStep) -> Option<String> {
    let list = |addresses: &[std::net::IpAddr]| {
        let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        words.list(&addresses)
    };
    Some(match step.fact.as_ref() {
        None if step.name == StepName::SignIn && step.state == StepState::NotNeeded => {
            fl!(words, "trace-no-sign-in")
        }
        None if step.name == StepName::Tls && step.state == StepState::NotNeeded => fl!(words, "trace-no-tls"),
        None => return None,
        Some(StepFact::IsAddress) => fl!(words, "trace-is-address"),
        Some(StepFact::Addresses(addresses)) => list(addresses),
        Some(StepFact::Allowed {
            addresses,
            internal_only: true,
        }) => fl!(words, "trace-allowed-internal", addresses = list(addresses)),
        Some(StepFact::Allowed {
            internal_only: false, ..
        }) => fl!(words, "trace-allowed"),
        Some(StepFact::Way) => way(words, trace.way()?),
        Some(StepFact::Earlier) => fl!(words, "trace-before"),
        Some(StepFact::At(address)) => address.to_string(),
        Some(StepFact::Certificate(fingerprint)) => fl!(words, "trace-certificate", fingerprint = fingerprint.as_str()),
        Some(StepFact::SignInKnown) => fl!(words, "trace-sign-in-known"),
        Some(StepFact::SignedIn) => fl!(words, "trace-signed-in"),
        Some(StepFact::Codec(codec)) => codec.clone(),
        Some(StepFact::Picture { codec, width, height }) => format!("{codec} {width} × {height}").trim().to_owned(),
        Some(StepFact::Clock(offset)) => only(words, |identity| identity.clock_offset = Some(*offset)),
        Some(StepFact::Is { maker, model, firmware }) => only(words, |identity| {
            identity.maker.clone_from(maker);
            identity.model.clone_from(model);
            identity.firmware.clone_from(firmware);
        }),
        Some(StepFact::Channels(count)) => fl!(words, "onvif-channels", count = { *count }),
    })
}

fn only(words: &Words, set: impl FnOnce(&mut DeviceIdentity)) -> String {
    let mut identity = DeviceIdentity::default();
    set(&mut identity);
    identity::of(words, &identity).join(" · ")
}

fn way(words: &Words, way: &KnownWay) -> String {
    let interface = match &way.kind {
        WayKind::Direct { interface } | WayKind::Router { interface, .. } => interface.as_str(),
        WayKind::Here | WayKind::None | WayKind::Unknown => "",
    };
    match (&way.kind, way.next) {
        (WayKind::Here, _) => fl!(words, "trace-way-here"),
        (WayKind::None, _) => fl!(words, "trace-way-none"),
        (WayKind::Unknown, _) => fl!(words, "trace-way-unknown"),
        (WayKind::Direct { .. }, Neighbour::Silent) => fl!(words, "trace-way-direct-silent", interface = interface),
        (WayKind::Direct { .. }, _) => fl!(words, "trace-way-direct", interface = interface),
        (WayKind::Router { router, .. }, next) => {
            let router = router.to_string();
            match next {
                Neighbour::Answers => fl!(
                    words,
                    "trace-way-router-answers",
                    router = router,
                    interface = interface
                ),
                Neighbour::Silent => fl!(words, "trace-way-router-silent", router = router, interface = interface),
                Neighbour::Unknown => fl!(words, "trace-way-router", router = router, interface = interface),
            }
        }
    }
}

/// Why a step failed, what the device said of it, and what a person can do.
pub(super) struct Failing {
    pub reason: String,
    pub said: Option<String>,
    pub advice: String,
}

pub(super) fn failing(words: &Words, step: &TraceStep) -> Option<Failing> {
    Some(match step.fault()? {
        TraceFault::Stream(failure) => Failing {
            reason: advice::reason(words, failure),
            said: advice::words_of_device(failure).map(str::to_owned),
            advice: advice::advice(words, failure),
        },
        TraceFault::Onvif(fault) => {
            let (reason, advice) = identity::fault(words, fault);
            let said = identity::words_of_device(fault).map(str::to_owned);
            Failing { reason, said, advice }
        }
        TraceFault::NotAsked => Failing {
            reason: fl!(words, "trace-not-asked"),
            said: None,
            advice: fl!(words, "test-refused-before-advice"),
        },
    })
}

/// For what the attempt waits, with the time that is left.
#[must_use]
pub fn waits(words: &Words, trace: &Trace, now: Instant) -> Option<String> {
    let waits = trace.waits()?;
    let held = state::held_by(words, waits.held_by);
    Some(match waits.until {
        Some(until) => {
            let wait = words.countdown(until.saturating_duration_since(now));
            fl!(words, "trace-waits-until", held = held, wait = wait)
        }
        None => held,
    })
}

/// Whose part it is, in a sentence.
pub(super) fn verdict(words: &Words, trace: &Trace, verdict: Verdict) -> String {
    match verdict {
        Verdict::Works => fl!(words, "verdict-works"),
        Verdict::Policy => fl!(words, "verdict-policy"),
        Verdict::Name => fl!(words, "verdict-name"),
        Verdict::NoWay => fl!(words, "verdict-no-way"),
        Verdict::ThisComputer => fl!(words, "verdict-this-computer"),
        Verdict::Router(router) => fl!(words, "verdict-router", router = router.to_string()),
        Verdict::NobodyThere => fl!(words, "verdict-nobody-there"),
        Verdict::RecorderAlone { live } => fl!(words, "verdict-recorder-alone", count = live),
        Verdict::WholeSite { failing } => fl!(words, "verdict-whole-site", count = failing),
        Verdict::PortClosed => fl!(words, "verdict-port-closed", port = trace.subject().port.to_string()),
        Verdict::Recorder => fl!(words, "verdict-recorder"),
        Verdict::Unknown => fl!(words, "verdict-unknown"),
    }
}

/// How the other devices of the same site fare; `None` where there are none.
pub(super) fn others(words: &Words, trace: &Trace) -> Option<String> {
    let others = trace.others();
    (others.all > 0).then(|| {
        fl!(
            words,
            "trace-others",
            all = others.all,
            live = others.live,
            failing = others.failing
        )
    })
}

/// Why there are no steps of ONVIF, or for what they wait.
pub(super) fn onvif(words: &Words, trace: &Trace, now: Instant) -> Option<String> {
    match trace.onvif_state() {
        OnvifState::NotYet => Some(fl!(words, "trace-onvif-later")),
        OnvifState::NotAsked(NoEnquiry::NoPlace) => Some(fl!(words, "trace-onvif-no-place")),
        OnvifState::NotAsked(NoEnquiry::NothingAnswers) => Some(fl!(words, "trace-onvif-nothing-answers")),
        OnvifState::NotAsked(NoEnquiry::NoWay) => Some(fl!(words, "trace-onvif-no-way")),
        OnvifState::Waiting(Some(until)) => {
            let wait = words.countdown(until.saturating_duration_since(now));
            Some(fl!(words, "test-waiting-until", wait = wait))
        }
        OnvifState::Waiting(None) => Some(fl!(words, "test-waiting")),
        OnvifState::Asking | OnvifState::Over => None,
    }
}

/// Of whom it is.
pub(super) fn title(words: &Words, trace: &Trace) -> String {
    let subject = trace.subject();
    let place = format!("{}:{}", subject.host, subject.port);
    fl!(
        words,
        "trace-of",
        name = subject.name.as_str(),
        place = place,
        channel = subject.channel.to_string()
    )
}

/// All of it, to be sent to whoever helps.
#[must_use]
pub fn text(words: &Words, shown: &TraceShown, now: Instant) -> String {
    let trace = &shown.trace;
    let mut text = format!("{}\n{}\n", title(words, trace), state::date_and_clock(shown.clock));
    text.push_str(concat!("Monomi ", env!("CARGO_PKG_VERSION"), "\n"));
    if let Some(verdict) = trace.verdict() {
        let _ = writeln!(text, "\n{}", self::verdict(words, trace, verdict));
    }
    if let Some(others) = others(words, trace) {
        let _ = writeln!(text, "{others}");
    }
    for to in trace.redirects() {
        let _ = writeln!(text, "{}", fl!(words, "trace-redirected", to = to.as_str()));
    }
    let _ = writeln!(text, "\n{}", fl!(words, "trace-stream"));
    ladder(words, trace, trace.stream(), &mut text);
    if let Some(waits) = waits(words, trace, now) {
        let _ = writeln!(text, "{waits}");
    }
    let _ = writeln!(text, "\nONVIF");
    match onvif(words, trace, now) {
        Some(why) => drop(writeln!(text, "{why}")),
        None => ladder(words, trace, trace.onvif(), &mut text),
    }
    text
}

fn ladder(words: &Words, trace: &Trace, ladder: &Ladder, text: &mut String) {
    for step in ladder.steps() {
        let mark = match step.state {
            StepState::ToCome | StepState::NotNeeded => "[ ]",
            StepState::Running => "[…]",
            StepState::Done => "[✓]",
            StepState::Failed(_) => "[×]",
        };
        let parts = [
            Some(name(words, step.name)),
            Some(outcome(words, step)).filter(|outcome| !outcome.is_empty()),
            fact(words, trace, step),
        ];
        let line: Vec<String> = parts.into_iter().flatten().collect();
        let _ = writeln!(text, "{mark} {}", line.join(" — "));
        if let Some(failing) = failing(words, step) {
            let _ = writeln!(text, "    {}", failing.reason);
            if let Some(said) = failing.said {
                let _ = writeln!(text, "    {}", fl!(words, "test-detail", detail = said));
            }
            let _ = writeln!(text, "    {}: {}", fl!(words, "test-advice"), failing.advice);
        }
        for exchange in &step.exchanges {
            let sign = match exchange.kind {
                ExchangeKind::Said => ">",
                ExchangeKind::Answered => "<",
            };
            for line in exchange.text.lines() {
                let _ = writeln!(text, "    {sign} {line}");
            }
        }
    }
}
