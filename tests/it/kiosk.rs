//! `--kiosk` as a process: it does not start without a password, is not closed by its window's frame, and ends by a signal.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{
    AtomEnum, CLIENT_MESSAGE_EVENT, ClientMessageData, ClientMessageEvent, ConnectionExt as _, EventMask, Window,
};

use crate::watch::BINARY;
use crate::xvfb::{Display, Running};

const PATIENCE: Duration = Duration::from_secs(60);

fn until(what: &str, mut fits: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !fits() {
        assert!(Instant::now() < end, "{what} did not come");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn set_password(profile: &std::path::Path) {
    let mut set = Command::new(BINARY)
        .arg("--profile")
        .arg(profile)
        .args(["settings", "set", "kiosk-password", "--stdin"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    set.stdin.take().unwrap().write_all(b"open sesame\n").unwrap();
    assert!(set.wait().unwrap().success());
}

#[test]
fn without_a_password_it_does_not_start_and_says_how_to_set_one() {
    let profile = tempfile::tempdir().unwrap();
    for (language, word) in [("en", "--kiosk needs a password"), ("ja", "終了用のパスワードが必要")] {
        let output = Command::new(BINARY)
            .arg("--profile")
            .arg(profile.path())
            .args(["--lang", language, "--kiosk"])
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(word) && said.contains("kiosk-password --stdin"), "{said}");
        assert!(output.stdout.is_empty());
    }
}

/// The window that has a title.
fn find(connection: &impl x11rb::connection::Connection, root: Window) -> Option<Window> {
    let children = connection.query_tree(root).ok()?.reply().ok()?.children;
    let titled = |window: &Window| {
        let title = connection.get_property(false, *window, AtomEnum::WM_NAME, AtomEnum::ANY, 0, 64);
        title
            .ok()
            .and_then(|title| title.reply().ok())
            .is_some_and(|title| !title.value.is_empty())
    };
    children.into_iter().find(titled)
}

#[test]
fn closing_its_window_asks_for_the_password_and_a_signal_ends_it() {
    let Some(display) = Display::start() else { return };
    let profile = tempfile::tempdir().unwrap();
    set_password(profile.path());
    let folder = profile.path().to_str().unwrap();
    let Some(blank) = display.grab() else { return };
    let mut kiosk = Running(
        display
            .monomi(&["--profile", folder, "--kiosk"])
            .spawn()
            .expect("the binary"),
    );
    until("a picture", || display.grab().is_some_and(|now| now != blank));
    let (connection, screen) = x11rb::connect(Some(&display.name)).expect("the X server");
    let root = connection.setup().roots[screen].root;
    let mut window = None;
    until("the window", || {
        window = find(&connection, root);
        window.is_some()
    });
    let window = window.expect("the window");
    let atom = |name: &[u8]| {
        let atom = connection.intern_atom(false, name).expect("a request");
        atom.reply().expect("an atom").atom
    };
    let close = ClientMessageEvent {
        response_type: CLIENT_MESSAGE_EVENT,
        format: 32,
        sequence: 0,
        window,
        type_: atom(b"WM_PROTOCOLS"),
        data: ClientMessageData::from([atom(b"WM_DELETE_WINDOW"), 0, 0, 0, 0]),
    };
    let before = display.grab();
    connection
        .send_event(false, window, EventMask::NO_EVENT, close)
        .expect("a request");
    connection.flush().expect("the X server");
    // The dialog comes, and its backdrop darkens everything.
    until("the dialog", || display.grab() != before);
    assert!(kiosk.0.try_wait().expect("its state").is_none(), "it was closed");
    let sent = Command::new("kill")
        .args(["-s", "TERM", &kiosk.0.id().to_string()])
        .status();
    assert!(sent.is_ok_and(|status| status.success()));
    let mut status = None;
    until("the end", || {
        status = kiosk.0.try_wait().expect("its state");
        status.is_some()
    });
    assert!(status.is_some_and(|status| status.success()), "{status:?}");
}
