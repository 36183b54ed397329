//! The reference to a subscription: where it is asked, and what of it has to come back word by word.

use std::collections::BTreeMap;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::address::web_target;
use crate::envelope::Addressing;
use crate::fault::said;
use crate::xml::XmlTree;

/// The most bytes of reference parameters that are sent back.
const MOST: usize = 4_096;

/// Prefixes that our own envelope declares.
const OWN: &[&str] = &["s", "wsa", "wsse", "wsu", "tev", "wsnt", "xml", "xmlns"];

/// How a subscription is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reference {
    /// Path and query, where the device named any.
    pub target: Option<String>,
    pub addressing: Addressing,
}

/// The reference in the answer to CreatePullPointSubscription; `None` where there is none.
pub(super) fn read(tree: &XmlTree, bytes: &[u8]) -> Option<Reference> {
    let reference = tree.find("SubscriptionReference")?;
    // It may be empty: then the event service itself is asked.
    let address = reference.text_of(&["Address"]).filter(|address| address.len() <= MOST);
    let (declared, parameters) = parameters(bytes).unwrap_or_default();
    Some(Reference {
        target: address.and_then(web_target),
        addressing: Addressing {
            to: address.map(said),
            declared,
            parameters,
        },
    })
}

/// What stands in `ReferenceParameters`, as it is written, and the declarations that it needs from around it.
fn parameters(bytes: &[u8]) -> Option<(String, String)> {
    let text = String::from_utf8_lossy(bytes);
    let mut reader = Reader::from_str(&text);
    let config = reader.config_mut();
    config.allow_dangling_amp = true;
    config.allow_unmatched_ends = true;
    config.check_end_names = false;
    let mut declared: BTreeMap<String, String> = BTreeMap::new();
    let mut begin = None;
    loop {
        let before = usize::try_from(reader.buffer_position()).ok()?;
        match reader.read_event().ok()? {
            Event::Start(start) if begin.is_none() => {
                declare(&start, &mut declared);
                if start.local_name().as_ref() == "ReferenceParameters" {
                    begin = usize::try_from(reader.buffer_position()).ok();
                }
            }
            Event::End(end) if end.local_name().as_ref() == "ReferenceParameters" => {
                let inside = text.get(begin?..before)?.trim();
                if inside.is_empty() || inside.len() > MOST {
                    return None;
                }
                return Some((declarations(&declared, inside), inside.to_owned()));
            }
            Event::Eof => return None,
            _ => {}
        }
    }
}

/// Notes which prefixes stand for what from here on.
fn declare(start: &BytesStart<'_>, declared: &mut BTreeMap<String, String>) {
    for attribute in start.attributes().with_checks(false).flatten() {
        let key = attribute.key.as_ref();
        let prefix = match key.strip_prefix("xmlns:") {
            Some(prefix) => prefix,
            None if key == "xmlns" => "",
            None => continue,
        };
        if declared.len() < 64 && attribute.value.len() <= 256 && prefix.len() <= 64 {
            declared.insert(prefix.to_owned(), attribute.value.clone().into_owned());
        }
    }
}

/// As attributes: those that `inside` names.
fn declarations(declared: &BTreeMap<String, String>, inside: &str) -> String {
    let mut text = String::new();
    for (prefix, namespace) in declared.iter().filter(|(prefix, _)| !OWN.contains(&prefix.as_str())) {
        let is_plain =
            !namespace.contains(['"', '<']) && prefix.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c));
        let is_named = prefix.is_empty() || inside.contains(&format!("{prefix}:"));
        if !is_plain || !is_named {
            continue;
        }
        let name = if prefix.is_empty() {
            "xmlns".to_owned()
        } else {
            format!("xmlns:{prefix}")
        };
        text.push_str(&format!(" {name}=\"{namespace}\""));
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::xml::XmlLimits;

    fn reference(text: &str) -> Option<Reference> {
        read(
            &XmlTree::read(text.as_bytes(), XmlLimits::ANSWER).unwrap(),
            text.as_bytes(),
        )
    }

    #[test]
    fn the_host_is_ignored_and_parameters_are_kept_word_by_word() {
        let text = "<s:Envelope xmlns:s='x' xmlns:d0=\"http://maker/subs\" xmlns:other=\"y\"><s:Body><R><wsnt:SubscriptionReference><wsa:Address>http://192.168.1.9:8000/sub?id=3</wsa:Address>\
                    <wsa:ReferenceParameters> <d0:Id wsa:IsReferenceParameter=\"true\">7 &amp; x</d0:Id></wsa:ReferenceParameters></wsnt:SubscriptionReference></R></s:Body></s:Envelope>";
        let reference = reference(text).unwrap();
        assert_eq!(reference.target.as_deref(), Some("/sub?id=3"));
        assert_eq!(
            reference.addressing.to.as_deref(),
            Some("http://192.168.1.9:8000/sub?id=3")
        );
        assert_eq!(reference.addressing.declared, " xmlns:d0=\"http://maker/subs\"");
        assert_eq!(
            reference.addressing.parameters,
            "<d0:Id wsa:IsReferenceParameter=\"true\">7 &amp; x</d0:Id>"
        );
    }

    #[test]
    fn what_is_not_named_is_done_without() {
        let empty = reference("<SubscriptionReference><wsa:Address/></SubscriptionReference>").unwrap();
        assert_eq!((empty.target, empty.addressing), (None, Addressing::default()));
        assert_eq!(reference("<Body><CurrentTime>x</CurrentTime></Body>"), None);
        let long = format!(
            "<SubscriptionReference><ReferenceParameters>{}</ReferenceParameters></SubscriptionReference>",
            "<a>b</a>".repeat(MOST)
        );
        assert_eq!(reference(&long).unwrap().addressing.parameters, "");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(pieces in prop::collection::vec(prop::sample::select(vec![
            "<ReferenceParameters>", "</ReferenceParameters>", "<a xmlns:b='c'>", "<a xmlns='", "'/>", "&", "<!--", "-->", "é", "</x>", ">",
        ]), 0..60)) {
            if let Some((declared, inside)) = parameters(pieces.concat().as_bytes()) {
                prop_assert!(inside.len() <= MOST && declared.len() <= 64 * 400);
            }
        }
    }
}
