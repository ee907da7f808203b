//! `dead-letters`: commands that cannot succeed, each of which blocks its object.

use super::failure::{Done, Exit};
use super::place::Reach;
use super::voice::Voice;
use super::way::{Call, Way, through};
use super::{outbox, refusals};
use crate::web::wire::{DeadLetterBody, DeadLettersBody};
use uuid::Uuid;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Показать все. / List all.
    List {
        #[command(flatten)]
        reach: Reach,
    },
    /// Показать одну. / Show one.
    Show {
        /// GUID объекта. / The object's GUID.
        object: Uuid,
        #[command(flatten)]
        reach: Reach,
    },
    /// Попробовать ещё раз. / Try it again.
    Retry {
        /// GUID объекта. / The object's GUID.
        object: Uuid,
        #[command(flatten)]
        reach: Reach,
    },
    /// Отказаться от неё: человек снова увидит исходное значение. / Give it up: the person sees the original again.
    Drop {
        /// GUID объекта. / The object's GUID.
        object: Uuid,
        #[command(flatten)]
        reach: Reach,
    },
}

pub(super) async fn run(command: Command, voice: &Voice) -> Done {
    match command {
        Command::List { reach } => through(&reach, voice, async |way| list(way, voice).await).await,
        Command::Show { object, reach } => {
            through(&reach, voice, async |way| show(way, object, voice).await).await
        }
        Command::Retry { object, reach } => {
            let call = || Call::post(format!("dead-letters/{object}/retry"));
            let words = voice.pick("Будет отправлена ещё раз.", "It is tried again.");
            through(&reach, voice, async |way| {
                decide(way, call(), object, words, voice).await
            })
            .await
        }
        Command::Drop { object, reach } => {
            let call = || Call::delete(format!("dead-letters/{object}"));
            let words = voice.pick(
                "Не будет отправлена; изменение считается отклонённым.",
                "It is given up; the edit counts as refused.",
            );
            through(&reach, voice, async |way| {
                decide(way, call(), object, words, voice).await
            })
            .await
        }
    }
}

async fn list(way: &Way, voice: &Voice) -> Done {
    let answer: DeadLettersBody = way.json(Call::get("dead-letters")).await?;
    if voice.json {
        voice.say_json(&answer);
    } else {
        outbox::table(&answer.dead_letters, voice);
    }
    Ok(Exit::Done)
}

async fn show(way: &Way, object: Uuid, voice: &Voice) -> Done {
    let path = format!("dead-letters/{object}");
    let letter: DeadLetterBody = way.json(Call::get(path)).await?;
    if voice.json {
        voice.say_json(&letter);
        return Ok(Exit::Done);
    }
    outbox::table(std::slice::from_ref(&letter.command), voice);
    let behind = letter.behind;
    voice.say(&voice.phrase(
        format!("За ней ждут команд: {behind}."),
        format!("{behind} commands wait behind it."),
    ));
    if let Some(edit) = letter.edit {
        voice.say("");
        refusals::table(&[edit], voice);
    }
    Ok(Exit::Done)
}

async fn decide(way: &Way, call: Call, object: Uuid, words: &str, voice: &Voice) -> Done {
    way.bytes(call).await?;
    if voice.json {
        voice.say_json(&serde_json::json!({ "object": object }));
    } else {
        voice.say(words);
    }
    Ok(Exit::Done)
}
