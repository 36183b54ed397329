use wall::View;

/// How writing views to a file or reading them from one ended.
#[derive(Clone, Debug, PartialEq)]
pub struct ViewsTransfer {
    /// Of the command that asked for it.
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

/// Why it was not possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransferFault {
    NotFound,
    /// A file that is there is never replaced.
    Exists,
    Denied,
    /// The file is not one of views; what was found, and where.
    Broken {
        reason: String,
    },
    NoViews,
    Other {
        reason: String,
    },
}
