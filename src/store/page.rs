//! Pages for a browser, in the cache of the user: written anew for each reading, and nothing is lost with them.

use std::io::Write as _;
use std::path::Path;
use std::{fs, io};

use super::sharing;

/// Writes the page as a whole or not at all. Its folder is made if it does not exist; a page that is there is replaced.
///
/// # Errors
/// The error of the disk; then a page that was there is unchanged.
pub fn save_page(path: &Path, page: &str) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(page.as_bytes())?;
    let mut written = Some(file);
    sharing::patiently(path, || {
        let Some(file) = written.take() else { return Ok(()) };
        file.persist(path).map(drop).map_err(|refused| {
            written = Some(refused.file);
            refused.error
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_replaces_the_one_before_in_a_folder_that_is_made() {
        let here = tempfile::tempdir().unwrap();
        let page = here.path().join("cache/monomi/page.html");
        for text in ["first", "第二"] {
            save_page(&page, text).unwrap();
            assert_eq!(fs::read_to_string(&page).unwrap(), text);
        }
        assert!(save_page(&page.join("below.html"), "third").is_err());
    }
}
