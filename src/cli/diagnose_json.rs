//! A trace as JSON, for scripts; README.md says what its fields mean.

use serde_json::{Value, json};

use crate::bridge::TraceShown;
use trace::{
    ExchangeKind, KnownWay, Ladder, Neighbour, NoEnquiry, OnvifState, StepFact, StepState, TraceFault, TraceStep,
    Verdict, WayKind,
};

/// `is_registered`: it is a device of the profile.
pub(super) fn as_json(shown: &TraceShown, is_registered: bool) -> Value {
    let trace = &shown.trace;
    let (subject, others) = (trace.subject(), trace.others());
    let (state, why) = match trace.onvif_state() {
        OnvifState::NotAsked(why) => (
            "not-asked",
            Some(match why {
                NoEnquiry::NoPlace => "no-place",
                NoEnquiry::NothingAnswers => "nothing-answers",
                NoEnquiry::NoWay => "no-way",
            }),
        ),
        OnvifState::NotYet | OnvifState::Waiting(_) => ("waiting", None),
        OnvifState::Asking => ("asking", None),
        OnvifState::Over => ("over", None),
    };
    json!({
        "device": subject.name,
        "site": Some(&subject.site).filter(|site| !site.is_empty()),
        "registered": is_registered,
        "host": subject.host,
        "port": subject.port,
        "channel": subject.channel,
        "address": trace.address().map(|address| address.to_string()),
        "verdict": trace.verdict().map(Verdict::as_str),
        "way": trace.way().map(way),
        "others": { "all": others.all, "live": others.live, "failing": others.failing },
        "redirects": trace.redirects(),
        "steps": steps(trace.stream()),
        "onvif": { "state": state, "why": why, "steps": steps(trace.onvif()) },
    })
}

fn way(way: &KnownWay) -> Value {
    let (kind, router, interface) = match &way.kind {
        WayKind::Here => ("here", None, None),
        WayKind::Direct { interface } => ("direct", None, Some(interface)),
        WayKind::Router { router, interface } => ("router", Some(router.to_string()), Some(interface)),
        WayKind::None => ("none", None, None),
        WayKind::Unknown => ("unknown", None, None),
    };
    let next = match way.next {
        Neighbour::Answers => "answers",
        Neighbour::Silent => "silent",
        Neighbour::Unknown => "unknown",
    };
    json!({ "kind": kind, "router": router, "interface": interface, "next": next })
}

fn steps(ladder: &Ladder) -> Value {
    ladder.steps().iter().map(step).collect()
}

fn step(step: &TraceStep) -> Value {
    let ms = |time: std::time::Duration| (time.as_secs_f64() * 10_000.0).round() / 10.0;
    let state = match &step.state {
        StepState::ToCome => "to-come",
        StepState::Running => "running",
        StepState::Done => "done",
        StepState::NotNeeded => "not-needed",
        StepState::Failed(_) => "failed",
    };
    let (cause, detail) = match step.fault() {
        None => (None, None),
        Some(TraceFault::Stream(failure)) => (Some(failure.kind.name()), Some(failure.detail.clone())),
        Some(TraceFault::Onvif(fault)) => (Some(onvif(fault)), None),
        Some(TraceFault::NotAsked) => (Some("not-asked"), None),
    };
    let exchange = |exchange: &trace::Exchange| {
        let kind = match exchange.kind {
            ExchangeKind::Said => "said",
            ExchangeKind::Answered => "answered",
        };
        json!({ "kind": kind, "at_ms": ms(exchange.at), "text": exchange.text })
    };
    json!({
        "step": step.name.as_str(),
        "state": state,
        "began_ms": step.began.map(ms),
        "took_ms": step.took.map(ms),
        "found": step.fact.as_ref().map(fact),
        "cause": cause,
        "detail": detail.filter(|detail| !detail.is_empty()),
        "exchanges": step.exchanges.iter().map(exchange).collect::<Vec<_>>(),
    })
}

fn onvif(fault: &::onvif::EnquiryFault) -> &'static str {
    use ::onvif::EnquiryFault;
    match fault {
        EnquiryFault::SignIn(_) => "auth",
        EnquiryFault::NotOnvif { .. } => "not-onvif",
        EnquiryFault::NotAllowed(_) => "not-allowed",
        EnquiryFault::Busy => "busy",
        EnquiryFault::Refused(_) => "refused",
        EnquiryFault::Unreadable(_) => "unreadable",
        EnquiryFault::NoChannels => "no-channels",
    }
}

fn fact(fact: &StepFact) -> Value {
    let list = |addresses: &[std::net::IpAddr]| addresses.iter().map(ToString::to_string).collect::<Vec<_>>();
    match fact {
        StepFact::IsAddress => json!("address"),
        StepFact::Addresses(addresses) | StepFact::Allowed { addresses, .. } => json!(list(addresses)),
        StepFact::Way => json!("way"),
        StepFact::Earlier => json!("earlier"),
        StepFact::At(address) => json!(address.to_string()),
        StepFact::Certificate(fingerprint) => json!(fingerprint),
        StepFact::SignInKnown => json!("known"),
        StepFact::SignedIn => json!("accepted"),
        StepFact::Codec(codec) => json!(codec),
        StepFact::Picture { codec, width, height } => json!({ "codec": codec, "width": width, "height": height }),
        StepFact::Clock(offset) => json!(offset),
        StepFact::Is { maker, model, firmware } => json!({ "maker": maker, "model": model, "firmware": firmware }),
        StepFact::Channels(count) => json!(count),
    }
}
