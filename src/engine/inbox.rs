use std::net::IpAddr;

use super::archive::ArchiveNews;
use super::diagnosis::DiagnosisNews;
use super::enquiry::EnquiryNews;
use super::events::AlertDone;
use super::feeds::FeedNews;
use super::find::FindTold;
use super::health::CheckNews;
use super::letters::LettersNews;
use super::ptz::PtzNews;
use super::recording::RecordingsNews;
use super::self_watch::OwnFiguresNews;
use super::sources::SourceNews;
use super::update::ErrandNews;
use crate::bridge::{Command, NoticeKind, TraceId};
use crate::net::NetworkEvent;
use crate::store::Changed;
use discovery::ProbeAnswer;
use reconnect::{AttemptId, Failure, Hint, Input, Network};

/// Commands, reports and system events that wait for the loop. A full queue holds the sender back, it never grows.
pub(super) const MOST_WAITING: usize = 4_096;

/// What reaches the loop from outside; attempts and workers have channels of their own.
pub(super) enum Inbox {
    Command(Command),
    Network(NetworkEvent),
    /// A device said Hello by WS-Discovery.
    Hello(IpAddr, Vec<ProbeAnswer>),
    /// A file of the profile was changed by somebody.
    FileChanged(Changed),
    Notice(NoticeKind),
    /// How a call about an event went.
    Alerted(AlertDone),
    /// What a find has heard.
    Find(FindTold),
    /// What came of a knock: where it got to, or why not.
    Knocked(AttemptId, Result<IpAddr, (Option<IpAddr>, Failure)>),
    /// How far the reading of a status feed is.
    Feed(Box<FeedNews>),
    /// How far an errand is.
    Errand(ErrandNews),
    /// How far a messenger is.
    Letters(LettersNews),
    /// What was found out for a diagnosis.
    Diagnosis(TraceId, DiagnosisNews),
    /// How far an enquiry is.
    Enquiry(Box<EnquiryNews>),
    /// What a connection of a search for recordings says.
    Archive(Box<ArchiveNews>),
    /// What a connection of a steering says.
    Ptz(Box<PtzNews>),
    /// What came of asking a device that nobody watches.
    Checked(Box<CheckNews>),
    /// What a connection for events says.
    Source(Box<SourceNews>),
    /// What was measured of the program itself beside the loop.
    OwnFigures(Box<OwnFiguresNews>),
    /// What was found of recordings, and how far an export is.
    Recordings(RecordingsNews),
    Quit,
}

/// What the governor is told of the network.
pub(super) fn input_of(event: NetworkEvent) -> Input {
    match event {
        NetworkEvent::Down => Input::Network(Network::Down),
        NetworkEvent::Up => Input::Network(Network::Up),
        NetworkEvent::Changed => Input::Network(Network::Changed),
        NetworkEvent::Neighbour(ip) => Input::Hint(Hint::Address(ip)),
    }
}
