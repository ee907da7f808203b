//! Small worlds, all of them: every order of a few things that can happen to one event and one object.

use crate::choices::{Choices, Enumeration};
use crate::run;
use crate::scenario::{Scenario, Setup, Step};
use crate::verbs::Verb;

/// Things that can happen, besides a round.
const DEEDS: [Verb; 8] = [
    Verb::EventTitle,
    Verb::EventDeleted,
    Verb::EventCopied,
    Verb::ObjectTitle,
    Verb::ObjectDeleted,
    Verb::ClientTitle,
    Verb::Crash,
    Verb::CursorDies,
];
/// How many of them.
const DEEDS_EACH: usize = 3;

/// One object or one event, a round, a few deeds with rounds between them or not, each by the first person to the first of what is there.
fn draw(choices: &mut Choices) -> Scenario {
    let setup = Setup {
        manners: [0, 4][choices.below(2) as usize],
        objects: 1,
        ..Setup::default()
    };
    let step = |verb: Verb, args: &[u32]| Step {
        verb,
        args: args.to_vec(),
    };
    let mut steps = vec![step(Verb::Subscribe, &[0, 0]), step(Verb::Round, &[0])];
    for _ in 0..DEEDS_EACH {
        let mut deed = Step::draw_of(choices, &DEEDS, 1);
        if deed.verb == Verb::Crash {
            deed.args = vec![5, 1];
        }
        steps.push(deed);
        if choices.below(2) == 1 {
            steps.push(step(Verb::Round, &[0]));
        }
    }
    Scenario { setup, steps }
}

#[test]
fn all_small_worlds_heal() {
    let mut walk = Enumeration::new();
    let mut ran = 0;
    while let Some(mut choices) = walk.choices() {
        let scenario = draw(&mut choices);
        walk.walked(&choices);
        let end = run::run(&scenario);
        assert_eq!(end.broken, None, "{scenario}");
        ran += 1;
    }
    // Two calendars, and three times one of eight deeds with a round after it or not.
    assert_eq!(ran, 2 * 16 * 16 * 16);
}

/// What a fuzzer would call: any bytes are a scenario, and no scenario breaks anything.
fn heals(bytes: &[u8]) {
    let scenario = Scenario::draw(&mut Choices::from_bytes(bytes), bytes.len() / 8);
    let ran = run::run(&scenario);
    assert_eq!(ran.broken, None, "{scenario}");
}

#[test]
fn bytes_are_scenarios() {
    heals(&[]);
    heals(&[0; 200]);
    heals(&[255; 200]);
    let text = include_bytes!("small.rs");
    for chunk in text.chunks(400) {
        heals(chunk);
    }
}
