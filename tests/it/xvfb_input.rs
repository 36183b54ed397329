//! Keys in the real window, as a keyboard would send them, and a second window beside the first.

use std::time::{Duration, Instant};

use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{
    ConnectionExt as _, InputFocus, KEY_PRESS_EVENT, KEY_RELEASE_EVENT, MOTION_NOTIFY_EVENT, MapState, Window,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;

use crate::xvfb::{Display, HEIGHT, PATIENCE, Running, WIDTH};

/// Keysyms.
const CONTROL: u32 = 0xffe3;
const SHIFT: u32 = 0xffe1;
pub const F9: u32 = 0xffc6;
pub const F11: u32 = 0xffc8;
const ALT: u32 = 0xffe9;
const DOWN: u32 = 0xff54;
const ENTER: u32 = 0xff0d;
const H: u32 = 0x68;
const N: u32 = 0x6e;
const W: u32 = 0x77;
const EQUALS: u32 = 0x3d;
const ZERO: u32 = 0x30;

/// A person at the keyboard.
pub struct Hand {
    connection: RustConnection,
    root: Window,
    /// First keycode, keysyms a keycode, all keysyms.
    keys: (u8, u8, Vec<u32>),
}

impl Hand {
    pub fn at(display: &Display) -> Self {
        let (connection, screen) = x11rb::connect(Some(&display.name)).expect("the X server");
        let setup = connection.setup();
        let (root, first) = (setup.roots[screen].root, setup.min_keycode);
        let count = setup.max_keycode - first + 1;
        let mapping = connection.get_keyboard_mapping(first, count).unwrap().reply().unwrap();
        let keys = (first, mapping.keysyms_per_keycode, mapping.keysyms);
        Self { connection, root, keys }
    }

    /// The windows that are to be seen, in the order in which they were made.
    pub fn windows(&self) -> Vec<Window> {
        let mut children = self.connection.query_tree(self.root).unwrap().reply().unwrap().children;
        children.retain(|window| {
            let attributes = self.connection.get_window_attributes(*window).unwrap().reply();
            attributes.is_ok_and(|attributes| attributes.map_state == MapState::VIEWABLE)
        });
        children.sort_unstable();
        children
    }

    /// Presses these keys on `window`, the last one last, and lets go of them.
    pub fn press(&self, window: Window, keysyms: &[u32]) {
        let focus = self
            .connection
            .set_input_focus(InputFocus::PARENT, window, x11rb::CURRENT_TIME);
        focus.unwrap().check().unwrap();
        let (first, per_code, table) = &self.keys;
        let code = |keysym: &u32| {
            let at = table.iter().position(|known| known == keysym).expect("a key");
            first + (at / usize::from(*per_code)) as u8
        };
        let send = |kind: u8, code: u8| {
            let sent = self.connection.xtest_fake_input(kind, code, 0, self.root, 0, 0, 0);
            sent.unwrap().check().unwrap();
        };
        keysyms.iter().for_each(|keysym| send(KEY_PRESS_EVENT, code(keysym)));
        keysyms
            .iter()
            .rev()
            .for_each(|keysym| send(KEY_RELEASE_EVENT, code(keysym)));
    }
}

impl Hand {
    /// Moves the pointer to this place of the screen.
    fn point(&self, x: usize, y: usize) {
        let (x, y) = (x as i16, y as i16);
        let sent = self
            .connection
            .xtest_fake_input(MOTION_NOTIFY_EVENT, 0, 0, self.root, x, y, 0);
        sent.unwrap().check().unwrap();
    }
}

/// Awaits what the window is to show.
pub fn until(what: &str, window: &mut Running, mut done: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !done() {
        assert!(
            window.0.try_wait().unwrap().is_none(),
            "the window closed by itself: {what}"
        );
        assert!(begin.elapsed() < PATIENCE, "not after {PATIENCE:?}: {what}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// How many pixels of a part of the screen are clearly coloured: pictures are, the rest of the dark theme is not.
pub fn coloured(screen: &[u8], columns: std::ops::Range<usize>, rows: std::ops::Range<usize>) -> usize {
    let pixel = |x: usize, y: usize| &screen[(y * WIDTH + x) * 3..][..3];
    let is_coloured = |rgb: &[u8]| rgb.iter().max().unwrap() - rgb.iter().min().unwrap() > 60;
    rows.map(|y| columns.clone().filter(|x| is_coloured(pixel(*x, y))).count())
        .sum()
}

#[test]
fn keys_reach_the_window_and_a_second_one_opens_and_closes() {
    let Some(display) = Display::start() else { return };
    if display.grab().is_none() {
        return;
    }
    let hand = Hand::at(&display);
    let mut monomi = Running(display.monomi(&["--demo", "--lang", "en"]).spawn().expect("the binary"));
    let tree = |screen: &[u8]| coloured(screen, 0..240, 60..HEIGHT - 60);
    let wall = |screen: &[u8]| coloured(screen, 260..WIDTH, 60..HEIGHT - 60);
    let look = || display.grab().expect("the screen");
    until("pictures on the wall and a tree beside it", &mut monomi, || {
        let screen = look();
        wall(&screen) > 300_000 && tree(&screen) < 1_000
    });
    let first = hand.windows()[0];
    hand.press(first, &[F9]);
    until("F9 gives the tree's room to the wall", &mut monomi, || {
        tree(&look()) > 50_000
    });
    hand.press(first, &[F9]);
    until("F9 brings the tree back", &mut monomi, || tree(&look()) < 1_000);

    hand.press(first, &[CONTROL, SHIFT, N]);
    until("a second window", &mut monomi, || hand.windows().len() == 2);
    // It is empty, lies on top and is painted: what was coloured is covered.
    until("the second window is painted", &mut monomi, || wall(&look()) < 150_000);
    let second = hand.windows()[1];
    hand.press(second, &[CONTROL, W]);
    until("Ctrl+W closes it", &mut monomi, || hand.windows() == [first]);
    until("the first window is whole again", &mut monomi, || {
        wall(&look()) > 300_000
    });
}

/// Left, top, right and bottom of the plate of a tile's tools, which is nearly black for at least four tools on end.
fn dark_plate(screen: &[u8], columns: std::ops::Range<usize>, mut rows: std::ops::Range<usize>) -> Option<[usize; 4]> {
    const WIDE: usize = 26 * 4;
    let is_dark = |x: usize, y: usize| screen[(y * WIDTH + x) * 3..][..3].iter().all(|value| *value < 48);
    let run = |y: usize| {
        let mut from = columns.start;
        for x in columns.clone() {
            if !is_dark(x, y) {
                from = x + 1;
            } else if x - from >= WIDE {
                return Some(from);
            }
        }
        None
    };
    // Above and below the icons the plate is dark from end to end.
    let first = rows.find(|y| (*y..y + 3).all(|y| run(y).is_some()))?;
    Some([run(first)?, first, columns.end, first + 26])
}

/// How many pixels of a part of the screen are of the yellow that marks an enlarged picture.
fn marked(screen: &[u8], columns: std::ops::Range<usize>, rows: std::ops::Range<usize>) -> usize {
    let is_mark = |x: usize, y: usize| {
        let pixel = &screen[(y * WIDTH + x) * 3..][..3];
        pixel
            .iter()
            .zip([240_u8, 190, 62])
            .all(|(is, mark)| is.abs_diff(mark) < 6)
    };
    rows.map(|y| columns.clone().filter(|x| is_mark(*x, y)).count()).sum()
}

#[test]
fn tools_and_mark_stay_on_pictures_that_are_painted_without_them() {
    let Some(display) = Display::start() else { return };
    if display.grab().is_none() {
        return;
    }
    let hand = Hand::at(&display);
    let mut monomi = Running(display.monomi(&["--demo", "--lang", "en"]).spawn().expect("the binary"));
    let look = || display.grab().expect("the screen");
    until("pictures on the wall", &mut monomi, || {
        coloured(&look(), 260..WIDTH, 60..HEIGHT - 60) > 300_000
    });
    let window = hand.windows()[0];
    let size = hand.connection.get_geometry(window).unwrap().reply().unwrap();
    // The second tile of the second row: beside the tree, below the menu bar and above the status bar.
    let (width, height) = (
        (usize::from(size.width) - 248) / 4,
        (usize::from(size.height) - 33 - 26) / 4,
    );
    let (left, top) = (248 + width, 33 + height);
    let (columns, rows) = (left + 40..left + width - 8, top + 24..top + 60);
    let plate = |screen: &[u8]| dark_plate(screen, columns.clone(), rows.clone());
    assert_eq!(plate(&look()), None, "no tools without a pointer");
    hand.point(left + width / 2, top + height / 2);
    let mut bar = None;
    until("the tools of the tile", &mut monomi, || {
        bar = plate(&look());
        bar.is_some()
    });
    let [from, first, to, end] = bar.expect("the tools");
    // On its middle the pointer rests without their going away, and nothing asks egui for a frame.
    hand.point((from + to) / 2, (first + end) / 2);
    let cut = |screen: &[u8]| -> Vec<u8> {
        let rows = first + 1..end - 1;
        let row = |y: usize| screen[(y * WIDTH + from) * 3..(y * WIDTH + to - 6) * 3].to_vec();
        rows.flat_map(row).collect()
    };
    let mut before = look();
    let (mut same, mut moved) = (0, 0);
    until(
        "pictures move under the tools, which stay as they are",
        &mut monomi,
        || {
            let now = look();
            let alike = cut(&now) == cut(&before);
            let tile = |y: usize| (y * WIDTH + left) * 3..(y * WIDTH + left + width) * 3;
            let moves = (top + 80..top + height).any(|y| now[tile(y)] != before[tile(y)]);
            (same, moved) = if alike {
                (same + 1, moved + usize::from(moves))
            } else {
                (0, 0)
            };
            before = now;
            same >= 4 && moved >= 3
        },
    );
    hand.point(WIDTH / 2, usize::from(size.height) - 5);
    until("the tools go with the pointer", &mut monomi, || {
        plate(&look()).is_none()
    });

    let mark = |screen: &[u8]| marked(screen, 250..250 + width, 55..33 + height);
    assert!(mark(&look()) < 40);
    hand.press(window, &[EQUALS]);
    hand.press(window, &[EQUALS]);
    let mut seen = 0;
    until(
        "an enlarged picture is marked in frame after frame",
        &mut monomi,
        || {
            seen = if mark(&look()) > 150 { seen + 1 } else { 0 };
            seen >= 4
        },
    );
    hand.press(window, &[ZERO]);
    until("all of the picture bears no mark", &mut monomi, || mark(&look()) < 40);
}

#[test]
fn the_help_menu_gives_the_handbook_to_the_browser_of_the_desktop() {
    use std::os::unix::fs::PermissionsExt as _;

    let Some(display) = Display::start() else { return };
    if display.grab().is_none() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let (browser, opened) = (home.path().join("xdg-open"), home.path().join("opened"));
    let script = format!(
        "#!/bin/sh\nprintf %s \"$1\" > {0}.part && mv {0}.part {0}\n",
        opened.display()
    );
    #[expect(clippy::disallowed_methods, reason = "a temporary file of the test")]
    std::fs::write(&browser, script).unwrap();
    std::fs::set_permissions(&browser, std::fs::Permissions::from_mode(0o700)).unwrap();
    let programs = std::env::var("PATH").unwrap_or_default();
    let mut monomi = display.monomi(&["--demo", "--lang", "ja"]);
    monomi
        .env("HOME", home.path())
        .env("XDG_CACHE_HOME", home.path().join("cache"))
        .env("PATH", format!("{}:{programs}", home.path().display()));
    let hand = Hand::at(&display);
    let mut monomi = Running(monomi.spawn().expect("the binary"));
    until("pictures on the wall", &mut monomi, || {
        coloured(&display.grab().expect("the screen"), 260..WIDTH, 60..HEIGHT - 60) > 300_000
    });
    // Where the menu Help hangs down, above the first line of the tree.
    let menu = || {
        let screen = display.grab().expect("the screen");
        let rows = (36..76).map(|y| screen[(y * WIDTH + 160) * 3..(y * WIDTH + 240) * 3].to_vec());
        rows.collect::<Vec<_>>()
    };
    let window = hand.windows()[0];
    let closed = menu();
    hand.press(window, &[ALT, H]);
    until("Alt+H opens the menu", &mut monomi, || menu() != closed);
    let open = menu();
    hand.press(window, &[DOWN]);
    until("the first entry is marked", &mut monomi, || menu() != open);
    hand.press(window, &[ENTER]);
    until("the handbook is handed over", &mut monomi, || opened.exists());
    let page = std::path::PathBuf::from(std::fs::read_to_string(&opened).unwrap());
    let own = page.starts_with(home.path()) && page.ends_with("monomi-handbook-ja.html");
    assert!(own, "{}", page.display());
    assert!(std::fs::read_to_string(page).unwrap().ends_with("</html>\n"));
}
