//! WHAT TO SHOW: layouts, the wall with its pages and tiles, named views and tours, what a drag does, and which streams that needs.
//!
//! Belongs here: plain values and their changes; a [`Wall`] is one window's, there may be many.
//! Streams on screen are decoded. Streams of a hidden window stay connected without being decoded, and streams that no window
//! shows any more stay connected for the grace time: [`Demand`] states this rule, and its tests have every case.
//! Does not belong here: pixels and colours (`ui`), connections (`reconnect`), clocks (time is an argument).

mod crop;
mod demand;
mod layout;
mod name;
mod overload;
mod own_layout;
mod placed;
mod shapes;
mod tiles;
mod tour;
mod undo;
mod view;
mod window;

pub use crop::{Aspect, Crop, CropError, Placement, StreamChoice, Zoom};
pub use demand::{Attention, Demand, Listen, Need, Progress, ShownTile, Upcoming};
pub use layout::{Cell, Grid, GridError, Layout, LayoutError};
pub use name::NameError;
pub use overload::{Load, Overload, Relief};
pub use own_layout::{LayoutDraft, OwnLayout, OwnLayouts};
pub use placed::Placed;
pub use shapes::Shapes;
pub use tiles::{Direction, Paging, Tile, Wall};
pub use tour::{Ahead, Over, Tour, TourPlan, TourState};
pub use undo::Change;
pub use view::{View, Views};
pub use window::{Monitor, TreePane, WindowPlace, WindowView};
