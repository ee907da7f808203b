//! `secrets`: the keys under which what lets the bridge into people's calendars is stored.

use super::failure::{Done, Exit};
use super::place::Reach;
use super::table::Table;
use super::voice::Voice;
use super::way::{Call, Way, through};
use crate::web::wire::{OldKeyBody, RotatedBody, SecretsBody};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Какими ключами зашифрованы секреты. / Which keys there are, and how many secrets lie under each.
    Status {
        #[command(flatten)]
        reach: Reach,
    },
    /// Сделать новый ключ и зашифровать им всё. / Make a new key and seal everything with it.
    Rotate {
        /// Удалить старые ключи, когда ими ничего не зашифровано. / Remove old keys when nothing lies under them any more.
        #[arg(long)]
        drop_old: bool,
        #[command(flatten)]
        reach: Reach,
    },
}

pub(super) async fn run(command: Command, voice: &Voice) -> Done {
    match command {
        Command::Status { reach } => {
            through(&reach, voice, async |way| status(way, voice).await).await
        }
        Command::Rotate { drop_old, reach } => {
            through(&reach, voice, async |way| {
                rotate(way, drop_old, voice).await
            })
            .await
        }
    }
}

async fn status(way: &Way, voice: &Voice) -> Done {
    let secrets: SecretsBody = way.json(Call::get("secrets")).await?;
    if voice.json {
        voice.say_json(&secrets);
        return Ok(Exit::Done);
    }
    let SecretsBody {
        origin, unreadable, ..
    } = &secrets;
    voice.say(&voice.phrase(format!("Ключи: {origin}"), format!("Keys: {origin}")));
    table(&secrets, voice);
    tell_unreadable(*unreadable, voice);
    Ok(Exit::Done)
}

fn table(secrets: &SecretsBody, voice: &Voice) {
    let heads = [
        voice.pick("Ключ", "Key"),
        voice.pick("Состояние", "State"),
        voice.pick("Секретов", "Secrets"),
    ];
    let mut table = Table::new(&heads);
    for key in &secrets.keys {
        let state = match key.state.as_str() {
            "seals" => voice.pick("шифрует", "seals"),
            "old" => voice.pick("старый", "old"),
            "missing" => voice.pick("нет у моста", "missing"),
            other => other,
        };
        table.row([key.id.clone(), state.to_owned(), key.secrets.to_string()]);
    }
    table.say(
        voice,
        voice.pick(
            "Ключа ещё нет: он появится с первым секретом.",
            "There is no key yet: the first secret makes one.",
        ),
    );
}

/// Silent when there are none.
fn tell_unreadable(unreadable: u64, voice: &Voice) {
    if unreadable > 0 {
        voice.say(&voice.phrase(
            format!("Не расшифровать: {unreadable}; эти люди должны подключиться заново."),
            format!("{unreadable} cannot be opened: these people have to connect anew."),
        ));
    }
}

async fn rotate(way: &Way, drop_old: bool, voice: &Voice) -> Done {
    let path = format!("secrets/rotate?drop_old={drop_old}");
    let done: RotatedBody = way.json(Call::post(path)).await?;
    if voice.json {
        voice.say_json(&done);
        return Ok(Exit::Done);
    }
    let RotatedBody {
        seals, resealed, ..
    } = &done;
    let lead = if done.made {
        voice.pick("Новый ключ", "New key")
    } else {
        voice.pick(
            "Завершена прежняя смена ключа; шифрует",
            "An earlier rotation is at its end; what seals is",
        )
    };
    voice.say(&voice.phrase(
        format!("{lead} {seals}; зашифровано заново: {resealed}."),
        format!("{lead} {seals}; {resealed} sealed anew."),
    ));
    for key in &done.old {
        voice.say(&old_key(key, voice));
    }
    tell_unreadable(done.unreadable, voice);
    Ok(Exit::Done)
}

fn old_key(key: &OldKeyBody, voice: &Voice) -> String {
    let became = match key.state.as_str() {
        "dropped" => voice.pick("удалён", "is gone"),
        "unasked" => voice.pick(
            "остаётся; удалить: secrets rotate --drop-old",
            "stays; remove it with: secrets rotate --drop-old",
        ),
        "needed" => voice.pick(
            "остаётся: им зашифрован секрет, который не открывается",
            "stays: a secret that cannot be opened lies under it",
        ),
        "recent" => voice.pick(
            "пока остаётся: кто-то, возможно, как раз подключается; повторите через несколько минут",
            "stays for a while: somebody may be connecting just now; repeat this in some minutes",
        ),
        "fixed" => voice.pick(
            "больше не нужен: уберите его оттуда, где стоят ключи",
            "is not needed any more: remove it where the keys stand",
        ),
        other => other,
    };
    let lead = voice.pick("Старый ключ", "The old key");
    format!("{lead} {} {became}.", key.id)
}
