//! `monomi alerts`, the real binary: tests that reach real servers of mail, web and syslog or say why not, and the secrets.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;

/// A server that hangs is the test's failure, not its pace.
const LIMIT: Duration = Duration::from_secs(60);

fn monomi(profile: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_monomi"))
        .arg("--profile")
        .arg(profile)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("monomi");
    let stdin = child.stdin.take();
    stdin.expect("its input").write_all(input.as_bytes()).expect("written");
    child.wait_with_output().expect("its end")
}

fn set(profile: &Path, name: &str, value: &str) {
    let output = monomi(profile, &["settings", "set", name, value], "");
    assert!(output.status.success(), "{name}: {output:?}");
}

/// Serves one connection; what was heard comes back.
fn sink(serve: impl FnOnce(TcpStream) -> String + Send + 'static) -> (u16, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("its address").port();
    let (tell, heard) = mpsc::sync_channel(1);
    let served = std::thread::Builder::new().name("sink".to_owned()).spawn(move || {
        let (stream, _) = listener.accept().expect("a connection");
        stream.set_read_timeout(Some(LIMIT)).expect("a limit");
        tell.send(serve(stream)).ok();
    });
    served.expect("a thread");
    (port, heard)
}

fn mail(stream: TcpStream) -> String {
    let mut out = stream.try_clone().expect("the stream");
    let mut say = |line: &str| out.write_all(format!("{line}\r\n").as_bytes()).is_ok();
    say("220 sink");
    let (mut heard, mut in_data) = (String::new(), false);
    for line in BufReader::new(stream).lines() {
        let Ok(line) = line else { break };
        heard.push_str(&line);
        heard.push('\n');
        in_data &= line != ".";
        let reply = match line.split([' ', ':']).next() {
            _ if in_data => continue,
            Some("DATA") => {
                in_data = true;
                "354 go"
            }
            Some("QUIT") => {
                say("221 bye");
                break;
            }
            _ => "250 ok",
        };
        say(reply);
    }
    heard
}

fn web(stream: TcpStream) -> String {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("a line");
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().expect("a length");
        }
        head.push_str(&line);
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("a body");
    let mut stream = reader.into_inner();
    stream
        .write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        .expect("an answer");
    head + &String::from_utf8_lossy(&body)
}

fn syslog(mut stream: TcpStream) -> String {
    let mut heard = Vec::new();
    stream.read_to_end(&mut heard).ok();
    String::from_utf8_lossy(&heard).into_owned()
}

#[test]
fn a_test_arrives_at_each_server_and_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let profile = folder.path();
    let ((mail_port, mails), (web_port, requests), (syslog_port, lines)) = (sink(mail), sink(web), sink(syslog));
    set(profile, "language", "en");
    set(profile, "mail-server", &format!("127.0.0.1:{mail_port}"));
    set(profile, "mail-security", "none");
    set(profile, "mail-from", "monomi@example.jp");
    set(profile, "mail-to", "a@example.jp");
    set(profile, "webhook", &format!("http://127.0.0.1:{web_port}/T000/geheim"));
    set(profile, "syslog-server", &format!("127.0.0.1:{syslog_port}"));
    let key = monomi(profile, &["alerts", "secret", "webhook-key"], "s1gn-key\n");
    assert!(key.status.success(), "{key:?}");
    let output = monomi(profile, &["alerts", "test"], "");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(said.lines().count(), 3, "{said}");
    let mail = mails.recv_timeout(LIMIT).expect("a mail");
    assert!(
        mail.contains("RCPT TO:<a@example.jp>") && mail.contains("Subject:"),
        "{mail}"
    );
    let request = requests.recv_timeout(LIMIT).expect("a request");
    assert!(
        request.starts_with("POST /T000/geheim HTTP/1.1") && request.contains("\"phase\":\"trial\""),
        "{request}"
    );
    assert!(
        request.to_ascii_lowercase().contains("monomi-signature: t="),
        "{request}"
    );
    let line = lines.recv_timeout(LIMIT).expect("a line");
    assert!(line.contains("<134>1 ") && line.contains(" trial "), "{line}");
    // Neither the path nor the key is in any file in the clear, nor said.
    for secret in ["geheim", "s1gn-key"] {
        assert!(!said.contains(secret));
        for file in std::fs::read_dir(profile).expect("the profile").flatten() {
            let bytes = std::fs::read(file.path()).unwrap_or_default();
            assert!(!String::from_utf8_lossy(&bytes).contains(secret), "{file:?}");
        }
    }
}

#[test]
fn what_does_not_arrive_is_said_with_its_reason_and_ends_with_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let profile = folder.path();
    let closed = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let port = closed.expect("a port").port();
    let nobody = monomi(profile, &["alerts", "test"], "");
    assert_eq!(nobody.status.code(), Some(2), "{nobody:?}");
    set(profile, "syslog-server", &format!("127.0.0.1:{port}"));
    let output = monomi(profile, &["alerts", "test", "syslog", "--json"], "");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let value: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(
        (&value[0]["messenger"], &value[0]["arrived"]),
        (&"syslog".into(), &false.into())
    );
    assert!(
        value[0]["reason"].as_str().is_some_and(|reason| !reason.is_empty()),
        "{value}"
    );
    let without = monomi(profile, &["alerts", "test", "mail"], "");
    assert_eq!(without.status.code(), Some(2), "{without:?}");
}

#[test]
fn the_rules_are_listed_with_the_names_of_their_places() {
    let folder = tempfile::tempdir().expect("a folder");
    let profile = folder.path();
    let added = monomi(
        profile,
        &[
            "device",
            "add",
            "--url",
            "rtsp://192.0.2.1/",
            "--name",
            "Front",
            "--site",
            "Lab",
        ],
        "",
    );
    assert!(added.status.success(), "{added:?}");
    set(
        profile,
        "alert-own-rules",
        "name=Night; what=motion; where=site:Lab+device:Front; when=daily 22:00-06:00; means=mail",
    );
    let text = monomi(profile, &["alerts", "list"], "");
    let text = String::from_utf8_lossy(&text.stdout).into_owned();
    assert!(
        text.contains("where=site:Lab+device:Front; when=daily 22:00-06:00"),
        "{text}"
    );
    let json = monomi(profile, &["alerts", "list", "--json"], "");
    let value: Value = serde_json::from_slice(&json.stdout).expect("JSON");
    assert_eq!(
        value["own_rules"][0]["where"],
        serde_json::json!(["site:Lab", "device:Front"])
    );
    assert_eq!(value["kinds"].as_array().map(Vec::len), Some(6));
}
