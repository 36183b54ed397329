//! View → Views: save, open, rename, order and delete named views, and write them to files.

mod files;

use std::path::Path;

use egui::{Button, Context, Id, Key, Modal, Response, ScrollArea, Ui, Vec2};
use i18n_embed_fl::fl;

use super::act::{Act, PaintContext};
use super::choosing::Chooser;
use super::form::{
    self, checkbox, error_text, labelled_text_field, plain_button, primary_button, radio_value, section, weak_text,
};
use super::{layout_picker, theme};
use crate::bridge::EngineHandle;
use crate::i18n::Words;
use files::ViewFiles;
use wall::{NameError, Over, TourPlan, View, Views, Wall};

/// The dialog and what is typed in it.
pub struct ViewsDialog {
    open: bool,
    /// The field for the name gets the keyboard in the next frame.
    want_name: bool,
    name: String,
    save_error: Option<NameError>,
    chosen: Option<String>,
    renaming: Option<Renaming>,
    files: ViewFiles,
}

struct Renaming {
    to: String,
    error: Option<NameError>,
    /// The field has not been painted yet and still has to take the keyboard.
    fresh: bool,
}

const WIDTH: f32 = 660.0;

impl ViewsDialog {
    /// `folder`: the folder that the dialog proposes for files. `chooser`: the dialog of the system for them.
    #[must_use]
    pub fn new(folder: &Path, chooser: &Chooser) -> Self {
        Self {
            open: false,
            want_name: false,
            name: String::new(),
            save_error: None,
            chosen: None,
            renaming: None,
            files: ViewFiles::new(folder, chooser),
        }
    }

    /// With `save` the cursor stands in the field for a new name.
    pub fn open(&mut self, save: bool) {
        self.open = true;
        self.want_name = save;
        self.name.clear();
        self.save_error = None;
        self.renaming = None;
        self.files.begin();
    }

    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Paints the dialog, if it is open, and changes `views`. `wall`: what the window behind it shows.
    pub fn show(
        &mut self,
        ctx: &Context,
        paint: PaintContext<'_>,
        engine: &EngineHandle,
        views: &mut Views,
        wall: &Wall,
        acts: &mut Vec<Act>,
    ) {
        if !self.open {
            return;
        }
        form::take_enter(ctx);
        let words = paint.words;
        self.files.follow(paint.state, views);
        if self.chosen.as_deref().is_none_or(|chosen| views.find(chosen).is_none()) {
            self.chosen = views.list().first().map(|view| view.name.clone());
            self.renaming = None;
        }
        let response = Modal::new(Id::unique("views"))
            .frame(theme::dialog(ctx))
            .show(ctx, |ui| {
                ui.set_width(WIDTH.min(ctx.content_rect().width() - 60.0));
                let height = ctx.content_rect().height() - 100.0;
                ScrollArea::vertical()
                    .max_height(height)
                    .min_scrolled_height(height)
                    .show(ui, |ui| {
                        ui.heading(fl!(words, "views"));
                        section(ui, &fl!(words, "views-save-heading"), |ui| {
                            self.show_save(ui, words, views, wall);
                        });
                        section(ui, &fl!(words, "views-list"), |ui| {
                            self.show_list(ui, paint, views, acts);
                        });
                        section(ui, &fl!(words, "tour"), |ui| show_tour(ui, words, views));
                        section(ui, &fl!(words, "views-files"), |ui| {
                            self.files.show(ui, words, engine, views, self.chosen.as_deref());
                        });
                        ui.vertical_centered(|ui| ui.button(fl!(words, "dialog-close")).clicked())
                            .inner
                    })
                    .inner
            });
        if response.inner || response.should_close() {
            self.open = false;
        }
    }

    fn show_save(&mut self, ui: &mut Ui, words: &Words, views: &mut Views, wall: &Wall) {
        let label = fl!(words, "views-name");
        let (field, save) = ui
            .horizontal(|ui| {
                let field = labelled_text_field(ui, &label, &mut self.name, ui.available_width() - 110.0);
                (field, primary_button(ui, &fl!(words, "views-save")))
            })
            .inner;
        if std::mem::take(&mut self.want_name) {
            field.request_focus();
        }
        if field.changed() {
            self.save_error = None;
        }
        let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        if save.clicked() || entered {
            match views.check_name(None, &self.name) {
                Ok(name) => {
                    self.chosen = Some(views.add(View::of(name, wall)));
                    self.name.clear();
                }
                Err(error) => self.save_error = Some(error),
            }
        }
        if let Some(error) = self.save_error {
            error_text(ui, &name_problem(words, error));
            if error == NameError::Taken && plain_button(ui, &fl!(words, "views-replace")).clicked() {
                views.replace(View::of(self.name.trim(), wall));
                self.chosen = Some(self.name.trim().to_owned());
                self.name.clear();
                self.save_error = None;
            }
        }
    }

    fn show_list(&mut self, ui: &mut Ui, paint: PaintContext<'_>, views: &mut Views, acts: &mut Vec<Act>) {
        let words = paint.words;
        if views.list().is_empty() {
            weak_text(ui, &fl!(words, "views-none-yet"));
        }
        ScrollArea::vertical()
            .id_salt("views")
            .max_height(170.0)
            .min_scrolled_height(170.0)
            .show(ui, |ui| {
                ui.set_min_width(ui.available_width());
                ui.spacing_mut().item_spacing.y = 2.0;
                for view in views.list() {
                    let row = row(ui, words, view, self.chosen.as_deref() == Some(&view.name));
                    if row.clicked() {
                        self.chosen = Some(view.name.clone());
                        self.renaming = None;
                    }
                    if row.double_clicked() {
                        acts.push(Act::OpenView(view.name.clone()));
                        self.open = false;
                    }
                }
            });
        if let Some(name) = self.chosen.clone() {
            self.show_buttons(ui, paint, views, &name, acts);
        }
        let removed = views.removed().map(|name| fl!(words, "views-removed", name = name));
        if let Some(said) = removed {
            ui.horizontal(|ui| {
                ui.label(said);
                if ui.button(fl!(words, "views-undo")).clicked() {
                    views.undo_remove();
                }
            });
        }
    }

    fn show_buttons(
        &mut self,
        ui: &mut Ui,
        paint: PaintContext<'_>,
        views: &mut Views,
        name: &str,
        acts: &mut Vec<Act>,
    ) {
        let words = paint.words;
        let unknown = views.find(name).map_or(0, |view| view.unknown(&paint.state.registry));
        if unknown > 0 {
            error_text(ui, &fl!(words, "views-unknown", count = unknown));
        }
        ui.horizontal_wrapped(|ui| {
            if ui.button(fl!(words, "views-open")).clicked() {
                acts.push(Act::OpenView(name.to_owned()));
                self.open = false;
            }
            if ui.button(fl!(words, "views-open-window")).clicked() {
                acts.push(Act::OpenViewInNewWindow(name.to_owned()));
                self.open = false;
            }
            if ui.button(fl!(words, "views-rename")).clicked() {
                self.renaming = Some(Renaming {
                    to: name.to_owned(),
                    error: None,
                    fresh: true,
                });
            }
            let at = views.list().iter().position(|view| view.name == name).unwrap_or(0);
            let last = at + 1 >= views.list().len();
            if ui.add_enabled(at > 0, Button::new(fl!(words, "views-up"))).clicked() {
                views.shift(name, -1);
            }
            if ui.add_enabled(!last, Button::new(fl!(words, "views-down"))).clicked() {
                views.shift(name, 1);
            }
            if ui.button(fl!(words, "views-remove")).clicked() {
                views.remove(name);
            }
        });
        let before = views
            .find(name)
            .and_then(|view| view.seconds)
            .unwrap_or(views.tour.seconds);
        let mut seconds = before;
        ui.horizontal(|ui| seconds_field(ui, &fl!(words, "tour-seconds-of-view"), &mut seconds));
        if seconds != before {
            views.set_seconds(name, Some(seconds));
        }
        self.show_renaming(ui, words, views, name, acts);
    }

    fn show_renaming(&mut self, ui: &mut Ui, words: &Words, views: &mut Views, name: &str, acts: &mut Vec<Act>) {
        let Some(renaming) = &mut self.renaming else { return };
        let (field, done) = ui
            .horizontal(|ui| {
                let width = ui.available_width() - 110.0;
                let field = labelled_text_field(ui, &fl!(words, "views-new-name"), &mut renaming.to, width);
                (field, plain_button(ui, &fl!(words, "views-rename-done")))
            })
            .inner;
        if std::mem::take(&mut renaming.fresh) {
            field.request_focus();
        }
        if field.changed() {
            renaming.error = None;
        }
        let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        if let Some(error) = renaming.error {
            error_text(ui, &name_problem(words, error));
        }
        if done.clicked() || entered {
            let to = renaming.to.trim().to_owned();
            match views.rename(name, &to) {
                Ok(()) => {
                    acts.push(Act::ViewRenamed(name.to_owned(), to.clone()));
                    self.chosen = Some(to);
                    self.renaming = None;
                }
                Err(error) => renaming.error = Some(error),
            }
        }
    }
}

/// Paints the settings of the tour: what it visits and for how long.
fn show_tour(ui: &mut Ui, words: &Words, views: &mut Views) {
    let plan = &mut views.tour;
    ui.horizontal_wrapped(|ui| {
        radio_value(ui, &mut plan.over, Over::Views, fl!(words, "tour-over-views"));
        radio_value(ui, &mut plan.over, Over::Pages, fl!(words, "tour-over-pages"));
        ui.add_space(theme::SPACE);
        seconds_field(ui, &fl!(words, "tour-seconds"), &mut plan.seconds);
    });
    checkbox(ui, &mut plan.skip_dead, fl!(words, "tour-skip-dead"));
}

fn seconds_field(ui: &mut Ui, label: &str, seconds: &mut u32) -> Response {
    let name = ui.label(label);
    ui.add(egui::DragValue::new(seconds).range(TourPlan::SHORTEST..=TourPlan::LONGEST))
        .labelled_by(name.id)
}

/// One view of the list: its name, its layout and how many channels it holds.
fn row(ui: &mut Ui, words: &Words, view: &View, chosen: bool) -> Response {
    let layout = layout_picker::layout_name(words, &view.layout);
    let channels = view.places.iter().flatten().count();
    let about = fl!(words, "views-of", layout = layout, channels = channels);
    let size = Vec2::new(ui.available_width(), 28.0);
    let (rect, response) = ui.allocate_exact_size(size, egui::Sense::click());
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::ListItem, true, chosen, &view.name));
    if ui.is_rect_visible(rect) {
        let tokens = theme::tokens(ui);
        if chosen {
            ui.painter().rect_filled(rect, 4.0, tokens.selected);
        } else if response.hovered() {
            ui.painter().rect_filled(rect, 4.0, tokens.raised);
        }
        if response.has_focus() {
            let stroke = egui::Stroke::new(1.5, tokens.accent);
            ui.painter().rect_stroke(rect, 4.0, stroke, egui::StrokeKind::Inside);
        }
        let inside = rect.shrink2(Vec2::new(8.0, 0.0));
        let galley = super::text::line(ui, &about, theme::small(ui), tokens.text_weak, inside.width() * 0.45);
        let at = egui::pos2(
            inside.right() - galley.size().x,
            inside.center().y - galley.size().y / 2.0,
        );
        let room = inside.width() - galley.size().x - 12.0;
        ui.painter().galley(at, galley, tokens.text_weak);
        let font = egui::TextStyle::Body.resolve(ui.style());
        let galley = super::text::line(ui, &view.name, font, tokens.text, room);
        let at = egui::pos2(inside.left(), inside.center().y - galley.size().y / 2.0);
        ui.painter().galley(at, galley, tokens.text);
    }
    response
}

fn name_problem(words: &Words, error: NameError) -> String {
    match error {
        NameError::Empty => fl!(words, "views-name-empty"),
        NameError::Taken => fl!(words, "views-name-taken"),
        NameError::Long => fl!(words, "views-name-long", most = View::MAX_NAME),
        NameError::Control => fl!(words, "views-name-control"),
    }
}
