//! The laboratory itself: PC – NAT router – sites, each in a network namespace of its own, removed when dropped.
//!
//! ```text
//!  pc  192.168.77.2 ── 192.168.77.1  rt (masquerades, counts SYNs)  10.50.0.1 ── 10.50.x.y  s0
//!                                                                   10.51.0.1 ── 10.51.x.y  s1 …
//! ```
//! Site 0 also holds the public address [`PUBLIC`]. What is dropped is dropped on the far side of the NAT.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::net::Ipv4Addr;
use std::ops::Range;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use super::syns::{self, Syns};

/// A public address (TEST-NET-2), routed inside the laboratory alone.
pub const PUBLIC: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 7);
/// Where every device of a site answers normally.
pub const PORT: u16 = 554;
/// Where every device answers DESCRIBE with a redirect to [`PUBLIC`].
pub const REDIRECTING_PORT: u16 = 8554;
/// Where every device names [`PUBLIC`]'s network as host in its SDP and `Content-Base`.
pub const FOREIGN_PORT: u16 = 8555;
/// Where a device answers DESCRIBE with a redirect to the next device or to itself, without end.
pub const LOOPING_PORT: u16 = 8556;

pub struct Lab {
    prefix: String,
    sites: Vec<Site>,
    fps: u32,
}

#[derive(Default)]
struct Site {
    servers: Vec<Child>,
}

impl Lab {
    /// Why no laboratory can be built here, if so. Found out once: tests ask from several threads.
    pub fn missing() -> Option<String> {
        static MISSING: OnceLock<Option<String>> = OnceLock::new();
        MISSING.get_or_init(find_missing).clone()
    }

    /// Builds it with `devices[i]` addresses at site `i`, all served with so many pictures a second.
    pub fn build(devices: &[u32], fps: u32) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        remove_leftovers();
        let prefix = format!("mono{}x{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let mut lab = Self {
            prefix,
            sites: Vec::new(),
            fps,
        };
        lab.build_pc_and_router(devices.len());
        for (site, count) in devices.iter().enumerate() {
            lab.sites.push(Site::default());
            lab.build_site(site, *count);
            lab.start_server(site);
        }
        lab
    }

    /// Device `number` (from 0) of `site`.
    pub fn address(site: usize, number: u32) -> Ipv4Addr {
        let byte = |value: u32| u8::try_from(value).expect("few sites and devices");
        Ipv4Addr::new(
            10,
            50 + byte(u32::try_from(site).expect("few sites")),
            byte(1 + number / 250),
            byte(1 + number % 250),
        )
    }

    fn addresses(site: usize, numbers: Range<u32>) -> String {
        let all: Vec<String> = numbers.map(|number| Self::address(site, number).to_string()).collect();
        all.join(", ")
    }

    /// A command inside the PC's namespace.
    pub fn on_pc(&self, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name("pc"), program]);
        command
    }

    /// `hosts` of the PC from now on; write it before the first command on the PC.
    pub fn set_hosts(&self, text: &str) {
        let folder = self.hosts_folder();
        std::fs::create_dir_all(&folder).expect("the namespace's own files");
        // In place: the file is mounted over /etc/hosts of what runs already.
        #[expect(clippy::disallowed_methods, reason = "a temporary file of the test")]
        std::fs::write(folder.join("hosts"), text).expect("the namespace's own hosts");
    }

    /// Everything to and from the site vanishes.
    pub fn black_hole(&self, site: usize, on: bool) {
        self.fault(site, "dead", &format!("10.{}.0.0/16", 50 + site), on);
    }

    /// Everything to and from one device vanishes.
    pub fn kill_device(&self, site: usize, number: u32, on: bool) {
        self.kill_devices(site, number..number + 1, on);
    }

    /// Everything to and from these devices vanishes, at the same moment.
    pub fn kill_devices(&self, site: usize, numbers: Range<u32>, on: bool) {
        self.fault(site, "dead", &Self::addresses(site, numbers), on);
    }

    /// One device answers everything with RST.
    pub fn refuse_device(&self, site: usize, number: u32, on: bool) {
        self.fault(site, "refused", &Self::addresses(site, number..number + 1), on);
    }

    /// All of a site's servers end at once; its host answers with RST.
    pub fn stop_server(&mut self, site: usize) {
        for mut server in self.sites[site].servers.drain(..) {
            let _ = server.kill();
            let _ = server.wait();
        }
    }

    /// Devices of `site` answer normally from now on.
    pub fn start_server(&mut self, site: usize) {
        self.serve(site, super::server::SERVE, &self.fps.to_string());
    }

    /// So many devices of `site` also answer at [`LOOPING_PORT`], where a redirect never ends.
    pub fn start_loops(&mut self, site: usize, devices: u32) {
        self.serve(site, super::server::LOOPS, &format!("{site} {devices}"));
    }

    /// A process inside the site, told what to serve in its environment.
    fn serve(&mut self, site: usize, order: &str, what: &str) {
        // Not by its path: a build may have replaced the file since.
        let own = format!("/proc/{}/exe", std::process::id());
        let mut server = Command::new("ip")
            .args(["netns", "exec", &self.site_name(site)])
            .arg(own)
            .args(["--ignored", "--exact", "natlab::server::serves_a_site", "--nocapture"])
            .env(order, what)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("a site's server");
        let mut out = BufReader::new(server.stdout.take().expect("its output"));
        let mut line = String::new();
        while !line.contains(super::server::READY) {
            line.clear();
            assert!(
                out.read_line(&mut line).is_ok_and(|length| length > 0),
                "a site's server ended before it listened"
            );
        }
        // Kept open, or the server's last words would end it by SIGPIPE.
        server.stdout = Some(out.into_inner());
        self.sites[site].servers.push(server);
    }

    /// The PC loses its carrier, as when the cable is pulled.
    pub fn pull_cable(&self, pulled: bool) {
        self.ip(&format!(
            "-n {} link set lan0 {}",
            self.name("rt"),
            if pulled { "down" } else { "up" }
        ));
    }

    /// The router stops (the PC keeps its carrier: a switch stands between) and forgets every session.
    pub fn router_off(&self, off: bool) {
        let rule = if off {
            "add rule inet power prerouting drop"
        } else {
            "flush chain inet power prerouting"
        };
        self.nft("rt", rule);
        run("ip", &["netns", "exec", &self.name("rt"), "conntrack", "-F"], "").expect("an empty table");
    }

    /// What the router and the PC count now.
    pub fn count(&self) -> Counts {
        let counters = |room: &str| {
            let text = run(
                "ip",
                &[
                    "netns",
                    "exec",
                    &self.name(room),
                    "nft",
                    "-j",
                    "list",
                    "counters",
                    "table",
                    "inet",
                    "count",
                ],
                "",
            )
            .expect("the counters");
            let json: serde_json::Value = serde_json::from_str(&text).expect("JSON of nft");
            let rows = json["nftables"].as_array().cloned().unwrap_or_default();
            move |name: &str| {
                let found = rows.iter().find(|row| row["counter"]["name"] == name);
                found
                    .and_then(|row| row["counter"]["packets"].as_u64())
                    .unwrap_or_else(|| panic!("no counter {name}"))
            }
        };
        let (router, pc) = (counters("rt"), counters("pc"));
        let table = run(
            "ip",
            &[
                "netns",
                "exec",
                &self.name("rt"),
                "conntrack",
                "-L",
                "-p",
                "tcp",
                "--state",
                "SYN_SENT",
            ],
            "",
        )
        .expect("the NAT table");
        let half_open = run(
            "ip",
            &["netns", "exec", &self.name("pc"), "ss", "-Htn", "state", "syn-sent"],
            "",
        )
        .expect("the sockets");
        Counts {
            syn: (0..self.sites.len())
                .map(|site| router(&format!("syn{site}")))
                .collect(),
            nat: (0..self.sites.len())
                .map(|site| {
                    table
                        .lines()
                        .filter(|line| line.contains(&format!("dst=10.{}.", 50 + site)))
                        .count()
                })
                .collect(),
            syn_at_pc: pc("syn"),
            to_public: pc("public"),
            half_open: half_open.lines().count(),
        }
    }

    /// Every SYN packet that the router has forwarded so far.
    pub fn syns(&self) -> Syns {
        let before = Instant::now();
        let listed = run(
            "ip",
            &[
                "netns",
                "exec",
                &self.name("rt"),
                "nft",
                "list",
                "set",
                "inet",
                "count",
                "syns",
            ],
            "",
        )
        .expect("the set of SYN packets");
        Syns::read(&listed, before)
    }

    fn build_pc_and_router(&self, sites: usize) {
        let (pc, rt) = (self.name("pc"), self.name("rt"));
        self.ip(&format!("netns add {pc}"));
        self.ip(&format!("netns add {rt}"));
        self.ip(&format!("link add eth0 netns {pc} type veth peer name lan0 netns {rt}"));
        for line in [
            format!("-n {pc} link set lo up"),
            format!("-n {pc} addr add 192.168.77.2/24 dev eth0"),
            format!("-n {pc} link set eth0 up"),
            format!("-n {rt} addr add 192.168.77.1/24 dev lan0"),
            format!("-n {rt} link set lan0 up"),
            format!("-n {pc} route add default via 192.168.77.1"),
        ] {
            self.ip(&line);
        }
        for setting in [
            "net.ipv4.ip_forward=1",
            "net.netfilter.nf_conntrack_tcp_loose=0",
            "net.netfilter.nf_conntrack_tcp_timeout_syn_sent=120",
        ] {
            run("ip", &["netns", "exec", &rt, "sysctl", "-qw", setting], "").expect("a router's setting");
        }
        let mut table = String::from(
            "table inet power {\n chain prerouting { type filter hook prerouting priority -310; policy accept;\n }\n}\n",
        );
        // What a site sends is lost on its way, not in its own kernel: that would know, and try again at once.
        table += "table inet fault {\n set dead { type ipv4_addr; flags interval;\n }\n set refused { type ipv4_addr; flags interval;\n }\n \
             chain prerouting { type filter hook prerouting priority -310; policy accept;\n  iifname \"wan*\" ip saddr @dead drop\n  \
             iifname \"wan*\" ip saddr @refused tcp flags & rst != rst drop\n }\n}\n";
        table += "table ip nat {\n chain postrouting { type nat hook postrouting priority 100; oifname \"wan*\" masquerade;\n }\n}\n";
        table += "table inet count {\n";
        for site in 0..sites {
            let _ = writeln!(table, " counter syn{site} {{\n }}");
        }
        let _ = writeln!(table, " {}", syns::SET);
        table += " chain forward { type filter hook forward priority -10; policy accept;\n";
        for site in 0..sites {
            let _ = writeln!(
                table,
                "  iifname \"lan0\" oifname \"wan{site}\" tcp flags & (syn|ack) == syn counter name syn{site}"
            );
        }
        let _ = writeln!(
            table,
            "  iifname \"lan0\" oifname \"wan*\" tcp flags & (syn|ack) == syn {}",
            syns::RULE
        );
        // A router drops what belongs to no session that it knows.
        table += "  ct state invalid drop\n }\n}\n";
        self.nft("rt", &table);
        self.nft(
            "pc",
            "table inet count {\n counter syn {\n }\n counter public {\n }\n chain output { type filter hook output priority -10; policy accept;\n  \
             oifname \"eth0\" tcp flags & (syn|ack) == syn counter name syn\n  ip daddr 198.51.100.0/24 counter name public\n }\n}\n",
        );
    }

    fn build_site(&self, site: usize, devices: u32) {
        let (own, rt) = (self.site_name(site), self.name("rt"));
        let net = format!("10.{}", 50 + site);
        self.ip(&format!("netns add {own}"));
        self.ip(&format!(
            "link add eth0 netns {own} type veth peer name wan{site} netns {rt}"
        ));
        self.ip(&format!("-n {rt} addr add {net}.0.1/24 dev wan{site}"));
        self.ip(&format!("-n {rt} link set wan{site} up"));
        self.ip(&format!("-n {own} link set lo up"));
        let mut batch = format!("addr add {net}.0.2/24 dev eth0\n");
        for number in 0..devices {
            let _ = writeln!(batch, "addr add {}/32 dev eth0", Self::address(site, number));
        }
        if site == 0 {
            let _ = writeln!(batch, "addr add {PUBLIC}/32 dev eth0");
        }
        run("ip", &["-n", &own, "-batch", "-"], &batch).expect("the site's addresses");
        self.ip(&format!("-n {own} link set eth0 up"));
        // By one neighbour: the kernel's table of neighbours is one for all namespaces, and 1,024 fill it.
        self.ip(&format!("-n {rt} route add {net}.0.0/16 via {net}.0.2"));
        if site == 0 {
            self.ip(&format!("-n {rt} route add 198.51.100.0/24 via {net}.0.2"));
        }
        let table = "table inet fault {\n set dead { type ipv4_addr; flags interval;\n }\n set refused { type ipv4_addr; flags interval;\n }\n \
             chain input { type filter hook input priority 0; policy accept;\n  ip daddr @dead drop\n  ip daddr @refused meta l4proto tcp reject with tcp reset\n }\n}\n";
        self.nft(&format!("s{site}"), table);
    }

    /// On its way to the site at the site, for a router counts no session of what it drops itself; on its way back at the router.
    fn fault(&self, site: usize, set: &str, what: &str, on: bool) {
        let verb = if on { "add" } else { "delete" };
        for room in [format!("s{site}"), "rt".to_owned()] {
            self.nft(&room, &format!("{verb} element inet fault {set} {{ {what} }}"));
        }
    }

    fn name(&self, room: &str) -> String {
        format!("{}-{room}", self.prefix)
    }

    fn site_name(&self, site: usize) -> String {
        self.name(&format!("s{site}"))
    }

    fn hosts_folder(&self) -> PathBuf {
        PathBuf::from("/etc/netns").join(self.name("pc"))
    }

    fn ip(&self, line: &str) {
        let arguments: Vec<&str> = line.split(' ').collect();
        run("ip", &arguments, "").unwrap_or_else(|error| panic!("ip {line}: {error}"));
    }

    fn nft(&self, room: &str, script: &str) {
        run("ip", &["netns", "exec", &self.name(room), "nft", "-f", "-"], script)
            .unwrap_or_else(|error| panic!("nft {script}: {error}"));
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        for site in 0..self.sites.len() {
            self.stop_server(site);
            let _ = run("ip", &["netns", "del", &self.site_name(site)], "");
        }
        for room in ["pc", "rt"] {
            let _ = run("ip", &["netns", "del", &self.name(room)], "");
        }
        let _ = std::fs::remove_dir_all(self.hosts_folder());
        let _ = std::fs::remove_dir("/etc/netns");
    }
}

/// Counted since the laboratory was built, except `nat` and `half_open`, which are of this moment.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// SYN packets forwarded by the router, a site each.
    pub syn: Vec<u64>,
    /// Entries of the router's NAT table in SYN_SENT, a site each.
    pub nat: Vec<usize>,
    /// SYN packets that the PC put on its wire.
    pub syn_at_pc: u64,
    /// Packets of any kind that the PC sent to the public network.
    pub to_public: u64,
    /// Sockets of the PC in SYN_SENT.
    pub half_open: usize,
}

fn find_missing() -> Option<String> {
    if !crate::skipped::is_root() {
        return Some("needs root for network namespaces".to_owned());
    }
    for (tool, argument) in [("ip", "-V"), ("nft", "-v"), ("conntrack", "-V"), ("ss", "-V")] {
        let asked = Command::new(tool)
            .arg(argument)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if let Err(error) = asked {
            return Some(format!("`{tool}` cannot be run: {error}"));
        }
    }
    let probe = format!("mono{}probe", std::process::id());
    let made = run("ip", &["netns", "add", &probe], "");
    let _ = run("ip", &["netns", "del", &probe], "");
    made.err()
        .map(|error| format!("network namespaces cannot be made here: {error}"))
}

/// What an earlier run left behind when it was killed.
fn remove_leftovers() {
    for name in run("ip", &["netns", "list"], "")
        .unwrap_or_default()
        .lines()
        .filter_map(|line| line.split(' ').next())
    {
        let pid = name
            .strip_prefix("mono")
            .and_then(|rest| rest.split(['x', 'p']).next())
            .and_then(|pid| pid.parse::<u32>().ok());
        if pid.is_some_and(|pid| !PathBuf::from(format!("/proc/{pid}")).exists()) {
            let _ = run("ip", &["netns", "del", name], "");
            let _ = std::fs::remove_dir_all(PathBuf::from("/etc/netns").join(name));
        }
    }
}

/// Standard output, or what it complained of.
pub fn run(program: &str, arguments: &[&str], input: &str) -> Result<String, String> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{program}: {error}"))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin
            .write_all(input.as_bytes())
            .map_err(|error| format!("{program}: {error}"))?;
    }
    let output = child
        .wait_with_output()
        .map_err(|error| format!("{program}: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }
}
