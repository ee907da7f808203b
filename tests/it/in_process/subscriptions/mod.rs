//! A subscription's life, over a remote calendar that does what the test says.

mod answers;
mod begin;
mod connect;
mod end;
mod explain;
mod out;
pub mod remote;
mod rest;
mod watch;

use super::world::{World, object, user_id};
use advanta_bridge::bridge::{SubscribeOrder, SubscriptionError};
use advanta_bridge::model::{
    Base, Born, CalendarRef, Channel, ChannelId, Digest, Fields, Kind, Language, LeftOut, Link,
    LinkId, LinkState, Moment, ObjectId, RemoteEvent, RemoteId, RemoteKind, Revision, Rights,
    Settings, Span, Subscription, SubscriptionId, Writable,
};
use advanta_bridge::ports::Write;
use chrono::NaiveDate;
use remote::{Fake, Plain};
use std::collections::BTreeSet;
use std::sync::Arc;

/// An installation with anna and boris, and the calendar that there is.
pub fn world() -> (World, Fake) {
    let fake = Fake::default();
    let world = World::beside(Arc::new(fake.again()), Arc::new(Plain));
    world.person("anna", Language::Russian);
    world.person("boris", Language::English);
    (world, fake)
}

/// What a person asks for: their calendar of this name, with the secret `secret`.
pub fn order(login: &str, calendar: &str) -> SubscribeOrder {
    SubscribeOrder {
        user: user_id(login),
        remote: RemoteKind::Google,
        calendar: CalendarRef {
            id: format!("id-{calendar}"),
            name: calendar.to_owned(),
            account: format!("{login}@example.com"),
        },
        secret: b"secret".to_vec(),
        start: NaiveDate::from_ymd_opt(2026, 11, 1).unwrap(),
        zone: None,
        left_out: LeftOut::default(),
        recognise: false,
    }
}

/// Subscribes a person to their calendar `Work`, which tells us of changes on a channel.
pub fn subscribed(world: &World, login: &str) -> Subscription {
    let order = order(login, &format!("Work of {login}"));
    let row = world.wait(world.bridge.subscribe(order)).unwrap();
    let channel = Channel {
        id: ChannelId(uuid::Uuid::new_v5(
            &uuid::Uuid::NAMESPACE_OID,
            row.id.as_str().as_bytes(),
        )),
        subscription: row.id.clone(),
        epoch: row.epoch,
        token: Digest::of("token"),
        resource: Some("all".to_owned()),
        heard: true,
        since: world.now(),
        expires: world.now() + chrono::Duration::days(7),
    };
    world.commit(vec![Write::Channel(channel)]);
    row
}

/// The channels of a subscription.
pub fn channels(world: &World, id: &SubscriptionId) -> Vec<Channel> {
    let channels = world.wait(world.bridge.store().channels_of(id));
    channels.unwrap()
}

/// A subscription as it is stored.
pub fn row(world: &World, id: &SubscriptionId) -> Subscription {
    let stored = world.wait(world.bridge.store().subscription(id));
    stored.unwrap().unwrap()
}

/// The links of a subscription by their objects.
pub fn links(world: &World, id: &SubscriptionId) -> Vec<Link> {
    world
        .wait(world.bridge.store().links(id, None, 100))
        .unwrap()
}

/// Objects that a subscription has to look at.
pub fn looks(world: &World, id: &SubscriptionId) -> Vec<ObjectId> {
    let looks = world.wait(world.bridge.store().looks(id, None, 100));
    looks
        .unwrap()
        .into_iter()
        .map(|(object, _)| object)
        .collect()
}

/// Looks were taken: whatever comes now is new.
pub fn looked(world: &World, id: &SubscriptionId) {
    let looks = world
        .wait(world.bridge.store().looks(id, None, 100))
        .unwrap();
    let done = |(object, mark)| Write::Looked(id.clone(), object, mark);
    world.commit(looks.into_iter().map(done).collect());
}

/// An object of anna's, linked to an event of her calendar.
pub fn linked(world: &World, subscription: &Subscription, event: &str, born: Born) -> Link {
    let id = world.object_id();
    world.seen(&object(id, Kind::Note, event, &[("anna", Rights::ALL)]));
    let link = link(world, subscription, id, event, born);
    world.commit(vec![Write::Link(link.clone())]);
    link
}

/// A link of an object, as yet in nobody's store.
pub fn link(
    world: &World,
    subscription: &Subscription,
    object: ObjectId,
    event: &str,
    born: Born,
) -> Link {
    let base = Base::from(&world.object(object).fields(&Settings::default()));
    Link {
        id: LinkId(object.0),
        subscription: subscription.id.clone(),
        epoch: subscription.epoch,
        step: 0,
        object,
        remote: Some(RemoteId(event.to_owned())),
        remote_uid: Some(format!("{event}@example.com")),
        generation: 0,
        born,
        state: LinkState::Live,
        our_revision: Revision(1),
        their_version: "\"1\"".to_owned(),
        base_ours: base.clone(),
        base_theirs: base,
        unseen: std::collections::BTreeSet::new(),
        anchor: None,
        masked: false,
        locked: false,
        guests: false,
        owed: BTreeSet::new(),
        intent: None,
        trouble: None,
        write_backs: vec![],
    }
}

/// An event of the first of December, called as it is identified.
pub fn event(id: &str) -> RemoteEvent {
    let day = Moment::Day(NaiveDate::from_ymd_opt(2026, 12, 1).unwrap());
    RemoteEvent {
        id: RemoteId(id.to_owned()),
        uid: format!("{id}@example.com"),
        version: "\"1\"".to_owned(),
        fields: Fields {
            title: id.to_owned(),
            span: Some(Span::new(day, day).unwrap()),
            description: String::new(),
            location: String::new(),
            recurs: false,
        },
        series: None,
        marker: None,
        writable: Writable::Yes,
        guests: false,
        private: false,
        skip: None,
        split_from: None,
    }
}

/// Why something was not done.
pub fn why<T: std::fmt::Debug>(done: Result<T, SubscriptionError>) -> String {
    done.unwrap_err().to_string()
}
