//! `monomi device add --onvif`: asks a device what it is and which channels it has, by the engine's own dial and budgets.

use std::sync::Arc;
use std::time::Duration;

use i18n_embed_fl::fl;

use super::complaint::complaint;
use super::console::{CliError, Console};
use super::own_engine::OwnEngine;
use super::words::words_of;
use crate::bridge::{Command, EnquiryId, EnquiryRequest, EnquiryState};
use crate::i18n::Words;
use crate::store::Profile;
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
    let words = words_of(profile);
    let host = draft.host.clone();
    let failed = |why: String| {
        let text = fl!(words, "cli-onvif-failed", host = host.as_str(), why = why);
        CliError::Failed(text)
    };
    let result = ask(edit, place, profile)?.map_err(failed)?;
    for (number, channel) in (1..).zip(&result.channels) {
        if channel.main.place.as_ref().is_some_and(Result::is_err) {
            console.complain(&fl!(words, "cli-onvif-no-address", number = number));
        }
    }
    if fill(draft, &result, place) > 0 {
        return Ok(());
    }
    let why = match &result.failed {
        Some((_, fault)) => says(&words, fault),
        None => fl!(words, "onvif-no-channels"),
    };
    let preset = result.brand.map(|brand| BrandId(brand.to_owned()));
    let preset = preset.filter(|brand| brands.get(brand).is_some());
    match (&result.failed, preset) {
        (Some((_, EnquiryFault::NotOnvif { .. })), Some(preset)) => {
            let brand = preset.to_string();
            console.complain(&fl!(
                words,
                "cli-onvif-preset",
                host = host.as_str(),
                why = why,
                brand = brand
            ));
            draft.brand = Some(preset);
            if draft.name.trim().is_empty() {
                draft.name = asked.name;
            }
            Ok(())
        }
        _ => Err(failed(why)),
    }
}

/// What the device says; or why there was no conversation.
fn ask(
    edit: DeviceEdit,
    place: &OnvifPlace,
    profile: &Profile,
) -> Result<Result<Arc<EnquiryResult>, String>, CliError> {
    let engine = OwnEngine::start(profile, None)?;
    let id = EnquiryId(1);
    let screen = engine.handle().clone();
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
                            return Err(fl!(words_of(profile), "onvif-refused"));
                        }
                        EnquiryState::Failed(failure) => {
                            let (cause, detail) = (failure.kind.name(), &failure.detail);
                            return Err(format!("{cause} {detail}").trim_end().to_owned());
                        }
                    }
                }
                engine.changed().await;
            }
        };
        tokio::time::timeout(PATIENCE, over).await
    });
    drop(engine);
    Ok(answer.unwrap_or_else(|_elapsed| Err(fl!(words_of(profile), "cli-onvif-no-turn"))))
}

/// In words, in one line.
fn says(words: &Words, fault: &EnquiryFault) -> String {
    match fault {
        EnquiryFault::SignIn(SignInRefusal::Missing) => fl!(words, "onvif-no-user"),
        EnquiryFault::SignIn(SignInRefusal::InClear) => fl!(words, "onvif-in-clear"),
        EnquiryFault::SignIn(SignInRefusal::Refused { lockout, .. }) => {
            let mut said = vec![fl!(words, "onvif-refused")];
            if lockout.locked {
                said.push(fl!(words, "onvif-locked"));
            }
            said.extend(
                lockout
                    .attempts_left
                    .map(|left| fl!(words, "onvif-attempts-left", left = left)),
            );
            said.push(fl!(words, "onvif-refused-advice"));
            said.join(" ")
        }
        EnquiryFault::NotOnvif { status, .. } => fl!(words, "onvif-none", status = status),
        EnquiryFault::NotAllowed(_) => fl!(words, "onvif-not-allowed"),
        EnquiryFault::Busy => fl!(words, "onvif-busy"),
        EnquiryFault::Refused(_) | EnquiryFault::Unreadable(_) => fl!(words, "onvif-unreadable"),
        EnquiryFault::NoChannels => fl!(words, "onvif-no-channels"),
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
