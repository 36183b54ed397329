//! PIXELS WITHOUT A GPU: paints egui's meshes and the pictures of streams with the CPU, and only where something changed.
//!
//! Belongs here: coverage, blending, textures, copying and scaling of pictures, and what of a window has to be painted again.
//! Does not belong here: windows and their events (`shell`), what a window shows and how a picture is decoded (the program).
//!
//! egui is made for GPUs, which paint every pixel anew in every frame. A software OpenGL does the same at a high price: for 16
//! pictures it took 25 % of a core and 90 MiB. Here a new picture is one copy into the window's memory.

mod area;
mod canvas;
mod item;
mod picture;
mod scene;
mod texture;
mod triangle;

pub use area::Area;
pub use canvas::Canvas;
pub use picture::{NewestPicture, PictureCallback, is_whole};
pub use scene::Scene;
pub use texture::Textures;
