//! The format parameters of a track in the SDP (RFC 8866 §6.15).

/// A number among the parameters of `a=fmtp`; 0 where there is none.
pub(super) fn number(fmtp: &[(String, String)], name: &str) -> usize {
    let found = fmtp.iter().find(|(own, _)| own.trim().eq_ignore_ascii_case(name));
    found
        .and_then(|(_, value)| value.trim().parse().ok())
        .unwrap_or_default()
}
