//! WHAT MONOMI ITSELF COSTS over time, when that is too much long before anything fails, and when its loop stands still.
//!
//! Belongs here: the figures and their series, how it is thinned out and kept in few bytes, limits with their begin and end, when a loop counts as stuck
//! and how often the program may start itself again. Does not belong here: how anything is measured (the program's engine), files, words on screen. Time is
//! an argument, in seconds since 1970, or as the length of a pause.

mod figure;
mod limits;
mod loop_watch;
mod restarts;
mod sample;
mod series;

pub use figure::OwnFigure;
pub use limits::{Ceilings, ExcessNews, OwnExcess, OwnLimit, OwnLimits};
pub use loop_watch::{LoopLook, LoopVerdict, LoopWatch};
pub use restarts::{RestartBook, Standstill};
pub use sample::OwnSample;
pub use series::{OwnSeries, Plotted};
