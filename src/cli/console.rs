//! The standard streams of a command, and how its errors are printed.

use std::io::{self, Read, Write};

use super::exit::Exit;
use crate::store::{Loaded, WriteError};
use device::Password;

/// The standard streams of a command.
pub(super) struct Console<'a> {
    pub input: &'a mut dyn Read,
    pub out: &'a mut dyn Write,
    pub complaints: &'a mut dyn Write,
}

/// Why a command failed. The text is printed to standard error.
pub(super) enum CliError {
    Input(String),
    Failed(String),
}

impl Console<'_> {
    pub(super) fn end(&mut self, result: Result<(), CliError>) -> Exit {
        let (message, exit) = match result {
            Ok(()) => return Exit::Done,
            Err(CliError::Input(message)) => (message, Exit::BadInput),
            Err(CliError::Failed(message)) => (message, Exit::Failed),
        };
        for line in message.lines() {
            self.complain(line);
        }
        exit
    }

    pub(super) fn complain(&mut self, line: &str) {
        let _ = writeln!(self.complaints, "monomi: {line}");
    }

    /// Prints to standard output. A closed pipe is no error, because the reader has read enough.
    pub(super) fn print(&mut self, text: &str) -> Result<(), CliError> {
        match self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(CliError::Failed(error.to_string())),
            _ => Ok(()),
        }
    }
}

/// The value of a file, or the reason why the system does not give it. What else is wrong with the file is printed.
pub(super) fn value_of<T>(loaded: Loaded<T>, console: &mut Console<'_>) -> Result<T, CliError> {
    if let Some(refusal) = loaded.refusal() {
        return Err(CliError::Failed(refusal));
    }
    for problem in &loaded.problems {
        console.complain(&problem.to_string());
    }
    Ok(loaded.value)
}

impl From<WriteError> for CliError {
    fn from(error: WriteError) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Reads a password: all of standard input without the line end that an editor or `echo` leaves. `option` is named in
/// errors.
pub(super) fn read_password(console: &mut Console<'_>, option: &str) -> Result<Password, CliError> {
    const MOST: u64 = 64 * 1024;
    let mut text = String::new();
    console
        .input
        .take(MOST)
        .read_to_string(&mut text)
        .map_err(|error| CliError::Input(format!("{option}: {error}")))?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    Ok(Password::new(line.strip_suffix('\r').unwrap_or(line)))
}

/// How many columns of a terminal a text takes: two for each character that East Asian terminals show wide (Unicode Standard Annex 11,
/// the ranges of kana, Hangul, ideographs and full-width forms), none for a mark on the character before it.
fn display_width(text: &str) -> usize {
    let width = |c: char| match c {
        '\u{300}'..='\u{36F}' | '\u{3099}' | '\u{309A}' | '\u{200B}'..='\u{200D}' | '\u{FE00}'..='\u{FE0F}' => 0,
        '\u{1100}'..='\u{115F}'
        | '\u{2E80}'..='\u{303E}'
        | '\u{3041}'..='\u{A4CF}'
        | '\u{AC00}'..='\u{D7A3}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{FE30}'..='\u{FE6F}'
        | '\u{FF00}'..='\u{FF60}'
        | '\u{FFE0}'..='\u{FFE6}'
        | '\u{1F300}'..='\u{1FAFF}'
        | '\u{20000}'..='\u{3FFFD}' => 2,
        _ => 1,
    };
    text.chars().map(width).sum()
}

/// The rows as text, in columns two spaces apart.
pub(super) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| display_width(cell))
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let line: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell}{}", " ".repeat(width.saturating_sub(display_width(cell)))))
            .collect();
        text.push_str(line.join("  ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_each_other_whatever_the_script() {
        let rows = [["名前", "HOST"], ["DVR 1", "a"], ["東京 DVR", "b"]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(table(&rows), "名前      HOST\nDVR 1     a\n東京 DVR  b\n");
    }
}
