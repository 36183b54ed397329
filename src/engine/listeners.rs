//! Listens to what arrives by itself: link changes, neighbours, devices that say Hello.

use std::time::Duration;

use tokio::sync::mpsc;

use super::inbox::Inbox;
use crate::net::NetworkEvent;

/// How long after it ended what listens to the network is started again.
const LISTEN_AGAIN: Duration = Duration::from_secs(5);

pub(super) fn start(inbox: &mpsc::Sender<Inbox>) {
    tokio::spawn(watch_the_network(inbox.clone()));
    tokio::spawn(hear_hello(inbox.clone()));
}

/// Passes on what the system says of the network. Hints may be dropped when the loop is busy; whether there is a network may not.
async fn watch_the_network(inbox: mpsc::Sender<Inbox>) {
    let (state, mut states) = tokio::sync::watch::channel(None);
    let forward = async {
        while states.changed().await.is_ok() {
            let event = *states.borrow_and_update();
            if let Some(event) = event
                && inbox.send(Inbox::Network(event)).await.is_err()
            {
                return;
            }
        }
    };
    let listen = async {
        loop {
            let tell = |event| match event {
                NetworkEvent::Neighbour(_) => drop(inbox.try_send(Inbox::Network(event))),
                NetworkEvent::Down | NetworkEvent::Up | NetworkEvent::Changed => {
                    state.send_replace(Some(event));
                }
            };
            if let Err(error) = crate::net::monitor(tell).await {
                tracing::warn!(error, "the system does not report network changes");
            }
            // Not knowing is no reason to be silent.
            state.send_replace(Some(NetworkEvent::Up));
            tokio::time::sleep(LISTEN_AGAIN).await;
        }
    };
    tokio::select! {
        () = forward => {}
        () = listen => {}
    }
}

/// Listens for devices that say Hello. Without a network there is no group to join, so that a program which was started with the
/// session, before its network, asks again.
async fn hear_hello(inbox: mpsc::Sender<Inbox>) {
    let mut said = false;
    loop {
        let heard = |ip, said: &[u8]| {
            inbox.try_send(Inbox::Hello(ip, discovery::read_answers(said, ip))).ok();
        };
        if let Err(error) = crate::net::listen_for_hello(heard).await
            && !std::mem::replace(&mut said, true)
        {
            tracing::info!(%error, "no listening for WS-Discovery Hello");
        }
        tokio::time::sleep(LISTEN_AGAIN).await;
    }
}
