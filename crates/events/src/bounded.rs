//! Texts that others wrote: bounded, and in one line.

use std::fmt;

/// A text of at most `MOST` bytes without control characters; what is longer ends with an ellipsis.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Bounded<const MOST: usize>(Box<str>);

/// What a device says of an event in its own words.
pub type Detail = Bounded<512>;

/// A name that a device gave, or the user of the system.
pub type OwnName = Bounded<64>;

/// What a person noted on an event.
pub type NoteText = Bounded<2_048>;

const ELLIPSIS: char = '…';

impl<const MOST: usize> Bounded<MOST> {
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut bounded = String::with_capacity(text.len().min(MOST));
        let mut blank = false;
        for char in text.trim().chars() {
            let char = if is_invisible(char) { ' ' } else { char };
            if std::mem::replace(&mut blank, char == ' ') && char == ' ' {
                continue;
            }
            if bounded.len() + char.len_utf8() > MOST {
                while bounded.len() + ELLIPSIS.len_utf8() > MOST {
                    bounded.pop();
                }
                bounded.push(ELLIPSIS);
                break;
            }
            bounded.push(char);
        }
        bounded.truncate(bounded.trim_end().len());
        Self(bounded.into_boxed_str())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Control characters, and those that turn the direction of a line: a name must not repaint the line that it stands in.
fn is_invisible(char: char) -> bool {
    char.is_control() || matches!(char, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

impl<const MOST: usize> From<&str> for Bounded<MOST> {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl<const MOST: usize> fmt::Display for Bounded<MOST> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_in_one_line_and_never_longer_than_it_may_be() {
        assert_eq!(Bounded::<64>::new("  a\r\n\0b\u{202e}c  d ").as_str(), "a b c d");
        let long = Bounded::<64>::new(&"あ".repeat(30));
        assert!(long.as_str().len() <= 64 && long.as_str().ends_with("あ…"), "{long}");
        assert_eq!(Bounded::<3>::new("あい").as_str(), "…");
        assert!(Bounded::<64>::new(" \n").is_empty());
    }
}
