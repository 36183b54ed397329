//! Profiles and channels: what a device can send, and of which camera.

use std::collections::HashMap;

use super::address::StreamPlace;
use super::fault::said;
use super::xml::{XmlElement, XmlTree};

/// The most profiles that are taken of one device.
const MOST_PROFILES: usize = 1_024;

/// The most channels that are taken of one device.
const MOST_CHANNELS: usize = device::MAX_CHANNELS;

/// The longest token of a profile that is kept, in characters. The book says 64 (ONVIF Core, `ReferenceToken`).
const LONGEST_TOKEN: usize = 128;

/// A combination of a camera and an encoder, as a device offers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MediaProfile {
    pub token: String,
    /// By which profiles of one camera are known.
    source: String,
    /// The name of the camera, where it has one that a person gave.
    name: String,
    /// As the device writes it, such as `H264`; empty where the service does not know it.
    codec: String,
    /// In pixels; 0 where it is not said.
    width: u32,
    height: u32,
    /// It can be steered.
    has_ptz: bool,
}

/// One quality of a camera.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferedStream {
    /// The token of its profile.
    pub token: String,
    /// Such as `H.264`; empty where the device does not say.
    pub codec: String,
    /// In pixels; 0 where the device does not say.
    pub width: u32,
    pub height: u32,
    /// Where it is; what the device said, or why nothing, where it does not tell.
    pub place: Option<Result<StreamPlace, String>>,
}

/// A camera of a device, numbered by its place in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferedChannel {
    /// Empty where no person named it.
    pub name: String,
    /// The one with the most pixels.
    pub main: OfferedStream,
    /// The one with the fewest.
    pub sub: Option<OfferedStream>,
    /// The profile by which the camera is steered, if it can be.
    pub ptz: Option<String>,
}

/// The profiles of an answer to GetProfiles of either media service, in their order. What has no token is left out.
pub(crate) fn profiles(tree: &XmlTree) -> Vec<MediaProfile> {
    let found = tree.top().all("Profiles").filter_map(profile);
    found.take(MOST_PROFILES).collect()
}

fn profile(element: XmlElement<'_>) -> Option<MediaProfile> {
    let token = element.attribute("token").filter(|token| !token.is_empty())?;
    // Media1 has them in the profile, Media2 in its `Configurations`, under shorter names.
    let configurations = element.child("Configurations").unwrap_or(element);
    let of = |long: &str, short: &str| configurations.child(long).or_else(|| configurations.child(short));
    let source = of("VideoSourceConfiguration", "VideoSource");
    let encoder = of("VideoEncoderConfiguration", "VideoEncoder");
    let source_token = source.and_then(|source| source.text_of(&["SourceToken"]));
    // Without a camera it is a profile of sound or data alone; where no profile names one, the device is one camera.
    let source_token = source_token.or_else(|| source.and_then(|source| source.attribute("token")));
    let number = |names: &[&str]| {
        let text = encoder.and_then(|encoder| encoder.text_of(names)).unwrap_or_default();
        text.parse::<u32>().unwrap_or(0)
    };
    Some(MediaProfile {
        token: token.to_owned(),
        source: source_token.unwrap_or_default().to_owned(),
        name: given_name(source.and_then(|source| source.text_of(&["Name"])).unwrap_or_default()),
        codec: said(
            encoder
                .and_then(|encoder| encoder.text_of(&["Encoding"]))
                .unwrap_or_default(),
        ),
        width: number(&["Resolution", "Width"]),
        height: number(&["Resolution", "Height"]),
        has_ptz: of("PTZConfiguration", "PTZ").is_some() && token.chars().count() <= LONGEST_TOKEN,
    })
}

/// The name of a camera, where it is not one that firmware made up, such as `VideoSourceConfig_1` or `VSC 2`.
fn given_name(name: &str) -> String {
    const MADE_UP: &[&str] = &["config", "source", "profile", "token", "vsc", "default", "stream"];
    let name = said(name);
    let small = name.to_lowercase();
    let is_number = small.chars().all(|character| !character.is_alphabetic());
    match is_number || MADE_UP.iter().any(|word| small.contains(word)) {
        true => String::new(),
        false => name,
    }
}

/// By which tokens events name each camera, numbered from 1 in the order of [`channels`]. What would name two cameras names none.
pub(crate) fn camera_tokens(tree: &XmlTree) -> HashMap<String, u16> {
    let mut cameras: Vec<String> = Vec::new();
    let mut tokens: HashMap<String, Option<u16>> = HashMap::new();
    for element in tree.top().all("Profiles").take(MOST_PROFILES) {
        let Some(profile) = profile(element).filter(|profile| !profile.source.is_empty()) else {
            continue;
        };
        let place = cameras.iter().position(|source| *source == profile.source);
        let place = place.unwrap_or_else(|| {
            cameras.push(profile.source.clone());
            cameras.len() - 1
        });
        let Ok(number) = u16::try_from(place + 1) else { break };
        let configurations = element.child("Configurations").unwrap_or(element);
        let source = configurations
            .child("VideoSourceConfiguration")
            .or_else(|| configurations.child("VideoSource"));
        let configuration = source.and_then(|source| source.attribute("token"));
        let named = [
            Some(profile.source.as_str()),
            configuration,
            Some(profile.token.as_str()),
        ];
        for token in named
            .into_iter()
            .flatten()
            .filter(|token| token.chars().count() <= LONGEST_TOKEN)
        {
            let of = tokens.entry(token.to_owned()).or_insert(Some(number));
            if *of != Some(number) {
                *of = None;
            }
        }
    }
    tokens
        .into_iter()
        .filter_map(|(token, number)| Some((token, number?)))
        .collect()
}

/// The cameras of these profiles, in the order in which they appear first.
pub(crate) fn channels(profiles: &[MediaProfile]) -> Vec<OfferedChannel> {
    let names_cameras = profiles.iter().any(|profile| !profile.source.is_empty());
    let mut cameras: Vec<(&str, Vec<&MediaProfile>)> = Vec::new();
    for profile in profiles {
        // One of sound alone.
        if names_cameras && profile.source.is_empty() {
            continue;
        }
        if let Some((_, of_camera)) = cameras.iter_mut().find(|(source, _)| *source == profile.source) {
            of_camera.push(profile);
        } else if cameras.len() < MOST_CHANNELS {
            cameras.push((&profile.source, vec![profile]));
        }
    }
    cameras
        .into_iter()
        .filter_map(|(_, of_camera)| channel(of_camera))
        .collect()
}

fn channel(mut profiles: Vec<&MediaProfile>) -> Option<OfferedChannel> {
    let name = profiles
        .iter()
        .map(|profile| &profile.name)
        .find(|name| !name.is_empty());
    let name = name.cloned().unwrap_or_default();
    // Of equals, and of those that say no size, the first one counts; still pictures are for who has nothing else.
    profiles.sort_by_key(|profile| (profile.is_jpeg(), std::cmp::Reverse(profile.pixels_or_most())));
    let main = *profiles.first()?;
    let smaller = |profile: &&&MediaProfile| profile.pixels_or_most() < main.pixels_or_most() && !profile.is_jpeg();
    let unsized_second = || {
        profiles
            .get(1)
            .filter(|profile| profile.pixels() == 0 && main.pixels() == 0)
    };
    let sub = profiles.iter().rfind(smaller).or_else(unsized_second);
    Some(OfferedChannel {
        name,
        main: main.offered(),
        sub: sub.map(|sub| sub.offered()),
        ptz: profiles
            .iter()
            .find(|profile| profile.has_ptz)
            .map(|profile| profile.token.clone()),
    })
}

impl MediaProfile {
    fn pixels(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    /// A stream of H.265 has no size in Media1: it is the better one.
    fn pixels_or_most(&self) -> u64 {
        match self.pixels() {
            0 => u64::MAX,
            pixels => pixels,
        }
    }

    fn is_jpeg(&self) -> bool {
        self.codec.eq_ignore_ascii_case("jpeg")
    }

    fn offered(&self) -> OfferedStream {
        OfferedStream {
            token: self.token.clone(),
            codec: codec_name(&self.codec),
            width: self.width,
            height: self.height,
            place: None,
        }
    }
}

/// As everything else in the program calls it.
fn codec_name(written: &str) -> String {
    match written.to_ascii_uppercase().as_str() {
        "H264" | "H.264" => "H.264".to_owned(),
        "H265" | "H.265" | "HEVC" => "H.265".to_owned(),
        "JPEG" | "MJPEG" => "MJPEG".to_owned(),
        "MPEG4" | "MPV4-ES" => "MPEG-4".to_owned(),
        _ => written.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::XmlLimits;

    fn read(text: &str) -> Vec<OfferedChannel> {
        channels(&profiles(&XmlTree::read(text.as_bytes(), XmlLimits::ANSWER).unwrap()))
    }

    fn media1(token: &str, source: &str, name: &str, encoder: &str) -> String {
        format!(
            "<trt:Profiles token=\"{token}\"><tt:Name>x</tt:Name><tt:VideoSourceConfiguration token='v{token}'><tt:Name>{name}</tt:Name>\
             <tt:SourceToken>{source}</tt:SourceToken></tt:VideoSourceConfiguration>{encoder}</trt:Profiles>"
        )
    }

    fn encoder(codec: &str, width: u32, height: u32) -> String {
        format!(
            "<tt:VideoEncoderConfiguration><tt:Encoding>{codec}</tt:Encoding><tt:Resolution><tt:Width>{width}</tt:Width>\
             <tt:Height>{height}</tt:Height></tt:Resolution></tt:VideoEncoderConfiguration>"
        )
    }

    fn summary(channels: &[OfferedChannel]) -> Vec<(String, String, Option<String>)> {
        let token = |stream: &OfferedStream| stream.token.clone();
        let row = |channel: &OfferedChannel| {
            (
                channel.name.clone(),
                token(&channel.main),
                channel.sub.as_ref().map(token),
            )
        };
        channels.iter().map(row).collect()
    }

    fn row(name: &str, main: &str, sub: Option<&str>) -> (String, String, Option<String>) {
        (name.to_owned(), main.to_owned(), sub.map(str::to_owned))
    }

    #[test]
    fn profiles_of_one_camera_are_one_channel_and_the_one_with_the_most_pixels_is_its_main() {
        let text = [
            media1("s1", "VS_2", "Door", &encoder("H264", 704, 480)),
            media1("m1", "VS_2", "Door", &encoder("H264", 1920, 1080)),
            media1("t1", "VS_2", "Door", &encoder("H264", 320, 240)),
            media1("j1", "VS_2", "Door", &encoder("JPEG", 3840, 2160)),
            media1("m2", "VS_1", "VideoSourceConfig_1", &encoder("H264", 1920, 1080)),
            "<Profiles token='a'><AudioSourceConfiguration token='b'/></Profiles>".to_owned(),
        ];
        let channels = read(&text.concat());
        assert_eq!(summary(&channels), [row("Door", "m1", Some("t1")), row("", "m2", None)]);
        assert_eq!(
            (channels[0].main.codec.as_str(), channels[0].main.width),
            ("H.264", 1920)
        );
    }

    #[test]
    fn h_265_has_no_encoder_in_the_first_media_service_and_is_kept() {
        let text = [
            media1("m", "1", "庭", ""),
            media1("s", "1", "庭", &encoder("H264", 640, 360)),
        ];
        let channels = read(&text.concat());
        assert_eq!(summary(&channels), [row("庭", "m", Some("s"))]);
        assert_eq!(channels[0].main.codec, "");
        let unsized_ones = [media1("m", "1", "x", ""), media1("s", "1", "x", "")];
        assert_eq!(summary(&read(&unsized_ones.concat())), [row("x", "m", Some("s"))]);
        let alike = [
            media1("m", "1", "x", &encoder("H264", 8, 8)),
            media1("n", "1", "x", &encoder("H264", 8, 8)),
        ];
        assert_eq!(summary(&read(&alike.concat())), [row("x", "m", None)]);
    }

    #[test]
    fn the_second_media_service_has_other_names_for_the_same() {
        let text = "<tr2:Profiles token='a' fixed='true'><tr2:Name>n</tr2:Name><tr2:Configurations><tr2:VideoSource token='v'><tt:Name>Gate</tt:Name>\
            <tt:SourceToken>s</tt:SourceToken></tr2:VideoSource><tr2:VideoEncoder token='e'><tt:Encoding>H265</tt:Encoding><tt:Resolution>\
            <tt:Width>3840</tt:Width><tt:Height>2160</tt:Height></tt:Resolution></tr2:VideoEncoder></tr2:Configurations></tr2:Profiles>";
        let channels = read(text);
        assert_eq!(summary(&channels), [row("Gate", "a", None)]);
        assert_eq!(
            (channels[0].main.codec.as_str(), channels[0].main.height),
            ("H.265", 2160)
        );
    }

    #[test]
    fn a_camera_is_steered_by_its_best_profile_that_has_ptz() {
        let ptz = "<tt:PTZConfiguration token='p'/>";
        let text = [
            media1("s1", "VS_1", "Gate", &(encoder("H264", 704, 480) + ptz)),
            media1("m1", "VS_1", "Gate", &(encoder("H264", 1920, 1080) + ptz)),
            media1("m2", "VS_2", "Door", &encoder("H264", 1920, 1080)),
            media1(&"x".repeat(200), "VS_3", "Yard", ptz),
        ];
        let tokens: Vec<Option<String>> = read(&text.concat()).into_iter().map(|channel| channel.ptz).collect();
        assert_eq!(tokens, [Some("m1".to_owned()), None, None]);
        let second = "<Profiles token='a'><Configurations><VideoSource token='v'><SourceToken>s</SourceToken></VideoSource><PTZ token='p'/>\
            </Configurations></Profiles>";
        assert_eq!(read(second)[0].ptz.as_deref(), Some("a"));
    }

    #[test]
    fn a_device_that_names_no_camera_is_one_camera() {
        let text = "<Profiles token='a'/><Profiles token='b'/><Profiles/>";
        assert_eq!(summary(&read(text)), [row("", "a", Some("b"))]);
        assert!(read("<x/>").is_empty());
        let many: String = (0..2_000)
            .map(|n| media1(&format!("p{n}"), &format!("s{n}"), "", ""))
            .collect();
        assert_eq!(read(&many).len(), MOST_CHANNELS);
    }
}
