/// Characters that are not shown themselves and may make a name look like another one: control characters, and those that turn
/// text around (Unicode Standard Annex 9, table 4; *Trojan Source*, CVE-2021-42574).
#[must_use]
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// A text from elsewhere (a file, a device) with a visible sign in place of each hidden character.
#[must_use]
pub fn with_hidden_shown(text: &str) -> String {
    let shown = |c| if is_hidden(c) { char::REPLACEMENT_CHARACTER } else { c };
    text.chars().map(shown).collect()
}

/// A name in lower case without the space around it. Two names that fold to the same text count as the same name.
pub(super) fn folded(name: &str) -> String {
    name.trim().to_lowercase()
}

/// Trims, and turns the full-width forms that a Japanese input method leaves (U+FF01 to U+FF5E, and its full stops) into ASCII.
pub(super) fn half_width(typed: &str) -> String {
    let narrow = |c| match c {
        '！'..='～' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        '。' | '｡' => '.',
        '\u{3000}' => ' ',
        _ => c,
    };
    typed.trim().chars().map(narrow).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_turns_text_around_is_shown_and_scripts_stay_as_they_are() {
        assert_eq!(with_hidden_shown("Gate \u{202E}4 RVD"), "Gate \u{FFFD}4 RVD");
        for name in ["正面入口①", "בניין 3", "مدخل", "👨‍👩‍👧", "Zoë"] {
            assert_eq!(with_hidden_shown(name), name);
        }
    }
}
