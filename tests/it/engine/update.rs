//! Whether there is a newer version: asked when somebody presses the button, by the one dial, and never else.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpListener;
use std::thread::JoinHandle;

use monomi::bridge::{Command, UpdateFault, UpdateState};
use settings::Settings;

use super::rig::EngineRig;

/// A server that answers once; what it was asked.
fn server(answer: &'static str) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/newest?os=linux", listener.local_addr().unwrap());
    let serve = move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        let mut byte = [0];
        while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() > 0 {
            request.push(byte[0]);
        }
        stream.write_all(answer.as_bytes()).unwrap();
        String::from_utf8(request).unwrap()
    };
    let serve = std::thread::Builder::new().name("server".to_owned()).spawn(serve);
    (address, serve.unwrap())
}

/// An engine that has this address, and *Internal network only* as said.
fn engine(address: &str, internal_network_only: bool) -> EngineRig {
    let rig = EngineRig::new();
    rig.send(Command::SaveSettings(Box::new(Settings {
        update_address: Some(address.parse().unwrap()),
        internal_network_only,
        ..Settings::default()
    })));
    rig.until("the settings", |state| state.settings.update_address.clone());
    rig
}

fn answer(rig: &EngineRig) -> UpdateState {
    rig.until("an answer", |state| {
        let state = &state.update.as_ref()?.state;
        (!matches!(state, UpdateState::Waiting | UpdateState::Asking)).then(|| state.clone())
    })
}

#[test]
fn a_newer_version_is_said_with_its_page_and_costs_one_attempt() {
    let (address, serve) = server("HTTP/1.1 200 OK\r\ncontent-length: 33\r\n\r\n99.0.0\nhttps://example.jp/monomi\n");
    let rig = engine(&address, true);
    let before = rig.state().totals.attempts;
    rig.send(Command::CheckForUpdate);
    let newer = UpdateState::Newer {
        version: "99.0.0".to_owned(),
        page: Some("https://example.jp/monomi".to_owned()),
    };
    assert_eq!(answer(&rig), newer);
    assert_eq!(rig.state().totals.attempts, before + 1, "the governor counts it");
    let request = serve.join().unwrap();
    assert!(request.starts_with("GET /newest?os=linux HTTP/1.1\r\n"), "{request}");
    let update = rig.state().update.clone().unwrap();
    assert_eq!(update.server, "127.0.0.1");
}

#[test]
fn this_version_is_the_newest_where_the_server_knows_no_newer_one() {
    let (address, serve) = server(concat!(
        "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n",
        env!("CARGO_PKG_VERSION")
    ));
    let rig = engine(&address, false);
    rig.send(Command::CheckForUpdate);
    assert_eq!(answer(&rig), UpdateState::Newest);
    serve.join().unwrap();
}

#[test]
fn internal_network_only_forbids_a_public_address_and_no_packet_leaves() {
    let rig = engine("http://203.0.113.9/newest", true);
    rig.send(Command::CheckForUpdate);
    let address = "203.0.113.9".to_owned();
    assert_eq!(answer(&rig), UpdateState::Failed(UpdateFault::Policy { address }));
    assert_eq!(rig.state().totals.half_open, 0);
}

#[test]
fn nobody_is_asked_before_the_button_is_pressed_and_a_closed_port_is_said() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    let mut rig = engine(&address, false);
    rig.stop();
    rig.start();
    rig.until("the settings", |state| state.settings.update_address.clone());
    let asked = listener.accept();
    assert!(asked.is_err_and(|error| error.kind() == ErrorKind::WouldBlock));
    assert!(rig.state().update.is_none() && rig.state().totals.attempts == 0);
    drop(listener);
    rig.send(Command::CheckForUpdate);
    assert_eq!(answer(&rig), UpdateState::Failed(UpdateFault::Refused));
}
