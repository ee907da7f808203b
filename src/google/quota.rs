//! Not faster than Google allows: one bucket a person, one for all (quota page: 600 and 10 000 requests a minute).

use super::options::GoogleOptions;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Buckets kept; beyond it those are forgotten that nobody is using.
const BUCKETS_MAX: usize = 20_000;

/// A bucket, and how many it holds at once.
struct Bucket {
    limiter: DefaultDirectRateLimiter,
    at_once: u32,
}

impl Bucket {
    /// At most `per_minute` requests in any minute: what it holds at once comes on top of what flows in.
    fn new(per_minute: u32, part_max: u32) -> Self {
        let per_minute = per_minute.max(2);
        let at_once = (per_minute / 6).max(part_max).min(per_minute / 2).max(1);
        let one = NonZeroU32::MIN;
        let flow = NonZeroU32::new(per_minute - at_once).unwrap_or(one);
        let quota = Quota::per_minute(flow).allow_burst(NonZeroU32::new(at_once).unwrap_or(one));
        Self {
            limiter: RateLimiter::direct(quota),
            at_once,
        }
    }

    /// Takes so many; otherwise says how long to wait for the next try.
    fn take(&self, count: u32) -> Result<(), Duration> {
        let Some(count) = NonZeroU32::new(count) else {
            return Ok(());
        };
        match self.limiter.check_n(count) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(not_yet)) => Err(not_yet.wait_time_from(DefaultClock::default().now())),
            // More than it ever holds; see `Quotas::wait`.
            Err(_) => Err(Duration::from_secs(60)),
        }
    }

    async fn wait(&self, mut count: u32) {
        while count > 0 {
            let part = count.min(self.at_once);
            match self.take(part) {
                Ok(()) => count -= part,
                Err(wait) => tokio::time::sleep(wait).await,
            }
        }
    }
}

/// All buckets.
pub(super) struct Quotas {
    project: Bucket,
    users: Mutex<HashMap<String, Arc<Bucket>>>,
    user_per_minute: u32,
    batch_max: u32,
}

impl Quotas {
    pub(super) fn new(options: &GoogleOptions) -> Self {
        let batch_max = u32::try_from(options.batch_max).unwrap_or(u32::MAX);
        Self {
            project: Bucket::new(options.project_requests_per_minute, batch_max),
            users: Mutex::default(),
            user_per_minute: options.user_requests_per_minute,
            batch_max,
        }
    }

    /// Waits until so many requests of a person may be sent. The parts of a batch count one by one.
    pub(super) async fn wait(&self, user: &str, count: u32) {
        self.bucket(user).wait(count).await;
        self.project.wait(count).await;
    }

    fn bucket(&self, user: &str) -> Arc<Bucket> {
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        if users.len() >= BUCKETS_MAX && !users.contains_key(user) {
            users.retain(|_, bucket| Arc::strong_count(bucket) > 1);
        }
        let fresh = || Arc::new(Bucket::new(self.user_per_minute, self.batch_max));
        Arc::clone(users.entry(user.to_owned()).or_insert_with(fresh))
    }
}
