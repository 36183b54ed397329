//! Reads an RTSP URL as people paste it: encoded as RFC 3986 wants it, or raw with `@`, `:`, `/`, `%`, `#` in the password.
//!
//! Where it could be read in two ways:
//! - The credentials end where RFC 3986 §3.2 ends them (the last `@` before the first `/`, `?` or `#`) if an IP address follows.
//!   Else they end at the last `@` of the whole text that a host, a port or nothing, and then `/`, `?` or the end follow.
//!   So beside a host *name*, an `@` in the path is written `%40`.
//! - User and password are divided by the first `:`.
//! - They are percent-decoded, unless they hold a character that encoding would have removed (`@ / ? # [ ]`, a space, a
//!   non-ASCII letter, a `%` without two hexadecimal digits) or decode to no UTF-8: then they are taken as they stand.

use percent_encoding::percent_decode_str;

use super::{Carrier, Host, Password, Problem};

/// The parts of an RTSP URL.
#[derive(Debug)]
pub(super) struct Url {
    pub carrier: Carrier,
    pub user: String,
    pub password: Option<Password>,
    pub host: Host,
    pub port: u16,
    /// With query, as a template: credentials that stood in it are `{user}` and `{pass}`.
    pub path: String,
}

pub(super) fn parse(text: &str) -> Result<Url, Problem> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Problem::Empty);
    }
    if text.len() > MAX_LEN {
        return Err(Problem::TooLong { max: MAX_LEN });
    }
    if text.chars().any(char::is_control) {
        return Err(Problem::ControlCharacter);
    }
    let (scheme, rest) = text.split_once("://").ok_or(Problem::BadUrl)?;
    let carrier = match scheme.to_ascii_lowercase().as_str() {
        "rtsp" => Carrier::Rtsp,
        "rtsps" => Carrier::Rtsps,
        _ => return Err(Problem::BadUrl),
    };
    let (userinfo, rest) = match end_of_credentials(rest) {
        Some(at) => (Some(&rest[..at]), &rest[at + 1..]),
        None => (None, rest),
    };
    let (authority, path) = rest.split_at(end_of_authority(rest));
    let (host, port) = host_and_port(authority)?;
    let (user, password) = userinfo.map(credentials).unwrap_or_default();
    let path = if path.starts_with('/') {
        path.to_owned()
    } else {
        format!("/{path}")
    };
    let mut url = Url {
        carrier,
        user,
        password,
        host,
        port: port.unwrap_or(carrier.default_port()),
        path,
    };
    take_credentials_out_of_path(&mut url)?;
    Ok(url)
}

/// The password that stands in clear in a path such as `/user=admin&password=secret&channel=1`, as a byte range.
pub(super) fn password_in_path(path: &str) -> Option<std::ops::Range<usize>> {
    value_of(path, &["password=", "passwd=", "pass=", "pwd="])
}

/// The longest URL that is read, in bytes.
const MAX_LEN: usize = 8192;

/// The byte index of the `@` after the credentials.
fn end_of_credentials(rest: &str) -> Option<usize> {
    let standard = &rest[..end_of_authority(rest)];
    let (at, host) = standard
        .rsplit_once('@')
        .map_or((None, standard), |(before, host)| (Some(before.len()), host));
    if host_and_port(host).is_ok_and(|(host, _)| host.ip().is_some()) {
        return at;
    }
    let plausible = |at: usize| {
        let (userinfo, rest) = (&rest[..at], &rest[at + 1..]);
        let user = userinfo.split(':').next().unwrap_or_default();
        !user.contains(['/', '?', '#']) && host_and_port(&rest[..end_of_authority(rest)]).is_ok()
    };
    rest.rmatch_indices('@')
        .map(|(at, _)| at)
        .find(|at| plausible(*at))
        .or(at)
}

fn end_of_authority(rest: &str) -> usize {
    rest.find(['/', '?', '#']).unwrap_or(rest.len())
}

fn host_and_port(authority: &str) -> Result<(Host, Option<u16>), Problem> {
    let bracket = if authority.starts_with('[') {
        authority.find(']').ok_or(Problem::BadUrl)?
    } else {
        0
    };
    let (host, port) = match authority[bracket..].rfind(':') {
        Some(colon) => (&authority[..bracket + colon], &authority[bracket + colon + 1..]),
        None => (authority, ""),
    };
    let host = host.parse().map_err(Problem::Host)?;
    if port.is_empty() {
        return Ok((host, None));
    }
    if !port.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Problem::BadUrl);
    }
    match port.parse() {
        Ok(port) if port > 0 => Ok((host, Some(port))),
        _ => Err(Problem::OutOfRange {
            min: 1,
            max: u16::MAX.into(),
        }),
    }
}

fn credentials(userinfo: &str) -> (String, Option<Password>) {
    let (user, password) = userinfo
        .split_once(':')
        .map_or((userinfo, None), |(user, password)| (user, Some(password)));
    let read = |text: &str| {
        if encoded(userinfo) {
            decoded(text)
        } else {
            text.to_owned()
        }
    };
    (read(user), password.map(|password| Password::new(read(password))))
}

fn encoded(userinfo: &str) -> bool {
    let bytes = userinfo.as_bytes();
    let fits = |(index, byte): (usize, &u8)| match byte {
        b'@' | b'/' | b'?' | b'#' | b'[' | b']' => false,
        b'%' => bytes
            .get(index + 1..index + 3)
            .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)),
        byte => byte.is_ascii_graphic(),
    };
    bytes.iter().enumerate().all(fits)
}

fn decoded(text: &str) -> String {
    match percent_decode_str(text).decode_utf8() {
        Ok(decoded) if !decoded.chars().any(char::is_control) => decoded.into_owned(),
        _ => text.to_owned(),
    }
}

/// Some recorders carry the credentials inside the path; they must not be stored there.
fn take_credentials_out_of_path(url: &mut Url) -> Result<(), Problem> {
    let Some(range) = password_in_path(&url.path) else {
        return Ok(());
    };
    let password = Password::new(decoded(&url.path[range.clone()]));
    if url.password.as_ref().is_some_and(|other| *other != password) {
        return Err(Problem::TwoPasswords);
    }
    url.password = Some(password);
    url.path.replace_range(range, "{pass}");
    if let Some(range) = value_of(&url.path, &["username=", "user=", "usr="]) {
        let user = decoded(&url.path[range.clone()]);
        if url.user.is_empty() || url.user == user {
            url.user = user;
            url.path.replace_range(range, "{user}");
        }
    }
    Ok(())
}

/// The range of the first literal, non-empty value of one of `keys` in a path with query.
fn value_of(path: &str, keys: &[&str]) -> Option<std::ops::Range<usize>> {
    let lower = path.to_ascii_lowercase();
    let starts = keys
        .iter()
        .flat_map(|key| lower.match_indices(key).map(|(at, key)| (at, at + key.len())));
    let after_divider = |at: usize| lower[..at].ends_with(['/', '?', '&', ';', '_']);
    let end = |start: usize| {
        // "_channel=" and "_password=": an older spelling of the Xiongmai path divides by underscores.
        let dividers = ["&", ";", "_channel=", "_password=", "_stream="];
        let next = dividers.iter().filter_map(|divider| lower[start..].find(divider)).min();
        next.map_or(lower.len(), |length| start + length)
    };
    starts
        .filter(|(at, _)| after_divider(*at))
        .map(|(_, start)| start..end(start))
        .find(|range| !range.is_empty() && !path[range.clone()].starts_with('{'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Draft;
    use crate::{Brands, PasswordEdit, Registry};

    /// user, password, host, port, path
    fn read(text: &str) -> (String, String, String, u16, String) {
        let url = parse(text).unwrap_or_else(|problem| panic!("{text}: {problem}"));
        let password = url
            .password
            .map_or("-".to_owned(), |password| password.expose().to_owned());
        (url.user, password, url.host.in_url(), url.port, url.path)
    }

    #[track_caller]
    fn check(text: &str, user: &str, password: &str, host: &str, port: u16, path: &str) {
        assert_eq!(
            read(text),
            (user.into(), password.into(), host.into(), port, path.into()),
            "{text}"
        );
    }

    #[test]
    fn plain_urls() {
        check("rtsp://192.168.0.20", "", "-", "192.168.0.20", 554, "/");
        check("rtsp://192.168.0.20/", "", "-", "192.168.0.20", 554, "/");
        check(" RTSP://dvr:8554/ch1/main ", "", "-", "dvr", 8554, "/ch1/main");
        check("rtsps://dvr/a", "", "-", "dvr", 322, "/a");
        check("rtsp://dvr?channel=1", "", "-", "dvr", 554, "/?channel=1");
        check("rtsp://dvr:/a", "", "-", "dvr", 554, "/a");
        check("rtsp://admin@dvr/a", "admin", "-", "dvr", 554, "/a");
        check("rtsp://admin:@dvr/a", "admin", "", "dvr", 554, "/a");
        check(
            "rtsp://a:b@[2001:db8::1]:555/x?y=1&z=2",
            "a",
            "b",
            "[2001:db8::1]",
            555,
            "/x?y=1&z=2",
        );
        check("rtsp://[::1]", "", "-", "[::1]", 554, "/");
        check(
            "rtsp://h/cam/realmonitor?channel=1&subtype=0",
            "",
            "-",
            "h",
            554,
            "/cam/realmonitor?channel=1&subtype=0",
        );
    }

    #[test]
    fn special_characters_raw_and_encoded() {
        check(
            "rtsp://user:p@ss:w/rd%#日本@host:554/path",
            "user",
            "p@ss:w/rd%#日本",
            "host",
            554,
            "/path",
        );
        check(
            "rtsp://user:p%40ss%3Aw%2Frd%25%23%E6%97%A5%E6%9C%AC@host:554/path",
            "user",
            "p@ss:w/rd%#日本",
            "host",
            554,
            "/path",
        );
        check("rtsp://user:a/b@10.0.0.1/path", "user", "a/b", "10.0.0.1", 554, "/path");
        check("rtsp://us@er:pw@10.0.0.1/path", "us@er", "pw", "10.0.0.1", 554, "/path");
        check("rtsp://user:100%@10.0.0.1/", "user", "100%", "10.0.0.1", 554, "/");
        check("rtsp://user:%FF@10.0.0.1/", "user", "%FF", "10.0.0.1", 554, "/");
        check("rtsp://user:p@ss@host", "user", "p@ss", "host", 554, "/");
        check("rtsp://user:a?b@host/x", "user", "a?b", "host", 554, "/x");
        check(
            "rtsp://user:p@ss/w@dvr.example.jp/x",
            "user",
            "p@ss/w",
            "dvr.example.jp",
            554,
            "/x",
        );
        check(
            "rtsp://user:q#1@[fe80::1]:8554/x",
            "user",
            "q#1",
            "[fe80::1]",
            8554,
            "/x",
        );
    }

    #[test]
    fn an_at_sign_in_the_path() {
        check(
            "rtsp://user:pass@192.168.0.20/media@main.sdp",
            "user",
            "pass",
            "192.168.0.20",
            554,
            "/media@main.sdp",
        );
        check(
            "rtsp://192.168.0.20:554/media@main",
            "",
            "-",
            "192.168.0.20",
            554,
            "/media@main",
        );
        check(
            "rtsp://user:pass@dvr/live%40main",
            "user",
            "pass",
            "dvr",
            554,
            "/live%40main",
        );
        check("rtsp://dvr/live@main", "", "-", "dvr", 554, "/live@main");
    }

    #[test]
    fn credentials_leave_the_path() {
        let path = "/user={user}&password={pass}&channel=1&stream=0.sdp?";
        check(
            "rtsp://h/user=admin&password=s3cret&channel=1&stream=0.sdp?",
            "admin",
            "s3cret",
            "h",
            554,
            path,
        );
        let path = "/user={user}_password={pass}_channel=1_stream=0.sdp?real_stream";
        check(
            "rtsp://h/user=admin_password=tlJwpbo6_channel=1_stream=0.sdp?real_stream",
            "admin",
            "tlJwpbo6",
            "h",
            554,
            path,
        );
        check(
            "rtsp://a:b@h/x?user=a&pwd=b",
            "a",
            "b",
            "h",
            554,
            "/x?user={user}&pwd={pass}",
        );
        check(
            "rtsp://h/user=admin&password=&channel=1",
            "",
            "-",
            "h",
            554,
            "/user=admin&password=&channel=1",
        );
        assert_eq!(parse("rtsp://a:b@h/x?user=a&pwd=c").unwrap_err(), Problem::TwoPasswords);
        assert_eq!(password_in_path("/compass=north"), None);
        assert_eq!(password_in_path("/x?password={pass}"), None);
    }

    #[test]
    fn what_is_no_rtsp_url() {
        for text in ["dvr", "http://dvr/", "rtsp:/dvr", "rtsp://dvr:port/", "rtsp://[::1/"] {
            assert_eq!(parse(text).unwrap_err(), Problem::BadUrl, "{text}");
        }
        assert_eq!(parse("").unwrap_err(), Problem::Empty);
        assert!(matches!(parse("rtsp:///path").unwrap_err(), Problem::Host(_)));
        assert!(matches!(parse("rtsp://user:pass@/path").unwrap_err(), Problem::Host(_)));
        assert_eq!(
            parse("rtsp://h:99999/").unwrap_err(),
            Problem::OutOfRange { min: 1, max: 65535 }
        );
        assert_eq!(
            parse("rtsp://h:0/").unwrap_err(),
            Problem::OutOfRange { min: 1, max: 65535 }
        );
        assert_eq!(parse("rtsp://h/\0").unwrap_err(), Problem::ControlCharacter);
        assert_eq!(
            parse(&format!("rtsp://{}", "h".repeat(9000))).unwrap_err(),
            Problem::TooLong { max: MAX_LEN }
        );
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "rtsp://[\\PC]{0,60}|rtsp://[a-z0-9:@/?#%\\[\\].]{0,40}|\\PC{0,60}") {
            if let Ok(draft) = Draft::from_url(&text) {
                let mut draft = draft;
                draft.site = "s".into();
                let _ = draft.parse(&Registry::default(), &Brands::default(), None);
            }
        }

        /// Any password, raw, in front of an IP address with an ordinary path.
        #[test]
        fn raw_passwords_survive(password in "[a-zA-Z0-9@:#?!$&*() 日本]{1,30}") {
            let draft = Draft::from_url(&format!("rtsp://admin:{password}@192.168.0.20:554/live")).unwrap();
            prop_assert_eq!(draft.password, PasswordEdit::Set(Password::new(password)));
            prop_assert_eq!(draft.host, "192.168.0.20");
        }

        #[test]
        fn encoded_passwords_survive(password in "\\PC{1,30}") {
            let encoded = percent_encoding::utf8_percent_encode(&password, percent_encoding::NON_ALPHANUMERIC);
            let draft = Draft::from_url(&format!("rtsp://admin:{encoded}@dvr/live")).unwrap();
            prop_assert_eq!(draft.password, PasswordEdit::Set(Password::new(password)));
        }
    }
}
