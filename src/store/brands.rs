use std::collections::BTreeMap;

use serde::Deserialize;

use device::{Brand, BrandId, Brands, EventSource, PlaybackRange, PlaybackWay, Template, TimeBasis};

/// The brand table that is compiled in (`assets/brands.toml`).
#[must_use]
pub fn brands() -> Brands {
    // A test reads the table, so that an error in it cannot reach a user.
    parse(include_str!("../../assets/brands.toml")).unwrap_or_default()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BrandsFile {
    brand: Vec<Record>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Record {
    id: String,
    names: Vec<String>,
    main: Option<String>,
    sub: Option<String>,
    #[serde(default = "rtsp_port")]
    port: u16,
    events: Option<String>,
    playback: Option<PlaybackRecord>,
    #[serde(default)]
    note: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlaybackRecord {
    path: String,
    #[serde(default)]
    format: String,
    time: String,
    range: String,
}

impl PlaybackRecord {
    fn way(&self) -> Result<PlaybackWay, String> {
        let time = TimeBasis::from_word(&self.time).ok_or_else(|| self.time.clone())?;
        let range = PlaybackRange::from_word(&self.range).ok_or_else(|| self.range.clone())?;
        PlaybackWay::new(&self.path, &self.format, time, range).map_err(|error| error.to_string())
    }
}

fn rtsp_port() -> u16 {
    554
}

fn parse(text: &str) -> Result<Brands, String> {
    let file: BrandsFile = toml::from_str(text).map_err(|error| error.to_string())?;
    let template = |path: Option<String>| {
        path.map(|path| path.parse::<Template>())
            .transpose()
            .map_err(|error| error.to_string())
    };
    let brands = file.brand.into_iter().map(|record| {
        Ok(Brand {
            id: BrandId(record.id),
            names: record.names,
            main: template(record.main)?,
            sub: template(record.sub)?,
            port: record.port,
            notes: record.note,
            events: record
                .events
                .map(|word| EventSource::from_word(&word).ok_or(word))
                .transpose()?,
            playback: record.playback.map(|playback| playback.way()).transpose()?,
        })
    });
    brands.collect::<Result<Vec<_>, String>>().map(Brands::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Language;
    use device::{Credentials, Password, StreamKind};

    fn table() -> Brands {
        parse(include_str!("../../assets/brands.toml")).unwrap()
    }

    /// main and sub of the channels 1, 2 and 16, as the makers document them.
    #[rustfmt::skip]
    const EXPECTED: &[(&str, u16, [&str; 6])] = &[
        ("hikvision", 554, [
            "/Streaming/Channels/101", "/Streaming/Channels/102", "/Streaming/Channels/201", "/Streaming/Channels/202",
            "/Streaming/Channels/1601", "/Streaming/Channels/1602",
        ]),
        ("hikvision-third", 554, [
            "/Streaming/Channels/101", "/Streaming/Channels/103", "/Streaming/Channels/201", "/Streaming/Channels/203",
            "/Streaming/Channels/1601", "/Streaming/Channels/1603",
        ]),
        ("dahua", 554, [
            "/cam/realmonitor?channel=1&subtype=0", "/cam/realmonitor?channel=1&subtype=1",
            "/cam/realmonitor?channel=2&subtype=0", "/cam/realmonitor?channel=2&subtype=1",
            "/cam/realmonitor?channel=16&subtype=0", "/cam/realmonitor?channel=16&subtype=1",
        ]),
        ("uniview-nvr", 554, [
            "/unicast/c1/s0/live", "/unicast/c1/s1/live", "/unicast/c2/s0/live", "/unicast/c2/s1/live",
            "/unicast/c16/s0/live", "/unicast/c16/s1/live",
        ]),
        ("uniview-camera", 554, ["/media/video1", "/media/video2", "/media/video1", "/media/video2", "/media/video1", "/media/video2"]),
        ("hanwha-camera", 554, [
            "/profile2/media.smp", "/profile3/media.smp", "/profile2/media.smp", "/profile3/media.smp",
            "/profile2/media.smp", "/profile3/media.smp",
        ]),
        ("hanwha-nvr", 558, [
            "/LiveChannel/0/media.smp", "/LiveChannel/0/media.smp/profile=2", "/LiveChannel/1/media.smp",
            "/LiveChannel/1/media.smp/profile=2", "/LiveChannel/15/media.smp", "/LiveChannel/15/media.smp/profile=2",
        ]),
        ("hanwha-dvr", 4520, ["/0", "/0", "/1", "/1", "/15", "/15"]),
        ("hanwha-multi-sensor", 554, [
            "/0/profile2/media.smp", "/0/profile3/media.smp", "/1/profile2/media.smp", "/1/profile3/media.smp",
            "/15/profile2/media.smp", "/15/profile3/media.smp",
        ]),
        ("tvt", 554, [
            "/chID=1&streamType=main", "/chID=1&streamType=sub", "/chID=2&streamType=main", "/chID=2&streamType=sub",
            "/chID=16&streamType=main", "/chID=16&streamType=sub",
        ]),
        ("tvt-substream", 554, [
            "/chID=1&streamType=main", "/chID=1&streamType=substream", "/chID=2&streamType=main", "/chID=2&streamType=substream",
            "/chID=16&streamType=main", "/chID=16&streamType=substream",
        ]),
        ("tvt-camera", 554, ["/profile1", "/profile2", "/profile1", "/profile2", "/profile1", "/profile2"]),
        ("axis", 554, [
            "/axis-media/media.amp?videocodec=h264&camera=1", "/axis-media/media.amp?videocodec=h264&camera=1&resolution=640x360",
            "/axis-media/media.amp?videocodec=h264&camera=2", "/axis-media/media.amp?videocodec=h264&camera=2&resolution=640x360",
            "/axis-media/media.amp?videocodec=h264&camera=16", "/axis-media/media.amp?videocodec=h264&camera=16&resolution=640x360",
        ]),
        ("i-pro", 554, [
            "/MediaInput/h264/stream_1", "/MediaInput/h264/stream_2", "/MediaInput/h264/stream_1", "/MediaInput/h264/stream_2",
            "/MediaInput/h264/stream_1", "/MediaInput/h264/stream_2",
        ]),
        ("i-pro-single", 554, ["/MediaInput/h264"; 6]),
        ("i-pro-onvif", 554, ["/ONVIF/MediaInput"; 6]),
        ("xmeye", 554, [
            "/user=admin&password=p%40ss&channel=1&stream=0.sdp?", "/user=admin&password=p%40ss&channel=1&stream=1.sdp?",
            "/user=admin&password=p%40ss&channel=2&stream=0.sdp?", "/user=admin&password=p%40ss&channel=2&stream=1.sdp?",
            "/user=admin&password=p%40ss&channel=16&stream=0.sdp?", "/user=admin&password=p%40ss&channel=16&stream=1.sdp?",
        ]),
        ("reolink", 554, [
            "/h264Preview_01_main", "/h264Preview_01_sub", "/h264Preview_02_main", "/h264Preview_02_sub",
            "/h264Preview_16_main", "/h264Preview_16_sub",
        ]),
        ("amlink", 554, [
            "/video/livemedia?Ch=1&Streamtype=0", "/video/livemedia?Ch=1&Streamtype=1", "/video/livemedia?Ch=2&Streamtype=0",
            "/video/livemedia?Ch=2&Streamtype=1", "/video/livemedia?Ch=16&Streamtype=0", "/video/livemedia?Ch=16&Streamtype=1",
        ]),
        ("helix", 554, ["/1/1", "/1/2", "/2/1", "/2/2", "/16/1", "/16/2"]),
        ("helix-words", 554, ["/1/main", "/1/sub", "/2/main", "/2/sub", "/16/main", "/16/sub"]),
        ("ivsec", 554, [
            "/rtsp/streaming?channel=1&subtype=0", "/rtsp/streaming?channel=1&subtype=1", "/rtsp/streaming?channel=2&subtype=0",
            "/rtsp/streaming?channel=2&subtype=1", "/rtsp/streaming?channel=16&subtype=0", "/rtsp/streaming?channel=16&subtype=1",
        ]),
        ("avtech", 554, ["/live/mpeg4"; 6]),
        ("foscam", 554, ["/videoMain", "/videoSub", "/videoMain", "/videoSub", "/videoMain", "/videoSub"]),
        ("generic-11", 554, ["/11", "/12", "/21", "/22", "/161", "/162"]),
        ("generic-live-ch0", 554, ["/live/ch0", "/live/ch0", "/live/ch1", "/live/ch1", "/live/ch15", "/live/ch15"]),
        ("generic-live-ch00-0", 554, [
            "/live/ch00_0", "/live/ch00_1", "/live/ch01_0", "/live/ch01_1", "/live/ch15_0", "/live/ch15_1",
        ]),
        ("generic-stream1", 554, ["/stream1", "/stream2", "/stream1", "/stream2", "/stream1", "/stream2"]),
        ("generic-onvif1", 554, ["/onvif1", "/onvif2", "/onvif1", "/onvif2", "/onvif1", "/onvif2"]),
        ("generic-video1", 554, ["/video1", "/video2", "/video1", "/video2", "/video1", "/video2"]),
        ("monomi-demo", 8554, ["/ch1/main", "/ch1/sub", "/ch2/main", "/ch2/sub", "/ch16/main", "/ch16/sub"]),
    ];

    #[test]
    fn every_preset_expands_as_documented() {
        let brands = table();
        let credentials = Credentials {
            user: "admin".into(),
            password: Password::new("p@ss"),
        };
        for (id, port, paths) in EXPECTED {
            let brand = brands.get(&BrandId((*id).to_owned())).unwrap_or_else(|| panic!("{id}"));
            assert_eq!(brand.port, *port, "{id}");
            let mut found = Vec::new();
            for channel in [1, 2, 16] {
                for kind in [StreamKind::Main, StreamKind::Sub] {
                    found.push(brand.template(kind).unwrap().expand(channel, kind, Some(&credentials)));
                }
            }
            assert_eq!(found, *paths, "{id}");
        }
        let untested: Vec<_> = brands
            .all()
            .iter()
            .filter(|brand| EXPECTED.iter().all(|(id, ..)| brand.id.0 != *id))
            .collect();
        assert_eq!(
            untested.iter().map(|brand| brand.id.0.as_str()).collect::<Vec<_>>(),
            ["pinetron"]
        );
        assert!(untested[0].main.is_none() && untested[0].note("en").is_some());
    }

    #[test]
    fn recorded_pictures_are_asked_for_as_the_makers_document_it() {
        let brands = table();
        let asked = |id: &str, start: &str, end: &str| {
            let brand = brands.get(&BrandId(id.to_owned())).unwrap();
            let template = brand.playback.as_ref().unwrap().template(start, end).unwrap();
            assert!(
                !template.holds_credentials(),
                "{id}: seeks write the path without a password"
            );
            template.expand(2, StreamKind::Main, None)
        };
        assert_eq!(
            asked("hikvision", "A", "B"),
            "/Streaming/tracks/201?starttime=A&endtime=B"
        );
        assert_eq!(
            asked("dahua", "A", "B"),
            "/cam/playback?channel=2&subtype=0&starttime=A&endtime=B"
        );
        assert_eq!(asked("uniview-nvr", "1", "2"), "/c2/b1/e2/replay/");
        assert_eq!(asked("hanwha-nvr", "", ""), "/PlaybackChannel/1/media.smp/");
        assert_eq!(
            asked("ivsec", "A", "B"),
            "/rtsp/playback?channel=2&subtype=0&starttime=A&endtime=B&localtime=true"
        );
        assert_eq!(asked("monomi-demo", "A", "B"), "/ch2/recorded");
    }

    #[test]
    fn the_table_is_whole() {
        let brands = table();
        assert_eq!(super::brands(), brands);
        for brand in brands.all() {
            assert!(!brand.names.is_empty(), "{}", brand.id);
            let noted = brand
                .notes
                .keys()
                .filter(|tag| Language::from_tag(tag).is_some())
                .count();
            assert!(
                noted == brand.notes.len() && (noted == 0 || noted == Language::ALL.len()),
                "{}: a note in every language or in none",
                brand.id
            );
            assert_eq!(
                brands.all().iter().filter(|other| other.id == brand.id).count(),
                1,
                "{}",
                brand.id
            );
        }
    }
}
