//! *Diagnose*: the trace of one attempt, step by step, with what was said and answered, what it means and what to do.

mod ladder;
pub mod says;

use egui::{Align, Context, Frame, Id, Label, Layout, Margin, Modal, RichText, ScrollArea, Ui, vec2};
use i18n_embed_fl::fl;

use super::act::{DiagnoseWhat, PaintContext};
use super::form::{error_text, plain_button, primary_button, text_field, weak_text};
use super::icon::{self, Icon};
use super::theme;
use crate::bridge::{Command, DiagnoseRequest, DiagnoseTarget, EngineHandle, TargetFault, TraceId, TraceShown};
use crate::i18n::Words;
use crate::wording::problem;
use device::{Brands, Registry};
use trace::{StepName, Trace, Verdict};

#[derive(Default)]
pub struct DiagnosisDialog {
    open: bool,
    /// The name or host that is typed; shown where no device was named.
    typed: Option<String>,
    fault: Option<String>,
    asked: Option<Asked>,
}

struct Asked {
    id: TraceId,
    target: DiagnoseTarget,
    /// The step that a person looks at; `None`: the one that tells most.
    chosen: Option<StepName>,
}

const WIDTH: f32 = 1_060.0;
const LIST: f32 = 420.0;

impl DiagnosisDialog {
    /// Opens it and begins with a device, or asks for a name or host.
    pub fn open(&mut self, what: DiagnoseWhat, engine: &EngineHandle) {
        *self = Self {
            open: true,
            ..Self::default()
        };
        match what {
            DiagnoseWhat::Ask => self.typed = Some(String::new()),
            DiagnoseWhat::Device(device) => self.ask(DiagnoseTarget::Device(device), engine),
            DiagnoseWhat::Stream(stream) => self.ask(DiagnoseTarget::Stream(stream), engine),
        }
    }

    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open
    }

    fn ask(&mut self, target: DiagnoseTarget, engine: &EngineHandle) {
        let id = TraceId(fastrand::u64(..));
        let request = DiagnoseRequest {
            id,
            target: target.clone(),
        };
        engine.send(Command::Diagnose(Box::new(request)));
        self.asked = Some(Asked {
            id,
            target,
            chosen: None,
        });
    }

    /// Paints the dialog, if it is open.
    pub fn show(&mut self, ctx: &Context, paint: PaintContext<'_>, engine: &EngineHandle, brands: &Brands) {
        if !self.open {
            return;
        }
        let words = paint.words;
        let response = Modal::new(Id::unique("diagnosis"))
            .frame(theme::dialog(ctx))
            .show(ctx, |ui| {
                ui.set_width(WIDTH.min(ctx.content_rect().width() - 60.0));
                ui.heading(fl!(words, "diagnose-title"));
                weak_text(ui, &fl!(words, "diagnose-hint"));
                ui.add_space(theme::SPACE / 2.0);
                self.typing(ui, words, &paint.state.registry, engine, brands);
                let shown = self.shown(paint);
                let height = (ctx.content_rect().height() - 330.0).max(120.0);
                match &shown {
                    Some(shown) => self.trace(ui, paint, shown, height),
                    None => ui.add_space(height / 2.0),
                }
                ui.add_space(theme::SPACE / 2.0);
                self.buttons(ui, paint, shown.as_deref(), engine)
            });
        if response.inner || response.should_close() {
            self.close(paint, engine);
        }
    }

    fn close(&mut self, paint: PaintContext<'_>, engine: &EngineHandle) {
        let is_over = self.shown(paint).is_some_and(|shown| shown.trace.is_over());
        if let Some(asked) = self.asked.take().filter(|_| !is_over) {
            engine.send(Command::CancelDiagnosis(asked.id));
        }
        self.open = false;
    }

    fn shown(&self, paint: PaintContext<'_>) -> Option<std::sync::Arc<TraceShown>> {
        let id = self.asked.as_ref()?.id;
        paint.state.traces.iter().find(|shown| shown.id == id).cloned()
    }

    /// The field for a name or a host.
    fn typing(&mut self, ui: &mut Ui, words: &Words, registry: &Registry, engine: &EngineHandle, brands: &Brands) {
        let Some(typed) = &mut self.typed else { return };
        let mut starts = false;
        ui.horizontal(|ui| {
            let label = ui.label(fl!(words, "diagnose-host"));
            let field = text_field(ui, label.id, typed, 440.0, &fl!(words, "diagnose-host-example"));
            if field.changed() {
                self.fault = None;
            }
            let entered = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
            starts = primary_button(ui, &fl!(words, "diagnose-start")).clicked() || entered;
        });
        if starts {
            match DiagnoseTarget::typed(typed, registry, brands) {
                Ok(target) => self.ask(target, engine),
                Err(fault) => self.fault = Some(said_of(words, &fault)),
            }
        }
        if let Some(fault) = &self.fault {
            error_text(ui, fault);
        }
        ui.add_space(theme::SPACE / 2.0);
    }

    fn trace(&mut self, ui: &mut Ui, paint: PaintContext<'_>, shown: &TraceShown, height: f32) {
        let (words, trace) = (paint.words, &shown.trace);
        ui.label(RichText::new(says::title(words, trace)).strong());
        verdict(ui, words, trace);
        for to in trace.redirects() {
            weak_text(ui, &fl!(words, "trace-redirected", to = to.as_str()));
        }
        ui.add_space(theme::SPACE / 2.0);
        let size = vec2(ui.available_width(), height);
        let chosen = self.asked.as_ref().and_then(|asked| asked.chosen);
        let chosen = chosen.unwrap_or_else(|| telling(trace));
        let mut clicked = None;
        ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Min), |ui| {
            ui.set_min_size(size);
            ui.vertical(|ui| {
                ui.set_width(LIST);
                ScrollArea::vertical()
                    .id_salt("steps of a diagnosis")
                    .max_height(height)
                    .show(ui, |ui| {
                        weak_text(ui, &fl!(words, "trace-stream"));
                        clicked = ladder::list(ui, words, trace.stream(), Some(chosen));
                        ui.add_space(theme::SPACE / 2.0);
                        weak_text(ui, "ONVIF");
                        match says::onvif(words, trace, paint.state.now) {
                            Some(why) => drop(ui.add(Label::new(RichText::new(why).size(13.0)).wrap())),
                            None => clicked = clicked.or(ladder::list(ui, words, trace.onvif(), Some(chosen))),
                        }
                    });
            });
            ui.separator();
            ui.vertical(|ui| {
                let step = trace.stream().step(chosen).or_else(|| trace.onvif().step(chosen));
                if let Some(step) = step {
                    let waits = says::waits(words, trace, paint.state.now).filter(|_| chosen == StepName::Turn);
                    ladder::details(ui, words, trace, step, waits.as_deref(), height);
                }
            });
        });
        if let Some(asked) = self.asked.as_mut().filter(|_| clicked.is_some()) {
            asked.chosen = clicked;
        }
    }

    /// *Again*, *Copy as text* and *Close*; whether to close.
    fn buttons(
        &mut self,
        ui: &mut Ui,
        paint: PaintContext<'_>,
        shown: Option<&TraceShown>,
        engine: &EngineHandle,
    ) -> bool {
        let words = paint.words;
        ui.horizontal(|ui| {
            if let Some(shown) = shown {
                if shown.trace.is_over() {
                    let target = self.asked.as_ref().map(|asked| asked.target.clone());
                    if let Some(target) = target
                        && plain_button(ui, &fl!(words, "diagnose-again")).clicked()
                    {
                        self.ask(target, engine);
                    }
                } else if plain_button(ui, &fl!(words, "diagnose-cancel")).clicked() {
                    engine.send(Command::CancelDiagnosis(shown.id));
                }
                if plain_button(ui, &fl!(words, "diagnose-copy")).clicked() {
                    ui.ctx().copy_text(says::text(words, shown, paint.state.now));
                }
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                plain_button(ui, &fl!(words, "dialog-close")).clicked()
            })
            .inner
        })
        .inner
    }
}

/// The step that tells most: the one that failed, else the one under way, else the last one.
fn telling(trace: &Trace) -> StepName {
    let stream = trace.stream();
    let step = stream.failed().or_else(|| stream.current());
    let step = step
        .or_else(|| trace.onvif().failed())
        .or_else(|| trace.onvif().current());
    step.map_or(StepName::FirstPicture, |step| step.name)
}

fn verdict(ui: &mut Ui, words: &Words, trace: &Trace) {
    let tokens = theme::tokens(ui);
    let Some(verdict) = trace.verdict() else { return };
    let (sign, color) = match verdict {
        Verdict::Works => (Icon::Done, tokens.live),
        _ => (Icon::Notice, tokens.late),
    };
    ui.add_space(4.0);
    Frame::NONE
        .fill(tokens.raised)
        .corner_radius(6.0)
        .inner_margin(Margin::same(10))
        .show(ui, |ui| {
            ui.set_min_width(ui.available_width());
            ui.horizontal_top(|ui| {
                icon::show(ui, sign, 18.0, color);
                ui.vertical(|ui| {
                    let said = RichText::new(says::verdict(words, trace, verdict)).strong();
                    ui.add(Label::new(said.color(tokens.text)).wrap());
                    if let Some(others) = says::others(words, trace) {
                        weak_text(ui, &others);
                    }
                });
            });
        });
}

fn said_of(words: &Words, fault: &TargetFault) -> String {
    match fault {
        TargetFault::Ambiguous(names) => fl!(words, "diagnose-ambiguous", names = words.list(names)),
        TargetFault::Draft(errors) => {
            let said: Vec<String> = errors.iter().map(|error| problem::sentence(words, error)).collect();
            said.join(" ")
        }
    }
}
