//! The door with certificates: an authority of its own, a server that it vouches for, and a client certificate for the bridge.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair,
};
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

/// What the bridge needs for a door with certificates, each in PEM.
#[derive(Clone, Debug)]
pub struct Certificates {
    /// Who vouches for ADVANTA.
    pub authority: String,
    /// The bridge's own certificate.
    pub certificate: String,
    /// The key of it.
    pub key: String,
}

/// A certificate that the authority signed, and its key.
type Signed = (rcgen::Certificate, KeyPair);

/// A new authority, and the door that believes it. Who comes without a certificate is let in to be told 401.
pub fn door() -> (TlsAcceptor, Certificates) {
    let authority = authority();
    let (server, server_key) = signed(&authority, ExtendedKeyUsagePurpose::ServerAuth);
    let (client, client_key) = signed(&authority, ExtendedKeyUsagePurpose::ClientAuth);
    let mut roots = RootCertStore::empty();
    roots.add(authority.der().clone()).expect("a root");
    let provider = Arc::new(default_provider());
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
            .allow_unauthenticated()
            .build()
            .expect("a verifier");
    let key = PrivateKeyDer::try_from(server_key.serialize_der()).expect("a key");
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions of TLS")
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![server.der().clone()], key)
        .expect("a server's certificate");
    let certificates = Certificates {
        authority: authority.pem(),
        certificate: client.pem(),
        key: client_key.serialize_pem(),
    };
    (TlsAcceptor::from(Arc::new(config)), certificates)
}

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).expect("no names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    CertifiedIssuer::self_signed(params, key).expect("an authority")
}

fn signed(authority: &CertifiedIssuer<'_, KeyPair>, purpose: ExtendedKeyUsagePurpose) -> Signed {
    let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("a name");
    params.extended_key_usages = vec![purpose];
    let key = KeyPair::generate().expect("a key");
    let certificate = params.signed_by(&key, authority).expect("a certificate");
    (certificate, key)
}
