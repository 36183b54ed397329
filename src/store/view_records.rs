//! The `[[window]]` and `[[view]]` records of `views.toml`: one window or one named view as a table.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::str::FromStr;

use toml_edit::{Array, InlineTable, Item, Table, Value};

use super::load::LoadProblem;
use super::records::{set, set_or_remove};
use device::{ChannelId, DeviceId};
use wall::{Crop, CropError, Layout, Placed, TourPlan, TreePane, View, Wall, WindowPlace, WindowView};

/// How long the tour shows a view, in seconds; what is out of range is the nearest allowed value.
pub(super) fn seconds(number: i64) -> u32 {
    let number = number.clamp(TourPlan::SHORTEST.into(), TourPlan::LONGEST.into());
    u32::try_from(number).unwrap_or(TourPlan::SHORTEST)
}

pub(super) fn write_view(table: &mut Table, view: &View) {
    set(table, "name", view.name.as_str().into());
    set_layout(table, &view.layout);
    set(table, "places", list(view.places.iter().map(place_text)));
    set_or_remove(table, "seconds", view.seconds.map(|seconds| i64::from(seconds).into()));
}

/// Writes a layout. One that is not known here, as of a newer version, stays as long as nobody chose another.
fn set_layout(table: &mut Table, layout: &Layout) {
    let unknown = |text: &str| text.parse::<Layout>().is_err();
    let stays = table.get("layout").and_then(Item::as_str).is_some_and(unknown);
    if !(stays && *layout == Layout::default()) {
        set(table, "layout", layout.to_string().into());
    }
}

/// The text of a place: empty, or such as `7/1`, `7/1@5` (from a virtual DVR), `7/1@5 fill sub 2.5@0.25,0.75`.
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

/// Reads the text of a place. The second value is an error if a part was not understood; the rest of the text counts.
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

/// The most places that are read, so that a damaged file costs bounded memory.
const MAX_PLACES: usize = 1 << 16;

pub(super) fn write_window(table: &mut Table, window: &WindowView) {
    let wall = &window.wall;
    set_layout(table, wall.layout());
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
    set_dialogs(table, &window.dialogs);
    set(
        table,
        "closed-sites",
        list(window.tree.closed_sites.iter().map(ToString::to_string)),
    );
    set_list(
        table,
        "open-devices",
        window.tree.open_devices.iter().map(ToString::to_string),
    );
    set_list(
        table,
        "open-virtual-dvrs",
        window.tree.open_virtual_dvrs.iter().map(ToString::to_string),
    );
    set_or_remove(table, "trouble-only", window.tree.trouble_only.then(|| true.into()));
    set(table, "places", list(wall.kept_places().iter().map(place_text)));
    set(
        table,
        "known-devices",
        list(wall.known().iter().map(ToString::to_string)),
    );
}

/// Writes the sizes of dialogs. What is no size that is known here stays.
fn set_dialogs(table: &mut Table, sizes: &BTreeMap<String, [f32; 2]>) {
    let before = table.get(DIALOGS).and_then(Item::as_table_like);
    let before = before.into_iter().flat_map(toml_edit::TableLike::iter);
    let mut all: InlineTable = before
        .filter(|(_, item)| pair_of(item, SIZES).is_none())
        .filter_map(|(name, item)| Some((name, item.as_value()?.clone())))
        .collect();
    for (name, size) in sizes {
        all.insert(name, pair(*size));
    }
    set_or_remove(table, DIALOGS, (!all.is_empty()).then_some(Value::InlineTable(all)));
}

const DIALOGS: &str = "dialog-sizes";

/// A list that is written only where it has items.
fn set_list(table: &mut Table, key: &str, items: impl Iterator<Item = String>) {
    let mut items = items.peekable();
    let any = items.peek().is_some();
    set_or_remove(table, key, any.then(|| list(items)));
}

fn list(items: impl Iterator<Item = String>) -> Value {
    Value::Array(items.collect::<Array>())
}

fn pair([x, y]: [f32; 2]) -> Value {
    Value::Array([f64::from(x), f64::from(y)].into_iter().collect())
}

/// Reads the fields of one `[[window]]` or `[[view]]` record and collects what was wrong with it.
pub(super) struct RecordReader<'a> {
    pub(super) table: &'a Table,
    /// The key that the records stand under.
    pub(super) name: &'static str,
    /// The number of the record, counted from 0.
    pub(super) index: usize,
    pub(super) problems: &'a mut Vec<LoadProblem>,
}

impl RecordReader<'_> {
    pub(super) fn window(mut self) -> WindowView {
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
            open_devices: self.ids("open-devices"),
            open_virtual_dvrs: self.ids("open-virtual-dvrs"),
            trouble_only: self.flag("trouble-only").unwrap_or(false),
        };
        WindowView {
            wall,
            tree,
            fullscreen: self.flag("fullscreen").unwrap_or(false),
            view: self.table.get("view").and_then(Item::as_str).map(str::to_owned),
            touring: self.flag("touring").unwrap_or(false),
            place: WindowPlace {
                at: self.pair("at", -100_000.0..100_000.0),
                size: self.pair("size", SIZES),
                maximized: self.flag("maximized").unwrap_or(false),
            },
            dialogs: self.dialogs(),
        }
    }

    fn dialogs(&self) -> BTreeMap<String, [f32; 2]> {
        let sizes = self.table.get(DIALOGS).and_then(Item::as_table_like);
        let sizes = sizes.into_iter().flat_map(toml_edit::TableLike::iter);
        let size = |(name, item): (&str, &Item)| Some((name.to_owned(), pair_of(item, SIZES)?));
        sizes.filter_map(size).take(MAX_DIALOGS).collect()
    }

    pub(super) fn view(&mut self) -> View {
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

    fn pair(&self, key: &str, range: Range<f32>) -> Option<[f32; 2]> {
        pair_of(self.table.get(key)?, range)
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

/// The sizes of windows and dialogs that are believed, in points.
const SIZES: Range<f32> = 100.0..20_000.0;
/// The most dialogs whose sizes are read.
const MAX_DIALOGS: usize = 64;

fn pair_of(item: &Item, range: Range<f32>) -> Option<[f32; 2]> {
    let array = item.as_array()?;
    let number = |index: usize| {
        let value = array.get(index)?;
        let number = value.as_float().or(value.as_integer().map(|n| n as f64))? as f32;
        range.contains(&number).then_some(number)
    };
    Some([number(0)?, number(1)?])
}

fn channel_id(text: &str) -> Option<ChannelId> {
    let (device, number) = text.split_once('/')?;
    Some(ChannelId {
        device: device.parse().ok()?,
        number: number.parse().ok()?,
    })
}
