//! One connection to the server of a messenger: dialled with its permit, used for all letters that are due, and closed.

use std::net::IpAddr;
use std::pin::pin;
use std::time::Duration;

use super::super::connections::Granted;
use super::super::failure::{failure, of_dial};
use super::carrying::{Carrying, Load, Told, Way, of_reason};
use super::news::Carried;
use super::{mail, syslog, webhook};
use crate::bridge::MessengerFault;
use crate::net::{self, Dialled, Target};
use outbox::{Delivery, DeliveryEnd};
use reconnect::{Failure, FailureKind, Stage};

/// After this time an attempt counts as failed until its server speaks, as one at a recorder does.
const SLOW: Duration = Duration::from_secs(5);

pub(super) async fn carry<T: Told>(granted: Granted, load: Load, told: &T) -> Carried {
    let Granted {
        permit,
        target,
        mut counted,
        ..
    } = granted;
    let mut carrying = Carrying {
        told,
        delivered: Vec::new(),
        refused: Vec::new(),
        refusal: None,
        has_answered: false,
    };
    counted.wait().await;
    let dialled = match net::dial(permit, &target, |_step| {}).await {
        Ok(dialled) => dialled,
        Err(error) => {
            let failure = Some((error.address.map(|address| address.ip()), of_dial(&error)));
            return ended(carrying, Some(of_reason(&error)), failure);
        }
    };
    let peer = dialled.peer.ip();
    told.connected(peer);
    let result = {
        let mut speaking = pin!(speak(&mut carrying, dialled, &target, &load));
        match tokio::time::timeout(SLOW, &mut speaking).await {
            Ok(result) => result,
            Err(_elapsed) => {
                told.waits();
                speaking.await
            }
        }
    };
    let fault = result.err();
    let failure = fault.as_ref().filter(|_| !carrying.has_answered).map(|fault| {
        let kind = match fault {
            MessengerFault::Silent => FailureKind::Timeout,
            MessengerFault::Untrusted(_) => FailureKind::Tls,
            _ => FailureKind::Protocol,
        };
        (Some(peer), failure(kind, Stage::Describe, format!("{fault:?}")))
    });
    ended(carrying, fault, failure)
}

async fn speak<T: Told>(
    carrying: &mut Carrying<'_, T>,
    dialled: Dialled,
    target: &Target,
    load: &Load,
) -> Result<(), MessengerFault> {
    match &load.way {
        Way::Mail(settings) => mail::give(carrying, dialled, target, settings, load).await,
        Way::Webhook(address) => webhook::give(carrying, dialled.stream, address, load).await,
        Way::Syslog => syslog::give(carrying, dialled.stream, load).await,
    }
}

fn ended<T>(
    carrying: Carrying<'_, T>,
    fault: Option<MessengerFault>,
    failure: Option<(Option<IpAddr>, Failure)>,
) -> Carried {
    let end = match &fault {
        None => DeliveryEnd::Done,
        Some(fault) if waits_for_a_person(fault) => DeliveryEnd::Stopped,
        Some(_) => DeliveryEnd::Later,
    };
    Carried {
        delivery: Delivery {
            delivered: carrying.delivered,
            refused: carrying.refused,
            end,
        },
        fault: fault.or(carrying.refusal),
        failure,
    }
}

/// What another try would end the same way, and cost: servers lock accounts.
fn waits_for_a_person(fault: &MessengerFault) -> bool {
    matches!(
        fault,
        MessengerFault::SignIn(_) | MessengerFault::NoSignIn | MessengerFault::InClear | MessengerFault::Unwritten(_)
    )
}
