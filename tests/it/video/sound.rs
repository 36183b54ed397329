//! Sound as packets on one side, as samples on the other.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use bytes::Bytes;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use monomi::video::{SoundEvent, SoundFault, SoundOutput, SoundPlayer, TrackCaps};
use settings::Volume;

use super::source::{PATIENCE, installed};

/// An output that counts samples (48 kHz, mono) that can be heard, and all.
pub fn ear() -> (SoundOutput, Arc<AtomicU32>, Arc<AtomicU32>) {
    let (heard, all) = (Arc::<AtomicU32>::default(), Arc::<AtomicU32>::default());
    let counts = (Arc::clone(&heard), Arc::clone(&all));
    let output = SoundOutput::made_by(move || {
        let (heard, all) = counts.clone();
        let listen = move |sink: &gst_app::AppSink| {
            let Ok(sample) = sink.pull_sample() else {
                return Err(gst::FlowError::Eos);
            };
            let buffer = sample.buffer().expect("samples").map_readable().expect("samples");
            for sample in buffer.chunks_exact(2) {
                let loudness = i16::from_le_bytes([sample[0], sample[1]]).unsigned_abs();
                heard.fetch_add(u32::from(loudness > 1_000), Ordering::Relaxed);
                all.fetch_add(1, Ordering::Relaxed);
            }
            Ok(gst::FlowSuccess::Ok)
        };
        let caps = gst::Caps::builder("audio/x-raw")
            .field("format", "S16LE")
            .field("rate", 48_000)
            .field("channels", 1)
            .build();
        gst_app::AppSink::builder()
            .caps(&caps)
            .callbacks(gst_app::AppSinkCallbacks::builder().new_sample(listen).build())
            .build()
            .upcast()
    });
    (output, heard, all)
}

/// A live source of packets, and what an SDP would say of them.
struct Speaker {
    pipeline: gst::Pipeline,
    caps: TrackCaps,
    packets: gst_app::AppSink,
}

impl Speaker {
    fn new(wave: &str, elements: &str) -> Self {
        let line = format!(
            "audiotestsrc is-live=true wave={wave} freq=440 volume=0.5 samplesperbuffer=160 ! audioconvert \
             ! audioresample ! {elements} ! appsink name=out sync=false"
        );
        let pipeline = gst::parse::launch(&line).unwrap().downcast::<gst::Pipeline>().unwrap();
        let packets = pipeline.by_name("out").unwrap().downcast::<gst_app::AppSink>().unwrap();
        pipeline.set_state(gst::State::Playing).unwrap();
        let first = packets.pull_sample().unwrap();
        let structure = first.caps().unwrap().structure(0).unwrap().to_owned();
        let fmtp = structure.iter().filter_map(|(name, value)| {
            let value = value.get::<String>().ok()?;
            let known = ["media", "encoding-name", "ssrc"];
            (!known.contains(&name.as_str())).then(|| (name.to_string(), value))
        });
        let caps = TrackCaps {
            media: "audio".to_owned(),
            encoding_name: structure.get("encoding-name").unwrap(),
            payload_type: structure.get::<i32>("payload").unwrap() as u8,
            clock_rate: structure.get::<i32>("clock-rate").unwrap() as u32,
            fmtp: fmtp.collect(),
            extra: Vec::new(),
            alone: false,
        };
        Self {
            pipeline,
            caps,
            packets,
        }
    }

    fn next(&self) -> Bytes {
        let sample = self.packets.pull_sample().unwrap();
        Bytes::copy_from_slice(&sample.buffer().unwrap().map_readable().unwrap())
    }
}

impl Drop for Speaker {
    fn drop(&mut self) {
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

const FORMATS: &[(&str, &str)] = &[
    ("PCMU", "audio/x-raw,rate=8000,channels=1 ! mulawenc ! rtppcmupay"),
    ("PCMA", "audio/x-raw,rate=8000,channels=1 ! alawenc ! rtppcmapay"),
    (
        "MPEG4-GENERIC",
        "audio/x-raw,rate=16000,channels=1 ! avenc_aac ! aacparse ! rtpmp4gpay pt=97",
    ),
    (
        "MP4A-LATM",
        "audio/x-raw,rate=16000,channels=1 ! avenc_aac ! aacparse ! rtpmp4apay pt=97",
    ),
];

#[test]
fn g711_and_aac_come_out_as_samples_and_silence_as_silence() {
    gst::init().unwrap();
    for (name, elements) in FORMATS {
        if !installed(elements) {
            continue;
        }
        for (wave, loud) in [("sine", true), ("silence", false)] {
            let speaker = Speaker::new(wave, elements);
            assert_eq!(speaker.caps.encoding_name, *name);
            let (output, heard, all) = ear();
            let events = Arc::new(Mutex::new(Vec::new()));
            let told = Arc::clone(&events);
            let sound =
                SoundPlayer::new(&speaker.caps, &output, move |event| told.lock().unwrap().push(event)).unwrap();
            let end = Instant::now() + PATIENCE;
            while all.load(Ordering::Relaxed) < 24_000 {
                sound.push(speaker.next());
                let events = events.lock().unwrap();
                let failed = events.iter().any(|event| *event != SoundEvent::Playing);
                assert!(!failed && Instant::now() < end, "{name}: {events:?} {all:?}");
            }
            let (heard, all) = (heard.load(Ordering::Relaxed), all.load(Ordering::Relaxed));
            assert_eq!(
                heard > all / 2,
                loud,
                "{name} {wave}: {heard} of {all} samples are loud"
            );
            assert_eq!(*events.lock().unwrap(), [SoundEvent::Playing], "{name}: told once");
        }
    }
}

#[test]
fn the_volume_acts_at_once_on_what_plays_and_holds_for_what_plays_next() {
    gst::init().unwrap();
    let (output, heard, all) = ear();
    output.set_volume(Volume::MUTED);
    for round in 0..2 {
        let speaker = Speaker::new("sine", FORMATS[0].1);
        let sound = SoundPlayer::new(&speaker.caps, &output, |_| ()).unwrap();
        // The share of samples that are heard once all that was under way has arrived.
        let share = |volume: Option<Volume>| {
            if let Some(volume) = volume {
                output.set_volume(volume);
            }
            let end = Instant::now() + PATIENCE;
            let mut counts = [(0, 0); 2];
            for counts in &mut counts {
                let before = all.load(Ordering::Relaxed);
                while all.load(Ordering::Relaxed) < before + 12_000 {
                    sound.push(speaker.next());
                    assert!(Instant::now() < end, "no samples");
                }
                *counts = (heard.load(Ordering::Relaxed), all.load(Ordering::Relaxed));
            }
            let [(heard_before, before), (heard, all)] = counts;
            f64::from(heard - heard_before) / f64::from(all - before)
        };
        assert_eq!(share(None), 0.0, "round {round}: muted before it began");
        assert!(share(Some(Volume::FULL)) > 0.9, "round {round}");
        let half = share(Some(Volume::of_percent(50)));
        assert!(
            (0.4..0.9).contains(&half),
            "round {round}: {half} is over the threshold at an eighth"
        );
        assert_eq!(share(Some(Volume::of_percent(20))), 0.0, "round {round}: softer");
        assert!(share(Some(Volume::FULL)) > 0.9, "round {round}");
        assert_eq!(share(Some(Volume::MUTED)), 0.0, "round {round}");
    }
}

#[test]
fn what_cannot_be_played_is_said_and_not_tried() {
    gst::init().unwrap();
    let caps = TrackCaps {
        media: "audio".to_owned(),
        encoding_name: "G726-32".to_owned(),
        clock_rate: 8_000,
        ..TrackCaps::default()
    };
    let fault = SoundPlayer::new(&caps, &ear().0, |_| ()).err();
    assert_eq!(fault, Some(SoundFault::Decode("G726-32".to_owned())));
}

#[test]
fn an_output_that_fails_is_a_fault_and_no_panic() {
    gst::init().unwrap();
    let speaker = Speaker::new("sine", FORMATS[0].1);
    let broken = SoundOutput::made_by(|| {
        let sink = gst::ElementFactory::make("filesink").build().unwrap();
        sink.set_property("location", "/nonexistent/folder/sound");
        sink
    });
    let fault = SoundPlayer::new(&speaker.caps, &broken, |_| ()).err();
    assert!(matches!(fault, Some(SoundFault::Output(_))), "{fault:?}");
}

/// Without any: `PULSE_SERVER=none`. Into nothing: `ALSA_CONFIG_PATH` with `pcm.!default { type null }`.
#[test]
#[ignore = "plays a tone on the speakers of this computer"]
fn the_speakers_play_or_are_missed() {
    gst::init().unwrap();
    let speaker = Speaker::new("sine", FORMATS[0].1);
    let (tell, told) = std::sync::mpsc::sync_channel(4);
    match SoundPlayer::new(&speaker.caps, &SoundOutput::default(), move |event| {
        let _ = tell.send(event);
    }) {
        Ok(sound) => {
            let end = Instant::now() + PATIENCE;
            let event = loop {
                sound.push(speaker.next());
                if let Ok(event) = told.try_recv() {
                    break event;
                }
                assert!(Instant::now() < end, "neither samples nor an error");
            };
            for _ in 0..100 {
                sound.push(speaker.next());
            }
            println!("{event:?} {:?}", told.try_recv());
        }
        Err(fault) => println!("{fault:?}"),
    }
}
