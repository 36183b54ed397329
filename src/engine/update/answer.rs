//! What a server says of the newest version: the version on the first line, the address of its page on the second.

use semver::Version;
use settings::WebAddress;

use crate::bridge::UpdateState;

/// The newest version that a server knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::engine) struct Latest {
    version: Version,
    page: Option<WebAddress>,
}

impl Latest {
    /// Reads an answer; `None` where its first line is no version (<https://semver.org>). A second line that is no address of the web
    /// is left out.
    pub(super) fn read(answer: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(answer).ok()?;
        let mut lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
        let version = lines.next()?;
        let version = Version::parse(version.strip_prefix('v').unwrap_or(version)).ok()?;
        let page = lines.find(|line| !line.is_empty());
        Some(Self {
            version,
            page: page.and_then(|page| page.parse().ok()),
        })
    }

    /// What that means for a program of this version.
    pub(super) fn beside(&self, own: &str) -> UpdateState {
        let is_newer = Version::parse(own).is_ok_and(|own| self.version.cmp_precedence(&own).is_gt());
        match is_newer {
            true => UpdateState::Newer {
                version: self.version.to_string(),
                page: self.page.as_ref().map(WebAddress::to_string),
            },
            false => UpdateState::Newest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(answer: &str) -> Option<UpdateState> {
        Latest::read(answer.as_bytes()).map(|latest| latest.beside("0.9.1"))
    }

    fn newer(version: &str, page: Option<&str>) -> Option<UpdateState> {
        Some(UpdateState::Newer {
            version: version.to_owned(),
            page: page.map(str::to_owned),
        })
    }

    #[test]
    fn versions_are_compared_by_their_numbers_and_not_by_their_letters() {
        assert_eq!(says("0.10.0"), newer("0.10.0", None));
        assert_eq!(says("0.9.2-rc.1\n"), newer("0.9.2-rc.1", None));
        for not_newer in ["0.9.1", "0.9.0", "0.9.1-rc.1", "0.9.1+build.7", "0.8.99"] {
            assert_eq!(says(not_newer), Some(UpdateState::Newest), "{not_newer}");
        }
    }

    #[test]
    fn the_page_is_the_second_line_if_it_is_one_of_the_web() {
        let page = "https://monomi.example/get?v=1";
        for text in [
            format!("1.0.0\n{page}\n"),
            format!("\u{feff}v1.0.0\r\n\r\n  {page}\r\nmore"),
        ] {
            assert_eq!(says(&text), newer("1.0.0", Some(page)), "{text:?}");
        }
        for other in [
            "javascript:alert(1)",
            "file:///etc/hostname",
            "https://user:pass@example.jp/",
            "https://a b/",
        ] {
            assert_eq!(says(&format!("1.0.0\n{other}")), newer("1.0.0", None), "{other}");
        }
    }

    #[test]
    fn what_is_no_version_is_not_understood() {
        for text in ["", "\n1.0.0", "1.0", "<!doctype html>", "latest", "1.0.0 is out"] {
            assert_eq!(says(text), None, "{text}");
        }
        assert_eq!(Latest::read(&[0xff, 0xfe, b'1']), None);
    }
}
