//! The settings dialog as a person uses it: found by label, in both languages, on an engine that remembers what it was told.

mod alerts;
mod bulk;
mod devices;
mod editor;
mod onvif;
mod pictures;
mod rig;
mod settings;
mod sites;
mod test;
