use super::{Codec, Media, Quirk, Quirks, Track, limit, message::decode};

/// A session description (RFC 8866) as far as a client needs it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Description {
    /// The session-level `control` attribute.
    pub control: Option<String>,
    pub media: Vec<Section>,
    pub quirks: Quirks,
}

/// One `m=` section.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Section {
    /// `video`, `audio`, ... in lower case.
    pub kind: String,
    pub formats: Vec<u8>,
    pub control: Option<String>,
    maps: Vec<Map>,
    /// Payload type, where stated, and parameters.
    parameters: Vec<(Option<u8>, Vec<(String, String)>)>,
    dimensions: Option<(u32, u32)>,
    frame_rate: Option<f32>,
}

/// An `rtpmap` attribute.
#[derive(Clone, Debug, PartialEq)]
struct Map {
    payload_type: u8,
    name: String,
    clock_rate: Option<u32>,
    channels: Option<u32>,
}

/// Reads whatever can be read; no line is required and none is fatal.
#[must_use]
pub fn parse_sdp(bytes: &[u8]) -> Description {
    let mut description = Description::default();
    let mut opening = [false; 3];
    let bytes = &bytes[..bytes.len().min(limit::BODY)];
    for line in bytes.split(|byte| matches!(byte, b'\n' | b'\r' | 0)) {
        let line = decode(line.trim_ascii());
        if line.is_empty() {
            continue;
        }
        if matches!(line, std::borrow::Cow::Owned(_)) {
            description.quirks.insert(Quirk::DescriptionNotUtf8);
        }
        let Some((kind, value)) = line.split_once('=') else {
            description.quirks.insert(Quirk::MalformedDescription);
            continue;
        };
        let value = value.trim();
        match kind.trim() {
            "v" => opening[0] = true,
            "o" => opening[1] = true,
            "s" => opening[2] = true,
            "m" if description.media.len() < limit::MEDIA => {
                let section = Section::parse(value, &mut description.quirks);
                description.media.push(section);
            }
            "a" => description.attribute(value),
            _ => {}
        }
    }
    if !description.media.is_empty() && opening.contains(&false) {
        description.quirks.insert(Quirk::IncompleteDescription);
    }
    description
}

impl Description {
    /// The first video that can be shown and, if `audio` is wanted, the first sound that can be played, each with its `control`.
    ///
    /// # Errors
    /// Without such a video, what there is instead.
    pub fn tracks(&mut self, audio: bool) -> Result<Vec<(Track, Option<String>)>, String> {
        let wanted = if audio {
            &[Media::Video, Media::Audio][..]
        } else {
            &[Media::Video][..]
        };
        let mut tracks = Vec::with_capacity(wanted.len());
        for &media in wanted {
            let found = self.media.iter().find_map(|section| {
                let (track, guessed) = section.track(media)?;
                Some((track, section.control.clone(), guessed))
            });
            match found {
                Some((track, control, guessed)) => {
                    if guessed {
                        self.quirks.insert(Quirk::GuessedFormat);
                    }
                    tracks.push((track, control));
                }
                None if media == Media::Video => return Err(self.offered()),
                None => {}
            }
        }
        Ok(tracks)
    }

    /// The encoding names of the video sections, for a person.
    fn offered(&self) -> String {
        let videos = self.media.iter().filter(|section| section.kind == "video");
        let names: Vec<String> = videos
            .flat_map(|section| {
                section
                    .payload_types()
                    .map(|payload_type| section.format(payload_type).0)
            })
            .map(|codec| codec.encoding_name().to_owned())
            .collect();
        if names.is_empty() {
            "no video in the description".to_owned()
        } else {
            names.join(", ")
        }
    }

    fn attribute(&mut self, value: &str) {
        let (name, value) = value
            .split_once(':')
            .map_or((value, ""), |(name, value)| (name, value.trim()));
        let name = name.trim().to_ascii_lowercase();
        match self.media.last_mut() {
            None if name == "control" => self.control = Some(value.to_owned()),
            None => {}
            Some(section) => {
                if !section.attribute(&name, value) {
                    self.quirks.insert(Quirk::MalformedDescription);
                }
            }
        }
    }
}

impl Section {
    fn parse(value: &str, quirks: &mut Quirks) -> Self {
        let mut words = value.split_ascii_whitespace();
        let kind = words.next().unwrap_or_default().to_ascii_lowercase();
        let formats: Vec<u8> = words
            .skip(2)
            .filter_map(|word| word.parse().ok())
            .take(limit::MEDIA)
            .collect();
        if formats.is_empty() {
            quirks.insert(Quirk::MalformedDescription);
        }
        Self {
            kind,
            formats,
            ..Self::default()
        }
    }

    /// Returns whether the attribute is well-formed or none of ours.
    fn attribute(&mut self, name: &str, value: &str) -> bool {
        match name {
            "control" => self.control = Some(value.to_owned()),
            "rtpmap" if self.maps.len() < limit::MEDIA => match Map::parse(value) {
                Some(map) => self.maps.push(map),
                None => return false,
            },
            "fmtp" if self.parameters.len() < limit::MEDIA => self.parameters.push(parse_parameters(value)),
            "framerate" | "x-framerate" => {
                self.frame_rate = number(value).filter(|rate: &f32| rate.is_finite() && *rate > 0.0)
            }
            "x-dimensions" => self.dimensions = pair(value),
            "framesize" => self.dimensions = pair(value.split_once([' ', '\t']).map_or(value, |(_, size)| size)),
            "cliprect" if self.dimensions.is_none() => {
                let (_, far) = value
                    .rsplit_once(',')
                    .and_then(|(rest, _)| rest.rsplit_once(','))
                    .unzip();
                let width_height = far.and_then(|height| Some((value.rsplit(',').next()?, height)));
                self.dimensions = width_height
                    .and_then(|(width, height)| Some((width.trim().parse().ok()?, height.trim().parse().ok()?)));
            }
            _ => {}
        }
        true
    }

    /// The first format that is of this kind of media and can be used, and whether it had to be guessed.
    fn track(&self, media: Media) -> Option<(Track, bool)> {
        let expected = match media {
            Media::Video => "video",
            Media::Audio => "audio",
        };
        if self.kind != expected {
            return None;
        }
        self.payload_types().find_map(|payload_type| {
            let (codec, guessed) = self.format(payload_type);
            if codec.media() != Some(media) {
                return None;
            }
            let map = self.map(payload_type);
            let clock_rate = map.and_then(|map| map.clock_rate).unwrap_or(match media {
                Media::Video => 90_000,
                Media::Audio => 8_000,
            });
            let encoding_name = codec.encoding_name().to_owned();
            let channels = map.and_then(|map| map.channels).filter(|_| media == Media::Audio);
            let track = Track {
                media,
                codec,
                payload_type,
                clock_rate,
                encoding_name,
                channels,
                fmtp: self.fmtp(payload_type).to_vec(),
                dimensions: self.dimensions,
                frame_rate: self.frame_rate,
            };
            Some((track, guessed))
        })
    }

    /// Those of the `m=` line, or of the maps where it has none.
    fn payload_types(&self) -> impl Iterator<Item = u8> {
        let mapped = self
            .maps
            .iter()
            .map(|map| map.payload_type)
            .filter(|_| self.formats.is_empty());
        self.formats.iter().copied().chain(mapped)
    }

    fn map(&self, payload_type: u8) -> Option<&Map> {
        // With one format and one map they belong together, whatever the numbers say.
        let only = || {
            self.maps
                .first()
                .filter(|_| self.maps.len() == 1 && self.formats.len() == 1 && payload_type >= 96)
        };
        self.maps
            .iter()
            .find(|map| map.payload_type == payload_type)
            .or_else(only)
    }

    fn fmtp(&self, payload_type: u8) -> &[(String, String)] {
        let stated = self.parameters.iter().find(|(of, _)| *of == Some(payload_type));
        let found = stated.or_else(|| self.parameters.iter().find(|(of, _)| of.is_none()));
        found.map_or(&[], |(_, parameters)| parameters)
    }

    /// The codec of a payload type, and whether it was guessed from its parameters.
    fn format(&self, payload_type: u8) -> (Codec, bool) {
        if let Some(map) = self.map(payload_type) {
            return (Codec::from_encoding_name(&map.name), false);
        }
        let other = |name: &str| Codec::Other(name.to_owned());
        let has = |name: &str| self.fmtp(payload_type).iter().any(|(key, _)| key == name);
        let codec = match payload_type {
            0 => Codec::Pcmu,
            8 => Codec::Pcma,
            26 => Codec::Mjpeg,
            14 => other("MPA"),
            31 => other("H261"),
            32 => other("MPV"),
            33 => other("MP2T"),
            34 => other("H263"),
            _ if has("sprop-vps") || has("sprop-sps") => return (Codec::H265, true),
            _ if has("sprop-parameter-sets") || has("packetization-mode") => return (Codec::H264, true),
            _ => Codec::Other(payload_type.to_string()),
        };
        (codec, false)
    }
}

impl Map {
    /// `96 H264/90000[/channels]`, with blanks anywhere.
    fn parse(value: &str) -> Option<Self> {
        let (payload_type, rest) = value.trim().split_once([' ', '\t'])?;
        let mut parts = rest.split('/').map(str::trim);
        let name = parts.next().filter(|name| !name.is_empty())?.to_owned();
        let positive = |number: &u32| *number > 0;
        let clock_rate = parts.next().and_then(super::message::leading_number).filter(positive);
        let channels = parts.next().and_then(super::message::leading_number).filter(positive);
        Some(Self {
            payload_type: payload_type.parse().ok()?,
            name,
            clock_rate,
            channels,
        })
    }
}

/// `96 name=value; name=value`, with or without the payload type.
fn parse_parameters(value: &str) -> (Option<u8>, Vec<(String, String)>) {
    let digits = value.find(|c: char| !c.is_ascii_digit()).unwrap_or(value.len());
    let (payload_type, rest) = match value[..digits].parse() {
        Ok(payload_type) if !value[digits..].trim_start().starts_with('=') => (Some(payload_type), &value[digits..]),
        _ => (None, value),
    };
    let parameters = rest
        .split(';')
        .map(str::trim)
        .filter(|parameter| !parameter.is_empty())
        .take(64)
        .map(|parameter| {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            (name.trim().to_ascii_lowercase(), value.trim().to_owned())
        })
        .collect();
    (payload_type, parameters)
}

/// Two numbers with anything between them.
fn pair(value: &str) -> Option<(u32, u32)> {
    let mut numbers = value
        .split(|c: char| !c.is_ascii_digit())
        .filter(|digits| !digits.is_empty())
        .map(|digits| digits.parse().ok());
    let pair = (numbers.next()??, numbers.next()??);
    (pair.0 > 0 && pair.1 > 0).then_some(pair)
}

fn number<N: std::str::FromStr>(value: &str) -> Option<N> {
    value.split_ascii_whitespace().next()?.parse().ok()
}
