//! What recorders wanted for a sign-in when they closed the connection. Some close after each 401, and what they wanted holds on the
//! next connection. It is in memory alone.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::refusals::SignInKey;
use rtsp::Challenge;

/// An older one is not tried: no recorder takes a nonce for so long.
const OLDEST: Duration = Duration::from_secs(24 * 3_600);
/// Sign-ins that are remembered; the oldest makes room.
const MOST: usize = 256;

/// By recorder and sign-in.
#[derive(Default)]
pub(in crate::engine) struct Challenges(Mutex<HashMap<SignInKey, (Challenge, Instant)>>);

impl Challenges {
    pub(super) fn get(&self, key: SignInKey, now: Instant) -> Option<Challenge> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (challenge, at) = kept.get(&key)?;
        (now.saturating_duration_since(*at) < OLDEST).then(|| challenge.clone())
    }

    /// Remembers what an attempt that ended leaves to the next one, or forgets what does not hold.
    pub(super) fn keep(&self, key: SignInKey, challenge: Option<Challenge>, now: Instant) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(challenge) = challenge else {
            kept.remove(&key);
            return;
        };
        if kept.len() >= MOST && !kept.contains_key(&key) {
            let oldest = kept.iter().min_by_key(|(_, (_, at))| *at).map(|(key, _)| *key);
            oldest.map(|oldest| kept.remove(&oldest));
        }
        kept.insert(key, (challenge, now));
    }

    #[cfg(test)]
    pub(in crate::engine) fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

#[cfg(test)]
mod tests {
    use super::super::refusals::Refusals;
    use super::*;
    use device::{Credentials, Password};

    fn challenge(now: Instant) -> Challenge {
        let mut session = rtsp::Session::new(
            rtsp::Request {
                secure: false,
                authority: "dvr".to_owned(),
                target: "/".to_owned(),
                credentials: Some(Credentials {
                    user: "user".to_owned(),
                    password: Password::new("password"),
                }),
                basic: true,
                user_agent: String::new(),
                audio: false,
                transport: device::MediaTransport::default(),
                challenge: None,
                habits: rtsp::Habits::default(),
                patience: rtsp::SessionPatience {
                    reply: Duration::from_secs(10),
                    media: Duration::from_secs(10),
                    longest: Duration::from_secs(10),
                },
                replay: None,
                seed: 1,
            },
            now,
        );
        session.handle_input(b"RTSP/1.0 401 No\r\nCSeq: 1\r\nWWW-Authenticate: Basic\r\n\r\n", now);
        session.handle_eof(now);
        while !matches!(session.poll_output(), rtsp::SessionOutput::Sleep { .. }) {}
        session.challenge().unwrap()
    }

    #[test]
    fn as_many_are_remembered_as_there_is_room_for_and_none_for_ever() {
        let (challenges, refusals, start) = (Challenges::default(), Refusals::default(), Instant::now());
        let host = "dvr".parse().unwrap();
        let key = |port: u16| refusals.key(&host, port, None);
        for port in 1..1_000 {
            challenges.keep(
                key(port),
                Some(challenge(start)),
                start + Duration::from_secs(port.into()),
            );
        }
        assert_eq!(challenges.len(), MOST);
        let now = start + Duration::from_secs(1_000);
        assert!(challenges.get(key(999), now).is_some() && challenges.get(key(1), now).is_none());
        assert!(challenges.get(key(999), now + OLDEST).is_none());
        challenges.keep(key(999), None, now);
        assert!(challenges.get(key(999), now).is_none());
    }
}
