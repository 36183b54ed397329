//! LETTERS: what is said of events to somebody elsewhere, from the call to the server that has it.
//!
//! Belongs here: whose turn it is, with which password, what became of it, what the screen shows of that. What other parts have to do
//! comes out as a [`LettersEffect`]. Does not belong here: when a letter is due (`outbox`), when a server may be dialled (`reconnect`,
//! `connections`), how a mail is written (`mail`), words (the program's root says how).

mod asking;
mod carrying;
mod delivery;
mod enclosing;
mod mail;
mod news;
mod servers;
mod syslog;
#[cfg(test)]
mod tests;
mod webhook;

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use self::carrying::{Load, Told, Way};
use self::delivery::carry;
use self::news::Carried;
pub(super) use self::news::LettersNews;
use super::clock;
use super::connections::{ErrandTo, Granted};
use super::inbox::Inbox;
use super::password::PasswordQuestion;
use super::pictures::LastPictures;
use crate::bridge::{
    Clock, EngineState, FrameSlot, LetterAbout, LetterToWrite, MessengerFault, MessengerShown, NoticeKind, ShownEvent,
    Trying,
};
use device::{ChannelId, Password};
use events::{Messenger, ToldCall};
use outbox::{Delivery, DeliveryEnd, KeptOutbox, LetterText, Outbox, Phase, TroubleFacts};
use reconnect::AttemptId;
use settings::{MessengerSettings, Settings, WebAddress};

/// Puts a letter in words.
pub type LetterWriter = Arc<dyn Fn(&LetterToWrite) -> LetterText + Send + Sync>;

/// What other parts have to do.
pub(super) enum LettersEffect {
    /// What is shown of the messengers changed.
    Changed,
    /// Calls of an earlier run whose end is still to be told.
    Earlier(Vec<ToldCall>),
    /// To be written.
    Keep(Arc<KeptOutbox>),
    AskPassword(PasswordQuestion),
    /// A server is to be dialled.
    Begin(Messenger, ErrandTo),
    /// It is wanted no longer.
    End(Messenger),
    Notice(NoticeKind),
    /// What was told of this messenger is true no more.
    Withdraw(Messenger),
}

/// Questions for passwords that are ours; those of the connections count from 0.
const OWN_QUESTION: u64 = 1 << 63;

/// How long a turn is waited for, where a person waits and where nobody does.
const TURN: [Duration; 2] = [Duration::from_secs(30), Duration::from_secs(600)];

/// A file that could not be written is tried again after this time.
const AGAIN: Duration = Duration::from_secs(60);

pub(super) struct Letters {
    outbox: Outbox,
    /// `None`: this program writes to nobody.
    writer: Option<LetterWriter>,
    pictures: LastPictures,
    settings: MessengerSettings,
    /// The settings are those of a sound file: who has no server in them has none.
    knows_settings: bool,
    /// Who has a server, each with a number that changes with its server and sign-in.
    targets: BTreeMap<Messenger, u64>,
    /// What an earlier run left was read: before that, nothing is sent.
    opened: bool,
    messengers: BTreeMap<Messenger, OnTheWay>,
    questions: u64,
    /// So many were dropped, as the log of the program has it.
    dropped: u64,
    /// What was written last is not what is known.
    write_at: Option<Instant>,
    effects: VecDeque<LettersEffect>,
}

/// One messenger that has a server.
#[derive(Default)]
struct OnTheWay {
    stage: Stage,
    /// The whole address of its server, where what is asked for there is a secret.
    whole: Option<WebAddress>,
    last: Option<(Clock, Result<(), MessengerFault>)>,
    trial: Option<Trying<MessengerFault>>,
    /// Its last failure was told.
    told: bool,
}

#[derive(Default)]
enum Stage {
    #[default]
    Home,
    /// It waits for the path of its address, by this question.
    AsksPath(u64),
    /// It waits for the password of this question.
    Asks(u64),
    /// It waits for its turn until then, with what it signs in with.
    Waits { until: Instant, secret: Option<Password> },
    /// It is with its server; `tries`: somebody waits to hear whether it arrives.
    Gone { attempt: AttemptId, tries: bool },
}

impl Letters {
    pub(super) fn new(writer: Option<LetterWriter>) -> Self {
        Self {
            outbox: Outbox::default(),
            writer,
            pictures: LastPictures::default(),
            settings: MessengerSettings::default(),
            knows_settings: false,
            targets: BTreeMap::new(),
            opened: false,
            messengers: BTreeMap::new(),
            questions: 0,
            dropped: 0,
            write_at: None,
            effects: VecDeque::new(),
        }
    }

    /// Takes over what an earlier run left.
    pub(super) fn opened(&mut self, kept: KeptOutbox) {
        if self.writer.is_some() {
            self.outbox = Outbox::restore(kept);
            self.opened = true;
            self.obey_settings();
            let told = self.outbox.told().cloned().collect();
            self.effects.push_back(LettersEffect::Earlier(told));
        }
    }

    /// `known`: they are those of a sound file. Until they were, letters for servers that they do not name wait.
    pub(super) fn set_settings(&mut self, settings: &Settings, known: bool) {
        let is_known_now = known && !std::mem::replace(&mut self.knows_settings, true);
        if self.settings != settings.messengers || is_known_now {
            self.settings.clone_from(&settings.messengers);
            let wanted = self.writer.is_some() && self.settings.mail_pictures && self.settings.sends_mail();
            self.pictures.set_wanted(wanted);
            if self.opened {
                self.obey_settings();
                self.changed_on_disk();
            }
        }
    }

    fn obey_settings(&mut self) {
        let targets = servers::targets(&self.settings);
        for messenger in Messenger::ALL {
            if !targets.contains_key(messenger) && self.messengers.remove(messenger).is_some() {
                self.effects.push_back(LettersEffect::End(*messenger));
                self.effects.push_back(LettersEffect::Withdraw(*messenger));
            }
        }
        for (messenger, target) in &targets {
            if self.targets.get(messenger).is_some_and(|former| former != target) {
                // Nobody goes to the former server with what is meant for another, and what that one said is of no account.
                self.call_back(*messenger);
                self.messengers.remove(messenger);
                self.effects.push_back(LettersEffect::Withdraw(*messenger));
            }
            self.messengers.entry(*messenger).or_default();
        }
        match self.knows_settings {
            true => self.outbox.set_messengers(&targets),
            false => self.outbox.set_known_messengers(&targets),
        }
        self.targets = targets;
        self.effects.push_back(LettersEffect::Changed);
    }

    /// Has a messenger that did not get away yet wait at home until it sets out anew.
    fn call_back(&mut self, messenger: Messenger) {
        let Some(on_the_way) = self.messengers.get_mut(&messenger) else {
            return;
        };
        if matches!(
            on_the_way.stage,
            Stage::AsksPath(_) | Stage::Asks(_) | Stage::Waits { .. }
        ) {
            on_the_way.stage = Stage::Home;
            self.outbox.held_up(messenger, clock::wall_of_events());
            self.effects.push_back(LettersEffect::End(messenger));
        }
    }

    /// The next thing that another part has to do.
    pub(super) fn poll_effect(&mut self) -> Option<LettersEffect> {
        self.effects.pop_front()
    }

    pub(super) fn shown(&self) -> Arc<BTreeMap<Messenger, MessengerShown>> {
        let now = clock::wall_of_events();
        let shown = self.messengers.iter().filter_map(|(messenger, on_the_way)| {
            let view = self.outbox.view(*messenger, now)?;
            let shown = MessengerShown {
                server: servers::name(&self.settings, *messenger),
                waiting: view.waiting,
                next: view.next.map(clock::clock_of),
                stopped: view.stopped,
                last: on_the_way.last.clone(),
                trial: on_the_way.trial.clone().unwrap_or(Trying::Off),
            };
            Some((*messenger, shown))
        });
        Arc::new(shown.collect())
    }

    /// Takes the picture that is due, where mails have some; `live`: where the pictures of each camera come that shows some.
    pub(super) fn take_pictures(&mut self, now: Instant, live: impl FnOnce() -> Vec<(ChannelId, Arc<FrameSlot>)>) {
        self.pictures.tick(now, live);
    }

    /// Writes about a call.
    pub(super) fn write(
        &mut self,
        by: Messenger,
        call: u64,
        over: bool,
        about: Vec<ShownEvent>,
        state: &Arc<EngineState>,
    ) {
        let Some(writer) = self.writer.as_ref().filter(|_| self.outbox.has(by)) else {
            return;
        };
        if !over {
            let devices = about.iter().flat_map(|shown| shown.event.devices.iter().copied());
            self.pictures.hurry(&devices.collect());
        }
        let troubles = about.iter().map(|shown| TroubleFacts::of(&shown.event)).collect();
        let text = writer(&LetterToWrite {
            about: if over {
                LetterAbout::Over(about)
            } else {
                LetterAbout::Begun(about)
            },
            state: Arc::clone(state),
        });
        let now = clock::wall_of_events();
        if self.outbox.write(by, call, over, text, troubles, now) {
            self.changed_on_disk();
        }
    }

    /// Nobody is told the end of this call.
    pub(super) fn forget(&mut self, by: Messenger, call: u64) {
        if self.outbox.forget(by, call) {
            self.changed_on_disk();
        }
    }

    /// A person tries whether a letter arrives.
    pub(super) fn try_out(&mut self, messenger: Messenger, state: &Arc<EngineState>, now: Instant) {
        let Some(writer) = &self.writer else { return };
        let Some(on_the_way) = self.messengers.get_mut(&messenger) else {
            return;
        };
        let text = writer(&LetterToWrite {
            about: LetterAbout::Trial,
            state: Arc::clone(state),
        });
        on_the_way.trial = Some(Trying::UnderWay);
        if matches!(on_the_way.stage, Stage::Waits { .. }) {
            // A person does not wait for the turn of what nobody waits for.
            self.call_back(messenger);
        }
        self.outbox.try_out(messenger, text, clock::wall_of_events());
        self.changed_on_disk();
        self.tick(now);
    }

    /// The secret of a messenger was changed: what was refused may go now.
    pub(super) fn secret_changed(&mut self, messenger: Messenger) {
        self.call_back(messenger);
        self.outbox.lift(messenger);
        self.changed_on_disk();
    }

    /// To be called several times a minute.
    pub(super) fn tick(&mut self, now: Instant) {
        if !self.opened || self.messengers.is_empty() {
            return;
        }
        let wall = clock::wall_of_events();
        let dropped = self.outbox.dropped();
        if std::mem::replace(&mut self.dropped, dropped) < dropped {
            tracing::warn!(
                dropped,
                "letters that waited for too long, or were too many, are dropped"
            );
        }
        let in_vain = self
            .messengers
            .iter()
            .find_map(|(messenger, on_the_way)| match &on_the_way.stage {
                Stage::Waits { until, .. } if now >= *until => Some(*messenger),
                _ => None,
            });
        if let Some(messenger) = in_vain {
            self.effects.push_back(LettersEffect::End(messenger));
            self.came_to_nothing(messenger, MessengerFault::NoTurn);
        }
        while let Some((messenger, by_hand)) = self.outbox.due(wall) {
            self.outbox.set_out(messenger);
            self.ask(messenger, by_hand);
        }
        if self.write_at.is_some_and(|at| now >= at) {
            self.write_at = None;
            self.effects
                .push_back(LettersEffect::Keep(Arc::new(self.outbox.kept())));
        }
    }

    /// Goes with the permit that was granted.
    pub(super) fn start(
        &mut self,
        messenger: Messenger,
        granted: Granted,
        state: &Arc<EngineState>,
        inbox: mpsc::Sender<Inbox>,
    ) {
        let Some(on_the_way) = self.messengers.get_mut(&messenger) else {
            return;
        };
        let attempt = granted.attempt;
        let Stage::Waits { secret, .. } = &mut on_the_way.stage else {
            return;
        };
        let secret = secret.take();
        let whole = on_the_way.whole.take();
        let parcels = self.outbox.load(messenger, clock::wall_of_events());
        let mut letters = parcels.iter().flat_map(|parcel| &parcel.letters);
        let tries = letters.any(|letter| letter.phase == Phase::Trial);
        on_the_way.stage = Stage::Gone { attempt, tries };
        let way = match (messenger, &self.settings.webhook) {
            (Messenger::Mail, _) => Way::Mail(self.settings.clone()),
            // The permit is for the server that is set.
            (Messenger::Webhook, Some(address)) => {
                let whole = whole.filter(|whole| whole.is_same_server(address));
                Way::Webhook(whole.unwrap_or_else(|| address.clone()))
            }
            (Messenger::Webhook, None) | (Messenger::Syslog, _) => Way::Syslog,
        };
        let several = parcels
            .iter()
            .map(|parcel| parcel.letters.len())
            .find(|count| *count > 1);
        let digest = self.writer.as_ref().zip(several).map(|(writer, count)| {
            let about = LetterAbout::Digest(count);
            writer(&LetterToWrite {
                about,
                state: Arc::clone(state),
            })
            .subject
        });
        let pictures = match messenger {
            Messenger::Mail => parcels.iter().map(|parcel| self.enclosed(parcel, state)).collect(),
            Messenger::Webhook | Messenger::Syslog => Vec::new(),
        };
        let load = Load {
            way,
            pictures,
            parcels,
            digest: digest.unwrap_or_default(),
            secret,
        };
        tokio::spawn(async move {
            let told = Teller {
                attempt,
                inbox: inbox.clone(),
            };
            let carried = Box::new(carry(granted, load, &told).await);
            let done = LettersNews::Done {
                messenger,
                attempt,
                carried,
            };
            // The loop may be gone already: then the letters are sent again after the next start.
            inbox.send(Inbox::Letters(done)).await.ok();
        });
    }

    /// A messenger is back; what the machine is to be told of its attempt.
    pub(super) fn done(&mut self, messenger: Messenger, attempt: AttemptId, carried: &Carried, now: Instant) {
        let given_up = self.outbox.done(messenger, &carried.delivery, clock::wall_of_events());
        for letter in &given_up {
            tracing::warn!(id = letter.id.0, ?messenger, "a letter is given up");
        }
        let count = carried.delivery.delivered.len();
        tracing::info!(?messenger, count, fault = ?carried.fault, "letters");
        let stopped = carried.delivery.end == DeliveryEnd::Stopped;
        // What an earlier server said is of no account any more.
        let tries = match self.messengers.get(&messenger).map(|on_the_way| &on_the_way.stage) {
            Some(Stage::Gone { attempt: gone, tries }) if *gone == attempt => Some(*tries),
            _ => None,
        };
        if let Some(tries) = tries {
            self.judge(messenger, carried.fault.clone(), stopped, tries);
        }
        self.write_at = Some(now);
    }

    /// The messenger did not get away.
    fn came_to_nothing(&mut self, messenger: Messenger, fault: MessengerFault) {
        let nothing = Delivery {
            delivered: Vec::new(),
            refused: Vec::new(),
            end: DeliveryEnd::Later,
        };
        // Its trial goes with it: whoever tried sees why.
        self.outbox.load(messenger, clock::wall_of_events());
        self.outbox.done(messenger, &nothing, clock::wall_of_events());
        self.judge(messenger, Some(fault), false, true);
        self.changed_on_disk();
    }

    /// `tries`: what somebody tried was with it.
    fn judge(&mut self, messenger: Messenger, fault: Option<MessengerFault>, stopped: bool, tries: bool) {
        let server = servers::name(&self.settings, messenger);
        let Some(on_the_way) = self.messengers.get_mut(&messenger) else {
            return;
        };
        on_the_way.stage = Stage::Home;
        let result = fault.clone().map_or(Ok(()), Err);
        on_the_way.last = Some((clock::local_clock(), result));
        let is_trial = tries && on_the_way.trial == Some(Trying::UnderWay);
        if is_trial {
            on_the_way.trial = Some(fault.clone().map_or(Trying::Done, Trying::Failed));
        }
        match fault {
            None => {
                on_the_way.told = false;
                self.effects.push_back(LettersEffect::Withdraw(messenger));
            }
            // Whoever tries sees why beside the button.
            Some(fault) if !is_trial && !std::mem::replace(&mut on_the_way.told, true) => {
                self.effects
                    .push_back(LettersEffect::Notice(NoticeKind::MessengerFailed {
                        messenger,
                        server,
                        fault,
                        stopped,
                    }));
            }
            Some(_) => {}
        }
        self.effects.push_back(LettersEffect::Changed);
    }

    fn changed_on_disk(&mut self) {
        self.write_at.get_or_insert(clock::now());
        self.effects.push_back(LettersEffect::Changed);
    }

    /// Whether a messenger is with its server.
    pub(super) fn is_under_way(&self) -> bool {
        let mut stages = self.messengers.values().map(|on_the_way| &on_the_way.stage);
        stages.any(|stage| matches!(stage, Stage::Gone { .. }))
    }

    /// The file could not be written.
    pub(super) fn not_written(&mut self, now: Instant) {
        self.write_at = Some(now + AGAIN);
    }

    /// The program ends.
    pub(super) fn flush(&mut self) {
        // Before it is opened, the file holds what an earlier run left.
        if self.opened && self.write_at.take().is_some() {
            self.effects
                .push_back(LettersEffect::Keep(Arc::new(self.outbox.kept())));
        }
    }
}

struct Teller {
    attempt: AttemptId,
    inbox: mpsc::Sender<Inbox>,
}

impl Told for Teller {
    fn connected(&self, address: IpAddr) {
        let attempt = self.attempt;
        self.inbox
            .try_send(Inbox::Letters(LettersNews::Connected { attempt, address }))
            .ok();
    }

    fn waits(&self) {
        let attempt = self.attempt;
        self.inbox.try_send(Inbox::Letters(LettersNews::Waits { attempt })).ok();
    }

    fn answered(&self) {
        let attempt = self.attempt;
        self.inbox
            .try_send(Inbox::Letters(LettersNews::Answered { attempt }))
            .ok();
    }
}

#[cfg(test)]
impl Letters {
    /// Letters that wait.
    pub(super) fn len(&self) -> usize {
        self.outbox.len()
    }
}
