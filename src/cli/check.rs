//! `check`: looks whether everything in the store is sound.

use super::failure::{Done, Exit, Failure};
use super::file::Target;
use super::place::{Place, Reach};
use super::progress::Progress;
use super::voice::Voice;
use super::way::{Call, through};
use crate::app;
use crate::web::wire::CheckLine;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Журнал повреждён: сохранить всё, что читается, как копию для restore; мост остановлен. / The log is damaged: save whatever can be read as a backup for `restore`; the bridge is stopped.
    #[arg(long, value_name = "FILE", conflicts_with = "url")]
    salvage: Option<PathBuf>,
    #[command(flatten)]
    reach: Reach,
}

pub(super) async fn run(args: Args, voice: &Voice) -> Done {
    match &args.salvage {
        Some(file) => salvage(file, &args.reach.place, voice).await,
        None => check(&args, voice).await,
    }
}

async fn salvage(file: &Path, place: &Place, voice: &Voice) -> Done {
    let config = place.config();
    let config = config.map_err(|error| Failure::Usage(format!("{error:#}")))?;
    let data = place.data(&config, "./data");
    let target = Target::open(Some(file), voice)?;
    let (salvaged, mut target) = app::salvage(&config, &data, target).await?;
    target.place(voice)?;
    let (rows, commits, lost) = (salvaged.rows, salvaged.commits, salvaged.lost);
    let tables = salvaged.from_tables;
    if voice.json {
        voice.say_json(&serde_json::json!({
            "rows": rows,
            "commits": commits,
            "lost": lost,
            "from": if tables { "tables" } else { "log" },
        }));
    } else {
        voice.say(&voice.phrase(
            format!(
                "Сохранено записей: {rows}, до изменения {commits} (из {}); потеряно изменений: {lost}. Дальше: restore {} --data НОВАЯ_ПАПКА",
                if tables { "таблиц" } else { "журнала" },
                file.display()
            ),
            format!(
                "{rows} rows saved, up to commit {commits} (from the {}); commits lost: {lost}. Next: restore {} --data NEW_FOLDER",
                if tables { "tables" } else { "log" },
                file.display()
            ),
        ));
    }
    Ok(if lost == 0 {
        Exit::Done
    } else {
        Exit::Findings
    })
}

async fn check(args: &Args, voice: &Voice) -> Done {
    through(&args.reach, voice, async |way| {
        let mut lines = way.lines(Call::post("check")).await?;
        let mut progress = Progress::new(voice, voice.pick("Проверено записей", "Rows checked"));
        while let Some(line) = lines.next().await? {
            if voice.json {
                voice.say(&line);
            }
            let Ok(told) = serde_json::from_str::<CheckLine>(&line) else {
                continue;
            };
            match told {
                CheckLine::Progress { rows } => progress.at(rows),
                CheckLine::Finding { table, key, what } if !voice.json => {
                    progress.say(&format!("{table} {key}: {what}"));
                }
                CheckLine::Finding { .. } => {}
                CheckLine::Done { rows, findings } => {
                    drop(progress);
                    return Ok(ended(rows, findings, voice));
                }
                CheckLine::Failed { problem } => return Err(Failure::Problem(problem)),
            }
        }
        Err(Failure::broken_off(voice))
    })
    .await
}

fn ended(rows: u64, findings: u64, voice: &Voice) -> Exit {
    let sound = findings == 0;
    if !voice.json && sound {
        voice.say(&voice.phrase(
            format!("Проверено записей: {rows}; повреждений нет."),
            format!("{rows} rows checked; nothing is wrong."),
        ));
    } else if !voice.json {
        voice.say(&voice.phrase(
            format!("Проверено записей: {rows}; повреждений: {findings}."),
            format!("{rows} rows checked; {findings} findings."),
        ));
    }
    if sound { Exit::Done } else { Exit::Findings }
}
