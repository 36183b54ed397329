//! From characters to rows: what separates the cells, which row names the columns, and the number of each row in a spreadsheet.

use csv::{ReaderBuilder, StringRecord};

use super::cell::unescaped;
use super::{CsvColumn, CsvFault};

/// What separates the cells of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CsvDelimiter {
    Comma,
    Semicolon,
    Tab,
}

/// Whose columns a file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CsvKind {
    /// Monomi's, or those of somebody who wrote a table by hand.
    Monomi,
    /// The template for adding devices in a batch of Hikvision's iVMS-4200.
    Ivms,
}

/// The rows of a file beneath the one that names the columns.
pub(super) struct Sheet {
    pub delimiter: CsvDelimiter,
    pub kind: CsvKind,
    /// The columns of the file from the left; `None` is one that means nothing here.
    pub columns: Vec<(Option<CsvColumn>, String)>,
    pub rows: Vec<SheetRow>,
}

pub(super) struct SheetRow {
    /// Its number in a spreadsheet, where the first row has 1.
    pub number: u64,
    pub cells: StringRecord,
}

/// How many rows may stand above the one that names the columns.
const ABOVE: usize = 10;

impl CsvDelimiter {
    const ALL: [Self; 3] = [Self::Comma, Self::Semicolon, Self::Tab];

    pub(super) fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
        }
    }
}

pub(super) fn read(text: &str) -> Result<Sheet, CsvFault> {
    if text.trim().is_empty() {
        return Err(CsvFault::Empty);
    }
    let (text, said, skipped) = match said_delimiter(text) {
        Some((delimiter, rest)) => (rest, Some(delimiter), 1),
        None => (text, None, 0),
    };
    let candidates = said.map_or_else(|| CsvDelimiter::ALL.to_vec(), |said| vec![said]);
    let headers = candidates
        .into_iter()
        .map(|delimiter| (delimiter, header(text, delimiter)));
    let (delimiter, found) = headers
        .filter_map(|(delimiter, header)| Some((delimiter, header?)))
        // The first of equals, as the order of the candidates is.
        .reduce(|best, next| if next.1.known > best.1.known { next } else { best })
        .ok_or(CsvFault::NoHeader)?;
    let known = |wanted| {
        found
            .columns
            .iter()
            .filter(|(column, _)| *column == Some(wanted))
            .count()
    };
    if known(CsvColumn::Name) == 0 || known(CsvColumn::Host) == 0 {
        return Err(CsvFault::NoHeader);
    }
    if let Some((column, _)) = found
        .columns
        .iter()
        .find(|(column, _)| column.is_some_and(|column| known(column) > 1))
    {
        return Err(column.map_or(CsvFault::NoHeader, CsvFault::Twice));
    }
    let kind = if known(CsvColumn::AddingMode) > 0 {
        CsvKind::Ivms
    } else {
        CsvKind::Monomi
    };
    let mut rows = records(text, delimiter, skipped);
    rows.drain(..=found.index);
    rows.retain(|row| row.cells.iter().any(|cell| !cell.trim().is_empty()));
    Ok(Sheet {
        delimiter,
        kind,
        columns: found.columns,
        rows,
    })
}

struct Header {
    /// Among the records of the file.
    index: usize,
    known: usize,
    columns: Vec<(Option<CsvColumn>, String)>,
}

/// The row that names the most columns of the first few.
fn header(text: &str, delimiter: CsvDelimiter) -> Option<Header> {
    let mut reader = builder(delimiter).from_reader(text.as_bytes());
    let mut best: Option<Header> = None;
    for (index, record) in reader.records().take(ABOVE).enumerate() {
        let record = record.ok()?;
        let name = |cell: &str| {
            let name = unescaped(cell.trim()).into_owned();
            (CsvColumn::named(&name), name)
        };
        let columns: Vec<_> = record.iter().map(name).collect();
        let known = columns.iter().filter(|(column, _)| column.is_some()).count();
        if known > best.as_ref().map_or(1, |best| best.known) {
            best = Some(Header { index, known, columns });
        }
    }
    best
}

/// All records with their numbers. `skipped`: rows that stood in front of `text`.
fn records(text: &str, delimiter: CsvDelimiter, skipped: u64) -> Vec<SheetRow> {
    let mut reader = builder(delimiter).from_reader(text.as_bytes());
    let mut rows = Vec::new();
    let mut number = skipped;
    let mut cells = StringRecord::new();
    let mut line = 1;
    while let Ok(true) = reader.read_record(&mut cells) {
        // A spreadsheet counts an empty line as a row, and a cell of several lines as one.
        let next = reader.position().line();
        let within: usize = cells.iter().map(|cell| cell.matches('\n').count()).sum();
        let passed = next.saturating_sub(line).saturating_sub(within as u64);
        number += passed.max(1);
        line = next;
        rows.push(SheetRow {
            number,
            cells: std::mem::take(&mut cells),
        });
    }
    rows
}

fn builder(delimiter: CsvDelimiter) -> ReaderBuilder {
    let mut builder = ReaderBuilder::new();
    builder.delimiter(delimiter.byte()).has_headers(false).flexible(true);
    builder
}

/// The separator that the first line names in the way of spreadsheets (`sep=;`), and what follows it.
fn said_delimiter(text: &str) -> Option<(CsvDelimiter, &str)> {
    let (line, rest) = text.split_once('\n')?;
    let line = line.trim_end_matches('\r');
    let line = line
        .strip_prefix('"')
        .and_then(|line| line.strip_suffix('"'))
        .unwrap_or(line);
    let said = line.strip_prefix("sep=")?.as_bytes();
    let delimiter = CsvDelimiter::ALL
        .into_iter()
        .find(|delimiter| [delimiter.byte()] == *said)?;
    Some((delimiter, rest))
}

/// The text with the line ends that are counted: each line ends with `\n` alone, the last one, too.
pub(super) fn with_line_ends(text: &str) -> String {
    let mut text = text.replace("\r\n", "\n").replace('\r', "\n");
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(text: &str) -> Vec<(u64, String)> {
        let sheet = read(&with_line_ends(text)).unwrap();
        let name = |row: SheetRow| (row.number, row.cells.get(0).unwrap_or_default().to_owned());
        sheet.rows.into_iter().map(name).collect()
    }

    #[test]
    fn cells_are_separated_by_what_makes_the_most_of_the_first_row() {
        for (text, delimiter) in [
            ("Name,Host\nA;b,c", CsvDelimiter::Comma),
            ("Name;Host;User\nA,x;b;c", CsvDelimiter::Semicolon),
            ("名前\tアドレス\nA\tb", CsvDelimiter::Tab),
            ("sep=;\r\nName;Host\r\nA;b", CsvDelimiter::Semicolon),
        ] {
            let sheet = read(&with_line_ends(text)).unwrap();
            assert_eq!((sheet.delimiter, sheet.rows.len()), (delimiter, 1), "{text}");
        }
    }

    #[test]
    fn rows_have_the_numbers_of_the_spreadsheet() {
        let rows = |numbers: &[(u64, &str)]| -> Vec<(u64, String)> {
            numbers
                .iter()
                .map(|(number, name)| (*number, (*name).to_owned()))
                .collect()
        };
        let text = "Name,Host,Channel names\r\nA,a,\"one\r\ntwo\"\r\n\r\nB,b,\r\n,,\r\nC,c,";
        assert_eq!(numbers(text), rows(&[(2, "A"), (4, "B"), (6, "C")]));
        assert_eq!(numbers("sep=,\nDevices of 2026\n\nName,Host\nA,a"), rows(&[(5, "A")]));
        assert_eq!(
            numbers("Name,Host\rA,a\rB,b"),
            rows(&[(2, "A"), (3, "B")]),
            "line ends of old"
        );
    }

    #[test]
    fn what_names_no_columns_is_no_table() {
        let fault = |text: &str| read(&with_line_ends(text)).map(|_| ()).unwrap_err();
        assert_eq!(fault(" \n"), CsvFault::Empty);
        assert_eq!(fault("A,10.0.0.1\nB,10.0.0.2"), CsvFault::NoHeader);
        assert_eq!(fault("Name,User\nA,b"), CsvFault::NoHeader, "no host");
        assert_eq!(fault("Name,Host,Address\nA,b,c"), CsvFault::Twice(CsvColumn::Host));
    }
}
