//! Few feeds are made at a time, and each of them once.

use super::Options;
use super::build::{BuildError, Built, Recipe};
use super::reply::No;
use super::shelf::Shelf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// Makes feeds on threads for blocking work, and keeps them.
pub struct Builds {
    /// What was made.
    pub shelf: Arc<Shelf>,
    cores: Arc<Semaphore>,
    queue: Semaphore,
    wait: Duration,
    retry_after: Duration,
}

impl Builds {
    /// Nothing is made yet.
    pub fn new(options: &Options) -> Self {
        Self {
            shelf: Arc::new(Shelf::new(options.remembered_max, options.kept_bytes_max)),
            cores: Arc::new(Semaphore::new(options.builds_max.max(1))),
            queue: Semaphore::new(options.waiting_max),
            wait: options.wait,
            retry_after: options.retry_after,
        }
    }

    /// An edition, made now if need be.
    ///
    /// # Errors
    /// [`No::Busy`] when there is too much to make, [`No::TooLarge`].
    pub async fn get(&self, recipe: Recipe, edition: String) -> Result<Built, No> {
        let owner = recipe.snapshot.collection.id.owner.clone();
        if let Some(built) = self.shelf.built(&owner, &edition) {
            return Ok(built);
        }
        let busy = || No::Busy(self.retry_after);
        let _place = self.queue.try_acquire().map_err(|_| busy())?;
        let turns = async {
            // The feed's own turn first: who waits for a core does not wait for the same feed a second time.
            let turn = self.shelf.turn(&owner).lock_owned().await;
            (turn, Arc::clone(&self.cores).acquire_owned().await)
        };
        let (turn, core) = timeout(self.wait, turns).await.map_err(|_| busy())?;
        if let Some(built) = self.shelf.built(&owner, &edition) {
            return Ok(built);
        }
        let shelf = Arc::clone(&self.shelf);
        let work = move || {
            // Held by the work, not by the request: a client that hangs up frees no core, and its next look finds it made.
            let _held = (turn, core);
            let built = recipe.build()?;
            shelf.keep(&owner, &edition, built.clone());
            Ok::<Built, BuildError>(built)
        };
        let built = tokio::task::spawn_blocking(work).await;
        Ok(built.map_err(|_| busy())??)
    }
}
