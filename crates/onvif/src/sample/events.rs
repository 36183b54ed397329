//! The events of a scripted recorder, with what devices make of the book.

use std::collections::VecDeque;
use std::time::{Duration, SystemTime};

use crate::time::{iso_time, shifted};
use crate::xml::XmlTree;

/// How it tells events. The default keeps to the book.
#[derive(Clone, Debug)]
pub struct EventHabits {
    /// Each pull is answered at once with one more event.
    pub floods: bool,
    /// Each pull is answered at once, with nothing.
    pub hurries: bool,
    /// So long it says that a subscription lasts.
    pub lasts: Duration,
    /// A pull makes a subscription last.
    pub pulls_prolong: bool,
    /// Renew is a call that it knows.
    pub renews: bool,
    /// It refuses an end that is no time of day.
    pub wants_absolute: bool,
    /// What it calls a subscription: by its address, by parameters with an address of all, or by no address.
    pub names: Naming,
    /// It forgets each subscription after so many pulls.
    pub forgets_after: Option<u32>,
    /// It refuses the sign-in from this pull on.
    pub refuses_after: Option<u32>,
    /// All that it says is of its first channel.
    pub always_first: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    Address,
    Parameters,
    Nothing,
}

impl Default for EventHabits {
    fn default() -> Self {
        Self {
            floods: false,
            hurries: false,
            lasts: Duration::from_secs(600),
            pulls_prolong: true,
            renews: true,
            wants_absolute: false,
            names: Naming::Address,
            forgets_after: None,
            refuses_after: None,
            always_first: false,
        }
    }
}

/// What it knows of its subscriptions.
#[derive(Debug, Default)]
pub struct ScriptedEvents {
    pub habits: EventHabits,
    /// So many were made, and the one that lives.
    pub made: u32,
    pub lives: Option<u32>,
    waiting: VecDeque<(String, u16, bool)>,
    pulls: u32,
    flooded: u32,
    ends: Option<SystemTime>,
}

pub(super) enum EventAnswer {
    Content(String),
    Fault(&'static str, &'static str),
    Unauthorized,
    /// There is nothing to tell yet: it is to be asked again, and after this time for good.
    Waits(Duration, String),
}

impl ScriptedEvents {
    pub fn new(habits: EventHabits) -> Self {
        Self {
            habits,
            ..Self::default()
        }
    }

    /// Something happens before a camera: motion begins or ends.
    pub fn motion(&mut self, channel: u16, on: bool) {
        self.happen("tns1:RuleEngine/CellMotionDetector/Motion", channel, on);
    }

    pub fn happen(&mut self, topic: &str, channel: u16, on: bool) {
        self.waiting.push_back((topic.to_owned(), channel, on));
    }

    pub fn has_news(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// It starts anew, and knows nothing of before.
    pub fn restart(&mut self) {
        self.lives = None;
    }

    /// `now`: by its own clock; `to`: the path that was asked.
    pub(super) fn answer(&mut self, name: &str, tree: &XmlTree, to: &str, host: &str, now: SystemTime) -> EventAnswer {
        let known = || match self.habits.names {
            Naming::Address => to.split_once("sub").and_then(|(_, number)| number.parse().ok()),
            Naming::Parameters => tree.find("SubscriptionId").and_then(|id| id.text().parse().ok()),
            Naming::Nothing => self.lives,
        };
        if name == "CreatePullPointSubscriptionRequest" {
            return self.make(tree, host, now);
        }
        if self.lives.is_none() || known() != self.lives {
            return EventAnswer::Fault("ResourceUnknown", "no such subscription");
        }
        match name {
            "PullMessagesRequest" => self.pull(now),
            "SetSynchronizationPointRequest" => {
                EventAnswer::Content("<tev:SetSynchronizationPointResponse/>".to_owned())
            }
            "RenewRequest" if self.habits.renews => {
                self.ends = Some(now + self.habits.lasts);
                EventAnswer::Content(format!("<wsnt:RenewResponse>{}</wsnt:RenewResponse>", self.times(now)))
            }
            "UnsubscribeRequest" => {
                self.lives = None;
                EventAnswer::Content("<wsnt:UnsubscribeResponse/>".to_owned())
            }
            _ => EventAnswer::Fault("ActionNotSupported", "Optional Action Not Implemented"),
        }
    }

    fn make(&mut self, tree: &XmlTree, host: &str, now: SystemTime) -> EventAnswer {
        let end = tree.find("InitialTerminationTime").map_or("", |end| end.text());
        if self.habits.wants_absolute && end.starts_with('P') {
            return EventAnswer::Fault("InvalidArgVal", "UnacceptableInitialTerminationTimeFault");
        }
        if self.habits.wants_absolute && end < iso_time(now).as_str() {
            return EventAnswer::Fault("InvalidArgVal", "it has ended already");
        }
        self.made += 1;
        (self.lives, self.pulls, self.ends) = (Some(self.made), 0, Some(now + self.habits.lasts));
        let id = self.made;
        let reference = match self.habits.names {
            Naming::Address => format!("<wsa:Address>http://{host}/onvif/sub{id}</wsa:Address>"),
            Naming::Parameters => format!(
                "<wsa:Address>http://{host}/onvif/events</wsa:Address><wsa:ReferenceParameters><maker:SubscriptionId>{id}</maker:SubscriptionId>\
                 </wsa:ReferenceParameters>"
            ),
            Naming::Nothing => "<wsa:Address/>".to_owned(),
        };
        EventAnswer::Content(format!(
            "<tev:CreatePullPointSubscriptionResponse xmlns:maker=\"urn:maker\"><tev:SubscriptionReference>{reference}</tev:SubscriptionReference>{}\
             </tev:CreatePullPointSubscriptionResponse>",
            self.times(now)
        ))
    }

    fn pull(&mut self, now: SystemTime) -> EventAnswer {
        self.pulls += 1;
        if self.habits.refuses_after.is_some_and(|pulls| self.pulls > pulls) {
            return EventAnswer::Unauthorized;
        }
        if self.habits.forgets_after.is_some_and(|pulls| self.pulls > pulls) {
            self.lives = None;
            return EventAnswer::Fault("ResourceUnknown", "no such subscription");
        }
        if self.habits.pulls_prolong {
            self.ends = Some(now + self.habits.lasts);
        }
        if self.habits.floods {
            self.flooded += 1;
            self.motion(1, self.flooded.is_multiple_of(2));
        }
        let first = self.habits.always_first;
        let told = self
            .waiting
            .drain(..)
            .map(|(topic, channel, on)| message(&topic, if first { 1 } else { channel }, on, now));
        let told: String = told.collect();
        let is_empty = told.is_empty();
        let content = format!(
            "<tev:PullMessagesResponse>{}{told}</tev:PullMessagesResponse>",
            self.times(now)
        );
        match is_empty && !self.habits.hurries {
            true => EventAnswer::Waits(Duration::from_secs(60), content),
            false => EventAnswer::Content(content),
        }
    }

    fn times(&self, now: SystemTime) -> String {
        let end = self.ends.unwrap_or(now);
        format!(
            "<tev:CurrentTime>{}</tev:CurrentTime><tev:TerminationTime>{}</tev:TerminationTime>",
            iso_time(now),
            iso_time(end)
        )
    }
}

fn message(topic: &str, channel: u16, on: bool, now: SystemTime) -> String {
    format!(
        "<wsnt:NotificationMessage><wsnt:Topic>{topic}</wsnt:Topic><wsnt:Message><tt:Message UtcTime=\"{}\" PropertyOperation=\"Changed\">\
         <tt:Source><tt:SimpleItem Name=\"VideoSourceConfigurationToken\" Value=\"vs{channel}\"/></tt:Source>\
         <tt:Data><tt:SimpleItem Name=\"IsMotion\" Value=\"{on}\"/></tt:Data></tt:Message></wsnt:Message></wsnt:NotificationMessage>",
        iso_time(shifted(now, 0))
    )
}
