//! What the fake DVR takes for a sign of life, and the receiver reports that it reads.

/// Methods are as in requests; `RTCP` stands for receiver reports.
#[derive(Clone, Copy, Debug)]
pub struct Life {
    pub offers_get_parameter: bool,
    /// What counts; empty: any request.
    pub counts: &'static [&'static str],
    /// Requests that get no answer while it plays.
    pub ignores: &'static [&'static str],
    /// Requests that get this status while it plays.
    pub refuses: &'static [&'static str],
    pub with: &'static str,
    /// On these it hangs up while it plays.
    pub hangs_up_on: &'static [&'static str],
    /// Instead of closing the connection it ends the media.
    pub freezes: bool,
    /// Answers to keepalives have no `CSeq`.
    pub no_cseq: bool,
    /// Sender reports of its own, once a second.
    pub sender_reports: bool,
    /// What follows the session's name instead of `;timeout=`.
    pub session_parameters: Option<&'static str>,
}

impl Default for Life {
    fn default() -> Self {
        Self {
            offers_get_parameter: true,
            counts: &[],
            ignores: &[],
            refuses: &[],
            with: "405 Method Not Allowed",
            hangs_up_on: &[],
            freezes: false,
            no_cseq: false,
            sender_reports: false,
            session_parameters: None,
        }
    }
}

impl Life {
    pub fn counts(&self, sign: &str) -> bool {
        if self.counts.is_empty() {
            sign != "RTCP"
        } else {
            self.counts.contains(&sign)
        }
    }
}

/// A receiver report as it came, read here and not by code of the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub channel: u8,
    pub source: Option<u32>,
    pub fraction_lost: u8,
    pub lost: i32,
    pub highest: u32,
    pub last_sender_report: u32,
    pub cname: String,
}

/// A sender report (RFC 3550, 6.4.1) of the source of all clips; the middle of its time is [`MIDDLE`].
pub fn sender_report(source: [u8; 4]) -> Vec<u8> {
    let time = [&[0, 0][..], &MIDDLE.to_be_bytes(), &[0, 0]].concat();
    [&[0x80, 200, 0, 6][..], &source, &time, &[0; 12]].concat()
}

pub const MIDDLE: u32 = 0x1234_5678;

/// A compound packet of a receiver report with one block or none, and an SDES with a CNAME; anything else is a fault of the client.
pub fn read_report(channel: u8, packet: &[u8]) -> Report {
    let word = |at: usize| u32::from_be_bytes(packet[at..at + 4].try_into().expect("four bytes"));
    let blocks = usize::from(packet[0] & 0x1f);
    assert!(
        packet[0] >> 6 == 2 && packet[1] == 201 && blocks <= 1,
        "a receiver report: {packet:?}"
    );
    let length = 4 * (1 + (word(0) as usize & 0xffff));
    assert_eq!(length, 8 + 24 * blocks, "its length: {packet:?}");
    let names = &packet[length..];
    assert_eq!(
        (names[0], names[1]),
        (0x81, 202),
        "a description with one chunk: {packet:?}"
    );
    assert_eq!(names[4..8], packet[4..8], "of who reports");
    assert_eq!(
        (names[8], names.len() % 4, names.last()),
        (1, 0, Some(&0)),
        "a CNAME: {packet:?}"
    );
    let cname = String::from_utf8(names[10..10 + usize::from(names[9])].to_vec()).expect("a name");
    let block = |at: usize| if blocks == 1 { word(8 + at) } else { 0 };
    Report {
        channel,
        source: (blocks == 1).then(|| block(0)),
        fraction_lost: (block(4) >> 24) as u8,
        lost: ((block(4) << 8) as i32) >> 8,
        highest: block(8),
        last_sender_report: block(16),
        cname,
    }
}
