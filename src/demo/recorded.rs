//! The recordings of the demo DVR: `/ch{n}/recorded?starttime=…&endtime=…`, times in UTC as `20261128T090000Z`. Nothing is kept on disk: the test
//! card of a moment is always the same, so that it is painted again when it is asked for. There is no recording of the future, of more
//! than a day ago, and of one minute in each ten, so that a playback meets a gap.

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

/// The gap: the first minute of each ten, in seconds.
const GAP: i64 = 60;
const GAP_EACH: i64 = 600;

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

        fn create_element(&self, url: &gst_rtsp::RTSPUrl) -> Option<gst::Element> {
            let (encoder, channel) = *self.of.get()?;
            let uri = url.request_uri();
            element(encoder, channel, &uri)
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

/// The pipeline of a recording that begins at the time that is asked for; `None` where there is none.
fn element(encoder: Encoder, channel: u16, uri: &str) -> Option<gst::Element> {
    let query = uri.split_once('?')?.1;
    let value = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    let now = jiff::Timestamp::now();
    let start = time(value("starttime")?)?;
    let end = value("endtime").and_then(time).unwrap_or(now).min(now);
    let first = now.checked_sub(KEPT).ok()?;
    let start = recorded_from(start.max(first));
    if start >= end {
        return None;
    }
    let element = gst::parse::launch(&encoder.launch_recorded()).ok()?;
    let bin = element.downcast_ref::<gst::Bin>()?;
    let picture = bin.by_name("picture")?.static_pad("src")?;
    paint(&picture, channel, start, end);
    let packets = bin.by_name("pay0")?.static_pad("src")?;
    stamp(&packets, start);
    Some(element)
}

fn time(text: &str) -> Option<jiff::Timestamp> {
    let time = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
    Some(time.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
}

/// The first recorded moment from this one on.
fn recorded_from(at: jiff::Timestamp) -> jiff::Timestamp {
    let into = at.as_second().rem_euclid(GAP_EACH);
    match into < GAP {
        true => jiff::Timestamp::from_second(at.as_second() - into + GAP).unwrap_or(at),
        false => at,
    }
}

/// How long after `start` a picture was recorded that is played so long after the beginning: gaps are left out.
fn recorded_after(start: jiff::Timestamp, played: Duration) -> jiff::Timestamp {
    // Where the first gap comes.
    let into = start.as_second().rem_euclid(GAP_EACH) - GAP;
    let passed = i64::try_from(played.as_millis()).unwrap_or(i64::MAX);
    let gaps = (into * 1_000 + passed).div_euclid((GAP_EACH - GAP) * 1_000);
    let after = jiff::SignedDuration::from_millis(passed + gaps * GAP * 1_000);
    start.checked_add(after).unwrap_or(start)
}

/// Paints what the camera saw then into every frame that leaves `pad`; the stream ends with the recording.
fn paint(pad: &gst::Pad, channel: u16, start: jiff::Timestamp, end: jiff::Timestamp) {
    let card = TestCard::new(RECORDED.width, RECORDED.height, channel);
    pad.add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
        let Some(buffer) = info.buffer_mut() else {
            return gst::PadProbeReturn::Ok;
        };
        let played = buffer.pts().map_or(Duration::ZERO, Duration::from);
        let at = recorded_after(start, played);
        if at >= end {
            // From another thread, because this one is inside of the stream.
            let pad = pad.clone();
            std::thread::spawn(move || pad.push_event(gst::event::Eos::new()));
            return gst::PadProbeReturn::Drop;
        }
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
fn stamp(pad: &gst::Pad, start: jiff::Timestamp) {
    pad.add_probe(
        gst::PadProbeType::BUFFER | gst::PadProbeType::BUFFER_LIST,
        move |_, info| {
            match &mut info.data {
                Some(gst::PadProbeData::Buffer(buffer)) => *buffer = stamped(buffer, start),
                Some(gst::PadProbeData::BufferList(list)) => {
                    let buffers: Vec<gst::Buffer> = list.iter_owned().map(|buffer| stamped(&buffer, start)).collect();
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

fn stamped(buffer: &gst::Buffer, start: jiff::Timestamp) -> gst::Buffer {
    let Ok(packet) = buffer.map_readable() else {
        return buffer.clone();
    };
    let Some((head, payload)) = packet.split_at_checked(12) else {
        return buffer.clone();
    };
    let at = recorded_after(start, buffer.pts().map_or(Duration::ZERO, Duration::from));
    let millis = at.as_millisecond();
    let seconds = u32::try_from(millis.div_euclid(1_000) + NTP_TO_UNIX).unwrap_or_default();
    let fraction = u32::try_from((millis.rem_euclid(1_000) << 32) / 1_000).unwrap_or_default();
    let key = if buffer.flags().contains(gst::BufferFlags::DELTA_UNIT) { 0 } else { 0x80 };
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

    fn at(text: &str) -> jiff::Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn one_minute_in_ten_is_missing() {
        assert_eq!(recorded_from(at("2026-11-28T09:00:30Z")), at("2026-11-28T09:01:00Z"));
        assert_eq!(recorded_from(at("2026-11-28T09:05:30Z")), at("2026-11-28T09:05:30Z"));
        let start = at("2026-11-28T09:09:58Z");
        assert_eq!(recorded_after(start, Duration::from_secs(1)), at("2026-11-28T09:09:59Z"));
        assert_eq!(recorded_after(start, Duration::from_secs(3)), at("2026-11-28T09:11:01Z"));
        assert_eq!(recorded_after(start, Duration::from_secs(2 + 540)), at("2026-11-28T09:21:00Z"));
    }

    #[test]
    fn a_time_is_read_as_it_is_asked() {
        assert_eq!(time("20261128T090000Z"), Some(at("2026-11-28T09:00:00Z")));
        assert_eq!(time("2026"), None);
    }
}
