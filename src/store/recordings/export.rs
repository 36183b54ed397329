//! Exports of recordings: plain files with the pictures as they came, each with a signed statement of what it is, and their check.

use std::fs::File;
use std::io::{self, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use ring::digest::{Context, SHA256};
use serde_json::{Value, json};

use super::folder::RecordingFolder;
use super::signing::{FORMAT, SigningKey, StatementFault, hex, read_statement};
use device::{ChannelId, StreamKind};
use recording::{
    PLAIN_BODY, PlainWriter, ReadPart, RecordedPart, RecordingFault, RecordingGap, Run, adds_to, missing_of_both, plan,
    read_part, read_plain, safe_name,
};

/// What is exported, and by whom. Times in microseconds since 1970.
#[derive(Clone, Debug)]
pub struct ExportRequest {
    pub channels: Vec<ChannelId>,
    pub from: i64,
    pub to: i64,
    /// The folder for the files.
    pub folder: PathBuf,
    /// The user of the system.
    pub operator: String,
    /// The program and its version.
    pub tool: String,
    /// When it is exported.
    pub now: i64,
}

/// One file that was exported and read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportedFile {
    pub path: PathBuf,
    pub statement: PathBuf,
    pub channel: ChannelId,
    /// What it has, in microseconds since 1970.
    pub from: i64,
    pub to: i64,
    pub pictures: u64,
    pub bytes: u64,
    pub gaps: Vec<RecordingGap>,
}

/// What came of an export.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExportedAll {
    pub files: Vec<ExportedFile>,
    /// Channels of which nothing is recorded for that time.
    pub empty: Vec<ChannelId>,
    /// Recordings of that time that are damaged: they were left out.
    pub damaged: Vec<PathBuf>,
}

/// Why an export ended before it was done. Files that were done stay.
#[derive(Debug, thiserror::Error)]
pub enum ExportFault {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("a recording cannot be read: {0}")]
    Part(#[from] RecordingFault),
    #[error("the file is not the same when it is read back, and was removed")]
    NotTheSame,
    #[error("it was stopped")]
    Stopped,
}

/// Exports. `go_on` hears how much is done, in thousandths, and says whether to go on.
///
/// # Errors
/// [`ExportFault`].
pub fn export(
    recordings: &RecordingFolder,
    request: &ExportRequest,
    key: &SigningKey,
    mut go_on: impl FnMut(u16) -> bool,
) -> Result<ExportedAll, ExportFault> {
    let mut all = ExportedAll::default();
    let found = recordings.find(request.from, request.to)?;
    let of = |channel: ChannelId, kind| {
        let is_it = |part: &&RecordedPart| part.stream.channel == channel && part.stream.kind == kind;
        found.parts.iter().filter(is_it).collect::<Vec<_>>()
    };
    let streams: Vec<_> = request
        .channels
        .iter()
        .map(|channel| (*channel, of(*channel, StreamKind::Main), of(*channel, StreamKind::Sub)))
        .collect();
    // As far as it is known before the parts are read: a sub stream goes for a main stream that turns out to be damaged.
    let known = streams.iter().flat_map(|(_, main, sub)| {
        let covered = main.iter().map(|part| (part.from, part.to)).collect::<Vec<_>>();
        let sub = sub.iter().filter(move |part| is_needed(part, &covered, request));
        main.iter().chain(sub)
    });
    let total: u64 = known.map(|part| part.bytes).sum();
    let mut done = 0;
    let mut tell = |bytes: u64| {
        done += bytes;
        let permille = done.saturating_mul(1_000) / total.max(1);
        go_on(u16::try_from(permille.min(999)).unwrap_or(999))
    };
    let mut fault = None;
    for (channel, main, sub) in streams {
        // The main stream, and of the sub stream what it does not have.
        let main = Readable::of(main, &mut fault)?;
        let covered: Vec<(i64, i64)> = main.found.iter().map(|part| (part.from, part.to)).collect();
        let needed = sub.into_iter().filter(|part| is_needed(part, &covered, request));
        let sub = Readable::of(needed.collect(), &mut fault)?;
        let plans = [&main, &sub].map(|readable| plan(&readable.parts, request.from, request.to));
        let missing = missing_of_both(&plans[0].gaps, &plans[1].gaps);
        if plans.iter().all(|planned| planned.runs.is_empty()) {
            all.empty.push(channel);
        }
        let damaged: Vec<PathBuf> = [&main, &sub]
            .into_iter()
            .flat_map(|readable| readable.damaged.iter().cloned())
            .collect();
        for (readable, planned) in [&main, &sub].into_iter().zip(&plans) {
            let source = Source {
                request,
                found: &readable.found,
                parts: &readable.parts,
                missing: &missing,
                damaged: &damaged,
            };
            for run in &planned.runs {
                all.files.push(source.write(channel, run, key, &mut tell)?);
            }
        }
        all.damaged.extend(damaged);
    }
    // That nothing is recorded would not be true.
    if let Some(fault) = fault.filter(|_| all.files.is_empty()) {
        return Err(fault.into());
    }
    go_on(1_000);
    Ok(all)
}

/// Whether a part of a sub stream has something of what is asked for that its main stream does not.
fn is_needed(part: &RecordedPart, covered: &[(i64, i64)], request: &ExportRequest) -> bool {
    adds_to(covered, part.from.max(request.from), part.to.min(request.to))
}

/// The parts of one stream that can be read, each with what was found of it, and those that cannot.
struct Readable<'a> {
    found: Vec<&'a RecordedPart>,
    parts: Vec<ReadPart>,
    damaged: Vec<PathBuf>,
}

impl<'a> Readable<'a> {
    /// Reads these. `fault`: the first one of a damaged part is put there. One that is gone since it was found is a gap, too.
    fn of(found: Vec<&'a RecordedPart>, fault: &mut Option<RecordingFault>) -> io::Result<Self> {
        let mut readable = Self {
            found: Vec::with_capacity(found.len()),
            parts: Vec::with_capacity(found.len()),
            damaged: Vec::new(),
        };
        for part in found {
            let read = File::open(&part.path).map_err(RecordingFault::Io).and_then(read_part);
            match read {
                Ok(read) => {
                    readable.found.push(part);
                    readable.parts.push(read);
                }
                Err(RecordingFault::Io(error)) if error.kind() == io::ErrorKind::PermissionDenied => return Err(error),
                Err(why) => {
                    tracing::warn!(error = %why, "a recording cannot be read, and is left out of an export");
                    readable.damaged.push(part.path.clone());
                    fault.get_or_insert(why);
                }
            }
        }
        Ok(readable)
    }
}

struct Source<'a> {
    request: &'a ExportRequest,
    found: &'a [&'a RecordedPart],
    parts: &'a [ReadPart],
    missing: &'a [RecordingGap],
    damaged: &'a [PathBuf],
}

impl Source<'_> {
    fn write(
        &self,
        channel: ChannelId,
        run: &Run,
        key: &SigningKey,
        tell: &mut impl FnMut(u64) -> bool,
    ) -> Result<ExportedFile, ExportFault> {
        let Some(first) = run.pieces.first() else {
            return Err(ExportFault::NotTheSame);
        };
        let part = &self.parts[first.part];
        std::fs::create_dir_all(&self.request.folder)?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(".monomi-").suffix(".tmp");
        // Like any file of the user's: the umask decides who else may read it.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let mut file = builder.tempfile_in(&self.request.folder)?;
        let (pictures, of_pictures) = self.copy(run, file.as_file_mut(), tell)?;
        file.as_file().sync_all()?;
        // Nothing is said to be done before it was read back.
        let (bytes, of_file) = digest_of(file.as_file_mut())?;
        let read = pictures_of(file.as_file_mut())?;
        if read != (pictures, of_pictures.clone()) {
            return Err(ExportFault::NotTheSame);
        }
        let name = name_of(part, run);
        let path = place(file, &self.request.folder, &name)?;
        let named = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let statement = self.statement(run, part, &named, (bytes, &of_file), (pictures, &of_pictures));
        let statement_path = path.with_file_name(format!("{named}.json"));
        let text = key.sign(statement);
        super::super::write_text(&statement_path, &text).map_err(|error| io::Error::other(error.to_string()))?;
        Ok(ExportedFile {
            path,
            statement: statement_path,
            channel,
            from: run.from,
            to: run.to,
            pictures,
            bytes,
            gaps: run.gaps.clone(),
        })
    }

    /// Copies the pictures; how many there are, and the digest of all of them.
    fn copy(
        &self,
        run: &Run,
        file: &mut File,
        tell: &mut impl FnMut(u64) -> bool,
    ) -> Result<(u64, String), ExportFault> {
        let (mut writer, head) = PlainWriter::begin();
        let mut out = BufWriter::with_capacity(1 << 20, &mut *file);
        out.write_all(&head)?;
        let mut digest = Context::new(&SHA256);
        let (mut pictures, mut buffer) = (0, Vec::new());
        let Some(first) = run.pieces.first() else {
            return Err(ExportFault::NotTheSame);
        };
        let begin = self.parts[first.part].info.begin;
        for piece in &run.pieces {
            let part = &self.parts[piece.part];
            let mut from = io::BufReader::with_capacity(1 << 20, File::open(&self.found[piece.part].path)?);
            let ahead = recording::ticks_of(part.info.begin - begin);
            let mut copied = 0;
            for sample in &part.samples[piece.first..piece.end] {
                buffer.resize(sample.size as usize, 0);
                let now = from.stream_position()?;
                from.seek_relative(i64::try_from(sample.at).unwrap_or(0) - i64::try_from(now).unwrap_or(0))?;
                from.read_exact(&mut buffer)?;
                digest.update(&buffer);
                out.write_all(&buffer)?;
                writer.push(ahead + sample.decoded, ahead + sample.shown, sample.size, sample.key);
                pictures += 1;
                copied += u64::from(sample.size);
                if copied > 4 << 20 && !tell(std::mem::take(&mut copied)) {
                    return Err(ExportFault::Stopped);
                }
            }
            if !tell(copied) {
                return Err(ExportFault::Stopped);
            }
        }
        let (tables, header) = writer.end(&self.parts[first.part].description, run.from);
        out.write_all(&tables)?;
        out.flush()?;
        drop(out);
        file.seek(SeekFrom::Start(PLAIN_BODY - 16))?;
        file.write_all(&header)?;
        Ok((pictures, hex(&digest.finish())))
    }

    fn statement(
        &self,
        run: &Run,
        part: &ReadPart,
        name: &str,
        (bytes, of_file): (u64, &str),
        (pictures, of_pictures): (u64, &str),
    ) -> Value {
        let time = |micros: i64| time_text(micros, part.info.offset);
        let gaps = |gaps: &[RecordingGap]| -> Vec<Value> {
            let gap = |gap: &RecordingGap| json!({ "from": time(gap.from), "to": time(gap.to), "milliseconds": (gap.to - gap.from) / 1_000 });
            gaps.iter().map(gap).collect()
        };
        let (width, height) = part.description.size();
        let info = &part.info;
        let name_of = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
        let pieces = run.pieces.iter();
        let files: Vec<String> = pieces
            .filter_map(|piece| name_of(&self.found[piece.part].path))
            .collect();
        let damaged: Vec<String> = self.damaged.iter().filter_map(|path| name_of(path)).collect();
        json!({
            "format": FORMAT,
            "tool": self.request.tool,
            "exported": time(self.request.now),
            "operator": self.request.operator,
            "source": {
                "origin": "recorded by Monomi on this computer, as the device sent it",
                "site": info.site,
                "device": info.device,
                "device-id": info.stream.channel.device.to_string(),
                "channel": info.stream.channel.number,
                "stream": if info.stream.kind == StreamKind::Main { "main" } else { "sub" },
                "files": files,
                "damaged-files-left-out": damaged,
            },
            "asked": { "from": time(self.request.from), "to": time(self.request.to) },
            "got": {
                "from": time(run.from),
                "to": time(run.to),
                "begins-earlier-milliseconds": (self.request.from - run.from).max(0) / 1_000,
                "pictures": pictures,
            },
            "gaps": gaps(&run.gaps),
            "missing-of-what-was-asked": gaps(self.missing),
            "video": { "codec": part.description.codec().name(), "width": width, "height": height, "re-encoded": false },
            "clock": {
                "times-are-by": "the clock of the computer that recorded, when each picture arrived",
                "utc-offset-minutes": info.offset,
                "recorder-clock-offset-milliseconds": Value::Null,
            },
            "file": { "name": name, "bytes": bytes, "sha256": of_file },
            "pictures-sha256": of_pictures,
            "proves": "the file is unchanged since the holder of the key exported it",
            "does-not-prove": "that the device sent true pictures, that its scene was real, or that the clock of the computer was right",
        })
    }
}

/// A time with its distance from UTC, to the millisecond (RFC 3339).
fn time_text(micros: i64, offset: i16) -> String {
    let seconds = jiff::tz::Offset::from_seconds(i32::from(offset) * 60).unwrap_or(jiff::tz::Offset::UTC);
    let at = jiff::Timestamp::from_microsecond(micros).unwrap_or_default();
    let at = at.to_zoned(jiff::tz::TimeZone::fixed(seconds));
    at.strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string()
}

/// `site_device_ch03_2026-11-28T09-00-00+0900_600s`.
fn name_of(part: &ReadPart, run: &Run) -> String {
    let info = &part.info;
    let seconds = jiff::tz::Offset::from_seconds(i32::from(info.offset) * 60).unwrap_or(jiff::tz::Offset::UTC);
    let at = jiff::Timestamp::from_microsecond(run.from).unwrap_or_default();
    let at = at
        .to_zoned(jiff::tz::TimeZone::fixed(seconds))
        .strftime("%Y-%m-%dT%H-%M-%S%z");
    let long = (run.to - run.from + 500_000) / 1_000_000;
    let cut = |name: &str| safe_name(name).chars().take(24).collect::<String>();
    let number = info.stream.channel.number;
    format!("{}_{}_ch{number:02}_{at}_{long}s", cut(&info.site), cut(&info.device))
}

/// Gives the file its name; one that is there is never replaced.
fn place(mut file: tempfile::NamedTempFile, folder: &Path, name: &str) -> io::Result<PathBuf> {
    for number in 1..1_000 {
        let path = match number {
            1 => folder.join(format!("{name}.mp4")),
            _ => folder.join(format!("{name}-{number}.mp4")),
        };
        match file.persist_noclobber(&path) {
            Ok(_) => return Ok(path),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => file = error.file,
            Err(error) => return Err(error.error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// The length of a file and its SHA-256.
fn digest_of(file: &mut File) -> io::Result<(u64, String)> {
    file.seek(SeekFrom::Start(0))?;
    let mut digest = Context::new(&SHA256);
    let (mut buffer, mut length) = (vec![0; 1 << 20], 0);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok((length, hex(&digest.finish()))),
            read => {
                digest.update(&buffer[..read]);
                length += read as u64;
            }
        }
    }
}

/// How many pictures a plain file has, and the digest of all of them.
fn pictures_of(file: &mut File) -> Result<(u64, String), ExportFault> {
    let plain = read_plain(&mut *file)?;
    let mut digest = Context::new(&SHA256);
    let mut from = io::BufReader::with_capacity(1 << 20, file);
    let (mut buffer, mut at) = (Vec::new(), from.seek(SeekFrom::Start(0))?);
    for sample in &plain.samples {
        buffer.resize(sample.size as usize, 0);
        from.seek_relative(i64::try_from(sample.at).unwrap_or(0) - i64::try_from(at).unwrap_or(0))?;
        from.read_exact(&mut buffer)?;
        at = sample.at + u64::from(sample.size);
        digest.update(&buffer);
    }
    Ok((plain.samples.len() as u64, hex(&digest.finish())))
}

/// What a check of an export found to be true.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified {
    /// What the statement says, as it was signed.
    pub statement: Value,
    /// The public key that signed it, in base64.
    pub key: String,
    pub video: PathBuf,
}

/// Why an export is not what it says.
#[derive(Debug, thiserror::Error)]
pub enum VerifyFault {
    #[error("{} cannot be read: {reason}", path.display())]
    Unread { path: PathBuf, reason: String },
    #[error("the statement {}: {fault}", path.display())]
    Statement { path: PathBuf, fault: StatementFault },
    #[error("{} is not the file that was exported: its content is another one", .0.display())]
    OtherContent(PathBuf),
    #[error("{} is no video that can be read", .0.display())]
    NoVideo(PathBuf),
}

/// Checks an export by its video or its statement, which lie beside each other.
///
/// # Errors
/// [`VerifyFault`], the first that is found.
pub fn verify(path: &Path) -> Result<Verified, VerifyFault> {
    let unread = |path: &Path| {
        let path = path.to_owned();
        move |error: io::Error| VerifyFault::Unread {
            path,
            reason: error.to_string(),
        }
    };
    let is_statement = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("json"));
    let (video, statement) = if is_statement {
        (path.with_extension(""), path.to_owned())
    } else {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        (path.to_owned(), path.with_file_name(format!("{name}.json")))
    };
    const LARGEST: u64 = 4 << 20;
    let mut text = String::new();
    let file = File::open(&statement).map_err(unread(&statement))?;
    file.take(LARGEST)
        .read_to_string(&mut text)
        .map_err(unread(&statement))?;
    let (said, key) = read_statement(&text).map_err(|fault| VerifyFault::Statement {
        path: statement.clone(),
        fault,
    })?;
    let mut file = File::open(&video).map_err(unread(&video))?;
    let (bytes, digest) = digest_of(&mut file).map_err(unread(&video))?;
    let is_same = said["file"]["sha256"].as_str() == Some(&digest) && said["file"]["bytes"].as_u64() == Some(bytes);
    if !is_same {
        return Err(VerifyFault::OtherContent(video));
    }
    let pictures = pictures_of(&mut file).map_err(|_other| VerifyFault::NoVideo(video.clone()))?;
    if said["pictures-sha256"].as_str() != Some(&pictures.1) {
        return Err(VerifyFault::OtherContent(video));
    }
    Ok(Verified {
        statement: said,
        key,
        video,
    })
}
