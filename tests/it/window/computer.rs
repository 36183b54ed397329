//! Help → How Monomi runs here: what a person can report of renderer, decoders and their cost.

use std::sync::Arc;

use egui_kittest::kittest::Queryable as _;
use monomi::bridge::{DecoderUsed, EngineState, ProcessCost, TileState};
use monomi::i18n::{Language, Words};
use monomi::ui::about::Build;
use monomi::ui::computer::{Painter, Report};

use super::rig::{WindowSetup, cameras, engine_state, set_streams};

/// Two channels in both qualities: the main streams by the hardware, one sub stream by software, and one that is not decoded.
pub fn decoding(state: &mut EngineState) {
    set_streams(state, |_| Some(TileState::Live));
    let mut streams = (*state.streams).clone();
    for (stream, status) in &mut streams {
        let hardware = stream.kind == device::StreamKind::Main;
        let element = if hardware { "vah264dec" } else { "avdec_h264" };
        let used = DecoderUsed {
            element: element.to_owned(),
            hardware,
        };
        status.info.decoder = Some(used).filter(|_| hardware || stream.channel.number == 1);
    }
    state.streams = Arc::new(streams);
    state.totals.process = ProcessCost {
        cpu_permille: Some(1_234),
        memory_kib: 180 * 1_024,
        threads: 42,
    };
}

#[test]
fn a_report_names_painter_decoders_and_what_they_cost() {
    let mut state = engine_state(cameras(2));
    decoding(&mut state);
    let painter = Painter::Wgpu {
        adapter: "GeForce 9".to_owned(),
        backend: "Vulkan".to_owned(),
        driver: "nv 550.1".to_owned(),
    };
    let text = Report::of(&Words::new(Language::En), &state, &painter).to_string();
    for line in [
        format!("Version: {}", Build::OF_THIS_PROGRAM),
        "What paints the window: GeForce 9 (wgpu, Vulkan, nv 550.1)".to_owned(),
        "What decodes video: avdec_h264 (software) × 1, vah264dec (hardware) × 2".to_owned(),
        "Processor time: 123.4 % of one core".to_owned(),
        "Memory: 180 MiB, 42 threads".to_owned(),
        "DVR 1 Main stream: vah264dec (hardware), H.264 704×480, 15.0 fps, 512 kbit/s".to_owned(),
        "DVR 1 Sub stream: avdec_h264 (software), H.264 704×480, 15.0 fps, 512 kbit/s".to_owned(),
        "DVR 2 Sub stream: not decoded now".to_owned(),
    ] {
        assert!(text.lines().any(|said| said == line), "no {line:?} in\n{text}");
    }
    for (painter, part) in [
        (Painter::Software, "グラフィックカードなし"),
        (
            Painter::OpenGl {
                renderer: "llvmpipe (LLVM 15)".to_owned(),
                version: "4.5 Mesa 22.3".to_owned(),
            },
            "llvmpipe (LLVM 15)（OpenGL 4.5 Mesa 22.3）",
        ),
    ] {
        let text = Report::of(&Words::new(Language::Ja), &state, &painter).to_string();
        assert!(
            text.contains(part) && text.contains("vah264dec（ハードウェア） × 2"),
            "{text}"
        );
    }
}

#[test]
fn what_is_not_measured_yet_is_no_figure() {
    let state = engine_state(cameras(1));
    let text = Report::of(&Words::new(Language::En), &state, &Painter::Software).to_string();
    assert_eq!(text.matches("not measured yet").count(), 2, "{text}");
    assert!(text.contains("nothing is decoded now"), "{text}");
}

#[test]
fn the_menu_help_shows_the_report_and_copies_it() {
    for (language, menu, entry, copy) in [
        (Language::En, "Help", "How Monomi runs here", "Copy"),
        (Language::Ja, "ヘルプ", "動作状況", "コピー"),
    ] {
        let mut rig = WindowSetup::new(language, cameras(2)).open();
        rig.change(decoding);
        rig.click(menu);
        rig.click(entry);
        assert!(rig.harness.query_all_by_label_contains("vah264dec").count() >= 3);
        rig.harness.get_by_label(copy).click();
        let copied = (0..4).any(|_frame| {
            rig.harness.step();
            let commands = &rig.harness.output().platform_output.commands;
            let is_it = |text: &str| text.contains("avdec_h264") && text.contains("123.4");
            commands
                .iter()
                .any(|command| matches!(command, egui::OutputCommand::CopyText(text) if is_it(text)))
        });
        assert!(copied);
        rig.press(egui::Key::Escape);
        assert!(!rig.is_shown(copy), "it is closed");
    }
}
