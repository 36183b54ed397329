//! The table of sites: state, budget, attempts, next attempt. All figures are measured at the dial.

use std::collections::BTreeMap;

use egui::{Align, Rangef, Rect, ScrollArea, Sense, Ui, Vec2, WidgetInfo};
use i18n_embed_fl::fl;

use super::columns::{self, Sort, Width};
use super::env::Env;
use super::site_order::{self, SiteColumn};
use crate::bridge::SiteStatus;
use crate::ui::form::weak_text;
use crate::ui::icon;
use crate::ui::site::{SiteHealth, live_devices};
use crate::ui::theme::{self, Tokens};
use crate::ui::trouble::{find, short};
use device::SiteId;

const ROW: f32 = 28.0;

/// Takes the room that is left; beyond it, the table scrolls. `sort`: by which column it stands; a click on a head changes it.
pub(super) fn show(ui: &mut Ui, env: &Env, sort: &mut Sort<SiteColumn>) {
    let words = env.words;
    let sites = &env.state.sites;
    if sites.is_empty() {
        weak_text(ui, &fl!(words, "network-sites-none"));
        return;
    }
    let (head, _) = ui.allocate_exact_size(Vec2::new(ui.available_width(), 22.0), Sense::hover());
    let titles = [
        fl!(words, "network-site-name"),
        fl!(words, "network-site-state"),
        fl!(words, "network-site-live"),
        fl!(words, "network-site-failed"),
        fl!(words, "network-site-attempts"),
        fl!(words, "network-site-half-open"),
        fl!(words, "network-site-next"),
    ];
    let columns = layout(columns::inner(ui, head));
    for (index, (column, title)) in SiteColumn::ALL.into_iter().zip(&titles).enumerate() {
        let align = if (2..=5).contains(&index) {
            Align::Max
        } else {
            Align::Min
        };
        let cell = columns::cell(head, columns[index]);
        if columns::head(ui, cell, title, align, sort.of(column)).clicked() {
            *sort = sort.clicked(column);
        }
    }
    let line = egui::Stroke::new(1.0, theme::tokens(ui).line);
    ui.painter().hline(head.x_range(), head.bottom(), line);
    let failed = failed_last(env);
    let rows = site_order::sorted(sites, *sort, |site| failed.contains_key(&site));
    let spacing = std::mem::take(&mut ui.spacing_mut().item_spacing.y);
    let table = ScrollArea::vertical().id_salt("sites").auto_shrink(false);
    table.show_rows(ui, ROW, rows.len(), |ui, range| {
        for site in rows.get(range).into_iter().flatten() {
            row(ui, env, (site, failed.get(&site.id)), &titles, columns);
        }
    });
    ui.spacing_mut().item_spacing.y = spacing;
}

/// The devices that nobody watches and that failed when they were tried last, by their sites.
fn failed_last(env: &Env) -> BTreeMap<SiteId, Vec<String>> {
    let mut sites: BTreeMap<SiteId, Vec<String>> = BTreeMap::new();
    let troubles = find(env.state);
    for trouble in troubles.iter().filter(|trouble| !trouble.is_watched()) {
        let devices = trouble.devices.iter().filter_map(|id| env.state.registry.device(*id));
        for device in devices {
            let what = short(env.words, trouble);
            let said = fl!(env.words, "trouble-line", name = device.name.as_str(), what = what);
            sites.entry(device.site).or_default().push(said);
        }
    }
    sites
}

fn row(
    ui: &mut Ui,
    env: &Env,
    (site, failed): (&SiteStatus, Option<&Vec<String>>),
    titles: &[String; 7],
    columns: [Rangef; 7],
) {
    let words = env.words;
    let tokens = theme::tokens(ui);
    let (rect, response) = ui.allocate_exact_size(Vec2::new(ui.available_width(), ROW), Sense::hover());
    let look = SiteHealth::of(site).look(words, tokens);
    let next = site
        .next_canary
        .map(|at| words.countdown(at.saturating_duration_since(env.state.now)));
    let texts = [
        site.name.clone(),
        match failed {
            Some(devices) => fl!(
                words,
                "network-site-failed-last",
                state = look.label,
                devices = words.list(devices)
            ),
            None => look.label,
        },
        fl!(
            words,
            "network-of",
            part = live_devices(site.devices),
            whole = site.devices.all
        ),
        fl!(
            words,
            "network-of",
            part = site.failed_last_minute,
            whole = site.budget_per_minute
        ),
        site.attempts_last_minute.to_string(),
        site.half_open.to_string(),
        next.unwrap_or_else(|| "–".to_owned()),
    ];
    let whole: Vec<String> = titles
        .iter()
        .zip(&texts)
        .map(|(title, text)| fl!(words, "network-cell", title = title.as_str(), text = text.as_str()))
        .collect();
    let whole = words.list(&whole);
    response.widget_info(|| WidgetInfo::labeled(egui::accesskit::Role::Row, true, whole.as_str()));
    let [name, state, live, spent, attempts, half_open, next] = columns.map(|column| columns::cell(rect, column));
    columns::text(ui, name, &texts[0], tokens.text);
    icon::paint(
        ui.painter(),
        look.icon,
        Rect::from_center_size(state.left_center() + Vec2::new(8.0, 0.0), Vec2::splat(14.0)),
        look.color,
    );
    columns::text(ui, state.with_min_x(state.left() + 22.0), &texts[1], tokens.text);
    if failed.is_some() {
        response.on_hover_text(&texts[1]);
    }
    columns::number(ui, live, &texts[2], tokens.text);
    columns::number(ui, spent, &texts[3], tokens.text);
    budget_bar(ui, spent, site, tokens);
    columns::number(ui, attempts, &texts[4], tokens.text);
    columns::number(ui, half_open, &texts[5], tokens.text);
    columns::text(ui, next, &texts[6], tokens.text);
}

/// Paints a bar under the figure: the used part of the budget.
fn budget_bar(ui: &Ui, cell: Rect, site: &SiteStatus, tokens: &Tokens) {
    let used = (site.failed_last_minute as f32 / site.budget_per_minute.max(1) as f32).min(1.0);
    let track = Rect::from_min_max(
        cell.left_bottom() - Vec2::new(0.0, 5.0),
        cell.right_bottom() - Vec2::new(0.0, 2.0),
    );
    ui.painter().rect_filled(track, 1.5, tokens.line);
    let color = if used >= 1.0 { tokens.offline } else { tokens.accent };
    ui.painter()
        .rect_filled(track.with_max_x(track.left() + track.width() * used), 1.5, color);
}

fn layout(rect: Rect) -> [Rangef; 7] {
    let mut columns = columns::layout(
        rect.x_range().shrink(6.0),
        [
            Width::Share(1.6),
            Width::Share(1.8),
            Width::Fixed(80.0),
            Width::Fixed(110.0),
            Width::Fixed(80.0),
            Width::Fixed(80.0),
            Width::Fixed(100.0),
        ],
    );
    // This column of text follows a column of numbers.
    columns[6].min += columns::AFTER_NUMBER;
    columns
}
