//! Clients that we did not write.

use super::{ANNA, google};
use crate::clients::run;
use crate::google_standin::StandIn;
use serde_json::json;

/// A Google with Anna's calendar: 5 single events and a weekly series, for clients that are not the bridge.
fn with_events() -> StandIn {
    let google = StandIn::start(&google());
    let mut world = google.world();
    world.switches.is_bridge = false;
    world.add_user(ANNA);
    for day in 1..=5 {
        let event = json!({
            "summary": format!("Смета {day}"),
            "start": { "dateTime": format!("2026-12-0{day}T09:00:00+03:00") },
            "end": { "dateTime": format!("2026-12-0{day}T10:00:00+03:00") },
        });
        world.add_event(ANNA, event);
    }
    let series = json!({
        "summary": "Планёрка",
        "start": { "dateTime": "2026-12-07T09:00:00", "timeZone": "Europe/Moscow" },
        "end": { "dateTime": "2026-12-07T09:30:00", "timeZone": "Europe/Moscow" },
        "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=3"],
    });
    world.add_event(ANNA, series);
    drop(world);
    google
}

#[test]
fn googles_own_client_lists_writes_batches_and_watches() {
    let google = with_events();
    let token = google.world().grant(ANNA).access;
    run("google_api_client.py", &[&google.url(), &token]);
    google.finish();
}

#[test]
fn gcal_sync_reads_all_then_what_changed_and_begins_again_after_410() {
    let google = with_events();
    let token = google.world().grant(ANNA).access;
    run("google_gcal_sync.py", &[&google.url(), &token]);
    google.finish();
}
