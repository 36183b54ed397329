//! ONE PICTURE on its way from a decoder to a screen: its pixels, and the slot in which the newest one wins.
//!
//! Belongs here: memory of pictures, and what the two ends of a slot tell each other (sizes, counts, delays).
//! Does not belong here: how a picture is decoded (`video`), how it is painted (`ui`, `soft-window`).

mod pixels;
mod slot;

pub use pixels::{Blank, Pixels};
pub use slot::{Asked, Frame, FrameSlot, PixelOrder, SlotCounts, Waker};
