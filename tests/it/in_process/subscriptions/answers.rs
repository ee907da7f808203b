//! Deciding about single links: held deletions, dead letters, frozen items.

use super::super::world::World;
use super::{linked, links, looked, looks, row, subscribed, why, world};
use advanta_bridge::model::{
    Born, Direction, Link, LinkId, Subscription, SubscriptionState, Trouble,
};
use advanta_bridge::ports::Write;

/// Anna's subscription with a link that is held each way and one that is not, which was compared and looked at.
fn held() -> (World, Subscription, [Link; 3]) {
    let (world, _) = world();
    let anna = subscribed(&world, "anna");
    let link = |event: &str, trouble: Option<Trouble>| Link {
        trouble,
        step: 1,
        ..linked(&world, &anna, event, Born::Imported)
    };
    let links = [
        link("a", Some(Trouble::Held(Direction::ToAdvanta))),
        link("b", Some(Trouble::Held(Direction::ToRemote))),
        link("c", None),
    ];
    world.commit(links.iter().cloned().map(Write::Link).collect());
    world.commit(vec![Write::Subscription(Subscription {
        full: false,
        ..anna.clone()
    })]);
    looked(&world, &anna.id);
    (world, anna, links)
}

fn answer(world: &World, anna: &Subscription, direction: Direction, accept: bool) -> u64 {
    let answered = world.bridge.answer_deletions(&anna.id, direction, accept);
    world.wait(answered).unwrap()
}

#[test]
fn an_accepted_deletion_goes_on_without_being_counted() {
    for direction in [Direction::ToAdvanta, Direction::ToRemote] {
        let (world, anna, [a, b, c]) = held();
        assert_eq!(answer(&world, &anna, direction, true), 1);
        let accepted = |link: &Link| Link {
            trouble: Some(Trouble::Accepted(direction)),
            step: 2,
            ..link.clone()
        };
        let (expected, look) = match direction {
            Direction::ToAdvanta => ([accepted(&a), b, c], a.object),
            Direction::ToRemote => ([a, accepted(&b), c], b.object),
        };
        assert_eq!(links(&world, &anna.id), expected);
        assert_eq!(looks(&world, &anna.id), [look]);
        assert!(!row(&world, &anna.id).full);
        assert_eq!(answer(&world, &anna, direction, true), 0, "once is enough");
    }
}

#[test]
fn a_rejected_deletion_of_a_note_makes_its_event_again() {
    let (world, anna, [a, b, c]) = held();
    assert_eq!(answer(&world, &anna, Direction::ToAdvanta, false), 1);
    let again = Link {
        remote: None,
        remote_uid: None,
        generation: 1,
        their_version: String::new(),
        trouble: None,
        step: 2,
        ..a.clone()
    };
    assert_eq!(links(&world, &anna.id), [again, b, c]);
    assert_eq!(looks(&world, &anna.id), [a.object]);
}

#[test]
fn a_rejected_deletion_of_an_event_imports_it_as_a_new_note() {
    let (world, anna, [a, b, c]) = held();
    assert_eq!(answer(&world, &anna, Direction::ToRemote, false), 1);
    assert_eq!(links(&world, &anna.id), [a, c]);
    assert_eq!(looks(&world, &anna.id), [b.object]);
    assert!(row(&world, &anna.id).full);
}

#[test]
fn deletions_of_what_is_over_are_nobodys_to_answer() {
    let (world, anna, _) = held();
    world.commit(vec![Write::Subscription(Subscription {
        state: SubscriptionState::Ended,
        ..anna.clone()
    })]);
    let answered = world
        .bridge
        .answer_deletions(&anna.id, Direction::ToAdvanta, true);
    assert_eq!(why(world.wait(answered)), "the subscription is ended");
}

#[test]
fn what_is_dead_or_frozen_is_tried_again_and_nothing_else() {
    for trouble in [Trouble::Dead("too long".to_owned()), Trouble::Frozen] {
        let (world, anna, [a, b, c]) = held();
        let stuck = Link {
            trouble: Some(trouble),
            write_backs: vec![world.now()],
            ..c.clone()
        };
        world.commit(vec![Write::Link(stuck)]);
        world.wait(world.bridge.retry_link(c.id)).unwrap();
        let freed = Link {
            step: 2,
            ..c.clone()
        };
        assert_eq!(links(&world, &anna.id), [a.clone(), b, freed]);
        assert_eq!(looks(&world, &anna.id), [c.object]);
        assert!(row(&world, &anna.id).full);
        let none = "there is no such subscription, or nothing of that kind in it";
        for link in [a.id, c.id, LinkId(uuid::Uuid::nil())] {
            assert_eq!(why(world.wait(world.bridge.retry_link(link))), none);
        }
    }
}
