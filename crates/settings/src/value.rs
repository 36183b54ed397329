//! The values of settings, as a file or a command line carries them, and why one is not taken.

use std::fmt;

/// What values a setting takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    Bool,
    /// A whole number of this range, ends included. `max` is a ceiling that no file and no command raises.
    Number {
        min: u32,
        max: u32,
    },
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Any text without control characters; may be empty.
    Text,
    /// Several texts, on the command line divided by commas.
    List,
    /// A password of which the hash alone is kept; its value here is the text of the hash. Never typed in a command line.
    Secret,
}

/// The value of a setting, as a file or a command line carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Bool(bool),
    Number(i64),
    Text(String),
    List(Vec<String>),
}

/// Why a setting does not take a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetError {
    #[error("'{0}' is neither true nor false")]
    NotABool(String),
    #[error("'{0}' is not a whole number")]
    NotANumber(String),
    #[error("{value} is below the smallest value, {min}")]
    BelowFloor { value: i64, min: u32 },
    #[error("{value} is above the ceiling, {max}")]
    AboveCeiling { value: i64, max: u32 },
    #[error("'{value}' is none of {}", .words.join(", "))]
    NoSuchWord {
        value: String,
        words: &'static [&'static str],
    },
    #[error("a value of this type is not expected")]
    WrongType,
    #[error(transparent)]
    Network(#[from] super::CidrError),
    #[error("the folder must be an absolute path")]
    RelativeFolder,
    #[error("the value holds a control character")]
    ControlCharacter,
    #[error(transparent)]
    Password(#[from] super::PasswordHashError),
    #[error(transparent)]
    Hours(#[from] events::HoursError),
    #[error(transparent)]
    Rule(#[from] events::RuleError),
    #[error(transparent)]
    Days(#[from] events::DaySpanError),
    #[error(transparent)]
    Address(#[from] super::WebAddressError),
    #[error(transparent)]
    Server(#[from] super::ServerAddressError),
    #[error(transparent)]
    Range(#[from] discovery::RangeError),
    #[error(transparent)]
    Recording(#[from] recording::RecordingRuleError),
}

impl ValueKind {
    pub(super) fn read(self, text: &str) -> Result<Value, SetError> {
        let text = text.trim();
        Ok(match self {
            Self::Bool => Value::Bool(
                text.parse()
                    .map_err(|_neither: std::str::ParseBoolError| SetError::NotABool(text.to_owned()))?,
            ),
            Self::Number { .. } => Value::Number(
                text.parse()
                    .map_err(|_other: std::num::ParseIntError| SetError::NotANumber(text.to_owned()))?,
            ),
            Self::Choice(_) | Self::Text | Self::Secret => Value::Text(text.to_owned()),
            Self::List => Value::List(
                text.split(',')
                    .map(str::trim)
                    .filter(|item| !item.is_empty())
                    .map(str::to_owned)
                    .collect(),
            ),
        })
    }
}

impl Value {
    pub(super) fn bool(self) -> Result<bool, SetError> {
        match self {
            Self::Bool(value) => Ok(value),
            _ => Err(SetError::WrongType),
        }
    }

    pub(super) fn number(self) -> Result<u32, SetError> {
        match self {
            Self::Number(value) => u32::try_from(value).map_err(|_negative| SetError::WrongType),
            _ => Err(SetError::WrongType),
        }
    }

    pub(super) fn text(self) -> Result<String, SetError> {
        match self {
            Self::Text(value) if value.chars().any(char::is_control) => Err(SetError::ControlCharacter),
            Self::Text(value) => Ok(value),
            _ => Err(SetError::WrongType),
        }
    }

    pub(super) fn list(self) -> Result<Vec<String>, SetError> {
        match self {
            Self::List(value) => Ok(value),
            _ => Err(SetError::WrongType),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::Number(value) => value.fmt(f),
            Self::Text(value) => value.fmt(f),
            Self::List(value) => f.write_str(&value.join(",")),
        }
    }
}
