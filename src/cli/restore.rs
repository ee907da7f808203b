//! `restore`: makes a store from a backup, in a folder that holds none.

use super::failure::{Done, Exit};
use super::voice::Voice;
use crate::app;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Копия, сделанная командой backup. / A backup made by `backup`.
    file: PathBuf,
    /// Новая папка данных. / The new data folder.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
}

pub(super) async fn run(args: Args, voice: &Voice) -> Done {
    let restored = app::restore(&args.file, &args.data).await?;
    if voice.json {
        voice.say_json(&serde_json::json!({
            "epoch": restored.epoch.to_string(),
            "commits": restored.commits,
            "rows": restored.rows,
            "bytes": restored.bytes,
        }));
        return Ok(Exit::Done);
    }
    let rows = restored.rows;
    voice.say(&voice.phrase(
        format!("Восстановлено записей: {rows}. Очередь команд стоит; отпустить: outbox release"),
        format!(
            "{rows} rows restored. The queue of commands is held; let it go with: outbox release"
        ),
    ));
    Ok(Exit::Done)
}
