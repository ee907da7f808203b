//! What is looked at before the first connection: certificates, open files, what the settings expose.

use super::signals;
use crate::config::{self, Config};
use crate::server::{self, Tls, connections_within, raise_open_files};
use anyhow::Result;
use std::net::IpAddr;
use std::sync::Arc;
use tokio::task::JoinHandle;

/// The certificate, if the settings name one.
pub(super) fn tls(config: &Config) -> Result<Option<Arc<Tls>>> {
    let server = &config.server;
    Ok(match (&server.tls_certificate, &server.tls_key) {
        (Some(certificate), Some(key)) => {
            config::warn_of_readers(key);
            Some(Arc::new(Tls::open(certificate, key)?))
        }
        (None, _) | (_, None) => None,
    })
}

/// Bounds of sockets, with as many connections as the system has descriptors for.
pub(super) fn limits(config: &Config) -> Result<server::Limits> {
    let mut limits = config.http();
    let files = raise_open_files();
    let usual = limits.connections_max;
    let asked = config.server.connections_max;
    limits.connections_max = connections_within(files, limits.descriptors_reserved, asked, usual)?;
    if limits.connections_max < usual {
        tracing::warn!(
            "{files} open files leave {} connections; {usual} are usual: raise the hard limit (ulimit -Hn, LimitNOFILE=)",
            limits.connections_max
        );
    }
    Ok(limits)
}

/// What an administrator should know who lets others reach the bridge.
pub(super) fn exposed(listen: IpAddr, server: &config::Server) -> Option<String> {
    let open = !listen.to_canonical().is_loopback();
    let bare = server.tls_certificate.is_none() && server.trusted_proxies.is_empty();
    (open && bare).then(|| {
        format!(
            "listening on {listen} without TLS and without a proxy: passwords can be read on their way. Set server.tls_certificate and server.tls_key, or put a proxy with TLS before the bridge and name it in server.trusted_proxies"
        )
    })
}

/// Reads the certificate again when its files change and when SIGHUP asks for it.
pub(super) fn keep_certificate(
    tls: Option<Arc<Tls>>,
    config: &Config,
    demo: bool,
) -> Result<JoinHandle<()>> {
    // The demonstration runs in a terminal and ends with it.
    if demo && tls.is_none() {
        return Ok(tokio::spawn(async {}));
    }
    let mut hangup = signals::hangup()?;
    let every = config.http().certificate_look;
    Ok(tokio::spawn(async move {
        match tls {
            Some(tls) => tls.keep(every, hangup).await,
            None => {
                while hangup.recv().await.is_some() {
                    tracing::info!(
                        "SIGHUP: there is no certificate to read again; other settings need a restart"
                    );
                }
            }
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_address_without_tls_or_proxy_is_warned_of() {
        let bare = config::Server::default();
        let proxied = config::Server {
            trusted_proxies: vec![IpAddr::from([10, 0, 0, 1])],
            ..config::Server::default()
        };
        let encrypted = config::Server {
            tls_certificate: Some("/etc/cert.pem".into()),
            ..config::Server::default()
        };
        for (listen, server, warned) in [
            ("0.0.0.0", &bare, true),
            ("::", &bare, true),
            ("192.0.2.7", &bare, true),
            ("127.0.0.1", &bare, false),
            ("::1", &bare, false),
            ("::ffff:127.0.0.1", &bare, false),
            ("0.0.0.0", &proxied, false),
            ("0.0.0.0", &encrypted, false),
        ] {
            let said = exposed(listen.parse().unwrap(), server);
            assert_eq!(said.is_some(), warned, "{listen}: {said:?}");
        }
        let said = exposed("0.0.0.0".parse().unwrap(), &bare).unwrap_or_default();
        assert!(
            said.starts_with("listening on 0.0.0.0 without TLS"),
            "{said}"
        );
    }
}
