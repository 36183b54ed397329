//! What runs inside a site: real RTSP servers for all its addresses, in one process.

use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr};

use super::lab::{FOREIGN_PORT, LOOPING_PORT, Lab, PORT, PUBLIC, REDIRECTING_PORT};
use crate::fake_dvr::{Answer, Base, FakeDvr, Fault, Script, Sdp, Step};

/// Set in the environment of the process that is to serve: pictures a second.
pub const SERVE: &str = "MONOMI_NATLAB_SERVE";
/// Set in the environment of the process that is to serve redirects without end: its site and how many devices.
pub const LOOPS: &str = "MONOMI_NATLAB_LOOPS";
/// Printed once every port listens.
pub const READY: &str = "the site listens";

#[test]
#[ignore = "the laboratory starts it inside a site"]
fn serves_a_site() {
    serve_if_asked();
}

/// Serves until the laboratory ends, however that ends; `false`: this process is not to serve.
pub fn serve_if_asked() -> bool {
    let servers = if let Some(fps) = order(SERVE).and_then(|fps| fps.parse().ok()) {
        normal(fps)
    } else if let Some(what) = order(LOOPS) {
        let (site, devices) = what.split_once(' ').expect("a site and its devices");
        loops(site.parse().expect("a site"), devices.parse().expect("a number"))
    } else {
        return false;
    };
    println!("{READY}");
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    drop(servers);
    true
}

fn order(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn normal(fps: u32) -> Vec<FakeDvr> {
    let normal = Script {
        fps,
        ..Script::default()
    };
    let at = |port, script| FakeDvr::start_on(SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)), script);
    vec![
        at(PORT, normal.clone()),
        at(
            REDIRECTING_PORT,
            Script {
                faults: vec![redirect(&format!("rtsp://{PUBLIC}:{PORT}"))],
                ..normal.clone()
            },
        ),
        at(
            FOREIGN_PORT,
            Script {
                sdp: Sdp::ForeignHost,
                base: Base::Foreign,
                ..normal
            },
        ),
    ]
}

/// The first half of the devices redirect in a ring, each to the next one; the others redirect to themselves.
fn loops(site: usize, devices: u32) -> Vec<FakeDvr> {
    let ring = devices / 2;
    let device = |number| {
        let target = if number < ring {
            format!("rtsp://{}:{LOOPING_PORT}", Lab::address(site, (number + 1) % ring))
        } else {
            "{self}".to_owned()
        };
        let script = Script {
            faults: vec![redirect(&target)],
            ..Script::default()
        };
        FakeDvr::start_on(SocketAddr::from((Lab::address(site, number), LOOPING_PORT)), script)
    };
    (0..devices).map(device).collect()
}

fn redirect(to: &str) -> Fault {
    Fault::always(Step::Describe, Answer::redirect(&format!("{to}/live/1")))
}
