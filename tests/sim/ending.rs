//! The end of every scenario: nothing goes wrong any more, and within a few rounds everything is in step and stays so.

use crate::actors::PEOPLE;
use crate::advanta::short;
use crate::calendar::{Calendar, Kept, edges};
use crate::invariants::{self, links};
use crate::manners::Window;
use crate::series;
use crate::verbs::Verb;
use crate::world::{World, lock};
use advanta_bridge::bridge::SyncAsk;
use advanta_bridge::model::{
    Base, ImportPrivate, Link, LinkState, Object, Origin, Outcome, Subscription, SubscriptionState,
    Trouble, UserId, WriteMeetings,
};
use advanta_bridge::ports::{JournalQuery, Store as _};
use chrono::Duration;

/// Rounds after which everything is in step.
const ROUNDS_MAX: u32 = 8;

/// Lets everything heal, and says what did not.
pub async fn heal(world: &mut World) -> Result<(), String> {
    calm(world);
    for who in PEOPLE {
        come_to_life(world, who).await;
    }
    let mut idle = 0;
    let mut ended = false;
    for who in PEOPLE {
        let subscription = world.subscription(who).await;
        ended |= subscription.is_some_and(|it| !it.state.is_live() || it.epoch > 1);
    }
    for round in 0..ROUNDS_MAX {
        // Two rounds that find nothing to do: so will the others.
        if idle == 2 {
            break;
        }
        let commits = lock(&world.ledger).commits;
        world.io.note(format!("HEAL {round}"));
        // What such a cursor hides, and what a colleague's ended subscription sets free, only a full listing shows.
        let hides = world.calendar(PEOPLE[0]).manners.window == Window::StartKept || ended;
        let ask = if hides && round == 3 {
            SyncAsk::FULL
        } else {
            SyncAsk::LOOK
        };
        pass(world, ask).await?;
        invariants::check(world).await?;
        let done = lock(&world.ledger).commits > commits || hides && round <= 3;
        idle = if done { 0 } else { idle + 1 };
    }
    in_step(world).await?;
    quiet(world).await?;
    accounted(world).await
}

/// Nothing goes wrong any more.
fn calm(world: &World) {
    world.io.calm();
    lock(&world.outside.advanta).faults.clear();
    for who in PEOPLE {
        let mut calendar = world.calendar(who);
        calendar.faults.clear();
        calendar.denied = false;
    }
}

/// A subscription that a person began is active again; one that they ended stays so.
async fn come_to_life(world: &mut World, who: &'static str) {
    let Some(subscription) = world.subscription(who).await else {
        world.subscribe(who, false).await;
        return;
    };
    match subscription.state {
        SubscriptionState::Active | SubscriptionState::Ended => {}
        SubscriptionState::Paused(_) => {
            world.life_of(who, Verb::Resume).await;
        }
        SubscriptionState::Inactive(_) => {
            world.life_of(who, Verb::Reconnect).await;
        }
        SubscriptionState::Ending => {
            world.unsubscribe(who, false).await;
        }
    }
}

async fn pass(world: &mut World, ask: SyncAsk) -> Result<(), String> {
    world.advance(Duration::minutes(70));
    world.inbox().await;
    world.reconcile(false).await;
    world.outbox().await;
    world.timers().await;
    for who in PEOPLE {
        let Some(subscription) = world.subscription(who).await else {
            continue;
        };
        for link in links(world, &subscription).await {
            match link.trouble {
                Some(Trouble::Held(_)) => {
                    world.answer(who, true, true).await;
                    world.answer(who, false, true).await;
                }
                Some(Trouble::Frozen | Trouble::Dead(_)) => world.retry(link.id).await,
                _ => {}
            }
        }
        if subscription.state == SubscriptionState::Active {
            let said = world.round(who, ask).await?;
            world.io.note(said);
        }
    }
    world.outbox().await;
    Ok(())
}

/// One more full comparison of both writes nothing anywhere.
async fn quiet(world: &mut World) -> Result<(), String> {
    let before = world.written();
    for who in PEOPLE {
        world.round(who, SyncAsk::FULL).await?;
    }
    world.outbox().await;
    if world.written() != before {
        let (lines, _) = world.io.trace();
        let last = lines
            .iter()
            .rev()
            .find(|line| line.contains("write ") || line.contains("advanta c"));
        return Err(format!("a quiet round writes: {last:?}"));
    }
    Ok(())
}

/// Every acknowledged edit of a client has its row, and no edit waits any more.
async fn accounted(world: &mut World) -> Result<(), String> {
    let query = JournalQuery {
        rows_max: usize::MAX,
        ..JournalQuery::default()
    };
    let rows = world.store.journal(query).await.unwrap();
    for each in rows.iter().flat_map(|row| &row.outcomes) {
        let word = match each.outcome {
            Outcome::Refused(reason) => reason.word(),
            Outcome::Applied => "applied",
            Outcome::Pending => "pending",
            Outcome::Superseded => "superseded",
        };
        *world.tally.entry(word.to_owned()).or_default() += 1;
    }
    *world.tally.entry("killed".to_owned()).or_default() += u64::from(world.io.crashes());
    let pending = rows.iter().find(|row| {
        let waits = |each: &advanta_bridge::model::FieldOutcome| each.outcome == Outcome::Pending;
        row.outcomes.iter().any(waits)
    });
    if let Some(row) = pending {
        return Err(format!(
            "an edit of {} still waits: {:?}",
            short(row.object),
            row.outcomes
        ));
    }
    let of_clients = rows
        .iter()
        .filter(|row| matches!(row.origin, Origin::CalDav { .. }));
    let counted: u32 = of_clients.map(|row| row.count).sum();
    let acknowledged: u32 = world.acknowledged.values().sum();
    if counted < acknowledged || counted > acknowledged + world.in_doubt {
        return Err(format!(
            "{counted} edits in the journal, {acknowledged} acknowledged, {} in doubt",
            world.in_doubt
        ));
    }
    Ok(())
}

/// All sides are equal.
async fn in_step(world: &World) -> Result<(), String> {
    let objects = world.objects().await;
    if !world.outside.own {
        let theirs: Vec<Object> = lock(&world.outside.advanta)
            .objects
            .values()
            .cloned()
            .collect();
        if theirs != objects {
            let apart = theirs.iter().find(|object| !objects.contains(object));
            let more = objects.iter().find(|object| !theirs.contains(object));
            return Err(format!(
                "the mirror is not what ADVANTA holds: {apart:?}, {more:?}"
            ));
        }
    }
    for who in PEOPLE {
        let Some(subscription) = world.subscription(who).await else {
            return Err(format!("{who} has no subscription"));
        };
        let links = links(world, &subscription).await;
        if !subscription.state.is_live() {
            if !links.is_empty() {
                return Err(format!("{who} has unsubscribed and has links"));
            }
            continue;
        }
        let side = Side {
            world,
            who,
            subscription: &subscription,
            objects: &objects,
            links: &links,
        };
        side.check().await?;
    }
    Ok(())
}

/// One subscription at the end.
struct Side<'a> {
    world: &'a World,
    who: &'a str,
    subscription: &'a Subscription,
    objects: &'a [Object],
    links: &'a [Link],
}

impl Side<'_> {
    async fn check(&self) -> Result<(), String> {
        // A copy: nothing is held while the store is asked.
        let calendar = self.world.calendar(self.who).clone();
        for link in self.links {
            self.pair(link, &calendar).map_err(|why| {
                format!(
                    "{}: {} = {:?}: {why}",
                    self.who,
                    short(link.object),
                    link.remote
                )
            })?;
        }
        for object in self.objects {
            self.is_exported(object)?;
        }
        for kept in calendar.events.values() {
            self.is_imported(kept, &calendar).await?;
        }
        Ok(())
    }

    fn opens(&self) -> advanta_bridge::model::Timestamp {
        series::instant(
            self.subscription.zone,
            self.subscription.start.and_time(chrono::NaiveTime::MIN),
        )
    }

    fn pair(&self, link: &Link, calendar: &Calendar) -> Result<(), String> {
        if link.trouble.is_some() || link.intent.is_some() {
            return Err(format!("{:?} {:?}", link.trouble, link.intent));
        }
        let user = UserId::new(self.who);
        let object = self.objects.iter().find(|object| {
            object.id == link.object
                && object.has_dates()
                && object.participants.contains_key(&user)
        });
        let event = link.remote.as_ref().and_then(|id| calendar.events.get(id));
        match (link.state, object, event) {
            (LinkState::Parted, None, Some(kept)) => self.may_stay(link, kept),
            (LinkState::Parted, Some(_), _) => Err("parted, but the object is there".to_owned()),
            (LinkState::Parted, None, None) => Err("parted from an event that is gone".to_owned()),
            (LinkState::Awaited, ..) => Err("its note is still awaited".to_owned()),
            (LinkState::Live, None, _) => Err("the object is gone".to_owned()),
            (LinkState::Live, Some(_), None) => Err("the event is gone".to_owned()),
            (LinkState::Live, Some(object), Some(kept)) => self.equal(link, object, kept, calendar),
        }
    }

    /// An event whose object is gone stays only when it could not be deleted, when its note never was, or when its person only may not
    /// see it any more.
    fn may_stay(&self, link: &Link, kept: &Kept) -> Result<(), String> {
        let of_person = (UserId::new(self.who), link.object);
        let deleted = {
            let advanta = lock(&self.world.outside.advanta);
            advanta.taken.contains(&of_person) && !advanta.hidden.contains(&of_person)
        };
        // A note that was gone before the bridge saw it is like one that was refused.
        let seen = lock(&self.world.ledger).mirrored.contains(&link.object);
        if deleted && seen && !kept.locked_once && kept.event.skip.is_none() {
            return Err("its object was deleted in ADVANTA, and the event stays".to_owned());
        }
        Ok(())
    }

    fn equal(
        &self,
        link: &Link,
        object: &Object,
        kept: &Kept,
        calendar: &Calendar,
    ) -> Result<(), String> {
        let event = &kept.event;
        let policy = &self.world.settings.sync;
        let follows = kept.locked_once
            || event.skip.is_some()
            || event.guests && policy.write_meetings == WriteMeetings::Never;
        if follows || !self.is_listed(kept, calendar) {
            return Ok(());
        }
        let ours = Base::from(&calendar.manners.shown(&object.fields(&self.world.settings)));
        let theirs = Base::from(&event.fields);
        let masked = link.masked || event.private;
        let texts_apart = masked || object.kind.is_work() && kept.touched;
        let differs = |what: &str, ours: &dyn std::fmt::Debug, theirs: &dyn std::fmt::Debug| {
            Err(format!("{what}: {ours:?} here, {theirs:?} there"))
        };
        if !masked && ours.title != theirs.title {
            return differs("title", &ours.title, &theirs.title);
        }
        // Where no occurrence can be moved, a date of a series' note was declined for good, and stays so when the series ends.
        let declined = kept.repeated_once && !calendar.manners.exceptions;
        // Without length there may be what a person made so.
        let written = calendar
            .manners
            .projected(&object.fields(&self.world.settings));
        let same = ours.span == theirs.span || written.span == theirs.span;
        if event.series.is_none() && !declined && !same {
            return differs("span", &ours.span, &theirs.span);
        }
        if !texts_apart && ours.description != theirs.description {
            return differs(
                "description",
                &object.description,
                &event.fields.description,
            );
        }
        if !texts_apart && ours.location != theirs.location {
            return differs("location", &object.location, &event.fields.location);
        }
        let own = event.marker.as_ref() == Some(&link.marker());
        let due = policy.presence(object.kind);
        if own && !kept.copied && kept.presence.is_some_and(|said| said != due) {
            return differs("reminders and busy", &due, &kept.presence);
        }
        if event.series.is_some() && object.kind != advanta_bridge::model::Kind::Note {
            return Err("the event of something that is no note repeats".to_owned());
        }
        Ok(())
    }

    /// Whether changes of this event are listed at all.
    fn is_listed(&self, kept: &Kept, calendar: &Calendar) -> bool {
        match calendar.manners.window {
            Window::None | Window::Start => true,
            Window::StartKept | Window::Frozen { .. } => {
                let from = self.opens();
                calendar.is_within(&kept.event, from, calendar.until(from))
            }
        }
    }

    fn is_within(&self, object: &Object) -> bool {
        let Some(span) = object.planned.span(&self.world.settings) else {
            return false;
        };
        let (start, end) = edges(span, self.subscription.zone);
        end > self.opens() || start == end && start >= self.opens()
    }

    fn is_exported(&self, object: &Object) -> Result<(), String> {
        let user = UserId::new(self.who);
        let linked = self.links.iter().any(|link| link.object == object.id);
        let wanted = object.participants.contains_key(&user) && self.is_within(object);
        if wanted && !linked {
            return Err(format!(
                "{}: {} {:?} has no event",
                self.who,
                short(object.id),
                object.title
            ));
        }
        Ok(())
    }

    async fn is_imported(&self, kept: &Kept, calendar: &Calendar) -> Result<(), String> {
        let event = &kept.event;
        let link = self
            .links
            .iter()
            .find(|link| link.remote.as_ref() == Some(&event.id));
        let policy = &self.world.settings.sync;
        let left =
            event.skip.is_some() || event.private && policy.import_private == ImportPrivate::Skip;
        let from = self.opens();
        let within = calendar.is_within(event, from, calendar.until(from));
        let foreign = event
            .marker
            .as_ref()
            .is_some_and(|marker| marker.subscription != self.subscription.id);
        let colleague = match &event.marker {
            Some(marker) if marker.subscription != self.subscription.id => {
                let other = self
                    .world
                    .store
                    .subscription(&marker.subscription)
                    .await
                    .unwrap();
                other.is_some_and(|other| other.state.is_live() && other.epoch == marker.epoch)
            }
            _ => false,
        };
        match link {
            Some(link) if colleague && link.state == LinkState::Live => Err(format!(
                "{}: a colleague's event {} is linked",
                self.who, event.id
            )),
            None if !left && within && !foreign => Err(format!(
                "{}: event {} {:?} has no note",
                self.who, event.id, event.fields.title
            )),
            _ => Ok(()),
        }
    }
}
