//! What runs inside a site: real RTSP servers for all its addresses, in one process.

use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr};

use super::lab::{FOREIGN_PORT, PORT, PUBLIC, REDIRECTING_PORT};
use crate::fake_dvr::{Answer, Base, FakeDvr, Fault, Script, Sdp, Step};

/// Set in the environment of the process that is to serve: pictures a second.
pub const SERVE: &str = "MONOMI_NATLAB_SERVE";
/// Printed once every port listens.
pub const READY: &str = "the site listens";

#[test]
#[ignore = "the laboratory starts it inside a site"]
fn serves_a_site() {
    serve_if_asked();
}

/// Serves until the laboratory ends, however that ends; `false`: this process is not to serve.
pub fn serve_if_asked() -> bool {
    let Some(fps) = std::env::var(SERVE).ok().and_then(|fps| fps.parse().ok()) else {
        return false;
    };
    let normal = Script {
        fps,
        ..Script::default()
    };
    let at = |port, script| FakeDvr::start_on(SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)), script);
    let redirect = Fault::always(
        Step::Describe,
        Answer::redirect(&format!("rtsp://{PUBLIC}:{PORT}/live/1")),
    );
    let _servers = [
        at(PORT, normal.clone()),
        at(
            REDIRECTING_PORT,
            Script {
                faults: vec![redirect],
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
    ];
    println!("{READY}");
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    true
}
