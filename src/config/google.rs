//! `[google]`: where Google answers, and the limits of talking to it. What an administrator sets (Client ID and so on) is kept in the
//! data folder: `integration google set`.

use super::set;
use crate::google::GoogleOptions;
use serde::Deserialize;
use std::time::Duration;

/// `[google]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Google {
    /// Where people agree.
    pub authorize_url: Option<String>,
    /// Where access tokens come from.
    pub token_url: Option<String>,
    /// Where consent is given back.
    pub revoke_url: Option<String>,
    /// The root of the API, with a slash at its end.
    pub api_url: Option<String>,
    /// Where batches go.
    pub batch_url: Option<String>,
    /// Whether plain http to another machine is allowed.
    pub plain_http: Option<bool>,
    /// Seconds that making a connection may take.
    pub connect_timeout_secs: Option<u64>,
    /// Seconds that one call may take.
    pub call_timeout_secs: Option<u64>,
    /// Bytes of an answer.
    pub answer_bytes_max: Option<usize>,
    /// Events on one page of a listing.
    pub page_events: Option<u32>,
    /// Requests in one batch.
    pub batch_max: Option<usize>,
    /// Requests a minute for one person.
    pub user_requests_per_minute: Option<u32>,
    /// Requests a minute for all.
    pub project_requests_per_minute: Option<u32>,
    /// Seconds to wait when Google says "too fast" but not how long.
    pub backoff_secs: Option<u64>,
    /// Seconds to wait when a quota is exceeded.
    pub quota_wait_secs: Option<u64>,
    /// The longest wait in seconds that Google may ask for.
    pub retry_after_max_secs: Option<u64>,
    /// Seconds to wait when Google refuses by a policy or for a reason that is not known.
    pub barred_wait_secs: Option<u64>,
    /// Seconds between two looks at a calendar that tells us of changes.
    pub poll_watched_secs: Option<u64>,
    /// Seconds between two looks at a calendar that does not.
    pub poll_secs: Option<u64>,
    /// Seconds that a channel is asked to live.
    pub channel_life_secs: Option<u64>,
    /// Bytes of a title, description or location that are taken.
    pub text_bytes_max: Option<usize>,
    /// Bytes of a token of a listing.
    pub token_bytes_max: Option<usize>,
    /// Lines of a recurrence that are read.
    pub recurrence_lines_max: Option<usize>,
    /// Minutes that the event of an object without length lasts.
    pub shortest_event_minutes: Option<u64>,
}

/// What one page of `events.list` holds at most.
const PAGE_EVENTS_MAX: u32 = 2500;
/// What one batch holds at most (Google's page on batches).
const BATCH_CALLS_MAX: usize = 1000;
/// A day: whoever wants longer events plans them.
const SHORTEST_EVENT_MINUTES_MAX: u64 = 1440;

impl Google {
    /// Its times, for the check that none is beyond all sense.
    pub(super) fn seconds(&self) -> [(&'static str, Option<u64>); 9] {
        [
            ("google.connect_timeout_secs", self.connect_timeout_secs),
            ("google.call_timeout_secs", self.call_timeout_secs),
            ("google.backoff_secs", self.backoff_secs),
            ("google.quota_wait_secs", self.quota_wait_secs),
            ("google.retry_after_max_secs", self.retry_after_max_secs),
            ("google.barred_wait_secs", self.barred_wait_secs),
            ("google.poll_watched_secs", self.poll_watched_secs),
            ("google.poll_secs", self.poll_secs),
            ("google.channel_life_secs", self.channel_life_secs),
        ]
    }

    /// Its sizes, for the check that none is zero.
    pub(super) fn sizes(&self) -> [(&'static str, Option<u64>); 13] {
        let wide = |value: Option<usize>| value.map(|value| value as u64);
        let user = self.user_requests_per_minute.map(u64::from);
        let project = self.project_requests_per_minute.map(u64::from);
        [
            ("google.connect_timeout_secs", self.connect_timeout_secs),
            ("google.call_timeout_secs", self.call_timeout_secs),
            ("google.answer_bytes_max", wide(self.answer_bytes_max)),
            ("google.page_events", self.page_events.map(u64::from)),
            ("google.batch_max", wide(self.batch_max)),
            ("google.user_requests_per_minute", user),
            ("google.project_requests_per_minute", project),
            ("google.poll_watched_secs", self.poll_watched_secs),
            ("google.poll_secs", self.poll_secs),
            ("google.text_bytes_max", wide(self.text_bytes_max)),
            ("google.token_bytes_max", wide(self.token_bytes_max)),
            (
                "google.recurrence_lines_max",
                wide(self.recurrence_lines_max),
            ),
            ("google.shortest_event_minutes", self.shortest_event_minutes),
        ]
    }

    /// What is wrong with it beyond sizes and times.
    pub(super) fn check(&self) -> Result<(), String> {
        for (name, address) in [
            ("authorize_url", &self.authorize_url),
            ("token_url", &self.token_url),
            ("revoke_url", &self.revoke_url),
            ("api_url", &self.api_url),
            ("batch_url", &self.batch_url),
        ] {
            let Some(address) = address else { continue };
            let parsed: Option<http::Uri> = address.parse().ok();
            let whole = parsed.is_some_and(|uri| {
                matches!(uri.scheme_str(), Some("http" | "https")) && uri.query().is_none()
            });
            if !whole {
                return Err(format!("google.{name} is not an address"));
            }
        }
        if self.api_url.as_ref().is_some_and(|url| !url.ends_with('/')) {
            return Err("google.api_url does not end in a slash".to_owned());
        }
        if self
            .shortest_event_minutes
            .is_some_and(|minutes| minutes > SHORTEST_EVENT_MINUTES_MAX)
        {
            return Err(format!(
                "google.shortest_event_minutes is more than {SHORTEST_EVENT_MINUTES_MAX}"
            ));
        }
        match self.page_events {
            Some(events) if events > PAGE_EVENTS_MAX => {
                Err(format!("google.page_events is more than {PAGE_EVENTS_MAX}"))
            }
            _ => match self.batch_max {
                Some(calls) if calls > BATCH_CALLS_MAX => {
                    Err(format!("google.batch_max is more than {BATCH_CALLS_MAX}"))
                }
                _ => Ok(()),
            },
        }
    }

    /// The origin of the page where people agree, for the browser's policy of forms.
    pub fn consent_origin(&self) -> Option<String> {
        let uri: http::Uri = self.options().addresses.authorize.parse().ok()?;
        Some(format!("{}://{}", uri.scheme_str()?, uri.authority()?))
    }

    /// Addresses and limits.
    pub fn options(&self) -> GoogleOptions {
        let mut options = GoogleOptions::default();
        let secs = |value: Option<u64>| value.map(Duration::from_secs);
        let addresses = &mut options.addresses;
        set(&mut addresses.authorize, self.authorize_url.clone());
        set(&mut addresses.token, self.token_url.clone());
        set(&mut addresses.revoke, self.revoke_url.clone());
        set(&mut addresses.api, self.api_url.clone());
        set(&mut addresses.batch, self.batch_url.clone());
        set(&mut options.plain_http, self.plain_http);
        set(
            &mut options.connect_timeout,
            secs(self.connect_timeout_secs),
        );
        set(&mut options.call_timeout, secs(self.call_timeout_secs));
        set(&mut options.answer_bytes_max, self.answer_bytes_max);
        set(&mut options.page_events, self.page_events);
        set(&mut options.batch_max, self.batch_max);
        set(
            &mut options.user_requests_per_minute,
            self.user_requests_per_minute,
        );
        set(
            &mut options.project_requests_per_minute,
            self.project_requests_per_minute,
        );
        set(&mut options.backoff, secs(self.backoff_secs));
        set(&mut options.quota_wait, secs(self.quota_wait_secs));
        set(
            &mut options.retry_after_max,
            secs(self.retry_after_max_secs),
        );
        set(&mut options.barred_wait, secs(self.barred_wait_secs));
        set(
            &mut options.poll_watched_every,
            secs(self.poll_watched_secs),
        );
        set(&mut options.poll_every, secs(self.poll_secs));
        set(&mut options.channel_life, secs(self.channel_life_secs));
        set(&mut options.text_bytes_max, self.text_bytes_max);
        set(&mut options.token_bytes_max, self.token_bytes_max);
        set(&mut options.recurrence_lines_max, self.recurrence_lines_max);
        let minutes = self.shortest_event_minutes;
        let shortest = minutes.map(|minutes| Duration::from_secs(minutes * 60));
        set(&mut options.shortest_event, shortest);
        options
    }
}
