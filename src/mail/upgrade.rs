//! STARTTLS (RFC 3207) by hand, up to the handshake, which is `net`'s.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::MailError;

/// The longest reply that is read, in bytes.
const LONGEST: usize = 8 * 1024;

/// Asks for TLS; when this is done, the next bytes on the stream are the handshake's. Bytes that came after the server's yes would be
/// taken for what it says inside of TLS, so that each reply is read to its end and not further (CVE-2011-0411).
///
/// # Errors
/// [`MailError`]; nothing was said but our name.
pub async fn start_tls<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, own_name: &str) -> Result<(), MailError> {
    expect(stream, 220).await?;
    send(stream, &format!("EHLO {own_name}\r\n")).await?;
    let offers = expect(stream, 250).await?;
    let is_offered = |line: &String| {
        line.split_ascii_whitespace()
            .next()
            .is_some_and(|word| word.eq_ignore_ascii_case("STARTTLS"))
    };
    if !offers.iter().skip(1).any(is_offered) {
        return Err(MailError::NoStartTls);
    }
    send(stream, "STARTTLS\r\n").await?;
    expect(stream, 220).await.map(drop)
}

async fn send<S: AsyncWrite + Unpin>(stream: &mut S, line: &str) -> Result<(), MailError> {
    stream.write_all(line.as_bytes()).await.map_err(|error| ended(&error))?;
    stream.flush().await.map_err(|error| ended(&error))
}

/// Reads a reply of this code; its lines without the code.
async fn expect<S: AsyncRead + Unpin>(stream: &mut S, code: u16) -> Result<Vec<String>, MailError> {
    let (mut lines, mut line, mut length) = (Vec::new(), Vec::new(), 0);
    loop {
        // A byte at a time, for none may be read that belongs to the handshake.
        let byte = stream.read_u8().await.map_err(|error| ended(&error))?;
        length += 1;
        if length > LONGEST {
            return Err(MailError::NotSmtp("the reply is too long".to_owned()));
        }
        if byte != b'\n' {
            line.push(byte);
            continue;
        }
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        line.clear();
        let said = text.get(..3).and_then(|digits| digits.parse::<u16>().ok());
        let said = said.ok_or_else(|| MailError::NotSmtp(super::refusal::told(&text)))?;
        let is_last = text.as_bytes().get(3) != Some(&b'-');
        lines.push(text.get(4..).unwrap_or_default().to_owned());
        if is_last && said == code {
            return Ok(lines);
        }
        if is_last {
            return Err(MailError::of_reply(said, &lines.join(" ")));
        }
    }
}

fn ended(error: &io::Error) -> MailError {
    MailError::Ended(super::refusal::told(&error.to_string()))
}

#[cfg(test)]
mod tests {
    use tokio::io::duplex;

    use super::*;

    /// What comes of a server that says these, each after a line of ours, and the first at once.
    async fn upgraded(says: &[&str]) -> (Result<(), MailError>, Vec<String>) {
        let (mut ours, mut theirs) = duplex(64 * 1024);
        let serve = async move {
            let mut heard = Vec::new();
            for (at, reply) in says.iter().enumerate() {
                if at > 0 {
                    let mut line = Vec::new();
                    while !line.ends_with(b"\r\n") {
                        let Ok(byte) = theirs.read_u8().await else { return heard };
                        line.push(byte);
                    }
                    heard.push(String::from_utf8_lossy(&line).trim_end().to_owned());
                }
                if theirs.write_all(reply.as_bytes()).await.is_err() {
                    return heard;
                }
            }
            heard
        };
        let asks = async move {
            let result = start_tls(&mut ours, "[127.0.0.1]").await;
            let mut rest = [0; 8];
            if result.is_ok() {
                // What came too early is for the handshake, which it breaks.
                let early = tokio::time::timeout(std::time::Duration::from_millis(1), ours.read(&mut rest)).await;
                assert!(
                    !matches!(early, Ok(Ok(read)) if read == 0 || rest[0] != b'X'),
                    "{early:?}"
                );
            }
            drop(ours);
            result
        };
        tokio::join!(asks, serve)
    }

    #[tokio::test(start_paused = true)]
    async fn tls_is_asked_for_where_it_is_offered_and_nothing_else_is_said() {
        let greeting = "220-mx.example.jp\r\n220 ready\r\n";
        let offers = "250-mx.example.jp\r\n250-AUTH PLAIN\r\n250 starttls\r\n";
        let (result, heard) = upgraded(&[greeting, offers, "220 go\r\nX"]).await;
        assert_eq!((result, heard.len()), (Ok(()), 2));
        assert_eq!(heard, ["EHLO [127.0.0.1]", "STARTTLS"]);
        let (result, heard) = upgraded(&[greeting, "250-mx STARTTLS\r\n250 AUTH PLAIN\r\n"]).await;
        assert_eq!((result, heard.len()), (Err(MailError::NoStartTls), 1));
    }

    #[tokio::test]
    async fn a_server_that_says_no_is_quoted() {
        let (result, _) = upgraded(&["554 5.7.1 go away\r\n"]).await;
        let text = "5.7.1 go away".to_owned();
        assert_eq!(result, Err(MailError::Refused { code: 554, text }));
        let (result, _) = upgraded(&["421-busy\r\n421 try later\r\n"]).await;
        let text = "busy try later".to_owned();
        assert_eq!(result, Err(MailError::Busy { code: 421, text }));
        for other in ["SSH-2.0-OpenSSH\r\n", "22\r\n", "店\r\n"] {
            let (result, _) = upgraded(&[other]).await;
            assert!(matches!(result, Err(MailError::NotSmtp(_))), "{other} {result:?}");
        }
        let (result, _) = upgraded(&[]).await;
        assert!(matches!(result, Err(MailError::Ended(_))), "{result:?}");
        let (result, _) = upgraded(&[&"220-x\r\n".repeat(3_000)]).await;
        assert!(matches!(result, Err(MailError::NotSmtp(_))), "{result:?}");
    }
}
