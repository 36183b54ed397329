//! Named views: kept in the profile, written to files and read from them.

use std::path::Path;
use std::sync::Arc;

use super::core::Core;
use super::edits::blocking;
use crate::bridge::{TransferFault, Transferred, ViewsTransfer};
use crate::store::{self, TransferError};
use wall::{View, Views};

impl Core {
    pub(super) fn save_views(&mut self, views: &Views) {
        let result = blocking(|| self.profile.save_views(views));
        self.written("views.toml", result.map_err(|error| error.to_string()));
    }

    pub(super) fn export_views(&mut self, id: u64, path: &Path, views: &[View]) {
        let result = blocking(|| store::export_views(path, views, &self.registry));
        self.transferred(id, result.map(|()| Transferred::Exported));
    }

    pub(super) fn import_views(&mut self, id: u64, path: &Path) {
        let result = blocking(|| store::import_views(path, &self.registry));
        self.transferred(
            id,
            result.map(|store::Imported { views, missing }| Transferred::Imported { views, missing }),
        );
    }

    fn transferred(&mut self, id: u64, result: Result<Transferred, TransferError>) {
        let outcome = result.map_err(|error| match error {
            TransferError::NotFound => TransferFault::NotFound,
            TransferError::Exists => TransferFault::Exists,
            TransferError::Denied => TransferFault::Denied,
            TransferError::NoViews => TransferFault::NoViews,
            TransferError::Broken(reason) => TransferFault::Broken { reason },
            TransferError::Other(reason) => TransferFault::Other { reason },
        });
        self.transfer = Some(Arc::new(ViewsTransfer { id, outcome }));
        self.publisher.dirty();
    }
}
