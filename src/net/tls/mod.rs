//! TLS with recorders, which sign their own certificates and speak what was new when they were made.
//!
//! The certificate seen first is remembered and compared as a whole, so that nothing in it needs to be true: any version, size of
//! key, name, date and issuer's signature will do. That the peer has the private key is checked in every handshake; without
//! that a remembered certificate would prove nothing.

mod certificate;
mod facts;
mod refusal;
mod signature;
mod web;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::client::ResolvesClientCert;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::client::TlsStream;

use self::certificate::{Unusable, public_key};
pub use self::refusal::wants_client_certificate;
use self::signature::{SCHEMES, Version};
use device::{Certificate, Fingerprint};
use reconnect::TlsObstacle;

/// Which certificate a recorder may show. Recorders sign their own, so the first one seen is remembered and a later change
/// fails for that device alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// Accept any certificate and report its fingerprint.
    #[default]
    FirstUse,
    /// Only this certificate.
    Pinned(Fingerprint),
    /// None: which one was remembered is not known any more, so that a person has to say.
    Unsure,
    /// For servers of the web: one for their name, by an authority that this computer trusts.
    Authorities,
}

/// Why there is no TLS connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TlsError {
    Timeout,
    /// The device shows another certificate than the one that was remembered.
    CertificateChanged(Box<Certificate>),
    /// Another try would end the same way; with what exactly happened, in English.
    Obstacle(TlsObstacle, String),
    /// No authority vouches for the certificate under this name; with why, in English.
    Untrusted(String),
    /// It closed the connection before it had shown a certificate, without a word.
    HungUp,
    /// It broke off for a reason that may pass.
    Broken(String),
}

const DEADLINE: Duration = Duration::from_secs(8);

/// The handshake on a connected stream. Returns the certificate that the device showed, of which it proved to have the key.
pub(super) async fn secure<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    name: ServerName<'static>,
    trust: Trust,
) -> Result<(TlsStream<S>, Option<Certificate>), TlsError> {
    if trust == Trust::Authorities {
        return web::secure(stream, name).await.map(|stream| (stream, None));
    }
    let (config, seen) = client(trust).map_err(|error| TlsError::Broken(error.to_string()))?;
    let handshake = tokio_rustls::TlsConnector::from(config).connect(name, stream);
    let result = tokio::time::timeout(DEADLINE, handshake).await;
    let seen = seen.read();
    match result {
        Ok(Ok(stream)) => Ok((stream, seen.certificate)),
        Ok(Err(error)) => Err(refusal::of(&error, &seen, trust)),
        Err(_elapsed) => Err(TlsError::Timeout),
    }
}

/// A client configuration that follows `trust`, and the place where it writes down what the device showed and asked for.
fn client(trust: Trust) -> Result<(Arc<ClientConfig>, Arc<SeenHandshake>), Error> {
    let seen = Arc::new(SeenHandshake::default());
    let verifier = Verifier {
        trust,
        seen: Arc::clone(&seen),
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_client_cert_resolver(Arc::new(NoCertificate(Arc::clone(&seen))));
    Ok((Arc::new(config), seen))
}

/// What a handshake has brought to light, however it ended.
#[derive(Debug, Default)]
struct SeenHandshake(Mutex<HandshakeSight>);

#[derive(Clone, Debug, Default)]
struct HandshakeSight {
    /// The certificate that was shown; its key need not be proven yet.
    certificate: Option<Certificate>,
    /// What is wrong with it.
    fault: Option<TlsObstacle>,
    /// The device asked for a certificate of ours.
    asked_for_ours: bool,
}

impl SeenHandshake {
    fn read(&self) -> HandshakeSight {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, note: impl FnOnce(&mut HandshakeSight)) {
        note(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

#[derive(Debug)]
struct Verifier {
    trust: Trust,
    seen: Arc<SeenHandshake>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let certificate = facts::of(end_entity);
        let shown = certificate.fingerprint;
        self.seen.note(|seen| seen.certificate = Some(certificate));
        match self.trust {
            Trust::FirstUse => Ok(ServerCertVerified::assertion()),
            Trust::Pinned(pin) if pin == shown => Ok(ServerCertVerified::assertion()),
            Trust::Pinned(_) | Trust::Unsure | Trust::Authorities => Err(Error::InvalidCertificate(
                CertificateError::ApplicationVerificationFailure,
            )),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verify(Version::Tls12, message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verify(Version::Tls13, message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        SCHEMES.to_vec()
    }
}

impl Verifier {
    fn verify(
        &self,
        version: Version,
        message: &[u8],
        certificate: &[u8],
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let (fault, error) = match public_key(certificate) {
            Ok(key) if signature::is_valid(key, (version, signed.scheme), message, signed.signature()) => {
                return Ok(HandshakeSignatureValid::assertion());
            }
            Ok(_) => (TlsObstacle::KeyNotProven, CertificateError::BadSignature),
            Err(Unusable::Unreadable | Unusable::UnknownKey) => {
                (TlsObstacle::UnusableCertificate, CertificateError::BadEncoding)
            }
        };
        self.seen.note(|seen| seen.fault = Some(fault));
        Err(Error::InvalidCertificate(error))
    }
}

/// Monomi has no certificate to show; that one was asked for may explain why a device hangs up.
#[derive(Debug)]
struct NoCertificate(Arc<SeenHandshake>);

impl ResolvesClientCert for NoCertificate {
    fn resolve(&self, _issuers: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.0.note(|seen| seen.asked_for_ours = true);
        None
    }

    fn has_certs(&self) -> bool {
        false
    }
}

fn fingerprint(certificate: &CertificateDer<'_>) -> Fingerprint {
    let digest = ring::digest::digest(&ring::digest::SHA256, certificate);
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest.as_ref());
    Fingerprint(bytes)
}

#[cfg(test)]
mod tests {
    use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, SignatureAlgorithm};
    use rustls::ServerConfig;
    use rustls::crypto::ring::{default_provider, sign::any_supported_type};
    use rustls::pki_types::PrivateKeyDer;
    use rustls::server::{ClientHello, ResolvesServerCert};
    use rustls::version::{TLS12, TLS13};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    /// What a server shows, whether it fits its key or not.
    #[derive(Debug)]
    struct Shows(Arc<CertifiedKey>);

    impl ResolvesServerCert for Shows {
        fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
            Some(Arc::clone(&self.0))
        }
    }

    struct Identity {
        certificate: CertificateDer<'static>,
        key: KeyPair,
    }

    fn identity(algorithm: &'static SignatureAlgorithm) -> Identity {
        let key = KeyPair::generate_for(algorithm).unwrap();
        let made = rcgen::CertificateParams::new(vec!["elsewhere.example".to_owned()]);
        let certificate = made.unwrap().self_signed(&key).unwrap().der().clone();
        Identity { certificate, key }
    }

    /// A handshake with a server that shows one certificate and signs with some key.
    async fn shake_hands(
        version: &'static rustls::SupportedProtocolVersion,
        certificate: CertificateDer<'static>,
        key: &KeyPair,
        trust: Trust,
    ) -> Result<Option<Fingerprint>, TlsError> {
        let key = any_supported_type(&PrivateKeyDer::try_from(key.serialize_der()).unwrap()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(Shows(Arc::new(CertifiedKey::new(vec![certificate], key)))));
        let (ours, theirs) = duplex(64 * 1024);
        let serve = async {
            let accepted = tokio_rustls::TlsAcceptor::from(Arc::new(config)).accept(theirs).await;
            if let Ok(mut stream) = accepted {
                let _ = stream.read(&mut [0; 16]).await;
            }
        };
        let connect = async {
            let secured = secure(ours, ServerName::try_from("dvr.example").unwrap(), trust).await;
            secured.map(|(_, certificate)| certificate.map(|shown| shown.fingerprint))
        };
        tokio::join!(serve, connect).1
    }

    #[tokio::test]
    async fn every_kind_of_key_proves_itself_in_both_versions() {
        for algorithm in [&PKCS_ECDSA_P256_SHA256, &PKCS_ECDSA_P384_SHA384, &PKCS_ED25519] {
            let Identity { certificate, key } = identity(algorithm);
            for version in [&TLS12, &TLS13] {
                let seen = shake_hands(version, certificate.clone(), &key, Trust::FirstUse).await;
                assert_eq!(seen, Ok(Some(fingerprint(&certificate))), "{algorithm:?} {version:?}");
            }
        }
    }

    #[tokio::test]
    async fn who_shows_a_remembered_certificate_without_its_key_is_refused() {
        for algorithm in [&PKCS_ECDSA_P256_SHA256, &PKCS_ECDSA_P384_SHA384, &PKCS_ED25519] {
            let (own, other) = (identity(algorithm), identity(algorithm));
            let pin = Trust::Pinned(fingerprint(&own.certificate));
            for version in [&TLS12, &TLS13] {
                assert!(
                    shake_hands(version, own.certificate.clone(), &own.key, pin)
                        .await
                        .is_ok()
                );
                for trust in [pin, Trust::FirstUse] {
                    let refused = shake_hands(version, own.certificate.clone(), &other.key, trust).await;
                    let wanted = matches!(refused, Err(TlsError::Obstacle(TlsObstacle::KeyNotProven, _)));
                    assert!(wanted, "{algorithm:?} {version:?}: {refused:?}");
                }
                let changed = shake_hands(version, other.certificate.clone(), &other.key, pin).await;
                let shown = Box::new(facts::of(&other.certificate));
                assert_eq!(changed, Err(TlsError::CertificateChanged(shown)));
            }
        }
    }

    #[tokio::test]
    async fn a_certificate_that_cannot_be_read_is_named() {
        let key = identity(&PKCS_ECDSA_P256_SHA256).key;
        for version in [&TLS12, &TLS13] {
            let shown = CertificateDer::from(vec![0x30, 3, 1, 2, 3]);
            let refused = shake_hands(version, shown, &key, Trust::FirstUse).await;
            let wanted = matches!(refused, Err(TlsError::Obstacle(TlsObstacle::UnusableCertificate, _)));
            assert!(wanted, "{version:?}: {refused:?}");
        }
    }

    /// What becomes of a handshake that is answered with these bytes.
    async fn answered(bytes: &[u8]) -> TlsError {
        let (ours, mut theirs) = duplex(64 * 1024);
        let serve = async {
            let _ = theirs.read(&mut [0; 4096]).await;
            theirs.write_all(bytes).await.unwrap();
            drop(theirs);
        };
        let connect = secure(ours, ServerName::try_from("dvr.example").unwrap(), Trust::FirstUse);
        tokio::join!(serve, connect).1.map(|_| ()).unwrap_err()
    }

    /// A record of TLS (RFC 5246 §6.2.1) of this minor version.
    fn record(kind: u8, minor: u8, body: &[u8]) -> Vec<u8> {
        let length = u16::try_from(body.len()).unwrap().to_be_bytes();
        [&[kind, 3, minor], &length[..], body].concat()
    }

    fn alert(minor: u8, description: u8) -> Vec<u8> {
        record(21, minor, &[2, description])
    }

    /// RFC 5246 §7.4.1.3, without a session and extensions.
    fn server_hello(minor: u8, suite: u16) -> Vec<u8> {
        let body = [&[3, minor], &[7; 32][..], &[0], &suite.to_be_bytes(), &[0]].concat();
        let length = u32::try_from(body.len()).unwrap().to_be_bytes();
        record(22, minor, &[&[2], &length[1..], &body].concat())
    }

    #[tokio::test]
    async fn what_is_in_the_way_is_named_by_what_the_device_answers() {
        const RSA_WITH_AES_128_CBC_SHA: u16 = 0x002f;
        use TlsObstacle::{ClientCertificate, NoCommonCipher, NotTls, OldVersion};
        let obstacles = [
            ("SSL 3", server_hello(0, RSA_WITH_AES_128_CBC_SHA), OldVersion),
            ("TLS 1.0", server_hello(1, RSA_WITH_AES_128_CBC_SHA), OldVersion),
            ("TLS 1.1", server_hello(2, RSA_WITH_AES_128_CBC_SHA), OldVersion),
            ("alert protocol_version", alert(1, 70), OldVersion),
            (
                "a cipher that was not offered",
                server_hello(3, RSA_WITH_AES_128_CBC_SHA),
                NoCommonCipher,
            ),
            ("alert handshake_failure", alert(3, 40), NoCommonCipher),
            ("the same of SSL 3", alert(0, 40), NoCommonCipher),
            ("alert insufficient_security", alert(3, 71), NoCommonCipher),
            ("plain RTSP", b"RTSP/1.0 400 Bad Request\r\n\r\n".to_vec(), NotTls),
            ("a web server", b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(), NotTls),
            ("a maker's own protocol", vec![0xff, 0, 0, 0, 0, 0, 0, 0], NotTls),
            ("alert certificate_required", alert(3, 116), ClientCertificate),
        ];
        for (what, bytes, wanted) in obstacles {
            let error = answered(&bytes).await;
            assert!(
                matches!(error, TlsError::Obstacle(found, _) if found == wanted),
                "{what}: {error:?}"
            );
        }
        // These may pass: a device that is full or starts, or one that is confused by something.
        let error = answered(&alert(3, 80)).await;
        assert!(matches!(error, TlsError::Broken(_)), "alert internal_error: {error:?}");
        // What that means shows when it does so again.
        let begun = server_hello(3, RSA_WITH_AES_128_CBC_SHA)[..20].to_vec();
        for (what, bytes) in [
            ("hangs up", vec![]),
            ("alert close_notify", record(21, 3, &[1, 0])),
            ("hangs up in the middle", begun),
        ] {
            let error = answered(&bytes).await;
            assert!(matches!(error, TlsError::HungUp), "{what}: {error:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_device_that_says_nothing_is_waited_for_in_vain() {
        let (ours, _theirs) = duplex(64 * 1024);
        let connect = secure(ours, ServerName::try_from("dvr.example").unwrap(), Trust::FirstUse);
        assert!(matches!(connect.await, Err(TlsError::Timeout)));
    }
}
