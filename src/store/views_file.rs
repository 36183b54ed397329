//! `views.toml`: what each window shows, the named views, the own layouts and the tour.

use std::path::PathBuf;

use toml_edit::{ArrayOfTables, Item, Table};

use super::atomic::WriteError;
use super::document::Document;
use super::load::{Found, LoadProblem, Loaded};
use super::lock::WriteLock;
use super::profile::Profile;
use super::read::Print;
use super::records::{self, set};
use super::view_records::{RecordReader, seconds, write_view, write_window};
use super::{format, layout_records, migrate};
use wall::{Over, TourPlan, Views, WindowView};

/// All that `views.toml` holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Arrangement {
    /// The windows in their order; none for a fresh profile.
    pub windows: Vec<WindowView>,
    pub views: Views,
}

/// What of an [`Arrangement`] is to be written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    pub windows: bool,
    pub views: bool,
}

impl Parts {
    /// What the windows show alone.
    pub const WINDOWS: Self = Self {
        windows: true,
        views: false,
    };
}

impl Profile {
    /// The print of the file with windows and views.
    #[must_use]
    pub fn arrangement_print(&self) -> Option<Print> {
        Print::of(&self.views_path())
    }

    /// The windows and named views as they were saved. A file that is just being written is waited for, for three seconds at most.
    #[must_use]
    pub fn load_arrangement(&self) -> Loaded<Arrangement> {
        arrangement_of(Document::load_at_rest(&self.views_path(), &migrate::VIEWS))
    }

    /// The same as it is at this moment.
    #[must_use]
    pub fn look_at_arrangement(&self) -> Loaded<Arrangement> {
        arrangement_of(Document::load(&self.views_path(), &migrate::VIEWS))
    }

    /// Makes these parts of the file what they are in `known`; where the file holds nothing whole at this moment, both parts. `may` is
    /// asked first, with what was found of the file; where it refuses, nothing is written.
    pub fn save_arrangement(
        &self,
        known: &Arrangement,
        parts: Parts,
        may: impl FnOnce(&Found) -> bool,
    ) -> Result<Found, WriteError> {
        let _lock = WriteLock::of(self.path())?;
        let mut document = Document::load_to_change(&self.views_path(), &migrate::VIEWS)?;
        let found = document.found().clone();
        if may(&found) {
            self.copy_before(parts.views);
            if parts.windows || found.is_poorer() {
                write(document.table_mut(), &known.windows);
            }
            if parts.views || found.is_poorer() {
                write_views(document.table_mut(), &known.views);
            }
            document.save()?;
            self.copy_after(parts.views);
        }
        Ok(found)
    }

    /// The windows as they were saved, in their order; empty for a fresh profile.
    #[must_use]
    pub fn load_windows(&self) -> Loaded<Vec<WindowView>> {
        let Loaded { value, problems, found } = self.load_arrangement();
        Loaded {
            value: value.windows,
            problems,
            found,
        }
    }

    /// The named views as they were saved; none for a fresh profile.
    #[must_use]
    pub fn load_views(&self) -> Loaded<Views> {
        let Loaded { value, problems, found } = self.load_arrangement();
        Loaded {
            value: value.views,
            problems,
            found,
        }
    }

    /// Makes the file hold exactly these windows.
    pub fn save_windows(&self, windows: &[WindowView]) -> Result<(), WriteError> {
        let _lock = WriteLock::of(self.path())?;
        let mut document = Document::load_to_change(&self.views_path(), &migrate::VIEWS)?;
        write(document.table_mut(), windows);
        self.copy_before(false);
        document.save()?;
        self.copy_after(false);
        Ok(())
    }

    /// Makes the file hold exactly these named views.
    pub fn save_views(&self, views: &Views) -> Result<(), WriteError> {
        let _lock = WriteLock::of(self.path())?;
        let mut document = Document::load_to_change(&self.views_path(), &migrate::VIEWS)?;
        write_views(document.table_mut(), views);
        self.copy_before(true);
        document.save()?;
        self.copy_after(true);
        Ok(())
    }

    fn views_path(&self) -> PathBuf {
        self.path().join("views.toml")
    }
}

fn arrangement_of(mut document: Document) -> Loaded<Arrangement> {
    let mut problems = document.take_problems();
    let (windows, of_windows) = read(document.table());
    let (views, of_views) = read_views(document.table());
    problems.extend(of_windows);
    problems.extend(of_views);
    Loaded {
        value: Arrangement { windows, views },
        problems,
        found: document.found().clone(),
    }
}

/// The windows that a text holds, with what was wrong with it.
#[must_use]
pub fn from_text(text: &str) -> (Vec<WindowView>, Vec<LoadProblem>) {
    read(format::parse(text, &migrate::VIEWS).toml.as_table())
}

/// `text` changed so that it holds `windows`; `None` where the text is no file of this version.
#[must_use]
pub fn to_text(text: &str, windows: &[WindowView]) -> Option<String> {
    let mut parsed = format::parse(text, &migrate::VIEWS);
    write(parsed.toml.as_table_mut(), windows);
    parsed.fault.is_none().then(|| parsed.toml.to_string())
}

/// The named views that a text holds, with what was wrong with it.
#[must_use]
pub fn views_from_text(text: &str) -> (Views, Vec<LoadProblem>) {
    read_views(format::parse(text, &migrate::VIEWS).toml.as_table())
}

/// `text` changed so that it holds `views`; `None` where the text is no file of this version.
#[must_use]
pub fn views_to_text(text: &str, views: &Views) -> Option<String> {
    let mut parsed = format::parse(text, &migrate::VIEWS);
    write_views(parsed.toml.as_table_mut(), views);
    parsed.fault.is_none().then(|| parsed.toml.to_string())
}

pub(super) fn read(table: &Table) -> (Vec<WindowView>, Vec<LoadProblem>) {
    read_each(table, WINDOW, |reader| reader.window())
}

pub(super) fn read_views(table: &Table) -> (Views, Vec<LoadProblem>) {
    let (list, mut problems) = read_each(table, VIEW, |mut reader| reader.view());
    let tour = table.get(TOUR).and_then(Item::as_table_like);
    let number = |key| tour.and_then(|tour| tour.get(key)).and_then(Item::as_integer);
    let standard = TourPlan::default();
    let tour = TourPlan {
        over: match tour.and_then(|tour| tour.get("over")).and_then(Item::as_str) {
            Some("pages") => Over::Pages,
            _ => Over::Views,
        },
        seconds: number("seconds").map_or(standard.seconds, seconds),
        skip_dead: tour
            .and_then(|tour| tour.get("skip-dead"))
            .and_then(Item::as_bool)
            .unwrap_or(standard.skip_dead),
    };
    let mut views = Views::restore(list, tour);
    let (layouts, more) = layout_records::read(table);
    views.layouts = layouts;
    problems.extend(more);
    (views, problems)
}

fn read_each<T>(table: &Table, name: &'static str, read: impl Fn(RecordReader<'_>) -> T) -> (Vec<T>, Vec<LoadProblem>) {
    let mut problems = Vec::new();
    let tables = records::records(table, name).unwrap_or_else(|| {
        problems.push(records::no_records(name));
        Vec::new()
    });
    let values = tables.iter().take(MAX_TABLES).enumerate().map(|(index, table)| {
        read(RecordReader {
            table,
            name,
            index,
            problems: &mut problems,
        })
    });
    let values = values.collect();
    (values, problems)
}

/// Writes the windows. Each record keeps its unknown keys, as long as there is a window for it.
fn write(table: &mut Table, windows: &[WindowView]) {
    let Some(tables) = tables(table, WINDOW) else { return };
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

/// Writes the views. The record of a view keeps its unknown keys; a new name gets a new record.
pub(super) fn write_views(table: &mut Table, views: &Views) {
    let Some(list) = tables(table, VIEW) else { return };
    let before: Vec<Table> = list.iter().cloned().collect();
    list.clear();
    for view in views.list() {
        let name = |table: &&Table| table.get("name").and_then(Item::as_str) == Some(&view.name);
        let mut table = before.iter().find(name).cloned().unwrap_or_default();
        // The order of the list decides, not the former position.
        table.set_position(None);
        write_view(&mut table, view);
        list.push(table);
    }
    layout_records::write(table, &views.layouts);
    if views.tour == TourPlan::default() && !table.contains_key(TOUR) {
        return;
    }
    let before = table.remove(TOUR).map(Item::into_table).transpose();
    let mut tour = before.map(Option::unwrap_or_default).unwrap_or_else(|other| {
        table.insert(&format!("unreadable-{TOUR}"), other);
        Table::new()
    });
    let over = match views.tour.over {
        Over::Views => "views",
        Over::Pages => "pages",
    };
    set(&mut tour, "over", over.into());
    set(&mut tour, "seconds", i64::from(views.tour.seconds).into());
    set(&mut tour, "skip-dead", views.tour.skip_dead.into());
    table.insert(TOUR, Item::Table(tour));
}

fn tables<'a>(table: &'a mut Table, name: &str) -> Option<&'a mut ArrayOfTables> {
    if !table.get(name).is_some_and(Item::is_array_of_tables) {
        let records = records::take_records(table, name);
        table.insert(name, Item::ArrayOfTables(records));
    }
    table.get_mut(name).and_then(Item::as_array_of_tables_mut)
}

const WINDOW: &str = "window";
const VIEW: &str = "view";
const TOUR: &str = "tour";

/// The most windows or views that are read.
const MAX_TABLES: usize = 1_000;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use device::{ChannelId, DeviceId, SiteId, VirtualDvrId};
    use wall::{Layout, Placed, TreePane, View, Wall, WindowPlace};

    fn view() -> WindowView {
        let placed = |device, number| {
            Some(Placed::from(ChannelId {
                device: DeviceId(device),
                number,
            }))
        };
        let mut places = vec![placed(7, 1), None, placed(0xabc, 12), placed(7, 1)];
        if let [Some(first), None, Some(third), _] = &mut places[..] {
            first.origin = Some(VirtualDvrId(5));
            third.crop = "fill sub 2.5@0.25,0.75".parse().unwrap();
        }
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
            open_devices: [DeviceId(7), DeviceId(0xabc)].into(),
            open_virtual_dvrs: [VirtualDvrId(5)].into(),
            trouble_only: true,
        };
        WindowView {
            wall,
            tree,
            fullscreen: true,
            view: Some("夜間".to_owned()),
            touring: true,
            place: WindowPlace {
                at: Some([-1920.0, 12.5]),
                size: Some([1280.0, 800.0]),
                maximized: true,
            },
            dialogs: [("settings".to_owned(), [1200.0, 900.0])].into(),
        }
    }

    fn views() -> Views {
        let view = |name: &str, seconds| View {
            seconds,
            ..View::of(name, &view().wall)
        };
        let tour = TourPlan {
            over: Over::Pages,
            seconds: 45,
            skip_dead: false,
        };
        Views::restore(vec![view("夜間", Some(30)), view("Doors \"2\"", None)], tour)
    }

    #[test]
    fn named_views_are_read_again_beside_the_windows() {
        let folder = tempfile::tempdir().unwrap();
        let profile = Profile::open(Some(folder.path().to_owned())).unwrap();
        profile.save_windows(&[view()]).unwrap();
        profile.save_views(&views()).unwrap();
        assert_eq!(profile.load_views().value, views());
        assert_eq!(profile.load_windows().value, [view()]);
        profile.save_views(&Views::default()).unwrap();
        assert_eq!(profile.load_views().value, Views::default());
        assert_eq!(profile.load_windows().value, [view()]);
    }

    #[test]
    fn a_view_keeps_its_unknown_keys_wherever_it_is_moved() {
        let before = views_to_text("", &views())
            .unwrap()
            .replace("seconds = 30", "seconds = 30\ncolour = 3 # mine");
        let mut moved = views();
        moved.shift("夜間", 1);
        let after = views_to_text(&before, &moved).unwrap();
        assert_eq!(views_from_text(&after), (moved, vec![]));
        let (_, second) = after.split_once("夜間").unwrap();
        assert!(second.contains("colour = 3 # mine"), "{after}");
    }

    #[test]
    fn a_broken_view_is_what_can_be_read_of_it() {
        let text = "version = 1\n[[view]]\nname = 3\nlayout = \"x\"\nplaces = [\"?\"]\nseconds = 1\n[tour]\nseconds = 999999999\n";
        let (views, problems) = views_from_text(text);
        assert_eq!(
            (views.list()[0].name.as_str(), views.list()[0].seconds),
            ("1", Some(TourPlan::SHORTEST))
        );
        assert_eq!(views.tour.seconds, TourPlan::LONGEST);
        assert_eq!(problems.len(), 2);
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
                problems: vec![],
                found: Found::Nothing,
            }
        );
        profile.save_windows(&[view()]).unwrap();
        assert_eq!(
            profile.load_windows(),
            Loaded {
                value: vec![view()],
                problems: vec![],
                found: Found::Whole,
            }
        );
        profile.save_windows(&[]).unwrap();
        assert_eq!(profile.load_windows().value, []);
    }

    #[test]
    fn sizes_of_dialogs_are_read_as_far_as_they_are_sizes_and_the_rest_stays() {
        let text = "version = 1\n[[window]]\ndialog-sizes = { settings = [1200, 900.0], editor = \"large\", x = [1, 2], y = [nan, 300] }\n";
        let (mut windows, problems) = from_text(text);
        assert_eq!(windows[0].dialogs, [("settings".to_owned(), [1200.0, 900.0])].into());
        assert_eq!(problems, []);
        windows[0].dialogs.insert("bulk-editor".to_owned(), [800.0, 600.0]);
        let after = to_text(text, &windows).unwrap();
        assert_eq!(from_text(&after).0, windows);
        assert!(
            after.contains("editor = \"large\"") && after.contains("x = [1, 2]"),
            "{after}"
        );
    }

    #[test]
    fn a_layout_of_a_newer_version_stays_until_another_is_chosen() {
        let before = to_text("", &[view()]).unwrap().replace("1+5", "11 in a ring");
        let (mut windows, problems) = from_text(&before);
        assert_eq!((windows[0].wall.layout(), problems.len()), (&Layout::default(), 1));
        let after = to_text(&before, &windows).unwrap();
        assert!(after.contains("layout = \"11 in a ring\""), "{after}");
        windows[0].wall.set_layout(Layout::CorridorThree);
        let after = to_text(&after, &windows).unwrap();
        assert!(
            after.contains("layout = \"3x1\"") && !after.contains("11 in a ring"),
            "{after}"
        );
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
            .replace("0000000000000abc/12", "abc")
            .replace("@0000000000000005", "@x fill y");
        let (windows, problems) = from_text(&text);
        assert_eq!(windows[0].wall.layout(), &Layout::default());
        assert_eq!(windows[0].wall.channel(0).map(|c| c.number), Some(1), "the rest counts");
        let at: Vec<&str> = problems
            .iter()
            .map(|problem| match problem {
                LoadProblem::Warning { at, .. } => at.as_str(),
                LoadProblem::SetAside { file, .. }
                | LoadProblem::Unreadable { file, .. }
                | LoadProblem::Emptied { file } => file.as_str(),
            })
            .collect();
        assert_eq!(at, ["window[0].layout", "window[0].places", "window[0].places"]);
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

    #[test]
    fn what_was_written_in_line_counts_and_what_is_no_record_stays() {
        let text = "version = 1\nwindow = 3\nview = [{ name = \"Night\", layout = \"2x2\", places = [], colour = 3 }]\n\
                    layout = [{ name = \"Gates\", grid = \"4x3:0,0,2,2\" }]\ntour = { seconds = 42 }\n";
        let (mut views, _) = views_from_text(text);
        assert_eq!(
            (views.list().len(), views.layouts.list().len(), views.tour.seconds),
            (1, 1, 42)
        );
        views.tour.skip_dead = !views.tour.skip_dead;
        let after = to_text(&views_to_text(text, &views).unwrap(), &[]).unwrap();
        assert_eq!(views_from_text(&after).0, views, "{after}");
        assert!(
            after.contains("colour = 3") && after.contains("unreadable-window = 3"),
            "{after}"
        );
    }
}
