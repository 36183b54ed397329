//! Named views: what a wall shows, kept under a name; their order is the order of menus and of a tour.

use super::layout::Layout;
use super::name::{self, NameError};
use super::own_layout::OwnLayouts;
use super::placed::Placed;
use super::tiles::Wall;
use super::tour::TourPlan;
use device::{ChannelId, Registry, is_hidden, is_twin};

/// What a wall shows, under a name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct View {
    pub name: String,
    pub layout: Layout,
    /// As [`Wall::places`]. A channel that is not registered any more keeps its place here and stays empty on the wall.
    pub places: Vec<Option<Placed>>,
    /// How long a tour stays here, in seconds; `None`: as long as the plan says.
    pub seconds: Option<u32>,
}

/// All named views. No two names are the same, none is empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Views {
    pub tour: TourPlan,
    /// The layouts that the user made.
    pub layouts: OwnLayouts,
    list: Vec<View>,
    /// The one that was removed last and where it stood.
    removed: Option<(usize, View)>,
}

impl View {
    /// The most characters of a name.
    pub const MAX_NAME: usize = name::MAX_NAME;

    /// What `wall` shows now.
    #[must_use]
    pub fn of(name: impl Into<String>, wall: &Wall) -> Self {
        Self {
            name: name.into(),
            layout: wall.layout().clone(),
            places: wall.kept_places(),
            seconds: None,
        }
    }

    /// `wall` as this view has it, on its first page; channels that are not registered leave their tile empty.
    #[must_use]
    pub fn on(&self, wall: &Wall, registry: &Registry) -> Wall {
        let mut opened = Wall::restore(self.layout.clone(), self.places.clone(), wall.known().clone(), 0, false);
        if wall.is_awaiting() {
            opened.await_devices(registry);
        }
        opened.follow(registry);
        opened
    }

    /// Whether `wall` shows this view as it was saved, on whatever page.
    #[must_use]
    pub fn is_shown_by(&self, wall: &Wall, registry: &Registry) -> bool {
        let mine = self
            .places
            .iter()
            .copied()
            .map(|place| place.filter(|placed| exists(registry, placed.channel)));
        let theirs = wall.places().iter().copied().chain(std::iter::repeat(None));
        *wall.layout() == self.layout
            && wall.places().len() <= self.places.len()
            && mine.zip(theirs).all(|(mine, theirs)| mine == theirs)
    }

    /// How many tiles name a channel that is not registered.
    #[must_use]
    pub fn unknown(&self, registry: &Registry) -> usize {
        self.places
            .iter()
            .flatten()
            .filter(|placed| !exists(registry, placed.channel))
            .count()
    }
}

impl Views {
    /// Views as they were saved; names that are empty or taken are made good.
    #[must_use]
    pub fn restore(list: Vec<View>, tour: TourPlan) -> Self {
        let mut views = Self {
            tour,
            ..Self::default()
        };
        for view in list {
            views.add(view);
        }
        views
    }

    /// In their order.
    #[must_use]
    pub fn list(&self) -> &[View] {
        &self.list
    }

    #[must_use]
    pub fn find(&self, name: &str) -> Option<&View> {
        self.list.iter().find(|view| view.name == name.trim())
    }

    /// The name as it would be kept, if `which` (`None`: a new view) may have it.
    pub fn check_name(&self, which: Option<&str>, name: &str) -> Result<String, NameError> {
        let is_other = |view: &&View| which != Some(view.name.as_str());
        name::checked(name, |name| {
            self.list.iter().filter(is_other).any(|view| is_twin(&view.name, name))
        })
    }

    /// Puts `view` at the end, under its own name or one that differs by a number; the name it got.
    pub fn add(&mut self, mut view: View) -> String {
        let clean: String = view
            .name
            .chars()
            .filter(|c| !is_hidden(*c))
            .take(View::MAX_NAME)
            .collect();
        let clean = if clean.trim().is_empty() { "1" } else { clean.trim() };
        let numbered = (2..).map(|number| format!("{clean} ({number})"));
        let free = std::iter::once(clean.to_owned())
            .chain(numbered)
            .find(|name| self.find(name).is_none());
        view.name = free.unwrap_or_default();
        let name = view.name.clone();
        self.list.push(view);
        name
    }

    /// Makes the view of this name show what `view` shows; its place and its seconds stay. `false`: there is none.
    pub fn replace(&mut self, view: View) -> bool {
        let Some(old) = self.list.iter_mut().find(|old| old.name == view.name) else {
            return false;
        };
        *old = View {
            seconds: old.seconds,
            ..view
        };
        true
    }

    pub fn rename(&mut self, from: &str, to: &str) -> Result<(), NameError> {
        let to = self.check_name(Some(from), to)?;
        if let Some(view) = self.list.iter_mut().find(|view| view.name == from) {
            view.name = to;
        }
        Ok(())
    }

    /// Moves the view `by` places towards the end (or the front), as far as there are places.
    pub fn shift(&mut self, name: &str, by: isize) {
        let Some(from) = self.list.iter().position(|view| view.name == name) else {
            return;
        };
        let to = from.saturating_add_signed(by).min(self.list.len() - 1);
        let view = self.list.remove(from);
        self.list.insert(to, view);
    }

    /// How long a tour stays on the view; `None`: as long as the plan says.
    pub fn set_seconds(&mut self, name: &str, seconds: Option<u32>) {
        if let Some(view) = self.list.iter_mut().find(|view| view.name == name) {
            view.seconds = seconds.map(|seconds| seconds.clamp(TourPlan::SHORTEST, TourPlan::LONGEST));
        }
    }

    /// Removes the view; [`Views::undo_remove`] brings it back until another one is removed.
    pub fn remove(&mut self, name: &str) {
        if let Some(place) = self.list.iter().position(|view| view.name == name) {
            self.removed = Some((place, self.list.remove(place)));
        }
    }

    /// The name of the view that was removed last and can come back.
    #[must_use]
    pub fn removed(&self) -> Option<&str> {
        self.removed.as_ref().map(|(_, view)| view.name.as_str())
    }

    /// Brings the view that was removed last back to its place.
    pub fn undo_remove(&mut self) {
        let Some((place, view)) = self.removed.take() else {
            return;
        };
        let end = self.list.len();
        self.add(view);
        if let Some(view) = self.list.pop() {
            self.list.insert(place.min(end), view);
        }
    }
}

fn exists(registry: &Registry, channel: ChannelId) -> bool {
    registry
        .device(channel.device)
        .is_some_and(|device| (1..=device.channels.len()).contains(&usize::from(channel.number)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use device::{DeviceId, VirtualDvrId, sample};

    fn ch(device: u64, number: u16) -> Option<Placed> {
        let device = DeviceId(device);
        Some(ChannelId { device, number }.into())
    }

    fn registry(channels: usize) -> Registry {
        sample::registry(&[sample::device(1, "DVR", channels)])
    }

    fn views(names: &[&str]) -> Views {
        let view = |name: &&str| View {
            name: (*name).to_owned(),
            ..View::default()
        };
        Views::restore(names.iter().map(view).collect(), TourPlan::default())
    }

    fn names(views: &Views) -> Vec<&str> {
        views.list().iter().map(|view| view.name.as_str()).collect()
    }

    #[test]
    fn a_saved_wall_comes_back_as_it_was() {
        let registry = registry(4);
        let mut wall = Wall::default();
        wall.follow(&registry);
        wall.swap(0, 3);
        wall.put_from(VirtualDvrId(9), 1, &[ch(1, 2).unwrap().channel]);
        wall.set_crop(2, "fill main 2@0.5,0.5".parse().unwrap());
        let view = View::of("Night", &wall);
        wall.set_layout(Layout::Sixteen);
        wall.clear_all();
        assert!(!view.is_shown_by(&wall, &registry));
        let wall = view.on(&wall, &registry);
        assert_eq!((wall.layout(), wall.places()), (&view.layout, &view.places[..]));
        assert!(view.is_shown_by(&wall, &registry));
    }

    #[test]
    fn channels_that_are_not_registered_are_empty_and_counted_but_stay_in_the_view() {
        let registry = registry(2);
        let mut known = Wall::default();
        known.follow(&registry);
        let view = View {
            places: vec![ch(1, 2), ch(9, 1), ch(1, 7)],
            ..View::of("Old", &known)
        };
        let wall = view.on(&known, &registry);
        assert_eq!(wall.places(), [ch(1, 2)]);
        assert_eq!(view.unknown(&registry), 2);
        assert!(view.is_shown_by(&wall, &registry));
    }

    #[test]
    fn names_are_unique_and_clean() {
        let mut views = views(&["A", "A", "", "B\n"]);
        assert_eq!(names(&views), ["A", "A (2)", "1", "B"]);
        assert_eq!(views.rename("A", " B "), Err(NameError::Taken));
        assert_eq!(views.rename("A", "  "), Err(NameError::Empty));
        assert_eq!(views.rename("A", &"x".repeat(61)), Err(NameError::Long));
        assert_eq!(views.rename("A", "A\u{7}b"), Err(NameError::Control));
        assert_eq!(views.rename("A", " A "), Ok(()));
        assert_eq!(views.rename("A", "夜間"), Ok(()));
        assert_eq!(names(&views), ["夜間", "A (2)", "1", "B"]);
    }

    #[test]
    fn views_are_moved_within_the_list() {
        let mut views = views(&["A", "B", "C"]);
        views.shift("A", 1);
        assert_eq!(names(&views), ["B", "A", "C"]);
        views.shift("C", -9);
        assert_eq!(names(&views), ["C", "B", "A"]);
        views.shift("none", 1);
        assert_eq!(names(&views), ["C", "B", "A"]);
    }

    #[test]
    fn a_removed_view_comes_back_to_its_place() {
        let mut views = views(&["A", "B", "C"]);
        views.remove("B");
        assert_eq!((names(&views), views.removed()), (vec!["A", "C"], Some("B")));
        views.undo_remove();
        assert_eq!((names(&views), views.removed()), (vec!["A", "B", "C"], None));
        views.undo_remove();
        assert_eq!(names(&views), ["A", "B", "C"]);
    }

    #[test]
    fn replacing_keeps_the_place_and_the_seconds() {
        let mut views = views(&["A", "B"]);
        views.set_seconds("A", Some(1));
        let view = View {
            name: "A".to_owned(),
            layout: Layout::Nine,
            ..View::default()
        };
        assert!(views.replace(view));
        assert_eq!(views.list()[0].layout, Layout::Nine);
        assert_eq!(views.list()[0].seconds, Some(TourPlan::SHORTEST));
        assert!(!views.replace(View {
            name: "Z".to_owned(),
            ..View::default()
        }));
    }
}
