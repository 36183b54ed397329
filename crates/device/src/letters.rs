use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::CodePointMapData;
use icu_properties::props::GeneralCategory;

/// Characters that are not shown themselves and may make a name look like another one: control characters, those that turn text
/// around (Unicode Standard Annex 9, table 4; *Trojan Source*, CVE-2021-42574), and those that are nothing or a blank to the eye
/// (Unicode 16, `Default_Ignorable_Code_Point` and the blanks that are no `White_Space`). Joiners and variation selectors are none of
/// them, because scripts and emoji need them.
#[must_use]
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'
                ..='\u{180F}'
        )
        || matches!(c, '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}')
        || matches!(c, '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}')
        || matches!(c, '\u{E0000}'..='\u{E00FF}' | '\u{E01F0}'..='\u{E0FFF}')
}

/// What joins characters, or chooses between two forms of one: it is seen by what stands beside it alone.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200C}' | '\u{200D}' | '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

/// Whether a name holds something that cannot be seen, or nothing that can.
#[must_use]
pub fn is_unseen(name: &str) -> bool {
    name.chars().any(is_hidden) || !(name.is_empty() || name.chars().any(is_seen_alone))
}

/// Whether a character is something to the eye without another one: no blank, no mark on a letter, nothing without a picture of its own
/// (Unicode, general categories). U+1D159 is a note head that is not drawn, U+FFFC the place of something else.
fn is_seen_alone(c: char) -> bool {
    let is_nothing = matches!(
        CodePointMapData::<GeneralCategory>::new().get(c),
        GeneralCategory::NonspacingMark
            | GeneralCategory::SpacingMark
            | GeneralCategory::EnclosingMark
            | GeneralCategory::Format
            | GeneralCategory::PrivateUse
            | GeneralCategory::Unassigned
    );
    !(is_nothing || c.is_whitespace() || is_joiner(c) || matches!(c, '\u{1D159}' | '\u{FFFC}'))
}

/// A typed name as it is kept: without the space around it, each character in its composed form (Unicode Standard Annex 15, NFC), so
/// that é is one character whichever keyboard it came from.
#[must_use]
pub fn as_name(typed: &str) -> String {
    ComposingNormalizerBorrowed::new_nfc()
        .normalize(typed.trim())
        .into_owned()
}

/// Whether two names look the same: their characters may be composed or not, and joined or not, and their spaces and hyphens may be
/// others. Full-width letters look different from others.
#[must_use]
pub fn is_twin(one: &str, other: &str) -> bool {
    one == other || looks(one) == looks(other)
}

fn looks(name: &str) -> String {
    let name = as_name(name);
    let mut looks = String::with_capacity(name.len());
    for c in name.chars().filter(|c| !is_joiner(*c)) {
        match c {
            c if c.is_whitespace() => {
                if !looks.ends_with(' ') {
                    looks.push(' ');
                }
            }
            '\u{2010}'..='\u{2013}' | '\u{2212}' | '\u{FE63}' => looks.push('-'),
            c => looks.push(c),
        }
    }
    looks
}

/// A text from elsewhere (a file, a device) with a visible sign in place of each hidden character.
#[must_use]
pub fn with_hidden_shown(text: &str) -> String {
    let shown = |c| if is_hidden(c) { char::REPLACEMENT_CHARACTER } else { c };
    text.chars().map(shown).collect()
}

// Where the target keeps such a value by a key, the lint does not see that it is `const` already.
#[cfg(any(test, feature = "test-support"))]
#[allow(clippy::missing_const_for_thread_local)]
mod folds {
    thread_local! {
        /// How many names this thread has folded.
        pub(crate) static FOLDS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
    }
}
#[cfg(any(test, feature = "test-support"))]
pub(crate) use folds::FOLDS;

/// A name as it looks, in lower case without the space around it. Two names that fold to the same text count as the same name.
#[must_use]
pub fn folded(name: &str) -> String {
    #[cfg(any(test, feature = "test-support"))]
    FOLDS.set(FOLDS.get() + 1);
    let name = name.trim();
    let is_plain = name.is_ascii() && !name.contains("  ") && !name.contains(|c: char| c != ' ' && c.is_whitespace());
    if is_plain {
        name.to_ascii_lowercase()
    } else {
        as_name(&looks(name).to_lowercase())
    }
}

/// A text as a search compares it: in lower case, and each character in its plain form (Unicode Standard Annex 15, NFKC), so that full-width
/// letters, half-width kana and figures in circles are found from any keyboard.
#[must_use]
pub fn search_form(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let plain = ComposingNormalizerBorrowed::new_nfkc();
    plain.normalize(&plain.normalize(text).to_lowercase()).into_owned()
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

    #[test]
    fn names_that_look_the_same_are_the_same() {
        let twins = [
            ("Caf\u{e9}", "Cafe\u{301}"),
            ("ガレージ", "カ\u{3099}レーシ\u{3099}"),
            ("DVR 1", "DVR\u{200D} 1"),
            ("☎", "☎\u{FE0F}"),
            ("DVR 1", "DVR\u{A0}1"),
            ("DVR 1", "DVR\u{2003}1"),
            ("DVR 1", "DVR\u{202F}1"),
            ("DVR 1", "DVR\u{3000}1"),
            ("DVR 1", "DVR  1"),
            ("DVR-1", "DVR\u{2011}1"),
            ("DVR-1", "DVR\u{2212}1"),
        ];
        for (one, other) in twins {
            assert!(is_twin(one, other), "{other:?}");
            assert_eq!(folded(one), folded(&other.to_uppercase()));
            assert!(!is_unseen(other));
        }
        assert_eq!(as_name(" Cafe\u{301} "), "Caf\u{e9}");
        assert!(!is_twin("DVR 1", "DVR 2") && !is_twin("ＤＶＲ", "DVR"));
    }

    #[test]
    fn what_cannot_be_seen_is_told_from_what_scripts_need() {
        for unseen in [
            "\u{200B}",
            "\u{2800}",
            "\u{3164}",
            "DVR\u{200B}",
            "A\u{AD}B",
            "\u{200D}",
            "\u{E0041}",
            "\u{FE0F} \u{200C}",
            "\u{301}",
            "\u{20E3}\u{3099}",
            "\u{E000}",
            "\u{10FFFD}",
            "\u{378}",
            "\u{1D159}",
            "\u{FFFC}",
            " \u{A0}\u{3000}\u{2003}",
        ] {
            assert!(is_unseen(unseen), "{unseen:?}");
        }
        for name in [
            "正面入口①",
            "می\u{200C}خواهم",
            "👨\u{200D}👩\u{200D}👧",
            "葛\u{E0100}城",
            "Zoë",
            "Zoe\u{308}",
            "1\u{FE0F}\u{20E3}",
            "हिन्दी",
            "🇯🇵",
            "-",
            "x",
        ] {
            assert!(!is_unseen(name), "{name}");
        }
    }
}
