//! `explain`: why an object or an event stands as it does.

use super::failure::{Done, Exit};
use super::place::Reach;
use super::refusals;
use super::voice::Voice;
use super::way::{Call, through};
use crate::bridge::spelling::segment;
use crate::web::wire::ExplanationBody;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// GUID объекта или код мероприятия во внешнем календаре. / An object's GUID, or the remote calendar's own id of an event.
    #[arg(value_name = "OBJECT|EVENT")]
    what: String,
    #[command(flatten)]
    reach: Reach,
}

pub(super) async fn run(args: Args, voice: &Voice) -> Done {
    through(&args.reach, voice, async |way| {
        let path = format!("explain/{}", segment(&args.what));
        let told: ExplanationBody = way.json(Call::get(path)).await?;
        if voice.json {
            voice.say_json(&told);
            return Ok(Exit::Done);
        }
        for line in &told.words {
            voice.say(&without_controls(line));
        }
        voice.say("");
        voice.say(voice.pick("Журнал:", "Journal:"));
        refusals::table(&told.rows, voice);
        Ok(Exit::Done)
    })
    .await
}

/// Titles are people's: nothing in them moves a terminal's cursor.
fn without_controls(line: &str) -> String {
    let clean = line.chars().map(|c| if c.is_control() { ' ' } else { c });
    clean.collect()
}
