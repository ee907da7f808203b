//! Connecting a person: their consent, or an account of the administrator's domain, then one of its calendars.

use super::One;
use crate::bridge::spelling::segment;
use crate::cli::failure::{Done, Exit};
use crate::cli::place::Reach;
use crate::cli::table::Table;
use crate::cli::voice::Voice;
use crate::cli::way::{Call, Way, through};
use crate::web::wire::{
    AgreedBody, BegunBody, ChooseBody, CodeBody, ConnectionBody, DelegateBody, OfferBody,
    SubscriptionBody,
};
use chrono::NaiveDate;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Connect {
    /// Логин или код человека. / A login or a person's id.
    #[arg(value_name = "WHO")]
    who: String,
    /// Код подтверждения или весь адрес страницы, на которую вернул Google. / The code, or the whole address that Google led back to.
    #[arg(long, value_name = "CODE", conflicts_with = "account")]
    code: Option<String>,
    /// Аккаунт своего домена, без согласия владельца (служебный аккаунт). / An account of your own domain (service account).
    #[arg(long, value_name = "MAIL")]
    account: Option<String>,
    #[command(flatten)]
    reach: Reach,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Choose {
    /// Логин или код человека. / A login or a person's id.
    #[arg(value_name = "WHO")]
    who: String,
    /// Календарь из списка; `primary` – основной. / A calendar of the list; `primary`: the main one.
    #[arg(long, default_value = "primary")]
    calendar: String,
    /// Первый день. / The first day.
    #[arg(long, value_name = "DATE")]
    start: NaiveDate,
    /// Зона первого дня (IANA). / The zone of that day (IANA).
    #[arg(long)]
    zone: Option<String>,
    /// Узнавать ранее перенесённое, а не дублировать. / Recognise items of an earlier subscription instead of doubling them.
    #[arg(long)]
    recognise: bool,
    #[command(flatten)]
    reach: Reach,
}

fn path(who: &str, below: &str) -> String {
    format!("users/{}/connection/google{below}", segment(who))
}

pub(super) async fn connect(connect: Connect, voice: &Voice) -> Done {
    through(&connect.reach, voice, async |way| {
        let who = &connect.who;
        match (&connect.code, &connect.account) {
            (Some(code), _) => {
                let body = CodeBody { code: code.clone() };
                let call = Call::post(path(who, "/code")).json(&body);
                agreed(way.json(call).await?, voice)
            }
            (None, Some(account)) => {
                let body = DelegateBody {
                    account: account.clone(),
                };
                let call = Call::post(path(who, "/delegate")).json(&body);
                agreed(way.json(call).await?, voice)
            }
            (None, None) => begun(way, who, voice).await,
        }
    })
    .await
}

async fn begun(way: &Way, who: &str, voice: &Voice) -> Done {
    let begun: BegunBody = way.json(Call::post(path(who, ""))).await?;
    if voice.json {
        voice.say_json(&begun);
        return Ok(Exit::Done);
    }
    voice.note(voice.pick(
        "Человек открывает этот адрес, соглашается и передаёт адрес страницы, на которую его вернул Google (--code):",
        "The person opens this address, agrees, and passes on the address that Google leads them back to (--code):",
    ));
    voice.say(&begun.address);
    Ok(Exit::Done)
}

fn agreed(agreed: AgreedBody, voice: &Voice) -> Done {
    if voice.json {
        voice.say_json(&agreed);
        return Ok(Exit::Done);
    }
    match &agreed.subscription {
        Some(stands) => subscribed(stands, voice),
        None => offers(&agreed.calendars, voice),
    }
    Ok(Exit::Done)
}

fn offers(calendars: &[OfferBody], voice: &Voice) {
    let heads = [
        voice.pick("Календарь", "Calendar"),
        voice.pick("Название", "Name"),
        voice.pick("Доступ", "Access"),
    ];
    let mut table = Table::new(&heads);
    for offer in calendars {
        let access = match (offer.writable, offer.primary) {
            (false, _) => voice.pick("только чтение", "read-only"),
            (true, true) => voice.pick("основной", "main"),
            (true, false) => "",
        };
        table.row([offer.id.clone(), offer.name.clone(), access.to_owned()]);
    }
    table.say(
        voice,
        voice.pick("Календарей нет.", "There are no calendars."),
    );
}

fn subscribed(stands: &SubscriptionBody, voice: &Voice) {
    let lead = voice.pick("Подписка", "Subscription");
    voice.say(&format!("{lead} {}: {}.", stands.id, stands.words));
}

pub(super) async fn choose(choose: Choose, voice: &Voice) -> Done {
    through(&choose.reach, voice, async |way| {
        let who = &choose.who;
        let calendar = if choose.calendar == "primary" {
            let offered: ConnectionBody = way.json(Call::get(path(who, ""))).await?;
            let main = offered.calendars.into_iter().find(|offer| offer.primary);
            main.map_or(choose.calendar.clone(), |offer| offer.id)
        } else {
            choose.calendar.clone()
        };
        let body = ChooseBody {
            calendar,
            start: choose.start.to_string(),
            zone: choose.zone.clone(),
            recognise: choose.recognise,
            left_out_kinds: vec![],
            left_out_statuses: vec![],
        };
        let call = Call::post(path(who, "/choose")).json(&body);
        let stands: SubscriptionBody = way.json(call).await?;
        if voice.json {
            voice.say_json(&stands);
        } else {
            subscribed(&stands, voice);
        }
        Ok(Exit::Done)
    })
    .await
}

pub(super) async fn cancel(one: &One, voice: &Voice) -> Done {
    through(&one.reach, voice, async |way| {
        way.bytes(Call::delete(path(&one.who, ""))).await?;
        if !voice.json {
            voice.say(voice.pick("Подключение отменено.", "No longer connecting."));
        }
        Ok(Exit::Done)
    })
    .await
}
