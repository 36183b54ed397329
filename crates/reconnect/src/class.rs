//! How much a dial is believed in.

/// What is believed in less leaves room for what is believed in more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    /// A group whose path works: such a dial nearly always succeeds, and then costs nothing.
    Proven,
    /// The same, but none of its streams has ever lasted: they might all be lost again.
    Promising,
    /// A person asks, or something arrived that suggests that the path works again.
    Hurried,
    /// The first look at a group of which nothing is known.
    Unknown,
    /// A canary, or a device that failed last time.
    Doubtful,
}
