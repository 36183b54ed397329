//! What is wrong with a device that was described by options.

use device::{DraftError, Field};

/// The mistake with the option where it was made; `by_url`: the address came from `--url`.
pub(super) fn complaint(error: &DraftError, by_url: bool) -> String {
    let option = match error.field {
        Field::Site => "--site",
        Field::Name | Field::ChannelName(_) => "--name",
        Field::Brand => "--brand",
        Field::Channels => "--channels",
        Field::SubPath => "--sub-path",
        Field::Transport => "--transport",
        Field::RoadName(_) | Field::RoadHost(_) | Field::RoadPort(_) => "--endpoint",
        Field::Url => "--url",
        Field::MainPath | Field::Host | Field::Port | Field::User | Field::Password if by_url => "--url",
        Field::MainPath => "--main-path",
        Field::Host => "--host",
        Field::Port => "--port",
        Field::User => "--user",
        Field::Password => "--password-stdin",
    };
    let hint = if error.field == Field::Brand {
        " (see `monomi device brands`)"
    } else {
        ""
    };
    format!("{option}: {}{hint}", error.problem)
}
