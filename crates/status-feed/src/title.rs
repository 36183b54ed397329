//! A title as one line of text.

use device::with_hidden_shown;

use crate::FeedEntry;

/// Without markup, hidden characters and superfluous space, and not longer than a line.
pub(super) fn plain(title: &str) -> String {
    let mut text = String::new();
    let mut in_tag = false;
    // No more than this can come to be seen, whatever is written.
    let most = title.char_indices().nth(16 * FeedEntry::MOST_TITLE);
    let title = most.map_or(title, |(end, _)| &title[..end]);
    let last_end = title.rfind('>').unwrap_or_default();
    for (at, c) in title.char_indices() {
        match c {
            // A sign of less than is no tag: after that a name, an end or a comment begins, and it is closed.
            '<' if !in_tag => {
                let next = title[at + 1..].chars().next();
                in_tag = at < last_end && next.is_some_and(|next| next.is_alphabetic() || matches!(next, '/' | '!'));
                if !in_tag {
                    text.push(c);
                }
            }
            '>' if in_tag => {
                in_tag = false;
                text.push(' ');
            }
            c if !in_tag => text.push(c),
            _ => {}
        }
    }
    // Those that HTML in a title is written with; what else looks so stays as it is.
    for (entity, meant) in [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&nbsp;", " "),
        ("&amp;", "&"),
    ] {
        text = text.replace(entity, meant);
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = with_hidden_shown(&words.join(" "));
    line.chars().take(FeedEntry::MOST_TITLE).collect()
}
