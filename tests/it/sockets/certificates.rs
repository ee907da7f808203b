//! Certificates are renewed while the bridge runs.

use super::raw::{PATIENCE, plain};
use crate::harness::Bridge;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme,
};

/// A certificate and its key in two files.
pub struct Pair(tempfile::TempDir);

impl Pair {
    pub fn new() -> Self {
        let pair = Self(tempfile::tempdir().expect("a temporary folder"));
        pair.renew();
        pair
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a new pair; returns its certificate in DER.
    fn renew(&self) -> Vec<u8> {
        let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]);
        let made = made.expect("a certificate");
        std::fs::write(self.path("cert.pem"), made.cert.pem()).expect("a file");
        std::fs::write(self.path("key.pem"), made.signing_key.serialize_pem()).expect("a file");
        made.cert.der().to_vec()
    }

    /// Names them.
    pub fn settings(&self) -> String {
        format!(
            "tls_certificate = {:?}\ntls_key = {:?}\n",
            self.path("cert.pem"),
            self.path("key.pem")
        )
    }
}

/// The certificate that the bridge shows, in DER.
fn shown(bridge: &Bridge) -> Vec<u8> {
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions");
    let config = config
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody))
        .with_no_client_auth();
    let name = ServerName::try_from("127.0.0.1").expect("a name");
    let mut connection = ClientConnection::new(Arc::new(config), name).expect("a client");
    let mut socket = plain(bridge);
    while connection.is_handshaking() {
        connection.complete_io(&mut socket).expect("a handshake");
    }
    let chain = connection.peer_certificates().expect("a certificate");
    chain[0].to_vec()
}

/// Takes every certificate: the test looks at it itself.
#[derive(Debug)]
struct Anybody;

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        tokio_rustls::rustls::crypto::ring::default_provider()
            .signature_verification_algorithms
            .supported_schemes()
    }
}

fn until(bridge: &Bridge, what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "never {what}: {}", bridge.log());
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

#[test]
fn sighup_reads_the_certificate_again_and_a_broken_one_changes_nothing() {
    let pair = Pair::new();
    let settings = format!("[server]\ntls_look_secs = 3600\n{}", pair.settings());
    let bridge = Bridge::configured(&settings);
    let second = pair.renew();
    assert_ne!(shown(&bridge), second);
    bridge.signal(rustix::process::Signal::HUP);
    until(&bridge, "shown", || shown(&bridge) == second);
    std::fs::write(pair.path("key.pem"), "no key").expect("a file");
    bridge.signal(rustix::process::Signal::HUP);
    until(&bridge, "told", || {
        bridge.log().contains("the old one stays")
    });
    assert_eq!(shown(&bridge), second);
}

#[test]
fn a_certificate_that_changes_is_read_without_being_asked() {
    let pair = Pair::new();
    let settings = format!("[server]\ntls_look_secs = 1\n{}", pair.settings());
    let bridge = Bridge::configured(&settings);
    let second = pair.renew();
    until(&bridge, "shown", || shown(&bridge) == second);
}
