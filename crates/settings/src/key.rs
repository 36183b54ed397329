//! The one table of every setting: the command line, the file and the tests go through it.

use std::path::PathBuf;

use super::value::{SetError, Value, ValueKind};
use super::{Captions, Cidr, Decoder, Language, MailSecurity, Renderer, Settings, Theme, Volume};
use discovery::Ranges;
use events::{AlertRules, AlertSound, DaySpan, OwnRule, Weekdays};
use reconnect::Limits;
use recording::RecordingRules;

/// One setting.
pub struct SettingKey {
    /// The setting's name in the file and on the command line.
    pub name: &'static str,
    /// One line, in English, for the command line.
    pub help: &'static str,
    pub kind: ValueKind,
    get: fn(&Settings) -> Value,
    set: fn(&mut Settings, Value) -> Result<(), SetError>,
}

macro_rules! flag {
    ($name:literal, $help:literal, $($field:ident).+) => {
        SettingKey {
            name: $name,
            help: $help,
            kind: ValueKind::Bool,
            get: |settings| Value::Bool(settings.$($field).+),
            set: |settings, value| value.bool().map(|value| settings.$($field).+ = value),
        }
    };
}

macro_rules! number {
    ($name:literal, $help:literal, $min:literal..=$max:expr, $($field:ident).+) => {
        SettingKey {
            name: $name,
            help: $help,
            kind: ValueKind::Number { min: $min, max: $max },
            get: |settings| Value::Number(settings.$($field).+.into()),
            set: |settings, value| value.number().map(|value| settings.$($field).+ = value),
        }
    };
}

macro_rules! choice {
    ($name:literal, $help:literal, $($field:ident).+: $type:ident) => {
        SettingKey {
            name: $name,
            help: $help,
            kind: ValueKind::Choice($type::WORDS),
            get: |settings| Value::Text(settings.$($field).+.as_str().to_owned()),
            set: |settings, value| {
                let value = value.text()?;
                settings.$($field).+ = $type::from_word(&value).ok_or(SetError::NoSuchWord {
                    value,
                    words: $type::WORDS,
                })?;
                Ok(())
            },
        }
    };
}

/// A text as it is.
macro_rules! text {
    ($name:literal, $help:literal, $($field:ident).+) => {
        SettingKey {
            name: $name,
            help: $help,
            kind: ValueKind::Text,
            get: |settings| Value::Text(settings.$($field).+.clone()),
            set: |settings, value| value.text().map(|value| settings.$($field).+ = value.trim().to_owned()),
        }
    };
}

/// What is read from its text; an empty one is none.
macro_rules! parsed {
    ($name:literal, $help:literal, $kind:ident, $($field:ident).+) => {
        SettingKey {
            name: $name,
            help: $help,
            kind: ValueKind::$kind,
            get: |settings| {
                let value = settings.$($field).+.as_ref();
                Value::Text(value.map(ToString::to_string).unwrap_or_default())
            },
            set: |settings, value| {
                let text = value.text()?;
                settings.$($field).+ = (!text.is_empty()).then(|| text.parse()).transpose()?;
                Ok(())
            },
        }
    };
}

/// Every setting, in the order in which lists show them.
pub static KEYS: &[SettingKey] = &[
    choice!("language", "Language of the window: auto (as the system) or the tag of a language, such as en", language: Language),
    choice!("theme", "Colours of the window: system, dark or light", theme: Theme),
    choice!("renderer", "What paints the window: auto, wgpu, glow or software", renderer: Renderer),
    choice!("decoder", "What decodes video: auto, software or hardware", decoder: Decoder),
    flag!(
        "start-at-login",
        "Start Monomi when the user signs in to the computer",
        start_at_login
    ),
    flag!("start-fullscreen", "Open the window in full screen", start_fullscreen),
    flag!(
        "internal-network-only",
        "Connect only to private, link-local and loopback addresses and to internal-networks",
        internal_network_only
    ),
    SettingKey {
        name: "internal-networks",
        help: "More networks that count as internal, such as 203.0.113.0/24,2001:db8::/32",
        kind: ValueKind::List,
        get: |settings| Value::List(settings.internal_networks.iter().map(Cidr::to_string).collect()),
        set: |settings, value| {
            settings.internal_networks = value
                .list()?
                .iter()
                .map(|text| text.parse())
                .collect::<Result<_, _>>()?;
            Ok(())
        },
    },
    number!(
        "site-failed-per-minute",
        "Failed connection attempts a minute that one site may cost; can only be lowered from its ceiling",
        1..=Limits::CEILING_FAILED_PER_MINUTE,
        limits.site_failed_per_minute
    ),
    number!(
        "site-in-flight",
        "Connections that may be opened at once at one site",
        1..=8,
        limits.site_in_flight
    ),
    number!(
        "process-in-flight",
        "Connections that may be opened at once in all",
        1..=8,
        limits.process_in_flight
    ),
    flag!(
        "slow-sign-in-retry",
        "Try a refused sign-in again every 30 minutes; off: only after its user or password changed",
        limits.slow_sign_in_retry
    ),
    flag!(
        "show-figures",
        "Show frames a second, bit rate, codec and size on every tile",
        show_figures
    ),
    choice!("captions", "Size of the captions of tiles: auto (by the screen), small, medium or large", captions: Captions),
    SettingKey {
        name: "sound-volume",
        help: "How loud the tile is that is listened to, in percent; 0 mutes it",
        kind: ValueKind::Number {
            min: 0,
            max: Volume::FULL.percent() as u32,
        },
        get: |settings| Value::Number(settings.sound_volume.percent().into()),
        set: |settings, value| {
            let percent = u8::try_from(value.number()?).unwrap_or(u8::MAX);
            settings.sound_volume = Volume::of_percent(percent);
            Ok(())
        },
    },
    number!(
        "alert-after",
        "Seconds that a trouble lasts before it is an event and calls somebody",
        5..=3_600,
        alerts.after
    ),
    number!(
        "event-log-days",
        "Days after which what happened is dropped from the log of events",
        1..=3_650,
        event_log.days
    ),
    number!(
        "event-log-size",
        "MiB that the log of events may take; of more, the oldest events are dropped, those of security last",
        16..=65_536,
        event_log.size
    ),
    choice!("alert-sound", "Sound about an event: off, once or until-seen", alerts.sound: AlertSound),
    flag!(
        "alert-attention",
        "Have the window ask for attention in the task bar about an event",
        alerts.attention
    ),
    flag!(
        "alert-notification",
        "Say on the desktop what happened",
        alerts.notification
    ),
    flag!(
        "alert-kiosk-notification",
        "Say it on the desktop of a kiosk, too, where passers-by read it",
        alerts.kiosk_notification
    ),
    SettingKey {
        name: "alert-quiet-hours",
        help: "Hours in which nobody is called, such as 22:00-07:00; empty: none",
        kind: ValueKind::Text,
        get: |settings| {
            let hours = settings.alerts.quiet_hours;
            Value::Text(hours.map(|hours| hours.to_string()).unwrap_or_default())
        },
        set: |settings, value| {
            let text = value.text()?;
            settings.alerts.quiet_hours = (!text.is_empty()).then(|| text.parse()).transpose()?;
            Ok(())
        },
    },
    SettingKey {
        name: "alert-quiet-days",
        help: "Days on which the quiet hours begin, such as sat,sun; empty: every day",
        kind: ValueKind::List,
        get: |settings| {
            let days = settings.alerts.quiet_days;
            let some = (days != Weekdays::default()).then_some(days);
            Value::List(some.into_iter().flat_map(Weekdays::words).map(str::to_owned).collect())
        },
        set: |settings, value| {
            let words = value.list()?;
            let days = Weekdays::from_words(words.iter().map(String::as_str)).map_err(|word| SetError::NoSuchWord {
                value: word.to_owned(),
                words: &Weekdays::WORDS,
            })?;
            settings.alerts.quiet_days = if words.is_empty() { Weekdays::default() } else { days };
            Ok(())
        },
    },
    SettingKey {
        name: "alert-rules",
        help: "Which events call by which means, such as sign-in=notification,SITE/refused=none; else by all",
        kind: ValueKind::List,
        get: |settings| Value::List(settings.alerts.rules.texts()),
        set: |settings, value| {
            settings.alerts.rules = AlertRules::read(value.list()?.iter().map(String::as_str))?;
            Ok(())
        },
    },
    SettingKey {
        name: "alert-own-rules",
        help: "Rules of your own, each as name=Night; what=motion+input; when=daily 18:00-08:00; means=sound+mail; the first that fits decides",
        kind: ValueKind::List,
        get: |settings| {
            let rules = &settings.alerts.own_rules;
            Value::List(rules.iter().map(OwnRule::to_string).collect())
        },
        set: |settings, value| {
            let texts = value.list()?;
            settings.alerts.own_rules = texts.iter().map(|text| OwnRule::read(text)).collect();
            Ok(())
        },
    },
    SettingKey {
        name: "alert-holidays",
        help: "Days that are holidays to these rules, such as 2026-12-29..2027-01-03 or, for every year, 12-29..01-03",
        kind: ValueKind::List,
        get: |settings| {
            let holidays = &settings.alerts.holidays;
            Value::List(holidays.iter().map(DaySpan::to_string).collect())
        },
        set: |settings, value| {
            let texts = value.list()?;
            settings.alerts.holidays = texts.iter().map(|text| text.parse()).collect::<Result<_, _>>()?;
            Ok(())
        },
    },
    flag!(
        "alert-japanese-holidays",
        "The public holidays of Japan are holidays to these rules, too",
        alerts.japanese_holidays
    ),
    flag!(
        "mail-pictures",
        "Attach the last picture of the affected cameras to mails about events",
        messengers.mail_pictures
    ),
    parsed!(
        "mail-server",
        "Mail server that is given mails about events, with :port or without; empty: none is sent",
        Text,
        messengers.mail_server
    ),
    choice!("mail-security", "How the mail server is spoken to: starttls, tls or none", messengers.mail_security: MailSecurity),
    text!(
        "mail-user",
        "User to sign in as at the mail server; empty: without signing in",
        messengers.mail_user
    ),
    flag!(
        "mail-sign-in-in-clear",
        "Sign in at the mail server although others can read the connection",
        messengers.mail_sign_in_in_clear
    ),
    text!("mail-from", "Address that mails are from", messengers.mail_from),
    SettingKey {
        name: "mail-to",
        help: "Addresses that mails go to",
        kind: ValueKind::List,
        get: |settings| Value::List(settings.messengers.mail_to.clone()),
        set: |settings, value| {
            let addresses = value.list()?;
            if addresses.iter().flat_map(|text| text.chars()).any(char::is_control) {
                return Err(SetError::ControlCharacter);
            }
            settings.messengers.mail_to = addresses;
            Ok(())
        },
    },
    parsed!(
        "webhook",
        "Address of the web that is sent JSON about events by POST, its path is kept with the passwords; empty: none",
        Text,
        messengers.webhook
    ),
    parsed!(
        "syslog-server",
        "Server that is sent lines of syslog about events over TCP, with :port or without; empty: none",
        Text,
        messengers.syslog_server
    ),
    flag!("syslog-tls", "Speak to that server in TLS", messengers.syslog_tls),
    SettingKey {
        name: "snapshot-folder",
        help: "Folder for snapshots, as an absolute path; empty: the Pictures folder",
        kind: ValueKind::Text,
        get: |settings| {
            let folder = settings.snapshot_folder.as_deref();
            Value::Text(
                folder
                    .map(|folder| folder.to_string_lossy().into_owned())
                    .unwrap_or_default(),
            )
        },
        set: |settings, value| {
            let text = value.text()?;
            let folder = (!text.is_empty()).then(|| PathBuf::from(text));
            if folder.as_deref().is_some_and(|folder| !folder.is_absolute()) {
                return Err(SetError::RelativeFolder);
            }
            settings.snapshot_folder = folder;
            Ok(())
        },
    },
    parsed!(
        "kiosk-password",
        "Password that --kiosk is left with; set it with --stdin, an empty one removes it",
        Secret,
        kiosk_password
    ),
    SettingKey {
        name: "find-ranges",
        help: "Addresses at which recorders are looked for beside this network, such as 192.168.5.*,10.0.8.0/22",
        kind: ValueKind::List,
        get: |settings| Value::List(settings.find_ranges.all().iter().map(ToString::to_string).collect()),
        set: |settings, value| {
            let (ranges, faults) = Ranges::parse(&value.list()?.join(","));
            if let Some(fault) = faults.into_iter().next() {
                return Err(fault.error.into());
            }
            settings.find_ranges = ranges;
            Ok(())
        },
    },
    flag!(
        "find-by-itself",
        "Look for recorders at the start and every two hours, too, not only when somebody asks",
        find_by_itself
    ),
    flag!(
        "follow-moved-devices",
        "Connect to a device at once at the new address at which it answers, if it signs in by Digest; else after a click",
        follow_moved_devices
    ),
    number!(
        "check-minutes",
        "Minutes from one question to the next whether a device that no tile shows is there; 0: it is not asked",
        0..=1_440,
        checks.minutes
    ),
    SettingKey {
        name: "recording-folder",
        help: "Folder for recordings, as an absolute path; empty: Monomi in the folder of videos",
        kind: ValueKind::Text,
        get: |settings| {
            let folder = settings.recording.folder.as_deref();
            let text = folder.map(|folder| folder.to_string_lossy().into_owned());
            Value::Text(text.unwrap_or_default())
        },
        set: |settings, value| {
            let text = value.text()?;
            let folder = (!text.is_empty()).then(|| PathBuf::from(text));
            if folder.as_deref().is_some_and(|folder| !folder.is_absolute()) {
                return Err(SetError::RelativeFolder);
            }
            settings.recording.folder = folder;
            Ok(())
        },
    },
    number!(
        "recording-size",
        "GiB that all recordings may take; of more, the oldest are removed; 0: as much as the disk has",
        0..=1_048_576,
        recording.size
    ),
    number!(
        "recording-days",
        "Days after which a recording is removed; 0: only when its room is needed",
        0..=3_650,
        recording.days
    ),
    number!(
        "recording-floor",
        "GiB of the disk that stay free: the oldest recordings are removed for that",
        1..=1_048_576,
        recording.floor
    ),
    number!(
        "recording-before",
        "Seconds before an event that are recorded with it",
        0..=60,
        recording.before
    ),
    number!(
        "recording-after",
        "Seconds that are recorded after the last report of an event",
        5..=3_600,
        recording.after
    ),
    SettingKey {
        name: "recording-rules",
        help: "What is recorded by itself, such as DEVICE/CHANNEL=sub;mon-fri 08:00-20:00;events or DEVICE=main;always",
        kind: ValueKind::List,
        get: |settings| Value::List(settings.recording.rules.texts()),
        set: |settings, value| {
            settings.recording.rules = RecordingRules::read(value.list()?.iter().map(String::as_str))?;
            Ok(())
        },
    },
    parsed!(
        "update-address",
        "Address that Help, About asks for a newer version when its button is pressed; empty: nobody is asked",
        Text,
        update_address
    ),
];

impl SettingKey {
    /// The setting of this name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        KEYS.iter().find(|key| key.name == name)
    }

    #[must_use]
    pub fn get(&self, settings: &Settings) -> Value {
        (self.get)(settings)
    }

    /// Sets the value. An error changes nothing.
    pub fn set(&self, settings: &mut Settings, value: Value) -> Result<(), SetError> {
        match (self.kind, &value) {
            (ValueKind::Number { min, .. }, Value::Number(value)) if *value < i64::from(min) => {
                Err(SetError::BelowFloor { value: *value, min })
            }
            (ValueKind::Number { max, .. }, Value::Number(value)) if *value > i64::from(max) => {
                Err(SetError::AboveCeiling { value: *value, max })
            }
            _ => (self.set)(settings, value),
        }
    }

    /// Sets from the text of a command line.
    pub fn set_text(&self, settings: &mut Settings, text: &str) -> Result<(), SetError> {
        self.set(settings, self.kind.read(text)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MessengerSettings, RecordingSettings};
    use events::{AlertSettings, LogBounds};

    /// The names of all fields; does not compile where one is missing.
    macro_rules! fields {
        ($type:ident { $($field:ident),+ $(,)? }) => {{
            let $type { $($field: _),+ } = $type::default();
            [$(stringify!($field)),+].map(|name| name.replace('_', "-"))
        }};
    }

    #[test]
    fn no_setting_is_forgotten() {
        let mut fields: Vec<String> = fields!(Settings {
            language,
            theme,
            renderer,
            decoder,
            start_at_login,
            start_fullscreen,
            internal_network_only,
            internal_networks,
            limits,
            show_figures,
            captions,
            sound_volume,
            alerts,
            event_log,
            messengers,
            snapshot_folder,
            kiosk_password,
            find_ranges,
            find_by_itself,
            follow_moved_devices,
            checks,
            recording,
            update_address,
        })
        .into();
        fields.retain(|name| {
            !["limits", "alerts", "checks", "event-log", "messengers", "recording"].contains(&name.as_str())
        });
        fields.extend(fields!(MessengerSettings {
            mail_server,
            mail_security,
            mail_user,
            mail_sign_in_in_clear,
            mail_from,
            mail_to,
            mail_pictures,
            webhook,
            syslog_server,
            syslog_tls,
        }));
        fields.push("check-minutes".to_owned());
        fields.extend(
            fields!(RecordingSettings {
                folder,
                size,
                days,
                floor,
                before,
                after,
                rules,
            })
            .map(|name| format!("recording-{name}")),
        );
        fields.extend(fields!(LogBounds { days, size }).map(|name| format!("event-log-{name}")));
        fields.extend(
            fields!(AlertSettings {
                after,
                sound,
                attention,
                notification,
                kiosk_notification,
                quiet_hours,
                quiet_days,
                rules,
                own_rules,
                holidays,
                japanese_holidays,
            })
            .map(|name| format!("alert-{name}")),
        );
        fields.extend(fields!(Limits {
            site_failed_per_minute,
            site_in_flight,
            process_in_flight,
            slow_sign_in_retry
        }));
        fields.sort();
        let mut names: Vec<&str> = KEYS.iter().map(|key| key.name).collect();
        names.sort_unstable();
        assert_eq!(names, fields);
    }

    #[test]
    fn every_key_changes_its_own_setting_alone() {
        for key in KEYS {
            let text = match key.kind {
                ValueKind::Bool => (key.get(&Settings::default()) == Value::Bool(false)).to_string(),
                ValueKind::Number { min, max } if key.get(&Settings::default()) == Value::Number(min.into()) => {
                    max.to_string()
                }
                ValueKind::Number { min, .. } => min.to_string(),
                ValueKind::Choice(words) => words[words.len() - 1].to_owned(),
                ValueKind::Text if key.name == "alert-quiet-hours" => "22:00-07:00".to_owned(),
                ValueKind::Text if ["mail-server", "syslog-server"].contains(&key.name) => {
                    "a.example.jp:2525".to_owned()
                }
                ValueKind::Text if ["update-address", "webhook"].contains(&key.name) => {
                    "https://example.jp/newest".to_owned()
                }
                ValueKind::Text => "/folder".to_owned(),
                ValueKind::List => match key.name {
                    "alert-quiet-days" => "sat,sun".to_owned(),
                    "alert-rules" => "sign-in=none,0000000000000007/refused=sound+notification".to_owned(),
                    "recording-rules" => "0000000000000007/3=sub;mon-fri 08:00-20:00;events".to_owned(),
                    "alert-own-rules" => "name=a; least=warning; means=mail,nonsense".to_owned(),
                    "alert-holidays" => "2026-12-29..2027-01-03,08-13".to_owned(),
                    "find-ranges" => "192.168.5.0/24,10.0.8.10-40".to_owned(),
                    _ => "10.0.0.0/8,::1/128".to_owned(),
                },
                ValueKind::Secret => format!("pbkdf2-sha256$600000${}${}", "0a".repeat(16), "0b".repeat(32)),
            };
            let mut settings = Settings::default();
            key.set_text(&mut settings, &text).unwrap();
            assert_eq!(key.get(&settings).to_string(), text, "{}", key.name);
            let changed: Vec<_> = KEYS
                .iter()
                .filter(|other| other.get(&settings) != other.get(&Settings::default()))
                .collect();
            assert_eq!(changed.iter().map(|key| key.name).collect::<Vec<_>>(), [key.name]);
            assert!(!key.help.is_empty() && !key.help.contains('\n'));
        }
    }

    #[test]
    fn a_refused_value_changes_nothing() {
        let read = [
            "alert-quiet-hours",
            "update-address",
            "webhook",
            "mail-server",
            "syslog-server",
        ];
        let refuses = |key: &&SettingKey| {
            !["mail-to", "alert-own-rules"].contains(&key.name)
                && (key.kind != ValueKind::Text || read.contains(&key.name))
        };
        for key in KEYS.iter().filter(refuses) {
            let mut settings = Settings::default();
            assert!(key.set_text(&mut settings, "?").is_err(), "{}", key.name);
            assert_eq!(settings, Settings::default());
        }
    }
}
