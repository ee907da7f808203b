//! `user` and `app-password`: who may come in.

use super::Place;
use crate::app;
use crate::bridge::accounts::hash_secret;
use crate::model::{AppPasswordId, Language, Revision, User, UserId};
use crate::ports::{CommitError, Store, Write};
use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use std::sync::Arc;
use uuid::Uuid;

/// Random bytes of an app password: 120 bits, 20 characters.
const SECRET_BYTES: usize = 15;

#[derive(Debug, clap::Subcommand)]
pub(super) enum UserCommand {
    /// Добавить человека. / Add a person.
    Add {
        /// Логин. / User name.
        login: String,
        /// Имя. / Shown name.
        #[arg(long)]
        name: String,
        /// E-mail.
        #[arg(long)]
        email: Option<String>,
        /// ru | en
        #[arg(long, default_value = "ru")]
        language: String,
        #[command(flatten)]
        place: Place,
    },
    /// Показать людей. / List people.
    List {
        #[command(flatten)]
        place: Place,
    },
}

#[derive(Debug, clap::Subcommand)]
pub(super) enum PasswordCommand {
    /// Новый пароль устройства; показывается один раз. / A new password of one device; shown once.
    Add {
        /// Логин. / User name.
        login: String,
        /// Как называется устройство. / What the device is called.
        #[arg(long)]
        label: String,
        #[command(flatten)]
        place: Place,
    },
    /// Показать пароли человека (без самих паролей). / List a person's passwords (not the secrets).
    List {
        /// Логин. / User name.
        login: String,
        #[command(flatten)]
        place: Place,
    },
    /// Отозвать пароль. / Revoke a password.
    Revoke {
        /// Номер из list. / Its id from `list`.
        id: Uuid,
        #[command(flatten)]
        place: Place,
    },
}

pub(super) async fn user(command: UserCommand) -> Result<()> {
    match command {
        UserCommand::Add {
            login,
            name,
            email,
            language,
            place,
        } => {
            let language =
                Language::from_tag(&language).context("the language is neither ru nor en")?;
            if login.is_empty() || login.contains(':') {
                bail!("a user name is not empty and has no colon (HTTP Basic, RFC 7617)");
            }
            let id = UserId::new(Uuid::new_v4().to_string());
            let user = User {
                id: id.clone(),
                login,
                name,
                email,
                language,
                zone: None,
                active: true,
                advanta: None,
                revision: Revision(0),
            };
            let store = open(&place).await?;
            if store.user_by_login(&user.login).await?.is_some() {
                bail!(
                    "there is a person with the user name {} already",
                    user.login
                );
            }
            write(&store, Write::User(user)).await?;
            println!("{id}");
            close(store).await
        }
        UserCommand::List { place } => {
            let store = open(&place).await?;
            for user in store.users().await? {
                let active = if user.active { "" } else { "\tdeactivated" };
                println!("{}\t{}\t{}{active}", user.id, user.login, user.name);
            }
            close(store).await
        }
    }
}

pub(super) async fn app_password(command: PasswordCommand) -> Result<()> {
    match command {
        PasswordCommand::Add {
            login,
            label,
            place,
        } => {
            let store = open(&place).await?;
            let user = known(&store, &login).await?;
            let secret = base64::engine::general_purpose::URL_SAFE_NO_PAD
                .encode(rand::random::<[u8; SECRET_BYTES]>());
            let hash = hash_secret(&secret)
                .map_err(|error| anyhow::anyhow!("hashing the password: {error}"))?;
            write(
                &store,
                Write::AppPassword(app::app_password(&user.id, &label, hash)),
            )
            .await?;
            println!("{secret}");
            close(store).await
        }
        PasswordCommand::List { login, place } => {
            let store = open(&place).await?;
            for each in store
                .app_passwords(&known(&store, &login).await?.id)
                .await?
            {
                let revoked = each
                    .revoked
                    .map(|at| format!("\trevoked {}", at.format("%Y-%m-%d")))
                    .unwrap_or_default();
                println!(
                    "{}\t{}\t{}{revoked}",
                    each.id,
                    each.created.format("%Y-%m-%d"),
                    each.label
                );
            }
            close(store).await
        }
        PasswordCommand::Revoke { id, place } => {
            let store = open(&place).await?;
            let mut password = store
                .app_password(AppPasswordId(id))
                .await?
                .context("there is no such app password")?;
            password.revoked.get_or_insert(chrono::Utc::now());
            write(&store, Write::AppPassword(password)).await?;
            close(store).await
        }
    }
}

async fn open(place: &Place) -> Result<Arc<dyn Store>> {
    let config = place.config()?;
    let data = place.data(&config, "./data");
    app::open_store(&config, &data).await
}

async fn known(store: &Arc<dyn Store>, login: &str) -> Result<User> {
    store
        .user_by_login(login)
        .await?
        .with_context(|| format!("there is no person with the user name {login}"))
}

async fn write(store: &Arc<dyn Store>, write: Write) -> Result<()> {
    store
        .commit(vec![], vec![write])
        .await
        .map(|_| ())
        .map_err(|error: CommitError| error.into())
}

async fn close(store: Arc<dyn Store>) -> Result<()> {
    Ok(store.close().await?)
}
