//! The command line as a script uses it: exit codes, messages, JSON, signals, and no password anywhere.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use onvif::sample::ScriptedHabits;
use serde_json::Value;

use crate::fake_dvr::{Auth, FakeDvr, Script};
use crate::fake_onvif::FakeOnvif;
use crate::watch::{BINARY, Watch, add_device, monomi};

const PATIENCE: Duration = Duration::from_secs(90);

fn run(profile: &Path, arguments: &[&str]) -> Output {
    monomi(profile)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("the binary")
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn complaint(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn devices(profile: &Path) -> Vec<Value> {
    let list = run(profile, &["device", "list", "--json"]);
    assert!(list.status.success(), "{}", complaint(&list));
    serde_json::from_str(&out(&list)).unwrap_or_else(|error| panic!("not a JSON array ({error}): {}", out(&list)))
}

/// Every file below `folder`, as bytes.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)
        .expect("a readable folder")
        .map_while(Result::ok)
    {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.display().to_string(), std::fs::read(&path).unwrap_or_default()));
        }
    }
    found
}

/// What a recorder tells over ONVIF is registered as it told it; where it refuses, nothing is.
#[test]
fn a_recorder_is_added_by_onvif_with_its_channels_or_not_at_all() {
    let recorder = FakeOnvif::start(ScriptedHabits {
        channels: 3,
        rtsp_port: 10_554,
        ..ScriptedHabits::default()
    });
    let profile = tempfile::tempdir().unwrap();
    let host = format!("127.0.0.1:{}", recorder.port());
    let add = |password: &str, site: &str| {
        let mut child = monomi(profile.path())
            .args([
                "device",
                "add",
                "--site",
                site,
                "--onvif",
                &host,
                "--user",
                "admin",
                "--password-stdin",
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary");
        child.stdin.take().unwrap().write_all(password.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    };
    let refused = add("wrong", "Lab");
    assert_eq!(refused.status.code(), Some(1), "{}", complaint(&refused));
    assert!(
        complaint(&refused).contains("It allows 2 more tries."),
        "{}",
        complaint(&refused)
    );
    assert!(devices(profile.path()).is_empty());
    assert_eq!(recorder.with(|recorder| recorder.refused), 1);

    let added = add("p@ss:日", "Shop");
    assert!(added.status.success(), "{}", complaint(&added));
    assert_eq!(out(&added), "added 'NVR-64'\n");
    let device = &devices(profile.path())[0];
    assert_eq!(
        (&device["port"], &device["channels"]),
        (&Value::from(10_554), &Value::from(3))
    );
    assert_eq!(device["channel_names"][2], "Camera 3 監視");
    assert_eq!(
        device["listed_paths"][2]["main"],
        "/Streaming/Channels/301?transportmode=unicast&profile=main3"
    );
    assert_eq!(
        device["onvif"],
        format!("http:{}/onvif/device_service", recorder.port())
    );
    for (name, bytes) in files(profile.path()) {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("p@ss:日"), "{name}");
    }
}

#[test]
fn two_sites_may_have_a_device_of_one_name_and_scripts_say_which() {
    let profile = tempfile::tempdir().unwrap();
    let add = |site: &str, name: &str| {
        let arguments = ["device", "add", "--site", site, "--name", name, "--host", "192.0.2.10"];
        run(profile.path(), &arguments)
    };
    for (site, name) in [
        ("東京", "DVR1"),
        ("大阪", "DVR1"),
        ("大阪", "東京/DVR2"),
        ("東京", "DVR2"),
    ] {
        let added = add(site, name);
        assert!(added.status.success(), "{}", complaint(&added));
    }
    let twice = add("大阪", "dvr1");
    assert_eq!(twice.status.code(), Some(2));
    assert_eq!(
        complaint(&twice),
        "monomi: --name: another device of this site has this name\n"
    );

    let unclear = run(profile.path(), &["device", "disable", "DVR1"]);
    assert_eq!(unclear.status.code(), Some(2));
    let said = "monomi: several devices are called 'DVR1', say which one: '東京/DVR1', '大阪/DVR1'\n";
    assert_eq!(complaint(&unclear), said);
    assert!(devices(profile.path()).iter().all(|device| device["enabled"] == true));

    // A name that holds a slash comes before the site and name that it looks like.
    for named in ["大阪/DVR1", "東京/DVR2", "DVR2"] {
        let disabled = run(profile.path(), &["device", "disable", named]);
        assert!(disabled.status.success(), "{named}: {}", complaint(&disabled));
    }
    let list = devices(profile.path());
    let state = |device: &Value| {
        (
            device["site"].clone(),
            device["name"].clone(),
            device["enabled"].clone(),
        )
    };
    let state: Vec<_> = list.iter().map(state).collect();
    let expected = [
        ("東京", "DVR1", true),
        ("大阪", "DVR1", false),
        ("大阪", "東京/DVR2", false),
        ("東京", "DVR2", false),
    ];
    assert_eq!(
        state,
        expected.map(|(site, name, on)| (site.into(), name.into(), on.into()))
    );
    assert!(run(profile.path(), &["device", "remove", "東京/DVR1"]).status.success());
    assert!(
        run(profile.path(), &["device", "enable", "DVR1"]).status.success(),
        "one is left"
    );
}

#[test]
fn devices_are_added_listed_and_removed() {
    let profile = tempfile::tempdir().unwrap();
    let mut add = monomi(profile.path())
        .args([
            "device",
            "add",
            "--site",
            "本社",
            "--name",
            "北口",
            "--host",
            "192.0.2.10",
            "--port",
            "8554",
        ])
        .args([
            "--brand",
            "hikvision",
            "--channels",
            "16",
            "--user",
            "admin",
            "--password-stdin",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    add.stdin
        .take()
        .unwrap()
        .write_all("p@ss:w/rd%#日本\n".as_bytes())
        .unwrap();
    let added = add.wait_with_output().unwrap();
    assert!(added.status.success(), "{}", complaint(&added));
    let url = run(
        profile.path(),
        &[
            "device",
            "add",
            "--url",
            "rtsp://viewer:o:t@h/e%r#@198.51.100.4:554/Streaming/Channels/101",
        ],
    );
    assert!(url.status.success(), "{}", complaint(&url));

    let all = devices(profile.path());
    assert_eq!(all.len(), 2);
    assert_eq!(
        (&all[0]["name"], &all[0]["site"], &all[0]["host"]),
        (&"北口".into(), &"本社".into(), &"192.0.2.10".into())
    );
    let text = out(&run(profile.path(), &["device", "list"]));
    assert!(text.contains("北口") && text.contains("198.51.100.4"), "{text}");
    for secret in ["p@ss", "w/rd", "o:t@h", "e%r"] {
        assert!(
            !text.contains(secret) && !all.iter().any(|device| device.to_string().contains(secret)),
            "{secret} is listed"
        );
        for (path, bytes) in files(profile.path()) {
            assert!(
                !bytes.windows(secret.len()).any(|part| part == secret.as_bytes()),
                "{secret} is plain in {path}"
            );
        }
    }

    assert!(run(profile.path(), &["device", "remove", "北口"]).status.success());
    assert_eq!(devices(profile.path()).len(), 1);
}

#[test]
fn bad_input_ends_with_2_and_says_what_is_wrong() {
    let profile = tempfile::tempdir().unwrap();
    add_device(profile.path(), "S", "there", "rtsp://192.0.2.1/live");
    let host = ["device", "add", "--site", "S", "--name", "new", "--host"];
    for (arguments, word) in [
        (vec!["device", "add"], "--name"),
        ([&host[..], &["not a host"]].concat(), "--host"),
        ([&host[..], &["192.0.2.1", "--port", "0"]].concat(), "--port"),
        ([&host[..], &["192.0.2.1", "--port", "65536"]].concat(), "--port"),
        ([&host[..], &["192.0.2.1", "--channels", "0"]].concat(), "--channels"),
        ([&host[..], &["192.0.2.1", "--channels", "many"]].concat(), "--channels"),
        ([&host[..], &["192.0.2.1", "--brand", "nobody"]].concat(), "--brand"),
        (
            [&host[..], &["192.0.2.1", "--main-path", "/{nothing}"]].concat(),
            "--main-path",
        ),
        (
            vec!["device", "add", "--site", "S", "--name", "there", "--host", "192.0.2.2"],
            "--name",
        ),
        (vec!["device", "add", "--url", "http://192.0.2.1/"], "--url"),
        (vec!["device", "add", "--url", "rtsp://"], "--url"),
        (
            vec!["device", "add", "--url", "rtsp://admin:s3cret@dvr/live@main"],
            "--url: can be read in several ways (the host after @ number 1 with user admin; host main with user admin)",
        ),
        (
            vec!["device", "add", "--url", "rtsp://admin:s3cret@dvr/live?token=t0ken"],
            "--url: holds two different passwords or tokens",
        ),
        (vec!["device", "remove", "nobody"], "nobody"),
        (vec!["settings", "set", "colour", "red"], "colour"),
        (vec!["settings", "set", "internal-network-only", "perhaps"], "perhaps"),
        (vec!["settings", "set", "site-failed-per-minute", "31"], "30"),
        (vec!["watch", "--duration", "soon"], "--duration"),
        (vec!["watch", "--stream", "third"], "--stream"),
        (vec!["demo-dvr", "--channels", "0"], "--channels"),
        (vec!["--view", "nowhere"], "nowhere"),
        (vec!["dance"], "dance"),
    ] {
        let output = run(profile.path(), &arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", complaint(&output));
        assert!(
            complaint(&output).contains(word),
            "{arguments:?} does not say {word}: {}",
            complaint(&output)
        );
        assert_eq!(out(&output), "", "{arguments:?}: errors go to standard error");
        assert!(!complaint(&output).contains("s3cret"), "{}", complaint(&output));
    }
    assert_eq!(devices(profile.path()).len(), 1, "nothing was added");
    assert_eq!(devices(profile.path())[0]["host"], "192.0.2.1", "nothing was replaced");
}

#[test]
fn settings_are_set_and_listed() {
    let profile = tempfile::tempdir().unwrap();
    assert!(
        run(profile.path(), &["settings", "set", "internal-network-only", "true"])
            .status
            .success()
    );
    let list = run(profile.path(), &["settings", "list"]);
    assert!(
        out(&list)
            .lines()
            .any(|line| line.starts_with("internal-network-only") && line.contains("true")),
        "{}",
        out(&list)
    );
    assert!(
        run(profile.path(), &["settings", "set", "internal-network-only", "false"])
            .status
            .success()
    );
    let list = run(profile.path(), &["settings", "list"]);
    assert!(
        out(&list)
            .lines()
            .any(|line| line.starts_with("internal-network-only") && line.contains("false")),
        "{}",
        out(&list)
    );
}

#[test]
fn a_view_that_does_not_exist_is_told_with_those_that_do_before_a_window_opens() {
    let folder = tempfile::tempdir().unwrap();
    let none_yet = run(folder.path(), &["--lang", "en", "--view", "Night"]);
    assert_eq!(none_yet.status.code(), Some(2));
    assert_eq!(
        complaint(&none_yet).trim(),
        "monomi: There is no view \"Night\": no view is saved yet"
    );
    let profile = monomi::store::Profile::open(Some(folder.path().to_owned())).unwrap();
    let view = |name: &str| wall::View {
        name: name.to_owned(),
        ..wall::View::default()
    };
    let views = wall::Views::restore(vec![view("昼間"), view("Doors")], wall::TourPlan::default());
    profile.save_views(&views).unwrap();
    for (language, said) in [
        ("en", "monomi: There is no view \"Night\". There are: 昼間, Doors"),
        (
            "ja",
            "monomi: ビュー「Night」はありません。保存済みのビュー：昼間、Doors。",
        ),
    ] {
        for kiosk in [&[][..], &["--kiosk"]] {
            let arguments = [&["--lang", language, "--view", "Night"][..], kiosk].concat();
            let output = run(folder.path(), &arguments);
            assert_eq!(output.status.code(), Some(2), "{arguments:?}");
            assert_eq!(complaint(&output).trim(), said, "{arguments:?}");
        }
    }
}

#[test]
fn help_documents_every_command_and_option() {
    for (arguments, words) in [
        (
            vec!["--help"],
            vec![
                "--profile",
                "--lang",
                "--demo",
                "--fullscreen",
                "--renderer",
                "device",
                "settings",
                "backup",
                "profile",
                "watch",
                "demo-dvr",
            ],
        ),
        (vec!["device", "--help"], vec!["add", "list", "remove"]),
        (
            vec!["device", "add", "--help"],
            vec![
                "--site",
                "--name",
                "--host",
                "--port",
                "--brand",
                "--main-path",
                "--sub-path",
                "--channels",
                "--user",
                "--password-stdin",
                "--url",
            ],
        ),
        (vec!["device", "list", "--help"], vec!["--json"]),
        (vec!["settings", "--help"], vec!["set", "list"]),
        (
            vec!["watch", "--help"],
            vec!["--json", "--duration", "--stream", "--demo"],
        ),
        (
            vec!["demo-dvr", "--help"],
            vec!["--listen", "--channels", "--user", "--password"],
        ),
    ] {
        let output = Command::new(BINARY).args(&arguments).output().unwrap();
        assert!(output.status.success());
        let text = out(&output);
        let missing: Vec<&str> = words.into_iter().filter(|word| !text.contains(word)).collect();
        assert!(missing.is_empty(), "{arguments:?} says nothing of {missing:?}:\n{text}");
    }
    let version = |flag| out(&Command::new(BINARY).arg(flag).output().unwrap()).trim().to_owned();
    let short = concat!("monomi ", env!("CARGO_PKG_VERSION"));
    assert_eq!(version("-V"), short);
    let build = version("--version");
    let build = build.strip_prefix(short).unwrap_or_else(|| panic!("{build}"));
    assert!(build.contains(std::env::consts::ARCH), "{build}");
}

#[test]
fn watching_the_demo_tells_attempts_outcomes_states_and_figures() {
    let profile = tempfile::tempdir().unwrap();
    let mut command = monomi(profile.path());
    command.args(["watch", "--json", "--demo", "--duration", "14", "--stream", "sub"]);
    let begin = Instant::now();
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{}", complaint(&output));
    assert!(
        begin.elapsed() >= Duration::from_secs(14),
        "it ended after {:?}",
        begin.elapsed()
    );
    let lines: Vec<Value> = out(&output)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    let of = |event: &str| lines.iter().filter(|line| line["event"] == event).collect::<Vec<_>>();
    let times: Vec<f64> = lines.iter().map(|line| line["t"].as_f64().expect("t")).collect();
    assert!(
        times.windows(2).all(|pair| pair[0] <= pair[1] + 0.5),
        "events come in order"
    );
    let has = |event: &str, fields: &[&str]| {
        let all = of(event);
        assert!(!all.is_empty(), "no {event}");
        for line in all {
            let missing: Vec<&&str> = fields.iter().filter(|field| line.get(**field).is_none()).collect();
            assert!(missing.is_empty(), "{event} lacks {missing:?}: {line}");
        }
    };
    has("attempt", &["site", "device", "channel", "address", "attempt", "why"]);
    has("outcome", &["device", "channel", "attempt", "result", "ms"]);
    has("state", &["device", "channel", "state", "cause", "next_try_s"]);
    has(
        "stats",
        &[
            "attempts",
            "failed",
            "half_open",
            "open_fds",
            "rss_kib",
            "sites",
            "channels",
        ],
    );
    assert_eq!(of("attempt").len(), 16, "one attempt for each of 16 channels");
    assert!(of("outcome").iter().all(|line| line["result"] == "connected"));
    let live: std::collections::BTreeSet<i64> = of("state")
        .iter()
        .filter(|line| line["state"] == "live")
        .filter_map(|line| line["channel"].as_i64())
        .collect();
    assert_eq!(live.len(), 16, "live: {live:?}");
    let stats = of("stats");
    assert!(stats.len() >= 2, "figures come again and again: {}", stats.len());
    let cost = stats.last().unwrap()["cpu_percent"].as_f64();
    assert!(
        cost.is_some_and(|percent| percent > 0.0),
        "16 channels cost something: {cost:?}"
    );
    let channels = stats.last().unwrap()["channels"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    assert_eq!(channels.len(), 16);
    for channel in &channels {
        for field in [
            "fps", "width", "height", "codec", "kbit_s", "frames", "dropped", "decoder", "hardware",
        ] {
            assert!(!channel[field].is_null(), "{field}: {channel}");
        }
        assert_eq!(
            (&channel["width"], &channel["height"]),
            (&352.into(), &240.into()),
            "{channel}"
        );
        assert!(channel["frames"].as_u64() > Some(10), "{channel}");
    }
    assert!(
        files(profile.path()).is_empty() || devices(profile.path()).is_empty(),
        "the demo uses a throw-away profile"
    );
}

#[test]
fn signals_end_it_with_sockets_torn_down() {
    for signal in ["INT", "TERM", "HUP"] {
        let dvr = FakeDvr::start(Script::default());
        let profile = tempfile::tempdir().unwrap();
        add_device(profile.path(), "s", "s-dvr", &dvr.url());
        let watch = Watch::start(monomi(profile.path()));
        watch.until_live("s", 1, PATIENCE);
        assert_eq!(watch.signal(signal), Some(0), "SIG{signal} ends it cleanly");
        // What was sent may still be on its way to the recorder.
        let end = Instant::now() + PATIENCE;
        let last = || dvr.seen()[0].requests.last().map(|request| request.method.clone());
        while last().as_deref() != Some("TEARDOWN") {
            assert!(Instant::now() < end, "{:?}", dvr.seen());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

#[test]
fn one_engine_at_a_time_uses_a_profile_and_commands_work_beside_it() {
    let dvr = FakeDvr::start(Script::default());
    let profile = tempfile::tempdir().unwrap();
    add_device(profile.path(), "s", "s-1", &dvr.url());
    let watch = Watch::start(monomi(profile.path()));
    watch.until_live("s", 1, PATIENCE);
    let second = run(profile.path(), &["watch", "--duration", "5"]);
    assert_eq!(second.status.code(), Some(1), "{}", complaint(&second));
    assert!(!complaint(&second).is_empty(), "the second engine says why");
    // The running engine takes changes over at once.
    add_device(profile.path(), "s", "s-2", &dvr.url());
    watch.until_live("s", 2, PATIENCE);
    assert!(run(profile.path(), &["device", "remove", "s-1"]).status.success());
    let gone = watch.until(PATIENCE, |_| dvr.seen()[0].ended.is_some_and(|ended| ended.by_client));
    assert!(gone.is_ok(), "a removed device is let go");
    // A crash leaves no lock behind.
    drop(watch);
    let again = Watch::start(monomi(profile.path()));
    again.until_live("s", 1, PATIENCE);
}

#[test]
fn no_password_reaches_a_log_or_the_terminal() {
    let (user, password) = ("admin", "Zq7!geheim");
    let right = FakeDvr::start(Script {
        auth: Auth::DigestMd5,
        password: password.to_owned(),
        ..Script::default()
    });
    let wrong = FakeDvr::start(Script {
        auth: Auth::Basic,
        password: "other".to_owned(),
        ..Script::default()
    });
    let profile = tempfile::tempdir().unwrap();
    for (name, dvr) in [("right", &right), ("wrong", &wrong)] {
        add_device(
            profile.path(),
            name,
            &format!("{name}-dvr"),
            &dvr.url().replacen("://", &format!("://{user}:{password}@"), 1),
        );
    }
    let output = monomi(profile.path())
        .args(["watch", "--json", "--duration", "8"])
        .env("MONOMI_LOG", "trace")
        .env("RUST_LOG", "trace")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", complaint(&output));
    let text = out(&output);
    assert!(text.contains("\"live\"") && text.contains("sign-in-failed"), "{text}");
    // As it is, in Base64 as Basic sends it, and percent-encoded.
    let forms = [password, "YWRtaW46WnE3IWdlaGVpbQ", "Zq7%21geheim"];
    for form in forms {
        assert!(
            !text.contains(form) && !complaint(&output).contains(form),
            "the terminal shows {form}"
        );
        for (path, bytes) in files(profile.path()) {
            assert!(
                !bytes.windows(form.len()).any(|part| part == form.as_bytes()),
                "{form} is in {path}"
            );
        }
    }
}

#[test]
fn reading_a_profile_changes_nothing_so_that_it_may_be_read_only() {
    let parent = tempfile::tempdir().unwrap();
    let absent = parent.path().join("absent");
    for arguments in [
        &["device", "list"][..],
        &["device", "list", "--json"],
        &["device", "brands"],
        &["settings", "list"],
        &["settings", "get", "theme"],
    ] {
        let output = run(&absent, arguments);
        assert!(output.status.success(), "{arguments:?}: {}", complaint(&output));
        assert!(!absent.exists(), "{arguments:?} made the folder");
    }
}

#[test]
fn settings_that_were_set_aside_are_told_when_one_is_changed() {
    let profile = tempfile::tempdir().unwrap();
    std::fs::File::create(profile.path().join("settings.toml"))
        .and_then(|mut file| file.write_all(b"version = 1\ntheme = \"dark\n"))
        .unwrap();
    let output = run(profile.path(), &["settings", "set", "theme", "light"]);
    assert!(output.status.success());
    assert!(
        complaint(&output).contains("settings.toml is left as it is"),
        "{}",
        complaint(&output)
    );
}

#[test]
fn a_damaged_key_of_the_passwords_is_told_and_kept() {
    let profile = tempfile::tempdir().unwrap();
    let add = |name: &str| {
        let mut child = monomi(profile.path())
            .args([
                "device",
                "add",
                "--name",
                name,
                "--host",
                "192.0.2.1",
                "--password-stdin",
            ])
            .env("MONOMI_SECRETS", "file")
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("the binary");
        child.stdin.take().unwrap().write_all(b"secret\n").unwrap();
        child.wait_with_output().unwrap()
    };
    assert_eq!(complaint(&add("first")), "");
    let key = profile.path().join("secrets.key");
    std::fs::File::create(&key)
        .and_then(|mut file| file.write_all(b"zz"))
        .unwrap();
    let output = add("second");
    assert!(output.status.success());
    assert!(
        complaint(&output).contains("secrets.key.damaged-1"),
        "{}",
        complaint(&output)
    );
    assert_eq!(
        std::fs::read(profile.path().join("secrets.key.damaged-1")).unwrap(),
        b"zz"
    );
    assert_eq!(complaint(&add("third")), "", "said once");
}

#[test]
fn help_is_in_japanese_where_the_language_is_and_documents_every_command_and_option() {
    let commands: [&[&str]; 14] = [
        &[],
        &["device"],
        &["device", "add"],
        &["device", "edit"],
        &["device", "list"],
        &["device", "remove"],
        &["device", "trust"],
        &["device", "enable"],
        &["device", "brands"],
        &["settings"],
        &["settings", "set"],
        &["settings", "get"],
        &["watch"],
        &["demo-dvr"],
    ];
    let is_japanese = |text: &str| text.chars().any(|c| ('\u{3040}'..='\u{9FFF}').contains(&c));
    let profile = tempfile::tempdir().unwrap();
    assert!(
        run(profile.path(), &["settings", "set", "language", "ja"])
            .status
            .success()
    );
    for command in commands {
        let english = run(profile.path(), &[&["--lang", "en"], command, &["--help"]].concat());
        let japanese = run(profile.path(), &[command, &["--help"]].concat());
        assert!(english.status.success() && japanese.status.success(), "{command:?}");
        let (english, japanese) = (out(&english), out(&japanese));
        for word in english
            .split_whitespace()
            .filter(|word| word.starts_with("--") && word.len() > 2)
        {
            let word = word.trim_matches(|c: char| !c.is_ascii_alphanumeric() && c != '-');
            assert!(
                japanese.contains(word),
                "{command:?} says nothing of {word}:\n{japanese}"
            );
        }
        for word in [
            "Usage",
            "Options",
            "Commands",
            "Arguments",
            "Print",
            "default",
            "OPTIONS",
            "COMMAND",
        ] {
            assert!(!japanese.contains(word), "{command:?} says {word}:\n{japanese}");
        }
        // Each entry begins with its name; its text stands beside it or in the lines below.
        let entries: Vec<&str> = japanese.split("\n  ").skip(1).collect();
        let mut entry = String::new();
        for line in entries.into_iter().chain(["-end"]) {
            if line.starts_with(['-', '<', '['])
                || line.starts_with("    -")
                || line.starts_with(|c: char| c.is_ascii_lowercase())
            {
                let is_name_alone = entry.trim_start().starts_with(['<', '[']) && !entry.contains("  ");
                assert!(
                    entry.is_empty() || is_name_alone || is_japanese(&entry),
                    "{command:?}: {entry}\n{japanese}"
                );
                entry = line.to_owned();
            } else {
                entry.push_str(line);
            }
        }
    }
    // Bad usage is told as before, help for a command without its subcommand too.
    let missing = run(profile.path(), &["device"]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(is_japanese(&complaint(&missing)), "{}", complaint(&missing));
    // So is what is wrong with the arguments, with the names in it as they are typed.
    for (args, named) in [
        (&["device", "ad"][..], "ad"),
        (&["device", "list", "--jsn"], "--json"),
        (&["device", "edit", "A", "--carrier", "tcp"], "rtsps"),
        (&["device", "edit", "A", "--enable", "--disable"], "--disable"),
        (&["device", "remove"], "NAME"),
        (&["--theme", "loud"], "loud"),
    ] {
        let wrong = run(profile.path(), args);
        let said = complaint(&wrong);
        assert_eq!(wrong.status.code(), Some(2), "{said}");
        assert!(is_japanese(&said) && said.contains(named), "{args:?}: {said}");
        assert!(!said.contains("error:") && !said.contains("Usage"), "{said}");
    }
}

#[test]
fn a_wrong_display_is_told_in_words_without_the_place_of_a_source() {
    let profile = tempfile::tempdir().unwrap();
    for name in ["DISPLAY", "WAYLAND_DISPLAY"] {
        let output = monomi(profile.path())
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .env(name, ":no-display")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{name}: {}", complaint(&output));
        let said = complaint(&output);
        assert!(said.contains("the display :no-display cannot be used"), "{said}");
        assert!(
            !said.contains(".rs") && !said.contains("os error at") && !said.contains("registry"),
            "{said}"
        );
    }
}

#[test]
fn names_that_cannot_be_seen_or_look_like_another_are_refused_with_words() {
    let profile = tempfile::tempdir().unwrap();
    add_device(profile.path(), "Caf\u{e9}", "Caf\u{e9}", "rtsp://192.0.2.1/live");
    let add = |site: &str, name: &str| {
        run(
            profile.path(),
            &["device", "add", "--site", site, "--name", name, "--host", "192.0.2.2"],
        )
    };
    for name in ["\u{200B}", "\u{2800}", "DVR\u{200B}", "\u{200D}", "\u{3164}"] {
        for (site, name, option) in [("S", name, "--name"), (name, "B", "--site")] {
            let output = add(site, name);
            assert_eq!(output.status.code(), Some(2), "{name:?}");
            let said = complaint(&output);
            assert!(said.contains(option) && said.contains("cannot be seen"), "{said}");
        }
    }
    let twin = add("Cafe\u{301}", "Cafe\u{301}");
    assert_eq!(twin.status.code(), Some(2));
    assert!(
        complaint(&twin).contains("--name: another device of this site has this name"),
        "{}",
        complaint(&twin)
    );
    // The site that looks the same is the same.
    assert!(add("Cafe\u{301}", "B").status.success());
    let all = devices(profile.path());
    assert_eq!(
        (all.len(), &all[0]["site"], &all[1]["site"]),
        (2, &"Caf\u{e9}".into(), &"Caf\u{e9}".into())
    );
    assert!(
        run(profile.path(), &["device", "disable", "CAFE\u{301}"])
            .status
            .success()
    );
}

#[test]
fn a_session_that_goes_takes_the_demo_and_its_folder_with_it() {
    let (profile, temporary) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for signal in ["HUP", "TERM"] {
        let mut command = monomi(profile.path());
        command
            .args(["watch", "--json", "--demo"])
            .env("TMPDIR", temporary.path());
        let watch = Watch::start_with(command);
        let live = |log: &crate::watch::Log| log.of("state").any(|line| line.text("state") == "live");
        assert!(watch.until(PATIENCE, live).is_ok());
        assert_eq!(watch.signal(signal), Some(0), "SIG{signal}");
        assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 0, "SIG{signal}");
    }
}

#[test]
fn a_hangup_is_ignored_where_who_started_it_wants_so() {
    let profile = tempfile::tempdir().unwrap();
    let mut child = Command::new("nohup")
        .arg(BINARY)
        .arg("--profile")
        .arg(profile.path())
        .args(["watch", "--json", "--duration", "6"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // The first figures come when the handlers of signals are about to be set, the second ones after that.
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
    assert!(lines.by_ref().take(2).all(|line| line.unwrap().contains("stats")));
    let sent = Command::new("kill")
        .args(["-s", "HUP", &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
    assert!(
        lines.next().is_some_and(|line| line.unwrap().contains("stats")),
        "it goes on"
    );
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_list_has_its_heads_in_the_language_and_says_what_the_keyring_still_holds() {
    let profile = tempfile::tempdir().unwrap();
    let add = ["device", "add", "--name", "東京 DVR", "--host", "192.0.2.10"];
    assert!(run(profile.path(), &add).status.success());
    assert!(out(&run(profile.path(), &["device", "list"])).starts_with("NAME"));
    assert!(
        run(profile.path(), &["settings", "set", "language", "ja"])
            .status
            .success()
    );
    let list = run(profile.path(), &["device", "list"]);
    assert!(out(&list).starts_with("名前"), "{}", out(&list));
    assert_eq!(complaint(&list), "");
    let owed = "version = 1\n\n[owed]\n\"00000000000000aa/1\" = true\n";
    #[expect(clippy::disallowed_methods, reason = "a file as an earlier run left it")]
    std::fs::write(profile.path().join("secrets.toml"), owed).unwrap();
    let list = run(profile.path(), &["device", "list"]);
    assert!(complaint(&list).contains("1 件"), "{}", complaint(&list));
}
