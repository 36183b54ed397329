//! WHAT IS WRONG with what a person typed or a table holds, in words: the same sentences in the window and on the command line.
//!
//! Belongs here: sentences for values that know no language. Does not belong here: where they are shown (`ui`, `cli`).

mod csv;
pub mod problem;

pub use csv::reason;
