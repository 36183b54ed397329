//! Triangles, row by row: which pixels they cover is decided at pixel centres, so that triangles that share an edge neither
//! overlap nor leave a gap; colours and places in the texture are linear over the triangle.

use egui::Mesh;
use egui::epaint::Vertex;

use super::area::Area;
use super::canvas::{Canvas, divided_by_255, over};
use super::texture::Texture;

/// Texels and pixels of the same size whose centres are no further apart than this need no interpolation.
const ALIGNED: f32 = 0.06;

/// Paints what of `mesh` lies in `clip`. `scale`: pixels a point.
pub(super) fn paint(canvas: &mut Canvas<'_>, mesh: &Mesh, texture: &Texture, clip: Area, scale: f32) {
    let clip = clip.intersect(canvas.area());
    if clip.is_empty() {
        return;
    }
    for indices in mesh.indices.chunks_exact(3) {
        let [Some(a), Some(b), Some(c)] =
            [indices[0], indices[1], indices[2]].map(|index| mesh.vertices.get(index as usize))
        else {
            continue;
        };
        if let Some(triangle) = Triangle::new([a, b, c], texture, clip, scale) {
            triangle.paint(canvas, texture, clip);
        }
    }
}

struct Triangle {
    /// From the upper one to the lower one, in pixels.
    corners: [[f32; 2]; 3],
    red: Plane,
    green: Plane,
    blue: Plane,
    alpha: Plane,
    /// In texels.
    x: Plane,
    y: Plane,
    /// Of all corners, where they have the same.
    color: Option<[u8; 4]>,
    one_texel: bool,
}

/// A value that is linear over the screen.
#[derive(Clone, Copy)]
struct Plane {
    /// At the pixel's corner (0, 0).
    start: f32,
    right: f32,
    down: f32,
}

impl Plane {
    fn at(&self, x: f32, y: f32) -> f32 {
        self.start + self.right * x + self.down * y
    }
}

impl Triangle {
    /// `None`: nothing of it is to be seen in `clip`.
    fn new(vertices: [&Vertex; 3], texture: &Texture, clip: Area, scale: f32) -> Option<Self> {
        let mut corners = vertices.map(|vertex| [vertex.pos.x * scale, vertex.pos.y * scale]);
        let outside = |axis: usize, low: i32, high: i32| {
            corners.iter().all(|corner| corner[axis] <= low as f32)
                || corners.iter().all(|corner| corner[axis] >= high as f32)
        };
        if outside(0, clip.left, clip.right) || outside(1, clip.top, clip.bottom) {
            return None;
        }
        let [first, second, third] = corners;
        let (side, other) = (minus(second, first), minus(third, first));
        let double_area = side[0] * other[1] - side[1] * other[0];
        if !double_area.is_normal() {
            return None;
        }
        let plane = |values: [f32; 3]| {
            let (along_side, along_other) = (values[1] - values[0], values[2] - values[0]);
            let right = (along_side * other[1] - along_other * side[1]) / double_area;
            let down = (along_other * side[0] - along_side * other[0]) / double_area;
            let start = values[0] - right * first[0] - down * first[1];
            Plane { start, right, down }
        };
        let colors = vertices.map(|vertex| vertex.color.to_array());
        let channel = |index: usize| plane(colors.map(|color| f32::from(color[index])));
        let [width, height] = texture.size();
        let same_place = vertices[1].uv == vertices[0].uv && vertices[2].uv == vertices[0].uv;
        let triangle = Self {
            red: channel(0),
            green: channel(1),
            blue: channel(2),
            alpha: channel(3),
            x: plane(vertices.map(|vertex| vertex.uv.x * width)),
            y: plane(vertices.map(|vertex| vertex.uv.y * height)),
            color: (colors[1] == colors[0] && colors[2] == colors[0]).then_some(colors[0]),
            one_texel: same_place,
            corners: {
                // A shared edge is sorted alike in both of its triangles.
                corners.sort_by(|a, b| a[1].total_cmp(&b[1]).then(a[0].total_cmp(&b[0])));
                corners
            },
        };
        (triangle.color != Some([0; 4])).then_some(triangle)
    }

    fn paint(&self, canvas: &mut Canvas<'_>, texture: &Texture, clip: Area) {
        let [top, middle, bottom] = self.corners;
        let (first, last) = (
            at_or_after(top[1]).max(clip.top),
            at_or_after(bottom[1]).min(clip.bottom),
        );
        for y in first..last {
            let centre = y as f32 + 0.5;
            let long = crossing(top, bottom, centre);
            let short = if centre < middle[1] {
                crossing(top, middle, centre)
            } else {
                crossing(middle, bottom, centre)
            };
            let from = at_or_after(long.min(short)).max(clip.left);
            let to = at_or_after(long.max(short)).min(clip.right);
            if from < to {
                self.paint_row(canvas.row(y, from..to), from, centre, texture);
            }
        }
    }

    /// `from`: the column of the first pixel in `row`; `y`: the row's centre.
    fn paint_row(&self, row: &mut [u32], from: i32, y: f32, texture: &Texture) {
        let left = from as f32 + 0.5;
        if self.one_texel {
            let texel = texture.between(self.x.start.max(0.5), self.y.start.max(0.5));
            return match self.color {
                Some(color) => fill(row, tinted(texel, color)),
                None => shade(row, |index| tinted(texel, self.color_at(left + index, y))),
            };
        }
        let exact = self.is_aligned(left, y);
        let texel = |index: f32| {
            let (x, y) = (self.x.at(left + index, y), self.y.at(left + index, y));
            if exact || !texture.is_smooth() {
                texture.texel(x.floor() as i32, y.floor() as i32)
            } else {
                texture.between(x, y)
            }
        };
        match self.color {
            Some(color) => shade(row, |index| tinted(texel(index), color)),
            None => shade(row, |index| tinted(texel(index), self.color_at(left + index, y))),
        }
    }

    fn color_at(&self, x: f32, y: f32) -> [u8; 4] {
        [self.red, self.green, self.blue, self.alpha].map(|plane| (plane.at(x, y) + 0.5) as u8)
    }

    /// Whether each pixel shows exactly one texel.
    fn is_aligned(&self, x: f32, y: f32) -> bool {
        let near = |value: f32, wanted: f32| (value - wanted).abs() < 0.001;
        let centred = |plane: &Plane| (plane.at(x, y).fract() - 0.5).abs() < ALIGNED;
        near(self.x.right, 1.0)
            && near(self.x.down, 0.0)
            && near(self.y.right, 0.0)
            && near(self.y.down, 1.0)
            && centred(&self.x)
            && centred(&self.y)
    }
}

fn minus(a: [f32; 2], b: [f32; 2]) -> [f32; 2] {
    [a[0] - b[0], a[1] - b[1]]
}

/// The first pixel whose centre lies at `edge` or after it.
fn at_or_after(edge: f32) -> i32 {
    (edge - 0.5).ceil() as i32
}

/// Where the edge between two corners crosses a row.
fn crossing(upper: [f32; 2], lower: [f32; 2], y: f32) -> f32 {
    let height = lower[1] - upper[1];
    if height > 0.0 {
        upper[0] + (y - upper[1]) / height * (lower[0] - upper[0])
    } else {
        upper[0]
    }
}

#[inline]
fn tinted(texel: [u8; 4], color: [u8; 4]) -> [u8; 4] {
    if texel == [255; 4] {
        return color;
    }
    std::array::from_fn(|index| divided_by_255(u32::from(texel[index]) * u32::from(color[index])) as u8)
}

fn fill(row: &mut [u32], color: [u8; 4]) {
    let [red, green, blue, alpha] = color;
    match alpha {
        255 => row.fill(u32::from_be_bytes([0, red, green, blue])),
        _ => row.iter_mut().for_each(|pixel| *pixel = over(*pixel, color)),
    }
}

#[inline]
fn shade(row: &mut [u32], color: impl Fn(f32) -> [u8; 4]) {
    for (index, pixel) in row.iter_mut().enumerate() {
        let color = color(index as f32);
        if color != [0; 4] {
            *pixel = over(*pixel, color);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use egui::epaint::ImageDelta;
    use egui::{Color32, ColorImage, Pos2, Rect, TextureId, TextureOptions, TexturesDelta, pos2};

    use super::*;
    use crate::raster::Textures;

    const SIZE: [u32; 2] = [40, 30];

    fn textures(image: ColorImage) -> Textures {
        let mut delta = TexturesDelta::default();
        delta.push(
            TextureId::default(),
            ImageDelta::full(Arc::new(image), TextureOptions::LINEAR),
        );
        let mut textures = Textures::default();
        textures.apply(delta);
        textures
    }

    /// How a mesh looks on black.
    fn painted(mesh: &Mesh, textures: &Textures) -> ColorImage {
        let mut pixels = vec![0; 40 * 30];
        let mut canvas = Canvas::new(&mut pixels, SIZE).unwrap();
        let texture = textures.get(TextureId::default()).unwrap();
        paint(&mut canvas, mesh, texture, Area::of_size(SIZE), 1.0);
        canvas.image()
    }

    fn white() -> Textures {
        textures(ColorImage::filled([1, 1], Color32::WHITE))
    }

    #[test]
    fn triangles_that_share_edges_cover_every_pixel_exactly_once() {
        let mut random = fastrand::Rng::with_seed(7);
        for round in 0..300 {
            // A fan around any point inside of a rectangle: half transparent, so that a second coat would be seen.
            let rect = Rect::from_min_max(pos2(3.3, 2.7), pos2(36.1, 27.4));
            let centre = pos2(4.0 + random.f32() * 31.0, 3.5 + random.f32() * 23.0);
            let mut around = vec![
                rect.left_top(),
                rect.right_top(),
                rect.right_bottom(),
                rect.left_bottom(),
            ];
            around.insert(1, pos2(4.0 + random.f32() * 31.0, rect.top()));
            let mut mesh = Mesh::default();
            let color = Color32::from_rgba_premultiplied(100, 100, 100, 128);
            for corner in std::iter::once(centre).chain(around.iter().copied()) {
                mesh.colored_vertex(corner, color);
            }
            for index in 1..=5 {
                mesh.add_triangle(0, index, index % 5 + 1);
            }
            let image = painted(&mesh, &white());
            for y in 0..30 {
                for x in 0..40 {
                    let inside = rect.contains(pos2(x as f32 + 0.5, y as f32 + 0.5));
                    let wanted = if inside { 100 } else { 0 };
                    assert_eq!(image[(x, y)].r(), wanted, "round {round}, pixel {x} {y}");
                }
            }
        }
    }

    #[test]
    fn a_texture_on_whole_pixels_is_copied_as_it_is() {
        let mut image = ColorImage::filled([8, 8], Color32::BLACK);
        for (index, pixel) in image.pixels.iter_mut().enumerate() {
            *pixel = Color32::from_rgb(index as u8 * 3, 255 - index as u8, 40);
        }
        let textures = textures(image.clone());
        let mut mesh = Mesh::with_texture(TextureId::default());
        let rect = Rect::from_min_max(pos2(5.0, 6.0), pos2(13.0, 14.0));
        let whole = Rect::from_min_max(Pos2::ZERO, pos2(1.0, 1.0));
        mesh.add_rect_with_uv(rect, whole, Color32::WHITE);
        let out = painted(&mesh, &textures);
        for y in 0..8 {
            for x in 0..8 {
                assert_eq!(out[(x + 5, y + 6)], image[(x, y)]);
            }
        }
    }

    #[test]
    fn colours_run_evenly_from_corner_to_corner() {
        let mut mesh = Mesh::default();
        for (corner, value) in [
            ((0.0, 0.0), 0),
            ((40.0, 0.0), 200),
            ((0.0, 30.0), 0),
            ((40.0, 30.0), 200),
        ] {
            mesh.colored_vertex(corner.into(), Color32::from_gray(value));
        }
        mesh.add_triangle(0, 1, 2);
        mesh.add_triangle(1, 2, 3);
        let image = painted(&mesh, &white());
        for x in 0..40 {
            let wanted = (x as f32 + 0.5) * 5.0;
            for y in 0..30 {
                assert!((f32::from(image[(x, y)].r()) - wanted).abs() <= 1.0, "{x} {y}");
            }
        }
    }

    #[test]
    fn broken_meshes_paint_nothing() {
        let mut mesh = Mesh::default();
        for corner in [(f32::NAN, 1.0), (f32::INFINITY, 3.0), (5.0, -1e30), (1.0, 1.0)] {
            mesh.colored_vertex(corner.into(), Color32::WHITE);
        }
        mesh.indices = vec![0, 1, 2, 1, 2, 3, 3, 3, 3, 0, 3, 99];
        let image = painted(&mesh, &white());
        assert!(image.pixels.iter().all(|pixel| *pixel == Color32::BLACK));
    }
}
