//! What is under way at the same time: the bytes of all bodies, and the requests of each person.

use super::Limits;
use crate::http::{Bounds, Budget, Holder, Taken, Unread, take};
use crate::model::UserId;
use crate::web::Sender;
use http::HeaderMap;
use http::request::Parts;
use http_body::Body;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// When a client may come again for whose request there was no memory.
pub(super) const RETRY_AFTER: Duration = Duration::from_secs(5);
/// One part of the bytes of all people's bodies that a single person may hold.
const SHARES: usize = 4;
/// What a request costs beside its head and its body.
const REQUEST_BYTES: usize = 4096;

/// Budgets of what is under way. What strangers send never takes the place of what people send.
pub struct Traffic {
    known: Arc<Budget>,
    unknown: Arc<Budget>,
    imports: Arc<Budget>,
    time_max: Duration,
    hook_time_max: Duration,
    requests: Arc<Requests>,
}

impl Traffic {
    /// Within these limits.
    pub fn new(limits: &Limits) -> Self {
        Self {
            known: Budget::shared(
                limits.bodies_bytes_max,
                (limits.bodies_bytes_max / SHARES).max(limits.body_bytes_max),
            ),
            unknown: Budget::new(limits.hook_bodies_bytes_max),
            imports: Budget::new(limits.import_bytes_max.saturating_mul(2)),
            time_max: limits.body_timeout,
            hook_time_max: limits.hook_body_timeout,
            requests: Arc::new(Requests {
                per_person_max: limits.requests_per_person_max,
                held: Mutex::default(),
            }),
        }
    }

    /// Takes a body within a number of bytes. Those of a person count as that person's, those of strangers as their address's.
    pub(super) async fn take<B: Body>(
        &self,
        head: &Parts,
        body: B,
        sender: &Sender,
        address: Option<IpAddr>,
        bytes_max: usize,
    ) -> Result<Taken, Unread> {
        let (budget, time_max) = match sender {
            Sender::Unknown => (&self.unknown, self.hook_time_max),
            Sender::Person(_) | Sender::Administrator => (&self.known, self.time_max),
            Sender::Import => (&self.imports, self.time_max),
        };
        let bounds = Bounds {
            bytes_max,
            head_bytes: REQUEST_BYTES + head_bytes(&head.headers),
            time_max,
        };
        take(body, bounds, || budget.open(holder(sender, address))).await
    }

    /// Counts a request of a person, whose body is there, until its answer is sent; `None` when there are too many.
    pub(super) fn enter(&self, sender: &Sender) -> Option<Entered> {
        match sender {
            Sender::Person(user) => self
                .requests
                .enter(user)
                .map(|one| Entered { _held: Some(one) }),
            Sender::Unknown | Sender::Administrator | Sender::Import => {
                Some(Entered { _held: None })
            }
        }
    }
}

fn holder(sender: &Sender, address: Option<IpAddr>) -> Holder {
    match (sender, address) {
        (Sender::Person(user), _) => Arc::clone(&user.0),
        (Sender::Administrator | Sender::Import, _) | (Sender::Unknown, None) => "".into(),
        (Sender::Unknown, Some(address)) => address.to_string().into(),
    }
}

fn head_bytes(headers: &HeaderMap) -> usize {
    let line =
        |(name, value): (&http::HeaderName, &http::HeaderValue)| name.as_str().len() + value.len();
    headers.iter().map(line).sum()
}

/// Requests under way by person.
struct Requests {
    per_person_max: usize,
    held: Mutex<HashMap<UserId, usize>>,
}

impl Requests {
    fn enter(self: &Arc<Self>, user: &UserId) -> Option<Arc<One>> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let count = held.entry(user.clone()).or_default();
        let free = *count < self.per_person_max;
        free.then(|| {
            *count += 1;
            Arc::new(One {
                requests: Arc::clone(self),
                user: user.clone(),
            })
        })
    }
}

/// One request under way; travels with its answer and ends when that is sent or given up.
#[derive(Clone)]
pub(super) struct Entered {
    _held: Option<Arc<One>>,
}

struct One {
    requests: Arc<Requests>,
    user: UserId,
}

impl Drop for One {
    fn drop(&mut self) {
        let mut held = self
            .requests
            .held
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = held.get_mut(&self.user) {
            *count -= 1;
            if *count == 0 {
                held.remove(&self.user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_has_a_number_of_requests_and_others_have_theirs() {
        let limits = Limits {
            requests_per_person_max: 2,
            ..Limits::default()
        };
        let traffic = Traffic::new(&limits);
        let person = |name| Sender::Person(UserId::new(name));
        let one = traffic.enter(&person("anna"));
        let other = traffic.enter(&person("anna"));
        assert!(one.is_some() && other.is_some());
        assert!(traffic.enter(&person("anna")).is_none());
        assert!(traffic.enter(&person("boris")).is_some());
        assert!(traffic.enter(&Sender::Administrator).is_some());
        // A copy counts as long as the last of them.
        let copy = one.clone();
        drop(one);
        assert!(traffic.enter(&person("anna")).is_none());
        drop(copy);
        assert!(traffic.enter(&person("anna")).is_some());
        drop(other);
        assert!(traffic.requests.held.lock().unwrap().is_empty());
    }
}
