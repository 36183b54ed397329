//! Recorders whose RTP is odd are shown whole and at their full rate, named after what they do.

use super::{Fleet, PATIENCE, figures, state};
use crate::fake_dvr::{Codec, Habit, Script};
use crate::watch::Log;

const FPS: u32 = 15;

#[test]
fn recorders_with_odd_packets_play_at_their_full_rate_and_lose_nothing() {
    let with = |codec, habit| Script {
        codec,
        habit,
        fps: FPS,
        ..Script::default()
    };
    let large = Habit::OnvifExtension {
        width: 2_560,
        height: 1_440,
    };
    let stories = vec![
        (
            "sets-and-picture-in-one-fragmented-unit",
            with(Codec::H264, Habit::OneUnit { h265: false }),
        ),
        ("the-same-in-h265", with(Codec::H265, Habit::OneUnit { h265: true })),
        (
            "marker-on-every-slice",
            with(Codec::H264Slices, Habit::MarkerOnEverySlice),
        ),
        ("time-stands-still", with(Codec::H264, Habit::TimeStandsStill)),
        ("time-steps-back", with(Codec::H264, Habit::TimeStepsBack)),
        ("time-jumps", with(Codec::H265, Habit::TimeJumps)),
        ("numbers-begin-anew", with(Codec::H264, Habit::NumbersBeginAnew)),
        ("numbers-of-two-tracks", with(Codec::H264, Habit::NumbersOfTwoTracks)),
        ("padding-bit-without-padding", with(Codec::H264, Habit::PaddingBit)),
        (
            "jpeg-size-in-the-extension",
            Script {
                fps: 4,
                ..with(Codec::MjpegLarge, large)
            },
        ),
    ];
    let names: Vec<_> = stories.iter().map(|(name, script)| (*name, script.fps)).collect();
    let fleet = Fleet::start(stories);
    let watch = fleet.watch();
    // So long that numbers began anew three times.
    let measured = |log: &Log| names.iter().all(|(name, _)| figures(log, name).len() >= 11);
    let done = watch.until(PATIENCE, measured);
    let log = watch.log();
    let mut faults = Vec::new();
    for (name, fps) in &names {
        let seen = figures(&log, name);
        // The first one may be of a part of a second.
        let late: Vec<_> = seen.iter().skip(2).collect();
        let rate = late.iter().map(|(fps, _)| fps).sum::<f64>() / late.len().max(1) as f64;
        if (rate / f64::from(*fps) - 1.0).abs() > 0.1 {
            faults.push(format!("{name}: {rate:.1} of {fps} pictures a second: {seen:?}"));
        }
        if seen.iter().any(|(_, dropped)| *dropped > 0) {
            faults.push(format!("{name}: lost packets: {seen:?}"));
        }
        let states: Vec<_> = log
            .at_site(name)
            .of("state")
            .map(|line| line.text("state").to_owned())
            .collect();
        if states.iter().filter(|state| *state == "live").count() != 1 || state(&log, name) != "live" {
            faults.push(format!("{name}: {states:?}"));
        }
        let attempts = fleet.dvr(name).seen().len();
        if attempts != 1 {
            faults.push(format!("{name}: {attempts} attempts"));
        }
    }
    assert!(done.is_ok() && faults.is_empty(), "{}", faults.join("\n"));
}
