//! `compact`: makes tables that have outgrown what is in them anew, while no bridge runs.

use super::failure::{Done, Exit, Failure};
use super::place::Place;
use super::voice::Voice;
use crate::app;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    place: Place,
}

pub(super) async fn run(args: Args, voice: &Voice) -> Done {
    let config = args.place.config();
    let config = config.map_err(|error| Failure::Usage(format!("{error:#}")))?;
    let data = args.place.data(&config, "./data");
    // A mistyped name must not make an empty installation.
    if !app::has_store(&data)? {
        let lead = voice.pick("здесь нет хранилища", "there is no store in");
        return Err(Failure::Unreachable(format!("{lead} {}", data.display())));
    }
    let compacted = app::compact(&config, &data).await?;
    let (before, after) = (compacted.before, compacted.after);
    if voice.json {
        voice.say_json(&serde_json::json!({
            "rows": compacted.rows,
            "live_bytes": compacted.live_bytes,
            "before": before,
            "after": after,
        }));
        return Ok(Exit::Done);
    }
    voice.say(&voice.phrase(
        format!(
            "Записей: {}. Было байт: {before}, стало: {after}.",
            compacted.rows
        ),
        format!(
            "{} rows. Bytes before: {before}, after: {after}.",
            compacted.rows
        ),
    ));
    Ok(Exit::Done)
}
