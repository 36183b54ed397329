//! View → Recordings: what this computer recorded on a day, as a bar for each channel and a list, to be played and exported.

mod bar;
mod day;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use egui::accesskit::Role;
use egui::{Align, Context, Id, Layout, Modal, RichText, ScrollArea, Ui, WidgetInfo};
use i18n_embed_fl::fl;

use self::day::{clock_text, day_text, day_typed, moved, time_typed};
use super::act::{PaintContext, RecordingsAt};
use super::choosing::{Choice, Chooser, Question, Wanted};
use super::form::{error_text, labelled_text_field, primary_button, weak_text};
use super::{state, theme};
use crate::bridge::{
    CalendarDay, Command, EngineHandle, RecordingExport, RecordingsRead, RecordingsRequest, ShownPart,
};
use crate::i18n::Words;
use device::{ChannelId, StreamKind};
use recording::RecordingCause;

const WIDTH: f32 = 1_160.0;
/// The numbers of its requests begin where no other dialog's come.
const FIRST_REQUEST: u64 = 1 << 36;
/// Today grows: it is looked at again so soon.
const ANEW: Duration = Duration::from_secs(5);

/// The browser of recordings.
pub struct RecordingsDialog {
    open: bool,
    /// Which day is shown; `None`: today.
    day: Option<CalendarDay>,
    /// The day as it is typed.
    typed_day: Option<String>,
    asked: Option<u64>,
    last_asked: u64,
    looked: Option<Instant>,
    channel: Option<ChannelId>,
    /// A time that is marked on the bars, in microseconds since 1970.
    at: Option<i64>,
    /// The ends of an export as they are typed.
    ends: [String; 2],
    wrong: bool,
    folder: PathBuf,
    chooser: Chooser,
    choice: Choice,
    export: Option<u64>,
}

impl RecordingsDialog {
    /// `folder`: the folder that is proposed for exports. `chooser`: the dialog of the system for folders.
    #[must_use]
    pub fn new(folder: &Path, chooser: &Chooser) -> Self {
        Self {
            open: false,
            day: None,
            typed_day: None,
            asked: None,
            last_asked: FIRST_REQUEST,
            looked: None,
            channel: None,
            at: None,
            ends: [String::new(), String::new()],
            wrong: false,
            folder: folder.to_owned(),
            chooser: chooser.clone(),
            choice: Choice::default(),
            export: None,
        }
    }

    /// Opens it on today, or where something happened.
    pub fn open(&mut self, at: Option<RecordingsAt>) {
        self.open = true;
        self.looked = None;
        self.typed_day = None;
        self.at = at.map(|at| at.at);
        self.day = at.map(|at| at.day);
        self.channel = at.map(|at| at.channel).or(self.channel);
    }

    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Paints it, if it is open.
    pub fn show(&mut self, ctx: &Context, paint: PaintContext<'_>, engine: &EngineHandle) {
        if !self.open {
            return;
        }
        let words = paint.words;
        let clock = paint.state.clock;
        let today = (clock.year, clock.month, clock.day);
        let day = self.day.unwrap_or(today);
        let read = self.follow(paint, engine, day, today);
        let response = Modal::new(Id::unique("recordings"))
            .frame(theme::dialog(ctx))
            .show(ctx, |ui| {
                ui.set_width(WIDTH.min(ctx.content_rect().width() - 40.0));
                ui.heading(fl!(words, "recordings-title"));
                self.days(ui, words, day, today);
                ui.add_space(theme::SPACE / 2.0);
                match read.as_deref() {
                    None => drop(weak_text(ui, &fl!(words, "recordings-reading"))),
                    Some(read) => self.show_day(ui, paint, engine, read),
                }
                ui.add_space(theme::SPACE / 2.0);
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    ui.button(fl!(words, "dialog-close")).clicked()
                })
                .inner
            });
        if response.inner || response.should_close() {
            self.open = false;
        }
    }

    /// The recordings of the day, once they are read; asks for them where that is due.
    fn follow(
        &mut self,
        paint: PaintContext<'_>,
        engine: &EngineHandle,
        day: CalendarDay,
        today: CalendarDay,
    ) -> Option<std::sync::Arc<RecordingsRead>> {
        let read = paint.state.recordings.read.clone();
        let read = read.filter(|read| read.day == day && read.id > FIRST_REQUEST);
        if self.asked.is_some() && self.asked == read.as_ref().map(|read| read.id) {
            self.asked = None;
        }
        let now = paint.state.now;
        let age = self.looked.map(|looked| now.saturating_duration_since(looked));
        let is_due = age.is_none_or(|age| day == today && self.asked.is_none() && age >= ANEW);
        if is_due {
            self.last_asked += 1;
            self.asked = Some(self.last_asked);
            self.looked = Some(now);
            let id = self.last_asked;
            engine.send(Command::ReadRecordings(RecordingsRequest { id, day }));
        }
        read
    }

    /// Which day is shown.
    fn days(&mut self, ui: &mut Ui, words: &Words, day: CalendarDay, today: CalendarDay) {
        ui.horizontal(|ui| {
            let mut to = None;
            if ui.button(fl!(words, "recordings-day-before")).clicked() {
                to = Some(moved(day, -1));
            }
            let mut text = self.typed_day.clone().unwrap_or_else(|| day_text(day));
            let field = labelled_text_field(ui, &fl!(words, "recordings-day"), &mut text, 110.0);
            if field.changed() {
                self.typed_day = Some(text.clone());
            }
            if field.lost_focus() && self.typed_day.is_some() {
                to = day_typed(&text);
                self.typed_day = None;
            }
            if ui.button(fl!(words, "recordings-day-after")).clicked() {
                to = Some(moved(day, 1));
            }
            if ui
                .add_enabled(day != today, egui::Button::new(fl!(words, "recordings-today")))
                .clicked()
            {
                to = Some(today);
            }
            if let Some(to) = to {
                self.day = Some(to).filter(|to| *to != today);
                self.looked = None;
                self.at = None;
            }
        });
    }

    fn show_day(&mut self, ui: &mut Ui, paint: PaintContext<'_>, engine: &EngineHandle, read: &RecordingsRead) {
        let words = paint.words;
        if let Some(reason) = &read.fault {
            error_text(ui, &fl!(words, "recordings-unreadable", reason = reason.as_str()));
            return;
        }
        if read.parts.is_empty() {
            weak_text(ui, &fl!(words, "recordings-none"));
        }
        let mut channels: Vec<ChannelId> = read.parts.iter().map(|part| part.part.stream.channel).collect();
        channels.extend(self.channel.filter(|channel| !channels.contains(channel)));
        channels.sort_unstable();
        channels.dedup();
        if self.channel.is_none() {
            self.channel = channels.first().copied();
        }
        self.bars(ui, paint, read, &channels);
        if read.damaged > 0 {
            weak_text(ui, &fl!(words, "recordings-damaged", count = read.damaged));
        }
        let Some(channel) = self.channel else { return };
        ui.add_space(theme::SPACE / 2.0);
        let parts: Vec<&ShownPart> = read
            .parts
            .iter()
            .filter(|part| part.part.stream.channel == channel)
            .collect();
        self.parts(ui, words, engine, &parts);
        ui.add_space(theme::SPACE / 2.0);
        self.export(ui, paint, engine, read, channel);
    }

    fn bars(&mut self, ui: &mut Ui, paint: PaintContext<'_>, read: &RecordingsRead, channels: &[ChannelId]) {
        let height = (ui.ctx().content_rect().height() * 0.3).max(80.0);
        bar::hours(ui, read);
        ScrollArea::vertical()
            .id_salt("recordings-bars")
            .max_height(height)
            .auto_shrink([false, true])
            .show(ui, |ui| {
                for channel in channels {
                    let name = name_of(paint, read, *channel);
                    let chosen = self.channel == Some(*channel);
                    if let Some(at) = bar::channel(ui, paint.words, read, (*channel, &name), chosen, self.at) {
                        self.channel = Some(*channel);
                        self.at = Some(at);
                    }
                }
            });
        bar::legend(ui, paint.words);
    }

    fn parts(&mut self, ui: &mut Ui, words: &Words, engine: &EngineHandle, parts: &[&ShownPart]) {
        let height = (ui.ctx().content_rect().height() * 0.25).max(90.0);
        let at = self.at;
        let is_at = |shown: &ShownPart| at.is_some_and(|at| shown.part.from <= at && at < shown.part.to);
        if at.is_some() && !parts.iter().any(|part| is_at(part)) {
            weak_text(ui, &fl!(words, "recordings-nothing-then"));
        }
        ScrollArea::vertical()
            .id_salt("recordings-parts")
            .max_height(height)
            .auto_shrink([false, true])
            .show(ui, |ui| {
                for shown in parts {
                    let is_at = is_at(shown);
                    let row = ui.horizontal(|ui| {
                        let said = line(words, shown);
                        let text = if is_at {
                            RichText::new(&said).strong()
                        } else {
                            RichText::new(&said)
                        };
                        let label = ui.selectable_label(is_at, text);
                        label.widget_info(|| WidgetInfo::labeled(Role::Row, true, &said));
                        if label.clicked() {
                            self.at = Some(shown.part.from);
                            self.ends = [clock_text(shown.from), clock_text(shown.to)];
                        }
                        if ui.button(fl!(words, "recordings-play")).clicked() {
                            engine.send(Command::PlayRecording(shown.part.path.clone()));
                        }
                        if ui.button(fl!(words, "note-open-folder")).clicked() {
                            engine.send(Command::OpenFolderOf(shown.part.path.clone()));
                        }
                    });
                    if is_at && self.looked.is_none() {
                        row.response.scroll_to_me(None);
                    }
                }
            });
    }

    fn export(
        &mut self,
        ui: &mut Ui,
        paint: PaintContext<'_>,
        engine: &EngineHandle,
        read: &RecordingsRead,
        channel: ChannelId,
    ) {
        let words = paint.words;
        let under_way = paint
            .state
            .recordings
            .export
            .as_deref()
            .filter(|export| Some(export.id) == self.export);
        ui.horizontal(|ui| {
            let name = name_of(paint, read, channel);
            ui.label(fl!(words, "recordings-export-of", name = name));
            let labels = [fl!(words, "recordings-from"), fl!(words, "recordings-to")];
            for (end, label) in self.ends.iter_mut().zip(labels) {
                labelled_text_field(ui, &label, end, 90.0);
            }
            let chosen = self
                .choice
                .show(ui, words, &self.chooser, &fl!(words, "recordings-folder"), || {
                    Question {
                        title: fl!(words, "recordings-title"),
                        wanted: Wanted::Folder,
                        folder: Some(self.folder.clone()),
                    }
                });
            if let Some(folder) = chosen {
                self.folder = folder;
            }
            let goes_on = under_way.is_some_and(|export| export.ended.is_none());
            ui.add_enabled_ui(!goes_on, |ui| {
                if primary_button(ui, &fl!(words, "recordings-export")).clicked() {
                    self.begin_export(engine, read, channel);
                }
            });
        });
        weak_text(ui, &self.folder.display().to_string());
        if self.wrong {
            error_text(ui, &fl!(words, "recordings-ends-wrong"));
        }
        let Some(export) = under_way else { return };
        match &export.ended {
            None => {
                ui.horizontal(|ui| {
                    let bar = egui::ProgressBar::new(f32::from(export.done) / 1_000.0).desired_width(300.0);
                    ui.add(bar.show_percentage());
                    if ui.button(fl!(words, "recordings-stop")).clicked() {
                        engine.send(Command::StopRecordingExport);
                    }
                });
            }
            Some(Err(reason)) => {
                error_text(ui, &fl!(words, "recordings-not-exported", reason = reason.as_str()));
            }
            Some(Ok(files)) => match files.first() {
                None => drop(weak_text(ui, &fl!(words, "recordings-nothing-exported"))),
                Some(first) => {
                    ui.horizontal(|ui| {
                        ui.label(fl!(words, "recordings-exported", count = files.len()));
                        if ui.button(fl!(words, "note-open-folder")).clicked() {
                            engine.send(Command::OpenFolderOf(first.clone()));
                        }
                    });
                }
            },
        }
    }

    fn begin_export(&mut self, engine: &EngineHandle, read: &RecordingsRead, channel: ChannelId) {
        let ends = [time_typed(read, &self.ends[0]), time_typed(read, &self.ends[1])];
        let [Some(from), Some(to)] = ends else {
            self.wrong = true;
            return;
        };
        self.wrong = from >= to;
        if self.wrong {
            return;
        }
        self.last_asked += 1;
        self.export = Some(self.last_asked);
        engine.send(Command::ExportRecordings(Box::new(RecordingExport {
            id: self.last_asked,
            channels: vec![channel],
            from,
            to,
            folder: self.folder.clone(),
        })));
    }
}

/// The name of a channel: that of the device as it is registered now, else as it was when it was recorded.
fn name_of(paint: PaintContext<'_>, read: &RecordingsRead, channel: ChannelId) -> String {
    let registry = &paint.state.registry;
    if let Some(device) = registry.device(channel.device) {
        return state::full_name(paint.words, registry, device, channel);
    }
    let mut parts = read.parts.iter().map(|shown| &shown.part);
    let recorded = parts.find(|part| part.stream.channel == channel);
    let device = recorded.map_or_else(|| channel.device.to_string(), |part| part.device.clone());
    let number = channel.number;
    fl!(paint.words, "recordings-channel", device = device, number = number)
}

/// A part in one line.
fn line(words: &Words, shown: &ShownPart) -> String {
    let part = &shown.part;
    let stream = match part.stream.kind {
        StreamKind::Main => fl!(words, "recording-main"),
        StreamKind::Sub => fl!(words, "recording-sub"),
    };
    let cause = cause(words, part.cause);
    let size = format!("{:.1}", part.bytes as f64 / 1_048_576.0);
    let (from, to) = (clock_text(shown.from), clock_text(shown.to));
    if part.finished {
        fl!(
            words,
            "recordings-part",
            from = from,
            to = to,
            cause = cause,
            stream = stream,
            size = size
        )
    } else {
        fl!(
            words,
            "recordings-part-open",
            from = from,
            to = to,
            cause = cause,
            stream = stream,
            size = size
        )
    }
}

fn cause(words: &Words, cause: RecordingCause) -> String {
    match cause {
        RecordingCause::Schedule => fl!(words, "recordings-schedule"),
        RecordingCause::Hand => fl!(words, "recordings-manual"),
        RecordingCause::Event => fl!(words, "recordings-event"),
    }
}
