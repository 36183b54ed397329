//! Why something failed, as the system or a parser says it, in the language of the person.

use std::io::{Error, ErrorKind};

use i18n_embed_fl::fl;

use crate::i18n::Words;

/// What `said` means: the keyring and GStreamer by what they are known to say, an error of the system by its number, a file that is not
/// understood by its line. Of anything else, which is in English, only that the log has it.
#[must_use]
pub fn in_words(words: &Words, said: &str) -> String {
    let of_system = || number_after(said, "(os error ").and_then(|number| of_system(words, number));
    of_files(words, said)
        .or_else(|| of_passwords(words, said))
        .or_else(|| of_video(words, said))
        .or_else(|| of_program(words, said))
        .or_else(of_system)
        .or_else(|| of_parser(words, said))
        .unwrap_or_else(|| match said.is_ascii() {
            true => fl!(words, "system-unknown"),
            // It was said in the language of the person.
            false => said.to_owned(),
        })
}

/// The same words as they came, for the line of details.
#[must_use]
pub fn details(words: &Words, said: &str) -> String {
    fl!(words, "notice-details", said = said)
}

/// What the profile's files say when they are written or read. Their texts name paths, which may be in any language.
fn of_files(words: &Words, said: &str) -> Option<String> {
    let has = |mark: &str| said.contains(mark);
    Some(if has("the disk is full: ") {
        fl!(words, "system-full")
    } else if has("no permission to write ") {
        fl!(words, "system-denied")
    } else if has("another program holds ") {
        fl!(words, "system-busy")
    } else if has("the folder of the profile is another one than before") {
        fl!(words, "profile-folder-changed")
    } else if has("it is a folder, not a file") {
        fl!(words, "file-fault-folder")
    } else if has("it is a pipe or a device") {
        fl!(words, "file-fault-no-file")
    } else if has("it is larger than ") {
        fl!(words, "file-fault-too-large")
    } else if has("it is a link, and what it leads to is not there") {
        fl!(words, "file-fault-link")
    } else if has("no permission to read it") {
        fl!(words, "file-fault-denied")
    } else {
        return None;
    })
}

/// What the keyring says, and the file that stands in for it.
fn of_passwords(words: &Words, said: &str) -> Option<String> {
    let lower = said.to_lowercase();
    let has = |marks: &[&str]| marks.iter().any(|mark| lower.contains(mark));
    if has(&["cannot be decrypted"]) {
        return Some(fl!(words, "secret-unreadable"));
    }
    if has(&["key file for passwords"]) && !has(&["(os error "]) {
        return Some(fl!(words, "secret-key-file"));
    }
    if !has(&["keyring"]) {
        return None;
    }
    Some(if has(&["is no password", "more than one password", "malformed"]) {
        fl!(words, "keyring-entry")
    } else if has(&["locked", "dismissed"]) {
        fl!(words, "keyring-locked")
    } else if has(&["did not answer", "does not answer", "noreply", "timed out"]) {
        fl!(words, "keyring-silent")
    } else if has(&["denied", "not authorized", "not permitted"]) {
        fl!(words, "keyring-denied")
    } else if has(&[
        "no secret service",
        "serviceunknown",
        "namehasnoowner",
        "not provided by any",
        "no default store",
        "no such file",
        "connection refused",
        "disconnected",
    ]) {
        fl!(words, "keyring-absent")
    } else {
        fl!(words, "keyring-other")
    })
}

/// What GStreamer says, or is said of it.
fn of_video(words: &Words, said: &str) -> Option<String> {
    let what = if let Some((_, after)) = said.split_once("GStreamer element \"") {
        let (element, _) = after.split_once('"')?;
        Some(fl!(words, "video-missing", element = element))
    } else {
        let codec = said.split_once(" cannot be decoded").map(|(codec, _)| codec);
        codec.map(|codec| fl!(words, "video-no-decoder", codec = codec))
    };
    if let Some(what) = what {
        let package = said.rsplit_once(": install ").map(|(_, package)| package);
        return Some(match package {
            None => what,
            // On Windows everything comes with the program.
            Some("Monomi again") => fl!(words, "video-install-again", what = what),
            Some(package) => fl!(words, "video-install", what = what, package = package),
        });
    }
    let lower = said.to_lowercase();
    let has = |marks: &[&str]| marks.iter().any(|mark| lower.contains(mark));
    if has(&["gstreamer does not start"]) {
        Some(fl!(words, "video-no-start"))
    } else if has(&["video pipeline does not start"]) {
        Some(fl!(words, "video-no-pipeline"))
    } else if has(&["decod", "not-negotiated", "internal data stream error"]) {
        Some(fl!(words, "video-decoder"))
    } else {
        None
    }
}

/// What Monomi says of itself.
fn of_program(words: &Words, said: &str) -> Option<String> {
    let has = |marks: &[&str]| marks.iter().any(|mark| said.contains(mark));
    if has(&["a defect "]) {
        Some(fl!(words, "system-defect"))
    } else if has(&["graphics card"]) {
        Some(fl!(words, "renderer-no-card"))
    } else if has(&["could not open a window"]) {
        Some(fl!(words, "renderer-no-window"))
    } else {
        None
    }
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
    if said.contains("by a newer Monomi") {
        return Some(fl!(words, "system-newer"));
    }
    let own = || said.starts_with("line ").then(|| number_after(said, "line ")).flatten();
    let line = number_after(said, "parse error at line ").or_else(own)?;
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
    use crate::store::{Refusal, WriteError};

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
    fn what_the_files_of_the_profile_say_is_in_the_language_of_the_person_wherever_they_lie() {
        let path = || std::path::PathBuf::from("/home/山田/設定/devices.toml");
        let unread = |refusal| WriteError::Unread { path: path(), refusal };
        for (error, japanese) in [
            (WriteError::DiskFull(path()), "ディスクの空き容量がありません"),
            (WriteError::Denied(path()), "アクセスする権限がありません"),
            (WriteError::Busy(path()), "ほかのプログラムが使用中です"),
            (unread(Refusal::Folder), "同じ名前のフォルダーがあります"),
        ] {
            let said = error.to_string();
            assert_eq!(in_words(&Words::new(Language::Ja), &said), japanese, "{said}");
        }
    }

    #[test]
    fn what_the_parser_says_names_the_line() {
        let text = "TOML parse error at line 2, column 6\n  |\n2 | b = [\n  |      ^\nunclosed array";
        assert_eq!(in_words(&Words::new(Language::Ja), text), "2 行目を解釈できません");
        assert_eq!(in_words(&Words::new(Language::En), text), "line 2 is not understood");
        assert_eq!(
            in_words(&Words::new(Language::Ja), "line 7: not UTF-8"),
            "7 行目を解釈できません"
        );
        let newer = "it was written by a newer Monomi (version 3; this one knows 2)";
        assert_eq!(in_words(&Words::new(Language::En), newer), "it is of a newer Monomi");
    }

    #[test]
    fn anything_else_is_for_the_log_unless_it_is_in_the_language_of_the_person() {
        let japanese = Words::new(Language::Ja);
        assert_eq!(in_words(&japanese, "キーリング"), "キーリング");
        assert_eq!(in_words(&japanese, "libfoo: error 7"), "理由はログに記録しました");
        assert_eq!(details(&japanese, "libfoo: error 7"), "詳細：libfoo: error 7");
    }

    #[test]
    fn what_a_keyring_says_is_told_by_what_a_person_can_do_about_it() {
        let shut = |said: &str| format!("the password is in the keyring, which is not available: {said}");
        for (said, japanese, english) in [
            (
                shut("Couldn't access platform storage: SS Error: object locked"),
                "キーリングがロックされています",
                "the keyring is locked",
            ),
            (
                shut("Platform failure: SS Error: prompt dismissed"),
                "キーリングがロックされています",
                "the keyring is locked",
            ),
            (
                shut("it did not answer in time"),
                "キーリングが応答しません",
                "the keyring does not answer",
            ),
            (
                shut("Platform failure: no secret service provider or dbus session found"),
                "この PC ではキーリングのサービスが動いていません",
                "no keyring service runs on this PC",
            ),
            (
                shut("Platform failure: zbus error: I/O error: No such file or directory (os error 2)"),
                "この PC ではキーリングのサービスが動いていません",
                "no keyring service runs on this PC",
            ),
            (
                shut("Platform failure: zbus fdo error: org.freedesktop.DBus.Error.AccessDenied: no"),
                "キーリングへのアクセスが拒否されました",
                "the keyring refuses access",
            ),
            (
                "the keyring does not give the password: what it holds is no password".to_owned(),
                "キーリングの内容をパスワードとして読めないため、入力し直してください",
                "what the keyring holds is no password; enter it again",
            ),
            (
                shut("Platform failure: odd"),
                "キーリングでエラーが発生しました",
                "the keyring reports an error",
            ),
            (
                "the stored password cannot be decrypted: bad tag; enter it again".to_owned(),
                "保存したパスワードを復号できないため、入力し直してください",
                "the stored password cannot be decrypted; enter it again",
            ),
        ] {
            assert_eq!(in_words(&Words::new(Language::Ja), &said), japanese, "{said}");
            assert_eq!(in_words(&Words::new(Language::En), &said), english, "{said}");
        }
    }

    #[test]
    fn what_gstreamer_lacks_is_told_with_the_package_that_has_it() {
        for (said, japanese, english) in [
            (
                "GStreamer element \"appsink\" is missing: install gstreamer1.0-plugins-base",
                "GStreamer の appsink がありません：gstreamer1.0-plugins-base をインストールしてください",
                "appsink of GStreamer is missing; install gstreamer1.0-plugins-base",
            ),
            (
                "GStreamer element \"appsink\" is missing: install Monomi again",
                "GStreamer の appsink がありません：Monomi をインストールし直してください",
                "appsink of GStreamer is missing; install Monomi again",
            ),
            (
                "H.265 cannot be decoded: install gstreamer1.0-libav",
                "H.265 をデコードできません：gstreamer1.0-libav をインストールしてください",
                "H.265 cannot be decoded; install gstreamer1.0-libav",
            ),
            (
                "H.265 cannot be decoded",
                "H.265 をデコードできません",
                "H.265 cannot be decoded",
            ),
            (
                "GStreamer does not start: no registry",
                "GStreamer が起動しません",
                "GStreamer does not start",
            ),
            (
                "avdec_h264: Could not decode stream.",
                "デコーダーでエラーが発生しました",
                "the decoder reports an error",
            ),
            (
                "a defect ended the engine; Monomi has to be started again",
                "Monomi の不具合のため、起動し直してください",
                "a defect of Monomi; start it again",
            ),
        ] {
            assert_eq!(in_words(&Words::new(Language::Ja), said), japanese, "{said}");
            assert_eq!(in_words(&Words::new(Language::En), said), english, "{said}");
        }
    }
}
