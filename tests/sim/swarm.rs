//! What is in play in one scenario: few things, often, so that those which seldom meet among many do meet ("swarm testing").
//!
//! Of a hundred kinds of deeds with a dozen values each, three that have to come together hardly ever do within sixty steps. So each
//! seed first draws which verbs it has at all, how often each comes, and which values their arguments take.

use crate::choices::Choices;
use crate::verbs::{Arg, Row, TABLE, Verb};

/// The bridge's own work is never out of play: without it nothing that people do meets anything.
const WORK: [Verb; 5] = [
    Verb::Round,
    Verb::OursOnly,
    Verb::Together,
    Verb::Outbox,
    Verb::HookComes,
];

/// What ends or stops a subscription is never made likelier: where nothing is in step, nothing meets.
const LIFE: [Verb; 5] = [
    Verb::Subscribe,
    Verb::Unsubscribe,
    Verb::Pause,
    Verb::TokenDies,
    Verb::Answer,
];

/// How many times its usual weight another verb may have.
const TIMES: [u32; 4] = [1, 1, 2, 4];
/// How many events or objects people turn to.
const THINGS: [u32; 4] = [1, 2, 4, 12];

/// Half, once or twice as much work of the bridge as usual.
const HALVES: [u32; 4] = [1, 2, 2, 4];

/// What is in play: for every row of [`TABLE`] its weight and the values of its arguments.
pub struct Swarm(Vec<(u32, Vec<Vec<u32>>)>);

impl Swarm {
    /// Everything, as often as [`TABLE`] says.
    pub fn everything() -> Self {
        let all = |arg: &Arg| (0..arg.sides()).collect();
        Self(
            TABLE
                .iter()
                .map(|row| (row.weight, row.args.iter().map(all).collect()))
                .collect(),
        )
    }

    /// What a seed has: everything in every second one, since some things need many others.
    pub fn draw(choices: &mut Choices) -> Self {
        if choices.below(2) == 0 {
            return Self::everything();
        }
        let things = THINGS[choices.below(4) as usize];
        let rows = TABLE.iter().map(|row| drawn(row, things, choices));
        let rows = rows.collect();
        Self(balanced(rows, HALVES[choices.below(4) as usize]))
    }

    /// A row of the table, and its arguments.
    pub fn step(&self, choices: &mut Choices) -> (&'static Row, Vec<u32>) {
        let all: u32 = self.0.iter().map(|(weight, _)| weight).sum();
        let place = choices.below(all);
        let mut upto = 0;
        let beyond = |(weight, _): &(u32, Vec<Vec<u32>>)| {
            upto += weight;
            upto > place
        };
        let at = self.0.iter().position(beyond).unwrap_or_default();
        let args = self.0[at].1.iter().map(|values| {
            let count = u32::try_from(values.len()).unwrap_or(1);
            values[choices.below(count) as usize]
        });
        (&TABLE[at], args.collect())
    }
}

fn drawn(row: &Row, things: u32, choices: &mut Choices) -> (u32, Vec<Vec<u32>>) {
    let plays = choices.below(2) == 0;
    let times = TIMES[choices.below(4) as usize];
    let weight = match (WORK.contains(&row.verb), LIFE.contains(&row.verb), plays) {
        (true, _, _) | (false, true, true) => row.weight,
        (false, false, true) => row.weight * times,
        (false, _, false) => 0,
    };
    let args = row.args.iter().map(|arg| match arg {
        Arg::Which(count) => (0..things.min(*count)).collect(),
        Arg::How(count) => some_of(*count, choices),
        Arg::Who | Arg::Any(_) => (0..arg.sides()).collect(),
    });
    (weight, args.collect())
}

/// All of so many values, or a few.
fn some_of(count: u32, choices: &mut Choices) -> Vec<u32> {
    if choices.below(4) > 0 {
        return (0..count).collect();
    }
    let few = 1 + choices.below(3);
    let mut values: Vec<u32> = (0..few).map(|_| choices.below(count)).collect();
    values.sort_unstable();
    values.dedup();
    values
}

/// However much or little people do, the bridge works in the same measure to it as in [`TABLE`], or half or twice as much.
fn balanced(mut rows: Vec<(u32, Vec<Vec<u32>>)>, halves: u32) -> Vec<(u32, Vec<Vec<u32>>)> {
    let works = |at: usize| WORK.contains(&TABLE[at].verb);
    let usual: u32 = (0..TABLE.len())
        .filter(|at| !works(*at))
        .map(|at| TABLE[at].weight)
        .sum();
    let drawn: u32 = (0..TABLE.len())
        .filter(|at| !works(*at))
        .map(|at| rows[at].0)
        .sum();
    for (at, (weight, _)) in rows.iter_mut().enumerate() {
        *weight *= if works(at) {
            drawn.max(1) * halves
        } else {
            usual * 2
        };
    }
    rows
}

#[test]
fn a_swarm_draws_only_what_is_in_play() {
    for seed in 0..50 {
        let mut choices = Choices::seeded(seed);
        let swarm = Swarm::draw(&mut choices);
        for _ in 0..200 {
            let (row, args) = swarm.step(&mut choices);
            assert_eq!(args.len(), row.args.len());
            let fits = args.iter().zip(row.args).all(|(arg, of)| *arg < of.sides());
            assert!(fits, "{}: {args:?}", row.name);
            let at = TABLE.iter().position(|each| each.verb == row.verb).unwrap();
            assert!(swarm.0[at].0 > 0, "{} is not in play", row.name);
        }
    }
}
