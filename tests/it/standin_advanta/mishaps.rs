//! Each manner happens, is counted, and ends.

use super::{ANNA, BORIS, GIVEN, with_a_task};
use crate::advanta_standin::{Manner, Mishap, Op, Sort};
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
        .map(|name| read[name].as_str().unwrap()[..].to_owned());
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
