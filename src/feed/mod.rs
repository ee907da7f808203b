//! A person's calendar at a secret address, to be read by any program that takes a calendar by URL.
//!
//! Start at [`Feed::answer`]. A feed is read only, whole, and the same for all who know the address. It is made at most
//! once for each version of the collection, kept compressed, and unpacked while it is sent to who wants it plain: so a
//! slow reader holds up nobody and a large calendar is never in memory as text.

mod build;
mod builds;
mod coding;
mod guesses;
mod reply;
mod shelf;
mod version;

#[cfg(test)]
mod tests;

pub use guesses::GuessLimits;

use crate::bridge::Bridge;
use crate::bridge::accounts::{SignInDoor, WrongSecret};
use crate::caldav::Body;
use crate::ical::join::Alarms;
use crate::model::{CollectionId, User};
use build::Recipe;
use builds::Builds;
use coding::Coding;
use http::request::Parts;
use http::{Method, Response};
use percent_encoding::percent_decode_str;
use reply::No;
use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use version::Version;

/// What a feed says of itself, and its bounds.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How long a program is asked to wait before it fetches again; whole seconds.
    ///
    /// A program that honours it (desktop Outlook does) looks no more often, even when told to, so a long time would keep
    /// people from fetching what they know is there; Apple's looks as its user says, Google and Outlook on the web keep a
    /// pace of their own, hours long. A look that finds nothing new costs next to nothing, so the time is short.
    pub refresh: Duration,
    /// Whether alarms are part of the feed. By default they are not: everybody's program has its own.
    pub alarms: Alarms,
    /// Of secrets that nobody has.
    pub guesses: GuessLimits,
    /// Feeds that are made at the same time; each takes a core.
    pub builds_max: usize,
    /// Requests that may wait for a feed to be made; one more is turned away.
    pub waiting_max: usize,
    /// How long a request waits for its turn before it is turned away.
    pub wait: Duration,
    /// When those who were turned away may come again; whole seconds.
    pub retry_after: Duration,
    /// Bytes of a whole feed as text; a larger one is not made.
    pub feed_bytes_max: u64,
    /// Bytes of compressed feeds that are kept; beyond it those least recently asked for go.
    pub kept_bytes_max: usize,
    /// Calendars whose version is remembered for `Last-Modified`.
    pub remembered_max: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            refresh: Duration::from_secs(15 * 60),
            alarms: Alarms::Strip,
            guesses: GuessLimits::default(),
            builds_max: 2,
            waiting_max: 256,
            wait: Duration::from_secs(10),
            retry_after: Duration::from_secs(30),
            feed_bytes_max: 256 << 20,
            kept_bytes_max: 64 << 20,
            remembered_max: 10_000,
        }
    }
}

/// Answers at `/feed/{secret}.ics`.
pub struct Feed {
    bridge: Arc<Bridge>,
    options: Options,
    builds: Builds,
}

impl Feed {
    /// Over the use-cases.
    pub fn new(bridge: Arc<Bridge>, options: Options) -> Self {
        Self {
            bridge,
            builds: Builds::new(&options),
            options,
        }
    }

    /// Answers a request for a path below `/feed/`. No body is read. `address` is where it came from, to throttle by.
    ///
    /// HEAD is answered with the head of what GET would be answered with, its length included.
    pub async fn answer(&self, parts: &Parts, address: IpAddr) -> Response<Body> {
        let answered = self.respond(parts, address).await;
        reply::guarded(answered.unwrap_or_else(|no| no.into_response(&parts.method)))
    }

    async fn respond(&self, parts: &Parts, address: IpAddr) -> Result<Response<Body>, No> {
        if parts.method != Method::GET && parts.method != Method::HEAD {
            return Err(No::Method);
        }
        let owner = self.owner(parts.uri.path(), address).await?;
        let collection = CollectionId::events(&owner.id);
        let snapshot = self.bridge.snapshot(&collection).await?;
        let recipe = Recipe::new(&self.bridge, &self.options, &owner, snapshot);
        let edition = recipe.edition(&self.bridge.epoch());
        let now = self.bridge.now();
        let since = self.builds.shelf.since(&owner.id, &edition, now);
        let coding = Coding::wanted(&parts.headers);
        let version = Version::new(&edition, coding, since, now);
        if version.is_held(&parts.headers) {
            return Ok(reply::not_modified(&parts.method, &version));
        }
        let built = self.builds.get(recipe, edition).await?;
        Ok(reply::calendar(&parts.method, &version, coding, &built))
    }

    /// Whose calendar is at an address. A wrong secret, a revoked one and one of somebody who may not come in any more
    /// are all looked up in the same way and told the same.
    async fn owner(&self, path: &str, address: IpAddr) -> Result<User, No> {
        let secret = secret(path);
        if let Some(owner) = self.bridge.feed_owner(&secret).await? {
            return Ok(owner);
        }
        // Counted only now: who is right is let in whatever others try from the same address, such as a proxy's.
        let wait = self.bridge.wrong_secret(WrongSecret {
            secret: &secret,
            address,
            door: SignInDoor::Feed,
            wrong_max: self.options.guesses.wrong_max,
            window: self.options.guesses.window,
        });
        Err(wait.map_or(No::Nobody, No::Throttled))
    }
}

/// The secret part of a path. A path of another form has none: nobody has the empty secret.
fn secret(path: &str) -> Cow<'_, str> {
    let name = path.strip_prefix("/feed/").unwrap_or_default();
    let encoded = name.strip_suffix(".ics").unwrap_or_default();
    // Some programs escape what needs no escape.
    percent_decode_str(encoded)
        .decode_utf8()
        .unwrap_or_default()
}
