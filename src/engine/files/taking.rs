//! Whether a file that somebody else changed is taken over. A file that is damaged, empty or away for a moment changes nothing, and
//! one that is just being written may read like a whole one with less in it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::store::{Found, Print};
use device::{Certificate, CertificateOwner, DeviceId, Registry};
use settings::Settings;
use wall::{View, Views};

/// How long a file that was written in place must have been left alone. A file that was renamed into place is whole.
const AT_REST: Duration = Duration::from_secs(1);

/// The same where something would be lost: somebody who writes slowly may only have come so far.
const LOSES_IN_PLACE: Duration = Duration::from_secs(3);

/// The same where the folder of the profile is another one than before: a disk may be away, and another program may have begun anew
/// in its place.
const LOSES_ELSEWHERE: Duration = Duration::from_secs(60);

/// What a file says beside what is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileDifference {
    None,
    /// Something is new or other.
    Other,
    /// Something that is known is missing.
    Less,
}

/// What to do about a file that was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileVerdict {
    Take,
    /// What is known goes on; the file cannot be read as a whole.
    Keep,
    /// Look again when so much time has passed.
    Wait(Duration),
}

/// What is known of one file.
pub(super) struct Taking {
    /// Where what is known came from.
    source: Found,
    /// The version that was taken last.
    taken: Option<Print>,
    /// A version that is not taken yet, and since when it is seen.
    seen: Option<(Option<Print>, Instant)>,
}

/// A file as it was looked at.
#[derive(Clone, Copy)]
pub(super) struct SeenFile<'a> {
    pub(super) found: &'a Found,
    pub(super) print: Option<Print>,
    pub(super) difference: FileDifference,
    /// Whether the folder of the profile is the one that it was.
    pub(super) at_home: bool,
}

impl Taking {
    /// What is known was read from `source`.
    pub(super) fn new(source: Found) -> Self {
        Self {
            source,
            taken: None,
            seen: None,
        }
    }

    pub(super) fn source(&self) -> &Found {
        &self.source
    }

    /// This program wrote what is known.
    pub(super) fn written(&mut self, found: &Found) {
        self.source = match found {
            // What was not there, or empty, is written as a whole.
            Found::Nothing => Found::Whole,
            other => other.clone(),
        };
    }

    pub(super) fn judge(&mut self, look: SeenFile<'_>, now: Instant) -> FileVerdict {
        let is_good = match look.found {
            Found::Whole => true,
            // The file itself was whole, and may be again: what stands beside it is older, or made of a part of it.
            Found::Beside(_) => self.source != Found::Whole || look.difference == FileDifference::None,
            Found::Part | Found::Nothing => look.difference == FileDifference::None && self.source == *look.found,
            Found::Unreadable => false,
        };
        if !is_good {
            self.seen = None;
            return FileVerdict::Keep;
        }
        let in_place = match (self.taken, look.print) {
            (Some(taken), Some(now)) => taken.is_same_file(now),
            _ => true,
        };
        let needed = match look.difference {
            FileDifference::None => Duration::ZERO,
            FileDifference::Less if !look.at_home => LOSES_ELSEWHERE,
            FileDifference::Less if in_place => LOSES_IN_PLACE,
            FileDifference::Other if !in_place => Duration::ZERO,
            FileDifference::Less | FileDifference::Other => AT_REST,
        };
        let since = match self.seen {
            Some((print, since)) if print == look.print => since,
            _ => now,
        };
        let seen_for = now.saturating_duration_since(since);
        if seen_for < needed {
            self.seen = Some((look.print, since));
            return FileVerdict::Wait(needed - seen_for);
        }
        self.seen = None;
        self.taken = look.print;
        self.source = look.found.clone();
        FileVerdict::Take
    }
}

pub(super) fn between_registries(known: &Registry, now: &Registry) -> FileDifference {
    if known == now {
        return FileDifference::None;
    }
    let channels: BTreeMap<DeviceId, usize> = now.devices.iter().map(|d| (d.id, d.channels.len())).collect();
    let device_is_less = |old: &device::Device| channels.get(&old.id).is_none_or(|count| *count < old.channels.len());
    let dvr_is_gone = |old: &device::VirtualDvr| now.virtual_dvr(old.id).is_none();
    if known.devices.iter().any(device_is_less) || known.virtual_dvrs.iter().any(dvr_is_gone) {
        FileDifference::Less
    } else {
        FileDifference::Other
    }
}

pub(super) fn between_settings(known: &Settings, now: &Settings) -> FileDifference {
    let opens = known.internal_network_only && !now.internal_network_only;
    match () {
        () if known == now => FileDifference::None,
        () if opens || (known.kiosk_password.is_some() && now.kiosk_password.is_none()) => FileDifference::Less,
        () => FileDifference::Other,
    }
}

pub(super) fn between_views(known: &Views, now: &Views) -> FileDifference {
    let is_gone = |view: &View| now.find(&view.name).is_none();
    if known.list().iter().any(is_gone) || now.layouts.list().len() < known.layouts.list().len() {
        FileDifference::Less
    } else {
        FileDifference::Other
    }
}

pub(super) fn between_trust(
    known: &BTreeMap<CertificateOwner, Certificate>,
    now: &BTreeMap<CertificateOwner, Certificate>,
) -> FileDifference {
    match () {
        () if known == now => FileDifference::None,
        () if known.keys().any(|id| !now.contains_key(id)) => FileDifference::Less,
        () => FileDifference::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;
    use std::path::{Path, PathBuf};

    const SECOND: Duration = Duration::from_secs(1);

    /// A file of which every version is looked at in simulated time.
    struct FileStory {
        dir: tempfile::TempDir,
        taking: Taking,
        begin: Instant,
    }

    impl FileStory {
        fn taken() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let mut file = Self {
                dir,
                taking: Taking::new(Found::Whole),
                begin: Instant::now(),
            };
            file.in_place("one");
            assert_eq!(file.look(0.0, &Found::Whole, FileDifference::None), FileVerdict::Take);
            file
        }

        fn path(&self) -> PathBuf {
            self.dir.path().join("a")
        }

        fn in_place(&self, text: &str) {
            let mut file = std::fs::File::options()
                .create(true)
                .append(true)
                .open(self.path())
                .unwrap();
            file.write_all(text.as_bytes()).unwrap();
        }

        fn renamed(&self, text: &str) {
            let new = self.dir.path().join("new");
            let mut file = std::fs::File::create(&new).unwrap();
            file.write_all(text.as_bytes()).unwrap();
            std::fs::rename(new, self.path()).unwrap();
        }

        fn look(&mut self, at: f64, found: &Found, difference: FileDifference) -> FileVerdict {
            self.look_from(true, at, found, difference)
        }

        fn look_from(&mut self, at_home: bool, at: f64, found: &Found, difference: FileDifference) -> FileVerdict {
            let print = Print::of(Path::new(&self.path()));
            let look = SeenFile {
                found,
                print,
                difference,
                at_home,
            };
            self.taking.judge(look, self.begin + Duration::from_secs_f64(at))
        }
    }

    #[test]
    fn what_cannot_be_read_as_a_whole_changes_nothing_however_long_it_lasts() {
        let beside = Found::Beside("a.recovered".to_owned());
        for found in [Found::Part, Found::Nothing, Found::Unreadable, beside] {
            let mut file = FileStory::taken();
            for at in [1.0, 100.0, 10_000.0] {
                assert_eq!(
                    file.look(at, &found, FileDifference::Less),
                    FileVerdict::Keep,
                    "{found:?}"
                );
            }
        }
        assert_eq!(
            FileStory::taken().look(9.0, &Found::Unreadable, FileDifference::None),
            FileVerdict::Keep
        );
    }

    #[test]
    fn a_file_that_is_written_in_place_is_taken_when_it_was_left_alone() {
        let mut file = FileStory::taken();
        file.in_place("two");
        assert_eq!(
            file.look(1.0, &Found::Whole, FileDifference::Less),
            FileVerdict::Wait(3 * SECOND)
        );
        file.in_place("three");
        assert_eq!(
            file.look(3.5, &Found::Whole, FileDifference::Less),
            FileVerdict::Wait(3 * SECOND)
        );
        assert_eq!(file.look(6.5, &Found::Whole, FileDifference::Less), FileVerdict::Take);
        file.in_place("four");
        assert_eq!(
            file.look(9.0, &Found::Whole, FileDifference::Other),
            FileVerdict::Wait(SECOND)
        );
        assert_eq!(file.look(10.0, &Found::Whole, FileDifference::Other), FileVerdict::Take);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_was_renamed_into_place_is_taken_at_once_and_a_second_later_where_it_loses_something() {
        let mut file = FileStory::taken();
        file.renamed("two");
        assert_eq!(file.look(1.0, &Found::Whole, FileDifference::Other), FileVerdict::Take);
        file.renamed("three");
        assert_eq!(
            file.look(2.0, &Found::Whole, FileDifference::Less),
            FileVerdict::Wait(SECOND)
        );
        assert_eq!(file.look(3.0, &Found::Whole, FileDifference::Less), FileVerdict::Take);
    }

    #[test]
    fn less_in_another_folder_is_believed_after_a_minute() {
        let mut file = FileStory::taken();
        file.renamed("two");
        let less = |file: &mut FileStory, at| file.look_from(false, at, &Found::Whole, FileDifference::Less);
        assert_eq!(less(&mut file, 1.0), FileVerdict::Wait(60 * SECOND));
        assert_eq!(less(&mut file, 60.0), FileVerdict::Wait(SECOND));
        assert_eq!(less(&mut file, 61.0), FileVerdict::Take);
    }

    #[test]
    fn what_stands_beside_counts_where_the_file_itself_was_never_whole() {
        let beside = Found::Beside("a.recovered".to_owned());
        for source in [beside.clone(), Found::Part, Found::Unreadable] {
            let mut taking = Taking::new(source);
            let look = SeenFile {
                found: &beside,
                print: None,
                difference: FileDifference::None,
                at_home: true,
            };
            assert_eq!(taking.judge(look, Instant::now()), FileVerdict::Take);
            assert_eq!(taking.source(), &beside);
        }
        let mut taking = Taking::new(Found::Nothing);
        taking.written(&Found::Nothing);
        assert_eq!(taking.source(), &Found::Whole);
    }

    #[test]
    fn devices_channels_and_virtual_dvrs_can_be_lost() {
        let mut known = crate::engine::endurance::registry(0);
        assert_eq!(between_registries(&known, &known), FileDifference::None);
        let mut more = known.clone();
        more.devices[0].name = "other".to_owned();
        assert_eq!(between_registries(&known, &more), FileDifference::Other);
        more.devices.pop();
        assert_eq!(between_registries(&known, &more), FileDifference::Less);
        let mut fewer = known.clone();
        known.devices[0].channels.push(device::Channel { name: String::new() });
        assert_eq!(between_registries(&known, &fewer), FileDifference::Less);
        fewer.devices[0].channels = known.devices[0].channels.clone();
        assert_eq!(between_registries(&known, &fewer), FileDifference::None);
        assert_eq!(
            between_settings(&Settings::cautious(), &Settings::default()),
            FileDifference::Less
        );
        assert_eq!(
            between_settings(&Settings::default(), &Settings::cautious()),
            FileDifference::Other
        );
    }
}
