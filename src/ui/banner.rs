//! Notices: what the person should read, in cards that can be closed, over a corner of the wall.

use egui::text::{LayoutJob, TextFormat};
use egui::{
    Align, Align2, Area, Event, Frame, Id, Layout, Margin, Order, Rect, Role, Sense, Stroke, TextStyle, Ui, WidgetInfo,
    vec2,
};
use i18n_embed_fl::fl;

use super::act::{Act, PaintContext};
use super::events::{letters, says};
use super::icon::{self, Icon};
use super::{certificates, note, planned, reason, sound, theme};
use crate::bridge::{Command, FileFault, Notice, NoticeKind, SnapshotProblem, SoundProblem};
use crate::i18n::Words;

/// How many notices are shown at once; the rest is counted.
const SHOWN: usize = 3;

/// The widest that a notice is, in points.
const WIDTH: f32 = 560.0;
/// A notice that is longer is cut; all of it is read by pointing at it.
const LINES: usize = 3;

/// Whether there are notices to show.
#[must_use]
pub fn are_any(paint: PaintContext<'_>, told: Told) -> bool {
    cards(paint, told).next().is_some()
}

/// What a dialog in front of the wall tells itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// What was removed or edited in the list of devices, and how it is undone.
    pub devices: bool,
}

/// Shows `add` over the lower left corner of the wall, so that no tile moves: what came last at the bottom.
pub fn over(ui: &Ui, paint: PaintContext<'_>, wall: Rect, add: impl FnOnce(&mut Ui)) {
    let by = paint.text.bars();
    const EDGE: f32 = 12.0;
    let screen = ui.ctx().content_rect();
    let offset = vec2(
        wall.left() - screen.left() + EDGE,
        wall.bottom() - screen.bottom() - EDGE,
    );
    Area::new(Id::unique(("notices", ui.ctx().viewport_id())))
        .order(Order::Middle)
        .anchor(Align2::LEFT_BOTTOM, offset)
        .show(ui.ctx(), |ui| {
            ui.set_width((WIDTH * by).min(wall.width() - 2.0 * EDGE));
            theme::enlarge_to(ui, by);
            ui.spacing_mut().item_spacing.y = 6.0;
            add(ui);
        });
}

pub fn show(ui: &mut Ui, paint: PaintContext<'_>, told: Told, acts: &mut Vec<Act>) {
    ui.spacing_mut().item_spacing.y = 6.0;
    let notices: Vec<&Notice> = cards(paint, told).collect();
    if !paint.kiosk {
        acts.extend(read(ui, notices.iter().rev().take(SHOWN).map(|notice| notice.id)));
    }
    if notices.len() > SHOWN {
        let more = fl!(paint.words, "notice-more", count = (notices.len() - SHOWN));
        card(ui, &more, None, 0.0, |_| {});
    }
    for notice in notices.iter().rev().take(SHOWN).rev() {
        show_notice(ui, paint, notice, acts);
    }
}

/// Who presses a key or clicks while notices stand on the screen is there to read them: said once for each.
fn read(ui: &Ui, shown: impl Iterator<Item = u64>) -> Option<Act> {
    let is_there = ui.input(|input| {
        let press = |event: &Event| {
            matches!(
                event,
                Event::Key { pressed: true, .. } | Event::PointerButton { pressed: true, .. }
            )
        };
        // What a key did for the wall is used up.
        input.raw.events.iter().any(press)
    });
    if !is_there {
        return None;
    }
    let id = Id::unique("notices that were read");
    let mut known: Vec<u64> = ui.data(|data| data.get_temp(id)).unwrap_or_default();
    let new: Vec<u64> = shown.filter(|shown| !known.contains(shown)).collect();
    if new.is_empty() {
        return None;
    }
    known.extend(&new);
    ui.data_mut(|data| data.insert_temp(id, known));
    Some(Act::Send(Command::Read(new)))
}

/// The notices that are shown as cards. A kiosk shows few of them, because passers-by can do nothing about the others.
fn cards(paint: PaintContext<'_>, told: Told) -> impl Iterator<Item = &Notice> {
    let is_told = move |notice: &&Notice| {
        told.devices
            && matches!(
                notice.kind,
                NoticeKind::DevicesRemoved { .. } | NoticeKind::DevicesEdited { .. }
            )
    };
    let for_all = |notice: &&Notice| {
        // The person who sets up a kiosk reads these on its screen.
        matches!(
            notice.kind,
            NoticeKind::SoundFailed { .. } | NoticeKind::NoSuchMonitor { .. } | NoticeKind::StandsStill { .. }
        )
    };
    let notices = paint.state.notices.iter().filter(|notice| !note::is_note(notice));
    let notices = notices.filter(move |notice| !is_told(notice));
    notices.filter(move |notice| !paint.kiosk || for_all(notice))
}

fn show_notice(ui: &mut Ui, paint: PaintContext<'_>, notice: &Notice, acts: &mut Vec<Act>) {
    let words = paint.words;
    let undo = match notice.kind {
        NoticeKind::DevicesRemoved { .. } => Some(Command::UndoRemove),
        NoticeKind::DevicesEdited { .. } | NoticeKind::DevicesAdded { .. } => Some(Command::UndoEdit),
        NoticeKind::VirtualDvrRemoved { .. } => Some(Command::UndoRemoveVirtualDvr),
        _ => None,
    };
    let trust = certificates::trust(words, &notice.kind);
    let buttons = match (paint.kiosk, &undo, &trust) {
        (true, ..) => 0.0,
        (false, None, None) => CLOSE,
        (false, Some(_), _) => CLOSE + UNDO,
        (false, None, Some(_)) => CLOSE + TRUST,
    };
    let said = sentence(words, &notice.kind);
    let details = detail(&notice.kind).map(|said| reason::details(words, said));
    card(ui, &said, details.as_deref(), buttons, |ui| {
        if icon::button(ui, Icon::Close, &fl!(words, "notice-close")).clicked() {
            acts.push(Act::Send(Command::Dismiss(notice.id)));
        }
        if let Some(undo) = undo
            && ui.button(fl!(words, "notice-undo")).clicked()
        {
            acts.push(Act::Send(undo));
        }
        if let Some((label, command)) = trust
            && ui.button(label).clicked()
        {
            acts.push(Act::Send(command));
        }
    });
}

/// The words of the system, where the sentence gives them in the language of the person.
fn detail(kind: &NoticeKind) -> Option<&str> {
    match kind {
        NoticeKind::FileSetAside { reason, .. }
        | NoticeKind::WriteFailed { reason, .. }
        | NoticeKind::SecretFailed { reason, .. }
        | NoticeKind::FolderNotOpened { reason, .. }
        | NoticeKind::NoVideo { reason }
        | NoticeKind::StandsStill { post: reason }
        | NoticeKind::RendererFellBack { reason, .. }
        | NoticeKind::SoundFailed {
            problem: SoundProblem::NoOutput { reason } | SoundProblem::Broken { reason },
            ..
        }
        | NoticeKind::SnapshotFailed {
            problem: SnapshotProblem::Write(reason),
            ..
        }
        | NoticeKind::FileKept {
            fault: FileFault::System(reason),
            ..
        } => Some(reason),
        _ => None,
    }
}

/// What happened, and what Monomi does about it.
fn sentence(words: &Words, kind: &NoticeKind) -> String {
    match kind {
        NoticeKind::FileSetAside { file, beside, reason } => {
            fl!(
                words,
                "notice-file-set-aside",
                file = file.as_str(),
                beside = beside.as_str(),
                reason = reason::in_words(words, reason)
            )
        }
        NoticeKind::FileKept { file, fault } => {
            let reason = file_fault(words, fault);
            fl!(words, "notice-file-kept", file = file.as_str(), reason = reason)
        }
        NoticeKind::FileWarnings { file, warnings } => {
            fl!(
                words,
                "notice-file-warnings",
                file = file.as_str(),
                warnings = words.list(warnings)
            )
        }
        NoticeKind::WriteFailed { file, reason } => {
            fl!(
                words,
                "notice-write-failed",
                file = file.as_str(),
                reason = reason::in_words(words, reason)
            )
        }
        NoticeKind::SecretFailed { device, reason } => {
            fl!(
                words,
                "notice-secret-failed",
                device = device.as_str(),
                reason = reason::in_words(words, reason)
            )
        }
        NoticeKind::KeySetAside { aside } => fl!(words, "notice-key-set-aside", aside = aside.as_str()),
        NoticeKind::FileEmptied { file } => fl!(words, "notice-file-emptied", file = file.as_str()),
        NoticeKind::EditedDeviceGone => fl!(words, "notice-edited-device-gone"),
        NoticeKind::PasswordsOwed => fl!(words, "notice-passwords-owed"),
        NoticeKind::Excluded { devices } => {
            fl!(
                words,
                "notice-excluded",
                count = devices.len(),
                devices = words.list(devices)
            )
        }
        NoticeKind::DevicesRemoved { names } => {
            fl!(words, "notice-removed", count = names.len(), names = words.list(names))
        }
        NoticeKind::DevicesEdited { names } => {
            fl!(words, "notice-edited", count = names.len(), names = words.list(names))
        }
        NoticeKind::DevicesAdded { added, changed } => {
            fl!(words, "notice-devices-added", added = (*added), changed = (*changed))
        }
        NoticeKind::SnapshotSaved { path } => fl!(words, "note-snapshot-saved", path = path.display().to_string()),
        NoticeKind::FolderNotOpened { folder, reason } => {
            fl!(
                words,
                "notice-folder-not-opened",
                folder = folder.display().to_string(),
                reason = reason::in_words(words, reason)
            )
        }
        NoticeKind::HandbookNotOpened { file, reason } => {
            fl!(
                words,
                "notice-handbook-not-opened",
                file = file.display().to_string(),
                reason = reason::in_words(words, reason)
            )
        }
        NoticeKind::SnapshotFailed { device, problem } => {
            let device = device.as_str();
            match problem {
                SnapshotProblem::NoPicture => fl!(words, "notice-snapshot-no-picture", device = device),
                SnapshotProblem::NoFolder => fl!(words, "notice-snapshot-no-folder"),
                SnapshotProblem::Write(reason) => {
                    fl!(
                        words,
                        "notice-snapshot-failed",
                        device = device,
                        reason = reason::in_words(words, reason)
                    )
                }
            }
        }
        NoticeKind::SoundFailed { device, problem } => sound::sentence(words, device, problem),
        NoticeKind::WithoutKeyFrames { device } => {
            fl!(words, "notice-without-key-frames", device = device.as_str())
        }
        NoticeKind::CertificatesChanged { issuer, names, .. } => certificates::changed(words, issuer.as_deref(), names),
        NoticeKind::CertificatesExpire { days, devices } => certificates::expire(words, *days, devices),
        NoticeKind::AlertFailed(fault) => says::fault(words, fault),
        NoticeKind::MessengerFailed {
            messenger,
            server,
            fault,
            stopped,
        } => letters::notice(words, *messenger, server, fault, *stopped),
        NoticeKind::StandsStill { .. } => fl!(words, "notice-stands-still"),
        NoticeKind::NoVideo { reason } => fl!(words, "notice-no-video", reason = reason::in_words(words, reason)),
        NoticeKind::VirtualDvrRemoved { name } => {
            fl!(words, "notice-virtual-dvr-removed", name = name.as_str())
        }
        NoticeKind::WorkNotPlanned { site, problem } => {
            let why = planned::problem(words, *problem);
            fl!(words, "notice-work-not-planned", site = site.as_str(), why = why)
        }
        NoticeKind::NoSuchMonitor { number, monitors, here } => no_such_monitor(words, *number, monitors, *here),
        NoticeKind::RendererFellBack { wanted, reason } => {
            fl!(
                words,
                "notice-renderer",
                wanted = wanted.as_str(),
                reason = reason::in_words(words, reason)
            )
        }
    }
}

pub(super) fn file_fault(words: &Words, fault: &FileFault) -> String {
    match fault {
        FileFault::Gone => fl!(words, "file-fault-gone"),
        FileFault::Damaged => fl!(words, "file-fault-damaged"),
        FileFault::Folder => fl!(words, "file-fault-folder"),
        FileFault::NoFile => fl!(words, "file-fault-no-file"),
        FileFault::TooLarge => fl!(words, "file-fault-too-large"),
        FileFault::LinkToNothing => fl!(words, "file-fault-link"),
        FileFault::Denied => fl!(words, "file-fault-denied"),
        FileFault::System(reason) => reason::in_words(words, reason),
    }
}

fn no_such_monitor(words: &Words, number: usize, monitors: &[String], here: Option<usize>) -> String {
    let named = (1..).zip(monitors);
    let named = named.map(|(number, name)| fl!(words, "monitor", number = number, name = name.as_str()));
    let there = words.list(&named.collect::<Vec<_>>());
    match here {
        Some(here) => fl!(
            words,
            "notice-no-such-monitor",
            number = number,
            monitors = there,
            here = here
        ),
        None => fl!(words, "notice-no-such-monitor-stays", number = number, monitors = there),
    }
}

/// The room for the buttons of a card, in points.
pub(super) const CLOSE: f32 = 34.0;
pub(super) const UNDO: f32 = 100.0;
const TRUST: f32 = 170.0;

/// One message. `buttons`: the room for what `add` paints from the right end, in points; 0: nothing.
pub(super) fn card(ui: &mut Ui, said: &str, detail: Option<&str>, buttons: f32, add: impl FnOnce(&mut Ui)) {
    let tokens = theme::tokens(ui);
    let by = theme::enlarged(ui);
    let buttons = buttons * by;
    Frame::new()
        .fill(tokens.notice)
        .stroke(Stroke::new(1.0, tokens.line))
        .corner_radius(6)
        .inner_margin(Margin::symmetric(12, 7))
        .show(ui, |ui| {
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 8.0;
                icon::show(ui, Icon::Notice, 16.0, tokens.accent);
                let width = (ui.available_width() - buttons).max(80.0);
                let format = TextFormat::simple(TextStyle::Body.resolve(ui.style()), tokens.text);
                let mut job = LayoutJob::single_section(said.to_owned(), format);
                job.wrap.max_width = width;
                job.wrap.max_rows = LINES;
                let galley = ui.painter().layout_job(job);
                let is_cut = galley.elided;
                let (rect, label) = ui.allocate_exact_size(vec2(width, galley.size().y.max(24.0 * by)), Sense::HOVER);
                let at = rect.left_center() - vec2(0.0, galley.size().y / 2.0);
                ui.painter().galley(at, galley, tokens.text);
                label.widget_info(|| WidgetInfo::labeled(Role::Label, true, said));
                let more = [is_cut.then_some(said), detail];
                let more = more.into_iter().flatten().collect::<Vec<_>>().join("\n");
                if !more.is_empty() {
                    label.on_hover_text(more);
                }
                if buttons > 0.0 {
                    let rest = vec2(ui.available_width(), rect.height());
                    ui.allocate_ui_with_layout(rest, Layout::right_to_left(Align::Center), add);
                }
            });
        });
}
