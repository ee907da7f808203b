//! Where Google answers, and every limit of talking to it, by name.

use std::time::Duration;

/// Addresses and limits. Limits that Google publishes or that peers measured are named with their source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoogleOptions {
    /// Where Google answers.
    pub addresses: Addresses,
    /// How long a connection may take to be made.
    pub connect_timeout: Duration,
    /// How long one call may take, from connecting to the last byte of the answer.
    pub call_timeout: Duration,
    /// The longest answer that is read, in bytes.
    pub answer_bytes_max: usize,
    /// Events on one page of a listing, 1 to 2500 (`events.list`, `maxResults`).
    pub page_events: u32,
    /// Requests in one batch; Google's page says at most 1000 since 2026 and said 50 before.
    pub batch_max: usize,
    /// Requests a minute for one user (quota page: 600).
    pub user_requests_per_minute: u32,
    /// Requests a minute for all users together (quota page: 10 000).
    pub project_requests_per_minute: u32,
    /// The wait after "too fast" without `Retry-After`. That it grows is the sync's own (`sync.backoff_secs`).
    pub backoff: Duration,
    /// How long to wait after "the quota is exceeded", which lasts for hours.
    pub quota_wait: Duration,
    /// The longest wait that Google may ask for.
    pub retry_after_max: Duration,
    /// How long to wait after a refusal by a policy, or for a reason that is not known.
    pub barred_wait: Duration,
    /// Between two looks at a calendar that tells us of changes: notices are not entirely reliable (push guide).
    pub poll_watched_every: Duration,
    /// Between two looks at a calendar that does not tell us of changes.
    pub poll_every: Duration,
    /// The life asked for a channel; Google gives 7 days when nothing is asked, and its answer counts.
    pub channel_life: Duration,
    /// Whether calls may go over plain HTTP to another machine. To this machine they always may.
    pub plain_http: bool,
    /// The longest title, description and location that is taken of an event, in bytes. A longer one is cut.
    pub text_bytes_max: usize,
    /// The longest identity, page token or sync token that is believed, in bytes.
    pub token_bytes_max: usize,
    /// Lines of a recurrence that are read.
    pub recurrence_lines_max: usize,
    /// How long an event is made whose object has no length: an event that ends when it starts is refused (400 `timeRangeEmpty`).
    pub shortest_event: Duration,
}

impl Default for GoogleOptions {
    fn default() -> Self {
        Self {
            addresses: Addresses::default(),
            connect_timeout: Duration::from_secs(10),
            call_timeout: Duration::from_secs(60),
            answer_bytes_max: 64 << 20,
            page_events: 2500,
            batch_max: 50,
            user_requests_per_minute: 600,
            project_requests_per_minute: 10_000,
            backoff: Duration::from_secs(1),
            quota_wait: Duration::from_secs(600),
            retry_after_max: Duration::from_secs(3600),
            barred_wait: Duration::from_secs(1800),
            poll_watched_every: Duration::from_secs(3600),
            poll_every: Duration::from_secs(300),
            channel_life: Duration::from_secs(7 * 24 * 3600),
            plain_http: false,
            text_bytes_max: 256 << 10,
            token_bytes_max: 8192,
            recurrence_lines_max: 512,
            shortest_event: Duration::from_secs(15 * 60),
        }
    }
}

/// Where Google answers. Each can be another one behind a proxy of the installation, and in tests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// Where people agree.
    pub authorize: String,
    /// Where codes, refresh tokens and signed claims are turned into access tokens.
    pub token: String,
    /// Where consent is given back.
    pub revoke: String,
    /// The root of the API, ending in `/`: `rootUrl` and `servicePath` of the discovery document.
    pub api: String,
    /// Where batches go: `rootUrl` and `batchPath` of the discovery document.
    pub batch: String,
}

impl Default for Addresses {
    fn default() -> Self {
        Self {
            authorize: "https://accounts.google.com/o/oauth2/v2/auth".to_owned(),
            token: "https://oauth2.googleapis.com/token".to_owned(),
            revoke: "https://oauth2.googleapis.com/revoke".to_owned(),
            api: "https://www.googleapis.com/calendar/v3/".to_owned(),
            batch: "https://www.googleapis.com/batch/calendar/v3".to_owned(),
        }
    }
}
