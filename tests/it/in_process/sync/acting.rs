//! What people do: in their calendars, in ADVANTA, with their subscriptions.

use super::events::Kept;
use super::objects::{self, user_id};
use super::stage::{Outcome, Stage, named};
use super::words::{at, date, local, number, parts, quoted, span, words, zone};
use advanta_bridge::bridge::{SubscribeOrder, UnsubscribeAsk};
use advanta_bridge::model::{
    CalendarRef, Direction, Integration, Kind, LeftOut, Object, PauseReason, RemoteKind,
};
use advanta_bridge::ports::RemoteErrorKind;
use chrono::{Duration, NaiveDate};

/// Does a sentence.
pub fn act(stage: &mut Stage, text: &str, all: &[&str]) -> Outcome {
    match all {
        [minutes, "minutes", "pass"] => {
            let minutes = number(minutes)?.cast_signed();
            stage.world().passes(Duration::minutes(minutes));
            Ok(())
        }
        ["advanta", rest @ ..] => in_advanta(stage, text, rest),
        ["admin", rest @ ..] => admin(stage, rest),
        ["calendar", rest @ ..] => calendar(stage, objects::ANNA, rest),
        [whose, "calendar", rest @ ..] if whose.ends_with("'s") => {
            let login = whose.trim_end_matches("'s").to_owned();
            calendar(stage, &login, rest)
        }
        [login @ ("anna" | "boris"), rest @ ..] => {
            stage.world().know(login);
            match rest {
                ["subscribes", "from", day, rest @ ..] => subscribe(stage, login, day, rest),
                ["unsubscribes" | "would", ..] => unsubscribe(stage, login, rest),
                [
                    "pauses" | "resumes" | "reconnects" | "accepts" | "rejects",
                    ..,
                ] => decide(stage, login, rest),
                _ => in_calendar(stage, login, text, rest),
            }
        }
        _ => Err("no sentence of a scene".to_owned()),
    }
}

/// What comes after a word of the text.
fn after<'a>(text: &'a str, word: &str) -> &'a str {
    text.split_once(word).map_or("", |(_, rest)| rest).trim()
}

fn in_calendar(stage: &mut Stage, login: &str, text: &str, rest: &[&str]) -> Outcome {
    let world = stage.world();
    match rest {
        ["takes", "another", "calendar"] => {
            world.open_calendar(login);
            Ok(())
        }
        ["makes", count, "events", "from", day, "on"] => {
            let (count, day) = (number(count)?, date(day)?);
            world.calendar(login, |mut inside| many(&mut inside, count, day))?
        }
        ["makes", ..] => world.calendar(login, |mut inside| {
            let (zone, (id, uid)) = (inside.zone, inside.identity());
            let kept = Kept::read(after(text, " makes "), zone, id, uid)?;
            inside.add(kept);
            Ok(())
        })?,
        ["restores", title] => {
            world.calendar(login, |mut inside| inside.restore(quoted(title)?))?
        }
        ["deletes", count, "events"] => {
            let count = number(count)?;
            world.calendar(login, |mut inside| {
                for _ in 0..count {
                    let first = inside.events.first().ok_or("no more events")?;
                    let id = first.event.id.clone();
                    inside.bin(&id)?;
                }
                Ok(())
            })?
        }
        ["deletes", what @ ..] => {
            let (title, last) = named(what)?;
            world.calendar(login, |mut inside| {
                let id = inside.find(title, last)?;
                inside.bin(&id)
            })?
        }
        ["copies", title, "to", dates @ ..] => world.calendar(login, |mut inside| {
            let id = inside.find(quoted(title)?, false)?;
            let found = inside.events.iter().find(|kept| kept.event.id == id);
            let mut copy = found.cloned().ok_or("no such event")?;
            (copy.event.id, copy.event.uid) = inside.identity();
            copy.event.fields.span = Some(span(dates, inside.zone)?);
            inside.add(copy);
            Ok(())
        })?,
        ["gets", title, "of", other] => {
            let title = quoted(title)?;
            let theirs = world.calendar(other, |inside| {
                let id = inside.find(title, false)?;
                let found = inside.events.iter().find(|kept| kept.event.id == id);
                found.cloned().ok_or_else(|| "no such event".to_owned())
            })??;
            world.calendar(login, |mut inside| {
                let mut copy = theirs;
                copy.event.id = inside.identity().0;
                inside.add(copy);
                Ok(())
            })?
        }
        ["splits", title, "on", day] => {
            let (title, day) = (quoted(title)?, date(day)?);
            world.calendar(login, |mut inside| split(&mut inside, title, day))?
        }
        _ => edit(stage, login, text, rest),
    }
}

fn many(inside: &mut super::calendar::Calendar, count: u64, day: NaiveDate) -> Outcome {
    for n in 0..count {
        let day = day + Duration::days(n.cast_signed());
        let text = format!("\"Дело {}\" {day} 10:00-11:00", n + 1);
        let (zone, (id, uid)) = (inside.zone, inside.identity());
        let kept = Kept::read(&text, zone, id, uid)?;
        inside.add(kept);
    }
    Ok(())
}

/// The schedule ends before a day, and another series goes on from there.
fn split(inside: &mut super::calendar::Calendar, title: &str, day: NaiveDate) -> Outcome {
    let (id, zone) = (inside.find(title, false)?, inside.zone);
    let found = inside.events.iter().find(|kept| kept.event.id == id);
    let mut rest = found.cloned().ok_or("no such event")?;
    let whole = rest.schedule.clone().ok_or("it does not repeat")?;
    inside.change(&id, |kept| {
        let mut head = whole.clone();
        head.until = day.pred_opt();
        kept.repeat(Some(head), zone);
        Ok(())
    })?;
    let dates = rest.event.fields.span.ok_or("no dates")?;
    let (from, to) = (local(dates.start(), zone), local(dates.end(), zone));
    let (from, to) = (
        at(day.and_time(from.time()), zone),
        at(day.and_time(to.time()), zone),
    );
    rest.event.fields.span = advanta_bridge::model::Span::new(from, to).ok();
    (rest.event.id, rest.event.uid) = inside.identity();
    rest.event.marker = None;
    rest.repeat(Some(whole), zone);
    inside.add(rest);
    Ok(())
}

/// An edit of one event.
fn edit(stage: &mut Stage, login: &str, text: &str, rest: &[&str]) -> Outcome {
    let (verb, rest) = rest.split_first().ok_or("does what?")?;
    let (what, rest) = match rest {
        ["other", ..] if rest.len() > 1 => rest.split_at(2),
        [_, ..] => rest.split_at(1),
        [] => return Err("what?".to_owned()),
    };
    let (title, last) = named(what).map_err(|_| "no sentence of a scene".to_owned())?;
    let world = stage.world();
    world.calendar(login, |mut inside| {
        let (id, zone) = (inside.find(title, last)?, inside.zone);
        inside.change(&id, |kept| {
            let fields = &mut kept.event.fields;
            match (*verb, rest) {
                ("renames", ["to", new]) => fields.title = quoted(new)?.to_owned(),
                ("describes", ["as", new]) => fields.description = quoted(new)?.to_owned(),
                ("places", ["at", new]) => fields.location = quoted(new)?.to_owned(),
                ("moves", ["to", dates @ ..]) => {
                    fields.span = Some(span(dates, zone)?);
                    let schedule = kept.schedule.clone();
                    if schedule.is_some() {
                        kept.repeat(schedule, zone);
                    }
                }
                ("moves", [day, "to", dates @ ..]) => {
                    let (day, dates) = (date(day)?, span(dates, zone)?);
                    kept.except(day, Some(dates), zone)?;
                }
                ("cancels", [day]) => kept.except(date(day)?, None, zone)?,
                ("sets", _) => {
                    let said = text.rsplit_once("\" to ").map_or("", |(_, said)| said);
                    for part in parts(said) {
                        kept.apply(part, zone)?;
                    }
                }
                _ => return Err("no sentence of a scene".to_owned()),
            }
            Ok(())
        })
    })?
}

/// How a calendar behaves from now on.
fn calendar(stage: &mut Stage, login: &str, rest: &[&str]) -> Outcome {
    let failing = |count: &str, kind: RemoteErrorKind| -> Result<Vec<RemoteErrorKind>, String> {
        let count = usize::try_from(number(count)?).map_err(|error| error.to_string())?;
        Ok(vec![kind; count])
    };
    let world = stage.world();
    world.know(login);
    let failures = match rest {
        ["forgets", "its", "cursor"] => {
            return world.calendar(login, |mut inside| inside.forget_cursor());
        }
        ["lets", "nobody", "in"] => {
            let kind = Some(RemoteErrorKind::Denied);
            return world.calendar(login, |mut inside| inside.closed = kind);
        }
        ["lets", "us", "in"] => return world.calendar(login, |mut inside| inside.closed = None),
        ["is", "taken", "away"] => {
            let kind = Some(RemoteErrorKind::CalendarGone);
            return world.calendar(login, |mut inside| inside.closed = kind);
        }
        ["refuses", "us"] => {
            let retry_after = std::time::Duration::from_secs(1800);
            let kind = Some(RemoteErrorKind::Barred { retry_after });
            return world.calendar(login, |mut inside| inside.closed = kind);
        }
        ["is", "too", "busy"] => {
            let retry_after = std::time::Duration::from_secs(120);
            let kind = Some(RemoteErrorKind::Throttled { retry_after });
            return world.calendar(login, |mut inside| inside.closed = kind);
        }
        ["garbles", title] => {
            let title = quoted(title)?;
            return world.calendar(login, |mut inside| {
                let id = inside.find(title, false)?;
                inside.garbled.insert(id);
                Ok(())
            })?;
        }
        ["makes", "a", "library", "stumble", "over", title] => {
            let title = quoted(title)?.to_owned();
            return world.calendar(login, |mut inside| inside.stumbles_over = Some(title));
        }
        ["shows", "all", "events", "again"] => {
            return world.calendar(login, |mut inside| {
                inside.garbled.clear();
                inside.stumbles_over = None;
            });
        }
        ["takes", "new", "events"] => {
            return world.calendar(login, |mut inside| inside.manners.writable = true);
        }
        ["refuses", count, "writes"] => failing(count, RemoteErrorKind::Refused)?,
        ["fails", count, "writes"] => failing(count, RemoteErrorKind::Transient)?,
        ["throttles", count, "writes"] => {
            let retry_after = std::time::Duration::from_secs(120);
            failing(count, RemoteErrorKind::Throttled { retry_after })?
        }
        _ => return Err("no sentence of a scene".to_owned()),
    };
    world.calendar(login, |mut inside| inside.failures.extend(failures))
}

fn in_advanta(stage: &mut Stage, text: &str, rest: &[&str]) -> Outcome {
    let world = stage.world();
    match rest {
        ["makes", count, "notes", "from", day, "on"] => {
            let (count, day) = (number(count)?, date(day)?);
            for n in 0..count {
                let day = day + Duration::days(n.cast_signed());
                make(stage, &format!("note \"Дело {}\" {day} 10:00-11:00", n + 1))?;
            }
            Ok(())
        }
        ["makes", ..] => make(stage, after(text, " makes ")),
        ["deletes", count, "notes"] => {
            for _ in 0..number(count)? {
                let object = world.objects().into_iter().next().ok_or("no more")?;
                world.vanishes(&object);
            }
            Ok(())
        }
        ["refuses", "new", "notes"] => world.refuses(None),
        ["refuses", "to", "change", title] => {
            let object = world.find(quoted(title)?, false)?;
            world.refuses(Some(object.id))
        }
        [verb, "other", title, rest @ ..] => {
            let object = world.find(quoted(title)?, true)?;
            change(stage, object, text, verb, rest)
        }
        [verb, title, rest @ ..] => {
            let title = quoted(title).map_err(|_| "no sentence of a scene".to_owned())?;
            let object = world.find(title, false)?;
            change(stage, object, text, verb, rest)
        }
        _ => Err("no sentence of a scene".to_owned()),
    }
}

fn make(stage: &mut Stage, said: &str) -> Outcome {
    let world = stage.world();
    let id = world.object_id();
    let object = objects::read(said, id, &world.settings)?;
    let people: Vec<_> = object.participants.keys().cloned().collect();
    for user in &people {
        world.know(objects::login(user));
    }
    world.told(object);
    Ok(())
}

fn change(stage: &mut Stage, object: Object, text: &str, verb: &str, rest: &[&str]) -> Outcome {
    let world = stage.world();
    let settings = world.settings.clone();
    match (verb, rest) {
        ("deletes", []) => {
            world.vanishes(&object);
            Ok(())
        }
        ("renames", ["to", new]) => {
            let new = quoted(new)?.to_owned();
            world.changes(object, |it| {
                it.title = new;
                Ok(())
            })
        }
        ("moves", ["to", dates @ ..]) => world.changes(object, |it| {
            it.planned = objects::planned(dates, &settings)?;
            Ok(())
        }),
        ("sets", ["to", ..]) => {
            let said = text.rsplit_once("\" to ").map_or("", |(_, said)| said);
            for part in parts(said) {
                for word in words(part).iter().skip(1) {
                    if part.starts_with("for ") {
                        world.know(objects::person(word)?.0);
                    }
                }
            }
            world.changes(object, |it| {
                parts(said)
                    .into_iter()
                    .try_for_each(|part| objects::apply(it, part))
            })
        }
        _ => Err("no sentence of a scene".to_owned()),
    }
}

fn subscribe(stage: &mut Stage, login: &str, day: &str, rest: &[&str]) -> Outcome {
    let world = stage.world();
    let id = world.calendar_id(login)?;
    let mut order = SubscribeOrder {
        user: user_id(login),
        remote: RemoteKind::Google,
        calendar: CalendarRef {
            name: id.clone(),
            account: format!("{login}@example.com"),
            id,
        },
        secret: b"secret".to_vec(),
        start: date(day)?,
        zone: Some(world.zone),
        left_out: LeftOut::default(),
        recognise: false,
    };
    let mut rest = rest;
    while let [first, second, more @ ..] = rest {
        match (*first, *second) {
            ("in", name) => order.zone = Some(zone(name)?),
            ("recognising", "events") => order.recognise = true,
            ("without", kind) => {
                let kind = Kind::from_word(kind.trim_end_matches('s')).ok_or("a kind")?;
                order.left_out.kinds.insert(kind);
            }
            ("to", "exchange") => order.remote = RemoteKind::Ews,
            ("sharing", other) => {
                order.calendar.id = world.calendar_id(other.trim_end_matches("'s"))?;
            }
            other => return Err(format!("how? {other:?}")),
        }
        rest = more;
    }
    if !rest.is_empty() {
        return Err(format!("how? {rest:?}"));
    }
    let done = world.wait(world.bridge.subscribe(order));
    done.map(|_| ()).map_err(|error| error.to_string())
}

fn unsubscribe(stage: &mut Stage, login: &str, rest: &[&str]) -> Outcome {
    let ask = UnsubscribeAsk {
        dry_run: rest.first() == Some(&"would"),
        remove_exported: rest.ends_with(&["removing", "exported"]),
    };
    let known = match rest {
        ["unsubscribes"] | ["would", "unsubscribe"] => !ask.remove_exported,
        ["unsubscribes", _, _] | ["would", "unsubscribe", _, _] => ask.remove_exported,
        _ => false,
    };
    if !known {
        return Err("no sentence of a scene".to_owned());
    }
    let world = stage.world();
    let id = world.subscription(login)?.id;
    let before = world.sight();
    let counted = world.wait(world.bridge.unsubscribe(&id, ask));
    let counted = counted.map_err(|error| error.to_string())?;
    stage.counted = Some(counted);
    stage.before = before;
    if ask.dry_run {
        return stage.nothing_changed();
    }
    Ok(())
}

fn decide(stage: &mut Stage, login: &str, rest: &[&str]) -> Outcome {
    let world = stage.world();
    let (id, bridge) = (world.subscription(login)?.id, &world.bridge);
    let done = match rest {
        ["pauses"] => world
            .wait(bridge.pause_subscription(&id, PauseReason::Asked))
            .map(|_| ()),
        ["resumes"] => world.wait(bridge.resume_subscription(&id)).map(|_| ()),
        ["reconnects"] => world
            .wait(bridge.reconnect_subscription(&id, b"new".to_vec()))
            .map(|_| ()),
        [answer @ ("accepts" | "rejects"), count, "deletions", way] => {
            let direction = Direction::from_word(way).ok_or("which way?")?;
            let accept = *answer == "accepts";
            let answered = world.wait(bridge.answer_deletions(&id, direction, accept));
            let answered = answered.map_err(|error| error.to_string())?;
            return super::words::same(&answered, &number(count)?);
        }
        _ => return Err("no sentence of a scene".to_owned()),
    };
    done.map_err(|error| error.to_string())
}

fn admin(stage: &mut Stage, rest: &[&str]) -> Outcome {
    let world = stage.world();
    let bridge = &world.bridge;
    match rest {
        ["deactivates", login] => world
            .wait(async {
                let done = bridge.deactivate_user(&user_id(login)).await;
                // The farewell is said beside it.
                for _ in 0..100 {
                    tokio::task::yield_now().await;
                }
                done
            })
            .map(|_| ())
            .map_err(|error| error.to_string()),
        ["retries", title] => {
            let object = world.find(quoted(title)?, false)?;
            let links = world.links(objects::ANNA)?;
            let link = links.iter().find(|link| link.object == object.id);
            let link = link.ok_or("no link")?.id;
            let done = world.wait(bridge.retry_link(link));
            done.map_err(|error| error.to_string())
        }
        ["enables", which] => {
            let which = match *which {
                "google" => Some(Integration::Google),
                "exchange" => Some(Integration::Exchange),
                "nothing" => None,
                other => return Err(format!("no integration {other}")),
            };
            let done = world.wait(bridge.check_integration(which));
            done.map(|_| ()).map_err(|error| error.to_string())
        }
        _ => Err("no sentence of a scene".to_owned()),
    }
}
