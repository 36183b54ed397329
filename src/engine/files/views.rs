//! Named views: kept in the profile, written to files and read from them.

use std::path::PathBuf;
use std::sync::Arc;

use super::{Answer, DiskAnswer, Files};
use crate::bridge::{TransferFault, Transferred, ViewsTransfer};
use crate::store::{self, TransferError};
use wall::{View, Views};

impl Files {
    pub(in crate::engine) fn save_views(&mut self, views: Views) {
        self.write("views.toml", move |disk| {
            let result = disk.profile().save_views(&views);
            result.map_err(|error| error.to_string())
        });
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
        let answer = move |outcome| Answer::Disk(DiskAnswer::Transferred(ViewsTransfer { id, outcome }));
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
