//! How a remote calendar tells us that it changed.

use super::{ChannelId, Digest, SubscriptionId, Timestamp};

/// A channel on which a remote says "something changed". It is stored before the remote hears of it, so that the first notice, which
/// may come before the remote's answer, finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// Its identity, random; the remote repeats it with each notice.
    pub id: ChannelId,
    /// Whose calendar it watches.
    pub subscription: SubscriptionId,
    /// In which of its lives.
    pub epoch: u64,
    /// Digest of the secret that the remote repeats with each notice.
    pub token: Digest,
    /// What the remote calls it; `None`: the remote has not answered yet, or its answer was lost.
    pub resource: Option<String>,
    /// Whether anything ever came on it: the remote also takes an address that it cannot reach.
    pub heard: bool,
    /// Since when.
    pub since: Timestamp,
    /// Until when; before the remote has answered: until when an answer is waited for.
    pub expires: Timestamp,
}

impl Channel {
    /// When the next one has to be made, so that both overlap: at `per_cent` of its life.
    pub fn renew_at(&self, per_cent: u8) -> Timestamp {
        let life = (self.expires - self.since).max(chrono::Duration::zero());
        self.since + life / 100 * i32::from(per_cent.min(100))
    }
}
