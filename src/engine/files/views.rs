//! Named views: kept in the profile, written to files and read from them.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use super::{DiskAnswer, Files, FilesEffect, WorkerAnswer};
use crate::bridge::{TransferFault, Transferred, ViewsTransfer};
use crate::store::{self, Arrangement, Loaded, Parts, TransferError};
use wall::{View, Views, WindowView};

impl Files {
    pub(in crate::engine) fn save_windows(&mut self, windows: Vec<WindowView>) {
        self.arrange(Parts::WINDOWS, move |arrangement| arrangement.windows = windows);
    }

    pub(in crate::engine) fn save_views(&mut self, views: Views) {
        let parts = Parts {
            windows: false,
            views: true,
        };
        self.arrange(parts, move |arrangement| arrangement.views = views);
    }

    /// Orders a change of the windows and views, and of all that could not be written before.
    pub(super) fn arrange(&mut self, parts: Parts, change: impl FnOnce(&mut Arrangement) + Send + 'static) {
        let answer = |result| WorkerAnswer::Disk(DiskAnswer::Arranged(result));
        let lost = answer(Err("a defect of Monomi".to_owned()));
        self.disk.order(lost, move |disk| {
            answer(disk.arrange(parts, change).map(|late| late.map(Box::new)))
        });
    }

    pub(super) fn arranged(&mut self, result: Result<Option<Box<Loaded<Arrangement>>>, String>, now: Instant) {
        let result = result.map(|late| {
            self.unsaved.arrangement = None;
            self.arrived_late(late.map(|late| *late));
        });
        if result.is_err() {
            self.unsaved.arrangement = Some(now);
        }
        self.effects.push_back(FilesEffect::Written("views.toml", result));
    }

    pub(in crate::engine) fn export_views(&mut self, id: u64, path: PathBuf, views: Vec<View>) {
        let registry = Arc::clone(&self.registry);
        self.transfer(id, move || {
            let result = store::export_views(&path, &views, &registry);
            result.map(|()| Transferred::Exported)
        });
    }

    pub(in crate::engine) fn import_views(&mut self, id: u64, path: PathBuf) {
        let registry = Arc::clone(&self.registry);
        self.transfer(id, move || {
            let store::Imported { views, missing } = store::import_views(&path, &registry)?;
            Ok(Transferred::Imported { views, missing })
        });
    }

    fn transfer(&mut self, id: u64, work: impl FnOnce() -> Result<Transferred, TransferError> + Send + 'static) {
        let answer = move |outcome| WorkerAnswer::Disk(DiskAnswer::Transferred(ViewsTransfer { id, outcome }));
        let reason = "a defect of Monomi".to_owned();
        let lost = answer(Err(TransferFault::Other { reason }));
        self.disk.order(lost, move |_disk| answer(work().map_err(fault_of)));
    }
}

fn fault_of(error: TransferError) -> TransferFault {
    match error {
        TransferError::NotFound => TransferFault::NotFound,
        TransferError::Exists => TransferFault::Exists,
        TransferError::Denied => TransferFault::Denied,
        TransferError::NoViews => TransferFault::NoViews,
        TransferError::Broken(reason) => TransferFault::Broken { reason },
        TransferError::Other(reason) => TransferFault::Other { reason },
    }
}
