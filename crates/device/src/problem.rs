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
    /// Of the other address with this number, from 1.
    RoadName(u16),
    RoadHost(u16),
    RoadPort(u16),
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
    #[error("holds a character that cannot be seen, such as U+200B, or one that turns text around")]
    ControlCharacter,
    #[error("another device of this site has this name")]
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
    #[error("= and ; cannot stand in the name of an address")]
    NotInName,
    #[error("is another address of this device already")]
    SameRoad,
    #[error("a device has {most} other addresses at most")]
    TooMany { most: usize },
    #[error("this brand is not known")]
    UnknownBrand,
    #[error("is not of the form rtsp://user:password@host:port/path")]
    BadUrl,
    #[error(
        "holds two different passwords or tokens, and only one is kept for each device: leave out the one that it does not ask for"
    )]
    TwoPasswords,
    #[error("it cannot be told where the password in the path ends: write %2F for a / and %3F for a ? in it")]
    UnclearPassword,
    /// All that could be meant; two at least.
    #[error("can be read in several ways ({}): write %40 for an @ and %2F for a / that belong to user, password or path", told(.0))]
    Ambiguous(Vec<Reading>),
    #[error("no RTSP path of this brand is known: choose own paths and type them")]
    HttpOnly,
}

/// One way to read an address. It tells nothing that could be a part of the password by another reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Which `@` ends the sign-in, counted from 1; `None`: the address holds no sign-in.
    pub at: Option<usize>,
    /// Host and port; `None` where they could be a part of the password.
    pub host: Option<String>,
    pub user: Option<String>,
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.host, self.at) {
            (Some(host), _) => write!(f, "host {host}")?,
            (None, Some(at)) => write!(f, "the host after @ number {at}")?,
            (None, None) => f.write_str("the host in front")?,
        }
        match &self.user {
            Some(user) => write!(f, " with user {user}"),
            None => f.write_str(" without user"),
        }
    }
}

fn told(readings: &[Reading]) -> String {
    let told: Vec<_> = readings.iter().map(Reading::to_string).collect();
    told.join("; ")
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
            Self::RoadName(number) => return write!(f, "name of other address {number}"),
            Self::RoadHost(number) => return write!(f, "other address {number}"),
            Self::RoadPort(number) => return write!(f, "port of other address {number}"),
            Self::User => "user",
            Self::Password => "password",
            Self::Channels => "channels",
            Self::ChannelName(number) => return write!(f, "name of channel {number}"),
            Self::Url => "URL",
        })
    }
}
