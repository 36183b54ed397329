//! Bringing a copy back: as a whole, or not at all.

use std::path::{Path, PathBuf};

use super::{CONTENTS, FILES, Part, RestoreError};
use crate::store::aside::set_aside;
use crate::store::atomic::{self, Prepared, WriteError};
use crate::store::document::Document;
use crate::store::format::FileFormat;
use crate::store::load::{Found, LoadProblem};
use crate::store::read::{self, Refusal};

/// Why a file of a copy is not restored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PartFault {
    #[error("it is missing")]
    Missing,
    #[error("a part of it is missing")]
    Cut,
    #[error("it is damaged ({0})")]
    Damaged(String),
    #[error("{0}")]
    Refused(Refusal),
}

/// The files of a copy that can be read as a whole, all of them; what it never held is empty. Of a copy of an earlier version, which
/// does not say what it held, views that are not there are left out.
pub(super) fn whole_copy(copy: &Path) -> Result<Vec<(Part, Document)>, RestoreError> {
    let unreadable = |file: &str, fault| RestoreError::Unreadable {
        file: file.to_owned(),
        fault,
    };
    let bytes_of = |name: &str| {
        let read = read::file(&copy.join(name));
        read.map_err(|refusal| unreadable(name, PartFault::Refused(refusal)))
    };
    let contents = bytes_of(CONTENTS)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    for line in contents.iter().flat_map(|text| text.lines()) {
        let (length, name) = line
            .split_once(' ')
            .ok_or_else(|| unreadable(CONTENTS, PartFault::Cut))?;
        let bytes = bytes_of(name)?.ok_or_else(|| unreadable(name, PartFault::Missing))?;
        if length.parse() != Ok(bytes.len()) {
            return Err(unreadable(name, PartFault::Cut));
        }
    }
    let mut parts = Vec::new();
    for part in FILES {
        let mut document = Document::load(&copy.join(part.name), part.format);
        let problems = document.take_problems();
        match document.found() {
            Found::Whole | Found::Beside(_) => {}
            Found::Nothing if contents.is_some() && problems.is_empty() => {}
            Found::Nothing if !problems.is_empty() => return Err(unreadable(part.name, PartFault::Cut)),
            Found::Nothing if part.name == "views.toml" => continue,
            Found::Nothing => return Err(unreadable(part.name, PartFault::Missing)),
            Found::Part | Found::Unreadable => {
                let fault = problems.into_iter().find_map(|problem| match problem {
                    LoadProblem::SetAside { reason, .. } => Some(PartFault::Damaged(reason)),
                    LoadProblem::Unreadable { refusal, .. } => Some(PartFault::Refused(refusal)),
                    LoadProblem::Emptied { .. } | LoadProblem::Warning { .. } => None,
                });
                return Err(unreadable(part.name, fault.unwrap_or(PartFault::Cut)));
            }
        }
        parts.push((part, document));
    }
    Ok(parts)
}

/// A file of the profile that becomes that of a copy.
pub(super) struct Replacement {
    prepared: Prepared,
    /// A damaged file, which is to be kept under another name.
    damaged: Option<PathBuf>,
}

impl Replacement {
    /// `None`: the file holds that already.
    pub(super) fn prepare(path: &Path, format: &FileFormat, copy: &Document) -> Result<Option<Self>, WriteError> {
        let mut there = Document::load(path, format);
        let is_set_aside = |problem: &LoadProblem| matches!(problem, LoadProblem::SetAside { .. });
        // What was saved beside it would be taken up again.
        let is_damaged = there.take_problems().iter().any(is_set_aside) || there.saved_beside(path, format).is_some();
        let text = copy.text();
        if !is_damaged && there.holds(&text) {
            return Ok(None);
        }
        if let Some(refusal) = there.refusal() {
            return Err(refusal);
        }
        let target = if is_damaged { path } else { there.target() };
        Ok(Some(Self {
            prepared: atomic::prepare(target, text.as_bytes())?,
            damaged: is_damaged.then(|| path.to_owned()),
        }))
    }

    pub(super) fn put(self) -> Result<(), WriteError> {
        if let Some(damaged) = self.damaged {
            set_aside(&damaged)?;
        }
        self.prepared.put()
    }
}
