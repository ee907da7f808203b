//! Hooks: signed so that another implementation believes them, and repeated until they are acknowledged.

use super::receiver::{Post, Receiver};
use super::{ANNA, BORIS, GIVEN, with_a_task};
use crate::advanta_standin::{Sort, StandIn, Style, Thing, secret, signatures};
use http::HeaderMap;
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use std::collections::BTreeSet;
use std::time::Duration;

const SOON: Duration = Duration::from_secs(20);

/// A stand-in that tells a receiver, which answers these statuses first.
fn telling(statuses: &[u16]) -> (StandIn, Receiver, uuid::Uuid) {
    let (advanta, _, task) = with_a_task();
    let receiver = Receiver::start(statuses);
    advanta.hooks_to(&receiver.url());
    (advanta, receiver, task)
}

fn rename(advanta: &StandIn, task: uuid::Uuid, title: &str) {
    advanta
        .world()
        .edit(task, |task| task.title = title.to_owned());
}

/// Texts of one name in all lists of one kind.
fn all(posts: &[Post], list: &str, name: &str) -> Vec<Value> {
    let items = posts.iter().flat_map(|post| post.list(list));
    items.map(|item| item[name].clone()).collect()
}

#[test]
fn the_signature_of_a_known_message_is_the_one_that_the_specification_gives() {
    let secrets = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned()];
    let body = r#"{"test": 2432232314}"#;
    let signature = signatures(
        &secrets,
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1_614_265_330,
        body,
    );
    assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

#[test]
fn a_hook_is_believed_under_either_secret_while_they_are_changed_and_under_no_other() {
    let (advanta, receiver, task) = telling(&[]);
    let next = secret(b"the next one");
    advanta.world().hooks.secrets.push(next.clone());
    rename(&advanta, task, "Новая смета");
    advanta.drained(SOON);
    let [post] = receiver.posts().try_into().unwrap();
    let verify = |secret: &str, body: &str| {
        let mut headers = HeaderMap::new();
        headers.extend(post.headers.clone());
        Webhook::new(secret)
            .unwrap()
            .verify(body.as_bytes(), &headers)
            .is_ok()
    };
    assert!(verify(&advanta.secret(), &post.body));
    assert!(verify(&next, &post.body));
    assert!(!verify(&secret(b"another"), &post.body));
    assert!(!verify(&next, &format!("{} ", post.body)));
}

#[test]
fn fat_hooks_hold_what_changed_and_thin_ones_its_ids() {
    let (advanta, receiver, task) = telling(&[]);
    {
        let mut world = advanta.world();
        let mut note = Thing::new(Sort::Note, "Заметка", ANNA);
        note.external_id = Some(GIVEN.parse().unwrap());
        let note = world.add(note);
        world.deactivate(BORIS);
        world.delete(task);
        world.edit(note, |note| note.title = "Та же заметка".to_owned());
    }
    advanta.drained(SOON);
    let fat = receiver.posts();
    assert_eq!(all(&fat, "objects", "title"), ["Заметка", "Та же заметка"]);
    assert_eq!(all(&fat, "removed", "revision"), [2]);
    assert_eq!(all(&fat, "people", "active"), [false]);
    assert_eq!(fat.len(), 1, "all in one batch");

    advanta.world().hooks.style = Style::Thin;
    let note = {
        let mut world = advanta.world();
        world.edit_person(BORIS, |boris| boris.active = true);
        world.edit(GIVEN.parse().unwrap(), |note| {
            note.title = "Опять".to_owned()
        });
        world.thing(GIVEN.parse().unwrap()).unwrap().id
    };
    advanta.drained(SOON);
    let posts = receiver.posts();
    let thin = posts.last().unwrap();
    assert_eq!(
        thin.list("changed"),
        [json!({ "id": note, "externalId": GIVEN })]
    );
    assert_eq!(thin.list("changedPeople"), [BORIS]);

    advanta.world().ping();
    advanta.drained(SOON);
    let ping: Value = serde_json::from_str(&receiver.posts().last().unwrap().body).unwrap();
    assert_eq!(
        (&ping["type"], &ping["data"]),
        (&json!("ping"), &Value::Null)
    );
}

#[test]
fn a_hook_is_sent_again_under_the_same_id_until_it_is_acknowledged() {
    let (advanta, receiver, task) = telling(&[503, 401, 404, 500]);
    rename(&advanta, task, "Новая смета");
    advanta.drained(SOON);
    let ids: BTreeSet<_> = receiver
        .posts()
        .iter()
        .map(|post| post.id().to_owned())
        .collect();
    assert_eq!((receiver.posts().len(), ids.len()), (5, 1));
    let world = advanta.world();
    let statuses: Vec<_> = world
        .hooks
        .posts
        .iter()
        .map(|post| post.status.unwrap())
        .collect();
    assert_eq!(statuses, [503, 401, 404, 500, 204]);
    let gaps = world
        .hooks
        .posts
        .windows(2)
        .map(|pair| pair[1].at - pair[0].at);
    assert!(
        gaps.zip(0..)
            .all(|(gap, n)| gap >= Duration::from_millis(20 << n)),
        "it waits longer each time"
    );
}

#[test]
fn a_bridge_that_finds_a_good_hook_malformed_is_caught() {
    for status in [200, 413, 422] {
        let (advanta, _receiver, task) = telling(&[status]);
        rename(&advanta, task, "Новая смета");
        advanta.drained(SOON);
        let told = advanta.world().take_violations();
        assert_eq!(told, [format!("the bridge answered {status} to a hook")]);
    }
}

#[test]
fn a_bridge_that_moved_is_found_and_one_that_is_down_is_waited_for() {
    let (advanta, _, task) = with_a_task();
    advanta.hooks_to("http://127.0.0.1:1");
    rename(&advanta, task, "Новая смета");
    advanta.until(SOON, |world| world.hooks.posts.len() > 1);
    let receiver = Receiver::start(&[]);
    advanta.hooks_to(&receiver.url());
    advanta.drained(SOON);
    assert_eq!(all(&receiver.posts(), "objects", "title"), ["Новая смета"]);
}

#[test]
fn changes_are_told_in_their_order_unless_they_are_shuffled() {
    let revisions = |shuffled: bool| -> Vec<u64> {
        let (advanta, receiver, task) = telling(&[]);
        {
            let mut world = advanta.world();
            (world.hooks.shuffled, world.hooks.batch_max) = (shuffled, 2);
            for title in ["один", "два", "три", "четыре", "пять", "шесть"]
            {
                world.edit(task, |task| task.title = title.to_owned());
            }
        }
        advanta.drained(SOON);
        let told = all(&receiver.posts(), "objects", "revision");
        told.iter().filter_map(Value::as_u64).collect()
    };
    assert_eq!(revisions(false), [2, 3, 4, 5, 6, 7]);
    let mut shuffled = revisions(true);
    assert_ne!(shuffled, [2, 3, 4, 5, 6, 7]);
    shuffled.sort_unstable();
    assert_eq!(shuffled, [2, 3, 4, 5, 6, 7]);
}

#[test]
fn some_are_lost_doubled_and_late_and_all_the_others_arrive() {
    let (advanta, receiver, _) = telling(&[]);
    {
        let mut world = advanta.world();
        let hooks = &mut world.hooks;
        (hooks.batch_max, hooks.lanes, hooks.shuffled) = (3, 4, true);
        (hooks.lose_one_in, hooks.double_one_in) = (5, 5);
        hooks.delay_max = Duration::from_millis(20);
        hooks.style = Style::Mixed;
        world.act(7, 200);
    }
    advanta.drained(SOON);
    let posts = receiver.posts();
    let ids: BTreeSet<_> = posts.iter().map(|post| post.id().to_owned()).collect();
    let lost = advanta.world().hooks.lost;
    assert!(lost > 0, "some were lost");
    assert!(posts.len() > ids.len(), "some came twice");
    assert!(
        !posts.is_sorted_by_key(|post| post.id().to_owned()),
        "some were late"
    );
    assert!(!all(&posts, "changed", "id").is_empty() && !all(&posts, "objects", "id").is_empty());
    let revisions = all(&posts, "objects", "revision");
    assert!(
        !revisions.is_sorted_by_key(|revision| revision.as_u64()),
        "later changes overtook earlier ones"
    );
    // 200 deeds, some of which change nothing or more than one thing, by threes.
    assert!((40..=100).contains(&(ids.len() + lost as usize)));
}
