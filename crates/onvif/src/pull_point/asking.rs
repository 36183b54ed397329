//! What is asked, as it is written.

use std::time::{Instant, SystemTime};

use super::{Asked, End, PULL_LASTS, PullNext, PullPoint, Step};
use crate::envelope::{Addressing, Call, Service};
use crate::time::{iso_time, shifted};

impl PullPoint {
    pub(super) fn ask(&mut self, asked: Asked, now: Instant, wall: SystemTime) -> PullNext {
        (self.asked, self.asked_at) = (Some(asked), Some(now));
        let (service, name, content) = self.written(asked, wall);
        let of_subscription = self
            .subscription
            .as_ref()
            .filter(|_| asked != Asked::Opening && asked != Asked::Make);
        let bare = Addressing::default();
        let addressing = match (asked, of_subscription) {
            (Asked::Opening, _) => None,
            (_, Some(subscription)) => Some(&subscription.reference.addressing),
            (_, None) => Some(&bare),
        };
        let target = of_subscription.and_then(|subscription| subscription.reference.target.as_deref());
        let target = target.or_else(|| {
            self.services.path(match service {
                Service::Subscription => Service::Events,
                service => service,
            })
        });
        let target = target.unwrap_or(&self.path).to_owned();
        let is_open = asked == Asked::Opening && !matches!(self.step, Step::Cameras(_));
        let call = Call {
            service,
            name,
            content: &content,
            addressing,
        };
        let signature = self.sign_in.sign(call, &target, is_open, wall);
        PullNext::Ask(Box::new(signature.request(call, target)))
    }

    fn written(&self, asked: Asked, wall: SystemTime) -> (Service, &'static str, String) {
        let none = String::new;
        match (asked, self.step) {
            (Asked::Opening, Step::Services) => {
                let content = "<p:IncludeCapability>false</p:IncludeCapability>".to_owned();
                (Service::Device, "GetServices", content)
            }
            (Asked::Opening, Step::Capabilities) => (
                Service::Device,
                "GetCapabilities",
                "<p:Category>All</p:Category>".to_owned(),
            ),
            (Asked::Opening, Step::Cameras(Service::Media2)) => {
                (Service::Media2, "GetProfiles", "<p:Type>All</p:Type>".to_owned())
            }
            (Asked::Opening, Step::Cameras(service)) => (service, "GetProfiles", none()),
            (Asked::Opening, _) => (Service::Device, "GetSystemDateAndTime", none()),
            (Asked::Make, _) => {
                let end = self.end_of(wall);
                let content = end.map(|end| format!("<p:InitialTerminationTime>{end}</p:InitialTerminationTime>"));
                (
                    Service::Events,
                    "CreatePullPointSubscription",
                    content.unwrap_or_default(),
                )
            }
            (Asked::Synchronise, _) => (Service::Events, "SetSynchronizationPoint", none()),
            (Asked::Pull, _) => {
                let content = format!(
                    "<p:Timeout>PT{}S</p:Timeout><p:MessageLimit>100</p:MessageLimit>",
                    PULL_LASTS.as_secs()
                );
                (Service::Events, "PullMessages", content)
            }
            (Asked::Renew, _) => {
                let end = match self.end {
                    End::Absolute => iso_time(self.later(wall)),
                    End::Relative | End::Unsaid => "PT10M".to_owned(),
                };
                (
                    Service::Subscription,
                    "Renew",
                    format!("<p:TerminationTime>{end}</p:TerminationTime>"),
                )
            }
            (Asked::Unsubscribe, _) => (Service::Subscription, "Unsubscribe", none()),
        }
    }

    fn end_of(&self, wall: SystemTime) -> Option<String> {
        match self.end {
            End::Relative => Some("PT10M".to_owned()),
            End::Absolute => Some(iso_time(self.later(wall))),
            End::Unsaid => None,
        }
    }

    /// In ten minutes, by the clock of the device.
    fn later(&self, wall: SystemTime) -> SystemTime {
        shifted(wall, self.sign_in.clock().unwrap_or(0).saturating_add(600))
    }
}
