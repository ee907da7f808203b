//! ADVANTA tells the bridge what changed: signed hooks, in batches, again and again until they are acknowledged.
//!
//! [`Hooks`] holds what is owed and how it is told; [`super::deliver`] tells it.

use super::dice::Dice;
use chrono::{SecondsFormat, Utc};
use serde_json::{Map, Value, json};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What a hook holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// The things themselves, as they were when they changed.
    Fat,
    /// Their ids.
    Thin,
    /// Either, drawn for each.
    Mixed,
}

/// One change that the bridge is to hear of.
#[derive(Clone, Debug)]
pub enum Notice {
    /// A thing: how a thin hook refers to it, and the whole.
    Thing {
        /// Its ids.
        reference: Value,
        /// As it was.
        json: Arc<Value>,
    },
    /// A tomb.
    Removed(Arc<Value>),
    /// A person.
    Person {
        /// Their id.
        id: String,
        /// As they were.
        json: Arc<Value>,
    },
    /// Nothing: a test of the line.
    Ping,
}

/// One attempt to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// The `webhook-id`, the same in every attempt.
    pub id: String,
    /// The bridge's answer; `None` when there was none.
    pub status: Option<u16>,
    /// When the answer came.
    pub at: Instant,
}

/// What is owed to the bridge, and how it is told. The public fields may be set at any time.
#[derive(Debug)]
pub struct Hooks {
    /// The bridge's hook address; without one nobody is told, and nothing is owed.
    pub target: Option<String>,
    /// What every hook is signed with.
    pub secrets: Vec<String>,
    /// Fat or thin.
    pub style: Style,
    /// At most so many changes in one hook.
    pub batch_max: usize,
    /// At most so many hooks at a time; 1 keeps their order.
    pub lanes: usize,
    /// Whether changes are told in another order than they were made.
    pub shuffled: bool,
    /// One hook in so many is never sent; 0 is none.
    pub lose_one_in: u64,
    /// One hook in so many is sent again after it was acknowledged; 0 is none.
    pub double_one_in: u64,
    /// Each hook waits for a while up to this.
    pub delay_max: Duration,
    /// The wait after the first failure; it doubles with each further one.
    pub retry_first: Duration,
    /// The longest wait between two attempts.
    pub retry_max: Duration,
    /// Every attempt.
    pub posts: Vec<Post>,
    /// Hooks that were never sent.
    pub lost: u32,
    owed: VecDeque<Notice>,
    under_way: usize,
    messages: u64,
}

/// One hook on its way.
#[derive(Debug)]
pub struct Parcel {
    /// Its `webhook-id`.
    pub id: String,
    /// What is signed and sent.
    pub body: String,
    /// How long it waits before the first attempt.
    pub delay: Duration,
    /// Whether it comes again after it was acknowledged.
    pub is_doubled: bool,
}

impl Hooks {
    /// Nobody to tell yet; fat and in order.
    pub fn new(secret: String) -> Self {
        Self {
            target: None,
            secrets: vec![secret],
            style: Style::Fat,
            batch_max: 100,
            lanes: 1,
            shuffled: false,
            lose_one_in: 0,
            double_one_in: 0,
            delay_max: Duration::ZERO,
            retry_first: Duration::from_millis(20),
            retry_max: Duration::from_secs(1),
            posts: Vec::new(),
            lost: 0,
            owed: VecDeque::new(),
            under_way: 0,
            messages: 0,
        }
    }

    /// Owes one more change.
    pub fn owe(&mut self, notice: Notice) {
        if self.target.is_some() {
            self.owed.push_back(notice);
        }
    }

    /// Whether all that is not lost was acknowledged.
    pub fn are_drained(&self) -> bool {
        self.owed.is_empty() && self.under_way == 0
    }

    /// The next hook that is really to be sent, and its body before it was written down.
    pub fn next(&mut self, dice: &mut Dice) -> Option<(Parcel, Value)> {
        loop {
            if self.owed.is_empty() || self.under_way >= self.lanes {
                return None;
            }
            if self.shuffled {
                dice.shuffle(self.owed.make_contiguous());
            }
            let batch = self.batch();
            let body = self.body(batch, dice);
            if dice.one_in(self.lose_one_in) {
                self.lost += 1;
                continue;
            }
            self.under_way += 1;
            self.messages += 1;
            let parcel = Parcel {
                id: format!("msg_{:08}", self.messages),
                body: body.to_string(),
                delay: drawn(self.delay_max, dice),
                is_doubled: dice.one_in(self.double_one_in),
            };
            return Some((parcel, body));
        }
    }

    /// A hook that [`Self::next`] gave needs no further attempt.
    pub fn has_ended(&mut self) {
        self.under_way -= 1;
    }

    /// A ping goes alone.
    fn batch(&mut self) -> Vec<Notice> {
        let is_ping = |notice: &Notice| matches!(notice, Notice::Ping);
        let pings = self.owed.iter().position(is_ping);
        let size = pings.unwrap_or(self.owed.len()).clamp(1, self.batch_max);
        let size = size.min(self.owed.len());
        self.owed.drain(..size).collect()
    }

    fn body(&self, batch: Vec<Notice>, dice: &mut Dice) -> Value {
        let now = Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true);
        if let [Notice::Ping] = batch.as_slice() {
            return json!({ "type": "ping", "timestamp": now });
        }
        let mut data = Map::new();
        for notice in batch {
            let is_fat = match self.style {
                Style::Fat => true,
                Style::Thin => false,
                Style::Mixed => dice.one_in(2),
            };
            let Some((list, item)) = notice.told(is_fat) else {
                continue;
            };
            let items = data.entry(list).or_insert_with(|| json!([]));
            items.as_array_mut().expect("a list").push(item);
        }
        json!({ "type": "calendar.changed", "timestamp": now, "data": data })
    }
}

impl Notice {
    /// The list of the hook that it belongs to, and what stands there.
    fn told(self, is_fat: bool) -> Option<(&'static str, Value)> {
        match self {
            Self::Thing { json, .. } if is_fat => Some(("objects", Value::clone(&json))),
            Self::Thing { reference, .. } => Some(("changed", reference)),
            Self::Removed(json) => Some(("removed", Value::clone(&json))),
            Self::Person { json, .. } if is_fat => Some(("people", Value::clone(&json))),
            Self::Person { id, .. } => Some(("changedPeople", json!(id))),
            Self::Ping => None,
        }
    }
}

fn drawn(longest: Duration, dice: &mut Dice) -> Duration {
    let millis = u64::try_from(longest.as_millis()).unwrap_or(u64::MAX - 1);
    Duration::from_millis(dice.roll(millis + 1))
}
