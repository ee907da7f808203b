//! The secret addresses of people's calendars.

use super::Answer;
use super::ask::{Ask, created, done, identity, json};
use super::wire::{FeedBody, FeedsBody, Instant, NewFeedBody};
use crate::model::{Feed, FeedId};

impl Ask<'_> {
    pub(super) async fn feeds(&self, named: &str) -> Answer {
        self.only(&[])?;
        let user = self.person(named).await?;
        let feeds = self.bridge.store().feeds(&user.id).await?;
        json(&FeedsBody {
            feeds: feeds.iter().map(body).collect(),
        })
    }

    pub(super) async fn add_feed(&self, named: &str, rotate: bool) -> Answer {
        self.only(&[])?;
        let user = self.person(named).await?;
        let made = self.bridge.add_feed(&user.id, rotate).await?;
        let path = format!("/feed/{}.ics", made.secret);
        let public = self.web.settings.public_url.as_ref();
        created(&NewFeedBody {
            id: made.id.0,
            url: public.map(|public| format!("{}{path}", public.trim_end_matches('/'))),
            path,
        })
    }

    pub(super) async fn revoke_feed(&self, named: &str, id: &str) -> Answer {
        self.only(&[])?;
        let user = self.person(named).await?;
        let id = FeedId(identity(id, "feed")?);
        self.bridge.revoke_feed(&user.id, id).await?;
        done()
    }
}

pub(super) fn body(feed: &Feed) -> FeedBody {
    FeedBody {
        id: feed.id.0,
        created: Instant(feed.created),
        revoked: feed.revoked.map(Instant),
    }
}
