//! `subscription sync`: everything is compared now, with progress while it goes on.

use super::show::stage_name;
use crate::cli::failure::{Done, Exit, Failure};
use crate::cli::progress::Progress;
use crate::cli::table::Table;
use crate::cli::voice::Voice;
use crate::cli::way::{Call, Way};
use crate::web::wire::{PlannedBody, ProgressBody, RoundBody, StageBody};
use chrono::NaiveDate;
use std::time::Duration;

/// Between two looks at how far it is.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// What is asked for.
#[derive(Clone, Copy)]
pub(super) struct Asked {
    /// The window begins on this day, if that is earlier.
    pub(super) from: Option<NaiveDate>,
    /// Nothing is written.
    pub(super) dry_run: bool,
}

pub(super) async fn run(way: &Way, path: &str, asked: Asked, voice: &Voice) -> Done {
    let from = asked.from.map(|from| format!("&from={from}"));
    let from = from.unwrap_or_default();
    let query = format!("{path}/sync?dry_run={}{from}", asked.dry_run);
    let round = watched(way, path, Call::post(query), voice).await?;
    if voice.json {
        voice.say_json(&round);
        return Ok(exit(&round));
    }
    if asked.dry_run {
        plan(&round.planned, voice);
    }
    voice.say(&told(&round, asked.dry_run, voice));
    Ok(exit(&round))
}

/// What could not be brought in step, or waits for somebody's word, is no failure of the command, but not all is done either.
fn exit(round: &RoundBody) -> Exit {
    if round.held + round.troubles + round.stuck > 0 {
        Exit::Incomplete
    } else {
        Exit::Done
    }
}

/// The answer, and how far it is until then.
async fn watched(way: &Way, path: &str, call: Call, voice: &Voice) -> Result<RoundBody, Failure> {
    let mut progress = Progress::new(voice, voice.pick("Сверяется", "Comparing"));
    let answer = way.json(call);
    tokio::pin!(answer);
    loop {
        tokio::select! {
            round = &mut answer => return round,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
        let look = way.json::<ProgressBody>(Call::get(format!("{path}/progress")));
        tokio::select! {
            round = &mut answer => return round,
            // How far it is, is only a courtesy: whatever goes wrong is told by the answer itself.
            looked = look => if let Ok(ProgressBody { progress: Some(stage) }) = looked {
                show(&mut progress, &stage, voice);
            },
        }
    }
}

fn show(progress: &mut Progress, stage: &StageBody, voice: &Voice) {
    progress.named(stage_name(stage, voice));
    if let Some(total) = stage.total {
        progress.of(total);
    }
    progress.at(stage.done);
}

fn plan(planned: &[PlannedBody], voice: &Voice) {
    let heads = [
        voice.pick("Действие", "Action"),
        voice.pick("Название", "Title"),
        voice.pick("Поля", "Fields"),
        voice.pick("Объект", "Object"),
        voice.pick("Мероприятие", "Event"),
    ];
    let mut table = Table::new(&heads);
    for item in planned {
        let object = item.object.map(|object| object.to_string());
        table.row([
            action(&item.action, voice).to_owned(),
            item.title.clone(),
            item.fields.join(", "),
            object.unwrap_or_default(),
            item.event.clone().unwrap_or_default(),
        ]);
    }
    let none = voice.pick("Делать нечего.", "There is nothing to do.");
    table.say(voice, none);
}

fn told(round: &RoundBody, dry_run: bool, voice: &Voice) -> String {
    let lead = if dry_run {
        voice.pick("Было бы сделано: ", "Would be done: ")
    } else {
        voice.pick("Сделано: ", "Done: ")
    };
    let mut counts = vec![
        (voice.pick("прочитано", "listed"), round.listed),
        (voice.pick("записано в календарь", "written"), round.writes),
    ];
    let actions = round.counts.iter();
    counts.extend(actions.map(|(word, count)| (action(word, voice), *count)));
    for (name, count) in [
        (
            voice.pick("задержано удалений", "deletions held"),
            round.held,
        ),
        (voice.pick("не удалось", "not done"), round.troubles),
        (
            voice.pick(
                "не сходится (subscription troubles)",
                "stuck (subscription troubles)",
            ),
            round.stuck,
        ),
    ] {
        if count > 0 {
            counts.push((name, count));
        }
    }
    let counts = counts
        .iter()
        .map(|(name, count)| format!("{name}: {count}"));
    format!("{lead}{}", counts.collect::<Vec<_>>().join(", "))
}

/// What a word of a plan means; one of another version stands for itself.
fn action<'a>(word: &'a str, voice: &Voice) -> &'a str {
    match word {
        "import" => voice.pick("новая заметка", "import a note"),
        "edit" => voice.pick("изменить в ADVANTA", "change in ADVANTA"),
        "delete-object" => voice.pick("удалить в ADVANTA", "delete in ADVANTA"),
        "restore" => voice.pick("вернуть исходное", "restore"),
        "create" => voice.pick("новое мероприятие", "create an event"),
        "write" => voice.pick("изменить в календаре", "change in the calendar"),
        "delete-event" => voice.pick("удалить из календаря", "delete from the calendar"),
        "adopt" => voice.pick("узнать", "recognise"),
        "remark" => voice.pick("пометить заново", "mark anew"),
        "forget" => voice.pick("забыть связь", "forget a link"),
        "keep" => voice.pick("запомнить", "take note"),
        other => other,
    }
}
