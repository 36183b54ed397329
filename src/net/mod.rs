//! SOCKETS: the policy that says where Monomi may connect, name look-up, the one dial, TLS, and what the system reports of the network.
//!
//! Belongs here: every socket of the program, and nothing that decides when to use one. An effect does one thing and reports
//! one outcome: it never retries and never waits for a second chance.
//! Does not belong here: retrying (`reconnect`), RTSP (`rtsp`).

mod dial;
mod hello;
mod interfaces;
mod monitor;
mod own_address;
mod policy;
mod probe;
mod resolve;
mod tls;
mod udp;
mod way;

pub use dial::{CONNECT_DEADLINE, DialError, DialStep, Dialled, LocalPort, Reason, Stream, Target, dial, upgrade};
pub use hello::listen_for_hello;
pub use monitor::{NetworkEvent, monitor};
pub use own_address::OwnAddress;
pub use policy::Policy;
pub use probe::{ProbedBy, Probes, Sent, follow_own_addresses};
pub use tls::{Trust, wants_client_certificate};
pub use udp::Datagrams;
pub use way::{addresses_of, way_to};
