//! The window as a person uses it: everything is found by its label, in both languages.

mod awaited;
mod bulk;
mod drag;
mod hidden;
mod keyboard;
mod keys;
mod kiosk;
mod layouts;
mod monitors;
mod names;
mod outages;
mod overload;
mod places;
mod rig;
mod screens;
mod sound;
mod start;
mod states;
mod tiles;
mod tour;
mod tree;
mod trouble;
mod views;
mod virtual_dvr;
mod wall;
mod words;
