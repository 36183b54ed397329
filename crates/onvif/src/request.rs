//! What is carried for an enquiry, and what came back: plain values, so that any HTTP will do.

use std::fmt;

/// A POST to be carried.
#[derive(Clone, PartialEq, Eq)]
pub struct WebRequest {
    /// Path and query.
    pub target: String,
    pub content_type: String,
    /// The value of `Authorization`.
    pub authorization: Option<Vec<u8>>,
    pub body: String,
}

/// What came back, whatever the status.
#[derive(Clone, PartialEq, Eq)]
pub struct WebReply {
    pub status: u16,
    /// The values of `WWW-Authenticate`.
    pub challenges: Vec<Vec<u8>>,
    /// The value of `Server`, for a guess at the maker.
    pub server: Option<String>,
    /// As far as it came.
    pub body: Vec<u8>,
}

impl WebReply {
    pub fn new<'v>(status: u16, challenges: impl IntoIterator<Item = &'v str>, body: &str) -> Self {
        Self {
            status,
            challenges: challenges.into_iter().map(|value| value.as_bytes().to_vec()).collect(),
            server: None,
            body: body.as_bytes().to_vec(),
        }
    }
}

impl fmt::Debug for WebRequest {
    /// Without the sign-in, which stands in the header or in the body.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebRequest")
            .field("target", &self.target)
            .field("content_type", &self.content_type)
            .field("signed", &self.authorization.is_some())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for WebReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("WebReply");
        shown
            .field("status", &self.status)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}
