//! A laboratory with its gauge and a profile, and who watches in it.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use super::gauge::Gauge;
use super::lab::{Lab, PORT};
use crate::watch::{BINARY, Watch, add_device};

/// Pictures a second of every device, unless a story says otherwise.
const FPS: u32 = 5;

/// A laboratory, its gauge, and a profile with all its devices: `s0-001` of site `s0`, and so on.
pub struct Story {
    lab: Arc<Mutex<Lab>>,
    pub gauge: Gauge,
    profile: tempfile::TempDir,
}

impl Story {
    pub fn build(devices: &[u32]) -> Self {
        Self::with_pictures(devices, FPS)
    }

    /// As `build`, with so many pictures a second of every device.
    pub fn with_pictures(devices: &[u32], fps: u32) -> Self {
        let story = Self::without_profile(devices, fps);
        for (site, count) in devices.iter().enumerate() {
            for number in 0..*count {
                let url = format!("rtsp://{}:{PORT}/live/1", Lab::address(site, number));
                add_device(story.profile(), &format!("s{site}"), &Self::device(site, number), &url);
            }
        }
        story
    }

    /// A laboratory in which each address of each place is a site of its own, behind the same router: `s0` with `s0-001`,
    /// `s1` with `s1-001`, and so on through all places.
    pub fn of_sites(places: &[u32], fps: u32) -> Self {
        let story = Self::without_profile(places, fps);
        let addresses = places
            .iter()
            .enumerate()
            .flat_map(|(place, count)| (0..*count).map(move |number| Lab::address(place, number)));
        for (site, address) in addresses.enumerate() {
            let url = format!("rtsp://{address}:{PORT}/live/1");
            add_device(story.profile(), &format!("s{site}"), &Self::device(site, 0), &url);
        }
        story
    }

    /// The laboratory, and a profile without devices.
    pub fn without_devices(devices: &[u32]) -> Self {
        Self::without_profile(devices, FPS)
    }

    fn without_profile(devices: &[u32], fps: u32) -> Self {
        let lab = Arc::new(Mutex::new(Lab::build(devices, fps)));
        let gauge = Gauge::start(&lab);
        Self {
            lab,
            gauge,
            profile: tempfile::tempdir().expect("a profile"),
        }
    }

    /// The name of device `number` (from 0) of `site`.
    pub fn device(site: usize, number: u32) -> String {
        format!("s{site}-{:03}", number + 1)
    }

    pub fn lab(&self) -> MutexGuard<'_, Lab> {
        self.lab.lock().expect("the laboratory")
    }

    pub fn profile(&self) -> &Path {
        self.profile.path()
    }

    pub fn watch(&self) -> Watch {
        let mut command = self.lab().on_pc(BINARY);
        command.arg("--profile").arg(self.profile());
        // A proxy of the environment is never used.
        for name in ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"] {
            command.env(name, "socks5://198.51.100.9:1080");
        }
        Watch::start(command)
    }
}
