//! Mode `restore`: whatever the client, its person sees the original again, exactly once, and nothing is sent again.

use super::clients::{self, Client, Known, Soon, Thunderbird};
use super::http::{Http, If};
use super::ics;
use super::world::{World, href, object};
use advanta_bridge::model::{Kind, Language, Rights, Status};
use std::rc::Rc;

/// An edit that a person makes.
#[derive(Clone, Copy, Debug)]
pub enum Edit {
    /// New dates, as in [`ics::span`].
    Move(&'static str),
    /// A new title.
    Retitle(&'static str),
    /// A new title and new dates.
    Both(&'static str, &'static str),
    /// The event is deleted.
    Delete,
}

impl Edit {
    /// Makes it.
    pub fn make(self, client: &mut dyn Client, href: &str) {
        match self {
            Self::Move(span) => client.edit(href, |text| ics::moved(text, span)),
            Self::Retitle(title) => client.edit(href, |text| ics::retitled(text, title)),
            Self::Both(title, span) => {
                client.edit(href, |text| ics::retitled(&ics::moved(text, span), title))
            }
            Self::Delete => client.delete(href),
        }
    }
}

/// Anna may change the dates, but not the title, of a task in work that the tests edit; a meeting stands beside it.
pub fn installation() -> (Rc<World>, String) {
    let world = Rc::new(World::new());
    let href = furnish(&world);
    (world, href)
}

/// Puts anna and her two objects into an installation; returns the href of the task.
pub fn furnish(world: &World) -> String {
    world.person("anna", Language::Russian);
    let rights = Rights {
        title: false,
        ..Rights::ALL
    };
    let mut task = object(world.object_id(), Kind::Task, "Смета", &[("anna", rights)]);
    task.status = Some(Status::IN_WORK);
    world.seen(&task);
    world.seen(&object(
        world.object_id(),
        Kind::Meeting,
        "Планёрка",
        &[("anna", Rights::ALL)],
    ));
    href("anna", task.id)
}

const MEETING: &str = "\"Планёрка\" 2026-12-01T09:00..2026-12-03T18:00";
const ORIGINAL: &str = "\"Смета\" 2026-12-01T09:00..2026-12-03T18:00";

/// Rounds after which a client that is quiet stays quiet.
const QUIET_ROUNDS: usize = 3;
/// Synchronisations that a client may need before time passes.
const SYNCS_MAX: usize = 3;

/// Two edits one after the other, and what stands after each.
struct Case {
    edits: [Edit; 2],
    stands: [&'static str; 2],
    journal: &'static [&'static str],
}

fn check(case: &Case, soon: fn(Known) -> Soon) {
    for known in clients::ALL {
        let (world, href) = installation();
        let mut client = (known.make)(&world, "anna");
        client.sync();
        for (attempt, (edit, stands)) in case.edits.into_iter().zip(case.stands).enumerate() {
            let writes = client.writes();
            edit.make(client.as_mut(), &href);
            let took = time_to(&world, client.as_mut(), &[MEETING, stands]);
            assert_eq!(
                took,
                Some(soon(known)),
                "{}: {edit:?} {attempt}",
                known.name
            );
            stays_quiet(&world, client.as_mut(), &[MEETING, stands]);
            assert_eq!(
                client.writes(),
                writes + 1,
                "{}: {edit:?} {attempt}",
                known.name
            );
            let served = Http::new(&world, "anna", "curl").get(&href).body;
            assert_eq!(
                client.holds(&href),
                served,
                "{}: {edit:?} {attempt}",
                known.name
            );
        }
        assert_eq!(client.device().told, [""; 0], "{}", known.name);
        assert_eq!(world.journal_lines("anna"), case.journal, "{}", known.name);
    }
}

/// When the client shows this and nothing waits.
fn time_to(world: &World, client: &mut dyn Client, shows: &[&str]) -> Option<Soon> {
    let is_there = |client: &dyn Client| client.shows() == shows && client.waiting().is_empty();
    if is_there(client) {
        return Some(Soon::AtOnce);
    }
    for syncs in 1..=SYNCS_MAX {
        client.sync();
        if is_there(client) {
            return Some(Soon::Syncs(syncs));
        }
    }
    world.a_minute_passes();
    client.sync();
    is_there(client).then_some(Soon::Settle)
}

/// It sends nothing and shows the same, whatever time passes; in the end not even its versions move.
fn stays_quiet(world: &World, client: &mut dyn Client, shows: &[&str]) {
    let writes = client.writes();
    for _ in 0..QUIET_ROUNDS {
        world.a_minute_passes();
        client.sync();
        assert_eq!(client.shows(), shows);
        assert_eq!(client.waiting(), [""; 0]);
    }
    assert_eq!(client.writes(), writes);
    let copy = client.device().copy.clone();
    world.a_minute_passes();
    client.sync();
    assert_eq!(client.device().copy, copy);
}

#[test]
fn the_start_of_a_task_in_work_comes_back() {
    let case = Case {
        edits: [Edit::Move("2026-12-02T09:00..2026-12-03T18:00"); 2],
        stands: [ORIGINAL; 2],
        journal: &["change of \"Смета\" 2 times: start refused: actual-start"],
    };
    check(&case, |known| known.put);
}

#[test]
fn the_title_comes_back_without_the_right_to_it() {
    let case = Case {
        edits: [Edit::Retitle("Смета!"), Edit::Retitle("Моя смета")],
        stands: [ORIGINAL; 2],
        journal: &[
            "change of \"Смета\": title refused: no-right-to-title",
            "change of \"Смета\": title refused: no-right-to-title",
        ],
    };
    check(&case, |known| known.put);
}

#[test]
fn of_a_drag_the_end_is_taken_and_the_start_comes_back() {
    let case = Case {
        edits: [
            Edit::Move("2026-12-02T09:00..2026-12-04T18:00"),
            Edit::Both("Моя смета", "2026-12-03T09:00..2026-12-05T18:00"),
        ],
        stands: [
            "\"Смета\" 2026-12-01T09:00..2026-12-04T18:00",
            "\"Смета\" 2026-12-01T09:00..2026-12-05T18:00",
        ],
        journal: &[
            "change of \"Смета\": start refused: actual-start; end applied",
            "change of \"Смета\": title refused: no-right-to-title; start refused: actual-start; end applied",
        ],
    };
    check(&case, |known| known.put);
}

#[test]
fn a_deleted_task_comes_back() {
    let case = Case {
        edits: [Edit::Delete; 2],
        stands: [ORIGINAL; 2],
        journal: &["deletion of \"Смета\" 2 times: existence refused: not-deletable"],
    };
    check(&case, |known| known.delete);
}

#[test]
fn after_a_drag_advanta_holds_the_new_end_and_the_old_start() {
    let (world, href) = installation();
    let mut client = Thunderbird::online(&world, "anna");
    client.sync();
    Edit::Both("Моя смета", "2026-12-02T09:00..2026-12-04T18:00").make(&mut client, &href);
    let task = &world.all()[0];
    let planned = (task.planned.start.unwrap(), task.planned.end.unwrap());
    assert_eq!(task.title, "Смета");
    assert_eq!(
        planned,
        (
            super::world::local("2026-12-01T09:00"),
            super::world::local("2026-12-04T18:00")
        )
    );
}

#[test]
fn every_other_device_of_the_person_keeps_the_original_and_sends_nothing() {
    for one in clients::ALL {
        for other in clients::ALL {
            let (world, href) = installation();
            let mut one_device = (one.make)(&world, "anna");
            let mut other_device = (other.make)(&world, "anna");
            one_device.sync();
            other_device.sync();
            Edit::Move("2026-12-02T09:00..2026-12-03T18:00").make(one_device.as_mut(), &href);
            let took = time_to(&world, one_device.as_mut(), &[MEETING, ORIGINAL]);
            assert_eq!(took, Some(one.put), "{} beside {}", one.name, other.name);
            other_device.sync();
            stays_quiet(&world, other_device.as_mut(), &[MEETING, ORIGINAL]);
            stays_quiet(&world, one_device.as_mut(), &[MEETING, ORIGINAL]);
            assert_eq!((one_device.writes(), other_device.writes()), (1, 0));
        }
    }
}

#[test]
fn two_devices_with_the_same_forbidden_edit_both_end_with_the_original() {
    for one in clients::ALL {
        for other in clients::ALL {
            let (world, href) = installation();
            let mut devices = [(one.make)(&world, "anna"), (other.make)(&world, "anna")];
            for device in &mut devices {
                device.sync();
            }
            // Both edit the version from before either's refusal.
            for device in &mut devices {
                Edit::Move("2026-12-02T09:00..2026-12-03T18:00").make(device.as_mut(), &href);
            }
            for _ in 0..SYNCS_MAX {
                for device in &mut devices {
                    device.sync();
                }
            }
            world.a_minute_passes();
            for device in &mut devices {
                device.sync();
                stays_quiet(&world, device.as_mut(), &[MEETING, ORIGINAL]);
                // Outlook looks before it writes: it may see the first device's refusal and take the server's version.
                assert!(device.writes() <= 1, "{} and {}", one.name, other.name);
            }
        }
    }
}

#[test]
fn a_replay_that_names_a_version_from_before_the_restore_moves_nothing_and_counts() {
    let (world, href) = installation();
    let http = Http::new(&world, "anna", "curl");
    let before = http.get(&href);
    let forbidden = ics::moved(&before.body, "2026-12-02T09:00..2026-12-03T18:00");
    let named = If::Match(before.etag().unwrap());
    let mut seen = vec![];
    for _ in 0..3 {
        let answer = http.put(&href, &forbidden, &named);
        assert_eq!((answer.status, answer.etag()), (204, None));
        seen.push((
            http.etag(&href).unwrap(),
            http.ctag(),
            http.sync("").sync_token.unwrap(),
        ));
    }
    assert_ne!(Some(&seen[0].0), before.etag().as_ref());
    assert_eq!(seen, [seen[0].clone(), seen[0].clone(), seen[0].clone()]);
    assert_eq!(
        ics::unmarked(&http.get(&href).body),
        ics::unmarked(&before.body)
    );
    assert_eq!(
        world.journal_lines("anna"),
        ["change of \"Смета\" 3 times: start refused: actual-start"]
    );
}

#[test]
fn a_refused_write_that_names_the_present_version_or_none_always_moves_it() {
    let (world, href) = installation();
    let http = Http::new(&world, "anna", "curl");
    let original = http.get(&href).body;
    let forbidden = ics::moved(&original, "2026-12-02T09:00..2026-12-03T18:00");
    let mut seen = vec![http.etag(&href).unwrap()];
    for conditional in [true, false, true, false] {
        let condition = if conditional {
            If::Match(seen[seen.len() - 1].clone())
        } else {
            If::Always
        };
        assert_eq!(http.put(&href, &forbidden, &condition).status, 204);
        seen.push(http.etag(&href).unwrap());
        let condition = if conditional {
            If::Match(seen[seen.len() - 1].clone())
        } else {
            If::Always
        };
        assert_eq!(http.delete(&href, &condition).status, 204);
        seen.push(http.etag(&href).unwrap());
    }
    let distinct: std::collections::BTreeSet<_> = seen.iter().collect();
    assert_eq!(distinct.len(), seen.len(), "{seen:?}");
    assert_eq!(
        ics::unmarked(&http.get(&href).body),
        ics::unmarked(&original)
    );
}

#[test]
fn more_refusals_in_an_hour_than_the_limit_raise_one_alarm_and_the_answer_stays() {
    let (world, href) = installation();
    let http = Http::new(&world, "anna", "curl");
    let forbidden = ics::moved(&http.get(&href).body, "2026-12-02T09:00..2026-12-03T18:00");
    let refusals_max = world.bridge.limits().refusals_per_hour_max;
    for _ in 0..refusals_max {
        assert_eq!(http.put(&href, &forbidden, &If::Always).status, 204);
    }
    assert_eq!(world.bridge.alarms(), []);
    for _ in 0..3 {
        assert_eq!(http.put(&href, &forbidden, &If::Always).status, 204);
    }
    assert_eq!(world.bridge.alarms().len(), 1);
}
