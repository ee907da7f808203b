//! `backup`: a copy of the store as of one commit.

use super::export::said;
use super::failure::{Done, Exit};
use super::file::Target;
use super::place::Reach;
use super::progress::Progress;
use super::voice::Voice;
use super::way::{Call, through};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Куда записать; «-» — на стандартный вывод. / Where to write; "-" is standard output.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    reach: Reach,
}

pub(super) async fn run(args: Args, voice: &Voice) -> Done {
    through(&args.reach, voice, async |way| {
        let mut target = Target::open(Some(&args.output), voice)?;
        let body = way.stream(Call::get("backup")).await?;
        let mut progress = Progress::new(voice, voice.pick("Сохранено байт", "Bytes backed up"));
        let bytes = target.take(body, voice, |bytes| progress.at(bytes)).await?;
        drop(progress);
        if let Some(file) = &target.name() {
            said(voice, file, bytes);
        }
        Ok(Exit::Done)
    })
    .await
}
