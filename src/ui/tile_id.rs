//! By what the tiles of a wall are known among the widgets.

use egui::Id;
use wall::Grid;

/// The most tiles a page can have.
const MOST_TILES: usize = Grid::MAX_SIDE as usize * Grid::MAX_SIDE as usize;

/// Whether the widget is a tile of the wall.
#[must_use]
pub fn is_tile(widget: Id) -> bool {
    (1..=MOST_TILES).any(|number| id(number) == widget)
}

pub(super) fn id(number: usize) -> Id {
    Id::unique(("tile of the wall", number))
}
