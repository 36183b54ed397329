//! The problem report: what of a profile helps whoever looks for a fault, without secrets, and without names where that is wished.

use std::path::{Path, PathBuf};

use super::exchange::{ExchangeError, is_free};
use super::profile::Profile;
use super::secrets::PasswordPlace;
use super::{atomic, read, registry_file, settings_file};
use device::{Password, Registry};
use events::{EventQuery, EventRecord, LogStart};
use problem_report::{
    MOST_BYTES, NameKind, Pseudonyms, ReportFile, Scrub, bundle, cleaned, figures_table, within_bounds,
    without_secret_paths,
};
use self_watch::{OwnFigure, OwnSample, OwnSeries};
use settings::Settings;

/// What the first file of a report says of the others.
const CONTENTS: &str = "contents.txt";

/// So many troubles are told.
const MOST_TROUBLES: usize = 500;

impl Profile {
    /// The passwords that can be had without a keyring, to be searched for in a report.
    #[must_use]
    pub fn sealed_passwords(&self) -> Vec<Password> {
        let secrets = self.secrets();
        let places = secrets.places().into_iter();
        let sealed = places.filter(|(_, place)| *place == PasswordPlace::EncryptedFile);
        sealed.filter_map(|(id, _)| secrets.get(id).ok().flatten()).collect()
    }

    /// The files of a report, as a person looks at them before they are saved. `said`: what the program says of itself. `passwords`:
    /// those that are known, to be searched for. With `pseudonyms` names and addresses are replaced.
    #[must_use]
    pub fn gather_report(&self, said: Vec<ReportFile>, passwords: &[Password], pseudonyms: bool) -> Vec<ReportFile> {
        let (registry, settings) = (self.look_at_registry().1, self.look_at_settings().1);
        let mut names = pseudonyms.then(|| self.names(&registry.value));
        let mut files = said;
        let shown = without_secret_paths(&registry.value);
        let shown = names
            .as_ref()
            .map_or_else(|| shown.clone(), |names| names.registry(&shown));
        files.extend(registry_file::to_text("", &shown).map(|text| ReportFile::new("devices.toml", text)));
        let shown = Settings {
            kiosk_password: None,
            messengers: settings.value.messengers.for_strangers(),
            ..settings.value
        };
        files.extend(settings_file::to_text("", &shown).map(|text| ReportFile::new("settings.toml", text)));
        let problems = registry
            .problems
            .iter()
            .chain(&settings.problems)
            .map(|problem| format!("{problem}\n"));
        let problems: String = problems.collect();
        if !problems.is_empty() {
            files.push(ReportFile::new("problems.txt", problems));
        }
        let logs = self.logs();
        let figures = figures_table(logs.iter().map(|log| log.text.as_str()));
        files.push(ReportFile::new("figures.csv", figures));
        files.extend(own_figures(&self.load_own_series()).map(|text| ReportFile::new("own-figures.csv", text)));
        files.extend(text_of(&self.path().join("habits.toml")).map(|text| ReportFile::new("habits.toml", text)));
        let troubles = self.troubles();
        if !troubles.is_empty() {
            files.push(ReportFile::new("events.txt", troubles));
        }
        files.extend(logs);
        let scrub = Scrub::new(passwords);
        let (mut files, cut) = within_bounds(cleaned(files, &scrub, names.as_mut()), MOST_BYTES - 64 * 1024);
        let contents = contents(&files, &cut, pseudonyms, passwords.len());
        files.insert(0, ReportFile::new(CONTENTS, contents));
        files
    }

    /// The newest troubles: begin and end in milliseconds since 1970, what, where.
    fn troubles(&self) -> String {
        let newest = || {
            let mut log = self.read_event_log().ok()??;
            let alarms = EventQuery {
                alarms: true,
                ..EventQuery::default()
            };
            log.page(&alarms, LogStart::Newest, MOST_TROUBLES).ok()
        };
        let line = |event: &EventRecord| {
            let until = event.until().map(|at| at.0.to_string()).unwrap_or_default();
            let (what, count) = (event.what.word(), event.count);
            format!(
                "{}\t{until}\t{what}\t{count}\t{}\t{}\n",
                event.since.0, event.subject, event.name
            )
        };
        newest().iter().flat_map(|page| &page.events).map(line).collect()
    }

    /// Packs these files into a new zip file. An existing file is never replaced.
    pub fn save_report(path: &Path, files: &[ReportFile]) -> Result<(), ExchangeError> {
        is_free(path)?;
        let bytes = bundle(files).map_err(|error| ExchangeError::Other(error.to_string()))?;
        Ok(atomic::write(path, &bytes)?)
    }

    fn names(&self, registry: &Registry) -> Pseudonyms {
        let mut names = Pseudonyms::of(registry);
        for view in self.load_views().value.list() {
            names.add(NameKind::View, &view.name);
        }
        if let Some(user) = directories::BaseDirs::new() {
            names.add(NameKind::Own, &user.home_dir().display().to_string());
        }
        for name in ["USER", "USERNAME", "COMPUTERNAME", "HOSTNAME"] {
            if let Ok(name) = std::env::var(name) {
                names.add(NameKind::Own, &name);
            }
        }
        names
    }

    /// The logs, the newest first.
    fn logs(&self) -> Vec<ReportFile> {
        let Ok(entries) = std::fs::read_dir(self.log_dir()) else {
            return Vec::new();
        };
        let mut logs: Vec<(u32, PathBuf)> = entries.flatten().filter_map(|entry| numbered(entry.path())).collect();
        logs.sort();
        let file = |(_, path): (u32, PathBuf)| {
            let name = path.file_name()?.to_str()?.to_owned();
            Some(ReportFile::new(&format!("logs/{name}"), text_of(&path)?))
        };
        logs.into_iter().filter_map(file).collect()
    }
}

/// A log with its number, of which 0 is the one that is being written.
fn numbered(path: PathBuf) -> Option<(u32, PathBuf)> {
    let name = path.file_name()?.to_str()?;
    let middle = name.strip_prefix("monomi")?.strip_suffix(".log")?;
    let number = match middle.strip_prefix('.') {
        None if middle.is_empty() => 0,
        None => return None,
        Some(number) => number.parse().ok()?,
    };
    Some((number, path))
}

/// What Monomi cost in the last 30 days as CSV: each hour, then each minute of the last two days. Times are in seconds since 1970.
fn own_figures(series: &OwnSeries) -> Option<String> {
    series.last()?;
    let names: Vec<&str> = OwnFigure::ALL.iter().map(|figure| figure.word()).collect();
    let line = |of: &str, sample: &OwnSample| {
        let value = |figure: &OwnFigure| sample.get(*figure).map(|value| value.to_string()).unwrap_or_default();
        let values: Vec<String> = OwnFigure::ALL.iter().map(value).collect();
        format!("{of},{},{}\n", sample.at, values.join(","))
    };
    let hours = series.hours().map(|sample| line("hour", sample));
    let minutes = series.minutes().map(|sample| line("minute", sample));
    let head = format!("of,time,{}\n", names.join(","));
    Some(std::iter::once(head).chain(hours).chain(minutes).collect())
}

fn text_of(path: &Path) -> Option<String> {
    let bytes = read::file(path).ok().flatten()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// For whoever reads the report.
fn contents(files: &[ReportFile], cut: &[String], pseudonyms: bool, passwords: usize) -> String {
    let mut text = "Problem report of Monomi\n\n".to_owned();
    for file in files {
        text += &format!("{:>9} {}\n", file.text.len(), file.name);
    }
    text += &format!(
        "\nSecrets are replaced by ***; {passwords} known passwords were searched for in all ways of writing them.\n"
    );
    text += match pseudonyms {
        true => "Names and addresses are replaced by pseudonyms; the same one stands for the same name in all files.\n",
        false => "Names and addresses are as they are.\n",
    };
    if !cut.is_empty() {
        text += &format!(
            "Too large, so that their oldest lines are left out: {}\n",
            cut.join(", ")
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use device::{Draft, PasswordEdit};

    const SECRET: &str = "s3cret p@ss";

    fn profile() -> (tempfile::TempDir, Profile) {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::open(Some(dir.path().into())).unwrap().without_keyring();
        let draft = Draft {
            site: "大阪".into(),
            name: "本店DVR".into(),
            host: "shop.example.jp".into(),
            user: "watcher".into(),
            password: PasswordEdit::Set(Password::new(SECRET)),
            channels: "2".into(),
            channel_names: vec!["入口".into()],
            ..Draft::new()
        };
        let edit = draft
            .parse(&profile.load_registry().value, &crate::store::brands(), None)
            .unwrap();
        profile.save_device(edit).unwrap();
        let hash = crate::store::hash_password(&Password::new("kiosk-word")).unwrap();
        profile
            .update_settings(|settings| settings.kiosk_password = Some(hash))
            .unwrap();
        std::fs::create_dir_all(profile.log_dir()).unwrap();
        let line = format!(
            "2026-11-29T00:00:00Z  INFO monomi: device=\"本店DVR\" at 192.168.1.7 said {SECRET}\n\
             2026-11-29T00:05:00Z  INFO monomi: own figures memory_kib=9000\n"
        );
        for name in ["monomi.log", "monomi.1.log", "other.log"] {
            atomic::write(&profile.log_dir().join(name), line.as_bytes()).unwrap();
        }
        (dir, profile)
    }

    fn all(files: &[ReportFile]) -> String {
        files
            .iter()
            .map(|file| format!("{}\n{}", file.name, file.text))
            .collect()
    }

    #[test]
    fn a_report_has_what_helps_and_no_secret() {
        let (_dir, profile) = profile();
        let said = vec![ReportFile::new("computer.txt", "Monomi 0.1.0")];
        let passwords = profile.sealed_passwords();
        assert_eq!(passwords.len(), 1);
        let files = profile.gather_report(said, &passwords, false);
        let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "contents.txt",
                "computer.txt",
                "devices.toml",
                "settings.toml",
                "figures.csv",
                "logs/monomi.log",
                "logs/monomi.1.log"
            ]
        );
        let text = all(&files);
        assert!(
            text.contains("本店DVR") && text.contains("192.168.1.7") && text.contains(",,9000,"),
            "{text}"
        );
        for secret in [SECRET, "argon2"] {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
    }

    #[test]
    fn a_report_tells_what_monomi_itself_cost() {
        let (_dir, profile) = profile();
        let mut series = OwnSeries::default();
        series.push(OwnSample::at(1_764_000_000).with(OwnFigure::Memory, Some(180_000)));
        let mut file = profile.own_figures_file();
        file.add(&[], &series).unwrap();
        let files = profile.gather_report(Vec::new(), &[], true);
        let figures = files.iter().find(|file| file.name == "own-figures.csv").unwrap();
        assert!(figures.text.starts_with("of,time,memory_kib,"), "{}", figures.text);
        assert!(figures.text.contains("minute,1764000000,180000,,"), "{}", figures.text);
    }

    #[test]
    fn with_pseudonyms_no_name_is_in_it_and_a_device_can_be_followed() {
        let (_dir, profile) = profile();
        let files = profile.gather_report(Vec::new(), &profile.sealed_passwords(), true);
        let text = all(&files);
        for name in ["本店", "大阪", "入口", "shop.example", "watcher", "192.168.1.7"] {
            assert!(!text.contains(name), "{name}: {text}");
        }
        let (devices, log) = (&files[1], files.last().unwrap());
        assert!(devices.text.contains("\"device-1\""), "{}", devices.text);
        assert!(
            log.text.contains("device=\"device-1\" at local-address-1 said ***"),
            "{}",
            log.text
        );
    }

    #[test]
    fn a_report_replaces_no_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("report.zip");
        let files = [ReportFile::new("a.txt", "a")];
        Profile::save_report(&path, &files).unwrap();
        assert!(std::fs::read(&path).unwrap().starts_with(b"PK"));
        assert!(matches!(
            Profile::save_report(&path, &files),
            Err(ExchangeError::Exists)
        ));
    }
}
