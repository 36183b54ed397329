use serde::Deserialize;

use crate::device::{Brand, BrandId, Brands, Template};

/// The brand table that is compiled in (`assets/brands.toml`).
#[must_use]
pub fn brands() -> Brands {
    // A test reads the table; a fault in it cannot reach a user.
    parse(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/brands.toml"))).unwrap_or_default()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    brand: Vec<Record>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Record {
    id: String,
    names: Vec<String>,
    main: Option<String>,
    sub: Option<String>,
    #[serde(default = "rtsp_port")]
    port: u16,
    note_en: Option<String>,
    note_ja: Option<String>,
}

fn rtsp_port() -> u16 {
    554
}

fn parse(text: &str) -> Result<Brands, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
    let template = |path: Option<String>| {
        path.map(|path| path.parse::<Template>())
            .transpose()
            .map_err(|error| error.to_string())
    };
    let brands = file.brand.into_iter().map(|record| {
        Ok(Brand {
            id: BrandId(record.id),
            names: record.names,
            main: template(record.main)?,
            sub: template(record.sub)?,
            port: record.port,
            note_en: record.note_en,
            note_ja: record.note_ja,
        })
    });
    brands.collect::<Result<Vec<_>, String>>().map(Brands::new)
}
