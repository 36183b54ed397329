//! The real window on a desktop whose bars take much of the screen.

use std::time::{Duration, Instant};

use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _, MapState, PropMode, Window};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use crate::xvfb::{Display, HEIGHT, PATIENCE, Running, WIDTH};

/// The desktop that says where its bars are.
struct Desktop {
    connection: RustConnection,
    root: Window,
}

impl Desktop {
    fn of(display: &Display) -> Self {
        let (connection, screen) = x11rb::connect(Some(&display.name)).expect("the X server");
        let root = connection.setup().roots[screen].root;
        Self { connection, root }
    }

    fn says(&self, name: &str, areas: &[u32]) {
        let atom = self.connection.intern_atom(false, name.as_bytes()).unwrap();
        let atom = atom.reply().unwrap().atom;
        let set = self
            .connection
            .change_property32(PropMode::REPLACE, self.root, atom, AtomEnum::CARDINAL, areas);
        set.unwrap().check().unwrap();
    }

    /// The sizes of the windows that are to be seen.
    fn sizes(&self) -> Vec<(u16, u16)> {
        let children = self.connection.query_tree(self.root).unwrap().reply().unwrap().children;
        let is_seen = |window: &Window| {
            let attributes = self.connection.get_window_attributes(*window).unwrap().reply();
            attributes.is_ok_and(|attributes| attributes.map_state == MapState::VIEWABLE)
        };
        let size = |window: Window| {
            let geometry = self.connection.get_geometry(window).unwrap().reply().ok()?;
            Some((geometry.width, geometry.height))
        };
        children.into_iter().filter(is_seen).filter_map(size).collect()
    }
}

#[test]
fn the_window_fits_into_the_work_area_that_the_desktop_names() {
    let Some(display) = Display::start() else { return };
    let desktop = Desktop::of(&display);
    let (width, height) = (WIDTH as u32, HEIGHT as u32);
    let bar = |above: u32| [0, above, width, height - above];
    // On the second of two desktops; the first one has no bar at all.
    desktop.says("_NET_CURRENT_DESKTOP", &[1]);
    desktop.says("_NET_WORKAREA", &[bar(0), bar(200)].concat());
    for (of_monitors, fitting) in [(None, (1264, 560)), (Some(bar(250)), (1264, 510))] {
        if let Some(area) = of_monitors {
            desktop.says("_GTK_WORKAREAS_D1", &area);
        }
        let mut window = Running(display.monomi(&["--demo", "--lang", "en"]).spawn().expect("the binary"));
        let begin = Instant::now();
        while !desktop.sizes().contains(&fitting) {
            assert!(window.0.try_wait().unwrap().is_none(), "the window closed by itself");
            assert!(
                begin.elapsed() < PATIENCE,
                "{fitting:?} is not of {:?}",
                desktop.sizes()
            );
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}
