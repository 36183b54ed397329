//! Which sign-in is sent, and what becomes of it: first none, then what the device asks for, once.
//!
//! A device that signs in by Digest answers a bare request with 401 and a challenge; one that knows tokens alone answers with a fault.
//! Both at once would be checked both. One refusal ends everything, for devices lock accounts: only a nonce that was too old is
//! answered anew (RFC 7616 §3.3), and a token that was signed by the clock of the device once more by our own.

use std::time::SystemTime;

use device::Credentials;
use rtsp::Challenge;

use super::envelope::{Call, UserToken};
use super::fault::{Fault, FaultKind, Lockout};
use super::request::{WebReply, WebRequest};
use super::time::shifted;

/// Why nothing more may be asked of a device under this sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignInRefusal {
    /// A sign-in is wanted and none is known.
    Missing,
    /// The device refused it.
    Refused {
        /// What it said.
        text: String,
        lockout: Lockout,
        /// Seconds that its clock is ahead of ours, where it was signed in by a token: such a refusal may be about the clock.
        clock: Option<i64>,
    },
    /// It wants the password in clear, outside of TLS.
    InClear,
}

/// The sign-in of one conversation.
pub(crate) struct SignInWay {
    credentials: Option<Credentials>,
    /// The password may be sent as it is: in TLS with a device that is known.
    may_basic: bool,
    way: Way,
    /// Their clock less ours, in seconds.
    clock: Option<i64>,
    /// What was sent with the request under way.
    sent: Sent,
    nonces: fastrand::Rng,
}

enum Way {
    /// Nothing was asked for so far.
    Bare,
    /// As the device challenged last.
    Challenged {
        challenge: Challenge,
        /// An answer to this nonce was accepted before, so that a refusal is about its age.
        proven: bool,
        /// The device gives each request a nonce of its own, so that none is used twice.
        fresh_each: bool,
    },
    Token {
        offset: i64,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sent {
    Nothing,
    /// To a nonce that was accepted before.
    OldAnswer,
    /// To a nonce that had just come; `again`: the one before it was said to be too old.
    Answer {
        again: bool,
    },
    Token {
        offset: i64,
    },
}

/// What an answer means for the sign-in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum SignInVerdict {
    /// It is no matter of the sign-in.
    Fine,
    /// The same request again, as [`SignInWay::sign`] signs it now.
    Again,
    Refused(SignInRefusal),
}

/// What is sent for a sign-in.
pub(crate) struct Signature {
    pub authorization: Option<Vec<u8>>,
    pub envelope: String,
}

impl Signature {
    /// The signed call for this path.
    pub(crate) fn request(self, call: Call<'_>, target: String) -> WebRequest {
        WebRequest {
            target,
            content_type: format!("application/soap+xml; charset=utf-8; action=\"{}\"", call.action()),
            authorization: self.authorization,
            body: self.envelope,
        }
    }
}

impl SignInWay {
    pub(crate) fn new(credentials: Option<Credentials>, may_basic: bool, seed: u64) -> Self {
        Self {
            credentials,
            may_basic,
            way: Way::Bare,
            clock: None,
            sent: Sent::Nothing,
            nonces: fastrand::Rng::with_seed(seed),
        }
    }

    /// What to sign in with, where it was not known from the start.
    pub(crate) fn set_credentials(&mut self, credentials: Option<Credentials>, may_basic: bool) {
        (self.credentials, self.may_basic) = (credentials, may_basic);
    }

    pub(crate) fn set_clock(&mut self, offset: Option<i64>) {
        self.clock = offset;
    }

    pub(crate) fn clock(&self) -> Option<i64> {
        self.clock
    }

    /// Whether a password was sent, in whatever form.
    pub(crate) fn has_signed(&self) -> bool {
        self.sent != Sent::Nothing
    }

    /// Signs a call that is sent now to this path; a call that is open to anybody is not signed.
    pub(crate) fn sign(&mut self, call: Call<'_>, target: &str, is_open: bool, now: SystemTime) -> Signature {
        let bare = || Signature {
            authorization: None,
            envelope: call.envelope(None),
        };
        self.sent = Sent::Nothing;
        let Some(credentials) = self.credentials.as_ref().filter(|_| !is_open) else {
            return bare();
        };
        match &self.way {
            Way::Bare => bare(),
            Way::Challenged { .. } => {
                let envelope = call.envelope(None);
                let authorization = self.answer_challenge(("POST", target, envelope.as_bytes()));
                Signature {
                    authorization,
                    envelope,
                }
            }
            Way::Token { offset } => {
                self.sent = Sent::Token { offset: *offset };
                let token = UserToken {
                    credentials,
                    created: shifted(now, *offset),
                    nonce: self.nonces.u128(..).to_le_bytes(),
                };
                Signature {
                    authorization: None,
                    envelope: call.envelope(Some(&token)),
                }
            }
        }
    }

    /// What answers the challenge of the device for a request; `None`: there is none, or the request is to bring one.
    fn answer_challenge(&mut self, request: (&str, &str, &[u8])) -> Option<Vec<u8>> {
        self.sent = Sent::Nothing;
        let credentials = self.credentials.as_ref()?;
        let Way::Challenged {
            challenge,
            proven,
            fresh_each,
        } = &mut self.way
        else {
            return None;
        };
        if *proven && *fresh_each {
            return None;
        }
        self.sent = match proven {
            true => Sent::OldAnswer,
            false => Sent::Answer {
                again: challenge.is_stale(),
            },
        };
        Some(challenge.answer_http(credentials, request, &mut self.nonces))
    }

    /// Takes the answer to what was signed last; `fault`: what its body says.
    pub(crate) fn judge(&mut self, reply: &WebReply, fault: Option<&Fault>) -> SignInVerdict {
        let wants_sign_in = fault.is_some_and(|fault| fault.kind == FaultKind::NotSignedIn);
        if reply.status != 401 && !wants_sign_in {
            self.accepted();
            return SignInVerdict::Fine;
        }
        let challenges = || reply.challenges.iter().map(Vec::as_slice);
        let challenge =
            Challenge::of_http(challenges(), self.may_basic && !is_toolkit(reply)).filter(|_| reply.status == 401);
        match (self.sent, challenge) {
            (Sent::Nothing, challenge) => self.begins(challenge, reply),
            (Sent::OldAnswer, Some(challenge)) if reply.status == 401 => {
                // A nonce that worked and does not any more: it was for one request, or too old. The new one decides.
                let fresh_each = !challenge.is_stale();
                self.way = Way::Challenged {
                    challenge,
                    proven: false,
                    fresh_each,
                };
                SignInVerdict::Again
            }
            (Sent::Answer { again: false }, Some(challenge)) if challenge.is_stale() => {
                self.way = Way::Challenged {
                    challenge,
                    proven: false,
                    fresh_each: false,
                };
                SignInVerdict::Again
            }
            // What was signed by the clock of the device may be right by ours.
            (Sent::Token { offset }, _) if offset != 0 => {
                self.way = Way::Token { offset: 0 };
                SignInVerdict::Again
            }
            _ => SignInVerdict::Refused(self.refusal(reply, fault)),
        }
    }

    /// The device wants a sign-in, and none was sent.
    fn begins(&mut self, challenge: Option<Challenge>, reply: &WebReply) -> SignInVerdict {
        if self.credentials.is_none() {
            return SignInVerdict::Refused(SignInRefusal::Missing);
        }
        let fresh_each = matches!(self.way, Way::Challenged { fresh_each: true, .. });
        self.way = match challenge {
            Some(challenge) => Way::Challenged {
                challenge,
                proven: false,
                fresh_each,
            },
            // A toolkit offers Basic where only a token signs in; any other that offers nothing else means it.
            None if only_basic(reply) => return SignInVerdict::Refused(SignInRefusal::InClear),
            None => Way::Token {
                offset: self.clock.unwrap_or(0),
            },
        };
        SignInVerdict::Again
    }

    fn accepted(&mut self) {
        if let (Way::Challenged { proven, .. }, Sent::Answer { .. } | Sent::OldAnswer) = (&mut self.way, self.sent) {
            *proven = true;
        }
    }

    fn refusal(&self, reply: &WebReply, fault: Option<&Fault>) -> SignInRefusal {
        let text = match fault {
            Some(fault) => fault.text.clone(),
            None => super::fault::said(&plain_text(&reply.body)),
        };
        SignInRefusal::Refused {
            lockout: Lockout::of(&text),
            text,
            clock: self.clock.filter(|_| matches!(self.way, Way::Token { .. })),
        }
    }
}

/// The sign-in of requests that are no calls of ONVIF, such as for the events of a maker's own interface: by HTTP alone.
pub struct WebSignIn(SignInWay);

/// What an answer means for such a sign-in.
#[derive(Debug, PartialEq, Eq)]
pub enum WebSignInVerdict {
    /// It is no matter of the sign-in.
    Fine,
    /// The same request again, signed as it is now.
    Again,
    Refused(SignInRefusal),
}

impl WebSignIn {
    #[must_use]
    pub fn new(credentials: Option<Credentials>, may_basic: bool, seed: u64) -> Self {
        Self(SignInWay::new(credentials, may_basic, seed))
    }

    /// The value of `Authorization` for a request without a body that is sent now; `None`: it goes without.
    pub fn authorize(&mut self, method: &str, target: &str) -> Option<Vec<u8>> {
        self.0.answer_challenge((method, target, b""))
    }

    /// Takes the answer to what was signed last.
    pub fn judge(&mut self, reply: &WebReply) -> WebSignInVerdict {
        match self.0.judge(reply, None) {
            SignInVerdict::Fine => WebSignInVerdict::Fine,
            // Tokens are for ONVIF.
            SignInVerdict::Again if matches!(self.0.way, Way::Token { .. }) => {
                WebSignInVerdict::Refused(self.0.refusal(reply, None))
            }
            SignInVerdict::Again => WebSignInVerdict::Again,
            SignInVerdict::Refused(refusal) => WebSignInVerdict::Refused(refusal),
        }
    }

    /// Whether a password was sent with the request under way.
    #[must_use]
    pub fn has_signed(&self) -> bool {
        self.0.has_signed()
    }
}

/// Whether nothing but Basic is offered, by a realm that does not say that it is the toolkit's.
fn only_basic(reply: &WebReply) -> bool {
    reply.status == 401 && says(reply, "basic") && !is_toolkit(reply)
}

/// Whether the realm is that of a toolkit, which offers Basic where only a token signs in.
fn is_toolkit(reply: &WebReply) -> bool {
    says(reply, "gsoap")
}

fn says(reply: &WebReply, word: &str) -> bool {
    let mut challenges = reply.challenges.iter();
    challenges.any(|value| String::from_utf8_lossy(value).to_ascii_lowercase().contains(word))
}

/// What a page or a text says, without its tags.
fn plain_text(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body.get(..body.len().min(8_192)).unwrap_or_default());
    let mut plain = String::new();
    let mut in_tag = false;
    for character in text.chars() {
        match character {
            '<' => in_tag = true,
            '>' if in_tag => {
                in_tag = false;
                plain.push(' ');
            }
            other if !in_tag => plain.push(other),
            _ => {}
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::Service;
    use device::Password;

    const NOW: SystemTime = SystemTime::UNIX_EPOCH;

    fn way() -> SignInWay {
        let credentials = Credentials {
            user: "admin".to_owned(),
            password: Password::new("s3cret"),
        };
        SignInWay::new(Some(credentials), false, 1)
    }

    fn call() -> Call<'static> {
        Call {
            service: Service::Device,
            name: "GetDeviceInformation",
            content: "",
            addressing: None,
        }
    }

    fn digest(nonce: &str, stale: bool) -> WebReply {
        let value = format!("Digest realm=\"DVR\", nonce=\"{nonce}\", qop=\"auth\", stale={stale}");
        WebReply::new(401, [value.as_str()], "")
    }

    fn ok() -> WebReply {
        WebReply::new(200, [], "")
    }

    /// What is sent now, in one word, and the nonce or time in it.
    fn sends(way: &mut SignInWay) -> String {
        let signature = way.sign(call(), "/x", false, NOW);
        let between = |text: &str, from: &str, to: &str| {
            let (_, rest) = text.split_once(from)?;
            rest.split_once(to).map(|(value, _)| value.to_owned())
        };
        assert!(!signature.envelope.contains("s3cret"));
        match signature.authorization {
            Some(header) => {
                let header = String::from_utf8(header).unwrap();
                between(&header, " nonce=\"", "\"").unwrap_or(header)
            }
            None => between(&signature.envelope, "<wsu:Created>", "<").unwrap_or_else(|| "bare".to_owned()),
        }
    }

    fn not_signed_in() -> Fault {
        Fault {
            kind: FaultKind::NotSignedIn,
            text: "You still have 3 attempts".to_owned(),
        }
    }

    #[test]
    fn digest_is_sent_where_it_is_asked_for_and_its_nonce_is_used_again() {
        let mut way = way();
        assert_eq!(sends(&mut way), "bare");
        assert_eq!(way.judge(&digest("a", false), None), SignInVerdict::Again);
        for _ in 0..3 {
            assert_eq!(sends(&mut way), "a");
            assert_eq!(way.judge(&ok(), None), SignInVerdict::Fine);
        }
        // Too old: the new one is answered.
        assert_eq!(sends(&mut way), "a");
        assert_eq!(way.judge(&digest("b", true), None), SignInVerdict::Again);
        assert_eq!(sends(&mut way), "b");
        assert_eq!(way.judge(&ok(), None), SignInVerdict::Fine);
        assert_eq!(sends(&mut way), "b");
    }

    #[test]
    fn a_device_that_gives_each_request_its_nonce_gets_no_old_one_twice() {
        let mut way = way();
        sends(&mut way);
        way.judge(&digest("a", false), None);
        sends(&mut way);
        way.judge(&ok(), None);
        assert_eq!(sends(&mut way), "a");
        assert_eq!(way.judge(&digest("b", false), None), SignInVerdict::Again);
        assert_eq!(sends(&mut way), "b");
        way.judge(&ok(), None);
        for nonce in ["c", "d"] {
            assert_eq!(sends(&mut way), "bare");
            assert_eq!(way.judge(&digest(nonce, false), None), SignInVerdict::Again);
            assert_eq!(sends(&mut way), nonce);
            assert_eq!(way.judge(&ok(), None), SignInVerdict::Fine);
        }
    }

    #[test]
    fn one_refusal_is_the_end() {
        let mut first = way();
        sends(&mut first);
        first.judge(&digest("a", false), None);
        sends(&mut first);
        let refused = first.judge(&digest("b", false), None);
        assert!(
            matches!(refused, SignInVerdict::Refused(SignInRefusal::Refused { .. })),
            "{refused:?}"
        );
        // One that calls each nonce too old is answered twice.
        let mut second = way();
        sends(&mut second);
        second.judge(&digest("a", false), None);
        sends(&mut second);
        assert_eq!(second.judge(&digest("b", true), None), SignInVerdict::Again);
        sends(&mut second);
        assert!(matches!(
            second.judge(&digest("c", true), None),
            SignInVerdict::Refused(_)
        ));
    }

    #[test]
    fn a_fault_without_a_challenge_is_answered_by_a_token_by_their_clock_and_once_by_ours() {
        for status in [200, 400, 401, 500] {
            let mut way = way();
            // Also where Basic may be sent.
            way.may_basic = status == 401;
            way.set_clock(Some(37));
            let basic = r#"Basic realm="gSOAP Web Service""#;
            let refused = WebReply::new(status, [basic], "");
            sends(&mut way);
            assert_eq!(
                way.judge(&refused, Some(&not_signed_in())),
                SignInVerdict::Again,
                "{status}"
            );
            assert_eq!(sends(&mut way), "1970-01-01T00:00:37Z");
            assert_eq!(way.judge(&refused, Some(&not_signed_in())), SignInVerdict::Again);
            assert_eq!(sends(&mut way), "1970-01-01T00:00:00Z");
            let SignInVerdict::Refused(SignInRefusal::Refused { lockout, clock, .. }) =
                way.judge(&refused, Some(&not_signed_in()))
            else {
                panic!("it was refused twice");
            };
            assert_eq!((lockout.attempts_left, clock), (Some(3), Some(37)));
        }
    }

    #[test]
    fn no_password_is_sent_in_clear_and_none_where_none_is_known() {
        let mut plain = way();
        sends(&mut plain);
        let basic = WebReply::new(401, [r#"Basic realm="NVR""#], "");
        assert_eq!(
            plain.judge(&basic, None),
            SignInVerdict::Refused(SignInRefusal::InClear)
        );
        let mut secure = SignInWay::new(plain.credentials.clone(), true, 1);
        sends(&mut secure);
        assert_eq!(secure.judge(&basic, None), SignInVerdict::Again);
        assert!(sends(&mut secure).starts_with("Basic "));
        let mut nobody = SignInWay::new(None, true, 1);
        sends(&mut nobody);
        assert_eq!(
            nobody.judge(&digest("a", false), None),
            SignInVerdict::Refused(SignInRefusal::Missing)
        );
    }

    #[test]
    fn what_a_page_says_is_kept_without_its_tags() {
        let mut way = way();
        sends(&mut way);
        way.judge(&digest("a", false), None);
        sends(&mut way);
        let mut page = digest("b", false);
        page.body = b"<html><body>The device is <b>locked</b>, try after 30 minutes</body></html>".to_vec();
        let SignInVerdict::Refused(SignInRefusal::Refused { text, lockout, .. }) = way.judge(&page, None) else {
            panic!("it was refused");
        };
        assert_eq!(text, "The device is locked , try after 30 minutes");
        assert_eq!((lockout.locked, lockout.minutes), (true, Some(30)));
    }
}
