use super::super::asking::{ConversationEnd, ConversationStep};
use super::super::connections::QuestionId;
use ::onvif::Recordings;
use reconnect::AttemptId;

/// What a connection of a search says.
pub(in crate::engine) struct ArchiveNews {
    pub question: QuestionId,
    pub attempt: AttemptId,
    pub event: ArchiveEvent,
}

pub(in crate::engine) enum ArchiveEvent {
    Step(ConversationStep),
    Ended(Box<Recordings>, ConversationEnd),
}
