//! Pictures as plain copies, for a window that OpenGL paints in software.
//!
//! egui's shader blends every pixel with what was there and multiplies it by a colour. Mesa's rasteriser computes all that for
//! a picture that is neither transparent nor tinted. A program that only fetches, drawn without blending from a texture of the
//! screen's own byte order and size, leaves it a good part less to do (docs/performance.md).

#![expect(
    unsafe_code,
    reason = "every call of OpenGL is unsafe in glow; the context is current while egui paints"
)]

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use eframe::egui_glow::{self, ShaderVersion, glow};
use egui::{PaintCallback, Rect, Shape};
use glow::HasContext as _;

use crate::bridge::Frame;

/// What all pictures of a window's OpenGL share. Cheap to clone.
#[derive(Clone, Default)]
pub struct Blit(Arc<Shared>);

#[derive(Default)]
struct Shared {
    next: AtomicU64,
    objects: Mutex<Objects>,
}

/// Lives in OpenGL; touched only while egui paints.
#[derive(Default)]
struct Objects {
    program: Option<Program>,
    textures: HashMap<u64, Texture>,
    /// Surfaces that were dropped.
    dead: Vec<u64>,
    /// Pixels in the screen's order, on their way to a texture.
    swapped: Vec<u8>,
    /// It does not work here; said once.
    failed: bool,
}

struct Program {
    program: glow::Program,
    vertices: glow::VertexArray,
    part: Option<glow::UniformLocation>,
}

struct Texture {
    texture: glow::Texture,
    size: [u32; 2],
}

/// One picture on its way to the screen, and where it stays there.
pub(super) struct Surface {
    id: u64,
    blit: Blit,
    newest: Mutex<Option<Frame>>,
}

impl Blit {
    /// Whether OpenGL is a program here that gains by this, and new enough for it.
    #[must_use]
    pub fn suits(gl: &glow::Context) -> bool {
        // SAFETY: eframe hands the context over while it is current.
        let renderer = unsafe { gl.get_parameter_string(glow::RENDERER) };
        renderer.contains("llvmpipe") && gl.version().major >= 3 && !gl.version().is_embedded
    }

    pub(super) fn surface(&self) -> Arc<Surface> {
        Arc::new(Surface {
            id: self.0.next.fetch_add(1, Ordering::Relaxed),
            blit: self.clone(),
            newest: Mutex::default(),
        })
    }
}

impl Surface {
    /// The same with `frame`, which is uploaded when it is painted next.
    pub(super) fn with(self: Arc<Self>, frame: Frame) -> Arc<Self> {
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) = Some(frame);
        self
    }

    /// Fills `rect` with the `part` of the picture (0 to 1 from the upper left).
    pub(super) fn shape(self: &Arc<Self>, rect: Rect, part: Rect) -> Shape {
        let surface = Arc::clone(self);
        let paint = move |info: egui::PaintCallbackInfo, painter: &egui_glow::Painter| {
            let area = info.viewport_in_pixels();
            let frame = surface.newest.lock().unwrap_or_else(PoisonError::into_inner).take();
            let mut objects = surface.blit.0.objects.lock().unwrap_or_else(PoisonError::into_inner);
            if objects.failed {
                return;
            }
            if let Err(error) = objects.paint(
                painter.gl(),
                surface.id,
                frame.as_ref(),
                part,
                [area.width_px, area.height_px],
            ) {
                objects.failed = true;
                tracing::error!(error, "pictures cannot be copied to the screen");
            }
        };
        Shape::Callback(PaintCallback {
            rect,
            callback: Arc::new(egui_glow::CallbackFn::new(paint)),
        })
    }
}

impl Drop for Surface {
    fn drop(&mut self) {
        let mut objects = self.blit.0.objects.lock().unwrap_or_else(PoisonError::into_inner);
        objects.dead.push(self.id);
    }
}

impl Objects {
    /// `area`: in pixels.
    fn paint(
        &mut self,
        gl: &glow::Context,
        id: u64,
        frame: Option<&Frame>,
        part: Rect,
        area: [i32; 2],
    ) -> Result<(), String> {
        for dead in self.dead.drain(..) {
            if let Some(Texture { texture, .. }) = self.textures.remove(&dead) {
                // SAFETY: nothing names this texture any more.
                unsafe { gl.delete_texture(texture) };
            }
        }
        if let Some(frame) = frame {
            self.upload(gl, id, frame)?;
        }
        let Some(Texture { texture, size }) = self.textures.get(&id) else {
            return Ok(());
        };
        if self.program.is_none() {
            self.program = Some(Program::new(gl)?);
        }
        let Some(Program {
            program,
            vertices,
            part: location,
        }) = &self.program
        else {
            return Ok(());
        };
        // SAFETY: all objects were made with this context; egui sets its own state again afterwards.
        unsafe {
            gl.disable(glow::BLEND);
            gl.use_program(Some(*program));
            gl.uniform_4_f32(location.as_ref(), part.left(), part.top(), part.width(), part.height());
            gl.bind_texture(glow::TEXTURE_2D, Some(*texture));
            // Pixel for pixel there is nothing to interpolate.
            let filter = if as_large(part, *size, area) {
                glow::NEAREST
            } else {
                glow::LINEAR
            };
            for name in [glow::TEXTURE_MIN_FILTER, glow::TEXTURE_MAG_FILTER] {
                gl.tex_parameter_i32(glow::TEXTURE_2D, name, filter.cast_signed());
            }
            gl.bind_vertex_array(Some(*vertices));
            gl.draw_arrays(glow::TRIANGLES, 0, 6);
            gl.bind_vertex_array(None);
        }
        Ok(())
    }

    fn upload(&mut self, gl: &glow::Context, id: u64, frame: &Frame) -> Result<(), String> {
        let size = [frame.width, frame.height];
        self.swapped.resize(frame.data.len(), 0);
        for (to, from) in self.swapped.chunks_exact_mut(4).zip(frame.data.chunks_exact(4)) {
            to.copy_from_slice(&[from[2], from[1], from[0], 255]);
        }
        let (width, height) = (frame.width.cast_signed(), frame.height.cast_signed());
        // SAFETY: the slice holds width × height pixels of four bytes, which `is_whole` has checked.
        unsafe {
            gl.pixel_store_i32(glow::UNPACK_ALIGNMENT, 4);
            let pixels = glow::PixelUnpackData::Slice(Some(&self.swapped));
            if let Some(known) = self.textures.get(&id)
                && known.size == size
            {
                gl.bind_texture(glow::TEXTURE_2D, Some(known.texture));
                let (format, kind) = (glow::BGRA, glow::UNSIGNED_INT_8_8_8_8_REV);
                gl.tex_sub_image_2d(glow::TEXTURE_2D, 0, 0, 0, width, height, format, kind, pixels);
                return Ok(());
            }
            if let Some(old) = self.textures.remove(&id) {
                gl.delete_texture(old.texture);
            }
            let texture = gl.create_texture()?;
            gl.bind_texture(glow::TEXTURE_2D, Some(texture));
            for (name, value) in [
                (glow::TEXTURE_WRAP_S, glow::CLAMP_TO_EDGE),
                (glow::TEXTURE_WRAP_T, glow::CLAMP_TO_EDGE),
            ] {
                gl.tex_parameter_i32(glow::TEXTURE_2D, name, value.cast_signed());
            }
            let (inside, format) = (glow::RGBA8.cast_signed(), glow::BGRA);
            let kind = glow::UNSIGNED_INT_8_8_8_8_REV;
            gl.tex_image_2d(glow::TEXTURE_2D, 0, inside, width, height, 0, format, kind, pixels);
            self.textures.insert(id, Texture { texture, size });
        }
        Ok(())
    }
}

/// Whether the whole picture is painted, one pixel of it on one pixel of the screen.
fn as_large(part: Rect, size: [u32; 2], area: [i32; 2]) -> bool {
    part == WHOLE && size.map(u32::cast_signed) == area
}

const WHOLE: Rect = Rect::from_min_max(egui::Pos2::ZERO, egui::pos2(1.0, 1.0));

/// Two triangles that fill the viewport, with the part of the picture that belongs there.
const VERTEX: &str = "
uniform vec4 u_part;
in vec2 a_at;
out vec2 v_at;
void main() {
    v_at = u_part.xy + a_at * u_part.zw;
    gl_Position = vec4(a_at.x * 2.0 - 1.0, 1.0 - a_at.y * 2.0, 0.0, 1.0);
}";

/// Nothing but the fetch: any more, and Mesa's rasteriser computes instead of copying.
const FRAGMENT: &str = "
uniform sampler2D u_picture;
in vec2 v_at;
out vec4 f_colour;
void main() {
    f_colour = texture(u_picture, v_at);
}";

const CORNERS: [f32; 12] = [0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0];

impl Program {
    fn new(gl: &glow::Context) -> Result<Self, String> {
        let version = ShaderVersion::get(gl).version_declaration();
        // SAFETY: plain making of objects; each is checked by glow or by its status.
        unsafe {
            let program = gl.create_program()?;
            for (kind, source) in [(glow::VERTEX_SHADER, VERTEX), (glow::FRAGMENT_SHADER, FRAGMENT)] {
                let shader = gl.create_shader(kind)?;
                gl.shader_source(shader, &format!("{version}\n{source}"));
                gl.compile_shader(shader);
                if !gl.get_shader_compile_status(shader) {
                    return Err(gl.get_shader_info_log(shader));
                }
                gl.attach_shader(program, shader);
                gl.delete_shader(shader);
            }
            gl.bind_attrib_location(program, 0, "a_at");
            gl.link_program(program);
            if !gl.get_program_link_status(program) {
                return Err(gl.get_program_info_log(program));
            }
            let vertices = gl.create_vertex_array()?;
            let corners = gl.create_buffer()?;
            let bytes: Vec<u8> = CORNERS.iter().flat_map(|corner| corner.to_ne_bytes()).collect();
            gl.bind_vertex_array(Some(vertices));
            gl.bind_buffer(glow::ARRAY_BUFFER, Some(corners));
            gl.buffer_data_u8_slice(glow::ARRAY_BUFFER, &bytes, glow::STATIC_DRAW);
            gl.enable_vertex_attrib_array(0);
            gl.vertex_attrib_pointer_f32(0, 2, glow::FLOAT, false, 8, 0);
            gl.bind_vertex_array(None);
            let part = gl.get_uniform_location(program, "u_part");
            Ok(Self {
                program,
                vertices,
                part,
            })
        }
    }
}
