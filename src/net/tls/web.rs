//! TLS with servers of the web: trusted is what an authority vouches for that this computer trusts. Recorders are trusted by their
//! pin instead.

use std::sync::{Arc, OnceLock};

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, Error, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::client::TlsStream;

use super::{DEADLINE, TlsError};

/// The handshake on a connected stream, with a server that must prove to be `name`.
pub(super) async fn secure<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    name: ServerName<'static>,
) -> Result<TlsStream<S>, TlsError> {
    // Reading the list takes some milliseconds of disk.
    let roots = tokio::task::spawn_blocking(of_this_computer).await;
    let roots = roots.map_err(|error| TlsError::Broken(error.to_string()))?;
    secure_by(stream, name, roots).await
}

/// The authorities that this computer trusts, read once.
fn of_this_computer() -> Arc<RootCertStore> {
    static ROOTS: OnceLock<Arc<RootCertStore>> = OnceLock::new();
    let read = || {
        let found = rustls_native_certs::load_native_certs();
        for error in &found.errors {
            tracing::debug!(%error, "a list of authorities cannot be read");
        }
        let mut roots = RootCertStore::empty();
        let (taken, left_out) = roots.add_parsable_certificates(found.certs);
        tracing::debug!(taken, left_out, "authorities of this computer");
        Arc::new(roots)
    };
    Arc::clone(ROOTS.get_or_init(read))
}

async fn secure_by<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    name: ServerName<'static>,
    roots: Arc<RootCertStore>,
) -> Result<TlsStream<S>, TlsError> {
    if roots.is_empty() {
        let why = "this computer has no list of authorities";
        return Err(TlsError::Untrusted(why.to_owned()));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| TlsError::Broken(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let handshake = tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, stream);
    match tokio::time::timeout(DEADLINE, handshake).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => {
            let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<Error>());
            Err(match cause {
                Some(Error::InvalidCertificate(why)) => TlsError::Untrusted(why.to_string()),
                _ => TlsError::Broken(error.to_string()),
            })
        }
        Err(_elapsed) => Err(TlsError::Timeout),
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
    use rustls::ServerConfig;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    use tokio::io::duplex;

    use super::*;

    /// An authority, and a certificate for `example.jp` that it vouches for.
    fn authority() -> (CertificateDer<'static>, CertificateDer<'static>, KeyPair) {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let root = params.self_signed(&key).unwrap().der().clone();
        let issuer = Issuer::new(params, key);
        let own = KeyPair::generate().unwrap();
        let shown = CertificateParams::new(vec!["example.jp".to_owned()]).unwrap();
        let shown = shown.signed_by(&own, &issuer).unwrap().der().clone();
        (root, shown, own)
    }

    /// A handshake as `name` says with a server whose authority is trusted, or with `roots` in its place.
    async fn shake_hands(name: &'static str, roots: Option<CertificateDer<'static>>) -> Result<(), TlsError> {
        let (root, shown, key) = authority();
        let mut trusted = RootCertStore::empty();
        trusted.add(roots.unwrap_or(root)).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![shown], key)
            .unwrap();
        let (ours, theirs) = duplex(64 * 1024);
        let serve = tokio_rustls::TlsAcceptor::from(Arc::new(config)).accept(theirs);
        let connect = secure_by(ours, ServerName::try_from(name).unwrap(), Arc::new(trusted));
        tokio::join!(serve, connect).1.map(|_stream| ())
    }

    #[tokio::test]
    async fn only_who_an_authority_vouches_for_under_this_name_is_trusted() {
        assert_eq!(shake_hands("example.jp", None).await, Ok(()));
        let other_name = shake_hands("example.com", None).await;
        assert!(matches!(other_name, Err(TlsError::Untrusted(_))), "{other_name:?}");
        let stranger = shake_hands("example.jp", Some(authority().0)).await;
        assert!(matches!(stranger, Err(TlsError::Untrusted(_))), "{stranger:?}");
    }

    #[tokio::test]
    async fn without_any_authority_nobody_is_trusted() {
        let (ours, _theirs) = duplex(1_024);
        let name = ServerName::try_from("example.jp").unwrap();
        let result = secure_by(ours, name, Arc::new(RootCertStore::empty())).await;
        assert!(matches!(result, Err(TlsError::Untrusted(_))));
    }
}
