//! The fields for the streams of a device: brand or own paths, channels with their names, and a preview of the URLs.

use egui::{CollapsingHeader, Frame, Margin, RichText, Ui};
use i18n_embed_fl::fl;

use super::brand_picker;
use super::env::Env;
use super::field_pass::FieldPass;
use crate::ui::form::{FIELD_WIDTH, FormRow, error_text, plain_button, text_field, weak_text};
use crate::ui::theme;
use device::{BrandId, Brands, Carrier, Draft, Field, Host, MAX_CHANNELS, StreamKind, Template};

/// The section of the device form about streams.
#[derive(Default)]
pub(super) struct StreamFields {
    /// The search text of the brand list.
    brand_search: String,
}

impl StreamFields {
    pub(super) fn show(&mut self, ui: &mut Ui, env: &Env, draft: &mut Draft, pass: &mut FieldPass) {
        let words = env.words;
        let label = fl!(words, "editor-brand");
        let note = draft
            .brand
            .as_ref()
            .and_then(|id| env.brands.get(id))
            .and_then(|brand| brand.note(words.language().tag()));
        let hint = match &draft.brand {
            None => Some(fl!(words, "editor-brand-hint")),
            Some(_) => note.map(str::to_owned),
        };
        let row = FormRow::new(&label)
            .hint(hint.as_deref())
            .error(pass.error(Field::Brand));
        let before = draft.brand.clone();
        let listed = draft.has_listed_paths().then(|| fl!(words, "editor-listed-paths"));
        let field = row.show(ui, |ui, name| {
            brand_picker::show(
                ui,
                name,
                FIELD_WIDTH,
                &mut draft.brand,
                &mut self.brand_search,
                env.brands,
                words,
                listed,
            )
        });
        pass.watch(ui, Field::Brand, &field);
        if draft.brand != before {
            let port = |id: &Option<BrandId>| {
                id.as_ref()
                    .and_then(|id| env.brands.get(id))
                    .map_or(Draft::RTSP_PORT, |brand| brand.port)
            };
            if draft.carrier == Carrier::Rtsp {
                follow_port(&mut draft.port, port(&before), port(&draft.brand));
            }
        }
        if draft.has_listed_paths() {
            FormRow::new("").show(ui, |ui, _| {
                let own = plain_button(ui, &fl!(words, "editor-listed-own"));
                if own.clicked() {
                    draft.listed.clear();
                }
                own
            });
        } else if draft.brand.is_none() {
            let label = fl!(words, "editor-main-path");
            let hint = fl!(words, "editor-path-hint");
            let row = FormRow::new(&label)
                .hint(Some(&hint))
                .error(pass.error(Field::MainPath));
            let field = row.show(ui, |ui, name| {
                text_field(ui, name, &mut draft.main_path, FIELD_WIDTH, "")
            });
            pass.watch(ui, Field::MainPath, &field);
            let label = fl!(words, "editor-sub-path");
            let hint = fl!(words, "editor-sub-path-hint");
            let row = FormRow::new(&label).hint(Some(&hint)).error(pass.error(Field::SubPath));
            let field = row.show(ui, |ui, name| {
                text_field(ui, name, &mut draft.sub_path, FIELD_WIDTH, "")
            });
            pass.watch(ui, Field::SubPath, &field);
        }
        let label = fl!(words, "editor-channels");
        let hint = fl!(words, "editor-channels-hint", max = MAX_CHANNELS.to_string());
        let row = FormRow::new(&label)
            .hint(Some(&hint))
            .error(pass.error(Field::Channels));
        let field = row.show(ui, |ui, name| text_field(ui, name, &mut draft.channels, 90.0, ""));
        pass.watch(ui, Field::Channels, &field);
        channel_names(ui, env, draft, pass);
        previews(ui, env, draft);
    }
}

/// Paints one field for each channel's name. Names beyond the number of channels are kept, in case the number grows
/// again.
fn channel_names(ui: &mut Ui, env: &Env, draft: &mut Draft, pass: &mut FieldPass) {
    let words = env.words;
    let count = draft
        .channels
        .trim()
        .parse::<usize>()
        .unwrap_or(draft.channel_names.len())
        .min(MAX_CHANNELS);
    let wrong = pass.has_error(|field| matches!(field, Field::ChannelName(_)));
    let title = fl!(words, "editor-channel-names");
    FormRow::new("").show(ui, |ui, _| {
        let header = CollapsingHeader::new(title)
            .id_salt("channel-names")
            .open(wrong.then_some(true))
            .show(ui, |ui| {
                weak_text(ui, &fl!(words, "editor-channel-names-hint"));
                if draft.channel_names.len() < count {
                    draft.channel_names.resize(count, String::new());
                }
                for (index, text) in draft.channel_names.iter_mut().take(count).enumerate() {
                    let number = u16::try_from(index + 1).unwrap_or(u16::MAX);
                    let field = ui
                        .horizontal(|ui| {
                            let label = ui.add_sized(
                                [64.0, 26.0],
                                egui::Label::new(fl!(words, "editor-channel", number = number)),
                            );
                            text_field(ui, label.id, text, 220.0, "")
                        })
                        .inner;
                    if let Some(error) = pass.error(Field::ChannelName(number)) {
                        error_text(ui, error);
                    }
                    pass.watch(ui, Field::ChannelName(number), &field);
                }
            });
        header.header_response
    });
}

fn previews(ui: &mut Ui, env: &Env, draft: &Draft) {
    let words = env.words;
    let tokens = theme::tokens(ui);
    let label = fl!(words, "editor-preview");
    FormRow::new(&label).show(ui, |ui, _| {
        Frame::NONE
            .fill(tokens.field)
            .corner_radius(4.0)
            .inner_margin(Margin::symmetric(10, 8))
            .show(ui, |ui| {
                ui.set_width((FIELD_WIDTH - 20.0).min(ui.available_width()));
                ui.vertical(|ui| {
                    for (kind, name) in [
                        (StreamKind::Main, fl!(words, "editor-preview-main")),
                        (StreamKind::Sub, fl!(words, "editor-preview-sub")),
                    ] {
                        weak_text(ui, &name);
                        match preview(draft, env.brands, kind) {
                            Some(url) => {
                                ui.add(egui::Label::new(RichText::new(url).monospace()).wrap().selectable(true))
                            }
                            None => weak_text(ui, &fl!(words, "editor-preview-none")),
                        };
                    }
                });
            })
            .response
    });
}

/// The URL of channel 1 without the password; `None` while the path cannot be read.
fn preview(draft: &Draft, brands: &Brands, kind: StreamKind) -> Option<String> {
    let typed: Template;
    let template = match &draft.brand {
        Some(id) => brands.get(id)?.template(kind)?,
        None if draft.has_listed_paths() => {
            let paths = draft.listed.first()?;
            let told = match kind {
                StreamKind::Sub if !paths.sub.is_empty() => &paths.sub,
                StreamKind::Main | StreamKind::Sub => &paths.main,
            };
            typed = told.parse().ok()?;
            &typed
        }
        None => {
            let own = match kind {
                StreamKind::Sub if !draft.sub_path.trim().is_empty() => &draft.sub_path,
                StreamKind::Main | StreamKind::Sub => &draft.main_path,
            };
            typed = own.parse().ok()?;
            &typed
        }
    };
    let scheme = match draft.carrier {
        Carrier::Rtsp => "rtsp",
        Carrier::Rtsps => "rtsps",
    };
    let host = draft
        .host
        .parse::<Host>()
        .map_or_else(|_| "…".to_owned(), |host| host.in_url());
    let port = draft.port.trim();
    let path = template
        .shown(1, kind)
        .replace("{user}", draft.user.trim())
        .replace("{pass}", "•••");
    let port = bounded(port, 8);
    Some(bounded(&format!("{scheme}://{host}:{port}{path}"), 240))
}

/// Changes a port that still is the default of the former choice into the default of the new one.
pub(super) fn follow_port(port: &mut String, before: u16, now: u16) {
    if port.trim().is_empty() || port.trim() == before.to_string() {
        *port = now.to_string();
    }
}

fn bounded(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    text.chars().take(max).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preview_shows_no_password() {
        let mut draft =
            Draft::from_url("rtsp://admin:p%40ss@192.168.0.20:8554/live/{ch*100+s}?p={pass}&u={user}").unwrap();
        draft.sub_path = "/sub{ch}".to_owned();
        let url = preview(&draft, &Brands::default(), StreamKind::Main).unwrap();
        assert_eq!(url, "rtsp://192.168.0.20:8554/live/101?p=•••&u=admin");
        assert_eq!(
            preview(&draft, &Brands::default(), StreamKind::Sub).unwrap(),
            "rtsp://192.168.0.20:8554/sub1"
        );
        draft.main_path = "/{channel".to_owned();
        assert_eq!(preview(&draft, &Brands::default(), StreamKind::Main), None);
    }

    #[test]
    fn a_port_follows_until_it_was_typed() {
        let mut port = "554".to_owned();
        follow_port(&mut port, 554, 322);
        assert_eq!(port, "322");
        port = "8554".to_owned();
        follow_port(&mut port, 554, 322);
        assert_eq!(port, "8554");
    }
}
