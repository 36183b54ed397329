//! The list of the user's own internal networks, one a line. A line that is no network keeps its text and says why; the
//! others are saved at once.

use egui::{Key, TextEdit, Ui};
use i18n_embed_fl::fl;

use super::env::Env;
use crate::i18n::Words;
use crate::ui::form::{error_text, weak_text};
use crate::ui::icon::{self, Icon};
use settings::{Breadth, Cidr, CidrError};

#[derive(Default)]
pub(super) struct NetworkList {
    lines: Vec<NetworkLine>,
    /// The networks that the lines were saved as.
    saved: Vec<Cidr>,
    focus: Option<usize>,
}

#[derive(Default)]
struct NetworkLine {
    text: String,
    /// Whether the line was left; only then its error is shown.
    left: bool,
}

impl NetworkList {
    /// Paints the lines. A network is saved when its line is left, because while it is typed one digit less may mean a
    /// much larger network.
    pub(super) fn show(&mut self, ui: &mut Ui, env: &Env, networks: &mut Vec<Cidr>) {
        let words = env.words;
        if *networks != self.saved {
            self.follow(networks);
        }
        let mut left = None;
        let mut removed = None;
        for (index, line) in self.lines.iter_mut().enumerate() {
            let number = index + 1;
            ui.push_id(("network", index), |ui| {
                ui.horizontal(|ui| {
                    let field = TextEdit::singleline(&mut line.text)
                        .desired_width(220.0)
                        .hint_text("10.1.0.0/16");
                    let field = ui
                        .add(field)
                        .accessible_name(fl!(words, "networks-line", number = number));
                    if self.focus == Some(index) {
                        self.focus = None;
                        field.request_focus();
                    }
                    if field.lost_focus() {
                        left = Some((index, ui.input(|input| input.key_pressed(Key::Enter))));
                    }
                    if icon::button(ui, Icon::Close, &fl!(words, "networks-remove", number = number)).clicked() {
                        removed = Some(index);
                    }
                    if line.left
                        && !line.text.trim().is_empty()
                        && let Err(error) = line.text.parse::<Cidr>()
                    {
                        let text = problem(words, &error);
                        error_text(ui, &text);
                        ui.ctx().accesskit_node_builder(field.id, |node| {
                            node.set_invalid(egui::accesskit::Invalid::True);
                            node.set_description(text);
                        });
                    } else if let Ok(network) = line.text.parse::<Cidr>()
                        && let Some(warning) = warning(words, network)
                    {
                        weak_text(ui, &warning);
                        ui.ctx()
                            .accesskit_node_builder(field.id, |node| node.set_description(warning));
                    }
                });
            });
        }
        if ui.button(fl!(words, "networks-add")).clicked() {
            self.focus = Some(self.lines.len());
            self.lines.push(NetworkLine::default());
        }
        if let Some(index) = removed {
            self.lines.remove(index);
            self.take_over(networks);
        } else if let Some((index, enter)) = left {
            self.split(index);
            self.take_over(networks);
            if enter && self.lines.last().is_some_and(|line| line.text.parse::<Cidr>().is_ok()) {
                self.focus = Some(self.lines.len());
                self.lines.push(NetworkLine::default());
            }
        }
    }

    /// Splits a line with several pasted networks into one line for each.
    fn split(&mut self, index: usize) {
        let Some(line) = self.lines.get_mut(index) else { return };
        line.left = true;
        let mut parts = line
            .text
            .split([',', ';', ' ', '\n', '\t', '、', '，', '\u{3000}'])
            .filter(|part| !part.is_empty());
        let first = parts.next().unwrap_or_default().to_owned();
        let rest: Vec<NetworkLine> = parts
            .map(|part| NetworkLine {
                text: part.to_owned(),
                left: true,
            })
            .collect();
        line.text = first;
        self.lines.splice(index + 1..index + 1, rest);
    }

    fn take_over(&mut self, networks: &mut Vec<Cidr>) {
        let mut valid: Vec<Cidr> = Vec::new();
        for network in self.lines.iter().filter_map(|line| line.text.parse().ok()) {
            if !valid.contains(&network) {
                valid.push(network);
            }
        }
        self.saved = valid.clone();
        *networks = valid;
    }

    /// Takes over networks that were changed elsewhere. Lines that are no network stay, so that nothing typed is lost.
    fn follow(&mut self, networks: &[Cidr]) {
        self.lines.retain(|line| line.text.parse::<Cidr>().is_err());
        let known = networks.iter().map(|network| NetworkLine {
            text: network.to_string(),
            left: true,
        });
        self.lines.splice(0..0, known);
        self.saved = networks.to_vec();
    }
}

/// What a network means that is wider than anybody's own.
fn warning(words: &Words, network: Cidr) -> Option<String> {
    match network.breadth() {
        Breadth::Everything => Some(fl!(words, "networks-everything")),
        Breadth::Wide => Some(fl!(words, "networks-wide")),
        Breadth::Public => Some(fl!(words, "networks-public")),
        Breadth::Private => None,
    }
}

fn problem(words: &Words, error: &CidrError) -> String {
    match error {
        CidrError::Address(_) => fl!(words, "networks-problem-address"),
        CidrError::Prefix { max, .. } => fl!(words, "networks-problem-prefix", max = max.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(networks: &NetworkList) -> Vec<&str> {
        networks.lines.iter().map(|line| line.text.as_str()).collect()
    }

    #[test]
    fn a_bad_line_is_kept_and_does_not_stop_the_others() {
        let mut networks = NetworkList::default();
        let mut saved = Vec::new();
        networks.lines.push(NetworkLine {
            text: "10.1.0.0/16, intranet 10.1.0.0/16".into(),
            left: false,
        });
        networks.split(0);
        networks.take_over(&mut saved);
        assert_eq!(saved, ["10.1.0.0/16".parse().unwrap()]);
        assert_eq!(texts(&networks), ["10.1.0.0/16", "intranet", "10.1.0.0/16"]);
        networks.follow(&["192.0.2.0/24".parse().unwrap()]);
        assert_eq!(texts(&networks), ["192.0.2.0/24", "intranet"]);
    }
}
