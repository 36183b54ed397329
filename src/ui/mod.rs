//! THE SCREEN: paints a [`crate::bridge::Snapshot`] and answers with [`crate::bridge::Command`]s.
//!
//! Belongs here: one screen, dialog or widget per file; colours, fonts and icons in `theme` and `icon`.
//! Does not belong here: what to connect or decode (`wall::demand`, `reconnect`), clocks, files, sockets.

pub mod icon;
pub mod settings;
pub mod state;
pub mod theme;
