//! What a file would make of a registry: new devices, changed ones, and rows that cannot be taken, before anything is saved.

use std::collections::HashMap;

use super::export::draft_of;
use super::reading::{Known, Taken, take};
use super::sheet::{self, Sheet};
use super::{CsvColumn, CsvDelimiter, CsvEncoding, CsvFault, CsvKind, CsvMistake, CsvReason, MOST_BYTES, text};
use device::{
    Brands, DeviceEdit, DeviceId, DraftError, Field, PasswordEdit, Problem, Registry, Site, SiteAbout, SiteDraft,
    SiteField, SiteId, folded,
};

/// What a file would do here, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvPlan {
    pub encoding: CsvEncoding,
    pub delimiter: CsvDelimiter,
    pub kind: CsvKind,
    /// Columns of the file that mean nothing here.
    pub ignored: Vec<String>,
    /// In the order of the file.
    pub rows: Vec<CsvRow>,
    /// Registered sites of which the file says something else: as they are, and as they would be.
    pub sites: Vec<(Site, Site)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvRow {
    /// Its number in a spreadsheet, where the first row has 1.
    pub number: u64,
    /// What the row calls its device and site; empty where it says nothing.
    pub name: String,
    pub site: String,
    pub outcome: CsvOutcome,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CsvOutcome {
    New(Box<DeviceEdit>),
    Changed(Box<DeviceEdit>, Vec<CsvChange>),
    /// The device is registered as the row says.
    Same,
    Bad(Vec<CsvMistake>),
}

/// A field that is another one in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvChange {
    pub column: CsvColumn,
    /// As the table writes it; both are empty for a password.
    pub before: String,
    pub after: String,
}

impl CsvPlan {
    /// What is to be saved in one step.
    #[must_use]
    pub fn edits(&self) -> Vec<DeviceEdit> {
        let edit = |row: &CsvRow| match &row.outcome {
            CsvOutcome::New(edit) | CsvOutcome::Changed(edit, _) => Some(DeviceEdit::clone(edit)),
            CsvOutcome::Same | CsvOutcome::Bad(_) => None,
        };
        self.rows.iter().filter_map(edit).collect()
    }

    /// How many rows there are of this kind.
    #[must_use]
    pub fn count(&self, is_it: impl Fn(&CsvOutcome) -> bool) -> usize {
        self.rows.iter().filter(|row| is_it(&row.outcome)).count()
    }
}

/// What a file would make of the registry. `site`: that of new devices of which the file does not say one.
///
/// A row is about the device of its identity, or else about the one of its name and site. A cell that is not there, or empty, leaves
/// what it is about as it is; only user, sub path and names of channels can be taken away by an empty cell.
pub fn read(bytes: &[u8], registry: &Registry, brands: &Brands, site: &str) -> Result<CsvPlan, CsvFault> {
    if bytes.len() > MOST_BYTES {
        return Err(CsvFault::TooLarge);
    }
    let (characters, encoding) = text::decode(bytes)?;
    let text = zeroize::Zeroizing::new(sheet::with_line_ends(&characters));
    let sheet = sheet::read(&text)?;
    let known = Known::new(registry, brands, site);
    let mut rows: Vec<(CsvRow, Option<Taken>)> = Vec::with_capacity(sheet.rows.len());
    let mut row_of: HashMap<DeviceId, u64> = HashMap::new();
    for row in &sheet.rows {
        let mut taken = take(&sheet, row, &known);
        if let Ok(taken_row) = &taken.result
            && let Some(first) = row_of.insert(taken_row.edit.device.id, row.number)
        {
            row_of.insert(taken_row.edit.device.id, first);
            taken.result = Err(vec![CsvMistake {
                column: None,
                reason: CsvReason::SameAsRow(first),
            }]);
        }
        let (outcome, edit) = match taken.result {
            Ok(taken) => (CsvOutcome::Same, Some(taken)),
            Err(mistakes) => (CsvOutcome::Bad(mistakes), None),
        };
        let row = CsvRow {
            number: row.number,
            name: taken.name,
            site: taken.site,
            outcome,
        };
        rows.push((row, edit));
    }
    one_site_of_each_name(&mut rows, registry);
    refuse_taken_names(&mut rows, registry, &sheet);
    let ignored = sheet
        .columns
        .iter()
        .filter(|(column, name)| column.is_none() && !name.is_empty());
    let mut sites = Sites::default();
    let rows: Vec<CsvRow> = rows
        .into_iter()
        .map(|(row, taken)| finished(row, taken, &known, &mut sites))
        .collect();
    let rows = rows.into_iter().map(|row| sites.told(row, &known)).collect();
    Ok(CsvPlan {
        encoding,
        delimiter: sheet.delimiter,
        kind: sheet.kind,
        ignored: ignored.map(|(_, name)| name.clone()).collect(),
        rows,
        sites: sites.changed(registry),
    })
}

/// What is known of each site that a row is about, with what the rows until now say of it: of two that say different things the
/// later one counts.
#[derive(Default)]
struct Sites(HashMap<SiteId, SiteAbout>);

impl Sites {
    /// Takes in what a row says of its site; what was known of it before and after.
    fn take(&mut self, site: &Site, said: Vec<(SiteField, String)>) -> (SiteDraft, SiteDraft) {
        let about = self.0.entry(site.id).or_insert_with(|| site.about.clone());
        let before = SiteDraft::of(about);
        let mut draft = before.clone();
        for (field, text) in said {
            draft.set(field, text);
        }
        // Each field was found to be right by itself.
        if let Ok(changed) = draft.parse(about) {
            *about = changed;
        }
        (before, SiteDraft::of(about))
    }

    /// A new site is saved with what all rows say of it.
    fn told(&self, mut row: CsvRow, known: &Known<'_>) -> CsvRow {
        if let CsvOutcome::New(edit) | CsvOutcome::Changed(edit, _) = &mut row.outcome
            && known.site(edit.site.id).is_none()
            && let Some(about) = self.0.get(&edit.site.id)
        {
            edit.site.about.clone_from(about);
        }
        row
    }

    fn changed(&self, registry: &Registry) -> Vec<(Site, Site)> {
        let with = |site: &Site| {
            let about = self.0.get(&site.id).filter(|about| **about != site.about)?;
            let after = Site {
                about: about.clone(),
                ..site.clone()
            };
            Some((site.clone(), after))
        };
        registry.sites.iter().filter_map(with).collect()
    }
}

/// The row with what it makes of its device.
fn finished(mut row: CsvRow, taken: Option<Taken>, known: &Known<'_>, sites: &mut Sites) -> CsvRow {
    let Some(Taken { edit, of_site }) = taken else {
        return row;
    };
    let (site_was, site_is) = sites.take(&edit.site, of_site);
    let Some(before) = &edit.before else {
        row.outcome = CsvOutcome::New(Box::new(edit));
        return row;
    };
    let was = draft_of(before, known.site(before.site));
    let is = draft_of(&edit.device, Some(&edit.site));
    let mut changes: Vec<CsvChange> = CsvColumn::WRITTEN
        .into_iter()
        .map(|column| CsvChange {
            column,
            before: column.text(&was, &site_was),
            after: column.text(&is, &site_is),
        })
        .filter(|change| change.before != change.after)
        .collect();
    if edit.password != PasswordEdit::Keep {
        changes.push(CsvChange {
            column: CsvColumn::Password,
            before: String::new(),
            after: String::new(),
        });
    }
    row.outcome = if changes.is_empty() {
        CsvOutcome::Same
    } else {
        CsvOutcome::Changed(Box::new(edit), changes)
    };
    row
}

/// Rows that name the same new site make it once.
fn one_site_of_each_name(rows: &mut [(CsvRow, Option<Taken>)], registry: &Registry) {
    let known = registry.sites.iter().map(|site| (folded(&site.name), site.clone()));
    let mut sites: HashMap<String, Site> = known.collect();
    for taken in rows.iter_mut().filter_map(|(_, taken)| taken.as_mut()) {
        let site = sites
            .entry(folded(&taken.edit.site.name))
            .or_insert_with(|| taken.edit.site.clone());
        taken.edit.device.site = site.id;
        taken.edit.site = site.clone();
    }
}

/// Refuses rows whose device would have the name of another one of its site, in the end: names may change hands within a file.
fn refuse_taken_names(rows: &mut [(CsvRow, Option<Taken>)], registry: &Registry, sheet: &Sheet) {
    type Name = (SiteId, String);
    let name_of = |device: &device::Device| -> Name { (device.site, folded(&device.name)) };
    let changed: HashMap<DeviceId, usize> = rows
        .iter()
        .enumerate()
        .filter_map(|(index, (_, taken))| Some((taken.as_ref()?.edit.device.id, index)))
        .collect();
    // The names of devices that no row changes are theirs.
    let mut kept: std::collections::HashSet<Name> = registry
        .devices
        .iter()
        .filter(|device| !changed.contains_key(&device.id))
        .map(name_of)
        .collect();
    let mut claims: HashMap<Name, usize> = HashMap::new();
    let mut refused = Vec::new();
    for (index, (_, taken)) in rows.iter().enumerate() {
        let Some(taken) = taken else { continue };
        let name = name_of(&taken.edit.device);
        if kept.contains(&name) || claims.contains_key(&name) {
            refused.push(index);
        } else {
            claims.insert(name, index);
        }
    }
    // A device whose row is refused keeps its name, so that a row that wants this name is refused, too.
    while let Some(index) = refused.pop() {
        let (row, taken) = &mut rows[index];
        let Some(taken) = taken.take() else { continue };
        let error = DraftError {
            field: Field::Name,
            problem: Problem::Duplicate,
        };
        row.outcome = CsvOutcome::Bad(vec![CsvMistake {
            column: Some(sheet.title(CsvColumn::Name)),
            reason: CsvReason::Field(error),
        }]);
        if let Some(before) = &taken.edit.before {
            let name = name_of(before);
            refused.extend(claims.remove(&name).filter(|other| *other != index));
            kept.insert(name);
        }
    }
}

impl Sheet {
    /// What the file calls this column.
    pub(super) fn title(&self, column: CsvColumn) -> String {
        let named = self.columns.iter().find(|(known, _)| *known == Some(column));
        named.map_or_else(|| column.to_string(), |(_, name)| name.clone())
    }
}
