//! The data that every part of the dialog paints from, and the engine that it sends commands to.

use crate::bridge::{EngineHandle, EngineState};
use crate::i18n::Words;
use device::Brands;

/// Given by reference to every page of the dialog while it paints.
pub(super) struct Env<'a> {
    pub state: &'a EngineState,
    pub words: &'a Words,
    pub engine: &'a EngineHandle,
    pub brands: &'a Brands,
}
