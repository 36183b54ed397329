//! The devices that are made of what was found: each is asked for its channels, and is added whole or not at all.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use i18n_embed_fl::fl;
use zeroize::Zeroizing;

use super::row_words;
use crate::bridge::{Command, EngineHandle, EngineState, EnquiryId, EnquiryRequest, EnquiryState, FoundRow};
use crate::i18n::Words;
use crate::wording::problem;
use ::onvif::{EnquiryFault, EnquiryResult, brand_of, fill};
use device::{BrandId, Brands, DeviceEdit, Draft, Identity, OnvifPlace, Password, PasswordEdit, Registry};
use discovery::FoundId;
use reconnect::FailureKind;

/// So many are asked at once; the governor lets a few of them connect.
const AT_ONCE: usize = 16;

/// The engine has registered a device by then, or does not.
const SAVES: Duration = Duration::from_secs(5);

/// What is typed once for all.
pub(super) struct NewDevices {
    pub site: String,
    pub user: String,
    pub password: Zeroizing<String>,
    /// How many channels a recorder has that does not tell.
    pub channels: String,
    /// The preset of one that says nothing of its maker.
    pub brand: Option<BrandId>,
}

/// What is said of a row in place of what it is to the registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RowSaid {
    pub text: String,
    pub tone: RowTone,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowTone {
    UnderWay,
    Added,
    NotAdded,
}

/// One that the engine was given, at this moment; what is said of it once it is registered.
struct SavedRow {
    row: FoundId,
    edit: DeviceEdit,
    since: Instant,
    said: RowSaid,
}

/// Devices that are being added.
pub(super) struct Adding {
    new: NewDevices,
    /// All that is added now can be undone in one step.
    run: u64,
    queue: VecDeque<FoundRow>,
    asked: BTreeMap<EnquiryId, (FoundRow, OnvifPlace)>,
    /// Given to the engine, and not in its registry yet.
    saved: Vec<SavedRow>,
    all: usize,
}

impl Adding {
    /// Begins with what may be asked; of the others it is said why not.
    pub(super) fn begin<'r>(
        new: NewDevices,
        rows: impl Iterator<Item = &'r FoundRow>,
        state: &EngineState,
        brands: &Brands,
        words: &Words,
    ) -> (Self, BTreeMap<FoundId, RowSaid>) {
        let mut adding = Self {
            new,
            run: fastrand::u64(..),
            queue: VecDeque::new(),
            asked: BTreeMap::new(),
            saved: Vec::new(),
            all: 0,
        };
        let mut said = BTreeMap::new();
        for row in rows {
            // What was typed wrong is said before anybody is asked.
            match adding
                .new
                .preset(row, None, &state.registry, brands)
                .parse(&state.registry, brands, None)
            {
                Ok(_) => {
                    said.insert(row.id, under_way(fl!(words, "find-row-waiting")));
                    adding.queue.push_back(row.clone());
                }
                Err(errors) => {
                    let reasons: Vec<String> = errors.iter().map(|error| problem::sentence(words, error)).collect();
                    said.insert(row.id, not_added(words, &words.list(&reasons)));
                }
            }
        }
        adding.all = adding.queue.len();
        (adding, said)
    }

    /// How many are done, and how many there are.
    pub(super) fn progress(&self) -> (usize, usize) {
        (
            self.all - self.queue.len() - self.asked.len() - self.saved.len(),
            self.all,
        )
    }

    pub(super) fn is_over(&self) -> bool {
        self.queue.is_empty() && self.asked.is_empty() && self.saved.is_empty()
    }

    /// Asks the next ones, and adds those that have answered.
    pub(super) fn go_on(
        &mut self,
        state: &EngineState,
        (brands, words): (&Brands, &Words),
        engine: &EngineHandle,
        said: &mut BTreeMap<FoundId, RowSaid>,
    ) {
        self.see_saved(state, words, said);
        let ended = |id: &EnquiryId| {
            let status = state.enquiries.get(id)?;
            Some((*id, status))
        };
        let known: Vec<_> = self.asked.keys().filter_map(ended).collect();
        let mut edits = Vec::new();
        let mut after: Option<Registry> = None;
        for (id, status) in known {
            let Some((row, place)) = self.asked.get(&id).cloned() else {
                continue;
            };
            if let Some(text) = row_words::under_way(words, &status.state, state.now) {
                said.insert(row.id, under_way(text));
                continue;
            }
            let after = after.get_or_insert_with(|| self.registry_with(&state.registry));
            match self.ended(&row, &place, &status.state, after, brands, words) {
                Err(why) => drop(said.insert(row.id, why)),
                Ok((edit, said)) => {
                    edits.push(edit.clone());
                    let (row, since) = (row.id, state.now);
                    self.saved.push(SavedRow { row, edit, since, said });
                }
            }
            self.asked.remove(&id);
            engine.send(Command::CancelEnquiry(id));
        }
        if !edits.is_empty() {
            engine.send(Command::AddDevices { edits, run: self.run });
        }
        while self.asked.len() < AT_ONCE
            && let Some(row) = self.queue.pop_front()
        {
            let draft = self.new.preset(&row, None, &state.registry, brands);
            let Ok(edit) = draft.parse(&state.registry, brands, None) else {
                continue;
            };
            let id = EnquiryId(fastrand::u64(..));
            let place = row.place.clone().unwrap_or_default();
            engine.send(Command::Enquire(Box::new(EnquiryRequest {
                id,
                edit,
                place: place.clone(),
            })));
            self.asked.insert(id, (row, place));
        }
    }

    /// Asks nobody any more. Who has not answered is not added.
    pub(super) fn cancel(self, words: &Words, engine: &EngineHandle, said: &mut BTreeMap<FoundId, RowSaid>) {
        for id in self.asked.keys() {
            engine.send(Command::CancelEnquiry(*id));
        }
        let rows = self.asked.into_values().map(|(row, _)| row).chain(self.queue);
        for row in rows {
            said.insert(row.id, not_added(words, &fl!(words, "find-row-cancelled")));
        }
    }

    /// Says what is registered by now.
    fn see_saved(&mut self, state: &EngineState, words: &Words, said: &mut BTreeMap<FoundId, RowSaid>) {
        self.saved.retain(|saved| {
            let is_there = state.registry.device(saved.edit.device.id).is_some();
            let is_late = state.now.saturating_duration_since(saved.since) >= SAVES;
            if is_there {
                said.insert(saved.row, saved.said.clone());
            } else if is_late {
                said.insert(saved.row, not_added(words, &fl!(words, "find-row-not-saved")));
            }
            !is_there && !is_late
        });
    }

    /// The registry with what was saved and is on its way.
    fn registry_with(&self, registry: &Registry) -> Registry {
        let mut after = registry.clone();
        for saved in &self.saved {
            after.save(saved.edit.clone()).ok();
        }
        after
    }

    /// What comes of a row whose enquiry has ended; what is added is put into `after`, so that the next one finds its name taken, and
    /// the site there.
    fn ended(
        &self,
        row: &FoundRow,
        place: &OnvifPlace,
        state: &EnquiryState,
        after: &mut Registry,
        brands: &Brands,
        words: &Words,
    ) -> Result<(DeviceEdit, RowSaid), RowSaid> {
        let nothing = Arc::default();
        let result = match state {
            EnquiryState::Done(result) => result,
            // Nobody takes connections where ONVIF would be.
            EnquiryState::Failed(failure) if failure.kind == FailureKind::Refused => &nothing,
            EnquiryState::Failed(failure) => {
                return Err(not_added(words, &row_words::failure(words, failure)));
            }
            EnquiryState::NotAsked(clock) => {
                return Err(not_added(words, &row_words::not_asked(words, *clock)));
            }
            EnquiryState::Waiting { .. } | EnquiryState::Asking { .. } => {
                return Err(under_way(String::new()));
            }
        };
        let mut draft = self.new.preset(row, Some(result), after, brands);
        let told = fill(&mut draft, result, place);
        let speaks_onvif = !matches!(&result.failed, None | Some((_, EnquiryFault::NotOnvif { .. })));
        if told == 0 && speaks_onvif {
            let fault = result.failed.as_ref().map(|(_, fault)| row_words::fault(words, fault));
            return Err(not_added(words, &fault.unwrap_or_default()));
        }
        let preset = draft.brand.clone();
        let mut edit = match draft.parse(after, brands, None) {
            Ok(edit) => edit,
            Err(errors) => {
                let reasons: Vec<String> = errors.iter().map(|error| problem::sentence(words, error)).collect();
                return Err(not_added(words, &words.list(&reasons)));
            }
        };
        edit.device.identity = row.identity.clone();
        let serial = Some(result.identity.serial.as_str());
        edit.device.identity.learn(&Identity::new(None, serial, None));
        let channels = edit.device.channels.len();
        if let Err(error) = after.save(edit.clone()) {
            return Err(not_added(words, &error.to_string()));
        }
        let brand = preset.and_then(|id| brands.get(&id)).map(device::Brand::label);
        let text = match brand.filter(|_| told == 0) {
            None => fl!(words, "find-row-added", count = channels),
            Some(brand) => fl!(words, "find-row-added-preset", count = channels, brand = brand),
        };
        let tone = RowTone::Added;
        Ok((edit, RowSaid { text, tone }))
    }
}

fn under_way(text: String) -> RowSaid {
    RowSaid {
        text,
        tone: RowTone::UnderWay,
    }
}

fn not_added(words: &Words, reason: &str) -> RowSaid {
    RowSaid {
        text: fl!(words, "find-add-failed", reason = reason),
        tone: RowTone::NotAdded,
    }
}

impl NewDevices {
    /// A device by the preset that fits what it says of itself; by the chosen one where it says nothing.
    fn preset(&self, row: &FoundRow, result: Option<&EnquiryResult>, registry: &Registry, brands: &Brands) -> Draft {
        let model = result.map(|result| result.identity.model.clone());
        let model = model.filter(|model| !model.is_empty());
        let named = row.name.clone().or_else(|| row.model.clone()).or(model);
        let name = named.unwrap_or_else(|| row.host.to_string());
        let said = [&row.maker, &row.name, &row.model].into_iter().flatten();
        let said = said.map(String::as_str).collect::<Vec<_>>().join(" ");
        let answered = result.and_then(|result| result.brand).or_else(|| brand_of(&said));
        let usable = |id: &BrandId| brands.get(id).is_some_and(|brand| brand.main.is_some());
        let answered = answered.map(|id| BrandId(id.to_owned())).filter(usable);
        let brand = answered.or_else(|| self.brand.clone());
        let port = brand
            .as_ref()
            .and_then(|id| brands.get(id))
            .map_or(Draft::RTSP_PORT, |brand| brand.port);
        let password = match self.password.as_str() {
            "" => PasswordEdit::Keep,
            typed => PasswordEdit::Set(Password::new(typed)),
        };
        Draft {
            site: self.site.clone(),
            name: registry.free_device_name(&self.site, &name),
            brand,
            host: row.host.to_string(),
            port: port.to_string(),
            user: self.user.clone(),
            password,
            channels: self.channels.clone(),
            ..Draft::new()
        }
    }
}
