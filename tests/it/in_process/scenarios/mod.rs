//! Runs the readable scripts of `fixtures/scenarios/clients`.
//!
//! A block is a scene: what ADVANTA holds and does stands at the margin, what a device does and sees stands indented
//! under its `client` line. Start at [`play`]; [`stage`] does what stands at the margin, [`acting`] what an emulated
//! client does, [`asking`] what somebody with a command-line tool does.

mod acting;
mod asking;
mod stage;
mod words;

use stage::Stage;
use std::fmt::Write as _;
use words::Line;

/// How a line went.
type Outcome = Result<(), String>;

/// At least so many scenes must have been found.
const SCENES_MIN: usize = 40;

fn files() -> Vec<(String, String)> {
    let folder =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/scenarios/clients");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            (
                path.display().to_string(),
                std::fs::read_to_string(path).unwrap(),
            )
        })
        .collect();
    files.sort();
    files
}

/// Blocks that begin with a `scenario` line.
fn scenes(text: &str) -> impl Iterator<Item = &str> {
    text.split("\n\n")
        .filter(|block| block.lines().any(|line| line.starts_with("scenario ")))
}

/// Plays one scene; the first line that fails ends it.
fn play(scene: &str) -> Outcome {
    let mut stage = Stage::default();
    for line in Line::all(scene) {
        stage
            .play(&line)
            .map_err(|why| format!("{}\n     {why}", line.text))?;
    }
    Ok(())
}

#[test]
fn every_client_scenario_holds() {
    let (mut count, mut failures) = (0, String::new());
    for (file, text) in files() {
        for scene in scenes(&text) {
            count += 1;
            if let Err(why) = play(scene) {
                let title = scene
                    .lines()
                    .find(|line| line.starts_with("scenario "))
                    .unwrap();
                writeln!(failures, "{file}\n{title}\n  -> {why}\n").unwrap();
            }
        }
    }
    assert!(failures.is_empty(), "{failures}");
    assert!(count >= SCENES_MIN, "only {count} scenes were found");
}

#[test]
fn every_answer_that_a_client_can_get_to_a_write_is_shown() {
    let all: String = files().into_iter().map(|(_, text)| text).collect();
    for answer in [
        "is answered 201 with ETag",
        "is answered 201 without ETag",
        "is answered 204 with ETag",
        "is answered 204 without ETag",
        "is answered 200 with ETag",
        "is answered 200 without ETag",
        "is answered 403 D:need-privileges",
        "is answered 404",
        "is answered 412",
        "is answered 403 C:no-uid-conflict",
        "is answered 403 C:valid-calendar-data",
        "is answered 403 C:valid-calendar-object-resource",
        "is answered 403 C:supported-calendar-component",
        "is answered 403 C:supported-calendar-data",
        "is answered 403 C:max-resource-size",
        "is answered 403 C:min-date-time",
        "is answered 403 C:max-date-time",
    ] {
        assert!(all.contains(answer), "no scene shows: {answer}");
    }
}

#[test]
fn a_scene_that_does_not_hold_is_reported_with_its_line() {
    let scene = "scenario x\nobject task \"Смета\" status=3 2026-12-01T09:00..2026-12-03T18:00 for anna(all)\n\
                 client thunderbird of anna\n  syncs\n  shows \"Смета\" 2026-12-02T09:00..2026-12-03T18:00";
    let why = play(scene).unwrap_err();
    assert_eq!(
        why,
        "shows \"Смета\" 2026-12-02T09:00..2026-12-03T18:00\n     \
         it shows [\"\\\"Смета\\\" 2026-12-01T09:00..2026-12-03T18:00\"]"
    );
}

#[test]
fn an_unknown_sentence_is_no_success() {
    let why = play("scenario x\nclient thunderbird of anna\n  dances").unwrap_err();
    assert_eq!(why, "dances\n     no sentence of a client");
}

/// The scene with one expectation turned into what cannot be; `None` when the line expects nothing.
fn spoiled(scene: &str, at: usize) -> Option<String> {
    let mut lines: Vec<String> = scene.lines().map(str::to_owned).collect();
    let line = lines[at].clone();
    let event = line.split(" in ").nth(1).unwrap_or_default();
    let wrong = match line.split_whitespace().collect::<Vec<_>>().as_slice() {
        ["is", "answered", ..] => "  is answered 299".to_owned(),
        ["is", "told", ..] => "  is told \"what nobody says\"".to_owned(),
        ["shows", ..] => "  shows \"what is nowhere\" 2026-01-01..2026-01-01".to_owned(),
        ["holds", "no", ..] => format!("  holds no UID in {event}"),
        ["holds", ..] => format!("  holds X-NOWHERE:1 in {event}"),
        ["finds", ..] => "  finds X-NOWHERE:1".to_owned(),
        ["advanta", "holds", ..] => "advanta holds 99 objects".to_owned(),
        ["journal", ..] | ["asks", ..] => format!("{line}\n  - what never was"),
        _ => return None,
    };
    lines[at] = wrong;
    Some(lines.join("\n"))
}

#[test]
fn every_expectation_of_every_scene_can_fail() {
    let mut survivors = vec![];
    for (_, text) in files() {
        for scene in scenes(&text) {
            let spoiled = (0..scene.lines().count()).filter_map(|at| spoiled(scene, at));
            survivors.extend(spoiled.filter(|scene| play(scene).is_ok()));
        }
    }
    assert_eq!(survivors, [""; 0]);
}
