//! Starting with the user's session: an XDG autostart entry, a login item on macOS, the Run key on Windows.

use std::path::{Path, PathBuf};

#[cfg(unix)]
use super::atomic;
use super::atomic::WriteError;

/// The entry that starts this program with the user's session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Autostart {
    /// The file that starts it; Windows has a registry value instead.
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
            program: std::env::current_exe().ok()?,
            profile: profile
                .map(std::path::absolute)
                .transpose()
                .ok()?
                .filter(|profile| *profile != own),
        })
    }

    /// Whether the session starts the program, as far as its file tells.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.entry.exists()
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

    /// Changes the user's Run key with the system's own tool. Not tried on Windows yet.
    #[cfg(windows)]
    pub fn set(&self, on: bool) -> Result<(), WriteError> {
        const KEY: &str = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Run";
        let command = self
            .arguments()
            .iter()
            .map(|part| format!("\"{part}\""))
            .collect::<Vec<_>>()
            .join(" ");
        let mut reg = std::process::Command::new("reg");
        if on {
            reg.args(["add", KEY, "/v", "Monomi", "/t", "REG_SZ", "/f", "/d", &command]);
        } else {
            reg.args(["delete", KEY, "/v", "Monomi", "/f"]);
        }
        match reg.output() {
            Ok(output) if on && !output.status.success() => {
                let said = String::from_utf8_lossy(&output.stderr).into_owned();
                Err(WriteError::new(Path::new(KEY), std::io::Error::other(said)))
            }
            Ok(_) => Ok(()),
            Err(error) => Err(WriteError::new(Path::new(KEY), error)),
        }
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

#[cfg(target_os = "macos")]
fn entry(user: &directories::BaseDirs) -> PathBuf {
    user.home_dir().join("Library/LaunchAgents/monomi.plist")
}

#[cfg(not(target_os = "macos"))]
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
