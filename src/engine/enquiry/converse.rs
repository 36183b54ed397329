//! One connection of an enquiry: it dials with its permit, asks and reads until the enquiry is done or the device closes.

use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use super::super::asking::{authority, of_http, post, reply};
use super::super::clock;
use super::super::connections::GrantedQuestion;
use super::super::failure::{failure, of_dial};
use crate::bridge::Clock;
use crate::http::{Conversation, HttpError, PostAnswer};
use crate::net;
use ::onvif::{Enquiry, EnquiryFault, EnquiryNext, SignInRefusal, WebRequest};
use device::Certificate;
use problem_report::Scrub;
use reconnect::{Failure, FailureKind, Stage};
use trace::ExchangeKind;

/// How long an answer may take. The profiles of a recorder with many channels are slow.
const PATIENCE: Duration = Duration::from_secs(30);

/// What happened on the way.
pub(super) enum Progress {
    /// With the certificate that was shown; `None` without TLS.
    Connected(IpAddr, Option<Box<Certificate>>),
    /// Another certificate than the remembered one was shown.
    OtherCertificate(Box<Certificate>),
    /// For the first time on this connection.
    Answered,
    /// One more request goes out, for this step.
    Asking(Option<::onvif::EnquiryStep>),
    /// What was said or answered, without its secrets, where that is wanted.
    Told(ExchangeKind, String),
}

/// How a connection of an enquiry ended.
pub(in crate::engine) enum ConversationEnd {
    /// The enquiry is done, well or not.
    Finished,
    /// The device closed it; the enquiry goes on with the next one.
    Closed,
    /// The device refused the sign-in.
    Refused(Failure),
    /// It has refused the same sign-in at this time of day.
    NotAsked(Clock),
    /// Nothing was answered on it.
    Failed { address: Option<IpAddr>, failure: Failure },
    /// It broke after something was answered.
    Broke(Failure),
}

pub(super) async fn converse(
    granted: GrantedQuestion,
    enquiry: &mut Enquiry,
    is_told: bool,
    tell: impl Fn(Progress),
) -> ConversationEnd {
    let password = granted.credentials.as_ref().map(|credentials| &credentials.password);
    let scrub = is_told.then(|| Scrub::new(password));
    let mut counted = granted.counted;
    counted.wait().await;
    let dialled = match net::dial(granted.permit, &granted.target, |_step| {}).await {
        Ok(dialled) => dialled,
        Err(error) => {
            let (address, failure) = (error.address.map(|address| address.ip()), of_dial(&error));
            if let net::Reason::CertificateChanged(shown) = error.reason {
                tell(Progress::OtherCertificate(shown));
            }
            return ConversationEnd::Failed { address, failure };
        }
    };
    let peer = dialled.peer.ip();
    tell(Progress::Connected(peer, dialled.certificate.map(Box::new)));
    let authority = authority(&granted.target);
    let mut answers = 0_u32;
    let broke = |failure: Failure, answers: u32| match answers {
        0 => ConversationEnd::Failed {
            address: Some(peer),
            failure,
        },
        _ => ConversationEnd::Broke(failure),
    };
    let mut conversation = match Conversation::begin(dialled.stream).await {
        Ok(conversation) => conversation,
        Err(error) => return broke(of_http(&error), answers),
    };
    loop {
        let EnquiryNext::Ask(request) = enquiry.next(SystemTime::now()) else {
            return ConversationEnd::Finished;
        };
        let lately = |key| granted.refusals.lately(key, granted.believe_refusal, clock::now());
        if enquiry.has_signed()
            && let Some((_, refused)) = lately(granted.keys.recorder).or_else(|| lately(granted.keys.onvif))
        {
            return ConversationEnd::NotAsked(refused);
        }
        if !conversation.is_open() {
            return ConversationEnd::Closed;
        }
        tell(Progress::Asking(enquiry.step()));
        if let Some(scrub) = &scrub {
            tell(Progress::Told(ExchangeKind::Said, scrub.clean(&said(&request))));
        }
        let began = clock::now();
        let answer = tokio::time::timeout(PATIENCE, conversation.post(post(&authority, &request))).await;
        let answer = match answer {
            Ok(Ok(answer)) => answer,
            // It was closed while it was idle: the request goes out again on the next one.
            Ok(Err(HttpError::Ended(_))) if answers > 0 => return ConversationEnd::Closed,
            Ok(Err(error)) => return broke(of_http(&error), answers),
            Err(_elapsed) => return broke(failure(FailureKind::Timeout, Stage::Describe, ""), answers),
        };
        if let Some(scrub) = &scrub {
            tell(Progress::Told(ExchangeKind::Answered, scrub.clean(&answered(&answer))));
        }
        let has_signed = enquiry.has_signed();
        enquiry.answered(
            &reply(answer),
            clock::now().saturating_duration_since(began),
            SystemTime::now(),
        );
        answers += 1;
        if answers == 1 {
            tell(Progress::Answered);
        }
        match &enquiry.result().failed {
            Some((_, EnquiryFault::SignIn(SignInRefusal::Refused { text, .. }))) => {
                return ConversationEnd::Refused(failure(FailureKind::Auth, Stage::Describe, text));
            }
            None if has_signed && enquiry.step() > Some(::onvif::EnquiryStep::Identity) => {
                granted.refusals.accepted(granted.keys.recorder);
                granted.refusals.accepted(granted.keys.onvif);
            }
            _ => {}
        }
    }
}

/// The request without its sign-in: of the envelope its body alone.
fn said(request: &WebRequest) -> String {
    let mut text = format!("POST {}\nContent-Type: {}\n", request.target, request.content_type);
    if request.authorization.is_some() {
        text += "Authorization: ***\n";
    }
    let body = request.body.find("<s:Body>").map_or("", |at| &request.body[at..]);
    let body = body.strip_suffix("</s:Envelope>").unwrap_or(body);
    if request.body.contains("<wsse:UsernameToken>") {
        text += "\n(signed by a token)";
    }
    format!("{text}\n{body}")
}

fn answered(answer: &PostAnswer) -> String {
    let mut text = format!("HTTP {}\n", answer.status);
    for challenge in &answer.challenges {
        text += &format!("WWW-Authenticate: {}\n", String::from_utf8_lossy(challenge));
    }
    if let Some(server) = &answer.server {
        text += &format!("Server: {server}\n");
    }
    format!("{text}\n{}", String::from_utf8_lossy(&answer.body))
}
