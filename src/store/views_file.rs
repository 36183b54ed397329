//! `views.toml`: what each window shows.

use std::collections::BTreeSet;
use std::str::FromStr;

use toml_edit::{Array, ArrayOfTables, Item, Table, Value};

use super::document::{self, Document, LoadProblem, set};
use super::lock::WriteLock;
use super::{Loaded, Profile, WriteError, migrate};
use crate::device::{ChannelId, DeviceId};
use crate::wall::{TreePane, Wall, WindowView};

impl Profile {
    /// The windows as they were saved, in their order; empty for a fresh profile.
    #[must_use]
    pub fn load_windows(&self) -> Loaded<Vec<WindowView>> {
        let mut document = self.views();
        let mut problems = document.take_problems();
        let (value, warnings) = read(document.table());
        problems.extend(warnings);
        Loaded { value, problems }
    }

    /// Makes the file hold exactly these windows.
    pub fn save_windows(&self, windows: &[WindowView]) -> Result<(), WriteError> {
        let _lock = WriteLock::take(&self.path().join("write.lock"))?;
        let mut document = self.views();
        write(document.table_mut(), windows);
        document.save()
    }

    fn views(&self) -> Document {
        Document::load(&self.path().join("views.toml"), &migrate::VIEWS)
    }
}

/// The windows that a text holds, with what was wrong with it.
#[must_use]
pub fn from_text(text: &str) -> (Vec<WindowView>, Vec<LoadProblem>) {
    read(document::parse(text, &migrate::VIEWS).toml.as_table())
}

/// `text` changed so that it holds `windows`; `None` where the text is no file of this version.
#[must_use]
pub fn to_text(text: &str, windows: &[WindowView]) -> Option<String> {
    let mut parsed = document::parse(text, &migrate::VIEWS);
    write(parsed.toml.as_table_mut(), windows);
    parsed.fault.is_none().then(|| parsed.toml.to_string())
}

fn read(table: &Table) -> (Vec<WindowView>, Vec<LoadProblem>) {
    let mut problems = Vec::new();
    let tables = table.get(WINDOW).and_then(Item::as_array_of_tables);
    let windows = tables.into_iter().flatten().enumerate();
    let windows = windows
        .map(|(index, table)| {
            Reader {
                table,
                index,
                problems: &mut problems,
            }
            .window()
        })
        .collect();
    (windows, problems)
}

/// Windows keep the keys that are not known here, as far as there are as many windows as before.
fn write(table: &mut Table, windows: &[WindowView]) {
    if !table.get(WINDOW).is_some_and(Item::is_array_of_tables) {
        table.insert(WINDOW, Item::ArrayOfTables(ArrayOfTables::new()));
    }
    let Some(tables) = table.get_mut(WINDOW).and_then(Item::as_array_of_tables_mut) else {
        return;
    };
    while tables.len() > windows.len() {
        tables.remove(tables.len() - 1);
    }
    while tables.len() < windows.len() {
        tables.push(Table::new());
    }
    for (table, window) in tables.iter_mut().zip(windows) {
        write_window(table, window);
    }
}

const WINDOW: &str = "window";

/// The most places that are read: a file that was tampered with costs bounded memory.
const MAX_PLACES: usize = 1 << 16;

fn write_window(table: &mut Table, window: &WindowView) {
    let wall = &window.wall;
    set(table, "layout", wall.layout().to_string().into());
    set(table, "selected", i64::try_from(wall.selected()).unwrap_or(0).into());
    set(table, "alone", wall.is_alone().into());
    set(table, "fullscreen", window.fullscreen.into());
    set(table, "tree-open", window.tree.open.into());
    match window.tree.width {
        Some(width) => set(table, "tree-width", f64::from(width).into()),
        None => {
            table.remove("tree-width");
        }
    }
    set(
        table,
        "closed-sites",
        list(window.tree.closed_sites.iter().map(ToString::to_string)),
    );
    let place = |place: &Option<ChannelId>| place.map(|c| format!("{}/{}", c.device, c.number)).unwrap_or_default();
    set(table, "places", list(wall.places().iter().map(place)));
    set(
        table,
        "known-devices",
        list(wall.known().iter().map(ToString::to_string)),
    );
}

fn list(items: impl Iterator<Item = String>) -> Value {
    Value::Array(items.collect::<Array>())
}

struct Reader<'a> {
    table: &'a Table,
    index: usize,
    problems: &'a mut Vec<LoadProblem>,
}

impl Reader<'_> {
    fn window(mut self) -> WindowView {
        let layout = self.text("layout").unwrap_or_default();
        let places: Vec<Option<ChannelId>> = self.texts("places").iter().map(|text| self.place(text)).collect();
        let known: BTreeSet<DeviceId> = self.ids("known-devices");
        let selected = self
            .table
            .get("selected")
            .and_then(Item::as_integer)
            .and_then(|n| usize::try_from(n).ok());
        let wall = Wall::restore(
            layout,
            places,
            known,
            selected.unwrap_or(0),
            self.flag("alone").unwrap_or(false),
        );
        let width = self
            .table
            .get("tree-width")
            .and_then(|item| item.as_float().or(item.as_integer().map(|n| n as f64)));
        let tree = TreePane {
            open: self.flag("tree-open").unwrap_or(true),
            width: width
                .map(|width| width as f32)
                .filter(|width| (40.0..4_000.0).contains(width)),
            closed_sites: self.ids("closed-sites"),
        };
        WindowView {
            wall,
            tree,
            fullscreen: self.flag("fullscreen").unwrap_or(false),
        }
    }

    fn flag(&self, key: &str) -> Option<bool> {
        self.table.get(key)?.as_bool()
    }

    fn text<T: FromStr<Err: std::fmt::Display>>(&mut self, key: &str) -> Option<T> {
        let text = self.table.get(key)?.as_str().unwrap_or_default();
        text.parse()
            .map_err(|error| self.warn(key, format!("{error}: {text:?}")))
            .ok()
    }

    fn texts(&self, key: &str) -> Vec<String> {
        let array = self.table.get(key).and_then(Item::as_array);
        let texts = array
            .into_iter()
            .flatten()
            .map(|item| item.as_str().unwrap_or_default().to_owned());
        texts.take(MAX_PLACES).collect()
    }

    fn ids<T: FromStr + Ord>(&mut self, key: &str) -> BTreeSet<T> {
        let texts = self.texts(key);
        let ids: BTreeSet<T> = texts.iter().filter_map(|text| text.parse().ok()).collect();
        if ids.len() < texts.len() {
            self.warn(key, "not all entries are ids".to_owned());
        }
        ids
    }

    fn place(&mut self, text: &str) -> Option<ChannelId> {
        if text.is_empty() {
            return None;
        }
        let parsed = text.split_once('/').and_then(|(device, number)| {
            Some(ChannelId {
                device: device.parse().ok()?,
                number: number.parse().ok()?,
            })
        });
        if parsed.is_none() {
            self.warn("places", format!("not a channel: {text:?}"));
        }
        parsed
    }

    fn warn(&mut self, key: &str, message: String) {
        let at = format!("{WINDOW}[{}].{key}", self.index);
        self.problems.push(LoadProblem::Warning { at, message });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::device::SiteId;
    use crate::wall::Layout;

    fn view() -> WindowView {
        let channel = |device, number| {
            Some(ChannelId {
                device: DeviceId(device),
                number,
            })
        };
        let places = vec![channel(7, 1), None, channel(0xabc, 12)];
        let wall = Wall::restore(
            Layout::OnePlusFive,
            places,
            [DeviceId(7), DeviceId(0xabc)].into(),
            2,
            true,
        );
        let tree = TreePane {
            open: false,
            width: Some(312.0),
            closed_sites: [SiteId(3)].into(),
        };
        WindowView {
            wall,
            tree,
            fullscreen: true,
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let windows = [view(), WindowView::default()];
        let text = to_text("", &windows).unwrap();
        assert_eq!(from_text(&text), (windows.to_vec(), vec![]));
    }

    #[test]
    fn a_profile_keeps_its_windows() {
        let folder = tempfile::tempdir().unwrap();
        let profile = Profile::open(Some(folder.path().to_owned())).unwrap();
        assert_eq!(
            profile.load_windows(),
            Loaded {
                value: vec![],
                problems: vec![]
            }
        );
        profile.save_windows(&[view()]).unwrap();
        assert_eq!(
            profile.load_windows(),
            Loaded {
                value: vec![view()],
                problems: vec![]
            }
        );
        profile.save_windows(&[]).unwrap();
        assert_eq!(profile.load_windows().value, []);
    }

    #[test]
    fn comments_and_unknown_keys_stay() {
        let before = to_text("", &[view()])
            .unwrap()
            .replace("alone", "# mine\nzoom = 3\nalone");
        let after = to_text(&before, &[WindowView::default()]).unwrap();
        assert!(after.contains("# mine") && after.contains("zoom = 3"), "{after}");
        assert_eq!(from_text(&after).0, [WindowView::default()]);
    }

    #[test]
    fn what_is_not_understood_is_left_out_and_named() {
        let text = to_text("", &[view()])
            .unwrap()
            .replace("1+5", "5x")
            .replace("0000000000000abc/12", "abc");
        let (windows, problems) = from_text(&text);
        assert_eq!(windows[0].wall.layout(), &Layout::default());
        assert_eq!(windows[0].wall.channel(0).map(|c| c.number), Some(1), "the rest counts");
        let at: Vec<&str> = problems
            .iter()
            .map(|problem| match problem {
                LoadProblem::Warning { at, .. } => at.as_str(),
                LoadProblem::SetAside { file, .. } => file.as_str(),
            })
            .collect();
        assert_eq!(at, ["window[0].layout", "window[0].places"]);
    }

    proptest! {
        #[test]
        fn any_text_gives_windows(text in "(?s).{0,200}", inner in "[a-z0-9\\-]{1,12} = [\\[\\]\"0-9a-f/,.]{0,40}") {
            let _ = from_text(&text);
            let (windows, _) = from_text(&format!("[[window]]\n{inner}\n"));
            let written = to_text("", &windows).unwrap();
            prop_assert_eq!(from_text(&written).0, windows);
        }
    }
}
