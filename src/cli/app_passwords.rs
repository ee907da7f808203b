//! `app-password`: passwords of a person's devices.

use super::failure::{Done, Exit, Failure};
use super::place::Reach;
use super::table::Table;
use super::voice::{Voice, moment};
use super::way::{Call, through};
use crate::bridge::spelling::segment;
use crate::web::wire::{AppPasswordBody, AppPasswordsBody, NewAppPasswordBody, SecretBody};
use std::path::{Path, PathBuf};
use uuid::Uuid;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Новый пароль устройства; показывается один раз. / A new password of one device; shown once.
    Add {
        /// Логин; при нескольких печатается «логин, табуляция, пароль». / User name; of several, `name TAB password` is printed.
        #[arg(required_unless_present = "from")]
        logins: Vec<String>,
        /// Файл с логинами, по одному в строке; - : стандартный ввод. / File with user names, one a line; -: standard input.
        #[arg(long, value_name = "FILE", conflicts_with = "logins")]
        from: Option<PathBuf>,
        /// Как называется устройство. / What the device is called.
        #[arg(long)]
        label: String,
        #[command(flatten)]
        reach: Reach,
    },
    /// Показать пароли человека (без самих паролей). / List a person's passwords (not the secrets).
    List {
        /// Логин. / User name.
        login: String,
        #[command(flatten)]
        reach: Reach,
    },
    /// Отозвать пароль; он сразу перестаёт действовать. / Revoke a password; it is dead at once.
    Revoke {
        /// Номер из list. / Its id from `list`.
        id: Uuid,
        #[command(flatten)]
        reach: Reach,
    },
}

pub(super) async fn run(command: Command, voice: &Voice) -> Done {
    match command {
        Command::Add {
            logins,
            from,
            label,
            reach,
        } => match (logins.as_slice(), &from) {
            ([login], None) => add(&reach, login, label, voice).await,
            (logins, None) => add_all(&reach, logins, &label, voice).await,
            (_, Some(file)) => add_all(&reach, &logins_of(file, voice)?, &label, voice).await,
        },
        Command::List { login, reach } => list(&reach, &login, voice).await,
        Command::Revoke { id, reach } => revoke(&reach, id, voice).await,
    }
}

fn of(login: &str) -> String {
    format!("users/{}/app-passwords", segment(login))
}

async fn add(reach: &Reach, login: &str, label: String, voice: &Voice) -> Done {
    through(reach, voice, async |way| {
        let new = NewAppPasswordBody { label };
        let made: SecretBody = way.json(Call::post(of(login)).json(&new)).await?;
        if voice.json {
            voice.say_json(&made);
        } else {
            // The secret alone: scripts take it.
            voice.say(&made.secret);
        }
        Ok(Exit::Done)
    })
    .await
}

/// Of many people by one command: what cannot be done for one of them is told, and the others go on.
async fn add_all(reach: &Reach, logins: &[String], label: &str, voice: &Voice) -> Done {
    through(reach, voice, async |way| {
        let mut exit = Exit::Done;
        for login in logins {
            let label = label.to_owned();
            let call = Call::post(of(login)).json(&NewAppPasswordBody { label });
            match way.json::<SecretBody>(call).await {
                Ok(made) if voice.json => {
                    let (id, secret) = (made.id, made.secret);
                    voice.say_json(
                        &serde_json::json!({ "login": login, "id": id, "secret": secret }),
                    );
                }
                Ok(made) => voice.say(&format!("{login}\t{}", made.secret)),
                Err(problem @ Failure::Problem(_)) => {
                    problem.tell(voice);
                    exit = Exit::Incomplete;
                }
                Err(failure) => return Err(failure),
            }
        }
        Ok(exit)
    })
    .await
}

/// The user names of a file; lines that are empty or begin with `#` say nothing.
fn logins_of(file: &Path, voice: &Voice) -> Result<Vec<String>, Failure> {
    let read = if file == Path::new("-") {
        std::io::read_to_string(std::io::stdin())
    } else {
        std::fs::read_to_string(file)
    };
    let text = read.map_err(|error| {
        let lead = voice.pick("не читается", "cannot read");
        Failure::Usage(format!("{lead} {}: {error}", file.display()))
    })?;
    let lines = text.lines().map(str::trim);
    Ok(lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect())
}

async fn list(reach: &Reach, login: &str, voice: &Voice) -> Done {
    through(reach, voice, async |way| {
        let answer: AppPasswordsBody = way.json(Call::get(of(login))).await?;
        if voice.json {
            voice.say_json(&answer);
        } else {
            table(&answer.app_passwords, voice);
        }
        Ok(Exit::Done)
    })
    .await
}

/// The passwords under each other.
pub(super) fn table(passwords: &[AppPasswordBody], voice: &Voice) {
    let heads = [
        voice.pick("Номер", "Id"),
        voice.pick("Создан", "Made"),
        voice.pick("Отозван", "Revoked"),
        voice.pick("Устройство", "Device"),
    ];
    let mut table = Table::new(&heads);
    for each in passwords {
        table.row([
            each.id.to_string(),
            moment(each.created),
            each.revoked.map(moment).unwrap_or_default(),
            each.label.clone(),
        ]);
    }
    table.say(voice, voice.pick("Паролей нет.", "There are no passwords."));
}

async fn revoke(reach: &Reach, id: Uuid, voice: &Voice) -> Done {
    through(reach, voice, async |way| {
        way.bytes(Call::delete(format!("app-passwords/{id}")))
            .await?;
        if voice.json {
            voice.say_json(&serde_json::json!({ "revoked": id }));
        }
        Ok(Exit::Done)
    })
    .await
}
