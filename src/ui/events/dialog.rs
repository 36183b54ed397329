//! The list of events, the newest first, read from the log a part at a time.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use egui::{Context, Event as Input, Id, Key, Modal, ScrollArea, Ui};
use i18n_embed_fl::fl;

use super::filter::LogFilter;
use super::leading::{lead, recording_of};
use super::noting::Noting;
use super::rows::{self, ROW, RowAct};
use super::span::{LogSpan, PART};
use super::{recording, says};
use crate::bridge::{Command, EngineHandle, LogExport, LogPart, LogQuery, LogRequest, ProfileFault, ShownEvent};
use crate::ui::act::{Act, PaintContext, SettingsTab};
use crate::ui::choosing::{Choice, Chooser, Question, Wanted, folder_of};
use crate::ui::form::{error_text, weak_text};
use crate::ui::{profile, theme};
use crate::wording;
use events::{EventId, EventRecord, LogCount, LogFormat, LogStart};

const WIDTH: f32 = 1_220.0;
/// What is written meanwhile is shown so soon.
const ANEW: Duration = Duration::from_secs(1);
/// An answer that does not come by then comes no more.
const PATIENCE: Duration = Duration::from_secs(30);

/// The list and how it is looked at.
pub struct EventsDialog {
    open: bool,
    /// The keys and clicks that opened it do not count.
    fresh: bool,
    /// What stood on screen in the last frame and was not seen.
    shown: Vec<EventId>,
    /// The row that the keyboard is at.
    at: Option<EventId>,
    filter: LogFilter,
    /// The filter of which the rows are.
    known: Option<LogFilter>,
    wanted: LogQuery,
    span: LogSpan,
    /// Whether the log answered, so that the rows are its own.
    answered: bool,
    fault: Option<String>,
    /// The rows that were in sight in the last frame.
    in_sight: Range<usize>,
    offset: f32,
    /// Where the list has to be scrolled to.
    scroll_to: Option<f32>,
    asked: Option<(u64, LogStart)>,
    /// The end of the log that was asked for by a key; the keyboard is there when it is read.
    jump: Option<LogStart>,
    last_asked: u64,
    /// What was written by then is in the rows.
    written: u64,
    looked: Option<Instant>,
    noting: Noting,
    folder: PathBuf,
    chooser: Chooser,
    csv: Choice,
    json: Choice,
    exporting: Option<u64>,
    exported: Option<Result<(PathBuf, usize), ProfileFault>>,
}

impl EventsDialog {
    /// `folder`: the folder that is proposed for files. `chooser`: the dialog of the system for them.
    #[must_use]
    pub fn new(folder: &Path, chooser: &Chooser) -> Self {
        Self {
            open: false,
            fresh: false,
            shown: Vec::new(),
            at: None,
            filter: LogFilter::default(),
            known: None,
            wanted: LogQuery::default(),
            span: LogSpan::default(),
            answered: false,
            fault: None,
            in_sight: 0..0,
            offset: 0.0,
            scroll_to: None,
            asked: None,
            jump: None,
            last_asked: 0,
            written: 0,
            looked: None,
            noting: Noting::default(),
            folder: folder.to_owned(),
            chooser: chooser.clone(),
            csv: Choice::default(),
            json: Choice::default(),
            exporting: None,
            exported: None,
        }
    }

    pub fn open(&mut self) {
        let last_asked = self.last_asked;
        *self = Self::new(&self.folder, &self.chooser);
        (self.open, self.fresh, self.last_asked) = (true, true, last_asked);
    }

    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Paints the list, if it is open.
    pub fn show(&mut self, ctx: &Context, paint: PaintContext<'_>, engine: &EngineHandle, acts: &mut Vec<Act>) {
        if !self.open {
            return;
        }
        if !std::mem::take(&mut self.fresh) && is_somebody_there(ctx) && !self.shown.is_empty() {
            engine.send(Command::SeeEvents(std::mem::take(&mut self.shown)));
        }
        self.shown.clear();
        self.follow(paint, engine);
        let words = paint.words;
        let response = Modal::new(Id::unique("events"))
            .frame(theme::dialog(ctx))
            .show(ctx, |ui| {
                ui.set_width(WIDTH.min(ctx.content_rect().width() - 40.0));
                ui.heading(fl!(words, "events-title"));
                ui.add_space(theme::SPACE / 2.0);
                self.filter.show(ui, paint);
                ui.add_space(theme::SPACE / 2.0);
                let chosen = self.list(ui, paint);
                if let Some((event, RowAct::Playback)) = &chosen {
                    acts.extend(recording::play(event));
                }
                let leads = chosen.and_then(|(event, act)| self.act(&event, act, paint));
                ui.add_space(theme::SPACE / 2.0);
                let mut closes = self.buttons(ui, paint, engine, acts);
                if let Some(lead) = leads {
                    acts.push(lead);
                    closes = true;
                }
                closes
            });
        let noting = self.noting.is_open();
        self.noting.show(ctx, words, engine);
        if response.inner || response.should_close() && !noting {
            self.open = false;
        }
    }

    /// Takes in what the log answered, and asks for what is needed next.
    fn follow(&mut self, paint: PaintContext<'_>, engine: &EngineHandle) {
        let events = &paint.state.events;
        let answer = self
            .asked
            .zip(events.read.as_deref())
            .filter(|((id, _), read)| read.id == *id);
        if let Some(((_, start), read)) = answer {
            self.asked = None;
            match &read.part {
                Ok(part) => self.take(start, part.clone()),
                Err(reason) => (self.fault, self.jump) = (Some(reason.clone()), None),
            }
        }
        let exported = self.exporting.zip(events.exported.as_deref());
        if let Some((_, done)) = exported.filter(|(id, done)| done.id == *id) {
            self.exporting = None;
            let count = done.count.clone();
            self.exported = Some(count.map(|count| (done.path.clone(), count)));
        }
        if self.known.as_ref() != Some(&self.filter) {
            self.known = Some(self.filter.clone());
            if let Some(wanted) = self.filter.wanted(paint.words, paint.state) {
                self.wanted = wanted;
                self.at = None;
                self.scroll_to = Some(0.0);
                self.ask(LogStart::Newest, PART, paint, engine);
            }
            return;
        }
        let age = self
            .looked
            .map(|looked| paint.state.now.saturating_duration_since(looked));
        if self.asked.is_some() && age.is_some_and(|age| age < PATIENCE) {
            return;
        }
        let is_due = age.is_none_or(|age| age >= ANEW);
        if self.fault.is_some() {
            // What is listed may be of another question.
            if is_due {
                self.ask(LogStart::Newest, PART, paint, engine);
            }
            return;
        }
        if let Some(end) = self.jump {
            self.ask(end, PART, paint, engine);
        } else if let Some(start) = self.span.wants(&self.in_sight) {
            self.ask(start, PART, paint, engine);
        } else if self.written != events.written && is_due {
            let (start, most) = self.span.anew(&self.in_sight);
            self.ask(start, most, paint, engine);
        }
    }

    fn take(&mut self, start: LogStart, part: LogPart) {
        (self.answered, self.fault) = (true, None);
        let moved = self.span.take(start, part);
        let rows = self.span.rows();
        if self.jump == Some(start) {
            self.jump = None;
            let (at, first) = match start {
                LogStart::Oldest => (rows.last(), rows.len().saturating_sub(self.in_sight.len())),
                _ => (rows.first(), 0),
            };
            self.at = at.map(|row| row.event.id);
            self.in_sight = first..first + self.in_sight.len();
            self.scroll_to = Some(first as f32 * ROW);
        } else if moved != 0 {
            self.scroll_to = Some((self.offset + moved as f32 * ROW).max(0.0));
            let by = |at: usize| at.saturating_add_signed(moved);
            self.in_sight = by(self.in_sight.start)..by(self.in_sight.end);
        }
    }

    fn ask(&mut self, start: LogStart, most: usize, paint: PaintContext<'_>, engine: &EngineHandle) {
        self.last_asked += 1;
        self.asked = Some((self.last_asked, start));
        self.looked = Some(paint.state.now);
        self.written = paint.state.events.written;
        engine.send(Command::ReadLog(Box::new(LogRequest {
            id: self.last_asked,
            wanted: self.wanted.clone(),
            start,
            most,
        })));
    }

    /// Paints head and rows; the event with which somebody does something.
    fn list(&mut self, ui: &mut Ui, paint: PaintContext<'_>) -> Option<(EventRecord, RowAct)> {
        let words = paint.words;
        // Before the log answered, and where it cannot be read, the troubles that are in memory are shown.
        let newest: Vec<ShownEvent>;
        let span = std::mem::take(&mut self.span);
        let events = if self.answered {
            span.rows()
        } else {
            newest = paint.state.events.list.iter().rev().cloned().collect();
            &newest
        };
        let chosen = if events.is_empty() {
            self.say_nothing(ui, paint);
            None
        } else {
            rows::head(ui, words);
            self.rows(ui, paint, events)
        };
        self.span = span;
        chosen
    }

    fn say_nothing(&self, ui: &mut Ui, paint: PaintContext<'_>) {
        let words = paint.words;
        if self.known.as_ref().is_some_and(|known| *known == LogFilter::default()) {
            let after = Duration::from_secs(paint.state.settings.alerts.after.into());
            weak_text(ui, &fl!(words, "events-none", after = words.duration(after)));
        } else {
            weak_text(ui, &fl!(words, "events-none-found"));
        }
    }

    fn rows(&mut self, ui: &mut Ui, paint: PaintContext<'_>, events: &[ShownEvent]) -> Option<(EventRecord, RowAct)> {
        let height = (ui.ctx().content_rect().height() - 300.0).clamp(100.0, ROW * 40.0);
        self.walk(ui, events, height);
        let spacing = std::mem::take(&mut ui.spacing_mut().item_spacing.y);
        // What is put in place when rows come and go is no pull beyond the end.
        ui.spacing_mut().scroll.kinetic.rubber_band = false;
        let mut area = ScrollArea::vertical()
            .id_salt("events")
            .max_height(height)
            .auto_shrink([false, true]);
        if let Some(offset) = self.scroll_to.take() {
            area = area.vertical_scroll_offset(offset);
        }
        let mut chosen = None;
        let output = area.show_rows(ui, ROW, events.len(), |ui, range| {
            for at in range.clone() {
                let Some(shown) = events.get(at) else { continue };
                ui.push_id(shown.event.id.0, |ui| {
                    if let Some(act) = rows::row(ui, paint, shown, self.at == Some(shown.event.id)) {
                        chosen = Some((shown.event.clone(), act));
                    }
                });
                if rows::is_unseen(&shown.event) {
                    self.shown.push(shown.event.id);
                }
            }
            range
        });
        (self.in_sight, self.offset) = (output.inner, output.state.clamped_offset().y);
        ui.spacing_mut().item_spacing.y = spacing;
        let is_free = ui.memory(|memory| memory.focused().is_none()) && !self.noting.is_open();
        let pressed = |key| is_free && ui.input(|input| input.key_pressed(key));
        let by_key = match (pressed(Key::Enter), pressed(Key::Space)) {
            (true, _) => Some(RowAct::Lead),
            (false, true) => Some(RowAct::Acknowledge),
            (false, false) => None,
        };
        let at = || events.iter().find(|shown| Some(shown.event.id) == self.at);
        chosen.or_else(|| Some((at()?.event.clone(), by_key?)))
    }

    /// Arrows and page keys walk through the rows; the ends of the log are read when they are asked for.
    fn walk(&mut self, ui: &Ui, events: &[ShownEvent], height: f32) {
        let in_field = ui.ctx().text_edit_focused();
        let Some(by) = moves(ui).filter(|_| !in_field && !self.noting.is_open()) else {
            return;
        };
        let end = match by {
            isize::MIN => Some(LogStart::Newest),
            isize::MAX => Some(LogStart::Oldest),
            _ => None,
        };
        if self.answered && end.is_some() {
            self.jump = end;
            return;
        }
        let last = events.len().saturating_sub(1);
        let at = events.iter().position(|shown| Some(shown.event.id) == self.at);
        let to = match at {
            None if by == isize::MAX => last,
            None => 0,
            Some(at) => at.saturating_add_signed(by).min(last),
        };
        self.at = events.get(to).map(|shown| shown.event.id);
        self.scroll_to = Some((to as f32 * ROW - height / 2.0).max(0.0));
    }

    /// Does with an event what somebody wants; where its cameras are to be shown, how.
    fn act(&mut self, event: &EventRecord, act: RowAct, paint: PaintContext<'_>) -> Option<Act> {
        match act {
            RowAct::Lead => return Some(lead(event)),
            RowAct::Recording => return recording_of(event, &self.span),
            RowAct::Playback => return recording::tile(event),
            RowAct::Acknowledge => {
                let called = says::line(paint.words, &paint.state.registry, event);
                self.noting.begin(event.id, called);
            }
            RowAct::Details => {
                let called = says::line(paint.words, &paint.state.registry, event);
                self.filter.details(event.id, called);
            }
            RowAct::OnlyDevice => {
                if let Some(device) = event.subject.device() {
                    self.filter.only_device(device, &paint.state.registry);
                }
            }
            RowAct::OnlyCategory => self.filter.only_category(event.category()),
        }
        None
    }

    /// How many there are, and what can be done with all of them; whether the list is to be closed.
    fn buttons(&mut self, ui: &mut Ui, paint: PaintContext<'_>, engine: &EngineHandle, acts: &mut Vec<Act>) -> bool {
        let words = paint.words;
        let mut closes = false;
        match self.span.count().filter(|_| self.answered) {
            Some(LogCount::Exactly(count)) => drop(weak_text(ui, &fl!(words, "events-count", count = count))),
            Some(LogCount::MoreThan(count)) => drop(weak_text(ui, &fl!(words, "events-count-more", count = count))),
            None => {}
        }
        if let Some(reason) = &self.fault {
            error_text(ui, &fl!(words, "events-unreadable", reason = reason.as_str()));
        }
        ui.add_space(theme::SPACE / 2.0);
        ui.horizontal(|ui| {
            let listed = self.span.rows().iter().any(|row| rows::is_unseen(&row.event));
            let unseen = paint.state.events.unseen > 0 || listed;
            let see_all = egui::Button::new(fl!(words, "events-see-all"));
            if ui.add_enabled(unseen, see_all).clicked() {
                engine.send(Command::SeeAllEvents);
            }
            if ui.button(fl!(words, "events-alerts")).clicked() {
                acts.push(Act::Settings(SettingsTab::Alerts));
                closes = true;
            }
            self.files(ui, paint, engine);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                closes |= ui.button(fl!(words, "dialog-close")).clicked();
            });
        });
        match &self.exported {
            None => {}
            Some(Err(fault)) => drop(error_text(ui, &profile::problem(words, fault))),
            Some(Ok((path, count))) => {
                let count = *count;
                ui.horizontal(|ui| {
                    ui.label(fl!(words, "events-written", count = count));
                    if ui.button(fl!(words, "note-open-folder")).clicked() {
                        engine.send(Command::OpenFolderOf(path.clone()));
                    }
                });
            }
        }
        closes
    }

    /// What writes the events that are listed to a file.
    fn files(&mut self, ui: &mut Ui, paint: PaintContext<'_>, engine: &EngineHandle) {
        let words = paint.words;
        let folder = self.folder.clone();
        let question = |name: &str, ending: &'static str| Question {
            title: fl!(words, "events-title"),
            wanted: Wanted::Save {
                name: name.to_owned(),
                ending,
            },
            folder: folder_of(&folder.join(name).display().to_string()),
        };
        let csv = self.csv.show(ui, words, &self.chooser, &fl!(words, "events-csv"), || {
            question("monomi-events.csv", "csv")
        });
        let json = self
            .json
            .show(ui, words, &self.chooser, &fl!(words, "events-json"), || {
                question("monomi-events.json", "json")
            });
        let chosen = csv.map(|path| (path, LogFormat::Csv));
        if let Some((path, format)) = chosen.or_else(|| json.map(|path| (path, LogFormat::Json))) {
            self.last_asked += 1;
            (self.exporting, self.exported) = (Some(self.last_asked), None);
            engine.send(Command::ExportLog(Box::new(LogExport {
                id: self.last_asked,
                wanted: self.wanted.clone(),
                format,
                labels: wording::event::labels(words),
                path,
            })));
        }
        if self.exporting.is_some() {
            ui.spinner();
        }
    }
}

/// By how many rows the keys move in this frame.
fn moves(ui: &Ui) -> Option<isize> {
    let keys = [
        (Key::ArrowDown, 1),
        (Key::ArrowUp, -1),
        (Key::PageDown, 10),
        (Key::PageUp, -10),
        (Key::End, isize::MAX),
        (Key::Home, isize::MIN),
    ];
    let mut pressed = keys
        .into_iter()
        .filter(|(key, _)| ui.input(|input| input.key_pressed(*key)));
    pressed.next().map(|(_, by)| by)
}

/// Whether a person pressed a key or clicked in this frame.
fn is_somebody_there(ctx: &Context) -> bool {
    ctx.input(|input| {
        input.events.iter().any(|event| {
            matches!(
                event,
                Input::Key {
                    pressed: true,
                    repeat: false,
                    ..
                } | Input::PointerButton { pressed: true, .. }
                    | Input::Touch {
                        phase: egui::TouchPhase::Start,
                        ..
                    }
            )
        })
    })
}
