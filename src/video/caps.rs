use gstreamer as gst;

/// The description of a track in the SDP, in the form of GStreamer's caps for depayloaders (`application/x-rtp`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrackCaps {
    /// "video" or "audio".
    pub media: String,
    /// As in `a=rtpmap`, any case: "H264", "H265", "JPEG".
    pub encoding_name: String,
    pub payload_type: u8,
    /// In Hz; 0 when the SDP does not say: 90 kHz is taken.
    pub clock_rate: u32,
    /// The parameters of `a=fmtp`.
    pub fmtp: Vec<(String, String)>,
    /// Other attributes of the medium that depayloaders read: "x-dimensions" (RFC 2435 pictures larger than 2040 pixels),
    /// "framesize", "framerate".
    pub extra: Vec<(String, String)>,
    /// The SDP describes no other medium.
    pub alone: bool,
}

/// Fields that only this module sets, whatever a device writes into its `a=fmtp`.
const RESERVED: [&str; 4] = ["media", "encoding-name", "payload", "clock-rate"];

impl TrackCaps {
    /// Width and height in pixels, where the SDP states them.
    pub(super) fn dimensions(&self) -> Option<(u32, u32)> {
        let (_, value) = self.extra.iter().find(|(name, _)| name == "x-dimensions")?;
        let (width, height) = value.split_once(',')?;
        Some((width.trim().parse().ok()?, height.trim().parse().ok()?))
    }

    pub(super) fn to_caps(&self) -> gst::Caps {
        let clock_rate = i32::try_from(self.clock_rate)
            .ok()
            .filter(|&rate| rate > 0)
            .unwrap_or(90_000);
        let mut caps = gst::Structure::builder("application/x-rtp")
            .field("media", printable(&self.media))
            .field("encoding-name", printable(&self.encoding_name).to_ascii_uppercase())
            .field("payload", i32::from(self.payload_type))
            .field("clock-rate", clock_rate);
        for (name, value) in self.fmtp.iter().chain(&self.extra) {
            let name = name.trim().to_ascii_lowercase();
            let usable = !name.is_empty()
                && name.starts_with(|c: char| c.is_ascii_alphabetic())
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
            if usable && !RESERVED.contains(&name.as_str()) {
                caps = caps.field(name.as_str(), printable(value));
            }
        }
        let mut all = gst::Caps::new_empty();
        if let Some(caps_ref) = all.get_mut() {
            caps_ref.append_structure(caps.build());
        }
        all
    }
}

/// The text without NUL, because GStreamer's strings end there and a device may send one.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn structure(track: &TrackCaps) -> gst::Structure {
        gst::init().unwrap();
        track.to_caps().structure(0).unwrap().to_owned()
    }

    #[test]
    fn parameters_of_the_sdp_become_fields() {
        let s = structure(&TrackCaps {
            media: "video".into(),
            encoding_name: "h264".into(),
            payload_type: 96,
            clock_rate: 90_000,
            fmtp: vec![
                ("Packetization-Mode".into(), "1".into()),
                ("sprop-parameter-sets".into(), "Z0IA,aM4=".into()),
            ],
            extra: vec![("x-dimensions".into(), "2560,1920".into())],
            alone: true,
        });
        assert_eq!(s.name(), "application/x-rtp");
        assert_eq!(s.get::<String>("encoding-name").unwrap(), "H264");
        assert_eq!(s.get::<i32>("payload").unwrap(), 96);
        assert_eq!(s.get::<String>("packetization-mode").unwrap(), "1");
        assert_eq!(s.get::<String>("sprop-parameter-sets").unwrap(), "Z0IA,aM4=");
        assert_eq!(s.get::<String>("x-dimensions").unwrap(), "2560,1920");
    }

    #[test]
    fn a_hostile_sdp_neither_panics_nor_replaces_what_we_set() {
        let s = structure(&TrackCaps {
            media: "vi\0deo".into(),
            encoding_name: "JPEG".into(),
            fmtp: vec![
                ("payload".into(), "x".into()),
                ("".into(), "1".into()),
                ("bad name=(int)".into(), "1".into()),
                ("ok".into(), "a\0b\u{7}".into()),
            ],
            ..TrackCaps::default()
        });
        assert_eq!(s.get::<i32>("payload").unwrap(), 0);
        assert_eq!(s.get::<i32>("clock-rate").unwrap(), 90_000);
        assert_eq!(s.get::<String>("ok").unwrap(), "ab");
        assert_eq!(s.n_fields(), 5);
    }
}
