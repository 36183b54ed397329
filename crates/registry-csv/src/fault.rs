use device::{DraftError, SiteProblem};

use super::CsvColumn;

/// Why nothing of a file can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CsvFault {
    #[error("there is nothing in the file")]
    Empty,
    /// Larger than [`crate::MOST_BYTES`].
    #[error("the file is too large")]
    TooLarge,
    #[error("the characters are neither UTF-8 nor UTF-16 nor Shift_JIS")]
    Encoding,
    /// It is no table, or its first row does not name the columns.
    #[error("no row names the columns; a name and a host are needed at least")]
    NoHeader,
    #[error("two columns are named '{0}'")]
    Twice(CsvColumn),
}

/// What is wrong with a row, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvMistake {
    /// The column as the file names it; `None`: the row as a whole.
    pub column: Option<String>,
    pub reason: CsvReason,
}

/// Why a row cannot be taken. Display gives English, for the command line and the log; none holds a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CsvReason {
    /// The field would be refused in the editor of a device, too.
    #[error("{}", .0.problem)]
    Field(DraftError),
    /// The field would be refused in the editor of a site, too.
    #[error(transparent)]
    Site(SiteProblem),
    /// It is no identity as Monomi writes it: 16 hexadecimal digits.
    #[error("is no identity of a device; a spreadsheet may have made a number of it")]
    NotAnId,
    #[error("is neither yes nor no")]
    NotYesOrNo,
    #[error("is neither rtsp nor rtsps")]
    UnknownCarrier,
    #[error("is neither automatic nor tcp, udp or multicast")]
    UnknownTransport,
    /// A row before it is about the same device; its number in the spreadsheet.
    #[error("row {0} is about the same device")]
    SameAsRow(u64),
    /// There is more in the row than the columns that the first row names: a character that separates cells may stand in one.
    #[error("has more cells than the first row")]
    TooManyCells,
    /// A quotation mark opens a text that does not end.
    #[error("a quotation mark is not closed")]
    OpenQuote,
    /// The template's mode of adding that is neither an address nor a name: it goes through the maker's servers.
    #[error("only adding mode 0 (address or domain name) can be connected to directly")]
    AddingMode,
}
