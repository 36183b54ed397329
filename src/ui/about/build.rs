//! Which program this is: its version, and the commit and system that it was built from and for.

use std::fmt;

use i18n_embed_fl::fl;

use crate::i18n::Words;

/// A build of Monomi. The same commit, built for the same system, says the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Build {
    /// As in Cargo.toml (<https://semver.org>).
    pub version: &'static str,
    /// Of the checkout; `None`: built for development, or from sources that know no commit.
    pub commit: Option<&'static str>,
    /// Of the commit, as 2026-11-29.
    pub date: Option<&'static str>,
    /// The target triple of the compiler, such as `x86_64-unknown-linux-gnu`.
    pub target: &'static str,
}

impl Build {
    /// As `build.rs` found it.
    pub const OF_THIS_PROGRAM: Self = Self {
        version: env!("CARGO_PKG_VERSION"),
        commit: option_env!("MONOMI_BUILD_COMMIT"),
        date: option_env!("MONOMI_BUILD_DATE"),
        target: env!("MONOMI_BUILD_TARGET"),
    };

    /// Where it was built from and for, in one line.
    #[must_use]
    pub fn in_words(&self, words: &Words) -> String {
        let target = self.target;
        match (self.commit, self.date) {
            (Some(commit), Some(date)) => {
                fl!(words, "about-build", commit = commit, date = date, target = target)
            }
            (Some(commit), None) => fl!(words, "about-build-undated", commit = commit, target = target),
            (None, _) => fl!(words, "about-build-unknown", target = target),
        }
    }

    /// Version, commit and date for `--version`, without the name of the program.
    #[must_use]
    pub fn long_version(&self) -> String {
        let known = [self.commit, self.date, Some(self.target)];
        let known: Vec<&str> = known.into_iter().flatten().collect();
        format!("{} ({})", self.version, known.join(", "))
    }
}

/// The same in every language, for reports: `Monomi 0.1.0 (0123456789ab, 2026-11-29, x86_64-unknown-linux-gnu)`.
impl fmt::Display for Build {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Monomi {}", self.long_version())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Language;

    const BUILD: Build = Build {
        version: "1.2.3",
        commit: Some("0123456789ab"),
        date: Some("2026-11-29"),
        target: "x86_64-pc-windows-gnu",
    };

    #[test]
    fn a_report_names_all_that_is_known_of_a_build() {
        assert_eq!(
            BUILD.to_string(),
            "Monomi 1.2.3 (0123456789ab, 2026-11-29, x86_64-pc-windows-gnu)"
        );
        let unknown = Build {
            commit: None,
            date: None,
            ..BUILD
        };
        assert_eq!(unknown.to_string(), "Monomi 1.2.3 (x86_64-pc-windows-gnu)");
        for language in Language::ALL {
            let words = Words::new(language);
            let said = BUILD.in_words(&words);
            for part in ["0123456789ab", "2026-11-29", "x86_64-pc-windows-gnu"] {
                assert!(said.contains(part), "{said}");
            }
            assert!(unknown.in_words(&words).contains(BUILD.target));
        }
    }

    #[test]
    fn this_program_knows_what_it_was_built_for() {
        let build = Build::OF_THIS_PROGRAM;
        assert!(build.target.contains(std::env::consts::ARCH), "{build:?}");
        assert!(build.commit != Some("") && build.date != Some(""));
    }
}
