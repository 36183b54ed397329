//! The recordings of the demo DVR: `/ch{n}/recorded`, sought by `Range: clock=`. Nothing is kept on disk: the test card of a moment is always the
//! same, so that it is painted again when it is asked for. There is no recording of the future, and none of more than a day ago.
//!
//! The server takes a clock for nanoseconds since 1900, so that this is what the pictures count.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gstreamer as gst;
use gstreamer::glib;
use gstreamer::prelude::*;
use gstreamer::subclass::prelude::*;
use gstreamer_rtsp_server as gst_rtsp_server;
use gstreamer_rtsp_server::gst_rtsp;
use gstreamer_rtsp_server::prelude::*;
use gstreamer_rtsp_server::subclass::prelude::*;

use super::encoder::{Encoder, RECORDED};
use super::test_card::{CardTexts, TestCard};

/// So far back it has recordings.
const KEPT: Duration = Duration::from_secs(24 * 3_600);

/// Seconds from the beginning of NTP's time to that of Unix.
const NTP_TO_UNIX: i64 = 2_208_988_800;

pub(in crate::demo) mod imp {
    use std::sync::OnceLock;

    use super::*;

    #[derive(Default)]
    pub struct RecordedFactory {
        pub(in crate::demo) of: OnceLock<(Encoder, u16)>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for RecordedFactory {
        const NAME: &'static str = "MonomiRecordedFactory";
        type Type = super::RecordedFactory;
        type ParentType = gst_rtsp_server::RTSPMediaFactory;
    }

    impl ObjectImpl for RecordedFactory {}

    impl RTSPMediaFactoryImpl for RecordedFactory {
        fn gen_key(&self, _url: &gst_rtsp::RTSPUrl) -> Option<glib::GString> {
            // Whoever plays back has a medium of its own.
            None
        }

        fn create_element(&self, _url: &gst_rtsp::RTSPUrl) -> Option<gst::Element> {
            let (encoder, channel) = *self.of.get()?;
            element(encoder, channel)
        }
    }
}

glib::wrapper! {
    pub struct RecordedFactory(ObjectSubclass<imp::RecordedFactory>)
        @extends gst_rtsp_server::RTSPMediaFactory;
}

/// What serves the recordings of a channel.
pub(super) fn factory(encoder: Encoder, channel: u16) -> gst_rtsp_server::RTSPMediaFactory {
    let factory: RecordedFactory = glib::Object::new();
    // It is set once, here.
    let _ = factory.imp().of.set((encoder, channel));
    factory.set_shared(false);
    factory.set_latency(0);
    factory.set_protocols(gst_rtsp::RTSPLowerTrans::TCP);
    factory.upcast()
}

fn element(encoder: Encoder, channel: u16) -> Option<gst::Element> {
    let element = gst::parse::launch(&encoder.launch_recorded()).ok()?;
    let bin = element.downcast_ref::<gst::Bin>()?;
    paint(&bin.by_name("picture")?.static_pad("src")?, channel);
    stamp(&bin.by_name("pay0")?.static_pad("src")?);
    Some(element)
}

/// When a picture was recorded that counts so.
fn recorded_at(counted: Option<gst::ClockTime>) -> jiff::Timestamp {
    let millis = counted.map_or(0, gst::ClockTime::mseconds);
    let millis = i64::try_from(millis).unwrap_or_default() - NTP_TO_UNIX * 1_000;
    jiff::Timestamp::from_millisecond(millis).unwrap_or_default()
}

/// Paints what the camera saw then into every frame that leaves `pad`; the stream ends where nothing is recorded.
fn paint(pad: &gst::Pad, channel: u16) {
    let card = TestCard::new(RECORDED.width, RECORDED.height, channel);
    let ended = AtomicBool::new(false);
    pad.add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
        let Some(buffer) = info.buffer_mut() else {
            return gst::PadProbeReturn::Ok;
        };
        let at = recorded_at(buffer.pts());
        let now = jiff::Timestamp::now();
        // Before anybody asks for a time, it is 1900.
        let is_asked = at > jiff::Timestamp::UNIX_EPOCH;
        if is_asked && (at >= now || at < now - KEPT) {
            if let Some(element) = pad.parent_element().filter(|_| !ended.swap(true, Ordering::AcqRel)) {
                // From another thread, because this one is inside of the stream.
                let pad = pad.clone();
                element.call_async(move |_| {
                    pad.push_event(gst::event::Eos::new());
                });
            }
            return gst::PadProbeReturn::Drop;
        }
        ended.store(false, Ordering::Release);
        if let Ok(mut frame) = buffer.make_mut().map_writable() {
            let local = at.to_zoned(jiff::tz::TimeZone::system());
            let text = |format: &str| local.strftime(format).to_string();
            let millis = u64::try_from(at.as_millisecond()).unwrap_or_default();
            let caption = CardTexts {
                clock: &text("%H:%M:%S"),
                date: &text("%Y-%m-%d"),
                time_code: (millis & u64::from(u32::MAX)) as u32,
            };
            card.paint(&mut frame, (millis % 86_400_000) as f64 / 1_000.0, &caption);
        }
        gst::PadProbeReturn::Ok
    });
}

/// Gives every packet that leaves `pad` the extension with the time of its picture (ONVIF Streaming Specification).
fn stamp(pad: &gst::Pad) {
    pad.add_probe(
        gst::PadProbeType::BUFFER | gst::PadProbeType::BUFFER_LIST,
        move |_, info| {
            match &mut info.data {
                Some(gst::PadProbeData::Buffer(buffer)) => *buffer = stamped(buffer),
                Some(gst::PadProbeData::BufferList(list)) => {
                    let buffers: Vec<gst::Buffer> = list.iter_owned().map(|buffer| stamped(&buffer)).collect();
                    let mut new = gst::BufferList::new();
                    if let Some(new) = new.get_mut() {
                        new.extend(buffers);
                    }
                    *list = new;
                }
                _ => {}
            }
            gst::PadProbeReturn::Ok
        },
    );
}

fn stamped(buffer: &gst::Buffer) -> gst::Buffer {
    let Ok(packet) = buffer.map_readable() else {
        return buffer.clone();
    };
    let Some((head, payload)) = packet.split_at_checked(12) else {
        return buffer.clone();
    };
    let millis = recorded_at(buffer.pts()).as_millisecond();
    let seconds = u32::try_from(millis.div_euclid(1_000) + NTP_TO_UNIX).unwrap_or_default();
    let fraction = u32::try_from((millis.rem_euclid(1_000) << 32) / 1_000).unwrap_or_default();
    let key = if buffer.flags().contains(gst::BufferFlags::DELTA_UNIT) {
        0
    } else {
        0x80
    };
    let mut data = head.to_vec();
    if let Some(first) = data.first_mut() {
        *first |= 0x10;
    }
    data.extend([0xab, 0xac, 0, 3]);
    data.extend(seconds.to_be_bytes());
    data.extend(fraction.to_be_bytes());
    data.extend([key, 0, 0, 0]);
    data.extend_from_slice(payload);
    let mut new = gst::Buffer::from_slice(data);
    if let Some(new) = new.get_mut() {
        let _ = buffer.copy_into(new, gst::BufferCopyFlags::TIMESTAMPS | gst::BufferCopyFlags::FLAGS, ..);
    }
    new
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_counts_from_1900() {
        let at: jiff::Timestamp = "2026-11-28T09:00:00.5Z".parse().unwrap();
        let since_1900 = u64::try_from(at.as_millisecond() + NTP_TO_UNIX * 1_000).unwrap();
        assert_eq!(recorded_at(Some(gst::ClockTime::from_mseconds(since_1900))), at);
    }
}
