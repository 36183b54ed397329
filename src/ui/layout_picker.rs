//! Layouts to choose from: as small drawings in the menu bar, as entries of a menu, and what each is called.

use egui::{Color32, FontId, Grid, Popup, Rect, Response, Sense, Stroke, StrokeKind, Ui, Vec2, pos2, vec2};
use i18n_embed_fl::fl;

use super::act::Act;
use super::choice::{self, Choice};
use super::icon::{self, Icon};
use super::theme;
use crate::i18n::Words;
use wall::{Layout, OwnLayout, Views, Wall};

/// The name of a layout for menus and screen readers.
#[must_use]
pub fn layout_name(words: &Words, layout: &Layout) -> String {
    match layout {
        Layout::Own(_) => fl!(words, "layout-own", tiles = layout.tiles()),
        corridor if corridor.is_corridor() => fl!(words, "layout-corridor", tiles = corridor.tiles()),
        even if even.is_even() => fl!(words, "layout-even", tiles = even.tiles()),
        mixed => fl!(words, "layout-mixed", name = mixed.to_string()),
    }
}

/// The key that chooses this layout, if there is one.
#[must_use]
pub fn layout_key(layout: &Layout) -> Option<&'static str> {
    let keys = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0"];
    let with_alt = [
        "Alt+1", "Alt+2", "Alt+3", "Alt+4", "Alt+5", "Alt+6", "Alt+7", "Alt+8", "Alt+9", "Alt+0",
    ];
    let plain = Layout::OF_DIGITS.iter().zip(keys);
    let mut keyed = plain.chain(Layout::OF_ALT_DIGITS.iter().zip(with_alt));
    keyed.find_map(|(keyed, key)| (keyed == layout).then_some(key))
}

/// Which group of the menus a layout is in.
fn group(layout: &Layout) -> u8 {
    match layout {
        Layout::Own(_) => 3,
        layout if layout.is_corridor() => 2,
        layout => u8::from(!layout.is_even()),
    }
}

/// All layouts with their names, the own ones first.
fn all(words: &Words, views: &Views) -> Vec<(Layout, String)> {
    let presets = Layout::PRESETS.into_iter().map(|preset| {
        let name = layout_name(words, &preset);
        (preset, name)
    });
    let own = views.layouts.list().iter();
    let own = own.map(|OwnLayout { name, grid }| (Layout::Own(grid.clone()), name.clone()));
    own.chain(presets).collect()
}

/// The entries of a menu, with a line between groups.
pub(super) fn entries(ui: &mut Ui, words: &Words, wall: &Wall, views: &Views, acts: &mut Vec<Act>) {
    egui::ScrollArea::vertical().max_height(600.0).show(ui, |ui| {
        let mut before = None;
        for (layout, name) in all(words, views) {
            if before
                .replace(group(&layout))
                .is_some_and(|before| before != group(&layout))
            {
                ui.separator();
            }
            let key = layout_key(&layout).unwrap_or_default();
            if choice::entry(ui, Choice::OneOf, &name, key, *wall.layout() == layout) {
                acts.push(Act::SetLayout(layout));
            }
        }
    });
}

/// One button for each common layout and the one in use, and one that opens all of them.
pub(super) fn show(ui: &mut Ui, words: &Words, wall: &Wall, views: &Views, acts: &mut Vec<Act>) {
    let common = [Layout::One, Layout::Four, Layout::Nine, Layout::Sixteen];
    let other = Some(wall.layout().clone()).filter(|layout| !common.contains(layout));
    ui.spacing_mut().item_spacing.x = 2.0;
    let opener = icon::button(ui, Icon::Open, &fl!(words, "layouts-all"));
    Popup::menu(&opener).show(|ui| drawings(ui, words, wall, views, acts));
    for layout in common.into_iter().chain(other).rev() {
        let own = views.layouts.name_of(&layout);
        let name = own.map_or_else(|| layout_name(words, &layout), str::to_owned);
        let drawn = Drawn {
            layout: &layout,
            name,
            chosen: *wall.layout() == layout && !wall.is_alone(),
        };
        let by = theme::enlarged(ui);
        if drawn.button(ui, (SMALL.0 * by, SMALL.1 * by, SMALL.2)).clicked() {
            acts.push(Act::SetLayout(layout));
        }
    }
}

/// The sizes of a layout's button: of the whole, of its drawing, and whether its name stands below.
type Size = (Vec2, Vec2, bool);

const SMALL: Size = (vec2(28.0, 24.0), vec2(16.0, 14.0), false);
const LARGE: Size = (vec2(76.0, 54.0), vec2(36.0, 24.0), true);

/// How many drawings stand side by side.
const ACROSS: usize = 5;

/// All layouts as drawings with their names.
fn drawings(ui: &mut Ui, words: &Words, wall: &Wall, views: &Views, acts: &mut Vec<Act>) {
    let all = all(words, views);
    for (index, of_group) in all
        .chunk_by(|(one, _), (other, _)| group(one) == group(other))
        .enumerate()
    {
        if index > 0 {
            ui.separator();
        }
        Grid::new(("layouts", index)).spacing(Vec2::splat(4.0)).show(ui, |ui| {
            for row in of_group.chunks(ACROSS) {
                for (layout, name) in row {
                    let drawn = Drawn {
                        layout,
                        name: name.clone(),
                        chosen: wall.layout() == layout,
                    };
                    if drawn.button(ui, LARGE).clicked() {
                        acts.push(Act::SetLayout(layout.clone()));
                        ui.close();
                    }
                }
                ui.end_row();
            }
        });
    }
}

/// A layout as a button.
struct Drawn<'a> {
    layout: &'a Layout,
    name: String,
    chosen: bool,
}

impl Drawn<'_> {
    fn button(self, ui: &mut Ui, (size, drawing, named): Size) -> Response {
        let Self { layout, name, chosen } = self;
        let (rect, response) = ui.allocate_exact_size(size, Sense::click());
        response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, chosen, &name));
        let tokens = theme::tokens(ui);
        let fill = match (chosen, response.hovered()) {
            (true, _) => tokens.selected,
            (false, true) => tokens.raised,
            (false, false) => Color32::TRANSPARENT,
        };
        ui.painter().rect_filled(rect, 4.0, fill);
        if response.has_focus() {
            ui.painter()
                .rect_stroke(rect, 4.0, Stroke::new(1.5, tokens.accent), StrokeKind::Inside);
        }
        if chosen {
            // The chosen layout has a line under it, because colour alone must not tell it.
            let y = rect.bottom() - 1.0;
            ui.painter()
                .hline(rect.x_range().shrink(4.0), y, Stroke::new(2.0, tokens.accent));
        }
        let color = if chosen { tokens.text } else { tokens.text_weak };
        let centre = match named {
            true => pos2(rect.center().x, rect.top() + 6.0 + drawing.y / 2.0),
            false => rect.center(),
        };
        draw(ui, layout, Rect::from_center_size(centre, drawing), color);
        if named {
            let font = FontId::proportional(11.0);
            let galley = super::text::line(ui, &name, font, tokens.text, rect.width() - 4.0);
            let at = pos2(
                rect.center().x - galley.size().x / 2.0,
                rect.bottom() - galley.size().y - 4.0,
            );
            ui.painter().galley(super::text::snapped(ui, at), galley, tokens.text);
        }
        let tooltip = match layout_key(layout) {
            Some(key) => format!("{name} ({key})"),
            None => name,
        };
        response.on_hover_text(tooltip)
    }
}

fn draw(ui: &Ui, layout: &Layout, page: Rect, color: Color32) {
    let grid = layout.grid();
    let gap = if f32::from(grid.columns()) * 3.5 > page.width() {
        0.3
    } else {
        0.6
    };
    for cell in grid.cells() {
        let [left, top, right, bottom] = cell.fractions(&grid);
        let at = |x: f32, y: f32| pos2(page.left() + x * page.width(), page.top() + y * page.height());
        let tile = Rect::from_min_max(at(left, top), at(right, bottom)).shrink(gap);
        ui.painter().rect_filled(tile, 0.5, color);
    }
}
