//! `app-password`: passwords of a person's devices.

use super::failure::{Done, Exit};
use super::place::Reach;
use super::table::Table;
use super::voice::{Voice, moment};
use super::way::{Call, through};
use crate::bridge::spelling::segment;
use crate::web::wire::{AppPasswordBody, AppPasswordsBody, NewAppPasswordBody, SecretBody};
use uuid::Uuid;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Новый пароль устройства; показывается один раз. / A new password of one device; shown once.
    Add {
        /// Логин. / User name.
        login: String,
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
            login,
            label,
            reach,
        } => add(&reach, &login, label, voice).await,
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
