use std::collections::HashMap;

use csv::{QuoteStyle, Terminator, WriterBuilder};

use super::CsvColumn;
use super::cell::escaped;
use device::{Device, Draft, Registry, Site, SiteDraft, SiteId};

/// The language of the first row. Both are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CsvHeader {
    English,
    Japanese,
}

/// What marks a text as UTF-8: without it Excel takes it for the code page of the system.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// All devices as CSV for spreadsheets: UTF-8 with its mark, commas, CRLF (RFC 4180). No password is in it.
#[must_use]
pub fn write(registry: &Registry, header: CsvHeader) -> Vec<u8> {
    let mut writer = WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .quote_style(QuoteStyle::Necessary)
        .from_writer(BYTE_ORDER_MARK.to_vec());
    let name = |column: CsvColumn| match header {
        CsvHeader::English => column.in_english(),
        CsvHeader::Japanese => column.in_japanese(),
    };
    let mut rows = vec![CsvColumn::WRITTEN.map(|column| name(column).to_owned())];
    let sites: HashMap<SiteId, &Site> = registry.sites.iter().map(|site| (site.id, site)).collect();
    rows.extend(
        registry
            .devices
            .iter()
            .map(|device| row(device, sites.get(&device.site).copied())),
    );
    for row in rows {
        // A Vec takes everything, and each row has the same number of cells.
        let _ = writer.write_record(&row);
    }
    writer.into_inner().unwrap_or_default()
}

fn row(device: &Device, site: Option<&Site>) -> [String; CsvColumn::WRITTEN.len()] {
    let draft = draft_of(device, site);
    let about = site.map(|site| SiteDraft::of(&site.about)).unwrap_or_default();
    CsvColumn::WRITTEN.map(|column| match column {
        // The sign keeps a spreadsheet from making a number of it.
        CsvColumn::Id => format!("#{}", device.id),
        column => escaped(&column.text(&draft, &about)).into_owned(),
    })
}

/// The device as its editor shows it, without a look at all the others.
pub(super) fn draft_of(device: &Device, site: Option<&Site>) -> Draft {
    let registry = Registry {
        sites: site.cloned().into_iter().collect(),
        ..Registry::default()
    };
    Draft::of(device, &registry)
}
