//! The profile as a whole: its dated copies, and a file that holds it.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use super::super::file_fault;
use super::{DiskAnswer, Files, FilesEffect, KeyringAnswer, WorkerAnswer};
use crate::bridge::{
    CopyInfo, FileFault, ImportInfo, NamesDiffer, ProfileAnswer, ProfileFault, ProfileOutcome, ProfileRequest,
};
use crate::store::{
    self, DatedCopy, Exported, ImportPlan, ImportedProfile, NameChanges, PartFault, PasswordPlace, Profile,
    RestoreError, Restored, SaveError,
};
use device::{DeviceId, Password, Registry};

/// An answer, with the registry where it is another one now.
pub(in crate::engine) struct Changed {
    answer: ProfileAnswer,
    registry: Option<Registry>,
}

type Done = Result<(ProfileOutcome, Option<Registry>), ProfileFault>;

impl Files {
    pub(in crate::engine) fn ask_profile(&mut self, id: u64, request: ProfileRequest) {
        let changed = move |done: Done| {
            let (outcome, registry) = match done {
                Ok((outcome, registry)) => (Ok(outcome), registry),
                Err(fault) => (Err(fault), None),
            };
            Box::new(Changed {
                answer: ProfileAnswer { id, outcome },
                registry,
            })
        };
        let reason = "a defect of Monomi".to_owned();
        let lost = changed(Err(ProfileFault::Other { reason }));
        match request {
            // It is held against what is known, as an edit is.
            ProfileRequest::LookCsv { path, site } => {
                let registry = Arc::clone(&self.registry);
                self.disk
                    .order(WorkerAnswer::Disk(DiskAnswer::Profile(lost)), move |_disk| {
                        let looked = look_at_table(&path, &registry, &site).map(|outcome| (outcome, None));
                        WorkerAnswer::Disk(DiskAnswer::Profile(changed(looked)))
                    });
            }
            ProfileRequest::GatherReport { .. } => {
                let kept = self.passwords_in_keyring();
                self.reports.order(WorkerAnswer::Report(lost), move |profile| {
                    let mut passwords = profile.sealed_passwords();
                    // A keyring that waits for a person is not waited for.
                    passwords.extend(kept.recv_timeout(KEYRING).unwrap_or_default());
                    WorkerAnswer::Report(changed(carry_out_report(profile, request, &passwords)))
                });
            }
            ProfileRequest::SaveReport { .. } => {
                self.reports.order(WorkerAnswer::Report(lost), move |profile| {
                    WorkerAnswer::Report(changed(carry_out(profile, request)))
                });
            }
            ProfileRequest::Copies
            | ProfileRequest::Restore(_)
            | ProfileRequest::ExportCsv { .. }
            | ProfileRequest::SaveText { .. } => {
                self.disk
                    .order(WorkerAnswer::Disk(DiskAnswer::Profile(lost)), move |disk| {
                        WorkerAnswer::Disk(DiskAnswer::Profile(changed(carry_out(disk.profile(), request))))
                    });
            }
            // They need passwords, for which the keyring may keep them waiting.
            ProfileRequest::Export { .. } | ProfileRequest::Look { .. } | ProfileRequest::Import { .. } => {
                let profile = self.profile.clone();
                self.keyring
                    .order(WorkerAnswer::Keyring(KeyringAnswer::Profile(lost)), move |_secrets| {
                        WorkerAnswer::Keyring(KeyringAnswer::Profile(changed(carry_out(&profile, request))))
                    });
            }
        }
    }

    pub(super) fn profile_answered(&mut self, changed: Changed) {
        let Changed { answer, registry } = changed;
        let is_changed = registry.is_some();
        // The registry first: whoever reads the answer finds its devices.
        if let Some(registry) = registry {
            let undo: Vec<DeviceId> = std::mem::take(&mut self.undo)
                .iter()
                .map(|(_, _, device)| device.id)
                .collect();
            self.withdraw_removal();
            self.set_registry(registry);
            // A removal that could be undone is over; where the device is back, its password stays.
            let is_back = |id: &DeviceId| self.registry.device(*id).is_some();
            let (back, gone): (Vec<DeviceId>, Vec<DeviceId>) = undo.into_iter().partition(is_back);
            self.mark_removed(&back, false);
            gone.into_iter().for_each(|id| self.clear_password(id));
            self.keep_in_mind(&answer);
        }
        self.effects.push_back(FilesEffect::Profile(answer));
        if is_changed {
            self.reload();
        }
    }
}

/// How long the passwords in the keyring are waited for, to be searched for in a report.
const KEYRING: Duration = Duration::from_secs(2);

impl Files {
    /// The passwords that the keyring gives, once it does.
    fn passwords_in_keyring(&mut self) -> Receiver<Vec<Password>> {
        let (give, given) = sync_channel(1);
        self.keyring.order(
            WorkerAnswer::Keyring(KeyringAnswer::Place(PasswordPlace::EncryptedFile)),
            move |secrets| {
                let mut passwords = Vec::new();
                let places = secrets.places().into_iter();
                for (id, _) in places.filter(|(_, place)| *place == PasswordPlace::Keyring) {
                    match secrets.get(id) {
                        Ok(password) => passwords.extend(password),
                        // It would refuse the others, too, or ask a person about each.
                        Err(_) => break,
                    }
                }
                // Nobody waits any more where it took long.
                let _ = give.try_send(passwords);
                WorkerAnswer::Keyring(KeyringAnswer::Place(secrets.place()))
            },
        );
        given
    }

    /// Has the worker for the disk know what is in the files now.
    fn keep_in_mind(&mut self, answer: &ProfileAnswer) {
        let (views, windows) = match &answer.outcome {
            Ok(ProfileOutcome::Restored { views, windows, .. }) => (views.clone(), Some(windows.clone())),
            Ok(ProfileOutcome::Imported { views, windows, .. }) => (
                views.clone(),
                Some(windows.clone()).filter(|windows| !windows.is_empty()),
            ),
            Ok(
                ProfileOutcome::Copies(_)
                | ProfileOutcome::Exported { .. }
                | ProfileOutcome::Looked(_)
                | ProfileOutcome::CsvLooked(_)
                | ProfileOutcome::ReportGathered(_),
            )
            | Err(_) => return,
        };
        let registry = Registry::clone(&self.registry);
        self.disk.order(WorkerAnswer::Disk(DiskAnswer::Marked), move |disk| {
            disk.replaced(registry, views, windows);
            WorkerAnswer::Disk(DiskAnswer::Marked)
        });
    }
}

fn carry_out_report(profile: &Profile, request: ProfileRequest, passwords: &[Password]) -> Done {
    match request {
        ProfileRequest::GatherReport { said, pseudonyms } => {
            let files = profile.gather_report(said, passwords, pseudonyms);
            Ok((ProfileOutcome::ReportGathered(Arc::new(files)), None))
        }
        other => carry_out(profile, other),
    }
}

fn carry_out(profile: &Profile, request: ProfileRequest) -> Done {
    match request {
        ProfileRequest::GatherReport { .. } => carry_out_report(profile, request, &[]),
        ProfileRequest::SaveReport { path, files } => {
            Profile::save_report(&path, &files).map_err(file_fault::of_exchange)?;
            let (without, missing) = (Vec::new(), Vec::new());
            Ok((ProfileOutcome::Exported { without, missing }, None))
        }
        ProfileRequest::Copies => {
            let copies = profile.copies().into_iter().map(info);
            Ok((ProfileOutcome::Copies(copies.collect()), None))
        }
        ProfileRequest::Restore(copy) => {
            let restored = profile.restore_copy(&copy).map_err(|error| match error {
                RestoreError::NoSuchCopy(_) => ProfileFault::NotFound,
                RestoreError::Unreadable { file, fault } => {
                    let fault = match fault {
                        PartFault::Missing => FileFault::Gone,
                        PartFault::Cut | PartFault::Damaged(_) => FileFault::Damaged,
                        PartFault::Refused(refusal) => file_fault::of_refusal(&refusal),
                    };
                    ProfileFault::Unreadable { file, fault }
                }
                RestoreError::Write(error) => ProfileFault::Other {
                    reason: error.to_string(),
                },
            })?;
            let Restored {
                registry,
                views,
                windows,
                without,
            } = restored;
            let outcome = ProfileOutcome::Restored {
                views,
                windows,
                without,
            };
            Ok((outcome, Some(registry)))
        }
        ProfileRequest::Export { path, passphrase } => {
            let Exported { without, missing } =
                profile.export_to(&path, &passphrase).map_err(file_fault::of_exchange)?;
            Ok((ProfileOutcome::Exported { without, missing }, None))
        }
        ProfileRequest::SaveText { path, text } => {
            store::write_text(&path, &text).map_err(file_fault::of_exchange)?;
            let (without, missing) = (Vec::new(), Vec::new());
            Ok((ProfileOutcome::Exported { without, missing }, None))
        }
        ProfileRequest::ExportCsv { path, header } => {
            let missing = profile.export_csv(&path, header).map_err(file_fault::of_exchange)?;
            let without = Vec::new();
            Ok((ProfileOutcome::Exported { without, missing }, None))
        }
        ProfileRequest::LookCsv { path, site } => {
            let registry = profile.load_registry().value;
            Ok((look_at_table(&path, &registry, &site)?, None))
        }
        ProfileRequest::Look { path, passphrase } => {
            let contents = store::read_profile_file(&path, &passphrase).map_err(file_fault::of_exchange)?;
            let plan = profile.plan_import(&contents);
            Ok((ProfileOutcome::Looked(import_info(plan)), None))
        }
        ProfileRequest::Import {
            path,
            passphrase,
            settings,
        } => {
            let contents = store::read_profile_file(&path, &passphrase).map_err(file_fault::of_exchange)?;
            let imported = profile
                .import(&contents, settings)
                .map_err(|error: SaveError| ProfileFault::Other {
                    reason: error.to_string(),
                })?;
            let ImportedProfile {
                registry,
                views,
                windows,
                without,
            } = imported;
            let outcome = ProfileOutcome::Imported {
                views,
                windows,
                without,
            };
            Ok((outcome, Some(registry)))
        }
    }
}

/// What a table would make of the registry.
fn look_at_table(path: &Path, registry: &Registry, site: &str) -> Result<ProfileOutcome, ProfileFault> {
    let bytes = store::read_table(path).map_err(file_fault::of_exchange)?;
    let plan = registry_csv::read(&bytes, registry, &store::brands(), site).map_err(ProfileFault::NoTable)?;
    Ok(ProfileOutcome::CsvLooked(Arc::new(plan)))
}

fn info(copy: DatedCopy) -> CopyInfo {
    CopyInfo {
        when: copy.when(),
        id: copy.id,
        devices: copy.devices,
        views: copy.views,
        devices_differ: differ(copy.difference.devices),
        views_differ: differ(copy.difference.views),
        rest_differs: copy.difference.rest,
        is_damaged: copy.is_damaged,
    }
}

fn differ(changes: NameChanges) -> NamesDiffer {
    let NameChanges { back, gone, changed } = changes;
    NamesDiffer { back, gone, changed }
}

fn import_info(plan: ImportPlan) -> ImportInfo {
    ImportInfo {
        new_devices: plan.new_devices,
        changed_devices: plan.changed_devices,
        new_views: plan.new_views,
        changed_views: plan.changed_views,
        passwords: plan.passwords,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::clock;
    use super::super::super::rig::Rig;
    use super::*;
    use crate::bridge::Command;
    use device::{Site, SiteId};

    fn site(id: u64, name: &str) -> Site {
        Site::new(SiteId(id), name.to_owned())
    }

    fn on_disk(rig: &Rig) -> Profile {
        let folder = rig.folder.as_ref().unwrap().path().to_owned();
        Profile::open_to_read(Some(folder)).unwrap()
    }

    fn names(registry: &Registry) -> Vec<String> {
        registry.sites.iter().map(|site| site.name.clone()).collect()
    }

    async fn until(rig: &mut Rig, what: &str, mut fits: impl FnMut(&mut Rig) -> bool) {
        let mut tick = tokio::time::interval(Duration::from_secs(1));
        for _ in 0..1_000 {
            if fits(rig) {
                return;
            }
            rig.core.turn(&mut rig.receiver, &mut tick).await;
        }
        panic!("{what} did not come");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_restored_is_known_at_once_and_later_edits_are_made_to_it() {
        let mut rig = Rig::new().await;
        for (id, name) in [(1, "first"), (2, "second")] {
            rig.core.files().save_site(site(id, name));
            let count = usize::try_from(id).unwrap();
            until(&mut rig, "the copy", |rig| on_disk(rig).copies().len() == count).await;
        }
        let copy = on_disk(&rig).copies()[1].id.clone();
        let request = Box::new(ProfileRequest::Restore(copy));
        rig.core.on_command(Command::Profile { id: 7, request }, clock::now());
        until(&mut rig, "the answer", |rig| {
            let state = rig.engine.state();
            let answer = state.profile.as_ref().filter(|answer| answer.id == 7);
            answer.is_some_and(|answer| matches!(answer.outcome, Ok(ProfileOutcome::Restored { .. })))
        })
        .await;
        assert_eq!(names(rig.core.registry()), ["first"]);
        rig.core.files().save_site(site(3, "third"));
        until(&mut rig, "the edit", |rig| {
            names(&on_disk(rig).load_registry().value) == ["first", "third"]
        })
        .await;
        let request = Box::new(ProfileRequest::Restore("none".to_owned()));
        rig.core.on_command(Command::Profile { id: 9, request }, clock::now());
        until(&mut rig, "the refusal", |rig| {
            let state = rig.engine.state();
            let answer = state.profile.as_ref().filter(|answer| answer.id == 9);
            answer.is_some_and(|answer| answer.outcome == Err(ProfileFault::NotFound))
        })
        .await;
        assert_eq!(names(rig.core.registry()), ["first", "third"]);
    }
}
