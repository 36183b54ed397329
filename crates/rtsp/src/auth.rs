//! Answers challenges (RFC 7617, RFC 7616, RFC 2617, RFC 2069), and keeps one for the next connection.

mod challenge;
mod digest;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use self::digest::Digest;
use super::{Head, Quirk, Quirks, text};
use device::Credentials;

/// What a device wants for a sign-in. It holds no password. Copies of it share the count of their nonce.
#[derive(Clone)]
pub struct Challenge {
    scheme: Scheme,
    /// So many answers in a row were refused before it came.
    refused: u8,
}

#[derive(Clone)]
enum Scheme {
    Basic,
    Digest(Box<Digest>),
}

/// Answers one challenge.
pub(super) struct Signer {
    credentials: Credentials,
    challenge: Challenge,
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
    #[error("the password is not sent by Basic to what may be another device")]
    Basic,
}

impl Challenge {
    /// Whether its answer holds the password in the clear.
    #[must_use]
    pub fn is_basic(&self) -> bool {
        matches!(self.scheme, Scheme::Basic)
    }

    /// Chooses from the challenges of a reply: the strongest Digest that can be answered, or else Basic where `may_basic`.
    fn choose(head: &Head, may_basic: bool, quirks: &mut Quirks) -> Result<Self, ChallengeError> {
        Self::among(head.all("WWW-Authenticate"), may_basic, quirks)
    }

    /// Chooses among the values of `WWW-Authenticate` of an HTTP answer, as they came: the strongest Digest, or else Basic where
    /// `may_basic`. `None` where nothing that is offered can be answered.
    pub fn of_http<'v>(values: impl IntoIterator<Item = &'v [u8]>, may_basic: bool) -> Option<Self> {
        let values: Vec<_> = values.into_iter().map(text::decode).collect();
        let values = values.iter().map(AsRef::as_ref);
        Self::among(values, may_basic, &mut Quirks::default()).ok()
    }

    fn among<'v>(
        values: impl Iterator<Item = &'v str>,
        may_basic: bool,
        quirks: &mut Quirks,
    ) -> Result<Self, ChallengeError> {
        let (mut best, mut basic) = (None::<Digest>, false);
        let mut refused = Vec::new();
        for header in values {
            if !challenge::is_clean(header) {
                quirks.insert(Quirk::UncleanChallenge);
            }
            for offer in challenge::read(header) {
                let is = |scheme: &str| offer.scheme.eq_ignore_ascii_case(scheme);
                match Digest::new(&offer).filter(|_| is("Digest")) {
                    // Of equals the first counts.
                    Some(digest) if best.as_ref().is_none_or(|best| digest.algorithm > best.algorithm) => {
                        best = Some(digest);
                    }
                    Some(_) => {}
                    None if is("Basic") => basic = true,
                    None => refused.push(offer.scheme),
                }
            }
        }
        let scheme = match best {
            Some(digest) => Scheme::Digest(Box::new(digest)),
            None if basic && may_basic => Scheme::Basic,
            None if basic => return Err(ChallengeError::Basic),
            None if refused.is_empty() => return Err(ChallengeError::Missing),
            None => return Err(ChallengeError::Unsupported(refused.join(", "))),
        };
        Ok(Self { scheme, refused: 0 })
    }

    /// The value of `Authorization` for one HTTP request, in the bytes of the device.
    pub fn answer_http(
        &self,
        credentials: &Credentials,
        (method, uri, body): (&str, &str, &[u8]),
        nonces: &mut fastrand::Rng,
    ) -> Vec<u8> {
        let cnonce = format!("{:016x}{:016x}", nonces.u64(..), nonces.u64(..));
        text::encode(&self.answer(credentials, (method, uri, body), &cnonce))
    }

    fn answer(&self, credentials: &Credentials, request: (&str, &str, &[u8]), cnonce: &str) -> String {
        match &self.scheme {
            Scheme::Basic => basic(credentials),
            Scheme::Digest(digest) => digest.answer(credentials, request, cnonce),
        }
    }

    /// The nonce, by which one challenge differs from the next; empty for Basic.
    pub fn nonce(&self) -> &str {
        match &self.scheme {
            Scheme::Basic => "",
            Scheme::Digest(digest) => digest.nonce(),
        }
    }

    /// Whether the device says that only the nonce was too old (RFC 7616 §3.3).
    pub fn is_stale(&self) -> bool {
        matches!(&self.scheme, Scheme::Digest(digest) if digest.stale)
    }

    /// How many answers in a row were refused before it came: the more, the less is another refusal a matter of its age.
    pub(super) fn refused(&self) -> u8 {
        self.refused
    }

    /// An answer to it was accepted.
    pub(super) fn is_accepted(&mut self) {
        self.refused = 0;
    }
}

impl Signer {
    /// Answers the best of the challenges of a reply.
    pub fn new(
        head: &Head,
        credentials: &Credentials,
        may_basic: bool,
        quirks: &mut Quirks,
    ) -> Result<Self, ChallengeError> {
        let challenge = Challenge::choose(head, may_basic, quirks)?;
        Ok(Self::of(challenge, credentials))
    }

    pub fn of(challenge: Challenge, credentials: &Credentials) -> Self {
        let credentials = credentials.clone();
        Self { credentials, challenge }
    }

    pub fn challenge(&self) -> &Challenge {
        &self.challenge
    }

    /// Answers a challenge that came after so many answers in a row were refused.
    pub fn after_refusals(mut self, refused: u8) -> Self {
        self.challenge.refused = refused;
        self
    }

    /// The value of `Authorization` for one request, whose body is empty.
    pub fn answer(&self, method: &str, uri: &str, nonces: &mut fastrand::Rng) -> String {
        self.answer_with(method, uri, &format!("{:016x}{:016x}", nonces.u64(..), nonces.u64(..)))
    }

    fn answer_with(&self, method: &str, uri: &str, cnonce: &str) -> String {
        self.challenge.answer(&self.credentials, (method, uri, b""), cnonce)
    }

    pub fn nonce(&self) -> &str {
        self.challenge.nonce()
    }

    pub fn is_stale(&self) -> bool {
        self.challenge.is_stale()
    }
}

/// The value of `Authorization` by Basic (RFC 7617), in UTF-8.
pub(super) fn basic(credentials: &Credentials) -> String {
    let pair = format!("{}:{}", credentials.user, credentials.password.expose());
    format!("Basic {}", STANDARD.encode(pair))
}

impl fmt::Debug for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.scheme {
            Scheme::Basic => "Challenge(Basic)",
            Scheme::Digest(_) => "Challenge(Digest)",
        })
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.challenge.scheme {
            Scheme::Basic => "Signer(Basic)",
            Scheme::Digest(_) => "Signer(Digest)",
        })
    }
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

    /// RFC 7616 §3.9.2 as corrected by erratum 4897.
    #[test]
    fn a_hidden_user_and_sha_512_256_answer_as_rfc_7616_says() {
        let challenge = r#"Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS", charset=UTF-8, userhash=true"#;
        let cnonce = "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v";
        let answer = answer(
            &[challenge],
            "J\u{e4}s\u{f8}n Doe",
            "Secret, or not?",
            "GET",
            "/doe.json",
            cnonce,
        );
        for part in [
            r#"username="793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b", userhash=true"#,
            r#"response="3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5""#,
            "algorithm=SHA-512-256",
        ] {
            assert!(answer.contains(part), "{answer}");
        }
    }

    /// Computed with another implementation (Python's hashlib).
    #[test]
    fn a_realm_in_any_bytes_is_hashed_and_echoed_as_it_came() {
        let rows: [(&[u8], &str); 5] = [
            (
                "\u{9332}\u{753b}\u{6a5f}".as_bytes(),
                "45581211693b234fb02b988ffed0e744",
            ),
            // The same and one more that ends in a backslash, in Shift_JIS.
            (b"\x98\x5e\x89\xe6\x8b\x40", "b6184e513a7a9181db6ef50407627bf7"),
            (b"\x83\x5c", "2ac6aea8166a10ccba76373de9ad9110"),
            (b"G\xe9n\xe9rique", "ef728af492113cefa72ac974e7dce30a"),
            (b"a \\\"b\\\"", "02badd46fdbb50b3a20e878f3487fc5a"),
        ];
        for (realm, response) in rows {
            let head = [
                b"RTSP/1.0 401 No\r\nWWW-Authenticate: Digest realm=\"",
                realm,
                b"\", nonce=\"abc\"\r\n\r\n",
            ]
            .concat();
            let (head, _) = parse_head(&head).expect("a head");
            let credentials = Credentials {
                user: "u".into(),
                password: Password::new("p"),
            };
            let signer = Signer::new(&head, &credentials, true, &mut Quirks::default());
            let answer = text::encode(
                &signer
                    .expect("a signer")
                    .answer_with("DESCRIBE", "rtsp://dvr/live", "c"),
            );
            let echo = [b"realm=\"", realm, b"\", "].concat();
            let shown = String::from_utf8_lossy(&answer);
            assert!(answer.windows(echo.len()).any(|part| part == echo), "{shown}");
            assert!(shown.contains(&format!("response=\"{response}\"")), "{shown}");
        }
    }

    #[test]
    fn the_strongest_of_several_challenges_is_answered() {
        let md5 = r#"Digest realm="a", nonce="1", algorithm=MD5"#;
        let sha256 = r#"Digest realm="a", nonce="2", algorithm=SHA-256"#;
        let sha512 = r#"Digest realm="a", nonce="3", algorithm=SHA-512-256"#;
        let unknown = r#"Digest realm="a", nonce="4", algorithm=SHA3"#;
        let one = format!("Basic realm=\"a\", {md5}, {sha256}");
        for (challenges, nonce) in [
            (&[md5, sha256, sha512, unknown][..], "3"),
            (&[unknown, "Basic realm=\"a\"", md5], "1"),
            (&[one.as_str()], "2"),
            (&[md5, &md5.replace('1', "9")], "1"),
        ] {
            assert_eq!(
                signer(challenges, "u", "p").expect("a signer").nonce(),
                nonce,
                "{challenges:?}"
            );
        }
    }

    #[test]
    fn integrity_alone_is_answered_for_requests_without_a_body() {
        let challenge = r#"Digest realm="DVR", nonce="abc", qop="auth-int""#;
        let answer = answer(&[challenge], "u", "p", "DESCRIBE", "rtsp://dvr/live", "c");
        assert!(
            answer.contains("qop=auth-int") && answer.contains("response=\"df5a7868e856b1efd7e179488bcd08c6\""),
            "{answer}"
        );
    }

    #[test]
    fn a_nonce_is_never_used_twice_with_the_same_count() {
        let first = signer(&[r#"Digest realm="DVR", nonce="abc", qop="auth""#], "u", "p").expect("a signer");
        let second = Signer::of(first.challenge().clone(), &first.credentials);
        let counts: Vec<String> = [&first, &second, &first, &second]
            .iter()
            .map(|signer| signer.answer_with("OPTIONS", "*", "c"))
            .collect();
        for (count, answer) in (1..).zip(&counts) {
            assert!(answer.contains(&format!("nc={count:08x}")), "{answer}");
        }
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
            error(&[
                r#"Digest realm="x", nonce="n", algorithm=SHA-1024"#,
                r#"Digest realm="x", nonce="n", qop="x""#
            ]),
            ChallengeError::Unsupported("Digest, Digest".into())
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
            if let Ok(signer) = signer(&[&challenge], &user, &password) {
                let _ = signer.answer_with("OPTIONS", "rtsp://dvr/", "c");
            }
        }

        #[test]
        fn any_user_and_password_can_be_signed(user in "\\PC{0,16}", password in "\\PC{0,16}") {
            let digest = signer(&[r#"Digest realm="x", nonce="n""#], &user, &password).expect("a signer").answer_with("OPTIONS", "*", "c");
            prop_assert!(digest.ends_with('"') && !digest.chars().any(char::is_control));
            let basic = signer(&[r#"Basic realm="x""#], &user, &password).expect("a signer").answer_with("OPTIONS", "*", "c");
            prop_assert!(basic.is_ascii());
        }
    }
}
