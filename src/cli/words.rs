//! A command's sentences for people, in the language of the window.

use i18n_embed_fl::fl;

use crate::i18n::{Language, Words};
use crate::store::{LoadProblem, Profile, Refusal};

/// The texts in the language that the settings of the profile choose.
pub(super) fn words_of(profile: &Profile) -> Words {
    let chosen = profile.load_settings().value.language;
    Words::new(Language::from_tag(chosen.as_str()).unwrap_or_else(Language::of_system))
}

/// The texts in the language of the system.
pub(super) fn of_system() -> Words {
    Words::new(Language::of_system())
}

/// Why the system does not give a file.
pub(super) fn refusal_in_words(words: &Words, refusal: &Refusal) -> String {
    match refusal {
        Refusal::Folder => fl!(words, "file-fault-folder"),
        Refusal::NoFile => fl!(words, "file-fault-no-file"),
        Refusal::TooLarge => fl!(words, "file-fault-too-large"),
        Refusal::LinkToNothing => fl!(words, "file-fault-link"),
        Refusal::Denied => fl!(words, "file-fault-denied"),
        Refusal::System(reason) => reason.clone(),
    }
}

/// What is wrong with the files of passwords and certificates: what is missing there would be taken for never entered.
pub(super) fn complaints(profile: &Profile) -> Vec<String> {
    let files = [
        ("secrets.toml", profile.secrets().problems()),
        ("trust.toml", profile.load_trust().problems),
    ];
    let mut complaints = Vec::new();
    for (name, problems) in files.into_iter().filter(|(_, problems)| !problems.is_empty()) {
        let words = words_of(profile);
        let is_warning = |problem: &LoadProblem| matches!(problem, LoadProblem::Warning { .. });
        let is_damaged = !problems.iter().all(is_warning);
        complaints.extend(problems.into_iter().map(|problem| match problem {
            LoadProblem::SetAside { file, beside, reason } => fl!(
                words,
                "notice-file-set-aside",
                file = file.as_str(),
                beside = beside.as_str(),
                reason = reason.as_str()
            ),
            LoadProblem::Unreadable { file, refusal } => {
                fl!(
                    words,
                    "cli-file-unreadable",
                    file = file.as_str(),
                    reason = refusal_in_words(&words, &refusal)
                )
            }
            LoadProblem::Emptied { file } => fl!(words, "notice-file-emptied", file = file.as_str()),
            LoadProblem::Warning { at, message } => {
                let warning = format!("{at}: {message}");
                fl!(words, "notice-file-warnings", file = name, warnings = warning.as_str())
            }
        }));
        if is_damaged && name == "trust.toml" {
            complaints.push(fl!(words, "cli-trust-damaged"));
        }
    }
    complaints
}
