//! HTTP: requests and their answers on a connection that `net` has dialled.
//!
//! Belongs here: how a request is written and an answer is read, and how large that may be.
//! Does not belong here: sockets and TLS (`net`), when to ask (`reconnect`, `engine`), what an answer means (whoever asked).
//!
//! The protocol is `hyper`'s: a connection object that is driven by hand and opens no socket. [`get`] ends with its answer, a
//! [`Conversation`] goes on while the server lets it, also with one answer that never ends; no redirect is followed, because another host needs another permit.

mod conversation;
mod io;
mod signature;
mod stream;

use std::pin::pin;

pub use conversation::{Conversation, Post, PostAnswer};
pub use signature::signature;
pub use stream::{StreamAnswer, StreamGet};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, CONNECTION, HOST, LOCATION, USER_AGENT};
use hyper::{Method, Request, Response};
use tokio::io::{AsyncRead, AsyncWrite};

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Get<'a> {
    /// Host and port, for the header `Host` (RFC 9110 §7.2).
    pub authority: &'a str,
    /// Path and query, beginning with a slash.
    pub target: &'a str,
    /// The types of content that are understood.
    pub accept: &'static str,
    /// The most bytes of content that are taken.
    pub most: usize,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpAnswer {
    /// As in RFC 9110 §15.
    pub status: u16,
    /// Where else the content is (`Location`), if that was said.
    pub location: Option<String>,
    /// The content, without chunking.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    #[error("the request cannot be written: {0}")]
    Request(String),
    /// What came is no HTTP.
    #[error("the answer is no HTTP: {0}")]
    NotHttp(String),
    #[error("the connection ended before the answer was whole: {0}")]
    Ended(String),
    #[error("the answer is larger than {0} bytes")]
    TooLong(usize),
}

/// The most bytes of a status line with its headers. What `hyper` takes at least is 8 KiB.
const MOST_HEAD: usize = 16 * 1024;

/// Asks once and reads the whole answer. How long that may take is for the caller to say: nothing is left running when this is
/// dropped.
///
/// # Errors
/// [`HttpError`], each once and without another try.
pub async fn get<S>(stream: S, get: Get<'_>) -> Result<HttpAnswer, HttpError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let request = Request::builder()
        .method(Method::GET)
        .uri(get.target)
        .header(HOST, get.authority)
        .header(USER_AGENT, concat!("Monomi/", env!("CARGO_PKG_VERSION")))
        .header(ACCEPT, get.accept)
        .header(CONNECTION, "close")
        .body(Empty::<Bytes>::new())
        .map_err(|error| HttpError::Request(error.to_string()))?;
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(MOST_HEAD)
        .handshake(io::Io(stream))
        .await
        .map_err(|error| judged(&error))?;
    let asking = async {
        let response = sender.send_request(request).await.map_err(|error| judged(&error))?;
        read(response, get.most).await
    };
    let (mut asking, mut connection) = (pin!(asking), pin!(connection));
    let mut is_open = true;
    loop {
        // The last bytes of an answer may be read after the connection has ended.
        tokio::select! {
            biased;
            answer = &mut asking => return answer,
            _ended = &mut connection, if is_open => is_open = false,
        }
    }
}

async fn read(response: Response<Incoming>, most: usize) -> Result<HttpAnswer, HttpError> {
    let status = response.status().as_u16();
    let location = response.headers().get(LOCATION);
    let location = location.and_then(|value| value.to_str().ok()).map(str::to_owned);
    let mut content = response.into_body();
    let mut body = Vec::new();
    while let Some(frame) = content.frame().await {
        let Ok(data) = frame.map_err(|error| judged(&error))?.into_data() else {
            continue;
        };
        if body.len() + data.len() > most {
            return Err(HttpError::TooLong(most));
        }
        body.extend_from_slice(&data);
    }
    Ok(HttpAnswer { status, location, body })
}

fn judged(error: &hyper::Error) -> HttpError {
    let text = error.to_string();
    match error.is_parse() {
        true => HttpError::NotHttp(text),
        false => HttpError::Ended(text),
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    /// Asks a server that answers with these bytes and hangs up; its request, too.
    async fn asked(answer: &[u8]) -> (Result<HttpAnswer, HttpError>, String) {
        let (ours, mut theirs) = duplex(1 << 20);
        let serve = async {
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                request.push(theirs.read_u8().await.unwrap());
            }
            theirs.write_all(answer).await.unwrap();
            drop(theirs);
            String::from_utf8(request).unwrap()
        };
        let asking = get(
            ours,
            Get {
                authority: "example.jp:8080",
                target: "/a?b",
                accept: "text/plain",
                most: 100,
            },
        );
        tokio::join!(asking, serve)
    }

    fn whole(status: u16, body: &str) -> Result<HttpAnswer, HttpError> {
        Ok(HttpAnswer {
            status,
            location: None,
            body: body.as_bytes().to_vec(),
        })
    }

    #[tokio::test]
    async fn a_request_says_what_it_wants_and_who_asks() {
        let (_, request) = asked(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
        let mut lines = request.lines();
        assert_eq!(lines.next(), Some("GET /a?b HTTP/1.1"));
        let headers: Vec<String> = lines.map(str::to_ascii_lowercase).collect();
        for header in ["host: example.jp:8080", "accept: text/plain", "connection: close"] {
            assert!(headers.iter().any(|line| line == header), "{header}: {headers:?}");
        }
        let agent = format!("user-agent: monomi/{}", env!("CARGO_PKG_VERSION"));
        assert!(headers.contains(&agent), "{headers:?}");
    }

    #[tokio::test]
    async fn an_answer_is_read_however_its_length_is_said() {
        for answer in [
            "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n1.2.3",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n1.\r\n3\r\n2.3\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n1.2.3",
            "HTTP/1.0 200 OK\r\n\r\n1.2.3",
        ] {
            assert_eq!(asked(answer.as_bytes()).await.0, whole(200, "1.2.3"), "{answer}");
        }
        let moved = b"HTTP/1.1 302 Found\r\nlocation: https://example.jp/x\r\ncontent-length: 0\r\n\r\n";
        let moved = asked(moved).await.0.unwrap();
        assert_eq!(
            (moved.status, moved.location.as_deref()),
            (302, Some("https://example.jp/x"))
        );
        assert_eq!(
            asked(b"HTTP/1.1 404 Not Found\r\ncontent-length: 1\r\n\r\nx").await.0,
            whole(404, "x")
        );
    }

    #[tokio::test]
    async fn what_is_too_long_cut_off_or_no_http_is_told_apart() {
        let long = format!("HTTP/1.1 200 OK\r\ncontent-length: 101\r\n\r\n{}", "x".repeat(101));
        assert_eq!(asked(long.as_bytes()).await.0, Err(HttpError::TooLong(100)));
        let endless = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(100_000));
        assert_eq!(asked(endless.as_bytes()).await.0, Err(HttpError::TooLong(100)));
        let cut = asked(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n1.2").await.0;
        assert!(matches!(cut, Err(HttpError::Ended(_))), "{cut:?}");
        let silent = asked(b"").await.0;
        assert!(matches!(silent, Err(HttpError::Ended(_))), "{silent:?}");
        let rtsp = asked(b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n").await.0;
        assert!(matches!(rtsp, Err(HttpError::NotHttp(_))), "{rtsp:?}");
        let head = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "y".repeat(2 * MOST_HEAD));
        assert!(asked(head.as_bytes()).await.0.is_err());
    }
}
