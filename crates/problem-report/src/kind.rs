/// What a name is the name of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NameKind {
    Site,
    Device,
    Channel,
    VirtualDvr,
    View,
    User,
    Host,
    /// An address of a private network.
    LocalAddress,
    /// Any other address.
    Address,
    Mac,
    Uuid,
    Serial,
    /// A folder, computer or account of the person who reports.
    Own,
}

impl NameKind {
    /// What its pseudonyms begin with.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Site => "site",
            Self::Device => "device",
            Self::Channel => "channel",
            Self::VirtualDvr => "virtual-dvr",
            Self::View => "view",
            Self::User => "user",
            Self::Host => "host",
            Self::LocalAddress => "local-address",
            Self::Address => "address",
            Self::Mac => "mac",
            Self::Uuid => "uuid",
            Self::Serial => "serial",
            Self::Own => "own",
        }
    }
}
