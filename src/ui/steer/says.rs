//! What is said of a camera that is steered: that it moves, that it waits, that it may not, that it does not answer.

use egui::{Color32, Id, Rect, Role, Sense, Ui, WidgetInfo, vec2};
use i18n_embed_fl::fl;

use super::super::act::PaintContext;
use super::super::theme::{self, DARK};
use super::super::{advice, identity, state, text};
use crate::bridge::{PtzLink, PtzStatus, SteeringDoing, SteeringTrouble};
use onvif::EnquiryFault;

/// The most lines.
const ROWS: usize = 3;

/// Says it at the right of the lower edge of `above`.
pub(super) fn show(ui: &Ui, paint: PaintContext<'_>, number: usize, status: Option<&PtzStatus>, above: Rect) {
    let Some((said, color)) = status.and_then(|status| line(paint, status)) else {
        return;
    };
    const EDGE: f32 = 6.0;
    let width = (above.width() - 4.0 * EDGE).min(380.0);
    let galley = text::left(ui, &said, theme::small(ui), color, width, ROWS);
    let size = galley.size() + vec2(2.0 * EDGE, EDGE);
    let rect = Rect::from_min_size(above.right_bottom() - size - vec2(5.0, 4.0), size);
    if !above.contains_rect(rect) {
        return;
    }
    ui.painter().rect_filled(rect, 4.0, Color32::from_black_alpha(215));
    ui.painter()
        .galley(text::snapped(ui, rect.min + vec2(EDGE, EDGE / 2.0)), galley, color);
    let response = ui.interact(rect, Id::unique(("said of the steered tile", number)), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &said));
    ui.ctx()
        .accesskit_node_builder(response.id, |node| node.set_live(egui::accesskit::Live::Polite));
    response.on_hover_text(said);
}

/// In one sentence or two; the most important one.
fn line(paint: PaintContext<'_>, status: &PtzStatus) -> Option<(String, Color32)> {
    let words = paint.words;
    let view = &status.view;
    if let Some(refusal) = &view.refusal {
        let (what, advice) = identity::fault(words, &EnquiryFault::SignIn(refusal.clone()));
        return Some((format!("{what} {advice}"), DARK.refused));
    }
    if let Some(clock) = status.not_asked {
        let at = state::clock(clock);
        return Some((fl!(words, "test-refused-before", clock = at), DARK.refused));
    }
    let may_move = view.trouble == Some(SteeringTrouble::MayStillMove);
    if let Some(failure) = status.failure.as_ref().filter(|_| !may_move) {
        let why = advice::reason(words, failure);
        return Some((fl!(words, "steer-failed", why = why), DARK.offline));
    }
    if let Some(trouble) = &view.trouble {
        return Some(match trouble {
            SteeringTrouble::NotAllowed(_) => (fl!(words, "steer-not-allowed"), DARK.refused),
            SteeringTrouble::MayStillMove => (fl!(words, "steer-may-still-move"), DARK.offline),
            SteeringTrouble::NoAnswer => (fl!(words, "steer-no-answer"), DARK.late),
            SteeringTrouble::Refused(said) if said.is_empty() => (fl!(words, "steer-refused"), DARK.late),
            SteeringTrouble::Refused(said) => (fl!(words, "steer-refused-said", said = said.as_str()), DARK.late),
            SteeringTrouble::NotSteerable => (fl!(words, "steer-none"), DARK.refused),
        });
    }
    match (view.doing, status.link) {
        (SteeringDoing::Still, PtzLink::Idle | PtzLink::Open) => None,
        (_, PtzLink::Waiting { until: Some(until) }) if until > paint.state.now => {
            let wait = words.countdown(until - paint.state.now);
            Some((fl!(words, "steer-waiting", wait = wait), DARK.waiting))
        }
        (_, PtzLink::Waiting { .. } | PtzLink::Connecting) => Some((fl!(words, "steer-connecting"), DARK.connecting)),
        (SteeringDoing::Asking, _) => Some((fl!(words, "steer-asking"), DARK.connecting)),
        (SteeringDoing::Stopping, _) => Some((fl!(words, "steer-stopping"), DARK.late)),
        (SteeringDoing::Moving, _) => Some((fl!(words, "steer-moving"), DARK.live)),
    }
}
