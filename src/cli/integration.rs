//! `integration`: what an administrator sets for calendars outside.

use super::failure::{Done, Exit, Failure};
use super::place::Reach;
use super::voice::Voice;
use super::way::{Call, through};
use crate::config::warn_of_readers;
use crate::web::wire::{GoogleChangeBody, GoogleSettingsBody};
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// The API's path.
const PATH: &str = "integrations/google";
/// The longest secret that is read, in bytes.
const SECRET_BYTES_MAX: u64 = 64 << 10;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Google Calendar.
    #[command(subcommand)]
    Google(Google),
}

#[derive(Debug, clap::Subcommand)]
pub(super) enum Google {
    /// Показать настройки (секреты не показываются). / Show the settings (never the secrets).
    Show {
        #[command(flatten)]
        reach: Reach,
    },
    /// Изменить названные настройки. / Change the settings that are named.
    Set(Set),
}

#[derive(Debug, clap::Args)]
pub(super) struct Set {
    /// Включить. / Switch it on.
    #[arg(long, conflicts_with = "disable")]
    enable: bool,
    /// Выключить: подписки ждут. / Switch it off: subscriptions rest.
    #[arg(long)]
    disable: bool,
    /// Client ID.
    #[arg(long, value_name = "TEXT")]
    client_id: Option<String>,
    /// Файл с Client Secret, `-` – стандартный ввод. / File with the Client Secret, `-`: standard input.
    #[arg(long, value_name = "FILE")]
    client_secret_file: Option<PathBuf>,
    /// Application Name.
    #[arg(long, value_name = "TEXT")]
    application_name: Option<String>,
    /// Адрес Push-сервиса, `https://…`; пустой – опрос. / Where Google reaches the bridge, `https://…`; empty: polling.
    #[arg(long, value_name = "URL")]
    push_address: Option<String>,
    /// Файл ключа служебного аккаунта (JSON). / Key file of a service account (JSON).
    #[arg(long, value_name = "FILE", conflicts_with = "remove_service_account")]
    service_account_file: Option<PathBuf>,
    /// Забыть служебный аккаунт. / Forget the service account.
    #[arg(long)]
    remove_service_account: bool,
    #[command(flatten)]
    reach: Reach,
}

pub(super) async fn run(command: Command, voice: &Voice) -> Done {
    let Command::Google(command) = command;
    match command {
        Google::Show { reach } => {
            through(&reach, voice, async |way| {
                show(&way.json(Call::get(PATH)).await?, voice)
            })
            .await
        }
        Google::Set(set) => {
            let change = set.change(voice)?;
            through(&set.reach, voice, async |way| {
                show(&way.json(Call::post(PATH).json(&change)).await?, voice)
            })
            .await
        }
    }
}

impl Set {
    fn change(&self, voice: &Voice) -> Result<GoogleChangeBody, Failure> {
        let secret = |file: &Option<PathBuf>| {
            let read = file.as_deref().map(|file| secret_of(file, voice));
            read.transpose()
        };
        Ok(GoogleChangeBody {
            enabled: match (self.enable, self.disable) {
                (true, _) => Some(true),
                (_, true) => Some(false),
                (false, false) => None,
            },
            client_id: self.client_id.clone(),
            client_secret: secret(&self.client_secret_file)?,
            application_name: self.application_name.clone(),
            push_address: self.push_address.clone(),
            service_account: match self.remove_service_account {
                true => Some(String::new()),
                false => secret(&self.service_account_file)?,
            },
        })
    }
}

/// A secret from a file: an argument would stand in the list of processes.
fn secret_of(file: &Path, voice: &Voice) -> Result<String, Failure> {
    let mut text = String::new();
    let read = if file == Path::new("-") {
        std::io::stdin()
            .take(SECRET_BYTES_MAX)
            .read_to_string(&mut text)
    } else {
        warn_of_readers(file);
        std::fs::File::open(file)
            .and_then(|opened| opened.take(SECRET_BYTES_MAX).read_to_string(&mut text))
    };
    read.map_err(|error| {
        let lead = voice.pick("не читается", "cannot read");
        Failure::Failed(format!("{lead} {}: {error}", file.display()))
    })?;
    let text = text.trim();
    if text.is_empty() {
        let (lead, why) = (
            voice.pick("файл", "file"),
            voice.pick("пуст, ничего не изменено", "is empty, nothing was changed"),
        );
        return Err(Failure::Failed(format!("{lead} {} {why}", file.display())));
    }
    Ok(text.to_owned())
}

fn show(settings: &GoogleSettingsBody, voice: &Voice) -> Done {
    if voice.json {
        voice.say_json(settings);
        return Ok(Exit::Done);
    }
    let yes = |set: bool| {
        if set {
            voice.pick("да", "yes")
        } else {
            voice.pick("нет", "no")
        }
    };
    let or_none = |text: &str| {
        if text.is_empty() {
            "—".to_owned()
        } else {
            text.to_owned()
        }
    };
    let redirect = settings.redirect.clone().unwrap_or_else(|| {
        voice
            .pick("задайте server.public_url", "set server.public_url")
            .to_owned()
    });
    for (label, value) in [
        (
            voice.pick("Интеграция включена", "Switched on"),
            yes(settings.enabled).to_owned(),
        ),
        ("Client ID", or_none(&settings.client_id)),
        (
            voice.pick("Client Secret задан", "Client Secret is set"),
            yes(settings.client_secret_set).to_owned(),
        ),
        ("Application Name", or_none(&settings.application_name)),
        (
            voice.pick("Адрес Push-сервиса", "Push address"),
            or_none(&settings.push_address),
        ),
        (
            voice.pick("Ключ служебного аккаунта задан", "Service account is set"),
            yes(settings.service_account_set).to_owned(),
        ),
        (
            voice.pick(
                "Redirect URI для консоли Google",
                "Redirect URI for Google's console",
            ),
            redirect,
        ),
    ] {
        voice.say(&format!("{label}: {value}"));
    }
    Ok(Exit::Done)
}
