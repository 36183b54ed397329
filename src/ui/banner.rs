//! What stands above the wall: notices that can be closed.

use egui::{Color32, Ui};
use i18n_embed_fl::fl;

use super::act::{Act, PaintContext};
use super::icon::{self, Icon};
use super::{note, sound, theme};
use crate::bridge::{Command, FileFault, Notice, NoticeKind, SnapshotProblem};
use crate::i18n::Words;

/// How many notices are shown at once; the rest is counted.
const SHOWN: usize = 3;

/// The height of one strip, in points.
pub(super) const STRIP: f32 = 36.0;

/// How much room the notices need, in points.
#[must_use]
pub fn height(paint: PaintContext<'_>) -> f32 {
    let notices = strips(paint).count();
    (notices.min(SHOWN) + usize::from(notices > SHOWN)) as f32 * STRIP
}

pub fn show(ui: &mut Ui, paint: PaintContext<'_>, acts: &mut Vec<Act>) {
    ui.spacing_mut().item_spacing.y = 0.0;
    let notices: Vec<&Notice> = strips(paint).collect();
    for notice in notices.iter().rev().take(SHOWN) {
        show_notice(ui, paint, notice, acts);
    }
    if notices.len() > SHOWN {
        strip(ui, theme::tokens(ui).notice, |ui| {
            ui.label(fl!(paint.words, "notice-more", count = (notices.len() - SHOWN)));
        });
    }
}

/// The notices that are shown as strips. A kiosk shows few of them, because passers-by can do nothing about the others.
fn strips(paint: PaintContext<'_>) -> impl Iterator<Item = &Notice> {
    let for_all = |notice: &&Notice| {
        // The person who sets up a kiosk reads these on its screen.
        matches!(
            notice.kind,
            NoticeKind::SoundFailed { .. } | NoticeKind::NoSuchMonitor { .. }
        )
    };
    let notices = paint.state.notices.iter().filter(|notice| !note::is_note(notice));
    notices.filter(move |notice| !paint.kiosk || for_all(notice))
}

fn show_notice(ui: &mut Ui, paint: PaintContext<'_>, notice: &Notice, acts: &mut Vec<Act>) {
    let words = paint.words;
    let tokens = theme::tokens(ui);
    strip(ui, tokens.notice, |ui| {
        icon::show(ui, Icon::Notice, 16.0, tokens.accent);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if !paint.kiosk && icon::button(ui, Icon::Close, &fl!(words, "notice-close")).clicked() {
                acts.push(Act::Send(Command::Dismiss(notice.id)));
            }
            let undo = match notice.kind {
                NoticeKind::DevicesRemoved { .. } => Some(Command::UndoRemove),
                NoticeKind::DevicesEdited { .. } => Some(Command::UndoEdit),
                NoticeKind::VirtualDvrRemoved { .. } => Some(Command::UndoRemoveVirtualDvr),
                _ => None,
            };
            if let Some(undo) = undo
                && ui.button(fl!(words, "notice-undo")).clicked()
            {
                acts.push(Act::Send(undo));
            }
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                let said = sentence(words, &notice.kind);
                ui.add(egui::Label::new(&said).truncate()).on_hover_text(said);
            });
        });
    });
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
                reason = reason.as_str()
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
                reason = reason.as_str()
            )
        }
        NoticeKind::SecretFailed { device, reason } => {
            fl!(
                words,
                "notice-secret-failed",
                device = device.as_str(),
                reason = reason.as_str()
            )
        }
        NoticeKind::KeySetAside { aside } => fl!(words, "notice-key-set-aside", aside = aside.as_str()),
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
        NoticeKind::SnapshotSaved { path } => fl!(words, "note-snapshot-saved", path = path.as_str()),
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
                        reason = reason.as_str()
                    )
                }
            }
        }
        NoticeKind::SoundFailed { device, problem } => sound::sentence(words, device, problem),
        NoticeKind::WithoutKeyFrames { device } => {
            fl!(words, "notice-without-key-frames", device = device.as_str())
        }
        NoticeKind::NoVideo { reason } => fl!(words, "notice-no-video", reason = reason.as_str()),
        NoticeKind::VirtualDvrRemoved { name } => {
            fl!(words, "notice-virtual-dvr-removed", name = name.as_str())
        }
        NoticeKind::NoSuchMonitor { number, monitors, here } => no_such_monitor(words, *number, monitors, *here),
        NoticeKind::RendererFellBack { wanted, reason } => {
            fl!(
                words,
                "notice-renderer",
                wanted = wanted.as_str(),
                reason = reason.as_str()
            )
        }
    }
}

fn file_fault(words: &Words, fault: &FileFault) -> String {
    match fault {
        FileFault::Gone => fl!(words, "file-fault-gone"),
        FileFault::Damaged => fl!(words, "file-fault-damaged"),
        FileFault::Folder => fl!(words, "file-fault-folder"),
        FileFault::NoFile => fl!(words, "file-fault-no-file"),
        FileFault::TooLarge => fl!(words, "file-fault-too-large"),
        FileFault::LinkToNothing => fl!(words, "file-fault-link"),
        FileFault::Denied => fl!(words, "file-fault-denied"),
        FileFault::System(reason) => reason.clone(),
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

pub(super) fn strip(ui: &mut Ui, fill: Color32, add: impl FnOnce(&mut Ui)) {
    let (rect, _) = ui.allocate_exact_size(egui::vec2(ui.available_width(), STRIP), egui::Sense::hover());
    ui.painter().rect_filled(rect, 0.0, fill);
    ui.painter().hline(
        rect.x_range(),
        rect.bottom() - 0.5,
        egui::Stroke::new(1.0, theme::tokens(ui).line),
    );
    let inside = rect.shrink2(egui::vec2(12.0, 4.0));
    let layout = egui::Layout::left_to_right(egui::Align::Center);
    let mut inner = ui.new_child(egui::UiBuilder::new().max_rect(inside).layout(layout));
    inner.spacing_mut().item_spacing.x = 8.0;
    add(&mut inner);
}
