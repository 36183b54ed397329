use std::fmt;
use std::str::FromStr;

/// How a page is divided into tiles.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Layout {
    One,
    #[default]
    Four,
    Nine,
    Twelve,
    Sixteen,
    Twenty,
    TwentyFive,
    ThirtySix,
    FortyEight,
    SixtyFour,
    OnePlusFive,
    OnePlusSeven,
    OnePlusNine,
    OnePlusTwelve,
    TwoPlusEight,
    /// Tall tiles, for cameras that are turned on their side (9:16, the *corridor format*).
    CorridorThree,
    CorridorFour,
    CorridorFive,
    CorridorEight,
    CorridorTwelve,
    /// A layout that the user made by merging cells.
    Own(Grid),
}

/// A rectangle on a grid, in grid units from the upper left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cell {
    pub column: u8,
    pub row: u8,
    pub width: u8,
    pub height: u8,
}

/// Cells that cover `columns` × `rows` without gap or overlap; the order of the cells is the order of the tiles.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Grid {
    columns: u8,
    rows: u8,
    cells: Vec<Cell>,
}

/// Why merged cells make no grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GridError {
    #[error("a grid has 1 to {} columns and rows", Grid::MAX_SIDE)]
    Size,
    #[error("a cell lies outside the grid")]
    Outside,
    #[error("two cells overlap")]
    Overlap,
}

/// A layout's text was not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    #[error("no such layout")]
    Unknown,
    #[error(transparent)]
    Grid(#[from] GridError),
}

/// What a ready-made layout is called in files, its columns and rows, and the cells that are joined.
type Preset = (&'static str, u8, u8, &'static [Cell]);

const LARGE_OF_FOUR: &[Cell] = &[Cell::square(0, 0, 2)];
const LARGE_OF_NINE: &[Cell] = &[Cell::square(0, 0, 3)];
const LARGE_OF_SIXTEEN: &[Cell] = &[Cell::square(0, 0, 4)];
const TWO_LARGE: &[Cell] = &[Cell::square(0, 0, 2), Cell::square(2, 0, 2)];

impl Layout {
    /// The ready-made layouts in the order in which menus offer them: even, mixed, corridor.
    pub const PRESETS: [Self; 20] = [
        Self::One,
        Self::Four,
        Self::Nine,
        Self::Twelve,
        Self::Sixteen,
        Self::Twenty,
        Self::TwentyFive,
        Self::ThirtySix,
        Self::FortyEight,
        Self::SixtyFour,
        Self::OnePlusFive,
        Self::OnePlusSeven,
        Self::OnePlusNine,
        Self::OnePlusTwelve,
        Self::TwoPlusEight,
        Self::CorridorThree,
        Self::CorridorFour,
        Self::CorridorFive,
        Self::CorridorEight,
        Self::CorridorTwelve,
    ];

    /// The layouts of the keys 1 to 9 and 0.
    pub const OF_DIGITS: [Self; 10] = [
        Self::One,
        Self::Four,
        Self::Nine,
        Self::Sixteen,
        Self::TwentyFive,
        Self::ThirtySix,
        Self::SixtyFour,
        Self::OnePlusFive,
        Self::OnePlusSeven,
        Self::OnePlusTwelve,
    ];

    /// The layouts of the keys Alt+1 to Alt+9 and Alt+0.
    pub const OF_ALT_DIGITS: [Self; 10] = [
        Self::Twelve,
        Self::Twenty,
        Self::FortyEight,
        Self::OnePlusNine,
        Self::TwoPlusEight,
        Self::CorridorThree,
        Self::CorridorFour,
        Self::CorridorFive,
        Self::CorridorEight,
        Self::CorridorTwelve,
    ];

    #[must_use]
    pub fn grid(&self) -> Grid {
        match (self, self.preset()) {
            (Self::Own(grid), _) => grid.clone(),
            (_, (_, columns, rows, merged)) => Grid::around(columns, rows, merged),
        }
    }

    /// How many tiles a page has.
    #[must_use]
    pub fn tiles(&self) -> usize {
        match (self, self.preset()) {
            (Self::Own(grid), _) => grid.cells.len(),
            (_, (_, columns, rows, merged)) => {
                let saved: usize = merged.iter().map(|cell| usize::from(cell.area()) - 1).sum();
                usize::from(columns) * usize::from(rows) - saved
            }
        }
    }

    /// Whether its tiles are tall, for turned cameras.
    #[must_use]
    pub fn is_corridor(&self) -> bool {
        matches!(
            self,
            Self::CorridorThree | Self::CorridorFour | Self::CorridorFive | Self::CorridorEight | Self::CorridorTwelve
        )
    }

    /// Whether all its tiles are of one size.
    #[must_use]
    pub fn is_even(&self) -> bool {
        let (_, _, _, merged) = self.preset();
        merged.is_empty() && !matches!(self, Self::Own(_))
    }

    /// Of an own layout only the grid counts, which this does not know.
    fn preset(&self) -> Preset {
        match self {
            Self::One => ("1", 1, 1, &[]),
            Self::Four => ("4", 2, 2, &[]),
            Self::Nine => ("9", 3, 3, &[]),
            Self::Twelve => ("12", 4, 3, &[]),
            Self::Sixteen => ("16", 4, 4, &[]),
            Self::Twenty => ("20", 5, 4, &[]),
            Self::TwentyFive => ("25", 5, 5, &[]),
            Self::ThirtySix => ("36", 6, 6, &[]),
            Self::FortyEight => ("48", 8, 6, &[]),
            Self::SixtyFour => ("64", 8, 8, &[]),
            Self::OnePlusFive => ("1+5", 3, 3, LARGE_OF_FOUR),
            Self::OnePlusSeven => ("1+7", 4, 4, LARGE_OF_NINE),
            Self::OnePlusNine => ("1+9", 5, 5, LARGE_OF_SIXTEEN),
            Self::OnePlusTwelve => ("1+12", 4, 4, LARGE_OF_FOUR),
            Self::TwoPlusEight => ("2+8", 4, 4, TWO_LARGE),
            Self::CorridorThree => ("3x1", 3, 1, &[]),
            Self::CorridorFour => ("4x1", 4, 1, &[]),
            Self::CorridorFive => ("5x1", 5, 1, &[]),
            Self::CorridorEight => ("4x2", 4, 2, &[]),
            // Two rows of six are as tall as one row of three.
            Self::CorridorTwelve => ("6x2", 6, 2, &[]),
            Self::Own(grid) => ("", grid.columns, grid.rows, &[]),
        }
    }
}

/// `1`, `4`, .. `1+5`, .. `3x1`, .. and for own ones `4x3:0,0,2,2;..`: the grid, then the merged cells as column, row, width, height.
impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Own(grid) = self else {
            let (name, ..) = self.preset();
            return f.write_str(name);
        };
        write!(f, "{}x{}:", grid.columns, grid.rows)?;
        for (index, cell) in grid.cells.iter().filter(|cell| cell.area() > 1).enumerate() {
            let separator = if index > 0 { ";" } else { "" };
            write!(
                f,
                "{separator}{},{},{},{}",
                cell.column, cell.row, cell.width, cell.height
            )?;
        }
        Ok(())
    }
}

impl FromStr for Layout {
    type Err = LayoutError;

    fn from_str(text: &str) -> Result<Self, LayoutError> {
        if let Some(preset) = Self::PRESETS.into_iter().find(|preset| preset.preset().0 == text) {
            return Ok(preset);
        }
        let number = |text: &str| text.parse::<u8>().ok().ok_or(LayoutError::Unknown);
        let (size, merged) = text.split_once(':').ok_or(LayoutError::Unknown)?;
        let (columns, rows) = size.split_once('x').ok_or(LayoutError::Unknown)?;
        let cells = merged.split(';').filter(|part| !part.is_empty()).map(|part| {
            let numbers = part.split(',').map(number).collect::<Result<Vec<u8>, _>>()?;
            let [column, row, width, height] = numbers[..] else {
                return Err(LayoutError::Unknown);
            };
            Ok(Cell {
                column,
                row,
                width,
                height,
            })
        });
        Ok(Self::Own(Grid::merged(
            number(columns)?,
            number(rows)?,
            &cells.collect::<Result<Vec<_>, _>>()?,
        )?))
    }
}

impl Cell {
    const fn square(column: u8, row: u8, side: u8) -> Self {
        Self {
            column,
            row,
            width: side,
            height: side,
        }
    }

    /// How many single cells it covers.
    #[must_use]
    pub fn area(self) -> u16 {
        u16::from(self.width) * u16::from(self.height)
    }

    /// The four edges as fractions of the page: left, top, right, bottom.
    #[must_use]
    pub fn fractions(self, grid: &Grid) -> [f32; 4] {
        let (columns, rows) = (f32::from(grid.columns), f32::from(grid.rows));
        let (column, row) = (f32::from(self.column), f32::from(self.row));
        [
            column / columns,
            row / rows,
            (column + f32::from(self.width)) / columns,
            (row + f32::from(self.height)) / rows,
        ]
    }

    fn covers(self, column: u8, row: u8) -> bool {
        (self.column..self.column.saturating_add(self.width)).contains(&column)
            && (self.row..self.row.saturating_add(self.height)).contains(&row)
    }
}

impl Grid {
    pub const MAX_SIDE: u8 = 16;

    /// A grid of single cells in which `merged` are joined. Large tiles come first, then the rest in reading order.
    pub fn merged(columns: u8, rows: u8, merged: &[Cell]) -> Result<Self, GridError> {
        if !(1..=Self::MAX_SIDE).contains(&columns) || !(1..=Self::MAX_SIDE).contains(&rows) {
            return Err(GridError::Size);
        }
        for (index, cell) in merged.iter().enumerate() {
            let (right, bottom) = (cell.column.checked_add(cell.width), cell.row.checked_add(cell.height));
            let inside = right.is_some_and(|right| right <= columns) && bottom.is_some_and(|bottom| bottom <= rows);
            if !inside || cell.width == 0 || cell.height == 0 {
                return Err(GridError::Outside);
            }
            let overlaps = |other: &Cell| {
                other.column < cell.column + cell.width
                    && cell.column < other.column + other.width
                    && other.row < cell.row + cell.height
                    && cell.row < other.row + other.height
            };
            if merged[..index].iter().any(overlaps) {
                return Err(GridError::Overlap);
            }
        }
        Ok(Self::around(columns, rows, merged))
    }

    #[must_use]
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    #[must_use]
    pub fn columns(&self) -> u8 {
        self.columns
    }

    #[must_use]
    pub fn rows(&self) -> u8 {
        self.rows
    }

    fn around(columns: u8, rows: u8, merged: &[Cell]) -> Self {
        let mut cells = merged.to_vec();
        for row in 0..rows {
            for column in 0..columns {
                if !merged.iter().any(|cell| cell.covers(column, row)) {
                    cells.push(Cell::square(column, row, 1));
                }
            }
        }
        Self { columns, rows, cells }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn covered_once(grid: &Grid) -> bool {
        (0..grid.rows).all(|row| {
            (0..grid.columns).all(|column| grid.cells.iter().filter(|cell| cell.covers(column, row)).count() == 1)
        })
    }

    #[test]
    fn every_preset_covers_its_grid_once_and_counts_its_tiles() {
        for layout in Layout::PRESETS {
            let grid = layout.grid();
            assert!(covered_once(&grid), "{layout}");
            assert_eq!(grid.cells().len(), layout.tiles(), "{layout}");
            assert_eq!(layout.to_string().parse(), Ok(layout));
        }
    }

    #[test]
    fn the_named_layouts_have_the_tiles_in_their_names() {
        for (layout, tiles) in [
            ("1+5", 6),
            ("1+7", 8),
            ("1+9", 10),
            ("1+12", 13),
            ("2+8", 10),
            ("12", 12),
            ("20", 20),
            ("48", 48),
            ("64", 64),
            ("3x1", 3),
            ("4x1", 4),
            ("5x1", 5),
            ("4x2", 8),
            ("6x2", 12),
        ] {
            assert_eq!(layout.parse::<Layout>().map(|layout| layout.tiles()), Ok(tiles));
        }
    }

    #[test]
    fn every_preset_has_one_key() {
        let keyed: Vec<Layout> = [Layout::OF_DIGITS, Layout::OF_ALT_DIGITS].concat();
        for layout in Layout::PRESETS {
            let keys = keyed.iter().filter(|keyed| **keyed == layout).count();
            assert_eq!(keys, 1, "{layout}");
        }
    }

    #[test]
    fn corridor_tiles_are_taller_than_wide_on_a_wide_screen() {
        for layout in Layout::PRESETS {
            let grid = layout.grid();
            let tall = grid.cells().iter().all(|cell| {
                let [left, top, right, bottom] = cell.fractions(&grid);
                (right - left) * 16.0 < (bottom - top) * 9.0
            });
            assert_eq!(tall, layout.is_corridor(), "{layout}");
        }
        // Three columns are the nearest to 9:16; two rows of six have the same shape.
        for text in ["3x1", "6x2"] {
            let grid = text.parse::<Layout>().unwrap().grid();
            let [left, top, right, bottom] = grid.cells()[0].fractions(&grid);
            let shape = (right - left) * 16.0 / ((bottom - top) * 9.0);
            assert!((shape - 9.0 / 16.0).abs() < 0.05, "{text}: {shape}");
        }
    }

    #[test]
    fn own_layouts_are_checked() {
        let cell = |column, row, width, height| Cell {
            column,
            row,
            width,
            height,
        };
        assert_eq!(
            Grid::merged(4, 4, &[cell(0, 0, 2, 2), cell(1, 1, 2, 2)]),
            Err(GridError::Overlap)
        );
        assert_eq!(Grid::merged(4, 4, &[cell(3, 0, 2, 1)]), Err(GridError::Outside));
        assert_eq!(Grid::merged(4, 4, &[cell(255, 0, 255, 1)]), Err(GridError::Outside));
        assert_eq!(Grid::merged(0, 4, &[]), Err(GridError::Size));
        assert_eq!("17x1:".parse::<Layout>(), Err(LayoutError::Grid(GridError::Size)));
        assert_eq!("4x3:0,0,2".parse::<Layout>(), Err(LayoutError::Unknown));
        let all: Layout = "16x16:0,0,16,16".parse().unwrap();
        assert_eq!((all.tiles(), all.to_string().as_str()), (1, "16x16:0,0,16,16"));
        let own: Layout = "4x3:0,0,2,2;2,0,2,1".parse().unwrap();
        assert_eq!(own.tiles(), 12 - 3 - 1);
        assert_eq!(own.to_string().parse(), Ok(own));
    }

    proptest! {
        #[test]
        fn any_text_is_a_sound_layout_or_an_error(text in "[0-9x+:,;]{0,24}") {
            if let Ok(layout) = text.parse::<Layout>() {
                prop_assert!(covered_once(&layout.grid()));
                prop_assert_eq!(layout.to_string().parse::<Layout>(), Ok(layout));
            }
        }
    }
}
