//! WHAT PACKAGE THE PROGRAM RUNS OUT OF: from an AppImage its files are in a folder that is there only while it runs.
//!
//! Belongs here: what has to be started to start this program again, and that other programs which it opens do not inherit what the AppImage
//! set for its own libraries. Does not belong here: how the AppImage is made (`bundle/linux/appimage.sh`).

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// What the start of the AppImage sets (`bundle/linux/appimage`), and what is of no use to other programs.
const SET: [&str; 9] = [
    "APPDIR",
    "APPIMAGE",
    "ARGV0",
    "OWD",
    "GIO_MODULE_DIR",
    "GST_PLUGIN_PATH_1_0",
    "GST_PLUGIN_SYSTEM_PATH_1_0",
    "GST_REGISTRY_1_0",
    "GST_REGISTRY_FORK",
];

/// The file that starts this program: its own, or the AppImage that it is in.
///
/// # Errors
/// The system does not tell where the program is.
pub fn program() -> io::Result<PathBuf> {
    let running = std::env::current_exe()?;
    let variable = |name| std::env::var_os(name).filter(|value: &OsString| !value.is_empty());
    Ok(appimage(&running, variable("APPDIR"), variable("APPIMAGE")).unwrap_or(running))
}

/// Starts this program once more in its own place, with these arguments: what runs now ends at once, without any last word. Returns only where that failed.
#[must_use]
pub fn start_in_own_place(arguments: &[OsString]) -> io::Error {
    let program = match program() {
        Ok(program) => without_deleted(program),
        Err(error) => return error,
    };
    let mut command = std::process::Command::new(program);
    command.args(arguments);
    in_own_place(command)
}

/// Takes the place of this process: same number, same terminal, and all files are closed, so that the profile is free.
#[cfg(unix)]
fn in_own_place(mut command: std::process::Command) -> io::Error {
    std::os::unix::process::CommandExt::exec(&mut command)
}

/// Where no process can become another one, the other is started and waits for the profile.
#[cfg(windows)]
#[expect(
    unsafe_code,
    reason = "what std has waits for threads of libraries, of which one stands still"
)]
fn in_own_place(mut command: std::process::Command) -> io::Error {
    use windows_sys::Win32::System::Threading::{GetCurrentProcess, TerminateProcess};
    match command.spawn() {
        // SAFETY: the handle of this process needs no closing.
        Ok(_child) => match unsafe { TerminateProcess(GetCurrentProcess(), 1) } {
            0 => io::Error::last_os_error(),
            _ => io::Error::other("this process goes on"),
        },
        Err(error) => error,
    }
}

/// Linux says so of a program whose file was replaced, such as by an update; what stands there now is started.
fn without_deleted(program: PathBuf) -> PathBuf {
    let name = program.to_str().and_then(|name| name.strip_suffix(" (deleted)"));
    name.map(PathBuf::from).filter(|_| !program.exists()).unwrap_or(program)
}

/// Opens a file or folder with the program that the desktop has for it. Blocks until that has it, with some programs until they end.
///
/// # Errors
/// In the words of the system: nothing here opens it.
pub fn open(path: &Path) -> io::Result<()> {
    let in_appimage = program()? != std::env::current_exe()?;
    let mut failed = None;
    for mut command in open::commands(path) {
        if in_appimage {
            SET.iter().for_each(|name| {
                command.env_remove(name);
            });
        }
        let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        match quiet.status() {
            Ok(status) if status.success() => return Ok(()),
            Ok(status) => {
                failed.get_or_insert_with(|| io::Error::other(format!("{command:?} ended with {status}")));
            }
            Err(error) => {
                failed.get_or_insert(error);
            }
        }
    }
    Err(failed.unwrap_or_else(|| io::Error::other("there is no program that opens it")))
}

/// The AppImage, where the running program is in the folder that it shows; without a file it was unpacked, and has its start there. The variables alone prove nothing: any other AppImage that
/// started this program has set them, too.
fn appimage(running: &Path, shown: Option<OsString>, file: Option<OsString>) -> Option<PathBuf> {
    let shown = PathBuf::from(shown?);
    let start = || file.map_or_else(|| shown.join("AppRun"), PathBuf::from);
    running.starts_with(&shown).then(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_appimage_is_started_again_by_its_file_and_no_other_program_by_it() {
        let of = |running: &str, shown: Option<&str>| {
            appimage(
                Path::new(running),
                shown.map(OsString::from),
                Some("/home/u/monomi.AppImage".into()),
            )
        };
        let ours = Some(PathBuf::from("/home/u/monomi.AppImage"));
        assert_eq!(
            of("/tmp/.mount_monomiX/usr/bin/monomi", Some("/tmp/.mount_monomiX")),
            ours
        );
        assert_eq!(of("/usr/bin/monomi", Some("/tmp/.mount_editorY")), None);
        assert_eq!(of("/usr/bin/monomi", None), None);
        let unpacked = appimage(
            Path::new("/unpacked/usr/libc/ld-linux-x86-64.so.2"),
            Some("/unpacked".into()),
            None,
        );
        assert_eq!(unpacked, Some(PathBuf::from("/unpacked/AppRun")));
    }
}
