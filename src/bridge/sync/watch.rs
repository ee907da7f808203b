//! Being told of changes: a remote calls us on a channel. Notices only shorten the wait between two looks.
//!
//! A channel's row is durable before the remote hears of it, because its first notice may come before its answer. A channel is replaced
//! before it runs out: the new one first, then the old one is given up, so that both overlap. Notices on channels without a row are
//! acknowledged and mean nothing.

use super::{SyncError, answer};
use crate::bridge::Bridge;
use crate::model::{Channel, ChannelId, Digest, Subscription, Timestamp};
use crate::ports::{
    CommitError, Expect, Remote, RemoteError, RemoteErrorKind, Store, StoreError, WatchAsk,
    Watched, Write,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::time::Duration;

/// Hours for which an answer to "tell us" is waited for: it may have been lost after the remote began to tell us.
const ANSWER_HOURS: i64 = 24;
/// Channels of one subscription that may wait for an answer.
const UNANSWERED_MAX: usize = 4;

/// Whether a remote tells us of changes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Watch {
    /// It does: something came on a channel that lives.
    pub(super) told: bool,
    /// When the next channel has to be made.
    pub(super) renew_at: Option<Timestamp>,
}

/// What became of a notice that came on a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noticed {
    /// The calendar is looked at soon.
    Called,
    /// There will be others.
    Begun,
    /// There is no such channel, or its secret is another.
    Unknown,
}

impl Bridge {
    /// A remote says that something changed, or only that a channel `begins`. Only the channel's row is read here.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn notice_of_channel(
        &self,
        id: ChannelId,
        token: &str,
        begins: bool,
    ) -> Result<Noticed, StoreError> {
        match self.store.channel(id).await? {
            Some(channel) if channel.token.is_of(token) => {
                if !channel.heard {
                    self.syncing.hear(id);
                }
                if begins {
                    return Ok(Noticed::Begun);
                }
                let soon = chrono::Duration::from_std(self.limits.sync.push_debounce);
                let at = self.clock.now() + soon.unwrap_or_default();
                self.syncing.call_at(&channel.subscription, at);
                Ok(Noticed::Called)
            }
            Some(_) | None => Ok(Noticed::Unknown),
        }
    }

    /// Sees to it that the remote tells us of changes. That it does not is no failure: then it is looked at more often.
    pub(super) async fn keep_watch(
        &self,
        subscription: &Subscription,
        remote: &dyn Remote,
    ) -> Result<Watch, SyncError> {
        let now = self.clock.now();
        let mut channels = self.store.channels_of(&subscription.id).await?;
        for channel in &mut channels {
            if !channel.heard && self.syncing.is_heard(&channel.id) {
                channel.heard = true;
                self.keep_channel(subscription, channel, Some(channel.id))
                    .await?;
                self.syncing.heard_of(&channel.id);
            }
        }
        let live = |channel: &&Channel| {
            channel.epoch == subscription.epoch
                && channel.resource.is_some()
                && channel.expires > now
        };
        let newest = channels.iter().filter(live).max_by_key(|it| it.expires);
        let fresh = newest.filter(|channel| self.renew_at(channel) > now);
        if let Some(fresh) = fresh {
            let old: Vec<_> = channels.iter().filter(|it| it.id != fresh.id).collect();
            self.close_channels(remote, old).await?;
            return Ok(self.watch_by(fresh));
        }
        match self.open_channel(subscription, remote).await? {
            Some(channel) => {
                self.close_channels(remote, channels.iter().collect())
                    .await?;
                Ok(self.watch_by(&channel))
            }
            None => {
                self.forget_unanswered(&channels, now).await?;
                // The one before tells us for a while still; the next look tries again.
                Ok(Watch {
                    told: newest.is_some_and(|channel| channel.heard),
                    renew_at: None,
                })
            }
        }
    }

    fn renew_at(&self, channel: &Channel) -> Timestamp {
        channel.renew_at(self.limits.sync.channel_renewal_per_cent)
    }

    fn watch_by(&self, channel: &Channel) -> Watch {
        Watch {
            told: channel.heard,
            renew_at: Some(self.renew_at(channel)),
        }
    }

    /// Makes a channel; `None` when the remote does not answer, or will not tell us.
    async fn open_channel(
        &self,
        subscription: &Subscription,
        remote: &dyn Remote,
    ) -> Result<Option<Channel>, SyncError> {
        let now = self.clock.now();
        let token = URL_SAFE_NO_PAD.encode(self.ids.secret());
        let mut channel = Channel {
            id: ChannelId(self.ids.uuid()),
            subscription: subscription.id.clone(),
            epoch: subscription.epoch,
            token: Digest::of(&token),
            resource: None,
            heard: false,
            since: now,
            expires: now + chrono::Duration::hours(ANSWER_HOURS),
        };
        self.keep_channel(subscription, &channel, None).await?;
        let ask = WatchAsk {
            channel: &channel.id,
            token: &token,
        };
        let limit = self.limits.sync.call_timeout;
        let Watched { resource, expires } = match answer(limit, remote.watch(ask)).await {
            Ok(watched) => watched,
            Err(error) => {
                tracing::info!(subscription.id = %subscription.id, "no notices of changes: {error}");
                self.forget_refused(&channel, &error).await?;
                return Ok(None);
            }
        };
        (channel.resource, channel.expires) = (Some(resource), expires);
        // Its first notice may come before its answer.
        channel.heard = self.syncing.is_heard(&channel.id);
        let kept = self
            .keep_channel(subscription, &channel, Some(channel.id))
            .await;
        if kept.is_err() {
            // Nobody else knows what it is called: whoever ended the subscription could not give it up.
            self.close_channels(remote, vec![&channel]).await?;
        }
        kept?;
        Ok(Some(channel))
    }

    /// Whether a remote tells us of changes in this calendar, as far as anything ever came.
    ///
    /// # Errors
    /// The store failed.
    pub async fn is_told(&self, subscription: &Subscription) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let channels = self.store.channels_of(&subscription.id).await?;
        Ok(channels.iter().any(|channel| {
            channel.epoch == subscription.epoch && channel.heard && channel.expires > now
        }))
    }

    /// Forgets the channels of subscriptions: the next look makes others. What still comes on them means nothing.
    pub(in crate::bridge) async fn forget_channels(
        &self,
        of: &[Subscription],
    ) -> Result<(), StoreError> {
        for subscription in of {
            let channels = self.store.channels_of(&subscription.id).await?;
            for channel in &channels {
                self.syncing.heard_of(&channel.id);
            }
            let writes = channels.iter().map(|it| Write::RemoveChannel(it.id));
            self.commit_plainly(writes.collect()).await?;
        }
        Ok(())
    }

    async fn keep_channel(
        &self,
        subscription: &Subscription,
        channel: &Channel,
        stands: Option<ChannelId>,
    ) -> Result<(), SyncError> {
        let active = Expect::Active(subscription.id.clone(), subscription.epoch);
        // One that was forgotten meanwhile does not come back.
        let expects = std::iter::once(active).chain(stands.map(Expect::Channel));
        let write = Write::Channel(channel.clone());
        match self.store.commit(expects.collect(), vec![write]).await {
            Ok(_) => Ok(()),
            Err(CommitError::Store(error)) => Err(error.into()),
            Err(_) => Err(SyncError::Busy),
        }
    }

    /// A remote that said no does not tell us anything. One that did not answer may.
    async fn forget_refused(
        &self,
        channel: &Channel,
        error: &RemoteError,
    ) -> Result<(), StoreError> {
        if error.is_undecided() {
            return Ok(());
        }
        let write = Write::RemoveChannel(channel.id);
        self.commit_plainly(vec![write]).await
    }

    /// Rows of channels that ran out, and the oldest of too many that were never answered.
    async fn forget_unanswered(
        &self,
        channels: &[Channel],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut waiting: Vec<&Channel> = channels
            .iter()
            .filter(|channel| channel.resource.is_none())
            .collect();
        waiting.sort_by_key(|channel| std::cmp::Reverse(channel.since));
        let too_many = waiting.into_iter().skip(UNANSWERED_MAX - 1);
        let over = channels.iter().filter(|channel| channel.expires <= now);
        let gone: Vec<Write> = over
            .chain(too_many)
            .map(|channel| Write::RemoveChannel(channel.id))
            .collect();
        self.commit_plainly(gone).await
    }

    async fn close_channels(
        &self,
        remote: &dyn Remote,
        channels: Vec<&Channel>,
    ) -> Result<(), StoreError> {
        let limit = self.limits.sync.call_timeout;
        for channel in channels {
            close(self.store.as_ref(), remote, channel, limit).await?;
            self.syncing.heard_of(&channel.id);
        }
        Ok(())
    }
}

/// Gives up a channel. One that cannot be stopped runs out by itself, and what comes on it means nothing.
async fn close(
    store: &dyn Store,
    remote: &dyn Remote,
    channel: &Channel,
    limit: Duration,
) -> Result<(), StoreError> {
    if let Err(error) = answer(limit, remote.unwatch(channel)).await {
        tracing::info!(subscription.id = %channel.subscription, "a channel runs out by itself: {error}");
    }
    let write = Write::RemoveChannel(channel.id);
    match store.commit(vec![], vec![write]).await {
        Err(CommitError::Store(error)) => Err(error),
        // It expects nothing.
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Gives up all channels of a subscription that is over.
pub(in crate::bridge) async fn unwatch_all(
    store: &dyn Store,
    remote: &dyn Remote,
    subscription: &Subscription,
    limit: Duration,
) -> Result<(), RemoteError> {
    let closing = async {
        for channel in store.channels_of(&subscription.id).await? {
            close(store, remote, &channel, limit).await?;
        }
        Ok(())
    };
    closing.await.map_err(|error: StoreError| RemoteError {
        kind: RemoteErrorKind::Transient,
        detail: format!("its channels cannot be read: {error}"),
    })
}
