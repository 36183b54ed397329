//! Files of named views for another profile or computer. They hold the name of each device beside its id, so that the
//! views find their devices in another registry.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use toml_edit::{DocumentMut, Item};

use super::atomic::{self, WriteError};
use super::format;
use super::migrate;
use super::read::{self, Refusal};
use super::records::set;
use super::views_file::{read_views, write_views};
use device::{ChannelId, Device, DeviceId, Registry, VirtualDvrId};
use wall::{Placed, TourPlan, View, Views};

/// The views of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    pub views: Vec<View>,
    /// The names of devices (or their ids, where the file has no name) that are not registered here. Their tiles are empty.
    pub missing: Vec<String>,
}

/// Why views were not written to a file or not read from it.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    #[error("there is no such file or folder")]
    NotFound,
    #[error("there is a file of this name already")]
    Exists,
    #[error("no permission")]
    Denied,
    #[error("{0}")]
    Broken(String),
    #[error("the file holds no views")]
    NoViews,
    #[error("{0}")]
    Other(String),
}

/// Writes `views` to a new file. An existing file is never replaced.
pub fn export_views(path: &Path, views: &[View], registry: &Registry) -> Result<(), TransferError> {
    if !path.parent().is_some_and(Path::is_dir) {
        return Err(TransferError::NotFound);
    }
    if path.symlink_metadata().is_ok() {
        return Err(TransferError::Exists);
    }
    let text = text_of(views, registry);
    atomic::write(path, text.as_bytes()).map_err(|error| match error {
        WriteError::Denied(_) => TransferError::Denied,
        other => TransferError::Other(other.to_string()),
    })
}

/// Reads the views of a file. The place of a channel whose device is not registered stays empty.
pub fn import_views(path: &Path, registry: &Registry) -> Result<Imported, TransferError> {
    let bytes = read::file(path).map_err(|refusal| match refusal {
        Refusal::Folder | Refusal::NoFile | Refusal::LinkToNothing => TransferError::NotFound,
        Refusal::Denied => TransferError::Denied,
        Refusal::TooLarge => TransferError::Broken("the file is too large".to_owned()),
        Refusal::System(reason) => TransferError::Other(reason),
    })?;
    let bytes = bytes.ok_or(TransferError::NotFound)?;
    let text = String::from_utf8(bytes).map_err(|error| TransferError::Broken(error.to_string()))?;
    views_of(&text, registry)
}

fn text_of(views: &[View], registry: &Registry) -> String {
    let mut toml = DocumentMut::new();
    set(toml.as_table_mut(), "version", migrate::VIEWS.version().into());
    let devices: BTreeSet<DeviceId> = views
        .iter()
        .flat_map(|view| &view.places)
        .flatten()
        .map(|placed| placed.channel.device)
        .collect();
    let (mut names, mut sites) = (toml_edit::Table::new(), toml_edit::Table::new());
    for device in devices.iter().filter_map(|id| registry.device(*id)) {
        set(&mut names, &device.id.to_string(), device.name.as_str().into());
        if let Some(site) = registry.site(device.site) {
            set(&mut sites, &device.id.to_string(), site.name.as_str().into());
        }
    }
    toml.insert(DEVICES, Item::Table(names));
    toml.insert(SITES, Item::Table(sites));
    let places = views.iter().flat_map(|view| &view.places).flatten();
    let origins: BTreeSet<VirtualDvrId> = places.filter_map(|placed| placed.origin).collect();
    let mut names = toml_edit::Table::new();
    for dvr in origins.iter().filter_map(|id| registry.virtual_dvr(*id)) {
        set(&mut names, &dvr.id.to_string(), dvr.name.as_str().into());
    }
    if !names.is_empty() {
        toml.insert(VIRTUAL_DVRS, Item::Table(names));
    }
    write_views(
        toml.as_table_mut(),
        &Views::restore(views.to_vec(), TourPlan::default()),
    );
    toml.to_string()
}

fn views_of(text: &str, registry: &Registry) -> Result<Imported, TransferError> {
    let parsed = format::parse(text, &migrate::VIEWS);
    if let Some(fault) = parsed.fault {
        return Err(TransferError::Broken(fault));
    }
    let table = parsed.toml.as_table();
    let (views, _) = read_views(table);
    if views.list().is_empty() {
        return Err(TransferError::NoViews);
    }
    let names = table.get(DEVICES).and_then(Item::as_table_like);
    let name_of = |id: DeviceId| names.and_then(|names| names.get(&id.to_string())?.as_str());
    let sites = table.get(SITES).and_then(Item::as_table_like);
    let site_of = |id: DeviceId| sites.and_then(|sites| sites.get(&id.to_string())?.as_str());
    // Whether several devices of the file have its name.
    let is_shared = |id: DeviceId| {
        let same = names.into_iter().flat_map(|names| names.iter());
        same.filter(|(_, name)| name.as_str() == name_of(id)).count() > 1
    };
    let mut here: BTreeMap<DeviceId, Option<DeviceId>> = BTreeMap::new();
    let mut find = |id: DeviceId| {
        *here.entry(id).or_insert_with(|| {
            let by_name = || find_by_name(registry, name_of(id)?, site_of(id), is_shared(id));
            registry.device(id).or_else(by_name).map(|device| device.id)
        })
    };
    let virtual_names = table.get(VIRTUAL_DVRS).and_then(Item::as_table_like);
    let find_virtual = |id: VirtualDvrId| {
        let name = virtual_names.and_then(|names| names.get(&id.to_string())?.as_str());
        let by_name = || registry.virtual_dvrs.iter().find(|dvr| Some(dvr.name.as_str()) == name);
        registry.virtual_dvr(id).or_else(by_name).map(|dvr| dvr.id)
    };
    let mut list = views.list().to_vec();
    for place in list.iter_mut().flat_map(|view| &mut view.places) {
        *place = place.and_then(|placed| {
            let device = find(placed.channel.device)?;
            Some(Placed {
                channel: ChannelId {
                    device,
                    ..placed.channel
                },
                origin: placed.origin.and_then(find_virtual),
                ..placed
            })
        });
    }
    let missing = here.iter().filter(|(_, found)| found.is_none());
    let missing = missing
        .map(|(id, _)| match (name_of(*id), site_of(*id)) {
            (Some(name), Some(site)) if is_shared(*id) => format!("{site}/{name}"),
            (Some(name), _) => name.to_owned(),
            (None, _) => id.to_string(),
        })
        .collect();
    Ok(Imported { views: list, missing })
}

/// The device of this name at the site of the file. Where there is no such site here, the only device of the name is meant, if it is
/// the only one (not `shared`) in the file too.
fn find_by_name<'a>(registry: &'a Registry, name: &str, site: Option<&str>, shared: bool) -> Option<&'a Device> {
    if let Some(site) = site.and_then(|site| registry.find_site_by_name(site)) {
        return registry.find_device_at(site.id, name);
    }
    let mut named = registry.devices_named(name);
    named.next().filter(|_| !shared && named.next().is_none())
}

const DEVICES: &str = "devices";
/// The name of each device's site. Earlier versions wrote none.
const SITES: &str = "device-sites";
const VIRTUAL_DVRS: &str = "virtual-dvrs";

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use device::{SiteId, sample};
    use wall::Layout;

    fn registry(devices: &[(u64, &str)]) -> Registry {
        let devices: Vec<_> = devices.iter().map(|(id, name)| sample::device(*id, name, 16)).collect();
        sample::registry(&devices)
    }

    fn ch(device: u64, number: u16) -> Option<Placed> {
        let device = DeviceId(device);
        Some(ChannelId { device, number }.into())
    }

    fn night() -> View {
        View {
            name: "夜間".to_owned(),
            layout: Layout::OnePlusFive,
            places: vec![ch(1, 3), None, ch(2, 16)],
            seconds: Some(30),
        }
    }

    #[test]
    fn views_travel_to_the_same_registry_and_to_one_made_apart() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("views.toml");
        let here = registry(&[(1, "正門"), (2, "Yard")]);
        export_views(&file, &[night()], &here).unwrap();
        let back = import_views(&file, &here).unwrap();
        assert_eq!((back.views, back.missing), (vec![night()], vec![]));
        let there = import_views(&file, &registry(&[(70, "yard "), (71, "Other")])).unwrap();
        assert_eq!(there.views[0].places, [None, None, ch(70, 16)]);
        assert_eq!(there.missing, ["正門"]);
    }

    #[test]
    fn of_two_devices_of_one_name_that_of_the_same_site_is_found() {
        let at_sites = |first: u64, sites: [&str; 2]| {
            let mut registry = registry(&[(first, "DVR1"), (first + 1, "DVR1")]);
            registry.sites = vec![sample::site(SiteId(1), sites[0]), sample::site(SiteId(2), sites[1])];
            registry.devices[1].site = SiteId(2);
            registry
        };
        let text = text_of(&[night()], &at_sites(1, ["Tokyo", "Osaka"]));
        let there = views_of(&text, &at_sites(70, ["osaka", "Tokyo"])).unwrap();
        assert_eq!(there.views[0].places, [ch(71, 3), None, ch(70, 16)]);
        let elsewhere = views_of(&text, &at_sites(70, ["Kyoto", "Nara"])).unwrap();
        assert_eq!(
            elsewhere.views[0].places,
            [None, None, None],
            "which one is meant is not guessed"
        );
        assert_eq!(elsewhere.missing, ["Tokyo/DVR1", "Osaka/DVR1"]);
        let alone = views_of(&text, &registry(&[(70, "DVR1")])).unwrap();
        assert_eq!(alone.views[0].places, [None, None, None], "not both are this one");
    }

    #[test]
    fn a_file_that_is_there_is_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mine.txt");
        fs::File::create(&file).unwrap();
        assert!(matches!(
            export_views(&file, &[night()], &Registry::default()),
            Err(TransferError::Exists)
        ));
        assert_eq!(fs::metadata(&file).unwrap().len(), 0);
        let nowhere = folder.path().join("no/views.toml");
        assert!(matches!(
            export_views(&nowhere, &[], &Registry::default()),
            Err(TransferError::NotFound)
        ));
    }

    #[test]
    fn what_is_no_file_of_views_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let read = |path: &Path| import_views(path, &Registry::default()).unwrap_err();
        assert!(matches!(read(&folder.path().join("none")), TransferError::NotFound));
        assert!(matches!(read(folder.path()), TransferError::NotFound));
        let text = |text: &str| views_of(text, &Registry::default()).unwrap_err();
        assert!(matches!(text("a = 1\n"), TransferError::NoViews));
        assert!(matches!(text("version = 99\n"), TransferError::Broken(_)));
        assert!(text("version = 1\n[[view]\n").to_string().starts_with("line 2"));
    }
}
