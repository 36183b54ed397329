//! What a window shows, kept after it was painted: so that a new picture is painted without asking egui, and only the places
//! that look different are painted again.

use egui::Color32;
use egui::epaint::ClippedPrimitive;

use super::area::Area;
use super::canvas::Canvas;
use super::item::{Item, ItemKind, differences};
use super::texture::Textures;
use super::triangle;

/// The content of one window.
#[derive(Default)]
pub struct Scene {
    items: Vec<Item>,
    size: [u32; 2],
    scale: f32,
    ground: Color32,
}

impl Scene {
    /// Takes over what egui wants to be seen and says which areas look different now. What is under everything is `ground`.
    ///
    /// `size`: of the window in pixels; `scale`: pixels a point; `anew`: textures look different.
    pub fn set(
        &mut self,
        primitives: Vec<ClippedPrimitive>,
        size: [u32; 2],
        scale: f32,
        ground: Color32,
        anew: bool,
    ) -> Vec<Area> {
        let items: Vec<Item> = primitives
            .into_iter()
            .filter_map(|primitive| Item::new(primitive, size, scale))
            .collect();
        let other_window = self.size != size || self.scale.to_bits() != scale.to_bits() || self.ground != ground;
        let changed = if anew || other_window {
            vec![Area::of_size(size)]
        } else {
            differences(&self.items, &items, scale)
        };
        *self = Self {
            items,
            size,
            scale,
            ground,
        };
        changed
    }

    /// Takes new pictures over and says where they are seen.
    pub fn refresh(&mut self) -> Vec<Area> {
        let mut areas = Vec::new();
        for item in &mut self.items {
            if let ItemKind::Picture { newest, painted, .. } = &mut item.kind {
                let taken = newest.refresh();
                if *painted != taken {
                    *painted = taken;
                    areas.push(item.area);
                }
            }
        }
        areas
    }

    /// Width and height of the window, in pixels.
    #[must_use]
    pub fn size(&self) -> [u32; 2] {
        self.size
    }

    /// Paints everything that is seen in `area`.
    pub fn paint(&self, canvas: &mut Canvas<'_>, textures: &Textures, area: Area) {
        // What a picture hides is not painted.
        let hidden = self
            .items
            .iter()
            .rposition(|item| matches!(&item.kind, ItemKind::Picture { newest, .. } if item.area.covers(area) && newest.size().is_some()));
        if hidden.is_none() {
            canvas.fill(area, self.ground);
        }
        for item in self.items.iter().skip(hidden.unwrap_or(0)) {
            let clip = item.area.intersect(area);
            if clip.is_empty() {
                continue;
            }
            match &item.kind {
                ItemKind::Mesh(mesh) => {
                    if let Some(texture) = textures.get(mesh.texture_id) {
                        triangle::paint(canvas, mesh, texture, clip, self.scale);
                    }
                }
                ItemKind::Picture {
                    newest, place, part, ..
                } => newest.paint(canvas, *place, *part, clip),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Instant;

    use egui::epaint::{ImageDelta, Primitive};
    use egui::{ColorImage, Mesh, PaintCallback, Rect, TextureId, TextureOptions, TexturesDelta, pos2};

    use super::*;
    use crate::raster::{NewestPicture, PictureCallback};
    use frame::{Frame, FrameSlot, PixelOrder};

    const SIZE: [u32; 2] = [100, 60];

    fn textures() -> Textures {
        let mut delta = TexturesDelta::default();
        let white = ColorImage::filled([1, 1], Color32::WHITE);
        delta.push(TextureId::default(), ImageDelta::full(white, TextureOptions::LINEAR));
        let mut textures = Textures::default();
        textures.apply(delta);
        textures
    }

    fn rect(left: f32, top: f32, right: f32, bottom: f32) -> Rect {
        Rect::from_min_max(pos2(left, top), pos2(right, bottom))
    }

    fn fill(area: Rect, color: Color32) -> ClippedPrimitive {
        let mut mesh = Mesh::default();
        mesh.add_colored_rect(area, color);
        ClippedPrimitive {
            clip_rect: rect(0.0, 0.0, 100.0, 60.0),
            primitive: Primitive::Mesh(mesh),
        }
    }

    fn picture(newest: &Arc<NewestPicture>, place: Rect) -> ClippedPrimitive {
        let shown = PictureCallback {
            newest: Arc::clone(newest),
            part: rect(0.0, 0.0, 1.0, 1.0),
        };
        ClippedPrimitive {
            clip_rect: rect(0.0, 0.0, 100.0, 60.0),
            primitive: Primitive::Callback(PaintCallback {
                rect: place,
                callback: Arc::new(shown),
            }),
        }
    }

    fn publish(slot: &FrameSlot, width: u32, height: u32, value: u8) {
        slot.publish(Frame {
            width,
            height,
            data: vec![value; (width * height * 4) as usize].into(),
            order: PixelOrder::Bgrx,
            number: 1,
            at: Instant::now(),
        });
    }

    fn whole(scene: &Scene, textures: &Textures) -> ColorImage {
        let mut pixels = vec![0; 6000];
        let mut canvas = Canvas::new(&mut pixels, SIZE).unwrap();
        scene.paint(&mut canvas, textures, Area::of_size(SIZE));
        canvas.image()
    }

    #[test]
    fn a_new_picture_is_painted_alone_and_under_what_lies_on_it() {
        let (slot, textures, mut scene) = (Arc::new(FrameSlot::default()), textures(), Scene::default());
        let newest = Arc::new(NewestPicture::new(&slot));
        publish(&slot, 40, 30, 50);
        assert_eq!(newest.refresh(), 1);
        let content = vec![
            fill(rect(0.0, 0.0, 100.0, 60.0), Color32::BLUE),
            picture(&newest, rect(10.0, 10.0, 50.0, 40.0)),
            fill(rect(10.0, 10.0, 50.0, 14.0), Color32::WHITE),
        ];
        scene.set(content, SIZE, 1.0, Color32::RED, false);
        assert!(scene.refresh().is_empty(), "nothing came");
        publish(&slot, 40, 30, 90);
        let areas = scene.refresh();
        assert_eq!(
            areas,
            [Area {
                left: 10,
                top: 10,
                right: 50,
                bottom: 40
            }]
        );

        let mut pixels = vec![0; 6000];
        let mut canvas = Canvas::new(&mut pixels, SIZE).unwrap();
        scene.paint(&mut canvas, &textures, areas[0]);
        let alone = canvas.image();
        assert_eq!(alone[(12, 12)], Color32::WHITE);
        assert_eq!(alone[(12, 20)], Color32::from_gray(90));
        assert_eq!(alone[(9, 20)], Color32::BLACK, "nothing around it");
        let image = whole(&scene, &textures);
        assert_eq!(
            [image[(12, 12)], image[(12, 20)], image[(9, 20)]],
            [Color32::WHITE, alone[(12, 20)], Color32::BLUE]
        );
    }

    #[test]
    fn every_window_paints_every_picture_whoever_took_it() {
        let (slot, mut one, mut other) = (Arc::new(FrameSlot::default()), Scene::default(), Scene::default());
        let newest = Arc::new(NewestPicture::new(&slot));
        let place = rect(10.0, 10.0, 50.0, 40.0);
        let seen = [Area {
            left: 10,
            top: 10,
            right: 50,
            bottom: 40,
        }];
        let content = || vec![fill(rect(0.0, 0.0, 9.0, 9.0), Color32::BLUE), picture(&newest, place)];
        publish(&slot, 40, 30, 1);
        newest.refresh();
        one.set(content(), SIZE, 1.0, Color32::RED, false);
        other.set(content(), SIZE, 1.0, Color32::RED, false);
        publish(&slot, 40, 30, 2);
        assert_eq!((one.refresh(), other.refresh()), (seen.to_vec(), seen.to_vec()));
        assert_eq!((one.refresh(), other.refresh()), (Vec::new(), Vec::new()));
        // Taken by a pass, before its content is there.
        publish(&slot, 40, 30, 3);
        newest.refresh();
        assert_eq!(one.set(content(), SIZE, 1.0, Color32::RED, false), seen);
        assert_eq!(other.refresh(), seen);
    }

    #[test]
    fn only_what_changed_is_painted_again_and_then_all_of_it_is_right() {
        let textures = textures();
        let mut random = fastrand::Rng::with_seed(11);
        let mut items: Vec<ClippedPrimitive> = Vec::new();
        let (mut scene, mut kept) = (Scene::default(), vec![0; 6000]);
        for step in 0..400 {
            match random.u8(0..6) {
                0 if !items.is_empty() => drop(items.remove(random.usize(..items.len()))),
                1 if !items.is_empty() => {
                    let at = random.usize(..items.len());
                    items[at] = random_fill(&mut random);
                }
                // egui puts all shapes of one clip rectangle into one mesh.
                2 | 3 if !items.is_empty() => {
                    let at = random.usize(..items.len());
                    edit(&mut items[at], &mut random);
                }
                _ => items.insert(random.usize(..=items.len()), random_fill(&mut random)),
            }
            let changed = scene.set(items.clone(), SIZE, 1.0, Color32::RED, false);
            let mut canvas = Canvas::new(&mut kept, SIZE).unwrap();
            for area in changed {
                scene.paint(&mut canvas, &textures, area);
            }
            assert_eq!(canvas.image().pixels, whole(&scene, &textures).pixels, "step {step}");
        }
    }

    fn random_fill(random: &mut fastrand::Rng) -> ClippedPrimitive {
        let (x, y) = (random.f32() * 90.0, random.f32() * 50.0);
        let area = rect(x, y, x + random.f32() * 30.0, y + random.f32() * 20.0);
        let color = Color32::from_rgba_unmultiplied(random.u8(..), random.u8(..), random.u8(..), random.u8(1..));
        fill(area, color)
    }

    /// Adds a shape to a mesh, or changes or removes one of its shapes.
    fn edit(item: &mut ClippedPrimitive, random: &mut fastrand::Rng) {
        let Primitive::Mesh(mesh) = &mut item.primitive else {
            return;
        };
        let Primitive::Mesh(shape) = random_fill(random).primitive else {
            return;
        };
        let mut shapes: Vec<Vec<_>> = mesh.vertices.chunks(4).map(<[_]>::to_vec).collect();
        match random.u8(0..3) {
            0 if shapes.len() > 1 => drop(shapes.remove(random.usize(..shapes.len()))),
            1 => {
                let at = random.usize(..shapes.len());
                shapes[at] = shape.vertices;
            }
            _ => shapes.insert(random.usize(..=shapes.len()), shape.vertices),
        }
        *mesh = Mesh::default();
        for vertices in shapes {
            mesh.append(Mesh {
                indices: shape.indices.clone(),
                vertices,
                ..Mesh::default()
            });
        }
    }

    #[test]
    fn of_a_mesh_only_the_triangles_that_changed_are_painted_again() {
        let content = |width: f32| {
            let mut mesh = Mesh::default();
            mesh.add_colored_rect(rect(0.0, 0.0, 100.0, 60.0), Color32::BLUE);
            mesh.add_colored_rect(rect(10.0, 10.0, 10.0 + width, 20.0), Color32::WHITE);
            mesh.add_colored_rect(rect(60.0, 10.0, 70.0, 20.0), Color32::WHITE);
            mesh.add_colored_rect(rect(40.0, 40.0, 40.0 + width, 50.0), Color32::WHITE);
            vec![ClippedPrimitive {
                clip_rect: rect(0.0, 0.0, 100.0, 45.0),
                primitive: Primitive::Mesh(mesh),
            }]
        };
        let mut scene = Scene::default();
        scene.set(content(8.0), SIZE, 1.0, Color32::RED, false);
        let [first, second] = [(10, 10, 20), (40, 40, 45)].map(|(left, top, bottom)| Area {
            left,
            top,
            right: left + 12,
            bottom,
        });
        assert_eq!(
            scene.set(content(12.0), SIZE, 1.0, Color32::RED, false),
            [first, second]
        );
    }

    #[test]
    fn another_size_ground_or_texture_is_another_window() {
        let mut scene = Scene::default();
        let all = [Area::of_size(SIZE)];
        let content = || vec![fill(rect(1.0, 1.0, 5.0, 5.0), Color32::BLUE)];
        assert_eq!(scene.set(content(), SIZE, 1.0, Color32::RED, false), all);
        assert!(scene.set(content(), SIZE, 1.0, Color32::RED, false).is_empty());
        assert_eq!(scene.set(content(), SIZE, 1.0, Color32::BLACK, false), all);
        assert_eq!(scene.set(content(), SIZE, 1.0, Color32::BLACK, true), all);
        assert_eq!(scene.set(content(), SIZE, 2.0, Color32::BLACK, false), all);
        let smaller = [50, 60];
        assert_eq!(
            scene.set(content(), smaller, 2.0, Color32::BLACK, false),
            [Area::of_size(smaller)]
        );
    }
}
