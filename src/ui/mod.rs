//! THE SCREEN: paints a [`crate::bridge::EngineState`] and answers with [`Act`]s and [`crate::bridge::Command`]s.
//!
//! Belongs here: one screen, dialog or widget per file; colours, fonts and icons in `theme` and `icon`.
//! Does not belong here: what to connect or decode (`wall::Demand`, `reconnect`), clocks, files, sockets.

pub mod about;
mod act;
pub mod advice;
pub mod alarm_bar;
pub mod banner;
mod caption;
pub mod certificates;
pub mod changed;
mod choice;
pub mod choosing;
pub mod computer;
pub mod context_key;
pub mod demo_sign;
pub mod diagnosis;
pub mod empty;
pub mod events;
mod face;
pub mod finder;
pub mod form;
pub mod health;
pub mod icon;
pub mod identity;
pub mod kiosk;
mod laid;
pub mod layout_editor;
pub mod layout_picker;
mod marks;
pub mod menu;
mod menu_bar;
mod moved;
pub mod note;
mod outline;
pub mod own;
pub mod picture;
pub mod planned;
pub mod playback;
pub mod profile;
mod reason;
mod record_mark;
pub mod recordings;
pub mod removal;
pub mod report;
mod road;
pub mod shortcuts;
mod single;
pub mod site;
mod sound;
pub mod state;
pub mod status_bar;
pub mod steer;
mod text;
pub mod theme;
pub mod tile;
mod tile_content;
mod tile_id;
mod tile_offer;
pub mod tile_tools;
pub mod tree;
mod tree_menu;
mod tree_row;
pub mod trouble;
pub mod trouble_line;
mod trouble_panel;
pub mod unsaved;
pub mod views;
pub mod virtual_dvr;
mod virtual_node;
pub mod wall;
mod zoom;
mod zoom_mark;

pub use act::{
    Act, CsvTask, DiagnoseWhat, Dragged, NetworkPage, PaintContext, ProfileFileTask, RecordingsAt, SettingsTab,
    SteerAct,
};
pub use caption::TextSize;
pub use tile_offer::Doable;
