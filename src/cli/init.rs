//! `init`: writes a settings file with explanations.

use super::failure::{Done, Exit, Failure};
use super::voice::Voice;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

/// Every setting with its default and what it does.
const EXAMPLE: &str = include_str!("../../config.example.toml");

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Куда записать; «-» — напечатать. Существующий файл не меняется. / Where to write; "-" prints. An existing file stays as it is.
    #[arg(long, value_name = "FILE", default_value = "advanta-bridge.toml")]
    config: PathBuf,
}

pub(super) fn run(args: &Args, voice: &Voice) -> Done {
    if args.config == Path::new("-") {
        voice.say(EXAMPLE.trim_end());
        return Ok(Exit::Done);
    }
    let shown = args.config.display();
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&args.config);
    let written = made.and_then(|mut file| file.write_all(EXAMPLE.as_bytes()));
    match written {
        Ok(()) if voice.json => voice.say_json(&serde_json::json!({ "file": shown.to_string() })),
        Ok(()) => {
            voice.say(&voice.phrase(format!("Записано: {shown}"), format!("Written: {shown}")))
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            return Err(Failure::Failed(voice.phrase(
                format!("файл {shown} уже есть и остаётся как был"),
                format!("the file {shown} is there already and stays as it is"),
            )));
        }
        Err(error) => {
            let lead = voice.pick("не записывается", "cannot write");
            return Err(Failure::Failed(format!("{lead} {shown}: {error}")));
        }
    }
    Ok(Exit::Done)
}
