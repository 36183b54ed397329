//! THE COMMAND LINE: one file per subcommand, on the same engine as the window.
//!
//! Belongs here: arguments, what is printed, exit codes. Does not belong here: anything a window would do otherwise.

mod access;
pub mod alerts;
pub mod backup;
mod complaint;
mod console;
pub mod demo_dvr;
mod demo_profile;
pub mod device;
mod device_add;
mod device_csv;
mod device_edit;
mod device_onvif;
pub mod diagnose;
mod diagnose_json;
pub mod events;
mod exit;
pub mod export;
pub mod find;
#[cfg(windows)]
mod log_off;
mod own_engine;
pub mod profile;
pub mod ptz;
pub mod report;
pub mod settings;
mod signals;
pub mod site;
mod site_time;
pub mod status;
pub mod verify;
pub mod watch;
mod words;

pub use access::Access;
pub use demo_profile::DemoProfile;
pub use exit::Exit;
pub use signals::stop_signal;
