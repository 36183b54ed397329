//! Layouts that the user made: their names, and the draft of the editor in which cells are merged.

use device::is_twin;

use super::layout::{Cell, Grid, Layout};
use super::name::{self, NameError};
use super::tiles::Direction;

/// A layout under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnLayout {
    pub name: String,
    pub grid: Grid,
}

/// All own layouts in the order of menus. No two names are the same, none is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnLayouts {
    list: Vec<OwnLayout>,
}

impl OwnLayouts {
    /// Layouts as they were saved; of two with one name the first counts.
    #[must_use]
    pub fn restore(list: Vec<OwnLayout>) -> Self {
        let mut layouts = Self::default();
        for layout in list {
            // Names that only look the same may stand in a file of an earlier version, and stay.
            let is_taken = |_: &str| layouts.list.iter().any(|own| own.name == layout.name);
            if name::checked(&layout.name, is_taken).is_ok() {
                layouts.list.push(layout);
            }
        }
        layouts
    }

    #[must_use]
    pub fn list(&self) -> &[OwnLayout] {
        &self.list
    }

    /// The name of a layout, if it is one of these.
    #[must_use]
    pub fn name_of(&self, layout: &Layout) -> Option<&str> {
        let Layout::Own(grid) = layout else { return None };
        let named = self.list.iter().find(|own| own.grid == *grid)?;
        Some(&named.name)
    }

    /// The name as it would be kept, if `which` (`None`: a new layout) may have it.
    pub fn check_name(&self, which: Option<&str>, name: &str) -> Result<String, NameError> {
        let is_other = |own: &&OwnLayout| which != Some(own.name.as_str());
        name::checked(name, |name| {
            self.list.iter().filter(is_other).any(|own| is_twin(&own.name, name))
        })
    }

    /// Keeps `layout` in place of the one that was called `which`, or at the end.
    pub fn save(&mut self, which: Option<&str>, layout: OwnLayout) -> Result<(), NameError> {
        let name = self.check_name(which, &layout.name)?;
        let layout = OwnLayout { name, ..layout };
        match self.list.iter_mut().find(|own| Some(own.name.as_str()) == which) {
            Some(own) => *own = layout,
            None => self.list.push(layout),
        }
        Ok(())
    }

    /// The layout that was removed and where it stood.
    pub fn remove(&mut self, name: &str) -> Option<(usize, OwnLayout)> {
        let index = self.list.iter().position(|own| own.name == name)?;
        Some((index, self.list.remove(index)))
    }

    /// Puts a removed layout back, unless its name was taken meanwhile.
    pub fn put_back(&mut self, index: usize, layout: OwnLayout) {
        if self.check_name(None, &layout.name).is_ok() {
            self.list.insert(index.min(self.list.len()), layout);
        }
    }
}

/// A layout while it is made: a grid, the merged cells, and a selection of cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayoutDraft {
    columns: u8,
    rows: u8,
    merged: Vec<Cell>,
    /// Where the selection began and where it was drawn to: column and row.
    from: (u8, u8),
    to: (u8, u8),
}

impl LayoutDraft {
    pub const MIN_SIDE: u8 = 2;
    pub const MAX_SIDE: u8 = 8;

    #[must_use]
    pub fn new(columns: u8, rows: u8) -> Self {
        let mut draft = Self {
            columns: 1,
            rows: 1,
            merged: Vec::new(),
            from: (0, 0),
            to: (0, 0),
        };
        draft.resize(columns, rows);
        draft
    }

    #[must_use]
    pub fn of(grid: &Grid) -> Self {
        let mut draft = Self::new(grid.columns(), grid.rows());
        let merged = grid.cells().iter().filter(|cell| cell.area() > 1);
        draft.merged = merged.copied().collect();
        draft.resize(grid.columns(), grid.rows());
        draft
    }

    #[must_use]
    pub fn size(&self) -> (u8, u8) {
        (self.columns, self.rows)
    }

    /// Another number of columns and rows, each 2 to 8; merged cells that no longer fit are single again.
    pub fn resize(&mut self, columns: u8, rows: u8) {
        self.columns = columns.clamp(Self::MIN_SIDE, Self::MAX_SIDE);
        self.rows = rows.clamp(Self::MIN_SIDE, Self::MAX_SIDE);
        let (columns, rows) = self.size();
        self.merged
            .retain(|cell| cell.column + cell.width <= columns && cell.row + cell.height <= rows);
        for corner in [&mut self.from, &mut self.to] {
            *corner = (corner.0.min(columns - 1), corner.1.min(rows - 1));
        }
    }

    /// What is made so far: the large tiles first.
    #[must_use]
    pub fn grid(&self) -> Grid {
        let mut merged = self.merged.clone();
        merged.sort_by_key(|cell| (std::cmp::Reverse(cell.area()), cell.row, cell.column));
        Grid::merged(self.columns, self.rows, &merged).unwrap_or_else(|_| Layout::Four.grid())
    }

    pub fn select(&mut self, column: u8, row: u8) {
        self.from = (column.min(self.columns - 1), row.min(self.rows - 1));
        self.to = self.from;
    }

    /// Draws the selection from where it began to here.
    pub fn extend(&mut self, column: u8, row: u8) {
        self.to = (column.min(self.columns - 1), row.min(self.rows - 1));
    }

    /// One step past what is selected; `extend`: the selection grows (or shrinks back) instead of moving.
    pub fn step(&mut self, direction: Direction, extend: bool) {
        let all = self.selection();
        let (column, row) = if extend { self.to } else { self.from };
        let (column, row) = match direction {
            Direction::Left if extend => (column.saturating_sub(1), row),
            Direction::Right if extend => (column + 1, row),
            Direction::Up if extend => (column, row.saturating_sub(1)),
            Direction::Down if extend => (column, row + 1),
            Direction::Left => (all.column.saturating_sub(1), row),
            Direction::Right => (all.column + all.width, row),
            Direction::Up => (column, all.row.saturating_sub(1)),
            Direction::Down => (column, all.row + all.height),
        };
        if extend {
            self.extend(column, row);
        } else {
            self.select(column, row);
        }
    }

    /// The selected rectangle, grown until no merged cell lies across its edge.
    #[must_use]
    pub fn selection(&self) -> Cell {
        let (left, right) = (self.from.0.min(self.to.0), self.from.0.max(self.to.0) + 1);
        let (top, bottom) = (self.from.1.min(self.to.1), self.from.1.max(self.to.1) + 1);
        let mut all = Cell {
            column: left,
            row: top,
            width: right - left,
            height: bottom - top,
        };
        loop {
            let across = self
                .merged
                .iter()
                .find(|cell| overlaps(**cell, all) && !holds(all, **cell));
            let Some(cell) = across else { return all };
            all = around(all, *cell);
        }
    }

    /// More than one tile is selected.
    #[must_use]
    pub fn can_merge(&self) -> bool {
        let all = self.selection();
        all.width * all.height > 1 && !self.merged.contains(&all)
    }

    pub fn merge(&mut self) {
        if self.can_merge() {
            let all = self.selection();
            self.merged.retain(|cell| !holds(all, *cell));
            self.merged.push(all);
        }
    }

    /// A merged tile is selected.
    #[must_use]
    pub fn can_split(&self) -> bool {
        let all = self.selection();
        self.merged.iter().any(|cell| holds(all, *cell))
    }

    pub fn split(&mut self) {
        let all = self.selection();
        self.merged.retain(|cell| !holds(all, *cell));
    }
}

fn overlaps(a: Cell, b: Cell) -> bool {
    a.column < b.column + b.width
        && b.column < a.column + a.width
        && a.row < b.row + b.height
        && b.row < a.row + a.height
}

fn holds(outer: Cell, inner: Cell) -> bool {
    around(outer, inner) == outer
}

fn around(a: Cell, b: Cell) -> Cell {
    let (column, row) = (a.column.min(b.column), a.row.min(b.row));
    let right = (a.column + a.width).max(b.column + b.width);
    let bottom = (a.row + a.height).max(b.row + b.height);
    Cell {
        column,
        row,
        width: right - column,
        height: bottom - row,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(draft: &LayoutDraft) -> String {
        Layout::Own(draft.grid()).to_string()
    }

    #[test]
    fn cells_are_merged_and_split() {
        let mut draft = LayoutDraft::new(4, 3);
        assert!(!draft.can_merge() && !draft.can_split());
        draft.extend(1, 1);
        draft.merge();
        assert_eq!(said(&draft), "4x3:0,0,2,2");
        assert!(!draft.can_merge() && draft.can_split());
        draft.select(2, 0);
        draft.extend(3, 2);
        draft.merge();
        assert_eq!(said(&draft), "4x3:2,0,2,3;0,0,2,2", "the largest comes first");
        draft.select(1, 1);
        draft.extend(2, 2);
        assert_eq!(
            draft.selection(),
            Cell {
                column: 0,
                row: 0,
                width: 4,
                height: 3
            },
            "grown to whole tiles"
        );
        draft.split();
        assert_eq!(said(&draft), "4x3:");
    }

    #[test]
    fn keys_walk_over_merged_tiles_and_extend() {
        let mut draft = LayoutDraft::new(4, 4);
        draft.step(Direction::Right, true);
        draft.step(Direction::Down, true);
        draft.merge();
        draft.select(0, 0);
        draft.step(Direction::Right, false);
        assert_eq!(
            draft.selection(),
            Cell {
                column: 2,
                row: 0,
                width: 1,
                height: 1
            }
        );
        draft.step(Direction::Left, false);
        assert_eq!(
            draft.selection(),
            Cell {
                column: 0,
                row: 0,
                width: 2,
                height: 2
            }
        );
        for _ in 0..9 {
            draft.step(Direction::Down, false);
        }
        assert_eq!(draft.selection().row, 3);
    }

    #[test]
    fn a_smaller_grid_drops_what_does_not_fit() {
        let mut draft = LayoutDraft::of(&"8x8:0,0,2,2;6,6,2,2".parse::<Layout>().unwrap().grid());
        draft.select(7, 7);
        draft.resize(4, 99);
        assert_eq!((draft.size(), said(&draft).as_str()), ((4, 8), "4x8:0,0,2,2"));
        assert_eq!(LayoutDraft::new(0, 0).size(), (2, 2));
        let all = LayoutDraft::of(&"16x16:0,0,16,16".parse::<Layout>().unwrap().grid());
        assert_eq!((all.size(), said(&all).as_str()), ((8, 8), "8x8:"));
    }

    #[test]
    fn names_are_checked_and_a_removal_can_be_undone() {
        let mut layouts = OwnLayouts::default();
        let own = |name: &str| OwnLayout {
            name: name.to_owned(),
            grid: LayoutDraft::new(3, 2).grid(),
        };
        layouts.save(None, own(" Gates ")).unwrap();
        layouts.save(None, own("Lobby")).unwrap();
        assert_eq!(layouts.save(None, own("Gates")), Err(NameError::Taken));
        assert_eq!(layouts.save(None, own(" ")), Err(NameError::Empty));
        layouts.save(Some("Lobby"), own("Hall")).unwrap();
        let names = |layouts: &OwnLayouts| layouts.list().iter().map(|own| own.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&layouts), ["Gates", "Hall"]);
        assert_eq!(layouts.name_of(&Layout::Own(own("").grid)), Some("Gates"));
        let (index, removed) = layouts.remove("Gates").unwrap();
        assert_eq!(names(&layouts), ["Hall"]);
        layouts.put_back(index, removed.clone());
        layouts.put_back(index, removed);
        assert_eq!(names(&layouts), ["Gates", "Hall"]);
    }

    proptest! {
        #[test]
        fn whatever_is_merged_the_grid_is_sound(
            (columns, rows) in (0u8..12, 0u8..12),
            acts in proptest::collection::vec((0u8..9, 0u8..9, 0u8..9, 0u8..9, 0u8..4), 0..30),
        ) {
            let mut draft = LayoutDraft::new(columns, rows);
            for (a, b, c, d, act) in acts {
                draft.select(a, b);
                draft.extend(c, d);
                match act {
                    0 | 1 => draft.merge(),
                    2 => draft.split(),
                    _ => draft.resize(a, b),
                }
                let grid = draft.grid();
                prop_assert_eq!((grid.columns(), grid.rows()), draft.size());
                prop_assert_eq!(LayoutDraft::of(&grid).grid(), grid);
            }
        }
    }
}
