//! The devices that are made of what was found.

use std::collections::BTreeMap;

use i18n_embed_fl::fl;

use crate::bridge::FoundRow;
use crate::i18n::Words;
use crate::ui::problem;
use device::{Brand, BrandId, Brands, DeviceEdit, Draft, Password, PasswordEdit, Registry, folded};
use discovery::FoundId;

/// What is typed once for all.
pub(super) struct NewDevices<'a> {
    pub site: &'a str,
    pub user: &'a str,
    pub password: &'a str,
    pub channels: &'a str,
    /// The preset of a maker that no preset has the name of.
    pub brand: Option<&'a BrandId>,
}

impl NewDevices<'_> {
    /// The devices to be saved in one step, and why the others cannot be.
    pub(super) fn plan<'r>(
        &self,
        rows: impl Iterator<Item = &'r FoundRow>,
        registry: &Registry,
        brands: &Brands,
        words: &Words,
    ) -> (Vec<DeviceEdit>, BTreeMap<FoundId, String>) {
        let mut after = registry.clone();
        let (mut edits, mut refused) = (Vec::new(), BTreeMap::new());
        for row in rows {
            let draft = self.draft(row, &after, brands);
            match draft.parse(&after, brands, None) {
                Ok(mut edit) => {
                    edit.device.identity = row.identity.clone();
                    // The next one finds its name taken, and the site there.
                    if after.save(edit.clone()).is_ok() {
                        edits.push(edit);
                    }
                }
                Err(errors) => {
                    let reasons: Vec<String> = errors.iter().map(|error| problem::sentence(words, error)).collect();
                    let reason = words.list(&reasons);
                    refused.insert(row.id, fl!(words, "find-add-failed", reason = reason));
                }
            }
        }
        (edits, refused)
    }

    fn draft(&self, row: &FoundRow, registry: &Registry, brands: &Brands) -> Draft {
        let named = row.name.clone().or_else(|| row.model.clone());
        let name = named.unwrap_or_else(|| row.host.to_string());
        let brand = brand_of(row, brands).map(|brand| &brand.id).or(self.brand);
        let port = brand
            .and_then(|id| brands.get(id))
            .map_or(Draft::RTSP_PORT, |brand| brand.port);
        let password = match self.password {
            "" => PasswordEdit::Keep,
            typed => PasswordEdit::Set(Password::new(typed)),
        };
        Draft {
            site: self.site.to_owned(),
            name: registry.free_device_name(self.site, &name),
            brand: brand.cloned(),
            host: row.host.to_string(),
            port: port.to_string(),
            user: self.user.to_owned(),
            password,
            channels: self.channels.to_owned(),
            ..Draft::new()
        }
    }
}

/// The preset whose name the device says.
fn brand_of<'a>(row: &FoundRow, brands: &'a Brands) -> Option<&'a Brand> {
    let said = [&row.maker, &row.name, &row.model].into_iter().flatten();
    let said: Vec<String> = said.map(|text| folded(text)).collect();
    let names = |brand: &Brand| {
        brand.names.iter().any(|name| {
            let name = folded(name);
            // Two letters are in too many words.
            name.chars().count() > 2
                && said
                    .iter()
                    .any(|said| said.split([' ', '-', '_', '/']).any(|word| word == name))
        })
    };
    brands.all().iter().find(|brand| brand.main.is_some() && names(brand))
}
