//! The signature of a request, by which its receiver knows who sent it.

use std::fmt::Write as _;

use ring::hmac;

/// HMAC-SHA256 (RFC 2104) in hexadecimal digits.
#[must_use]
pub fn signature(key: &[u8], text: &[u8]) -> String {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text);
    let mut digits = String::with_capacity(64);
    for byte in tag.as_ref() {
        let _never = write!(digits, "{byte:02x}");
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231 §4.3.
    #[test]
    fn a_signature_is_that_of_the_standard() {
        assert_eq!(
            signature(b"Jefe", b"what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }
}
