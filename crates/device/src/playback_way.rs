use super::{Template, TemplateError};

/// In which time a recorder reads the times that it is asked for, and writes those that it names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TimeBasis {
    Utc,
    /// The time of its own zone, whatever letter stands behind it.
    #[default]
    Local,
    /// One of the two, by its firmware: which one shows by what it plays.
    Device,
}

/// Where the time stands that a recorder is to play from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PlaybackRange {
    /// In the request path: another time is another request path.
    #[default]
    Path,
    /// In the header `Range: clock=` of PLAY, after `Require: onvif-replay` (ONVIF Streaming Specification, Replay).
    Onvif,
    /// In the header `Range: clock=` alone (RFC 2326 §3.7).
    Clock,
}

/// How the recorders of a maker are asked for recorded pictures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaybackWay {
    path: String,
    format: String,
    pub time: TimeBasis,
    pub range: PlaybackRange,
}

const START: &str = "{start}";
const END: &str = "{end}";

impl PlaybackWay {
    /// `path`: a [`Template`] in which `{start}` and `{end}` stand for times. `format`: how they are written, as in `strftime`.
    ///
    /// # Errors
    /// [`TemplateError`], where the path is none.
    pub fn new(path: &str, format: &str, time: TimeBasis, range: PlaybackRange) -> Result<Self, TemplateError> {
        let way = Self {
            path: path.to_owned(),
            format: format.to_owned(),
            time,
            range,
        };
        way.template("0", "0")?;
        Ok(way)
    }

    /// How a time is written in the path, as in `strftime`.
    #[must_use]
    pub fn format(&self) -> &str {
        &self.format
    }

    /// Whether another time needs another request path, and so a session of its own on the same connection.
    #[must_use]
    pub fn is_by_path(&self) -> bool {
        self.range == PlaybackRange::Path
    }

    /// Whether the path says where to end.
    #[must_use]
    pub fn has_end(&self) -> bool {
        self.path.contains(END)
    }

    /// The request path for these times, written as [`PlaybackWay::format`] says.
    ///
    /// # Errors
    /// [`TemplateError`], where a time makes the path none.
    pub fn template(&self, start: &str, end: &str) -> Result<Template, TemplateError> {
        self.path.replace(START, start).replace(END, end).parse()
    }
}

impl TimeBasis {
    pub const ALL: [Self; 3] = [Self::Utc, Self::Local, Self::Device];

    /// As the brand table writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Utc => "utc",
            Self::Local => "local",
            Self::Device => "device",
        }
    }

    /// What [`Self::as_str`] wrote.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|basis| basis.as_str() == word)
    }
}

impl PlaybackRange {
    pub const ALL: [Self; 3] = [Self::Path, Self::Onvif, Self::Clock];

    /// As the brand table writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Onvif => "onvif",
            Self::Clock => "clock",
        }
    }

    /// What [`Self::as_str`] wrote.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|range| range.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StreamKind;

    #[test]
    fn times_stand_in_the_path() {
        let path = "/Streaming/tracks/{ch*100+1}?starttime={start}&endtime={end}";
        let way = PlaybackWay::new(path, "%Y%m%dT%H%M%SZ", TimeBasis::Device, PlaybackRange::Path).unwrap();
        let template = way.template("20261128T090000Z", "20261128T100000Z").unwrap();
        assert_eq!(
            template.expand(3, StreamKind::Main, None),
            "/Streaming/tracks/301?starttime=20261128T090000Z&endtime=20261128T100000Z"
        );
        assert!(way.is_by_path() && way.has_end());
    }

    #[test]
    fn a_path_that_is_none_is_refused_when_the_table_is_read() {
        let new = |path| PlaybackWay::new(path, "%s", TimeBasis::Utc, PlaybackRange::Path);
        assert!(new("/x?{begin}").is_err());
        assert!(new("").is_err());
        assert!(new("rtsp://host/{start}").is_err());
    }

    #[test]
    fn words_are_read_back() {
        for basis in TimeBasis::ALL {
            assert_eq!(TimeBasis::from_word(basis.as_str()), Some(basis));
        }
        for range in PlaybackRange::ALL {
            assert_eq!(PlaybackRange::from_word(range.as_str()), Some(range));
        }
    }
}
