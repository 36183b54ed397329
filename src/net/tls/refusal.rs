//! What a handshake that failed means: an obstacle that stays until somebody changes something, or a mishap.

use std::io;

use rustls::{AlertDescription as Alert, Error, InvalidMessage, PeerIncompatible, PeerMisbehaved};

use super::{HandshakeSight, TlsError, Trust};
use reconnect::TlsObstacle;

/// Judges a handshake by how it ended and by what the device had shown until then.
pub(super) fn of(error: &io::Error, seen: &HandshakeSight, trust: Trust) -> TlsError {
    if let (Trust::Pinned(pin), Some(shown)) = (trust, &seen.certificate)
        && shown.fingerprint != pin
    {
        return TlsError::CertificateChanged(Box::new(shown.clone()));
    }
    let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<Error>());
    match cause.and_then(|cause| obstacle(cause, seen)) {
        Some(obstacle) => TlsError::Obstacle(obstacle, error.to_string()),
        None => match error.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => {
                // With a device whose certificate is known TLS has been spoken before: it is starting, or full.
                match (trust, &seen.certificate) {
                    (Trust::FirstUse, None) => TlsError::HungUp,
                    _ => TlsError::Broken("it hung up in the middle of the handshake".to_owned()),
                }
            }
            _ => TlsError::Broken(error.to_string()),
        },
    }
}

/// Whether a device ended a connection because no certificate was shown to it. TLS 1.3 tells only after the handshake (RFC 8446
/// §4.4.2.4).
#[must_use]
pub fn wants_client_certificate(error: &io::Error) -> bool {
    let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<Error>());
    matches!(
        cause,
        Some(Error::AlertReceived(
            Alert::CertificateRequired | Alert::NoCertificate | Alert::BadCertificate
        ))
    )
}

fn obstacle(error: &Error, seen: &HandshakeSight) -> Option<TlsObstacle> {
    if let Some(fault) = seen.fault {
        return Some(fault);
    }
    // A device that has shown its certificate has found a version and a cipher: what comes then has another cause.
    let agreed = seen.certificate.is_some();
    match error {
        Error::AlertReceived(_) if agreed && seen.asked_for_ours => Some(TlsObstacle::ClientCertificate),
        Error::AlertReceived(Alert::CertificateRequired | Alert::NoCertificate) => Some(TlsObstacle::ClientCertificate),
        Error::NoCertificatesPresented | Error::PeerMisbehaved(PeerMisbehaved::SignedKxWithWrongAlgorithm) => {
            Some(TlsObstacle::UnusableCertificate)
        }
        _ if agreed => None,
        Error::AlertReceived(Alert::ProtocolVersion)
        | Error::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13 | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
        ) => Some(TlsObstacle::OldVersion),
        Error::AlertReceived(Alert::HandshakeFailure | Alert::InsufficientSecurity | Alert::ExportRestriction)
        | Error::PeerMisbehaved(PeerMisbehaved::SelectedUnofferedCipherSuite)
        | Error::PeerIncompatible(_) => Some(TlsObstacle::NoCommonCipher),
        Error::InvalidMessage(InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion) => {
            Some(TlsObstacle::NotTls)
        }
        _ => None,
    }
}
