//! Who shares a way out, and what follows.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use device::{DeviceId, SiteId};
use reconnect::{Dial, Failure, FailureKind, Input, Limits, LinkId, Machine, Network, Output, Rank, SiteState, Stage};

/// A machine whose dials are answered by hand.
struct Bench {
    machine: Machine,
    now: Instant,
}

impl Bench {
    /// Devices with their site and address, one link each with the same number.
    fn new(devices: &[(u64, Option<&str>)]) -> Self {
        let now = Instant::now();
        let mut bench = Self {
            machine: Machine::new(1, Limits::default(), now),
            now,
        };
        for (index, (site, address)) in devices.iter().enumerate() {
            let id = u64::try_from(index).unwrap();
            let address = address.map(|text| text.parse::<IpAddr>().unwrap());
            bench.tell(Input::Device {
                id: DeviceId(id),
                site: SiteId(*site),
                address,
                recorder: id,
                revision: 1,
            });
            bench.tell(Input::Want {
                link: LinkId(id),
                device: DeviceId(id),
                rank: Rank::Visible,
            });
        }
        bench
    }

    fn tell(&mut self, input: Input) {
        self.machine.handle(input, self.now);
    }

    /// The dials of the next `span`.
    fn dials(&mut self, span: f64) -> Vec<Dial> {
        let end = self.now + Duration::from_secs_f64(span);
        let mut dials = Vec::new();
        loop {
            match self.machine.poll(self.now) {
                Output::Dial(dial) => dials.push(dial),
                Output::Sleep { until: Some(until), .. } if until <= end => self.now = until,
                Output::Sleep { .. } => break,
                Output::Abort(_) | Output::SiteChanged(_) | Output::Road(_) => {}
            }
        }
        self.now = end;
        dials
    }

    fn fail(&mut self, dial: &Dial, kind: FailureKind, address: Option<&str>) {
        let address = address.map(|text| text.parse().unwrap());
        let failure = Failure {
            kind,
            stage: Stage::Connect,
            detail: String::new(),
        };
        self.tell(Input::Failed {
            attempt: dial.attempt,
            address,
            failure,
        });
    }

    fn states(&self) -> Vec<SiteState> {
        self.machine
            .sites()
            .map(|site| self.machine.site(site).unwrap().state)
            .collect()
    }
}

#[test]
fn the_same_public_address_is_one_site_whatever_the_registry_says() {
    let mut bench = Bench::new(&[
        (1, Some("203.0.113.5")),
        (2, Some("::ffff:203.0.113.5")),
        (3, Some("203.0.113.6")),
    ]);
    let dials = bench.dials(1.0);
    assert_eq!(
        dials.len(),
        2,
        "sites 1 and 2 begin with one dial between them, site 3 with its own"
    );
    let shared = dials.iter().find(|dial| dial.device != DeviceId(2)).unwrap();
    bench.fail(shared, FailureKind::Timeout, None);
    assert_eq!(bench.states(), [SiteState::Outage, SiteState::Outage, SiteState::Up]);
    assert_eq!(
        bench.machine.site(SiteId(1)).unwrap().failed_last_minute,
        1,
        "the budget is shared"
    );
    assert_eq!(bench.machine.site(SiteId(2)).unwrap().failed_last_minute, 1);
    let failed = |site| bench.machine.site(SiteId(site)).unwrap().failed;
    assert_eq!(failed(1) + failed(2), 1, "what happened is counted once");
}

#[test]
fn private_and_loopback_addresses_are_in_use_everywhere() {
    for address in [
        "192.168.1.10",
        "10.0.0.1",
        "100.64.0.1",
        "127.0.0.1",
        "fd00::1",
        "fe80::1",
    ] {
        let mut bench = Bench::new(&[(1, Some(address)), (2, Some(address))]);
        assert_eq!(bench.dials(1.0).len(), 2, "{address}: each site begins for itself");
    }
}

#[test]
fn names_that_turn_out_to_share_an_address_become_one_site() {
    let mut bench = Bench::new(&[(1, None), (2, None)]);
    let dials = bench.dials(1.0);
    assert_eq!(dials.len(), 2);
    bench.fail(&dials[0], FailureKind::Timeout, Some("198.51.100.7"));
    bench.fail(&dials[1], FailureKind::Timeout, Some("198.51.100.7"));
    let both = bench.dials(4.0);
    assert_eq!(bench.states(), [SiteState::Outage, SiteState::Outage]);
    assert!(both.len() <= 1, "one canary for both: {both:?}");
    assert_eq!(
        bench.machine.site(SiteId(1)).unwrap().failed_last_minute,
        2,
        "what was spent stays spent"
    );
}

#[test]
fn a_device_that_moves_to_another_site_leaves_its_history_behind() {
    let mut bench = Bench::new(&[(1, Some("203.0.113.5")), (1, Some("203.0.113.6"))]);
    let dials = bench.dials(1.0);
    assert_eq!(dials.len(), 1);
    let address = Some("203.0.113.6".parse().unwrap());
    bench.tell(Input::Device {
        id: DeviceId(1),
        site: SiteId(9),
        address,
        recorder: 1,
        revision: 1,
    });
    assert_eq!(
        bench.dials(1.0).len(),
        1,
        "the new site dials for itself, the dial under way goes on"
    );
    assert_eq!(bench.machine.sites().collect::<Vec<_>>(), [SiteId(1), SiteId(9)]);
    bench.tell(Input::DeviceRemoved(DeviceId(1)));
    bench.dials(0.1);
    assert_eq!(bench.machine.sites().collect::<Vec<_>>(), [SiteId(1)]);
}

#[test]
fn an_address_learned_of_a_name_is_no_edit() {
    let mut bench = Bench::new(&[(1, None)]);
    let dial = bench.dials(1.0).remove(0);
    let address: IpAddr = "203.0.113.5".parse().unwrap();
    bench.tell(Input::Connected {
        attempt: dial.attempt,
        address,
    });
    bench.tell(Input::Playing { attempt: dial.attempt });
    bench.tell(Input::Device {
        id: DeviceId(0),
        site: SiteId(1),
        address: Some(address),
        recorder: 0,
        revision: 1,
    });
    assert_eq!(
        bench.machine.poll(bench.now),
        Output::Sleep {
            until: None,
            why: "nothing is due"
        }
    );
    bench.tell(Input::Device {
        id: DeviceId(0),
        site: SiteId(1),
        address: Some(address),
        recorder: 0,
        revision: 2,
    });
    assert_eq!(bench.machine.poll(bench.now), Output::Abort(dial.attempt));
}

#[test]
fn the_outcome_of_an_old_attempt_is_ignored() {
    let mut bench = Bench::new(&[(1, Some("192.168.1.10"))]);
    let dial = bench.dials(1.0).remove(0);
    bench.tell(Input::Device {
        id: DeviceId(0),
        site: SiteId(1),
        address: Some("192.168.1.10".parse().unwrap()),
        recorder: 0,
        revision: 2,
    });
    assert_eq!(bench.machine.poll(bench.now), Output::Abort(dial.attempt));
    let before = bench.machine.totals();
    bench.fail(&dial, FailureKind::Auth, None);
    bench.tell(Input::Playing { attempt: dial.attempt });
    assert_eq!(bench.machine.totals(), before);
    assert_eq!(bench.dials(10.0).len(), 1, "the edit is tried");
}

#[test]
fn a_thousand_dead_sites_are_dialled_within_the_budget_of_the_process() {
    let devices: Vec<_> = (0..1000).map(|site| (site, Some("192.168.1.10"))).collect();
    let mut bench = Bench::new(&devices);
    let mut made = 0;
    for _ in 0..30 {
        for dial in bench.dials(1.0) {
            made += 1;
            bench.fail(&dial, FailureKind::Timeout, None);
        }
    }
    assert_eq!(made, 12, "first looks of the first minute");
}

#[test]
fn an_outage_waits_for_what_was_on_its_way() {
    let mut bench = Bench::new(&[(1, Some("192.168.1.10")); 16]);
    let mut played = 0;
    let mut dials = Vec::new();
    while played < 3 {
        dials.extend(bench.dials(0.2));
        let dial: Dial = dials.remove(0);
        bench.tell(Input::Playing { attempt: dial.attempt });
        played += 1;
    }
    dials.extend(bench.dials(3.0));
    assert_eq!(dials.len(), 4, "the third round has four in flight");
    bench.fail(&dials[0], FailureKind::Timeout, None);
    bench.fail(&dials[1], FailureKind::Timeout, None);
    assert_eq!(bench.states(), [SiteState::Outage]);
    assert_eq!(
        bench.dials(60.0),
        [],
        "two are still half-open: the canary is the third"
    );
    bench.fail(&dials[2], FailureKind::Timeout, None);
    bench.fail(&dials[3], FailureKind::Timeout, None);
    assert_eq!(bench.dials(60.0).len(), 1);
}

#[test]
fn many_canaries_at_once_share_four_a_second() {
    let mut devices = vec![(1000, Some("10.9.9.9"))];
    devices.extend((0..40).map(|site| (site, Some("192.168.1.10"))));
    let mut bench = Bench::new(&devices);
    let mut live = None;
    for _ in 0..3_000 {
        for dial in bench.dials(0.1) {
            if dial.device == DeviceId(0) {
                bench.tell(Input::Playing { attempt: dial.attempt });
                live = Some(dial.attempt);
            } else {
                bench.fail(&dial, FailureKind::Timeout, None);
            }
        }
        if let Some(attempt) = live {
            bench.tell(Input::Media { attempt });
        }
    }
    bench.tell(Input::Network(Network::Changed));
    for second in 0..300 {
        let mut made = 0;
        for _ in 0..20 {
            for dial in bench.dials(0.05) {
                made += 1;
                bench.fail(&dial, FailureKind::Timeout, None);
            }
        }
        assert!(made <= 4, "{made} in second {second} after all were told to look");
    }
}
