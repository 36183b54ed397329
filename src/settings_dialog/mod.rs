//! WHAT THE SETTINGS DIALOG SHOWS: General, Network, Devices, Alerts, Recording, the editor of one device with its Test, and the registry as a table.
//!
//! Belongs here: what is typed and not saved yet, the words beside each field, the commands that a change sends.
//! Does not belong here: what a text means (`device`, `settings`), when to connect (`reconnect`), the menu that opens the dialog.

mod alerts;
mod brand_picker;
mod bulk_editor;
mod bulk_preview;
mod columns;
mod csv_dialog;
mod csv_preview;
mod csv_words;
mod device_editor;
mod device_form;
mod device_list;
mod device_order;
mod device_state;
mod devices;
mod env;
mod field_pass;
mod general;
mod kiosk;
mod limits;
mod messengers;
mod modal;
mod network;
mod networks;
mod onvif_panel;
mod own_rule_form;
mod own_rule_words;
mod own_rules;
mod recording;
mod road_rows;
mod site_editor;
mod site_order;
mod site_table;
mod site_work;
mod sites;
mod snapshot_folder;
mod stream_fields;
mod test_panel;
mod update_address;

use std::path::Path;
use std::sync::Arc;

use egui::{Context, Key, Ui};
use i18n_embed_fl::fl;

use crate::bridge::{Command, EngineHandle, EngineState};
use crate::i18n::{Language, Words};
use crate::ui::choosing::Chooser;
use crate::ui::{CsvTask, NetworkPage, SettingsTab};
use device::{Brands, DeviceId, Field, SiteId};
use settings::Settings;

use self::recording::RecordingTab;
use alerts::AlertsTab;
use bulk_editor::BulkEditor;
use csv_dialog::CsvDialog;
use device_editor::Editor;
use devices::{DevicesTab, DialogRequest};
use env::Env;
use network::NetworkTab;
use site_editor::SiteEditor;
use snapshot_folder::SnapshotFolder;
use update_address::UpdateAddress;

pub use modal::{recall_sizes, sizes};

/// File → Settings, and the editor of one device. One of the two is on screen at a time; the editor goes back to the list it came from.
#[derive(Default)]
pub struct SettingsDialog {
    open: bool,
    tab: SettingsTab,
    settings: Option<Mirror>,
    snapshot_folder: SnapshotFolder,
    update_address: UpdateAddress,
    kiosk: kiosk::KioskForm,
    network: NetworkTab,
    devices: DevicesTab,
    alerts: AlertsTab,
    recording: RecordingTab,
    editor: Option<Editor>,
    site: Option<SiteEditor>,
    bulk: Option<BulkEditor>,
    csv: Option<CsvDialog>,
    added: Option<DeviceId>,
}

impl SettingsDialog {
    /// `folder`: the folder that is proposed for files. `chooser`: the dialog of the system for them.
    #[must_use]
    pub fn new(folder: &Path, chooser: &Chooser) -> Self {
        Self {
            csv: Some(CsvDialog::new(folder, chooser)),
            snapshot_folder: SnapshotFolder::new(chooser),
            update_address: UpdateAddress::default(),
            recording: RecordingTab::new(chooser),
            ..Self::default()
        }
    }

    pub fn open(&mut self, tab: SettingsTab) {
        self.open = true;
        self.tab = tab;
    }

    /// Opens the list of sites.
    pub fn open_sites(&mut self) {
        self.open(SettingsTab::Network);
        self.network.page = NetworkPage::Sites;
    }

    /// Opens the editor with an empty form. `site`: the site of the new device, if it is known. When the editor closes,
    /// the screen before it comes back.
    pub fn open_new_device(&mut self, site: Option<SiteId>) {
        self.editor = Some(Editor::new(site));
    }

    /// Opens the editor of a registered device, with the keyboard in this field.
    pub fn edit_device_at(&mut self, device: DeviceId, field: Field) {
        self.editor = Some(Editor::edit(device, field));
    }

    /// Opens the editor of a registered device.
    pub fn edit_device(&mut self, device: DeviceId) {
        self.edit_device_at(device, Field::Name);
    }

    /// Opens the editor of a site.
    pub fn edit_site(&mut self, site: SiteId) {
        self.site = Some(SiteEditor::new(site));
    }

    /// Opens the editor of several devices at once.
    pub fn edit_devices(&mut self, devices: Vec<DeviceId>) {
        self.bulk = Some(BulkEditor::new(devices));
    }

    /// Opens the dialog that writes or reads the registry as a table.
    pub fn open_csv(&mut self, task: CsvTask) {
        if let Some(csv) = &mut self.csv {
            csv.open(task);
        }
    }

    /// The device that was added since the last call.
    pub fn take_added(&mut self) -> Option<DeviceId> {
        self.added.take()
    }

    /// Whether the list of devices is to be seen.
    #[must_use]
    pub fn shows_devices(&self) -> bool {
        self.open
            && self.tab == SettingsTab::Devices
            && self.editor.is_none()
            && self.bulk.is_none()
            && self.site.is_none()
    }

    #[must_use]
    pub fn is_open(&self) -> bool {
        let in_front = self.editor.is_some() || self.bulk.is_some() || self.site.is_some();
        self.open || in_front || self.csv.as_ref().is_some_and(CsvDialog::is_open)
    }

    /// Paints the dialog while it is open and sends the commands of its changes. Keys and clicks do not reach the
    /// window behind it.
    pub fn show(&mut self, ctx: &Context, state: &EngineState, words: &Words, engine: &EngineHandle, brands: &Brands) {
        let env = Env {
            state,
            words,
            engine,
            brands,
        };
        if let Some(editor) = &mut self.editor {
            if !editor.show(ctx, &env) {
                self.added = editor.added;
                self.editor = None;
                ctx.request_repaint();
            }
        } else if let Some(bulk) = &mut self.bulk {
            if !bulk.show(ctx, &env) {
                self.bulk = None;
                ctx.request_repaint();
            }
        } else if let Some(site) = &mut self.site {
            if !site.show(ctx, &env) {
                self.site = None;
                ctx.request_repaint();
            }
        } else if let Some(csv) = self.csv.as_mut().filter(|csv| csv.is_open()) {
            csv.show(ctx, &env);
        } else if self.open {
            self.show_settings(ctx, &env);
        }
    }

    fn show_settings(&mut self, ctx: &Context, env: &Env) {
        let mirror = self.settings.get_or_insert_with(|| Mirror::of(&env.state.settings));
        mirror.follow(&env.state.settings);
        let before = mirror.now.clone();
        let (tab, network, devices) = (&mut self.tab, &mut self.network, &mut self.devices);
        let (kiosk, fields) = (&mut self.kiosk, (&mut self.snapshot_folder, &mut self.update_address));
        let (alerts, recording) = (&mut self.alerts, &mut self.recording);
        let mut request = None;
        let closed = modal::show(ctx, "settings", &fl!(env.words, "settings-title"), env.words, |ui| {
            tabs(ui, tab, env.words);
            match tab {
                SettingsTab::General => scrolling(ui, |ui| {
                    general::show(ui, env, mirror.system, &mut mirror.now, fields);
                    kiosk.show(ui, env);
                }),
                SettingsTab::Network => network.show(ui, env, &mut mirror.now),
                SettingsTab::Devices => request = devices.show(ui, env),
                SettingsTab::Alerts => scrolling(ui, |ui| alerts.show(ui, env, &mut mirror.now)),
                SettingsTab::Recording => scrolling(ui, |ui| recording.show(ui, env, &mut mirror.now)),
            }
        });
        if mirror.now != before {
            env.engine.send(Command::SaveSettings(Box::new(mirror.now.clone())));
        }
        match request {
            Some(DialogRequest::New) => self.open_new_device(None),
            Some(DialogRequest::Edit(id)) => self.edit_device(id),
            Some(DialogRequest::EditSeveral(ids)) => self.edit_devices(ids),
            Some(DialogRequest::EditSite(id)) => self.edit_site(id),
            Some(DialogRequest::Duplicate(id)) => self.editor = Editor::duplicate(id, env),
            None => {}
        }
        // A question in front of the dialog takes Esc.
        let asking = self.devices.show_question(ctx, env);
        if closed && !asking {
            self.open = false;
            self.kiosk = kiosk::KioskForm::default();
            self.alerts = AlertsTab::default();
        }
    }
}

/// The settings as the dialog shows them: those of the engine, with changes that the engine has not published yet.
struct Mirror {
    seen: Arc<Settings>,
    now: Settings,
    /// The language of the system, asked for once.
    system: Language,
}

impl Mirror {
    fn of(settings: &Arc<Settings>) -> Self {
        Self {
            seen: settings.clone(),
            now: (**settings).clone(),
            system: Language::of_system(),
        }
    }

    /// Takes over a change from elsewhere, such as from the command line.
    fn follow(&mut self, newest: &Arc<Settings>) {
        if !Arc::ptr_eq(&self.seen, newest) {
            if *self.seen != **newest {
                self.now = (**newest).clone();
            }
            self.seen = newest.clone();
        }
    }
}

fn tabs(ui: &mut Ui, tab: &mut SettingsTab, words: &Words) {
    let all = [
        (SettingsTab::General, fl!(words, "settings-tab-general")),
        (SettingsTab::Network, fl!(words, "settings-tab-network")),
        (SettingsTab::Devices, fl!(words, "settings-tab-devices")),
        (SettingsTab::Alerts, fl!(words, "settings-tab-alerts")),
        (SettingsTab::Recording, fl!(words, "settings-tab-recording")),
    ];
    modal::tab_bar(ui, tab, &all);
    let step = ui.input_mut(|input| {
        let back = input.consume_key(egui::Modifiers::CTRL | egui::Modifiers::SHIFT, Key::Tab);
        let on = input.consume_key(egui::Modifiers::CTRL, Key::Tab);
        usize::from(on) + (all.len() - 1) * usize::from(back)
    });
    if let Some(at) = all.iter().position(|(each, _)| each == tab) {
        *tab = all[(at + step) % all.len()].0;
    }
}

fn scrolling(ui: &mut Ui, add: impl FnOnce(&mut Ui)) {
    egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.set_max_width(ui.available_width() - 8.0);
        add(ui);
    });
}
