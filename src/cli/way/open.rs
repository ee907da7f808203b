//! How each way is opened.

use super::{Folder, Kind};
use crate::app;
use crate::cli::failure::Failure;
use crate::cli::voice::Voice;
use crate::config::warn_of_readers;
use crate::web::{Settings, Web};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// To reach a bridge at all.
const CONNECT: Duration = Duration::from_secs(10);
/// Between two pieces of an answer. A large import tells of its progress far more often.
const SILENCE: Duration = Duration::from_secs(600);
/// Where the token is, when no file is named.
const TOKEN: &str = "ADVANTA_BRIDGE_TOKEN";

fn client() -> reqwest::ClientBuilder {
    // Once in a process; a second time nothing is wrong.
    let _already = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT)
        .read_timeout(SILENCE)
}

/// Through the socket of a bridge that runs.
pub(super) fn local(socket: &Path) -> Result<Kind, Failure> {
    let client = client().no_proxy().unix_socket(socket).build();
    Ok(Kind::Http {
        client: client.map_err(|error| Failure::Failed(error.to_string()))?,
        base: "http://localhost".to_owned(),
        token: None,
    })
}

/// Over the network, with a token.
pub(super) fn remote(url: &str, token_file: Option<&Path>, voice: &Voice) -> Result<Kind, Failure> {
    let base = url.trim_end_matches('/').to_owned();
    if !is_private(&base) {
        return Err(Failure::Usage(
            voice
                .pick(
                    "--url начинается с https:// (http:// только для этого компьютера): токен не посылается открытым текстом",
                    "--url begins with https:// (http:// for this machine only): a token is not sent in the clear",
                )
                .to_owned(),
        ));
    }
    let client = client().build();
    Ok(Kind::Http {
        client: client.map_err(|error| Failure::Failed(error.to_string()))?,
        base,
        token: Some(token(token_file, voice)?),
    })
}

/// Whether what is sent there can be read by nobody else.
fn is_private(base: &str) -> bool {
    let Ok(uri) = base.parse::<http::Uri>() else {
        return false;
    };
    let loopback = uri.host().is_some_and(|host| {
        let bare = host.trim_matches(['[', ']']);
        let address: Option<std::net::IpAddr> = bare.parse().ok();
        bare.eq_ignore_ascii_case("localhost") || address.is_some_and(|each| each.is_loopback())
    });
    match uri.scheme_str() {
        Some("https") => uri.host().is_some(),
        Some("http") => loopback,
        Some(_) | None => false,
    }
}

/// The token: the first line of the file that says something, else of the variable.
fn token(file: Option<&Path>, voice: &Voice) -> Result<String, Failure> {
    let text = match file {
        Some(path) => {
            warn_of_readers(path);
            std::fs::read_to_string(path).map_err(|error| {
                let lead = voice.pick("не читается файл токена", "cannot read the token file");
                Failure::Usage(format!("{lead} {}: {error}", path.display()))
            })?
        }
        None => std::env::var(TOKEN).unwrap_or_default(),
    };
    let mut lines = text.lines().map(str::trim);
    let found = lines.find(|line| !line.is_empty() && !line.starts_with('#'));
    found.map(str::to_owned).ok_or_else(|| {
        let words = voice.pick(
            "нужен токен администратора: --token-file или переменная",
            "an administrator's token is needed: --token-file or the variable",
        );
        Failure::Usage(format!("{words} {TOKEN}"))
    })
}

/// In this process, over a store that no bridge has open.
pub(super) async fn here(
    config: &crate::config::Config,
    data: &Path,
    voice: &Voice,
    folder: Folder,
) -> Result<Kind, Failure> {
    let unreachable = |error: anyhow::Error| Failure::Unreachable(format!("{error:#}"));
    if folder == Folder::MustBeThere && !app::has_store(data).map_err(unreachable)? {
        let lead = voice.pick("нет хранилища в папке", "there is no store in");
        return Err(Failure::Unreachable(format!("{lead} {}", data.display())));
    }
    let vault = app::vault_of_command(config, data)?;
    let store = app::open_store(config, data).await;
    let store = store.map_err(unreachable)?;
    let bridge = match app::bridge(config, Arc::clone(&store), vault.clone()).await {
        Ok(bridge) => bridge,
        Err(error) => {
            let _settings_are_wrong_anyway = store.close().await;
            return Err(error.into());
        }
    };
    let settings = Settings {
        serving: false,
        keyring: Some(vault),
        ..config.web()
    };
    Ok(Kind::Here {
        web: Web::new(Arc::clone(&bridge), settings),
        bridge,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_goes_over_tls_or_not_beyond_this_machine() {
        for base in [
            "https://calendar.example.com",
            "http://127.0.0.1:8480",
            "http://localhost:8480",
            "http://[::1]:8480",
        ] {
            assert!(is_private(base), "{base}");
        }
        for base in [
            "http://calendar.example.com",
            "http://10.0.0.1",
            "http://localhost.example.com",
            "http://127.0.0.1.example.com",
            "calendar.example.com",
            "",
        ] {
            assert!(!is_private(base), "{base}");
        }
    }
}
