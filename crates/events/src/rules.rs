//! Which events call by which means: for each kind, and for sites that have rules of their own.

use std::collections::BTreeMap;

use super::Kind;
use crate::choice;
use device::SiteId;

choice! {
    /// Who carries what is said of events to somebody elsewhere.
    #[derive(PartialOrd, Ord)]
    enum Messenger {
        Mail = "mail",
        /// A web server that is sent a request.
        Webhook = "webhook",
        /// A server that collects lines of logs.
        Syslog = "syslog",
    }
}

/// How a person is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Means {
    pub sound: bool,
    /// The window asks for attention in the task bar.
    pub attention: bool,
    /// A notification of the desktop.
    pub notification: bool,
    pub mail: bool,
    pub webhook: bool,
    pub syslog: bool,
}

impl Default for Means {
    fn default() -> Self {
        Self {
            sound: true,
            attention: true,
            notification: true,
            mail: true,
            webhook: true,
            syslog: true,
        }
    }
}

impl Means {
    pub const NONE: Self = Self {
        sound: false,
        attention: false,
        notification: false,
        mail: false,
        webhook: false,
        syslog: false,
    };
    const WORDS: [&str; 6] = ["sound", "attention", "notification", "mail", "webhook", "syslog"];

    /// Each of them, in the order of their words.
    fn each(&mut self) -> [&mut bool; 6] {
        let Self {
            sound,
            attention,
            notification,
            mail,
            webhook,
            syslog,
        } = self;
        [sound, attention, notification, mail, webhook, syslog]
    }

    /// The words of those that are on.
    #[must_use]
    pub fn words(mut self) -> Vec<&'static str> {
        let on = Self::WORDS.into_iter().zip(self.each());
        on.filter_map(|(word, on)| on.then_some(word)).collect()
    }

    /// Switches the one of this word on; `false`: there is none.
    pub(crate) fn add(&mut self, word: &str) -> bool {
        let at = Self::WORDS.iter().position(|known| *known == word);
        at.is_some_and(|at| {
            *self.each()[at] = true;
            true
        })
    }

    fn text(self) -> String {
        let words = self.words();
        if words.is_empty() {
            "none".to_owned()
        } else {
            words.join("+")
        }
    }

    fn read(text: &str) -> Option<Self> {
        let mut means = Self::NONE;
        if text == "none" {
            return Some(means);
        }
        for word in text.split('+') {
            means.add(word.trim()).then_some(())?;
        }
        Some(means)
    }
}

/// A text that is no rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no rule such as sign-in=attention+notification or SITE/refused=none")]
pub struct RuleError(pub String);

/// By which means each kind calls. What has no rule calls by all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlertRules {
    all: BTreeMap<Kind, Means>,
    sites: BTreeMap<SiteId, BTreeMap<Kind, Means>>,
}

impl AlertRules {
    /// How an event of this kind calls; `site`: where it is, if it is at one site.
    #[must_use]
    pub fn means(&self, site: Option<SiteId>, kind: Kind) -> Means {
        let own = site.and_then(|site| self.sites.get(&site)?.get(&kind));
        own.or_else(|| self.all.get(&kind)).copied().unwrap_or_default()
    }

    /// Sets a rule of all sites, or of one that has its own.
    pub fn set(&mut self, site: Option<SiteId>, kind: Kind, means: Means) {
        match site {
            Some(site) => drop(self.sites.entry(site).or_default().insert(kind, means)),
            None if means == Means::default() => drop(self.all.remove(&kind)),
            None => drop(self.all.insert(kind, means)),
        }
    }

    #[must_use]
    pub fn has_own(&self, site: SiteId) -> bool {
        self.sites.contains_key(&site)
    }

    /// Gives the site rules of its own, which begin as those of all sites; or takes them away.
    pub fn set_own(&mut self, site: SiteId, own: bool) {
        if !own {
            self.sites.remove(&site);
        } else if !self.has_own(site) {
            for kind in Kind::ALL {
                self.set(Some(site), *kind, self.means(None, *kind));
            }
        }
    }

    /// The rules as texts.
    #[must_use]
    pub fn texts(&self) -> Vec<String> {
        let rule = |kind: &Kind, means: &Means| format!("{}={}", kind.as_str(), means.text());
        let all = self.all.iter().map(|(kind, means)| rule(kind, means));
        let sites = self.sites.iter().flat_map(|(site, rules)| {
            rules
                .iter()
                .map(move |(kind, means)| format!("{site}/{}", rule(kind, means)))
        });
        all.chain(sites).collect()
    }

    /// The rules that the texts say, each of a site with the site's whole id.
    ///
    /// # Errors
    /// The first text that is no rule.
    pub fn read<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, RuleError> {
        let mut rules = Self::default();
        for text in texts {
            let rule = || {
                let (what, means) = text.split_once('=')?;
                let (site, kind) = match what.split_once('/') {
                    Some((site, kind)) => (Some(whole_id(site.trim())?), kind),
                    None => (None, what),
                };
                Some((site, Kind::from_word(kind.trim())?, Means::read(means.trim())?))
            };
            let (site, kind, means) = rule().ok_or_else(|| RuleError(text.to_owned()))?;
            rules.set(site, kind, means);
        }
        Ok(rules)
    }
}

/// The name of a site may be the beginning of an id.
fn whole_id(text: &str) -> Option<SiteId> {
    let id: SiteId = text.parse().ok()?;
    id.to_string().eq_ignore_ascii_case(text).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_with_rules_of_its_own_follows_those_of_all_no_more() {
        let (quiet, site) = (Means::NONE, SiteId(7));
        let mut rules = AlertRules::default();
        rules.set(None, Kind::SignIn, quiet);
        assert_eq!(rules.means(Some(site), Kind::SignIn), quiet);
        rules.set_own(site, true);
        rules.set(None, Kind::SignIn, Means::default());
        rules.set(None, Kind::Refused, quiet);
        assert_eq!(rules.means(Some(site), Kind::SignIn), quiet);
        assert_eq!(rules.means(Some(site), Kind::Refused), Means::default());
        assert_eq!(rules.means(None, Kind::SignIn), Means::default());
        rules.set_own(site, false);
        assert_eq!(rules.means(Some(site), Kind::Refused), quiet);
    }

    #[test]
    fn rules_are_read_as_they_are_written_and_nothing_else_is() {
        let mut rules = AlertRules::default();
        rules.set(None, Kind::NoPicture, Means::NONE);
        rules.set_own(SiteId(9), true);
        rules.set(
            Some(SiteId(9)),
            Kind::NoAnswer,
            Means {
                sound: false,
                ..Means::default()
            },
        );
        let texts = rules.texts();
        assert!(texts.contains(&"no-picture=none".to_owned()));
        assert!(texts.contains(&"0000000000000009/no-answer=attention+notification+mail+webhook+syslog".to_owned()));
        assert_eq!(AlertRules::read(texts.iter().map(String::as_str)), Ok(rules));
        for text in [
            "",
            "refused",
            "refused=loud",
            "x/refused=none",
            "A/refused=none",
            "rust=none",
            "refused=",
        ] {
            assert_eq!(AlertRules::read([text]), Err(RuleError(text.to_owned())));
        }
    }
}
