//! `trust.toml`: the fingerprint of the certificate that each RTSPS device showed first. Fingerprints are no secret.
//!
//! Where the file is damaged, the missing ones are not taken for devices that never showed any: whoever is in between would be
//! remembered as the device. A person decides for each of them, and the decision is kept as `"anew"`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use toml_edit::{Item, Table};

use super::atomic::WriteError;
use super::document::Document;
use super::load::{Found, LoadProblem, Loaded};
use super::lock::WriteLock;
use super::migrate;
use super::profile::Profile;
use super::read::Print;
use super::records::set;
use device::{DeviceId, Fingerprint};

/// The remembered certificates, and those that were lost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustBook {
    pub pins: BTreeMap<DeviceId, Fingerprint>,
    /// A person decided that whatever these show next is remembered.
    anew: BTreeSet<DeviceId>,
    /// What stands there for these is no fingerprint.
    unreadable: BTreeSet<DeviceId>,
    is_damaged: bool,
}

impl TrustBook {
    /// Whether this device, which was registered before the file was damaged, may have had a certificate that is lost.
    #[must_use]
    pub fn doubts(&self, device: DeviceId) -> bool {
        let decided = self.pins.contains_key(&device) || self.anew.contains(&device);
        !decided && (self.is_damaged || self.unreadable.contains(&device))
    }
}

impl Profile {
    /// The remembered certificates as they are at this moment, and the print of their file before it was read.
    #[must_use]
    pub fn look_at_trust(&self) -> (Option<Print>, Loaded<TrustBook>) {
        (Print::of(&self.trust_path()), self.load_trust())
    }

    /// The remembered certificates.
    #[must_use]
    pub fn load_trust(&self) -> Loaded<TrustBook> {
        let mut document = Document::load(&self.trust_path(), &migrate::TRUST);
        let mut problems = document.take_problems();
        let mut book = TrustBook {
            is_damaged: self.has_lost_trust(&document),
            ..TrustBook::default()
        };
        let table = document.table().get(CERTIFICATE).and_then(Item::as_table);
        for (key, item) in table.into_iter().flat_map(Table::iter) {
            let (device, text) = (key.parse().ok(), item.as_str());
            let fingerprint = text.and_then(|text| text.parse().ok());
            match (device, fingerprint) {
                (Some(device), Some(fingerprint)) => drop(book.pins.insert(device, fingerprint)),
                (Some(device), None) if text == Some(ANEW) => drop(book.anew.insert(device)),
                (device, _) => {
                    book.unreadable.extend(device);
                    problems.push(LoadProblem::Warning {
                        at: format!("{CERTIFICATE}.{key}"),
                        message: "not the fingerprint of a device".to_owned(),
                    });
                }
            }
        }
        Loaded {
            value: book,
            problems,
            found: document.found().clone(),
        }
    }

    /// Remembers the certificate of one device, or forgets it.
    pub fn save_trust(&self, device: DeviceId, fingerprint: Option<Fingerprint>) -> Result<(), WriteError> {
        self.change_trust(device, |_| fingerprint.map(|fingerprint| fingerprint.to_string()))
    }

    /// Forgets the certificate of one device; the one that it shows next is remembered, whatever was lost.
    pub fn trust_anew(&self, device: DeviceId) -> Result<(), WriteError> {
        self.change_trust(device, |is_damaged| is_damaged.then(|| ANEW.to_owned()))
    }

    fn change_trust(&self, device: DeviceId, text: impl FnOnce(bool) -> Option<String>) -> Result<(), WriteError> {
        let _lock = WriteLock::of(self.path())?;
        let mut document = Document::load_to_change(&self.trust_path(), &migrate::TRUST)?;
        let is_damaged = self.has_lost_trust(&document);
        let is_blank = *document.found() == Found::Nothing && is_damaged;
        let root = document.table_mut();
        if is_blank {
            set(root, INCOMPLETE, true.into());
        }
        if !root.get(CERTIFICATE).is_some_and(Item::is_table) {
            root.insert(CERTIFICATE, Item::Table(Table::new()));
        }
        if let Some(table) = root.get_mut(CERTIFICATE).and_then(Item::as_table_mut) {
            match text(is_damaged) {
                Some(text) => set(table, &device.to_string(), text.into()),
                None => {
                    table.remove(&device.to_string());
                }
            }
        }
        document.save()
    }

    /// Whether certificates may be missing. Also where a file beside the damaged one is read by now: what was lost is not in there
    /// either.
    fn has_lost_trust(&self, document: &Document) -> bool {
        let said = document.table().get(INCOMPLETE).and_then(Item::as_bool);
        match document.found() {
            Found::Whole => said.unwrap_or(false),
            Found::Beside(_) | Found::Part | Found::Unreadable => true,
            // One that was never written is not there; one without text was cut off.
            Found::Nothing => self.trust_path().exists(),
        }
    }

    fn trust_path(&self) -> PathBuf {
        self.path().join("trust.toml")
    }
}

/// A file that was found without any text says so from then on.
const INCOMPLETE: &str = "incomplete";
const CERTIFICATE: &str = "certificate";
const ANEW: &str = "anew";

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(text: &[u8]) -> (tempfile::TempDir, Profile) {
        let folder = tempfile::tempdir().unwrap();
        let profile = Profile::open(Some(folder.path().to_path_buf()))
            .unwrap()
            .without_keyring();
        put(&folder, text);
        (folder, profile)
    }

    fn put(folder: &tempfile::TempDir, text: &[u8]) {
        let file = std::fs::File::create(folder.path().join("trust.toml"));
        file.and_then(|mut file| std::io::Write::write_all(&mut file, text))
            .unwrap();
    }

    const DEVICE: DeviceId = DeviceId(7);
    const OTHER: DeviceId = DeviceId(8);

    #[test]
    fn certificates_are_remembered_and_forgotten_and_strangers_stay() {
        let (folder, profile) = profile(b"version = 1\n[certificate]\n00000000000000ff = \"x\"\n");
        let fingerprint = Fingerprint([3; 32]);
        profile.save_trust(DEVICE, Some(fingerprint)).unwrap();
        let loaded = profile.load_trust();
        assert_eq!(loaded.value.pins, BTreeMap::from([(DEVICE, fingerprint)]));
        assert_eq!(loaded.problems.len(), 1);
        let doubted = [DEVICE, OTHER, DeviceId(0xff)].map(|device| loaded.value.doubts(device));
        assert_eq!(doubted, [false, false, true], "only what was there and is unreadable");
        profile.trust_anew(DEVICE).unwrap();
        assert!(profile.load_trust().value.pins.is_empty());
        let text = std::fs::read_to_string(folder.path().join("trust.toml")).unwrap();
        assert!(text.contains("00000000000000ff = \"x\"") && !text.contains(ANEW));
    }

    #[test]
    fn what_a_damaged_file_lost_is_doubted_until_somebody_decides_or_it_is_whole_again() {
        let damaged = format!("version = 1\n[certificate]\n{DEVICE} = \"");
        let (folder, profile) = profile(damaged.as_bytes());
        let book = || profile.load_trust().value;
        assert!(book().doubts(DEVICE) && book().doubts(OTHER));
        profile.trust_anew(DEVICE).unwrap();
        assert!(!book().doubts(DEVICE) && book().doubts(OTHER), "and so in the next run");
        profile.save_trust(OTHER, Some(Fingerprint([1; 32]))).unwrap();
        assert!(!book().doubts(OTHER));
        profile.save_trust(OTHER, None).unwrap();
        assert!(book().doubts(OTHER));
        let file = folder.path().join("trust.toml");
        assert_eq!(std::fs::read(&file).unwrap(), damaged.as_bytes(), "its bytes are kept");
        // Repaired.
        let pin = Fingerprint([9; 32]);
        put(
            &folder,
            format!("version = 1\n[certificate]\n{DEVICE} = \"{pin}\"\n").as_bytes(),
        );
        assert_eq!(book().pins, BTreeMap::from([(DEVICE, pin)]));
        assert!(!book().doubts(OTHER));
    }

    #[test]
    fn a_file_that_was_cut_off_to_nothing_has_lost_all_and_one_that_never_was_has_not() {
        let (folder, profile) = profile(b"");
        assert!(profile.load_trust().value.doubts(DEVICE));
        profile.save_trust(OTHER, Some(Fingerprint([1; 32]))).unwrap();
        let book = profile.load_trust().value;
        assert!(book.doubts(DEVICE) && !book.doubts(OTHER));
        profile.trust_anew(DEVICE).unwrap();
        assert!(!profile.load_trust().value.doubts(DEVICE));
        std::fs::remove_file(folder.path().join("trust.toml")).unwrap();
        assert!(!profile.load_trust().value.doubts(DEVICE));
    }
}
