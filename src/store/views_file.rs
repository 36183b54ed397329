//! `views.toml`: what each window shows, the named views and the tour; and files of views that are given away.

use std::collections::BTreeSet;
use std::str::FromStr;

use toml_edit::{Array, ArrayOfTables, Item, Table, Value};

use super::document::{self, Document, LoadProblem, set};
use super::lock::WriteLock;
use super::{Loaded, Profile, WriteError, layout_records, migrate};
use device::{ChannelId, DeviceId};
use wall::{Crop, CropError, Over, Place, Placed, TourPlan, TreePane, View, Views, Wall, WindowView};

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

    /// The named views as they were saved; none for a fresh profile. What is wrong with the file as such is told by
    /// [`Profile::load_windows`].
    #[must_use]
    pub fn load_views(&self) -> Loaded<Views> {
        let (value, problems) = read_views(self.views().table());
        Loaded { value, problems }
    }

    /// Makes the file hold exactly these named views.
    pub fn save_views(&self, views: &Views) -> Result<(), WriteError> {
        let _lock = WriteLock::take(&self.path().join("write.lock"))?;
        let mut document = self.views();
        write_views(document.table_mut(), views);
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

/// The named views that a text holds, with what was wrong with it.
#[must_use]
pub fn views_from_text(text: &str) -> (Views, Vec<LoadProblem>) {
    read_views(document::parse(text, &migrate::VIEWS).toml.as_table())
}

/// `text` changed so that it holds `views`; `None` where the text is no file of this version.
#[must_use]
pub fn views_to_text(text: &str, views: &Views) -> Option<String> {
    let mut parsed = document::parse(text, &migrate::VIEWS);
    write_views(parsed.toml.as_table_mut(), views);
    parsed.fault.is_none().then(|| parsed.toml.to_string())
}

fn read(table: &Table) -> (Vec<WindowView>, Vec<LoadProblem>) {
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

fn read_each<T>(table: &Table, name: &'static str, read: impl Fn(Reader<'_>) -> T) -> (Vec<T>, Vec<LoadProblem>) {
    let mut problems = Vec::new();
    let tables = document::records(table, name).unwrap_or_else(|| {
        problems.push(document::no_records(name));
        Vec::new()
    });
    let values = tables.iter().take(MAX_TABLES).enumerate().map(|(index, table)| {
        read(Reader {
            table,
            name,
            index,
            problems: &mut problems,
        })
    });
    let values = values.collect();
    (values, problems)
}

/// Windows keep the keys that are not known here, as far as there are as many windows as before.
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

/// A view keeps the keys that are not known here under its name; a new name is a new table.
pub(super) fn write_views(table: &mut Table, views: &Views) {
    let Some(list) = tables(table, VIEW) else { return };
    let before: Vec<Table> = list.iter().cloned().collect();
    list.clear();
    for view in views.list() {
        let name = |table: &&Table| table.get("name").and_then(Item::as_str) == Some(&view.name);
        let mut table = before.iter().find(name).cloned().unwrap_or_default();
        // Where it stood before says nothing any more.
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
        let records = document::take_records(table, name);
        table.insert(name, Item::ArrayOfTables(records));
    }
    table.get_mut(name).and_then(Item::as_array_of_tables_mut)
}

const WINDOW: &str = "window";
const VIEW: &str = "view";
const TOUR: &str = "tour";

/// The most windows or views that are read.
const MAX_TABLES: usize = 1_000;

fn seconds(number: i64) -> u32 {
    let number = number.clamp(TourPlan::SHORTEST.into(), TourPlan::LONGEST.into());
    u32::try_from(number).unwrap_or(TourPlan::SHORTEST)
}

fn write_view(table: &mut Table, view: &View) {
    set(table, "name", view.name.as_str().into());
    set(table, "layout", view.layout.to_string().into());
    set(table, "places", list(view.places.iter().map(place_text)));
    set_or_remove(table, "seconds", view.seconds.map(|seconds| i64::from(seconds).into()));
}

fn set_or_remove(table: &mut Table, key: &str, value: Option<Value>) {
    match value {
        Some(value) => set(table, key, value),
        None => {
            table.remove(key);
        }
    }
}

/// A place as it is saved: empty, or such as `7/1`, `7/1@5` (from a virtual DVR), `7/1@5 fill sub 2.5@0.25,0.75`.
fn place_text(place: &Option<Placed>) -> String {
    let Some(Placed { channel, origin, crop }) = place else {
        return String::new();
    };
    let mut text = format!("{}/{}", channel.device, channel.number);
    if let Some(origin) = origin {
        text += &format!("@{origin}");
    }
    if *crop != Crop::default() {
        text += &format!(" {crop}");
    }
    text
}

/// `Err`: what of the text was not understood; the rest of it counts.
fn place_of(text: &str) -> (Option<Placed>, Result<(), String>) {
    if text.is_empty() {
        return (None, Ok(()));
    }
    let (channel, crop) = text
        .split_once(' ')
        .map_or((text, None), |(channel, crop)| (channel, Some(crop)));
    let (channel, origin) = channel
        .split_once('@')
        .map_or((channel, None), |(channel, id)| (channel, Some(id)));
    let Some(channel) = channel_id(channel) else {
        return (None, Err(format!("not a channel: {text:?}")));
    };
    let mut placed = Placed::from(channel);
    let mut understood = Ok(());
    match origin.map(str::parse) {
        Some(Ok(id)) => placed.origin = Some(id),
        Some(Err(_)) => understood = Err(format!("not a virtual DVR: {text:?}")),
        None => {}
    }
    match crop.map(str::parse) {
        Some(Ok(crop)) => placed.crop = crop,
        Some(Err(CropError)) => understood = Err(format!("{CropError}: {text:?}")),
        None => {}
    }
    (Some(placed), understood)
}

/// The most places that are read: a file that was tampered with costs bounded memory.
const MAX_PLACES: usize = 1 << 16;

fn write_window(table: &mut Table, window: &WindowView) {
    let wall = &window.wall;
    set(table, "layout", wall.layout().to_string().into());
    set(table, "selected", i64::try_from(wall.selected()).unwrap_or(0).into());
    set(table, "alone", wall.is_alone().into());
    set(table, "fullscreen", window.fullscreen.into());
    set(table, "tree-open", window.tree.open.into());
    set_or_remove(
        table,
        "tree-width",
        window.tree.width.map(|width| f64::from(width).into()),
    );
    set_or_remove(table, "view", window.view.as_deref().map(Value::from));
    set_or_remove(table, "touring", window.touring.then(|| true.into()));
    set_or_remove(table, "at", window.place.at.map(pair));
    set_or_remove(table, "size", window.place.size.map(pair));
    set_or_remove(table, "maximized", window.place.maximized.then(|| true.into()));
    set(
        table,
        "closed-sites",
        list(window.tree.closed_sites.iter().map(ToString::to_string)),
    );
    set(table, "places", list(wall.places().iter().map(place_text)));
    set(
        table,
        "known-devices",
        list(wall.known().iter().map(ToString::to_string)),
    );
}

fn list(items: impl Iterator<Item = String>) -> Value {
    Value::Array(items.collect::<Array>())
}

fn pair([x, y]: [f32; 2]) -> Value {
    Value::Array([f64::from(x), f64::from(y)].into_iter().collect())
}

struct Reader<'a> {
    table: &'a Table,
    name: &'static str,
    index: usize,
    problems: &'a mut Vec<LoadProblem>,
}

impl Reader<'_> {
    fn window(mut self) -> WindowView {
        let layout = self.text("layout").unwrap_or_default();
        let places = self.places();
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
            view: self.table.get("view").and_then(Item::as_str).map(str::to_owned),
            touring: self.flag("touring").unwrap_or(false),
            place: Place {
                at: self.pair("at", -100_000.0..100_000.0),
                size: self.pair("size", 100.0..20_000.0),
                maximized: self.flag("maximized").unwrap_or(false),
            },
        }
    }

    fn view(&mut self) -> View {
        View {
            name: self
                .table
                .get("name")
                .and_then(Item::as_str)
                .unwrap_or_default()
                .to_owned(),
            layout: self.text("layout").unwrap_or_default(),
            places: self.places(),
            seconds: self.table.get("seconds").and_then(Item::as_integer).map(seconds),
        }
    }

    fn pair(&self, key: &str, range: std::ops::Range<f32>) -> Option<[f32; 2]> {
        let array = self.table.get(key)?.as_array()?;
        let number = |index: usize| {
            let value = array.get(index)?;
            let number = value.as_float().or(value.as_integer().map(|n| n as f64))? as f32;
            range.contains(&number).then_some(number)
        };
        Some([number(0)?, number(1)?])
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

    fn places(&mut self) -> Vec<Option<Placed>> {
        let texts = self.texts("places");
        let place = |text: &String| {
            let (place, understood) = place_of(text);
            if let Err(problem) = understood {
                self.warn("places", problem);
            }
            place
        };
        texts.iter().map(place).collect()
    }

    fn warn(&mut self, key: &str, message: String) {
        let at = format!("{}[{}].{key}", self.name, self.index);
        self.problems.push(LoadProblem::Warning { at, message });
    }
}

fn channel_id(text: &str) -> Option<ChannelId> {
    let (device, number) = text.split_once('/')?;
    Some(ChannelId {
        device: device.parse().ok()?,
        number: number.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use device::{SiteId, VirtualDvrId};
    use wall::Layout;

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
        };
        WindowView {
            wall,
            tree,
            fullscreen: true,
            view: Some("夜間".to_owned()),
            touring: true,
            place: Place {
                at: Some([-1920.0, 12.5]),
                size: Some([1280.0, 800.0]),
                maximized: true,
            },
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
            .replace("0000000000000abc/12", "abc")
            .replace("@0000000000000005", "@x fill y");
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
