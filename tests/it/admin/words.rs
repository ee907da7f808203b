//! What people read at a terminal, in both languages, and what programs read.

use super::install::Installation;
use crate::harness::{Bridge, demo, with_line};

/// What a command says of the demonstration's folder.
fn said(bridge: &Bridge, args: &[&str], lang: &str) -> String {
    let data = bridge.data();
    let data = data.to_str().expect("a UTF-8 path");
    let place = Installation::new();
    let said = place.command(&[args, &["--lang", lang, "--data", data]].concat(), &[]);
    without_times(&said.done())
}

/// The text with every minute of today in the same words: the demonstration runs by the real clock.
fn without_times(text: &str) -> String {
    let today = chrono::Utc::now().format("%Y-%m-%d").to_string();
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(&today) {
        let (before, from) = rest.split_at(at);
        out += before;
        match from.char_indices().nth(17) {
            Some((end, _)) if from[..end].ends_with('Z') => {
                out += "TODAY            ";
                rest = &from[end..];
            }
            _ => {
                out += &today;
                rest = &from[today.len()..];
            }
        }
    }
    out + rest
}

#[test]
fn a_refusal_is_told_to_the_administrator_in_either_language() {
    let bridge = Bridge::demo(&[]);
    let emily = bridge.dav("emily");
    let href = demo::href("emily", demo::NO_RIGHTS);
    let ics = emily.get(&href).body;
    let changed = with_line(&ics, "SUMMARY", "SUMMARY:Mine");
    assert_eq!(emily.put(&href, &changed).status, 204);
    insta::assert_snapshot!(said(&bridge, &["refusals", "--user", "emily"], "en"), @r"
    #  When               Who    From  Object            What                                          Wanted  Kept
    1  TODAY              emily  demo  Утвердить бюджет  Title: refused, you may not change the title  Mine    Утвердить бюджет
    ");
    insta::assert_snapshot!(said(&bridge, &["refusals"], "ru"), @r"
    #  Когда              Кто    Откуда  Объект            Что                                            Было нужно  Осталось
    1  TODAY              emily  demo    Утвердить бюджет  Название: отказано, нет права менять название  Mine        Утвердить бюджет
    ");
    insta::assert_snapshot!(said(&bridge, &["refusals", "--user", "boris"], "ru"), @"Ничего нет.");
}

#[test]
fn what_is_empty_is_said_to_be_empty() {
    let bridge = Bridge::demo(&[]);
    for (args, english, russian) in [
        (
            vec!["outbox", "list"],
            "The queue is empty.\n",
            "Очередь пуста.\n",
        ),
        (
            vec!["dead-letters", "list"],
            "The queue is empty.\n",
            "Очередь пуста.\n",
        ),
        (vec!["alarms"], "There are no alarms.\n", "Тревог нет.\n"),
        (
            vec!["feed", "list", "anna"],
            "There are no addresses.\n",
            "Адресов нет.\n",
        ),
        (
            vec!["outbox", "release"],
            "The queue was not held.\n",
            "Очередь не стояла.\n",
        ),
    ] {
        assert_eq!(said(&bridge, &args, "en"), english, "{args:?}");
        assert_eq!(said(&bridge, &args, "ru"), russian, "{args:?}");
    }
}

#[test]
fn programs_get_the_shapes_of_the_api() {
    let bridge = Bridge::demo(&[]);
    let json = |args: &[&str]| said(&bridge, &[args, &["--json"]].concat(), "en");
    assert_eq!(
        json(&["outbox", "list"]),
        "{\"size\":0,\"held\":false,\"commands\":[]}\n"
    );
    assert_eq!(
        json(&["outbox", "release"]),
        "{\"released\":false,\"size\":0}\n"
    );
    assert_eq!(json(&["dead-letters", "list"]), "{\"deadLetters\":[]}\n");
    assert_eq!(json(&["refusals"]), "{\"rows\":[]}\n");
    assert_eq!(json(&["alarms"]), "{\"alarms\":[]}\n");
    assert_eq!(json(&["feed", "list", "anna"]), "{\"feeds\":[]}\n");
    assert_eq!(json(&["user", "deactivate", "anna"]), "{\"revoked\":1}\n");
}

#[test]
fn a_feed_is_made_rotated_and_taken_back() {
    let place = Installation::new();
    place.run(&["user", "add", "anna", "--name", "Анна"]).line();
    let first = place.run(&["feed", "create", "anna"]).line();
    assert!(
        first.starts_with("/feed/") && first.ends_with(".ics"),
        "{first}"
    );
    let second = place.run(&["feed", "rotate", "anna"]).line();
    assert_ne!(first, second);
    let listed = place.run(&["feed", "list", "anna", "--json"]).line();
    assert_eq!(listed.matches("\"id\"").count(), 2);
    assert_eq!(listed.matches("\"revoked\"").count(), 1);
}
