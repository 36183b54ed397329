//! What a spreadsheet makes of a cell, and what is done against it.

use std::borrow::Cow;

/// A cell that begins so is a formula to a spreadsheet (OWASP, *CSV Injection*), in the wide forms of an input method, too.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// The most digits that a spreadsheet keeps of a number.
const DIGITS: usize = 15;

/// The text of a cell, so that a spreadsheet takes it as a text and gives it back as it is: an apostrophe in front is the sign for that.
pub(super) fn escaped(text: &str) -> Cow<'_, str> {
    let rest = text.trim_start_matches('\'');
    let is_escaped_already = rest.len() < text.len() && rest.starts_with(is_signed);
    let changes = rest.len() == text.len() && (text.starts_with(FORMULA) || is_number_of_another_form(text));
    if is_escaped_already || changes {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The text that somebody meant with a cell: what [`escaped`] wrote, and what people write so that a spreadsheet keeps their zeros
/// (`'0012`, `="0012"`).
pub(super) fn unescaped(cell: &str) -> Cow<'_, str> {
    if let Some(text) = cell.strip_prefix('\'')
        && text.trim_start_matches('\'').starts_with(is_signed)
    {
        return Cow::Borrowed(text);
    }
    let quoted = cell.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'));
    match quoted {
        Some(text) if !text.replace("\"\"", "").contains('"') => Cow::Owned(text.replace("\"\"", "\"")),
        _ => Cow::Borrowed(cell),
    }
}

/// Whether an apostrophe in front of this character is a sign and no part of the text.
fn is_signed(c: char) -> bool {
    FORMULA.contains(&c) || c.is_ascii_digit()
}

/// Whether a spreadsheet would take it as a number, a date or a time and write it in another form: `0012`, `1-2`, `3/4`, `1e5`.
fn is_number_of_another_form(text: &str) -> bool {
    if !text.starts_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    if is_plain {
        return (text.len() > 1 && text.starts_with('0')) || text.len() > DIGITS;
    }
    let is_address = text.matches('.').count() == 3 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let may_be_a_number = |c: char| c.is_ascii_digit() || " .,:/-eE%年月日時分".contains(c);
    !is_address && text.chars().all(may_be_a_number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn no_formula_is_written() {
        for text in [
            "=1+1",
            "+81",
            "-1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "＝1",
            "=cmd|' /C calc'!A0",
            "'=1",
        ] {
            let written = escaped(text);
            assert!(written.starts_with('\''), "{text:?}");
            assert_eq!(unescaped(&written), text);
        }
    }

    #[test]
    fn what_a_spreadsheet_would_change_is_marked_and_the_rest_is_as_it_was() {
        for text in [
            "0012",
            "1-2",
            "3/4",
            "1e5",
            "10:30",
            "1234567890123456",
            "1.50",
            "3月4日",
        ] {
            assert_eq!(escaped(text), format!("'{text}"));
        }
        for text in [
            "554",
            "0",
            "192.168.1.10",
            "DVR-1",
            "O'Neill",
            "'quoted'",
            "正面",
            "",
            "rtsp",
            "123456789012345",
        ] {
            assert_eq!(escaped(text), text);
        }
    }

    #[test]
    fn what_people_write_against_lost_zeros_is_read() {
        for (cell, text) in [
            ("=\"0012\"", "0012"),
            ("'0012", "0012"),
            ("=\"say \"\"hi\"\"\"", "say \"hi\""),
            ("=1+1", "=1+1"),
            ("=\"a\"&\"b\"", "=\"a\"&\"b\""),
            ("'Tis", "'Tis"),
            ("'", "'"),
        ] {
            assert_eq!(unescaped(cell), text, "{cell}");
        }
    }

    proptest! {
        #[test]
        fn every_text_comes_back(text in "['=+\\-@\"0-9a-z/ \\t日＝]{0,8}|\\PC{0,12}") {
            let written = escaped(&text);
            prop_assert!(!written.starts_with(FORMULA));
            prop_assert_eq!(unescaped(&written), text.as_str());
        }
    }
}
