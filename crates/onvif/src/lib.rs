//! HOW ONVIF IS ASKED AND READ: requests out, answers in.
//!
//! Belongs here: what devices are asked, what their answers mean, however sloppy they are, and which sign-in is sent when.
//! Does not belong here: sockets, HTTP, clocks, when to ask and whether to ask again.
//!
//! The book is the ONVIF Core, Media, Media2, PTZ and Imaging Service Specifications (<https://www.onvif.org/profiles/specifications/>); where devices
//! do something else, the place says what.

mod address;
mod enquiry;
mod envelope;
mod fault;
mod filling;
mod found_recordings;
mod identity;
mod media;
mod ptz;
mod pull_point;
mod recordings;
mod request;
#[cfg(any(test, feature = "test-support"))]
pub mod sample;
mod services;
mod sign_in;
mod time;
mod xml;

pub use address::{StreamPlace, stream_place, web_target};
pub use enquiry::{
    DEVICE_SERVICE, Enquiry, EnquiryFault, EnquiryGoal, EnquiryNext, EnquiryPlan, EnquiryResult, EnquiryStep,
};
pub use fault::{Fault, FaultKind, Lockout};
pub use filling::fill;
pub use found_recordings::{FoundRecordings, OfferedRecording, RecordingsFault};
pub use identity::{DeviceIdentity, brand_of};
pub use media::{OfferedChannel, OfferedStream};
pub use ptz::{
    DeadMan, Drive, Due, HOLD_LASTS, Lessons, Motion, Order, OrderAnswer, Preset, PresetTour, PtzOffer,
    ServiceFunction, Steering, SteeringDoing, SteeringNext, SteeringPlan, SteeringTrouble, SteeringView, TourOrder,
    Velocity,
};
pub use pull_point::{PullNext, PullPoint, PullPointPlan, PullTrouble};
pub use recordings::{Recordings, RecordingsNext, RecordingsPlan};
pub use request::{WebReply, WebRequest};
pub use sign_in::{SignInRefusal, WebSignIn, WebSignInVerdict};
pub use xml::{XmlElement, XmlError, XmlLimits, XmlTree};
