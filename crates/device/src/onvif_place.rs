use std::fmt;
use std::str::FromStr;

/// Where on its host a device speaks ONVIF.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OnvifPlace {
    pub port: u16,
    /// In TLS (`https`).
    pub secure: bool,
    /// Path and query of its device service, beginning with a slash.
    pub path: String,
}

/// Why a text is no [`OnvifPlace`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not of the form http:80/onvif/device_service")]
pub struct OnvifPlaceError;

impl OnvifPlace {
    /// The path that the book names.
    pub const PATH: &'static str = "/onvif/device_service";

    /// The longest path, in bytes.
    const LONGEST: usize = 1_024;

    /// Without TLS, at the path that the book names.
    #[must_use]
    pub fn at(port: u16) -> Self {
        Self {
            port,
            secure: false,
            path: Self::PATH.to_owned(),
        }
    }
}

impl Default for OnvifPlace {
    fn default() -> Self {
        Self::at(80)
    }
}

impl fmt::Display for OnvifPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "https" } else { "http" };
        write!(f, "{scheme}:{}{}", self.port, self.path)
    }
}

impl FromStr for OnvifPlace {
    type Err = OnvifPlaceError;

    fn from_str(text: &str) -> Result<Self, OnvifPlaceError> {
        let (scheme, rest) = text.split_once(':').ok_or(OnvifPlaceError)?;
        let secure = match scheme {
            "http" => false,
            "https" => true,
            _ => return Err(OnvifPlaceError),
        };
        let (port, path) = rest.split_at(rest.find('/').ok_or(OnvifPlaceError)?);
        let port = port.parse().ok().filter(|port| *port != 0).ok_or(OnvifPlaceError)?;
        let is_path = path.len() <= Self::LONGEST && path.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_path {
            return Err(OnvifPlaceError);
        }
        Ok(Self {
            port,
            secure,
            path: path.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_written() {
        for text in ["http:80/onvif/device_service", "https:8443/x?y=1"] {
            assert_eq!(
                text.parse::<OnvifPlace>().map(|place| place.to_string()),
                Ok(text.to_owned())
            );
        }
        for wrong in [
            "",
            "http:80",
            "http:0/x",
            "ftp:21/x",
            "http:/x",
            "http:80/a b",
            "http:80/\u{e9}",
        ] {
            assert_eq!(wrong.parse::<OnvifPlace>(), Err(OnvifPlaceError), "{wrong}");
        }
    }
}
