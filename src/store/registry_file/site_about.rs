//! What is known of a site beside its name. Nothing in it can make a site unusable: what is wrong is said, and stays in the file.

use toml_edit::{Item, Table};

use super::reader::RegistryReader;
use device::{PlannedWork, SiteAbout, SiteDraft, SiteField, WebAddress, WorkPlan, with_hidden_shown};

/// Reads the fields of a site.
pub(super) fn read(reader: &mut RegistryReader, at: &str, row: &Table) -> SiteAbout {
    let mut about = SiteAbout {
        note: note(reader, at, row),
        contact: with_hidden_shown(&reader.text(at, row, "contact")),
        page: address(reader, at, row, "page"),
        feed: address(reader, at, row, "feed"),
        work: WorkPlan::of(work(reader, at, row)),
    };
    for (field, problem) in SiteDraft::of(&about).problems() {
        let key = match field {
            SiteField::Note => {
                about.note = about.note.chars().take(SiteAbout::MAX_NOTE).collect();
                "note"
            }
            SiteField::Contact => {
                about.contact = about.contact.chars().take(SiteAbout::MAX_CONTACT).collect();
                "contact"
            }
            SiteField::Page => {
                about.page = None;
                "page"
            }
            SiteField::Feed => {
                about.feed = None;
                "feed"
            }
        };
        reader.warn(&format!("{at}.{key}"), format!("{problem}; it is not used as it is"));
    }
    about
}

/// A text of several lines.
fn note(reader: &mut RegistryReader, at: &str, row: &Table) -> String {
    match row.get("note").map(Item::as_str) {
        None => String::new(),
        Some(Some(text)) => {
            let lines: Vec<String> = text.lines().map(with_hidden_shown).collect();
            lines.join("\n")
        }
        Some(None) => {
            reader.warn(&format!("{at}.note"), "is not a text; it is taken as empty");
            String::new()
        }
    }
}

fn address(reader: &mut RegistryReader, at: &str, row: &Table, key: &str) -> Option<WebAddress> {
    let text = reader.text(at, row, key);
    if text.is_empty() {
        return None;
    }
    let read = text.parse::<WebAddress>();
    if let Err(error) = &read {
        reader.warn(&format!("{at}.{key}"), format!("{error}; it is not used"));
    }
    read.ok()
}

fn work(reader: &mut RegistryReader, at: &str, row: &Table) -> Vec<PlannedWork> {
    let at = format!("{at}.planned-work");
    let Some(item) = row.get("planned-work") else {
        return Vec::new();
    };
    let Some(list) = item.as_array() else {
        reader.warn(&at, "is not a list of texts; it is not used");
        return Vec::new();
    };
    let texts = list.iter().take(2 * WorkPlan::MOST).filter_map(|item| item.as_str());
    let work: Vec<PlannedWork> = texts.map(PlannedWork::read).collect();
    let strange = work
        .iter()
        .filter(|work| matches!(work, PlannedWork::Unknown(_)))
        .count();
    if strange > 0 || work.len() < list.len() {
        reader.warn(
            &at,
            "holds times that are not understood; they are kept and never begin",
        );
    }
    work
}
