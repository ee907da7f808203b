//! How fast we may ask: buckets for each person and for all together, so that Google seldom has to say "too fast".

use super::options::GoogleOptions;
use governor::clock::{Clock as _, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use std::num::NonZeroU32;
use std::time::Duration;

/// People whose buckets are kept; full buckets are forgotten beyond that.
const PEOPLE_MAX: usize = 4096;

type People = RateLimiter<String, HashMapStateStore<String>, DefaultClock>;

/// The buckets of one installation.
#[derive(Debug)]
pub(super) struct Quotas {
    project: DefaultDirectRateLimiter,
    people: People,
    project_burst: NonZeroU32,
    person_burst: NonZeroU32,
    wait_max: Duration,
}

/// So long would have to be waited, which is too long for one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooLong(pub(super) Duration);

impl Quotas {
    pub(super) fn new(options: &GoogleOptions) -> Self {
        let batch = u32::try_from(options.batch_max).unwrap_or(u32::MAX);
        let (person, person_burst) = quota(options.user_requests_per_minute, batch);
        let project_wish = options.project_requests_per_minute / 10;
        let (project, project_burst) =
            quota(options.project_requests_per_minute, project_wish.max(batch));
        Self {
            project: RateLimiter::direct(project),
            people: RateLimiter::hashmap(person),
            project_burst,
            person_burst,
            wait_max: options.quota_wait_max,
        }
    }

    /// Waits until `count` requests of a person may be sent. Parts of a batch count one by one.
    ///
    /// # Errors
    /// It would take longer than [`GoogleOptions::quota_wait_max`].
    pub(super) async fn pass(&self, person: &str, count: usize) -> Result<(), TooLong> {
        if self.people.len() > PEOPLE_MAX {
            self.people.retain_recent();
        }
        let person = person.to_owned();
        let all = cells(count, self.person_burst);
        self.wait(|| bucket(self.people.check_key_n(&person, all))).await?;
        let all = cells(count, self.project_burst);
        self.wait(|| bucket(self.project.check_n(all))).await
    }

    async fn wait(
        &self,
        check: impl Fn() -> Result<(), Duration>,
    ) -> Result<(), TooLong> {
        let mut waited = Duration::ZERO;
        while let Err(wait) = check() {
            waited += wait;
            if waited > self.wait_max {
                return Err(TooLong(wait));
            }
            tokio::time::sleep(wait).await;
        }
        Ok(())
    }
}

/// What a bucket answers: now, or after so long. More than it can ever hold is never asked for, see [`cells`].
fn bucket(
    answer: Result<
        Result<(), governor::NotUntil<<DefaultClock as governor::clock::Clock>::Instant>>,
        governor::InsufficientCapacity,
    >,
) -> Result<(), Duration> {
    match answer {
        Ok(Ok(())) | Err(_) => Ok(()),
        Ok(Err(until)) => Err(until.wait_time_from(DefaultClock::default().now())),
    }
}

/// A bucket that lets no more than `per_minute` through in any minute: what it holds at once counts against its flow.
fn quota(per_minute: u32, burst: u32) -> (Quota, NonZeroU32) {
    let burst = NonZeroU32::new(burst.min(per_minute / 2)).unwrap_or(NonZeroU32::MIN);
    let flow = NonZeroU32::new(per_minute.saturating_sub(burst.get())).unwrap_or(NonZeroU32::MIN);
    (Quota::per_minute(flow).allow_burst(burst), burst)
}

fn cells(count: usize, burst: NonZeroU32) -> NonZeroU32 {
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN).min(burst)
}
