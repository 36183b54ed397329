//! The server's side of Basic and Digest (RFC 7617, RFC 7616), computed here and not by the crate that the client uses.

use std::collections::BTreeSet;
use std::sync::Mutex;

use md5::{Digest, Md5};
use sha2::Sha256;

use super::Request;
use super::script::{Auth, Script};

/// One connection's sign-in: the nonce that counts now.
pub struct Gate {
    auth: Auth,
    user: String,
    password: String,
    realm: &'static [u8],
    nonce: u64,
    good: u32,
}

/// Counts of nonces that were used, over all connections.
pub type Counts = Mutex<BTreeSet<String>>;

impl Gate {
    pub fn new(script: &Script, seed: u64) -> Self {
        Self {
            auth: script.auth,
            user: script.user.clone(),
            password: script.password.clone(),
            realm: script.realm,
            nonce: if script.auth == Auth::DigestCloses {
                0x5eed
            } else {
                seed
            },
            good: 0,
        }
    }

    /// Whether it closes the connection after a 401.
    pub fn closes(&self) -> bool {
        matches!(
            self.auth,
            Auth::DigestCloses | Auth::BasicCloses | Auth::AlwaysStaleCloses
        )
    }

    /// `Ok`: let in. `Err`: the `WWW-Authenticate` values to refuse with.
    pub fn check(&mut self, request: &Request, counts: &Counts) -> Result<(), Vec<Vec<u8>>> {
        if self.auth == Auth::None {
            return Ok(());
        }
        let (method, uri) = (&request.method, &request.uri);
        let authorization = self.authorization(request);
        if !authorization
            .as_deref()
            .is_some_and(|value| self.good(method, uri, value))
        {
            if matches!(self.auth, Auth::AlwaysStale | Auth::AlwaysStaleCloses) {
                self.nonce += 1;
                return Err(self.challenges(true));
            }
            return Err(self.challenges(false));
        }
        let count = authorization.as_deref().and_then(|value| parameter(value, "nc"));
        if self.auth == Auth::DigestCloses && !count.is_some_and(|count| counts.lock().expect("counts").insert(count)) {
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

    /// The value of the header, with an `x` for the realm where it is echoed byte by byte as it was sent.
    fn authorization(&self, request: &Request) -> Option<String> {
        let value = request.header("Authorization")?.to_owned();
        let realm = [b"realm=\"", self.realm, b"\", "].concat();
        let Some(at) = request.head.windows(realm.len()).position(|part| part == realm) else {
            return Some(value);
        };
        let end = at + realm.len();
        let head = [&request.head[..at], b"realm=\"x\", ", &request.head[end..]].concat();
        let head = String::from_utf8_lossy(&head).into_owned();
        let mut lines = head.lines();
        lines.find_map(|line| Some(line.strip_prefix("Authorization: ")?.to_owned()))
    }

    fn challenges(&self, stale: bool) -> Vec<Vec<u8>> {
        let digest = |rest: &str| {
            let nonce = format!("\", nonce=\"{}\"{rest}", self.nonce());
            [b"Digest realm=\"", self.realm, nonce.as_bytes()].concat()
        };
        match self.auth {
            Auth::None => Vec::new(),
            Auth::Basic | Auth::BasicCloses => vec![b"Basic realm=\"DVR\"".to_vec()],
            Auth::DigestPlain => vec![digest("")],
            Auth::DigestMd5 | Auth::DigestCloses => vec![digest(", algorithm=MD5, qop=\"auth\"")],
            Auth::DigestSha256 => vec![digest(", algorithm=SHA-256, qop=\"auth\"")],
            Auth::DigestAndBasic => vec![
                digest(", algorithm=\"MD5\", qop=\"auth,auth-int\""),
                b"Basic realm=\"DVR\"".to_vec(),
            ],
            Auth::DigestStale | Auth::AlwaysStale | Auth::AlwaysStaleCloses => {
                vec![digest(&format!(", stale={stale}, algorithm=MD5"))]
            }
        }
    }

    fn good(&self, method: &str, uri: &str, value: &str) -> bool {
        let (scheme, rest) = value.split_once(' ').unwrap_or((value, ""));
        match self.auth {
            Auth::None => true,
            Auth::Basic | Auth::BasicCloses => {
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
        let user = get("username");
        if get("realm") != "x" {
            return false;
        }
        let secret = [user.as_bytes(), b":", self.realm, b":", self.password.as_bytes()].concat();
        let outer = hex(&H::digest(secret));
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

pub fn base64(bytes: &[u8]) -> String {
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
        realm: b"DVR",
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
