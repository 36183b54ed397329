//! What people are told of certificates: that some have changed, and that some will expire. What has one cause is one notice, with
//! each device in it once, so that thirty recorders with a new certificate are no storm.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::Certificates;
use crate::bridge::{CertificatesShown, ExpiringDevice, NoticeKind};
use device::{Certificate, CertificateOwner, DeviceId, Fingerprint, Registry};

const DAY: i64 = 86_400;
/// So many days before the end it is said, each time anew.
const WARN: [u16; 3] = [1, 7, 30];
/// How often it is looked whether one expires, in seconds.
const LOOK: i64 = 600;

/// What the screen has to do.
pub(in crate::engine) enum WatchEffect {
    /// Notices that `old` knows are untrue; this one is to be read in their place.
    Tell {
        old: Old,
        new: NoticeKind,
    },
    /// The same, where nothing has come that a person does not know: who has closed the notice does not see it again.
    Update {
        old: Old,
        new: Option<NoticeKind>,
    },
    Changed,
}

type Old = Box<dyn Fn(&NoticeKind) -> bool + Send>;

/// What is told of a group of certificates: by whom they were signed (`None`: by different ones), or within how many days they end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    Changed(Option<String>),
    Expires(u16),
}

type Members = BTreeSet<(CertificateOwner, Fingerprint)>;

#[derive(Default)]
pub(in crate::engine) struct CertificateWatch {
    registry: Arc<Registry>,
    shown: CertificatesShown,
    told: BTreeMap<Group, Members>,
    /// When it was looked whether one expires, in seconds since 1970.
    looked: Option<i64>,
    effects: VecDeque<WatchEffect>,
}

impl CertificateWatch {
    pub(in crate::engine) fn poll_effect(&mut self) -> Option<WatchEffect> {
        self.effects.pop_front()
    }

    pub(in crate::engine) fn shown(&self) -> CertificatesShown {
        self.shown.clone()
    }

    pub(in crate::engine) fn set_registry(&mut self, registry: &Arc<Registry>, now: i64) {
        self.registry = Arc::clone(registry);
        self.keep_changed(|owner, _| registry.device(owner.device).is_some());
        self.look(now);
    }

    pub(in crate::engine) fn set_certificates(&mut self, certificates: &Certificates, now: i64) {
        self.shown.known = Arc::clone(&certificates.pins);
        // Who has none remembered may show any.
        let pins = &certificates.pins;
        self.keep_changed(|owner, shown| pins.get(owner).is_some_and(|pin| pin.fingerprint != shown.fingerprint));
        self.effects.push_back(WatchEffect::Changed);
        self.look(now);
    }

    /// The remembered certificate was shown: whatever stood in between is gone.
    pub(in crate::engine) fn showed(&mut self, owner: CertificateOwner, now: i64) {
        if self.shown.changed.contains_key(&owner) {
            self.keep_changed(|other, _| *other != owner);
            self.look(now);
        }
    }

    /// Another certificate than the remembered one was shown.
    pub(in crate::engine) fn showed_other(&mut self, owner: CertificateOwner, certificate: Certificate, now: i64) {
        if self.registry.device(owner.device).is_some() && self.shown.changed.get(&owner) != Some(&certificate) {
            Arc::make_mut(&mut self.shown.changed).insert(owner, certificate);
            self.effects.push_back(WatchEffect::Changed);
            self.look(now);
        }
    }

    /// What of these a person saw and what is shown still.
    pub(in crate::engine) fn still_shown(
        &self,
        seen: &[(CertificateOwner, Fingerprint)],
    ) -> Vec<(CertificateOwner, Certificate)> {
        let shown = seen.iter().filter_map(|(owner, fingerprint)| {
            let certificate = self.shown.changed.get(owner)?;
            (certificate.fingerprint == *fingerprint).then(|| (*owner, certificate.clone()))
        });
        shown.collect()
    }

    /// Time passes; `now` in seconds since 1970.
    pub(in crate::engine) fn tick(&mut self, now: i64) {
        // A clock that was set back is looked at anew, too.
        if self.looked.is_none_or(|looked| (now - looked).abs() >= LOOK) {
            self.look(now);
        }
    }

    fn keep_changed(&mut self, stays: impl Fn(&CertificateOwner, &Certificate) -> bool) {
        if self.shown.changed.iter().any(|(owner, shown)| !stays(owner, shown)) {
            Arc::make_mut(&mut self.shown.changed).retain(|owner, shown| stays(owner, shown));
            self.effects.push_back(WatchEffect::Changed);
        }
    }

    /// Finds what is to be told, and tells what has changed of it.
    fn look(&mut self, now: i64) {
        self.looked = Some(now);
        let mut groups = self.changed_groups();
        groups.append(&mut self.expiring(now));
        let before = std::mem::take(&mut self.told);
        let all: BTreeSet<&Group> = before.keys().chain(groups.keys()).collect();
        let none = Members::new();
        for group in all {
            let (was, is) = (before.get(group).unwrap_or(&none), groups.get(group).unwrap_or(&none));
            if was == is {
                continue;
            }
            let told = group.clone();
            let old: Old = Box::new(move |kind| told.is_told_by(kind));
            let has_news = is.iter().any(|(owner, _)| !was.iter().any(|(known, _)| known == owner));
            self.effects.push_back(match self.notice(group, is) {
                Some(new) if has_news => WatchEffect::Tell { old, new },
                new => WatchEffect::Update { old, new },
            });
        }
        self.told = groups;
    }

    /// The changed certificates by who signed them. Those that nobody else signed another one of are one group together.
    fn changed_groups(&self) -> BTreeMap<Group, Members> {
        let mut by_issuer: BTreeMap<&str, Members> = BTreeMap::new();
        for (owner, certificate) in self.shown.changed.iter() {
            let of_issuer = by_issuer.entry(&certificate.issuer).or_default();
            of_issuer.insert((*owner, certificate.fingerprint));
        }
        let devices = |members: &Members| {
            members
                .iter()
                .map(|(owner, _)| owner.device)
                .collect::<BTreeSet<_>>()
                .len()
        };
        let (mut groups, mut single) = (BTreeMap::new(), Vec::new());
        for (issuer, members) in by_issuer {
            if issuer.is_empty() || devices(&members) == 1 {
                single.push((issuer, members));
            } else {
                groups.insert(Group::Changed(Some(issuer.to_owned())), members);
            }
        }
        match single.as_slice() {
            [(issuer, members)] if devices(members) == 1 => {
                groups.insert(Group::Changed(Some((*issuer).to_owned())), members.clone());
            }
            [] => {}
            _ => {
                let all = single.into_iter().flat_map(|(_, members)| members).collect();
                groups.insert(Group::Changed(None), all);
            }
        }
        groups
    }

    /// The certificates that expire, by within how many days. Many recorders have one that expired years ago: that is told of nobody
    /// but those whose end the program has seen come.
    fn expiring(&self, now: i64) -> BTreeMap<Group, Members> {
        let warned = |member: &(CertificateOwner, Fingerprint)| {
            let ends = self.told.iter().filter(|(group, _)| matches!(group, Group::Expires(_)));
            ends.into_iter().any(|(_, members)| members.contains(member))
        };
        let mut groups: BTreeMap<Group, Members> = BTreeMap::new();
        for (owner, certificate) in self.shown.known.iter() {
            let Some(left) = certificate.expires.map(|end| end.saturating_sub(now)) else {
                continue;
            };
            let member = (*owner, certificate.fingerprint);
            let days = match WARN.into_iter().find(|days| left <= i64::from(*days) * DAY) {
                Some(_) if left <= 0 => Some(0).filter(|_| warned(&member)),
                days => days,
            };
            let is_registered = self.registry.device(owner.device).is_some();
            if let Some(days) = days.filter(|_| is_registered) {
                groups.entry(Group::Expires(days)).or_default().insert(member);
            }
        }
        groups
    }

    fn notice(&self, group: &Group, members: &Members) -> Option<NoticeKind> {
        let name = |id: DeviceId| {
            let device = self.registry.device(id)?;
            Some(self.registry.label_of(device).into_owned())
        };
        if members.is_empty() {
            return None;
        }
        Some(match group {
            Group::Changed(issuer) => {
                let devices: BTreeSet<DeviceId> = members.iter().map(|(owner, _)| owner.device).collect();
                NoticeKind::CertificatesChanged {
                    issuer: issuer.clone(),
                    names: devices.into_iter().filter_map(name).collect(),
                    shown: members.iter().copied().collect(),
                }
            }
            Group::Expires(days) => {
                let mut devices: BTreeMap<DeviceId, (i64, i64, i64)> = BTreeMap::new();
                for (owner, _) in members {
                    let last = self.shown.known.get(owner).and_then(Certificate::last_day);
                    if let Some(last) = last {
                        let first = devices.entry(owner.device).or_insert(last);
                        *first = last.min(*first);
                    }
                }
                let named = devices.into_iter().filter_map(|(id, last_day)| {
                    let name = name(id)?;
                    Some(ExpiringDevice { last_day, name })
                });
                let named: BTreeSet<ExpiringDevice> = named.collect();
                NoticeKind::CertificatesExpire {
                    days: *days,
                    devices: named.into_iter().collect(),
                }
            }
        })
    }
}

impl Group {
    fn is_told_by(&self, kind: &NoticeKind) -> bool {
        match (self, kind) {
            (Self::Changed(ours), NoticeKind::CertificatesChanged { issuer, .. }) => ours == issuer,
            (Self::Expires(ours), NoticeKind::CertificatesExpire { days, .. }) => ours == days,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bridge::Notice;
    use crate::engine::screen::Notices;

    const NOW: i64 = 1_800_000_000;

    /// The watch with the notices that it makes, in simulated time.
    struct Story {
        watch: CertificateWatch,
        certificates: Certificates,
        notices: Notices,
        now: i64,
        /// How many notices were to be read.
        told: usize,
    }

    impl Story {
        fn of(devices: u64) -> Self {
            let mut registry = Registry::default();
            for id in 1..=devices {
                registry
                    .devices
                    .push(device::sample::device(id, &format!("Gate {id}"), 1));
            }
            let mut story = Self {
                watch: CertificateWatch::default(),
                certificates: Certificates::default(),
                notices: Notices::default(),
                now: NOW,
                told: 0,
            };
            story.watch.set_registry(&Arc::new(registry), NOW);
            for id in 1..=devices {
                story.pin(id, certificate(0, "Factory", NOW + 1_000 * DAY));
            }
            story.told = 0;
            story
        }

        fn pin(&mut self, id: u64, certificate: Certificate) {
            Arc::make_mut(&mut self.certificates.pins).insert(DeviceId(id).into(), certificate);
            self.watch.set_certificates(&self.certificates, self.now);
            self.settle();
        }

        fn shows(&mut self, id: u64, certificate: Certificate) {
            self.watch.showed_other(DeviceId(id).into(), certificate, self.now);
            self.settle();
        }

        fn at_day(&mut self, day: i64) {
            while self.now < NOW + day * DAY {
                self.now += 300;
                self.watch.tick(self.now);
                self.settle();
            }
        }

        fn settle(&mut self) {
            let now = std::time::Instant::now();
            while let Some(effect) = self.watch.poll_effect() {
                match effect {
                    WatchEffect::Tell { old, new } => {
                        self.told += 1;
                        self.notices.withdraw(old);
                        self.notices.add(new, now);
                    }
                    WatchEffect::Update { old, new } => self.notices.update(old, new),
                    WatchEffect::Changed => {}
                }
            }
        }

        fn kinds(&self) -> Vec<&NoticeKind> {
            self.notices.shown().iter().map(|notice| &notice.kind).collect()
        }

        /// What is said of ends: within how many days, and of whom.
        fn ends(&self) -> Vec<(u16, Vec<&str>)> {
            let ends = self.kinds().into_iter().filter_map(|kind| match kind {
                NoticeKind::CertificatesExpire { days, devices } => {
                    Some((*days, devices.iter().map(|device| device.name.as_str()).collect()))
                }
                _ => None,
            });
            ends.collect()
        }

        fn dismiss_all(&mut self) {
            let ids: Vec<u64> = self.notices.shown().iter().map(|notice: &Notice| notice.id).collect();
            ids.into_iter().for_each(|id| self.notices.dismiss(id));
        }
    }

    fn certificate(byte: u8, issuer: &str, expires: i64) -> Certificate {
        Certificate {
            fingerprint: Fingerprint([byte; 32]),
            expires: Some(expires),
            subject: String::new(),
            issuer: issuer.to_owned(),
        }
    }

    #[test]
    fn an_end_is_told_thirty_seven_and_one_day_before_and_no_more_once_it_is_renewed() {
        let mut story = Story::of(2);
        story.pin(1, certificate(1, "Factory", NOW + 40 * DAY));
        story.at_day(9);
        assert!(story.kinds().is_empty());
        story.at_day(11);
        assert_eq!(story.ends(), [(30, vec!["Gate 1"])]);
        story.dismiss_all();
        story.at_day(32);
        assert!(story.kinds().is_empty(), "who has closed it has read it");
        story.at_day(34);
        assert_eq!(story.ends(), [(7, vec!["Gate 1"])]);
        story.at_day(39);
        assert_eq!(story.ends(), [(1, vec!["Gate 1"])]);
        assert_eq!(story.told, 3);
        story.pin(1, certificate(2, "Factory", NOW + 400 * DAY));
        assert!(story.kinds().is_empty());
    }

    #[test]
    fn an_end_that_is_past_is_told_only_of_whom_it_was_seen_to_come() {
        let mut story = Story::of(2);
        story.pin(1, certificate(1, "Factory", NOW - 900 * DAY));
        story.pin(2, certificate(2, "Factory", NOW + DAY));
        assert_eq!(story.ends(), [(1, vec!["Gate 2"])]);
        story.at_day(2);
        assert_eq!(story.ends(), [(0, vec!["Gate 2"])]);
        story.dismiss_all();
        story.at_day(40);
        assert_eq!((story.told, story.kinds().len()), (2, 0));
    }

    #[test]
    fn ends_of_many_devices_are_one_notice_in_their_order_with_each_device_once() {
        let mut story = Story::of(30);
        for id in 1..=30 {
            story.pin(
                id,
                certificate(1, "Factory", NOW + 30 * DAY - i64::try_from(id).unwrap() * DAY / 4),
            );
        }
        let web = CertificateOwner::web(DeviceId(30), 443);
        Arc::make_mut(&mut story.certificates.pins).insert(web, certificate(1, "Factory", NOW + 29 * DAY));
        story.watch.set_certificates(&story.certificates, NOW);
        story.settle();
        let ends = story.ends();
        assert_eq!((ends.len(), ends[0].1.len(), ends[0].1[0]), (1, 30, "Gate 30"));
    }

    #[test]
    fn thirty_devices_with_a_new_certificate_are_one_notice_and_one_click() {
        let mut story = Story::of(30);
        for id in 1..=30 {
            story.shows(id, certificate(u8::try_from(id).unwrap(), "New CA", NOW + 1_000 * DAY));
        }
        let [NoticeKind::CertificatesChanged { issuer, names, shown }] = story.kinds()[..] else {
            panic!("{:?}", story.kinds());
        };
        assert_eq!((issuer.as_deref(), names.len(), shown.len()), (Some("New CA"), 30, 30));
        // One of them shows yet another one before the click: that one a person has not seen.
        let seen = shown.clone();
        story.shows(4, certificate(99, "Somebody", NOW));
        let trusted = story.watch.still_shown(&seen);
        assert_eq!(trusted.len(), 29);
        for (owner, certificate) in trusted {
            story.pin(owner.device.0, certificate);
        }
        let [NoticeKind::CertificatesChanged { issuer, names, .. }] = story.kinds()[..] else {
            panic!("{:?}", story.kinds());
        };
        assert_eq!(
            (issuer.as_deref(), names.as_slice()),
            (Some("Somebody"), &["Gate 4".to_owned()][..])
        );
        story.watch.showed(DeviceId(4).into(), NOW);
        story.settle();
        assert!(story.kinds().is_empty(), "the remembered one is shown again");
    }

    #[test]
    fn new_certificates_that_each_device_signed_itself_are_one_notice_without_a_common_issuer() {
        let mut story = Story::of(30);
        for id in 1..=30 {
            let own = format!("DVR {id}");
            story.shows(id, certificate(u8::try_from(id).unwrap(), &own, NOW + 1_000 * DAY));
        }
        let [
            NoticeKind::CertificatesChanged {
                issuer: None, names, ..
            },
        ] = story.kinds()[..]
        else {
            panic!("{:?}", story.kinds());
        };
        assert_eq!(names.len(), 30);
    }

    #[test]
    fn a_notice_that_was_closed_comes_back_only_with_another_device() {
        let mut story = Story::of(3);
        for id in 1..=2 {
            story.shows(id, certificate(7, "New CA", NOW));
        }
        story.dismiss_all();
        story.pin(1, certificate(7, "New CA", NOW + 1_000 * DAY));
        story.shows(2, certificate(7, "New CA", NOW));
        assert!(story.kinds().is_empty());
        story.shows(3, certificate(7, "New CA", NOW));
        assert_eq!(story.kinds().len(), 1);
        story.watch.set_registry(&Arc::default(), NOW);
        story.settle();
        assert!(story.kinds().is_empty(), "whose devices are gone");
    }
}
