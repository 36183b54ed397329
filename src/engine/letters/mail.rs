//! Letters as mails.

use std::time::{Duration, UNIX_EPOCH};

use super::carrying::{Carrying, Enclosed, Load, Told, long_step, of_reason, step};
use crate::bridge::MessengerFault;
use crate::mail::{MailConversation, MailError, MailSignIn, WrittenMail, start_tls};
use crate::net::{self, Dialled, Target};
use device::Password;
use outbox::Parcel;
use settings::{MailSecurity, MessengerSettings};

pub(super) async fn give<T: Told>(
    carrying: &mut Carrying<'_, T>,
    mut dialled: Dialled,
    target: &Target,
    settings: &MessengerSettings,
    load: &Load,
) -> Result<(), MessengerFault> {
    let by_word = settings.mail_security == MailSecurity::StartTls;
    if by_word {
        let asked = step(start_tls(&mut dialled.stream, &MailConversation::own_name())).await?;
        asked.map_err(fault)?;
        carrying.answered();
        let secured = net::upgrade(dialled, target).await;
        dialled = secured.map_err(|error| of_reason(&error))?;
    }
    let encrypted = settings.mail_security != MailSecurity::None;
    let begun = step(MailConversation::begin(dialled.stream, by_word, encrypted)).await?;
    let mut conversation = begun.map_err(fault)?;
    carrying.answered();
    if !settings.mail_user.is_empty() {
        let sign_in = MailSignIn {
            user: &settings.mail_user,
            password: load.secret.as_ref().map(Password::expose).unwrap_or_default(),
        };
        let signed = step(conversation.sign_in(&sign_in, settings.mail_sign_in_in_clear)).await?;
        signed.map_err(fault)?;
    }
    let nothing = Enclosed::default();
    for (at, parcel) in load.parcels.iter().enumerate() {
        let enclosed = load.pictures.get(at).unwrap_or(&nothing);
        let mail = written(parcel, settings, &load.digest, enclosed);
        match long_step(conversation.give(&mail)).await? {
            Ok(taken) => {
                carrying.has(parcel);
                let left_out = taken.left_out.first();
                let refusal = left_out.map(|(to, why)| MessengerFault::Denied(format!("{to}: {why}")));
                carrying.refusal = refusal.or(carrying.refusal.take());
            }
            Err(MailError::Refused { code, text }) => {
                carrying.refuses(parcel, MessengerFault::Denied(format!("{code} {text}")));
            }
            Err(other) => return Err(fault(other)),
        }
    }
    // The letters are with the server, however it takes this.
    let _in_time = step(conversation.end()).await;
    Ok(())
}

fn written(parcel: &Parcel, settings: &MessengerSettings, digest: &str, enclosed: &Enclosed) -> WrittenMail {
    let letters = &parcel.letters;
    let (subject, body) = match &letters[..] {
        [letter] => (letter.text.subject.clone(), letter.text.body.clone()),
        _ => {
            let part = |letter: &outbox::Letter| format!("{}\n{}", letter.text.subject, letter.text.body);
            (
                digest.to_owned(),
                letters.iter().map(part).collect::<Vec<_>>().join("\n\n"),
            )
        }
    };
    let body = match enclosed.text.is_empty() {
        true => body,
        false => format!("{body}\n\n{}", enclosed.text),
    };
    let files = enclosed.files.iter();
    let newest = letters.last();
    let id = letters
        .iter()
        .map(|letter| letter.id.0.to_string())
        .collect::<Vec<_>>()
        .join(".");
    let at = newest.map_or(0, |letter| letter.written.0);
    let born = letters.first().map_or(0, |letter| letter.written.0);
    WrittenMail {
        from: settings.mail_from.clone(),
        to: settings.mail_to.clone(),
        subject,
        body,
        pictures: files.map(|(name, png)| (name.clone(), png.to_vec())).collect(),
        id: format!("{id}.{born:x}.monomi"),
        date: UNIX_EPOCH + Duration::from_millis(at),
    }
}

fn fault(error: MailError) -> MessengerFault {
    match error {
        MailError::Busy { code, text } => MessengerFault::Busy(format!("{code} {text}")),
        MailError::Refused { code, text } => MessengerFault::Denied(format!("{code} {text}")),
        MailError::SignIn { code, text } => MessengerFault::SignIn(format!("{code} {text}")),
        MailError::NoSignIn => MessengerFault::NoSignIn,
        MailError::NoStartTls => MessengerFault::NoStartTls,
        MailError::InClear => MessengerFault::InClear,
        MailError::NotSmtp(_) => MessengerFault::NotUnderstood,
        MailError::Ended(text) => MessengerFault::Broken(text),
        MailError::Unwritten(text) => MessengerFault::Unwritten(text),
    }
}
