//! The work that one text may cause, counted in units and not in time, so that the same text is always answered the same.
//!
//! Start at [`Budget`]. A unit is about what looking at one day of a rule costs; `benches/work.rs` says how long one takes.

use std::cell::Cell;
use std::rc::Rc;

/// Units that may still be spent on one text or one question. A clone spends from the same.
#[derive(Clone, Debug)]
pub struct Budget(Rc<Account>);

#[derive(Debug)]
struct Account {
    given: u64,
    left: Cell<u64>,
    ran_out: Cell<bool>,
    /// A part ran out.
    stinted: Cell<bool>,
}

/// There are not enough units left for the next piece of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spent;

impl Budget {
    /// So many units.
    pub fn new(units: u64) -> Self {
        Self(Rc::new(Account {
            given: units,
            left: Cell::new(units),
            ran_out: Cell::new(false),
            stinted: Cell::new(false),
        }))
    }

    /// Units that were spent.
    pub fn spent(&self) -> u64 {
        self.0.given - self.0.left.get()
    }

    /// Whether something was left undone for want of units.
    pub fn ran_out(&self) -> bool {
        self.0.ran_out.get()
    }

    /// Whether more units could have made a difference.
    pub fn was_short(&self) -> bool {
        self.ran_out() || self.0.stinted.get()
    }

    /// Takes the units of a piece of work, before it is done.
    pub(crate) fn spend(&self, units: u64) -> Result<(), Spent> {
        match self.0.left.get().checked_sub(units) {
            Some(left) => {
                self.0.left.set(left);
                Ok(())
            }
            None => {
                self.0.ran_out.set(true);
                Err(Spent)
            }
        }
    }

    /// A budget of its own for work that may be left undone, at most one part in so many of what is left.
    pub(super) fn part(&self, one_in: u64) -> Self {
        Self::new(self.0.left.get() / one_in.max(1))
    }

    /// Takes what was spent of a part.
    pub(super) fn settle(&self, part: &Self) {
        let left = self.0.left.get();
        self.0.left.set(left.saturating_sub(part.spent()));
        if part.was_short() {
            self.0.stinted.set(true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_done_for_units_that_are_not_there() {
        let budget = Budget::new(10);
        assert_eq!(budget.spend(7), Ok(()));
        assert_eq!(budget.clone().spend(4), Err(Spent));
        assert_eq!((budget.spent(), budget.ran_out()), (7, true));
    }

    #[test]
    fn a_part_that_ran_out_is_no_want_of_the_whole() {
        let budget = Budget::new(100);
        let part = budget.part(4);
        assert_eq!(part.spend(20), Ok(()));
        assert_eq!(part.spend(6), Err(Spent));
        budget.settle(&part);
        assert_eq!((budget.spent(), budget.ran_out()), (20, false));
        assert!(budget.was_short());
    }
}
