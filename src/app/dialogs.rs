//! The dialogs, and the window that they are shown in.

use std::path::Path;

use egui::{Context, ViewportId};

use crate::bridge::{Command, EngineHandle};
use crate::i18n::Words;
use crate::settings_dialog::SettingsDialog;
use crate::ui::about::AboutDialog;
use crate::ui::choosing::Chooser;
use crate::ui::computer::{ComputerDialog, Painter};
use crate::ui::diagnosis::DiagnosisDialog;
use crate::ui::events::EventsDialog;
use crate::ui::finder::FinderDialog;
use crate::ui::health::HealthDialog;
use crate::ui::layout_editor::LayoutEditor;
use crate::ui::own::OwnFiguresDialog;
use crate::ui::profile::{ProfileFileDialog, RestoreDialog};
use crate::ui::recordings::RecordingsDialog;
use crate::ui::removal::Removal;
use crate::ui::report::ProblemReportDialog;
use crate::ui::shortcuts::ShortcutsDialog;
use crate::ui::steer::question::Preset;
use crate::ui::steer::question::ServiceQuestion;
use crate::ui::views::ViewsDialog;
use crate::ui::virtual_dvr::VirtualDvrDialog;
use crate::ui::{Act, CsvTask, DiagnoseWhat, PaintContext, ProfileFileTask, RecordingsAt, SettingsTab};
use device::{Brands, ChannelId, DeviceId, Field, Registry, SiteId, VirtualDvr};
use settings::Settings;
use wall::{Views, Wall};

/// All dialogs but the kiosk's. Opening one moves all of them into the window that asked for it.
pub(super) struct Dialogs {
    /// The window that dialogs are shown in.
    host: ViewportId,
    settings: SettingsDialog,
    virtual_dvr: VirtualDvrDialog,
    layout_editor: LayoutEditor,
    views: ViewsDialog,
    removal: Removal,
    restore: RestoreDialog,
    profile_file: ProfileFileDialog,
    events: EventsDialog,
    shortcuts: ShortcutsDialog,
    about: AboutDialog,
    computer: ComputerDialog,
    health: HealthDialog,
    own_figures: OwnFiguresDialog,
    recordings: RecordingsDialog,
    report: ProblemReportDialog,
    finder: FinderDialog,
    diagnosis: DiagnosisDialog,
    service: ServiceQuestion,
}

impl Dialogs {
    /// `folder`: the folder that the dialogs propose for files. `chooser`: the dialog of the system for them. `painter`: what paints the
    /// windows.
    pub(super) fn new(folder: &Path, chooser: &Chooser, painter: Painter) -> Self {
        Self {
            host: ViewportId::ROOT,
            settings: SettingsDialog::new(folder, chooser),
            virtual_dvr: VirtualDvrDialog::default(),
            layout_editor: LayoutEditor::default(),
            views: ViewsDialog::new(folder, chooser),
            removal: Removal::default(),
            restore: RestoreDialog::default(),
            profile_file: ProfileFileDialog::new(folder, chooser),
            shortcuts: ShortcutsDialog::default(),
            about: AboutDialog::default(),
            report: ProblemReportDialog::new(folder, chooser, painter.clone()),
            computer: ComputerDialog::new(painter),
            health: HealthDialog::new(folder, chooser),
            own_figures: OwnFiguresDialog::default(),
            recordings: RecordingsDialog::new(folder, chooser),
            events: EventsDialog::new(folder, chooser),
            finder: FinderDialog::default(),
            diagnosis: DiagnosisDialog::default(),
            service: ServiceQuestion::default(),
        }
    }

    pub(super) fn host(&self) -> ViewportId {
        self.host
    }

    /// Moves the dialogs into another window.
    pub(super) fn move_to(&mut self, host: ViewportId) {
        self.host = host;
    }

    pub(super) fn is_any_open(&self) -> bool {
        self.about.is_open()
            || self.computer.is_open()
            || self.health.is_open()
            || self.own_figures.is_open()
            || self.recordings.is_open()
            || self.report.is_open()
            || self.finder.is_open()
            || self.diagnosis.is_open()
            || self.shortcuts.is_open()
            || self.settings.is_open()
            || self.views.is_open()
            || self.restore.is_open()
            || self.profile_file.is_open()
            || self.events.is_open()
            || self.virtual_dvr.is_open()
            || self.layout_editor.is_open()
            || self.removal.is_open()
            || self.service.is_open()
    }

    /// Whether the list of devices is in front, which tells itself what was removed or edited in it.
    pub(super) fn tells_of_devices(&self) -> bool {
        self.settings.shows_devices()
    }

    pub(super) fn open_settings(&mut self, host: ViewportId, tab: SettingsTab) {
        self.host = host;
        self.settings.open(tab);
    }

    /// `site`: the site of the new device, if it is known.
    pub(super) fn open_new_device(&mut self, host: ViewportId, site: Option<SiteId>) {
        self.host = host;
        self.settings.open_new_device(site);
    }

    /// `refused`: the device refused its sign-in, so that the password is what will be typed.
    pub(super) fn edit_device(&mut self, host: ViewportId, device: DeviceId, refused: bool) {
        self.host = host;
        let field = if refused { Field::Password } else { Field::Name };
        self.settings.edit_device_at(device, field);
    }

    pub(super) fn edit_site(&mut self, host: ViewportId, site: SiteId) {
        self.host = host;
        self.settings.edit_site(site);
    }

    pub(super) fn edit_devices(&mut self, host: ViewportId, devices: Vec<DeviceId>) {
        self.host = host;
        self.settings.edit_devices(devices);
    }

    /// The command that removes these devices, unless the person is asked first.
    pub(super) fn remove_devices(&mut self, host: ViewportId, devices: Vec<DeviceId>) -> Option<Command> {
        self.host = host;
        self.removal.begin(devices)
    }

    /// Asks whether the camera is to go to a number that may be no place.
    pub(super) fn ask_service(&mut self, host: ViewportId, channel: ChannelId, preset: Preset) {
        self.host = host;
        self.service.open(channel, preset);
    }

    pub(super) fn open_shortcuts(&mut self, host: ViewportId) {
        self.host = host;
        self.shortcuts.open();
    }

    pub(super) fn open_computer(&mut self, host: ViewportId) {
        self.host = host;
        self.computer.open();
    }

    pub(super) fn open_health(&mut self, host: ViewportId) {
        self.host = host;
        self.health.open();
    }

    pub(super) fn open_own_figures(&mut self, host: ViewportId) {
        self.host = host;
        self.own_figures.open();
    }

    pub(super) fn open_recordings(&mut self, host: ViewportId, at: Option<RecordingsAt>) {
        self.host = host;
        self.recordings.open(at);
    }

    pub(super) fn open_report(&mut self, host: ViewportId) {
        self.host = host;
        self.report.open();
    }

    pub(super) fn open_finder(&mut self, host: ViewportId, settings: &Settings) {
        self.host = host;
        self.finder.open(settings);
    }

    pub(super) fn open_diagnosis(&mut self, host: ViewportId, what: DiagnoseWhat, engine: &EngineHandle) {
        self.host = host;
        self.diagnosis.open(what, engine);
    }

    pub(super) fn open_about(&mut self, host: ViewportId) {
        self.host = host;
        self.about.open();
    }

    /// With `save` the cursor stands in the field for a new name.
    pub(super) fn open_views(&mut self, host: ViewportId, save: bool) {
        self.host = host;
        self.views.open(save);
    }

    pub(super) fn open_restore(&mut self, host: ViewportId) {
        self.host = host;
        self.restore.open();
    }

    pub(super) fn open_profile_file(&mut self, host: ViewportId, task: ProfileFileTask) {
        self.host = host;
        self.profile_file.open(task);
    }

    pub(super) fn open_csv(&mut self, host: ViewportId, task: CsvTask) {
        self.host = host;
        self.settings.open_csv(task);
    }

    pub(super) fn open_events(&mut self, host: ViewportId) {
        self.host = host;
        self.events.open();
    }

    pub(super) fn open_layouts(&mut self, host: ViewportId, views: &Views, wall: &Wall) {
        self.host = host;
        self.layout_editor.open(&views.layouts, wall);
    }

    pub(super) fn open_new_virtual_dvr(
        &mut self,
        host: ViewportId,
        registry: &Registry,
        words: &Words,
        channels: &[ChannelId],
    ) {
        self.host = host;
        self.virtual_dvr.open_new(registry, words, channels);
    }

    pub(super) fn edit_virtual_dvr(&mut self, host: ViewportId, dvr: VirtualDvr) {
        self.host = host;
        self.virtual_dvr.edit(dvr);
    }

    /// Paints the dialogs that are open. They send the commands of what was changed and saved, and change `views`.
    /// `wall`: that of the window that they are shown in.
    pub(super) fn show(
        &mut self,
        ctx: &Context,
        paint: PaintContext<'_>,
        engine: &EngineHandle,
        brands: &Brands,
        views: &mut Views,
        wall: &Wall,
    ) -> Vec<Act> {
        let mut acts = Vec::new();
        self.settings.show(ctx, paint.state, paint.words, engine, brands);
        acts.extend(self.settings.take_added().map(Act::Reveal));
        if let Some(command) = self.virtual_dvr.show(ctx, paint, &views.layouts) {
            engine.send(command);
        }
        if let Some(command) = self.removal.show(ctx, paint.words, &paint.state.registry) {
            engine.send(command);
        }
        if let Some(command) = self.service.show(ctx, paint.words) {
            engine.send(command);
        }
        self.about.show(ctx, paint, engine, &mut acts);
        self.computer.show(ctx, paint);
        self.health.show(ctx, paint, engine);
        self.own_figures.show(ctx, paint);
        self.recordings.show(ctx, paint, engine);
        self.report.show(ctx, paint, engine);
        self.finder.show(ctx, paint, engine, brands);
        self.diagnosis.show(ctx, paint, engine, brands);
        self.shortcuts.show(ctx, paint);
        self.restore.show(ctx, paint, engine);
        self.profile_file.show(ctx, paint, engine);
        self.events.show(ctx, paint, engine, &mut acts);
        self.views.show(ctx, paint, engine, views, wall, &mut acts);
        self.layout_editor.show(ctx, paint, &mut views.layouts, wall, &mut acts);
        acts
    }

    /// Whether a dialog is open that may change the named views or the own layouts.
    pub(super) fn may_change_views(&self) -> bool {
        self.views.is_open() || self.layout_editor.is_open()
    }
}
