//! The last line of defence against a panic of a library that a text reaches: it is that text's refusal, not the end of whatever
//! is under way.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Code that read somebody's text panicked. What it said may hold that text and is forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{BROKEN}")]
pub struct Panicked;

/// What is said of a text that made a library panic.
pub(super) const BROKEN: &str = "the text cannot be worked with: the bridge failed on it";

/// Does some work on a text; a panic ends that work alone. What the work was changing is not to be used after one.
pub fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, Panicked> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| Panicked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_ends_one_piece_of_work() {
        assert_eq!(guarded(|| 1), Ok(1));
        let text = "BYDAY=€";
        assert_eq!(guarded(|| text[7..].len()), Err(Panicked));
    }
}
