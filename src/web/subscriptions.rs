//! Subscriptions to remote calendars: the administrator's for everybody, a person's for themselves.

use super::Answer;
use super::ask::{Ask, done, identity, json};
use super::connect::near;
use super::problem::Problem;
use super::route::{Act, Whose};
use super::wire::{
    AnsweredBody, CalendarBody, Instant, LinkCountsBody, PlannedBody, ProgressBody, RoundBody,
    StageBody, SubscriptionBody, SubscriptionShownBody, SubscriptionsBody, TroubleBody,
    TroubledBody, TroublesBody, UnreadBody, UnsubscribedBody,
};
use crate::bridge::{
    LinkCounts, PlannedItem, RoundReport, SyncAsk, SyncProgress, UnsubscribeAsk,
    subscription_words, trouble_words,
};
use crate::model::{
    Direction, Language, Link, LinkId, ObjectId, PauseReason, Subscription, SubscriptionId,
    SubscriptionState, Trouble,
};
use crate::ports::StoreError;
use chrono::NaiveDate;
use http::Method;

impl Ask<'_> {
    pub(super) async fn subscriptions(&self) -> Answer {
        self.only(&["after", "limit"])?;
        let after = self.text("after").map(SubscriptionId::new);
        let rows_max = self.limit()?;
        let store = self.bridge.store();
        let rows = store.subscriptions(after.as_ref(), rows_max).await?;
        let full = rows.len() >= rows_max;
        let mut subscriptions = Vec::new();
        for row in &rows {
            subscriptions.push(self.subscription_body(row).await?);
        }
        let next = rows.last().filter(|_| full);
        json(&SubscriptionsBody {
            next: next.map(|row| row.id.to_string()),
            subscriptions,
        })
    }

    pub(super) async fn subscription(&self, whose: &Whose, act: Act) -> Answer {
        match whose {
            Whose::Named(named) => {
                let row = self.named_subscription(named).await?;
                self.act(row, act).await
            }
            Whose::Mine => {
                let user = self.session().await?.user;
                let ask = self.told_to(&user);
                ask.check_intended()?;
                let stored = self.bridge.store().subscription_of(&user.id).await?;
                let row = stored.filter(|row| row.state != SubscriptionState::Ended);
                ask.act(row.ok_or_else(none_of_yours)?, act).await
            }
        }
    }

    /// A browser adds a person's password to whatever any page sends, but no page of others may send JSON unasked
    /// (Fetch §CORS-safelisted request-header).
    pub(super) fn check_intended(&self) -> Result<(), Problem> {
        match *self.method {
            Method::POST => self.wants("application/json"),
            _ => Ok(()),
        }
    }

    /// By its identity, else by its person.
    async fn named_subscription(&self, named: &str) -> Result<Subscription, Problem> {
        let store = self.bridge.store();
        if named.len() <= NAME_BYTES_MAX
            && let Some(row) = store.subscription(&SubscriptionId::new(named)).await?
        {
            return Ok(row);
        }
        let user = self.person(named).await.map_err(|_| none(named))?;
        let row = store.subscription_of(&user.id).await?;
        row.ok_or_else(|| none(named))
    }

    async fn act(&self, row: Subscription, act: Act) -> Answer {
        let (bridge, id) = (self.bridge, &row.id);
        match act {
            Act::Show => self.show_subscription(&row).await,
            Act::Progress => {
                self.only(&[])?;
                let progress = bridge.sync_progress(id).map(stage_body);
                json(&ProgressBody { progress })
            }
            Act::Sync => self.sync(&row).await,
            Act::Pause => {
                self.only(&[])?;
                let row = bridge.pause_subscription(id, PauseReason::Asked).await?;
                json(&self.subscription_body(&row).await?)
            }
            Act::Resume => {
                self.only(&[])?;
                let row = bridge.resume_subscription(id).await?;
                json(&self.subscription_body(&row).await?)
            }
            Act::Unsubscribe => self.unsubscribe(&row).await,
            Act::Answer(direction, accept) => {
                self.only(&[])?;
                let answered = bridge.answer_deletions(id, direction, accept).await?;
                json(&AnsweredBody { answered })
            }
            Act::Troubles => self.troubles(&row).await,
            Act::Retry(link) => self.retry(id, &link).await,
        }
    }

    async fn show_subscription(&self, row: &Subscription) -> Answer {
        self.only(&[])?;
        let counts = self.bridge.link_counts(&row.id).await?;
        json(&SubscriptionShownBody {
            subscription: self.subscription_body(row).await?,
            links: counts_body(&counts),
            progress: self.bridge.sync_progress(&row.id).map(stage_body),
        })
    }

    /// A full comparison, which a person asks for.
    async fn sync(&self, row: &Subscription) -> Answer {
        self.only(&["from", "dry_run"])?;
        let from: Option<NaiveDate> = self.value("from", "a date (2026-12-31)")?;
        let from = from.map(|day| near("from", day)).transpose()?;
        let ask = SyncAsk {
            from,
            full: true,
            listing: true,
            dry_run: self.flag("dry_run")?,
        };
        let report = self.bridge.sync(&row.id, ask).await?;
        let links = self.bridge.link_counts(&row.id).await?;
        json(&RoundBody {
            stuck: links.dead + links.frozen,
            ..round_body(report)
        })
    }

    async fn unsubscribe(&self, row: &Subscription) -> Answer {
        self.only(&["dry_run", "remove_exported"])?;
        let ask = UnsubscribeAsk {
            dry_run: self.flag("dry_run")?,
            remove_exported: self.flag("remove_exported")?,
        };
        let ended = self.bridge.unsubscribe(&row.id, ask).await?;
        json(&UnsubscribedBody {
            links: ended.links,
            exported: ended.exported,
            imported: ended.imported,
            removed: ended.removed,
        })
    }

    async fn troubles(&self, row: &Subscription) -> Answer {
        self.only(&["after", "limit"])?;
        let id = &row.id;
        let after = self.value("after", "a GUID")?.map(ObjectId);
        let rows_max = self.limit()?;
        let links = self.bridge.troubled_links(id, after, rows_max).await?;
        let next = links.last().filter(|_| links.len() >= rows_max);
        let next = next.map(|link| link.object.0);
        let mut troubles = Vec::new();
        for link in &links {
            troubles.extend(self.troubled_body(link).await?);
        }
        let unread = row.unread.iter().filter(|_| after.is_none());
        let unread = unread.map(|each| UnreadBody {
            event: each.event.to_string(),
            what: each.what.clone(),
        });
        json(&TroublesBody {
            troubles,
            unread: unread.collect(),
            next,
        })
    }

    async fn retry(&self, id: &SubscriptionId, link: &str) -> Answer {
        self.only(&[])?;
        let named = LinkId(identity(link, "link")?);
        let found = self.bridge.store().link(named).await?;
        // Another's is just as if it were not there.
        let own = found.is_some_and(|link| link.subscription == *id);
        if !own {
            return Err(Problem::missing(format!("there is no link {link:?}")));
        }
        self.bridge.retry_link(named).await?;
        done()
    }

    async fn troubled_body(&self, link: &Link) -> Result<Option<TroubledBody>, StoreError> {
        let Some(trouble) = &link.trouble else {
            return Ok(None);
        };
        Ok(Some(TroubledBody {
            link: link.id.0,
            object: self.object_body(link.object).await?,
            event: link.remote.as_ref().map(ToString::to_string),
            trouble: trouble_body(trouble, self.language),
        }))
    }

    /// A subscription as it is told.
    pub(super) async fn subscription_body(
        &self,
        row: &Subscription,
    ) -> Result<SubscriptionBody, StoreError> {
        let kinds = row.left_out.kinds.iter();
        let statuses = row.left_out.statuses.iter();
        Ok(SubscriptionBody {
            id: row.id.to_string(),
            user: self.person_body(&row.user).await?,
            epoch: row.epoch,
            remote: row.remote.word().to_owned(),
            calendar: CalendarBody {
                name: row.calendar.name.clone(),
                account: row.calendar.account.clone(),
            },
            state: row.state.word().to_owned(),
            words: subscription_words(row, self.language).to_owned(),
            start: row.start.to_string(),
            zone: row.zone.name().to_owned(),
            recognise: row.recognise,
            left_out_kinds: kinds.map(|kind| kind.word().to_owned()).collect(),
            left_out_statuses: statuses.map(|status| status.0).collect(),
            since: Instant(row.since),
            synced: row.synced.map(Instant),
            due: (row.state == SubscriptionState::Active).then_some(Instant(row.due)),
            failures: row.failures,
            obstacle: row.obstacle.map(|(what, _)| what.word().to_owned()),
            last_error: row.last_error.clone(),
        })
    }
}

/// The longest identity of a subscription, in bytes.
const NAME_BYTES_MAX: usize = 64;

fn none(named: &str) -> Problem {
    Problem::missing(format!("there is no subscription {named:?}"))
        .in_russian(format!("Нет подписки {named:?}."))
}

/// The same of one's own.
pub(super) fn none_of_yours() -> Problem {
    Problem::missing("you have no subscription").in_russian("У вас нет подписки.")
}

fn counts_body(counts: &LinkCounts) -> LinkCountsBody {
    LinkCountsBody {
        all: counts.links,
        exported: counts.exported,
        imported: counts.imported,
        waits: counts.waits,
        dead: counts.dead,
        frozen: counts.frozen,
        held_to_advanta: counts.held_to_advanta,
        held_to_remote: counts.held_to_remote,
    }
}

fn stage_body(progress: SyncProgress) -> StageBody {
    StageBody {
        stage: progress.stage.word().to_owned(),
        done: progress.done,
        total: progress.total,
    }
}

fn round_body(report: RoundReport) -> RoundBody {
    let counts = report.counts.into_iter();
    RoundBody {
        listed: report.listed,
        counts: counts
            .map(|(word, count)| (word.to_owned(), count))
            .collect(),
        planned: report.planned.into_iter().map(planned_body).collect(),
        held: report.held,
        writes: report.writes,
        troubles: report.troubles,
        stuck: 0,
    }
}

fn planned_body(item: PlannedItem) -> PlannedBody {
    let fields = item.fields.iter();
    PlannedBody {
        action: item.action.to_owned(),
        object: item.object.map(|object| object.0),
        event: item.event.map(|event| event.0),
        title: item.title,
        fields: fields.map(|field| field.word().to_owned()).collect(),
    }
}

/// What is wrong with a link, as it is told.
pub(super) fn trouble_body(trouble: &Trouble, language: Language) -> TroubleBody {
    let (kind, direction): (_, Option<Direction>) = match trouble {
        Trouble::Waits { .. } => ("waits", None),
        Trouble::Dead(_) => ("dead", None),
        Trouble::Frozen => ("frozen", None),
        Trouble::Held(direction) => ("held", Some(*direction)),
        Trouble::Accepted(direction) => ("accepted", Some(*direction)),
    };
    TroubleBody {
        kind: kind.to_owned(),
        direction: direction.map(|direction| direction.word().to_owned()),
        words: trouble_words(trouble, language),
    }
}
