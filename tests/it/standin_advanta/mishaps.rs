//! Each manner happens, is counted, and ends.

use super::{ANNA, BORIS, GIVEN, with_a_task};
use crate::advanta_standin::{Manner, Mishap, Op, Sort, Thing};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

fn move_all(revision: u64) -> Option<Value> {
    let (start, end) = ("2026-12-05T09:00", "2026-12-05T18:00");
    Some(
        json!({ "by": ANNA, "expectedRevision": revision, "title": "Иначе", "plannedStart": start, "plannedEnd": end }),
    )
}

/// What a change answers under a mishap: status, the last word of the problem, and what ADVANTA holds then.
#[track_caller]
fn check(mishap: Mishap, status: Option<u16>, word: &str, held: [&str; 3]) {
    let (advanta, caller, task) = with_a_task();
    let path = format!("/objects/{task}");
    caller.get(&path);
    let manner = advanta
        .world()
        .manners
        .on(Manner::of(mishap).in_calls(&[Op::Change]).times(1));
    let answer = caller.call("PATCH", &path, move_all(1));
    assert_eq!(answer.as_ref().map(|(status, _)| *status), status);
    let told = answer.and_then(|(_, body)| body["type"].as_str().map(str::to_owned));
    assert_eq!(told.unwrap_or_default().rsplit(':').next(), Some(word));
    let (_, read) = caller.get(&path);
    let shown = ["title", "plannedStart", "plannedEnd"]
        .map(|name| read[name].as_str().expect("a text").to_owned());
    let by_minute = shown.map(|text| {
        text.strip_suffix(":00:00")
            .map_or(text.clone(), |hour| format!("{hour}:00"))
    });
    assert_eq!(by_minute, held);
    let world = advanta.world();
    assert_eq!(world.manners.happened(manner), 1);
    assert_eq!(world.calls[1].status, status);
}

const OLD: [&str; 3] = ["Смета", "2026-12-01T09:00", "2026-12-01T18:00"];
const NEW: [&str; 3] = ["Иначе", "2026-12-05T09:00", "2026-12-05T18:00"];

#[test]
fn each_mishap_of_a_change_is_answered_and_kept_as_it_says() {
    check(Mishap::Slow(Duration::from_millis(1)), Some(204), "", NEW);
    check(Mishap::Away, None, "", OLD);
    check(Mishap::Unavailable(None), Some(503), "", OLD);
    check(Mishap::Unavailable(Some(3)), Some(503), "unavailable", OLD);
    check(Mishap::Throttled(3), Some(429), "throttled", OLD);
    check(Mishap::WrongAddress, Some(404), "", OLD);
    check(Mishap::Garbage, Some(200), "", OLD);
    check(Mishap::Refuse, Some(422), "refused", OLD);
    check(Mishap::Stale, Some(409), "stale", OLD);
    check(
        Mishap::IgnoreStart,
        Some(204),
        "",
        ["Иначе", OLD[1], NEW[2]],
    );
    check(Mishap::IgnoreEnd, Some(204), "", ["Иначе", NEW[1], OLD[2]]);
    check(Mishap::AnswerLost, None, "", NEW);
    check(Mishap::AnswerBroken, Some(500), "", NEW);
}

/// Statuses of one read of each thing.
fn reads(caller: &super::Caller, things: &[uuid::Uuid]) -> Vec<u16> {
    let read = |thing: &uuid::Uuid| caller.get(&format!("/objects/{thing}")).0;
    things.iter().map(read).collect()
}

#[test]
fn a_manner_keeps_to_its_calls_kinds_things_and_times_and_can_be_switched_off() {
    let (advanta, caller, task) = with_a_task();
    let mut note = Thing::new(Sort::Note, "Заметка", ANNA);
    note.external_id = Some(GIVEN.parse().unwrap());
    let things = [task, advanta.world().add(note)];
    let busy = || Manner::of(Mishap::Throttled(1));
    let during = |manner: Manner| {
        let id = advanta.world().manners.on(manner);
        let statuses = reads(&caller, &things);
        advanta.world().manners.off(id);
        assert_eq!(reads(&caller, &things), [200, 200]);
        statuses
    };
    assert_eq!(during(busy()), [429, 429]);
    assert_eq!(during(busy().times(1)), [429, 200]);
    assert_eq!(during(busy().with_sort(Sort::Note)), [200, 429]);
    assert_eq!(during(busy().with_thing(task)), [429, 200]);
    assert_eq!(
        during(busy().with_thing(GIVEN.parse().unwrap())),
        [200, 429]
    );
    assert_eq!(
        during(busy().in_calls(&[Op::Changes, Op::Person])),
        [200, 200]
    );
    assert_eq!(
        during(Manner::of(Mishap::Refuse)),
        [200, 200],
        "only writes are refused"
    );

    let id = advanta.world().manners.on(busy().one_in(3));
    let struck = (0..60)
        .flat_map(|_| reads(&caller, &[task]))
        .filter(|status| *status == 429)
        .count();
    assert_eq!(advanta.world().manners.happened(id) as usize, struck);
    assert!((5..40).contains(&struck), "about one in three: {struck}");
    advanta.world().manners.all_off();
    assert_eq!(reads(&caller, &things), [200, 200]);
}

#[test]
fn a_slow_answer_takes_its_time_and_nobody_else_waits() {
    let (advanta, caller, task) = with_a_task();
    let wait = Duration::from_millis(300);
    let slow = Manner::of(Mishap::Slow(wait)).in_calls(&[Op::Get]);
    advanta.world().manners.on(slow);
    let start = Instant::now();
    std::thread::scope(|scope| {
        scope.spawn(|| reads(&caller, &[task]));
        caller.get(&format!("/people/{BORIS}"));
        assert!(start.elapsed() < wait, "another call overtakes it");
    });
    assert!(start.elapsed() >= wait);
}

#[test]
fn a_refusal_on_a_whim_does_not_hide_a_violation() {
    let (advanta, caller, task) = with_a_task();
    advanta.world().edit(task, |task| task.status = Some(3));
    caller.get(&format!("/objects/{task}"));
    advanta.world().manners.on(Manner::of(Mishap::Stale));
    assert_eq!(
        caller
            .told("PATCH", &format!("/objects/{task}"), move_all(2))
            .0,
        403
    );
    let begun = format!("Change of {task} by {ANNA} moves the start of work that has begun");
    assert_eq!(advanta.world().take_violations(), [begun]);
}

#[test]
fn nothing_listens_any_more_when_it_has_ended() {
    let (advanta, caller, task) = with_a_task();
    let path = format!("/objects/{task}");
    assert_eq!(caller.get(&path).0, 200);
    advanta.finish();
    assert_eq!(caller.call("GET", &path, None), None);
}
