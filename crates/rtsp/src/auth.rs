use std::fmt::{self, Write as _};

use http_auth::{BasicClient, ChallengeParser, DigestClient, PasswordParams, digest::Algorithm};

use super::{Head, Quirk, Quirks};
use device::Credentials;

/// Answers challenges (RFC 7617, RFC 7616, RFC 2617, RFC 2069).
pub(super) struct Signer {
    credentials: Credentials,
    scheme: Scheme,
    /// Whether answers must name the algorithm although the device offers no `qop`.
    name_algorithm: bool,
}

enum Scheme {
    Basic(BasicClient),
    Digest(DigestClient),
}

/// Why a 401 cannot be answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ChallengeError {
    #[error("no challenge")]
    Missing,
    /// What the device offers instead; scheme names only.
    #[error("sign-in method not supported: {0}")]
    Unsupported(String),
    /// Basic is all that the device offers, and the password may not be sent so.
    #[error("the password is not sent by Basic to where a redirect led")]
    Basic,
}

impl Signer {
    /// Chooses from the challenges of a reply: the first Digest that can be answered, or else Basic where `may_basic`.
    pub fn new(
        head: &Head,
        credentials: &Credentials,
        may_basic: bool,
        quirks: &mut Quirks,
    ) -> Result<Self, ChallengeError> {
        let mut basic = None;
        let mut refused = Vec::new();
        for header in head.all("WWW-Authenticate") {
            for challenge in split_challenges(header) {
                if !is_clean(header) {
                    quirks.insert(Quirk::UncleanChallenge);
                }
                let text = challenge.to_string();
                let Some(Ok(parsed)) = ChallengeParser::new(&text).next() else {
                    refused.push(challenge.scheme);
                    continue;
                };
                if let Ok(digest) = DigestClient::try_from(&parsed)
                    && [digest.realm(), digest.nonce(), digest.opaque().unwrap_or_default()]
                        .iter()
                        .all(|text| text.is_ascii())
                {
                    let name_algorithm = digest.rfc2069_compat() && digest.algorithm() != Algorithm::Md5;
                    return Ok(Self {
                        credentials: credentials.clone(),
                        scheme: Scheme::Digest(digest),
                        name_algorithm,
                    });
                }
                match BasicClient::try_from(&parsed) {
                    Ok(client) if basic.is_none() => basic = Some(client),
                    Ok(_) => {}
                    Err(_) => refused.push(challenge.scheme),
                }
            }
        }
        match basic {
            Some(_) if !may_basic => Err(ChallengeError::Basic),
            Some(basic) => Ok(Self {
                credentials: credentials.clone(),
                scheme: Scheme::Basic(basic),
                name_algorithm: false,
            }),
            None if refused.is_empty() => Err(ChallengeError::Missing),
            None => Err(ChallengeError::Unsupported(refused.join(", "))),
        }
    }

    /// The value of `Authorization` for one request; `None` where the challenge cannot be answered in a header.
    ///
    /// No body is given, so `auth-int` is never chosen.
    pub fn answer(&mut self, method: &str, uri: &str, nonces: &mut fastrand::Rng) -> Option<String> {
        self.answer_with(method, uri, &format!("{:016x}{:016x}", nonces.u64(..), nonces.u64(..)))
    }

    fn answer_with(&mut self, method: &str, uri: &str, cnonce: &str) -> Option<String> {
        let user = self.credentials.user.as_str();
        let password = self.credentials.password.expose();
        match &mut self.scheme {
            Scheme::Basic(client) => Some(client.respond(user, password)),
            Scheme::Digest(client) => {
                let params = PasswordParams {
                    username: user,
                    password,
                    uri,
                    method,
                    body: None,
                };
                // The function is named for tests. It is used here because a nonce of our own makes equal seeds give equal sessions.
                let mut answer = client.respond_with_testing_cnonce(&params, cnonce).ok()?;
                if self.name_algorithm {
                    let name = match client.algorithm() {
                        Algorithm::Sha256 => "SHA-256",
                        Algorithm::Sha512Trunc256 => "SHA-512-256",
                        _ => "MD5",
                    };
                    let session = if client.session() { "-sess" } else { "" };
                    let _ = write!(answer, ", algorithm={name}{session}");
                }
                Some(plain_user(answer, user))
            }
        }
    }

    /// The nonce, by which one challenge differs from the next; empty for Basic.
    pub fn nonce(&self) -> &str {
        match &self.scheme {
            Scheme::Basic(_) => "",
            Scheme::Digest(client) => client.nonce(),
        }
    }

    /// Whether the device says that only the nonce was too old (RFC 7616 §3.3).
    pub fn is_stale(&self) -> bool {
        matches!(&self.scheme, Scheme::Digest(client) if client.stale())
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.scheme {
            Scheme::Basic(_) => "Signer(Basic)",
            Scheme::Digest(_) => "Signer(Digest)",
        })
    }
}

/// Recorders read `username="..."` in UTF-8, not the extended `username*=` of RFC 7616 §3.4.
fn plain_user(answer: String, user: &str) -> String {
    let Some(rest) = answer.strip_prefix("Digest username*=") else {
        return answer;
    };
    let Some((_, rest)) = rest.split_once(", ") else {
        return answer;
    };
    let quoted: String = user
        .chars()
        .filter(|c| !c.is_control())
        .flat_map(|c| matches!(c, '"' | '\\').then_some('\\').into_iter().chain(Some(c)))
        .collect();
    format!("Digest username=\"{quoted}\", {rest}")
}

/// A challenge, to be written in the spelling that the parser accepts.
struct Challenge {
    scheme: String,
    parameters: Vec<(String, String)>,
}

impl fmt::Display for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.scheme)?;
        for (index, (name, value)) in self.parameters.iter().enumerate() {
            f.write_str(if index == 0 { " " } else { ", " })?;
            match name.as_str() {
                "algorithm" | "stale" => write!(f, "{name}={value}")?,
                _ => write!(f, "{name}=\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))?,
            }
        }
        Ok(())
    }
}

/// Whether there is a comma between all parameters, roughly; for the quirk only.
fn is_clean(header: &str) -> bool {
    let mut quoted = false;
    let outside: String = header
        .chars()
        .filter(|c| {
            quoted ^= *c == '"';
            !quoted
        })
        .collect();
    outside.matches('=').count() <= outside.matches(',').count() + 1
}

/// Reads a `WWW-Authenticate` value whatever separates its parameters, quoted or not, and spells it anew.
fn split_challenges(header: &str) -> Vec<Challenge> {
    let mut challenges: Vec<Challenge> = Vec::new();
    let mut rest = header;
    while challenges.len() <= 8 {
        rest = rest.trim_start_matches([' ', '\t', ',', ';']);
        if rest.is_empty() {
            break;
        }
        let end = rest.find([' ', '\t', ',', ';', '=', '"']).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        match after.trim_start().strip_prefix('=') {
            Some(value) if !word.is_empty() => {
                let (value, after) = split_value(value.trim_start());
                rest = after;
                if let Some(challenge) = challenges.last_mut() {
                    challenge.set(word, value);
                }
            }
            _ => {
                if !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
                    challenges.push(Challenge {
                        scheme: word.to_owned(),
                        parameters: Vec::new(),
                    });
                }
                let skip = after
                    .chars()
                    .next()
                    .map_or(0, |c| if word.is_empty() { c.len_utf8() } else { 0 });
                rest = &after[skip..];
            }
        }
    }
    // A challenge without a realm is answered for an empty realm.
    challenges
        .iter_mut()
        .for_each(|challenge| challenge.set("realm", String::new()));
    challenges
}

/// A quoted string, closed or not, or everything up to the next separator; unescaped.
fn split_value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([' ', '\t', ',', ';']).unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (value, &quoted[at + 1..]),
            '\\' => value.extend(chars.next().map(|(_, escaped)| escaped)),
            _ => value.push(c),
        }
    }
    (value, "")
}

impl Challenge {
    fn set(&mut self, name: &str, value: String) {
        let name = name.to_ascii_lowercase();
        let value = match name.as_str() {
            "algorithm" => canonical_algorithm(&value),
            _ => value,
        };
        // An empty list counts as no list, and only the first value of a name counts.
        let pointless = value.is_empty() && matches!(name.as_str(), "qop" | "algorithm" | "stale");
        if !pointless && self.parameters.len() < 32 && !self.parameters.iter().any(|(known, _)| *known == name) {
            self.parameters.push((name, value));
        }
    }
}

/// The registered spelling (RFC 7616 §6.1), which the parser demands.
fn canonical_algorithm(value: &str) -> String {
    let value = value.trim().to_ascii_uppercase();
    let (name, session) = match value.strip_suffix("-SESS") {
        Some(name) => (name, "-sess"),
        None => (value.as_str(), ""),
    };
    let name = match name {
        "SHA256" | "SHA_256" => "SHA-256",
        "SHA512-256" | "SHA-512/256" => "SHA-512-256",
        other => other,
    };
    let name: String = name
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .collect();
    format!("{name}{session}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::parse_head;
    use device::Password;

    fn signer(challenges: &[&str], user: &str, password: &str) -> Result<Signer, ChallengeError> {
        let headers: String = challenges
            .iter()
            .map(|value| format!("WWW-Authenticate: {value}\r\n"))
            .collect();
        let (head, _) = parse_head(format!("RTSP/1.0 401 No\r\n{headers}\r\n").as_bytes()).expect("a head");
        let credentials = Credentials {
            user: user.into(),
            password: Password::new(password),
        };
        Signer::new(&head, &credentials, true, &mut Quirks::default())
    }

    fn answer(challenges: &[&str], user: &str, password: &str, method: &str, uri: &str, cnonce: &str) -> String {
        signer(challenges, user, password)
            .expect("an answerable challenge")
            .answer_with(method, uri, cnonce)
            .expect("an answer")
    }

    #[test]
    fn md5_answers_as_rfc_2617_says() {
        let challenge = r#"Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41""#;
        let answer = answer(
            &[challenge],
            "Mufasa",
            "Circle Of Life",
            "GET",
            "/dir/index.html",
            "0a4f113b",
        );
        assert!(
            answer.contains(r#"response="6629fae49393a05397450978507c4ef1""#),
            "{answer}"
        );
        assert!(
            answer.contains("qop=auth,") || answer.ends_with("qop=auth"),
            "auth-int is never chosen: {answer}"
        );
        assert!(answer.contains(r#"opaque="5ccc069c403ebaf9f0171e9517f40e41""#) && answer.contains("nc=00000001"));
    }

    #[test]
    fn both_algorithms_answer_as_rfc_7616_says() {
        for (algorithm, response) in [
            ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
            ("md5", "8ca523f5e9506fed4657c9700eebdbec"),
            (
                "SHA-256",
                "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
            ),
            (
                "\"sha256\"",
                "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
            ),
        ] {
            let challenge = format!(
                r#"Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={algorithm}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS""#
            );
            let cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
            let answer = answer(
                &[&challenge],
                "Mufasa",
                "Circle of Life",
                "GET",
                "/dir/index.html",
                cnonce,
            );
            assert!(
                answer.contains(&format!("response=\"{response}\"")),
                "{algorithm}: {answer}"
            );
        }
    }

    /// Computed with another implementation (Python's hashlib).
    #[test]
    fn any_characters_are_signed_as_utf_8() {
        for (extra, response) in [
            (r#", qop="auth""#, "0c767e1eabfb45df769f0a39f391bd39"),
            (
                r#", qop="auth", algorithm=MD5-sess"#,
                "c3facbb649f1ee5d8de9b6c0c5f39cc1",
            ),
            (
                r#", qop="auth", algorithm=SHA-256"#,
                "dc33beade3b6db8862614ecc951ae3112ab0e702f9efac08ce8fe9f9fbb8b470",
            ),
            (
                r#", qop="auth", algorithm=SHA-256-sess"#,
                "d71bb16d9dc954017c679598fa042abe7d0bd2b2030533bf3c449eeeb5e18839",
            ),
            ("", "493d52b8deeb177e82beb24fa32f993c"),
            (
                r#", algorithm=SHA-256"#,
                "f9206038d5ac94c2152a7cfff97571839b919cfa3ffe5816d12f23c7c91db346",
            ),
        ] {
            let challenge = format!(r#"Digest realm="DVR", nonce="abc"{extra}"#);
            let answer = answer(
                &[&challenge],
                "\u{7ba1}\u{7406}\u{8005}",
                "p@ss:w/rd%#\u{65e5}\u{672c}",
                "DESCRIBE",
                "rtsp://dvr/live",
                "c0ffee",
            );
            assert!(
                answer.contains(&format!("response=\"{response}\"")),
                "{extra}: {answer}"
            );
            assert!(
                answer.starts_with("Digest username=\"\u{7ba1}\u{7406}\u{8005}\", "),
                "{answer}"
            );
            assert_eq!(
                answer.contains("algorithm=SHA-256"),
                extra.contains("SHA-256"),
                "{answer}"
            );
        }
        let basic = answer(
            &[r#"Basic realm="DVR""#],
            "\u{7ba1}\u{7406}\u{8005}",
            "p@ss:w/rd%#\u{65e5}\u{672c}",
            "DESCRIBE",
            "rtsp://dvr/live",
            "",
        );
        assert_eq!(basic, "Basic 566h55CG6ICFOnBAc3M6dy9yZCUj5pel5pys");
    }

    #[test]
    fn sloppy_challenges_are_understood() {
        for challenge in [
            r#"Digest realm="DVR", nonce="abc""#,
            r#"Digest realm="DVR" nonce="abc""#,
            r#"Digest realm="DVR"nonce="abc""#,
            r#"digest  realm = "DVR" ,nonce = "abc","#,
            r#"Digest realm=DVR,nonce=abc"#,
            r#"Digest realm="DVR", nonce="abc", algorithm="MD5""#,
            r#"Digest realm="DVR", nonce="abc", algorithm=, qop="""#,
            r#"Digest realm="DVR"; nonce="abc"; stale=FALSE"#,
            r#"Digest realm="DVR", nonce="abc", nonce="def", domain="rtsp://1.2.3.4/""#,
            r#"Digest nonce="abc", realm="DVR"#,
            r#"Basic realm="DVR", Digest realm="DVR", nonce="abc""#,
            r#"Negotiate, Digest realm="DVR", nonce="abc""#,
            r#"Digest realm="DVR", nonce="xyz", algorithm=SHA-1024, Digest realm="DVR", nonce="abc""#,
        ] {
            let answer = answer(&[challenge], "u", "p", "DESCRIBE", "rtsp://dvr/live", "c");
            assert!(
                answer.starts_with("Digest ") && answer.contains(r#"realm="DVR""#) && answer.contains(r#"nonce="abc""#),
                "{challenge}: {answer}"
            );
        }
        let several = [r#"Basic realm="a""#, r#"Digest realm="DVR", nonce="abc""#];
        assert!(
            answer(&several, "u", "p", "OPTIONS", "*", "c").starts_with("Digest "),
            "Digest hides the password"
        );
        assert!(
            answer(&["Basic"], "u", "p", "OPTIONS", "*", "c").starts_with("Basic "),
            "even without a realm"
        );
    }

    #[test]
    fn what_cannot_be_answered_is_named() {
        let error = |challenges: &[&str]| signer(challenges, "u", "p").expect_err("no answer");
        assert_eq!(error(&[]), ChallengeError::Missing);
        assert_eq!(
            error(&["Negotiate, NTLM"]),
            ChallengeError::Unsupported("Negotiate, NTLM".into())
        );
        assert_eq!(
            error(&[r#"Digest realm="x""#]),
            ChallengeError::Unsupported("Digest".into())
        );
        assert_eq!(
            error(&["Digest realm=\"\u{e9}\", nonce=\"a\""]),
            ChallengeError::Unsupported("Digest".into())
        );
    }

    #[test]
    fn staleness_and_nonces_are_read() {
        let signer = |challenge| signer(&[challenge], "u", "p").expect("a signer");
        assert!(signer(r#"Digest realm="x", nonce="n2", stale=TRUE"#).is_stale());
        assert!(signer(r#"Digest realm="x", nonce="n2", stale="true""#).is_stale());
        assert!(!signer(r#"Digest realm="x", nonce="n2", stale=false"#).is_stale());
        assert_eq!(signer(r#"Digest realm="x", nonce="n2""#).nonce(), "n2");
    }

    #[test]
    fn debug_shows_no_secret() {
        let signer = signer(&[r#"Basic realm="DVR""#], "u", "topsecret").expect("a signer");
        assert_eq!(format!("{signer:?}"), "Signer(Basic)");
    }

    proptest! {
        #[test]
        fn any_challenge_is_read_without_panic(challenge in "(Digest |Basic )?[ -~\u{e9}]{0,80}", user in "\\PC{0,8}", password in "\\PC{0,8}") {
            if let Ok(mut signer) = signer(&[&challenge], &user, &password) {
                let _ = signer.answer_with("OPTIONS", "rtsp://dvr/", "c");
            }
        }

        #[test]
        fn any_user_and_password_can_be_signed(user in "\\PC{0,16}", password in "\\PC{0,16}") {
            let digest = signer(&[r#"Digest realm="x", nonce="n""#], &user, &password).expect("a signer").answer_with("OPTIONS", "*", "c");
            prop_assert!(digest.is_some());
            prop_assert!(signer(&[r#"Basic realm="x""#], &user, &password).expect("a signer").answer_with("OPTIONS", "*", "c").is_some());
        }
    }
}
