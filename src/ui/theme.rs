//! Every colour, size and font of the screen, in one file: a calm dark theme for control rooms and a light one.

use std::sync::Arc;

use egui::{
    Color32, Context, CornerRadius, FontData, FontFamily, FontId, FontTweak, Margin, Shadow, Stroke, TextStyle, Ui,
    Vec2,
};

/// The colours of one theme, by what they mean.
#[derive(Debug)]
pub struct Tokens {
    /// Behind the tiles.
    pub wall: Color32,
    /// A tile without a picture.
    pub tile: Color32,
    /// The strip with the tile's name.
    pub tile_header: Color32,
    /// The tree, bars, dialogs.
    pub panel: Color32,
    /// Buttons, fields at rest, hovered rows.
    pub raised: Color32,
    pub raised_hovered: Color32,
    /// Behind text that is typed.
    pub field: Color32,
    pub line: Color32,
    pub text: Color32,
    /// Secondary text; still 4.5:1 on `panel`.
    pub text_weak: Color32,
    /// Selection, focus and the one button that leads on.
    pub accent: Color32,
    pub on_accent: Color32,
    /// Behind a selected row.
    pub selected: Color32,
    pub live: Color32,
    pub late: Color32,
    pub connecting: Color32,
    pub waiting: Color32,
    pub offline: Color32,
    pub refused: Color32,
    /// Behind a banner that reports an outage, and behind a notice.
    pub outage: Color32,
    pub notice: Color32,
}

/// The theme for dim rooms: nothing is brighter than the pictures. The state colours differ in lightness, so that
/// colour-blind people can tell them apart.
pub static DARK: Tokens = Tokens {
    wall: Color32::from_rgb(10, 12, 15),
    tile: Color32::from_rgb(21, 25, 30),
    tile_header: Color32::from_rgb(29, 34, 41),
    panel: Color32::from_rgb(24, 28, 34),
    raised: Color32::from_rgb(41, 48, 57),
    raised_hovered: Color32::from_rgb(53, 62, 73),
    field: Color32::from_rgb(15, 18, 22),
    line: Color32::from_rgb(48, 55, 65),
    text: Color32::from_rgb(222, 228, 234),
    text_weak: Color32::from_rgb(153, 163, 174),
    accent: Color32::from_rgb(92, 170, 232),
    on_accent: Color32::from_rgb(8, 20, 32),
    selected: Color32::from_rgb(33, 66, 95),
    live: Color32::from_rgb(74, 200, 142),
    late: Color32::from_rgb(240, 190, 62),
    connecting: Color32::from_rgb(112, 184, 240),
    waiting: Color32::from_rgb(172, 180, 190),
    offline: Color32::from_rgb(242, 122, 88),
    refused: Color32::from_rgb(208, 146, 220),
    outage: Color32::from_rgb(74, 37, 28),
    notice: Color32::from_rgb(37, 47, 60),
};

/// The theme for bright rooms. The wall stays dark grey, so that pictures keep their contrast.
pub static LIGHT: Tokens = Tokens {
    wall: Color32::from_rgb(196, 202, 209),
    tile: Color32::from_rgb(232, 235, 239),
    tile_header: Color32::from_rgb(247, 248, 250),
    panel: Color32::from_rgb(244, 246, 248),
    raised: Color32::from_rgb(226, 230, 235),
    raised_hovered: Color32::from_rgb(212, 218, 225),
    field: Color32::from_rgb(255, 255, 255),
    line: Color32::from_rgb(203, 209, 216),
    text: Color32::from_rgb(27, 33, 40),
    text_weak: Color32::from_rgb(84, 94, 105),
    accent: Color32::from_rgb(22, 101, 172),
    on_accent: Color32::from_rgb(255, 255, 255),
    selected: Color32::from_rgb(203, 225, 245),
    live: Color32::from_rgb(11, 115, 72),
    late: Color32::from_rgb(140, 92, 0),
    connecting: Color32::from_rgb(22, 101, 172),
    waiting: Color32::from_rgb(84, 94, 105),
    offline: Color32::from_rgb(178, 54, 16),
    refused: Color32::from_rgb(125, 52, 145),
    outage: Color32::from_rgb(253, 226, 217),
    notice: Color32::from_rgb(225, 235, 246),
};

/// Between tiles, in points.
pub const TILE_GAP: f32 = 2.0;
/// Height of a tile's header strip and of a row of the tree, in points.
pub const TILE_HEADER: f32 = 22.0;
pub const TREE_ROW: f32 = 24.0;
/// The space that separates groups of things; half of it separates things of a group.
pub const SPACE: f32 = 12.0;
/// The first width of the tree and its least width, in points.
pub const TREE_WIDTH: f32 = 248.0;
pub const TREE_MIN_WIDTH: f32 = 160.0;

/// The frame of a small dialog.
pub fn dialog(ctx: &Context) -> egui::Frame {
    egui::Frame::popup(&ctx.global_style()).inner_margin(Margin::same(20))
}

/// The colours that `ui` is painted with.
#[must_use]
pub fn tokens(ui: &Ui) -> &'static Tokens {
    if ui.visuals().dark_mode { &DARK } else { &LIGHT }
}

/// The colours of all that `ctx` paints.
#[must_use]
pub fn tokens_of(ctx: &Context) -> &'static Tokens {
    match ctx.theme() {
        egui::Theme::Dark => &DARK,
        egui::Theme::Light => &LIGHT,
    }
}

/// The size of small text, such as tile headers and the status bar, in points.
const SMALL: f32 = 12.0;

/// The font of small text.
#[must_use]
pub fn small(ui: &Ui) -> FontId {
    TextStyle::Small.resolve(ui.style())
}

/// Makes text and distances of all that `ui` paints from here on so many times as large.
pub fn enlarge(ui: &mut Ui, times: f32) {
    if times == 1.0 {
        return;
    }
    let style = ui.style_mut();
    for font in style.text_styles.values_mut() {
        font.size *= times;
    }
    let spacing = &mut style.spacing;
    spacing.item_spacing *= times;
    spacing.button_padding *= times;
    spacing.interact_size *= times;
}

/// The same up to so many times the usual size, also where `ui` has it already.
pub fn enlarge_to(ui: &mut Ui, times: f32) {
    let by = times / enlarged(ui);
    if (by - 1.0).abs() > 0.01 {
        enlarge(ui, by);
    }
}

/// How many times as large `ui` paints, by [`enlarge`].
#[must_use]
pub fn enlarged(ui: &Ui) -> f32 {
    small(ui).size / SMALL
}

/// Installs both themes and the bundled fonts in `ctx`. `Context::set_theme` chooses between dark and light.
pub fn install(ctx: &Context) {
    install_fonts(ctx);
    // The desktop sets the size of letters. A key for it would work for passers-by of a kiosk too.
    ctx.options_mut(|options| options.zoom_with_keyboard = false);
    for (theme, tokens) in [(egui::Theme::Dark, &DARK), (egui::Theme::Light, &LIGHT)] {
        ctx.style_mut_of(theme, |style| apply(style, tokens, theme == egui::Theme::Dark));
    }
}

/// M PLUS 1 has Latin and Japanese letters on one baseline and digits of one width. BIZ UDPGothic adds the characters
/// of JIS X 0208 that it lacks. egui's own fonts follow for other symbols.
fn install_fonts(ctx: &Context) {
    let bundled: [(&str, &'static [u8]); 2] = [
        (
            "M PLUS 1",
            include_bytes!("../../assets/fonts/MPLUS1-Regular-JISX0208.otf"),
        ),
        (
            "BIZ UDPGothic",
            include_bytes!("../../assets/fonts/BIZUDPGothic-Regular-rest.ttf"),
        ),
    ];
    let mut fonts = egui::FontDefinitions::default();
    for (place, (name, bytes)) in bundled.into_iter().enumerate() {
        // Both fonts draw their letters a little below the middle of the line.
        let tweak = FontTweak {
            y_offset_factor: -0.05,
            ..FontTweak::default()
        };
        let data = FontData::from_static(bytes).tweak(tweak);
        fonts.font_data.insert(name.to_owned(), Arc::new(data));
        fonts
            .families
            .entry(FontFamily::Proportional)
            .or_default()
            .insert(place, name.to_owned());
        fonts
            .families
            .entry(FontFamily::Monospace)
            .or_default()
            .push(name.to_owned());
    }
    ctx.set_fonts(fonts);
}

fn apply(style: &mut egui::Style, tokens: &Tokens, dark: bool) {
    style.text_styles = [
        (TextStyle::Heading, FontId::proportional(18.0)),
        (TextStyle::Body, FontId::proportional(14.0)),
        (TextStyle::Button, FontId::proportional(14.0)),
        (TextStyle::Monospace, FontId::monospace(13.0)),
        (TextStyle::Small, FontId::proportional(SMALL)),
    ]
    .into();
    style.animation_time = 0.08;
    style.spacing.item_spacing = Vec2::new(8.0, 6.0);
    style.spacing.button_padding = Vec2::new(10.0, 4.0);
    style.spacing.interact_size = Vec2::new(32.0, 26.0);
    style.spacing.menu_margin = Margin::same(6);
    style.spacing.window_margin = Margin::same(16);
    style.spacing.scroll = egui::style::ScrollStyle::thin();
    style.interaction.selectable_labels = false;

    let visuals = &mut style.visuals;
    *visuals = if dark {
        egui::Visuals::dark()
    } else {
        egui::Visuals::light()
    };
    visuals.panel_fill = tokens.panel;
    visuals.window_fill = tokens.panel;
    visuals.window_stroke = Stroke::new(1.0, tokens.line);
    visuals.window_corner_radius = CornerRadius::same(8);
    visuals.menu_corner_radius = CornerRadius::same(6);
    visuals.window_shadow = Shadow {
        offset: [0, 8],
        blur: 24,
        spread: 0,
        color: Color32::from_black_alpha(90),
    };
    visuals.popup_shadow = Shadow {
        offset: [0, 4],
        blur: 12,
        spread: 0,
        color: Color32::from_black_alpha(80),
    };
    visuals.extreme_bg_color = tokens.field;
    visuals.text_edit_bg_color = Some(tokens.field);
    visuals.faint_bg_color = tokens.tile;
    visuals.code_bg_color = tokens.field;
    visuals.weak_text_color = Some(tokens.text_weak);
    visuals.hyperlink_color = tokens.accent;
    visuals.warn_fg_color = tokens.late;
    visuals.error_fg_color = tokens.offline;
    visuals.selection.bg_fill = tokens.selected;
    visuals.selection.stroke = Stroke::new(1.0, tokens.text);
    let corner_radius = CornerRadius::same(4);
    let rest = &mut visuals.widgets;
    rest.noninteractive.bg_fill = tokens.panel;
    rest.noninteractive.weak_bg_fill = tokens.panel;
    rest.noninteractive.bg_stroke = Stroke::new(1.0, tokens.line);
    rest.noninteractive.fg_stroke = Stroke::new(1.0, tokens.text);
    for (widget, fill, stroke) in [
        (&mut rest.inactive, tokens.raised, tokens.line),
        (&mut rest.hovered, tokens.raised_hovered, tokens.text_weak),
        (&mut rest.active, tokens.selected, tokens.accent),
        (&mut rest.open, tokens.raised_hovered, tokens.text_weak),
    ] {
        widget.bg_fill = fill;
        widget.weak_bg_fill = fill;
        widget.bg_stroke = Stroke::new(1.0, stroke);
        widget.fg_stroke = Stroke::new(1.0, tokens.text);
        widget.corner_radius = corner_radius;
        widget.expansion = 0.0;
    }
    rest.noninteractive.corner_radius = corner_radius;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// WCAG 2.2 contrast of two opaque colours.
    fn contrast(a: Color32, b: Color32) -> f32 {
        let luminance = |c: Color32| {
            let [r, g, b] = [c.r(), c.g(), c.b()].map(|v| {
                let v = f32::from(v) / 255.0;
                if v <= 0.04045 {
                    v / 12.92
                } else {
                    ((v + 0.055) / 1.055).powf(2.4)
                }
            });
            0.2126 * r + 0.7152 * g + 0.0722 * b
        };
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn every_text_is_legible_on_what_it_stands_on() {
        for tokens in [&DARK, &LIGHT] {
            let states = [
                tokens.live,
                tokens.late,
                tokens.connecting,
                tokens.waiting,
                tokens.offline,
                tokens.refused,
            ];
            for ground in [tokens.panel, tokens.tile, tokens.tile_header] {
                for text in [tokens.text, tokens.text_weak, tokens.accent].into_iter().chain(states) {
                    assert!(
                        contrast(text, ground) >= 4.5,
                        "{text:?} on {ground:?}: {}",
                        contrast(text, ground)
                    );
                }
            }
            for ground in [
                tokens.outage,
                tokens.notice,
                tokens.raised,
                tokens.raised_hovered,
                tokens.selected,
                tokens.field,
            ] {
                assert!(
                    contrast(tokens.text, ground) >= 7.0,
                    "text on {ground:?}: {}",
                    contrast(tokens.text, ground)
                );
            }
            assert!(contrast(tokens.on_accent, tokens.accent) >= 4.5);
        }
    }
}
