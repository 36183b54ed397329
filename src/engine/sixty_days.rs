//! Sixty days with events, mail and failover in them are flat: the loop as it is, with held time, recorders that are pretended, and a mail server on loopback.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::clock;
use super::core::Core;
use super::endurance::{FlappingNetwork, pretend, registry, show_all};
use super::process_figures;
use super::rig::Rig;
use crate::bridge::{Command, EngineHandle};
use device::{ChannelId, Device, Host, Registry, Road};
use events::{Happening, NoteText, Occurrence, Subject};
use settings::{MailSecurity, Settings};

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// The loop ticks more seldom than in earnest, so that sixty days take minutes.
const TICK: Duration = Duration::from_secs(4);

/// What is not the same at the end of each day may differ by so much: what the last minutes left behind.
const PLAY: usize = 60;

/// Takes every mail that comes, and counts them.
async fn serve(socket: TcpStream, mails: Arc<AtomicUsize>) -> std::io::Result<()> {
    let mut stream = BufReader::new(socket);
    stream.write_all(b"220 mail.example.jp\r\n").await?;
    let mut in_data = false;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let line = line.trim_end();
        let reply: &[u8] = match (in_data, line) {
            (true, ".") => {
                in_data = false;
                mails.fetch_add(1, Ordering::Relaxed);
                b"250 taken\r\n"
            }
            (true, _) => continue,
            (false, "DATA") => {
                in_data = true;
                b"354 go\r\n"
            }
            (false, "QUIT") => {
                stream.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            (false, _) => b"250 ok\r\n",
        };
        stream.write_all(reply).await?;
    }
}

/// One recorder has a second road, by a network that flaps like the others.
fn with_a_road(edits: u32) -> Registry {
    let mut registry = registry(edits);
    let road = Road {
        name: "VPN".to_owned(),
        host: Host::Ip(Ipv4Addr::new(10, 0, 3, 5).into()),
        port: 554,
    };
    registry.devices[4].roads.others = vec![road];
    registry
}

fn mail_to(port: u16) -> Settings {
    let mut settings = Settings::default();
    let messengers = &mut settings.messengers;
    messengers.mail_server = format!("127.0.0.1:{port}").parse().ok();
    messengers.mail_security = MailSecurity::None;
    messengers.mail_from = "monomi@example.jp".to_owned();
    messengers.mail_to = vec!["watch@example.jp".to_owned()];
    settings
}

/// What devices tell in an hour, and what people do.
fn an_hour(core: &mut Core, engine: &EngineHandle, hour: u32) {
    let devices: Vec<Device> = core.registry().devices.clone();
    for device in &devices {
        let channel = Subject::Channel(ChannelId {
            device: device.id,
            number: 1,
        });
        let motion = Happening::new(channel, Occurrence::Motion);
        // Some never say that it is over.
        core.hear((0..20).map(|_| motion.clone().begins()));
        core.hear([Happening::new(channel, Occurrence::VideoLoss).begins()]);
        core.hear([Happening::new(channel, Occurrence::VideoLoss).ends()]);
        core.hear([Happening::own(
            Subject::Device(device.id),
            &format!("Vendor word {}", hour % 50),
            events::Category::Device,
            events::Severity::Info,
        )]);
    }
    let newest = engine.state().events.list.first().map(|shown| shown.event.id);
    let commands = [
        newest.map(|id| Command::AcknowledgeEvent(id, NoteText::new("seen to"))),
        Some(Command::SeeAllEvents).filter(|_| hour.is_multiple_of(6)),
        Some(Command::HushAlerts),
    ];
    for command in commands.into_iter().flatten() {
        core.on_command(command, clock::now());
    }
    if hour.is_multiple_of(12) {
        core.enter(with_a_road(hour));
    }
}

fn sizes(core: &Core, engine: &EngineHandle) -> BTreeMap<&'static str, usize> {
    let mut sizes = core.sizes();
    sizes.insert("notices", engine.state().notices.len());
    sizes.insert("tasks", tokio::runtime::Handle::current().metrics().num_alive_tasks());
    sizes
}

/// What was held at the end of each of so many spans of this length, and how many mails were taken.
async fn spans(spans: u32, length: Duration) -> (Vec<BTreeMap<&'static str, usize>>, usize) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mails = Arc::new(AtomicUsize::new(0));
    let taken = Arc::clone(&mails);
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(serve(socket, Arc::clone(&taken)));
        }
    });
    let Rig {
        mut core,
        engine,
        inbox: _inbox,
        mut receiver,
        mut events,
        folder: _folder,
    } = Rig::new().await;
    let start = clock::now();
    let network = Arc::new(FlappingNetwork::new(start, 4, 3 * (spans + 1)));
    core.connections()
        .set_runner(Box::new(move |plan| Box::pin(pretend(plan, Arc::clone(&network)))));
    core.on_command(Command::SaveSettings(Box::new(mail_to(port))), clock::now());
    core.enter(with_a_road(0));
    let mut tick = tokio::time::interval(TICK);
    let (mut hour, mut held) = (0, Vec::new());
    let mut ends: Instant = start + length;
    while held.len() < spans as usize {
        core.turn(&mut receiver, &mut tick).await;
        while events.try_recv().is_ok() {}
        let now = clock::now();
        if now >= start + HOUR * hour {
            an_hour(&mut core, &engine, hour);
            show_all(&mut core);
            hour += 1;
        }
        if now >= ends {
            held.push(sizes(&core, &engine));
            ends += length;
        }
    }
    (held, mails.load(Ordering::Relaxed))
}

/// The list of what happened is as long as it may be, in the end.
const LISTS: [&str; 2] = ["events", "events shown"];

/// Nothing grows from the first span on.
fn are_flat(held: &[BTreeMap<&'static str, usize>]) {
    let first = &held[0];
    for (span, sizes) in held.iter().enumerate() {
        for (what, size) in sizes {
            let bound = match LISTS.contains(what) {
                true => events::MOST_EVENTS,
                false => first[what] + PLAY.max(first[what] / 4),
            };
            let at_first = first[what];
            assert!(
                *size <= bound,
                "span {}: {size} {what}, {at_first} in the first",
                span + 1
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn hours_with_events_mail_and_failover_leave_what_the_next_ones_leave() {
    let (held, mails) = spans(2, 2 * HOUR).await;
    println!("{mails} mails; {:?}", held[1]);
    are_flat(&held);
    assert!(mails > 0, "outages are told by mail");
}

#[tokio::test(start_paused = true)]
#[ignore = "sixty days of flapping take minutes, and handles are counted of the whole process: run it alone"]
async fn sixty_days_with_events_mail_and_failover_are_flat() {
    let one = spans(1, 2 * HOUR).await.0;
    let before = process_figures();
    let (held, mails) = spans(60, DAY).await;
    let after = process_figures();
    println!(
        "{mails} mails\nday 1:  {:?}\nday 60: {:?}\n{before:?}\n{after:?}",
        held[0], held[59]
    );
    are_flat(&held);
    assert_eq!(one[0].keys().collect::<Vec<_>>(), held[0].keys().collect::<Vec<_>>());
    assert!(after.open_fds <= before.open_fds + 8, "{before:?} {after:?}");
}
