//! `status`: how the bridge is.

use super::failure::{Done, Exit};
use super::place::Reach;
use super::voice::Voice;
use super::way::{Call, through};
use crate::web::wire::StatusBody;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    reach: Reach,
}

pub(super) async fn run(args: Args, voice: &Voice) -> Done {
    through(&args.reach, voice, async |way| {
        let status: StatusBody = way.json(Call::get("status")).await?;
        if voice.json {
            voice.say_json(&status);
        } else {
            say(&status, voice);
        }
        Ok(Exit::Done)
    })
    .await
}

fn say(status: &StatusBody, voice: &Voice) {
    let yes = |is: bool| {
        if is {
            voice.pick("да", "yes")
        } else {
            voice.pick("нет", "no")
        }
    };
    let authority = match status.authority.as_str() {
        "own" => voice.pick("без ADVANTA (своё хранилище)", "standalone (its own store)"),
        _ => "ADVANTA",
    };
    let lines = [
        (voice.pick("Версия", "Version"), status.version.clone()),
        (
            voice.pick("Мост работает", "Bridge runs"),
            yes(status.running).to_owned(),
        ),
        (voice.pick("Источник", "Authority"), authority.to_owned()),
        (voice.pick("Эпоха", "Epoch"), status.epoch.clone()),
        (voice.pick("Людей", "People"), status.users.to_string()),
        (voice.pick("Входящих", "Inbox"), status.inbox.to_string()),
        (voice.pick("Исходящих", "Outbox"), status.outbox.to_string()),
        (
            voice.pick("Не принято", "Dead letters"),
            status.dead_letters.to_string(),
        ),
        (
            voice.pick("Очередь стоит", "Outbox held"),
            yes(status.held).to_owned(),
        ),
        (
            voice.pick("Закладка", "Cursor"),
            status.cursor.clone().unwrap_or_else(|| "—".to_owned()),
        ),
        (voice.pick("Тревог", "Alarms"), status.alarms.to_string()),
        (
            voice.pick("Неудачных входов", "Failed sign-ins"),
            status.failed_sign_ins.to_string(),
        ),
    ];
    let width = lines.iter().map(|(name, _)| name.chars().count()).max();
    for (name, value) in &lines {
        let space = " ".repeat(width.unwrap_or(0) - name.chars().count());
        voice.say(&format!("{name}:{space} {value}"));
    }
}
