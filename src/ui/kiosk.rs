//! The way out of the kiosk: a dialog that asks for the password.

use std::time::{Duration, Instant};

use egui::{Context, Id, Key, Modal, TextEdit, vec2};
use i18n_embed_fl::fl;
use zeroize::Zeroizing;

use super::act::PaintContext;
use super::form;
use super::theme;
use crate::bridge::{Command, EngineHandle};
use device::Password;

/// The dialog that asks for the kiosk's password. It counts wrong passwords also while it is closed.
#[derive(Default)]
pub struct Lock {
    open: bool,
    /// The dialog was opened and has not been painted yet.
    fresh: bool,
    typed: Zeroizing<String>,
    /// When the dialog was opened or a key was typed in it last.
    touched: Option<Instant>,
    /// The number of the password check that the engine has not answered yet.
    asked: Option<u64>,
    next: u64,
    tries: Tries,
    /// The last password was wrong, and nothing has been typed since.
    wrong: bool,
}

/// How long the next password has to wait after wrong ones.
#[derive(Clone, Copy, Debug, Default)]
struct Tries {
    wrong: u32,
    until: Option<Instant>,
}

/// The longest wait after a wrong password.
const LONGEST: Duration = Duration::from_secs(60);

/// The dialog closes after this time without a key, so that the pictures are free again.
const IDLE: Duration = Duration::from_secs(60);

const WIDTH: f32 = 360.0;

/// The result of the dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The dialog is still open, or was never opened.
    Waits,
    /// The password fits.
    Granted,
    Cancelled,
}

impl Lock {
    pub fn open(&mut self) {
        if !self.open {
            *self = Self {
                open: true,
                fresh: true,
                next: self.next,
                tries: self.tries,
                ..Self::default()
            };
        }
    }

    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Shows the dialog while it is open. `quits`: the right password ends the program; otherwise it leaves the kiosk.
    pub fn show(&mut self, ctx: &Context, paint: PaintContext<'_>, engine: &EngineHandle, quits: bool) -> Outcome {
        if !self.open {
            return Outcome::Waits;
        }
        let now = paint.state.now;
        if self.is_granted(paint) {
            *self = Self {
                next: self.next,
                ..Self::default()
            };
            return Outcome::Granted;
        }
        let touched = *self.touched.get_or_insert(now);
        let closed = self.paint(ctx, paint, engine, quits) || now.saturating_duration_since(touched) >= IDLE;
        if closed {
            self.open = false;
            self.typed = Zeroizing::default();
            self.asked = None;
            return Outcome::Cancelled;
        }
        Outcome::Waits
    }

    fn is_granted(&mut self, paint: PaintContext<'_>) -> bool {
        let answer = paint.state.unlock.filter(|unlock| self.asked == Some(unlock.id));
        let Some(answer) = answer else { return false };
        self.asked = None;
        if !answer.granted {
            self.tries.wait_from(paint.state.now);
            self.typed = Zeroizing::default();
            self.wrong = true;
        }
        answer.granted
    }

    /// Whether the dialog asks to be closed.
    fn paint(&mut self, ctx: &Context, paint: PaintContext<'_>, engine: &EngineHandle, quits: bool) -> bool {
        let words = paint.words;
        // A password counts as wrong while it is checked; the dialog says so only once the engine has answered.
        let wait = self.tries.wait(paint.state.now).filter(|_| self.asked.is_none());
        let response = Modal::new(Id::unique("kiosk lock"))
            .frame(theme::dialog(ctx))
            .show(ctx, |ui| {
                ui.set_width(WIDTH);
                ui.heading(if quits {
                    fl!(words, "kiosk-quit-title")
                } else {
                    fl!(words, "kiosk-leave-title")
                });
                ui.add_space(theme::SPACE);
                let label = ui.label(fl!(words, "kiosk-password"));
                let edit = TextEdit::singleline(&mut *self.typed)
                    .password(true)
                    .margin(vec2(8.0, 5.0))
                    .desired_width(WIDTH);
                let field = ui.add(edit).labelled_by(label.id);
                if field.changed() {
                    self.touched = Some(paint.state.now);
                    self.wrong = false;
                }
                let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
                // Enter takes the focus from the field; it is given back, so that the next password needs no click.
                let free = ui.memory(|memory| memory.focused().is_none());
                if std::mem::take(&mut self.fresh) || free {
                    field.request_focus();
                }
                match wait {
                    Some(wait) => {
                        form::error_text(ui, &fl!(words, "kiosk-wrong-wait", wait = words.countdown(wait)));
                    }
                    None if self.wrong => {
                        form::error_text(ui, &fl!(words, "kiosk-wrong"));
                    }
                    None if self.asked.is_some() => {
                        form::weak_text(ui, &fl!(words, "kiosk-checking"));
                    }
                    None => {
                        form::weak_text(ui, &fl!(words, "kiosk-hint"));
                    }
                }
                ui.add_space(theme::SPACE);
                let ready = wait.is_none() && self.asked.is_none() && !self.typed.is_empty();
                let (mut go, mut cancel) = (entered && ready, false);
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    let name = if quits {
                        fl!(words, "kiosk-quit")
                    } else {
                        fl!(words, "kiosk-leave")
                    };
                    go |= ui
                        .add_enabled_ui(ready, |ui| form::primary_button(ui, &name).clicked())
                        .inner;
                    cancel = form::plain_button(ui, &fl!(words, "editor-cancel")).clicked();
                });
                if go {
                    self.ask(engine, paint.state.now);
                }
                cancel
            });
        response.inner || response.should_close()
    }

    /// Sends the password. It counts as wrong until the engine says otherwise, so that closing the dialog before the
    /// answer saves nobody the wait.
    fn ask(&mut self, engine: &EngineHandle, now: Instant) {
        self.tries.note_wrong(now);
        self.next += 1;
        self.asked = Some(self.next);
        self.wrong = false;
        engine.send(Command::Unlock {
            id: self.next,
            password: Password::new(self.typed.as_str()),
        });
    }
}

impl Tries {
    /// Sets the wait: one second after the first wrong password, twice as long after each further one, up to
    /// [`LONGEST`].
    fn note_wrong(&mut self, now: Instant) {
        self.wrong = self.wrong.saturating_add(1);
        self.wait_from(now);
    }

    fn wait_from(&mut self, now: Instant) {
        let doubled = self.wrong.saturating_sub(1).min(6);
        self.until = Some(now + Duration::from_secs(1 << doubled).min(LONGEST));
    }

    fn wait(&self, now: Instant) -> Option<Duration> {
        let wait = self.until?.saturating_duration_since(now);
        (wait > Duration::ZERO).then_some(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wrong_password_doubles_the_wait_up_to_a_minute() {
        let (mut tries, now) = (Tries::default(), Instant::now());
        assert_eq!(tries.wait(now), None);
        let waits: Vec<u64> = (0..9)
            .map(|_| {
                tries.note_wrong(now);
                tries.wait(now).unwrap().as_secs()
            })
            .collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(tries.wait(now + LONGEST), None);
    }
}
