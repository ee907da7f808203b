//! What changes a subscription.

use crate::cli::failure::{Done, Exit};
use crate::cli::voice::Voice;
use crate::cli::way::{Call, Way};
use crate::web::wire::{AnsweredBody, SubscriptionBody, UnsubscribedBody};
use uuid::Uuid;

/// Pauses or resumes, and says how the subscription stands then.
pub(super) async fn change(way: &Way, call: Call, voice: &Voice) -> Done {
    let stands: SubscriptionBody = way.json(call).await?;
    if voice.json {
        voice.say_json(&stands);
    } else {
        let lead = voice.pick("Подписка", "Subscription");
        voice.say(&format!("{lead} {}: {}.", stands.id, stands.words));
    }
    Ok(Exit::Done)
}

pub(super) async fn unsubscribe(way: &Way, call: Call, dry_run: bool, voice: &Voice) -> Done {
    let ended: UnsubscribedBody = way.json(call).await?;
    if voice.json {
        voice.say_json(&ended);
        return Ok(Exit::Done);
    }
    let UnsubscribedBody {
        links,
        exported,
        imported,
        removed,
    } = ended;
    let lead = if dry_run {
        voice.pick("Было бы сделано: ", "Would be done: ")
    } else {
        voice.pick("Отписано: ", "Unsubscribed: ")
    };
    let told = voice.phrase(
        format!("связей: {links} (выгружено {exported}, загружено {imported}), удалено мероприятий: {removed}"),
        format!("links: {links} (exported {exported}, imported {imported}), events deleted: {removed}"),
    );
    voice.say(&format!("{lead}{told}"));
    Ok(Exit::Done)
}

pub(super) async fn answer(way: &Way, call: Call, voice: &Voice) -> Done {
    let done: AnsweredBody = way.json(call).await?;
    if voice.json {
        voice.say_json(&done);
    } else {
        let answered = done.answered;
        voice.say(&voice.phrase(
            format!("Задержанных удалений: {answered}; решение принято."),
            format!("Held deletions: {answered}; decided."),
        ));
    }
    Ok(Exit::Done)
}

pub(super) async fn retry(way: &Way, call: Call, link: Uuid, voice: &Voice) -> Done {
    way.bytes(call).await?;
    if voice.json {
        voice.say_json(&serde_json::json!({ "link": link }));
    } else {
        voice.say(voice.pick("Будет испробовано ещё раз.", "It is tried again."));
    }
    Ok(Exit::Done)
}
