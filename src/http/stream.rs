//! An answer that never ends, read piece by piece.

use std::pin::pin;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue, LOCATION, SERVER, USER_AGENT, WWW_AUTHENTICATE};
use hyper::{Method, Request};

use super::conversation::says_close;
use super::{Conversation, HttpError, PostAnswer, judged};

/// What is asked for.
#[derive(Clone, Copy)]
pub struct StreamGet<'a> {
    /// Host and port, for the header `Host` (RFC 9110 §7.2).
    pub authority: &'a str,
    /// Path and query, beginning with a slash.
    pub target: &'a str,
    /// The value of `Authorization`.
    pub authorization: Option<&'a [u8]>,
    /// The most bytes of an answer that is no success, and so has an end.
    pub most: usize,
}

/// The head of the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamAnswer {
    /// Its body is empty where pieces follow.
    pub answer: PostAnswer,
    pub content_type: String,
    /// The answer is a success: its pieces follow.
    pub is_stream: bool,
}

impl Conversation {
    /// Asks for an answer that is read by [`Self::piece`] where it is a success, and as a whole otherwise. How long that may take is for the caller
    /// to say.
    ///
    /// # Errors
    /// [`HttpError`], each once and without another try. The conversation is over then.
    pub async fn stream(&mut self, get: StreamGet<'_>) -> Result<StreamAnswer, HttpError> {
        let answer = self.begin_stream(get).await;
        self.is_open &= answer.is_ok();
        answer
    }

    /// The next bytes of the answer; `None`: it has ended, and the conversation with it.
    ///
    /// # Errors
    /// [`HttpError`]; the conversation is over then.
    pub async fn piece(&mut self) -> Result<Option<Bytes>, HttpError> {
        let Self {
            connection,
            is_open,
            content,
            ..
        } = self;
        let Some(content) = content else { return Ok(None) };
        loop {
            let frame = {
                let mut next = pin!(content.frame());
                loop {
                    tokio::select! {
                        biased;
                        frame = &mut next => break frame,
                        () = &mut *connection, if *is_open => *is_open = false,
                    }
                }
            };
            match frame {
                None => return Ok(None),
                Some(Err(error)) => return Err(judged(&error)),
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => return Ok(Some(data)),
                    Err(_trailers) => {}
                },
            }
        }
    }

    async fn begin_stream(&mut self, get: StreamGet<'_>) -> Result<StreamAnswer, HttpError> {
        let request = request(get)?;
        let Self {
            sender,
            connection,
            is_open,
            content,
        } = self;
        let asking = async {
            sender.ready().await.map_err(|error| judged(&error))?;
            let response = sender.send_request(request).await.map_err(|error| judged(&error))?;
            let (head, mut body) = response.into_parts();
            let closes = says_close(&head);
            let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
            let challenges = head.headers.get_all(WWW_AUTHENTICATE).iter();
            let answer = PostAnswer {
                status: head.status.as_u16(),
                challenges: challenges.map(|value| value.as_bytes().to_vec()).collect(),
                server: head.headers.get(SERVER).map(text),
                location: head.headers.get(LOCATION).map(text),
                body: Vec::new(),
            };
            let mut answer = StreamAnswer {
                answer,
                content_type: head.headers.get(CONTENT_TYPE).map(text).unwrap_or_default(),
                is_stream: head.status.is_success(),
            };
            if answer.is_stream {
                return Ok((answer, Some(body), false));
            }
            let is_whole = whole(&mut body, get.most, &mut answer.answer.body).await?;
            Ok((answer, None, closes || !is_whole))
        };
        let mut asking = pin!(asking);
        let answer = loop {
            tokio::select! {
                biased;
                answer = &mut asking => break answer,
                () = &mut *connection, if *is_open => *is_open = false,
            }
        };
        let (answer, body, closes) = answer?;
        *content = body;
        *is_open &= !closes;
        Ok(answer)
    }
}

fn request(get: StreamGet<'_>) -> Result<Request<Full<Bytes>>, HttpError> {
    let invalid = |error: hyper::header::InvalidHeaderValue| HttpError::Request(error.to_string());
    let mut request = Request::builder()
        .method(Method::GET)
        .uri(get.target)
        .header(HOST, get.authority)
        .header(USER_AGENT, concat!("Monomi/", env!("CARGO_PKG_VERSION")));
    if let Some(authorization) = get.authorization {
        let mut value = HeaderValue::from_bytes(authorization).map_err(invalid)?;
        value.set_sensitive(true);
        request = request.header(AUTHORIZATION, value);
    }
    let empty = request.body(Full::new(Bytes::new()));
    empty.map_err(|error| HttpError::Request(error.to_string()))
}

/// Reads all of an answer; whether it came whole.
async fn whole(content: &mut Incoming, most: usize, body: &mut Vec<u8>) -> Result<bool, HttpError> {
    while let Some(frame) = content.frame().await {
        let Ok(frame) = frame else { return Ok(false) };
        let Ok(data) = frame.into_data() else { continue };
        if body.len() + data.len() > most {
            return Err(HttpError::TooLong(most));
        }
        body.extend_from_slice(&data);
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

    use super::*;

    async fn request(stream: &mut DuplexStream) -> String {
        let mut text = Vec::new();
        while !text.ends_with(b"\r\n\r\n") {
            text.push(stream.read_u8().await.unwrap());
        }
        String::from_utf8(text).unwrap()
    }

    fn get(authorization: Option<&'static [u8]>) -> StreamGet<'static> {
        StreamGet {
            authority: "192.0.2.1",
            target: "/attach?codes=[All]&heartbeat=5",
            authorization,
            most: 100,
        }
    }

    #[tokio::test]
    async fn a_refusal_is_read_whole_and_the_stream_comes_in_pieces_on_the_same_connection() {
        let (ours, mut theirs) = duplex(1 << 16);
        let serve = async {
            let first = request(&mut theirs).await;
            theirs
                .write_all(b"HTTP/1.1 401 No\r\nWWW-Authenticate: Digest realm=\"x\"\r\nContent-Length: 2\r\n\r\nno")
                .await
                .unwrap();
            let second = request(&mut theirs).await;
            theirs
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\none")
                .await
                .unwrap();
            theirs.write_all(b"two").await.unwrap();
            drop(theirs);
            (first, second)
        };
        let ask = async {
            let mut conversation = Conversation::begin(ours).await.unwrap();
            let refused = conversation.stream(get(None)).await.unwrap();
            assert_eq!(
                (refused.answer.status, refused.is_stream, refused.answer.body.as_slice()),
                (401, false, &b"no"[..])
            );
            assert!(conversation.is_open() && conversation.piece().await == Ok(None));
            let stream = conversation.stream(get(Some(b"Digest x"))).await.unwrap();
            assert_eq!(
                (stream.is_stream, stream.content_type.as_str()),
                (true, "multipart/mixed; boundary=b")
            );
            let mut came = Vec::new();
            while let Some(piece) = conversation.piece().await.unwrap() {
                came.extend_from_slice(&piece);
            }
            came
        };
        let (came, (first, second)) = tokio::join!(ask, serve);
        assert_eq!(came, b"onetwo");
        assert!(
            first.starts_with("GET /attach?codes=[All]&heartbeat=5 HTTP/1.1\r\n"),
            "{first}"
        );
        assert!(second.contains("Authorization: Digest x\r\n"), "{second}");
    }

    #[tokio::test]
    async fn no_refusal_is_larger_than_allowed() {
        let (ours, mut theirs) = duplex(1 << 16);
        let serve = async {
            request(&mut theirs).await;
            let text = format!("HTTP/1.1 500 No\r\n\r\n{}", "x".repeat(101));
            theirs.write_all(text.as_bytes()).await.unwrap();
            drop(theirs);
        };
        let ask = async {
            let mut conversation = Conversation::begin(ours).await.unwrap();
            conversation.stream(get(None)).await
        };
        let (answer, ()) = tokio::join!(ask, serve);
        assert_eq!(answer, Err(HttpError::TooLong(100)));
    }
}
