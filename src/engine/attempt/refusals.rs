//! Sign-ins that were refused. Recorders lock accounts: what one of them has just refused, no other entry of it and no Test
//! asks again.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, Hash as _, Hasher as _, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::super::clock;
use crate::bridge::Clock;
use device::{Credentials, Host};
use reconnect::Failure;

/// How long a refusal is the answer for streams; as long as recorders lock an account.
pub(in crate::engine) const FOR_STREAMS: Duration = Duration::from_secs(30 * 60);
/// The same for a Test, which a person repeats after having mended something at the recorder.
pub(in crate::engine) const FOR_TESTS: Duration = Duration::from_secs(60);

/// A number that stands for a recorder, a user and a password, in this run of the program alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::engine) struct SignInKey(u64);

#[derive(Default)]
pub(in crate::engine) struct Refusals {
    keys: RandomState,
    refused: Mutex<HashMap<SignInKey, TransportRefusal>>,
}

struct TransportRefusal {
    recorder: u64,
    at: Instant,
    clock: Clock,
    failure: Failure,
}

impl Refusals {
    pub(in crate::engine) fn key(&self, host: &Host, port: u16, credentials: Option<&Credentials>) -> SignInKey {
        let mut hasher = self.keys.build_hasher();
        (host, port).hash(&mut hasher);
        credentials
            .map(|known| (&known.user, known.password.expose()))
            .hash(&mut hasher);
        SignInKey(hasher.finish())
    }

    /// How the recorder refused this sign-in, if it did so less than `within` ago, and at what time of day.
    pub(in crate::engine) fn lately(&self, key: SignInKey, within: Duration, now: Instant) -> Option<(Failure, Clock)> {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let found = refused.get(&key)?;
        (now.saturating_duration_since(found.at) < within).then(|| (found.failure.clone(), found.clock))
    }

    pub(in crate::engine) fn refused(&self, key: SignInKey, recorder: u64, failure: Failure, now: Instant) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.retain(|_, old| now.saturating_duration_since(old.at) < FOR_STREAMS);
        let refusal = TransportRefusal {
            recorder,
            at: now,
            clock: clock::local_clock(),
            failure,
        };
        refused.insert(key, refusal);
    }

    pub(in crate::engine) fn accepted(&self, key: SignInKey) {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
    }

    #[cfg(test)]
    pub(in crate::engine) fn len(&self) -> usize {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Somebody edited a device of this recorder, so that it may be asked again.
    pub(in crate::engine) fn forget(&self, recorder: u64) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.retain(|_, old| old.recorder != recorder);
    }
}

/// A number that stands for a recorder.
pub(in crate::engine) fn recorder_of(host: &Host, port: u16) -> u64 {
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
    fn the_same_sign_in_at_the_same_recorder_and_no_other() {
        let refusals = Refusals::default();
        let host = |text: &str| text.parse::<Host>().unwrap();
        let key = |at: &str, port, user: &str, password| {
            let credentials = Credentials {
                user: user.to_owned(),
                password: Password::new(password),
            };
            refusals.key(&host(at), port, Some(&credentials))
        };
        let (now, recorder) = (Instant::now(), recorder_of(&host("dvr"), 554));
        let wrong = key("dvr", 554, "admin", "12345");
        refusals.refused(wrong, recorder, failure(FailureKind::Auth, Stage::Describe, "401"), now);
        assert!(
            refusals
                .lately(key("dvr", 554, "admin", "12345"), FOR_TESTS, now)
                .is_some()
        );
        for other in [
            key("dvr", 554, "admin", "12346"),
            key("dvr", 554, "viewer", "12345"),
            key("dvr", 555, "admin", "12345"),
            key("other", 554, "admin", "12345"),
            refusals.key(&host("dvr"), 554, None),
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
            let key = refusals.key(&host, port, None);
            let now = start + Duration::from_secs(60) * port.into();
            refusals.refused(key, port.into(), failure(FailureKind::Auth, Stage::Describe, ""), now);
        }
        assert!(refusals.len() <= 30);
    }
}
