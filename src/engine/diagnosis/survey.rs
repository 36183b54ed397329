//! What is found out before an attempt, and costs no packet to the device: its addresses, whether they may be dialled, the way there.

use std::net::IpAddr;
use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::sync::mpsc;

use super::super::failure::failure;
use super::super::inbox::Inbox;
use super::news::DiagnosisNews;
use crate::bridge::TraceId;
use crate::net::{self, Policy};
use device::Host;
use reconnect::{Failure, FailureKind, Stage};

pub(super) async fn survey(
    id: TraceId,
    host: Host,
    port: u16,
    policy: Arc<ArcSwap<Policy>>,
    inbox: mpsc::Sender<Inbox>,
) {
    let tell = |news| inbox.send(Inbox::Diagnosis(id, news));
    let found = net::addresses_of(&host, port).await;
    let found = found.map_err(|text| failure(FailureKind::Unreachable, Stage::Resolve, text));
    let addresses = found.clone().unwrap_or_default();
    tell(DiagnosisNews::Named(found)).await.ok();
    let Some(first) = addresses.first().copied() else {
        return;
    };
    let (allowed, internal_only) = {
        let policy = policy.load();
        let allowed: Vec<IpAddr> = addresses.into_iter().filter(|ip| policy.allows(*ip)).collect();
        (allowed, policy.internal_only)
    };
    let dialled = allowed.first().copied();
    let allowed = dialled.map(|_| allowed).ok_or_else(|| Failure::forbidden(first));
    tell(DiagnosisNews::Allowed(allowed, internal_only)).await.ok();
    if let Some(dialled) = dialled {
        tell(DiagnosisNews::Way(net::way_to(dialled).await)).await.ok();
    }
}

pub(super) async fn look_again(id: TraceId, ip: IpAddr, inbox: mpsc::Sender<Inbox>) {
    let way = net::way_to(ip).await;
    inbox
        .send(Inbox::Diagnosis(id, DiagnosisNews::WayAgain(way)))
        .await
        .ok();
}
