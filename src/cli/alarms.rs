//! `alarms`: devices that were refused too often.

use super::failure::{Done, Exit};
use super::place::Reach;
use super::table::Table;
use super::voice::{Voice, moment};
use super::way::{Call, through};
use crate::web::wire::AlarmsBody;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    reach: Reach,
}

pub(super) async fn run(args: Args, voice: &Voice) -> Done {
    through(&args.reach, voice, async |way| {
        let answer: AlarmsBody = way.json(Call::get("alarms")).await?;
        if voice.json {
            voice.say_json(&answer);
            return Ok(Exit::Done);
        }
        let heads = [
            voice.pick("Когда", "When"),
            voice.pick("Кто", "Who"),
            voice.pick("Устройство", "Device"),
            voice.pick("Объект", "Object"),
        ];
        let mut table = Table::new(&heads);
        for alarm in answer.alarms {
            let login = alarm.user.map(|user| user.login.unwrap_or(user.id));
            let device = alarm
                .label
                .unwrap_or_else(|| alarm.app_password.to_string());
            let object = alarm.object.title;
            table.row([
                moment(alarm.at),
                login.unwrap_or_default(),
                device,
                object.unwrap_or_else(|| alarm.object.id.to_string()),
            ]);
        }
        let nothing = voice.pick("Тревог нет.", "There are no alarms.");
        table.say(voice, nothing);
        Ok(Exit::Done)
    })
    .await
}
