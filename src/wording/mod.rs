//! WHAT IS SAID ALIKE in the window and on the command line: what is wrong with what a person typed or a table holds, what a
//! number of a preset may do, and what happened.
//!
//! Belongs here: sentences for values that know no language. Does not belong here: where they are shown (`ui`, `cli`).

mod csv;
pub mod event;
pub mod problem;
mod ptz;
pub mod site;

pub use csv::reason;
pub use ptz::service_function;
