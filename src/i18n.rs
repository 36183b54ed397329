//! WHAT THE WORDS ARE: one [`Words`] per window, loaded from `locales/<language>/monomi.ftl` and passed to whoever paints.
//!
//! Belongs here: the languages, how one is chosen, durations in words.
//! Does not belong here: sentences (they stand in the Fluent files), fonts (`ui::theme`).
//!
//! A text is asked for with `fl!(words, "message-id", name = value)`; the macro checks id and arguments at compile time.

use std::ops::Deref;
use std::time::Duration;

use i18n_embed::LanguageLoader as _;
use i18n_embed::fluent::FluentLanguageLoader;
use i18n_embed_fl::fl;
use unic_langid::LanguageIdentifier;

/// A language that Monomi speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    #[default]
    En,
    Ja,
}

impl Language {
    pub const ALL: [Self; 2] = [Self::En, Self::Ja];

    /// The language that the operating system asks for, English where Monomi does not speak it.
    #[must_use]
    pub fn of_system() -> Self {
        sys_locale::get_locales()
            .find_map(|tag| Self::from_tag(&tag))
            .unwrap_or_default()
    }

    /// From a tag such as `ja`, `ja-JP` or `ja_JP.UTF-8`.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_', '.']).next()?;
        Self::ALL
            .into_iter()
            .find(|language| primary.eq_ignore_ascii_case(language.tag()))
    }

    /// The primary subtag of BCP 47, such as `en`: the name of its folder in `locales` and its word in the settings.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ja => "ja",
        }
    }

    /// The language's name in itself, the same in every language.
    #[must_use]
    pub fn own_name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::Ja => "日本語",
        }
    }

    fn id(self) -> LanguageIdentifier {
        self.tag().parse().unwrap_or_default()
    }
}

/// All texts in one language. Dereferences to the loader so that `fl!(words, ..)` takes it.
pub struct Words {
    loader: FluentLanguageLoader,
    language: Language,
}

impl Words {
    #[must_use]
    pub fn new(language: Language) -> Self {
        Self {
            loader: loaded(language),
            language,
        }
    }

    #[must_use]
    pub fn language(&self) -> Language {
        self.language
    }

    /// Everything that is asked for from here on is in `language`.
    pub fn set_language(&mut self, language: Language) {
        if self.language != language {
            *self = Self::new(language);
        }
    }

    /// A duration in words, to the second below an hour: `8 s`, `2 min 05 s`, `1 h 02 min`, `3 d 4 h`.
    #[must_use]
    pub fn duration(&self, duration: Duration) -> String {
        let seconds = duration.as_secs();
        let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
        match seconds {
            0..60 => fl!(self, "duration-seconds", seconds = seconds),
            60..3_600 => fl!(self, "duration-minutes", minutes = minutes, seconds = two(seconds % 60)),
            3_600..86_400 => fl!(self, "duration-hours", hours = hours, minutes = two(minutes % 60)),
            _ => fl!(self, "duration-days", days = days, hours = (hours % 24)),
        }
    }

    /// How long something lasts already, to the minute from the first one on: `for 8 s`, `for 12 min`, `for 1 h 2 min`.
    #[must_use]
    pub fn age(&self, age: Duration) -> String {
        let seconds = age.as_secs();
        let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
        match seconds {
            0..60 => fl!(self, "age-seconds", seconds = seconds),
            60..3_600 => fl!(self, "age-minutes", minutes = minutes),
            3_600..86_400 => fl!(self, "age-hours", hours = hours, minutes = (minutes % 60)),
            _ => fl!(self, "age-days", days = days, hours = (hours % 24)),
        }
    }

    /// A wait in words; a part of a second counts as a whole one, so that a countdown ends at 1 and never shows 0.
    #[must_use]
    pub fn countdown(&self, left: Duration) -> String {
        self.duration(Duration::from_secs(left.as_millis().div_ceil(1_000).max(1) as u64))
    }

    /// Names in one line, in the language's own way of listing.
    #[must_use]
    pub fn list(&self, names: &[String]) -> String {
        names.join(&fl!(self, "list-separator"))
    }
}

/// The words of one language. Each language has every message, which a test holds, so that none falls back to another one, and no
/// second language stands in memory.
fn loaded(language: Language) -> FluentLanguageLoader {
    let loader = FluentLanguageLoader::new("monomi", language.id());
    // The files are compiled in, and a test loads each of them.
    if let Err(error) = loader.load_languages(&Locales, &[language.id()]) {
        tracing::error!(%error, "language files");
    }
    // No bidi isolation marks: no language here is written from right to left and the marks would be drawn.
    loader.set_use_isolating(false);
    loader
}

impl Deref for Words {
    type Target = FluentLanguageLoader;

    fn deref(&self) -> &FluentLanguageLoader {
        &self.loader
    }
}

#[derive(rust_embed::RustEmbed)]
#[folder = "locales/"]
struct Locales;

fn two(number: u64) -> String {
    format!("{number:02}")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use fluent_bundle::FluentResource;

    use super::*;

    fn messages(language: Language) -> BTreeMap<String, Vec<String>> {
        let path = format!("{}/monomi.ftl", language.tag());
        let file = Locales::get(&path).unwrap_or_else(|| panic!("{path} is missing"));
        let source = String::from_utf8(file.data.into_owned()).unwrap();
        FluentResource::try_new(source.clone()).unwrap_or_else(|(_, errors)| panic!("{path}: {errors:?}"));
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut current = String::new();
        for line in source.lines().filter(|line| !line.starts_with('#')) {
            if let Some((id, _)) = line.split_once('=')
                && line.starts_with(|c: char| c.is_ascii_lowercase())
            {
                current = id.trim().to_owned();
                assert!(!found.contains_key(&current), "{path}: {current} is defined twice");
                found.insert(current.clone(), Vec::new());
            }
            for part in line.split('$').skip(1) {
                let name: String = part
                    .chars()
                    .take_while(|c| c.is_alphanumeric() || "-_".contains(*c))
                    .collect();
                found.entry(current.clone()).or_default().push(name);
            }
        }
        for arguments in found.values_mut() {
            arguments.sort();
            arguments.dedup();
        }
        found
    }

    #[test]
    fn every_language_has_every_message_with_the_same_arguments() {
        let english = messages(Language::En);
        assert!(english.len() > 5);
        for language in Language::ALL {
            let other = messages(language);
            for (id, arguments) in &english {
                let theirs = other.get(id).unwrap_or_else(|| panic!("{language:?} lacks {id}"));
                assert_eq!(arguments, theirs, "{language:?}: arguments of {id}");
            }
            for id in other.keys() {
                assert!(english.contains_key(id), "{language:?} has {id}, English does not");
            }
        }
    }

    #[test]
    fn every_language_can_be_chosen_in_the_settings_and_no_other() {
        let mut spoken = Language::ALL.map(Language::tag).to_vec();
        let mut offered: Vec<&str> = settings::Language::WORDS.to_vec();
        offered.retain(|word| *word != settings::Language::Auto.as_str());
        spoken.sort_unstable();
        offered.sort_unstable();
        assert_eq!(offered, spoken);
    }

    #[test]
    fn every_message_is_asked_for_somewhere() {
        let sources = sources(std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")));
        for id in messages(Language::En).keys() {
            assert!(sources.contains(&format!("\"{id}\"")), "nobody uses the message {id}");
        }
    }

    fn sources(folder: &std::path::Path) -> String {
        let mut all = String::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                all += &sources(&path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                all += &std::fs::read_to_string(path).unwrap();
            }
        }
        all
    }

    #[test]
    fn durations_read_naturally_in_both_languages() {
        let mut words = Words::new(Language::En);
        let said = |words: &Words, secs| words.duration(Duration::from_secs(secs));
        assert_eq!(
            [said(&words, 8), said(&words, 65), said(&words, 3_720)],
            ["8 s", "1 min 05 s", "1 h 02 min"]
        );
        assert_eq!(words.countdown(Duration::from_millis(200)), "1 s");
        assert_eq!(words.countdown(Duration::ZERO), "1 s");
        let age = |words: &Words, secs| words.age(Duration::from_secs(secs));
        assert_eq!(
            [
                age(&words, 8),
                age(&words, 779),
                age(&words, 3_720),
                age(&words, 90_000)
            ],
            ["for 8 s", "for 12 min", "for 1 h 2 min", "for 1 d 1 h"]
        );
        words.set_language(Language::Ja);
        assert_eq!([said(&words, 8), said(&words, 65)], ["8 秒", "1 分 05 秒"]);
        assert_eq!(said(&words, 90_000), "1 日 1 時間");
        assert_eq!(
            [
                age(&words, 8),
                age(&words, 779),
                age(&words, 3_720),
                age(&words, 90_000)
            ],
            ["8 秒間", "12 分間", "1 時間 2 分", "1 日 1 時間"]
        );
    }

    #[test]
    fn the_language_comes_from_the_tag_of_the_system() {
        assert_eq!(Language::from_tag("ja_JP.UTF-8"), Some(Language::Ja));
        assert_eq!(Language::from_tag("JA-jp"), Some(Language::Ja));
        assert_eq!(Language::from_tag("en"), Some(Language::En));
        assert_eq!(Language::from_tag("fr-FR"), None);
        assert_eq!(Language::from_tag("C"), None);
    }
}
