//! What must hold after every single step, whatever happened.

use crate::actors::PEOPLE;
use crate::advanta::short;
use crate::calendar::plain;
use crate::world::{World, lock};
use advanta_bridge::model::{Kind, Link, ObjectId, RemoteId, Subscription, UserId};
use advanta_bridge::ports::Store as _;
use std::collections::{BTreeMap, BTreeSet};

/// What is not as it must be.
pub async fn check(world: &World) -> Result<(), String> {
    what_the_fakes_saw(world)?;
    for who in PEOPLE {
        if let Some(subscription) = world.subscription(who).await {
            links_are_pairs(&subscription, &links(world, &subscription).await)?;
        }
        one_event_for_each_mark(world, who)?;
        deletions_were_wanted(world, who)?;
    }
    notes_were_deleted_by_somebody(world)?;
    texts_were_typed(world).await?;
    writes_are_bounded(world)
}

/// All links of a subscription.
pub async fn links(world: &World, subscription: &Subscription) -> Vec<Link> {
    world
        .store
        .links(&subscription.id, None, usize::MAX)
        .await
        .unwrap()
}

fn what_the_fakes_saw(world: &World) -> Result<(), String> {
    if let Some(broken) = lock(&world.outside.advanta).broken.first() {
        return Err(format!("a forbidden value reaches ADVANTA: {broken}"));
    }
    if let Some(broken) = lock(&world.ledger).broken.first() {
        return Err(broken.clone());
    }
    match PEOPLE.iter().find(|who| world.calendar(who).mails > 0) {
        Some(who) => Err(format!("guests of {who} are mailed")),
        None => Ok(()),
    }
}

fn links_are_pairs(subscription: &Subscription, links: &[Link]) -> Result<(), String> {
    let mut objects = BTreeSet::new();
    let mut events = BTreeSet::new();
    for link in links {
        if !objects.insert(link.object) {
            return Err(format!("{} has two links", short(link.object)));
        }
        if link.remote.as_ref().is_some_and(|id| !events.insert(id)) {
            return Err(format!("{:?} has two links", link.remote));
        }
        if link.epoch != subscription.epoch {
            return Err(format!(
                "the link of {} is of an earlier life",
                short(link.object)
            ));
        }
    }
    Ok(())
}

/// Unless a person copied it, an object has one event in each life of a subscription.
fn one_event_for_each_mark(world: &World, who: &str) -> Result<(), String> {
    let calendar = world.calendar(who);
    let mut seen: BTreeMap<(&str, u64, ObjectId), &RemoteId> = BTreeMap::new();
    for kept in calendar.events.values().filter(|kept| !kept.copied) {
        let Some(marker) = &kept.event.marker else {
            continue;
        };
        let of = (marker.subscription.as_str(), marker.epoch, marker.object);
        if let Some(other) = seen.insert(of, &kept.event.id) {
            let id = short(marker.object);
            return Err(format!(
                "{id} has two events: {other} and {}",
                kept.event.id
            ));
        }
    }
    Ok(())
}

/// We delete an event only when its object was taken from its person.
fn deletions_were_wanted(world: &World, who: &str) -> Result<(), String> {
    let user = UserId::new(who);
    let ledger = lock(&world.ledger);
    let advanta = lock(&world.outside.advanta);
    let clients = lock(&world.outside.clients);
    for kept in &world.calendar(who).removed_by_us {
        // A schedule that the remote does not drop is deleted with its event, which is made anew.
        if kept.event.series.is_some() {
            continue;
        }
        let linked = ledger
            .events_of
            .iter()
            .filter(|(_, events)| events.contains(&kept.event.id));
        let mut objects = linked
            .map(|(object, _)| *object)
            .chain(kept.event.marker.as_ref().map(|marker| marker.object));
        let wanted = objects.any(|object| {
            advanta.taken.contains(&(user.clone(), object))
                || clients.deleted.contains(&object)
                || ledger.removed.contains(&object)
        });
        if !wanted {
            return Err(format!(
                "{who}'s event {} is deleted by nobody",
                kept.event.id
            ));
        }
    }
    Ok(())
}

/// We delete a note only when a person deleted its event or its resource, and never anything else.
fn notes_were_deleted_by_somebody(world: &World) -> Result<(), String> {
    let events: BTreeSet<RemoteId> = PEOPLE
        .iter()
        .flat_map(|who| world.calendar(who).removed_by_people.clone())
        .collect();
    let ledger = lock(&world.ledger);
    let advanta = lock(&world.outside.advanta);
    let clients = lock(&world.outside.clients);
    let by_person = |object: &ObjectId| {
        let linked = ledger.events_of.get(object);
        clients.deleted.contains(object) || linked.is_some_and(|of| !of.is_disjoint(&events))
    };
    for (object, _, kind) in &advanta.deleted_by_us {
        if *kind != Kind::Note || !by_person(object) {
            return Err(format!("{} is deleted by nobody", short(*object)));
        }
    }
    let taken = |object: &ObjectId| advanta.taken.iter().any(|(_, each)| each == object);
    let lost = ledger
        .removed
        .iter()
        .find(|object| !taken(object) && !by_person(object));
    match lost {
        // A note that ADVANTA refused in the end goes too; it never was there.
        Some(object) if world.outside.own || advanta.objects.contains_key(object) => Err(format!(
            "{} leaves the mirror for no reason",
            short(*object)
        )),
        _ => Ok(()),
    }
}

/// Nothing stands in ADVANTA that nobody typed: no clipped title, no description out of HTML.
async fn texts_were_typed(world: &World) -> Result<(), String> {
    let mut typed: BTreeSet<String> = lock(&world.outside.advanta).typed.clone();
    typed.extend(lock(&world.outside.clients).typed.iter().cloned());
    typed.extend([String::new(), advanta_bridge::sync::BUSY.to_owned()]);
    for who in PEOPLE {
        typed.extend(world.calendar(who).typed.iter().cloned());
    }
    for object in world.objects().await {
        for text in [&object.title, &object.description, &object.location] {
            if !typed.contains(&plain(text)) {
                return Err(format!("nobody typed {text:?} of {}", short(object.id)));
            }
        }
    }
    Ok(())
}

/// Writes for each thing that happened, at most.
const WRITES_EACH: u64 = 4;

fn writes_are_bounded(world: &World) -> Result<(), String> {
    let (remote, advanta) = world.written();
    let happened = world.changes + u64::from(world.io.crashes()) + 40;
    if remote + advanta > happened * WRITES_EACH {
        return Err(format!(
            "{remote} + {advanta} writes for {happened} changes"
        ));
    }
    Ok(())
}
