//! Atom and RSS. Names count without their prefix, as feeds of any age use them.

use onvif::{XmlElement, XmlLimits, XmlTree};

use crate::date;
use crate::title::plain;
use crate::{FeedEntry, FeedError, MOST_BYTES};

const LIMITS: XmlLimits = XmlLimits {
    bytes: MOST_BYTES,
    depth: 64,
    nodes: 50_000,
};

pub(super) fn entries(bytes: &[u8]) -> Result<Vec<FeedEntry>, FeedError> {
    let tree = XmlTree::read(bytes, LIMITS).map_err(|_no_xml| FeedError::NoFeed)?;
    let root = tree
        .top()
        .children()
        .find(|root| matches!(root.name(), "feed" | "rss" | "RDF"));
    let root = root.ok_or(FeedError::NoFeed)?;
    let (list, name) = match root.name() {
        "feed" => (root, "entry"),
        "rss" => (root.child("channel").ok_or(FeedError::NoFeed)?, "item"),
        _ => (root, "item"),
    };
    let items = list.children().filter(|item| item.name() == name);
    Ok(items.map(entry).collect())
}

fn entry(item: XmlElement<'_>) -> FeedEntry {
    let title = item.child("title").map(text_within).unwrap_or_default();
    // An incident is changed as it goes on.
    let said = ["updated", "modified", "published", "pubDate", "date", "issued"];
    let times = said.iter().filter_map(|name| date::read(item.text_of(&[*name])?));
    FeedEntry {
        title: plain(&title),
        at: times.max(),
    }
}

/// What an element says, also where it is marked up (`type="xhtml"`, RFC 4287 §3.1.1.3).
fn text_within(element: XmlElement<'_>) -> String {
    let below = element.below().map(|below| below.text());
    let parts: Vec<&str> = std::iter::once(element.text()).chain(below).collect();
    parts.join(" ")
}
