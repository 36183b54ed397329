//! The tone that calls somebody: two soft strokes, made here, so that no file is needed.

use bytes::Bytes;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;

use super::elements::{self, BASE, make};
use super::error::VideoError;
use super::sound::{SoundFault, SoundOutput, open};

/// Samples a second.
const RATE: u32 = 44_100;

/// Frequency in hertz, and when the stroke begins and ends, in seconds.
const STROKES: [(f32, f32, f32); 2] = [(784.0, 0.0, 0.55), (587.0, 0.22, 0.9)];

const SECONDS: f32 = 0.9;

/// Of full scale, so that it is heard beside a picture's sound and frightens nobody.
const LOUDNESS: f32 = 0.35;

/// A sound server that takes longer does not answer.
const PATIENCE: gst::ClockTime = gst::ClockTime::from_seconds(8);

/// Plays the tone once and waits for its end. Blocks for a second, and for some more where the sound server is slow.
///
/// # Errors
/// [`SoundFault`].
pub fn play_tone(output: &SoundOutput) -> Result<(), SoundFault> {
    let format = gst::Caps::builder("audio/x-raw")
        .field("format", "S16LE")
        .field("layout", "interleaved")
        .field("rate", RATE as i32)
        .field("channels", 1)
        .build();
    let source = gst_app::AppSrc::builder()
        .caps(&format)
        .format(gst::Format::Time)
        .build();
    let sink = open(output)?;
    let elements = [
        source.clone().upcast::<gst::Element>(),
        make("audioconvert", BASE)?,
        make("audioresample", BASE)?,
        sink,
    ];
    let pipeline = Stopping(gst::Pipeline::new());
    pipeline.0.add_many(&elements).map_err(VideoError::from)?;
    gst::Element::link_many(&elements).map_err(VideoError::from)?;
    let mut buffer = gst::Buffer::from_slice(Bytes::from(samples()));
    if let Some(buffer) = buffer.get_mut() {
        buffer.set_pts(gst::ClockTime::ZERO);
        buffer.set_duration(gst::ClockTime::from_mseconds((SECONDS * 1_000.0) as u64));
    }
    let fault = |reason: &dyn std::fmt::Display| SoundFault::Output(reason.to_string());
    let started = pipeline.0.set_state(gst::State::Playing);
    started.map_err(|error| fault(&error))?;
    source.push_buffer(buffer).map_err(|error| fault(&error))?;
    source.end_of_stream().map_err(|error| fault(&error))?;
    let bus = pipeline.0.bus().ok_or_else(|| fault(&"no bus"))?;
    let message = bus.timed_pop_filtered(PATIENCE, &[gst::MessageType::Eos, gst::MessageType::Error]);
    match message.as_ref().map(|message| message.view()) {
        Some(gst::MessageView::Eos(_)) => Ok(()),
        Some(gst::MessageView::Error(error)) => Err(fault(&error.error())),
        _ => Err(fault(&"the output does not answer")),
    }
}

/// A pipeline that is stopped beside its owner when it is done with.
struct Stopping(gst::Pipeline);

impl Drop for Stopping {
    fn drop(&mut self) {
        elements::stop(&self.0, "tone-stop");
    }
}

/// The tone in 16-bit samples, low byte first.
fn samples() -> Vec<u8> {
    let count = (SECONDS * RATE as f32) as u32;
    let sample = |number: u32| {
        let at = number as f32 / RATE as f32;
        let stroke = |(frequency, begin, end): (f32, f32, f32)| {
            let (since, left) = (at - begin, end - at);
            if since < 0.0 || left < 0.0 {
                return 0.0;
            }
            let wave = (since * frequency * std::f32::consts::TAU).sin();
            // Neither begin nor end clicks.
            wave * (since * 200.0).min(1.0) * (-since * 5.0).exp() * (left * 50.0).min(1.0)
        };
        let sum: f32 = STROKES.into_iter().map(stroke).sum();
        ((sum * LOUDNESS * f32::from(i16::MAX)) as i16).to_le_bytes()
    };
    (0..count).flat_map(sample).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn the_tone_is_heard_whole_and_begins_and_ends_in_silence() {
        super::super::init().unwrap();
        let heard = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&heard);
        let output = SoundOutput::made_by(move || {
            let sink = gst::ElementFactory::make("fakesink")
                .property("sync", false)
                .build()
                .unwrap();
            let count = Arc::clone(&count);
            let pad = sink.static_pad("sink").unwrap();
            pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
                if let Some(buffer) = info.buffer() {
                    count.fetch_add(buffer.size(), Ordering::Relaxed);
                }
                gst::PadProbeReturn::Ok
            });
            sink
        });
        play_tone(&output).unwrap();
        let all = samples();
        assert_eq!(heard.load(Ordering::Relaxed), all.len());
        let level = |bytes: &[u8]| i16::from_le_bytes([bytes[0], bytes[1]]).unsigned_abs();
        let loudest = all.chunks_exact(2).map(level).max().unwrap();
        assert!((3_000..i16::MAX as u16 / 2).contains(&loudest), "{loudest}");
        assert!(level(&all) < 100 && level(&all[all.len() - 2..]) < 100);
    }

    #[test]
    #[cfg(windows)]
    fn the_speakers_of_this_computer_play_it() {
        super::super::init().unwrap();
        match play_tone(&SoundOutput::default()) {
            Ok(()) => {}
            Err(SoundFault::Output(reason)) => crate::skipped::skip("the tone on speakers", &reason),
            Err(fault) => panic!("{fault:?}"),
        }
    }

    #[test]
    fn an_output_that_fails_is_said_and_nothing_waits() {
        super::super::init().unwrap();
        let output = SoundOutput::made_by(|| {
            let sink = gst::ElementFactory::make("fakesink").build().unwrap();
            sink.set_property_from_str("state-error", "ready-to-paused");
            sink
        });
        assert!(matches!(play_tone(&output), Err(SoundFault::Output(_))));
    }
}
