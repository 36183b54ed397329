//! Snapshots: PNG files in a folder of the user's. An existing file is never overwritten.

use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::{fs, io};

use super::atomic::WriteError;

/// A still image to save: RGBA, 8 bits each, rows without padding.
#[derive(Clone, Copy, Debug)]
pub struct StillImage<'a> {
    pub width: u32,
    pub height: u32,
    pub rgba: &'a [u8],
    /// Written into the file as its title.
    pub title: &'a str,
    /// When the picture was taken; written into the file.
    pub taken: &'a str,
}

/// The user's folder of pictures, if the system names one.
#[must_use]
pub fn pictures_folder() -> Option<PathBuf> {
    let dirs = directories::UserDirs::new()?;
    Some(
        dirs.picture_dir()
            .map_or_else(|| dirs.home_dir().join("Pictures"), Path::to_owned),
    )
}

/// A file name as `DEVICE_CHn_YYYYMMDD-HHMMSS`, without characters that file systems refuse. `stamp` is date and time.
#[must_use]
pub fn snapshot_name(device: &str, channel: u16, stamp: &str) -> String {
    let clean: String = device
        .trim()
        .chars()
        .map(|c| if is_safe(c) { c } else { '_' })
        .collect();
    let mut cut = clean.trim_matches('.');
    while cut.len() > LONGEST_NAME {
        cut = cut.char_indices().next_back().map_or("", |(last, _)| &cut[..last]);
    }
    let device = if cut.is_empty() { "DVR" } else { cut };
    format!("{device}_CH{channel}_{stamp}")
}

/// Writes `folder/name.png` as a whole or not at all, and returns its path. If the name is taken, the file is
/// `name-2.png` and so on. The folder is made if it does not exist.
///
/// # Errors
/// The error of the disk; then there is no new file.
pub fn save_snapshot(folder: &Path, name: &str, picture: StillImage<'_>) -> Result<PathBuf, WriteError> {
    let failed = |source| WriteError::new(folder, source);
    fs::create_dir_all(folder).map_err(failed)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".monomi-").suffix(".tmp");
    // Like any file of the user's: the umask decides who else may read it.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder).map_err(failed)?;
    encode(file.as_file_mut(), picture).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    for number in 1..=MOST_OF_A_NAME {
        let path = match number {
            1 => folder.join(format!("{name}.png")),
            _ => folder.join(format!("{name}-{number}.png")),
        };
        match file.persist_noclobber(&path) {
            Ok(_) => return Ok(path),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => file = error.file,
            Err(error) => return Err(WriteError::new(&path, error.error)),
        }
    }
    Err(failed(io::ErrorKind::AlreadyExists.into()))
}

/// The longest part of a device's name in a file name, in bytes. With channel, time and number the file name stays
/// below 255 bytes, the limit of most file systems.
const LONGEST_NAME: usize = 180;

/// The most snapshots of one channel in one second.
const MOST_OF_A_NAME: u32 = 1_000;

/// Whether all systems allow the character in a file name: no control characters, separators or wildcards.
fn is_safe(c: char) -> bool {
    !c.is_control() && !c.is_whitespace() && !r#"/\:*?"<>|"#.contains(c)
}

/// The picture as a PNG in memory.
///
/// # Errors
/// The picture has fewer bytes than its size says.
pub fn png_of(picture: StillImage<'_>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    encode(&mut bytes, picture)?;
    Ok(bytes)
}

fn encode(file: impl io::Write, picture: StillImage<'_>) -> io::Result<()> {
    let mut encoder = png::Encoder::new(BufWriter::new(file), picture.width, picture.height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    encoder.add_itxt_chunk("Title".to_owned(), picture.title.to_owned())?;
    encoder.add_itxt_chunk("Creation Time".to_owned(), picture.taken.to_owned())?;
    let rgb: Vec<u8> = picture
        .rgba
        .chunks_exact(4)
        .flat_map(|pixel| [pixel[0], pixel[1], pixel[2]])
        .collect();
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&rgb)?;
    writer.finish()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(rgba: &[u8]) -> StillImage<'_> {
        StillImage {
            width: 2,
            height: 1,
            rgba,
            title: "正面玄関",
            taken: "2026-11-21 09:05:00",
        }
    }

    #[test]
    fn a_name_is_cleaned_and_keeps_what_can_be_kept() {
        for (device, name) in [
            ("Lobby", "Lobby_CH3_20261121-090500"),
            ("本店 1F/東:*?", "本店_1F_東____CH3_20261121-090500"),
            ("..", "DVR_CH3_20261121-090500"),
            ("  ", "DVR_CH3_20261121-090500"),
            ("a\0\n\\b", "a___b_CH3_20261121-090500"),
        ] {
            assert_eq!(snapshot_name(device, 3, "20261121-090500"), name);
        }
        let long = snapshot_name(&"監".repeat(400), 999, "20261121-090500");
        assert!(long.len() < 240 && long.starts_with('監') && long.contains("_CH999_"));
    }

    #[test]
    fn nothing_is_ever_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("new").join("folder");
        let first = save_snapshot(&folder, "a", picture(&[9, 8, 7, 255, 1, 2, 3, 255])).unwrap();
        let second = save_snapshot(&folder, "a", picture(&[0; 8])).unwrap();
        assert_eq!((first, second), (folder.join("a.png"), folder.join("a-2.png")));
        let mut reader = png::Decoder::new(io::BufReader::new(fs::File::open(folder.join("a.png")).unwrap()))
            .read_info()
            .unwrap();
        let mut pixels = vec![0; 6];
        reader.next_frame(&mut pixels).unwrap();
        assert_eq!(pixels, [9, 8, 7, 1, 2, 3]);
        let left: Vec<_> = fs::read_dir(&folder).unwrap().collect();
        assert_eq!(left.len(), 2, "no temporary file stays");
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::File::create(&file).unwrap();
        let error = save_snapshot(&file.join("below"), "a", picture(&[0; 8])).unwrap_err();
        assert!(error.to_string().contains("below"), "{error}");
    }
}
