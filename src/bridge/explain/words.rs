//! An explanation in words that an administrator reads, a thought a line.

use super::{Explained, ExplainedLink, ExplainedPerson, Explanation};
use crate::bridge::words::{self, pick};
use crate::model::{
    Base, Born, Direction, Field, InactiveReason, IntentDeed, Language, Link, LinkState, Moment,
    Object, Obstacle, PauseReason, Subscription, SubscriptionState, Timestamp, Trouble, UserId,
};
use std::collections::BTreeMap;

impl Explanation {
    /// The explanation, a thought a line. People are called by the names that the reader knows them by.
    pub fn words(&self, names: &BTreeMap<UserId, String>, language: Language) -> Vec<String> {
        let name = |user: &UserId| {
            let known = names.get(user);
            known.map_or_else(|| user.to_string(), Clone::clone)
        };
        let mut lines = vec![self.head(language)];
        if let Explained::Event(event) = &self.asked {
            let lead = pick(language, "Найден по мероприятию", "Found by the event");
            lines.push(format!("{lead} {event}"));
        }
        lines.extend(self.people.iter().map(|each| {
            let name = name(&each.user);
            person(&name, each, language)
        }));
        if !self.commands.is_empty() {
            let lead = pick(
                language,
                "Ждут ADVANTA, команд",
                "Commands that wait for ADVANTA",
            );
            lines.push(format!("{lead}: {}", self.commands.len()));
        }
        if self.links.is_empty() {
            let none = pick(language, "Связей нет.", "There are no links.");
            lines.push(none.to_owned());
        }
        for each in &self.links {
            lines.extend(link(&name(&each.subscription.user), each, language));
        }
        lines
    }

    fn head(&self, language: Language) -> String {
        match (&self.object, self.removed) {
            (Some(object), _) => stands(object, language),
            (None, Some(revision)) => {
                let words = pick(language, "удалён, версия", "removed at version");
                format!("{}: {words} {revision}", self.id)
            }
            (None, None) => {
                let words = pick(
                    language,
                    "в ADVANTA не найден",
                    "not known to be in ADVANTA",
                );
                format!("{}: {words}", self.id)
            }
        }
    }
}

fn stands(object: &Object, language: Language) -> String {
    let kind = words::kind(object.kind, language);
    let version = pick(language, "версия", "version");
    let (id, title, revision) = (object.id, &object.title, object.revision);
    format!(
        "{kind} {id} {}, {version} {revision}",
        quoted(title, language)
    )
}

fn person(name: &str, each: &ExplainedPerson, language: Language) -> String {
    let named = |(field, reason): &(Field, _)| {
        let field = words::field(*field, language);
        format!("{field} ({})", words::reason(*reason, language))
    };
    let locks: Vec<String> = each.locks.iter().map(named).collect();
    match locks.is_empty() {
        true => format!(
            "{name}: {}",
            pick(language, "может всё", "may do everything")
        ),
        false => {
            let may_not = pick(language, "закрыто", "locked");
            format!("{name}: {may_not}: {}", locks.join("; "))
        }
    }
}

fn link(name: &str, each: &ExplainedLink, language: Language) -> Vec<String> {
    let ExplainedLink {
        subscription, link, ..
    } = each;
    let lead = pick(language, "Связь", "Link");
    let event = match &link.remote {
        Some(id) => id.to_string(),
        None => pick(language, "мероприятия нет", "no event").to_owned(),
    };
    let mut lines = vec![format!(
        "{lead} {}: {name}, {}, {} → {event}",
        link.id,
        subscription.remote.word(),
        state(&subscription.state, language),
    )];
    let mut indented = vec![born(link, language), seen(link, language)];
    indented.push(base(
        pick(language, "база ADVANTA", "base of ADVANTA"),
        &link.base_ours,
        language,
    ));
    indented.push(base(
        pick(language, "база календаря", "base of the calendar"),
        &link.base_theirs,
        language,
    ));
    if !each.ahead.is_empty() {
        let lead = pick(language, "в ADVANTA уже иначе", "differs in ADVANTA by now");
        indented.push(format!("{lead}: {}", fields(&each.ahead, language)));
    }
    if !link.owed.is_empty() {
        let lead = pick(language, "должны календарю", "owed to the calendar");
        let owed: Vec<Field> = link.owed.iter().copied().collect();
        indented.push(format!("{lead}: {}", fields(&owed, language)));
    }
    if let Some(intent) = &link.intent {
        let lead = pick(
            language,
            "неизвестно, дошла ли запись",
            "a write of which it is not known whether it was done",
        );
        let deed = deed(intent.deed, language);
        indented.push(format!("{lead}: {deed}, {}", moment(intent.at)));
    }
    if let Some(trouble) = &link.trouble {
        indented.push(self::trouble(trouble, language));
    }
    lines.extend(indented.into_iter().map(|line| format!("  {line}")));
    lines
}

fn born(link: &Link, language: Language) -> String {
    let born = match link.born {
        Born::Imported => pick(
            language,
            "мероприятие стало заметкой",
            "an event became a note",
        ),
        Born::Exported => pick(
            language,
            "объект выгружен в календарь",
            "an object got an event",
        ),
    };
    let state = match link.state {
        LinkState::Live => pick(
            language,
            "стороны согласуются",
            "both sides are kept in step",
        ),
        LinkState::Awaited => pick(
            language,
            "заметка ещё не подтверждена ADVANTA",
            "ADVANTA has not confirmed the note yet",
        ),
        LinkState::Parted => pick(
            language,
            "в ADVANTA объекта нет, мероприятие остаётся",
            "the object is gone, the event stays",
        ),
    };
    let life = pick(language, "подписка, жизнь", "life of the subscription");
    let mut line = format!("{born}; {state}; {life}: {}", link.epoch);
    if link.generation > 0 {
        let again = pick(language, "создано заново, раз", "made again, times");
        line += &format!("; {again}: {}", link.generation);
    }
    if link.locked {
        let locked = pick(
            language,
            "менять мероприятие нельзя",
            "the event may not be written",
        );
        line += &format!("; {locked}");
    }
    line
}

fn seen(link: &Link, language: Language) -> String {
    let ours = pick(language, "видели версию ADVANTA", "seen version of ADVANTA");
    let theirs = pick(language, "версию календаря", "of the calendar");
    let unseen = match !link.unseen.is_empty() {
        true => pick(
            language,
            " (ожидаемая, ещё не проверена)",
            " (expected, nobody has looked yet)",
        ),
        false => "",
    };
    let version = match link.their_version.as_str() {
        "" => "–",
        version => version,
    };
    format!("{ours} {}, {theirs} {version}{unseen}", link.our_revision)
}

fn base(lead: &str, base: &Base, language: Language) -> String {
    let dates = match base.span {
        Some(span) => format!("{} – {}", edge(span.start()), edge(span.end())),
        None => pick(language, "без дат", "no dates").to_owned(),
    };
    let repeats = match base.recurs {
        true => pick(language, ", повторяется", ", repeats"),
        false => "",
    };
    format!(
        "{lead}: {}, {dates}{repeats}",
        quoted(&base.title, language)
    )
}

fn quoted(title: &str, language: Language) -> String {
    match language {
        Language::Russian => format!("«{title}»"),
        Language::English => format!("“{title}”"),
    }
}

/// Why a link is not worked on, or not yet. Short, for a cell of a table.
pub fn trouble(trouble: &Trouble, language: Language) -> String {
    match trouble {
        Trouble::Waits { attempts, due } => {
            let tries = pick(language, "не удалось, раз", "tries failed");
            let next = pick(language, "снова", "next");
            format!("{tries}: {attempts}, {next} {}", moment(*due))
        }
        Trouble::Dead(why) => {
            let lead = pick(language, "не удаётся", "cannot succeed");
            format!("{lead}: {why}")
        }
        Trouble::Frozen => pick(
            language,
            "застыло: кто-то другой пишет то же самое",
            "frozen: somebody else keeps writing the same",
        )
        .to_owned(),
        Trouble::Held(direction) => held(*direction, language).to_owned(),
        Trouble::Accepted(_) => pick(
            language,
            "удаление подтверждено и выполняется",
            "the deletion was accepted and goes on",
        )
        .to_owned(),
    }
}

fn held(direction: Direction, language: Language) -> &'static str {
    match direction {
        Direction::ToAdvanta => pick(
            language,
            "удаление в ADVANTA ждёт подтверждения",
            "the deletion in ADVANTA waits to be accepted",
        ),
        Direction::ToRemote => pick(
            language,
            "удаление из календаря ждёт подтверждения",
            "deletion from the calendar waits to be accepted",
        ),
    }
}

/// Whether a subscription is worked on, and why not, or what is in its way.
pub fn standing(row: &Subscription, language: Language) -> &'static str {
    match (&row.state, row.obstacle) {
        (SubscriptionState::Active, Some((Obstacle::Network, _))) => pick(
            language,
            "активно, но сеть не пускает к календарю",
            "active, but the network is in the way",
        ),
        (SubscriptionState::Active, Some((Obstacle::Refusing, _))) => pick(
            language,
            "активно, но календарь отказывает",
            "active, but the calendar refuses us",
        ),
        (SubscriptionState::Active, Some((Obstacle::Missing, _))) => pick(
            language,
            "активно, но календарь не находится",
            "active, but the calendar is not found",
        ),
        (state, _) => self::state(state, language),
    }
}

/// Whether a subscription is worked on, and why not.
pub fn state(state: &SubscriptionState, language: Language) -> &'static str {
    let (russian, english) = match state {
        SubscriptionState::Active => ("активно", "active"),
        SubscriptionState::Paused(PauseReason::Asked) => ("приостановлено", "paused"),
        SubscriptionState::Paused(PauseReason::IntegrationOff) => (
            "приостановлено: интеграция выключена",
            "paused: the integration is switched off",
        ),
        SubscriptionState::Inactive(InactiveReason::Denied) => (
            "не активно: календарь больше не пускает",
            "not active: the calendar does not let us in any more",
        ),
        SubscriptionState::Inactive(InactiveReason::CalendarGone) => (
            "не активно: календаря больше нет",
            "not active: the calendar is gone",
        ),
        SubscriptionState::Inactive(InactiveReason::Deactivated) => (
            "не активно: человек отключён",
            "not active: the person is deactivated",
        ),
        SubscriptionState::Ending => ("завершается", "is being ended"),
        SubscriptionState::Ended => ("завершено", "ended"),
    };
    pick(language, russian, english)
}

fn deed(deed: IntentDeed, language: Language) -> &'static str {
    let (russian, english) = match deed {
        IntentDeed::Create => ("создание", "create"),
        IntentDeed::Update => ("изменение", "change"),
        IntentDeed::Delete => ("удаление", "delete"),
        IntentDeed::Replace => ("замена", "replace"),
        IntentDeed::Remove => ("удаление при отписке", "removal at the unsubscribe"),
    };
    pick(language, russian, english)
}

fn fields(fields: &[Field], language: Language) -> String {
    let names = fields.iter().map(|field| words::field(*field, language));
    names.collect::<Vec<_>>().join(", ")
}

fn edge(edge: Moment) -> String {
    match edge {
        Moment::Day(day) => day.to_string(),
        Moment::At(at) => moment(at),
    }
}

fn moment(at: Timestamp) -> String {
    at.format("%Y-%m-%d %H:%MZ").to_string()
}
