//! What a person has to know of a site, beside its name: whom to call, where to read, when somebody works there.

use super::letters::{as_name, is_hidden};
use super::planned::WorkPlan;
use super::web_address::{WebAddress, WebAddressError};

/// What a person wrote down of a site.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SiteAbout {
    /// In their own words; lines are divided by line feeds.
    pub note: String,
    /// Whom to call, in one line.
    pub contact: String,
    /// Where those who run the site or its line say how it is, for a browser.
    pub page: Option<WebAddress>,
    /// The same as a feed (Atom, RSS or JSON Feed), which Monomi reads while the site is down.
    pub feed: Option<WebAddress>,
    /// When somebody works there.
    pub work: WorkPlan,
}

impl SiteAbout {
    /// The most characters of a note.
    pub const MAX_NOTE: usize = 1_000;
    /// The most characters of a contact.
    pub const MAX_CONTACT: usize = 200;

    /// This with what differs between `before` and `after`, each field for itself.
    pub(super) fn changed(&self, before: &Self, after: &Self) -> Self {
        fn take<T: Clone + PartialEq>(now: &T, before: &T, after: &T) -> T {
            if before == after { now } else { after }.clone()
        }
        Self {
            note: take(&self.note, &before.note, &after.note),
            contact: take(&self.contact, &before.contact, &after.contact),
            page: take(&self.page, &before.page, &after.page),
            feed: take(&self.feed, &before.feed, &after.feed),
            work: take(&self.work, &before.work, &after.work),
        }
    }
}

/// A field of a site, beside its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SiteField {
    Note,
    Contact,
    Page,
    Feed,
}

/// What is wrong with a field of a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SiteProblem {
    #[error("longer than {max} characters")]
    TooLong { max: usize },
    #[error("holds a character that cannot be seen, such as U+200B, or one that turns text around")]
    ControlCharacter,
    #[error(transparent)]
    Address(#[from] WebAddressError),
    #[error("a feed is read over https:// alone")]
    NotSecure,
}

/// What is known of a site as it is typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SiteDraft {
    pub note: String,
    pub contact: String,
    pub page: String,
    pub feed: String,
}

impl SiteDraft {
    /// What is known now, to be edited.
    #[must_use]
    pub fn of(about: &SiteAbout) -> Self {
        let text = |address: &Option<WebAddress>| address.as_ref().map_or_else(String::new, ToString::to_string);
        Self {
            note: about.note.clone(),
            contact: about.contact.clone(),
            page: text(&about.page),
            feed: text(&about.feed),
        }
    }

    /// Types this into a field.
    pub fn set(&mut self, field: SiteField, text: String) {
        *match field {
            SiteField::Note => &mut self.note,
            SiteField::Contact => &mut self.contact,
            SiteField::Page => &mut self.page,
            SiteField::Feed => &mut self.feed,
        } = text;
    }

    /// What is wrong with each field; nothing where it can be saved.
    #[must_use]
    pub fn problems(&self) -> Vec<(SiteField, SiteProblem)> {
        let text = |field, text: &str, max: usize| {
            let problem = if text.trim().chars().count() > max {
                Some(SiteProblem::TooLong { max })
            } else if text
                .trim()
                .chars()
                .any(|c| is_hidden(c) && (c != '\n' || field == SiteField::Contact))
            {
                Some(SiteProblem::ControlCharacter)
            } else {
                None
            };
            problem.map(|problem| (field, problem))
        };
        let address = |field, typed: &str| {
            let wrong = address(typed).and_then(|address| match address {
                Some(address) if field == SiteField::Feed && !address.secure => Err(SiteProblem::NotSecure),
                _ => Ok(()),
            });
            wrong.err().map(|problem| (field, problem))
        };
        let all = [
            text(SiteField::Note, &self.note, SiteAbout::MAX_NOTE),
            text(SiteField::Contact, &self.contact, SiteAbout::MAX_CONTACT),
            address(SiteField::Page, &self.page),
            address(SiteField::Feed, &self.feed),
        ];
        all.into_iter().flatten().collect()
    }

    /// What becomes of `known`, or what is wrong with it.
    ///
    /// # Errors
    /// Each mistake at its field.
    pub fn parse(&self, known: &SiteAbout) -> Result<SiteAbout, Vec<(SiteField, SiteProblem)>> {
        let problems = self.problems();
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(SiteAbout {
            note: as_name(&self.note),
            contact: as_name(&self.contact),
            page: address(&self.page).unwrap_or_default(),
            feed: address(&self.feed).unwrap_or_default(),
            work: known.work.clone(),
        })
    }
}

/// A typed address of the web; nothing typed is none.
fn address(typed: &str) -> Result<Option<WebAddress>, SiteProblem> {
    if typed.trim().is_empty() {
        return Ok(None);
    }
    Ok(Some(typed.parse()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_kept_as_it_was_meant_and_each_mistake_stands_at_its_field() {
        let typed = SiteDraft {
            note: " 鍵は管理人室\nBox 7 ".to_owned(),
            contact: "山田 +81 3 1234 5678".to_owned(),
            page: "https://status.example.jp/".to_owned(),
            feed: "https://status.example.jp/history.atom".to_owned(),
        };
        let about = typed.parse(&SiteAbout::default()).unwrap();
        assert_eq!(about.note, "鍵は管理人室\nBox 7");
        assert_eq!(SiteDraft::of(&about).parse(&about), Ok(about.clone()));
        let wrong = SiteDraft {
            note: "x".repeat(1_001),
            contact: "two\nlines".to_owned(),
            page: "javascript:alert(1)".to_owned(),
            feed: "http://status.example.jp/feed".to_owned(),
        };
        assert_eq!(
            wrong.parse(&about).unwrap_err(),
            [
                (SiteField::Note, SiteProblem::TooLong { max: 1_000 }),
                (SiteField::Contact, SiteProblem::ControlCharacter),
                (SiteField::Page, SiteProblem::Address(WebAddressError::NotWeb)),
                (SiteField::Feed, SiteProblem::NotSecure),
            ]
        );
        let secret = SiteDraft {
            page: "https://u:p@example.jp/".to_owned(),
            ..SiteDraft::default()
        };
        assert_eq!(
            secret.parse(&about).unwrap_err(),
            [(SiteField::Page, SiteProblem::Address(WebAddressError::User))]
        );
    }
}
