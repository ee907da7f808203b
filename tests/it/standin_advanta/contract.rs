//! The published contract judges both sides.

use super::{ANNA, with_a_task};
use crate::advanta_standin::{Contract, Op};
use serde_json::json;

#[test]
fn what_the_published_contract_does_not_have_is_caught_on_both_sides() {
    let (advanta, caller, task) = with_a_task();
    let path = format!("/objects/{task}");
    caller.get(&path);
    let change =
        json!({ "by": ANNA, "expectedRevision": 1, "title": "Иначе", "recurrence": "FREQ=DAILY" });
    caller.told("PATCH", &path, Some(change));
    caller.told(
        "PATCH",
        &path,
        Some(json!({ "by": ANNA, "expectedRevision": 2 })),
    );
    caller.told("PUT", &path, None);
    caller.get("/changes?since=3&limit=0");
    caller.told("DELETE", &path, None);
    caller.told("GET", &path, Some(json!({})));
    // ADVANTA itself may err too: such a stand-in would prove nothing.
    advanta.world().edit(task, |task| task.percent = Some(101));
    caller.get(&path);
    let expected = [
        "Change is not as the contract says: : Additional properties are not allowed ('recurrence' was unexpected)",
        "Change is not as the contract says: : {\"by\":\"7f1c2b9a-anna\",\"expectedRevision\":2} has less than 3 properties",
        "PUT /streamline/calendar/v1/objects/{task} is no call of the contract",
        "Changes is not as the contract says: limit is \"0\"",
        "Changes is not as the contract says: the query has \"since\"",
        "Delete is not as the contract says: by is missing",
        "Delete is not as the contract says: expectedRevision is missing",
        "Get is not as the contract says: it has a body",
        "the answer 200 to Get: /percent: 101 is greater than the maximum of 100",
    ];
    let told: Vec<_> = advanta.world().take_violations();
    let told: Vec<_> = told
        .iter()
        .map(|text| text.replace(&task.to_string(), "{task}"))
        .collect();
    assert_eq!(
        told.iter()
            .filter(|text| !text.starts_with("nobody told"))
            .collect::<Vec<_>>(),
        expected.iter().collect::<Vec<_>>()
    );
}

#[test]
fn the_contract_judges_answers_by_status_header_and_body() {
    let contract = Contract::published();
    let problem = json!({ "type": "urn:advanta-bridge:problem:throttled", "title": "Too many calls", "status": 429 });
    let media = ("content-type", "application/problem+json".to_owned());
    let wait = ("retry-after", "3".to_owned());
    assert_eq!(
        contract.of_answer(Op::Get, 429, &[media.clone(), wait.clone()], Some(&problem)),
        Vec::<String>::new()
    );
    assert_eq!(
        contract.of_answer(Op::Get, 429, std::slice::from_ref(&media), Some(&problem)),
        ["it lacks Retry-After"]
    );
    assert_eq!(
        contract.of_answer(Op::Get, 429, std::slice::from_ref(&wait), Some(&problem)),
        ["its body is None"]
    );
    assert_eq!(
        contract.of_answer(Op::Get, 429, &[media, wait], None),
        ["it has no body"]
    );
    assert_eq!(
        contract.of_answer(Op::Get, 418, &[], None),
        ["there is no answer 418"]
    );
}
