//! Streams as recorders serve them, watched by the real binary: well-behaved servers, sloppy ones, and ones that fail.

mod bombs;
mod gst_server;
mod habits;
mod honesty;
mod life;
mod link;
mod patience;
mod sign_in;
mod udp;

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use gst_server::GstServer;
use gstreamer_rtsp_server::gst_rtsp::RTSPAuthMethod;

use crate::fake_dvr::{Answer, Auth, Base, Codec, Ending, FakeDvr, Fault, Flow, Heads, Script, Sdp, Step, Transport};
use crate::watch::{Line, Log, Watch, add_device, hears_signals, monomi};

/// For anything that the machine does by itself.
const PATIENCE: Duration = Duration::from_secs(90);

/// Fake DVRs on loopback addresses of their own, each a site and a device named after its story.
struct Fleet {
    dvrs: Vec<(String, FakeDvr)>,
    profile: tempfile::TempDir,
}

impl Fleet {
    fn start(scripts: Vec<(&str, Script)>) -> Self {
        let profile = tempfile::tempdir().expect("a profile");
        let start = |(number, (name, script)): (u8, (&str, Script))| {
            let user = if script.auth == Auth::None {
                String::new()
            } else {
                format!("{}:secret@", script.user)
            };
            let dvr = FakeDvr::start_on(SocketAddr::from((Ipv4Addr::new(127, 0, 1, number), 0)), script);
            let url = dvr.url().replacen("://", &format!("://{user}"), 1);
            add_device(profile.path(), name, &format!("{name}-dvr"), &url);
            (name.to_owned(), dvr)
        };
        let dvrs = (1..).zip(scripts).map(start).collect();
        Self { dvrs, profile }
    }

    fn watch(&self) -> Watch {
        Watch::start(monomi(self.profile.path()))
    }

    fn dvr(&self, name: &str) -> &FakeDvr {
        &self
            .dvrs
            .iter()
            .find(|(own, _)| own == name)
            .expect("a DVR of this name")
            .1
    }
}

/// What was told of the stream of this recorder, every two seconds.
fn told(log: &Log, name: &str) -> Vec<serde_json::Value> {
    let device = format!("{name}-dvr");
    let own = |line: &Line| {
        let channels = line.fields["channels"].as_array()?;
        channels.iter().find(|channel| channel["device"] == device).cloned()
    };
    log.of("stats").filter_map(own).collect()
}

/// While the stream was live: pictures a second, and how many were dropped or lost.
fn figures(log: &Log, name: &str) -> Vec<(f64, u64)> {
    let live = told(log, name).into_iter().filter(|stream| stream["state"] == "live");
    let figures = live.map(|stream| {
        let dropped = stream["dropped"].as_u64().unwrap_or(u64::MAX);
        (stream["fps"].as_f64().unwrap_or_default(), dropped)
    });
    figures.collect()
}

fn state(log: &Log, name: &str) -> String {
    log.states(name).into_values().next().unwrap_or_default()
}

#[test]
fn well_behaved_servers_of_every_codec_and_sign_in() {
    let h264 = "x264enc tune=zerolatency key-int-max=10 ! rtph264pay name=pay0 pt=96 config-interval=-1";
    let h265 = "x265enc tune=zerolatency key-int-max=10 ! rtph265pay name=pay0 pt=96 config-interval=-1";
    let mjpeg = "video/x-raw,format=I420 ! jpegenc ! rtpjpegpay name=pay0 pt=26";
    let servers = [
        ("h264", "", GstServer::start(h264, None)),
        ("h265", "", GstServer::start(h265, None)),
        ("mjpeg", "", GstServer::start(mjpeg, None)),
        (
            "digest",
            "admin:p@ss:w/rd%#日本@",
            GstServer::start(h264, Some(("admin", "p@ss:w/rd%#日本", RTSPAuthMethod::Digest))),
        ),
        (
            "basic",
            "viewer:secret@",
            GstServer::start(h264, Some(("viewer", "secret", RTSPAuthMethod::Basic))),
        ),
    ];
    let profile = tempfile::tempdir().expect("a profile");
    for (name, user, server) in &servers {
        add_device(
            profile.path(),
            name,
            &format!("{name}-dvr"),
            &format!("rtsp://{user}127.0.0.1:{}/live", server.port),
        );
    }
    let watch = Watch::start(monomi(profile.path()));
    for (name, ..) in &servers {
        watch.until_live(name, 1, PATIENCE);
    }
    let measured = |log: &Log| {
        let stats = log
            .of("stats")
            .last()
            .map(|line| line.fields["channels"].clone())
            .unwrap_or_default();
        servers.iter().all(|(name, ..)| {
            let channel = stats
                .as_array()
                .and_then(|all| all.iter().find(|channel| channel["device"] == format!("{name}-dvr")))
                .cloned();
            channel.is_some_and(|channel| {
                channel["width"] == 320 && channel["height"] == 240 && channel["fps"].as_f64() > Some(5.0)
            })
        })
    };
    assert!(watch.until(PATIENCE, measured).is_ok(), "{}", watch.log().tail(3));
    let log = watch.stop();
    assert_eq!(log.attempts(), servers.len(), "one attempt each: {}", log.tail(40));
    let text = log.tail(usize::MAX);
    assert!(
        !text.contains("w/rd") && !text.contains("secret"),
        "a password was printed"
    );
}

#[test]
fn sloppy_recorders_play_at_the_first_attempt() {
    let with = |change: fn(&mut Script)| {
        let mut script = Script::default();
        change(&mut script);
        script
    };
    let fleet = Fleet::start(vec![
        ("h265", with(|s| s.codec = Codec::H265)),
        ("mjpeg", with(|s| s.codec = Codec::Mjpeg)),
        ("rtsps", with(|s| s.tls = true)),
        ("basic", with(|s| s.auth = Auth::Basic)),
        ("digest-plain", with(|s| s.auth = Auth::DigestPlain)),
        ("digest-md5", with(|s| s.auth = Auth::DigestMd5)),
        ("digest-sha256", with(|s| s.auth = Auth::DigestSha256)),
        ("digest-and-basic", with(|s| s.auth = Auth::DigestAndBasic)),
        ("digest-stale", with(|s| s.auth = Auth::DigestStale)),
        ("lf-only", with(|s| s.heads = Heads::LfOnly)),
        ("no-reason", with(|s| s.heads = Heads::NoReason)),
        ("space-before-colon", with(|s| s.heads = Heads::SpaceBeforeColon)),
        ("junk-line", with(|s| s.heads = Heads::JunkLine)),
        ("latin1-value", with(|s| s.heads = Heads::Latin1Value)),
        ("http-status", with(|s| s.heads = Heads::Http)),
        ("no-cseq", with(|s| s.heads = Heads::NoCSeq)),
        ("wrong-cseq", with(|s| s.heads = Heads::WrongCSeq)),
        ("leading-crlf", with(|s| s.heads = Heads::LeadingCrLf)),
        ("trailing-space", with(|s| s.heads = Heads::TrailingSpace)),
        ("lower-case", with(|s| s.heads = Heads::LowerCaseNames)),
        ("sdp-hikvision", with(|s| s.sdp = Sdp::Hikvision)),
        ("sdp-media-only", with(|s| s.sdp = Sdp::MediaOnly)),
        ("sdp-long-origin", with(|s| s.sdp = Sdp::LongOrigin)),
        ("sdp-lf-and-nul", with(|s| s.sdp = Sdp::LfAndNul)),
        ("sdp-non-utf8", with(|s| s.sdp = Sdp::NonUtf8Name)),
        ("sdp-bad-bandwidth", with(|s| s.sdp = Sdp::BadBandwidth)),
        ("sdp-short-media", with(|s| s.sdp = Sdp::ShortMedia)),
        ("sdp-space-in-rtpmap", with(|s| s.sdp = Sdp::SpaceInRtpmap)),
        ("sdp-absolute", with(|s| s.sdp = Sdp::AbsoluteControl)),
        ("sdp-star", with(|s| s.sdp = Sdp::StarControl)),
        ("sdp-no-control", with(|s| s.sdp = Sdp::NoControl)),
        ("sdp-foreign-host", with(|s| s.sdp = Sdp::ForeignHost)),
        ("sdp-audio-first", with(|s| s.sdp = Sdp::AudioFirst)),
        ("base-none", with(|s| s.base = Base::None)),
        ("base-foreign", with(|s| s.base = Base::Foreign)),
        ("base-no-scheme", with(|s| s.base = Base::NoScheme)),
        (
            "transport-no-interleaved",
            with(|s| s.transport = Transport::NoInterleaved),
        ),
        (
            "transport-other-channels",
            with(|s| s.transport = Transport::OtherChannels),
        ),
        ("transport-missing", with(|s| s.transport = Transport::Missing)),
        ("flow-junk", with(|s| s.flow = Flow::Junk)),
        ("flow-before-play", with(|s| s.flow = Flow::BeforePlayReply)),
        ("flow-unknown-channel", with(|s| s.flow = Flow::UnknownChannel)),
        ("flow-server-requests", with(|s| s.flow = Flow::ServerRequests)),
        ("flow-crumbs", with(|s| s.flow = Flow::Crumbs)),
        ("no-timeout", with(|s| s.session_timeout = 0)),
        (
            "keepalive",
            with(|s| {
                s.session_timeout = 4;
                s.drops_without_keepalive = Some(Duration::from_secs(4));
            }),
        ),
        (
            "keepalive-refused",
            with(|s| {
                s.session_timeout = 4;
                s.faults = vec![Fault::always(Step::Keepalive, Answer::status(454, "Session Not Found"))];
            }),
        ),
        (
            "redirect",
            with(|s| s.faults = vec![Fault::once(Step::Describe, Answer::redirect("{self}/live/2"))]),
        ),
        (
            "options-501",
            with(|s| s.faults = vec![Fault::always(Step::Options, Answer::status(501, "Not Implemented"))]),
        ),
    ]);
    let watch = fleet.watch();
    let playing = |log: &Log| {
        fleet
            .dvrs
            .iter()
            .filter(|(name, _)| state(log, name) != "live")
            .map(|(name, _)| name.clone())
            .collect::<Vec<_>>()
    };
    let done = watch.until(PATIENCE, |log| playing(log).is_empty());
    if done.is_err() {
        let log = watch.log();
        let late = playing(&log);
        let told: Vec<String> = late
            .iter()
            .map(|name| format!("{name}: {}", log.at_site(name).tail(3)))
            .collect();
        panic!("not live: {late:?}\n{}", told.join("\n"));
    }
    // Until keepalives, stale nonces and junk have mattered: by then a session of 4 s would have ended twice.
    let keepalives = |name: &str| {
        let requests = fleet.dvr(name).seen()[0].requests.clone();
        let after_play = requests
            .into_iter()
            .skip_while(|request| request.method != "PLAY")
            .skip(1);
        after_play.count()
    };
    let kept = watch.until(PATIENCE, |_| {
        ["keepalive", "keepalive-refused"]
            .iter()
            .all(|name| keepalives(name) >= 5)
    });
    assert!(kept.is_ok(), "{} keepalives", keepalives("keepalive"));
    let log = watch.log();
    assert_eq!(playing(&log), Vec::<String>::new(), "all still live");
    for (name, dvr) in &fleet.dvrs {
        let wanted = if name == "redirect" { 2 } else { 1 };
        assert_eq!(
            dvr.seen().len(),
            wanted,
            "{name}: connections, {}",
            log.at_site(name).tail(5)
        );
    }
    watch.stop();
    if !hears_signals() {
        return;
    }
    for (name, dvr) in fleet.dvrs.iter().filter(|(name, _)| name != "transport-missing") {
        let seen = dvr.seen();
        let last = seen.last().expect("a connection");
        assert!(
            last.requests.iter().any(|request| request.method == "TEARDOWN"),
            "{name}: TEARDOWN on the same socket"
        );
    }
}

/// Its name, the script, the result of the attempt, the state of the tile, and how soon it may be asked again.
type Story = (&'static str, Script, &'static str, &'static str, Again);

/// When a recorder that failed is asked again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Again {
    /// After 5 s at the earliest.
    Soon,
    /// After 30 s at the earliest, or never.
    Later,
}

#[test]
fn failures_are_named_and_not_hammered() {
    let fails = |step, answer| Script {
        faults: vec![Fault::always(step, answer)],
        ..Script::default()
    };
    let stories: Vec<Story> = vec![
        (
            "wrong-password",
            Script {
                auth: Auth::DigestMd5,
                password: "other".to_owned(),
                ..Script::default()
            },
            "auth",
            "sign-in-failed",
            Again::Later,
        ),
        (
            "forbidden",
            fails(Step::Describe, Answer::status(403, "Forbidden")),
            "auth",
            "sign-in-failed",
            Again::Later,
        ),
        (
            "not-found",
            fails(Step::Describe, Answer::status(404, "Not Found")),
            "protocol",
            "no-such-channel",
            Again::Later,
        ),
        (
            "no-session",
            fails(Step::Play, Answer::status(454, "Session Not Found")),
            "protocol",
            "",
            Again::Soon,
        ),
        (
            "no-tcp",
            fails(Step::Setup, Answer::status(461, "Unsupported Transport")),
            "transport",
            "offline",
            Again::Later,
        ),
        (
            "bandwidth",
            fails(Step::Setup, Answer::status(453, "Not Enough Bandwidth")),
            "limit",
            "offline",
            Again::Later,
        ),
        (
            "busy",
            fails(Step::Describe, Answer::busy(60)),
            "limit",
            "offline",
            Again::Later,
        ),
        (
            "server-error",
            fails(Step::Describe, Answer::status(500, "Internal Server Error")),
            "",
            "offline",
            Again::Soon,
        ),
        (
            "closes",
            fails(Step::Describe, Answer::Close),
            "protocol",
            "offline",
            Again::Soon,
        ),
        (
            "resets",
            fails(Step::Setup, Answer::Reset),
            "protocol",
            "offline",
            Again::Soon,
        ),
        (
            "silent-at-once",
            fails(Step::Accept, Answer::Silence),
            "timeout",
            "offline",
            Again::Soon,
        ),
        (
            "silent-describe",
            fails(Step::Describe, Answer::Silence),
            "timeout",
            "offline",
            Again::Soon,
        ),
        (
            "silent-play",
            fails(Step::Play, Answer::Silence),
            "timeout",
            "offline",
            Again::Soon,
        ),
        (
            "garbage",
            fails(Step::Options, Answer::Garbage),
            "protocol",
            "offline",
            Again::Soon,
        ),
        (
            "not-rtsp",
            fails(
                Step::Options,
                Answer::Raw(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 3\r\n\r\nno\n".to_vec()),
            ),
            "",
            "",
            Again::Soon,
        ),
        (
            "redirect-loop",
            fails(Step::Describe, Answer::redirect("{self}/live/1")),
            "protocol",
            "offline",
            Again::Soon,
        ),
        (
            "redirect-outside",
            fails(Step::Describe, Answer::redirect("rtsp://198.51.100.7:1/x")),
            "policy",
            "refused",
            Again::Later,
        ),
        (
            "unknown-codec",
            Script {
                codec: Codec::Unknown,
                ..Script::default()
            },
            "protocol",
            "unsupported-codec",
            Again::Later,
        ),
        (
            "audio-only",
            Script {
                codec: Codec::AudioOnly,
                ..Script::default()
            },
            "protocol",
            "unsupported-codec",
            Again::Later,
        ),
        (
            "empty-sdp",
            Script {
                sdp: Sdp::Empty,
                ..Script::default()
            },
            "protocol",
            "",
            Again::Soon,
        ),
    ];
    // Failures count for the whole process: a few at a time, each process with a healthy device, come to their turn soon.
    std::thread::scope(|scope| {
        for part in stories.chunks(5) {
            scope.spawn(|| failures_of(part));
        }
    });
}

/// Runs these stories beside a healthy recorder in one process.
fn failures_of(stories: &[Story]) {
    let scripts = stories.iter().map(|(name, script, ..)| (*name, script.clone()));
    let fleet = Fleet::start(scripts.chain([("healthy", Script::default())]).collect());
    crate::watch::set(fleet.profile.path(), "internal-network-only", "true");
    let watch = fleet.watch();
    // A host that redirects did answer: what counts is where that ends.
    let result = |log: &Log, name: &str| {
        let hop = |line: &&Line| name.starts_with("redirect") && line.text("result") == "connected";
        log.at_site(name)
            .of("outcome")
            .find(|line| !hop(line))
            .map(|line| line.text("result").to_owned())
    };
    let settled = |log: &Log| stories.iter().all(|(name, ..)| result(log, name).is_some());
    assert!(watch.until(PATIENCE, settled).is_ok(), "{}", watch.log().tail(60));
    let retried = watch.until(PATIENCE, |_| {
        let mut soon = stories.iter().filter(|(.., again)| *again == Again::Soon);
        soon.all(|(name, ..)| fleet.dvr(name).seen().len() >= 2)
    });
    assert!(retried.is_ok(), "not asked again: {}", watch.log().tail(60));
    let log = watch.log();
    let mut faults = Vec::new();
    if state(&log, "healthy") != "live" || fleet.dvr("healthy").seen().len() != 1 {
        faults.push("healthy: disturbed by the others".to_owned());
    }
    for (name, _, outcome, tile, again) in stories {
        let (got, shown) = (result(&log, name).unwrap_or_default(), state(&log, name));
        let tiles = [*tile, "connecting", "waiting"];
        if !outcome.is_empty() && got != *outcome {
            faults.push(format!("{name}: outcome {got}, not {outcome}"));
        }
        if !tile.is_empty() && !tiles.contains(&shown.as_str()) {
            faults.push(format!("{name}: tile {shown}, not {tile}"));
        }
        // A redirect is followed at once; any other connect waits.
        let most = match *name {
            "redirect-loop" => 4,
            "redirect-outside" => 2,
            _ => 1,
        };
        let seconds = match again {
            Again::Soon => 4.9,
            Again::Later => 29.0,
        };
        let attempts = log.at_site(name).most_in(seconds, |line| line.event == "attempt");
        if attempts > most {
            faults.push(format!("{name}: {attempts} attempts in {seconds} s, at most {most}"));
        }
    }
    assert!(
        faults.is_empty(),
        "{}\n{}",
        faults.join("\n"),
        log.of("outcome")
            .map(|line| line.fields.to_string())
            .collect::<Vec<_>>()
            .join("\n")
    );
    let most = log
        .of("stats")
        .filter_map(|line| line.fields["rss_kib"].as_u64())
        .max()
        .unwrap_or(0);
    assert!(
        most < 600 * 1024,
        "{most} KiB with a device that sends garbage for ever"
    );
}

#[test]
fn a_stream_that_stops_is_late_then_off_line_and_comes_back() {
    let after = Duration::from_secs(3);
    let ending = |ending| Script {
        ending,
        ..Script::default()
    };
    let fleet = Fleet::start(vec![
        ("steady", Script::default()),
        ("freezes", ending(Ending::Freeze(after))),
        ("closes", ending(Ending::Close(after))),
        ("resets", ending(Ending::Reset(after))),
        ("garbage", ending(Ending::Garbage(after))),
        ("torn-down", ending(Ending::ServerTeardown(after))),
        ("nothing-comes", ending(Ending::NoMedia)),
    ]);
    let watch = fleet.watch();
    let begin = Instant::now();
    let seen =
        |log: &Log, name: &str, state: &str| log.at_site(name).of("state").any(|line| line.text("state") == state);
    let done = watch.until(PATIENCE, |log| {
        ["freezes", "closes", "resets", "garbage", "torn-down"]
            .iter()
            .all(|name| seen(log, name, "live") && seen(log, name, "offline"))
            && seen(log, "nothing-comes", "offline")
    });
    let log = watch.log();
    assert!(
        done.is_ok(),
        "after {:.1?}\n{}",
        begin.elapsed(),
        log.of("state")
            .map(|line| line.fields.to_string())
            .collect::<Vec<_>>()
            .join("\n")
    );
    let frozen: Vec<(f64, String)> = log
        .at_site("freezes")
        .of("state")
        .map(|line| (line.t, line.text("state").to_owned()))
        .collect();
    let when = |state: &str| {
        frozen
            .iter()
            .find(|(_, name)| name == state)
            .map(|(t, _)| *t)
            .unwrap_or_else(|| panic!("never {state}: {frozen:?}"))
    };
    assert!(
        when("live") < when("late") && when("late") < when("offline"),
        "{frozen:?}"
    );
    assert!(
        !seen(&log, "nothing-comes", "live"),
        "nothing came, and it was called live"
    );
    assert_eq!(state(&log, "steady"), "live");
    // All are well from now on.
    for (_, dvr) in &fleet.dvrs {
        dvr.script().ending = Ending::Never;
    }
    let back = watch.until(PATIENCE, |log| {
        fleet.dvrs.iter().all(|(name, _)| state(log, name) == "live")
    });
    assert!(back.is_ok(), "{}", watch.log().tail(40));
    let log = watch.log();
    for (name, _) in &fleet.dvrs {
        let attempts = log.at_site(name).most_in(4.9, |line| line.event == "attempt");
        assert_eq!(attempts, 1, "{name}: two connects less than 5 s apart");
    }
}

#[test]
fn a_refused_sign_in_waits_for_new_words_and_then_plays_at_once() {
    let fleet = Fleet::start(vec![(
        "locked",
        Script {
            auth: Auth::DigestMd5,
            password: "right".to_owned(),
            ..Script::default()
        },
    )]);
    let watch = fleet.watch();
    let refused = watch.until(PATIENCE, |log| state(log, "locked") == "sign-in-failed");
    assert!(refused.is_ok(), "{}", watch.log().tail(20));
    let url = fleet.dvr("locked").url().replacen("://", "://admin:right@", 1);
    let removed = monomi(fleet.profile.path())
        .args(["device", "remove", "locked-dvr"])
        .status()
        .expect("the binary");
    assert!(removed.success());
    add_device(fleet.profile.path(), "locked", "locked-dvr", &url);
    let live = watch.until(PATIENCE, |log| state(log, "locked") == "live");
    assert!(live.is_ok(), "{}", watch.log().tail(20));
    assert_eq!(
        fleet.dvr("locked").seen().len(),
        2,
        "recorders lock accounts: one attempt with each password"
    );
    let text = watch.stop().tail(usize::MAX);
    assert!(
        !text.contains("right@") && !text.contains(":right"),
        "a password was printed"
    );
}

#[test]
fn where_a_redirect_leads_to_another_recorder_the_password_goes_by_digest_only() {
    let other = |auth| {
        FakeDvr::start(Script {
            auth,
            ..Script::default()
        })
    };
    let (basic, digest) = (other(Auth::Basic), other(Auth::DigestMd5));
    let leading_to = |dvr: &FakeDvr| Script {
        auth: Auth::DigestMd5,
        faults: vec![Fault::always(Step::Describe, Answer::redirect(&dvr.url()))],
        ..Script::default()
    };
    let fleet = Fleet::start(vec![("basic", leading_to(&basic)), ("digest", leading_to(&digest))]);
    let watch = fleet.watch();
    let refused = |log: &Log| {
        let at_site = log.at_site("basic");
        let mut causes = at_site.of("outcome").map(|line| line.text("cause").to_owned());
        causes.any(|cause| cause.contains("the password is not sent by Basic"))
    };
    let done = watch.until(PATIENCE, |log| refused(log) && state(log, "digest") == "live");
    assert!(done.is_ok(), "{}", watch.log().tail(40));
    watch.stop();
    let signed = |dvr: &FakeDvr| {
        let requests = dvr.seen().into_iter().flat_map(|connection| connection.requests);
        requests
            .filter_map(|request| request.header("Authorization").map(str::to_owned))
            .collect::<Vec<_>>()
    };
    assert_eq!(signed(&basic), Vec::<String>::new());
    assert!(!signed(&digest).is_empty() && signed(&digest).iter().all(|value| value.starts_with("Digest ")));
}
