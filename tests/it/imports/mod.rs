//! The direction of imports: dependencies point inward, adapters never know each other, the core is pure.
//!
//! The table is [`MAY_IMPORT`]. Test code is free: it may bring a store to a use-case.

mod source;

use source::Source;
use std::path::Path;

const CORE: &[&str] = &["model", "diff", "rules", "ical", "sync"];
const MIDDLE: &[&str] = &["ports", "bridge"];
const TOOLS: &[&str] = &["xml", "http"];
const INBOUND: &[&str] = &["server", "caldav", "feed", "web", "cli"];
const WIRING: &[&str] = &["app", "config", "telemetry"];

/// A row of the table: these modules may import those rings, beside themselves; `None` is everything.
type Row = (
    &'static [&'static str],
    Option<&'static [&'static [&'static str]]>,
);

/// Who may import whom. A module that is not named here may not be there.
const MAY_IMPORT: &[Row] = &[
    (CORE, Some(&[CORE])),
    (&["ports"], Some(&[CORE])),
    (&["bridge"], Some(&[CORE, &["ports"], TOOLS])),
    (TOOLS, Some(&[])),
    (
        &["server", "caldav", "feed", "web"],
        Some(&[CORE, MIDDLE, TOOLS, INBOUND]),
    ),
    (&["cli"], Some(&[CORE, MIDDLE, TOOLS, INBOUND, WIRING])),
    (
        &["advanta", "google", "exchange", "store", "vault"],
        Some(&[CORE, &["ports"], TOOLS]),
    ),
    // Knows the limits of every part by name, and turns the settings file into them.
    (
        &["config"],
        Some(&[
            CORE,
            MIDDLE,
            INBOUND,
            &["store", "advanta", "google", "vault"],
        ]),
    ),
    (&["telemetry"], Some(&[])),
    (&["app", "main", "lib"], None),
];

/// What the core does not know: I/O, tasks, the clock, randomness.
const NOT_IN_CORE: &[&str] = &[
    "async",
    "await",
    "tokio",
    "std::fs",
    "std::io",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "Utc::now",
    "Local::now",
    "Instant",
    "SystemTime",
    "rand",
    "new_v4",
    "now_v7",
];

/// Where HTTP status codes are known: where we answer, and where we ask.
const STATUS_CODES: &[&str] = &["caldav", "feed", "web", "server", "advanta", "google"];

#[test]
fn every_import_points_inward() {
    assert_eq!(findings(&sources()), Vec::<String>::new());
}

#[test]
fn a_planted_line_is_found() {
    let planted = |path: &str, text: &str| findings(&[Source::new(path, text)]);
    for (path, text, expected) in [
        (
            "rules/mod.rs",
            "use crate::store::Sled;",
            "src/rules/mod.rs:1: rules imports store",
        ),
        (
            "ports/store.rs",
            "\nfn f() { crate::bridge::g() }",
            "src/ports/store.rs:2: ports imports bridge",
        ),
        (
            "caldav/put.rs",
            "use crate::{\n    model::{Object, Span},\n    store::memory,\n};",
            "src/caldav/put.rs:3: caldav imports store",
        ),
        (
            "store/sled.rs",
            "use crate::advanta::demo;",
            "src/store/sled.rs:1: store imports advanta",
        ),
        (
            "bridge/mod.rs",
            "use super::caldav;",
            "src/bridge/mod.rs:1: bridge imports caldav",
        ),
        (
            "bridge/edit.rs",
            "use super::super::caldav;",
            "src/bridge/edit.rs:1: bridge imports caldav",
        ),
        (
            "util/mod.rs",
            "",
            "src/util/mod.rs:1: util has no place in the table",
        ),
        (
            "ical/mod.rs",
            "let at = chrono::Utc::now();",
            "src/ical/mod.rs:1: the core knows Utc::now",
        ),
        (
            "diff/mod.rs",
            "pub async fn f() {}",
            "src/diff/mod.rs:1: the core knows async",
        ),
        (
            "bridge/mod.rs",
            "use http::StatusCode;",
            "src/bridge/mod.rs:1: bridge knows StatusCode",
        ),
    ] {
        assert_eq!(planted(path, text), [expected], "{text}");
    }
}

#[test]
fn comments_test_code_and_longer_words_are_no_findings() {
    let sources = [
        Source::new(
            "model/a.rs",
            "//! See [`crate::store`].\n/// async\nuse crate::model::Instantly; // tokio",
        ),
        Source::new(
            "bridge/b.rs",
            "use crate::ports::Store;\n#[cfg(test)]\nmod tests {\n    use crate::store::memory;\n}",
        ),
        Source::new("rules/mod.rs", "#[cfg(test)]\nmod scenarios;"),
        Source::new("rules/scenarios.rs", "use std::fs;"),
        Source::new("app.rs", "use crate::{store, caldav};"),
    ];
    assert_eq!(findings(&sources), Vec::<String>::new());
}

/// Every source file of the package.
fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let sources = Source::all(&root);
    assert!(
        sources.iter().any(|source| source.path == "lib.rs"),
        "{root:?} holds the sources"
    );
    sources
}

/// What is wrong, one line each, in the order of the files.
fn findings(sources: &[Source]) -> Vec<String> {
    let test_files = source::test_files(sources);
    sources
        .iter()
        .filter(|source| !test_files.iter().any(|test| source.path.starts_with(test)))
        .flat_map(of_source)
        .collect()
}

fn of_source(source: &Source) -> Vec<String> {
    let module = source.module();
    let Some((_, allowed)) = MAY_IMPORT.iter().find(|(names, _)| names.contains(&module)) else {
        return vec![format!(
            "src/{}:1: {module} has no place in the table",
            source.path
        )];
    };
    let mut found = Vec::new();
    for (line, name) in source.imports() {
        let known = MAY_IMPORT
            .iter()
            .any(|(names, _)| names.contains(&name.as_str()));
        let may =
            allowed.is_none_or(|rings| rings.iter().any(|ring| ring.contains(&name.as_str())));
        if known && name != module && !may {
            found.push(format!(
                "src/{}:{line}: {module} imports {name}",
                source.path
            ));
        }
    }
    if CORE.contains(&module) {
        for word in NOT_IN_CORE {
            let lines = source.lines_with(word);
            found.extend(
                lines.map(|line| format!("src/{}:{line}: the core knows {word}", source.path)),
            );
        }
    }
    if !STATUS_CODES.contains(&module) {
        let lines = source.lines_with("StatusCode");
        found.extend(
            lines.map(|line| format!("src/{}:{line}: {module} knows StatusCode", source.path)),
        );
    }
    found
}
