//! A mail as it is written: headers and a text.

use std::time::SystemTime;

use lettre::message::header::ContentType;
use lettre::message::{Attachment, Mailbox, Message, MultiPart, SinglePart};

use super::MailError;

/// What is written.
#[derive(Clone, Debug)]
pub struct WrittenMail {
    /// Addresses, each with a name before it or not.
    pub from: String,
    pub to: Vec<String>,
    pub subject: String,
    pub body: String,
    /// PNGs, each with the name of its file.
    pub pictures: Vec<(String, Vec<u8>)>,
    /// The same whenever the same is sent again, so that who has it already knows it.
    pub id: String,
    pub date: SystemTime,
}

impl WrittenMail {
    /// The mail in the form that goes over the wire (RFC 5322, with RFC 2047 where a header is not ASCII).
    ///
    /// # Errors
    /// [`MailError::Unwritten`]: an address is none.
    pub(super) fn message(&self) -> Result<Message, MailError> {
        let unwritten = |what: &str, error: &dyn std::fmt::Display| MailError::Unwritten(format!("{what}: {error}"));
        let address = |text: &str| text.parse::<Mailbox>().map_err(|error| unwritten(text, &error));
        let domain = self.from.rsplit('@').next().unwrap_or_default().trim_end_matches('>');
        let subject: String = self
            .subject
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let mut builder = Message::builder()
            .from(address(&self.from)?)
            .subject(subject)
            .message_id(Some(format!("<{}@{domain}>", self.id)))
            .date(self.date)
            .user_agent(concat!("Monomi/", env!("CARGO_PKG_VERSION")).to_owned());
        for to in &self.to {
            builder = builder.to(address(to)?);
        }
        let text = SinglePart::plain(self.body.clone());
        let written = if self.pictures.is_empty() {
            builder.singlepart(text)
        } else {
            let png = ContentType::parse("image/png").map_err(|error| unwritten("image/png", &error))?;
            let mut parts = MultiPart::mixed().singlepart(text);
            for (name, bytes) in &self.pictures {
                parts = parts.singlepart(Attachment::new(name.clone()).body(bytes.clone(), png.clone()));
            }
            builder.multipart(parts)
        };
        written.map_err(|error| unwritten("the mail", &error))
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    fn mail() -> WrittenMail {
        WrittenMail {
            from: "監視 <monomi@example.jp>".to_owned(),
            to: vec!["a@example.jp".to_owned(), "B <b@example.jp>".to_owned()],
            subject: "大阪店: 応答がありません\r\nBcc: x@example.jp".to_owned(),
            body: "続けて接続を試みます。\n.\nend".to_owned(),
            pictures: Vec::new(),
            id: "7.monomi".to_owned(),
            date: UNIX_EPOCH + Duration::from_secs(1_234_567_890),
        }
    }

    #[test]
    fn a_japanese_mail_is_ascii_on_the_wire_and_no_subject_adds_a_header() {
        let message = mail().message().unwrap();
        let wire = String::from_utf8(message.formatted()).unwrap();
        assert!(wire.is_ascii(), "{wire}");
        for header in [
            "Subject: =?utf-8?b?",
            "Message-ID: <7.monomi@example.jp>",
            "Date: Fri, 13 Feb 2009 23:31:30 +0000",
            "To: a@example.jp, B <b@example.jp>",
        ] {
            assert!(wire.contains(header), "{header}: {wire}");
        }
        assert!(!wire.contains("\nBcc:"), "{wire}");
        assert_eq!(message.envelope().to().len(), 2);
    }

    #[test]
    fn a_picture_is_attached_under_its_name() {
        let with = WrittenMail {
            pictures: vec![("正面_CH1.png".to_owned(), b"\x89PNG\r\n".to_vec())],
            ..mail()
        };
        let wire = String::from_utf8(with.message().unwrap().formatted()).unwrap();
        assert!(wire.is_ascii(), "{wire}");
        for part in [
            "multipart/mixed",
            "Content-Type: image/png",
            "Content-Disposition: attachment",
            "iVBORw0K",
        ] {
            assert!(wire.contains(part), "{part}: {wire}");
        }
    }

    #[test]
    fn what_is_no_address_is_said() {
        let wrong = WrittenMail {
            to: vec!["nobody".to_owned()],
            ..mail()
        };
        assert!(matches!(wrong.message(), Err(MailError::Unwritten(_))));
    }
}
