use wall::View;

/// The result of writing views to a file or reading them from one.
#[derive(Clone, Debug, PartialEq)]
pub struct ViewsTransfer {
    /// The number of the command that asked for it.
    pub id: u64,
    pub outcome: Result<Transferred, TransferFault>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Transferred {
    Exported,
    /// `missing`: devices that are not registered here; their tiles are empty.
    Imported {
        views: Vec<View>,
        missing: Vec<String>,
    },
}

/// Why views were not written or read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransferFault {
    NotFound,
    /// A file that is there is never replaced.
    Exists,
    Denied,
    /// The file holds no views; `reason` says what was found, and where.
    Broken {
        reason: String,
    },
    NoViews,
    Other {
        reason: String,
    },
}
