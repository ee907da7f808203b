//! Subscriptions, and what is wrong with single items, as tables.

use crate::cli::failure::{Done, Exit};
use crate::cli::table::Table;
use crate::cli::voice::{Voice, moment};
use crate::cli::way::{Call, Way};
use crate::web::wire::{
    LinkCountsBody, StageBody, SubscriptionBody, SubscriptionShownBody, SubscriptionsBody,
    TroublesBody,
};

pub(super) async fn list(way: &Way, voice: &Voice) -> Done {
    let mut all = SubscriptionsBody {
        subscriptions: vec![],
        next: None,
    };
    loop {
        let after = all.next.take();
        let query = after.map_or_else(String::new, |after| format!("&after={after}"));
        let path = format!("subscriptions?limit=1000{query}");
        let page: SubscriptionsBody = way.json(Call::get(path)).await?;
        all.subscriptions.extend(page.subscriptions);
        all.next = page.next;
        if all.next.is_none() {
            break;
        }
    }
    if voice.json {
        voice.say_json(&all);
    } else {
        table(&all.subscriptions, voice);
    }
    Ok(Exit::Done)
}

fn table(subscriptions: &[SubscriptionBody], voice: &Voice) {
    let heads = [
        voice.pick("Кто", "Who"),
        voice.pick("Календарь", "Calendar"),
        voice.pick("Состояние", "State"),
        voice.pick("С", "From"),
        voice.pick("Сверено", "Synced"),
        voice.pick("Сбоев", "Failures"),
        voice.pick("Подписка", "Subscription"),
    ];
    let mut table = Table::new(&heads);
    for each in subscriptions {
        table.row([
            who(each),
            calendar(each),
            each.words.clone(),
            each.start.clone(),
            each.synced.map(moment).unwrap_or_default(),
            each.failures.to_string(),
            each.id.clone(),
        ]);
    }
    let none = voice.pick("Подписок нет.", "There are no subscriptions.");
    table.say(voice, none);
}

fn who(each: &SubscriptionBody) -> String {
    let login = each.user.login.clone();
    login.unwrap_or_else(|| each.user.id.clone())
}

fn calendar(each: &SubscriptionBody) -> String {
    let named = [
        each.remote.as_str(),
        &each.calendar.account,
        &each.calendar.name,
    ];
    let named: Vec<&str> = named.into_iter().filter(|word| !word.is_empty()).collect();
    named.join(" · ")
}

pub(super) async fn one(way: &Way, path: &str, voice: &Voice) -> Done {
    let shown: SubscriptionShownBody = way.json(Call::get(path)).await?;
    if voice.json {
        voice.say_json(&shown);
        return Ok(Exit::Done);
    }
    let row = &shown.subscription;
    let line = |name: &str, value: String| {
        if !value.is_empty() {
            voice.say(&format!("{name}: {value}"));
        }
    };
    line(voice.pick("Подписка", "Subscription"), row.id.clone());
    line(voice.pick("Кто", "Who"), who(row));
    line(voice.pick("Календарь", "Calendar"), calendar(row));
    line(voice.pick("Состояние", "State"), row.words.clone());
    let window = format!("{} ({})", row.start, row.zone);
    line(voice.pick("Окно начинается", "Window begins"), window);
    let life = format!("{}, {}", row.epoch, moment(row.since));
    line(voice.pick("Жизнь, начало", "Life, since"), life);
    let time = |at: Option<crate::web::wire::Instant>| at.map(moment).unwrap_or_default();
    line(voice.pick("Сверено", "Synced"), time(row.synced));
    line(voice.pick("Следующий раз", "Next"), time(row.due));
    let failed = row.last_error.clone().unwrap_or_default();
    line(voice.pick("Последний сбой", "Last failure"), failed);
    line(voice.pick("Связи", "Links"), counts(&shown.links, voice));
    let stage = shown.progress.as_ref();
    let stage = stage.map(|stage| stage_words(stage, voice));
    line(voice.pick("Сейчас", "Now"), stage.unwrap_or_default());
    Ok(Exit::Done)
}

fn counts(links: &LinkCountsBody, voice: &Voice) -> String {
    let LinkCountsBody {
        all,
        exported,
        imported,
        waits,
        dead,
        frozen,
        held_to_advanta,
        held_to_remote,
    } = links;
    let mut told = voice.phrase(
        format!("{all} (выгружено {exported}, загружено {imported})"),
        format!("{all} (exported {exported}, imported {imported})"),
    );
    for (russian, english, count) in [
        ("ждут попытки", "wait for a try", waits),
        ("не удаются", "cannot succeed", dead),
        ("застыли", "frozen", frozen),
        (
            "задержано удалений в ADVANTA",
            "deletions in ADVANTA held",
            held_to_advanta,
        ),
        (
            "задержано удалений из календаря",
            "deletions from the calendar held",
            held_to_remote,
        ),
    ] {
        if *count > 0 {
            told += &format!(", {}: {count}", voice.pick(russian, english));
        }
    }
    told
}

/// How far a round is.
fn stage_words(stage: &StageBody, voice: &Voice) -> String {
    let at = stage_name(stage, voice);
    match stage.total {
        Some(total) => format!("{at}: {}/{total}", stage.done),
        None => format!("{at}: {}", stage.done),
    }
}

/// What a round is at.
pub(super) fn stage_name<'a>(stage: &'a StageBody, voice: &Voice) -> &'a str {
    match stage.stage.as_str() {
        "listing" => voice.pick("Читается календарь", "Reading the calendar"),
        "working" => voice.pick("Сверяется", "Comparing"),
        other => other,
    }
}

pub(super) async fn troubles(way: &Way, path: &str, limit: usize, voice: &Voice) -> Done {
    let mut found = TroublesBody {
        troubles: vec![],
        unread: vec![],
        next: None,
    };
    while found.troubles.len() < limit {
        let left = limit - found.troubles.len();
        let after = found.next.map(|after| format!("&after={after}"));
        let query = format!("{path}?limit={left}{}", after.unwrap_or_default());
        let page: TroublesBody = way.json(Call::get(query)).await?;
        found.troubles.extend(page.troubles);
        found.unread.extend(page.unread);
        found.next = page.next;
        if found.next.is_none() {
            break;
        }
    }
    if voice.json {
        voice.say_json(&found);
        return Ok(Exit::Done);
    }
    let heads = [
        voice.pick("Связь", "Link"),
        voice.pick("Объект", "Object"),
        voice.pick("Название", "Title"),
        voice.pick("Мероприятие", "Event"),
        voice.pick("Что не так", "What is wrong"),
    ];
    let mut table = Table::new(&heads);
    for each in &found.troubles {
        table.row([
            each.link.to_string(),
            each.object.id.to_string(),
            each.object.title.clone().unwrap_or_default(),
            each.event.clone().unwrap_or_default(),
            each.trouble.words.clone(),
        ]);
    }
    for each in &found.unread {
        let lead = voice.pick("не читается", "cannot be read");
        table.row([
            String::new(),
            String::new(),
            String::new(),
            each.event.clone(),
            format!("{lead}: {}", each.what),
        ]);
    }
    table.say(voice, voice.pick("Всё в порядке.", "All is well."));
    Ok(Exit::Done)
}
