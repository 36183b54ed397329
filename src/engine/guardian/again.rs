//! With which arguments the program starts itself again.

use std::ffi::{OsStr, OsString};

/// The arguments of this run, so that the next one shows the same wall. Windows are found in the profile as they were, so that a view that was opened at the
/// start is not opened again; a kiosk keeps nothing, so that there it is. `kiosk`: whether the windows are one now; `None`: there are no
/// windows, or nobody has said so yet: then nothing is left out, for a kiosk must not come back as a wall that anybody may change.
pub(super) fn arguments(of_this_run: &[OsString], kiosk: Option<bool>) -> Vec<OsString> {
    let Some(kiosk) = kiosk else {
        return of_this_run.to_vec();
    };
    let mut again = Vec::new();
    let mut given = of_this_run.iter();
    while let Some(argument) = given.next() {
        let is = |name: &str| argument == OsStr::new(name);
        if is("--kiosk") {
            continue;
        }
        if !kiosk && is("--view") {
            given.next();
            continue;
        }
        if !kiosk
            && argument
                .to_str()
                .is_some_and(|argument| argument.starts_with("--view="))
        {
            continue;
        }
        again.push(argument.clone());
        // What another option is given is no option.
        if ["--profile", "--lang", "--monitor", "--renderer", "--view"]
            .iter()
            .any(|name| is(name))
        {
            again.extend(given.next().cloned());
        }
    }
    if kiosk {
        again.push("--kiosk".into());
    }
    again
}

#[cfg(test)]
mod tests {
    use super::*;

    fn again(given: &str, kiosk: Option<bool>) -> String {
        let given: Vec<OsString> = given.split_whitespace().map(OsString::from).collect();
        arguments(&given, kiosk).join(OsStr::new(" ")).into_string().unwrap()
    }

    #[test]
    fn the_same_wall_is_shown_again() {
        for (given, kiosk, expected) in [
            ("", Some(false), ""),
            ("--profile p --fullscreen", Some(false), "--profile p --fullscreen"),
            (
                "--profile p --view Door --monitor 2",
                Some(false),
                "--profile p --monitor 2",
            ),
            ("--view=Door", Some(false), ""),
            ("--view Door --kiosk", Some(true), "--view Door --kiosk"),
            ("--profile p", Some(true), "--profile p --kiosk"),
            ("--kiosk --profile p", Some(false), "--profile p"),
            ("--profile --kiosk", Some(false), "--profile --kiosk"),
            ("--profile p watch --json", None, "--profile p watch --json"),
            ("--kiosk --view Door", None, "--kiosk --view Door"),
        ] {
            assert_eq!(again(given, kiosk), expected, "{given}");
        }
    }
}
