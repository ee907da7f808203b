//! Whose change stands where a person's own gave way.
//!
//! Derived from the journal when it is asked for: the row of the change that won says so, and nothing has to be kept twice.

use super::{Authority, Bridge};
use crate::model::{FieldOutcome, JournalRow, Origin, Outcome, UserId};
use crate::ports::{JournalQuery, StoreError};

/// Rows of one object that are looked through for the change that won.
const ROWS_MAX: usize = 100;

/// Who changed what a person's change gave way to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Winner {
    /// ADVANTA: no edit that came through the bridge set the value that stands.
    Authority,
    /// A person, through one of the bridge's doors.
    Person {
        /// Who.
        who: UserId,
        /// From where.
        origin: Origin,
    },
}

impl Bridge {
    /// Whose change a superseded field gave way to; `None` when the journal does not say so any more.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn winner(
        &self,
        row: &JournalRow,
        lost: &FieldOutcome,
    ) -> Result<Option<Winner>, StoreError> {
        let query = JournalQuery {
            object: Some(row.object),
            rows_max: ROWS_MAX,
            ..JournalQuery::default()
        };
        let rows = self.store.journal(query).await?;
        let won = rows
            .into_iter()
            .find(|other| other.id != row.id && other.outcomes.iter().any(|each| sets(each, lost)));
        Ok(match (won, &self.authority) {
            (Some(won), _) => Some(Winner::Person {
                who: won.who,
                origin: won.origin,
            }),
            (None, Authority::Advanta(_)) => Some(Winner::Authority),
            (None, Authority::Own) => None,
        })
    }
}

/// Whether an edit set the value that another gave way to.
fn sets(each: &FieldOutcome, lost: &FieldOutcome) -> bool {
    let stands = matches!(each.outcome, Outcome::Applied | Outcome::Pending);
    stands && each.field == lost.field && each.attempted == lost.kept
}
