//! The field for the brand of a device: a list with a search over all names under which a maker's recorders are sold.

use egui::{ComboBox, Id, Key, Popup, PopupCloseBehavior, Response, ScrollArea, TextEdit, Ui};
use i18n_embed_fl::fl;

use crate::i18n::Words;
use device::{Brand, BrandId, Brands, search_form};

/// Paints the field and returns it, marked as changed if another brand was chosen. `several`: what stands in it instead of a brand
/// while several devices differ.
#[expect(
    clippy::too_many_arguments,
    reason = "each is one thing that the field shows or changes"
)]
pub(super) fn show(
    ui: &mut Ui,
    name: Id,
    width: f32,
    brand: &mut Option<BrandId>,
    search: &mut String,
    brands: &Brands,
    words: &Words,
    several: Option<String>,
) -> Response {
    let own = fl!(words, "editor-own-paths");
    let text = match brand {
        _ if several.is_some() => several.unwrap_or_default(),
        None => own.clone(),
        Some(id) => brands.get(id).map_or_else(|| id.to_string(), Brand::label),
    };
    let before = brand.clone();
    let mut combo = ComboBox::from_id_salt("brand")
        .width(width.min(ui.available_width()))
        .height(320.0)
        .truncate()
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .selected_text(text)
        .show_ui(ui, |ui| choose(ui, brand, search, brands, words, &own));
    if combo.inner.is_none() {
        search.clear();
    }
    if *brand != before {
        combo.response.mark_changed();
    }
    combo.response.labelled_by(name)
}

fn choose(ui: &mut Ui, brand: &mut Option<BrandId>, search: &mut String, brands: &Brands, words: &Words, own: &str) {
    let title = fl!(words, "editor-brand-search");
    let id = ui.scope_id().with("brand-search");
    let just_opened = ui.ctx().read_response(id).is_none();
    let field = TextEdit::singleline(search)
        .id(id)
        .hint_text(title.as_str())
        .desired_width(f32::INFINITY);
    let field = ui.add(field).accessible_name(title);
    if just_opened {
        field.request_focus();
    }
    let found: Vec<&Brand> = brands.all().iter().filter(|each| matches(each, search)).collect();
    if field.lost_focus()
        && ui.input(|input| input.key_pressed(Key::Enter))
        && let Some(first) = found.first()
        && !search.trim().is_empty()
    {
        *brand = Some(first.id.clone());
        Popup::close_all(ui.ctx());
    }
    ScrollArea::vertical().max_height(260.0).show(ui, |ui| {
        let mut chosen = false;
        if search.trim().is_empty() {
            chosen |= ui.selectable_value(brand, None, own).clicked();
        }
        for each in &found {
            chosen |= ui
                .selectable_value(brand, Some(each.id.clone()), each.label())
                .clicked();
        }
        if found.is_empty() {
            ui.weak(fl!(words, "editor-brand-none"));
        }
        if chosen {
            Popup::close_all(ui.ctx());
        }
    });
}

fn matches(brand: &Brand, search: &str) -> bool {
    let search = search_form(search.trim());
    search.is_empty() || brand.names.iter().any(|name| search_form(name).contains(&search))
}
