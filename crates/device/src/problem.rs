use std::fmt;

use super::{HostError, TemplateError};

/// What is wrong with which field. Display gives English, for the command line and the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftError {
    pub field: Field,
    pub problem: Problem,
}

/// A field of a [`crate::Draft`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    Site,
    Name,
    Brand,
    MainPath,
    SubPath,
    Host,
    Port,
    Transport,
    User,
    Password,
    Channels,
    /// The name of the channel with this number, from 1.
    ChannelName(u16),
    Url,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error("nothing is entered")]
    Empty,
    #[error("longer than {max} characters")]
    TooLong { max: usize },
    #[error("holds a control character, or one that turns text around")]
    ControlCharacter,
    #[error("another device has this name")]
    Duplicate,
    #[error(transparent)]
    Host(HostError),
    #[error(transparent)]
    Template(TemplateError),
    #[error("is not a number")]
    NotANumber,
    #[error("must be {min} to {max}")]
    OutOfRange { min: u32, max: u32 },
    #[error("would carry the pictures outside of the encryption; over TLS only automatic and tcp can be chosen")]
    NotEncrypted,
    #[error("this brand is not known")]
    UnknownBrand,
    #[error("is not of the form rtsp://user:password@host:port/path")]
    BadUrl,
    #[error("has one password before the host and another one in the path")]
    TwoPasswords,
    #[error("no RTSP path of this brand is known: choose own paths and type them")]
    HttpOnly,
}

impl fmt::Display for DraftError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.problem)
    }
}

impl std::error::Error for DraftError {}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Site => "site",
            Self::Name => "name",
            Self::Brand => "brand",
            Self::MainPath => "main path",
            Self::SubPath => "sub path",
            Self::Host => "host",
            Self::Port => "port",
            Self::Transport => "transport",
            Self::User => "user",
            Self::Password => "password",
            Self::Channels => "channels",
            Self::ChannelName(number) => return write!(f, "name of channel {number}"),
            Self::Url => "URL",
        })
    }
}
