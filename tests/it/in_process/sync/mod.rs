//! Runs the readable scripts of `fixtures/scenarios/sync`: a subscription's life, over a remote calendar.
//!
//! Each scene is played twice, standalone and over an ADVANTA, unless it says which. After every round a scene says how many writes
//! there were and what both sides hold, whole; it ends with a round that writes nothing, and then nothing may be left to do for a
//! comparison of everything either.
//!
//! Start at [`play`]; [`stage`] knows what was said, [`acting`] what people do, [`asking`] what is expected.

mod acting;
mod asking;
mod calendar;
mod events;
mod objects;
mod stage;
mod words;
mod world;

use advanta_bridge::sync::planted::{Fault, plant};
use stage::{Outcome, Stage};
use std::fmt::Write as _;
use words::Line;
use world::Mode;

/// At least so many scenes must have been found.
const SCENES_MIN: usize = 100;

/// A scene with its place.
struct Scene {
    file: String,
    /// Number of its first line.
    first: usize,
    text: String,
}

fn scenes() -> Vec<Scene> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/scenarios/sync");
    let paths = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    let mut paths: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|end| end == "txt"))
        .collect();
    paths.sort();
    paths.iter().flat_map(|path| of_file(path)).collect()
}

/// Blocks between empty lines that begin with a `scenario` line.
fn of_file(path: &std::path::Path) -> Vec<Scene> {
    let file = path.file_name().unwrap().to_string_lossy().into_owned();
    let text = std::fs::read_to_string(path).unwrap();
    let mut first = 1;
    let mut scenes = vec![];
    for block in text.split("\n\n") {
        if block.lines().any(|line| line.starts_with("scenario ")) {
            scenes.push(Scene {
                file: file.clone(),
                first,
                text: block.to_owned(),
            });
        }
        first += block.matches('\n').count() + 2;
    }
    scenes
}

/// Plays one scene, in every mode that it allows; the first line that fails ends it.
fn play(scene: &str, first: usize) -> Outcome {
    let lines = Line::all(scene, first);
    let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
    let (modes, begins) = match texts.as_slice() {
        [title, "standalone", ..] if title.starts_with("scenario ") => (vec![Mode::Standalone], 2),
        [title, "over ADVANTA", ..] if title.starts_with("scenario ") => (vec![Mode::Advanta], 2),
        [title, ..] if title.starts_with("scenario ") => (vec![Mode::Standalone, Mode::Advanta], 1),
        _ => return Err("a scene begins with its title".to_owned()),
    };
    if !texts.ends_with(&["round", "writes 0"]) {
        return Err("a scene ends with a round that writes nothing".to_owned());
    }
    for mode in modes {
        play_in(mode, &lines[begins..])?;
    }
    Ok(())
}

fn play_in(mode: Mode, lines: &[Line]) -> Outcome {
    let mut stage = Stage::new(mode);
    for line in lines {
        let done = stage.play(line);
        done.map_err(|why| format!("{mode:?}, line {}: {}\n     {why}", line.number, line.text))?;
    }
    stage
        .nothing_changed()
        .and_then(|()| stage.rests())
        .map_err(|why| format!("{mode:?}, at the end: {why}"))
}

#[test]
fn every_scene_of_a_subscription_holds() {
    let (mut count, mut failures) = (0, String::new());
    for scene in scenes() {
        count += 1;
        if let Err(why) = play(&scene.text, scene.first) {
            let title = scene
                .text
                .lines()
                .find(|line| line.starts_with("scenario "));
            let title = title.unwrap_or_default();
            writeln!(failures, "{}\n{title}\n  -> {why}\n", scene.file).unwrap();
        }
    }
    assert!(failures.is_empty(), "{failures}");
    assert!(count >= SCENES_MIN, "only {count} scenes were found");
}

#[test]
fn a_line_that_does_not_hold_is_reported_with_its_number() {
    let scene = "scenario x\nstandalone\nanna makes \"Стоматолог\" 2026-12-02 10:00-11:00\n\
                 anna subscribes from 2026-12-01\nround\nwrites 0\nboth hold\n\
                 - \"Стоматолог\" 2026-12-02 10:00-11:30\nround\nwrites 0";
    assert_eq!(
        play(scene, 41).unwrap_err(),
        "Standalone, line 47: both hold\n     it is [\"\\\"Стоматолог\\\" 2026-12-02 10:00-11:00\"], \
         not [\"\\\"Стоматолог\\\" 2026-12-02 10:00-11:30\"]"
    );
}

#[test]
fn an_unknown_line_is_no_success() {
    for line in [
        "anna dances",
        "anna sings \"X\"",
        "the moon rises",
        "calendar hums",
    ] {
        let scene = format!("scenario x\nstandalone\n{line}\nround\nwrites 0");
        let why = play(&scene, 1).unwrap_err();
        let known = why.starts_with(&format!("Standalone, line 3: {line}"));
        assert!(known, "{why}");
    }
}

#[test]
fn a_round_has_to_be_looked_at() {
    let scene = "scenario x\nstandalone\nanna makes \"X\" 2026-12-02\nanna subscribes from 2026-12-01\n\
                 round\nwrites 0\nround\nwrites 0";
    assert_eq!(
        play(scene, 1).unwrap_err(),
        "Standalone, line 7: round\n     the round before it is not looked at: \
         Owed { writes: false, calendar: true, advanta: true }"
    );
}

/// A line with its list turned into what cannot be; `None` when it expects nothing.
fn spoiled(line: &str) -> Option<String> {
    // Such a line acts; see `what_must_not_work_is_not_to_fail_for_another_reason`.
    if line.contains(", but: ") {
        return None;
    }
    let words: Vec<&str> = line.split_whitespace().collect();
    let head = |upto: usize| words[..upto].join(" ");
    Some(match words.as_slice() {
        ["writes" | "held" | "links" | "mails", _] => format!("{} 99", words[0]),
        ["nobody", "is", "mailed"] => "mails 99".to_owned(),
        [.., "holds", "nothing"] => format!("{} 99 events", head(words.len() - 1)),
        [.., "holds", _, "events" | "notes"] => format!("{} 99 events", head(words.len() - 2)),
        [.., "holds"] | ["both", "hold"] => format!("{line}\n- \"nowhere\" 2026-01-01"),
        ["journal", "is", "empty"] => "journal\n- what never was".to_owned(),
        ["it", "would", "do", "nothing"] => "it would\n- what never was".to_owned(),
        ["journal"] | ["last", "of", "the", "journal"] | ["it", "would"] => {
            format!("{line}\n- what never was")
        }
        ["calendar", "is", "told"] => format!("{line}\n- what never was"),
        ["calendar", "is", "asked", ..] => "calendar is asked for 99 lists".to_owned(),
        ["it", "counts", ..] => "it counts 99 links".to_owned(),
        [_, "subscription", "is", ..] => format!("{} nowhere", head(3)),
        ["advanta", "stores", title, ..] => format!("advanta stores {title} as 2026-01-01"),
        ["trouble", ..] => {
            let (of, _) = line.rsplit_once(" is ")?;
            format!("{of} is nowhere")
        }
        _ => return None,
    })
}

/// Plays a scene standalone and says each expectation wrong first; which of them nobody noticed, and how many there were.
fn unnoticed(scene: &Scene) -> (usize, Vec<String>) {
    let (mut count, mut unnoticed) = (0, vec![]);
    let lines = Line::all(&scene.text, scene.first);
    let mode = match lines.get(1) {
        Some(line) if line.text == "over ADVANTA" => Mode::Advanta,
        _ => Mode::Standalone,
    };
    let says = |line: &Line| line.text != "standalone" && line.text != "over ADVANTA";
    let mut stage = Stage::new(mode);
    for line in lines[1..].iter().filter(|line| says(line)) {
        if let Some(wrong) = spoiled(&line.text) {
            count += 1;
            if stage.play(&Line::all(&wrong, line.number)[0]).is_ok() {
                unnoticed.push(format!("{}, line {}", scene.file, line.number));
            }
        }
        stage.play(line).expect("the scene holds");
    }
    (count, unnoticed)
}

#[test]
fn every_expectation_of_every_scene_can_fail() {
    let each: Vec<_> = scenes().iter().map(unnoticed).collect();
    let count: usize = each.iter().map(|(count, _)| count).sum();
    let unnoticed: Vec<String> = each.into_iter().flat_map(|(_, lines)| lines).collect();
    assert_eq!(unnoticed, [""; 0]);
    assert!(
        count >= 5 * SCENES_MIN,
        "only {count} expectations were found"
    );
}

#[test]
fn what_must_not_work_is_not_to_fail_for_another_reason() {
    let scene = "scenario x\nanna subscribes from 2026-12-01\n\
                 anna subscribes from 2026-12-01, but: the moon\nround\nwrites 0";
    let why = play(scene, 1).unwrap_err();
    assert!(
        why.contains("line 3: ") && why.ends_with("not \"the moon\""),
        "{why}"
    );
}

/// Faults that need no crash and no race to be seen.
const FAULTS_IN_SIGHT: [Fault; 7] = [
    Fault::OneBase,
    Fault::NoWriteBack,
    Fault::CopyIsOurs,
    Fault::ColleagueIsImported,
    Fault::NoGuard,
    Fault::DeletionIsBelieved,
    Fault::RemoteWins,
];

#[test]
fn a_fault_planted_in_the_engine_is_noticed_by_a_scene() {
    let scenes = scenes();
    let unnoticed: Vec<Fault> = FAULTS_IN_SIGHT
        .into_iter()
        .filter(|fault| {
            plant(&[*fault]);
            let noticed = scenes
                .iter()
                .any(|scene| play(&scene.text, scene.first).is_err());
            plant(&[]);
            !noticed
        })
        .collect();
    assert_eq!(unnoticed, []);
}
