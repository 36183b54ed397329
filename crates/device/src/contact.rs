//! What a device is contacted with, in one number: whether something of it was changed since it was reached last.

use super::{Carrier, Device, Paths};

impl Device {
    /// A number that changes with what a contact depends on: addresses, user, password, paths, carrier, transport. It tells none of them, and
    /// stays the same from one version of Monomi to the next (FNV-1a, 64 bits).
    #[must_use]
    pub fn contact_print(&self) -> u64 {
        let mut print = Print(0xcbf2_9ce4_8422_2325);
        print.take(&self.host.to_string());
        print.take(&self.port.to_string());
        for road in &self.roads.others {
            print.take(&road.host.to_string());
            print.take(&road.port.to_string());
        }
        print.take(&self.user);
        print.take(&self.password_revision.to_string());
        print.take(match self.carrier {
            Carrier::Rtsp => "rtsp",
            Carrier::Rtsps => "rtsps",
        });
        print.take(self.transport.as_str());
        match &self.paths {
            Paths::Brand(brand) => print.take(&brand.0),
            Paths::Own { main, sub } => {
                print.take(main.as_str());
                print.take(sub.as_ref().map_or("", |sub| sub.as_str()));
            }
            Paths::Listed(listed) => {
                for paths in listed {
                    print.take(paths.main.as_str());
                    print.take(paths.sub.as_ref().map_or("", |sub| sub.as_str()));
                }
            }
        }
        print.0
    }
}

struct Print(u64);

impl Print {
    fn take(&mut self, text: &str) {
        // A byte that no text has parts one from the next.
        for byte in text.bytes().chain([0xff]) {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Device, sample};

    #[test]
    fn it_changes_with_what_a_contact_needs_and_with_nothing_else() {
        let device = sample::device(1, "DVR", 4);
        let print = device.contact_print();
        let same = Device {
            name: "Another".to_owned(),
            enabled: false,
            ..device.clone()
        };
        assert_eq!(same.contact_print(), print);
        let others = [
            Device {
                port: device.port + 1,
                ..device.clone()
            },
            Device {
                host: "192.0.2.99".parse().unwrap(),
                ..device.clone()
            },
            Device {
                user: "viewer2".to_owned(),
                ..device.clone()
            },
            Device {
                password_revision: device.password_revision + 1,
                ..device
            },
        ];
        for other in others {
            assert_ne!(other.contact_print(), print, "{other:?}");
        }
    }
}
