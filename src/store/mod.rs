//! WHAT IS KEPT on disk and in the keyring: the profile folder with its files, locks, passwords, and the brand table.
//!
//! Belongs here: tolerant reading, atomic writing, migrations, locks, secrets; serde and TOML live nowhere else.
//! Does not belong here: deciding what to change (`device`, `settings` hold the values), retrying, sockets.
//!
//! The rules that every file follows (see [`Document`]):
//! - Reading never fails: there is a value, where it came from ([`Found`]) and a list of problems. What is not understood stays in the
//!   file as it is.
//! - A file that is broken or newer than this program is never written. What could be read of it is used, and the next change is
//!   saved beside it, as `devices.recovered.toml`; from then on that file is read, until the original is readable again (repaired, or
//!   by a newer program): then the original counts, and a warning names the file beside it. Devices that were added there are taken up.
//! - A file that the system does not give (no permission, a folder in its place, a link to nothing, a disk that fails) may be whole:
//!   a change of it fails with the reason, and nothing is written beside it. Who writes waits a second or so for a file that is just
//!   being written by somebody else.
//! - Writing is: temporary file with the owner and mode of the one that it replaces, sync, rename, sync of the folder, under a lock
//!   between processes. A link stays a link.

mod aside;
mod atomic;
mod autostart;
mod brands;
mod copies;
mod document;
mod event_log;
mod events_file;
mod exchange;
mod feeds_file;
mod format;
mod habits_file;
mod health_file;
mod layout_records;
mod load;
mod lock;
mod migrate;
mod outbox_file;
mod page;
mod password_hash;
mod profile;
mod read;
mod recordings;
mod records;
mod registry_file;
mod report;
mod scratch;
mod sealed_file;
mod secrets;
mod self_watch_file;
mod settings_file;
mod sharing;
mod snapshot;
mod spent_file;
mod temporary;
mod trust_file;
mod view_records;
mod view_transfer;
mod views_file;
mod watch;

pub use atomic::WriteError;
pub use autostart::Autostart;
pub use brands::brands;
pub use copies::{DatedCopy, Difference, NameChanges, PartFault, RestoreError, Restored};
pub use document::Document;
pub use event_log::{EventLog, EventReader, LogAside, LogFault, event_json, event_time};
pub use exchange::{
    ExchangeError, Exported, ImportPlan, ImportedProfile, ProfileContents, read_profile_file, read_table, write_text,
};
pub use feeds_file::{KeptFeed, KeptFeeds};
pub use format::FileFormat;
pub use load::{Found, LoadProblem, Loaded};
pub use lock::{LockError, ProfileLock};
pub use page::save_page;
pub use password_hash::{NoRandom, hash_password, password_fits};
pub use profile::{Profile, ProfileError, Removed, SaveError, SavedDevices};
pub use read::{Print, Refusal};
pub use recordings::{
    ExportFault, ExportRequest, ExportedAll, ExportedFile, FoundParts, KeyFault, PartFile, RecordingFolder, Settled,
    SigningKey, StatementFault, Verified, VerifyFault, default_folder, export as export_recordings, key_print,
    verify as verify_export,
};
pub use scratch::Scratch;
pub use secrets::{
    Forgotten, OWNER_OF_WEBHOOK_PATH, PasswordPlace, SecretError, Secrets, Vault, VaultError, owner_of_secret,
};
pub use self_watch_file::OwnFiguresFile;
pub use snapshot::{StillImage, pictures_folder, png_of, save_snapshot, snapshot_name};
pub use trust_file::TrustBook;
pub use view_transfer::{Imported, TransferError, export_views, import_views};
pub use views_file::{Arrangement, Parts};
pub use watch::{Changed, Watch, watch};

/// The files as texts, for fuzzing: any text gives a value, and a value that is written is read back the same.
pub mod text {
    pub use super::registry_file::{from_text as registry_from_text, to_text as registry_to_text};
    pub use super::settings_file::{from_text as settings_from_text, to_text as settings_to_text};
    pub use super::views_file::{from_text as views_from_text, to_text as views_to_text};
    pub use super::views_file::{views_from_text as named_views_from_text, views_to_text as named_views_to_text};
}
