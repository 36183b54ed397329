//! `trust.toml`: the fingerprint of the certificate that each RTSPS device showed first. Fingerprints are no secret.

use std::collections::BTreeMap;
use std::path::PathBuf;

use toml_edit::{Item, Table};

use super::atomic::WriteError;
use super::document::Document;
use super::load::LoadProblem;
use super::load::Loaded;
use super::lock::WriteLock;
use super::migrate;
use super::profile::Profile;
use super::read::Print;
use super::records::set;
use device::{DeviceId, Fingerprint};

impl Profile {
    /// The remembered certificates as they are at this moment, and the print of their file before it was read.
    #[must_use]
    pub fn look_at_trust(&self) -> (Option<Print>, Loaded<BTreeMap<DeviceId, Fingerprint>>) {
        (Print::of(&self.trust_path()), self.load_trust())
    }

    /// The remembered certificates.
    #[must_use]
    pub fn load_trust(&self) -> Loaded<BTreeMap<DeviceId, Fingerprint>> {
        let mut document = Document::load(&self.trust_path(), &migrate::TRUST);
        let mut problems = document.take_problems();
        let mut value = BTreeMap::new();
        let table = document.table().get(CERTIFICATE).and_then(Item::as_table);
        for (key, item) in table.into_iter().flat_map(Table::iter) {
            let fingerprint = item.as_str().and_then(|text| text.parse().ok());
            match key.parse().ok().zip(fingerprint) {
                Some((device, fingerprint)) => {
                    value.insert(device, fingerprint);
                }
                None => problems.push(LoadProblem::Warning {
                    at: format!("{CERTIFICATE}.{key}"),
                    message: "not the fingerprint of a device".to_owned(),
                }),
            }
        }
        Loaded {
            value,
            problems,
            found: document.found().clone(),
        }
    }

    /// Remembers the certificate of one device, or forgets it.
    pub fn save_trust(&self, device: DeviceId, fingerprint: Option<Fingerprint>) -> Result<(), WriteError> {
        let _lock = WriteLock::take(&self.path().join("write.lock"))?;
        let mut document = Document::load_to_change(&self.trust_path(), &migrate::TRUST)?;
        let root = document.table_mut();
        if !root.get(CERTIFICATE).is_some_and(Item::is_table) {
            root.insert(CERTIFICATE, Item::Table(Table::new()));
        }
        if let Some(table) = root.get_mut(CERTIFICATE).and_then(Item::as_table_mut) {
            match fingerprint {
                Some(fingerprint) => set(table, &device.to_string(), fingerprint.to_string().into()),
                None => {
                    table.remove(&device.to_string());
                }
            }
        }
        document.save()
    }

    fn trust_path(&self) -> PathBuf {
        self.path().join("trust.toml")
    }
}

const CERTIFICATE: &str = "certificate";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_are_remembered_and_forgotten_and_strangers_stay() {
        let folder = tempfile::tempdir().unwrap();
        let profile = Profile::open(Some(folder.path().to_path_buf()))
            .unwrap()
            .without_keyring();
        let path = folder.path().join("trust.toml");
        std::fs::File::create(&path)
            .and_then(|mut file| {
                std::io::Write::write_all(&mut file, b"version = 1\n[certificate]\n00000000000000ff = \"x\"\n")
            })
            .unwrap();
        let (device, fingerprint) = (DeviceId(7), Fingerprint([3; 32]));
        profile.save_trust(device, Some(fingerprint)).unwrap();
        let loaded = profile.load_trust();
        assert_eq!(loaded.value, BTreeMap::from([(device, fingerprint)]));
        assert_eq!(loaded.problems.len(), 1);
        profile.save_trust(device, None).unwrap();
        assert!(profile.load_trust().value.is_empty());
        assert!(
            std::fs::read_to_string(path)
                .unwrap()
                .contains("00000000000000ff = \"x\"")
        );
    }
}
