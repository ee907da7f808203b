//! Who we are and whom we believe, with real certificates.

use super::client::{access, say};
use super::samples::{self, NOTE, NOTE_KEY, id};
use super::server::Server;
use crate::advanta::{Access, ClientError, Contract, Options, Secret};
use crate::model::Settings;
use crate::ports::{Advanta as _, AdvantaError, AdvantaErrorKind};
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

/// An authority, a server certificate of it, and a client certificate of it.
struct Certificates {
    authority: String,
    acceptor: TlsAcceptor,
    client: String,
}

fn certificates() -> Certificates {
    let mut params = CertificateParams::new(vec![]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let authority = params.self_signed(&key).unwrap();
    let issuer = Issuer::new(params, key);
    let signed = |names: &[&str], usage: ExtendedKeyUsagePurpose| {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.extended_key_usages = vec![usage];
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &issuer).unwrap(), key)
    };
    let (server, server_key) = signed(&["127.0.0.1"], ExtendedKeyUsagePurpose::ServerAuth);
    let (client, client_key) = signed(&["bridge"], ExtendedKeyUsagePurpose::ClientAuth);
    let mut roots = RootCertStore::empty();
    roots.add(authority.der().clone()).unwrap();
    let provider = Arc::new(ring::default_provider());
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier.build().unwrap())
        .with_single_cert(
            vec![server.der().clone()],
            PrivateKeyDer::try_from(server_key.serialize_der()).unwrap(),
        )
        .unwrap();
    Certificates {
        authority: authority.pem(),
        acceptor: TlsAcceptor::from(Arc::new(config)),
        client: client.pem() + &client_key.serialize_pem(),
    }
}

#[tokio::test]
async fn a_client_certificate_opens_the_door_that_its_lack_keeps_shut() {
    let made = certificates();
    let server = Server::start(say(200, NOTE), Some(made.acceptor.clone())).await;
    let contract = |identity: Option<&str>, authority: &str| {
        let access = Access {
            token: None,
            identity: identity.map(Secret::new),
            authorities: Some(authority.as_bytes().to_vec()),
            ..access(&server, "https")
        };
        Contract::new(access, Settings::default(), Options::default()).unwrap()
    };
    let stranger = certificates();
    let kind = |read: Result<_, AdvantaError>| read.map_err(|error| error.kind);
    let away = Err(AdvantaErrorKind::Transient);
    let known = contract(Some(&made.client), &made.authority);
    assert_eq!(known.get(id(NOTE_KEY)).await, Ok(Some(samples::note())));
    assert!(server.seen()[0].headers.get("authorization").is_none());
    let nobody = contract(None, &made.authority);
    assert_eq!(kind(nobody.get(id(NOTE_KEY)).await), away);
    let strange = contract(Some(&stranger.client), &made.authority);
    assert_eq!(kind(strange.get(id(NOTE_KEY)).await), away);
    let unknown_server = contract(Some(&made.client), &stranger.authority);
    assert_eq!(kind(unknown_server.get(id(NOTE_KEY)).await), away);
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn what_cannot_prove_anything_is_said_before_any_call() {
    let server = Server::start(say(200, NOTE), None).await;
    let made = |access: Access| {
        let made = Contract::new(access, Settings::default(), Options::default());
        made.map(|_| ()).map_err(|error| error.to_string())
    };
    let token = Access {
        token: Some(Secret::new("two\nlines")),
        ..access(&server, "http")
    };
    assert_eq!(made(token), Err(ClientError::Token.to_string()));
    let plain = Access {
        identity: Some(Secret::new(certificates().client)),
        ..access(&server, "http")
    };
    assert_eq!(
        made(plain),
        Err(ClientError::IdentityWithoutTls.to_string())
    );
    let identity = Access {
        identity: Some(Secret::new("hush")),
        ..access(&server, "https")
    };
    let said = made(identity).unwrap_err();
    assert!(
        said.starts_with("the client certificate for ADVANTA cannot be used: "),
        "{said}"
    );
    assert!(!said.contains("hush"), "{said}");
    let authorities = Access {
        authorities: Some(b"hush".to_vec()),
        ..access(&server, "https")
    };
    let said = made(authorities).unwrap_err();
    assert!(
        said.starts_with("the certificate authorities for ADVANTA cannot be read: "),
        "{said}"
    );
    let shown = format!("{:?}", access(&server, "http"));
    assert!(!shown.contains("sesame"), "{shown}");
}
