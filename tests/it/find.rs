//! Recorders are found by real packets: two interfaces, a router, and what is not to be asked, in network namespaces of the test's own.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use socket2::{Domain, Protocol, Socket, Type};

use crate::skipped::skip;
use crate::unshared::{in_a_namespace, is_inside};

const PORT: u16 = 3702;
const GROUP: Ipv4Addr = Ipv4Addr::new(239, 255, 255, 250);
/// Where the recorder stands: on both cables, and once behind it as behind a router.
const ON_FIRST: Ipv4Addr = Ipv4Addr::new(10, 77, 1, 2);
const ON_SECOND: Ipv4Addr = Ipv4Addr::new(10, 77, 2, 2);
const FROM_FACTORY: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 64);
const BEHIND: Ipv4Addr = Ipv4Addr::new(10, 77, 9, 20);
/// It takes connections and answers no probe.
const SILENT: Ipv4Addr = Ipv4Addr::new(10, 77, 9, 21);

#[test]
fn recorders_are_found_on_every_interface_and_beyond_a_router_and_nobody_else_is_asked() {
    in_a_namespace("find", "find::finds_in_a_namespace");
}

/// Sets what the kernel of this namespace does, where it has that at all.
#[expect(clippy::disallowed_methods, reason = "it is the kernel's, not a file")]
fn set(what: &str, to: &str) {
    std::fs::write(format!("/proc/sys/net/{what}"), to).ok();
}

#[test]
#[ignore = "started by recorders_are_found_on_every_interface_and_beyond_a_router_and_nobody_else_is_asked in a namespace of its own"]
fn finds_in_a_namespace() {
    if !is_inside() {
        return;
    }
    ip("link set lo up");
    // Its addresses come late, and each change of addresses asks anew.
    for name in ["all", "default"] {
        set(&format!("ipv6/conf/{name}/disable_ipv6"), "1");
    }
    // Else the kernel drops what comes from an address of no network here.
    for name in ["all", "default"] {
        set(&format!("ipv4/conf/{name}/rp_filter"), "0");
    }
    let mut peer = Peer::start();
    for (number, name) in [(1, "first"), (2, "second")] {
        ip(&format!("link add {name} type veth peer name {name}-end"));
        ip(&format!("link set {name}-end netns {}", peer.child.id()));
        ip(&format!("addr add 10.77.{number}.1/24 dev {name}"));
        ip(&format!("link set {name} up"));
        peer.ip(&format!("addr add 10.77.{number}.2/24 dev {name}-end"));
        peer.ip(&format!("link set {name}-end up"));
    }
    peer.ip("link set lo up");
    peer.ip("addr add 192.0.2.64/32 dev first-end");
    for network in ["10.77.9.0/24", "198.51.100.0/24"] {
        ip(&format!("route add {network} via 10.77.1.2"));
        peer.ip(&format!("route add local {network} dev lo"));
    }
    peer.ask("begin");

    let folder = tempfile::tempdir().expect("a folder");
    let found = find(folder.path(), &["--range", "10.77.9.*"]);
    let of = |endpoint: &str| -> Vec<&Value> { found.iter().filter(|row| row["endpoint"] == endpoint).collect() };
    assert_eq!(found.len(), 3, "{found:#?}");
    let [recorder] = of("recorder")[..] else {
        panic!("{found:#?}")
    };
    let mut addresses = vec![recorder["address"].clone()];
    addresses.extend(recorder["also"].as_array().expect("addresses").iter().cloned());
    addresses.sort_by_key(ToString::to_string);
    assert_eq!(addresses, [json!("10.77.1.2"), json!("10.77.2.2")]);
    assert_eq!(
        (
            &recorder["maker"],
            &recorder["model"],
            &recorder["mac"],
            &recorder["state"]
        ),
        (
            &json!("HIKVISION"),
            &json!("DS-7608"),
            &json!("44:19:b6:00:11:22"),
            &json!("new")
        )
    );
    // Its path and port count, its host does not.
    assert_eq!(recorder["port"], 8_899);
    let [camera] = of("camera")[..] else {
        panic!("{found:#?}")
    };
    assert_eq!(
        (&camera["address"], &camera["state"]),
        (&json!("192.0.2.64"), &json!("elsewhere"))
    );
    let [behind] = of("behind")[..] else {
        panic!("{found:#?}")
    };
    assert_eq!(
        (&behind["address"], &behind["state"]),
        (&json!("10.77.9.20"), &json!("new"))
    );

    // Two types, three times, by each cable; 254 addresses once and once more, but for the one that answered.
    let [group, single] = peer.counts();
    assert_eq!(group, 2 * 3 * 2);
    assert!((254..=2 * 254 - 1).contains(&single), "{single}");

    // Who is silent to datagrams may take connections: what that costs is said before it begins.
    let output = monomi(
        folder.path(),
        &["find", "--json", "--knock", "--range", "10.77.9.20-21"],
    );
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.success() && said.contains("1 addresses stayed silent"),
        "{output:?}"
    );
    let found: Vec<Value> = serde_json::from_slice(&output.stdout).expect("a JSON array");
    let silent = found.iter().find(|row| row["address"] == "10.77.9.21");
    assert_eq!(silent.map(|row| &row["port"]), Some(&json!(554)), "{found:#?}");
    let [_, single] = peer.counts();

    let set = monomi(folder.path(), &["settings", "set", "internal-network-only", "true"]);
    assert!(set.status.success(), "{set:?}");
    let output = monomi(folder.path(), &["find", "--json", "--range", "198.51.100.*"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.contains("254"), "{output:?}");
    assert_eq!(peer.counts()[1], single, "an address of the Internet was asked");
}

#[test]
fn a_device_on_a_link_without_ipv4_is_found_with_its_interface() {
    in_a_namespace("find on a link of IPv6", "find::finds_on_a_link_of_ipv6");
}

#[test]
#[ignore = "started by a_device_on_a_link_without_ipv4_is_found_with_its_interface in a namespace of its own"]
fn finds_on_a_link_of_ipv6() {
    if !is_inside() {
        return;
    }
    ip("link set lo up");
    for name in ["all", "default"] {
        set(&format!("ipv6/conf/{name}/accept_dad"), "0");
        set(&format!("ipv6/conf/{name}/dad_transmits"), "0");
    }
    ip("link add here type veth peer name there");
    for name in ["here", "there"] {
        ip(&format!("link set {name} up"));
    }
    let Some(there) = link_of("there").filter(|_| link_of("here").is_some()) else {
        skip("find on a link of IPv6", "this kernel gives links no address of IPv6");
        return;
    };
    let socket = Socket::new(Domain::IPV6, Type::DGRAM, Some(Protocol::UDP)).expect("a socket");
    socket.set_only_v6(true).expect("IPv6 alone");
    let any = SocketAddr::from((std::net::Ipv6Addr::UNSPECIFIED, PORT));
    socket.bind(&any.into()).expect("a free port");
    let group = "ff02::c".parse().expect("the group");
    socket.join_multicast_v6(&group, there).expect("the group");
    let asked = Arc::new(AtomicUsize::new(0));
    serve(socket.into(), Arc::clone(&asked), |socket, from| {
        let text = probe_match("on-the-link", "", "http://0.0.0.0:8899/onvif/device_service");
        socket.send_to(text.as_bytes(), from).expect("sent");
    });
    let folder = tempfile::tempdir().expect("a folder");
    let found = find(folder.path(), &[]);
    let [device] = &found[..] else { panic!("{found:#?}") };
    let address = device["address"].as_str().expect("an address");
    assert!(address.starts_with("fe80::") && address.contains('%'), "{address}");
    assert_eq!(
        (&device["endpoint"], &device["port"]),
        (&json!("on-the-link"), &json!(8_899))
    );
    assert!(asked.load(Ordering::SeqCst) > 0);
}

/// The number of an interface, once it has a link-local address that may be used (`/proc/net/if_inet6`).
fn link_of(name: &str) -> Option<u32> {
    const TENTATIVE: u32 = 0x40;
    for _ in 0..200 {
        let table = std::fs::read_to_string("/proc/net/if_inet6").ok()?;
        let usable = table.lines().find_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let [address, index, _, _, flags, named] = fields[..] else {
                return None;
            };
            let flags = u32::from_str_radix(flags, 16).ok()?;
            let is_it = named == name && address.starts_with("fe80") && flags & TENTATIVE == 0;
            is_it.then(|| u32::from_str_radix(index, 16).ok())?
        });
        if usable.is_some() {
            return usable;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    None
}

/// What `monomi find` prints.
fn find(profile: &Path, arguments: &[&str]) -> Vec<Value> {
    let arguments = [&["find", "--json"], arguments].concat();
    let output = monomi(profile, &arguments);
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).expect("a JSON array")
}

fn monomi(profile: &Path, arguments: &[&str]) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_monomi"))
        .arg("--profile")
        .arg(profile)
        .args(arguments)
        .output()
        .expect("monomi")
}

/// The other ends of the cables, in a namespace of their own.
struct Peer {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Peer {
    fn start() -> Self {
        let mut child = Command::new("unshare")
            .arg("--net")
            .arg(std::env::current_exe().expect("this test"))
            .args(["--exact", "find::answers_in_a_namespace", "--ignored", "--nocapture"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("unshare");
        let orders = child.stdin.take().expect("its orders");
        let answers = BufReader::new(child.stdout.take().expect("its answers"));
        let mut peer = Self { child, orders, answers };
        // Only in its own namespace are cables to be put.
        peer.ask("there");
        peer
    }

    /// Sends an order and waits for its answer.
    fn ask(&mut self, order: &str) -> String {
        writeln!(self.orders, "{order}").expect("the peer");
        for line in (&mut self.answers).lines() {
            let line = line.expect("the peer");
            // The test's harness writes lines of its own.
            if let Some((_, answer)) = line.split_once("ANSWER ") {
                return answer.to_owned();
            }
        }
        panic!("the peer has ended");
    }

    fn ip(&self, arguments: &str) {
        let output = Command::new("nsenter")
            .args(["--net", "--target", &self.child.id().to_string(), "ip"])
            .args(arguments.split(' '))
            .output()
            .expect("nsenter");
        assert!(output.status.success(), "ip {arguments}: {output:?}");
    }

    /// Datagrams to the group, and to single addresses.
    fn counts(&mut self) -> [usize; 2] {
        let answer = self.ask("count");
        let numbers: Vec<usize> = answer
            .split(' ')
            .map(|number| number.parse().expect("a number"))
            .collect();
        numbers.try_into().expect("two numbers")
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[test]
#[ignore = "the other side of finds_in_a_namespace"]
fn answers_in_a_namespace() {
    if !is_inside() {
        return;
    }
    let (group, single) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    for order in std::io::stdin().lines() {
        let answer = match order.expect("an order").as_str() {
            "begin" => {
                let hears = bound(GROUP);
                for own in [ON_FIRST, ON_SECOND] {
                    hears.join_multicast_v4(&GROUP, &own).expect("the group");
                }
                serve(hears, Arc::clone(&group), answer_group);
                let behind = bound(BEHIND);
                serve(behind, Arc::clone(&single), |socket, from| {
                    let text = probe_match("behind", "", "http://10.77.9.20/onvif/device_service");
                    socket.send_to(text.as_bytes(), from).expect("sent");
                });
                let taking = TcpListener::bind((SILENT, 554)).expect("a port");
                let take = move || taking.incoming().for_each(drop);
                let named = std::thread::Builder::new().name("taking".to_owned());
                named.spawn(take).expect("a thread");
                let silent = bound(Ipv4Addr::UNSPECIFIED);
                serve(silent, Arc::clone(&single), |_, _| {});
                "listening".to_owned()
            }
            "count" => format!("{} {}", group.load(Ordering::SeqCst), single.load(Ordering::SeqCst)),
            _ => "yes".to_owned(),
        };
        println!("\nANSWER {answer}");
    }
}

/// A socket beside others on the same port, which hears no group that another one is a member of.
fn bound(at: Ipv4Addr) -> UdpSocket {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP)).expect("a socket");
    socket.set_reuse_address(true).expect("a shared port");
    socket.set_multicast_all_v4(false).expect("no other groups");
    socket.bind(&SocketAddr::from((at, PORT)).into()).expect("a free port");
    socket.into()
}

fn serve(socket: UdpSocket, count: Arc<AtomicUsize>, answer: impl Fn(&UdpSocket, SocketAddr) + Send + 'static) {
    let serving = move || {
        let mut buffer = [0; 4_096];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            let text = String::from_utf8_lossy(&buffer[..length]);
            assert!(text.contains("discovery/Probe<"), "{text}");
            count.fetch_add(1, Ordering::SeqCst);
            answer(&socket, from);
        }
    };
    std::thread::Builder::new()
        .name("device".to_owned())
        .spawn(serving)
        .expect("a thread");
}

/// The recorder answers by the cable that it was asked on; on the first one also a camera with an address of the factory, and a printer.
fn answer_group(_: &UdpSocket, from: SocketAddr) {
    let send = |own: Ipv4Addr, text: &str| {
        let socket = UdpSocket::bind((own, 0)).expect("a socket");
        socket.send_to(text.as_bytes(), from).expect("sent");
    };
    let scopes = "onvif://www.onvif.org/name/HIKVISION%20DS-7608 onvif://www.onvif.org/hardware/DS-7608 \
                  onvif://www.onvif.org/MAC/44:19:b6:00:11:22";
    let urls = "http://169.254.7.7/onvif/device_service http://10.77.1.2:8899/onvif/device_service";
    let on_first = matches!(from, SocketAddr::V4(from) if from.ip().octets()[2] == 1);
    let own = if on_first { ON_FIRST } else { ON_SECOND };
    send(own, &probe_match("recorder", scopes, urls));
    if on_first {
        send(
            FROM_FACTORY,
            &probe_match("camera", "", "http://192.0.2.64/onvif/device_service"),
        );
        let printer = probe_match("printer", "", "http://10.77.1.2:5357/x");
        send(
            ON_FIRST,
            &printer.replace("dn:NetworkVideoTransmitter", "wsdp:Device wprt:PrintDeviceType"),
        );
    }
}

fn probe_match(endpoint: &str, scopes: &str, urls: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\">\n<s:Body><d:ProbeMatches><d:ProbeMatch>\
         <a:EndpointReference><a:Address>urn:uuid:{endpoint}</a:Address></a:EndpointReference>\
         <d:Types>dn:NetworkVideoTransmitter</d:Types><d:Scopes>{scopes}</d:Scopes><d:XAddrs>{urls}</d:XAddrs>\
         </d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>"
    )
}

/// What `ip` says.
fn ip(arguments: &str) {
    let output = Command::new("ip")
        .args(arguments.split(' '))
        .output()
        .expect("iproute2");
    assert!(output.status.success(), "ip {arguments}: {output:?}");
}
