//! `export`: a person's calendar as one ICS file.

use super::failure::{Done, Exit};
use super::file::Target;
use super::place::Reach;
use super::progress::Progress;
use super::voice::Voice;
use super::way::{Call, through};
use crate::bridge::spelling::segment;
use chrono::NaiveDate;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Чей календарь. / Whose calendar.
    #[arg(long, value_name = "LOGIN")]
    user: String,
    /// С этого дня. / From this day on.
    #[arg(long, value_name = "DATE")]
    from: Option<NaiveDate>,
    /// По этот день включительно. / Up to and including this day.
    #[arg(long, value_name = "DATE")]
    to: Option<NaiveDate>,
    /// Куда записать; «-» — на стандартный вывод. / Where to write; "-" is standard output [default: -].
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    reach: Reach,
}

pub(super) async fn run(args: Args, voice: &Voice) -> Done {
    through(&args.reach, voice, async |way| {
        let mut target = Target::open(args.output.as_deref(), voice)?;
        let body = way.stream(Call::get(path(&args))).await?;
        let mut progress = Progress::new(voice, voice.pick("Выгружено байт", "Bytes exported"));
        let bytes = target.take(body, voice, |bytes| progress.at(bytes)).await?;
        drop(progress);
        // Standard output holds the calendar.
        if let Some(file) = &target.name() {
            said(voice, file, bytes);
        }
        Ok(Exit::Done)
    })
    .await
}

fn path(args: &Args) -> String {
    let mut path = format!("users/{}/export", segment(&args.user));
    let days = [("from", args.from), ("to", args.to)];
    let mut mark = '?';
    for (name, day) in days {
        if let Some(day) = day {
            path += &format!("{mark}{name}={day}");
            mark = '&';
        }
    }
    path
}

/// Where the result is.
pub(super) fn said(voice: &Voice, file: &str, bytes: u64) {
    if voice.json {
        voice.say_json(&serde_json::json!({ "file": file, "bytes": bytes }));
    } else {
        voice.say(&voice.phrase(
            format!("{file}: байт: {bytes}"),
            format!("{file}: {bytes} bytes"),
        ));
    }
}
