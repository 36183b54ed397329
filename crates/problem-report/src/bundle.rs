use std::io::{Cursor, Write as _};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::{MOST_BYTES, ReportFile};

/// Why no zip file was made.
#[derive(Debug, thiserror::Error)]
#[error("the report could not be packed: {0}")]
pub struct BundleFault(#[from] zip::result::ZipError);

impl From<std::io::Error> for BundleFault {
    fn from(error: std::io::Error) -> Self {
        Self(error.into())
    }
}

/// One zip file (deflate) with these files, each with the same date, so that the same texts give the same bytes.
pub fn bundle(files: &[ReportFile]) -> Result<Vec<u8>, BundleFault> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .unix_permissions(0o600);
    for file in files {
        zip.start_file(&file.name, options)?;
        zip.write_all(file.text.as_bytes())?;
    }
    Ok(zip.finish()?.into_inner())
}

/// As many of these files as fit into `most` bytes, in their order. The first that does not fit keeps its newest lines, which are the
/// last ones; those after it are left out. Says what is not in it as a whole.
#[must_use]
pub fn within_bounds(files: Vec<ReportFile>, most: usize) -> (Vec<ReportFile>, Vec<String>) {
    let mut left = most.min(MOST_BYTES);
    let (mut kept, mut cut) = (Vec::new(), Vec::new());
    for mut file in files {
        if file.text.len() > left {
            cut.push(file.name.clone());
            let mut from = file.text.len() - left;
            while !file.text.is_char_boundary(from) {
                from += 1;
            }
            let line = file.text[from..]
                .find('\n')
                .map_or(file.text.len(), |end| from + end + 1);
            file.text = file.text.split_off(line);
        }
        left -= file.text.len();
        if !file.text.is_empty() || !cut.contains(&file.name) {
            kept.push(file);
        }
    }
    (kept, cut)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;

    #[test]
    fn a_bundle_holds_each_file_and_is_small() {
        let log = "2026-11-29 a line like many others\n".repeat(10_000);
        let files = [
            ReportFile::new("devices.toml", "名前 = 1"),
            ReportFile::new("logs/monomi.log", log),
        ];
        let bytes = bundle(&files).unwrap();
        assert!(bytes.len() < 10_000, "{}", bytes.len());
        assert_eq!(bundle(&files).unwrap(), bytes);
        let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        for file in &files {
            let mut text = String::new();
            zip.by_name(&file.name).unwrap().read_to_string(&mut text).unwrap();
            assert_eq!(text, file.text);
        }
        assert_eq!(zip.len(), 2);
    }

    #[test]
    fn what_is_too_much_is_cut_from_the_oldest() {
        let log = |name: &str| ReportFile::new(name, "first\nsecond 店\nthird\n");
        let (kept, cut) = within_bounds(vec![log("new"), log("old"), log("oldest")], 35);
        let texts: Vec<(&str, &str)> = kept
            .iter()
            .map(|file| (file.name.as_str(), file.text.as_str()))
            .collect();
        assert_eq!(texts, [("new", "first\nsecond 店\nthird\n"), ("old", "third\n")]);
        assert_eq!(cut, ["old", "oldest"]);
        let (kept, cut) = within_bounds(vec![log("new")], 1_000);
        assert_eq!((kept.len(), cut.len()), (1, 0));
    }
}
