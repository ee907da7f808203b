//! `import`: events of an ICS file, as edits of a person.

use super::failure::{Done, Exit, Failure};
use super::place::Reach;
use super::progress::Progress;
use super::voice::Voice;
use super::way::{Call, through};
use crate::bridge::spelling::segment;
use crate::web::wire::ImportLine;
use bytes::Bytes;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Файл ICS. / The ICS file.
    file: PathBuf,
    /// От чьего имени: по правилам для этого человека. / As whom: by the rules for this person.
    #[arg(long, value_name = "LOGIN")]
    user: String,
    /// Только показать, что было бы сделано. / Only say what would be done.
    #[arg(long)]
    dry_run: bool,
    /// В пустое хранилище без ADVANTA: восстановить вид, статус и даты объектов. / Into an empty standalone store: bring back kind, status and dates of objects.
    #[arg(long)]
    rebuild: bool,
    #[command(flatten)]
    reach: Reach,
}

pub(super) async fn run(args: Args, voice: &Voice) -> Done {
    let text = read(&args.file, voice)?;
    through(&args.reach, voice, async |way| {
        let path = format!(
            "users/{}/import?dry_run={}&rebuild={}",
            segment(&args.user),
            args.dry_run,
            args.rebuild
        );
        let mut lines = way.lines(Call::post(path).calendar(text)).await?;
        let mut progress = Progress::new(voice, voice.pick("Обработано", "Items done"));
        while let Some(line) = lines.next().await? {
            if voice.json {
                voice.say(&line);
            }
            let Ok(told) = serde_json::from_str::<ImportLine>(&line) else {
                continue;
            };
            match told {
                ImportLine::Started { items } => progress.of(items),
                ImportLine::Progress { done } => progress.at(done),
                ImportLine::Failed { problem } => return Err(Failure::Problem(problem)),
                done @ ImportLine::Done { .. } => {
                    drop(progress);
                    return Ok(ended(&done, args.dry_run, voice));
                }
                item @ (ImportLine::Refused { .. } | ImportLine::Broken { .. }) if !voice.json => {
                    progress.say(&item_words(&item, voice));
                }
                ImportLine::Refused { .. } | ImportLine::Broken { .. } => {}
            }
        }
        Err(Failure::broken_off(voice))
    })
    .await
}

fn read(file: &Path, voice: &Voice) -> Result<Bytes, Failure> {
    let read = std::fs::read(file).map(Bytes::from);
    read.map_err(|error| {
        let lead = voice.pick("не читается", "cannot read");
        Failure::Failed(format!("{lead} {}: {error}", file.display()))
    })
}

/// One item that is not as the file says; nothing for other lines.
fn item_words(item: &ImportLine, voice: &Voice) -> String {
    let (line, uid, what) = match item {
        ImportLine::Refused {
            line, uid, words, ..
        } => (line, uid, words),
        ImportLine::Broken { line, uid, why } => (line, uid, why),
        ImportLine::Started { .. }
        | ImportLine::Progress { .. }
        | ImportLine::Done { .. }
        | ImportLine::Failed { .. } => return String::new(),
    };
    let place = voice.pick("строка", "line");
    match uid {
        Some(uid) => format!("{place} {line} ({uid}): {what}"),
        None => format!("{place} {line}: {what}"),
    }
}

fn ended(done: &ImportLine, dry_run: bool, voice: &Voice) -> Exit {
    let ImportLine::Done {
        created,
        changed,
        unchanged,
        rebuilt,
        refused,
        broken,
        skipped,
    } = done
    else {
        return Exit::Failed;
    };
    if !voice.json {
        let counts = [
            (voice.pick("создано", "created"), created),
            (voice.pick("изменено", "changed"), changed),
            (voice.pick("без изменений", "unchanged"), unchanged),
            (voice.pick("восстановлено", "rebuilt"), rebuilt),
            (voice.pick("с отказами", "refused"), refused),
            (voice.pick("испорчено", "broken"), broken),
            (voice.pick("пропущено", "skipped"), skipped),
        ];
        let told = counts.map(|(name, count)| format!("{name}: {count}"));
        let lead = if dry_run {
            voice.pick("Было бы сделано: ", "Would be done: ")
        } else {
            voice.pick("Сделано: ", "Done: ")
        };
        voice.say(&format!("{lead}{}", told.join(", ")));
    }
    if *refused + *broken > 0 {
        Exit::Incomplete
    } else {
        Exit::Done
    }
}
