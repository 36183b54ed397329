//! JSON Feed 1.1 (<https://www.jsonfeed.org/version/1.1/>).

use serde_json::Value;

use crate::date;
use crate::title::plain;
use crate::{FeedEntry, FeedError};

pub(super) fn entries(bytes: &[u8]) -> Result<Vec<FeedEntry>, FeedError> {
    let feed: Value = serde_json::from_slice(bytes).map_err(|_no_json| FeedError::NoFeed)?;
    let items = feed.get("items").and_then(Value::as_array).ok_or(FeedError::NoFeed)?;
    Ok(items.iter().map(entry).collect())
}

fn entry(item: &Value) -> FeedEntry {
    let text = |key: &str| item.get(key).and_then(Value::as_str);
    // An item needs no title.
    let title = text("title").or(text("summary")).or(text("content_text"));
    let times = ["date_modified", "date_published"]
        .iter()
        .filter_map(|key| date::read(text(key)?));
    FeedEntry {
        title: plain(title.unwrap_or_default()),
        at: times.max(),
    }
}
