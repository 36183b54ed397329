//! Several requests on one connection, one after the other, as long as the server keeps it open.

use std::pin::{Pin, pin};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue, LOCATION, SERVER, USER_AGENT, WWW_AUTHENTICATE};
use hyper::{Method, Request};
use tokio::io::{AsyncRead, AsyncWrite};

use super::{HttpError, MOST_HEAD, io, judged};

/// What is sent.
#[derive(Clone, Copy)]
pub struct Post<'a> {
    /// Host and port, for the header `Host` (RFC 9110 §7.2).
    pub authority: &'a str,
    /// Path and query, beginning with a slash.
    pub target: &'a str,
    pub content_type: &'a str,
    /// The value of `Authorization`.
    pub authorization: Option<&'a [u8]>,
    /// One more header, by its name in lower case.
    pub header: Option<(&'static str, &'a str)>,
    pub body: &'a str,
    /// The most bytes of content that are taken.
    pub most: usize,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostAnswer {
    /// As in RFC 9110 §15.
    pub status: u16,
    /// The values of `WWW-Authenticate`.
    pub challenges: Vec<Vec<u8>>,
    pub server: Option<String>,
    /// Where else the content is (`Location`), if that was said.
    pub location: Option<String>,
    /// The content, without chunking, as far as it came: devices announce more than they send.
    pub body: Vec<u8>,
}

/// A connection on which requests are sent, one at a time. It closes when it is dropped.
pub struct Conversation {
    pub(super) sender: SendRequest<Full<Bytes>>,
    pub(super) connection: Pin<Box<dyn Future<Output = ()> + Send>>,
    pub(super) is_open: bool,
    /// The answer that is read piece by piece.
    pub(super) content: Option<Incoming>,
}

impl Conversation {
    /// Begins on a connection that was dialled. What servers get wrong in headers is overlooked.
    ///
    /// # Errors
    /// [`HttpError`], where nothing can be sent at all.
    pub async fn begin<S>(stream: S) -> Result<Self, HttpError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (sender, connection) = http1::Builder::new()
            .max_buf_size(MOST_HEAD)
            .allow_spaces_after_header_name_in_responses(true)
            .allow_obsolete_multiline_headers_in_responses(true)
            .ignore_invalid_headers_in_responses(true)
            // Some servers know their headers in this spelling alone.
            .title_case_headers(true)
            .handshake(io::Io(stream))
            .await
            .map_err(|error| judged(&error))?;
        Ok(Self {
            sender,
            connection: Box::pin(async move {
                connection.await.ok();
            }),
            is_open: true,
            content: None,
        })
    }

    /// Whether another request may be sent: the server has not said that it closes, and has not done so.
    pub fn is_open(&self) -> bool {
        self.is_open && !self.sender.is_closed()
    }

    /// Sends a request and reads the whole answer. How long that may take is for the caller to say: nothing is left running when this
    /// is dropped.
    ///
    /// # Errors
    /// [`HttpError`], each once and without another try. The conversation is over then.
    pub async fn post(&mut self, post: Post<'_>) -> Result<PostAnswer, HttpError> {
        let answer = self.answer(post).await;
        self.is_open &= answer.is_ok();
        answer
    }

    async fn answer(&mut self, post: Post<'_>) -> Result<PostAnswer, HttpError> {
        let invalid = |error: hyper::header::InvalidHeaderValue| HttpError::Request(error.to_string());
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(post.target)
            .header(HOST, post.authority)
            .header(USER_AGENT, concat!("Monomi/", env!("CARGO_PKG_VERSION")))
            .header(CONTENT_TYPE, post.content_type);
        if let Some(authorization) = post.authorization {
            let mut value = HeaderValue::from_bytes(authorization).map_err(invalid)?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        if let Some((name, value)) = post.header {
            request = request.header(name, HeaderValue::from_str(value).map_err(invalid)?);
        }
        let body = Full::new(Bytes::copy_from_slice(post.body.as_bytes()));
        let request = request
            .body(body)
            .map_err(|error| HttpError::Request(error.to_string()))?;
        let Self {
            sender,
            connection,
            is_open,
            ..
        } = self;
        let asking = async {
            sender.ready().await.map_err(|error| judged(&error))?;
            let response = sender.send_request(request).await.map_err(|error| judged(&error))?;
            let (head, mut content) = response.into_parts();
            let mut body = Vec::new();
            let mut whole = true;
            while let Some(frame) = content.frame().await {
                let Ok(frame) = frame else {
                    whole = false;
                    break;
                };
                let Ok(data) = frame.into_data() else { continue };
                if body.len() + data.len() > post.most {
                    return Err(HttpError::TooLong(post.most));
                }
                body.extend_from_slice(&data);
            }
            let closes = !whole || says_close(&head);
            let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
            let challenges = head.headers.get_all(WWW_AUTHENTICATE).iter();
            let answer = PostAnswer {
                status: head.status.as_u16(),
                challenges: challenges.map(|value| value.as_bytes().to_vec()).collect(),
                server: head.headers.get(SERVER).map(text),
                location: head.headers.get(LOCATION).map(text),
                body,
            };
            Ok((answer, closes))
        };
        let mut asking = pin!(asking);
        let answer = loop {
            // The last bytes of an answer may be read after the connection has ended.
            tokio::select! {
                biased;
                answer = &mut asking => break answer,
                () = &mut *connection, if *is_open => *is_open = false,
            }
        };
        let (answer, closes) = answer?;
        *is_open &= !closes;
        Ok(answer)
    }
}

/// Whether the server closes after this answer (RFC 9112 §9.3).
pub(super) fn says_close(head: &hyper::http::response::Parts) -> bool {
    let says = |word: &str| {
        let values = head.headers.get_all(hyper::header::CONNECTION).iter();
        let text = values.map(|value| String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase());
        text.into_iter().any(|text| text.contains(word))
    };
    says("close") || head.version < hyper::Version::HTTP_11 && !says("keep-alive")
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

    use super::*;

    /// Reads one request with its body.
    async fn request(stream: &mut DuplexStream) -> String {
        let mut text = Vec::new();
        while !text.ends_with(b"\r\n\r\n") {
            text.push(stream.read_u8().await.unwrap());
        }
        let head = String::from_utf8(text).unwrap();
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.parse::<usize>().unwrap())
        });
        let mut body = vec![0; length.unwrap_or(0)];
        stream.read_exact(&mut body).await.unwrap();
        head + &String::from_utf8(body).unwrap()
    }

    fn post(target: &'static str) -> Post<'static> {
        Post {
            authority: "192.0.2.1:8080",
            target,
            content_type: "application/soap+xml; charset=utf-8; action=\"a\"",
            authorization: Some(b"Digest username=\"\xe6\x97\xa5\""),
            header: Some(("x-more", "1")),
            body: "<x/>",
            most: 100,
        }
    }

    #[tokio::test]
    async fn two_requests_go_on_one_connection_until_the_server_says_that_it_closes() {
        let (ours, mut theirs) = duplex(1 << 16);
        let serve = async {
            let first = request(&mut theirs).await;
            theirs.write_all(b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"\x83\x5c\"\r\nWWW-Authenticate: Basic\r\nServer: x\r\nContent-Length: 2\r\n\r\nno").await.unwrap();
            let second = request(&mut theirs).await;
            theirs
                .write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\n\r\nyes")
                .await
                .unwrap();
            (first, second)
        };
        let ask = async {
            let mut conversation = Conversation::begin(ours).await.unwrap();
            let first = conversation.post(post("/a")).await.unwrap();
            assert!(conversation.is_open());
            let second = conversation.post(post("/b?c")).await.unwrap();
            assert!(!conversation.is_open());
            (first, second)
        };
        let ((first, second), (asked_first, asked_second)) = tokio::join!(ask, serve);
        assert_eq!(
            (first.status, first.body.as_slice(), first.server.as_deref()),
            (401, &b"no"[..], Some("x"))
        );
        assert_eq!(first.challenges, [&b"Digest realm=\"\x83\x5c\""[..], b"Basic"]);
        assert_eq!((second.status, second.body.as_slice()), (200, &b"yes"[..]));
        assert!(
            asked_first.starts_with("POST /a HTTP/1.1\r\n") && asked_first.ends_with("\r\n\r\n<x/>"),
            "{asked_first}"
        );
        assert!(asked_second.starts_with("POST /b?c HTTP/1.1\r\n"), "{asked_second}");
        assert!(
            asked_first.contains("Authorization: Digest username=\"日\"\r\n"),
            "{asked_first}"
        );
        assert!(asked_first.contains("Host: 192.0.2.1:8080\r\n"), "{asked_first}");
    }

    async fn answered(answer: &'static [u8]) -> (Result<PostAnswer, HttpError>, bool) {
        let (ours, mut theirs) = duplex(1 << 20);
        let serve = async {
            request(&mut theirs).await;
            theirs.write_all(answer).await.unwrap();
            drop(theirs);
        };
        let ask = async {
            let mut conversation = Conversation::begin(ours).await.unwrap();
            let answer = conversation.post(post("/")).await;
            (answer, conversation.is_open())
        };
        tokio::join!(ask, serve).0
    }

    #[tokio::test]
    async fn what_servers_get_wrong_is_overlooked_and_what_came_is_kept() {
        let answers: [&[u8]; 5] = [
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nyes",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nyes\r\n",
            b"HTTP/1.0 200\r\n\r\nyes",
            b"HTTP/1.1 200 OK\nno header at all\nContent-Type : x\nConnection: close\n\nyes",
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 3\r\n\r\nyes",
        ];
        for bytes in answers {
            let (answer, _) = answered(bytes).await;
            let text = String::from_utf8_lossy(bytes);
            assert_eq!(answer.map(|answer| answer.body), Ok(b"yes".to_vec()), "{text}");
        }
    }

    #[tokio::test]
    async fn nothing_is_asked_twice_and_no_content_is_larger_than_allowed() {
        let (silent, is_open) = answered(b"").await;
        assert!(matches!(silent, Err(HttpError::Ended(_))) && !is_open, "{silent:?}");
        let (rtsp, _) = answered(b"RTSP/1.0 200 OK\r\n\r\n").await;
        assert!(matches!(rtsp, Err(HttpError::NotHttp(_))), "{rtsp:?}");
        let long: &'static [u8] = Box::leak(
            format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(101))
                .into_bytes()
                .into_boxed_slice(),
        );
        assert_eq!(answered(long).await.0, Err(HttpError::TooLong(100)));
    }

    #[tokio::test]
    async fn a_server_that_closes_in_silence_is_no_longer_asked() {
        let (ours, mut theirs) = duplex(1 << 16);
        let mut conversation = Conversation::begin(ours).await.unwrap();
        let serve = async {
            request(&mut theirs).await;
            theirs
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                .await
                .unwrap();
            drop(theirs);
        };
        let (first, ()) = tokio::join!(conversation.post(post("/")), serve);
        assert_eq!(first.map(|answer| answer.status), Ok(200));
        let second = conversation.post(post("/")).await;
        assert!(matches!(second, Err(HttpError::Ended(_))), "{second:?}");
        assert!(!conversation.is_open());
    }
}
