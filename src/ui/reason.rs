//! Why something failed, as the system or a parser says it, in the language of the person.

use std::io::{Error, ErrorKind};

use i18n_embed_fl::fl;

use crate::i18n::Words;

/// What `said` means: an error of the system by its number, a file that is not understood by its line. Anything else is given as
/// it is.
#[must_use]
pub fn in_words(words: &Words, said: &str) -> String {
    let of_system = number_after(said, "(os error ").and_then(|number| of_system(words, number));
    of_system
        .or_else(|| of_parser(words, said))
        .unwrap_or_else(|| said.to_owned())
}

fn of_system(words: &Words, number: i64) -> Option<String> {
    let number = i32::try_from(number).ok()?;
    let said = match Error::from_raw_os_error(number).kind() {
        ErrorKind::NotFound => fl!(words, "system-not-found"),
        ErrorKind::PermissionDenied => fl!(words, "system-denied"),
        ErrorKind::AlreadyExists => fl!(words, "system-exists"),
        ErrorKind::StorageFull => fl!(words, "system-full"),
        ErrorKind::QuotaExceeded => fl!(words, "system-quota"),
        ErrorKind::ReadOnlyFilesystem => fl!(words, "system-read-only"),
        ErrorKind::FileTooLarge => fl!(words, "file-fault-too-large"),
        ErrorKind::IsADirectory => fl!(words, "file-fault-folder"),
        ErrorKind::NotADirectory => fl!(words, "system-no-folder"),
        ErrorKind::InvalidFilename => fl!(words, "system-name"),
        ErrorKind::ResourceBusy | ErrorKind::ExecutableFileBusy => fl!(words, "system-busy"),
        ErrorKind::TimedOut => fl!(words, "system-timeout"),
        ErrorKind::StaleNetworkFileHandle
        | ErrorKind::NetworkDown
        | ErrorKind::NetworkUnreachable
        | ErrorKind::HostUnreachable
        | ErrorKind::ConnectionRefused
        | ErrorKind::ConnectionReset
        | ErrorKind::NotConnected => fl!(words, "system-share"),
        ErrorKind::OutOfMemory => fl!(words, "system-memory"),
        _ if cfg!(unix) && number == 5 => fl!(words, "system-disk"),
        _ if cfg!(unix) && matches!(number, 23 | 24) => fl!(words, "system-files"),
        // Windows: another program has the file open, or a part of it.
        _ if cfg!(windows) && matches!(number, 32 | 33) => fl!(words, "system-busy"),
        _ => fl!(words, "system-number", number = number),
    };
    Some(said)
}

fn of_parser(words: &Words, said: &str) -> Option<String> {
    let line = number_after(said, "parse error at line ")?;
    Some(fl!(words, "system-line", line = line))
}

/// The last number that stands after `mark`.
fn number_after(said: &str, mark: &str) -> Option<i64> {
    let (_, after) = said.rsplit_once(mark)?;
    let end = after
        .find(|c: char| c != '-' && !c.is_ascii_digit())
        .unwrap_or(after.len());
    after[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Language;

    #[cfg(unix)]
    #[test]
    fn what_the_system_really_says_is_in_the_language_of_the_person() {
        let japanese = Words::new(Language::Ja);
        for (number, said) in [
            (2, "ファイルまたはフォルダーが見つかりません"),
            (21, "同じ名前のフォルダーがあります"),
            (28, "ディスクの空き容量がありません"),
            (24, "開いているファイルが多すぎます"),
            (13, "アクセスする権限がありません"),
            (30, "書き込みできない場所です"),
        ] {
            let text = format!("/home/x/devices.toml: {}", Error::from_raw_os_error(number));
            assert_eq!(in_words(&japanese, &text), said, "{text}");
        }
        let odd = in_words(&japanese, "x (os error 2147483647)");
        assert!(odd.contains("2147483647") && !odd.contains("error"), "{odd}");
    }

    #[test]
    fn what_the_parser_says_names_the_line() {
        let text = "TOML parse error at line 2, column 6\n  |\n2 | b = [\n  |      ^\nunclosed array";
        assert_eq!(in_words(&Words::new(Language::Ja), text), "2 行目を解釈できません");
        assert_eq!(in_words(&Words::new(Language::En), text), "line 2 is not understood");
    }

    #[test]
    fn anything_else_is_given_as_it_is() {
        assert_eq!(in_words(&Words::new(Language::Ja), "キーリング"), "キーリング");
    }
}
