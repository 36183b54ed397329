//! What a player does on the pads of its pipeline.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_video as gst_video;
use rtp::PictureFormat;

use super::super::gate::{Encoded, GateVerdict, Passage};
use super::super::given_sets::{Front, GivenSets};
use super::PlayerShared;
use super::claim::ClaimAnswer;

/// Puts the gate before the decoder. `keeps_sets`: the decoder keeps parameter sets until it ends, so that it is given each once.
pub(super) fn stand_at(decoder: &gst::Element, keeps_sets: bool, shared: Arc<PlayerShared>) {
    let Some(pad) = decoder.static_pad("sink") else { return };
    let stated = Stated::default();
    let state = Mutex::new((Passage::default(), GivenSets::default()));
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        let Some(buffer) = info.buffer_mut() else {
            return gst::PadProbeReturn::Ok;
        };
        if shared.stopped.load(Ordering::Acquire) {
            return gst::PadProbeReturn::Handled;
        }
        let flags = buffer.flags();
        let key = !flags.contains(gst::BufferFlags::DELTA_UNIT);
        if !stated.affords(&shared, buffer, key) {
            return gst::PadProbeReturn::Handled;
        }
        let picture = Encoded {
            key,
            // The source marks the buffer after those for which its queue had no room.
            after_loss: flags.contains(gst::BufferFlags::DISCONT),
            received: buffer.dts_or_pts().map(Duration::from),
            now: Some(shared.began.elapsed()),
        };
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        let (passage, given) = &mut *state;
        let verdict = shared.gate.judge(passage, picture);
        if passage.is_smeared() != (shared.smeared.load(Ordering::Acquire) > 0) {
            let since = u64::try_from(shared.began.elapsed().as_millis()).unwrap_or(u64::MAX);
            let since = if passage.is_smeared() { since.max(1) } else { 0 };
            shared.smeared.store(since, Ordering::Release);
        }
        if keeps_sets && verdict != GateVerdict::Drop {
            leave_out_sets(buffer, given, verdict == GateVerdict::PassAfterGap);
        }
        drop(state);
        match verdict {
            GateVerdict::Pass => gst::PadProbeReturn::Ok,
            GateVerdict::PassAfterGap => {
                let recovering = u32::try_from(buffer.offset()).unwrap_or(0);
                shared.recovering.store(recovering, Ordering::Release);
                buffer.make_mut().set_flags(gst::BufferFlags::DISCONT);
                gst::PadProbeReturn::Ok
            }
            // Not `Drop`: GStreamer 1.22 then complains about a buffer that the bindings have already freed.
            GateVerdict::Drop => gst::PadProbeReturn::Handled,
        }
    });
}

/// Takes the parameter sets off a picture that the decoder has already.
fn leave_out_sets(buffer: &mut gst::Buffer, given: &mut GivenSets, anew: bool) {
    let front = Front::from_offset(buffer.offset_end());
    let unneeded = match buffer.map_readable() {
        Ok(picture) if front != Front::None || anew => given.note(front, &picture, anew),
        _ => 0,
    };
    if unneeded == 0 {
        return;
    }
    if let Ok(mut rest) = buffer.copy_region(gst::BUFFER_COPY_ALL, unneeded..) {
        if let Some(rest) = rest.get_mut() {
            // GStreamer leaves times out where the first byte is another one.
            rest.set_pts(buffer.pts());
            rest.set_dts(buffer.dts());
        }
        *buffer = rest;
    }
}

/// The pictures in front of a decoder whose size only their own headers tell.
#[derive(Default)]
struct Stated(Mutex<Option<PictureFormat>>);

impl Stated {
    /// Whether the decoder may take the memory for this picture, which may state no size of its own.
    fn affords(&self, shared: &PlayerShared, picture: &gst::BufferRef, key: bool) -> bool {
        let Some(stated_size) = shared.codec.stated_size() else {
            return true;
        };
        let mut format = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let read = picture.map_readable().ok();
        if let Some((width, height)) = read.and_then(|bytes| stated_size(&bytes)) {
            *format = Some(shared.codec.format(width, height));
        }
        format.is_none_or(|format| shared.claim.ask(format, key) != ClaimAnswer::Refused)
    }
}

/// Tells the decoder that rows may be padded, which saves it a copy of every picture.
pub(super) fn accept_strides(sink: &gst::Element) {
    let Some(pad) = sink.static_pad("sink") else { return };
    pad.add_probe(gst::PadProbeType::QUERY_DOWNSTREAM, |_, info| {
        if let Some(query) = info.query_mut()
            && let gst::QueryViewMut::Allocation(allocation) = query.view_mut()
        {
            allocation.add_allocation_meta::<gst_video::VideoMeta>(None);
            return gst::PadProbeReturn::Handled;
        }
        gst::PadProbeReturn::Ok
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_without_its_sets_keeps_its_times_and_what_is_known_of_it() {
        gst::init().unwrap();
        let mut given = GivenSets::default();
        let mut passed = || {
            let mut buffer = gst::Buffer::from_slice(*b"sets, slices");
            let own = buffer.get_mut().unwrap();
            own.set_pts(gst::ClockTime::from_mseconds(40));
            own.set_flags(gst::BufferFlags::DISCONT);
            own.set_offset_end(Front::Same(4).to_offset());
            leave_out_sets(&mut buffer, &mut given, false);
            let bytes = buffer.map_readable().unwrap().to_vec();
            (bytes, buffer.pts(), buffer.flags().contains(gst::BufferFlags::DISCONT))
        };
        let time = Some(gst::ClockTime::from_mseconds(40));
        assert_eq!(passed(), (b"sets, slices".to_vec(), time, true));
        assert_eq!(passed(), (b", slices".to_vec(), time, true));
    }
}
