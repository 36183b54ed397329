//! View → Monomi's own figures.

use std::sync::Arc;

use egui_kittest::kittest::Queryable as _;
use events::WallTime;
use monomi::bridge::{EngineState, OwnShown};
use monomi::i18n::Language;
use self_watch::{OwnExcess, OwnFigure, OwnLimit, OwnSample, OwnSeries};

use super::rig::{WindowSetup, cameras};

/// 2026-11-21 09:05:42 in Japan.
const NOW: i64 = 1_795_219_542;

/// A day in which memory grew, with an hour in which Monomi did not run.
pub fn a_day(state: &mut EngineState) {
    state.events.now = WallTime(NOW.unsigned_abs() * 1_000);
    let mut series = OwnSeries::default();
    for minute in (0..1_440_u64).filter(|minute| !(600..660).contains(minute)) {
        let at = NOW - 24 * 3_600 + 60 * minute as i64;
        let sample = OwnSample::at(at)
            .with(OwnFigure::Memory, Some((120 + minute / 24) * 1_024))
            .with(OwnFigure::Handles, Some(90 + minute % 7))
            .with(OwnFigure::LoopDelay, Some(minute % 5))
            .with(OwnFigure::Disk, Some(400));
        series.push(sample);
    }
    let excess = OwnExcess {
        limit: OwnLimit::Disk,
        value: 400,
        bound: 512,
    };
    state.own = OwnShown {
        series: Arc::new(series),
        excesses: Arc::new([(OwnLimit::Disk, excess)].into()),
    };
}

#[test]
fn figures_are_drawn_with_what_they_are_now_and_what_is_not_known_is_said() {
    for (language, menu, entry, memory, unknown, week, too_much) in [
        (
            Language::En,
            "View",
            "Monomi's own figures…",
            "Memory: now 179 MiB, between 120 MiB and 179 MiB",
            "This computer does not tell:",
            "7 days",
            "The disk of the profile is nearly full: 400 MiB",
        ),
        (
            Language::Ja,
            "表示",
            "Monomi の使用状況…",
            "メモリー：現在 179 MiB、最小 120 MiB、最大 179 MiB",
            "このコンピューターでは分からない項目",
            "7 日間",
            "プロファイルのディスクの空き不足: 400 MiB",
        ),
    ] {
        let mut rig = WindowSetup::new(language, cameras(1)).open();
        rig.click(menu);
        rig.click(entry);
        let none_yet = match language {
            Language::En => "The first figures come after a minute.",
            Language::Ja => "最初の値は 1 分後に表示されます。",
        };
        rig.harness.get_by_label(none_yet);
        rig.change(a_day);
        rig.harness.get_by_label(memory);
        rig.harness.get_by_label_contains(unknown);
        rig.harness.get_by_label_contains(too_much);
        rig.click(week);
        rig.harness.get_by_label_contains("179 MiB");
    }
}

#[test]
#[ignore = "writes pictures for people to look at; make screenshots"]
fn the_page() {
    for (language, menu, entry) in [
        (Language::Ja, "表示", "Monomi の使用状況…"),
        (Language::En, "View", "Monomi's own figures…"),
    ] {
        let mut rig = WindowSetup::new(language, cameras(1)).open();
        rig.change(a_day);
        rig.click(menu);
        rig.click(entry);
        super::screens::shoot(rig, &format!("h2-own-figures-{}-720", language.tag()));
    }
}
