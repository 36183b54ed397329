//! The window of a dialog, above everything else: heading, tabs and close button.

use std::collections::BTreeMap;

use egui::{
    Align, Area, Color32, Context, Id, Key, LayerId, Layout, Order, Pos2, Rect, RichText, Sense, Ui, Vec2, Window,
};
use i18n_embed_fl::fl;

use crate::i18n::Words;
use crate::ui::form;
use crate::ui::icon::{self, Icon};
use crate::ui::theme;

/// The first size of a dialog: this, more on a screen that has more room, less on one that has not.
const SIZE: Vec2 = Vec2::new(1120.0, 780.0);
/// The part of a large screen that a dialog takes, and the most that its content can use.
const PART: f32 = 0.8;
const MOST: Vec2 = Vec2::new(1480.0, 1560.0);
const MIN_SIZE: Vec2 = Vec2::new(640.0, 380.0);

/// Shows a dialog and returns whether the person closes it: by its cross, or by Esc if nothing inside consumed the key.
pub(super) fn show(ctx: &Context, name: &str, title: &str, words: &Words, add: impl FnOnce(&mut Ui)) -> bool {
    form::take_enter(ctx);
    let screen = ctx.content_rect();
    dim(ctx, screen);
    let id = Id::unique(("dialog", name));
    let room = (screen.size() - Vec2::splat(24.0)).max(Vec2::splat(200.0));
    let memory: Memory = ctx.data(|data| data.get_temp(id)).unwrap_or_default();
    let wanted = chosen(ctx, name).unwrap_or_else(|| (screen.size() * PART).clamp(SIZE, MOST));
    let size = wanted.min(room);
    // A dialog that opens stands in the middle again, wherever it was dragged to before; its size stays.
    let opens = memory.shown.is_none_or(|pass| ctx.cumulative_pass_nr() > pass + 1);
    let escape = ctx.input(|input| input.key_pressed(Key::Escape)) && !egui::Popup::is_any_open(ctx);
    let mut crossed = false;
    let mut window = Window::new(title)
        .id(id)
        .title_bar(false)
        .resizable(true)
        .default_rect(Rect::from_center_size(screen.center(), size))
        .min_size(MIN_SIZE.min(size))
        .max_size(screen.size() - Vec2::splat(8.0))
        .constrain_to(screen);
    if opens {
        window = window.current_pos(screen.center() - size / 2.0);
    }
    let shown = window.show(ctx, |ui| {
        outline_controls(ui);
        crossed = heading(ui, title, words);
        add(ui);
        ui.expand_to_include_rect(ui.max_rect());
    });
    let now = Memory {
        shown: Some(ctx.cumulative_pass_nr()),
        size: shown.map(|shown| shown.response.rect.size()),
    };
    ctx.data_mut(|data| data.insert_temp(id, now));
    // What the window or the screen made smaller is no person's choice.
    if let (false, Some(before), Some(size)) = (opens, memory.size, now.size)
        && (size - before).abs().max_elem() >= 1.0
        && ctx.input(|input| input.pointer.any_down())
    {
        let mut sizes = sizes(ctx);
        sizes.insert(name.to_owned(), [size.x.round(), size.y.round()]);
        recall_sizes(ctx, sizes);
    }
    let layer = LayerId::new(Order::Middle, id);
    ctx.memory_mut(|memory| memory.set_modal_layer(layer));
    crossed || escape
}

/// The sizes that a person gave to dialogs, in points, by their names.
#[must_use]
pub fn sizes(ctx: &Context) -> BTreeMap<String, [f32; 2]> {
    ctx.data(|data| data.get_temp(sizes_id())).unwrap_or_default()
}

/// Makes dialogs that open for the first time as large as this, as far as there is room.
pub fn recall_sizes(ctx: &Context, sizes: BTreeMap<String, [f32; 2]>) {
    ctx.data_mut(|data| data.insert_temp(sizes_id(), sizes));
}

fn sizes_id() -> Id {
    Id::unique("sizes of dialogs")
}

/// The size that a person gave to this dialog, never less than what it needs.
fn chosen(ctx: &Context, name: &str) -> Option<Vec2> {
    let size = *sizes(ctx).get(name)?;
    Some(Vec2::from(size).max(MIN_SIZE))
}

/// What is remembered of a dialog while the program runs.
#[derive(Clone, Copy, Default)]
struct Memory {
    /// The pass that it was shown in last.
    shown: Option<u64>,
    /// Its outer size.
    size: Option<Vec2>,
}

fn heading(ui: &mut Ui, title: &str, words: &Words) -> bool {
    let row = Vec2::new(ui.available_width(), 28.0);
    ui.allocate_ui_with_layout(row, Layout::right_to_left(Align::Center), |ui| {
        let closed = icon::button(ui, Icon::Close, &fl!(words, "dialog-close")).clicked();
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            ui.add(egui::Label::new(RichText::new(title).heading()).truncate());
        });
        closed
    })
    .inner
}

/// Paints tabs that a screen reader knows as tabs. The chosen one is underlined, because colour alone must not tell it.
pub(super) fn tab_bar<T: Copy + PartialEq>(ui: &mut Ui, chosen: &mut T, all: &[(T, String)]) {
    let tokens = theme::tokens(ui);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        for (tab, name) in all {
            let selected = tab == chosen;
            let text = RichText::new(name).color(if selected { tokens.text } else { tokens.text_weak });
            let button = ui.add(egui::Button::new(text).frame(false).min_size(Vec2::new(72.0, 30.0)));
            ui.ctx().accesskit_node_builder(button.id, |node| {
                node.set_role(egui::accesskit::Role::Tab);
                node.set_selected(selected);
            });
            if selected {
                let y = button.rect.bottom() - 1.0;
                ui.painter()
                    .hline(button.rect.x_range(), y, egui::Stroke::new(2.0, tokens.accent));
            } else if button.hovered() || button.has_focus() {
                ui.painter().hline(
                    button.rect.x_range(),
                    button.rect.bottom() - 1.0,
                    egui::Stroke::new(1.0, tokens.text_weak),
                );
            }
            if button.clicked() {
                *chosen = *tab;
            }
        }
    });
    let line = ui.available_rect_before_wrap();
    ui.painter()
        .hline(line.x_range(), line.top() - 3.0, egui::Stroke::new(1.0, tokens.line));
    ui.add_space(6.0);
}

/// Gives fields and check boxes an edge with a contrast of 3:1 to the background (WCAG 2.2 §1.4.11).
fn outline_controls(ui: &mut Ui) {
    let edge = theme::tokens(ui).text_weak.gamma_multiply(0.75);
    ui.visuals_mut().widgets.inactive.bg_stroke.color = edge;
    ui.spacing_mut().icon_spacing = 7.0;
}

/// Darkens the window behind the dialog and keeps the pointer from it.
fn dim(ctx: &Context, screen: Rect) {
    let shade = Area::new(Id::unique("dialog-shade"))
        .order(Order::Background)
        .fixed_pos(Pos2::ZERO)
        .movable(false)
        .constrain(false);
    shade.show(ctx, |ui| {
        ui.painter().rect_filled(screen, 0.0, Color32::from_black_alpha(110));
        ui.allocate_rect(screen, Sense::CLICK | Sense::DRAG);
    });
}
