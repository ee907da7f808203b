//! Wiring: which parts make one running bridge. No decisions.

mod signals;
mod start;

use crate::advanta::{Contract, demo};
use crate::bridge::accounts::hash_chosen;
use crate::bridge::{Authority, Bridge, Connectors, Observation, Parts};
use crate::caldav::Dav;
use crate::config::{Config, secret_file};
use crate::feed::Feed;
use crate::google::Google;
use crate::model::{AppPassword, AppPasswordId, PasswordHash, RemoteKind, Timestamp, User, UserId};
use crate::ports::{Clock, Expect, Hooks, Ids, Keyring, Store, Vault, Write};
use crate::server::{LocalDoor, Proxies, Server, Traffic, listen};
use crate::store::{
    self, Compacted, RestoreOptions, Restored, Salvaged, SledStore, restore_backup,
};
use crate::vault::{KeyVault, VaultOptions};
use crate::web::{self, Tokens, Web};
use anyhow::{Context as _, Result, bail};
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::watch;
use uuid::Uuid;

/// The app password of every demo user.
pub const DEMO_PASSWORD: &str = "demo";

/// How often the store's writer is looked after.
const WRITER_LOOK: std::time::Duration = std::time::Duration::from_secs(1);

/// A file that says that a data folder holds the demonstration.
const DEMO_MARK: &str = "demonstration";

/// The system's clock.
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        chrono::Utc::now()
    }
}

/// Random identities.
pub struct RandomIds;

impl Ids for RandomIds {
    fn uuid(&self) -> Uuid {
        Uuid::new_v4()
    }

    fn secret(&self) -> [u8; 20] {
        rand::random()
    }
}

/// How `serve` was asked to run.
#[derive(Clone, Debug)]
pub struct Serve {
    /// Settings.
    pub config: Config,
    /// With the demonstration installation.
    pub demo: bool,
    /// Where to listen.
    pub listen: SocketAddr,
    /// The data folder.
    pub data: PathBuf,
}

/// What helps when the log is damaged or gone: the folder is left as it is until then.
const SALVAGE_HELP: &str = " (`advanta-bridge check --salvage FILE` saves what can be read as a backup, and `advanta-bridge restore` makes a new data folder of it)";

/// Opens the data folder.
///
/// # Errors
/// It cannot be made or read, or another process uses it.
pub async fn open_store(config: &Config, data: &Path) -> Result<Arc<dyn Store>> {
    let options = config.store_options();
    let folder = data.to_owned();
    make_folder(data)?;
    let opened = tokio::task::spawn_blocking(move || SledStore::open(&folder, options)).await?;
    let store = opened.map_err(|error| {
        let help = if error.is_of_log() { SALVAGE_HELP } else { "" };
        anyhow::Error::new(error).context(format!(
            "cannot open the data folder {}{help}",
            data.display()
        ))
    })?;
    Ok(Arc::new(store))
}

/// Whether a folder holds a store, so that a mistyped name is no new installation.
///
/// # Errors
/// The folder cannot be read.
pub fn has_store(data: &Path) -> Result<bool> {
    let holds = store::holds_store(data);
    holds.with_context(|| format!("cannot read the data folder {}", data.display()))
}

/// What encrypts the secrets of a data folder.
///
/// # Errors
/// The keys cannot be read, or others can read them.
pub fn vault(config: &Config, data: &Path) -> Result<Arc<KeyVault>> {
    vault_within(config.secrets.options(), config, data)
}

/// The same for a command that has the data folder to itself: nobody else seals, so no old key has to wait.
///
/// # Errors
/// As [`vault`].
pub fn vault_of_command(config: &Config, data: &Path) -> Result<Arc<KeyVault>> {
    let options = VaultOptions {
        old_key_kept: std::time::Duration::ZERO,
        ..config.secrets.options()
    };
    vault_within(options, config, data)
}

fn vault_within(options: VaultOptions, config: &Config, data: &Path) -> Result<Arc<KeyVault>> {
    let vault = KeyVault::new(config.secrets.source(data), options)?;
    Ok(Arc::new(vault))
}

/// The data folder. Whoever reads it reads everybody's calendar.
fn make_folder(data: &Path) -> Result<()> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data)
        .with_context(|| format!("cannot make the data folder {}", data.display()))?;
    // One that was there before may be open to others.
    let mode = std::fs::metadata(data)?.permissions().mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    tracing::warn!(
        "the data folder {} was open to others: it is closed now",
        data.display()
    );
    std::fs::set_permissions(data, std::fs::Permissions::from_mode(0o700))
        .with_context(|| format!("cannot close the data folder {} to others", data.display()))
}

/// Makes a store from a backup, in a folder that holds none.
///
/// # Errors
/// The backup is not whole, or the folder holds a store.
pub async fn restore(backup: &Path, data: &Path) -> Result<Restored> {
    let file = std::fs::File::open(backup)
        .with_context(|| format!("cannot read the backup {}", backup.display()))?;
    make_folder(data)?;
    let folder = data.to_owned();
    let options = RestoreOptions::default();
    let restoring = move || restore_backup(file, &folder, &options);
    let restored = tokio::task::spawn_blocking(restoring).await?;
    restored.with_context(|| format!("cannot restore into {}", data.display()))
}

/// Makes the store of a stopped bridge as small as what is in it.
///
/// # Errors
/// A bridge runs on it, or there is no space for a copy.
pub async fn compact(config: &Config, data: &Path) -> Result<Compacted> {
    let (options, folder) = (config.store_options(), data.to_owned());
    let compacting = move || store::compact(&folder, &options);
    let compacted = tokio::task::spawn_blocking(compacting).await?;
    compacted.with_context(|| format!("cannot compact {}", data.display()))
}

/// Writes what can be read of a store whose log is damaged or gone as a backup; hands `to` back.
///
/// # Errors
/// A bridge runs on it, or nothing can be read.
pub async fn salvage<W: std::io::Write + Send + 'static>(
    config: &Config,
    data: &Path,
    mut to: W,
) -> Result<(Salvaged, W)> {
    let (options, folder) = (config.store_options(), data.to_owned());
    let saving = move || (store::salvage(&folder, &options, &mut to), to);
    let (salvaged, to) = tokio::task::spawn_blocking(saving).await?;
    let salvaged = salvaged.with_context(|| format!("cannot save {}", data.display()))?;
    Ok((salvaged, to))
}

/// Joins a bridge over a store.
///
/// # Errors
/// The settings say of ADVANTA what cannot be used, or the store cannot be read.
pub async fn bridge(
    config: &Config,
    store: Arc<dyn Store>,
    vault: Arc<dyn Vault>,
) -> Result<Arc<Bridge>> {
    let authority = match config.advanta.access()? {
        Some(access) => {
            let contract = Contract::new(access, config.rules(), config.advanta.options())?;
            Authority::Advanta(Arc::new(contract))
        }
        None => Authority::Own,
    };
    check_authority(&authority, store.as_ref()).await?;
    let clock = Arc::new(SystemClock);
    let google = Arc::new(Google::new(
        config.google.options(),
        Arc::clone(&store),
        Arc::clone(&vault),
        Arc::<SystemClock>::clone(&clock),
    )?);
    let mut connectors = Connectors::new();
    connectors.insert(RemoteKind::Google, Arc::<Google>::clone(&google));
    let bridge = Bridge::new(Parts {
        store,
        clock,
        ids: Arc::new(RandomIds),
        authority,
        remotes: google,
        connectors,
        vault,
        settings: config.rules(),
        limits: config.limits(),
        key: rand::random(),
    });
    bridge.recall_people().await?;
    Ok(bridge)
}

/// A settings file that was forgotten must not turn ADVANTA's objects into our own, nor ours into something that ADVANTA does
/// not know and that therefore goes.
async fn check_authority(authority: &Authority, store: &dyn Store) -> Result<()> {
    match (authority, store.belongs_to_advanta().await?) {
        (Authority::Own, false) | (Authority::Advanta(_), true) => Ok(()),
        (Authority::Own, true) => bail!(
            "this data folder belongs to an installation with ADVANTA, and the settings name none: is --config missing?"
        ),
        (Authority::Advanta(_), false) => {
            if !store.objects(None, 1).await?.is_empty() {
                bail!(
                    "this data folder belongs to a standalone installation that has objects, and ADVANTA does not know them: take an empty folder, and export and import what is to stay"
                );
            }
            let belongs = vec![Write::BelongsToAdvanta];
            store.commit(vec![], belongs).await?;
            Ok(())
        }
    }
}

/// Runs until SIGTERM or SIGINT. `ready` is called once requests are answered, with the real address.
///
/// # Errors
/// The settings do not go together, or the data folder, the certificate or the address cannot be used.
pub async fn serve(serve: Serve, ready: impl FnOnce(SocketAddr, Option<&DemoTour>)) -> Result<()> {
    if serve.demo && !serve.listen.ip().is_loopback() {
        bail!(
            "demo mode has open passwords and listens on this machine only, not on {}",
            serve.listen.ip()
        );
    }
    if serve.demo && serve.config.advanta.url.is_some() {
        bail!("the demonstration lives in its own store; advanta.url is not for it");
    }
    let tls = start::tls(&serve.config)?;
    if let Some(exposed) = start::exposed(serve.listen.ip(), &serve.config.server) {
        tracing::warn!("{exposed}");
    }
    let limits = start::limits(&serve.config)?;
    let listener =
        listen(serve.listen).with_context(|| format!("cannot listen on {}", serve.listen))?;
    let vault = vault(&serve.config, &serve.data)?;
    let keyring: Arc<dyn Keyring> = Arc::<KeyVault>::clone(&vault);
    let doors = web::Settings {
        keyring: Some(Arc::clone(&keyring)),
        consent_origin: serve.config.google.consent_origin(),
        form_key: rand::random(),
        ..doors(&serve.config)?
    };
    let store = open_store(&serve.config, &serve.data).await?;
    check_folder(&serve, store.as_ref()).await?;
    let bridge = bridge(&serve.config, store, vault).await?;
    warn_of_lost_keys(&bridge, keyring.as_ref()).await?;
    // A change of an integration's settings may have been broken off.
    bridge.follow_settings().await?;
    let tour = if serve.demo {
        Some(load_demo(&bridge).await?)
    } else {
        None
    };
    let timers = tokio::spawn(Arc::clone(&bridge).run_timers());
    let outbox = tokio::spawn(Arc::clone(&bridge).run_outbox());
    let inbox = tokio::spawn(Arc::clone(&bridge).run_inbox());
    let reconcile = tokio::spawn(Arc::clone(&bridge).run_reconcile());
    let rounds = tokio::spawn(Arc::clone(&bridge).run_sync());
    let refresh = tokio::spawn(refresh(Arc::clone(&bridge)));
    let telling = tokio::spawn(Arc::clone(&bridge).run_telling());
    let server = Arc::new(Server {
        dav: Dav::new(Arc::clone(&bridge), serve.config.dav()),
        web: Web::new(Arc::clone(&bridge), doors),
        feed: Feed::new(Arc::clone(&bridge), serve.config.feed.options()),
        traffic: Traffic::new(&limits),
        limits,
        proxies: Proxies::new(&serve.config.server.trusted_proxies),
        demo: serve.demo,
        tls: tls.clone(),
    });
    // Before the line that says "ready": whoever reads it may ask us to end.
    let signal = signals::stop()?;
    let keeper = start::keep_certificate(tls, &serve.config, serve.demo)?;
    let stop = async {
        tokio::select! {
            () = signal => {}
            () = writer_ended(&bridge) => tracing::error!("the store takes no more commits: ending"),
        }
    };
    let (stopping, stopped) = watch::channel(false);
    let local = local_door(&serve.data).map(|door| {
        let (server, mut stopped) = (Arc::clone(&server), stopped);
        tokio::spawn(door.run(server, async move {
            // An error says that nobody will ever say so: the end has come as well.
            let _ended = stopped.wait_for(|stopping| *stopping).await;
        }))
    });
    ready(listener.local_addr()?, tour.as_ref());
    let stop = async {
        stop.await;
        let _nobody_waits = stopping.send(true);
    };
    server.run(listener, stop).await;
    if let Some(local) = local {
        let _ended = local.await;
    }
    timers.abort();
    for task in [outbox, inbox, reconcile, rounds, refresh, keeper, telling] {
        task.abort();
    }
    bridge.close().await.context("closing the store")?;
    tracing::info!("stopped");
    Ok(())
}

/// After a restore, or when a file was mislaid, the key can still be put back: later every connection is made anew.
async fn warn_of_lost_keys(bridge: &Bridge, keyring: &dyn Keyring) -> Result<()> {
    let unreadable = bridge.sealings(keyring).await?.unreadable;
    if unreadable > 0 {
        tracing::warn!(
            "{unreadable} secrets cannot be opened with the keys in {}: put the right key there, or these people have to connect anew",
            keyring.origin()
        );
    }
    Ok(())
}

/// The doors beside CalDAV, with the tokens and secrets of the files that the settings name.
fn doors(config: &Config) -> Result<web::Settings> {
    let mut doors = config.web();
    let hooks = config.advanta.hook_reader()?;
    doors.hooks = hooks.map(|reader| Arc::new(reader) as Arc<dyn Hooks>);
    if let Some(path) = &config.admin.token_file {
        let text = secret_file(path).context("reading the tokens of administrators")?;
        let tokens = Tokens::read(&text);
        doors.tokens = tokens.with_context(|| format!("the tokens in {}", path.display()))?;
    }
    Ok(doors)
}

/// The administrator's socket. A bridge without one still serves: commands have the network, or wait until it ends.
fn local_door(data: &Path) -> Option<LocalDoor> {
    match LocalDoor::open(data) {
        Ok(door) => Some(door),
        Err(error) => {
            tracing::warn!("commands cannot reach this bridge through its data folder: {error}");
            None
        }
    }
}

/// Ready when the store's writer is gone, which no disk makes it: whoever runs us starts a new process.
async fn writer_ended(bridge: &Bridge) {
    while bridge.store().is_open() {
        tokio::time::sleep(WRITER_LOOK).await;
    }
}

/// Brings what an older version rendered to the present rendering, while requests are answered.
async fn refresh(bridge: Arc<Bridge>) {
    match bridge.refresh_renderings().await {
        Ok(0) => {}
        Ok(looked) => {
            tracing::info!("looked through {looked} objects for texts of an older rendering")
        }
        Err(error) => {
            tracing::error!("texts of an older rendering stay until the next start: {error}")
        }
    }
}

/// The demonstration's open passwords stay in its own folder, and its folder is never served without its bounds.
async fn check_folder(serve: &Serve, store: &dyn Store) -> Result<()> {
    let mark = serve.data.join(DEMO_MARK);
    match (serve.demo, mark.exists()) {
        (false, false) | (true, true) => Ok(()),
        (false, true) => bail!(
            "{} holds the demonstration with its open passwords; serve it with --demo",
            serve.data.display()
        ),
        (true, false) if store.users().await?.is_empty() => {
            std::fs::write(&mark, "").with_context(|| format!("cannot write {}", mark.display()))
        }
        (true, false) => bail!(
            "{} holds a real installation; --demo is not for it",
            serve.data.display()
        ),
    }
}

/// What a stranger is shown first.
#[derive(Clone, Debug)]
pub struct DemoTour {
    /// Who to be.
    pub user: User,
    /// Href of an event that they see.
    pub href: String,
}

/// Loads the demonstration installation into an empty folder; a folder that was used before stays as it is.
async fn load_demo(bridge: &Arc<Bridge>) -> Result<DemoTour> {
    let zone = bridge.settings().zone;
    let today = chrono::Utc::now().with_timezone(&zone).date_naive();
    let demo = demo::load(today)?;
    if bridge.store().users().await?.is_empty() {
        let hash = hash_chosen(DEMO_PASSWORD)
            .map_err(|error| anyhow::anyhow!("hashing the demo password: {error}"))?;
        // Objects first: only when the people are there too is the folder no longer empty, so a broken-off load starts again.
        for object in &demo.objects {
            bridge.observe(&Observation::Object(object.clone())).await?;
        }
        // All of it was rendered a moment ago.
        let mut writes = vec![Write::Rendered(crate::ical::RENDERING)];
        for user in &demo.users {
            writes.push(Write::User(user.clone()));
            writes.push(Write::AppPassword(app_password(
                &user.id,
                DEMO_PASSWORD,
                hash.clone(),
            )));
        }
        bridge.store().commit(vec![Expect::Empty], writes).await?;
    } else {
        keep_open_passwords(bridge).await?;
    }
    let first = demo
        .users
        .into_iter()
        .find(|user| user.active)
        .context("the demo has no active user")?;
    let shown = demo
        .objects
        .iter()
        .find(|object| object.has_dates() && object.participants.contains_key(&first.id));
    let href = shown.map_or_else(String::new, |object| {
        format!("/dav/calendars/{}/advanta/{}.ics", first.id, object.id)
    });
    Ok(DemoTour { user: first, href })
}

/// A demonstration of an older version did not tell that its open passwords are chosen ones.
async fn keep_open_passwords(bridge: &Bridge) -> Result<()> {
    let store = bridge.store();
    let mut writes = Vec::new();
    for user in store.users().await? {
        for mut password in store.app_passwords(&user.id).await? {
            if let PasswordHash::Old(hash) = password.hash
                && password.label == DEMO_PASSWORD
            {
                password.hash = PasswordHash::Chosen(hash);
                writes.push(Write::AppPassword(password));
            }
        }
    }
    if !writes.is_empty() {
        store.commit(vec![], writes).await?;
    }
    Ok(())
}

/// A new app password of a person with a hash made before.
fn app_password(user: &UserId, label: &str, hash: PasswordHash) -> AppPassword {
    AppPassword {
        id: AppPasswordId(Uuid::new_v4()),
        user: user.clone(),
        label: label.to_owned(),
        hash,
        created: chrono::Utc::now(),
        revoked: None,
    }
}
