use super::*;
use device::sample;

fn answer(endpoint: &str) -> ProbeAnswer {
    ProbeAnswer {
        identity: Identity::new(Some(endpoint), None, None),
        ..ProbeAnswer::default()
    }
}

fn host(text: &str) -> Host {
    text.parse().unwrap()
}

/// Device 1 at 192.168.1.20, known by `a`; device 2 at 192.168.1.21, not known by anything.
fn finder(now: Instant) -> Finder {
    let mut registry = sample::registry(&[sample::device(1, "A", 1), sample::device(2, "B", 1)]);
    for (device, address) in registry.devices.iter_mut().zip(["192.168.1.20", "192.168.1.21"]) {
        device.host = host(address);
    }
    registry.devices[0].identity = answer("a").identity;
    let mut finder = Finder::new(now);
    finder.set_registry(&Arc::new(registry));
    finder
}

fn heard(finder: &mut Finder, endpoint: &str, at: &str, way: Way, now: Instant) {
    let news = FindNews::Heard(vec![(answer(endpoint), host(at), way)]);
    finder.told(FindTold { run: finder.run, news }, now);
}

fn states(finder: &mut Finder) -> Vec<FoundState> {
    finder.refresh();
    finder.shown().rows.iter().map(|row| row.state).collect()
}

fn effects(finder: &mut Finder) -> Vec<FindEffect> {
    let effects = std::iter::from_fn(|| finder.poll_effect());
    effects
        .filter(|effect| !matches!(effect, FindEffect::Changed))
        .collect()
}

#[test]
fn what_answers_is_told_from_what_is_registered() {
    let now = Instant::now();
    let mut finder = finder(now);
    let [one, other] = [finder.registry.devices[0].id, finder.registry.devices[1].id];
    heard(&mut finder, "a", "192.168.1.44", Way::Group, now);
    heard(&mut finder, "b", "192.168.1.21", Way::Group, now);
    heard(&mut finder, "c", "192.168.1.20", Way::Group, now);
    heard(&mut finder, "d", "192.0.2.9", Way::Elsewhere, now);
    let expected = [
        FoundState::Moved(one),
        FoundState::Registered(other),
        // Another device stands where the first one was.
        FoundState::New,
        FoundState::Elsewhere,
    ];
    assert_eq!(states(&mut finder), expected);
}

#[test]
fn a_device_is_known_by_what_it_says_at_its_address_when_the_find_is_over() {
    let now = Instant::now();
    let mut finder = finder(now);
    heard(&mut finder, "b", "192.168.1.21", Way::Asked, now);
    heard(&mut finder, "c", "192.168.1.20", Way::Asked, now);
    let done = FindTold {
        run: finder.run,
        news: FindNews::Done,
    };
    finder.told(done, now);
    let learnt = effects(&mut finder);
    let [FindEffect::Learn(learnt)] = learnt.as_slice() else {
        panic!()
    };
    // Nothing is learnt of the first one: what stands at its address is another device.
    assert_eq!(learnt, &[(finder.registry.devices[1].id, answer("b").identity)]);
}

#[test]
fn a_device_that_moved_is_followed_unconfirmed_or_taken_by_a_click() {
    let now = Instant::now();
    let mut finder = finder(now);
    let id = finder.registry.devices[0].id;
    finder.hello("192.168.1.44".parse().unwrap(), vec![answer("a"), answer("x")], now);
    assert_eq!(finder.moved_devices(), [id]);
    assert!(finder.moved(|_| false).is_empty());
    assert_eq!(finder.moved(|_| true).get(&id), Some(&host("192.168.1.44")));
    finder.follow(id);
    finder.take_moved(id);
    let made = effects(&mut finder);
    let [FindEffect::Relocate(by_itself), FindEffect::Relocate(by_hand)] = made.as_slice() else {
        panic!()
    };
    assert_eq!((by_itself.confirmed, by_hand.confirmed), (false, true));
    assert_eq!(
        (&by_hand.from, &by_hand.to),
        (&host("192.168.1.20"), &host("192.168.1.44"))
    );

    let mut registry = Registry::clone(&finder.registry);
    registry
        .relocate(id, &by_itself.from, by_itself.to.clone(), &by_itself.identity, true)
        .unwrap();
    assert!(registry.devices[0].unconfirmed);
    finder.set_registry(&Arc::new(registry));
    assert_eq!(finder.moved_devices(), []);
    finder.poll_effect();
    // An impostor that goes on from place to place is not followed any further.
    finder.hello("192.168.1.66".parse().unwrap(), vec![answer("a")], now);
    finder.follow(id);
    assert!(effects(&mut finder).is_empty());
    finder.places.forget(id);
    finder.look_for_moved();
    finder.take_moved(id);
    assert!(matches!(effects(&mut finder).as_slice(), [FindEffect::Confirm(_)]));
}

#[test]
fn what_an_earlier_find_tells_is_nobodys() {
    let now = Instant::now();
    let mut finder = finder(now);
    let earlier = finder.run;
    finder.cancel();
    let news = FindNews::Heard(vec![(answer("z"), host("192.168.1.99"), Way::Group)]);
    finder.told(FindTold { run: earlier, news }, now);
    assert_eq!(states(&mut finder), []);
}

#[test]
fn it_looks_by_itself_only_where_that_is_wanted() {
    let now = Instant::now();
    let finder = finder(now);
    let mut settings = Settings::default();
    assert!(!finder.is_due(&settings, now + AGAIN * 2));
    settings.find_by_itself = true;
    assert!(!finder.is_due(&settings, now));
    assert!(finder.is_due(&settings, now + FIRST));
}
