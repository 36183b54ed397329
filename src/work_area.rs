//! THE ROOM FOR WINDOWS: which parts of the desktop no task bar covers, as the system says it.
//!
//! Belongs to the binary: how the system is asked. Does not belong here: how large a window becomes (`wall::WindowPlace`).

use std::sync::{Arc, OnceLock};

use egui::Context;

/// Asks on a thread of its own and wakes the window with the answer.
pub fn ask(ctx: Context) -> Arc<OnceLock<Vec<[f32; 4]>>> {
    let answer = Arc::new(OnceLock::new());
    let thread = std::thread::Builder::new().name("work area".to_owned());
    let told = Arc::clone(&answer);
    let asked = thread.spawn(move || {
        let _ = told.set(free_areas().unwrap_or_default());
        ctx.request_repaint();
    });
    if let Err(error) = asked {
        tracing::debug!(%error, "the system was not asked for its work area");
        let _ = answer.set(Vec::new());
    }
    answer
}

/// By the properties of the root window: one rectangle for each monitor, as GNOME and its like say it, or one for the whole desktop
/// (Extended Window Manager Hints, `_NET_WORKAREA`). Wayland has no such thing.
#[cfg(target_os = "linux")]
fn free_areas() -> Option<Vec<[f32; 4]>> {
    use x11rb::connection::Connection as _;
    use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _};

    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let wayland = variable("WAYLAND_DISPLAY").or_else(|| variable("WAYLAND_SOCKET"));
    let display = variable("DISPLAY").filter(|display| wayland.is_none() && is_local(display))?;
    let (connection, screen) = x11rb::connect(Some(&display)).ok()?;
    let root = connection.setup().roots.get(screen)?.root;
    let read = |name: &str| -> Option<Vec<u32>> {
        let atom = connection.intern_atom(true, name.as_bytes()).ok()?.reply().ok()?.atom;
        let property = connection.get_property(false, root, atom, AtomEnum::CARDINAL, 0, 4_096);
        Some(property.ok()?.reply().ok()?.value32()?.collect())
    };
    let rectangles = |numbers: Vec<u32>| {
        let rectangles = numbers.chunks_exact(4);
        let rectangles = rectangles.map(|of| [of[0], of[1], of[2], of[3]].map(|pixels| pixels as i32 as f32));
        rectangles.collect::<Vec<_>>()
    };
    let desktop = read("_NET_CURRENT_DESKTOP").and_then(|desktops| desktops.first().copied());
    let desktop = desktop.unwrap_or(0);
    let of_monitors = read(&format!("_GTK_WORKAREAS_D{desktop}")).map(rectangles);
    of_monitors.filter(|areas| !areas.is_empty()).or_else(|| {
        let of_desktops = rectangles(read("_NET_WORKAREA")?);
        let own = of_desktops.get(desktop as usize).or(of_desktops.first());
        own.map(|area| vec![*area])
    })
}

/// Whether the display server is on this computer: no connection goes to another one for the size of a window.
#[cfg(target_os = "linux")]
fn is_local(display: &str) -> bool {
    display.starts_with(':') || display.starts_with("unix:")
}

#[cfg(windows)]
#[expect(unsafe_code, reason = "no crate here wraps the calls")]
fn free_areas() -> Option<Vec<[f32; 4]>> {
    use windows_sys::Win32::Foundation::{LPARAM, RECT};
    use windows_sys::Win32::Graphics::Gdi::{EnumDisplayMonitors, GetMonitorInfoW, HDC, HMONITOR, MONITORINFO};
    use windows_sys::core::BOOL;

    unsafe extern "system" fn note(monitor: HMONITOR, _: HDC, _: *mut RECT, areas: LPARAM) -> BOOL {
        let mut info = MONITORINFO {
            cbSize: size_of::<MONITORINFO>() as u32,
            ..MONITORINFO::default()
        };
        // SAFETY: the monitor is the one that the system just named, and the place says how large it is.
        if unsafe { GetMonitorInfoW(monitor, &raw mut info) } != 0 {
            let RECT {
                left,
                top,
                right,
                bottom,
            } = info.rcWork;
            // SAFETY: it is the list of the caller, who waits until all are named.
            let areas = unsafe { &mut *(areas as *mut Vec<[f32; 4]>) };
            areas.push([left, top, right - left, bottom - top].map(|pixels| pixels as f32));
        }
        1
    }
    let mut areas: Vec<[f32; 4]> = Vec::new();
    // SAFETY: the list lives until the call returns, which is after the last monitor.
    unsafe {
        EnumDisplayMonitors(
            std::ptr::null_mut(),
            std::ptr::null(),
            Some(note),
            &raw mut areas as LPARAM,
        );
    }
    Some(areas)
}

#[cfg(not(any(target_os = "linux", windows)))]
fn free_areas() -> Option<Vec<[f32; 4]>> {
    None
}
