//! What a key-value engine adds to the typed layer, and the typed store that follows from it.

use crate::model::{
    AppPassword, AppPasswordId, Channel, ChannelId, Collection, CollectionId, Command, CommandId,
    Connection, Cursor, Digest, Epoch, Feed, GoogleSettings, JournalId, JournalRow, Link, LinkId,
    Notice, NoticeId, Object, ObjectId, RemoteId, RemoteKind, ResourceName, Revision, SecretDigest,
    Subscription, SubscriptionId, Timestamp, Tombstone, Used, User, UserId, Withdrawn,
};
use crate::ports::{
    BackupDone, CheckReport, CommitError, CommitSink, Committed, Expect, JournalQuery, Member,
    Progress, Store, StoreError, Timer, Write,
};
use crate::store::kv::View;
use crate::store::queries::{self, Read};
use async_trait::async_trait;
use std::io;
use std::sync::Arc;

/// An engine holds rows and makes commits durable. Whatever implements it is a [`Store`].
#[async_trait]
pub trait Engine: Send + Sync + 'static {
    /// See [`Store::epoch`].
    fn epoch(&self) -> Epoch;
    /// See [`Store::is_open`].
    fn is_open(&self) -> bool;
    /// See [`Store::set_sink`].
    fn set_sink(&self, sink: Arc<dyn CommitSink>);
    /// See [`Store::commit`].
    async fn commit(
        &self,
        expects: Vec<Expect>,
        writes: Vec<Write>,
    ) -> Result<Committed, CommitError>;
    /// Runs a short query against one state: no commit becomes visible while it runs.
    fn read<T>(&self, query: impl FnOnce(&dyn View) -> Read<T>) -> Read<T>;
    /// Runs a query that may take long, off the async threads; commits may become visible between its pages.
    async fn scan<T, Q>(&self, query: Q) -> Read<T>
    where
        T: Send + 'static,
        Q: FnOnce(&dyn View) -> Read<T> + Send + 'static;
    /// See [`Store::backup`].
    async fn backup(&self, to: Box<dyn io::Write + Send>) -> Result<BackupDone, StoreError>;
    /// See [`Store::check`].
    async fn check(&self, progress: Progress) -> Result<CheckReport, StoreError>;
    /// See [`Store::close`].
    async fn close(&self) -> Result<(), StoreError>;
}

#[async_trait]
impl<E: Engine> Store for E {
    fn epoch(&self) -> Epoch {
        Engine::epoch(self)
    }

    fn is_open(&self) -> bool {
        Engine::is_open(self)
    }

    fn set_sink(&self, sink: Arc<dyn CommitSink>) {
        Engine::set_sink(self, sink);
    }

    async fn commit(
        &self,
        expects: Vec<Expect>,
        writes: Vec<Write>,
    ) -> Result<Committed, CommitError> {
        Engine::commit(self, expects, writes).await
    }

    async fn rendered(&self) -> Read<u32> {
        self.read(queries::rendered)
    }

    async fn belongs_to_advanta(&self) -> Read<bool> {
        self.read(queries::belongs_to_advanta)
    }

    async fn held(&self) -> Read<bool> {
        self.read(queries::held)
    }

    async fn advanta_cursor(&self) -> Read<Option<Cursor>> {
        self.read(queries::advanta_cursor)
    }

    async fn user(&self, id: &UserId) -> Read<Option<User>> {
        self.read(|view| queries::user(view, id))
    }

    async fn users_by_login(&self, login: &str) -> Read<Vec<User>> {
        self.read(|view| queries::users_by_login(view, login))
    }

    async fn user_by_login(&self, login: &str) -> Read<Option<User>> {
        self.read(|view| queries::user_by_login(view, login))
    }

    async fn users(&self) -> Read<Vec<User>> {
        self.scan(queries::users).await
    }

    async fn used(&self, user: &UserId) -> Read<Used> {
        self.read(|view| queries::used(view, user))
    }

    async fn app_passwords(&self, user: &UserId) -> Read<Vec<AppPassword>> {
        self.read(|view| queries::app_passwords(view, user))
    }

    async fn user_by_advanta(&self, person: &UserId) -> Read<Option<User>> {
        self.read(|view| queries::user_by_advanta(view, person))
    }

    async fn users_by_email(&self, email: &str) -> Read<Vec<User>> {
        self.read(|view| queries::users_by_email(view, email))
    }

    async fn feeds(&self, user: &UserId) -> Read<Vec<Feed>> {
        self.read(|view| queries::feeds(view, user))
    }

    async fn feed_by_digest(&self, digest: Digest) -> Read<Option<Feed>> {
        self.read(|view| queries::feed_by_digest(view, digest))
    }

    async fn app_password_by_digest(&self, digest: SecretDigest) -> Read<Option<AppPassword>> {
        self.read(|view| queries::app_password_by_digest(view, &digest))
    }

    async fn app_password(&self, id: AppPasswordId) -> Read<Option<AppPassword>> {
        self.read(|view| queries::app_password(view, id))
    }

    async fn object(&self, id: ObjectId) -> Read<Option<Object>> {
        self.read(|view| queries::object(view, id))
    }

    async fn removed(&self, id: ObjectId) -> Read<Option<Revision>> {
        self.read(|view| queries::removed(view, id))
    }

    async fn objects(&self, after: Option<ObjectId>, objects_max: usize) -> Read<Vec<Object>> {
        self.scan(move |view| queries::objects(view, after, objects_max))
            .await
    }

    async fn collection(&self, id: &CollectionId) -> Read<Collection> {
        self.read(|view| queries::collection(view, id))
    }

    async fn members(&self, id: &CollectionId) -> Read<Vec<Member>> {
        let id = id.clone();
        self.scan(move |view| queries::members(view, &id)).await
    }

    async fn tombstones(&self, id: &CollectionId) -> Read<Vec<Tombstone>> {
        let id = id.clone();
        self.scan(move |view| queries::tombstones(view, &id)).await
    }

    async fn member(&self, id: &CollectionId, name: &ResourceName) -> Read<Option<Member>> {
        self.read(|view| queries::member(view, id, name))
    }

    async fn member_of(&self, id: &CollectionId, object: ObjectId) -> Read<Option<Member>> {
        self.read(|view| queries::member_of(view, id, object))
    }

    async fn member_by_uid(&self, id: &CollectionId, uid: &str) -> Read<Option<Member>> {
        self.read(|view| queries::member_by_uid(view, id, uid))
    }

    async fn set_aside(&self, id: &CollectionId, object: ObjectId) -> Read<Option<Withdrawn>> {
        self.read(|view| queries::set_aside(view, id, object))
    }

    async fn collections_of(&self, object: ObjectId) -> Read<Vec<CollectionId>> {
        self.read(|view| queries::collections_of(view, object))
    }

    async fn journal(&self, query: JournalQuery) -> Read<Vec<JournalRow>> {
        self.scan(move |view| queries::journal(view, &query)).await
    }

    async fn journal_row(&self, id: JournalId) -> Read<Option<JournalRow>> {
        self.read(|view| queries::journal_row(view, id))
    }

    async fn due_timers(&self, now: Timestamp, timers_max: usize) -> Read<Vec<Timer>> {
        self.read(|view| queries::due_timers(view, now, timers_max))
    }

    async fn next_timer(&self) -> Read<Option<Timestamp>> {
        self.read(queries::next_timer)
    }

    async fn notices(
        &self,
        after: Option<NoticeId>,
        notices_max: usize,
    ) -> Read<Vec<(NoticeId, Notice)>> {
        self.read(|view| queries::notices(view, after, notices_max))
    }

    async fn inbox_size(&self) -> Read<u64> {
        self.read(|view| queries::size(view, queries::INBOX_SIZE))
    }

    async fn outbox_size(&self) -> Read<u64> {
        self.read(|view| queries::size(view, queries::OUTBOX_SIZE))
    }

    async fn commands(&self, after: Option<CommandId>, commands_max: usize) -> Read<Vec<Command>> {
        self.scan(move |view| queries::commands(view, after, commands_max))
            .await
    }

    async fn commands_of(&self, object: ObjectId) -> Read<Vec<Command>> {
        self.read(|view| queries::commands_of(view, object))
    }

    async fn command_heads(&self, commands_max: usize) -> Read<Vec<Command>> {
        self.read(|view| queries::command_heads(view, commands_max))
    }

    async fn link(&self, id: LinkId) -> Read<Option<Link>> {
        self.read(|view| queries::link(view, id))
    }

    async fn link_of_object(
        &self,
        subscription: &SubscriptionId,
        object: ObjectId,
    ) -> Read<Option<Link>> {
        self.read(|view| queries::link_of_object(view, subscription, object))
    }

    async fn link_of_remote(
        &self,
        subscription: &SubscriptionId,
        remote: &RemoteId,
    ) -> Read<Option<Link>> {
        self.read(|view| queries::link_of_remote(view, subscription, remote))
    }

    async fn link_of_uid(&self, subscription: &SubscriptionId, uid: &str) -> Read<Option<Link>> {
        self.read(|view| queries::link_of_uid(view, subscription, uid))
    }

    async fn links(
        &self,
        subscription: &SubscriptionId,
        after: Option<ObjectId>,
        links_max: usize,
    ) -> Read<Vec<Link>> {
        let subscription = subscription.clone();
        self.scan(move |view| queries::links(view, &subscription, after, links_max))
            .await
    }

    async fn links_size(&self, subscription: &SubscriptionId) -> Read<u64> {
        self.read(|view| queries::links_size(view, subscription))
    }

    async fn subscription(&self, id: &SubscriptionId) -> Read<Option<Subscription>> {
        self.read(|view| queries::subscription(view, id))
    }

    async fn subscription_of(&self, user: &UserId) -> Read<Option<Subscription>> {
        self.read(|view| queries::subscription_of(view, user))
    }

    async fn subscription_of_calendar(
        &self,
        remote: RemoteKind,
        calendar: &str,
    ) -> Read<Option<Subscription>> {
        self.read(|view| queries::subscription_of_calendar(view, remote, calendar))
    }

    async fn subscriptions(
        &self,
        after: Option<&SubscriptionId>,
        subscriptions_max: usize,
    ) -> Read<Vec<Subscription>> {
        let after = after.cloned();
        self.scan(move |view| queries::subscriptions(view, after.as_ref(), subscriptions_max))
            .await
    }

    async fn channel(&self, id: ChannelId) -> Read<Option<Channel>> {
        self.read(|view| queries::channel(view, id))
    }

    async fn channels_of(&self, id: &SubscriptionId) -> Read<Vec<Channel>> {
        self.read(|view| queries::channels_of(view, id))
    }

    async fn connection(&self, user: &UserId) -> Read<Option<Connection>> {
        self.read(|view| queries::connection(view, user))
    }

    async fn connections(&self) -> Read<Vec<Connection>> {
        self.scan(queries::connections).await
    }

    async fn google_settings(&self) -> Read<Option<GoogleSettings>> {
        self.read(queries::google_settings)
    }

    async fn looks(
        &self,
        subscription: &SubscriptionId,
        after: Option<ObjectId>,
        looks_max: usize,
    ) -> Read<Vec<(ObjectId, u64)>> {
        self.read(|view| queries::looks(view, subscription, after, looks_max))
    }

    async fn looks_waiting(&self, subscriptions_max: usize) -> Read<Vec<SubscriptionId>> {
        self.read(|view| queries::looks_waiting(view, subscriptions_max))
    }

    async fn backup(&self, to: Box<dyn io::Write + Send>) -> Result<BackupDone, StoreError> {
        Engine::backup(self, to).await
    }

    async fn check(&self, progress: Progress) -> Result<CheckReport, StoreError> {
        Engine::check(self, progress).await
    }

    async fn close(&self) -> Result<(), StoreError> {
        Engine::close(self).await
    }
}
