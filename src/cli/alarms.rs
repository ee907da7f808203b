//! `alarms`: devices that were refused too often, and items that are frozen.

use super::failure::{Done, Exit};
use super::place::Reach;
use super::table::Table;
use super::voice::{Voice, moment};
use super::way::{Call, through};
use crate::web::wire::{AlarmBody, AlarmsBody};

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
            voice.pick("Что", "What"),
            voice.pick("Устройство или календарь", "Device or calendar"),
            voice.pick("Объект", "Object"),
        ];
        let mut table = Table::new(&heads);
        for alarm in answer.alarms {
            let (what, place) = (kind(&alarm, voice).to_owned(), place(&alarm));
            let login = alarm.user.map(|user| user.login.unwrap_or(user.id));
            let object = alarm.object;
            let object = object.map(|object| object.title.unwrap_or(object.id.to_string()));
            table.row([
                moment(alarm.at),
                login.unwrap_or_default(),
                what,
                place,
                object.unwrap_or_default(),
            ]);
        }
        let nothing = voice.pick("Тревог нет.", "There are no alarms.");
        table.say(voice, nothing);
        Ok(Exit::Done)
    })
    .await
}

fn kind(alarm: &AlarmBody, voice: &Voice) -> &'static str {
    match alarm.kind.as_str() {
        "refused" => voice.pick("отказы", "refused"),
        "frozen" => voice.pick("застыло", "frozen"),
        "barred" => voice.pick("календарь отказывает", "refused by the calendar"),
        _ => "",
    }
}

/// What the device or calendar is called, else its identity.
fn place(alarm: &AlarmBody) -> String {
    let device = alarm.app_password.map(|id| id.to_string());
    let named = alarm.label.clone().or(device);
    named
        .or_else(|| alarm.subscription.clone())
        .unwrap_or_default()
}
