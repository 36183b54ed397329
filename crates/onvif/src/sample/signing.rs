//! How a scripted recorder checks sign-ins.

use std::fmt::Write as _;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::Md5;
use sha1::{Digest as _, Sha1};
use sha2::{Digest as _, Sha256};

use super::{ScriptedAnswer, ScriptedHabits, ScriptedRecorder, SeenRequest, SignInHabit};
use crate::time::{iso_time, shifted};
use crate::xml::{XmlLimits, XmlTree};

const REALM: &str = "DVR 1";

pub(super) enum SignedIn {
    Yes,
    No { stale: bool },
    Wrong,
}

impl ScriptedRecorder {
    pub(super) fn signed_in(&self, request: &SeenRequest, now: SystemTime) -> SignedIn {
        let is_right = |right: bool| {
            if right && !self.is_locked() {
                SignedIn::Yes
            } else {
                SignedIn::Wrong
            }
        };
        match self.habits.sign_in {
            SignInHabit::Nobody => SignedIn::Yes,
            SignInHabit::Token => {
                if !request.body.contains("UsernameToken") {
                    return SignedIn::No { stale: false };
                }
                is_right(self.token_fits(&request.body, now))
            }
            SignInHabit::Basic => {
                let Some(header) = request.headers.get("authorization") else {
                    return SignedIn::No { stale: false };
                };
                let ScriptedHabits { user, password, .. } = &self.habits;
                let right = STANDARD.encode(format!("{user}:{password}"));
                is_right(header.strip_prefix("Basic ") == Some(right.as_str()))
            }
            SignInHabit::Digest { sha256, .. } => {
                let Some(header) = request.headers.get("authorization") else {
                    return SignedIn::No { stale: false };
                };
                if parameter(header, "nonce") != self.nonce_now() {
                    // One that gives each request its own takes an old one for a wrong password.
                    let nonce_each = matches!(self.habits.sign_in, SignInHabit::Digest { nonce_each: true, .. });
                    return SignedIn::No { stale: !nonce_each };
                }
                is_right(self.digest_fits(header, request, sha256))
            }
        }
    }

    fn digest_fits(&self, header: &str, request: &SeenRequest, sha256: bool) -> bool {
        let hash = |text: String| -> String {
            let hex = |bytes: &[u8]| {
                bytes.iter().fold(String::new(), |mut text, byte| {
                    let _ = write!(text, "{byte:02x}");
                    text
                })
            };
            match sha256 {
                true => hex(&Sha256::digest(text)),
                false => hex(&Md5::digest(text)),
            }
        };
        let ScriptedHabits { user, password, .. } = &self.habits;
        let secret = hash(format!("{user}:{REALM}:{password}"));
        let asked = hash(format!("{}:{}", request.method, request.target));
        let value = |name: &str| parameter(header, name);
        let (nonce, count, cnonce) = (value("nonce"), value("nc"), value("cnonce"));
        let expected = hash(format!("{secret}:{nonce}:{count}:{cnonce}:auth:{asked}"));
        value("username") == *user && value("response") == expected
    }

    fn token_fits(&self, body: &str, now: SystemTime) -> bool {
        let Ok(tree) = XmlTree::read(body.as_bytes(), XmlLimits::ANSWER) else {
            return false;
        };
        let text = |name: &str| {
            tree.find(name)
                .map(|element| element.text().to_owned())
                .unwrap_or_default()
        };
        let (created, nonce) = (text("Created"), STANDARD.decode(text("Nonce")).unwrap_or_default());
        let theirs = shifted(now, self.habits.clock);
        // Clients write parts of a second and the zone in their own ways (`Z`, `+00:00`).
        let to_second = |time: &str| time.get(..19).map(str::to_owned);
        let said = to_second(&created);
        let in_time = (-20..=20).any(|seconds| to_second(&iso_time(shifted(theirs, seconds))) == said);
        let mut hash = Sha1::new();
        hash.update(nonce);
        hash.update(&created);
        hash.update(&self.habits.password);
        let digest = STANDARD.encode(hash.finalize());
        in_time && text("Username") == self.habits.user && text("Password") == digest
    }

    fn nonce_now(&self) -> String {
        format!("nonce{}", self.nonce)
    }

    pub(super) fn challenge(&mut self, stale: bool) -> ScriptedAnswer {
        let reason = match (self.is_locked(), self.refused) {
            (true, _) => "The device is locked, please try again after 30 minutes".to_owned(),
            (false, 0) => "Sender not Authorized".to_owned(),
            (false, _) => format!("You still have {} attempt(s)", self.habits.locks_after - self.in_a_row),
        };
        match self.habits.sign_in {
            SignInHabit::Digest { sha256, nonce_each } => {
                if nonce_each || self.nonce == 0 {
                    self.nonce += 1;
                }
                let algorithm = if sha256 { "SHA-256" } else { "MD5" };
                let value = format!(
                    "Digest realm=\"{REALM}\", nonce=\"{}\", qop=\"auth\", algorithm={algorithm}, stale={stale}",
                    self.nonce_now()
                );
                let mut answer = self.plain(401, &format!("<html><body>{reason}</body></html>"));
                answer.headers.push(("WWW-Authenticate", value));
                answer
            }
            SignInHabit::Basic => {
                let mut answer = self.plain(401, &reason);
                answer
                    .headers
                    .push(("WWW-Authenticate", format!("Basic realm=\"{REALM}\"")));
                answer
            }
            SignInHabit::Token | SignInHabit::Nobody => self.fault(400, "NotAuthorized", &reason),
        }
    }
}

/// The value of a parameter of `Authorization`.
fn parameter(header: &str, name: &str) -> String {
    let begin = [format!(" {name}=\""), format!(",{name}=\"")]
        .iter()
        .find_map(|mark| header.find(mark).map(|at| at + mark.len()));
    if let Some(begin) = begin {
        return header[begin..].split('"').next().unwrap_or_default().to_owned();
    }
    let mark = format!(" {name}=");
    header
        .split_once(&mark)
        .and_then(|(_, rest)| rest.split(',').next())
        .unwrap_or_default()
        .to_owned()
}
