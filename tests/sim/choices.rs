//! Where a scenario comes from: a seed, the next of all small scenarios, or bytes.
//!
//! Whoever draws a scenario asks [`Choices::below`] again and again and knows nothing else of where the answers come from.

/// A source of answers.
pub struct Choices {
    source: Source,
    /// What was answered: the value and below what it was.
    pub taken: Vec<(u32, u32)>,
}

enum Source {
    Seed(u64),
    /// These answers first, then zeroes.
    Listed(Vec<u32>),
    /// Two bytes an answer, then zeroes.
    Bytes(Vec<u8>),
}

impl Choices {
    /// Answers drawn from a seed, by a small generator of our own: the same seed, the same answers, whatever library is in fashion.
    pub fn seeded(seed: u64) -> Self {
        Self::of(Source::Seed(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) + 1))
    }

    /// Answers from bytes, as a fuzzer has them.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self::of(Source::Bytes(bytes.to_vec()))
    }

    fn of(source: Source) -> Self {
        Self {
            source,
            taken: vec![],
        }
    }

    /// An answer from 0 on, below `sides`.
    pub fn below(&mut self, sides: u32) -> u32 {
        let sides = sides.max(1);
        let place = self.taken.len();
        let value = match &mut self.source {
            Source::Seed(state) => {
                *state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                u32::try_from(*state >> 33).unwrap_or_default()
            }
            Source::Listed(answers) => answers.get(place).copied().unwrap_or_default(),
            Source::Bytes(bytes) => {
                let byte = |at: usize| u32::from(bytes.get(at).copied().unwrap_or_default());
                byte(place * 2) << 8 | byte(place * 2 + 1)
            }
        };
        let value = value % sides;
        self.taken.push((value, sides));
        value
    }
}

/// Walks through every list of answers there is, depth first.
pub struct Enumeration {
    next: Option<Vec<u32>>,
}

impl Enumeration {
    /// From the list of zeroes on.
    pub fn new() -> Self {
        Self { next: Some(vec![]) }
    }

    /// The next source; hand it back to [`Enumeration::walked`] after drawing from it.
    pub fn choices(&mut self) -> Option<Choices> {
        self.next
            .take()
            .map(|answers| Choices::of(Source::Listed(answers)))
    }

    /// Finds what comes after these answers: the last that can still grow does, and what came after it begins anew.
    pub fn walked(&mut self, choices: &Choices) {
        let taken = &choices.taken;
        let grows = taken.iter().rposition(|(value, sides)| value + 1 < *sides);
        self.next = grows.map(|at| {
            let mut answers: Vec<u32> = taken[..at].iter().map(|(value, _)| *value).collect();
            answers.push(taken[at].0 + 1);
            answers
        });
    }
}

#[test]
fn all_lists_of_answers_are_walked_through_once() {
    let mut walk = Enumeration::new();
    let mut seen = vec![];
    while let Some(mut choices) = walk.choices() {
        let first = choices.below(3);
        // What is asked second depends on the first answer.
        let second = if first == 1 { choices.below(2) } else { 9 };
        seen.push((first, second));
        walk.walked(&choices);
    }
    assert_eq!(seen, [(0, 9), (1, 0), (1, 1), (2, 9)]);
}

#[test]
fn a_seed_and_bytes_answer_the_same_each_time() {
    let draw = |mut choices: Choices| [10, 1, 1000, 3].map(|sides| choices.below(sides));
    assert_eq!(draw(Choices::seeded(7)), draw(Choices::seeded(7)));
    assert_eq!(
        draw(Choices::from_bytes(&[0, 4, 9, 9, 1, 0])),
        [4, 0, 256, 0]
    );
}
