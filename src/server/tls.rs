//! TLS by rustls, with certificates that are read again when they change.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::signal::unix::Signal;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Why TLS cannot start.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A PEM file cannot be read.
    #[error("cannot read {}: {what}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// Certificate and key do not belong together, or cannot be used.
    #[error("certificate and key cannot be used: {0}")]
    Unusable(#[from] tokio_rustls::rustls::Error),
}

/// The certificate with which new connections are accepted.
pub struct Tls {
    certificate: PathBuf,
    key: PathBuf,
    state: Mutex<State>,
}

struct State {
    config: Arc<ServerConfig>,
    /// Of the two files when they were last looked at, whether they could be used or not.
    seen: blake3::Hash,
}

/// What a look at the two files brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Looked {
    /// They are as they were.
    Same,
    /// New connections get the new certificate.
    Changed,
}

impl Tls {
    /// Reads certificate chain and key; HTTP/2 and HTTP/1.1 are offered.
    ///
    /// # Errors
    /// A file cannot be read, or the two do not belong together.
    pub fn open(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let pair = Pair::read(certificate, key)?;
        let state = State {
            seen: pair.digest(),
            config: pair.config(certificate, key)?,
        };
        Ok(Self {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
            state: Mutex::new(state),
        })
    }

    /// What accepts the next connection.
    pub fn acceptor(&self) -> TlsAcceptor {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        TlsAcceptor::from(Arc::clone(&state.config))
    }

    /// Reads the files again. Files that cannot be used change nothing, and are named once.
    ///
    /// # Errors
    /// The files changed and cannot be used.
    pub fn look(&self) -> Result<Looked, TlsError> {
        let pair = Pair::read(&self.certificate, &self.key)?;
        let seen = pair.digest();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.seen == seen {
            return Ok(Looked::Same);
        }
        state.seen = seen;
        state.config = pair.config(&self.certificate, &self.key)?;
        Ok(Looked::Changed)
    }

    /// Looks every so often, and whenever the signal comes, for as long as the process lives.
    pub async fn keep(self: Arc<Self>, every: Duration, mut asked: Signal) {
        // A file that cannot be read is the same trouble at every look.
        let mut told = String::new();
        loop {
            let by_signal = tokio::select! {
                () = tokio::time::sleep(every) => false,
                _ = asked.recv() => true,
            };
            let tls = Arc::clone(&self);
            let looked = tokio::task::spawn_blocking(move || tls.look()).await;
            let error = match looked {
                Ok(Ok(Looked::Changed)) => {
                    tracing::info!(
                        "the TLS certificate was read again: new connections get the new one"
                    );
                    String::new()
                }
                Ok(Ok(Looked::Same)) if by_signal => {
                    tracing::info!("the TLS certificate was looked at again: it has not changed");
                    continue;
                }
                Ok(Ok(Looked::Same)) => continue,
                Ok(Err(error)) => error.to_string(),
                Err(error) => error.to_string(),
            };
            if !error.is_empty() && (by_signal || error != told) {
                tracing::error!(
                    "the TLS certificate was not read again, the old one stays: {error}"
                );
            }
            told = error;
        }
    }
}

/// The bytes of both files.
struct Pair {
    chain: Vec<u8>,
    key: zeroize::Zeroizing<Vec<u8>>,
}

impl Pair {
    fn read(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let read = |path: &Path| std::fs::read(path).map_err(|error| broken(path, error));
        Ok(Self {
            chain: read(certificate)?,
            key: zeroize::Zeroizing::new(read(key)?),
        })
    }

    fn digest(&self) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&(self.chain.len() as u64).to_be_bytes());
        hasher.update(&self.chain);
        hasher.update(&self.key);
        hasher.finalize()
    }

    fn config(&self, certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
        let chain = CertificateDer::pem_slice_iter(&self.chain)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| broken(certificate, error))?;
        let key = PrivateKeyDer::from_pem_slice(&self.key).map_err(|error| broken(key, error))?;
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

fn broken(path: &Path, what: impl ToString) -> TlsError {
    TlsError::File {
        path: path.to_owned(),
        what: what.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Files(tempfile::TempDir);

    impl Files {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.path().join(name)
        }

        /// Writes a certificate, a key of the same pair, or both.
        fn renew(&self, certificate: bool, key: bool) {
            let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
            if certificate {
                std::fs::write(self.path("cert.pem"), made.cert.pem()).unwrap();
            }
            if key {
                std::fs::write(self.path("key.pem"), made.signing_key.serialize_pem()).unwrap();
            }
        }
    }

    fn config(tls: &Tls) -> Arc<ServerConfig> {
        Arc::clone(&tls.state.lock().unwrap().config)
    }

    #[test]
    fn a_new_pair_takes_the_place_of_the_old_one_and_a_broken_one_does_not() {
        let files = Files::new();
        files.renew(true, true);
        let tls = Tls::open(&files.path("cert.pem"), &files.path("key.pem")).unwrap();
        let first = config(&tls);
        assert_eq!(tls.look().unwrap(), Looked::Same);
        // The renewal has written one of the two.
        files.renew(true, false);
        let error = tls.look().unwrap_err();
        assert!(matches!(error, TlsError::Unusable(_)), "{error}");
        assert!(Arc::ptr_eq(&first, &config(&tls)));
        assert_eq!(tls.look().unwrap(), Looked::Same, "it is named once");
        std::fs::write(files.path("key.pem"), "no key").unwrap();
        let error = tls.look().unwrap_err().to_string();
        assert!(error.contains("key.pem"), "{error}");
        std::fs::remove_file(files.path("key.pem")).unwrap();
        assert!(tls.look().is_err());
        assert!(Arc::ptr_eq(&first, &config(&tls)));
        files.renew(true, true);
        assert_eq!(tls.look().unwrap(), Looked::Changed);
        assert!(!Arc::ptr_eq(&first, &config(&tls)));
    }
}
