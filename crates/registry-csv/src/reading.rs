//! From one row to the device that it is about.

use std::collections::HashMap;

use super::cell::unescaped;
use super::column::{carrier, transport, yes_or_no};
use super::export::draft_of;
use super::sheet::{Sheet, SheetRow};
use super::{CsvColumn, CsvKind, CsvMistake, CsvReason};
use device::{
    BrandId, Brands, Device, DeviceEdit, DeviceId, Draft, DraftError, MAX_CHANNELS, Password, PasswordEdit, Registry,
    Site, SiteDraft, SiteField, SiteId, folded,
};

/// What is registered, found without a look at all of it.
pub(super) struct Known<'a> {
    brands: &'a Brands,
    brand_names: HashMap<String, BrandId>,
    sites: HashMap<SiteId, &'a Site>,
    site_names: HashMap<String, SiteId>,
    devices: HashMap<DeviceId, &'a Device>,
    device_names: HashMap<(SiteId, String), &'a Device>,
    /// The site of new devices of which a file does not say one.
    site: &'a str,
}

/// What a row says.
pub(super) struct Read {
    pub name: String,
    pub site: String,
    pub result: Result<Taken, Vec<CsvMistake>>,
}

/// A row that can be taken.
pub(super) struct Taken {
    pub edit: DeviceEdit,
    /// What it says of the site, field by field.
    pub of_site: Vec<(SiteField, String)>,
}

impl<'a> Known<'a> {
    pub(super) fn new(registry: &'a Registry, brands: &'a Brands, site: &'a str) -> Self {
        let mut brand_names = HashMap::new();
        for brand in brands.all() {
            for name in [&brand.id.0].into_iter().chain(&brand.names) {
                brand_names.entry(folded(name)).or_insert_with(|| brand.id.clone());
            }
        }
        let devices = registry.devices.iter();
        Self {
            brands,
            brand_names,
            sites: registry.sites.iter().map(|site| (site.id, site)).collect(),
            site_names: registry
                .sites
                .iter()
                .map(|site| (folded(&site.name), site.id))
                .collect(),
            devices: devices.clone().map(|device| (device.id, device)).collect(),
            device_names: devices
                .map(|device| ((device.site, folded(&device.name)), device))
                .collect(),
            site,
        }
    }

    pub(super) fn site(&self, id: SiteId) -> Option<&'a Site> {
        self.sites.get(&id).copied()
    }

    fn named(&self, site: &str, name: &str) -> Option<&'a Device> {
        let site = self.site_names.get(&folded(site))?;
        self.device_names.get(&(*site, folded(name))).copied()
    }
}

/// The cells of a row by their columns.
struct Cells<'a> {
    sheet: &'a Sheet,
    row: &'a SheetRow,
}

impl Cells<'_> {
    /// What stands there, without the space around it; `None`: the file has no such column, or the row ends before it.
    fn get(&self, column: CsvColumn) -> Option<String> {
        let index = self
            .sheet
            .columns
            .iter()
            .position(|(known, _)| *known == Some(column))?;
        let cell = self.row.cells.get(index)?;
        Some(match column {
            // Space may belong to it.
            CsvColumn::Password => unescaped(cell).into_owned(),
            // An empty line is a channel without a name.
            CsvColumn::ChannelNames => unescaped(cell.trim_matches([' ', '\u{A0}', '\u{3000}'])).into_owned(),
            _ => unescaped(cell.trim_matches([' ', '\u{A0}', '\u{3000}']))
                .trim()
                .to_owned(),
        })
    }

    /// The same where it is not empty.
    fn filled(&self, column: CsvColumn) -> Option<String> {
        self.get(column).filter(|cell| !cell.is_empty())
    }
}

pub(super) fn take(sheet: &Sheet, row: &SheetRow, known: &Known<'_>) -> Read {
    let cells = Cells { sheet, row };
    let said_site = cells.filled(CsvColumn::Site);
    let name = cells.filled(CsvColumn::Name).unwrap_or_default();
    let site = said_site.clone().unwrap_or_else(|| known.site.to_owned());
    let mut mistakes = Mistakes {
        sheet,
        found: Vec::new(),
    };
    if row
        .cells
        .iter()
        .skip(sheet.columns.len())
        .any(|cell| !cell.trim().is_empty())
    {
        mistakes.of_row(CsvReason::TooManyCells);
    }
    // Each of the most channels has a line at most.
    if row.cells.iter().any(|cell| cell.matches('\n').count() > MAX_CHANNELS) {
        mistakes.of_row(CsvReason::OpenQuote);
    }
    let id = cells.filled(CsvColumn::Id).and_then(|cell| {
        let digits = cell.trim_start_matches(['#', '＃']);
        let id = digits.parse::<DeviceId>().ok().filter(|_| digits.len() <= 16);
        if id.is_none() {
            mistakes.at(CsvColumn::Id, CsvReason::NotAnId);
        }
        id
    });
    let by_id = id.and_then(|id| known.devices.get(&id).copied());
    let device = by_id.or_else(|| known.named(&site, &name));
    let before = device.map(|device| (device, known.site(device.site)));
    let mut draft = match before {
        Some((device, site)) => draft_of(device, site),
        None => Draft { site, ..Draft::new() },
    };
    let site = said_site.unwrap_or_else(|| draft.site.clone());
    if !mistakes.found.is_empty() {
        let result = Err(mistakes.found);
        return Read { name, site, result };
    }
    draft.site.clone_from(&site);
    fill(&mut draft, &cells, known, device.is_some(), &mut mistakes);
    let of_site = site_fields(&cells, &mut mistakes);
    if mistakes.found.is_empty() {
        let result = parsed(&draft, before, known, sheet).map(|taken| Taken { of_site, ..taken });
        return Read { name, site, result };
    }
    // What else is wrong is said at once.
    if let Err(more) = parsed(&draft, before, known, sheet) {
        mistakes.found.extend(more);
    }
    let result = Err(mistakes.found);
    Read { name, site, result }
}

/// The draft with what the row says.
fn fill(draft: &mut Draft, cells: &Cells<'_>, known: &Known<'_>, is_registered: bool, mistakes: &mut Mistakes<'_>) {
    let usual = draft.usual_port(known.brands).to_string();
    let is_template = cells.sheet.kind == CsvKind::Ivms;
    if let Some(mode) = cells.filled(CsvColumn::AddingMode)
        && mode != "0"
    {
        mistakes.at(CsvColumn::AddingMode, CsvReason::AddingMode);
    }
    if let Some(name) = cells.filled(CsvColumn::Name) {
        draft.name = name;
    }
    if let Some(host) = cells.filled(CsvColumn::Host) {
        draft.host = host;
    }
    match cells.get(CsvColumn::User) {
        // What iVMS-4200 takes for an empty cell.
        Some(user) if user.is_empty() && is_template && !is_registered => "admin".clone_into(&mut draft.user),
        Some(user) if !(user.is_empty() && is_template) => draft.user = user,
        _ => {}
    }
    if let Some(password) = cells.filled(CsvColumn::Password) {
        draft.password = PasswordEdit::Set(Password::new(password));
    }
    paths(draft, cells, known);
    let mut read = |column, reason, set: &mut dyn FnMut(&str) -> bool| {
        if let Some(cell) = cells.filled(column)
            && !set(&cell)
        {
            mistakes.at(column, reason);
        }
    };
    read(CsvColumn::Enabled, CsvReason::NotYesOrNo, &mut |cell| {
        yes_or_no(cell).map(|yes| draft.enabled = yes).is_some()
    });
    read(CsvColumn::Carrier, CsvReason::UnknownCarrier, &mut |cell| {
        carrier(cell).map(|carrier| draft.carrier = carrier).is_some()
    });
    read(CsvColumn::Transport, CsvReason::UnknownTransport, &mut |cell| {
        transport(cell).map(|transport| draft.transport = transport).is_some()
    });
    match cells.filled(CsvColumn::Port) {
        // That of the template is for the maker's own protocol.
        Some(port) if !is_template => draft.port = port,
        // As in the editor: the usual one follows brand and protocol.
        _ if draft.port == usual || !is_registered => draft.port = draft.usual_port(known.brands).to_string(),
        _ => {}
    }
    channels(draft, cells);
}

/// What the row says of its site; an empty cell says nothing.
fn site_fields(cells: &Cells<'_>, mistakes: &mut Mistakes<'_>) -> Vec<(SiteField, String)> {
    let columns = CsvColumn::WRITTEN.into_iter();
    let fields = columns.filter_map(|column| Some((column.of_site()?, cells.filled(column)?)));
    let fields: Vec<(SiteField, String)> = fields.collect();
    let mut draft = SiteDraft::default();
    for (field, text) in &fields {
        draft.set(*field, text.clone());
    }
    for (field, problem) in draft.problems() {
        mistakes.at(CsvColumn::of_site_field(field), CsvReason::Site(problem));
    }
    fields
}

fn paths(draft: &mut Draft, cells: &Cells<'_>, known: &Known<'_>) {
    if let Some(main) = cells.filled(CsvColumn::MainPath) {
        draft.brand = None;
        draft.main_path = main;
    } else if let Some(brand) = cells.filled(CsvColumn::Brand) {
        let by_name = known.brand_names.get(&folded(&brand)).cloned();
        draft.brand = Some(by_name.unwrap_or_else(|| BrandId(brand.to_lowercase())));
    }
    if let Some(sub) = cells.get(CsvColumn::SubPath)
        && draft.brand.is_none()
    {
        draft.sub_path = sub;
    }
}

fn channels(draft: &mut Draft, cells: &Cells<'_>) {
    let names: Option<Vec<String>> = cells.get(CsvColumn::ChannelNames).map(|cell| {
        let lines = cell.lines().map(|line| line.trim().to_owned());
        lines.collect()
    });
    match (cells.filled(CsvColumn::Channels), &names) {
        (Some(count), _) => draft.channels = count,
        (None, Some(names)) => {
            let at_least = draft.channels.parse().unwrap_or(1);
            draft.channels = names.len().max(at_least).to_string();
        }
        (None, None) => {}
    }
    if let Some(names) = names {
        draft.channel_names = names;
    }
}

/// The edit, held against the one device that it is about: names of others are compared when all rows are known.
fn parsed(
    draft: &Draft,
    before: Option<(&Device, Option<&Site>)>,
    known: &Known<'_>,
    sheet: &Sheet,
) -> Result<Taken, Vec<CsvMistake>> {
    let registry = Registry {
        sites: before.and_then(|(_, site)| site.cloned()).into_iter().collect(),
        devices: before.map(|(device, _)| device.clone()).into_iter().collect(),
        ..Registry::default()
    };
    let edit = draft.parse(&registry, known.brands, before.map(|(device, _)| device.id));
    let mistake = |error: DraftError| CsvMistake {
        column: Some(sheet.title(CsvColumn::of(error.field))),
        reason: CsvReason::Field(error),
    };
    match edit {
        Ok(edit) => Ok(Taken {
            edit,
            of_site: Vec::new(),
        }),
        Err(errors) => Err(errors.into_iter().map(mistake).collect()),
    }
}

struct Mistakes<'a> {
    sheet: &'a Sheet,
    found: Vec<CsvMistake>,
}

impl Mistakes<'_> {
    fn at(&mut self, column: CsvColumn, reason: CsvReason) {
        let column = Some(self.sheet.title(column));
        self.found.push(CsvMistake { column, reason });
    }

    fn of_row(&mut self, reason: CsvReason) {
        self.found.push(CsvMistake { column: None, reason });
    }
}
