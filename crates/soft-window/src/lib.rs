//! WINDOWS WITHOUT A GPU: `raster` paints what egui laid out, `shell` has the windows that show it.
//!
//! Belongs here: everything between egui's meshes (or a decoder's picture) and the memory of a window.
//! Does not belong here: what a window shows; it knows nothing of recorders. README.md says how it is used.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeCompiles;

pub mod raster;
pub mod shell;
