//! Adding what was found: each recorder is asked for its channels, its row says what comes of it, and nothing is added by half.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use device::{BrandId, DeviceEdit, OnvifPlace, PasswordEdit, Paths};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use monomi::bridge::{Command, EnquiryId, EnquiryRequest, EnquiryState, EnquiryStatus, FoundRow, FoundState};
use monomi::i18n::Language;
use onvif::{
    DeviceIdentity, EnquiryFault, EnquiryResult, EnquiryStep, Lockout, OfferedChannel, OfferedStream, SignInRefusal,
    StreamPlace,
};
use reconnect::{Failure, FailureKind, Stage};

use super::finder::{found, open, row, type_into};
use super::rig::{WindowRig, cameras};
use super::screens::shoot;

/// The engine that answers what the window asks, one enquiry after the other.
#[derive(Default)]
struct Answers {
    asked: VecDeque<EnquiryRequest>,
    /// All that were asked, and all that were let go.
    hosts: Vec<String>,
    cancelled: BTreeSet<EnquiryId>,
    added: Vec<DeviceEdit>,
    runs: BTreeSet<u64>,
    most: usize,
}

impl Answers {
    /// Takes what the window wants; what is added is registered.
    fn take(&mut self, rig: &mut WindowRig) {
        for command in rig.sent() {
            match command {
                Command::Enquire(request) => {
                    self.hosts.push(request.edit.device.host.to_string());
                    self.asked.push_back(*request);
                }
                Command::CancelEnquiry(id) => {
                    self.asked.retain(|request| request.id != id);
                    self.cancelled.insert(id);
                }
                Command::AddDevices { edits, run } => {
                    self.runs.insert(run);
                    self.added.extend(edits.iter().cloned());
                    rig.change(move |state| {
                        let mut registry = (*state.registry).clone();
                        registry.save_all(&edits).expect("they fit");
                        state.registry = Arc::new(registry);
                    });
                }
                _ => {}
            }
        }
        self.most = self.most.max(self.asked.len());
    }

    /// Answers until nothing is asked any more.
    fn all(&mut self, rig: &mut WindowRig, answer: impl Fn(&EnquiryRequest) -> EnquiryState) {
        self.take(rig);
        while let Some(request) = self.asked.pop_front() {
            say(rig, request.id, answer(&request));
            self.take(rig);
            rig.harness.run();
            self.take(rig);
        }
    }
}

fn say(rig: &mut WindowRig, id: EnquiryId, answer: EnquiryState) {
    rig.change(move |state| {
        let status = EnquiryStatus {
            id,
            state: answer,
            connects: 1,
            requests: 5,
        };
        let mut enquiries = (*state.enquiries).clone();
        enquiries.insert(id, Arc::new(status));
        state.enquiries = Arc::new(enquiries);
    });
}

fn channels(count: usize) -> EnquiryState {
    let stream = |number| OfferedStream {
        token: String::new(),
        codec: "H.265".to_owned(),
        width: 1920,
        height: 1080,
        place: Some(Ok(StreamPlace {
            port: Some(554),
            secure: false,
            target: format!("/{number}"),
        })),
    };
    let channel = |number| OfferedChannel {
        name: format!("Cam {number}"),
        main: stream(number),
        sub: None,
        ptz: None,
    };
    EnquiryState::Done(Arc::new(EnquiryResult {
        identity: DeviceIdentity {
            serial: "SN0123456789".to_owned(),
            ..DeviceIdentity::default()
        },
        channels: (1..=count).map(channel).collect(),
        ..EnquiryResult::default()
    }))
}

fn fails(step: EnquiryStep, fault: EnquiryFault, brand: Option<&'static str>) -> EnquiryState {
    EnquiryState::Done(Arc::new(EnquiryResult {
        failed: Some((step, fault)),
        brand,
        ..EnquiryResult::default()
    }))
}

fn refused() -> EnquiryState {
    let refusal = SignInRefusal::Refused {
        text: "You still have 2 attempt(s)".to_owned(),
        lockout: Lockout {
            attempts_left: Some(2),
            ..Lockout::default()
        },
        clock: None,
    };
    fails(EnquiryStep::Identity, EnquiryFault::SignIn(refusal), None)
}

fn no_onvif(brand: Option<&'static str>) -> EnquiryState {
    let fault = EnquiryFault::NotOnvif {
        status: 404,
        text: String::new(),
    };
    fails(EnquiryStep::Services, fault, brand)
}

fn closed_port() -> EnquiryState {
    EnquiryState::Failed(Failure {
        kind: FailureKind::Refused,
        stage: Stage::Connect,
        detail: String::new(),
    })
}

/// The dialog with so many new recorders chosen, and a sign-in typed.
fn chosen(language: Language, rows: Vec<FoundRow>) -> WindowRig {
    let [choose, user, password] = match language {
        Language::En => ["Choose all new ones", "User", "Password"],
        Language::Ja => ["未登録をすべて選択", "ユーザー名", "パスワード"],
    };
    let mut rig = open(language, cameras(1));
    found(&mut rig, rows, None);
    rig.click(choose);
    type_into(&mut rig, user, "admin");
    type_into(&mut rig, password, "one for all");
    rig.sent();
    rig
}

fn new_rows(count: usize) -> Vec<FoundRow> {
    (0..count).map(|number| row(number, FoundState::New)).collect()
}

fn is_said(rig: &WindowRig, host: &str, said: &str) -> bool {
    let rows = rig.harness.query_all_by_label_contains(said);
    rows.into_iter()
        .any(|row| row.accesskit_node().label().is_some_and(|label| label.contains(host)))
}

#[test]
fn thirty_are_asked_a_few_at_a_time_with_one_sign_in_and_each_is_added_with_its_channels() {
    let mut rig = chosen(Language::En, new_rows(30));
    rig.click("Add 30 devices");
    let mut answers = Answers::default();
    answers.all(&mut rig, |request| {
        assert_eq!(request.place, OnvifPlace::default());
        assert_eq!(request.edit.device.user, "admin");
        assert!(matches!(&request.edit.password, PasswordEdit::Set(password) if password.expose() == "one for all"));
        channels(16)
    });
    assert_eq!((answers.hosts.len(), answers.added.len(), answers.most), (30, 30, 16));
    assert_eq!(answers.cancelled.len(), 30, "no answer is kept");
    assert_eq!(answers.runs.len(), 1, "one undo takes all back");
    let names: BTreeSet<&str> = answers.added.iter().map(|edit| edit.device.name.as_str()).collect();
    assert_eq!(names.len(), 30, "{names:?}");
    for edit in &answers.added {
        assert!(matches!(edit.device.paths, Paths::Listed(_)));
        assert_eq!(edit.device.channels.len(), 16);
        assert_eq!(edit.device.identity.serial.as_deref(), Some("SN0123456789"));
    }
    assert!(is_said(&rig, "192.168.1.1", "Added, 16 channels"));
    // Nobody is left to be added.
    assert!(rig.is_shown("Add 0 devices"));
}

#[test]
fn who_refuses_the_sign_in_says_so_locks_nobody_out_and_is_not_asked_again_by_itself() {
    for (language, add, said, added, again) in [
        (
            Language::En,
            "Add 3 devices",
            "It allows 2 more tries.",
            "Added, 4 channels",
            "Add 1 device",
        ),
        (
            Language::Ja,
            "3 台を追加",
            "残りの試行回数は 2 回です。",
            "追加しました（4 チャンネル）",
            "1 台を追加",
        ),
    ] {
        let mut rig = chosen(language, new_rows(3));
        rig.click(add);
        let mut answers = Answers::default();
        answers.all(&mut rig, |request| {
            match request.edit.device.host.to_string().as_str() {
                "192.168.1.2" => refused(),
                _ => channels(4),
            }
        });
        assert_eq!((answers.hosts.len(), answers.added.len()), (3, 2));
        assert!(is_said(&rig, "192.168.1.2", said));
        assert!(
            is_said(&rig, "192.168.1.2", "You still have 2 attempt(s)"),
            "in its own words"
        );
        assert!(is_said(&rig, "192.168.1.3", added));
        rig.harness.run_steps(5);
        answers.take(&mut rig);
        assert_eq!(answers.hosts.len(), 3);
        // It stays chosen, for another password.
        rig.click(again);
        answers.take(&mut rig);
        assert_eq!(answers.hosts[3..], ["192.168.1.2"]);
    }
}

#[test]
fn a_recorder_without_onvif_gets_the_preset_that_fits_what_it_answered() {
    let mut rows = new_rows(4);
    for row in &mut rows {
        (row.maker, row.model) = (None, None);
    }
    rows[2].maker = Some("Dahua".to_owned());
    let mut rig = chosen(Language::En, rows);
    rig.click("Add 4 devices");
    let mut answers = Answers::default();
    answers.all(&mut rig, |request| {
        match request.edit.device.host.to_string().as_str() {
            // By its page, by its name, and by nothing but what was chosen for such.
            "192.168.1.2" => no_onvif(Some("xmeye")),
            "192.168.1.3" => closed_port(),
            "192.168.1.4" => no_onvif(None),
            _ => EnquiryState::Failed(Failure {
                kind: FailureKind::Timeout,
                stage: Stage::Connect,
                detail: String::new(),
            }),
        }
    });
    let brands: Vec<(String, Paths)> = answers
        .added
        .iter()
        .map(|edit| (edit.device.host.to_string(), edit.device.paths.clone()))
        .collect();
    let brand = |host: &str, brand: &str| (host.to_owned(), Paths::Brand(BrandId(brand.to_owned())));
    assert_eq!(
        brands,
        [
            brand("192.168.1.2", "xmeye"),
            brand("192.168.1.3", "dahua"),
            brand("192.168.1.4", "hikvision")
        ]
    );
    assert!(is_said(&rig, "192.168.1.3", "it speaks no ONVIF"));
    assert!(
        is_said(&rig, "192.168.1.1", "Not added"),
        "who does not answer is no recorder yet"
    );
}

#[test]
fn who_cancels_or_closes_asks_nobody_any_more_and_what_was_added_stays_whole() {
    for stop in ["Cancel (1 of 20 done)", "Close"] {
        let mut rig = chosen(Language::En, new_rows(20));
        rig.click("Add 20 devices");
        let mut answers = Answers::default();
        answers.take(&mut rig);
        let first = answers.asked.pop_front().expect("one is asked");
        say(&mut rig, first.id, channels(8));
        answers.take(&mut rig);
        rig.harness.run();
        rig.click(stop);
        answers.take(&mut rig);
        assert_eq!((answers.added.len(), answers.asked.len()), (1, 0));
        assert_eq!(answers.cancelled.len(), answers.hosts.len());
        // An answer that is late changes nothing.
        say(&mut rig, EnquiryId(1), channels(8));
        answers.take(&mut rig);
        assert_eq!(answers.added.len(), 1);
    }
}

/// A picture of devices that are being added, in both languages: `MONOMI_SCREENS=DIR`.
#[test]
#[ignore = "it writes pictures"]
fn pictures_of_adding() {
    for (language, add) in [(Language::En, "Add 25 devices"), (Language::Ja, "25 台を追加")] {
        let mut rig = chosen(language, new_rows(25));
        rig.click(add);
        let mut answers = Answers::default();
        for number in 0..8 {
            answers.take(&mut rig);
            let request = answers.asked.pop_front().expect("one is asked");
            say(
                &mut rig,
                request.id,
                match number {
                    2 => refused(),
                    4 => no_onvif(Some("xmeye")),
                    5 => EnquiryState::Asking {
                        step: None,
                        since: std::time::Instant::now(),
                    },
                    _ => channels(16),
                },
            );
            rig.harness.run();
        }
        answers.take(&mut rig);
        rig.harness.run();
        shoot(rig, &format!("adding_{}", language.tag()));
    }
}
