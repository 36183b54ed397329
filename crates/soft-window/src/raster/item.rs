//! One mesh or picture that a window shows, and the areas in which two lists of them look different.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use egui::epaint::{ClippedPrimitive, Primitive, Vertex};
use egui::{Mesh, Rect};

use super::area::Area;
use super::picture::{NewestPicture, PictureCallback};

pub(super) struct Item {
    /// Nothing of it is seen outside.
    clip: Area,
    /// Where it is seen.
    pub(super) area: Area,
    /// A hash of everything but the picture: two items with the same print look the same if their pictures do.
    print: u64,
    pub(super) kind: ItemKind,
}

pub(super) enum ItemKind {
    Mesh(Mesh),
    Picture {
        newest: Arc<NewestPicture>,
        place: Area,
        part: Rect,
        /// Which of its pictures this window shows.
        painted: u64,
    },
}

impl Item {
    /// `size`: of the window in pixels; `scale`: pixels a point. `None`: nothing of it is seen.
    pub(super) fn new(primitive: ClippedPrimitive, size: [u32; 2], scale: f32) -> Option<Self> {
        let clip = Area::snapped(primitive.clip_rect, scale).intersect(Area::of_size(size));
        let mut hasher = DefaultHasher::new();
        let (area, kind) = match primitive.primitive {
            Primitive::Mesh(mesh) => {
                mesh.texture_id.hash(&mut hasher);
                mesh.indices.hash(&mut hasher);
                for vertex in &mesh.vertices {
                    let numbers = [vertex.pos.x, vertex.pos.y, vertex.uv.x, vertex.uv.y];
                    (numbers.map(f32::to_bits), vertex.color.to_array()).hash(&mut hasher);
                }
                (
                    clip.intersect(Area::touched(mesh.calc_bounds(), scale)),
                    ItemKind::Mesh(mesh),
                )
            }
            Primitive::Callback(callback) => {
                let shown = callback.callback.downcast_ref::<PictureCallback>()?.clone();
                let place = Area::snapped(callback.rect, scale);
                Arc::as_ptr(&shown.newest).hash(&mut hasher);
                [place.left, place.top, place.right, place.bottom].hash(&mut hasher);
                let part = shown.part;
                [part.left(), part.top(), part.right(), part.bottom()]
                    .map(f32::to_bits)
                    .hash(&mut hasher);
                let kind = ItemKind::Picture {
                    painted: shown.newest.taken(),
                    newest: shown.newest,
                    place,
                    part,
                };
                (clip.intersect(place), kind)
            }
        };
        [area.left, area.top, area.right, area.bottom].hash(&mut hasher);
        let print = hasher.finish();
        (!area.is_empty()).then_some(Self {
            clip,
            area,
            print,
            kind,
        })
    }

    fn looks_like(&self, other: &Self) -> bool {
        let picture = |item: &Self| match &item.kind {
            ItemKind::Mesh(_) => None,
            ItemKind::Picture { painted, .. } => Some(*painted),
        };
        self.print == other.print && picture(self) == picture(other)
    }

    /// The area in which one of the two was seen and the other is seen now.
    fn difference(&self, other: &Self, scale: f32) -> Vec<Area> {
        match (&self.kind, &other.kind) {
            (ItemKind::Mesh(old), ItemKind::Mesh(new))
                if self.clip == other.clip && old.texture_id == new.texture_id =>
            {
                let changed = changed_triangles(old, new).into_iter();
                changed
                    .map(|bounds| Area::touched(bounds, scale).intersect(self.clip))
                    .filter(|area| !area.is_empty())
                    .collect()
            }
            _ => vec![self.area, other.area],
        }
    }
}

/// The areas in which two lists of items look different: those of the items between a common beginning and a common end.
pub(super) fn differences(old: &[Item], new: &[Item], scale: f32) -> Vec<Area> {
    let (old, new) = between(old, new, Item::looks_like);
    // In between, what stayed in its place (the usual case: as many items as before) looks the same as well.
    if old.len() == new.len() {
        let changed = old.iter().zip(new).filter(|(a, b)| !a.looks_like(b));
        return Area::joined(changed.flat_map(|(a, b)| a.difference(b, scale)));
    }
    Area::joined(old.iter().chain(new).map(|item| item.area))
}

/// What lies between a common beginning and a common end.
fn between<'a, T>(old: &'a [T], new: &'a [T], alike: impl Fn(&T, &T) -> bool) -> (&'a [T], &'a [T]) {
    let alike = |(a, b): &(&T, &T)| alike(a, b);
    let beginning = old.iter().zip(new).take_while(alike).count();
    let (old, new) = (&old[beginning..], &new[beginning..]);
    let end = old.iter().rev().zip(new.iter().rev()).take_while(alike).count();
    (&old[..old.len() - end], &new[..new.len() - end])
}

/// The bounds of the triangles in which two meshes differ, in points. egui puts all that a tile shows but its picture into one
/// mesh: when the digit of a clock changes, the rest need not be painted again. Triangles that follow one another (the
/// letters of a word) share their bounds.
fn changed_triangles(old: &Mesh, new: &Mesh) -> Vec<Rect> {
    let (old, new) = (triangles(old), triangles(new));
    let (old, new) = between(&old, &new, PartialEq::eq);
    if old.len() != new.len() {
        return vec![bounds(old), bounds(new)];
    }
    let pairs: Vec<_> = old.iter().zip(new).collect();
    pairs
        .chunk_by(|(a, b), (c, d)| (a == b) == (c == d))
        .filter(|run| run.iter().any(|(a, b)| a != b))
        .map(|run| {
            let either = run.iter().flat_map(|(a, b)| [bounds(&[**a]), bounds(&[**b])]);
            either.fold(Rect::NOTHING, Rect::union)
        })
        .collect()
}

type Corners = [Vertex; 3];

fn triangles(mesh: &Mesh) -> Vec<Corners> {
    let vertex = |index: u32| mesh.vertices.get(index as usize).copied();
    let corners = mesh.indices.chunks_exact(3);
    corners
        .filter_map(|corners| Some([vertex(corners[0])?, vertex(corners[1])?, vertex(corners[2])?]))
        .collect()
}

fn bounds(triangles: &[Corners]) -> Rect {
    let mut bounds = Rect::NOTHING;
    triangles
        .iter()
        .flatten()
        .for_each(|vertex| bounds.extend_with(vertex.pos));
    bounds
}
