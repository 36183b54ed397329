//! Sign-ins that were refused. Recorders lock accounts: what one of them has just refused, no other entry of it and no Test
//! asks again.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, Hash as _, Hasher as _, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use device::{Credentials, Host};
use reconnect::Failure;

/// How long a refusal is the answer for streams; as long as recorders lock an account.
pub(super) const FOR_STREAMS: Duration = Duration::from_secs(30 * 60);
/// The same for a Test, which a person repeats after having mended something at the recorder.
pub(super) const FOR_TESTS: Duration = Duration::from_secs(60);

/// A number that stands for a recorder, a user and a password, in this run of the program alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Words(u64);

#[derive(Default)]
pub(super) struct Refusals {
    keys: RandomState,
    refused: Mutex<HashMap<Words, Refusal>>,
}

struct Refusal {
    recorder: u64,
    at: Instant,
    failure: Failure,
}

impl Refusals {
    pub(super) fn words(&self, host: &Host, port: u16, credentials: Option<&Credentials>) -> Words {
        let mut hasher = self.keys.build_hasher();
        (host, port).hash(&mut hasher);
        credentials
            .map(|known| (&known.user, known.password.expose()))
            .hash(&mut hasher);
        Words(hasher.finish())
    }

    /// How the recorder refused these words, if it did so less than `within` ago.
    pub(super) fn lately(&self, words: Words, within: Duration, now: Instant) -> Option<Failure> {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let found = refused.get(&words)?;
        (now.saturating_duration_since(found.at) < within).then(|| found.failure.clone())
    }

    pub(super) fn refused(&self, words: Words, recorder: u64, failure: Failure, now: Instant) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.retain(|_, old| now.saturating_duration_since(old.at) < FOR_STREAMS);
        let at = now;
        refused.insert(words, Refusal { recorder, at, failure });
    }

    pub(super) fn accepted(&self, words: Words) {
        self.refused
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&words);
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Somebody edited a device of this recorder, so that it may be asked again.
    pub(super) fn forget(&self, recorder: u64) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.retain(|_, old| old.recorder != recorder);
    }
}

/// A number that stands for a recorder.
pub(super) fn recorder_of(host: &Host, port: u16) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    (host, port).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::failure::failure;
    use device::Password;
    use reconnect::{FailureKind, Stage};

    #[test]
    fn the_same_words_at_the_same_recorder_and_no_others() {
        let refusals = Refusals::default();
        let host = |text: &str| text.parse::<Host>().unwrap();
        let words = |at: &str, port, user: &str, password| {
            let credentials = Credentials {
                user: user.to_owned(),
                password: Password::new(password),
            };
            refusals.words(&host(at), port, Some(&credentials))
        };
        let (now, recorder) = (Instant::now(), recorder_of(&host("dvr"), 554));
        let wrong = words("dvr", 554, "admin", "12345");
        refusals.refused(wrong, recorder, failure(FailureKind::Auth, Stage::Describe, "401"), now);
        assert!(
            refusals
                .lately(words("dvr", 554, "admin", "12345"), FOR_TESTS, now)
                .is_some()
        );
        for other in [
            words("dvr", 554, "admin", "12346"),
            words("dvr", 554, "viewer", "12345"),
            words("dvr", 555, "admin", "12345"),
            words("other", 554, "admin", "12345"),
            refusals.words(&host("dvr"), 554, None),
        ] {
            assert!(refusals.lately(other, FOR_STREAMS, now).is_none());
        }
        assert!(refusals.lately(wrong, FOR_TESTS, now + FOR_TESTS).is_none());
        assert!(refusals.lately(wrong, FOR_STREAMS, now + FOR_TESTS).is_some());
        refusals.forget(recorder_of(&host("dvr"), 555));
        assert!(refusals.lately(wrong, FOR_STREAMS, now).is_some());
        refusals.forget(recorder);
        assert!(refusals.lately(wrong, FOR_STREAMS, now).is_none());
    }

    #[test]
    fn what_is_old_is_not_kept() {
        let refusals = Refusals::default();
        let (host, start) = ("dvr".parse::<Host>().unwrap(), Instant::now());
        for port in 1..1_000_u16 {
            let words = refusals.words(&host, port, None);
            let now = start + Duration::from_secs(60) * port.into();
            refusals.refused(words, port.into(), failure(FailureKind::Auth, Stage::Describe, ""), now);
        }
        assert!(refusals.len() <= 30);
    }
}
