//! Files that are kept and that nobody reads any more: they get names of their own.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::atomic::WriteError;

/// Whether this is the name of a file, by its name without the ending, or of one that was saved beside it.
pub(super) fn is_version_of(stem: &str, name: &str) -> bool {
    let rest = name.strip_prefix(stem).and_then(|rest| rest.strip_suffix("toml"));
    rest.is_some_and(|rest| rest == "." || rest.starts_with(".recovered"))
}

/// A time in UTC as a name, so that names sort by time.
pub(super) fn id_of(at: SystemTime) -> String {
    let at = Timestamp::try_from(at).unwrap_or(Timestamp::UNIX_EPOCH);
    let at = at.to_zoned(TimeZone::UTC).datetime();
    format!("{}-{:03}", at.strftime("%Y%m%d-%H%M%S"), at.millisecond())
}

/// Gives a damaged file, and those beside it, names that nobody reads.
pub(super) fn set_aside(path: &Path) -> Result<(), WriteError> {
    move_aside(path, |_| true)
}

/// The same for the files beside it alone: what they held is in the file itself now.
pub(super) fn set_beside_aside(path: &Path) -> Result<(), WriteError> {
    let own = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    move_aside(path, |name| name != own)
}

fn move_aside(path: &Path, goes: impl Fn(&str) -> bool) -> Result<(), WriteError> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let now = id_of(SystemTime::now());
    let dir = path.parent().unwrap_or(Path::new("."));
    let failed = |error| WriteError::new(path, error);
    for entry in fs::read_dir(dir).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if is_version_of(&stem, &name) && goes(&name) && entry.path().is_file() {
            let rest = name.strip_prefix(&stem).unwrap_or(&name);
            let aside = dir.join(format!("{stem}.replaced-{now}{rest}"));
            fs::rename(entry.path(), aside).map_err(failed)?;
        }
    }
    Ok(())
}
