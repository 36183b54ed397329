//! The network laboratory: what the real binary puts on the wire when sites drop, counted at a NAT router.
//!
//! Short cases run with the other tests; `make natlab` runs the long ones and prints the table of measured figures.

mod gauge;
mod lab;
mod long;
mod server;
mod short;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use gauge::Gauge;
use lab::Lab;

use crate::watch::{BINARY, Watch, add_device};

/// Says so and returns `true` where no laboratory can be built.
fn skipped(what: &str) -> bool {
    Lab::missing().map(|why| crate::skipped::skip(what, &why)).is_some()
}

/// A laboratory, its gauge, and a profile with all its devices: `s0-001` of site `s0`, and so on.
struct Story {
    lab: Arc<Mutex<Lab>>,
    gauge: Gauge,
    profile: tempfile::TempDir,
}

impl Story {
    fn build(devices: &[u32]) -> Self {
        let story = Self::without_devices(devices);
        for (site, count) in devices.iter().enumerate() {
            for number in 0..*count {
                let url = format!("rtsp://{}:{}/live/1", Lab::address(site, number), lab::PORT);
                add_device(
                    story.profile(),
                    &format!("s{site}"),
                    &format!("s{site}-{:03}", number + 1),
                    &url,
                );
            }
        }
        story
    }

    fn without_devices(devices: &[u32]) -> Self {
        let lab = Arc::new(Mutex::new(Lab::build(devices)));
        let gauge = Gauge::start(&lab);
        Self {
            lab,
            gauge,
            profile: tempfile::tempdir().expect("a profile"),
        }
    }

    fn lab(&self) -> MutexGuard<'_, Lab> {
        self.lab.lock().expect("the laboratory")
    }

    fn profile(&self) -> &Path {
        self.profile.path()
    }

    fn watch(&self) -> Watch {
        let mut command = self.lab().on_pc(BINARY);
        command.arg("--profile").arg(self.profile());
        // A proxy of the environment is never used.
        for name in ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"] {
            command.env(name, "socks5://198.51.100.9:1080");
        }
        Watch::start(command)
    }
}
