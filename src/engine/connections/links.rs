//! What is remembered of each link: what it is wanted for, its run, and what was measured of it.

mod table;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub(super) use self::table::Links;
use super::super::attempt::StreamOrders;
use super::lessons;
use super::meter::Meter;
use super::patience::{Patience, Pauses};
use super::playback_plan::PlaybackPlan;
use super::run::{Run, Stall};
use super::tile_state::StreamFacts;
use crate::bridge::{
    Clock, FrameSlot, SlotCounts, SoundProblem, SoundState, StreamInfo, StreamStatus, TileState, WantedStream,
};
use device::{Device, DeviceId, StreamId};
use reconnect::{AttemptId, Failure, FailureKind, Hint, Input, LinkId, Rank, Stage, TransportObstacle};
use rtsp::{Habits, Lesson};
use wall::Listen;

/// A recorder that ends so many attempts in a row when it is asked for sound is asked no more, so that its picture comes.
const MOST_SOUND_FAILURES: u8 = 2;

/// What a link is for.
#[derive(Clone, Debug)]
pub(super) enum Purpose {
    Stream,
    /// A Test of this device, which need not be registered.
    Test(Arc<Device>),
    /// Recorded pictures that a person looks at.
    Playback(Box<PlaybackPlan>),
}

/// One thing that wants a connection, for as long as it wants it.
pub(super) struct LinkRecord {
    pub purpose: Purpose,
    pub stream: StreamId,
    /// As the machine knows it: for a Test, an identity of its own.
    pub device: DeviceId,
    pub rank: Rank,
    /// The link whose place it takes once it shows a picture, by another road of the device.
    pub heir_of: Option<LinkId>,
    pub slot: Arc<FrameSlot>,
    pub run: Option<Run>,
    /// A connection whose media stopped: left open, because what arrives on it by itself costs no SYN.
    pub parked: Option<Run>,
    /// Where a redirect sends the next attempt, and how many came in a row.
    pub redirect: Option<rtsp::Redirect>,
    pub hops: u8,
    /// The last attempt ended because the recorder closes after its challenge: the next one signs in.
    pub signs_in: bool,
    pub state: Option<TileState>,
    /// With its first picture.
    pictures: Patience,
    /// With the pictures after it, while its pace is not known.
    paces: Patience,
    /// With silences between them, once it is known.
    pauses: Pauses,
    /// The interval between its pictures, where that is long, as it is remembered.
    slow: Option<Duration>,
    decode: bool,
    /// Since when pictures are decoded: an older one says nothing about now.
    decode_since: Option<Instant>,
    listen: Listen,
    /// Attempts in a row that ended between being asked for sound and playing.
    sound_failures: u8,
    sound: SoundState,
    last_picture: Option<(Instant, Clock)>,
    info: StreamInfo,
    meter: Meter,
    /// As of the last measurement.
    counted: SlotCounts,
}

/// What a look at a link found.
#[derive(Default)]
pub(super) struct LinkLook {
    /// What the machine should hear.
    pub inputs: Vec<Input>,
    /// What the next attempt should begin with.
    pub lessons: Vec<Lesson>,
}

/// A stream that showed nothing for too long.
pub(super) struct Stalled {
    pub attempt: AttemptId,
    pub address: Option<SocketAddr>,
    pub why: Stall,
    pub lesson: Option<Lesson>,
}

impl LinkRecord {
    pub(super) fn new(purpose: Purpose, stream: StreamId, device: DeviceId, rank: Rank) -> Self {
        Self {
            purpose,
            stream,
            device,
            rank,
            heir_of: None,
            slot: Arc::new(FrameSlot::with_clock(Instant::now)),
            run: None,
            parked: None,
            redirect: None,
            hops: 0,
            signs_in: false,
            state: None,
            pictures: Patience::default(),
            paces: Patience::default(),
            pauses: Pauses::default(),
            slow: None,
            decode: true,
            decode_since: None,
            listen: Listen::No,
            sound_failures: 0,
            sound: SoundState::Off,
            last_picture: None,
            info: StreamInfo::default(),
            meter: Meter::default(),
            counted: SlotCounts::default(),
        }
    }

    /// As the screen wants it.
    pub(super) fn wanted(&self) -> WantedStream {
        WantedStream {
            stream: self.stream,
            rank: self.rank,
            decode: self.decode,
            listen: self.listen,
        }
    }

    pub(super) fn is_stream(&self) -> bool {
        matches!(self.purpose, Purpose::Stream)
    }

    pub(super) fn is_playback(&self) -> bool {
        matches!(self.purpose, Purpose::Playback(_))
    }

    /// By which road its connection came, also one that fell silent.
    pub(super) fn road(&self) -> Option<usize> {
        self.run.as_ref().or(self.parked.as_ref()).map(|run| run.road)
    }

    /// Whether it is on screen: a stream that is kept warm shows nothing and so is not watched.
    pub(super) fn is_shown(&self) -> bool {
        self.is_stream() && self.decode && self.heir_of.is_none()
    }

    pub(super) fn last_picture(&self) -> Option<Instant> {
        self.last_picture.map(|(at, _)| at)
    }

    pub(super) fn decode(&self) -> bool {
        self.decode
    }

    pub(super) fn listen(&self) -> Listen {
        self.listen
    }

    pub(super) fn codec(&self) -> &str {
        &self.info.codec
    }

    pub(super) fn orders(&self) -> StreamOrders {
        StreamOrders {
            decode: self.decode,
            listen: self.may_listen(),
        }
    }

    /// How long its first picture is waited for, with what is known of the recorder.
    pub(super) fn patience_for_picture(&mut self, habits: Option<&Habits>) -> Duration {
        let known = habits.map(|habits| habits.stream.clone()).unwrap_or_default();
        self.slow = known.picture_interval.or(self.slow);
        self.pauses.remember(known.longest_pause);
        let slowest = known.first_picture.max(known.picture_interval);
        self.pictures.limit(slowest)
    }

    /// A new run begins.
    pub(super) fn begin(&mut self, mut run: Run) {
        run.wait_for_pace(self.paces.limit_of_pace(self.slow));
        self.run = Some(run);
        self.signs_in = false;
        self.meter.clear();
        self.expect_sound();
    }

    pub(super) fn set_decode(&mut self, decode: bool, now: Instant) {
        if std::mem::replace(&mut self.decode, decode) == decode {
            return;
        }
        self.decode_since = decode.then_some(now);
        self.tell_orders();
        if let Some(run) = &mut self.run {
            run.count_from(now);
        }
    }

    /// Sets whether somebody listens; how it was before.
    pub(super) fn set_listen(&mut self, listen: Listen) -> Listen {
        let before = std::mem::replace(&mut self.listen, listen);
        if before != listen {
            self.sound_failures = 0;
            self.expect_sound();
            self.tell_orders();
        }
        before
    }

    fn tell_orders(&self) {
        for run in self.run.iter().chain(&self.parked) {
            run.order(self.orders());
        }
    }

    /// What the next attempt is to ask for.
    pub(super) fn may_listen(&self) -> Listen {
        if self.sound_failures < MOST_SOUND_FAILURES {
            self.listen
        } else {
            Listen::No
        }
    }

    pub(super) fn set_sound(&mut self, state: SoundState) {
        self.sound = state;
    }

    /// Takes note of an attempt that failed where sound may be the reason: from SETUP on, and before it played. Whether the
    /// recorder is asked for sound no more because of it.
    pub(super) fn note_sound_failure(&mut self, failure: &Failure) -> bool {
        let playing = self.run.as_ref().is_some_and(|run| run.playing.is_some());
        if playing || self.may_listen() == Listen::No || !matches!(failure.stage, Stage::Setup | Stage::Play) {
            return false;
        }
        self.sound_failures += 1;
        self.may_listen() == Listen::No
    }

    /// Takes note of an attempt that failed because no datagram came: its first picture may take longer than it was waited for.
    pub(super) fn note_silence(&mut self, failure: &Failure) {
        let silent = FailureKind::NoTransport {
            obstacle: TransportObstacle::Silent,
        };
        if failure.kind == silent {
            self.pictures.timed_out();
        }
    }

    /// An attempt plays. One that asked for sound shows that it was not the sound that ended those before.
    pub(super) fn note_playing(&mut self, codec: String) {
        self.info.codec = codec;
        if self.may_listen() != Listen::No {
            self.sound_failures = 0;
        }
    }

    /// Nothing is heard yet of what is dialled or asked for anew.
    fn expect_sound(&mut self) {
        self.sound = match self.listen {
            Listen::Yes if self.may_listen() == Listen::No => SoundState::Failed(SoundProblem::Refused),
            Listen::Yes => SoundState::Starting,
            Listen::Prepared | Listen::No => SoundState::Off,
        };
    }

    /// Takes note of what came in since the last look; what the machine should hear.
    pub(super) fn look(&mut self, now: Instant, clock: Clock) -> LinkLook {
        let mut look = LinkLook::default();
        if let Some(run) = &mut self.run {
            let had_pictures = run.has_pictures();
            let arrivals = run.look(self.decode, now);
            if arrivals.picture {
                self.last_picture = Some((now, clock));
                if !had_pictures {
                    self.pictures.rewarded();
                    look.lessons.extend(lessons::of_first(run, now));
                }
                look.lessons.extend(lessons::of_pace(&mut self.slow, run));
                if !had_pictures {
                    self.pauses.plays(now);
                    run.wait_for_pauses(self.pauses.limit());
                }
                if run.interval().is_some() {
                    self.paces.rewarded();
                }
            }
            look.lessons.extend(lessons::of_pause(&mut self.pauses, run));
            if arrivals.alive && run.media_to_tell(now) {
                look.inputs.push(Input::Media { attempt: run.attempt });
            }
            if run.waits_from_now(now) {
                look.inputs.push(Input::Waits { attempt: run.attempt });
            }
        }
        let Some(parked) = &mut self.parked else { return look };
        let had_pictures = parked.has_pictures();
        let arrivals = parked.look(self.decode, now);
        look.lessons.extend(lessons::of_pause(&mut self.pauses, parked));
        match &self.run {
            Some(run) if run.has_pictures() || !parked.may_still_show(now) && !parked.is_revived(now) => {
                self.parked = None;
            }
            // The one that was given up shows its picture before the one that was dialled instead: it goes on with that one's
            // attempt.
            Some(run) if arrivals.picture => {
                let attempt = run.attempt;
                look.inputs.extend(parked.address.map(|address| Input::Connected {
                    attempt,
                    address: address.ip(),
                }));
                look.inputs.push(Input::Playing { attempt });
                parked.revive(attempt);
                self.run = self.parked.take();
            }
            Some(_) => {}
            // Whatever arrives on a parked connection proves the path, at no cost.
            None if arrivals.bytes => look.inputs.push(Input::Hint(Hint::Device(self.device))),
            None => {}
        }
        if arrivals.picture {
            self.last_picture = Some((now, clock));
            if let Some(run) = self.run.as_ref().or(self.parked.as_ref()).filter(|_| !had_pictures) {
                self.pictures.rewarded();
                look.lessons.extend(lessons::of_first(run, now));
            }
        }
        look
    }

    /// The stream that is to be given up: it is parked when nothing arrives at all, else closed.
    pub(super) fn stalled(&mut self, now: Instant) -> Option<Stalled> {
        let why = self.run.as_ref()?.is_stalled(self.decode, now)?;
        let mut run = self.run.take()?;
        let (attempt, address) = (run.attempt, run.address);
        let mut lesson = None;
        if why == Stall::Silent && !run.has_pictures() {
            self.pictures.timed_out();
        } else if why == Stall::Silent && run.interval().is_none() {
            // Perhaps its pictures come more rarely than was thought.
            self.paces.timed_out();
            run.wait_for_pace(self.paces.limit_of_pace(self.slow));
        } else if why == Stall::Silent && self.pauses.gives_up(now) {
            lesson = lessons::of_no_pause(&run);
        }
        // Of two that wait for their first picture the older one will show it sooner.
        let kept = self.parked.as_ref().is_some_and(|parked| parked.may_still_show(now));
        if why == Stall::Silent && !kept {
            run.park(now);
            self.parked = Some(run);
        }
        Some(Stalled {
            attempt,
            address,
            why,
            lesson,
        })
    }

    /// A fresh dial takes the place of the silent connection, unless that one may yet show a picture.
    pub(super) fn dialled_anew(&mut self, now: Instant) {
        drop(self.parked.take_if(|parked| !parked.may_still_show(now)));
    }

    /// It is dialled by this road: what is silent on another one would say the wrong thing of it.
    pub(super) fn leave_other_roads(&mut self, road: usize) {
        drop(self.parked.take_if(|parked| parked.road != road));
    }

    /// The roads of its device are others: where each of those before is now.
    pub(super) fn roads_changed(&mut self, now_at: &[Option<usize>]) {
        let gone = |run: &mut Run| match now_at.get(run.road).copied().flatten() {
            Some(road) => {
                run.road = road;
                false
            }
            None => true,
        };
        drop(self.parked.take_if(gone));
        // The governor ends what goes on by none of them.
        if self.run.as_mut().is_some_and(gone) {
            self.redirect = None;
        }
    }

    /// Whether pictures flow again on the parked connection.
    pub(super) fn is_revived(&self, now: Instant) -> bool {
        self.parked.as_ref().is_some_and(|parked| parked.is_revived(now))
    }

    pub(super) fn facts(&self, now: Instant) -> StreamFacts {
        let revived = self.is_revived(now);
        let run = self.run.as_ref().or(self.parked.as_ref().filter(|_| revived));
        StreamFacts {
            run: run.map(Run::sight),
            revived: self.run.is_none() && revived,
            last_picture: self.last_picture.map(|(at, _)| at),
            decode_since: self.decode_since,
            signs_in: self.signs_in,
        }
    }

    /// Pictures and replaced pictures since the last measurement.
    pub(super) fn measure(&mut self, now: Instant) -> (u64, u64) {
        let counts = self.slot.counts();
        let before = std::mem::replace(&mut self.counted, counts);
        let info = &mut self.info;
        info.frames = counts.published;
        info.delay = self.slot.mean_delay();
        info.dropped = counts.replaced + u64::from(counts.lost);
        if let Some((width, height)) = self.slot.source() {
            (info.width, info.height) = (width, height);
        }
        let decodes = self.run.as_ref().filter(|_| self.decode);
        info.decoder = decodes.and_then(Run::decoder);
        (info.fps, info.kbit_s) = match &self.run {
            Some(run) => {
                let (fps, kbit_s) = self.meter.read(now, counts.published, run.bytes());
                (run.rate(now).unwrap_or(fps), kbit_s)
            }
            None => (0.0, 0),
        };
        (
            counts.published.saturating_sub(before.published),
            counts.replaced.saturating_sub(before.replaced),
        )
    }

    pub(super) fn status(&self) -> Option<StreamStatus> {
        Some(StreamStatus {
            state: self.state.clone()?,
            last_picture: self.last_picture.map(|(at, _)| at),
            last_picture_clock: self.last_picture.map(|(_, clock)| clock),
            slot: Arc::clone(&self.slot),
            sound: self.sound.clone(),
            info: self.info.clone(),
        })
    }

    #[cfg(test)]
    pub(super) fn readings(&self) -> usize {
        self.meter.len()
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::attempt::{Received, RunId};
    use super::super::super::clock;
    use super::super::super::failure::failure;
    use super::*;
    use device::{ChannelId, StreamKind};
    use reconnect::Why;
    use tokio::sync::watch;

    const SECOND: Duration = Duration::from_secs(1);

    fn link() -> LinkRecord {
        let device = DeviceId(1);
        let channel = ChannelId { device, number: 1 };
        let kind = StreamKind::Main;
        let stream = StreamId { channel, kind };
        LinkRecord::new(Purpose::Stream, stream, device, Rank::Visible)
    }

    /// A session that plays from `now` on, and where its pictures are counted.
    fn plays(link: &mut LinkRecord, attempt: u64, now: Instant) -> Arc<Received> {
        let received = Arc::new(Received::default());
        let (orders, _) = watch::channel(link.orders());
        let patience = link.patience_for_picture(None);
        let begun = (RunId(attempt), AttemptId(attempt), Why::Start, 0);
        let mut run = Run::new(
            begun,
            orders,
            Arc::clone(&received),
            (patience, Some(Habits::default())),
            now,
        );
        run.plays(Duration::ZERO, now);
        link.begin(run);
        received
    }

    #[test]
    fn a_picture_each_60_s_is_waited_for_from_the_second_session_on() {
        let mut link = link();
        let start = Instant::now();
        // The sessions that were needed: each begins with a picture.
        let (mut sessions, mut received, mut began) = (0, None, start);
        for second in 0..600 {
            let now = start + SECOND * second;
            let session = match received.take() {
                Some(session) => session,
                None => {
                    (sessions, began) = (sessions + 1, now);
                    link.dialled_anew(now);
                    plays(&mut link, sessions, now)
                }
            };
            if (now - began).as_secs().is_multiple_of(60) {
                session.add_packets(1);
                session.add_picture();
            }
            link.look(now, clock::local_clock());
            received = link.stalled(now).is_none().then_some(session);
        }
        assert_eq!(sessions, 2);
        assert_eq!(link.slow, Some(60 * SECOND), "so that the next start needs one");
    }

    /// A recorder that sends five pictures a second and pauses in each session, when that is so old, for so long. Returns how many
    /// sessions were needed.
    fn sessions_with_pause(link: &mut LinkRecord, start: Instant, at: u64, pause: u64) -> u64 {
        let (mut sessions, mut received, mut again) = (0, None, start);
        let mut began = start;
        for tick in 0..1_500_u32 {
            let now = start + SECOND / 5 * tick;
            let session: Arc<Received> = match received.take() {
                Some(session) => session,
                // A dial comes 5 s after a failure.
                None if now < again => continue,
                None => {
                    (sessions, began) = (sessions + 1, now);
                    link.dialled_anew(now);
                    plays(link, sessions, now)
                }
            };
            let age = (now - began).as_secs();
            if !(at..at + pause).contains(&age) {
                session.add_packets(1);
                session.add_picture();
            }
            link.look(now, clock::local_clock());
            received = link.stalled(now).is_none().then_some(session);
            if received.is_none() {
                again = now + 5 * SECOND;
            }
        }
        sessions
    }

    #[test]
    fn a_recorder_that_pauses_for_30_s_in_each_session_costs_one_dial_and_then_none() {
        let mut pausing = link();
        let start = Instant::now();
        assert_eq!(sessions_with_pause(&mut pausing, start, 5, 30), 2);
        let later = start + 600 * SECOND;
        pausing.run = None;
        assert_eq!(sessions_with_pause(&mut pausing, later, 20, 30), 1, "it is known");
        // A stream that never goes on is dialled anew after 10 s, but for a few times.
        let mut dead = link();
        let sessions = sessions_with_pause(&mut dead, start, 5, 10_000);
        assert!((11..=14).contains(&sessions), "{sessions}");
    }

    #[test]
    fn only_attempts_in_a_row_that_end_when_asked_for_sound_say_that_a_recorder_refuses_it() {
        let mut link = link();
        link.set_listen(Listen::Yes);
        let torn = failure(FailureKind::Protocol, Stage::Setup, "");
        for _ in 0..5 {
            assert!(!link.note_sound_failure(&torn));
            assert_eq!(link.may_listen(), Listen::Yes);
            link.note_playing(String::new());
        }
        assert!(!link.note_sound_failure(&torn));
        assert!(link.note_sound_failure(&torn));
        link.note_playing(String::new());
        assert_eq!(link.may_listen(), Listen::No, "it plays without sound");
    }
}
