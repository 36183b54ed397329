//! `settings.toml`: one key for every setting that differs from its default.

use toml_edit::{Item, Table, Value};

use super::document::Document;
use super::format::{self, Parsed};
use super::load::LoadProblem;
use super::migrate;
use super::records::set;
use settings::{self, KEYS, SetError, SettingKey, Settings, ValueKind};

/// The key that is on if its value cannot be read, because the person may have forbidden connections to the outside.
const CAUTIOUS: &str = "internal-network-only";

/// The settings of a document. A value that is not understood becomes the default; one beyond its limit becomes the
/// limit.
pub(super) fn read(table: &Table) -> (Settings, Vec<LoadProblem>) {
    let mut settings = Settings::default();
    let mut problems = Vec::new();
    let warning = |key: &SettingKey, message: String| LoadProblem::Warning {
        at: key.name.to_owned(),
        message,
    };
    for key in KEYS {
        let Some(item) = table.get(key.name).filter(|item| !item.is_none()) else {
            continue;
        };
        let result = from_item(item)
            .ok_or(SetError::WrongType)
            .and_then(|value| key.set(&mut settings, value));
        let Err(error) = result else { continue };
        if key.name == CAUTIOUS {
            settings.internal_network_only = true;
        }
        match &error {
            SetError::AboveCeiling { max: limit, .. } | SetError::BelowFloor { min: limit, .. } => {
                let _ = key.set(&mut settings, settings::Value::Number((*limit).into()));
            }
            _ if key.kind == ValueKind::List => set_good_items(key, item, &mut settings),
            _ => {}
        }
        problems.push(warning(key, format!("{error}; '{}' is used", key.get(&settings))));
    }
    (settings, problems)
}

/// Makes the keys of `document` those of `settings`. Only what differs from what the document says is touched.
pub(super) fn write(document: &mut Document, settings: &Settings) {
    write_table(document.table_mut(), settings);
}

/// Switches *Internal network only* on. A damaged file may have had it on in a part that is lost.
pub(super) fn be_cautious(document: &mut Document) {
    if document.is_salvaged() && !document.table().contains_key(CAUTIOUS) {
        set(document.table_mut(), CAUTIOUS, true.into());
    }
}

/// The settings that a text holds, with what was wrong with it.
#[must_use]
pub fn from_text(text: &str) -> (Settings, Vec<LoadProblem>) {
    let Parsed { toml, .. } = format::parse(text, &migrate::SETTINGS);
    read(toml.as_table())
}

/// `text` changed so that it holds `settings`; `None` where the text is no file of this version.
#[must_use]
pub fn to_text(text: &str, settings: &Settings) -> Option<String> {
    let Parsed { mut toml, fault: None } = format::parse(text, &migrate::SETTINGS) else {
        return None;
    };
    write_table(toml.as_table_mut(), settings);
    Some(toml.to_string())
}

fn write_table(table: &mut Table, settings: &Settings) {
    let (before, _) = read(table);
    for key in KEYS {
        let value = key.get(settings);
        if value != key.get(&before) {
            set(table, key.name, to_toml(value));
        }
    }
}

fn set_good_items(key: &SettingKey, item: &Item, settings: &mut Settings) {
    let Some(array) = item.as_array() else { return };
    let mut good = Vec::new();
    for text in array.iter().filter_map(Value::as_str) {
        if key.set(settings, settings::Value::List(vec![text.to_owned()])).is_ok() {
            good.push(text.to_owned());
        }
    }
    let _ = key.set(settings, settings::Value::List(good));
}

fn from_item(item: &Item) -> Option<settings::Value> {
    Some(match item.as_value()? {
        Value::Boolean(value) => settings::Value::Bool(*value.value()),
        Value::Integer(value) => settings::Value::Number(*value.value()),
        Value::String(value) => settings::Value::Text(value.value().clone()),
        Value::Array(array) => settings::Value::List(
            array
                .iter()
                .map(|item| item.as_str().map(str::to_owned))
                .collect::<Option<_>>()?,
        ),
        _ => return None,
    })
}

fn to_toml(value: settings::Value) -> Value {
    match value {
        settings::Value::Bool(value) => value.into(),
        settings::Value::Number(value) => value.into(),
        settings::Value::Text(value) => value.into(),
        settings::Value::List(list) => Value::Array(list.into_iter().collect()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use events::{AlertSettings, AlertSound, Kind, Means};
    use reconnect::Limits;
    use settings::MessengerSettings;

    #[track_caller]
    fn check(text: &str, expected: &Settings, warning: &str) {
        let (settings, problems) = from_text(text);
        assert_eq!(settings, *expected, "{text}");
        let problems: Vec<String> = problems.iter().map(LoadProblem::to_string).collect();
        assert_eq!(problems, [warning], "{text}");
        // What was not understood stays until its key is changed.
        assert_eq!(
            to_text(text, &settings).unwrap(),
            format!("version = 1\n{}", text.trim_start_matches("version = 1\n"))
        );
    }

    #[test]
    fn a_value_of_the_wrong_type_is_the_default_with_a_warning_and_stays() {
        for key in KEYS {
            let default = key.get(&Settings::default());
            let expected = if key.name == CAUTIOUS {
                Settings::cautious()
            } else {
                Settings::default()
            };
            let used = key.get(&expected);
            let warning = format!("{}: a value of this type is not expected; '{used}' is used", key.name);
            let bad = if matches!(default, settings::Value::Bool(_)) {
                "1"
            } else {
                "true"
            };
            check(&format!("version = 1\n{} = {bad}\n", key.name), &expected, &warning);
            check(
                &format!("version = 1\n{} = 2026-01-01\n", key.name),
                &expected,
                &warning,
            );
            check(
                &format!("version = 1\n{} = {{ a = 1 }}\n", key.name),
                &expected,
                &warning,
            );
        }
    }

    #[test]
    fn a_bad_value_is_the_nearest_good_one_with_a_warning_and_stays() {
        let with = |change: fn(&mut Settings)| {
            let mut settings = Settings::default();
            change(&mut settings);
            settings
        };
        let limits = |limits: Limits| Settings {
            limits,
            ..Settings::default()
        };
        for (line, expected, warning) in [
            (
                "theme = \"pink\"",
                Settings::default(),
                "theme: 'pink' is none of system, dark, light; 'system' is used",
            ),
            (
                "site-failed-per-minute = 1000",
                limits(Limits {
                    site_failed_per_minute: 30,
                    ..Limits::default()
                }),
                "site-failed-per-minute: 1000 is above the ceiling, 30; '30' is used",
            ),
            (
                "site-in-flight = 0",
                limits(Limits {
                    site_in_flight: 1,
                    ..Limits::default()
                }),
                "site-in-flight: 0 is below the smallest value, 1; '1' is used",
            ),
            (
                "process-in-flight = 9223372036854775807",
                Settings::default(),
                "process-in-flight: 9223372036854775807 is above the ceiling, 8; '8' is used",
            ),
            (
                "internal-networks = [\"10.0.0.0/8\", \"intranet\"]",
                with(|settings| settings.internal_networks = vec!["10.0.0.0/8".parse().unwrap()]),
                "internal-networks: 'intranet' is not an IP address; '10.0.0.0/8' is used",
            ),
            (
                "kiosk-password = \"hunter2\"",
                Settings::default(),
                "kiosk-password: this is not a password's hash; '' is used",
            ),
            (
                "snapshot-folder = \"here\"",
                Settings::default(),
                "snapshot-folder: the folder must be an absolute path; '' is used",
            ),
            (
                "snapshot-folder = \"/a\\u0000b\"",
                Settings::default(),
                "snapshot-folder: the value holds a control character; '' is used",
            ),
        ] {
            check(&format!("version = 1\n{line}\n"), &expected, warning);
        }
    }

    #[test]
    fn comments_and_unknown_keys_stay() {
        let text =
            "\u{feff}# mine\r\nversion = 1\r\ntheme = \"dark\" # calm\r\nfuture = [1, 2]\r\n[window]\r\nx = 1\r\n";
        let (mut settings, problems) = from_text(text);
        assert_eq!((settings.theme, problems), (settings::Theme::Dark, vec![]));
        settings.theme = settings::Theme::Light;
        settings.show_figures = true;
        assert_eq!(
            to_text(text, &settings).unwrap().replace("\r\n", "\n"),
            "# mine\nversion = 1\ntheme = \"light\" # calm\nfuture = [1, 2]\nshow-figures = true\n[window]\nx = 1\n"
        );
    }

    #[test]
    fn a_newer_file_is_read_as_far_as_it_goes() {
        let (settings, _) = from_text("version = 9\ntheme = \"dark\"\n");
        assert_eq!(settings.theme, settings::Theme::Dark);
        assert_eq!(to_text("version = 9\n", &settings), None);
    }

    fn any_alerts(sound: AlertSound, [attention, notification, weekend]: [bool; 3], number: u32) -> AlertSettings {
        let mut alerts = AlertSettings {
            after: 4 + number,
            sound,
            attention,
            notification,
            kiosk_notification: attention,
            quiet_hours: weekend.then(|| "22:00-07:05".parse().unwrap()),
            ..AlertSettings::default()
        };
        alerts.quiet_days.set(5, weekend);
        if attention {
            alerts.rules.set_own(device::SiteId(number.into()), true);
            alerts.rules.set(None, Kind::Refused, Means::NONE);
            alerts.own_rules = vec![
                "name=夜; what=motion; when=daily 22:00-06:00; means=mail"
                    .parse()
                    .unwrap(),
            ];
            alerts.holidays = vec!["12-29..01-03".parse().unwrap()];
            alerts.japanese_holidays = true;
        }
        alerts
    }

    fn with_ranges(some: bool) -> Settings {
        let mut settings = Settings::default();
        let key = SettingKey::find("find-ranges").unwrap();
        let ranges = if some { "192.168.5.*,10.0.8.0/22" } else { "" };
        key.set_text(&mut settings, ranges).unwrap();
        settings
    }

    fn any_messengers(security: prop::sample::Index, flags: [bool; 2], number: u32) -> MessengerSettings {
        MessengerSettings {
            mail_server: format!("mail.example.jp:{number}").parse().ok().filter(|_| flags[0]),
            mail_security: *security.get(settings::MailSecurity::ALL),
            mail_user: format!("監視{number}"),
            mail_sign_in_in_clear: flags[1],
            mail_from: "監視 <monomi@example.jp>".to_owned(),
            mail_pictures: flags[0],
            mail_to: (0..number % 3).map(|at| format!("{at}@example.jp")).collect(),
            webhook: format!("https://example.jp:{number}/")
                .parse()
                .ok()
                .filter(|_| flags[1]),
            syslog_server: format!("[::1]:{number}").parse().ok().filter(|_| flags[0]),
            syslog_tls: flags[0],
        }
    }

    /// What an absolute path begins with, before its first slash.
    const DISK: &str = if cfg!(windows) { "C:" } else { "" };

    fn any_settings() -> impl Strategy<Value = Settings> {
        let index = any::<prop::sample::Index>;
        let choices = (index(), index(), index(), index(), index(), index());
        let flags = any::<[bool; 9]>();
        let networks = prop::collection::vec((any::<std::net::IpAddr>(), 0u8..=32), 0..4);
        let limits = (1u32..=30, 1u32..=8, 1u32..=8);
        (choices, flags, networks, limits, prop::option::of("/[a-z日本 ]{0,20}")).prop_map(
            |(choices, flags, networks, limits, folder)| Settings {
                language: *choices.0.get(settings::Language::ALL),
                theme: *choices.1.get(settings::Theme::ALL),
                renderer: *choices.2.get(settings::Renderer::ALL),
                decoder: *choices.3.get(settings::Decoder::ALL),
                start_at_login: flags[0],
                start_fullscreen: flags[1],
                internal_network_only: flags[2],
                internal_networks: networks
                    .iter()
                    .filter_map(|(ip, prefix)| format!("{ip}/{prefix}").parse().ok())
                    .collect(),
                limits: Limits {
                    site_failed_per_minute: limits.0,
                    site_in_flight: limits.1,
                    process_in_flight: limits.2,
                    slow_sign_in_retry: flags[3],
                },
                find_ranges: with_ranges(flags[4]).find_ranges,
                find_by_itself: flags[5],
                follow_moved_devices: flags[6],
                checks: settings::CheckSettings { minutes: limits.0 },
                show_figures: flags[4],
                captions: *choices.4.get(settings::Captions::ALL),
                sound_volume: settings::Volume::of_percent(limits.0 as u8),
                alerts: any_alerts(
                    *choices.5.get(AlertSound::ALL),
                    [flags[6], flags[7], flags[8]],
                    limits.0,
                ),
                event_log: events::LogBounds {
                    days: limits.0,
                    size: 15 + limits.1,
                },
                messengers: any_messengers(choices.4, [flags[0], flags[7]], limits.0),
                snapshot_folder: folder.map(|folder| format!("{DISK}{folder}").into()),
                kiosk_password: flags[5].then_some(settings::PasswordHash {
                    rounds: settings::PasswordHash::ROUNDS,
                    salt: [limits.0 as u8; 16],
                    hash: [limits.1 as u8; 32],
                }),
                recording: settings::RecordingSettings {
                    folder: flags[0].then(|| "/録画".into()),
                    size: limits.0,
                    days: limits.1,
                    floor: limits.2,
                    before: limits.1,
                    after: 4 + limits.0,
                    rules: recording::RecordingRules::read(["7=sub;mon-fri 08:00-20:00;events"]).unwrap_or_default(),
                },
                update_address: flags[5]
                    .then(|| format!("https://example.jp:{}/", limits.0).parse().ok())
                    .flatten(),
            },
        )
    }

    proptest! {
        #[test]
        fn any_settings_survive_a_file(first in any_settings(), second in any_settings()) {
            let text = to_text("# kept\nfuture = 1\n", &first).unwrap();
            prop_assert_eq!(from_text(&text), (first, vec![]));
            let text = to_text(&text, &second).unwrap();
            prop_assert_eq!(from_text(&text), (second, vec![]));
            prop_assert!(text.contains("# kept\nfuture = 1\n"));
        }

        #[test]
        fn any_text_gives_settings(text in "\\PC{0,200}|([a-z-]{1,20} = [\\PC]{0,10}\n){0,8}") {
            let (settings, _) = from_text(&text);
            for key in KEYS {
                let mut again = Settings::default();
                prop_assert_eq!(key.set(&mut again, key.get(&settings)), Ok(()));
            }
        }
    }
}
