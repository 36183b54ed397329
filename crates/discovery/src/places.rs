//! Where registered devices were heard of, and so which of them have moved.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use device::{DeviceId, Host};

/// The most addresses of one device that are remembered.
const MOST: usize = 8;

/// A device that was heard of at the registered address so lately as well has not moved: it has two interfaces.
const TOGETHER: Duration = Duration::from_secs(10 * 60);

/// Where each registered device was heard of, and when.
#[derive(Clone, Debug, Default)]
pub struct Places(HashMap<DeviceId, Vec<(Host, Instant)>>);

impl Places {
    /// A device was heard of here.
    pub fn note(&mut self, device: DeviceId, host: Host, now: Instant) {
        let places = self.0.entry(device).or_default();
        places.retain(|(known, _)| *known != host);
        places.push((host, now));
        if places.len() > MOST {
            places.remove(0);
        }
    }

    /// Where the device is now, if that is not where it is registered.
    #[must_use]
    pub fn moved(&self, device: DeviceId, registered: &Host) -> Option<&Host> {
        // A name leads to wherever the device is.
        if matches!(registered, Host::Name(_)) {
            return None;
        }
        let places = self.0.get(&device)?;
        let (last, when) = places.iter().rev().find(|(host, _)| host != registered)?;
        let here = places.iter().find(|(host, _)| host == registered);
        let is_here_too = here.is_some_and(|(_, here)| *here + TOGETHER >= *when);
        (!is_here_too).then_some(last)
    }

    /// Forgets devices that are registered no more.
    pub fn retain(&mut self, is_registered: impl Fn(DeviceId) -> bool) {
        self.0.retain(|device, _| is_registered(*device));
    }

    /// Forgets where a device was: it is registered at another address now.
    pub fn forget(&mut self, device: DeviceId) {
        self.0.remove(&device);
    }

    /// The devices that were heard of.
    pub fn devices(&self) -> impl Iterator<Item = DeviceId> + '_ {
        self.0.keys().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(text: &str) -> Host {
        text.parse().unwrap()
    }

    #[test]
    fn a_device_has_moved_when_it_is_heard_of_elsewhere_and_no_more_where_it_was() {
        let (now, id) = (Instant::now(), DeviceId(7));
        let (old, new) = (host("192.168.1.20"), host("192.168.1.44"));
        let mut places = Places::default();
        assert_eq!(places.moved(id, &old), None);
        places.note(id, old.clone(), now);
        assert_eq!(places.moved(id, &old), None);
        places.note(id, new.clone(), now + Duration::from_secs(3_600));
        assert_eq!(places.moved(id, &old), Some(&new));
        assert_eq!(places.moved(id, &new), None);
        assert_eq!(places.moved(id, &host("dvr.example.jp")), None);
        places.forget(id);
        assert_eq!(places.moved(id, &old), None);
    }

    #[test]
    fn a_recorder_with_two_interfaces_has_not_moved_in_whichever_order_it_answers() {
        let (now, id) = (Instant::now(), DeviceId(7));
        let (one, other) = (host("192.168.1.20"), host("10.0.0.20"));
        for (first, second) in [(&one, &other), (&other, &one)] {
            let mut places = Places::default();
            places.note(id, first.clone(), now);
            places.note(id, second.clone(), now + Duration::from_secs(2));
            assert_eq!((places.moved(id, &one), places.moved(id, &other)), (None, None));
        }
    }

    #[test]
    fn many_addresses_of_one_device_are_bounded() {
        let now = Instant::now();
        let mut places = Places::default();
        for number in 0..200 {
            places.note(DeviceId(1), host(&format!("10.0.0.{number}")), now);
        }
        assert_eq!(places.0[&DeviceId(1)].len(), MOST);
        places.retain(|_| false);
        assert_eq!(places.devices().count(), 0);
    }
}
