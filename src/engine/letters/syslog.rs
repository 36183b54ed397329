//! Letters as lines of syslog.

use std::io::ErrorKind;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::carrying::{Carrying, Load, Told, step};
use crate::bridge::MessengerFault;
use crate::net::Stream;
use outbox::{SyslogOrigin, syslog_frame};

/// How long it is waited for the server to close: some read on for ever.
const CLOSING: Duration = Duration::from_secs(2);

pub(super) async fn give<T: Told>(
    carrying: &mut Carrying<'_, T>,
    mut stream: Stream,
    load: &Load,
) -> Result<(), MessengerFault> {
    // A server of syslog never answers: that it took the connection is all that it says.
    carrying.answered();
    // Its own address is the name of this computer that needs nobody to be asked (RFC 5424 §6.2.4).
    let host = stream
        .local_addr()
        .map(|own| own.ip().to_canonical().to_string())
        .unwrap_or_default();
    let from = SyslogOrigin {
        host: &host,
        version: env!("CARGO_PKG_VERSION"),
        process: std::process::id(),
    };
    let broken = |error: std::io::Error| MessengerFault::Broken(error.to_string());
    for parcel in &load.parcels {
        for letter in &parcel.letters {
            step(stream.write_all(&syslog_frame(letter, &from)))
                .await?
                .map_err(broken)?;
        }
    }
    // Where it reads to the end and closes, it has them; RFC 6587 has no other answer.
    step(stream.shutdown()).await?.map_err(broken)?;
    let mut rest = [0; 64];
    match tokio::time::timeout(CLOSING, stream.read(&mut rest)).await {
        // Many servers close without a last word of TLS.
        Ok(Err(error)) if error.kind() != ErrorKind::UnexpectedEof => return Err(broken(error)),
        Ok(_) | Err(_) => {}
    }
    for parcel in &load.parcels {
        carrying.has(parcel);
    }
    Ok(())
}
