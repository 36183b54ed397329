//! What a device says of itself in its scopes (ONVIF Core §7.3.3).

use percent_encoding::percent_decode_str;

use device::{Mac, as_name, with_hidden_shown};

/// The longest text that is kept of an answer, in characters.
const LONGEST: usize = 100;

/// The most scopes that are read of one answer.
const MOST_SCOPES: usize = 200;

/// What scopes name, decoded and shortened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scopes {
    pub is_onvif: bool,
    pub name: Option<String>,
    pub hardware: Option<String>,
    pub maker: Option<String>,
    pub serial: Option<String>,
    pub mac: Option<Mac>,
}

impl Scopes {
    /// Reads a list that is divided by blanks. The first of each kind counts; a name may hold a slash that nobody encoded.
    pub(crate) fn read(text: &str) -> Self {
        let mut scopes = Self::default();
        for scope in text.split_whitespace().take(MOST_SCOPES) {
            // The scheme and host in letters of any size; some leave `www.` out.
            let Some(rest) = without_prefix(scope) else { continue };
            scopes.is_onvif = true;
            let Some((kind, value)) = rest.split_once('/') else {
                continue;
            };
            let value = as_text(value);
            let place = match kind.to_ascii_lowercase().as_str() {
                "name" => &mut scopes.name,
                "hardware" | "model" => &mut scopes.hardware,
                "manufacturer" | "mfr" | "brand" | "vendor" => &mut scopes.maker,
                "serialnumber" | "serial" | "sn" => &mut scopes.serial,
                "macaddress" | "mac" => {
                    scopes.mac = scopes.mac.or_else(|| value?.parse().ok());
                    continue;
                }
                _ => continue,
            };
            *place = place.take().or(value);
        }
        scopes
    }

    /// The maker: as it says, or what its name says beside its model.
    pub(crate) fn maker(&self) -> Option<String> {
        if let Some(maker) = &self.maker {
            return Some(maker.clone());
        }
        let name = self.name.as_deref()?;
        let first = name.split_whitespace().next()?;
        let hardware = self.hardware.as_deref().unwrap_or_default();
        let is_model =
            hardware.to_lowercase().contains(&first.to_lowercase()) || first.chars().any(|c| c.is_ascii_digit());
        // A place (「倉庫」, `Entrance`) is no maker: only a name that goes on with the model begins with one.
        let goes_on = !hardware.is_empty() && name.len() > first.len() && name[first.len()..].contains(hardware);
        (!is_model && goes_on).then(|| first.to_owned())
    }
}

fn without_prefix(scope: &str) -> Option<&str> {
    let (scheme, rest) = scope.split_at_checked("onvif://".len())?;
    if !scheme.eq_ignore_ascii_case("onvif://") {
        return None;
    }
    let (host, rest) = rest.split_once('/')?;
    let host = host.to_ascii_lowercase();
    matches!(host.as_str(), "www.onvif.org" | "onvif.org").then_some(rest)
}

/// A text for people; `None` where nothing is left of it. Bytes that are no UTF-8 become U+FFFD.
pub(crate) fn as_text(encoded: &str) -> Option<String> {
    // Three bytes encode one, and four make a character.
    let encoded = encoded.get(..LONGEST * 12).unwrap_or(encoded);
    let decoded = percent_decode_str(encoded).decode_utf8_lossy();
    let kept: String = decoded.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
    let shown = with_hidden_shown(&as_name(&kept));
    (!shown.is_empty()).then_some(shown.chars().take(LONGEST).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_devices_write_is_decoded() {
        let scopes = Scopes::read(
            "onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/Profile/Streaming \
             onvif://www.onvif.org/MAC/44:19:b6:00:11:22 onvif://www.onvif.org/hardware/DS-7608NI-K2 \
             onvif://www.onvif.org/name/HIKVISION%20DS-7608NI-K2 ONVIF://WWW.onvif.org/SerialNumber/DS7608%2D1 \
             http://example.jp/name/other onvif://www.onvif.org/name/second",
        );
        assert_eq!(scopes.name.as_deref(), Some("HIKVISION DS-7608NI-K2"));
        assert_eq!(scopes.hardware.as_deref(), Some("DS-7608NI-K2"));
        assert_eq!(scopes.serial.as_deref(), Some("DS7608-1"));
        assert_eq!(scopes.mac.unwrap().to_string(), "44:19:b6:00:11:22");
        assert_eq!(scopes.maker().as_deref(), Some("HIKVISION"));
    }

    #[test]
    fn a_name_that_a_person_gave_is_no_maker() {
        for (text, maker) in [
            (
                "onvif://www.onvif.org/name/%E5%80%89%E5%BA%AB onvif://www.onvif.org/hardware/X1",
                None,
            ),
            ("onvif://www.onvif.org/name/X1 onvif://www.onvif.org/hardware/X1", None),
            ("onvif://www.onvif.org/name/Entrance%20east", None),
            (
                "onvif://www.onvif.org/name/Dahua onvif://www.onvif.org/manufacturer/Dahua%20Tech",
                Some("Dahua Tech"),
            ),
        ] {
            assert_eq!(Scopes::read(text).maker().as_deref(), maker, "{text}");
        }
        assert_eq!(
            Scopes::read("onvif://www.onvif.org/name/%E5%80%89%E5%BA%AB")
                .name
                .as_deref(),
            Some("倉庫")
        );
    }

    #[test]
    fn what_is_hostile_is_short_and_can_be_seen() {
        let scopes = Scopes::read(&format!(
            "onvif://www.onvif.org/name/{}%0a%E2%80%AE",
            "x".repeat(60_000)
        ));
        assert!(scopes.name.unwrap().chars().count() <= LONGEST);
        let scopes = Scopes::read(
            "onvif://www.onvif.org/name/%00%0d%0a onvif://www.onvif.org/hardware/%ff%fe onvif: onvif://x onvif://www.onvif.org",
        );
        assert_eq!((scopes.name, scopes.is_onvif), (None, true));
        assert!(scopes.hardware.is_some());
    }
}
