use std::net::IpAddr;

use super::{Codec, Media, Quirk, Quirks, SoundOffer, Track, limit, text::decode};

/// A session description (RFC 8866) as far as a client needs it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Description {
    /// The session-level `control` attribute.
    pub control: Option<String>,
    /// The session-level `c=` line, where it names a group.
    pub group: Option<IpAddr>,
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
    /// The port of the `m=` line, where it is one.
    pub port: Option<u16>,
    /// Its own `c=` line, where that names a group.
    pub group: Option<IpAddr>,
    maps: Vec<Map>,
    parameters: Vec<Parameters>,
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

/// An `fmtp` attribute.
#[derive(Clone, Debug, PartialEq)]
struct Parameters {
    payload_type: Option<u8>,
    /// Names in lower case.
    pairs: Vec<(String, String)>,
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
            "c" => match description.media.last_mut() {
                Some(section) => section.group = group(value),
                None => description.group = group(value),
            },
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
                Some((mut track, control, guessed)) => {
                    if guessed {
                        self.quirks.insert(Quirk::GuessedFormat);
                    }
                    track.alone = self.media.len() == 1;
                    tracks.push((track, control));
                }
                None if media == Media::Video => return Err(self.offered()),
                None => {}
            }
        }
        Ok(tracks)
    }

    /// The group and the port at which the track of this kind that [`Self::tracks`] takes is sent, where the description says so.
    #[must_use]
    pub fn group_of(&self, media: Media) -> (Option<IpAddr>, Option<u16>) {
        let section = self.media.iter().find(|section| section.track(media).is_some());
        let group = section.and_then(|section| section.group).or(self.group);
        (group, section.and_then(|section| section.port))
    }

    /// Whether there is sound, and whether it can be played.
    #[must_use]
    pub fn sound(&self) -> SoundOffer {
        if self.media.iter().any(|section| section.track(Media::Audio).is_some()) {
            return SoundOffer::Playable;
        }
        let names = self.encodings("audio");
        match names[..] {
            [] => SoundOffer::None,
            _ => SoundOffer::Unplayable(names.join(", ")),
        }
    }

    /// The encoding names of the video sections, for a person.
    fn offered(&self) -> String {
        let names = self.encodings("video");
        if names.is_empty() {
            "no video in the description".to_owned()
        } else {
            names.join(", ")
        }
    }

    fn encodings(&self, kind: &str) -> Vec<String> {
        let sections = self.media.iter().filter(|section| section.kind == kind);
        sections
            .flat_map(|section| {
                section
                    .payload_types()
                    .map(|payload_type| section.format(payload_type).0)
            })
            .map(|codec| codec.encoding_name().to_owned())
            .collect()
    }

    fn attribute(&mut self, value: &str) {
        let (name, value) = value
            .split_once(':')
            .map_or((value, ""), |(name, value)| (name, value.trim()));
        let name = name.trim().to_ascii_lowercase();
        let well_formed = match self.media.last_mut() {
            Some(section) => section.attribute(&name, value),
            None => {
                if name == "control" {
                    self.control = Some(value.to_owned());
                }
                true
            }
        };
        if !well_formed {
            self.quirks.insert(Quirk::MalformedDescription);
        }
    }
}

impl Section {
    fn parse(value: &str, quirks: &mut Quirks) -> Self {
        let mut words = value.split_ascii_whitespace();
        let kind = words.next().unwrap_or_default().to_ascii_lowercase();
        let port = words
            .next()
            .and_then(super::message::leading_number)
            .filter(|port| *port > 0);
        let formats: Vec<u8> = words
            .skip(1)
            .filter_map(|word| word.parse().ok())
            .take(limit::MEDIA)
            .collect();
        if formats.is_empty() {
            quirks.insert(Quirk::MalformedDescription);
        }
        Self {
            kind,
            formats,
            port,
            ..Self::default()
        }
    }

    /// Returns `false` for an attribute that is known but malformed.
    fn attribute(&mut self, name: &str, value: &str) -> bool {
        match name {
            "control" => self.control = Some(value.to_owned()),
            "rtpmap" if self.maps.len() < limit::MEDIA => match Map::parse(value) {
                Some(map) => self.maps.push(map),
                None => return false,
            },
            "fmtp" if self.parameters.len() < limit::MEDIA => self.parameters.push(Parameters::parse(value)),
            "framerate" | "x-framerate" => {
                self.frame_rate = number(value).filter(|rate: &f32| rate.is_finite() && *rate > 0.0);
            }
            "x-dimensions" => self.dimensions = pair(value),
            "framesize" => self.dimensions = pair(value.split_once([' ', '\t']).map_or(value, |(_, size)| size)),
            "cliprect" if self.dimensions.is_none() => {
                self.dimensions = pair(value.trim_start_matches("0,0,")).map(|(height, width)| (width, height));
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
                alone: false,
            };
            Some((track, guessed))
        })
    }

    /// The payload types of the `m=` line, or of the `rtpmap` attributes where it has none.
    fn payload_types(&self) -> impl Iterator<Item = u8> {
        let mapped = self
            .maps
            .iter()
            .map(|map| map.payload_type)
            .filter(|_| self.formats.is_empty());
        self.formats.iter().copied().chain(mapped)
    }

    fn map(&self, payload_type: u8) -> Option<&Map> {
        // One format and one map belong together even where their numbers differ.
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
        let of = |wanted| {
            self.parameters
                .iter()
                .find(|parameters| parameters.payload_type == wanted)
        };
        of(Some(payload_type))
            .or_else(|| of(None))
            .map_or(&[], |parameters| &parameters.pairs)
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

/// The address of a `c=` line (RFC 8866 §5.7) where it is a group: `IN IP4 239.1.2.3/127`.
fn group(value: &str) -> Option<IpAddr> {
    let address = value.split_ascii_whitespace().nth(2)?;
    let address: IpAddr = address.split('/').next()?.parse().ok()?;
    address.is_multicast().then_some(address)
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

impl Parameters {
    /// `96 name=value; name=value`, with or without the payload type.
    fn parse(value: &str) -> Self {
        let digits = value.find(|c: char| !c.is_ascii_digit()).unwrap_or(value.len());
        let (payload_type, rest) = match value[..digits].parse() {
            Ok(payload_type) if !value[digits..].trim_start().starts_with('=') => {
                (Some(payload_type), &value[digits..])
            }
            _ => (None, value),
        };
        let parameters = rest
            .split(';')
            .map(str::trim)
            .filter(|parameter| !parameter.is_empty())
            .take(limit::PARAMETERS);
        let pairs = parameters.map(|parameter| {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            (name.trim().to_ascii_lowercase(), value.trim().to_owned())
        });
        Self {
            payload_type,
            pairs: pairs.collect(),
        }
    }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_video_without_any_other_medium_stands_alone() {
        let alone =
            |more: &str| video(format!("m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n{more}").as_bytes()).alone;
        assert!(alone(""));
        assert!(!alone(
            "m=application 0 RTP/AVP 107\r\na=rtpmap:107 vnd.onvif.metadata/90000\r\n"
        ));
    }

    fn video(sdp: &[u8]) -> Track {
        parse_sdp(sdp).tracks(false).expect("a video").remove(0).0
    }

    #[test]
    fn a_plain_description_gives_what_a_depayloader_needs() {
        let mut description = parse_sdp(
            b"v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=Media\r\nt=0 0\r\na=control:*\r\n\
              m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=framerate:25\r\na=control:trackID=1\r\n\
              a=fmtp:96 profile-level-id=420029; packetization-mode=1; sprop-parameter-sets=Z0IAKeKQ,aM48gA==\r\n\
              m=audio 0 RTP/AVP 8\r\na=control:trackID=2\r\n",
        );
        assert_eq!(description.control.as_deref(), Some("*"));
        assert!(description.quirks.is_empty(), "{:?}", description.quirks);
        let tracks = description.tracks(true).expect("tracks");
        let (track, control) = &tracks[0];
        assert_eq!(
            (&track.codec, track.payload_type, track.clock_rate),
            (&Codec::H264, 96, 90_000)
        );
        assert_eq!(
            track.fmtp[2],
            ("sprop-parameter-sets".into(), "Z0IAKeKQ,aM48gA==".into())
        );
        assert_eq!((control.as_deref(), track.frame_rate), (Some("trackID=1"), Some(25.0)));
        assert!(!track.alone, "sound may share its numbers");
        let (track, control) = &tracks[1];
        assert_eq!(
            (&track.codec, track.payload_type, track.clock_rate),
            (&Codec::Pcma, 8, 8_000)
        );
        assert_eq!(control.as_deref(), Some("trackID=2"));
        assert_eq!(
            description.tracks(false).expect("tracks").len(),
            1,
            "sound only where asked for"
        );
    }

    /// Every row of the table of SDP strictness, and what was seen beside it.
    #[test]
    fn sloppy_descriptions_work() {
        let rows: &[(&str, &[u8], Codec)] = &[
            ("a= before t=", b"v=0\no=- 1 1 IN IP4 0.0.0.0\ns=x\na=control:*\nt=0 0\nm=video 0 RTP/AVP 96\na=rtpmap:96 H265/90000\n", Codec::H265),
            ("static type without rtpmap", b"v=0\nm=video 0 RTP/AVP 26\na=control:track1\n", Codec::Mjpeg),
            ("no v=, o=, s=", b"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n", Codec::H264),
            ("o= with 7 fields", b"v=0\r\no=- 14665860 31787219 1 IN IP4 192.168.1.60\r\ns=S\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n", Codec::H264),
            ("LF and trailing NUL", b"v=0\no=- 0 0 IN IP4 0.0.0.0\ns=S\nm=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\n\0", Codec::H264),
            ("NUL glued to the last line", b"v=0\nm=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\0\0", Codec::H264),
            ("non-UTF-8 session name", b"v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=Cam\xE9ra \xFF\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n", Codec::H264),
            ("bad b=", b"v=0\r\ns=x\r\nb=AS\r\nb=\r\nm=video 0 RTP/AVP 96\r\nb=AS:abc\r\na=rtpmap:96 H264/90000\r\n", Codec::H264),
            ("short m=", b"v=0\r\ns=x\r\nm=video 0\r\na=rtpmap:96 H264/90000\r\n", Codec::H264),
            ("shorter m=", b"v=0\r\ns=x\r\nm=video\r\na=rtpmap:96 H264/90000\r\n", Codec::H264),
            ("space in rtpmap", b"v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap: 96 h264/90000\r\n", Codec::H264),
            ("spaces everywhere", b"v = 0\r\nm = video 0 RTP/AVP 96\r\na = rtpmap : 96  h264 / 90000 \r\n", Codec::H264),
            ("rtpmap without clock", b"m=video 0 RTP/AVP 96\na=rtpmap:96 H264\n", Codec::H264),
            ("rtpmap of another number", b"m=video 0 RTP/AVP 97\na=rtpmap:96 H264/90000\n", Codec::H264),
            ("CR only", b"v=0\rm=video 0 RTP/AVP 96\ra=rtpmap:96 H264/90000\r", Codec::H264),
            ("no rtpmap but fmtp", b"m=video 0 RTP/AVP 96\na=fmtp:96 packetization-mode=1;sprop-parameter-sets=Z0IA,aM4=\n", Codec::H264),
            ("unsupported format first", b"m=video 0 RTP/AVP 33 98\na=rtpmap:98 H265/90000\n", Codec::H265),
            ("unsupported section first", b"m=application 0 RTP/AVP 107\na=rtpmap:107 vnd.onvif.metadata/90000\nm=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\n", Codec::H264),
            ("no final line end", b"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000", Codec::H264),
        ];
        for (name, sdp, codec) in rows {
            let track = parse_sdp(sdp)
                .tracks(false)
                .unwrap_or_else(|offered| panic!("{name}: {offered}"))
                .remove(0)
                .0;
            assert_eq!(&track.codec, codec, "{name}");
            assert_eq!(track.clock_rate, 90_000, "{name}");
            assert_eq!(track.encoding_name, codec.encoding_name(), "{name}");
        }
    }

    #[test]
    fn fmtp_is_read_in_every_spelling() {
        for line in [
            "fmtp:96 packetization-mode=1;sprop-parameter-sets=Z0IA,aM4=",
            "fmtp: 96 Packetization-Mode = 1 ; sprop-parameter-sets=Z0IA,aM4=;",
            "fmtp:96; packetization-mode=1; sprop-parameter-sets=Z0IA,aM4=",
            "fmtp:packetization-mode=1;sprop-parameter-sets=Z0IA,aM4=",
        ] {
            let track = video(format!("m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\na={line}\n").as_bytes());
            let expected = [("packetization-mode", "1"), ("sprop-parameter-sets", "Z0IA,aM4=")];
            assert_eq!(
                track.fmtp,
                expected.map(|(name, value)| (name.to_owned(), value.to_owned())),
                "{line}"
            );
        }
    }

    #[test]
    fn dimensions_are_found_where_devices_put_them() {
        for line in [
            "x-dimensions:2560,1440",
            "x-dimensions: 2560 , 1440",
            "framesize:26 2560-1440",
            "cliprect:0,0,1440,2560",
        ] {
            let track = video(format!("m=video 0 RTP/AVP 26\na={line}\n").as_bytes());
            assert_eq!(track.dimensions, Some((2560, 1440)), "{line}");
        }
        assert_eq!(
            video(b"m=video 0 RTP/AVP 26\na=x-dimensions:0,x\na=framerate:nan\n").dimensions,
            None
        );
    }

    #[test]
    fn what_cannot_be_shown_is_named() {
        let offered = |sdp: &[u8]| parse_sdp(sdp).tracks(false).expect_err("nothing to show");
        assert_eq!(offered(b"m=video 0 RTP/AVP 33\n"), "MP2T");
        assert_eq!(offered(b"m=video 0 RTP/AVP 32\n"), "MPV");
        assert_eq!(
            offered(b"m=video 0 RTP/AVP 96 97\na=rtpmap:96 vp9/90000\na=rtpmap:97 H263-1998/90000\n"),
            "VP9, H263-1998"
        );
        assert_eq!(offered(b"m=audio 0 RTP/AVP 0\n"), "no video in the description");
        assert_eq!(offered(b""), "no video in the description");
        assert_eq!(offered(b"<html>no</html>"), "no video in the description");
    }

    #[test]
    fn sound_is_offered_playable_or_named() {
        let offer = |audio: &str| parse_sdp(format!("m=video 0 RTP/AVP 26\n{audio}").as_bytes()).sound();
        assert_eq!(offer(""), SoundOffer::None);
        for playable in [
            "m=audio 0 RTP/AVP 8\n",
            "m=audio 0 RTP/AVP 97\na=rtpmap:97 mpeg4-generic/16000/1\n",
            "m=audio 0 RTP/AVP 97\na=rtpmap:97 MP4A-LATM/16000\n",
            "m=audio 0 RTP/AVP 97 0\na=rtpmap:97 G726-32/8000\n",
        ] {
            assert_eq!(offer(playable), SoundOffer::Playable, "{playable}");
        }
        assert_eq!(
            offer("m=audio 0 RTP/AVP 97\na=rtpmap:97 G726-32/8000\n"),
            SoundOffer::Unplayable("G726-32".to_owned())
        );
    }

    #[test]
    fn what_was_wrong_is_reported() {
        let quirks = |sdp: &[u8]| parse_sdp(sdp).quirks;
        assert!(quirks(b"m=video 0 RTP/AVP 26\n").contains(Quirk::IncompleteDescription));
        assert!(quirks(b"s=\xFF\nm=video 0 RTP/AVP 26\n").contains(Quirk::DescriptionNotUtf8));
        assert!(quirks(b"m=video 0\n").contains(Quirk::MalformedDescription));
        let mut guessed = parse_sdp(b"m=video 0 RTP/AVP 96\na=fmtp:96 sprop-vps=a\n");
        guessed.tracks(false).expect("a video");
        assert!(guessed.quirks.contains(Quirk::GuessedFormat));
    }

    #[test]
    fn endless_sections_are_cut_off() {
        let endless = b"m=video 0 RTP/AVP 96\na=rtpmap:96 X/1\na=rtpmap:96 X/1\na=fmtp:96 a=b\n".repeat(10_000);
        let description = parse_sdp(&endless);
        assert_eq!(description.media.len(), limit::MEDIA);
        assert!(
            description
                .media
                .iter()
                .all(|section| section.maps.len() <= limit::MEDIA && section.parameters.len() <= limit::MEDIA)
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2048)) {
            let _ = parse_sdp(&bytes).tracks(true);
        }

        #[test]
        fn any_lines_are_read_without_panic(lines in proptest::collection::vec(
            "(m=(video|audio)|a=(rtpmap|fmtp|control|framesize|cliprect|x-dimensions|framerate):|[vost]=)?[ 0-9;:=/,a-zA-Z\u{e9}-]{0,40}", 0..40,
        )) {
            let _ = parse_sdp(lines.join("\n").as_bytes()).tracks(true);
        }
    }
}
