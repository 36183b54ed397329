//! The dialog of a virtual DVR: its name, its layout, its channels with their labels and order.

use egui::{Align, ComboBox, Context, Id, Key, Layout as Flow, Modal, RichText, ScrollArea, TextEdit, Ui, vec2};
use i18n_embed_fl::fl;

use super::act::PaintContext;
use super::form::{self, plain_button, primary_button};
use super::icon::{self, Icon};
use super::unsaved::{self, UnsavedAnswer};
use super::{layout_picker, state, theme};
use crate::bridge::Command;
use crate::i18n::Words;
use device::{
    ChannelId, Draft as DeviceDraft, Registry, VirtualDvr, VirtualDvrId, VirtualDvrMember, as_name, is_unseen,
};
use wall::{Layout, OwnLayouts};

#[derive(Default)]
pub struct VirtualDvrDialog {
    draft: Option<VirtualDvr>,
    /// The draft as it was when the dialog was opened.
    original: Option<VirtualDvr>,
    /// The dialog asks what to do with unsaved changes.
    asking: bool,
    /// The field for the name gets the keyboard in the next frame.
    want_focus: bool,
}

/// A change of the list of members.
enum Change {
    Shift(ChannelId, isize),
    Remove(ChannelId),
}

const ROW: f32 = 30.0;
const WIDTH: f32 = 520.0;

impl VirtualDvrDialog {
    /// Opens the dialog for a new virtual DVR with these channels. It exists once it is saved.
    pub fn open_new(&mut self, registry: &Registry, words: &Words, channels: &[ChannelId]) {
        let mut dvr = VirtualDvr {
            id: VirtualDvrId::random(),
            name: registry.free_virtual_dvr_name(&fl!(words, "virtual-dvr")),
            members: Vec::new(),
            layout: String::new(),
        };
        dvr.add(channels, None);
        self.edit(dvr);
    }

    pub fn edit(&mut self, dvr: VirtualDvr) {
        self.original = Some(dvr.clone());
        self.draft = Some(dvr);
        self.asking = false;
        self.want_focus = true;
    }

    #[must_use]
    pub fn is_open(&self) -> bool {
        self.draft.is_some()
    }

    /// Shows the dialog while it is open and returns the command that saves it.
    pub fn show(&mut self, ctx: &Context, paint: PaintContext<'_>, layouts: &OwnLayouts) -> Option<Command> {
        let draft = self.draft.as_mut()?;
        let want_focus = std::mem::take(&mut self.want_focus);
        let modal = Modal::new(Id::unique("virtual dvr")).frame(theme::dialog(ctx));
        let asking = self.asking;
        let response = modal.show(ctx, |ui| show_draft(ui, paint, draft, layouts, want_focus, asking));
        let done = match response.inner {
            Some(UnsavedAnswer::KeepEditing) => {
                self.asking = false;
                return None;
            }
            Some(answer) => Some(answer == UnsavedAnswer::Save),
            None => None,
        };
        if done == Some(true) {
            let mut dvr = self.draft.take()?;
            dvr.name = as_name(&dvr.name);
            for member in &mut dvr.members {
                member.label = as_name(&member.label);
            }
            return Some(Command::SaveVirtualDvr(Box::new(dvr)));
        }
        // Asked once only, because the call consumes the key.
        let close = response.should_close();
        if done.is_some() || close && self.draft == self.original {
            self.draft = None;
        } else if close {
            self.asking = !self.asking;
        }
        None
    }
}

fn show_draft(
    ui: &mut Ui,
    paint: PaintContext<'_>,
    draft: &mut VirtualDvr,
    layouts: &OwnLayouts,
    want_focus: bool,
    asking: bool,
) -> Option<UnsavedAnswer> {
    let (words, registry) = (paint.words, &*paint.state.registry);
    let tokens = theme::tokens(ui);
    ui.set_width(WIDTH);
    ui.heading(fl!(words, "virtual-dvr"));
    ui.colored_label(tokens.text_weak, fl!(words, "virtual-dvr-explanation"));
    ui.add_space(theme::SPACE);

    let label = ui.label(fl!(words, "virtual-dvr-name"));
    let name = ui.add(TextEdit::singleline(&mut draft.name).desired_width(WIDTH - 16.0));
    let name = name.labelled_by(label.id);
    if want_focus {
        name.request_focus();
        // The name that a new one begins with is a proposal.
        if registry.virtual_dvr(draft.id).is_none() {
            form::select_all(ui.ctx(), name.id, &draft.name);
        }
    }
    let problem = problem(words, registry, draft);
    if let Some(problem) = &problem {
        ui.horizontal(|ui| {
            icon::show(ui, Icon::Outage, 14.0, tokens.offline);
            ui.colored_label(tokens.offline, problem);
        });
    }
    ui.add_space(theme::SPACE / 2.0);
    show_layout(ui, words, draft, layouts);
    ui.add_space(theme::SPACE / 2.0);
    ui.label(fl!(words, "virtual-dvr-channels", count = draft.members.len()));
    show_members(ui, paint, draft);
    ui.add_space(theme::SPACE);
    let entered = name.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    let buttons = ui.with_layout(Flow::right_to_left(Align::Center), |ui| {
        if asking {
            return unsaved::ask(ui, words, problem.is_none());
        }
        let save = ui.add_enabled_ui(problem.is_none(), |ui| primary_button(ui, &fl!(words, "editor-save")));
        let save = save.inner;
        let cancel = plain_button(ui, &fl!(words, "editor-cancel"));
        match () {
            () if save.clicked() || entered && problem.is_none() => Some(UnsavedAnswer::Save),
            () if cancel.clicked() => Some(UnsavedAnswer::Discard),
            () => None,
        }
    });
    buttons.inner
}

fn show_layout(ui: &mut Ui, words: &Words, draft: &mut VirtualDvr, layouts: &OwnLayouts) {
    let said = |layout: &str| match layout.parse::<Layout>() {
        Ok(layout) => {
            let own = layouts.name_of(&layout);
            own.map_or_else(|| layout_picker::layout_name(words, &layout), str::to_owned)
        }
        Err(_) => fl!(words, "virtual-dvr-layout-kept"),
    };
    let label = ui.label(fl!(words, "virtual-dvr-layout"));
    let combo = ComboBox::from_id_salt("virtual dvr layout")
        .width(240.0)
        .height(440.0)
        .selected_text(said(&draft.layout));
    let combo = combo.show_ui(ui, |ui| {
        let presets = Layout::PRESETS.iter().map(ToString::to_string);
        let own = layouts
            .list()
            .iter()
            .map(|own| Layout::Own(own.grid.clone()).to_string());
        for layout in std::iter::once(String::new()).chain(presets).chain(own) {
            let name = said(&layout);
            ui.selectable_value(&mut draft.layout, layout, name);
        }
    });
    let _ = combo.response.labelled_by(label.id);
}

fn show_members(ui: &mut Ui, paint: PaintContext<'_>, draft: &mut VirtualDvr) {
    let words = paint.words;
    if draft.members.is_empty() {
        ui.colored_label(theme::tokens(ui).text_weak, fl!(words, "virtual-dvr-empty"));
        return;
    }
    let last = draft.members.len() - 1;
    let mut change = None;
    let list = ScrollArea::vertical().id_salt("members").max_height(ROW * 9.0);
    list.auto_shrink([false, true])
        .show_rows(ui, ROW, draft.members.len(), |ui, range| {
            for index in range {
                let member = &mut draft.members[index];
                ui.push_id(member.channel, |ui| {
                    change = show_member(ui, paint, member, index, last).or(change.take());
                });
            }
        });
    match change {
        Some(Change::Shift(channel, by)) => draft.shift(channel, by),
        Some(Change::Remove(channel)) => draft.remove(channel),
        None => {}
    }
}

fn show_member(
    ui: &mut Ui,
    paint: PaintContext<'_>,
    member: &mut VirtualDvrMember,
    index: usize,
    last: usize,
) -> Option<Change> {
    let (words, tokens) = (paint.words, theme::tokens(ui));
    let device = paint.state.registry.device_of(member.channel);
    let own = device.map_or_else(
        || fl!(words, "channel-number", number = member.channel.number),
        |device| state::channel_name(words, device, member.channel),
    );
    let channel = member.channel;
    let mut change = None;
    ui.allocate_ui_with_layout(
        vec2(ui.available_width(), ROW),
        Flow::left_to_right(Align::Center),
        |ui| {
            let number = index + 1;
            let weak = RichText::new(number.to_string()).color(tokens.text_weak);
            ui.add_sized(vec2(26.0, 20.0), egui::Label::new(weak));
            let label = fl!(words, "virtual-dvr-label", number = number, channel = own.as_str());
            let edit = TextEdit::singleline(&mut member.label)
                .hint_text(&own)
                .desired_width(190.0);
            let _ = ui.add(edit).accessible_name(label);
            ui.with_layout(Flow::right_to_left(Align::Center), |ui| {
                let name = own.as_str();
                if icon::button(ui, Icon::Close, &fl!(words, "virtual-dvr-remove", name = name)).clicked() {
                    change = Some(Change::Remove(channel));
                }
                let mut moving = |ui: &mut Ui, enabled: bool, sign: Icon, said: String, by: isize| {
                    let button = ui.add_enabled_ui(enabled, |ui| icon::button(ui, sign, &said));
                    if button.inner.clicked() {
                        change = Some(Change::Shift(channel, by));
                    }
                };
                moving(
                    ui,
                    index < last,
                    Icon::Open,
                    fl!(words, "virtual-dvr-down", name = name),
                    1,
                );
                moving(ui, index > 0, Icon::Up, fl!(words, "virtual-dvr-up", name = name), -1);
                ui.with_layout(Flow::left_to_right(Align::Center), |ui| {
                    let source = device.map_or_else(
                        || fl!(words, "virtual-dvr-gone"),
                        |device| state::full_name(words, &paint.state.registry, device, channel),
                    );
                    ui.add(egui::Label::new(RichText::new(source).color(tokens.text_weak)).truncate());
                });
            });
        },
    );
    change
}

fn problem(words: &Words, registry: &Registry, draft: &VirtualDvr) -> Option<String> {
    let name = draft.name.trim();
    if name.is_empty() {
        return Some(fl!(words, "virtual-dvr-no-name"));
    }
    let labels = draft.members.iter().map(|member| member.label.as_str());
    let texts = || std::iter::once(name).chain(labels.clone());
    if texts().any(|text| text.chars().count() > DeviceDraft::MAX_NAME) {
        return Some(fl!(words, "problem-too-long", max = DeviceDraft::MAX_NAME.to_string()));
    }
    if texts().any(is_unseen) {
        return Some(fl!(words, "problem-control-character"));
    }
    let taken = registry
        .find_virtual_dvr_by_name(name)
        .is_some_and(|other| other.id != draft.id);
    taken.then(|| fl!(words, "virtual-dvr-name-taken"))
}
