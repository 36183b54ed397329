use std::fmt;
use std::str::FromStr;

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Credentials, StreamKind};

/// The request path of a stream as a pattern, such as `/Streaming/Channels/{ch*100+s}`.
///
/// Placeholders stand in braces: `ch` (channel from 1), `ch0` (from 0), `s` (1 main, 2 sub), `s0` (0 main, 1 sub) and numbers,
/// joined by `*` and `+`, with an optional width as in `{ch:02}`; `{user}` and `{pass}` stand alone and are percent-encoded, `{user:raw}` and
/// `{pass:raw}` are not, for recorders that decode nothing.
/// A brace that is meant as a character is written `%7B` or `%7D`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    source: String,
    parts: Vec<TemplatePart>,
}

/// Why a text is no [`Template`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    #[error("the path is empty")]
    Empty,
    #[error("the path is longer than {} bytes", Template::MAX_LEN)]
    TooLong,
    #[error("the path holds a control character")]
    ControlCharacter,
    #[error("a brace is opened but not closed, or closed but not opened")]
    UnbalancedBrace,
    #[error(
        "'{{{0}}}' is not known; use {{ch}}, {{ch0}}, {{ch:02}}, {{ch*100+s}}, {{s}}, {{s0}}, {{user}} or {{pass}}"
    )]
    UnknownPlaceholder(String),
    #[error("this is a whole URL; only the path after the host belongs here")]
    WholeUrl,
    #[error("the path holds a password; write {{pass}} in its place and put the password into its own field")]
    HoldsPassword,
}

impl Template {
    /// The longest source, in bytes.
    pub const MAX_LEN: usize = 2048;

    /// The path with query to ask for. `channel` counts from 1. Without credentials `{user}` and `{pass}` become empty.
    ///
    /// The result may hold the password in clear: it is for the wire; [`Template::shown`] is for people and logs.
    #[must_use]
    pub fn expand(&self, channel: u16, kind: StreamKind, credentials: Option<&Credentials>) -> String {
        self.fill(channel, kind, |secret, form| match (credentials, secret) {
            (None, _) => String::new(),
            (Some(credentials), SecretPart::User) => form.written(&credentials.user),
            (Some(credentials), SecretPart::Password) => form.written(credentials.password.expose()),
        })
    }

    /// The path as it may be shown and logged: `{user}` and `{pass}` stay as they are.
    #[must_use]
    pub fn shown(&self, channel: u16, kind: StreamKind) -> String {
        self.fill(channel, kind, |secret, _| match secret {
            SecretPart::User => "{user}".to_owned(),
            SecretPart::Password => "{pass}".to_owned(),
        })
    }

    /// Whether user or password become part of the path.
    #[must_use]
    pub fn holds_credentials(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, TemplatePart::Secret(..)))
    }

    /// As typed, with the leading slash.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.source
    }

    fn fill(&self, channel: u16, kind: StreamKind, secret: impl Fn(SecretPart, Form) -> String) -> String {
        let mut path = String::with_capacity(self.source.len() + 16);
        for part in &self.parts {
            match part {
                TemplatePart::Text(text) => path.extend(utf8_percent_encode(text, LITERAL)),
                TemplatePart::Number { sum, width } => {
                    let width = *width;
                    path.push_str(&format!("{:0width$}", sum.value(channel, kind)));
                }
                TemplatePart::Secret(which, form) => path.push_str(&secret(*which, *form)),
            }
        }
        path
    }
}

impl FromStr for Template {
    type Err = TemplateError;

    fn from_str(text: &str) -> Result<Self, TemplateError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(TemplateError::Empty);
        }
        if text.len() >= Self::MAX_LEN {
            return Err(TemplateError::TooLong);
        }
        if text.chars().any(char::is_control) {
            return Err(TemplateError::ControlCharacter);
        }
        if ["rtsp://", "rtsps://", "http://", "https://"]
            .iter()
            .any(|scheme| starts_with_ignore_case(text, scheme))
        {
            return Err(TemplateError::WholeUrl);
        }
        let source = if text.starts_with('/') {
            text.to_owned()
        } else {
            format!("/{text}")
        };
        let parts = parts(&source)?;
        Ok(Self { source, parts })
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

/// The characters that are encoded in a user name or password: all but the unreserved ones of RFC 3986 §2.3.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The characters that are encoded because they cannot stand in a request line. `%` is not among them, so that an encoded
/// character is not encoded again.
const LITERAL: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'|');

#[derive(Clone, Debug, PartialEq, Eq)]
enum TemplatePart {
    Text(String),
    Number { sum: Sum, width: usize },
    Secret(SecretPart, Form),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SecretPart {
    User,
    Password,
}

/// How user or password are written into the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Percent-encoded, so that they may hold any character.
    Encoded,
    /// As they are, but for what cannot stand in a request line.
    Raw,
}

impl Form {
    pub(super) fn written(self, text: &str) -> String {
        let set = match self {
            Self::Encoded => COMPONENT,
            Self::Raw => LITERAL,
        };
        utf8_percent_encode(text, set).to_string()
    }
}

/// Whether this is a placeholder, with its braces.
pub(super) fn is_placeholder(text: &str) -> bool {
    let inside = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    inside.is_some_and(|inside| placeholder(inside).is_some())
}

/// A sum of products, such as `ch*100+s`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Sum(Vec<Vec<Factor>>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Factor {
    Channel,
    Channel0,
    Stream,
    Stream0,
    Constant(u32),
}

impl Sum {
    fn value(&self, channel: u16, kind: StreamKind) -> u64 {
        let sub = u64::from(kind == StreamKind::Sub);
        let factor = |factor: &Factor| match factor {
            Factor::Channel => u64::from(channel),
            Factor::Channel0 => u64::from(channel.saturating_sub(1)),
            Factor::Stream => sub + 1,
            Factor::Stream0 => sub,
            Factor::Constant(number) => u64::from(*number),
        };
        self.0
            .iter()
            .map(|product| product.iter().map(factor).fold(1, u64::saturating_mul))
            .fold(0, u64::saturating_add)
    }
}

fn parts(source: &str) -> Result<Vec<TemplatePart>, TemplateError> {
    let mut parts = Vec::new();
    let mut rest = source;
    while let Some(at) = rest.find(['{', '}']) {
        let (text, from_brace) = rest.split_at(at);
        if !text.is_empty() {
            parts.push(TemplatePart::Text(text.to_owned()));
        }
        let inside = from_brace.strip_prefix('{').ok_or(TemplateError::UnbalancedBrace)?;
        let end = inside.find(['{', '}']).ok_or(TemplateError::UnbalancedBrace)?;
        let (name, from_end) = inside.split_at(end);
        rest = from_end.strip_prefix('}').ok_or(TemplateError::UnbalancedBrace)?;
        parts.push(placeholder(name).ok_or_else(|| TemplateError::UnknownPlaceholder(name.to_owned()))?);
    }
    if !rest.is_empty() {
        parts.push(TemplatePart::Text(rest.to_owned()));
    }
    Ok(parts)
}

fn placeholder(text: &str) -> Option<TemplatePart> {
    match text {
        "user" => return Some(TemplatePart::Secret(SecretPart::User, Form::Encoded)),
        "pass" => return Some(TemplatePart::Secret(SecretPart::Password, Form::Encoded)),
        "user:raw" => return Some(TemplatePart::Secret(SecretPart::User, Form::Raw)),
        "pass:raw" => return Some(TemplatePart::Secret(SecretPart::Password, Form::Raw)),
        _ => {}
    }
    let (sum, width) = match text.split_once(':') {
        None => (text, 0),
        Some((sum, width)) => (
            sum,
            width
                .strip_prefix('0')?
                .parse()
                .ok()
                .filter(|width| (1..=9).contains(width))?,
        ),
    };
    let product = |text: &str| {
        text.split('*')
            .map(|text| factor(text.trim()))
            .collect::<Option<Vec<_>>>()
    };
    let sum = Sum(sum.split('+').map(product).collect::<Option<_>>()?);
    Some(TemplatePart::Number { sum, width })
}

fn factor(text: &str) -> Option<Factor> {
    Some(match text {
        "ch" => Factor::Channel,
        "ch0" => Factor::Channel0,
        "s" => Factor::Stream,
        "s0" => Factor::Stream0,
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => Factor::Constant(digits.parse().ok()?),
        _ => return None,
    })
}

fn starts_with_ignore_case(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Password;

    fn expand(template: &str, channel: u16, kind: StreamKind) -> String {
        template.parse::<Template>().unwrap().expand(channel, kind, None)
    }

    #[test]
    fn placeholders_become_numbers() {
        use StreamKind::{Main, Sub};
        for (template, channel, kind, path) in [
            ("/Streaming/Channels/{ch*100+s}", 16, Sub, "/Streaming/Channels/1602"),
            ("/{ch}/{ch0}/{ch:02}/{ch0:03}/{s}/{s0}", 1, Main, "/1/0/01/000/1/0"),
            ("/{ch}/{ch0}/{ch:02}/{ch0:03}/{s}/{s0}", 12, Sub, "/12/11/12/011/2/1"),
            ("/{ch * 100 + s}", 3, Main, "/301"),
            ("/{ch*100+3}", 2, Sub, "/203"),
            ("live", 1, Main, "/live"),
            ("?channel={ch}", 1, Main, "/?channel=1"),
            ("/ch%7B1%7D", 1, Main, "/ch%7B1%7D"),
            ("/録画 1#a", 1, Main, "/%E9%8C%B2%E7%94%BB%201%23a"),
        ] {
            assert_eq!(expand(template, channel, kind), path, "{template}");
        }
    }

    #[test]
    fn a_template_stays_as_typed_but_for_the_slash() {
        assert_eq!("live/{ch}".parse::<Template>().unwrap().to_string(), "/live/{ch}");
        assert_eq!(" /live ".parse::<Template>().unwrap().as_str(), "/live");
    }

    #[test]
    fn credentials_are_encoded_on_the_wire_and_never_shown() {
        let template: Template = "/user={user}&password={pass}&channel={ch}".parse().unwrap();
        let credentials = Credentials {
            user: "a&b".into(),
            password: Password::new("p@ss:w/rd%#日本"),
        };
        assert_eq!(
            template.expand(1, StreamKind::Main, Some(&credentials)),
            "/user=a%26b&password=p%40ss%3Aw%2Frd%25%23%E6%97%A5%E6%9C%AC&channel=1"
        );
        assert_eq!(template.expand(1, StreamKind::Main, None), "/user=&password=&channel=1");
        let raw: Template = "/{user:raw}/{pass:raw}".parse().unwrap();
        assert_eq!(
            raw.expand(1, StreamKind::Main, Some(&credentials)),
            "/a&b/p@ss:w/rd%%23%E6%97%A5%E6%9C%AC"
        );
        assert_eq!(raw.shown(1, StreamKind::Main), "/{user}/{pass}");
        assert_eq!(
            template.shown(1, StreamKind::Main),
            "/user={user}&password={pass}&channel=1"
        );
        assert!(template.holds_credentials());
        assert!(!"/{ch}".parse::<Template>().unwrap().holds_credentials());
    }

    #[test]
    fn mistakes_are_named() {
        let unknown = |text: &str| TemplateError::UnknownPlaceholder(text.into());
        for (text, error) in [
            ("", TemplateError::Empty),
            ("  ", TemplateError::Empty),
            ("/{ch", TemplateError::UnbalancedBrace),
            ("/ch}", TemplateError::UnbalancedBrace),
            ("/{{ch}}", TemplateError::UnbalancedBrace),
            ("/{channel}", unknown("channel")),
            ("/{}", unknown("")),
            ("/{ch:2}", unknown("ch:2")),
            ("/{ch:099}", unknown("ch:099")),
            ("/{ch*}", unknown("ch*")),
            ("/{ch*99999999999}", unknown("ch*99999999999")),
            ("/{CH}", unknown("CH")),
            ("/a\r\nTEARDOWN", TemplateError::ControlCharacter),
            ("RTSP://host/a", TemplateError::WholeUrl),
        ] {
            assert_eq!(text.parse::<Template>(), Err(error), "{text}");
        }
        assert_eq!(
            "x".repeat(Template::MAX_LEN).parse::<Template>(),
            Err(TemplateError::TooLong)
        );
    }

    #[test]
    fn large_numbers_saturate() {
        let template = "/{4000000000*4000000000*4000000000}".parse::<Template>().unwrap();
        assert_eq!(
            template.expand(u16::MAX, StreamKind::Sub, None),
            format!("/{}", u64::MAX)
        );
    }

    proptest! {
        #[test]
        fn any_text_is_a_template_or_an_error(text in "\\PC{0,40}|[/{}ch0s*+:0-9userpas]{0,40}", channel: u16) {
            if let Ok(template) = text.parse::<Template>() {
                prop_assert_eq!(&template.to_string().parse::<Template>().unwrap(), &template);
                let path = template.expand(channel, StreamKind::Sub, None);
                prop_assert!(path.starts_with('/'));
                prop_assert!(path.bytes().all(|byte| byte.is_ascii_graphic()), "{}", path);
            }
        }
    }
}
