//! `check`: looks whether everything in the store is sound.

use super::failure::{Done, Exit, Failure};
use super::place::Reach;
use super::progress::Progress;
use super::voice::Voice;
use super::way::{Call, through};
use crate::web::wire::CheckLine;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    reach: Reach,
}

pub(super) async fn run(args: Args, voice: &Voice) -> Done {
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
