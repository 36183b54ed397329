//! Another name for a site, a device or a virtual DVR, typed where the name stands.

use egui::{Area, Frame, Id, Key, Order, Rect, TextEdit, Ui, vec2};
use i18n_embed_fl::fl;

use super::Tree;
use crate::bridge::Command;
use crate::i18n::Words;
use crate::ui::act::{Act, PaintContext};
use crate::ui::form;
use crate::ui::outline::Node;
use device::{Draft, NameProblem, Named, Registry, Site};

/// A name that is being typed.
pub(super) struct Renaming {
    named: Named,
    before: String,
    typed: String,
    /// The field was not painted yet: it takes the keyboard, and all of its text is selected.
    fresh: bool,
}

impl Renaming {
    /// `None`: this line has no name of its own, or it is typed elsewhere.
    pub fn begin(node: Node, registry: &Registry) -> Option<Self> {
        let (named, name) = match node {
            Node::Site(id) => (Named::Site(id), &registry.site(id)?.name),
            Node::Device(id) => (Named::Device(id), &registry.device(id)?.name),
            Node::Virtual(id) => (Named::VirtualDvr(id), &registry.virtual_dvr(id)?.name),
            Node::Channel(_) | Node::VirtualDvrMember(..) => return None,
        };
        Some(Self {
            named,
            before: name.clone(),
            typed: name.clone(),
            fresh: true,
        })
    }

    pub fn node(&self) -> Node {
        match self.named {
            Named::Site(id) => Node::Site(id),
            Named::Device(id) => Node::Device(id),
            Named::VirtualDvr(id) => Node::Virtual(id),
        }
    }

    /// The command that saves this name.
    fn command(&self, registry: &Registry, name: String) -> Option<Command> {
        Some(match self.named {
            Named::Site(id) => Command::SaveSite(Site::new(id, name)),
            Named::Device(id) => Command::SaveDevice(Box::new(registry.renamed(id, name)?)),
            Named::VirtualDvr(id) => {
                let mut dvr = registry.virtual_dvr(id)?.clone();
                dvr.name = name;
                Command::SaveVirtualDvr(Box::new(dvr))
            }
        })
    }
}

impl Tree {
    /// Paints the field over the name. Enter saves, Esc leaves the name as it was; what cannot be a name stays in the field with
    /// what is wrong with it.
    pub(super) fn show_renaming(&mut self, ui: &mut Ui, paint: PaintContext<'_>, at: Rect, acts: &mut Vec<Act>) {
        let Some(renaming) = &mut self.renaming else { return };
        let (words, registry) = (paint.words, &*paint.state.registry);
        let id = Id::unique("rename in the tree");
        let edit = TextEdit::singleline(&mut renaming.typed)
            .id(id)
            .margin(vec2(4.0, 2.0))
            .desired_width(f32::INFINITY);
        let field = ui.put(at.expand2(vec2(5.0, 0.0)), edit);
        let label = fl!(words, "tree-new-name", name = renaming.before.as_str());
        ui.ctx()
            .accesskit_node_builder(id, |node| node.set_label(label.as_str()));
        if std::mem::take(&mut renaming.fresh) {
            field.request_focus();
            form::select_all(ui.ctx(), id, &renaming.typed);
        }
        let name = registry.check_name(renaming.named, &renaming.typed);
        if let Err(problem) = &name {
            show_problem(ui, words, renaming.named, *problem, field.rect);
        }
        if !field.lost_focus() {
            return;
        }
        let pressed = |key| ui.input(|input| input.key_pressed(key));
        let (entered, escaped) = (pressed(Key::Enter), pressed(Key::Escape));
        match name {
            _ if escaped => self.renaming = None,
            Ok(name) => {
                if name != renaming.before {
                    acts.extend(renaming.command(registry, name).map(Act::Send));
                }
                self.renaming = None;
            }
            Err(_) if entered => field.request_focus(),
            Err(_) => {}
        }
        if self.renaming.is_none() && (entered || escaped) {
            ui.memory_mut(|memory| memory.request_focus(Self::focus_id()));
        }
    }
}

/// Says beneath the field what is wrong, over the lines below it.
fn show_problem(ui: &Ui, words: &Words, named: Named, problem: NameProblem, field: Rect) {
    let area = Area::new(Id::unique("rename problem")).order(Order::Foreground);
    area.fixed_pos(field.left_bottom() + vec2(0.0, 2.0))
        .interactable(false)
        .show(ui.ctx(), |ui| {
            Frame::popup(ui.style()).show(ui, |ui| {
                ui.set_max_width(field.width().max(200.0));
                form::error_text(ui, &in_words(words, named, problem));
            });
        });
}

fn in_words(words: &Words, named: Named, problem: NameProblem) -> String {
    match (problem, named) {
        (NameProblem::Empty, Named::Site(_)) => fl!(words, "problem-empty-site"),
        (NameProblem::Empty, _) => fl!(words, "problem-empty-name"),
        (NameProblem::Long, _) => fl!(words, "problem-too-long", max = Draft::MAX_NAME.to_string()),
        (NameProblem::Unseen, _) => fl!(words, "problem-control-character"),
        (NameProblem::Taken, Named::Site(_)) => fl!(words, "problem-duplicate-site"),
        (NameProblem::Taken, Named::Device(_)) => fl!(words, "problem-duplicate"),
        (NameProblem::Taken, Named::VirtualDvr(_)) => fl!(words, "virtual-dvr-name-taken"),
    }
}
