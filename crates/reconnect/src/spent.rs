//! What the last minutes cost, as plain data: a program that is killed and started again goes on where it was.

use std::time::Duration;

use device::{DeviceId, SiteId};

/// What must survive a restart. Every age is counted back and every wait forward from the moment of [`crate::Machine::spent`].
/// An attempt under way is in it until it plays; attempts that played are not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Ages of the failed and pending attempts of the process in the last minute, oldest first.
    pub process: Vec<Duration>,
    /// All sites are down together, and one canary goes for all.
    pub network: Option<NetworkSpent>,
    pub sites: Vec<SiteSpent>,
    pub recorders: Vec<RecorderSpent>,
    pub devices: Vec<DeviceSpent>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteSpent {
    pub site: SiteId,
    /// Ages of its failed and pending attempts in the last minute, oldest first.
    pub failed: Vec<Duration>,
    /// Attempts since something last played there, those under way among them.
    pub in_vain: u32,
    pub outage: Option<OutageSpent>,
}

/// The canary that goes for all sites.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetworkSpent {
    /// The sites have been down together for this long.
    pub since: Duration,
    /// How far the waits have grown.
    pub step: u32,
    /// The age of the last look and the wait before the next one.
    pub last_look: Option<Duration>,
    pub next_look: Duration,
    /// Some site refused when it went down: another refusal is no news.
    pub refuses: bool,
}

/// A site that one canary probes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutageSpent {
    /// Nothing has played for this long.
    pub since: Duration,
    /// How far the canary's waits have grown.
    pub step: u32,
    /// The age of the last look and the wait before the next one.
    pub last_look: Option<Duration>,
    pub next_look: Duration,
    pub canary: Option<DeviceId>,
    /// Something answered there, but no device served.
    pub answers: bool,
}

/// The connects to one host and port that came to nothing lately.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecorderSpent {
    pub recorder: u64,
    /// Their ages, oldest first.
    pub connects: Vec<Duration>,
}

/// A device that fails by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceSpent {
    pub device: DeviceId,
    /// In a row.
    pub failures: u32,
    /// The wait before its next try.
    pub next_try: Duration,
}

impl Spent {
    /// The same, this much later. What is too old to matter falls away when the machine takes it back.
    #[must_use]
    pub fn later(mut self, elapsed: Duration) -> Self {
        let sites = self.sites.iter_mut().map(|site| &mut site.failed);
        let recorders = self.recorders.iter_mut().map(|recorder| &mut recorder.connects);
        for age in sites.chain(recorders).flatten().chain(&mut self.process) {
            *age = age.saturating_add(elapsed);
        }
        for outage in self.sites.iter_mut().filter_map(|site| site.outage.as_mut()) {
            outage.since = outage.since.saturating_add(elapsed);
            outage.last_look = outage.last_look.map(|age| age.saturating_add(elapsed));
            outage.next_look = outage.next_look.saturating_sub(elapsed);
        }
        if let Some(network) = &mut self.network {
            network.since = network.since.saturating_add(elapsed);
            network.last_look = network.last_look.map(|age| age.saturating_add(elapsed));
            network.next_look = network.next_look.saturating_sub(elapsed);
        }
        for device in &mut self.devices {
            device.next_try = device.next_try.saturating_sub(elapsed);
        }
        self
    }
}
