//! THE PROBLEM REPORT: the texts that a person sends to whoever helps, without secrets, and without names where that is wished, in one
//! zip file.
//!
//! Belongs here: what a secret looks like, what stands in the place of a name, how much is sent. Texts in, bytes out.
//! Does not belong here: where the texts come from (`store`, `engine`, `ui`), files, the dialog.

mod bundle;
mod figures;
mod kind;
mod names;
mod numbers;
mod secret;

pub use bundle::{BundleFault, bundle, within_bounds};
pub use figures::{FIGURES_LINE, figures_table};
pub use kind::NameKind;
pub use names::{Pseudonyms, without_secret_paths};
pub use secret::Scrub;

/// One file of a report. All are texts, so that a person can read each of them before it is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReportFile {
    /// Its path in the report, with `/` between folders.
    pub name: String,
    pub text: String,
}

impl ReportFile {
    #[must_use]
    pub fn new(name: &str, text: impl Into<String>) -> Self {
        Self {
            name: name.to_owned(),
            text: text.into(),
        }
    }
}

/// The most that the texts of a report have together, in bytes.
pub const MOST_BYTES: usize = 20 * 1024 * 1024;

/// The texts without secrets and, where `pseudonyms` are given, without the names and addresses that they stand for. The same name has
/// the same pseudonym in all files.
#[must_use]
pub fn cleaned(files: Vec<ReportFile>, scrub: &Scrub, pseudonyms: Option<&mut Pseudonyms>) -> Vec<ReportFile> {
    let clean = |file: ReportFile| ReportFile {
        text: scrub.clean(&file.text),
        ..file
    };
    let mut files: Vec<ReportFile> = files.into_iter().map(clean).collect();
    if let Some(pseudonyms) = pseudonyms {
        // What is found in one file is replaced in all.
        for file in &files {
            pseudonyms.learn(&file.text);
        }
        for file in &mut files {
            file.text = pseudonyms.replaced(&file.text);
        }
    }
    files
}
