//! The whole window on the real engine, at a recorder of many channels that takes as many connects as the governor makes: every tile
//! has its first picture before any tile asks for a better stream.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use device::{Channel, DeviceId, Paths, StreamKind};
use egui_kittest::Harness;
use monomi::app::{MonomiApp, WindowOptions};
use monomi::bridge::{Command, TileState};
use monomi::i18n::Language;

use super::rig::{EngineRig, edit_of};
use crate::fake_dvr::{FakeDvr, Script};

/// The slowest story, on a computer that does much else.
const LONG: Duration = Duration::from_secs(150);

const SMALL: [f32; 2] = [800.0, 500.0];
const LARGE: [f32; 2] = [1920.0, 1080.0];

/// A window, its engine and the recorder.
struct Stage {
    dvr: FakeDvr,
    rig: EngineRig,
    harness: Harness<'static, MonomiApp>,
    device: DeviceId,
    /// By channel: when its first picture came.
    first: BTreeMap<u16, Instant>,
}

impl Stage {
    fn open(channels: u16, size: [f32; 2], fullscreen: bool) -> Self {
        let dvr = FakeDvr::start(Script::default());
        let rig = EngineRig::new();
        let mut edit = edit_of(&dvr, None);
        edit.device.paths = Paths::Own {
            main: "/live/{ch}/main".parse().expect("a path"),
            sub: Some("/live/{ch}/sub".parse().expect("a path")),
        };
        edit.device.channels = vec![Channel::default(); channels.into()];
        let device = edit.device.id;
        rig.send(Command::SaveDevice(Box::new(edit)));
        rig.until("the recorder", |state| state.registry.device(device).map(|_| ()));
        let (engine, options) = (
            rig.handle(),
            WindowOptions {
                language: Some(Language::En),
                fullscreen,
                ..WindowOptions::default()
            },
        );
        let harness = Harness::builder()
            .with_size(size)
            .with_step_dt(1.0 / 60.0)
            .build_eframe(move |cc| MonomiApp::new(&cc.egui_ctx, engine, options));
        Self {
            dvr,
            rig,
            harness,
            device,
            first: BTreeMap::new(),
        }
    }

    /// Paints until `done`.
    fn until(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        let end = Instant::now() + LONG;
        while !done(self) {
            let state = self.rig.state();
            for (stream, status) in state
                .streams
                .iter()
                .filter(|(_, status)| status.state == TileState::Live)
            {
                let at = status.last_picture.unwrap_or(state.now);
                self.first.entry(stream.channel.number).or_insert(at);
            }
            self.harness.step();
            assert!(
                Instant::now() < end,
                "{what}: {:?}, {:?}",
                self.first.keys(),
                self.dials()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// What the recorder was asked for, in the order of the connections, each with the time of its connect.
    fn dials(&self) -> Vec<(u16, StreamKind, Instant)> {
        let asked = |connection: crate::fake_dvr::Connection| {
            let describe = connection
                .requests
                .iter()
                .find(|request| request.method == "DESCRIBE")?;
            let mut parts = describe.uri.rsplit('/');
            let kind = match parts.next()? {
                "main" => StreamKind::Main,
                _ => StreamKind::Sub,
            };
            Some((parts.next()?.parse().ok()?, kind, connection.at))
        };
        self.dvr.seen().into_iter().filter_map(asked).collect()
    }

    fn live(&self, kind: StreamKind) -> usize {
        let state = self.rig.state();
        let streams = state
            .streams
            .iter()
            .filter(|(stream, _)| stream.channel.device == self.device);
        streams
            .filter(|(stream, status)| stream.kind == kind && status.state == TileState::Live)
            .count()
    }
}

#[test]
fn a_tile_gets_no_better_stream_before_every_tile_has_its_first_picture() {
    // Where all pictures come between two looks, because the computer is busy, it is tried anew.
    let some = (0..10).find_map(|_| {
        let mut stage = Stage::open(16, SMALL, false);
        stage.until("some pictures", |stage| stage.first.len() >= 4);
        (stage.first.len() < 16).then_some(stage)
    });
    let mut stage = some.expect("others wait for theirs");
    stage.harness.set_size(egui::Vec2::from(LARGE));
    stage.until("better streams", |stage| stage.live(StreamKind::Main) == 16);
    let dials = stage.dials();
    // One that had no picture yet when the window grew was not given a better one, but another.
    let better = dials.iter().find(|(channel, kind, at)| {
        let had_one = stage.first.get(channel).is_some_and(|first| first < at);
        *kind == StreamKind::Main && had_one
    });
    let (_, _, at) = better.expect("tiles that had a small stream have a better one");
    let before: BTreeSet<u16> = dials
        .iter()
        .filter(|(.., dialled)| dialled < at)
        .map(|(channel, ..)| *channel)
        .collect();
    assert_eq!(
        before.len(),
        16,
        "all channels are dialled before one that has a picture is dialled again: {dials:?}"
    );
    let last = stage.first.values().max().expect("pictures");
    assert!(at > last, "{:?} before the last first picture", *last - *at);
    assert_eq!(stage.first.len(), 16);
    let of = |wanted| dials.iter().filter(|(_, kind, _)| *kind == wanted).count();
    let (small, better) = (of(StreamKind::Sub), of(StreamKind::Main));
    assert!(small <= 16 && better == 16, "nothing is dialled for nothing: {dials:?}");
}

#[test]
fn a_full_screen_start_and_a_turned_page_dial_each_channel_once() {
    let mut stage = Stage::open(32, SMALL, true);
    let says = |stage: &mut Stage, fullscreen| {
        let viewports = &mut stage.harness.input_mut().viewports;
        let window = viewports.entry(egui::ViewportId::ROOT).or_default();
        window.fullscreen = Some(fullscreen);
        window.monitor_size = Some(egui::Vec2::from(LARGE));
    };
    says(&mut stage, false);
    stage.harness.step();
    says(&mut stage, true);
    stage.harness.key_press(egui::Key::Num4);
    stage.harness.set_size(egui::Vec2::from(LARGE));
    stage.until("the first page", |stage| stage.live(StreamKind::Main) == 16);
    let once = |dials: &[(u16, StreamKind, Instant)], pages: std::ops::RangeInclusive<u16>| {
        let mut channels: Vec<u16> = dials.iter().map(|(channel, ..)| *channel).collect();
        channels.sort_unstable();
        assert_eq!(channels, pages.collect::<Vec<_>>(), "{dials:?}");
        assert!(dials.iter().all(|(_, kind, _)| *kind == StreamKind::Main), "{dials:?}");
    };
    once(&stage.dials(), 1..=16);
    stage.harness.key_press(egui::Key::PageDown);
    stage.until("the second page", |stage| {
        (17..=32).all(|channel| stage.first.contains_key(&channel))
    });
    once(&stage.dials(), 1..=32);
}
