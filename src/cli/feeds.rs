//! `feed`: secret addresses under which a person's calendar is read.

use super::failure::{Done, Exit};
use super::place::Reach;
use super::table::Table;
use super::voice::{Voice, moment};
use super::way::{Call, through};
use crate::bridge::spelling::segment;
use crate::web::wire::{FeedBody, FeedsBody, NewFeedBody};
use uuid::Uuid;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Новый секретный адрес; показывается один раз. / A new secret address; shown once.
    Create {
        /// Логин. / User name.
        login: String,
        #[command(flatten)]
        reach: Reach,
    },
    /// Новый адрес вместо всех прежних. / A new address in place of all earlier ones.
    Rotate {
        /// Логин. / User name.
        login: String,
        #[command(flatten)]
        reach: Reach,
    },
    /// Показать адреса человека (без секрета). / List a person's addresses (not the secrets).
    List {
        /// Логин. / User name.
        login: String,
        #[command(flatten)]
        reach: Reach,
    },
    /// Отозвать адрес. / Revoke an address.
    Revoke {
        /// Логин. / User name.
        login: String,
        /// Номер из list. / Its id from `list`.
        id: Uuid,
        #[command(flatten)]
        reach: Reach,
    },
}

pub(super) async fn run(command: Command, voice: &Voice) -> Done {
    match command {
        Command::Create { login, reach } => make(&reach, of(&login), voice).await,
        Command::Rotate { login, reach } => {
            make(&reach, format!("{}/rotate", of(&login)), voice).await
        }
        Command::List { login, reach } => list(&reach, &login, voice).await,
        Command::Revoke { login, id, reach } => revoke(&reach, &login, id, voice).await,
    }
}

fn of(login: &str) -> String {
    format!("users/{}/feeds", segment(login))
}

async fn make(reach: &Reach, path: String, voice: &Voice) -> Done {
    through(reach, voice, async |way| {
        let made: NewFeedBody = way.json(Call::post(path)).await?;
        if voice.json {
            voice.say_json(&made);
        } else {
            // The address alone: scripts take it.
            voice.say(made.url.as_ref().unwrap_or(&made.path));
        }
        Ok(Exit::Done)
    })
    .await
}

async fn list(reach: &Reach, login: &str, voice: &Voice) -> Done {
    through(reach, voice, async |way| {
        let answer: FeedsBody = way.json(Call::get(of(login))).await?;
        if voice.json {
            voice.say_json(&answer);
        } else {
            table(&answer.feeds, voice);
        }
        Ok(Exit::Done)
    })
    .await
}

/// The addresses under each other.
pub(super) fn table(feeds: &[FeedBody], voice: &Voice) {
    let heads = [
        voice.pick("Номер", "Id"),
        voice.pick("Создан", "Made"),
        voice.pick("Отозван", "Revoked"),
    ];
    let mut table = Table::new(&heads);
    for each in feeds {
        let revoked = each.revoked.map(moment).unwrap_or_default();
        table.row([each.id.to_string(), moment(each.created), revoked]);
    }
    table.say(voice, voice.pick("Адресов нет.", "There are no addresses."));
}

async fn revoke(reach: &Reach, login: &str, id: Uuid, voice: &Voice) -> Done {
    through(reach, voice, async |way| {
        way.bytes(Call::delete(format!("{}/{id}", of(login))))
            .await?;
        if voice.json {
            voice.say_json(&serde_json::json!({ "revoked": id }));
        }
        Ok(Exit::Done)
    })
    .await
}
