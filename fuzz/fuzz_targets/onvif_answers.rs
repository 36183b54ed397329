//! Any bytes as what a device answers over ONVIF: no panic, and no more memory, work and requests than there are limits for.
#![no_main]

use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, SystemTime};

use device::{Credentials, Password};
use libfuzzer_sys::fuzz_target;
use onvif::{Enquiry, EnquiryGoal, EnquiryNext, EnquiryPlan, WebReply, XmlLimits, XmlTree};

/// The most requests of one enquiry: two streams of each of 256 channels, and what comes before them.
const MOST_REQUESTS: usize = 2 * 256 + 32;

// The first byte says the status; a zero parts one answer from the next, and the last one is given again and again.
fuzz_target!(|bytes: &[u8]| {
    for limits in [XmlLimits::DATAGRAM, XmlLimits::ANSWER] {
        let Ok(tree) = XmlTree::read(bytes, limits) else { continue };
        assert!(tree.footprint() <= 3 * bytes.len().max(64) + 48 * limits.nodes);
        assert!(tree.top().below().count() <= limits.nodes);
    }
    let from = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
    assert!(discovery::read_answers(bytes, from).len() <= XmlLimits::DATAGRAM.nodes);
    let (status, rest) = bytes.split_first().unwrap_or((&0, &[]));
    let status = [200, 400, 401, 500, 503][usize::from(*status) % 5];
    let mut answers = rest.split(|byte| *byte == 0).peekable();
    let mut enquiry = Enquiry::new(EnquiryPlan {
        goal: EnquiryGoal::Channels,
        path: "/onvif/device_service".to_owned(),
        credentials: Some(Credentials {
            user: "admin".to_owned(),
            password: Password::new("secret"),
        }),
        may_basic: true,
        seed: 1,
    });
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let mut requests = 0;
    let mut body: &[u8] = &[];
    while let EnquiryNext::Ask(_) = enquiry.next(now) {
        requests += 1;
        assert!(requests <= MOST_REQUESTS, "it asks without end");
        body = answers.next().unwrap_or(body);
        let reply = WebReply {
            status,
            challenges: vec![body.get(..64).unwrap_or(body).to_vec()],
            server: None,
            body: body.to_vec(),
        };
        enquiry.answered(&reply, Duration::from_millis(1), now);
    }
    assert!(enquiry.result().channels.len() <= 256);
});
