//! The settings dialog as a person uses it: found by label, in both languages, on an engine that remembers what it was told.

mod devices;
mod editor;
mod pictures;
mod settings;
mod stage;
mod test;
