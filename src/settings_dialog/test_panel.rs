//! The *Test*: one connection with the values of the form, shown step by step until the first picture or the failed
//! step.

use std::sync::Arc;
use std::time::Duration;

use egui::{
    Align, ColorImage, FontId, Frame, Galley, Label, Layout, Margin, RichText, TextureHandle, TextureOptions, Ui, Vec2,
};
use i18n_embed_fl::fl;

use super::env::Env;
use crate::bridge::{Command, TestId, TestRequest, TestState, TestStatus};
use crate::i18n::Words;
use crate::ui::advice;
use crate::ui::form::{plain_button, weak_text};
use crate::ui::icon::{self, Icon};
use crate::ui::state;
use crate::ui::theme::{self, SPACE};
use device::{Carrier, ChannelId, DeviceEdit, Draft, StreamId, StreamKind};
use reconnect::{Failure, FailureKind, Stage};

/// The Test of one editor: the Test that was asked for, and its first picture.
#[derive(Default)]
pub(super) struct TestPanel {
    asked: Option<RunningTest>,
    picture: Option<TextureHandle>,
}

struct RunningTest {
    id: TestId,
    /// The draft that was tested. If the form differs from it, the result is marked as old.
    draft: Draft,
}

impl TestPanel {
    /// Asks the engine to connect once to channel 1, main stream.
    pub(super) fn start(&mut self, env: &Env, draft: &Draft, edit: DeviceEdit) {
        self.stop(env);
        let id = TestId(fastrand::u64(..));
        let stream = StreamId {
            channel: ChannelId {
                device: edit.device.id,
                number: 1,
            },
            kind: StreamKind::Main,
        };
        env.engine
            .send(Command::Test(Box::new(TestRequest { id, edit, stream })));
        self.asked = Some(RunningTest {
            id,
            draft: draft.clone(),
        });
    }

    /// Cancels a Test that still runs, and forgets its result.
    pub(super) fn stop(&mut self, env: &Env) {
        if let Some(asked) = self.asked.take()
            && status(env, asked.id).is_none_or(|status| is_under_way(&status.state))
        {
            env.engine.send(Command::CancelTest(asked.id));
        }
        self.picture = None;
    }

    /// Paints the panel and returns whether the person asks for a Test.
    pub(super) fn show(&mut self, ui: &mut Ui, env: &Env, draft: &Draft) -> bool {
        let words = env.words;
        ui.label(RichText::new(fl!(words, "test-title")).size(15.0).strong());
        weak_text(ui, &fl!(words, "test-explanation"));
        ui.add_space(SPACE / 2.0);
        let status = self.asked.as_ref().map(|asked| status(env, asked.id));
        let under_way = status
            .as_ref()
            .is_some_and(|status| status.is_none_or(|status| is_under_way(&status.state)));
        let mut asked = false;
        if under_way {
            if ui
                .horizontal(|ui| plain_button(ui, &fl!(words, "test-cancel")))
                .inner
                .clicked()
            {
                self.stop(env);
                return false;
            }
        } else {
            let text = if status.is_some() {
                fl!(words, "test-again")
            } else {
                fl!(words, "test-start")
            };
            asked = ui.horizontal(|ui| plain_button(ui, &text)).inner.clicked();
        }
        ui.add_space(SPACE / 2.0);
        match status {
            None => {}
            Some(None) => {
                checklist(ui, words, (None, &[], None), draft.carrier, Now::Starting);
            }
            Some(Some(status)) => {
                self.result(ui, env, status, draft.carrier);
                if !under_way && self.asked.as_ref().is_some_and(|asked| asked.draft != *draft) {
                    weak_text(ui, &fl!(words, "test-stale"));
                }
            }
        }
        asked
    }

    fn result(&mut self, ui: &mut Ui, env: &Env, status: &TestStatus, carrier: Carrier) {
        let words = env.words;
        let now = match &status.state {
            TestState::Waiting { until } => {
                let left = until.map(|until| until.saturating_duration_since(env.state.now));
                let text = match left {
                    Some(left) => fl!(words, "test-waiting-until", wait = words.countdown(left)),
                    None => fl!(words, "test-waiting"),
                };
                line(ui, Icon::Waiting, theme::tokens(ui).waiting, &text, "");
                Now::Starting
            }
            TestState::Running { stage, since } => {
                let waited = env.state.now.saturating_duration_since(*since);
                if let Some(awaited) = awaited(words, *stage).filter(|_| waited >= WORTH_A_WORD) {
                    let text = state::since_when(words, awaited, waited);
                    line(ui, Icon::Waiting, theme::tokens(ui).waiting, &text, "");
                }
                Now::At(*stage)
            }
            TestState::Passed { .. } => Now::Passed,
            TestState::Failed(failure) if marks_step(status, failure) => Now::Failed(failure.stage),
            TestState::Failed(_) => Now::NotBegun,
        };
        checklist(
            ui,
            words,
            (status.waited, &status.done, status.failed_after),
            carrier,
            now,
        );
        ui.add_space(SPACE / 2.0);
        self.take_picture(ui, status);
        match &status.state {
            TestState::Failed(failure) => explain(ui, words, status, failure),
            TestState::Passed { codec, width, height } => {
                let tokens = theme::tokens(ui);
                let text = fl!(
                    words,
                    "test-passed",
                    codec = codec.as_str(),
                    width = width,
                    height = height
                );
                line(ui, Icon::Live, tokens.live, &text, "");
                self.paint_picture(ui, words);
            }
            TestState::Waiting { .. } | TestState::Running { .. } => self.paint_picture(ui, words),
        }
    }

    fn take_picture(&mut self, ui: &Ui, status: &TestStatus) {
        let width = (ui.available_width() * ui.pixels_per_point()) as u32;
        if let Some((source_width, source_height)) = status.slot.source()
            && source_width > width
            && width > 0
        {
            status
                .slot
                .set_target(width, (width * source_height / source_width).max(1));
        }
        let Some(frame) = status.slot.take() else { return };
        let size = [frame.width as usize, frame.height as usize];
        if frame.data.len() == size[0] * size[1] * 4 {
            let image = ColorImage::from_rgba_unmultiplied(size, &frame.data);
            self.picture = Some(ui.ctx().load_texture("test-picture", image, TextureOptions::LINEAR));
        }
    }

    fn paint_picture(&self, ui: &mut Ui, words: &Words) {
        let Some(picture) = &self.picture else { return };
        let size = picture.size_vec2();
        let scale = (ui.available_width() / size.x).min(240.0 / size.y);
        ui.add(
            egui::Image::from_texture((picture.id(), size * scale))
                .fit_to_exact_size(size * scale)
                .corner_radius(4.0)
                .alt_text(fl!(words, "test-picture")),
        );
    }
}

fn status<'a>(env: &Env<'a>, id: TestId) -> Option<&'a TestStatus> {
    env.state.test.as_deref().filter(|status| status.id == id)
}

fn is_under_way(state: &TestState) -> bool {
    match state {
        TestState::Waiting { .. } | TestState::Running { .. } => true,
        TestState::Passed { .. } | TestState::Failed(_) => false,
    }
}

/// A shorter wait says nothing.
const WORTH_A_WORD: Duration = Duration::from_secs(2);

/// What the device is waited for at this step.
fn awaited(words: &Words, stage: Stage) -> Option<String> {
    match stage {
        Stage::Resolve | Stage::Connect | Stage::Tls => None,
        Stage::Options | Stage::Describe | Stage::Setup | Stage::Play => {
            let request = stage.name().to_uppercase();
            Some(fl!(words, "test-awaiting-reply", request = request))
        }
        Stage::Media => Some(fl!(words, "test-awaiting-picture")),
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Now {
    Starting,
    At(Stage),
    Passed,
    Failed(Stage),
    /// It failed before its first step.
    NotBegun,
}

/// Whether one of the steps failed. Nothing was asked where the password could not be read, where this computer could not begin,
/// where the address is forbidden, or where the recorder had refused the same sign-in.
fn marks_step(status: &TestStatus, failure: &Failure) -> bool {
    let before = matches!(
        failure.kind,
        FailureKind::PasswordStore | FailureKind::Local | FailureKind::Policy
    );
    status.not_asked.is_none() && !(before && failure.stage == Stage::Resolve)
}

const STEPS: [Stage; 8] = [
    Stage::Resolve,
    Stage::Connect,
    Stage::Tls,
    Stage::Options,
    Stage::Describe,
    Stage::Setup,
    Stage::Play,
    Stage::Media,
];

/// Paints the steps: done, running and to come. A step that this device did not need is left out.
fn checklist(
    ui: &mut Ui,
    words: &Words,
    (waited, done, failed_after): (Option<Duration>, &[(Stage, Duration)], Option<Duration>),
    carrier: Carrier,
    now: Now,
) {
    let tokens = theme::tokens(ui);
    let took_words = |took: Duration| {
        if took < Duration::from_secs(10) {
            fl!(words, "test-took", ms = took.as_millis().to_string())
        } else {
            fl!(words, "test-took-seconds", s = format!("{:.1}", took.as_secs_f64()))
        }
    };
    let failed = match failed_after {
        Some(took) => fl!(words, "test-step-failed-after", took = took_words(took)),
        None => fl!(words, "test-step-failed"),
    };
    ui.spacing_mut().item_spacing.y = 3.0;
    if let Some(waited) = waited {
        let waited = took_words(waited);
        line(ui, Icon::Waiting, tokens.waiting, &fl!(words, "test-waited"), &waited);
    }
    for stage in STEPS {
        let name = advice::step(words, stage);
        let took = done.iter().find(|(each, _)| *each == stage).map(|(_, took)| took);
        let passed_by = done.iter().any(|(each, _)| *each > stage);
        if let Some(took) = took {
            line(ui, Icon::Done, tokens.live, &name, &took_words(*took));
        } else if now == Now::Failed(stage) {
            line(ui, Icon::Offline, tokens.offline, &name, &failed);
        } else if now == Now::At(stage) {
            line(
                ui,
                Icon::Connecting,
                tokens.connecting,
                &name,
                &fl!(words, "test-step-now"),
            );
        } else if now != Now::Passed && !passed_by && !(stage == Stage::Tls && carrier == Carrier::Rtsp) {
            line(ui, Icon::Idle, tokens.text_weak, &name, "");
        }
    }
}

/// A step's result, in one line.
fn outcome_galley(ui: &Ui, outcome: &str, color: egui::Color32) -> Arc<Galley> {
    let font = FontId::proportional(12.0);
    ui.painter().layout_no_wrap(outcome.to_owned(), font, color)
}

/// Paints one line of the checklist: icon, name and result of a step.
fn line(ui: &mut Ui, sign: Icon, color: egui::Color32, text: &str, outcome: &str) {
    let weak = theme::tokens(ui).text_weak;
    ui.horizontal(|ui| {
        ui.spacing_mut().interact_size.y = 20.0;
        icon::show(ui, sign, 16.0, color);
        let text_color = if sign == Icon::Idle {
            weak
        } else {
            ui.visuals().text_color()
        };
        // As wide as it is, so that the name of the step keeps the rest of the line.
        let outcome_width = match outcome {
            "" => 0.0,
            _ => outcome_galley(ui, outcome, weak).size().x + ui.spacing().item_spacing.x,
        };
        let text_size = Vec2::new((ui.available_width() - outcome_width).max(40.0), 20.0);
        ui.allocate_ui_with_layout(text_size, Layout::left_to_right(Align::Center), |ui| {
            ui.set_min_width(text_size.x);
            ui.add(Label::new(RichText::new(text).size(13.0).color(text_color)).wrap());
        });
        if !outcome.is_empty() {
            ui.label(outcome_galley(ui, outcome, weak));
        }
    });
}

fn explain(ui: &mut Ui, words: &Words, status: &TestStatus, failure: &Failure) {
    let tokens = theme::tokens(ui);
    let (title, reason, advised) = match status.not_asked {
        Some(refused) => (
            fl!(words, "test-not-asked"),
            fl!(words, "test-refused-before", clock = state::clock(refused)),
            fl!(words, "test-refused-before-advice"),
        ),
        None => (
            match marks_step(status, failure) {
                true => fl!(words, "test-failed-at", step = advice::step(words, failure.stage)),
                false => fl!(words, "test-not-begun"),
            },
            advice::reason(words, failure),
            advice::advice(words, failure),
        ),
    };
    Frame::NONE
        .fill(tokens.outage)
        .corner_radius(6.0)
        .inner_margin(Margin::same(10))
        .show(ui, |ui| {
            ui.set_min_width(ui.available_width());
            ui.add(Label::new(RichText::new(title).color(tokens.text).strong()).wrap());
            ui.add(Label::new(RichText::new(reason).color(tokens.text)).wrap());
            if let Some(said) = advice::words_of_device(failure).filter(|_| status.not_asked.is_none()) {
                let detail = RichText::new(fl!(words, "test-detail", detail = said))
                    .size(12.5)
                    .color(tokens.text);
                ui.add(Label::new(detail).wrap().selectable(true));
            }
            ui.add_space(4.0);
            ui.label(RichText::new(fl!(words, "test-advice")).color(tokens.text).strong());
            ui.add(Label::new(RichText::new(advised).color(tokens.text)).wrap());
        });
    ui.add_space(Vec2::splat(4.0).y);
}
