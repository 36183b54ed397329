//! What a session says and hears, told without its secrets while somebody diagnoses the device. Nobody else pays for it.

use super::RequestPath;
use device::Credentials;
use problem_report::Scrub;
use rtsp::{Message, StartLine};
use trace::Note;

/// Takes the secrets of one attempt out of what it says and hears.
pub(super) struct Recorder {
    scrub: Scrub,
    /// What stands in the place of paths that hold the password: a short one is not searched for.
    shown_path: Option<String>,
    packet: bool,
    key: bool,
}

impl Recorder {
    pub(super) fn new(credentials: Option<&Credentials>, path: &RequestPath) -> Self {
        let shown_path = match path {
            RequestPath::Template {
                template,
                channel,
                kind,
            } => template.holds_credentials().then(|| template.shown(*channel, *kind)),
            // Where a redirect leads is the device's word for it, and may hold what it was given.
            RequestPath::Redirected { .. } => None,
        };
        Self {
            scrub: Scrub::new(credentials.map(|credentials| &credentials.password)),
            shown_path,
            packet: false,
            key: false,
        }
    }

    pub(super) fn said(&self, bytes: &[u8]) -> Note {
        Note::Said(self.clean(&String::from_utf8_lossy(bytes)))
    }

    pub(super) fn answered(&self, message: &Message) -> Note {
        let mut text = match &message.head.start {
            StartLine::Response { status, reason, http } => {
                let name = if *http { "HTTP" } else { "RTSP" };
                format!("{name}/1.0 {status} {reason}\n")
            }
            StartLine::Request { method } => format!("{method} (asked by the device)\n"),
        };
        for (name, value) in message.head.headers() {
            text += &format!("{name}: {value}\n");
        }
        if !message.body.is_empty() {
            text += &format!("\n{}", String::from_utf8_lossy(&message.body));
        }
        Note::Answered(self.clean(&text))
    }

    /// What is new of the pictures, once each: the first packet, and the first picture that needs no other.
    pub(super) fn media(&mut self, packets: u64, has_key: bool) -> [Option<Note>; 2] {
        let packet = packets > 0 && !std::mem::replace(&mut self.packet, packets > 0);
        let key = has_key && !std::mem::replace(&mut self.key, has_key);
        [packet.then_some(Note::Packet), key.then_some(Note::KeyFrame)]
    }

    fn clean(&self, text: &str) -> String {
        let text = self.scrub.clean(text);
        match &self.shown_path {
            Some(shown) => with_paths_as(&text, shown),
            None => text,
        }
    }
}

/// The text with this path in the place of that of every RTSP address.
fn with_paths_as(text: &str, shown: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    let next = |rest: &str| {
        ["rtsp://", "rtsps://"]
            .into_iter()
            .filter_map(|scheme| rest.find(scheme))
            .min()
    };
    while let Some(at) = next(rest) {
        let (before, address) = rest.split_at(at);
        clean.push_str(before);
        let end = address
            .find(|c: char| c.is_whitespace() || "\"'<>".contains(c))
            .unwrap_or(address.len());
        let host = address.find("://").map_or(0, |sign| sign + 3);
        let path = address[host..end].find('/').map_or(end, |slash| host + slash);
        clean.push_str(&address[..path]);
        clean.push_str(if path < end { shown } else { "" });
        rest = &address[end..];
    }
    clean + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use device::{Password, StreamKind};

    fn recorder(password: &str, template: &str) -> Recorder {
        let credentials = Credentials {
            user: "admin".to_owned(),
            password: Password::new(password),
        };
        let path = RequestPath::Template {
            template: template.parse().unwrap(),
            channel: 1,
            kind: StreamKind::Main,
        };
        Recorder::new(Some(&credentials), &path)
    }

    #[test]
    fn a_password_that_stands_in_the_path_is_not_told_however_short_it_is() {
        for password in ["12", "s3cret", "p@ss word", "日本の"] {
            let recorder = recorder(password, "/user={user}&password={pass}&channel={ch}.sdp");
            let path = format!("/user=admin&password={password}&channel=1.sdp").replace(' ', "%20");
            let said = format!("DESCRIBE rtsp://192.168.0.9:554{path} RTSP/1.0\r\nCSeq: 2\r\n\r\n");
            let Note::Said(text) = recorder.said(said.as_bytes()) else {
                panic!("it was said");
            };
            assert!(
                !text.contains(&format!("={password}")) && !text.contains("%20"),
                "{text}"
            );
            assert!(text.contains("rtsp://192.168.0.9:554/user={user}"), "{text}");
            assert!(text.contains("CSeq: 2"), "{text}");
        }
    }

    #[test]
    fn a_sign_in_is_told_as_such_and_not_what_proves_it() {
        let recorder = recorder("s3cret", "/ch{ch}");
        let said = "OPTIONS rtsp://h/ch1 RTSP/1.0\r\nAuthorization: Digest username=\"admin\", response=\"abc123\"\r\nX: 1\r\n\r\n";
        let Note::Said(text) = recorder.said(said.as_bytes()) else {
            panic!("it was said");
        };
        assert!(text.contains("Authorization: ") && text.contains("X: 1"), "{text}");
        assert!(!text.contains("abc123") && !text.contains("Digest username"), "{text}");
    }

    #[test]
    fn each_thing_about_pictures_is_told_once() {
        let mut recorder = recorder("s3cret", "/ch{ch}");
        let told = [(0, false), (3, false), (9, false), (12, true), (20, true)].map(|(packets, key)| {
            let notes = recorder.media(packets, key);
            notes.into_iter().flatten().count()
        });
        assert_eq!(told, [0, 1, 0, 1, 0]);
    }
}
