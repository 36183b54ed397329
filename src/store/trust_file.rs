//! `trust.toml`: the certificate that each device showed first, of its RTSPS streams and of its HTTPS ports. None of it is a secret.
//!
//! Where the file is damaged, the missing ones are not taken for devices that never showed any: whoever is in between would be
//! remembered as the device. A person decides for each of them, and the decision is kept as `"anew"`.
//!
//! What a certificate says of itself stands beside the fingerprints, under the fingerprint that it is about, so that an earlier
//! version, which knows the fingerprints alone, can change those.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::PathBuf;

use jiff::Timestamp;
use toml_edit::{Item, Table};

use super::atomic::WriteError;
use super::document::Document;
use super::load::{Found, LoadProblem, Loaded};
use super::lock::WriteLock;
use super::migrate;
use super::profile::Profile;
use super::read::Print;
use super::records::{child, set, set_or_remove};
use device::{Certificate, CertificateOwner, Fingerprint};

/// The remembered certificates, and those that were lost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustBook {
    pub pins: BTreeMap<CertificateOwner, Certificate>,
    /// A person decided that whatever these show next is remembered.
    anew: BTreeSet<CertificateOwner>,
    /// What stands there for these is no fingerprint.
    unreadable: BTreeSet<CertificateOwner>,
    is_damaged: bool,
}

impl TrustBook {
    /// Whether this one of a device that was registered before the file was damaged may have had a certificate that is lost.
    #[must_use]
    pub fn doubts(&self, owner: impl Into<CertificateOwner>) -> bool {
        let owner = owner.into();
        let decided = self.pins.contains_key(&owner) || self.anew.contains(&owner);
        !decided && (self.is_damaged || self.unreadable.contains(&owner))
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
        let known = facts(document.table());
        for list in LISTS {
            let table = document.table().get(list).and_then(Item::as_table);
            for (key, item) in table.into_iter().flat_map(Table::iter) {
                let owner: Option<CertificateOwner> = key.parse().ok();
                let owner = owner.filter(|owner| list_of(*owner) == list);
                let text = item.as_str();
                let fingerprint: Option<Fingerprint> = text.and_then(|text| text.parse().ok());
                match (owner, fingerprint) {
                    (Some(owner), Some(fingerprint)) => {
                        let certificate = known.get(&fingerprint).cloned();
                        let certificate = certificate.unwrap_or_else(|| Certificate::unread(fingerprint));
                        book.pins.insert(owner, certificate);
                    }
                    (Some(owner), None) if text == Some(ANEW) => drop(book.anew.insert(owner)),
                    (owner, _) => {
                        book.unreadable.extend(owner);
                        problems.push(LoadProblem::Warning {
                            at: format!("{list}.{key}"),
                            message: "not the fingerprint of a device".to_owned(),
                        });
                    }
                }
            }
        }
        Loaded {
            value: book,
            problems,
            found: document.found().clone(),
        }
    }

    /// Remembers a certificate, or forgets it.
    pub fn save_trust(
        &self,
        owner: impl Into<CertificateOwner>,
        certificate: Option<&Certificate>,
    ) -> Result<(), WriteError> {
        self.save_all_trust(&[(owner.into(), certificate)])
    }

    /// Remembers or forgets several certificates in one step.
    pub fn save_all_trust(&self, changes: &[(CertificateOwner, Option<&Certificate>)]) -> Result<(), WriteError> {
        self.change_trust(|root, _| {
            for (owner, certificate) in changes {
                set_fingerprint(root, *owner, certificate.map(|it| it.fingerprint.to_string()));
                if let Some(certificate) = certificate {
                    set_facts(root, certificate);
                }
            }
        })
    }

    /// Forgets a certificate; the one that is shown next is remembered, whatever was lost.
    pub fn trust_anew(&self, owner: impl Into<CertificateOwner>) -> Result<(), WriteError> {
        let owner = owner.into();
        self.change_trust(|root, is_damaged| set_fingerprint(root, owner, is_damaged.then(|| ANEW.to_owned())))
    }

    fn change_trust(&self, change: impl FnOnce(&mut Table, bool)) -> Result<(), WriteError> {
        let _lock = WriteLock::of(self.path())?;
        let mut document = Document::load_to_change(&self.trust_path(), &migrate::TRUST)?;
        let is_damaged = self.has_lost_trust(&document);
        let is_blank = *document.found() == Found::Nothing && is_damaged;
        let root = document.table_mut();
        if is_blank {
            set(root, INCOMPLETE, true.into());
        }
        change(root, is_damaged);
        drop_unused_facts(root);
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
/// Of HTTPS ports; an earlier version does not read it, and so does not take its ports for devices.
const WEB_CERTIFICATE: &str = "web-certificate";
/// Of all that is reached by another road than the preferred one; an earlier version does not read it either.
const OTHER_CERTIFICATE: &str = "other-address-certificate";
/// The lists of fingerprints.
const LISTS: [&str; 3] = [CERTIFICATE, WEB_CERTIFICATE, OTHER_CERTIFICATE];
const FACTS: &str = "certificate-facts";
const EXPIRES: &str = "expires";
const SUBJECT: &str = "subject";
const ISSUER: &str = "issuer";
const ANEW: &str = "anew";

/// Which list has the certificate of this one.
fn list_of(owner: CertificateOwner) -> &'static str {
    match (owner.road, owner.web_port) {
        (0, None) => CERTIFICATE,
        (0, Some(_)) => WEB_CERTIFICATE,
        (1.., _) => OTHER_CERTIFICATE,
    }
}

fn set_fingerprint(root: &mut Table, owner: CertificateOwner, text: Option<String>) {
    let list = list_of(owner);
    if text.is_none() && !root.get(list).is_some_and(Item::is_table) {
        return;
    }
    set_or_remove(child(root, list), &owner.to_string(), text.map(Into::into));
}

/// What is known of certificates, by their fingerprints.
fn facts(root: &Table) -> HashMap<Fingerprint, Certificate> {
    let table = root.get(FACTS).and_then(Item::as_table);
    let known = table.into_iter().flat_map(Table::iter).filter_map(|(key, item)| {
        let (fingerprint, item) = (key.parse().ok()?, item.as_table_like()?);
        let text = |key: &str| item.get(key).and_then(Item::as_str).unwrap_or_default();
        let expires = text(EXPIRES).parse::<Timestamp>().ok();
        let certificate = Certificate {
            fingerprint,
            expires: expires.map(Timestamp::as_second),
            subject: text(SUBJECT).to_owned(),
            issuer: text(ISSUER).to_owned(),
        };
        Some((fingerprint, certificate))
    });
    known.collect()
}

fn set_facts(root: &mut Table, certificate: &Certificate) {
    if !certificate.is_read() {
        return;
    }
    let all = child(root, FACTS);
    all.set_implicit(true);
    let of = child(all, &certificate.fingerprint.to_string());
    let expires = certificate
        .expires
        .and_then(|seconds| Timestamp::from_second(seconds).ok());
    let text = |text: &str| (!text.is_empty()).then(|| text.into());
    set_or_remove(of, EXPIRES, expires.map(|expires| expires.to_string().into()));
    set_or_remove(of, SUBJECT, text(&certificate.subject));
    set_or_remove(of, ISSUER, text(&certificate.issuer));
}

/// What is known of certificates that nobody has any more goes.
fn drop_unused_facts(root: &mut Table) {
    let lists = LISTS.iter().filter_map(|list| root.get(list).and_then(Item::as_table));
    let used: HashSet<String> = lists
        .flat_map(Table::iter)
        .filter_map(|(_, item)| item.as_str().map(str::to_owned))
        .collect();
    if let Some(all) = root.get_mut(FACTS).and_then(Item::as_table_mut) {
        let is_gone = |key: &str| key.parse::<Fingerprint>().is_ok() && !used.contains(key);
        let gone: Vec<String> = all
            .iter()
            .map(|(key, _)| key.to_owned())
            .filter(|key| is_gone(key))
            .collect();
        for key in gone {
            all.remove(&key);
        }
        if all.is_empty() {
            root.remove(FACTS);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use device::DeviceId;

    fn pin(byte: u8) -> Certificate {
        Certificate::unread(Fingerprint([byte; 32]))
    }

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
        profile.save_trust(DEVICE, Some(&pin(3))).unwrap();
        let loaded = profile.load_trust();
        assert_eq!(loaded.value.pins, BTreeMap::from([(DEVICE.into(), pin(3))]));
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
        profile.save_trust(OTHER, Some(&pin(1))).unwrap();
        assert!(!book().doubts(OTHER));
        profile.save_trust(OTHER, None).unwrap();
        assert!(book().doubts(OTHER));
        let file = folder.path().join("trust.toml");
        assert_eq!(std::fs::read(&file).unwrap(), damaged.as_bytes(), "its bytes are kept");
        // Repaired.
        let repaired = pin(9);
        put(
            &folder,
            format!("version = 1\n[certificate]\n{DEVICE} = \"{}\"\n", repaired.fingerprint).as_bytes(),
        );
        assert_eq!(book().pins, BTreeMap::from([(DEVICE.into(), repaired)]));
        assert!(!book().doubts(OTHER));
    }

    #[test]
    fn a_file_that_was_cut_off_to_nothing_has_lost_all_and_one_that_never_was_has_not() {
        let (folder, profile) = profile(b"");
        assert!(profile.load_trust().value.doubts(DEVICE));
        profile.save_trust(OTHER, Some(&pin(1))).unwrap();
        let book = profile.load_trust().value;
        assert!(book.doubts(DEVICE) && !book.doubts(OTHER));
        profile.trust_anew(DEVICE).unwrap();
        assert!(!profile.load_trust().value.doubts(DEVICE));
        std::fs::remove_file(folder.path().join("trust.toml")).unwrap();
        assert!(!profile.load_trust().value.doubts(DEVICE));
    }

    #[test]
    fn what_a_certificate_says_stands_beside_it_as_long_as_somebody_has_it() {
        let (folder, profile) = profile(b"version = 1\n");
        let text = || std::fs::read_to_string(folder.path().join("trust.toml")).unwrap();
        let read = Certificate {
            expires: Some(1_803_859_200),
            subject: "録画機 1".to_owned(),
            issuer: "Factory".to_owned(),
            ..pin(4)
        };
        let web = CertificateOwner::web(DEVICE, 443);
        let elsewhere = CertificateOwner::from(DEVICE).by(1);
        let all = [
            (DEVICE.into(), Some(&read)),
            (web, Some(&read)),
            (elsewhere, Some(&pin(8))),
            (OTHER.into(), Some(&pin(5))),
        ];
        profile.save_all_trust(&all).unwrap();
        let book = profile.load_trust();
        assert!(book.problems.is_empty(), "{:?}", book.problems);
        let wanted = [
            (DEVICE.into(), read.clone()),
            (web, read.clone()),
            (elsewhere, pin(8)),
            (OTHER.into(), pin(5)),
        ];
        assert_eq!(book.value.pins, BTreeMap::from(wanted));
        profile.save_trust(elsewhere, None).unwrap();
        assert!(text().contains("expires = \"2027-03-01T00:00:00Z\""), "{}", text());
        // A later version adds to it, and an earlier one changes the fingerprint alone.
        put(&folder, text().replace("expires =", "colour = 1\nexpires =").as_bytes());
        profile.save_trust(OTHER, None).unwrap();
        profile.save_trust(DEVICE, Some(&read)).unwrap();
        assert!(text().contains("colour = 1"));
        let (old, new) = (read.fingerprint.to_string(), pin(6).fingerprint.to_string());
        let list = text().replace(&format!("{DEVICE} = \"{old}\""), &format!("{DEVICE} = \"{new}\""));
        put(&folder, list.as_bytes());
        let book = profile.load_trust().value;
        assert_eq!(book.pins, BTreeMap::from([(DEVICE.into(), pin(6)), (web, read)]));
        profile.save_trust(web, None).unwrap();
        assert!(!text().contains("Factory") && !text().contains(&old), "{}", text());
    }

    #[test]
    fn facts_of_no_use_are_not_known_and_no_more() {
        let of = pin(7).fingerprint;
        let text = format!(
            "version = 1\n[certificate]\n{DEVICE} = \"{of}\"\n[certificate-facts.{of}]\nexpires = \"some day\"\nissuer = 3\n"
        );
        let (_folder, profile) = profile(text.as_bytes());
        let book = profile.load_trust();
        assert_eq!(
            (book.value.pins, book.problems),
            (BTreeMap::from([(DEVICE.into(), pin(7))]), vec![])
        );
    }
}
