//! Pseudonyms: the same name, address or number has the same one wherever it stands, so that a reader can follow a device through all
//! files without knowing which one it is.

use std::collections::{HashMap, HashSet};

use aho_corasick::{AhoCorasick, MatchKind};
use device::{Channel, Device, Host, Paths, Registry, SiteAbout};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::kind::NameKind;
use super::numbers::{self, Found};

/// What stands in the place of names. It knows those of the registry, and learns addresses and numbers from the texts.
#[derive(Default)]
pub struct Pseudonyms {
    /// By the name in lower case.
    given: HashMap<String, String>,
    made: HashSet<String>,
    counts: HashMap<NameKind, usize>,
    search: Option<AhoCorasick>,
}

impl Pseudonyms {
    /// Those of all that is registered, in its order.
    #[must_use]
    pub fn of(registry: &Registry) -> Self {
        let mut names = Self::default();
        for site in &registry.sites {
            names.add(NameKind::Site, &site.name);
        }
        for device in &registry.devices {
            let others = device.roads.others.iter().map(|road| &road.host);
            for host in std::iter::once(&device.host).chain(others) {
                if let Host::Name(_) = host {
                    names.add(NameKind::Host, &host.to_string());
                }
            }
            names.add(NameKind::Device, &device.name);
            names.add(NameKind::User, &device.user);
            for channel in &device.channels {
                names.add(NameKind::Channel, &channel.name);
            }
        }
        for dvr in &registry.virtual_dvrs {
            names.add(NameKind::VirtualDvr, &dvr.name);
            for member in &dvr.members {
                names.add(NameKind::Channel, &member.label);
            }
        }
        names
    }

    /// Gives a name its pseudonym, unless it has one. An address has that of an address.
    pub fn add(&mut self, kind: NameKind, name: &str) {
        let name = name.trim();
        if name.is_empty() || self.given.contains_key(&name.to_lowercase()) {
            return;
        }
        match numbers::at(name, 0).filter(|found| found.text.len() == name.len()) {
            Some(Found { kind, .. }) => drop(self.give(kind, name)),
            None => drop(self.give(kind, name)),
        }
        self.search = None;
    }

    fn give(&mut self, kind: NameKind, name: &str) -> String {
        if let Some(given) = self.given.get(&name.to_lowercase()) {
            return given.clone();
        }
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        let pseudonym = format!("{}-{count}", kind.word());
        self.given.insert(name.to_lowercase(), pseudonym.clone());
        self.made.insert(pseudonym.clone());
        pseudonym
    }

    /// What stands in the place of a name.
    #[must_use]
    pub fn for_name<'a>(&'a self, name: &'a str) -> &'a str {
        self.given.get(&name.trim().to_lowercase()).map_or(name, String::as_str)
    }

    /// Finds names of devices in a text that stand there by their nature: addresses, numbers, hosts of URLs.
    pub fn learn(&mut self, text: &str) {
        for host in numbers::hosts(text) {
            self.add(NameKind::Host, host);
        }
        for found in found_in(text) {
            self.add(found.kind, found.text);
        }
    }

    /// The text with pseudonyms in the place of all names.
    #[must_use]
    pub fn replaced(&mut self, text: &str) -> String {
        let text = self.without_known(text);
        let mut clean = String::with_capacity(text.len());
        let mut done = 0;
        for found in found_in(&text) {
            let at = found.text.as_ptr() as usize - text.as_ptr() as usize;
            if self.made.contains(found.text) {
                continue;
            }
            clean.push_str(&text[done..at]);
            clean.push_str(&self.give(found.kind, found.text));
            done = at + found.text.len();
        }
        clean + &text[done..]
    }

    fn without_known(&mut self, text: &str) -> String {
        let mut forms: Vec<(String, &str)> = Vec::new();
        for (name, pseudonym) in &self.given {
            if stands_in_everything(name) {
                continue;
            }
            // As a log, JSON or TOML writes it, and as a URL does.
            let escaped: String = name
                .chars()
                .flat_map(|c| match c {
                    '"' | '\\' => vec!['\\', c],
                    c => vec![c],
                })
                .collect();
            let encoded = utf8_percent_encode(name, NON_ALPHANUMERIC).to_string();
            for form in [
                name.clone(),
                escaped,
                format!("{name:?}").trim_matches('"').to_owned(),
                encoded.to_lowercase(),
            ] {
                forms.push((form, pseudonym));
            }
        }
        let by_form: HashMap<&str, &str> = forms
            .iter()
            .map(|(form, pseudonym)| (form.as_str(), *pseudonym))
            .collect();
        let mut lengths: Vec<usize> = by_form.keys().map(|form| form.len()).collect();
        lengths.sort_unstable_by(|one, other| other.cmp(one));
        lengths.dedup();
        let search = match &self.search {
            Some(search) => search.clone(),
            None => {
                let patterns: Vec<&str> = by_form.keys().copied().collect();
                let built = AhoCorasick::builder()
                    .match_kind(MatchKind::LeftmostLongest)
                    .ascii_case_insensitive(true)
                    .build(patterns);
                let Ok(search) = built else { return text.to_owned() };
                search
            }
        };
        let mut clean = String::with_capacity(text.len());
        let (mut done, mut from) = (0, 0);
        while let Some(found) = search.find(aho_corasick::Input::new(text).range(from..)) {
            let start = found.start();
            // The longest one may be a part of a word where a shorter one is not.
            let fits = lengths
                .iter()
                .filter(|length| **length <= found.len())
                .find_map(|length| {
                    let end = start + length;
                    let form = text.get(start..end)?.to_lowercase();
                    let pseudonym = by_form.get(form.as_str())?;
                    is_word(text, start, end).then_some((end, *pseudonym))
                });
            match fits {
                Some((end, pseudonym)) => {
                    clean.push_str(&text[done..start]);
                    clean.push_str(pseudonym);
                    done = end;
                    from = end;
                }
                None => from = start + text[start..].chars().next().map_or(1, char::len_utf8),
            }
        }
        clean.push_str(&text[done..]);
        self.search = Some(search);
        clean
    }

    /// The registry with pseudonyms; paths that hold a secret in clear have none of it.
    #[must_use]
    pub fn registry(&self, registry: &Registry) -> Registry {
        let mut registry = registry.clone();
        for site in &mut registry.sites {
            site.name = self.for_name(&site.name).to_owned();
        }
        for device in &mut registry.devices {
            device.name = self.for_name(&device.name).to_owned();
            device.user = self.for_name(&device.user).to_owned();
            // What a person calls an address may say whose it is; no other text has that name.
            device.roads.others.iter_mut().for_each(|road| road.name.clear());
            let others = device.roads.others.iter_mut().map(|road| &mut road.host);
            for host in std::iter::once(&mut device.host).chain(others) {
                if let Ok(pseudonym) = self.for_name(&host.to_string()).parse() {
                    *host = pseudonym;
                }
            }
            for channel in &mut device.channels {
                *channel = Channel {
                    name: self.for_name(&channel.name).to_owned(),
                };
            }
        }
        for dvr in &mut registry.virtual_dvrs {
            dvr.name = self.for_name(&dvr.name).to_owned();
            for member in &mut dvr.members {
                member.label = self.for_name(&member.label).to_owned();
            }
        }
        registry
    }
}

/// The registry without paths that hold a secret in clear, as earlier versions kept them, and without what a person wrote down of a site:
/// whom to call is nobody's business, and with some services the path of a page is a secret.
#[must_use]
pub fn without_secret_paths(registry: &Registry) -> Registry {
    let mut registry = registry.clone();
    for site in &mut registry.sites {
        site.about = SiteAbout {
            work: std::mem::take(&mut site.about.work),
            ..SiteAbout::default()
        };
    }
    let hidden = |device: &&mut Device| device.has_secret_in_path();
    for device in registry.devices.iter_mut().filter(hidden) {
        if let Ok(main) = "/***".parse() {
            device.paths = Paths::Own { main, sub: None };
        }
    }
    registry
}

/// Whether a name is a part of so much else that its pseudonym would say nothing: a letter, a small number.
fn stands_in_everything(name: &str) -> bool {
    name.is_ascii() && (name.len() < 2 || name.len() < 4 && name.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether what stands there is no part of a longer word. Of scripts that have no spaces between words nobody can tell.
fn is_word(text: &str, start: usize, end: usize) -> bool {
    let goes_on = |one: Option<char>, other: Option<char>| {
        let is_letter = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
        is_letter(one) && is_letter(other)
    };
    let inside = &text[start..end];
    !goes_on(text[..start].chars().next_back(), inside.chars().next())
        && !goes_on(inside.chars().next_back(), text[end..].chars().next())
}

/// Addresses and numbers in the order in which they stand in a text.
fn found_in(text: &str) -> impl Iterator<Item = Found<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < text.len() {
            let here = at;
            let c = text[here..].chars().next()?;
            at += c.len_utf8();
            let before = text[..here].chars().next_back();
            let begins = !before.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.');
            if begins
                && (c.is_ascii_alphanumeric() || c == ':')
                && let Some(found) = numbers::at(text, here)
            {
                at = here + found.text.len();
                return Some(found);
            }
        }
        None
    })
}
