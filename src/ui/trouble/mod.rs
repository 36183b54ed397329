//! What fails together is said once: where on the page, and in which words. Pure; `ui::trouble_panel` and `ui::trouble_line` paint it.

mod place;
mod says;

pub use crate::trouble::{Answer, Cause, Next, Scope, Trouble, find};
pub use place::{Place, places};
pub use says::{Said, line, offers_retry, said, short};
