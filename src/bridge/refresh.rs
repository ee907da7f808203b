//! A new version of the rendering: every member is rendered anew once, and only those whose bytes differ move.

use super::Bridge;
use super::edit::EditError;
use super::fan_out::Reach;
use crate::ical;
use crate::model::Object;
use crate::ports::{Expect, Write};

/// Objects read at a time.
const OBJECTS_AT_ONCE: usize = 500;

impl Bridge {
    /// Brings members that an older version of this program rendered to the present rendering. Texts that clients wrote
    /// stay as they are. Returns how many objects were looked at; none when that was done before.
    ///
    /// # Errors
    /// The store failed, or others kept writing the same object.
    pub async fn refresh_renderings(&self) -> Result<usize, EditError> {
        if self.store.rendered().await? >= ical::RENDERING {
            return Ok(0);
        }
        let (mut after, mut looked) = (None, 0);
        loop {
            let objects = self.store.objects(after, OBJECTS_AT_ONCE).await?;
            let Some(last) = objects.last() else { break };
            after = Some(last.id);
            looked += objects.len();
            for object in &objects {
                self.refresh(object).await?;
            }
        }
        let done = self
            .store
            .commit(vec![], vec![Write::Rendered(ical::RENDERING)])
            .await;
        done.map(|_| looked).map_err(|_| EditError::Busy)
    }

    async fn refresh(&self, object: &Object) -> Result<(), EditError> {
        for _ in 0..self.limits.retries_max {
            let Some(object) = self.store.object(object.id).await? else {
                return Ok(());
            };
            let object = self.names.localized(object);
            let mut plan = self
                .fan_out(object.id, Some(&object), Reach::EVERYONE)
                .await?;
            if plan.writes.is_empty() {
                return Ok(());
            }
            plan.expects
                .push(Expect::Object(object.id, Some(object.revision)));
            match self.commit(plan).await {
                Err(EditError::Busy) => {}
                other => return other.map(|_| ()),
            }
        }
        Err(EditError::Busy)
    }
}
