//! Devices that no tile shows are asked now and then whether they are there: one connect, one small request, nobody signs in.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use super::super::connections::{GrantedQuestion, QuestionId};
use super::super::failure::{failure, of_dial};
use super::super::inbox::Inbox;
use super::check_news::CheckNews;
use crate::net;
use device::{Carrier, DeviceId};
use reconnect::{Failure, FailureKind, Stage};

/// A device is asked first when nobody has watched it for so long, so that a restart costs no connect.
const FIRST: Duration = Duration::from_secs(60);

/// From one device to the next.
const NEXT: Duration = Duration::from_secs(2);

/// How long a permit is waited for: others go first.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long the answer may take.
const ANSWER: Duration = Duration::from_secs(10);

/// What recorders answer without a sign-in (RFC 2326 §10.1).
const OPTIONS: &[u8] = b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n";

#[derive(Default)]
pub(super) struct Checks {
    due: BTreeMap<DeviceId, Instant>,
    asked: Option<Asked>,
    rests_until: Option<Instant>,
}

struct Asked {
    device: DeviceId,
    question: Option<QuestionId>,
    since: Instant,
    task: Option<AbortHandle>,
}

impl Drop for Asked {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

impl Checks {
    /// These are not watched now; `every`: from one question to the next.
    pub(super) fn set(&mut self, unwatched: &BTreeSet<DeviceId>, now: Instant) {
        self.due.retain(|device, _| unwatched.contains(device));
        for device in unwatched {
            self.due.entry(*device).or_insert(now + FIRST);
        }
    }

    /// Who is to be asked now, if anybody is.
    pub(super) fn due(&mut self, every: Duration, now: Instant) -> Option<DeviceId> {
        if self.asked.is_some() || self.rests_until.is_some_and(|until| now < until) {
            return None;
        }
        let (device, due) = self.due.iter_mut().find(|(_, due)| **due <= now)?;
        *due = now + every;
        self.asked = Some(Asked {
            device: *device,
            question: None,
            since: now,
            task: None,
        });
        Some(*device)
    }

    pub(super) fn begun(&mut self, question: Option<QuestionId>) {
        match (&mut self.asked, question) {
            (Some(asked), Some(question)) => asked.question = Some(question),
            _ => self.asked = None,
        }
    }

    pub(super) fn owns(&self, question: QuestionId) -> bool {
        self.asked
            .as_ref()
            .is_some_and(|asked| asked.question == Some(question))
    }

    pub(super) fn start(&mut self, granted: GrantedQuestion, inbox: mpsc::Sender<Inbox>) {
        let Some(asked) = self.asked.as_mut() else { return };
        let (question, attempt) = (granted.question, granted.attempt);
        let asking = tokio::spawn(async move {
            let result = ask(granted).await;
            let news = CheckNews {
                question,
                attempt,
                result,
            };
            // The loop may be gone already: then nobody needs to know.
            inbox.send(Inbox::Checked(Box::new(news))).await.ok();
        });
        asked.task = Some(asking.abort_handle());
    }

    /// The same is asked once more, by another road of the device.
    pub(super) fn again(&mut self, question: QuestionId, now: Instant) {
        if let Some(asked) = self.asked.as_mut().filter(|asked| asked.question == Some(question)) {
            (asked.task, asked.since) = (None, now);
        }
    }

    /// The question is over; of which device it was.
    pub(super) fn ended(&mut self, question: QuestionId, now: Instant) -> Option<DeviceId> {
        let asked = self.asked.take_if(|asked| asked.question == Some(question))?;
        self.rests_until = Some(now + NEXT);
        Some(asked.device)
    }

    /// One that waits for its permit for too long is let go.
    pub(super) fn give_up(&mut self, now: Instant) -> Option<QuestionId> {
        let waits = |asked: &mut Asked| asked.task.is_none() && now.saturating_duration_since(asked.since) >= PATIENCE;
        let asked = self.asked.take_if(waits)?;
        self.rests_until = Some(now + NEXT);
        asked.question
    }
}

/// Connects with the permit and asks once. In TLS the connect is the answer: a handshake would have a certificate remembered.
async fn ask(granted: GrantedQuestion) -> Result<IpAddr, (Option<IpAddr>, Failure)> {
    let mut counted = granted.counted;
    counted.wait().await;
    let speaks = granted.asks_rtsp;
    let dialled = net::dial(granted.permit, &granted.target, |_step| {}).await;
    let dialled = dialled.map_err(|error| (error.address.map(|address| address.ip()), of_dial(&error)))?;
    let peer = dialled.peer.ip();
    if speaks != Carrier::Rtsp {
        return Ok(peer);
    }
    let mut stream = dialled.stream;
    let mut answer = [0; 5];
    let asking = async {
        stream.write_all(OPTIONS).await?;
        stream.read_exact(&mut answer).await
    };
    let said = match tokio::time::timeout(ANSWER, asking).await {
        Err(_elapsed) => Err(failure(FailureKind::Timeout, Stage::Describe, "")),
        Ok(Err(error)) => Err(failure(FailureKind::Protocol, Stage::Describe, error.to_string())),
        Ok(Ok(_)) if &answer == b"RTSP/" => Ok(peer),
        Ok(Ok(_)) => Err(failure(FailureKind::Protocol, Stage::Describe, "it answers no RTSP")),
    };
    said.map_err(|failure| (Some(peer), failure))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn each_device_is_asked_in_its_turn_and_as_often_as_is_set() {
        let start = Instant::now();
        let mut checks = Checks::default();
        let devices: BTreeSet<DeviceId> = (1..=3).map(DeviceId).collect();
        let mut asked: Vec<(u64, u32)> = Vec::new();
        for second in 0..1_300 {
            let now = start + SECOND * second;
            checks.set(&devices, now);
            if let Some(device) = checks.due(600 * SECOND, now) {
                asked.push((device.0, second));
                checks.begun(None);
                checks.rests_until = Some(now + NEXT);
            }
        }
        assert_eq!(
            asked,
            [
                (1, 60),
                (2, 62),
                (3, 64),
                (1, 660),
                (2, 662),
                (3, 664),
                (1, 1_260),
                (2, 1_262),
                (3, 1_264)
            ]
        );
        checks.set(&BTreeSet::new(), start + SECOND * 2_000);
        assert_eq!(checks.due(SECOND, start + SECOND * 4_000), None, "all are watched");
    }
}
