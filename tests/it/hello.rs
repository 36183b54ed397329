//! Devices that say Hello, heard on every interface, in a network namespace of the test's own.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6, UdpSocket};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::unshared::{in_a_namespace, is_inside};

/// For anything that the listener does by itself.
const PATIENCE: Duration = Duration::from_secs(60);
const HELLO: &[u8] = b"<wsa:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Hello</wsa:Action>";
const PORT: u16 = 3702;

#[test]
fn hello_is_heard_on_every_interface_and_on_one_that_comes_again() {
    in_a_namespace("hello", "hello::hears_in_a_namespace");
}

#[test]
#[ignore = "started by hello_is_heard_on_every_interface_and_on_one_that_comes_again in a namespace of its own"]
fn hears_in_a_namespace() {
    if !is_inside() {
        return;
    }
    ip("link set lo up");
    let first = Interface::build("first", 1);
    let second = Interface::build("second", 2);
    let heard = Arc::new(Mutex::new(BTreeSet::new()));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let ears = Arc::clone(&heard);
    let listening = runtime.spawn(monomi::net::listen_for_hello(move |ip, _said| {
        ears.lock().expect("the ears").insert(ip);
    }));
    let hears = |interface: &Interface| {
        for address in interface.addresses() {
            heard.lock().expect("the ears").clear();
            let end = Instant::now() + PATIENCE;
            while !heard.lock().expect("the ears").contains(&address) {
                assert!(Instant::now() < end, "nothing is heard of {address}");
                assert!(!listening.is_finished(), "the listener ended");
                interface.say_hello(address);
                std::thread::sleep(Duration::from_millis(50));
            }
        }
    };
    hears(&first);
    hears(&second);

    // An interface that comes later, and one that is replaced by another one of the same name and addresses.
    let third = Interface::build("third", 3);
    hears(&third);
    ip("link del first");
    let again = Interface::build("first", 1);
    assert_ne!(again.index, first.index);
    hears(&again);
    hears(&second);

    ip("link set second down");
    ip("link set second up");
    ip("addr replace fd00:2::1/64 dev second nodad");
    hears(&second);
}

/// One end of a cable whose other end is in this namespace too, so that it is up.
struct Interface {
    index: u32,
    v4: Ipv4Addr,
    v6: Ipv6Addr,
}

impl Interface {
    fn build(name: &str, number: u8) -> Self {
        ip(&format!("link add {name} type veth peer name {name}-end"));
        ip(&format!("link set {name}-end up"));
        ip(&format!("addr add 10.77.{number}.1/24 dev {name}"));
        ip(&format!("addr add fd00:{number}::1/64 dev {name} nodad"));
        ip(&format!("link set {name} up"));
        let told = ip(&format!("-o link show {name}"));
        let (index, _) = told.split_once(':').expect("its number");
        Self {
            index: index.parse().expect("a number"),
            v4: Ipv4Addr::new(10, 77, number, 1),
            v6: Ipv6Addr::new(0xfd00, number.into(), 0, 0, 0, 0, 0, 1),
        }
    }

    fn addresses(&self) -> [IpAddr; 2] {
        [self.v4.into(), self.v6.into()]
    }

    /// The kernel delivers what leaves here to the members of this computer, too. An interface that has just come may refuse.
    fn say_hello(&self, from: IpAddr) {
        let (group, bound) = match from {
            IpAddr::V4(_) => (
                SocketAddr::from((Ipv4Addr::new(239, 255, 255, 250), PORT)),
                SocketAddr::new(from, 0),
            ),
            IpAddr::V6(_) => (
                SocketAddrV6::new("ff02::c".parse().expect("a group"), PORT, 0, self.index).into(),
                SocketAddr::new(from, 0),
            ),
        };
        if let Ok(socket) = UdpSocket::bind(bound) {
            let _ = socket.send_to(HELLO, group);
        }
    }
}

/// What `ip` says.
fn ip(arguments: &str) -> String {
    let output = Command::new("ip")
        .args(arguments.split(' '))
        .output()
        .expect("iproute2");
    assert!(output.status.success(), "ip {arguments}: {output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
