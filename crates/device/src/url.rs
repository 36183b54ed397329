//! Reads an RTSP URL as people paste it: encoded as RFC 3986 wants it, or raw with `@`, `:`, `/`, `%`, `#` in user or password.
//!
//! Where it could be read in several ways:
//! - Any `@` may end the sign-in, or none, if a host, a port or nothing, and then `/`, `?`, `#` or the end follow.
//! - A reading whose host is an address or has a port is preferred. Where two of them remain, or two without, nothing is guessed:
//!   [`Problem::Ambiguous`] says what could be meant. `%40` and `%2F` leave one reading.
//! - User and password are divided by the first `:`.
//! - They are percent-decoded, unless they hold a character that encoding would have removed (`@ / ? # [ ]`, a space, a
//!   non-ASCII letter, a `%` without two hexadecimal digits) or decode to no UTF-8: then they are taken as they stand.
//! - Full-width forms, as a Japanese input method leaves them, are narrowed in host and port; in the rest only where nothing can be
//!   read otherwise.

use std::ops::Range;

use super::letters::half_width;
use super::secrets::{decoded, take_out};
use super::{Carrier, Host, Password, Problem, Reading};

/// The parts of an RTSP URL.
#[derive(Debug)]
pub(super) struct Url {
    pub carrier: Carrier,
    pub user: String,
    pub password: Option<Password>,
    pub host: Host,
    pub port: u16,
    /// With query, as a template: credentials that stood in it are placeholders.
    pub path: String,
}

/// A reading, with the parts that it gives, or why it gives none.
pub(super) type Read = (Reading, Result<Url, Problem>);

/// The one way to read the text.
pub(super) fn parse(text: &str) -> Result<Url, Problem> {
    let mut readings = readings(text)?;
    match (readings.pop(), readings.is_empty()) {
        (Some((_, url)), true) => url,
        (last, _) => {
            let told = readings.into_iter().chain(last).map(|(reading, _)| reading);
            Err(Problem::Ambiguous(told.collect()))
        }
    }
}

/// All ways to read the text between which nothing decides, at least one; each with the device that it gives, or why it gives none.
pub(super) fn readings(text: &str) -> Result<Vec<Read>, Problem> {
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
    let read = read(text);
    let narrow = half_width(text);
    if read.is_err() && narrow != text {
        return self::read(&narrow).or(read);
    }
    read
}

/// Whether a text means to be a URL and no host.
pub(super) fn is_url(text: &str) -> bool {
    half_width(text).contains("://")
}

/// The longest URL that is read, in bytes.
const MAX_LEN: usize = 8192;

/// A place where the sign-in may end, with what follows from it. Ranges are of the text after the scheme.
struct Candidate {
    /// Which `@` it is, from 1.
    at: Option<usize>,
    userinfo: Option<Range<usize>>,
    authority: Range<usize>,
    host: Host,
    port: Option<u16>,
}

fn read(text: &str) -> Result<Vec<Read>, Problem> {
    let (scheme, rest) = text.split_once("://").ok_or(Problem::BadUrl)?;
    let carrier = match scheme.to_ascii_lowercase().as_str() {
        "rtsp" => Carrier::Rtsp,
        "rtsps" => Carrier::Rtsps,
        _ => return Err(Problem::BadUrl),
    };
    let candidates = preferred(candidates(rest)?, rest);
    let passwords: Vec<_> = candidates.iter().map(|candidate| candidate.password(rest)).collect();
    let tell = |(index, candidate): (usize, &Candidate)| {
        let others = passwords.iter().enumerate().filter(|(other, _)| *other != index);
        let hides = |range: &Range<usize>| {
            let overlaps = |other: &Range<usize>| other.start < range.end && range.start < other.end;
            others.clone().any(|(_, other)| other.as_ref().is_some_and(overlaps))
        };
        let user = candidate.userinfo.clone().map(|userinfo| {
            let end = passwords[index]
                .as_ref()
                .map_or(userinfo.end, |password| password.start - 1);
            userinfo.start..end
        });
        Reading {
            at: candidate.at,
            host: (!hides(&candidate.authority)).then(|| match candidate.port {
                Some(port) => candidate.host.with_port(port),
                None => candidate.host.in_url(),
            }),
            user: user
                .filter(|user| !user.is_empty() && !hides(user))
                .map(|_| candidate.sign_in(rest).0),
        }
    };
    let told: Vec<_> = candidates.iter().enumerate().map(tell).collect();
    let urls = candidates.into_iter().map(|candidate| candidate.url(rest, carrier));
    Ok(told.into_iter().zip(urls).collect())
}

/// Every way to read the part after the scheme.
fn candidates(rest: &str) -> Result<Vec<Candidate>, Problem> {
    let ends = rest
        .match_indices('@')
        .zip(1..)
        .map(|((at, _), number)| Some((at, number)));
    let mut found = Vec::new();
    for end in [None].into_iter().chain(ends) {
        let start = end.map_or(0, |(at, _)| at + 1);
        let authority = start..start + end_of_authority(&rest[start..]);
        let hosts = hosts_and_ports(&rest[authority.clone()]).unwrap_or_default();
        found.extend(hosts.into_iter().map(|(host, port)| Candidate {
            at: end.map(|(_, number)| number),
            userinfo: end.map(|(at, _)| 0..at),
            authority: authority.clone(),
            host,
            port,
        }));
    }
    if found.is_empty() {
        // What is wrong with the reading of RFC 3986 §3.2.
        let authority = &rest[..end_of_authority(rest)];
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        hosts_and_ports(host)?;
        return Err(Problem::BadUrl);
    }
    Ok(found)
}

/// Those whose host is an address or has a port, or all where there are none.
fn preferred(candidates: Vec<Candidate>, rest: &str) -> Vec<Candidate> {
    let (strong, weak): (Vec<_>, Vec<_>) = candidates.into_iter().partition(|candidate| candidate.is_strong(rest));
    if strong.is_empty() { weak } else { strong }
}

impl Candidate {
    fn is_strong(&self, rest: &str) -> bool {
        // The address inside of another one, as relays are given it.
        let is_inner = self
            .userinfo
            .as_ref()
            .is_some_and(|userinfo| rest[userinfo.clone()].contains("://"));
        // `admin:1234/5@dvr` looks like a host with a port, but for the usual ports.
        let may_be_sign_in = |port| self.userinfo.is_none() && ![554, 8554, 322].contains(&port);
        !is_inner
            && !rest[self.authority.end..].starts_with('#')
            && (self.host.ip().is_some() || self.port.is_some_and(|port| !may_be_sign_in(port)))
    }

    /// Where its password stands.
    fn password(&self, rest: &str) -> Option<Range<usize>> {
        let userinfo = self.userinfo.clone()?;
        let colon = rest[userinfo.clone()].find(':')?;
        Some(userinfo.start + colon + 1..userinfo.end)
    }

    fn sign_in(&self, rest: &str) -> (String, Option<Password>) {
        let userinfo = self.userinfo.clone();
        userinfo
            .map(|userinfo| credentials(&rest[userinfo]))
            .unwrap_or_default()
    }

    fn url(self, rest: &str, carrier: Carrier) -> Result<Url, Problem> {
        let (user, password) = self.sign_in(rest);
        let path = &rest[self.authority.end..];
        let slash = if path.starts_with('/') { "" } else { "/" };
        let taken = take_out(&format!("{slash}{path}"), &user, password.as_ref())?;
        Ok(Url {
            carrier,
            user: taken.user.unwrap_or(user),
            password: taken.password.or(password),
            host: self.host,
            port: self.port.unwrap_or(carrier.default_port()),
            path: taken.path,
        })
    }
}

fn end_of_authority(rest: &str) -> usize {
    rest.find(['/', '?', '#']).unwrap_or(rest.len())
}

/// An IPv6 address without brackets may end in a port or not; everything else can be read in one way.
fn hosts_and_ports(authority: &str) -> Result<Vec<(Host, Option<u16>)>, Problem> {
    let authority = half_width(authority);
    let whole = authority
        .parse::<Host>()
        .ok()
        .filter(|host| host.ip().is_some_and(|ip| ip.is_ipv6()));
    match (whole, host_and_port(&authority)) {
        (Some(host), Ok(other)) if other.1.is_some() => Ok(vec![(host, None), other]),
        (Some(host), _) => Ok(vec![(host, None)]),
        (None, one) => one.map(|one| vec![one]),
    }
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
            "rtsp://user:p@ss/w@dvr.example.jp:554/x",
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
        check("rtsp://dvr/live%40main", "", "-", "dvr", 554, "/live%40main");
        check("rtsp://dvr:8554/live@main", "", "-", "dvr", 8554, "/live@main");
    }

    /// Host, `@` and user of each reading.
    fn ambiguous(text: &str) -> Vec<(Option<String>, Option<usize>, Option<String>)> {
        match parse(text) {
            Err(Problem::Ambiguous(readings)) => {
                let told = Problem::Ambiguous(readings.clone()).to_string();
                assert!(told.contains("%40") && told.contains("%2F"), "{told}");
                readings
                    .into_iter()
                    .map(|reading| (reading.host, reading.at, reading.user))
                    .collect()
            }
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn the_reading_whose_host_is_an_address_or_has_a_port_is_preferred() {
        check(
            "rtsp://test/@:abc123@127.0.0.1:554/live",
            "test/@",
            "abc123",
            "127.0.0.1",
            554,
            "/live",
        );
        check(
            "rtsp://test/@:abc123@dvr:554/live",
            "test/@",
            "abc123",
            "dvr",
            554,
            "/live",
        );
        check("rtsp://a/b:p/w@10.0.0.1/x", "a/b", "p/w", "10.0.0.1", 554, "/x");
        check("rtsp://a?b:p@[fe80::1%eth0]/x", "a?b", "p", "[fe80::1]", 554, "/x");
        check(
            "rtsp://admin:pw@dvr:8554/live@main",
            "admin",
            "pw",
            "dvr",
            8554,
            "/live@main",
        );
    }

    #[test]
    fn where_two_readings_remain_nothing_is_guessed_and_no_password_is_told() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            ambiguous("rtsp://admin:s3cret@dvr/live@main"),
            [(None, Some(1), some("admin")), (some("main"), Some(2), some("admin"))]
        );
        assert_eq!(
            ambiguous("rtsp://dvr/live@main"),
            [(some("dvr"), None, None), (some("main"), Some(1), some("dvr/live"))]
        );
        // The password could be `1234/5`: as a port it is no reason to prefer the first reading.
        assert_eq!(
            ambiguous("rtsp://admin:1234/5@dvr/ch1"),
            [(None, None, None), (some("dvr"), Some(1), some("admin"))]
        );
        ambiguous("rtsp://admin:a@10.0.0.1/b@10.0.0.2/live");
        ambiguous("rtsp://user:pw@dvr/relay?from=rtsp://cam:5@10.0.0.9:554/x");
        assert_eq!(
            ambiguous("rtsp://2001:db8::5:554/x"),
            [
                (some("[2001:db8::5:554]"), None, None),
                (some("[2001:db8::5]:554"), None, None)
            ]
        );
        for text in [
            "rtsp://admin:s3cret@dvr/live@main",
            "rtsp://test/@:s3cret@dvr/live",
            "rtsp://a:b/s3cret@x/y@z",
        ] {
            let problem = parse(text).unwrap_err();
            assert!(!format!("{problem:?} {problem}").contains("s3cret"), "{problem}");
            let drafts = Draft::readings(text);
            assert!(drafts.len() >= 2);
            assert!(
                drafts
                    .iter()
                    .all(|(reading, _)| !format!("{reading:?}").contains("s3cret"))
            );
        }
    }

    #[test]
    fn the_forms_of_a_japanese_input_method_are_read() {
        check(
            "ｒｔｓｐ：／／ａｄｍｉｎ：ｐｗ＠１９２．１６８．０．２０：５５４／ｃｈ１",
            "admin",
            "pw",
            "192.168.0.20",
            554,
            "/ch1",
        );
        check(
            "rtsp://admin:pw@１９２。１６８。０。２０：５５４/ch1",
            "admin",
            "pw",
            "192.168.0.20",
            554,
            "/ch1",
        );
        check(
            "rtsp://admin:pw＠192.168.0.20／ch1",
            "admin",
            "pw",
            "192.168.0.20",
            554,
            "/ch1",
        );
        check("rtsp://ｄｖｒ/録画＠１", "", "-", "dvr", 554, "/録画＠１");
        assert!(Draft::is_url("ｒｔｓｐ：／／dvr") && !Draft::is_url("fe80::1%eth0"));
    }

    #[test]
    fn an_ipv6_address_may_lack_its_brackets() {
        check("rtsp://2001:db8::5/x", "", "-", "[2001:db8::5]", 554, "/x");
        check("rtsp://a:b@fe80::1/x", "a", "b", "[fe80::1]", 554, "/x");
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

        /// Any password, raw, in front of an IP address with an ordinary path: it is read, or asked about.
        #[test]
        fn raw_passwords_survive(password in "[a-zA-Z0-9@:#?!$&*() 日本]{1,30}") {
            let text = format!("rtsp://admin:{password}@192.168.0.20:554/live");
            let wanted = |draft: &Draft| draft.host == "192.168.0.20"
                && draft.password == PasswordEdit::Set(Password::new(password.clone()));
            match Draft::from_url(&text) {
                Ok(draft) => prop_assert!(wanted(&draft), "{text}: {draft:?}"),
                Err(_) => prop_assert!(Draft::readings(&text).iter().any(|(_, draft)| wanted(draft)), "{text}"),
            }
        }

        /// However a password is typed, and wherever else it stands: what is kept and told does not hold it.
        #[test]
        fn no_password_is_left_in_clear(
            password in "[a-zA-Z0-9@:/?#!$&*()%+ 日本]{0,20}[a-z][0-9][a-zA-Z0-9!日]{6}",
            before in "/[a-z]{0,8}|/x\\?user=|/x\\?p=|/x/password=|/\\?a=1&token=|/relay/rtsp://u:",
            after in "|&channel=1|@10.0.0.1/x|/b|\\?c",
            encoded: bool,
        ) {
            let typed = if encoded {
                percent_encoding::utf8_percent_encode(&password, percent_encoding::NON_ALPHANUMERIC).to_string()
            } else {
                password.clone()
            };
            for text in [
                format!("rtsp://admin:{typed}@192.168.0.20:554/{before}{typed}{after}"),
                format!("rtsp://admin:{typed}@dvr{before}{typed}{after}"),
            ] {
                let result = Draft::from_url(&text);
                let told = format!("{result:?} {}", result.as_ref().err().map(ToString::to_string).unwrap_or_default());
                prop_assert!(!told.contains(&password), "{text}: {told}");
                if let Ok(draft) = &result
                    && draft.password == PasswordEdit::Set(Password::new(password.clone()))
                {
                    prop_assert!(!draft.main_path.contains(&password), "{text}: {}", draft.main_path);
                    prop_assert!(!draft.main_path.contains(&typed), "{text}: {}", draft.main_path);
                }
            }
        }

        /// The recorder gets the bytes that were typed.
        #[test]
        fn the_request_is_the_one_that_was_typed(
            password in "[a-zA-Z0-9@:!$*()+~'日本]{1,12}",
            path in "/user=admin&password=PW&channel=1|/x\\?u=admin&p=PW|/live/PW/1|/a\\?token=PW&b=c|/live",
            encoded: bool,
        ) {
            let typed = if encoded {
                percent_encoding::utf8_percent_encode(&password, percent_encoding::NON_ALPHANUMERIC).to_string()
            } else {
                password.clone()
            };
            let sign_in = percent_encoding::utf8_percent_encode(&password, percent_encoding::NON_ALPHANUMERIC);
            let path = path.replace("PW", &typed);
            let draft = Draft::from_url(&format!("rtsp://admin:{sign_in}@192.168.0.20:554{path}")).unwrap();
            let template: crate::Template = draft.main_path.parse().unwrap();
            let credentials = crate::Credentials { user: draft.user, password: Password::new(password) };
            let as_typed: crate::Template = path.parse().unwrap();
            // Unreserved characters need no encoding (RFC 3986 §2.3): where they had one, the address is the same without.
            let same = |path: String| percent_encoding::percent_decode_str(&path).collect::<Vec<u8>>();
            let sent = template.expand(1, crate::StreamKind::Main, Some(&credentials));
            let wanted = as_typed.expand(1, crate::StreamKind::Main, None);
            if encoded {
                prop_assert_eq!(same(sent), same(wanted));
            } else {
                prop_assert_eq!(sent, wanted);
            }
        }

        #[test]
        fn encoded_passwords_survive(password in "\\PC{1,30}") {
            let encoded = percent_encoding::utf8_percent_encode(&password, percent_encoding::NON_ALPHANUMERIC);
            let draft = Draft::from_url(&format!("rtsp://admin:{encoded}@dvr/live")).unwrap();
            prop_assert_eq!(draft.password, PasswordEdit::Set(Password::new(password)));
        }
    }
}
