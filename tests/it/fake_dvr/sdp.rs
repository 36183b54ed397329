//! The fake DVR's session description, sloppy as its script says.

use super::media::Clip;
use super::script::{Codec, Script, Sdp, Sound};

/// The body of DESCRIBE. `uri` as asked, without a slash at its end; `path` is its part after the host.
pub fn describe(script: &Script, uri: &str, path: &str) -> Vec<u8> {
    let clip = Clip::of(script.codec, script.fps);
    let flavour = script.sdp;
    let origin = if flavour == Sdp::LongOrigin {
        "o=- 14665860 31787219 1 IN IP4 192.0.2.1"
    } else {
        "o=- 1 1 IN IP4 192.0.2.1"
    };
    let mut head: Vec<String> = vec![
        "v=0".to_owned(),
        origin.to_owned(),
        "s=Media Presentation".to_owned(),
        "c=IN IP4 0.0.0.0".to_owned(),
    ];
    match flavour {
        Sdp::Empty => return Vec::new(),
        Sdp::MediaOnly => head.clear(),
        Sdp::Hikvision => head.extend(["e=NONE", "b=AS:5100", "a=control:*", "t=0 0"].map(str::to_owned)),
        Sdp::BadBandwidth => head.extend(["b=AS", "b=:", "t=0 0"].map(str::to_owned)),
        _ => head.push("t=0 0".to_owned()),
    }
    if flavour == Sdp::StarControl {
        head.push("a=control:*".to_owned());
    }
    let mut video = vec![format!("m=video 0 RTP/AVP {}", clip.payload_type)];
    if let Some(encoding) = &clip.encoding {
        let space = if flavour == Sdp::SpaceInRtpmap { " " } else { "" };
        video.push(format!("a=rtpmap:{space}{} {encoding}", clip.payload_type));
    }
    if !clip.fmtp.is_empty() {
        video.push(format!("a=fmtp:{} {}", clip.payload_type, clip.fmtp));
    }
    match flavour {
        Sdp::NoControl => {}
        Sdp::AbsoluteControl => video.push(format!("a=control:{uri}/trackID=1")),
        Sdp::ForeignHost => video.push(format!("a=control:rtsp://198.51.100.77:8554/{path}/trackID=1")),
        _ => video.push("a=control:trackID=1".to_owned()),
    }
    if flavour == Sdp::Hikvision {
        video.push("a=Media_header:MEDIAINFO=494D4B48010100000400010000000000000000000000000000000000000000000000000000000000;".to_owned());
        video.push("a=appversion:1.0".to_owned());
    }
    let audio = ["m=audio 0 RTP/AVP 0", "a=control:trackID=2"]
        .map(str::to_owned)
        .to_vec();
    let mut lines = head;
    if flavour == Sdp::AudioFirst || script.codec == Codec::AudioOnly {
        lines.extend(audio);
    }
    if script.codec != Codec::AudioOnly {
        lines.extend(video);
    }
    match script.sound {
        Sound::None => {}
        Sound::Pcmu => lines.extend(["m=audio 0 RTP/AVP 0", "a=control:trackID=2"].map(str::to_owned)),
        Sound::G726 => lines.extend(
            [
                "m=audio 0 RTP/AVP 97",
                "a=rtpmap:97 G726-32/8000",
                "a=control:trackID=2",
            ]
            .map(str::to_owned),
        ),
    }
    if flavour == Sdp::ShortMedia {
        lines.push("m=application".to_owned());
    }
    let end = if flavour == Sdp::LfAndNul { "\n" } else { "\r\n" };
    let mut body: Vec<u8> = lines
        .iter()
        .flat_map(|line| format!("{line}{end}").into_bytes())
        .collect();
    if flavour == Sdp::LfAndNul {
        body.push(0);
    }
    if flavour == Sdp::NonUtf8Name {
        let at = body.windows(5).position(|five| five == b"Media").unwrap_or(0);
        body[at..at + 5].copy_from_slice(b"\x83J\x83\x81\xff");
    }
    body
}
