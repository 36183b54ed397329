//! The server's side of Basic and Digest (RFC 7617, RFC 7616), computed here and not by the crate that the client uses.

use md5::{Digest, Md5};
use sha2::Sha256;

use super::script::{Auth, Script};

/// One connection's sign-in: the nonce that counts now.
pub struct Gate {
    auth: Auth,
    user: String,
    password: String,
    nonce: u64,
    good: u32,
}

impl Gate {
    pub fn new(script: &Script, seed: u64) -> Self {
        Self {
            auth: script.auth,
            user: script.user.clone(),
            password: script.password.clone(),
            nonce: seed,
            good: 0,
        }
    }

    /// `Ok`: let in. `Err`: the `WWW-Authenticate` values to refuse with.
    pub fn check(&mut self, method: &str, uri: &str, authorization: Option<&str>) -> Result<(), Vec<String>> {
        if self.auth == Auth::None {
            return Ok(());
        }
        if !authorization.is_some_and(|value| self.good(method, uri, value)) {
            return Err(self.challenges(false));
        }
        self.good += 1;
        if self.auth == Auth::DigestStale && self.good == 2 {
            self.nonce += 1;
            return Err(self.challenges(true));
        }
        Ok(())
    }

    fn nonce(&self) -> String {
        format!("{:032x}", self.nonce)
    }

    fn challenges(&self, stale: bool) -> Vec<String> {
        let digest = |rest: &str| format!("Digest realm=\"DVR, 4\", nonce=\"{}\"{rest}", self.nonce());
        match self.auth {
            Auth::None => Vec::new(),
            Auth::Basic => vec!["Basic realm=\"DVR\"".to_owned()],
            Auth::DigestPlain => vec![digest("")],
            Auth::DigestMd5 => vec![digest(", algorithm=MD5, qop=\"auth\"")],
            Auth::DigestSha256 => vec![digest(", algorithm=SHA-256, qop=\"auth\"")],
            Auth::DigestAndBasic => vec![
                digest(", algorithm=\"MD5\", qop=\"auth,auth-int\""),
                "Basic realm=\"DVR\"".to_owned(),
            ],
            Auth::DigestStale => vec![digest(&format!(", stale={stale}, algorithm=MD5"))],
        }
    }

    fn good(&self, method: &str, uri: &str, value: &str) -> bool {
        let (scheme, rest) = value.split_once(' ').unwrap_or((value, ""));
        match self.auth {
            Auth::None => true,
            Auth::Basic => {
                scheme.eq_ignore_ascii_case("Basic")
                    && rest.trim() == base64(format!("{}:{}", self.user, self.password).as_bytes())
            }
            Auth::DigestSha256 => scheme == "Digest" && self.good_digest::<Sha256>(method, uri, rest),
            _ => scheme == "Digest" && self.good_digest::<Md5>(method, uri, rest),
        }
    }

    fn good_digest<H: Digest>(&self, method: &str, uri: &str, parameters: &str) -> bool {
        let hash = |text: String| hex(&H::digest(text.as_bytes()));
        let get = |name: &str| parameter(parameters, name).unwrap_or_default();
        let (user, realm) = (get("username"), get("realm"));
        let outer = hash(format!("{user}:{realm}:{}", self.password));
        let inner = hash(format!("{method}:{uri}"));
        let expected = match parameter(parameters, "qop").as_deref() {
            Some("auth") => hash(format!(
                "{outer}:{}:{}:{}:auth:{inner}",
                self.nonce(),
                get("nc"),
                get("cnonce")
            )),
            Some(_) => return false,
            None => hash(format!("{outer}:{}:{inner}", self.nonce())),
        };
        user == self.user && get("uri") == uri && get("nonce") == self.nonce() && get("response") == expected
    }
}

/// The value of `name` in `a="b, \"c\"", d=e`.
fn parameter(text: &str, name: &str) -> Option<String> {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', ',']);
        let (key, after) = rest.split_once('=')?;
        let value;
        if let Some(quoted) = after.strip_prefix('"') {
            let mut out = String::new();
            let mut chars = quoted.char_indices();
            let end = loop {
                match chars.next()? {
                    (at, '"') => break at + 1,
                    (_, '\\') => out.push(chars.next()?.1),
                    (_, c) => out.push(c),
                }
            };
            value = out;
            rest = &quoted[end..];
        } else {
            let end = after.find(',').unwrap_or(after.len());
            value = after[..end].trim().to_owned();
            rest = &after[end..];
        }
        if key.trim().eq_ignore_ascii_case(name) {
            return Some(value);
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let letter = LETTERS[(word >> (18 - 6 * place)) as usize & 63];
            out.push(if place > chunk.len() { '=' } else { char::from(letter) });
        }
    }
    out
}

#[test]
fn known_values() {
    assert_eq!(base64(b"admin:secret"), "YWRtaW46c2VjcmV0");
    assert_eq!(base64(b"ab"), "YWI=");
    let gate = Gate {
        auth: Auth::DigestMd5,
        user: "Mufasa".to_owned(),
        password: "Circle Of Life".to_owned(),
        nonce: 0,
        good: 0,
    };
    // RFC 2069's formula with the nonce of this gate, computed with md5sum.
    let hash = |text: &str| hex(&Md5::digest(text.as_bytes()));
    assert_eq!(hash(""), "d41d8cd98f00b204e9800998ecf8427e");
    assert!(!gate.good("DESCRIBE", "rtsp://a/", "Digest username=\"Mufasa\", response=\"0\""));
    assert_eq!(parameter("a=\"b, \\\"c\\\"\", d=e", "a").as_deref(), Some("b, \"c\""));
    assert_eq!(parameter("a=\"b\",d=e", "d").as_deref(), Some("e"));
}
