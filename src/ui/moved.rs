//! What is said of a device that answers at another address than the registered one.

use i18n_embed_fl::fl;

use super::state::{Explanation, Help};
use crate::bridge::EngineState;
use crate::i18n::Words;
use device::DeviceId;
use reconnect::{Failure, FailureKind};

/// What a tile or a panel says in place of its failure, where the device has moved, or was put elsewhere by itself and refuses there.
pub(super) fn explain(
    words: &Words,
    state: &EngineState,
    device: DeviceId,
    failure: Option<&Failure>,
) -> Option<Explanation> {
    if let Some(host) = state.moved.get(&device) {
        return Some(Explanation {
            what: fl!(words, "moved-to", address = host.to_string()),
            next: None,
            advice: Some(fl!(words, "moved-advice")),
            help: Some(Help::Move),
        });
    }
    let unconfirmed = state.registry.device(device).is_some_and(|device| device.unconfirmed);
    let refused = failure.is_some_and(|failure| failure.kind == FailureKind::Auth);
    (unconfirmed && refused).then(|| Explanation {
        what: fl!(words, "unconfirmed-what"),
        next: Some(fl!(words, "unconfirmed-next")),
        advice: Some(fl!(words, "unconfirmed-advice")),
        help: Some(Help::Move),
    })
}

/// What the button says.
pub(super) fn label(words: &Words, state: &EngineState, device: Option<DeviceId>) -> String {
    match device.and_then(|device| state.moved.get(&device)) {
        Some(host) => fl!(words, "moved-take", address = host.to_string()),
        None => fl!(words, "unconfirmed-take"),
    }
}
