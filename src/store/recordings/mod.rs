//! RECORDINGS on disk: parts that are written and finished, the folder that they are in, and what is found there again.

mod export;
mod folder;
mod part_file;
mod signing;
#[cfg(test)]
mod tests;

pub use export::{ExportFault, ExportRequest, ExportedAll, ExportedFile, Verified, VerifyFault, export, verify};
pub use folder::{FoundParts, RecordingFolder, default_folder};
pub use part_file::{PartFile, Settled};
pub use signing::{KeyFault, SigningKey, StatementFault, key_print};
