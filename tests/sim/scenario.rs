//! A scenario: plain data, drawn from [`Choices`], readable, and run again as often as one likes.
//!
//! Every argument of a step stands for "the n-th of what is there, round and round", so that any step can be left out and the
//! others still mean something.

use crate::choices::Choices;
use crate::manners;
use crate::swarm::Swarm;
use crate::verbs::{TABLE, Verb};
use std::fmt;

/// What happens, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub verb: Verb,
    pub args: Vec<u32>,
}

/// How the world is at the beginning, and what happens in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    pub setup: Setup,
    pub steps: Vec<Step>,
}

/// How the world is at the beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Setup {
    /// Which of [`manners::ALL`].
    pub manners: u32,
    /// Which zone the people and their calendars are in.
    pub zone: u32,
    /// Which policy.
    pub policy: u32,
    /// 1: the bridge's own store is the authority.
    pub own: u32,
    /// Objects that are there before anybody subscribes.
    pub objects: u32,
    /// Events likewise, in each calendar.
    pub events: u32,
}

/// Below what each number of a set-up is, in order.
const SETUP_SIDES: [u32; 6] = [manners::ALL.len() as u32, 4, 4, 4, 5, 5];

impl Setup {
    fn from_numbers(numbers: [u32; 6]) -> Self {
        let [manners, zone, policy, own, objects, events] = numbers;
        Self {
            manners,
            zone,
            policy,
            // Every fourth world has no ADVANTA.
            own: u32::from(own == 3),
            objects,
            events,
        }
    }

    fn words(&self) -> String {
        format!(
            "setup {} {} {} {} {} {}",
            self.manners,
            self.zone,
            self.policy,
            self.own * 3,
            self.objects,
            self.events
        )
    }

    pub fn manners(&self) -> manners::Manners {
        manners::ALL[self.manners as usize % manners::ALL.len()]
    }
}

impl Scenario {
    /// Draws a set-up and so many steps, of everything that can happen.
    pub fn draw(choices: &mut Choices, steps: usize) -> Self {
        Self::draw_of(choices, steps, |_| Swarm::everything())
    }

    /// Draws a set-up, what is in play, and so many steps of that.
    pub fn draw_swarm(choices: &mut Choices, steps: usize) -> Self {
        Self::draw_of(choices, steps, Swarm::draw)
    }

    fn draw_of(
        choices: &mut Choices,
        steps: usize,
        swarm: impl FnOnce(&mut Choices) -> Swarm,
    ) -> Self {
        let setup = Setup::from_numbers(SETUP_SIDES.map(|sides| choices.below(sides)));
        let swarm = swarm(choices);
        let steps = (0..steps).map(|_| Step::draw(choices, &swarm)).collect();
        Self { setup, steps }
    }

    /// Reads [`Scenario`] as it is printed. Lines that begin with `#` say nothing.
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        let mut setup = lines.next()?.split(' ');
        setup.next().filter(|word| *word == "setup")?;
        let numbers: Vec<u32> = setup.map(|word| word.parse().ok()).collect::<Option<_>>()?;
        Some(Self {
            setup: Setup::from_numbers(numbers.try_into().ok()?),
            steps: lines.map(Step::parse).collect::<Option<_>>()?,
        })
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "# {}", self.setup.manners().name)?;
        writeln!(f, "{}", self.setup.words())?;
        for step in &self.steps {
            writeln!(f, "{step}")?;
        }
        Ok(())
    }
}

impl Step {
    fn draw(choices: &mut Choices, swarm: &Swarm) -> Self {
        let (row, args) = swarm.step(choices);
        Self {
            verb: row.verb,
            args,
        }
    }

    /// Draws from these verbs only, each as likely as the others.
    pub fn draw_of(choices: &mut Choices, verbs: &[Verb], sides_max: u32) -> Self {
        let count = u32::try_from(verbs.len()).unwrap_or(1);
        let verb = verbs[choices.below(count) as usize];
        let args = verb.row().args;
        Self {
            verb,
            args: args
                .iter()
                .map(|arg| choices.below(arg.sides().min(sides_max)))
                .collect(),
        }
    }

    fn parse(line: &str) -> Option<Self> {
        let (name, rest) = line.split_once(':').unwrap_or((line, ""));
        let row = TABLE.iter().find(|row| row.name == name.trim())?;
        let args = rest.split_whitespace().map(|word| word.parse().ok());
        Some(Self {
            verb: row.verb,
            args: args.collect::<Option<_>>()?,
        })
    }

    /// An argument, 0 when there is none.
    pub fn arg(&self, place: usize) -> u32 {
        self.args.get(place).copied().unwrap_or_default()
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.verb.row().name)?;
        for arg in &self.args {
            write!(f, " {arg}")?;
        }
        Ok(())
    }
}

#[test]
fn a_scenario_is_read_as_it_was_printed() {
    let scenario = Scenario::draw(&mut Choices::seeded(5), 40);
    assert_eq!(Scenario::parse(&scenario.to_string()), Some(scenario));
    assert_eq!(Scenario::parse("setup 0 0 0 0 0 0\nno such thing: 1"), None);
}
