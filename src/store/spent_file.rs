//! `spent.json`: what connects cost in the last minutes, so that a program that is killed and started again goes on where it was.
//! It holds no setting and is written often: where it is damaged or missing, nothing was spent.

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::{Profile, WriteError, atomic, read};
use device::{DeviceId, SiteId};
use reconnect::{DeviceSpent, Limits, NetworkSpent, OutageSpent, RecorderSpent, SiteSpent, Spent};

/// A clock that was set forward by years makes nothing older than this.
const OLDEST: Duration = Duration::from_secs(24 * 3_600);

impl Profile {
    /// What was spent, as of `now`; `None`: nothing, or a damaged file. Where the system does not give the file, as much as a minute
    /// allows. Never fails.
    #[must_use]
    pub fn load_spent(&self, now: SystemTime) -> Option<Spent> {
        let bytes = match read::file(&self.spent_path()) {
            Ok(bytes) => bytes?,
            Err(refusal) => {
                tracing::warn!(%refusal, "spent.json cannot be read: nothing is dialled for a minute");
                return Some(all_of_a_minute());
            }
        };
        let text = String::from_utf8(bytes).ok()?;
        from_text(&text, now)
    }

    /// Keeps what was spent, as of `now`. The file outlives the process; whether it outlives the computer matters not, so that
    /// no sync is waited for.
    pub fn save_spent(&self, spent: &Spent, now: SystemTime) -> Result<(), WriteError> {
        atomic::write_unsynced(&self.spent_path(), to_text(spent, now).as_bytes())
    }

    fn spent_path(&self) -> PathBuf {
        self.path().join("spent.json")
    }
}

/// As if all that the process may try in a minute had just failed.
fn all_of_a_minute() -> Spent {
    Spent {
        process: (0..Limits::CEILING_FAILED_PER_MINUTE).map(|_| Duration::ZERO).collect(),
        ..Spent::default()
    }
}

fn from_text(text: &str, now: SystemTime) -> Option<Spent> {
    let kept: Kept = serde_json::from_str(text)
        .ok()
        .filter(|kept: &Kept| kept.version == VERSION)?;
    let then = UNIX_EPOCH.checked_add(Duration::from_millis(kept.at))?;
    // Where the clock was set back, no time has passed: that is the cautious side.
    let elapsed = now.duration_since(then).unwrap_or_default().min(OLDEST);
    Some(kept.spent().later(elapsed))
}

fn to_text(spent: &Spent, now: SystemTime) -> String {
    let at = millis(now.duration_since(UNIX_EPOCH).unwrap_or_default());
    serde_json::to_string(&Kept::of(spent, at)).unwrap_or_default()
}

/// Another one is not read.
const VERSION: u32 = 1;

/// The file. All durations are in milliseconds, identities in hexadecimal digits.
#[derive(Serialize, Deserialize)]
struct Kept {
    version: u32,
    /// Since 1970, by the wall clock.
    at: u64,
    #[serde(default)]
    process: Vec<u64>,
    network: Option<KeptNetwork>,
    #[serde(default)]
    sites: Vec<KeptSite>,
    #[serde(default)]
    recorders: Vec<KeptRecorder>,
    #[serde(default)]
    devices: Vec<KeptDevice>,
}

#[derive(Serialize, Deserialize)]
struct KeptNetwork {
    since: u64,
    step: u32,
    last_look: Option<u64>,
    next_look: u64,
    refuses: bool,
}

#[derive(Serialize, Deserialize)]
struct KeptSite {
    site: String,
    failed: Vec<u64>,
    in_vain: u32,
    outage: Option<KeptOutage>,
}

#[derive(Serialize, Deserialize)]
struct KeptOutage {
    since: u64,
    step: u32,
    last_look: Option<u64>,
    next_look: u64,
    canary: Option<String>,
    answers: bool,
}

#[derive(Serialize, Deserialize)]
struct KeptRecorder {
    recorder: u64,
    connects: Vec<u64>,
}

#[derive(Serialize, Deserialize)]
struct KeptDevice {
    device: String,
    failures: u32,
    next_try: u64,
}

impl Kept {
    fn of(spent: &Spent, at: u64) -> Self {
        let network = |network: NetworkSpent| KeptNetwork {
            since: millis(network.since),
            step: network.step,
            last_look: network.last_look.map(millis),
            next_look: millis(network.next_look),
            refuses: network.refuses,
        };
        let outage = |outage: OutageSpent| KeptOutage {
            since: millis(outage.since),
            step: outage.step,
            last_look: outage.last_look.map(millis),
            next_look: millis(outage.next_look),
            canary: outage.canary.map(|id| id.to_string()),
            answers: outage.answers,
        };
        let site = |site: &SiteSpent| KeptSite {
            site: site.site.to_string(),
            failed: all_millis(&site.failed),
            in_vain: site.in_vain,
            outage: site.outage.map(outage),
        };
        let recorder = |recorder: &RecorderSpent| KeptRecorder {
            recorder: recorder.recorder,
            connects: all_millis(&recorder.connects),
        };
        let device = |device: &DeviceSpent| KeptDevice {
            device: device.device.to_string(),
            failures: device.failures,
            next_try: millis(device.next_try),
        };
        Self {
            version: VERSION,
            at,
            process: all_millis(&spent.process),
            network: spent.network.map(network),
            sites: spent.sites.iter().map(site).collect(),
            recorders: spent.recorders.iter().map(recorder).collect(),
            devices: spent.devices.iter().map(device).collect(),
        }
    }

    /// Records whose identity is none are left out.
    fn spent(self) -> Spent {
        let network = |network: KeptNetwork| NetworkSpent {
            since: Duration::from_millis(network.since),
            step: network.step,
            last_look: network.last_look.map(Duration::from_millis),
            next_look: Duration::from_millis(network.next_look),
            refuses: network.refuses,
        };
        let outage = |outage: KeptOutage| OutageSpent {
            since: Duration::from_millis(outage.since),
            step: outage.step,
            last_look: outage.last_look.map(Duration::from_millis),
            next_look: Duration::from_millis(outage.next_look),
            canary: outage.canary.and_then(|id| id.parse().ok()),
            answers: outage.answers,
        };
        let site = |site: KeptSite| {
            let id: SiteId = site.site.parse().ok()?;
            Some(SiteSpent {
                site: id,
                failed: durations(site.failed),
                in_vain: site.in_vain,
                outage: site.outage.map(outage),
            })
        };
        let recorder = |recorder: KeptRecorder| RecorderSpent {
            recorder: recorder.recorder,
            connects: durations(recorder.connects),
        };
        let device = |device: KeptDevice| {
            let id: DeviceId = device.device.parse().ok()?;
            Some(DeviceSpent {
                device: id,
                failures: device.failures,
                next_try: Duration::from_millis(device.next_try),
            })
        };
        Spent {
            process: durations(self.process),
            network: self.network.map(network),
            sites: self.sites.into_iter().filter_map(site).collect(),
            recorders: self.recorders.into_iter().map(recorder).collect(),
            devices: self.devices.into_iter().filter_map(device).collect(),
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn all_millis(durations: &[Duration]) -> Vec<u64> {
    durations.iter().copied().map(millis).collect()
}

fn durations(millis: Vec<u64>) -> Vec<Duration> {
    millis.into_iter().map(Duration::from_millis).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn spent() -> Spent {
        Spent {
            process: vec![3 * SECOND, 2 * SECOND],
            network: Some(NetworkSpent {
                since: 80 * SECOND,
                step: 2,
                last_look: Some(SECOND),
                next_look: 9 * SECOND,
                refuses: true,
            }),
            sites: vec![SiteSpent {
                site: SiteId(7),
                failed: vec![2 * SECOND],
                in_vain: 4,
                outage: Some(OutageSpent {
                    since: 90 * SECOND,
                    step: 3,
                    last_look: Some(2 * SECOND),
                    next_look: 28 * SECOND,
                    canary: Some(DeviceId(9)),
                    answers: true,
                }),
            }],
            recorders: vec![RecorderSpent {
                recorder: u64::MAX - 1,
                connects: vec![SECOND],
            }],
            devices: vec![DeviceSpent {
                device: DeviceId(9),
                failures: 2,
                next_try: 5 * SECOND,
            }],
        }
    }

    fn profile() -> (tempfile::TempDir, Profile) {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::open(Some(dir.path().into())).unwrap().without_keyring();
        (dir, profile)
    }

    #[test]
    fn what_was_kept_is_read_again_as_much_older_as_it_is() {
        let (_dir, profile) = profile();
        let then = UNIX_EPOCH + 1_000 * SECOND;
        assert_eq!(profile.load_spent(then), None);
        profile.save_spent(&spent(), then).unwrap();
        assert_eq!(profile.load_spent(then), Some(spent()));
        assert_eq!(profile.load_spent(then + 10 * SECOND), Some(spent().later(10 * SECOND)));
    }

    #[test]
    fn a_clock_that_was_set_back_or_far_forward_makes_no_time_pass_or_a_day() {
        let (_dir, profile) = profile();
        let then = UNIX_EPOCH + 1_000_000 * SECOND;
        profile.save_spent(&spent(), then).unwrap();
        assert_eq!(profile.load_spent(then - 500_000 * SECOND), Some(spent()));
        let forward = profile.load_spent(then + 1_000_000_000 * SECOND);
        assert_eq!(forward, Some(spent().later(OLDEST)));
    }

    #[test]
    fn a_damaged_file_says_that_nothing_was_spent_and_is_replaced() {
        let (dir, profile) = profile();
        let (path, now) = (dir.path().join("spent.json"), UNIX_EPOCH + 1_000 * SECOND);
        let good = to_text(&spent(), now);
        let half = &good[..good.len() / 2];
        let other_version = good.replace("\"version\":1", "\"version\":2");
        for text in [
            "",
            "{}",
            "[]",
            "\u{0}",
            half,
            &other_version,
            "{\"version\":1,\"at\":-1}",
        ] {
            atomic::write_unsynced(&path, text.as_bytes()).unwrap();
            assert_eq!(profile.load_spent(now), None, "{text}");
        }
        atomic::write_unsynced(&path, good.replace("0000000000000007", "site seven").as_bytes()).unwrap();
        let loaded = profile.load_spent(now).unwrap();
        assert_eq!((loaded.sites.len(), loaded.process.len()), (0, 2));
        profile.save_spent(&spent(), now).unwrap();
        assert_eq!(profile.load_spent(now), Some(spent()));
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_or_a_folder_in_its_place_is_not_waited_for_and_stops_dialling_for_a_minute_alone() {
        let (dir, profile) = profile();
        let (path, now) = (dir.path().join("spent.json"), UNIX_EPOCH + 1_000 * SECOND);
        crate::private::make_pipe(&path);
        let spent = profile.load_spent(now).unwrap();
        assert_eq!(spent.process.len(), 30);
        assert!(spent.process.iter().all(|age| *age == Duration::ZERO));
        // The next save takes its place.
        profile.save_spent(&Spent::default(), now).unwrap();
        assert_eq!(profile.load_spent(now), Some(Spent::default()));
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        assert_eq!(profile.load_spent(now), Some(spent));
    }

    #[cfg(unix)]
    #[test]
    fn it_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let (dir, profile) = profile();
        profile.save_spent(&spent(), SystemTime::now()).unwrap();
        let mode = std::fs::metadata(dir.path().join("spent.json"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
