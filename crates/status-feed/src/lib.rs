//! WHAT A STATUS FEED SAYS LAST: Atom (RFC 4287), RSS 2.0 and 1.0, JSON Feed 1.1.
//!
//! Belongs here: how such a text is read, whoever wrote it. Does not belong here: when it is read and over which connection (`engine`).

mod date;
mod json;
mod title;
mod xml;

use device::WebAddress;

/// The most bytes of a feed that are read.
pub const MOST_BYTES: usize = 512 << 10;

/// The newest entry of a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedEntry {
    /// One line without markup, at most [`FeedEntry::MOST_TITLE`] characters; it may be empty.
    pub title: String,
    /// When it was published or changed last, in seconds since 1970; `None`: that is not said, or not understood.
    pub at: Option<i64>,
}

impl FeedEntry {
    /// The longest title, in characters.
    pub const MOST_TITLE: usize = 200;
}

/// Why a text is no feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FeedError {
    #[error("it is no Atom, RSS or JSON feed")]
    NoFeed,
    #[error("it is larger than {MOST_BYTES} bytes")]
    TooLong,
}

/// The types of content that are asked for.
pub const ACCEPT: &str = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.8, application/json;q=0.7, */*;q=0.1";

/// The newest entry: that of the latest time, or the first one where no time is said. `None`: the feed has no entry.
///
/// # Errors
/// Where the text is no feed.
pub fn newest(bytes: &[u8]) -> Result<Option<FeedEntry>, FeedError> {
    if bytes.len() > MOST_BYTES {
        return Err(FeedError::TooLong);
    }
    let begin = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let first = begin.iter().find(|byte| !byte.is_ascii_whitespace());
    let entries = match first {
        Some(b'{') => json::entries(begin)?,
        _ => xml::entries(bytes)?,
    };
    // Of several of one time the first one stands on top of the feed.
    let newest = entries
        .into_iter()
        .rev()
        .max_by_key(|entry| entry.at.unwrap_or(i64::MIN));
    Ok(newest)
}

/// Whether a feed may be read from there: over TLS alone.
#[must_use]
pub fn may_read(feed: &WebAddress) -> bool {
    feed.secure
}

#[cfg(test)]
mod tests;
