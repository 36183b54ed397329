//! The `[[layout]]` records of `views.toml`: layouts that the user made, each a name and a grid.

use toml_edit::{ArrayOfTables, Item, Table};

use super::load::LoadProblem;
use super::records::{self, set};
use device::with_hidden_shown;
use wall::{Layout, OwnLayout, OwnLayouts};

const LAYOUT: &str = "layout";
/// The most layouts that are read.
const MAX_LAYOUTS: usize = 1_000;

pub(super) fn read(table: &Table) -> (OwnLayouts, Vec<LoadProblem>) {
    let mut problems = Vec::new();
    let tables = records::records(table, LAYOUT).unwrap_or_else(|| {
        problems.push(records::no_records(LAYOUT));
        Vec::new()
    });
    let list = tables
        .iter()
        .take(MAX_LAYOUTS)
        .enumerate()
        .filter_map(|(index, table)| {
            let layout = layout(table);
            if layout.is_none() {
                problems.push(LoadProblem::Warning {
                    at: format!("{LAYOUT}[{index}]"),
                    message: "has no name or no grid such as '4x3:0,0,2,2'; this record is not used".to_owned(),
                });
            }
            layout
        });
    let layouts = OwnLayouts::restore(list.collect());
    (layouts, problems)
}

/// Writes the layouts. The record of a layout keeps its unknown keys; records that are not understood stay.
pub(super) fn write(table: &mut Table, layouts: &OwnLayouts) {
    let before: Vec<Table> = records::take_records(table, LAYOUT).into_iter().collect();
    let mut tables = ArrayOfTables::new();
    for own in layouts.list() {
        let named = |table: &&Table| layout(table).is_some_and(|known| known.name == own.name);
        let mut table = before.iter().find(named).cloned().unwrap_or_default();
        table.set_position(None);
        set(&mut table, "name", own.name.as_str().into());
        set(&mut table, "grid", Layout::Own(own.grid.clone()).to_string().into());
        tables.push(table);
    }
    for mut stranger in before.into_iter().filter(|table| layout(table).is_none()) {
        stranger.set_position(None);
        tables.push(stranger);
    }
    if !tables.is_empty() {
        table.insert(LAYOUT, Item::ArrayOfTables(tables));
    }
}

fn layout(table: &Table) -> Option<OwnLayout> {
    let text = |key| table.get(key).and_then(Item::as_str);
    let name = with_hidden_shown(text("name")?.trim());
    OwnLayouts::default().check_name(None, &name).ok()?;
    match text("grid")?.parse() {
        Ok(Layout::Own(grid)) => Some(OwnLayout { name, grid }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use toml_edit::DocumentMut;

    use super::*;

    fn round(text: &str, layouts: &OwnLayouts) -> String {
        let mut toml: DocumentMut = text.parse().unwrap();
        write(toml.as_table_mut(), layouts);
        toml.to_string()
    }

    #[test]
    fn what_is_written_is_read_again_and_what_is_not_understood_stays() {
        let text = "[[layout]]\nname = \"Gates\"\ngrid = \"4x3:0,0,2,2\"\ncolour = 3\n\n[[layout]]\nname = \"?\"\ngrid = \"zzz\"\n";
        let (mut layouts, problems) = read(&text.parse::<DocumentMut>().unwrap());
        assert_eq!((layouts.list().len(), problems.len()), (1, 1));
        let lobby = OwnLayout {
            name: "Lobby".to_owned(),
            grid: "2x2:0,0,2,1".parse::<Layout>().unwrap().grid(),
        };
        layouts.save(None, lobby).unwrap();
        let after = round(text, &layouts);
        assert_eq!(read(&after.parse::<DocumentMut>().unwrap()).0, layouts);
        assert!(after.contains("colour = 3") && after.contains("zzz"), "{after}");
        layouts.remove("Gates");
        layouts.remove("Lobby");
        let after = round(&after, &layouts);
        assert!(after.contains("zzz") && !after.contains("Gates"), "{after}");
    }
}
