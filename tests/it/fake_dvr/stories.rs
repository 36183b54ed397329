//! The fake DVR itself, seen by a client that is not ours.

use std::process::Command;

use super::{Auth, Codec, FakeDvr, Script};
use crate::skipped::skip;

/// What ffprobe makes of one stream: `codec,width,height` or its complaint.
fn probe(dvr: &FakeDvr, user: &str) -> Option<String> {
    let url = dvr.url().replacen("://", &format!("://{user}"), 1);
    let arguments = [
        "-v",
        "error",
        "-rtsp_transport",
        "tcp",
        "-analyzeduration",
        "1000000",
        "-select_streams",
        "v",
        "-show_entries",
        "stream=codec_name,width,height",
        "-of",
        "csv=p=0",
    ];
    match Command::new("timeout")
        .args(["20", "ffprobe"])
        .args(arguments)
        .arg(url)
        .output()
    {
        Ok(output) if output.status.success() => Some(String::from_utf8_lossy(&output.stdout).trim().to_owned()),
        Ok(output) => Some(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Err(error) => {
            skip("the fake DVR before ffprobe", &error.to_string());
            None
        }
    }
}

#[test]
fn ffprobe_sees_every_codec() {
    for (codec, expected) in [
        (Codec::H264, "h264,160,120"),
        (Codec::H265, "hevc,160,120"),
        (Codec::Mjpeg, "mjpeg,160,120"),
    ] {
        let dvr = FakeDvr::start(Script {
            codec,
            ..Script::default()
        });
        let Some(seen) = probe(&dvr, "") else { return };
        assert_eq!(seen, expected, "{codec:?}");
        let methods: Vec<String> = dvr.seen()[0]
            .requests
            .iter()
            .map(|request| request.method.clone())
            .collect();
        assert_eq!(methods[..4], ["OPTIONS", "DESCRIBE", "SETUP", "PLAY"]);
    }
}

#[test]
fn ffprobe_signs_in_with_the_right_password_only() {
    for auth in [Auth::Basic, Auth::DigestPlain, Auth::DigestMd5, Auth::DigestStale] {
        let dvr = FakeDvr::start(Script {
            auth,
            ..Script::default()
        });
        let Some(seen) = probe(&dvr, "admin:secret@") else {
            return;
        };
        assert_eq!(seen, "h264,160,120", "{auth:?}");
        assert!(
            probe(&dvr, "admin:wrong@").is_some_and(|seen| seen.contains("401")),
            "{auth:?}"
        );
        assert!(probe(&dvr, "").is_some_and(|seen| seen.contains("401")), "{auth:?}");
    }
}
