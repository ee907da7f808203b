//! `outbox`: commands that wait for ADVANTA.

use super::failure::{Done, Exit};
use super::place::Reach;
use super::table::Table;
use super::voice::{Voice, moment};
use super::way::{Call, Way, through};
use crate::web::wire::{CommandBody, OutboxBody, ReleasedBody};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Показать очередь. / List the queue.
    List {
        /// Не больше строк. / At most so many rows.
        #[arg(long, default_value_t = 50)]
        limit: usize,
        #[command(flatten)]
        reach: Reach,
    },
    /// Отпустить очередь, которая стоит после восстановления из копии. / Let the queue go that is held after a restore.
    Release {
        #[command(flatten)]
        reach: Reach,
    },
}

pub(super) async fn run(command: Command, voice: &Voice) -> Done {
    match command {
        Command::List { limit, reach } => {
            through(&reach, voice, async |way| list(way, limit, voice).await).await
        }
        Command::Release { reach } => {
            through(&reach, voice, async |way| release(way, voice).await).await
        }
    }
}

async fn list(way: &Way, limit: usize, voice: &Voice) -> Done {
    let mut outbox: OutboxBody = way.json(Call::get(format!("outbox?limit={limit}"))).await?;
    while outbox.commands.len() < limit
        && let Some(after) = outbox.next
    {
        let left = limit - outbox.commands.len();
        let path = format!("outbox?limit={left}&after={after}");
        let more: OutboxBody = way.json(Call::get(path)).await?;
        outbox.commands.extend(more.commands);
        outbox.next = more.next;
    }
    if voice.json {
        voice.say_json(&outbox);
        return Ok(Exit::Done);
    }
    let OutboxBody { size, held, .. } = outbox;
    if held {
        voice.say(voice.pick(
            "Очередь стоит; отпустить: outbox release",
            "The queue is held; let it go with: outbox release",
        ));
    }
    if let Some(oldest) = outbox.oldest {
        let oldest = moment(oldest);
        voice.say(&voice.phrase(
            format!("Команд: {size}, старейшая от {oldest}."),
            format!("{size} commands, the oldest of {oldest}."),
        ));
    }
    table(&outbox.commands, voice);
    Ok(Exit::Done)
}

/// The commands under each other.
pub(super) fn table(commands: &[CommandBody], voice: &Voice) {
    let heads = [
        "#",
        voice.pick("Кто", "Who"),
        voice.pick("Объект", "Object"),
        voice.pick("Название", "Title"),
        voice.pick("Действие", "Action"),
        voice.pick("Поля", "Fields"),
        voice.pick("Попыток", "Tries"),
        voice.pick("Следующая", "Next"),
    ];
    let mut table = Table::new(&heads);
    for command in commands {
        let next = match command.state.as_str() {
            "dead" => voice
                .pick("ждёт решения", "waits for a decision")
                .to_owned(),
            _ => moment(command.due),
        };
        let user = &command.user;
        table.row([
            command.id.to_string(),
            user.login.clone().unwrap_or_else(|| user.id.clone()),
            command.object.id.to_string(),
            command.object.title.clone().unwrap_or_default(),
            action(&command.action, voice).to_owned(),
            command.fields.join(", "),
            command.attempts.to_string(),
            next,
        ]);
    }
    table.say(voice, voice.pick("Очередь пуста.", "The queue is empty."));
}

fn action<'a>(word: &'a str, voice: &Voice) -> &'a str {
    match word {
        "create" => voice.pick("создание", "create"),
        "change" => voice.pick("изменение", "change"),
        "delete" => voice.pick("удаление", "delete"),
        other => other,
    }
}

async fn release(way: &Way, voice: &Voice) -> Done {
    let done: ReleasedBody = way.json(Call::post("outbox/release")).await?;
    if voice.json {
        voice.say_json(&done);
    } else if done.released {
        let size = done.size;
        voice.say(&voice.phrase(
            format!("Очередь отпущена; команд: {size}."),
            format!("The queue goes on; {size} commands."),
        ));
    } else {
        voice.say(voice.pick("Очередь не стояла.", "The queue was not held."));
    }
    Ok(Exit::Done)
}
