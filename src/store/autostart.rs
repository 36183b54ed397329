//! Starting with the user's session: an XDG autostart entry, a login item on macOS, the Run key on Windows.

use std::path::{Path, PathBuf};

#[cfg(windows)]
use windows_registry::CURRENT_USER;

#[cfg(unix)]
use super::atomic;
use super::atomic::WriteError;

/// The entry that starts this program with the user's session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Autostart {
    /// The file that starts it; on Windows the key of the user's registry that holds a value for each program.
    entry: PathBuf,
    program: PathBuf,
    /// `None`: the profile of the platform's folder.
    profile: Option<PathBuf>,
}

impl Autostart {
    /// The entry of the running program with this profile's folder; `profile` is `None` for the platform's own. Returns
    /// `None` if the system does not tell where the program or the home folder is.
    #[must_use]
    pub fn of_this_program(profile: Option<&Path>) -> Option<Self> {
        let own = directories::ProjectDirs::from("", "", "monomi")?
            .config_dir()
            .to_owned();
        Some(Self {
            entry: entry(&directories::BaseDirs::new()?),
            program: crate::packaged::program().ok()?,
            profile: profile
                .map(std::path::absolute)
                .transpose()
                .ok()?
                .filter(|profile| *profile != own),
        })
    }

    /// Whether the session starts the program, as far as its entry tells.
    #[must_use]
    #[cfg(unix)]
    pub fn is_on(&self) -> bool {
        self.entry.exists()
    }

    /// Whether the session starts the program, as far as its entry tells.
    #[must_use]
    #[cfg(windows)]
    pub fn is_on(&self) -> bool {
        let key = CURRENT_USER.open(self.key());
        key.is_ok_and(|key| key.get_string(VALUE).is_ok())
    }

    /// Writes or removes the entry, if that is needed.
    #[cfg(unix)]
    pub fn set(&self, on: bool) -> Result<(), WriteError> {
        let wrong = |source| WriteError::new(&self.entry, source);
        if !on {
            return match std::fs::remove_file(&self.entry) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(wrong(error)),
                _ => Ok(()),
            };
        }
        let text = self.text();
        if std::fs::read_to_string(&self.entry).is_ok_and(|there| there == text) {
            return Ok(());
        }
        if let Some(folder) = self.entry.parent() {
            std::fs::create_dir_all(folder).map_err(wrong)?;
        }
        atomic::write(&self.entry, text.as_bytes())
    }

    /// Writes or removes the value in the registry, if that is needed.
    #[cfg(windows)]
    pub fn set(&self, on: bool) -> Result<(), WriteError> {
        self.write(on).map_err(|source| WriteError::new(&self.entry, source))
    }

    #[cfg(windows)]
    fn write(&self, on: bool) -> std::io::Result<()> {
        let key = CURRENT_USER.create(self.key())?;
        let there = key.get_string(VALUE).ok();
        let command = on.then(|| self.command());
        if there == command {
            return Ok(());
        }
        match &command {
            Some(command) => key.set_string(VALUE, command)?,
            None => key.remove_value(VALUE)?,
        }
        // What the Task Manager switched off stays off as long as nobody changes the setting here.
        if let Ok(approved) = CURRENT_USER.options().read().write().open(self.approved())
            && approved.get_value(VALUE).is_ok()
        {
            approved.remove_value(VALUE)?;
        }
        Ok(())
    }

    #[cfg(windows)]
    fn key(&self) -> String {
        self.entry.display().to_string()
    }

    /// Where the Task Manager notes what it switched off.
    #[cfg(windows)]
    fn approved(&self) -> String {
        self.key().replace(r"\Run", r"\Explorer\StartupApproved\Run")
    }

    /// The command line, each argument in quotes (a path holds none itself, but a backslash before the last quote stands for itself
    /// only when it is doubled).
    #[cfg(windows)]
    fn command(&self) -> String {
        let quoted = |part: &String| {
            let last = part.len() - part.trim_end_matches('\\').len();
            format!("\"{part}{}\"", "\\".repeat(last))
        };
        self.arguments().iter().map(quoted).collect::<Vec<_>>().join(" ")
    }

    fn arguments(&self) -> Vec<String> {
        let mut arguments = vec![self.program.display().to_string()];
        if let Some(profile) = &self.profile {
            arguments.extend(["--profile".to_owned(), profile.display().to_string()]);
        }
        arguments
    }

    /// A desktop entry (Desktop Entry Specification 1.5).
    #[cfg(all(unix, not(target_os = "macos")))]
    fn text(&self) -> String {
        let exec = self
            .arguments()
            .iter()
            .map(|part| quoted(part))
            .collect::<Vec<_>>()
            .join(" ");
        format!(
            "[Desktop Entry]\nType=Application\nVersion=1.5\nName=Monomi\nName[ja]=Monomi（物見）\nExec={exec}\nIcon=monomi\n\
             Terminal=false\nX-GNOME-Autostart-enabled=true\n"
        )
    }

    /// A launch agent. Not tried on macOS yet.
    #[cfg(target_os = "macos")]
    fn text(&self) -> String {
        let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
        let strings: String = self
            .arguments()
            .iter()
            .map(|part| format!("<string>{}</string>", escaped(part)))
            .collect();
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plist version=\"1.0\"><dict><key>Label</key><string>monomi</string>\
             <key>ProgramArguments</key><array>{strings}</array><key>RunAtLoad</key><true/></dict></plist>\n"
        )
    }
}

/// The name of the value in the registry.
#[cfg(windows)]
const VALUE: &str = "Monomi";

#[cfg(target_os = "macos")]
fn entry(user: &directories::BaseDirs) -> PathBuf {
    user.home_dir().join("Library/LaunchAgents/monomi.plist")
}

#[cfg(windows)]
fn entry(_user: &directories::BaseDirs) -> PathBuf {
    PathBuf::from(r"Software\Microsoft\Windows\CurrentVersion\Run")
}

#[cfg(all(unix, not(target_os = "macos")))]
fn entry(user: &directories::BaseDirs) -> PathBuf {
    user.config_dir().join("autostart").join("monomi.desktop")
}

/// One argument of an `Exec` key: quoted (§ "The Exec key"), `%` doubled because it begins a field code, and every backslash
/// doubled once more because the value is a string.
#[cfg(all(unix, not(target_os = "macos")))]
fn quoted(argument: &str) -> String {
    let mut text = String::from("\"");
    for c in argument.chars() {
        match c {
            '\\' => text.push_str(r"\\\\"),
            '"' | '`' | '$' => {
                text.push_str(r"\\");
                text.push(c);
            }
            '%' => text.push_str("%%"),
            c => text.push(c),
        }
    }
    text.push('"');
    text
}

#[cfg(all(test, unix, not(target_os = "macos")))]
mod tests {
    use super::*;

    fn autostart(folder: &Path, profile: Option<&str>) -> Autostart {
        Autostart {
            entry: folder.join("autostart/monomi.desktop"),
            program: "/opt/my tools/monomi".into(),
            profile: profile.map(PathBuf::from),
        }
    }

    #[test]
    fn the_entry_is_written_and_removed() {
        let folder = tempfile::tempdir().unwrap();
        let autostart = autostart(folder.path(), None);
        autostart.set(false).unwrap();
        assert!(!autostart.is_on());
        autostart.set(true).unwrap();
        autostart.set(true).unwrap();
        let text = std::fs::read_to_string(&autostart.entry).unwrap();
        assert!(text.starts_with("[Desktop Entry]\n"), "{text}");
        assert!(text.contains("\nExec=\"/opt/my tools/monomi\"\n"), "{text}");
        assert!(autostart.is_on());
        autostart.set(false).unwrap();
        assert!(!autostart.is_on());
    }

    #[test]
    fn a_profile_of_its_own_is_named_and_quoted() {
        let folder = tempfile::tempdir().unwrap();
        let text = autostart(folder.path(), Some(r#"/a b/100%"$x\"#)).text();
        let exec = r#"Exec="/opt/my tools/monomi" "--profile" "/a b/100%%\\"\\$x\\\\""#;
        assert!(text.lines().any(|line| line == exec), "{text}");
    }
}

#[cfg(test)]
#[cfg(windows)]
mod tests {
    use super::*;

    #[test]
    fn the_value_is_written_and_removed_and_what_the_task_manager_switched_off_stays_off() {
        let branch = r"Software\Monomi of a test";
        let autostart = Autostart {
            entry: PathBuf::from(format!(r"{branch}\Run")),
            program: r"C:\Users\山田 太郎\Monomi\monomi.exe".into(),
            profile: Some(r"D:\".into()),
        };
        autostart.set(false).unwrap();
        assert!(!autostart.is_on());
        autostart.set(true).unwrap();
        autostart.set(true).unwrap();
        assert!(autostart.is_on());
        let written = CURRENT_USER.open(autostart.key()).unwrap().get_string(VALUE).unwrap();
        assert_eq!(written, r#""C:\Users\山田 太郎\Monomi\monomi.exe" "--profile" "D:\\""#);
        let approved = CURRENT_USER.create(autostart.approved()).unwrap();
        approved
            .set_bytes(VALUE, windows_registry::Type::Bytes, &[3, 0, 0, 0])
            .unwrap();
        autostart.set(true).unwrap();
        assert!(
            approved.get_value(VALUE).is_ok(),
            "a start of the program changes nothing"
        );
        autostart.set(false).unwrap();
        assert!(!autostart.is_on());
        assert!(approved.get_value(VALUE).is_err());
        CURRENT_USER.remove_tree(branch).unwrap();
    }
}
