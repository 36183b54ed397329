//! Notifications on a message bus of their own, with a desktop that answers, or does not.

use std::collections::HashMap;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use device::DeviceId;
use events::{Cause, End, EventId, EventRecord, Subject, WallTime};
use monomi::bridge::{Notification, NotificationAbout};
use monomi::desktop::Desktop;
use monomi::i18n::{Language, Words};
use monomi::ui::events::says;
use zbus::blocking::connection::Builder;

use crate::skipped;
use crate::window::rig::{cameras, engine_state};

/// Set for the test that runs on a bus of its own.
const OWN_BUS: &str = "MONOMI_TEST_OWN_BUS";

/// Runs the ignored test of this name on a message bus that nobody else uses.
fn on_a_bus_of_its_own(test: &str) {
    let program = "dbus-run-session";
    if Command::new(program).arg("--version").output().is_err() {
        return skipped::skip("a notification on the desktop", "dbus-run-session is not installed");
    }
    let output = Command::new(program)
        .arg("--")
        .arg(std::env::current_exe().expect("this program"))
        .args(["--exact", test, "--ignored", "--nocapture"])
        .env(OWN_BUS, "1")
        .output()
        .expect("dbus-run-session");
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

/// What a program asked to be shown.
#[derive(Clone, Debug, PartialEq)]
struct Shown {
    replaces: u32,
    summary: String,
    body: String,
}

/// A desktop that shows notifications, each under the next number.
struct FakeDesktop {
    shown: Arc<Mutex<Vec<Shown>>>,
    /// How long it takes to answer.
    takes: Duration,
}

#[zbus::interface(name = "org.freedesktop.Notifications")]
impl FakeDesktop {
    #[expect(clippy::too_many_arguments, reason = "as the specification has it")]
    fn notify(
        &self,
        _app_name: &str,
        replaces_id: u32,
        _app_icon: &str,
        summary: &str,
        body: &str,
        _actions: Vec<String>,
        _hints: HashMap<String, zbus::zvariant::OwnedValue>,
        _expire_timeout: i32,
    ) -> u32 {
        std::thread::sleep(self.takes);
        let mut shown = self.shown.lock().unwrap();
        shown.push(Shown {
            replaces: replaces_id,
            summary: summary.to_owned(),
            body: body.to_owned(),
        });
        if replaces_id == 0 {
            40 + shown.len() as u32
        } else {
            replaces_id
        }
    }
}

fn desktop(takes: Duration) -> (zbus::blocking::Connection, Arc<Mutex<Vec<Shown>>>) {
    let shown = Arc::<Mutex<Vec<Shown>>>::default();
    let fake = FakeDesktop {
        shown: Arc::clone(&shown),
        takes,
    };
    let connection = Builder::session()
        .and_then(|builder| builder.name("org.freedesktop.Notifications"))
        .and_then(|builder| builder.serve_at("/org/freedesktop/Notifications", fake))
        .and_then(Builder::build)
        .expect("a bus of its own");
    (connection, shown)
}

#[test]
fn a_notification_is_shown_and_replaced_by_what_is_said_of_the_same_call() {
    on_a_bus_of_its_own("desktop::inside_shown_and_replaced");
}

#[test]
fn a_desktop_that_does_not_answer_or_is_not_there_is_an_error_and_holds_up_nothing_else() {
    on_a_bus_of_its_own("desktop::inside_silent");
}

#[test]
#[ignore = "runs on a bus of its own"]
fn inside_shown_and_replaced() {
    if std::env::var_os(OWN_BUS).is_none() {
        return;
    }
    let (_bus, shown) = desktop(Duration::ZERO);
    let desktop = Desktop::default();
    let event = EventRecord {
        name: "A <b>& B".to_owned(),
        ..EventRecord::new(
            EventId(1),
            Subject::Device(DeviceId(1)),
            Cause::NoAnswer,
            WallTime(1_000),
        )
    };
    let mut registry = cameras(4);
    registry.devices[0].name.clone_from(&event.name);
    let state = Arc::new(engine_state(registry));
    let say = |call, about| {
        let told = Notification {
            call,
            about,
            state: Arc::clone(&state),
        };
        let (summary, body) = says::notification(&Words::new(Language::Ja), &told);
        desktop.say(call, &summary, &body).expect("shown");
    };
    let over = EventRecord {
        end: End::At(WallTime(721_000)),
        ..event.clone()
    };
    say(1, NotificationAbout::Begun(vec![event.clone()]));
    say(2, NotificationAbout::Begun(vec![event.clone(), event]));
    say(1, NotificationAbout::Over(vec![over]));
    let shown = shown.lock().unwrap().clone();
    let said: Vec<_> = shown
        .iter()
        .map(|shown| (shown.replaces, shown.summary.as_str(), shown.body.as_str()))
        .collect();
    assert_eq!(
        said,
        [
            (0, "A <b>& B：応答なし", "再試行を続け、復旧したらお知らせします。"),
            (
                0,
                "2 件の障害",
                "A &lt;b&gt;&amp; B：応答なし\nA &lt;b&gt;&amp; B：応答なし"
            ),
            (41, "復旧：A <b>& B", "継続時間 12 分 00 秒"),
        ]
    );
    let all = format!("{shown:?}");
    for secret in ["192.0.2.7", "://", "admin"] {
        assert!(!all.contains(secret), "{secret}");
    }
}

#[test]
#[ignore = "runs on a bus of its own"]
fn inside_silent() {
    if std::env::var_os(OWN_BUS).is_none() {
        return;
    }
    let desktop_of_ours = Desktop::default();
    assert!(
        desktop_of_ours.say(1, "a", "b").is_err(),
        "nobody shows notifications here"
    );
    let (_bus, shown) = desktop(Duration::from_secs(15));
    let begin = Instant::now();
    assert!(desktop_of_ours.say(1, "a", "b").is_err());
    assert!(begin.elapsed() >= Duration::from_secs(9), "it was given time");
    assert!(
        desktop_of_ours.say(1, "a", "b").is_err(),
        "nothing is asked of one that does not answer"
    );
    while shown.lock().unwrap().is_empty() {
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(shown.lock().unwrap().len(), 1);
}
