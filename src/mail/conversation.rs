//! One conversation with a mail server: sign-in, then mails one after another.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lettre::Address;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Quit, Rcpt, Rset};
use lettre::transport::smtp::extension::ClientId;
use tokio::io::{AsyncRead, AsyncWrite};

use super::greeted::Greeted;
use super::{MailError, WrittenMail};

/// As whom to sign in.
pub struct MailSignIn<'a> {
    pub user: &'a str,
    pub password: &'a str,
}

/// What became of a mail that the server has taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Recipients that it does not take, each with why.
    pub left_out: Vec<(String, String)>,
}

/// An open conversation. It ends when it is dropped.
pub struct MailConversation {
    connection: AsyncSmtpConnection,
    encrypted: bool,
}

/// This computer as it names itself: by no name, which would tell more than the server needs.
fn own_name() -> ClientId {
    ClientId::default()
}

impl MailConversation {
    /// How this computer names itself to servers.
    pub fn own_name() -> String {
        own_name().to_string()
    }

    /// Begins on a connection. `greeted`: the server has greeted before TLS. `encrypted`: what is said is read by nobody else.
    ///
    /// # Errors
    /// [`MailError`], each once and without another try.
    pub async fn begin<S>(stream: S, greeted: bool, encrypted: bool) -> Result<Self, MailError>
    where
        S: AsyncRead + AsyncWrite + Send + Sync + Unpin + std::fmt::Debug + 'static,
    {
        let stream = Box::new(Greeted::new(stream, greeted));
        let connection = AsyncSmtpConnection::connect_with_transport(stream, &own_name()).await;
        Ok(Self {
            connection: connection.map_err(|error| MailError::of(&error))?,
            encrypted,
        })
    }

    /// Signs in. `in_clear`: a person allowed it on a connection that others can read.
    ///
    /// # Errors
    /// [`MailError::SignIn`] where user or password are refused.
    pub async fn sign_in(&mut self, sign_in: &MailSignIn<'_>, in_clear: bool) -> Result<(), MailError> {
        if !self.encrypted && !in_clear {
            return Err(MailError::InClear);
        }
        let ways = [Mechanism::Plain, Mechanism::Login];
        if self.connection.server_info().get_auth_mechanism(&ways).is_none() {
            return Err(MailError::NoSignIn);
        }
        let credentials = Credentials::new(sign_in.user.to_owned(), sign_in.password.to_owned());
        let result = self.connection.auth(&ways, &credentials).await;
        result.map(drop).map_err(|error| match MailError::of(&error) {
            MailError::Refused { code, text } => MailError::SignIn {
                code,
                text: without(&text, sign_in),
            },
            MailError::Busy { code, text } => MailError::Busy {
                code,
                text: without(&text, sign_in),
            },
            other => other,
        })
    }

    /// Gives the server one mail. Where it takes some of the recipients, those get it.
    ///
    /// # Errors
    /// [`MailError`]; after a refusal the next mail can be given.
    pub async fn give(&mut self, mail: &WrittenMail) -> Result<Taken, MailError> {
        let message = mail.message()?;
        let result = self
            .give_message(message.envelope().from(), message.envelope().to(), &message.formatted())
            .await;
        if matches!(result, Err(MailError::Refused { .. } | MailError::Busy { .. })) {
            // What it took of this mail is not of the next one.
            self.connection
                .command(Rset)
                .await
                .map_err(|error| MailError::of(&error))?;
        }
        result
    }

    async fn give_message(&mut self, from: Option<&Address>, to: &[Address], wire: &[u8]) -> Result<Taken, MailError> {
        let connection = &mut self.connection;
        let told = |error: lettre::transport::smtp::Error| MailError::of(&error);
        connection
            .command(Mail::new(from.cloned(), Vec::new()))
            .await
            .map_err(told)?;
        let mut taken = Taken::default();
        let (mut refusal, mut busy) = (None, None);
        for to in to {
            match connection
                .command(Rcpt::new(to.clone(), Vec::new()))
                .await
                .map_err(told)
            {
                Ok(_) => {}
                Err(MailError::Refused { code, text }) => {
                    taken.left_out.push((to.to_string(), format!("{code} {text}")));
                    refusal = Some(MailError::Refused { code, text });
                }
                // A full mailbox holds up nobody else.
                Err(MailError::Busy { code, text }) => {
                    taken.left_out.push((to.to_string(), format!("{code} {text}")));
                    busy = Some(MailError::Busy { code, text });
                }
                Err(other) => return Err(other),
            }
        }
        if let Some(why) = busy.or(refusal).filter(|_| taken.left_out.len() == to.len()) {
            return Err(why);
        }
        connection.command(Data).await.map_err(told)?;
        connection.message(wire).await.map_err(told)?;
        Ok(taken)
    }

    /// Says goodbye; how the server takes that is of no account.
    pub async fn end(mut self) {
        self.connection.command(Quit).await.ok();
    }
}

/// The text without what a server repeats of a sign-in.
fn without(text: &str, sign_in: &MailSignIn<'_>) -> String {
    let (user, password) = (sign_in.user, sign_in.password);
    let plain = STANDARD.encode(format!("\0{user}\0{password}"));
    let secrets = [plain, STANDARD.encode(password), password.to_owned()];
    let secrets = || secrets.iter().filter(|secret| !secret.is_empty());
    let text = secrets().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "***"));
    // A text that was cut may end in the middle of one.
    let begun = |secret: &String| {
        let ends = secret.char_indices().map(|(at, _)| at).filter(|at| *at >= 4);
        ends.rev().find(|at| text.ends_with(&secret[..*at]))
    };
    match secrets().filter_map(begun).max() {
        Some(cut) => format!("{}***", &text[..text.len() - cut]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_repeats_the_sign_in_tells_nobody() {
        let sign_in = MailSignIn {
            user: "u",
            password: "geheim",
        };
        let line = format!(
            "unknown command AUTH PLAIN {}; {}",
            STANDARD.encode("\0u\0geheim"),
            STANDARD.encode("geheim")
        );
        assert_eq!(without(&line, &sign_in), "unknown command AUTH PLAIN ***; ***");
        assert_eq!(without("geheim", &sign_in), "***");
        assert_eq!(without("unknown: gehei", &sign_in), "unknown: ***");
    }
}
