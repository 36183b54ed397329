//! What numbers of presets may do that are no places.

use i18n_embed_fl::fl;

use crate::i18n::Words;
use onvif::ServiceFunction;

/// What a number may do that is no place.
pub fn service_function(words: &Words, service: ServiceFunction) -> String {
    match service {
        ServiceFunction::Limits => fl!(words, "steer-service-limits"),
        ServiceFunction::Reboot => fl!(words, "steer-service-reboot"),
        ServiceFunction::Menu => fl!(words, "steer-service-menu"),
        ServiceFunction::StopScan => fl!(words, "steer-service-stop-scan"),
        ServiceFunction::Scan => fl!(words, "steer-service-scan"),
        ServiceFunction::Other => fl!(words, "steer-service-other"),
    }
}
