use tokio::sync::mpsc;

use super::super::connections::Granted;
use super::super::failure::of_dial;
use super::super::inbox::Inbox;
use crate::net;

/// Connects once with this permit, and hangs up; the loop hears what came of it.
pub(in crate::engine) fn knock(granted: Granted, inbox: mpsc::Sender<Inbox>) {
    let attempt = granted.attempt;
    tokio::spawn(async move {
        let mut counted = granted.counted;
        counted.wait().await;
        let dialled = net::dial(granted.permit, &granted.target, |_step| {}).await;
        let result = match dialled {
            Ok(dialled) => Ok(dialled.peer.ip()),
            Err(error) => Err((error.address.map(|address| address.ip()), of_dial(&error))),
        };
        // The loop may be gone already: then nobody needs to know.
        inbox.send(Inbox::Knocked(attempt, result)).await.ok();
    });
}
