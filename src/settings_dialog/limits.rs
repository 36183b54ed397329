//! The limits of connecting. The user can lower them, never raise them above what the program allows.

use egui::{Slider, Ui};
use i18n_embed_fl::fl;

use super::env::Env;
use crate::ui::form::{FormRow, checkbox};
use reconnect::Limits;

pub(super) fn show(ui: &mut Ui, env: &Env, limits: &mut Limits) {
    let words = env.words;
    let ceiling = Limits::CEILING_FAILED_PER_MINUTE;
    limit(
        ui,
        &fl!(words, "limits-site-failed"),
        &fl!(words, "limits-site-failed-hint", ceiling = ceiling),
        &mut limits.site_failed_per_minute,
        ceiling,
    );
    let hint = fl!(words, "limits-in-flight-hint", ceiling = Limits::CEILING_IN_FLIGHT);
    limit(
        ui,
        &fl!(words, "limits-site-in-flight"),
        &hint,
        &mut limits.site_in_flight,
        Limits::CEILING_IN_FLIGHT,
    );
    limit(
        ui,
        &fl!(words, "limits-process-in-flight"),
        &hint,
        &mut limits.process_in_flight,
        Limits::CEILING_IN_FLIGHT,
    );
    let hint = fl!(words, "limits-slow-sign-in-hint");
    FormRow::new("").hint(Some(&hint)).show(ui, |ui, _| {
        checkbox(ui, &mut limits.slow_sign_in_retry, fl!(words, "limits-slow-sign-in"))
    });
}

/// A slider from 1 to `ceiling`. The value is saved when the slider is let go.
fn limit(ui: &mut Ui, label: &str, hint: &str, value: &mut u32, ceiling: u32) {
    FormRow::new(label).show(ui, |ui, name| {
        ui.spacing_mut().slider_width = 260.0;
        let dragged = ui.scope_id().with(("dragged", label));
        let mut now = ui
            .data(|data| data.get_temp(dragged))
            .unwrap_or(*value)
            .clamp(1, ceiling);
        let slider = ui.add(Slider::new(&mut now, 1..=ceiling).integer()).labelled_by(name);
        ui.weak(hint);
        if slider.dragged() {
            ui.data_mut(|data| data.insert_temp(dragged, now));
        } else {
            ui.data_mut(|data| data.remove_temp::<u32>(dragged));
            *value = now;
        }
        slider
    });
}
