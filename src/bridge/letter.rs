//! What is told to somebody elsewhere, before it is in words.

use std::sync::Arc;

use super::clock::Clock;
use super::shown_event::ShownEvent;
use super::state::EngineState;
use device::ChannelId;

/// What a letter is to say; the words are those of the screen.
#[derive(Clone, Debug, PartialEq)]
pub enum LetterAbout {
    Begun(Vec<ShownEvent>),
    Over(Vec<ShownEvent>),
    /// A person tries whether it arrives.
    Trial,
    /// So many letters in one.
    Digest(usize),
    /// The pictures that go with it.
    Pictures(Vec<PictureNote>),
}

/// Which camera a picture is of, and when it was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PictureNote {
    pub channel: ChannelId,
    pub taken: Clock,
}

/// A letter that is to be put in words.
#[derive(Clone)]
pub struct LetterToWrite {
    pub about: LetterAbout,
    /// For the names and the language.
    pub state: Arc<EngineState>,
}
