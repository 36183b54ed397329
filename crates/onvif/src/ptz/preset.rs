//! Presets are not places only: cameras hide functions among them, in the same list and by number. Going there may start them anew,
//! or turn a limit into one that they keep.

/// A preset as the camera lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preset {
    /// What it is asked for by.
    pub token: String,
    /// What a person called it; empty where the camera made the name up, such as `Preset 12`.
    pub name: String,
    /// Its number, where the token or the name has one.
    pub number: Option<u16>,
    /// What going there may do instead. It is asked for before.
    pub service: Option<ServiceFunction>,
}

/// What a number may do that is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceFunction {
    /// 92: where the camera stands becomes a limit.
    Limits,
    /// 94: the camera starts anew.
    Reboot,
    /// 95: its own menu lies over the picture.
    Menu,
    /// 96: it ends a scan.
    StopScan,
    /// It turns, scans or tours by itself.
    Scan,
    /// A function that its maker chose.
    Other,
}

impl Preset {
    #[must_use]
    pub(super) fn new(token: String, name: &str) -> Self {
        let number = number(&token).or_else(|| number(name));
        let is_made_up = is_made_up(name);
        Self {
            service: number.and_then(|number| ServiceFunction::of(number, !is_made_up)),
            name: if is_made_up { String::new() } else { name.to_owned() },
            number,
            token,
        }
    }

    /// Whether it is a place that a person named, so that it is gone to without a question.
    #[must_use]
    pub fn is_named_place(&self) -> bool {
        !self.name.is_empty() && self.service.is_none()
    }
}

impl ServiceFunction {
    /// Four numbers are one on many domes even where they have a name; of the others a name that a person gave says that it is a place.
    /// 33 to 48 and 90 to 105 are those of domes, 255 and more are filled in by the makers.
    fn of(number: u16, is_named: bool) -> Option<Self> {
        Some(match number {
            92 => Self::Limits,
            94 => Self::Reboot,
            95 => Self::Menu,
            96 => Self::StopScan,
            _ if is_named => return None,
            35..=38 | 41..=44 | 97..=105 => Self::Scan,
            33..=48 | 90..=105 | 255.. => Self::Other,
            _ => return None,
        })
    }
}

/// The only number in a text, as in `94`, `Preset094` or `preset_94`.
fn number(text: &str) -> Option<u16> {
    let mut numbers = text
        .split(|c: char| !c.is_ascii_digit())
        .filter(|digits| !digits.is_empty());
    let first = numbers.next()?.parse().ok();
    first.filter(|_| numbers.next().is_none())
}

/// Whether a name is one that firmware made up: nothing, a number, or a number behind a word for it.
fn is_made_up(name: &str) -> bool {
    const WORDS: &[&str] = &[
        "",
        "preset",
        "presettoken",
        "pre",
        "p",
        "pos",
        "position",
        "point",
        "token",
        "no",
        "プリセット",
        "预置点",
        "预置位",
        "預置點",
        "プリセット位置",
    ];
    let letters: String = name
        .to_lowercase()
        .chars()
        .filter(|c| !c.is_numeric() && !c.is_whitespace() && !matches!(c, '_' | '-' | '.' | '#' | ':' | '(' | ')'))
        .collect();
    WORDS.contains(&letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_a_name_that_a_person_gave_and_a_number_of_service_has_none() {
        let of = |token: &str, name: &str| Preset::new(token.to_owned(), name);
        let gate = of("1", "Gate");
        assert!(gate.is_named_place());
        assert_eq!((gate.number, gate.name.as_str()), (Some(1), "Gate"));
        for made_up in ["", "12", "Preset 12", "preset_012", "プリセット 12", "预置点 12", "#12"] {
            let preset = of("12", made_up);
            assert!(preset.name.is_empty() && !preset.is_named_place(), "{made_up}");
            assert_eq!(preset.service, None, "{made_up}");
        }
        assert!(of("t7", "門 2").is_named_place());
    }

    #[test]
    fn service_numbers_are_known_by_token_or_name_and_the_worst_ones_even_where_they_are_named() {
        let of = |token: &str, name: &str| Preset::new(token.to_owned(), name).service;
        assert_eq!(of("94", ""), Some(ServiceFunction::Reboot));
        assert_eq!(of("PresetToken_94", "Preset 94"), Some(ServiceFunction::Reboot));
        assert_eq!(of("94", "Remote reboot"), Some(ServiceFunction::Reboot));
        assert_eq!(of("x", "Preset94"), Some(ServiceFunction::Reboot));
        assert_eq!(of("92", ""), Some(ServiceFunction::Limits));
        assert_eq!(of("95", ""), Some(ServiceFunction::Menu));
        assert_eq!(of("96", ""), Some(ServiceFunction::StopScan));
        assert_eq!(of("99", ""), Some(ServiceFunction::Scan));
        assert_eq!(of("33", ""), Some(ServiceFunction::Other));
        assert_eq!(of("260", ""), Some(ServiceFunction::Other));
        assert_eq!(of("33", "Loading bay"), None, "a person named this place");
        assert_eq!(of("5", ""), None);
        assert_eq!(of("a1b2", ""), None);
    }
}
