//! Which calendars can be chosen.

use super::super::offers::offered;
use super::super::wire::WireCalendars;
use crate::model::CalendarRef;
use crate::ports::CalendarOffer;
use serde_json::json;

#[test]
fn the_main_calendar_comes_first_and_names_the_account() {
    let page: WireCalendars = serde_json::from_value(json!({"items": [
        {"id": "team@example.com", "summary": "Team", "accessRole": "writer"},
        {"id": "anna@example.com", "summary": "anna@example.com", "summaryOverride": "Anna",
         "primary": true, "accessRole": "owner"},
        {"id": "old@example.com", "summary": "Old", "accessRole": "owner", "deleted": true},
    ]}))
    .unwrap();
    let offer = |id: &str, name: &str, primary| CalendarOffer {
        calendar: CalendarRef {
            id: id.to_owned(),
            name: name.to_owned(),
            account: "anna@example.com".to_owned(),
        },
        primary,
        writable: true,
    };
    assert_eq!(
        offered(page.items),
        [
            offer("anna@example.com", "Anna", true),
            offer("team@example.com", "Team", false),
        ]
    );
}
