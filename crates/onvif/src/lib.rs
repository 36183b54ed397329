//! HOW ONVIF IS ASKED AND READ: requests out, answers in.
//!
//! Belongs here: what devices are asked, and what their answers mean, however sloppy they are. Does not belong here: sockets, HTTP,
//! clocks, when to ask and whether to ask again.

mod xml;

pub use xml::{XmlElement, XmlError, XmlLimits, XmlTree};
