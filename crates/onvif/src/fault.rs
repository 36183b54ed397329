//! What a device says when it does not do what was asked. It may come with any status, with undeclared prefixes, and without the
//! subcodes that would tell what is meant: then only its text tells.

use super::xml::{XmlElement, XmlTree};

/// The longest text of a device that is kept, in characters.
pub(crate) const LONGEST_TEXT: usize = 200;

/// A SOAP fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub kind: FaultKind,
    /// What the device said, for people.
    pub text: String,
}

/// What a fault means for who asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The sign-in is missing or wrong.
    NotSignedIn,
    /// The sign-in is right, and this user may not do it.
    NotAllowed,
    /// The device knows no such call.
    Unknown,
    Other,
}

/// What a refusal says of the account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lockout {
    /// So many tries are left before the account is locked.
    pub attempts_left: Option<u32>,
    /// The account is locked, for so many minutes where that is said.
    pub locked: bool,
    pub minutes: Option<u32>,
}

impl Fault {
    /// The fault of an answer, if it is one.
    pub(crate) fn of(tree: &XmlTree) -> Option<Self> {
        let fault = tree.find("Fault")?;
        let mut codes: Vec<&str> = fault.all("Value").map(|value| value.text()).collect();
        codes.extend(fault.child("faultcode").map(|code| code.text()));
        let reason = fault
            .find("Text")
            .or_else(|| fault.child("faultstring"))
            .or_else(|| fault.find("Reason"));
        let mut text = said(reason.map_or("", |reason| reason.text()));
        if let Some(detail) = fault
            .find("Detail")
            .or_else(|| fault.child("detail"))
            .and_then(first_text)
            && text.is_empty()
        {
            text = said(detail);
        }
        if text.is_empty() {
            text = said(codes.last().copied().unwrap_or_default());
        }
        Some(Self {
            kind: FaultKind::of(&codes, &text),
            text,
        })
    }
}

impl FaultKind {
    fn of(codes: &[&str], text: &str) -> Self {
        let codes: Vec<String> = codes.iter().map(|code| local(code)).collect();
        let has = |names: &[&str]| codes.iter().any(|code| names.contains(&code.as_str()));
        let text = text.to_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
        if has(&["operationprohibited", "notpermitted", "operatornotallowed"])
            || says(&["permission", "privilege", "not permitted"])
        {
            return Self::NotAllowed;
        }
        if has(&[
            "notauthorized",
            "failedauthentication",
            "invalidsecurity",
            "invalidsecuritytoken",
            "messageexpired",
            "unauthorized",
        ]) || says(&[
            "authori",
            "authenticat",
            "timestamp expired",
            "password",
            "security token",
            "locked",
        ]) {
            return Self::NotSignedIn;
        }
        if has(&[
            "actionnotsupported",
            "unknownaction",
            "nosuchservice",
            "optionalactionnotimplemented",
            "notsupported",
        ]) || says(&["not implemented", "not supported", "unknown action", "unsupported"])
        {
            return Self::Unknown;
        }
        Self::Other
    }
}

impl Lockout {
    /// What a text of a device says of the account, such as "You still have 24 attempt(s)" or "locked … after 5 minutes".
    pub fn of(text: &str) -> Self {
        let text = text.to_lowercase();
        let before = |word: &str| -> Option<u32> {
            let (before, _) = text.split_once(word)?;
            let digits = before.trim_end_matches(|c: char| !c.is_ascii_digit());
            // A number further back belongs to something else.
            if before.len() - digits.len() > 12 {
                return None;
            }
            let from = digits.rfind(|c: char| !c.is_ascii_digit()).map_or(0, |at| at + 1);
            digits.get(from..)?.parse().ok()
        };
        Self {
            // A larger number is something else, such as a status.
            attempts_left: before("attempt")
                .or_else(|| before("times left"))
                .or_else(|| before("chance"))
                .filter(|left| *left < 100),
            locked: text.contains("locked") || text.contains("lockout") || text.contains("too many"),
            minutes: before("minute")
                .or_else(|| before("min."))
                .filter(|minutes| *minutes <= 1_440),
        }
    }
}

fn first_text(element: XmlElement<'_>) -> Option<&str> {
    let texts = std::iter::once(element)
        .chain(element.below())
        .map(|element| element.text());
    texts.into_iter().find(|text| !text.is_empty())
}

/// The name behind the prefix, in small letters.
fn local(code: &str) -> String {
    code.rsplit(':').next().unwrap_or_default().to_ascii_lowercase()
}

/// A text of a device, in one line and as long as can be shown.
pub(crate) fn said(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let visible = |character: &char| !device::is_hidden(*character);
    words.join(" ").chars().filter(visible).take(LONGEST_TEXT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::XmlLimits;

    fn fault(text: &str) -> Option<Fault> {
        Fault::of(&XmlTree::read(text.as_bytes(), XmlLimits::ANSWER).unwrap())
    }

    fn soap12(subcode: &str, text: &str) -> String {
        let subcode = match subcode {
            "" => String::new(),
            code => format!("<s:Subcode><s:Value>ter:{code}</s:Value></s:Subcode>"),
        };
        format!(
            "<s:Envelope><s:Body><s:Fault><s:Code><s:Value>s:Sender</s:Value>{subcode}</s:Code><s:Reason><s:Text xml:lang='en'>{text}</s:Text></s:Reason></s:Fault></s:Body></s:Envelope>"
        )
    }

    #[test]
    fn a_fault_is_known_by_its_codes_or_by_its_text() {
        for (code, text, kind) in [
            ("NotAuthorized", "Sender not Authorized", FaultKind::NotSignedIn),
            ("", "Authentication failed", FaultKind::NotSignedIn),
            ("", "WS-Security timestamp expired", FaultKind::NotSignedIn),
            ("OperationProhibited", "no", FaultKind::NotAllowed),
            ("ActionNotSupported", "", FaultKind::Unknown),
            ("", "Method not implemented", FaultKind::Unknown),
            ("InvalidArgVal", "bad token", FaultKind::Other),
        ] {
            assert_eq!(
                fault(&soap12(code, text)).map(|fault| fault.kind),
                Some(kind),
                "{code} {text}"
            );
        }
        let old = "<Fault><faultcode>SOAP-ENV:Client</faultcode><faultstring>Method 'x' not implemented:\n y</faultstring></Fault>";
        let old = fault(old).unwrap();
        assert_eq!(
            (old.kind, old.text.as_str()),
            (FaultKind::Unknown, "Method 'x' not implemented: y")
        );
        assert_eq!(fault("<Envelope><Body/></Envelope>"), None);
        assert_eq!(fault(&soap12("", &"x".repeat(5_000))).unwrap().text.len(), LONGEST_TEXT);
    }

    #[test]
    fn a_text_says_what_is_left_and_how_long_it_is_locked() {
        let of = Lockout::of;
        assert_eq!(of("You still have 24 attempt(s)").attempts_left, Some(24));
        assert_eq!(of("Invalid user. Attempts left: none").attempts_left, None);
        let locked = of("The device is locked, please try again after 5 minutes.");
        assert_eq!((locked.locked, locked.minutes), (true, Some(5)));
        assert_eq!(of("Sender not Authorized"), Lockout::default());
        assert_eq!(of("error 401: no attempt"), Lockout::default());
        assert_eq!(of("99999999999999999999 attempts").attempts_left, None);
    }
}
