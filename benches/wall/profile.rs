//! Profiles for Monomi with what a measurement needs: a wall of tiles, or a large registry.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use device::Draft;
use monomi::store::Profile;
use tempfile::TempDir;
use wall::{Layout, WindowView};

use crate::{Outcome, PATH};

/// One recorder whose channels fill a wall of `side` × `side` tiles. `path`: of a stream, as a template.
pub fn wall(address: SocketAddr, side: usize, path: &str) -> Outcome<TempDir> {
    let folder = TempDir::new()?;
    let profile = Profile::open(Some(folder.path().to_owned()))?;
    register(&profile, vec![recorder("Recorder", address, side * side, path)])?;
    let mut view = WindowView {
        fullscreen: true,
        ..WindowView::default()
    };
    view.wall.follow(&profile.load_registry().value);
    view.wall.set_layout(match side {
        4 => Layout::Sixteen,
        8 => Layout::SixtyFour,
        _ => return Err(format!("no layout of {side} × {side}").into()),
    });
    profile.save_windows(&[view])?;
    Ok(folder)
}

/// Registers a recorder at each of these addresses beside what is in the profile; no tile shows one.
pub fn beside(folder: &Path, addresses: impl Iterator<Item = Ipv4Addr>, port: u16) -> Outcome<()> {
    let profile = Profile::open(Some(folder.to_owned()))?;
    let drafts = addresses.map(|address| Draft {
        site: "Others".to_owned(),
        ..recorder(&address.to_string(), SocketAddr::from((address, port)), 1, PATH)
    });
    register(&profile, drafts.collect())
}

/// `devices` recorders with 16 channels each.
pub fn many(address: SocketAddr, devices: usize) -> Outcome<TempDir> {
    let folder = TempDir::new()?;
    let profile = Profile::open(Some(folder.path().to_owned()))?;
    let drafts = (1..=devices).map(|number| recorder(&format!("Recorder {number}"), address, 16, PATH));
    register(&profile, drafts.collect())?;
    Ok(folder)
}

fn recorder(name: &str, address: SocketAddr, channels: usize, path: &str) -> Draft {
    Draft {
        site: "Bench".to_owned(),
        name: name.to_owned(),
        brand: None,
        main_path: path.to_owned(),
        host: address.ip().to_string(),
        port: address.port().to_string(),
        channels: channels.to_string(),
        ..Draft::new()
    }
}

fn register(profile: &Profile, drafts: Vec<Draft>) -> Outcome<()> {
    let brands = monomi::store::brands();
    profile.update_registry(|registry| {
        for draft in drafts {
            let edit = draft
                .parse(registry, &brands, None)
                .map_err(|errors| format!("{errors:?}"))?;
            registry.save(edit).map_err(|error| error.to_string())?;
        }
        Ok::<_, String>(())
    })??;
    Ok(())
}
