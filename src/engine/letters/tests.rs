//! Letters on real sockets: scripted servers of mail, web and syslog, and the loop between them.

use std::sync::Arc;
use std::time::Duration;

use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::super::clock;
use super::super::connections::{ConnectionsEffect, ErrandOf, ErrandTo, Granted};
use super::super::rig::Rig;
use super::carrying::{Enclosed, Load, Told, Way};
use super::delivery::carry;
use super::news::Carried;
use crate::bridge::{Command, MessengerFault, MessengerShown, NoticeKind, Trying};
use crate::net::Trust;
use device::Password;
use events::{Messenger, WallTime};
use outbox::{DeliveryEnd, Letter, LetterId, LetterText, Parcel, Phase};
use settings::{MailSecurity, MessengerSettings, Settings};

/// What a mail server does that is not what a good one does.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Habit {
    Good,
    /// It lists senders in grey.
    Grey,
    RefusesSignIn,
    NoStartTls,
    /// It hangs up in the middle of the mail.
    DropsInData,
    /// It does not know one of the recipients.
    KnowsNoB,
    Speaks(&'static str),
}

/// What the server heard, line by line.
type Heard = Vec<String>;

fn tls() -> TlsAcceptor {
    let key = KeyPair::generate().unwrap();
    let shown = CertificateParams::new(vec!["mail.example.jp".to_owned()]).unwrap();
    let shown = shown.self_signed(&key).unwrap().der().clone();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![shown], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// One connection of a mail server; `security` is the way in which it is spoken to.
async fn serve_mail(listener: &TcpListener, security: MailSecurity, habit: Habit) -> Heard {
    let (socket, _) = listener.accept().await.unwrap();
    let mut heard = Heard::new();
    match security {
        MailSecurity::Tls => match tls().accept(socket).await {
            Ok(stream) => drop(smtp(stream, true, habit, &mut heard).await),
            Err(error) => heard.push(error.to_string()),
        },
        MailSecurity::None => drop(smtp(socket, true, habit, &mut heard).await),
        MailSecurity::StartTls => {
            if let Some(socket) = smtp(socket, true, habit, &mut heard).await {
                match tls().accept(socket).await {
                    Ok(stream) => drop(smtp(stream, false, habit, &mut heard).await),
                    Err(error) => heard.push(error.to_string()),
                }
            }
        }
    }
    heard
}

/// Serves until the other end has enough, or wants TLS: then its stream comes back.
async fn smtp<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    greets: bool,
    habit: Habit,
    heard: &mut Heard,
) -> Option<S> {
    let mut stream = BufReader::new(stream);
    let greeting = if let Habit::Speaks(text) = habit {
        text
    } else {
        "220 mail.example.jp\r\n"
    };
    if greets {
        stream.write_all(greeting.as_bytes()).await.ok()?;
    }
    let mut in_data = false;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_owned();
        heard.push(line.clone());
        if in_data {
            if habit == Habit::DropsInData {
                return None;
            }
            if line != "." {
                continue;
            }
            in_data = false;
        }
        let word = line.split([' ', ':']).next().unwrap_or_default();
        let reply = match (word, habit) {
            ("EHLO", Habit::NoStartTls) => "250-mail\r\n250 AUTH PLAIN LOGIN\r\n",
            ("EHLO", _) => "250-mail\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN\r\n",
            ("STARTTLS", _) => {
                stream.write_all(b"220 go\r\n").await.ok()?;
                return Some(stream.into_inner());
            }
            ("AUTH", Habit::RefusesSignIn) => "535 5.7.8 wrong\r\n",
            ("AUTH", _) => "235 ok\r\n",
            ("MAIL", Habit::Grey) => "451 4.7.1 come back in 5 minutes\r\n",
            ("RCPT", Habit::KnowsNoB) if line.contains("b@example.jp") => "550 5.1.1 no b here\r\n",
            ("DATA", _) => {
                in_data = true;
                "354 go\r\n"
            }
            ("QUIT", _) => {
                stream.write_all(b"221 bye\r\n").await.ok()?;
                return None;
            }
            _ => "250 ok\r\n",
        };
        stream.write_all(reply.as_bytes()).await.ok()?;
    }
}

fn letter(id: u64) -> Letter {
    Letter {
        id: LetterId(id),
        phase: Phase::Begun,
        written: WallTime(1_234_567_890_123),
        due: WallTime(0),
        text: LetterText {
            subject: "大阪店: 応答がありません".to_owned(),
            body: "一\n.\nend".to_owned(),
        },
        troubles: Vec::new(),
        refusals: 0,
    }
}

fn parcels(ids: &[&[u64]]) -> Vec<Parcel> {
    let parcel = |ids: &&[u64]| Parcel {
        letters: ids.iter().copied().map(letter).collect(),
    };
    ids.iter().map(parcel).collect()
}

fn mail_settings(security: MailSecurity, user: &str) -> MessengerSettings {
    MessengerSettings {
        mail_server: "mail.example.jp".parse().ok(),
        mail_security: security,
        mail_user: user.to_owned(),
        mail_from: "monomi@example.jp".to_owned(),
        mail_to: vec!["a@example.jp".to_owned(), "b@example.jp".to_owned()],
        ..MessengerSettings::default()
    }
}

struct Quiet;

impl Told for Quiet {
    fn connected(&self, _address: std::net::IpAddr) {}
    fn waits(&self) {}
    fn answered(&self) {}
}

/// A permit for this port of this computer, where a certificate is believed that nobody vouches for.
async fn granted(port: u16, secure: bool) -> (Rig, Granted) {
    let mut rig = Rig::new().await;
    let of = ErrandOf::Messenger(Messenger::Mail);
    let host = "127.0.0.1".parse().unwrap();
    let to = ErrandTo {
        host,
        port,
        secure,
        by_hand: true,
    };
    let connections = rig.core.connections();
    connections.begin_errand(of, to, clock::now());
    connections.poll_machine(clock::now());
    let effects = std::iter::from_fn(|| connections.poll_effect());
    let granted = effects.filter_map(|effect| match effect {
        ConnectionsEffect::Errand(_, granted) => Some(*granted),
        _ => None,
    });
    let mut granted = granted.last().expect("a permit");
    granted.target.trust = Trust::FirstUse;
    (rig, granted)
}

async fn mailed(security: MailSecurity, habit: Habit, user: &str, ids: &[&[u64]]) -> (Carried, Heard) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (_rig, granted) = granted(port, security == MailSecurity::Tls).await;
    let load = Load {
        way: Way::Mail(mail_settings(security, user)),
        parcels: parcels(ids),
        pictures: Vec::new(),
        digest: "何件か".to_owned(),
        secret: Some(Password::new("geheim")),
    };
    tokio::join!(carry(granted, load, &Quiet), serve_mail(&listener, security, habit))
}

fn ids(of: &[LetterId]) -> Vec<u64> {
    of.iter().map(|id| id.0).collect()
}

#[tokio::test]
async fn several_mails_go_over_one_connection_by_each_kind_of_encryption_with_a_sign_in() {
    for security in [MailSecurity::StartTls, MailSecurity::Tls] {
        let (carried, heard) = mailed(security, Habit::Good, "monomi", &[&[1], &[2, 3]]).await;
        assert_eq!(
            (carried.fault, ids(&carried.delivery.delivered)),
            (None, vec![1, 2, 3]),
            "{heard:?}"
        );
        assert_eq!(carried.delivery.end, DeliveryEnd::Done);
        let count = |word: &str| heard.iter().filter(|line| line.starts_with(word)).count();
        assert_eq!(
            (count("AUTH PLAIN "), count("DATA"), count("QUIT"), count("RCPT")),
            (1, 2, 1, 4),
            "{heard:?}"
        );
        let said = heard.join("\n");
        for part in [
            "Message-ID: <1.",
            "Message-ID: <2.3.",
            "Subject: =?utf-8?b?",
            "Date: Fri, 13 Feb 2009",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
        let sign_in = heard.iter().position(|line| line.starts_with("AUTH"));
        let secured = heard.iter().position(|line| line == "STARTTLS");
        assert!(secured < sign_in, "nothing is signed in to before TLS: {heard:?}");
    }
}

#[tokio::test]
async fn in_the_clear_nobody_signs_in_unless_that_is_allowed() {
    let (carried, heard) = mailed(MailSecurity::None, Habit::Good, "monomi", &[&[1]]).await;
    assert_eq!(
        (carried.fault, carried.delivery.end),
        (Some(MessengerFault::InClear), DeliveryEnd::Stopped)
    );
    assert!(!heard.iter().any(|line| line.starts_with("AUTH")), "{heard:?}");
    let (carried, _) = mailed(MailSecurity::None, Habit::Good, "", &[&[1]]).await;
    assert_eq!((carried.fault, ids(&carried.delivery.delivered)), (None, vec![1]));
}

#[tokio::test]
async fn what_a_server_says_decides_what_comes_next() {
    let refused = MessengerFault::SignIn("535 5.7.8 wrong".to_owned());
    let grey = MessengerFault::Busy("451 4.7.1 come back in 5 minutes".to_owned());
    let busy = MessengerFault::Busy("421 too many".to_owned());
    for (habit, fault, end) in [
        (Habit::RefusesSignIn, refused, DeliveryEnd::Stopped),
        (Habit::Grey, grey, DeliveryEnd::Later),
        (Habit::NoStartTls, MessengerFault::NoStartTls, DeliveryEnd::Later),
        (Habit::Speaks("421 too many\r\n"), busy, DeliveryEnd::Later),
        (
            Habit::Speaks("SSH-2.0-x\r\n"),
            MessengerFault::NotUnderstood,
            DeliveryEnd::Later,
        ),
    ] {
        let (carried, heard) = mailed(MailSecurity::StartTls, habit, "monomi", &[&[1]]).await;
        assert_eq!(
            (carried.fault, carried.delivery.end),
            (Some(fault), end),
            "{habit:?} {heard:?}"
        );
        assert!(carried.delivery.delivered.is_empty() && carried.delivery.refused.is_empty());
    }
    let (carried, _) = mailed(MailSecurity::Tls, Habit::DropsInData, "", &[&[1], &[2]]).await;
    assert!(matches!(carried.fault, Some(MessengerFault::Broken(_))), "{carried:?}");
    assert!(
        carried.delivery.delivered.is_empty() && carried.failure.is_none(),
        "it had answered"
    );
}

#[tokio::test]
async fn who_is_known_gets_the_mail_and_who_is_not_is_said() {
    let (carried, _) = mailed(MailSecurity::Tls, Habit::KnowsNoB, "", &[&[1]]).await;
    assert_eq!(ids(&carried.delivery.delivered), [1]);
    assert!(
        matches!(&carried.fault, Some(MessengerFault::Denied(text)) if text.contains("no b here")),
        "{carried:?}"
    );
    assert_eq!(carried.delivery.end, DeliveryEnd::Done);
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_gets_no_word() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (_rig, mut granted) = granted(port, false).await;
    granted.target.trust = Trust::Authorities;
    let load = Load {
        way: Way::Mail(mail_settings(MailSecurity::StartTls, "monomi")),
        parcels: parcels(&[&[1]]),
        pictures: Vec::new(),
        digest: String::new(),
        secret: None,
    };
    let serve = serve_mail(&listener, MailSecurity::StartTls, Habit::Good);
    let (carried, heard) = tokio::join!(carry(granted, load, &Quiet), serve);
    assert!(
        matches!(carried.fault, Some(MessengerFault::Untrusted(_))),
        "{carried:?}"
    );
    assert!(
        !heard
            .iter()
            .any(|line| line.starts_with("MAIL") || line.starts_with("AUTH")),
        "{heard:?}"
    );
}

/// A web server that answers each request on one connection with the next of these.
async fn serve_web(listener: TcpListener, answers: Vec<&'static str>) -> Vec<String> {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut requests = Vec::new();
    for answer in answers {
        let mut request = Vec::new();
        let whole = |request: &[u8]| {
            let text = String::from_utf8_lossy(request).into_owned();
            let (head, body) = text.split_once("\r\n\r\n")?;
            let head = head.to_ascii_lowercase();
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
            (body.len() >= length.unwrap_or(0)).then_some(text)
        };
        while whole(&request).is_none() {
            request.push(stream.read_u8().await.unwrap());
        }
        requests.extend(whole(&request));
        stream.write_all(answer.as_bytes()).await.unwrap();
    }
    requests
}

#[tokio::test]
async fn requests_are_signed_go_over_one_connection_and_follow_no_redirect() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (_rig, granted) = granted(port, false).await;
    let load = Load {
        way: Way::Webhook(format!("http://127.0.0.1:{port}/hook?x=1").parse().unwrap()),
        parcels: parcels(&[&[1], &[2], &[3], &[4]]),
        pictures: Vec::new(),
        digest: String::new(),
        secret: Some(Password::new("key")),
    };
    let ok = "HTTP/1.1 204 No Content\r\n\r\n";
    let unwanted = "HTTP/1.1 422 Unprocessable\r\ncontent-length: 0\r\n\r\n";
    let moved = "HTTP/1.1 302 Found\r\nlocation: http://203.0.113.9/geheim?key=1\r\ncontent-length: 0\r\n\r\n";
    let (carried, requests) = tokio::join!(
        carry(granted, load, &Quiet),
        serve_web(listener, vec![ok, unwanted, ok, moved])
    );
    assert_eq!(ids(&carried.delivery.delivered), [1, 3]);
    assert_eq!(ids(&carried.delivery.refused), [2]);
    assert_eq!(
        carried.fault,
        Some(MessengerFault::Moved("http://203.0.113.9/".to_owned()))
    );
    assert_eq!((carried.delivery.end, requests.len()), (DeliveryEnd::Later, 4));
    let (head, body) = requests[0].split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /hook?x=1 HTTP/1.1\r\n"), "{head}");
    let signature = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("monomi-signature").then(|| value.to_owned())
    });
    let signature = signature.unwrap();
    let (time, tag) = signature.strip_prefix("t=").unwrap().split_once(",v1=").unwrap();
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b"key");
    let tag: Vec<u8> = (0..tag.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&tag[at..at + 2], 16).unwrap())
        .collect();
    assert!(ring::hmac::verify(&key, format!("{time}.{body}").as_bytes(), &tag).is_ok());
    let json: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(
        (json["id"].as_str(), json["subject"].as_str()),
        (Some("1"), Some("大阪店: 応答がありません"))
    );
}

/// What a server of syslog hears until the other end has said all; it closes as abruptly as many do.
async fn hear_lines<S: AsyncRead + Unpin>(mut stream: S) -> Vec<u8> {
    let mut all = Vec::new();
    stream.read_to_end(&mut all).await.unwrap();
    all
}

#[tokio::test]
async fn lines_of_syslog_are_counted_and_go_over_one_connection_in_the_clear_and_in_tls() {
    for secure in [false, true] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (_rig, granted) = granted(port, secure).await;
        let load = Load {
            way: Way::Syslog,
            parcels: parcels(&[&[1], &[2]]),
            pictures: Vec::new(),
            digest: String::new(),
            secret: None,
        };
        let serve = async {
            let (socket, _) = listener.accept().await.unwrap();
            if secure {
                hear_lines(tls().accept(socket).await.unwrap()).await
            } else {
                hear_lines(socket).await
            }
        };
        let (carried, mut all) = tokio::join!(carry(granted, load, &Quiet), serve);
        assert_eq!(
            (carried.fault, ids(&carried.delivery.delivered)),
            (None, vec![1, 2]),
            "in TLS: {secure}"
        );
        for _ in 0..2 {
            let at = all.iter().position(|byte| *byte == b' ').unwrap();
            let length: usize = std::str::from_utf8(&all[..at]).unwrap().parse().unwrap();
            let line = String::from_utf8(all[at + 1..=at + length].to_vec()).unwrap();
            assert!(
                line.starts_with("<131>1 2009-02-13T23:31:30.123Z 127.0.0.1 monomi "),
                "{line}"
            );
            all.drain(..=at + length);
        }
        assert!(all.is_empty());
    }
}

fn with(messengers: MessengerSettings, internal_network_only: bool) -> Settings {
    Settings {
        messengers,
        internal_network_only,
        ..Settings::default()
    }
}

/// Turns the loop until the messenger is as `wanted`.
async fn until(rig: &mut Rig, messenger: Messenger, wanted: impl Fn(&MessengerShown) -> bool) -> MessengerShown {
    let mut tick = tokio::time::interval(Duration::from_millis(50));
    loop {
        let state = rig.engine.state();
        if let Some(shown) = state.messengers.get(&messenger).filter(|shown| wanted(shown)) {
            return shown.clone();
        }
        assert!(rig.core.turn(&mut rig.receiver, &mut tick).await);
    }
}

#[tokio::test]
async fn a_trial_says_what_came_of_it_and_a_password_makes_good_what_was_refused() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut settings = mail_settings(MailSecurity::None, "monomi");
    settings.mail_server = listener.local_addr().unwrap().to_string().parse().ok();
    settings.mail_sign_in_in_clear = true;
    let mut rig = Rig::new().await;
    rig.core
        .on_command(Command::SaveSettings(Box::new(with(settings, true))), clock::now());
    let serve = tokio::spawn(async move {
        let mut heard = serve_mail(&listener, MailSecurity::None, Habit::RefusesSignIn).await;
        heard.extend(serve_mail(&listener, MailSecurity::None, Habit::Good).await);
        heard
    });
    rig.core
        .on_command(Command::TryMessenger(Messenger::Mail), clock::now());
    let shown = until(&mut rig, Messenger::Mail, |shown| {
        matches!(shown.trial, Trying::Failed(_))
    })
    .await;
    let refused = MessengerFault::SignIn("535 5.7.8 wrong".to_owned());
    assert_eq!(
        (shown.trial, shown.stopped, shown.waiting),
        (Trying::Failed(refused), true, 0)
    );
    let secret = Some(Password::new("geheim"));
    rig.core
        .on_command(Command::SetMessengerSecret(Messenger::Mail, secret), clock::now());
    rig.core
        .on_command(Command::TryMessenger(Messenger::Mail), clock::now());
    let shown = until(&mut rig, Messenger::Mail, |shown| shown.trial == Trying::Done).await;
    assert!(!shown.stopped && rig.engine.state().notices.is_empty());
    let heard = serve.await.unwrap();
    // The second sign-in has the password that was entered: \0monomi\0geheim.
    assert!(
        heard.contains(&"AUTH PLAIN AG1vbm9taQBnZWhlaW0=".to_owned()),
        "{heard:?}"
    );
    assert_eq!(rig.core.connections().machine().totals().half_open, 0);
}

#[tokio::test]
async fn internal_network_only_forbids_a_public_server_and_says_so() {
    let mut settings = mail_settings(MailSecurity::Tls, "");
    settings.mail_server = "203.0.113.9".parse().ok();
    settings.syslog_server = "203.0.113.9".parse().ok();
    let mut rig = Rig::new().await;
    rig.core
        .on_command(Command::SaveSettings(Box::new(with(settings, true))), clock::now());
    for messenger in [Messenger::Mail, Messenger::Syslog] {
        rig.core.on_command(Command::TryMessenger(messenger), clock::now());
        let shown = until(&mut rig, messenger, |shown| matches!(shown.trial, Trying::Failed(_))).await;
        let address = "203.0.113.9".to_owned();
        assert_eq!(shown.trial, Trying::Failed(MessengerFault::Policy { address }));
    }
    assert!(
        !rig.engine
            .state()
            .notices
            .iter()
            .any(|notice| matches!(notice.kind, NoticeKind::MessengerFailed { .. }))
    );
}

/// A web server on this computer, and where it is.
async fn web_server() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = format!("http://{}/", listener.local_addr().unwrap());
    (listener, server)
}

fn webhook(rig: &Rig) -> Option<String> {
    let settings = rig.engine.state().settings.clone();
    settings.messengers.webhook.as_ref().map(ToString::to_string)
}

#[tokio::test]
async fn the_path_of_a_webhook_goes_to_its_server_and_to_no_file_and_to_no_other_server() {
    let (listener, server) = web_server().await;
    let mut rig = Rig::new().await;
    let save = |rig: &mut Rig, address: &str| {
        let settings = MessengerSettings {
            webhook: address.parse().ok(),
            ..MessengerSettings::default()
        };
        rig.core
            .on_command(Command::SaveSettings(Box::new(with(settings, true))), clock::now());
        rig.core.publish_now();
    };
    save(&mut rig, &format!("{server}T000/geheim?x=1"));
    assert_eq!(webhook(&rig), Some(server.clone()));
    let answer = "HTTP/1.1 204 No Content\r\n\r\n";
    let serve = tokio::spawn(serve_web(listener, vec![answer]));
    rig.core
        .on_command(Command::TryMessenger(Messenger::Webhook), clock::now());
    until(&mut rig, Messenger::Webhook, |shown| shown.trial == Trying::Done).await;
    let requests = serve.await.unwrap();
    assert!(
        requests[0].starts_with("POST /T000/geheim?x=1 HTTP/1.1\r\n"),
        "{requests:?}"
    );
    // The same without the path is another server's: it is not told.
    let (other, elsewhere) = web_server().await;
    save(&mut rig, &elsewhere);
    let serve = tokio::spawn(serve_web(other, vec![answer]));
    rig.core
        .on_command(Command::TryMessenger(Messenger::Webhook), clock::now());
    until(&mut rig, Messenger::Webhook, |shown| shown.trial == Trying::Done).await;
    let requests = serve.await.unwrap();
    assert!(requests[0].starts_with("POST / HTTP/1.1\r\n"), "{requests:?}");
    for file in std::fs::read_dir(rig.folder.as_ref().unwrap().path())
        .unwrap()
        .flatten()
    {
        let bytes = std::fs::read(file.path()).unwrap_or_default();
        assert!(!String::from_utf8_lossy(&bytes).contains("geheim"), "{file:?}");
    }
}

#[tokio::test]
async fn a_path_that_stands_in_the_file_of_settings_is_moved_to_the_passwords() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("settings.toml");
    let profile = crate::store::Profile::open(Some(folder.path().into()))
        .unwrap()
        .without_keyring();
    let by_hand = |settings: &mut Settings| {
        settings.messengers.webhook = "https://hooks.example.jp/T000/geheim".parse().ok();
    };
    profile.update_settings(by_hand).unwrap();
    assert!(std::fs::read_to_string(&file).unwrap().contains("geheim"));
    let mut rig = Rig::on(folder.path(), crate::store::Profile::without_keyring).await;
    let mut tick = tokio::time::interval(Duration::from_millis(50));
    let is_moved = |rig: &Rig| {
        let text = std::fs::read_to_string(&file).unwrap();
        webhook(rig).as_deref() == Some("https://hooks.example.jp/") && !text.contains("geheim")
    };
    while !is_moved(&rig) {
        assert!(rig.core.turn(&mut rig.receiver, &mut tick).await);
        rig.core.publish_now();
    }
    let path = profile.secrets().get(crate::store::OWNER_OF_WEBHOOK_PATH).unwrap();
    assert_eq!(path, Some(Password::new("https://hooks.example.jp/T000/geheim")));
}

#[tokio::test]
async fn a_path_that_is_lost_or_of_another_server_is_said_and_nothing_is_sent_without_it() {
    let (listener, server) = web_server().await;
    let profile_in = |folder: &std::path::Path| {
        let profile = crate::store::Profile::open(Some(folder.into())).unwrap();
        profile.without_keyring()
    };
    for is_damaged in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let profile = profile_in(folder.path());
        let settings = |settings: &mut Settings| settings.messengers.webhook = server.parse().ok();
        profile.update_settings(settings).unwrap();
        let secret = Password::new("https://hooks.example.jp/T000/geheim");
        profile
            .secrets()
            .set(crate::store::OWNER_OF_WEBHOOK_PATH, &secret)
            .unwrap();
        if is_damaged {
            let file = folder.path().join("secrets.toml");
            std::fs::remove_file(&file).unwrap();
            crate::store::write_text(&file, "[[[ nonsense").unwrap();
        }
        let mut rig = Rig::on(folder.path(), crate::store::Profile::without_keyring).await;
        rig.core
            .on_command(Command::TryMessenger(Messenger::Webhook), clock::now());
        let is_over = |shown: &MessengerShown| matches!(shown.trial, Trying::Failed(_));
        let shown = until(&mut rig, Messenger::Webhook, is_over).await;
        let is_right = match shown.trial {
            Trying::Failed(MessengerFault::NoPassword(_)) => is_damaged,
            Trying::Failed(MessengerFault::PathOfOther) => !is_damaged,
            _ => false,
        };
        assert!(is_right, "{shown:?}");
    }
    drop(listener);
}

#[tokio::test]
async fn a_mail_has_its_pictures_and_what_is_said_of_them() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (_rig, granted) = granted(port, false).await;
    let load = Load {
        way: Way::Mail(mail_settings(MailSecurity::None, "")),
        parcels: parcels(&[&[1]]),
        pictures: vec![Enclosed {
            text: "Picture: CH1".to_owned(),
            files: vec![("1-CH1.png".to_owned(), b"\x89PNG\r\n".to_vec().into())],
        }],
        digest: String::new(),
        secret: None,
    };
    let serve = serve_mail(&listener, MailSecurity::None, Habit::Good);
    let (carried, heard) = tokio::join!(carry(granted, load, &Quiet), serve);
    assert_eq!((carried.fault, ids(&carried.delivery.delivered)), (None, vec![1]));
    for part in ["Content-Type: image/png", "1-CH1.png", "iVBORw0K"] {
        assert!(heard.iter().any(|line| line.contains(part)), "{part}: {heard:?}");
    }
}
