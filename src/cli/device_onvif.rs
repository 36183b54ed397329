//! `monomi device add --onvif`: asks a device what it is and which channels it has, by the engine's own dial and budgets.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use super::complaint::complaint;
use super::console::{CliError, Console};
use crate::bridge::{Command, EnquiryId, EnquiryRequest, EnquiryState};
use crate::engine::{Engine, Options, by_the_desktop};
use crate::store::{Profile, Scratch};
use ::onvif::{EnquiryFault, EnquiryResult, SignInRefusal, fill};
use device::{BrandId, Brands, DeviceEdit, Draft, OnvifPlace, Registry};

/// How long a turn and the whole conversation may take.
const PATIENCE: Duration = Duration::from_secs(300);

/// Where to ask, as typed: a host, with a port and a path if they are not the usual ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TypedPlace {
    pub host: String,
    pub place: OnvifPlace,
}

impl std::str::FromStr for TypedPlace {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (secure, rest) = match text.trim().split_once("://") {
            None => (false, text.trim()),
            Some(("http", rest)) => (false, rest),
            Some(("https", rest)) => (true, rest),
            Some((scheme, _)) => return Err(format!("'{scheme}' is neither http nor https")),
        };
        if rest.contains('@') {
            return Err("a sign-in belongs into --user and --password-stdin".to_owned());
        }
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, OnvifPlace::PATH),
        };
        // An IPv6 address has colons of its own, and brackets where a port follows.
        let port = match authority.rsplit_once(':') {
            Some((host, port)) if host.ends_with(']') || !host.contains(':') => Some((host, port)),
            _ => None,
        };
        let (host, port) = match port {
            Some((host, port)) => (
                host,
                port.parse().map_err(|_not_a_port| format!("'{port}' is no port"))?,
            ),
            None => (authority, if secure { 443 } else { 80 }),
        };
        let host = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .unwrap_or(host);
        if host.is_empty() {
            return Err("a host is missing".to_owned());
        }
        let scheme = if secure { "https" } else { "http" };
        Ok(Self {
            host: host.to_owned(),
            place: format!("{scheme}:{port}{path}")
                .parse()
                .map_err(|error| format!("{error}"))?,
        })
    }
}

/// Fills the draft with what the device says. Where it speaks no ONVIF, a preset that fits what it answered is taken instead.
pub(super) fn fill_in(
    draft: &mut Draft,
    place: &OnvifPlace,
    (registry, brands, profile): (&Registry, &Brands, &Profile),
    console: &mut Console<'_>,
) -> Result<(), CliError> {
    let mut asked = draft.clone();
    if asked.name.trim().is_empty() {
        asked.name = registry.free_device_name(&asked.site, &asked.host);
    }
    let edit = asked.parse(registry, brands, None).map_err(|errors| {
        let lines = errors.iter().map(|error| complaint(error, false));
        CliError::Input(lines.collect::<Vec<_>>().join("\n"))
    })?;
    let result = ask(edit, place, profile)?;
    for (number, channel) in (1..).zip(&result.channels) {
        let refused = channel.main.place.as_ref().and_then(|place| place.as_ref().err());
        if let Some(reason) = refused {
            console.complain(&format!(
                "channel {number}: the device tells no address of its stream: {reason}"
            ));
        }
    }
    if fill(draft, &result, place) > 0 {
        return Ok(());
    }
    let why = result
        .failed
        .as_ref()
        .map_or_else(|| "it told no stream".to_owned(), |(_, fault)| says(fault));
    let preset = result
        .brand
        .map(|brand| BrandId(brand.to_owned()))
        .filter(|brand| brands.get(brand).is_some());
    match (&result.failed, preset) {
        (Some((_, EnquiryFault::NotOnvif { .. })), Some(preset)) => {
            console.complain(&format!(
                "{}: {why}; by what it answers the preset '{preset}' is used",
                draft.host
            ));
            draft.brand = Some(preset);
            if draft.name.trim().is_empty() {
                draft.name = asked.name;
            }
            Ok(())
        }
        _ => Err(CliError::Failed(format!("{}: {why}; nothing was added", draft.host))),
    }
}

fn ask(edit: DeviceEdit, place: &OnvifPlace, profile: &Profile) -> Result<Arc<EnquiryResult>, CliError> {
    let failed = |error: &dyn std::fmt::Display| CliError::Failed(error.to_string());
    // Beside a window that runs this is a program of its own, which keeps no files.
    let lock = profile.lock().ok();
    let scratch = match lock {
        Some(_) => None,
        None => Some(Scratch::new("monomi-onvif-").map_err(|error| failed(&error))?),
    };
    let own = match &scratch {
        None => profile.clone(),
        Some(scratch) => {
            let own = Profile::open(Some(scratch.path().to_path_buf())).map_err(|error| failed(&error))?;
            own.save_settings(&profile.load_settings().value)
                .map_err(|error| failed(&error))?;
            own
        }
    };
    let options = Options {
        profile: own,
        brands: Arc::new(crate::store::brands()),
        events: None,
        want_all: None,
        listen: false,
        autostart: None,
        open_folder: by_the_desktop(),
        output: crate::video::SoundOutput::default(),
        notifier: None,
    };
    let engine = Engine::start(options).map_err(|error| failed(&error))?;
    let id = EnquiryId(1);
    let screen = engine.handle().clone();
    let news = Arc::new(Notify::new());
    let told = Arc::clone(&news);
    screen.set_waker(Arc::new(move || told.notify_one()));
    screen.send(Command::Enquire(Box::new(EnquiryRequest {
        id,
        edit,
        place: place.clone(),
    })));
    let answer = engine.block_on(async {
        let over = async {
            loop {
                if let Some(status) = screen.state().enquiries.get(&id) {
                    match &status.state {
                        EnquiryState::Waiting { .. } | EnquiryState::Asking { .. } => {}
                        EnquiryState::Done(result) => return Ok(Arc::clone(result)),
                        EnquiryState::NotAsked(_) => {
                            return Err("the recorder refused this sign-in just before".to_owned());
                        }
                        EnquiryState::Failed(failure) => {
                            let (cause, detail) = (failure.kind.name(), &failure.detail);
                            return Err(format!("{cause} {detail}").trim_end().to_owned());
                        }
                    }
                }
                news.notified().await;
            }
        };
        tokio::time::timeout(PATIENCE, over).await
    });
    drop(engine);
    drop(lock);
    match answer {
        Ok(Ok(result)) => Ok(result),
        Ok(Err(why)) => Err(CliError::Failed(format!("ONVIF: {why}; nothing was added"))),
        Err(_elapsed) => Err(CliError::Failed("ONVIF: it had no turn; nothing was added".to_owned())),
    }
}

/// In words, in one line.
fn says(fault: &EnquiryFault) -> String {
    match fault {
        EnquiryFault::SignIn(SignInRefusal::Missing) => {
            "it wants a user and a password (--user, --password-stdin)".to_owned()
        }
        EnquiryFault::SignIn(SignInRefusal::InClear) => "it wants the password in clear, which is not sent".to_owned(),
        EnquiryFault::SignIn(SignInRefusal::Refused { text, lockout, clock }) => {
            let mut said = format!("it refused the sign-in ({text})");
            if lockout.locked {
                said += "; the account is locked";
            }
            if let Some(left) = lockout.attempts_left {
                said += &format!("; {left} tries are left");
            }
            if let Some(clock) = clock.filter(|clock| clock.abs() > 5) {
                said += &format!("; its clock is {clock:+} s off, which alone may be why");
            }
            said + "; its ONVIF may be switched off or have users of its own"
        }
        EnquiryFault::NotOnvif { status, text } => {
            format!("it speaks no ONVIF there (HTTP {status} {text})").replace(" )", ")")
        }
        EnquiryFault::NotAllowed(text) => format!("this user may not ask it ({text})"),
        EnquiryFault::Busy => "it is busy".to_owned(),
        EnquiryFault::Refused(text) => format!("it answered: {text}"),
        EnquiryFault::Unreadable(error) => format!("its answer cannot be read: {error}"),
        EnquiryFault::NoChannels => "it has no channels".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_typed_as_people_type_it() {
        for (text, host, place) in [
            ("192.168.0.20", "192.168.0.20", "http:80/onvif/device_service"),
            ("dvr:8899", "dvr", "http:8899/onvif/device_service"),
            ("https://dvr/onvif/device", "dvr", "https:443/onvif/device"),
            ("[fe80::1]:8080", "fe80::1", "http:8080/onvif/device_service"),
            ("fe80::1", "fe80::1", "http:80/onvif/device_service"),
        ] {
            let typed: TypedPlace = text.parse().unwrap();
            assert_eq!(
                (typed.host.as_str(), typed.place.to_string().as_str()),
                (host, place),
                "{text}"
            );
        }
        for wrong in ["", "dvr:x", "ftp://dvr", "http://u:p@dvr", ":80"] {
            assert!(wrong.parse::<TypedPlace>().is_err(), "{wrong}");
        }
    }
}
