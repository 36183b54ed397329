//! Takes user and password out of a request path, so that no file holds them in clear.

use std::ops::Range;

use percent_encoding::percent_decode_str;

use super::template::{Form, is_placeholder};
use super::{Password, Problem};

/// A path without secrets, and what stood in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Taken {
    /// With `{user}` and `{pass}`, or `{user:raw}` and `{pass:raw}`, in such a way that the recorder gets the same bytes.
    pub path: String,
    /// The user, where it was not known before.
    pub user: Option<String>,
    /// The password, where it was not known before.
    pub password: Option<Password>,
}

/// Looks for what stands behind a name that means a password, or before the host of a URL inside of the path, and for what equals
/// the password. `user` may be empty.
///
/// # Errors
/// [`Problem::TwoPasswords`] where two secrets differ, [`Problem::UnclearPassword`] where it cannot be told where one ends.
pub(super) fn take_out(path: &str, user: &str, password: Option<&Password>) -> Result<Taken, Problem> {
    let password = password.filter(|password| !password.is_empty());
    let fields = fields(path);
    let mut edits = Edits::default();
    let mut known = password.cloned();
    for secret in secrets(path, &fields)? {
        let text = &path[secret.value.clone()];
        let value = Password::new(decoded(text));
        match &known {
            None => known = Some(value.clone()),
            Some(known) if *known == value || known.expose() == text => {}
            // Such as `auth=admin:secret`, of which the known part is taken below.
            Some(known) if secret.may_hold_more && finds(text, known.expose(), user) => continue,
            Some(_) => return Err(Problem::TwoPasswords),
        }
        let known = known.as_ref().unwrap_or(&value);
        edits.add(secret.value.clone(), placeholder("pass", text, known.expose()));
    }
    let mut found_user = None;
    for field in fields.iter().filter(|field| is_user_name(&field.name)) {
        let text = &path[field.value.clone()];
        let value = decoded(text);
        let fits = value == user || user.is_empty() && known.is_some();
        if fits && found_user.as_ref().is_none_or(|found| *found == value) && is_literal(text) {
            edits.add(field.value.clone(), placeholder("user", text, &value));
            if user.is_empty() {
                found_user = Some(value);
            }
        }
    }
    if let Some(known) = &known {
        let user = found_user.as_deref().unwrap_or(user);
        for at in occurrences(path, &edits, known.expose(), user) {
            let text = &path[at.clone()];
            edits.add(at.clone(), placeholder("pass", text, known.expose()));
        }
    }
    Ok(Taken {
        path: edits.apply(path),
        user: found_user,
        password: known.filter(|_| password.is_none()),
    })
}

/// A path without its secrets, for a `Debug`.
pub(super) fn masked(path: &str, password: Option<&Password>) -> String {
    match take_out(path, "", password) {
        Ok(taken) => taken.path,
        Err(_) => "***".to_owned(),
    }
}

/// A `name=value` of a path or query.
struct NamedValue {
    /// In lower case, letters and digits alone.
    name: String,
    value: Range<usize>,
    /// The divider behind the value.
    divider: Option<u8>,
}

struct Secret {
    value: Range<usize>,
    may_hold_more: bool,
}

/// Names that mean a password, whatever stands behind them.
const PASSWORDS: &[&str] = &[
    "contrasena",
    "heslo",
    "loginpas",
    "loginpass",
    "mdp",
    "motdepasse",
    "pass",
    "passw",
    "psw",
    "pswd",
    "pw",
    "senha",
    "userpass",
    "wachtwoord",
    "パスワード",
    "密码",
];
/// Endings of such names.
const PASSWORD_ENDINGS: &[&str] = &["passphrase", "passwd", "password", "passwort", "pwd"];
/// Names that often mean a secret, but not where a word or a small number stands behind them.
const TOKENS: &[&str] = &[
    "accesskey",
    "auth",
    "authkey",
    "authorization",
    "bearer",
    "credential",
    "credentials",
    "jwt",
    "key",
    "pin",
    "secretkey",
    "sessionkey",
    "sig",
    "sign",
    "streamkey",
    "ticket",
];
const TOKEN_ENDINGS: &[&str] = &["apikey", "secret", "signature", "token"];
const USERS: &[&str] = &[
    "account",
    "login",
    "loginname",
    "loginuse",
    "loginuser",
    "u",
    "uname",
    "user",
    "userid",
    "username",
    "usr",
];
/// What stands behind a name such as `auth` without being secret.
const NO_TOKENS: &[&str] = &[
    "anonymous",
    "auto",
    "basic",
    "default",
    "digest",
    "false",
    "none",
    "null",
    "true",
];
/// The names of the Xiongmai path, whose oldest spelling divides by underscores (`user=admin_password=x_channel=1`).
const UNDERSCORED: &[&str] = &[
    "channel", "pass", "password", "pwd", "stream", "subtype", "user", "username",
];
/// Words that are in paths of their own right, also where somebody chose them as a password.
const WORDS_OF_PATHS: &[&str] = &[
    "admin",
    "audio",
    "camera",
    "channel",
    "channels",
    "h264",
    "h265",
    "live",
    "main",
    "media",
    "mjpeg",
    "mode",
    "mpeg4",
    "multicast",
    "onvif",
    "play",
    "profile",
    "realmonitor",
    "root",
    "rtsp",
    "stream",
    "streaming",
    "streams",
    "track",
    "unicast",
    "video",
];

fn is_password_name(name: &str) -> bool {
    PASSWORDS.contains(&name) || PASSWORD_ENDINGS.iter().any(|ending| name.ends_with(ending))
}

fn is_token_name(name: &str) -> bool {
    TOKENS.contains(&name) || TOKEN_ENDINGS.iter().any(|ending| name.ends_with(ending))
}

fn is_user_name(name: &str) -> bool {
    USERS.contains(&name)
}

/// The literal values that are secret by their place, passwords first.
fn secrets(path: &str, fields: &[NamedValue]) -> Result<Vec<Secret>, Problem> {
    // `p` means many things, but a password beside a user.
    let has_user = fields.iter().any(|field| is_user_name(&field.name));
    let (mut passwords, mut tokens) = (Vec::new(), Vec::new());
    for field in fields {
        let value = &path[field.value.clone()];
        let is_password = is_password_name(&field.name) || field.name == "p" && has_user;
        let is_token = is_token_name(&field.name)
            && decoded(value).chars().count() > 3
            && !NO_TOKENS.contains(&value.to_ascii_lowercase().as_str());
        if !is_literal(value) || !is_password && !is_token {
            continue;
        }
        if is_cut_off(path, field) {
            return Err(Problem::UnclearPassword);
        }
        let list = if is_password { &mut passwords } else { &mut tokens };
        list.push(Secret {
            value: field.value.clone(),
            may_hold_more: !is_password,
        });
    }
    passwords.extend(passwords_of_inner_urls(path).map(|value| Secret {
        value,
        may_hold_more: false,
    }));
    passwords.append(&mut tokens);
    Ok(passwords)
}

/// A value before the query that ends with a `/` or `?`, while more follows as if that had been a part of it: `password=a/b&channel=1`.
fn is_cut_off(path: &str, field: &NamedValue) -> bool {
    let rest = &path[field.value.end..];
    match field.divider {
        Some(b'/') => rest.split('?').next().unwrap_or_default().contains('&'),
        Some(b'?') => {
            let (first, more) = rest[1..]
                .split_once('&')
                .map_or((&rest[1..], false), |(first, _)| (first, true));
            more && !first.contains('=')
        }
        _ => false,
    }
}

/// The passwords in `rtsp://user:password@host` and the like inside of a path, as relays have them.
fn passwords_of_inner_urls(path: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    path.match_indices("://").filter_map(move |(at, divider)| {
        let start = at + divider.len();
        let authority = path[start..].split(['/', '?', '&']).next()?;
        let (userinfo, _host) = authority.rsplit_once('@')?;
        let (user, password) = userinfo.split_once(':')?;
        let from = start + user.len() + 1;
        (!password.is_empty() && is_literal(password)).then_some(from..from + password.len())
    })
}

fn fields(path: &str) -> Vec<NamedValue> {
    let query = path.find('?').unwrap_or(path.len());
    let divides = |at: usize, byte: u8| match byte {
        b'&' | b';' => true,
        b'?' => at == query,
        b'/' => at < query,
        _ => false,
    };
    let mut fields = Vec::new();
    let mut start = 0;
    for (at, byte) in path.bytes().map(Some).chain([None]).enumerate() {
        if byte.is_none_or(|byte| divides(at, byte)) {
            split_field(path, start..at, byte, &mut fields);
            start = at + 1;
        }
    }
    fields
}

/// One part between dividers: `name=value`, or several of them joined by underscores.
fn split_field(path: &str, part: Range<usize>, divider: Option<u8>, fields: &mut Vec<NamedValue>) {
    let mut start = part.start;
    while let Some(equals) = path[start..part.end].find('=') {
        let name = &path[start..start + equals];
        let value = start + equals + 1;
        let next = path[value..part.end].match_indices('_').find_map(|(at, _)| {
            let (name, _) = path[value + at + 1..part.end].split_once('=')?;
            let is_name = UNDERSCORED.iter().any(|known| name.eq_ignore_ascii_case(known));
            is_name.then_some(value + at)
        });
        fields.push(NamedValue {
            name: decoded(name)
                .chars()
                .filter(|c| c.is_alphanumeric())
                .flat_map(char::to_lowercase)
                .collect(),
            value: value..next.unwrap_or(part.end),
            divider: if next.is_some() { Some(b'_') } else { divider },
        });
        let Some(next) = next else { return };
        start = next + 1;
    }
}

/// Neither empty nor with a placeholder of ours.
fn is_literal(value: &str) -> bool {
    let mut rest = value;
    while let Some(open) = rest.find('{') {
        let Some(length) = rest[open..].find('}') else { break };
        if is_placeholder(&rest[open..=open + length]) {
            return false;
        }
        rest = &rest[open + 1..];
    }
    !value.is_empty()
}

/// What gives the recorder the bytes that stood there: encoded, or as they are.
fn placeholder(what: &str, stood_there: &str, value: &str) -> String {
    let encoded = Form::Encoded.written(value).eq_ignore_ascii_case(stood_there);
    if !encoded && Form::Raw.written(value) == Form::Raw.written(stood_there) {
        format!("{{{what}:raw}}")
    } else {
        format!("{{{what}}}")
    }
}

pub(super) fn decoded(text: &str) -> String {
    match percent_decode_str(text).decode_utf8() {
        Ok(decoded) if !decoded.chars().any(char::is_control) => decoded.into_owned(),
        _ => text.to_owned(),
    }
}

fn finds(text: &str, password: &str, user: &str) -> bool {
    !occurrences(text, &Edits::default(), password, user).is_empty()
}

/// Where the password stands in a path, encoded in whatever way, as a whole word; one that no word or number is like also
/// in the middle of others. Not looked for where it is a word of paths, or so short that it stands there by chance.
fn occurrences(path: &str, taken: &Edits, password: &str, user: &str) -> Vec<Range<usize>> {
    let length = password.chars().count();
    let folded = password.to_lowercase();
    let is_word = WORDS_OF_PATHS.contains(&folded.as_str())
        || is_password_name(&folded)
        || is_token_name(&folded)
        || is_user_name(&folded);
    if length < 4 || is_word || password == user {
        return Vec::new();
    }
    let has = |kind: fn(char) -> bool| password.chars().any(kind);
    let letters_alone = !has(|c| !c.is_alphabetic());
    let digits_alone = !has(|c| !c.is_ascii_digit());
    let anywhere = length >= 8 || length >= 6 && !letters_alone && !digits_alone;
    let mut found: Vec<Range<usize>> = Vec::new();
    for decode in [true, false] {
        let bytes = bytes_of(path, taken, decode);
        let wordlike = |at: Option<usize>| {
            at.and_then(|at| bytes.get(at))
                .is_some_and(|(byte, _)| byte.is_ascii_alphanumeric() || *byte >= 0x80)
        };
        let mut from = 0;
        while from + password.len() <= bytes.len() {
            let end = from + password.len();
            let matches = bytes[from..end].iter().map(|(byte, _)| *byte).eq(password.bytes());
            let whole = !wordlike(from.checked_sub(1)) && !wordlike(Some(end));
            let range = bytes[from].1.start..bytes[end - 1].1.end;
            if matches
                && (anywhere || whole)
                && found
                    .iter()
                    .all(|other| other.end <= range.start || range.end <= other.start)
            {
                found.push(range);
                from = end;
            } else {
                from += 1;
            }
        }
    }
    found
}

/// The bytes of a path, each with the place that it has there; 0, which no password holds, where a placeholder is or will be.
fn bytes_of(path: &str, taken: &Edits, decode: bool) -> Vec<(u8, Range<usize>)> {
    let source = path.as_bytes();
    let mut bytes = Vec::with_capacity(source.len());
    let mut at = 0;
    while at < source.len() {
        let placeholder = (source[at] == b'{')
            .then(|| path[at..].find('}').map(|length| at + length + 1))
            .flatten()
            .filter(|end| is_placeholder(&path[at..*end]));
        let encoded = source
            .get(at + 1..at + 3)
            .filter(|_| decode && source[at] == b'%')
            .and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        let (byte, end) = match (taken.end_of(at).or(placeholder), encoded) {
            (Some(end), _) => (0, end),
            (None, Some(byte)) => (byte, at + 3),
            (None, None) => (source[at], at + 1),
        };
        bytes.push((byte, at..end));
        at = end;
    }
    bytes
}

/// Replacements in one text that do not overlap.
#[derive(Default)]
struct Edits(Vec<(Range<usize>, String)>);

impl Edits {
    /// One that overlaps an earlier one is left out.
    fn add(&mut self, at: Range<usize>, text: String) {
        if self
            .0
            .iter()
            .all(|(other, _)| other.end <= at.start || at.end <= other.start)
        {
            self.0.push((at, text));
        }
    }

    /// Where the replacement that begins here ends.
    fn end_of(&self, start: usize) -> Option<usize> {
        self.0.iter().find(|(at, _)| at.start == start).map(|(at, _)| at.end)
    }

    fn apply(mut self, text: &str) -> String {
        self.0.sort_by_key(|(at, _)| at.start);
        let mut result = String::with_capacity(text.len());
        let mut from = 0;
        for (at, new) in self.0 {
            result.push_str(&text[from..at.start]);
            result.push_str(&new);
            from = at.end;
        }
        result.push_str(&text[from..]);
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(path: &str, user: &str, password: &str) -> (String, Option<String>, Option<String>) {
        let taken =
            take_out(path, user, Some(&Password::new(password))).unwrap_or_else(|problem| panic!("{path}: {problem}"));
        let found = taken.password.map(|password| password.expose().to_owned());
        (taken.path, taken.user, found)
    }

    #[track_caller]
    fn found(path: &str, left: &str, user: &str, password: &str) {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        assert_eq!(
            taken(path, "", ""),
            (left.to_owned(), some(user), some(password)),
            "{path}"
        );
    }

    #[track_caller]
    fn equal(path: &str, password: &str, left: &str) {
        assert_eq!(taken(path, "admin", password), (left.to_owned(), None, None), "{path}");
    }

    #[test]
    fn what_stands_behind_a_name_that_means_a_password_is_taken() {
        found("/x?u=joe&p=s3cret", "/x?u={user}&p={pass}", "joe", "s3cret");
        found(
            "/h264?username=joe&password=s3cret",
            "/h264?username={user}&password={pass}",
            "joe",
            "s3cret",
        );
        found(
            "/av0_0&user=joe&passwd=s3cret",
            "/av0_0&user={user}&passwd={pass}",
            "joe",
            "s3cret",
        );
        found(
            "/cgi-bin/video.cgi?loginuse=joe&loginpas=s3cret",
            "/cgi-bin/video.cgi?loginuse={user}&loginpas={pass}",
            "joe",
            "s3cret",
        );
        found(
            "/user=joe_password=tlJwpbo6_channel=1_stream=0.sdp?real_stream",
            "/user={user}_password={pass}_channel=1_stream=0.sdp?real_stream",
            "joe",
            "tlJwpbo6",
        );
        found("/live?access_token=abcd", "/live?access_token={pass}", "", "abcd");
        found("/live?Auth-Key=abcd;x=1", "/live?Auth-Key={pass};x=1", "", "abcd");
        found("/live/pwd=ab%26cd/1", "/live/pwd={pass}/1", "", "ab&cd");
        found("/live?pwd=a@b:c", "/live?pwd={pass:raw}", "", "a@b:c");
        found("/live?pass%77ord=abcd", "/live?pass%77ord={pass}", "", "abcd");
        found("/live?password={abc}", "/live?password={pass:raw}", "", "{abc}");
        found(
            "/relay/rtsp://joe:s3cret@10.0.0.1/x",
            "/relay/rtsp://joe:{pass}@10.0.0.1/x",
            "",
            "s3cret",
        );
    }

    #[test]
    fn what_means_no_password_stays() {
        for path in [
            "/compass=north",
            "/x?password={pass}&user={user}",
            "/x?password=&user=joe",
            "/x?p=2&profile=1",
            "/x?key=1&auth=basic&keyframe=yes",
            "/Streaming/Channels/101?transportmode=unicast",
            "/cam/realmonitor?channel=1&subtype=0",
        ] {
            found(path, path, "", "");
        }
    }

    #[test]
    fn what_equals_the_password_is_taken_with_sense() {
        equal("/live/s3cret/ch1", "s3cret", "/live/{pass}/ch1");
        equal("/live/s%33cret/ch1", "s3cret", "/live/{pass}/ch1");
        equal("/live/a%26b%2f", "a&b/", "/live/{pass}");
        equal("/live/12345/12345", "12345", "/live/{pass}/{pass}");
        equal("/live/admin:s3cret@x", "s3cret", "/live/admin:{pass}@x");
        equal("/x_s3cret7_y", "s3cret7", "/x_{pass}_y");
        equal("/?auth=admin:s3cret", "s3cret", "/?auth=admin:{pass}");
        // Nothing tells that these are meant.
        for (path, password) in [
            ("/live1", "live"),
            ("/live/1", "live"),
            ("/ch1/1?channel=1", "1"),
            ("/cameras/gate", "came"),
            ("/admin/x", "admin"),
            ("/{pass}/{user}", "pass"),
            ("/{ch*100+s}", "ch*100+s"),
            ("/123456", "12345"),
        ] {
            equal(path, password, path);
        }
    }

    #[test]
    fn two_secrets_and_one_without_an_end_are_asked_about() {
        let problem = |path: &str, password: &str| take_out(path, "admin", Some(&Password::new(password))).unwrap_err();
        assert_eq!(problem("/x?token=abcd", "s3cret"), Problem::TwoPasswords);
        assert_eq!(problem("/x?password=abcd&token=efgh", ""), Problem::TwoPasswords);
        assert_eq!(
            problem("/user=a&password=se/cret&channel=1", ""),
            Problem::UnclearPassword
        );
        assert_eq!(
            problem("/user=a&password=se?cret&channel=1", ""),
            Problem::UnclearPassword
        );
    }
}
