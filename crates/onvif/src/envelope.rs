//! What is sent: SOAP 1.2 envelopes, written without a line break between tags, because a device was seen that answers no other.

use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use device::Credentials;
use sha1::{Digest as _, Sha1};

use super::time::iso_time;

/// A service of a device, each at an address of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Service {
    Device,
    /// The first media service, which knows no H.265.
    Media1,
    /// The second one.
    Media2,
    /// What turns and zooms.
    Ptz,
    /// What focuses.
    Imaging,
    /// What makes and feeds subscriptions.
    Events,
    /// What ends one and makes it last (OASIS Web Services Base Notification 1.3).
    Subscription,
    /// What finds recordings, and when they have pictures.
    Search,
    /// What says where a recording is played.
    Replay,
}

impl Service {
    /// Its namespace, by which GetServices names it.
    pub(crate) fn namespace(self) -> &'static str {
        match self {
            Self::Device => "http://www.onvif.org/ver10/device/wsdl",
            Self::Media1 => "http://www.onvif.org/ver10/media/wsdl",
            Self::Media2 => "http://www.onvif.org/ver20/media/wsdl",
            Self::Ptz => "http://www.onvif.org/ver20/ptz/wsdl",
            Self::Imaging => "http://www.onvif.org/ver20/imaging/wsdl",
            Self::Events => "http://www.onvif.org/ver10/events/wsdl",
            Self::Subscription => "http://docs.oasis-open.org/wsn/b-2",
            Self::Search => "http://www.onvif.org/ver10/search/wsdl",
            Self::Replay => "http://www.onvif.org/ver10/replay/wsdl",
        }
    }

    /// Some devices understand no other prefix.
    fn prefix(self) -> &'static str {
        match self {
            Self::Device => "tds",
            Self::Media1 => "trt",
            Self::Media2 => "tr2",
            Self::Ptz => "tptz",
            Self::Imaging => "timg",
            Self::Events => "tev",
            Self::Subscription => "wsnt",
            Self::Search => "tse",
            Self::Replay => "trp",
        }
    }
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Call<'a> {
    pub service: Service,
    pub name: &'static str,
    /// XML inside of the element of the call, written by us; `p:` stands for the prefix of the service.
    pub content: &'a str,
    /// Where events are asked for: whom, and how the subscription is named.
    pub addressing: Option<&'a Addressing>,
}

/// How a request for events is addressed (Web Services Addressing 1.0). Other calls have none, because cameras were seen that obey none then.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Addressing {
    /// The address as the device gave it, whatever host it names; `None` where it gave none.
    pub to: Option<String>,
    /// Declarations of the prefixes that `parameters` uses, as attributes.
    pub declared: String,
    /// What the device wants to have back, as it wrote it.
    pub parameters: String,
}

/// A user's token (WS-Security UsernameToken Profile 1.0, with a digest of the password).
pub(crate) struct UserToken<'a> {
    pub credentials: &'a Credentials,
    /// By the clock of the device.
    pub created: SystemTime,
    pub nonce: [u8; 16],
}

impl Call<'_> {
    /// What `Content-Type` and `SOAPAction` name.
    pub(crate) fn action(&self) -> String {
        let namespace = self.service.namespace();
        match (self.service, self.name) {
            (Service::Events, "CreatePullPointSubscription") => {
                format!("{namespace}/EventPortType/{}Request", self.name)
            }
            (Service::Events, name) => format!("{namespace}/PullPointSubscription/{name}Request"),
            (Service::Subscription, name) => {
                format!("http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager/{name}Request")
            }
            (_, name) => format!("{namespace}/{name}"),
        }
    }

    pub(crate) fn envelope(&self, token: Option<&UserToken<'_>>) -> String {
        let (prefix, namespace, name) = (self.service.prefix(), self.service.namespace(), self.name);
        let token = token.map(UserToken::written).unwrap_or_default();
        let header = match self.addressing {
            None if token.is_empty() => String::new(),
            None => format!("<s:Header>{token}</s:Header>"),
            Some(to) => format!(
                "<s:Header xmlns:wsa=\"http://www.w3.org/2005/08/addressing\"{}>{token}{}</s:Header>",
                to.declared,
                self.addressed(to)
            ),
        };
        let content = self
            .content
            .replace("<p:", &format!("<{prefix}:"))
            .replace("</p:", &format!("</{prefix}:"));
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\">{header}\
             <s:Body><{prefix}:{name} xmlns:{prefix}=\"{namespace}\">{content}</{prefix}:{name}></s:Body></s:Envelope>"
        )
    }
}

impl Call<'_> {
    fn addressed(&self, addressing: &Addressing) -> String {
        let action = format!("<wsa:Action s:mustUnderstand=\"1\">{}</wsa:Action>", self.action());
        let to = addressing.to.as_ref().map(|to| {
            let to = escaped(to);
            format!("<wsa:To s:mustUnderstand=\"1\">{to}</wsa:To>")
        });
        action + &to.unwrap_or_default() + &addressing.parameters
    }
}

impl UserToken<'_> {
    fn written(&self) -> String {
        let created = iso_time(self.created);
        let mut hash = Sha1::new();
        hash.update(self.nonce);
        hash.update(&created);
        hash.update(self.credentials.password.expose());
        let digest = STANDARD.encode(hash.finalize());
        let (user, nonce) = (escaped(&self.credentials.user), STANDARD.encode(self.nonce));
        format!(
            "<wsse:Security s:mustUnderstand=\"1\" \
             xmlns:wsse=\"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd\" \
             xmlns:wsu=\"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd\">\
             <wsse:UsernameToken><wsse:Username>{user}</wsse:Username><wsse:Password \
             Type=\"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest\">{digest}\
             </wsse:Password><wsse:Nonce \
             EncodingType=\"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary\">{nonce}\
             </wsse:Nonce><wsu:Created>{created}</wsu:Created></wsse:UsernameToken></wsse:Security>"
        )
    }
}

/// A value as it can stand in a text and in an attribute (XML 1.0 §2.4).
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            // No text of XML 1.0 has them.
            control if control.is_control() && !matches!(control, '\t' | '\n' | '\r') => {}
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::xml::{XmlLimits, XmlTree};
    use device::Password;

    #[test]
    fn an_envelope_is_what_was_asked_and_holds_no_line_break() {
        let content = format!("<p:ProfileToken>{}</p:ProfileToken>", escaped("<a&\"b'>"));
        let call = Call {
            service: Service::Media2,
            name: "GetStreamUri",
            content: &content,
            addressing: None,
        };
        assert_eq!(call.action(), "http://www.onvif.org/ver20/media/wsdl/GetStreamUri");
        let written = call.envelope(None);
        assert!(!written.contains(['\n', '\r']), "{written}");
        assert!(written.contains("<tr2:ProfileToken>"), "{written}");
        let tree = XmlTree::read(written.as_bytes(), XmlLimits::ANSWER).unwrap();
        let body = tree.top().path(&["Envelope", "Body", "GetStreamUri", "ProfileToken"]);
        assert_eq!(body.map(|token| token.text()), Some("<a&\"b'>"));
    }

    /// The example of the profile's own text would need its nonce; this one was computed with Python's hashlib.
    #[test]
    fn a_token_signs_with_the_time_that_it_was_given() {
        let credentials = Credentials {
            user: "adm<in".to_owned(),
            password: Password::new("p@ss日"),
        };
        let token = UserToken {
            credentials: &credentials,
            created: SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_956_000),
            nonce: *b"0123456789abcdef",
        };
        let call = Call {
            service: Service::Device,
            name: "GetDeviceInformation",
            content: "",
            addressing: None,
        };
        let written = call.envelope(Some(&token));
        assert!(!written.contains("p@ss"), "{written}");
        let tree = XmlTree::read(written.as_bytes(), XmlLimits::ANSWER).unwrap();
        let text = |name: &str| {
            tree.find(name)
                .map(|element| element.text().to_owned())
                .unwrap_or_default()
        };
        assert_eq!(text("Username"), "adm<in");
        assert_eq!(text("Created"), "2026-11-29T12:40:00Z");
        assert_eq!(text("Nonce"), "MDEyMzQ1Njc4OWFiY2RlZg==");
        assert_eq!(text("Password"), "bjYNPL0FlXNL3TEhpZoLY2cvoyc=");
    }
}
