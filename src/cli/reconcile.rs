//! `reconcile`: compares with ADVANTA now.

use super::failure::{Done, Exit};
use super::place::Reach;
use super::voice::Voice;
use super::way::{Call, through};
use crate::web::wire::ReconciledBody;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Всё целиком, а не только изменения с прошлого раза. / Everything, not only changes since the last time.
    #[arg(long)]
    everything: bool,
    #[command(flatten)]
    reach: Reach,
}

pub(super) async fn run(args: Args, voice: &Voice) -> Done {
    through(&args.reach, voice, async |way| {
        let path = format!("reconcile?everything={}", args.everything);
        let found: ReconciledBody = way.json(Call::post(path)).await?;
        if voice.json {
            voice.say_json(&found);
        } else {
            let ReconciledBody {
                listed,
                news,
                gone,
                flawed,
                ..
            } = found;
            voice.say(&voice.phrase(
                format!("Сверено: {listed}, новостей: {news}, удалено: {gone}."),
                format!("{listed} compared, {news} news, {gone} gone."),
            ));
            if flawed > 0 {
                voice.say(&voice.phrase(
                    format!("Не понято и пропущено: {flawed}; что именно, сказано в журнале работы моста."),
                    format!("{flawed} could not be understood and were left out; the bridge's log says which."),
                ));
            }
        }
        Ok(Exit::Done)
    })
    .await
}
