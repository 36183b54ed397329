//! A dialog without an engine: commands are carried out at once and recorded.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use device::{Brands, Device, Paths, Registry, Site, sample};
use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use egui_kittest::{Harness, Node};
use monomi::bridge::{
    Clock, Command, EngineHandle, EngineState, EngineTotals, EnquiryState, EnquiryStatus, EventsShown, FrameSlot,
    Notice, NoticeKind, SecretsPlace, SiteDevices, SiteStatus, TestState, TestStatus,
};
use monomi::i18n::{Language, Words};
use monomi::settings_dialog::SettingsDialog;
use monomi::ui::choosing::Chooser;
use monomi::ui::theme;
use settings::Settings;

pub struct DialogRig {
    pub dialog: SettingsDialog,
    pub now: EngineState,
    /// Everything the dialog asked for, in order.
    pub sent: Vec<Command>,
    words: Words,
    brands: Brands,
    engine: EngineHandle,
    inbox: Arc<Mutex<Vec<Command>>>,
    removed: Vec<(usize, Site, Device)>,
    before_edit: Option<Registry>,
    /// Clicks that reached what lies behind the dialog.
    pub clicks_behind: u32,
    /// Of the Test: how long it waited for its turn, and when the same sign-in was refused.
    pub waited: Option<Duration>,
    pub not_asked: Option<Clock>,
}

impl DialogRig {
    pub fn new(language: Language, registry: Registry) -> Self {
        Self::choosing(language, registry, Chooser::default())
    }

    /// With this dialog of the system for folders.
    pub fn choosing(language: Language, registry: Registry, chooser: Chooser) -> Self {
        let sites = registry.sites.iter().map(site_status).collect();
        let now = EngineState {
            now: Instant::now(),
            clock: Clock::default(),
            registry: Arc::new(registry),
            registry_awaited: false,
            settings: Arc::new(Settings::default()),
            windows: Arc::default(),
            views: Arc::default(),
            transfer: None,
            profile: None,
            find: Arc::default(),
            moved: Arc::default(),
            unlock: None,
            streams: Arc::new(HashMap::new()),
            devices: Arc::default(),
            roads: Arc::default(),
            sites: Arc::new(sites),
            totals: EngineTotals::default(),
            notices: Arc::default(),
            events: EventsShown::default(),
            messengers: Arc::default(),
            secrets: SecretsPlace::EncryptedFile,
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
        };
        let inbox: Arc<Mutex<Vec<Command>>> = Arc::default();
        let send = inbox.clone();
        let engine = EngineHandle::new(now.clone(), move |command| send.lock().unwrap().push(command));
        Self {
            dialog: SettingsDialog::new(std::path::Path::new("/tmp"), &chooser),
            now,
            sent: Vec::new(),
            words: Words::new(language),
            brands: monomi::store::brands(),
            engine,
            inbox,
            removed: Vec::new(),
            before_edit: None,
            clicks_behind: 0,
            waited: None,
            not_asked: None,
        }
    }

    pub fn show(&mut self, ui: &mut egui::Ui) {
        let commands = std::mem::take(&mut *self.inbox.lock().unwrap_or_else(PoisonError::into_inner));
        for command in commands {
            self.apply(&command);
            self.sent.push(command);
        }
        use settings::Theme;
        if let Some(chosen) = Language::from_tag(self.now.settings.language.as_str()) {
            self.words.set_language(chosen);
        }
        match self.now.settings.theme {
            Theme::System => {}
            Theme::Dark => ui.ctx().set_theme(egui::Theme::Dark),
            Theme::Light => ui.ctx().set_theme(egui::Theme::Light),
        }
        egui::CentralPanel::default().show(ui, |ui| {
            ui.label("The wall behind");
            ui.with_layout(egui::Layout::bottom_up(egui::Align::Min), |ui| {
                self.clicks_behind += u32::from(ui.button("A tile behind").clicked());
            });
        });
        let ctx = ui.ctx().clone();
        self.dialog
            .show(&ctx, &self.now, &self.words, &self.engine, &self.brands);
    }

    pub fn settings(&self) -> &Settings {
        &self.now.settings
    }

    pub fn device_names(&self) -> Vec<&str> {
        self.now
            .registry
            .devices
            .iter()
            .map(|device| device.name.as_str())
            .collect()
    }

    pub fn device(&self, name: &str) -> &Device {
        self.now.registry.devices_named(name).next().unwrap()
    }

    /// Publishes `state` as the progress of the last Test that was asked for.
    pub fn test_is(&mut self, done: Vec<(reconnect::Stage, Duration)>, state: TestState) -> Arc<FrameSlot> {
        let id = self.sent.iter().rev().find_map(|command| match command {
            Command::Test(request) => Some(request.id),
            _ => None,
        });
        let slot = Arc::new(FrameSlot::default());
        self.now.test = Some(Arc::new(TestStatus {
            id: id.unwrap(),
            waited: self.waited,
            not_asked: self.not_asked,
            done,
            failed_after: None,
            state,
            slot: slot.clone(),
        }));
        slot
    }

    /// Publishes `state` as the progress of the last enquiry that was asked for.
    pub fn enquiry_is(&mut self, state: EnquiryState) {
        let id = self.sent.iter().rev().find_map(|command| match command {
            Command::Enquire(request) => Some(request.id),
            _ => None,
        });
        let status = EnquiryStatus {
            id: id.unwrap(),
            state,
            connects: 1,
            requests: 1,
        };
        self.now.enquiries = Arc::new([(status.id, Arc::new(status))].into());
    }

    /// Carries a command out as the engine would, but at once.
    fn apply(&mut self, command: &Command) {
        let mut registry = (*self.now.registry).clone();
        match command {
            Command::SaveDevice(edit) => registry.save((**edit).clone()).unwrap(),
            Command::SaveDevices(edits) => {
                self.before_edit = Some((*self.now.registry).clone());
                let names = edits.iter().map(|edit| edit.device.name.clone()).collect();
                edits.iter().for_each(|edit| registry.save(edit.clone()).unwrap());
                self.now.notices = Arc::new(vec![Notice {
                    id: 8,
                    kind: NoticeKind::DevicesEdited { names },
                }]);
            }
            Command::UndoEdit => {
                registry = self.before_edit.take().unwrap();
                self.now.notices = Arc::default();
            }
            Command::RemoveDevices(ids) => {
                self.removed.clear();
                for id in ids {
                    let site = registry.site(registry.device(*id).unwrap().site).unwrap().clone();
                    let (index, device) = registry.remove(*id).unwrap();
                    self.removed.push((index, site, device));
                }
                let names = self.removed.iter().map(|(_, _, device)| device.name.clone()).collect();
                self.now.notices = Arc::new(vec![Notice {
                    id: 7,
                    kind: NoticeKind::DevicesRemoved { names },
                }]);
            }
            Command::UndoRemove => {
                for (index, site, device) in self.removed.drain(..).rev() {
                    registry.restore(index, site, device).unwrap();
                }
                self.now.notices = Arc::default();
            }
            Command::Dismiss(_) => self.now.notices = Arc::default(),
            Command::SetEnabled(ids, on) => ids.iter().for_each(|id| registry.set_enabled(*id, *on).unwrap()),
            Command::MoveDevice { device, index } => registry.move_device(*device, *index).unwrap(),
            Command::SaveSite(site) => registry.save_site(site.clone()).unwrap(),
            Command::RemoveSite(id) => drop(registry.remove_site(*id).unwrap()),
            Command::SaveSettings(settings) => {
                self.now.settings = Arc::new((**settings).clone());
                let outside = registry
                    .devices
                    .iter()
                    .filter(|device| device.host.to_string().starts_with("203.0.113."));
                self.now.excluded = Arc::new(
                    outside
                        .map(|device| device.id)
                        .filter(|_| settings.internal_network_only)
                        .collect(),
                );
            }
            Command::SetKioskPassword(password) => {
                let mut settings = (*self.now.settings).clone();
                let hash = password
                    .as_ref()
                    .map(|password| monomi::store::hash_password(password).unwrap());
                settings.kiosk_password = hash;
                self.now.settings = Arc::new(settings);
            }
            _ => {}
        }
        self.now.registry = Arc::new(registry);
    }
}

pub type Window = Harness<'static, DialogRig>;

pub fn window(language: Language, registry: Registry) -> Window {
    sized(language, registry, egui::vec2(1280.0, 720.0))
}

pub fn sized(language: Language, registry: Registry, size: egui::Vec2) -> Window {
    window_of(DialogRig::new(language, registry), size)
}

pub fn window_of(rig: DialogRig, size: egui::Vec2) -> Window {
    Harness::builder()
        .with_size(size)
        .with_max_steps(24)
        .with_context_setup(theme::install)
        .build_ui_state(|ui, rig: &mut DialogRig| rig.show(ui), rig)
}

/// Clicks what is called `label`, and lets everything settle.
pub fn click(window: &mut Window, label: &str) {
    window.get_by_label(label).click();
    window.run();
}

/// Replaces what stands in the field called `label`, as by selecting all and pasting.
pub fn fill(window: &mut Window, label: &str, text: &str) {
    window.get_by_label(label).focus();
    window.run();
    window.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
    window.run();
    if text.is_empty() {
        window.key_press(egui::Key::Delete);
    } else {
        window.event(egui::Event::Paste(text.to_owned()));
    }
    window.run();
}

/// Clicks the button called `label`, where a heading has the same words.
pub fn press(window: &mut Window, label: &str) {
    window.get_by_role_and_label(Role::Button, label).click();
    window.run();
}

pub fn key(window: &mut Window, modifiers: egui::Modifiers, key: egui::Key) {
    window.key_press_modifiers(modifiers, key);
    window.run();
}

pub fn has(window: &Window, label: &str) -> bool {
    window.query_all_by_label(label).next().is_some()
}

pub fn has_part(window: &Window, label: &str) -> bool {
    window.query_all_by_label_contains(label).next().is_some()
}

/// What a screen reader says of the field called `label` besides its name: what is wrong with it.
pub fn wrong(window: &Window, label: &str) -> Option<String> {
    let node: Node<'_> = window.get_by_label(label);
    node.accesskit_node().data().description().map(str::to_owned)
}

pub fn registry(names: &[&str]) -> Registry {
    let mut registry = Registry {
        sites: vec![sample::site(sample::SITE, "Osaka")],
        ..Registry::default()
    };
    for (index, name) in names.iter().enumerate() {
        registry
            .devices
            .push(device(index as u64 + 1, name, &format!("192.168.0.{}", index + 20)));
    }
    registry
}

pub fn device(id: u64, name: &str, host: &str) -> Device {
    Device {
        paths: Paths::Own {
            main: "/live/{ch}".parse().unwrap(),
            sub: None,
        },
        host: host.parse().unwrap(),
        user: "admin".to_owned(),
        password_revision: 1,
        channels: sample::channels(&["Gate", ""]),
        ..sample::device(id, name, 2)
    }
}

fn site_status(site: &Site) -> SiteStatus {
    SiteStatus {
        devices: SiteDevices {
            all: 1,
            ..SiteDevices::default()
        },
        ..SiteStatus::untried(site.id, &site.name, 12)
    }
}
