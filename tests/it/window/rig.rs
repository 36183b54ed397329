//! A window without an engine: the test publishes engine states and reads the commands.

use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use device::sample::{self, SITE};
use device::{Brands, ChannelId, Device, DeviceId, Paths, Registry, StreamId, StreamKind};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use monomi::app::{JoystickReader, MonomiApp, WindowOptions};
use monomi::bridge::{
    Clock, Command, EngineHandle, EngineState, EngineTotals, EventsShown, Frame, FrameSlot, SecretsPlace, SiteDevices,
    SiteStatus, SoundState, StreamInfo, StreamStatus, TileState,
};
use monomi::i18n::Language;
use monomi::ui::choosing::Chooser;
use reconnect::{Failure, FailureKind, Stage};
use settings::{self, Settings, Theme};
use wall::{Layout, Placed, TourPlan, View, Views};

/// A window, and the end of the engine that it is connected to.
pub struct WindowRig {
    pub harness: Harness<'static, MonomiApp>,
    pub engine: EngineHandle,
    sent: Arc<Mutex<Vec<Command>>>,
    pub demo_started: Arc<Mutex<Vec<(Language, Theme)>>>,
    /// The languages that the handbook was asked for in.
    pub handbook_opened: Arc<Mutex<Vec<Language>>>,
}

/// What the window is opened with.
pub struct WindowSetup {
    pub language: Language,
    pub size: [f32; 2],
    pub brands: Brands,
    pub theme: Theme,
    pub demo: bool,
    /// It is the window of the demo itself.
    pub is_demo: bool,
    /// The dialog of the system for files.
    pub chooser: Chooser,
    pub state: EngineState,
    /// From the command line.
    pub view: Option<String>,
    /// Whether further windows are real viewports, painted by the renderer that the test has set.
    pub further_windows: bool,
    /// From the command line.
    pub fullscreen: bool,
    /// As given on the command line.
    pub monitor: Option<usize>,
    /// Set for a kiosk; true once the system asks the program to end.
    pub kiosk: Option<Arc<AtomicBool>>,
    pub joystick: Option<JoystickReader>,
}

impl WindowSetup {
    pub fn new(language: Language, registry: Registry) -> Self {
        Self {
            language,
            size: [1280.0, 720.0],
            brands: Brands::default(),
            theme: Theme::Dark,
            demo: true,
            is_demo: false,
            chooser: Chooser::default(),
            state: engine_state(registry),
            view: None,
            further_windows: false,
            fullscreen: false,
            monitor: None,
            kiosk: None,
            joystick: None,
        }
    }

    pub fn open(self) -> WindowRig {
        let fills = self.kiosk.is_some().then_some(true);
        self.open_as(move |window| window.fullscreen = fills)
    }

    /// `system`: what the system says of the first window when it is made.
    pub fn open_as(self, system: impl FnOnce(&mut egui::ViewportInfo)) -> WindowRig {
        let sent: Arc<Mutex<Vec<Command>>> = Arc::default();
        let demo_started: Arc<Mutex<Vec<(Language, Theme)>>> = Arc::default();
        let handbook_opened: Arc<Mutex<Vec<Language>>> = Arc::default();
        let (log, started) = (Arc::clone(&sent), Arc::clone(&demo_started));
        let asked = Arc::clone(&handbook_opened);
        let mut first = self.state;
        let mut settings = (*first.settings).clone();
        settings.theme = self.theme;
        first.settings = Arc::new(settings);
        let engine = EngineHandle::new(first, move |command| log.lock().unwrap().push(command));
        let options = WindowOptions {
            language: Some(self.language),
            brands: self.brands,
            open_handbook: Some(Box::new(move |language| asked.lock().unwrap().push(language))),
            try_demo: self.demo.then(|| -> Box<dyn Fn(Language, Theme)> {
                Box::new(move |language, theme| started.lock().unwrap().push((language, theme)))
            }),
            demo: self.is_demo,
            chooser: self.chooser,
            view: self.view,
            fullscreen: self.fullscreen,
            monitor: self.monitor,
            kiosk: self.kiosk,
            joystick: self.joystick,
            ..WindowOptions::default()
        };
        let for_app = engine.clone();
        let harness = Harness::builder()
            .with_size(self.size)
            .with_max_steps(32)
            .with_step_dt(1.0 / 60.0)
            .build_eframe(move |cc| {
                cc.egui_ctx.set_embed_viewports(!self.further_windows);
                MonomiApp::new(&cc.egui_ctx, for_app, options)
            });
        let mut rig = WindowRig {
            harness,
            engine,
            sent,
            demo_started,
            handbook_opened,
        };
        rig.system_says(system);
        rig.harness.run();
        rig
    }
}

impl WindowRig {
    /// What the system says of the first window, from the next frame on.
    pub fn system_says(&mut self, says: impl FnOnce(&mut egui::ViewportInfo)) {
        let viewports = &mut self.harness.input_mut().viewports;
        says(viewports.entry(egui::ViewportId::ROOT).or_default());
    }

    /// The lists of streams that were asked for so far.
    pub fn times_wanted(&self) -> usize {
        let sent = self.sent.lock().unwrap();
        sent.iter()
            .filter(|command| matches!(command, Command::Show(_)))
            .count()
    }

    /// All commands since the last call.
    pub fn sent(&self) -> Vec<Command> {
        std::mem::take(&mut *self.sent.lock().unwrap())
    }

    /// Publishes a changed engine state, as the engine would, and paints it.
    pub fn change(&mut self, change: impl FnOnce(&mut EngineState)) {
        let mut state = (*self.engine.state()).clone();
        change(&mut state);
        self.engine.publish(state);
        self.harness.run();
    }

    pub fn click(&mut self, label: &str) {
        self.harness.get_by_label(label).click();
        self.harness.run();
    }

    pub fn double_click(&mut self, label: &str) {
        let at = self.harness.get_by_label(label).rect().center();
        // Time passes, because a double click right after another one would count as a fourth click.
        self.harness.run_steps(30);
        for pressed in [true, false, true, false] {
            self.harness.event(egui::Event::PointerMoved(at));
            self.harness.event(egui::Event::PointerButton {
                pos: at,
                button: egui::PointerButton::Primary,
                pressed,
                modifiers: egui::Modifiers::NONE,
            });
        }
        self.harness.run();
    }

    pub fn drag(&mut self, from: &str, to: &str) {
        let (from, to) = (
            self.harness.get_by_label(from).rect().center(),
            self.harness.get_by_label(to).rect().center(),
        );
        self.harness.hover_at(from);
        self.harness.drag_at(from);
        self.harness.run();
        for part in [0.3, 0.7, 1.0] {
            self.harness.hover_at(from + (to - from) * part);
            self.harness.run();
        }
        self.harness.drop_at(to);
        self.harness.run();
    }

    pub fn press(&mut self, key: egui::Key) {
        self.harness.key_press(key);
        self.harness.run();
    }

    pub fn is_shown(&self, label: &str) -> bool {
        self.harness.query_by_label(label).is_some()
    }

    /// All texts that were painted last, as they stand on the screen.
    pub fn painted(&self) -> Vec<String> {
        fn collect(shape: &egui::Shape, texts: &mut Vec<String>) {
            match shape {
                egui::Shape::Text(text) => texts.push(text.galley.rows.iter().map(|row| row.text()).collect()),
                egui::Shape::Vec(shapes) => shapes.iter().for_each(|shape| collect(shape, texts)),
                _ => {}
            }
        }
        let mut texts = Vec::new();
        for clipped in &self.harness.output().shapes {
            collect(&clipped.shape, &mut texts);
        }
        texts
    }

    /// The labels of the tiles in their order.
    pub fn tiles(&self) -> Vec<String> {
        let mut tiles: Vec<(usize, String)> = self
            .harness
            .query_all_by(|node| node.label().is_some_and(|label| number_of(&label).is_some()))
            .filter_map(|node| node.accesskit_node().label())
            .filter_map(|label| Some((number_of(&label)?, label)))
            .collect();
        tiles.sort();
        tiles.into_iter().map(|(_, label)| label).collect()
    }

    /// The streams of the last `Show`, as text: `1m! 2s` (channel, main or sub, `!` selected, `~` kept warm).
    pub fn wanted(&self) -> String {
        let sent = self.sent.lock().unwrap();
        let last = sent.iter().rev().find_map(|command| match command {
            Command::Show(wanted) => Some(wanted.clone()),
            _ => None,
        });
        let said = last.unwrap_or_default().into_iter().map(|wanted| {
            let kind = if wanted.stream.kind == StreamKind::Main {
                "m"
            } else {
                "s"
            };
            let mark = match (wanted.decode, wanted.rank) {
                (false, _) => "~",
                (true, reconnect::Rank::Selected) => "!",
                (true, _) => "",
            };
            format!("{}{kind}{mark}", wanted.stream.channel.number)
        });
        said.collect::<Vec<_>>().join(" ")
    }
}

fn number_of(label: &str) -> Option<usize> {
    let rest = label.strip_prefix("Tile ").or_else(|| label.strip_prefix("タイル "))?;
    rest.split([':', '：']).next()?.parse().ok()
}

/// A recorder named `name` with channels of these names.
pub fn device(id: u64, name: &str, channels: &[&str]) -> Device {
    Device {
        paths: Paths::Own {
            main: "/main/{ch}".parse().unwrap(),
            sub: Some("/sub/{ch}".parse().unwrap()),
        },
        host: "192.0.2.7".parse().unwrap(),
        user: "admin".to_owned(),
        channels: sample::channels(channels),
        ..sample::device(id, name, 1)
    }
}

/// One site with these devices.
pub fn registry(devices: &[Device]) -> Registry {
    Registry {
        sites: vec![sample::site(SITE, "本店")],
        ..sample::registry(devices)
    }
}

/// `A` and `B`, with one channel of device 1 each, 10 s of a tour each.
pub fn two_views() -> Views {
    let view = |name: &str, number| View {
        name: name.to_owned(),
        layout: Layout::One,
        places: vec![Some(Placed::from(ChannelId {
            device: DeviceId(1),
            number,
        }))],
        seconds: Some(10),
    };
    Views::restore(vec![view("A", 1), view("B", 2)], TourPlan::default())
}

/// `count` channels named `Cam 1` and so on, on one recorder.
pub fn cameras(count: usize) -> Registry {
    let names: Vec<String> = (1..=count).map(|n| format!("Cam {n}")).collect();
    registry(&[device(1, "DVR", &names.iter().map(String::as_str).collect::<Vec<_>>())])
}

/// A stream in this state, with a last picture `ago`.
pub fn status(engine: &EngineState, tile: TileState, ago: Duration) -> StreamStatus {
    StreamStatus {
        state: tile,
        last_picture: engine.now.checked_sub(ago),
        last_picture_clock: Some(engine.clock),
        slot: Arc::new(FrameSlot::default()),
        sound: SoundState::Off,
        info: StreamInfo {
            codec: "H.264".to_owned(),
            width: 704,
            height: 480,
            fps: 15.0,
            kbit_s: 512,
            frames: 900,
            dropped: 0,
            delay: None,
            decoder: None,
        },
    }
}

/// Sets every stream of the registry to a state chosen by device, channel and kind.
pub fn set_streams(engine: &mut EngineState, state: impl Fn(StreamId) -> Option<TileState>) {
    let mut streams = HashMap::new();
    for channel in engine.registry.devices.iter().flat_map(Device::channel_ids) {
        for kind in [StreamKind::Main, StreamKind::Sub] {
            let id = StreamId { channel, kind };
            if let Some(state) = state(id) {
                streams.insert(id, status(engine, state, Duration::from_secs(7)));
            }
        }
    }
    engine.totals.wanted = streams.len();
    engine.totals.live = streams
        .values()
        .filter(|status| status.state == TileState::Live)
        .count();
    engine.streams = Arc::new(streams);
}

/// A synthetic picture: a gradient with a sun that tells channels apart.
pub fn picture(number: u16, width: u32, height: u32) -> Frame {
    let mut data = vec![255; (width * height * 4) as usize];
    let (hue, w, h) = (f32::from(number) * 0.7, width as f32, height as f32);
    for (index, pixel) in data.chunks_exact_mut(4).enumerate() {
        let (x, y) = ((index as u32 % width) as f32 / w, (index as u32 / width) as f32 / h);
        let sun =
            (0.14 - ((x - 0.3 - 0.4 * (hue.sin() * 0.5 + 0.5)).powi(2) + (y - 0.35).powi(2)).sqrt()).max(0.0) * 6.0;
        let ground = if y > 0.62 + 0.05 * (x * 9.0 + hue).sin() {
            0.35
        } else {
            0.8 - y * 0.6
        };
        for (channel, value) in pixel.iter_mut().take(3).enumerate() {
            let tone = ground * (0.6 + 0.4 * (hue + channel as f32 * 2.1).sin()) + sun;
            *value = (tone.clamp(0.0, 1.0) * 255.0) as u8;
        }
    }
    Frame {
        width,
        height,
        data: data.into(),
        order: monomi::bridge::PixelOrder::Rgba,
        number: 1,
        at: Instant::now(),
    }
}

pub fn engine_state(registry: Registry) -> EngineState {
    let devices = registry.devices.len() as u32;
    let sites = registry.sites.iter().map(|site| SiteStatus {
        devices: SiteDevices {
            all: devices,
            watched: devices,
            live: devices,
            ..SiteDevices::default()
        },
        ..SiteStatus::untried(site.id, &site.name, 12)
    });
    EngineState {
        now: Instant::now() + Duration::from_secs(3_600),
        clock: Clock {
            year: 2026,
            month: 11,
            day: 21,
            hour: 9,
            minute: 5,
            second: 42,
        },
        sites: Arc::new(sites.collect()),
        registry: Arc::new(registry),
        registry_awaited: false,
        settings: Arc::new(Settings {
            language: settings::Language::Auto,
            ..Settings::default()
        }),
        windows: Arc::default(),
        views: Arc::default(),
        transfer: None,
        profile: None,
        find: Arc::default(),
        moved: Arc::default(),
        unlock: None,
        streams: Arc::default(),
        devices: Arc::default(),
        roads: Arc::default(),
        totals: EngineTotals {
            attempts_last_minute: 3,
            ..EngineTotals::default()
        },
        notices: Arc::default(),
        events: EventsShown::default(),
        messengers: Arc::default(),
        secrets: SecretsPlace::default(),
        test: None,
        traces: Arc::default(),
        enquiries: Arc::default(),
        ptz: Arc::default(),
        recordings: Default::default(),
        sources: Arc::default(),
        health: Arc::default(),
        password_warnings: Arc::default(),
        planned: Arc::default(),
        feeds: Arc::default(),
        own: monomi::bridge::OwnShown::default(),
        playbacks: Arc::default(),
        identities: Arc::default(),
        certificates: monomi::bridge::CertificatesShown::default(),
        update: None,
        excluded: Arc::default(),
    }
}

/// Every stream's sign-in was refused.
pub fn refuse_sign_in(state: &mut EngineState) {
    let failure = Failure {
        kind: FailureKind::Auth,
        stage: Stage::Describe,
        detail: String::new(),
    };
    set_streams(state, |_| {
        Some(TileState::SignInFailed {
            failure: failure.clone(),
            next_try: None,
        })
    });
}
