//! JSON over HTTP: the administrator's API, ADVANTA's hooks, and the page on which people see their own refusals.
//!
//! Start at [`Web::admit`], which is asked before the body of a request is read, then [`Web::answer`]. Every path is a row
//! of the table in `route`; every shape is in [`wire`].

mod ask;
mod connect;
mod dead_letters;
mod door;
mod explain;
mod feeds;
mod hooks;
mod ics;
mod me;
mod outbox;
mod page;
mod portlet;
mod portlet_page;
mod problem;
mod push;
mod refusals;
mod route;
mod secrets;
mod status;
mod subscriptions;
mod token;
mod upkeep;
mod users;
pub mod wire;

pub use token::{InvalidTokens, Tokens};

use crate::bridge::Bridge;
use crate::bridge::accounts::Session;
use crate::caldav::Body;
use crate::model::UserId;
use crate::ports::{Hooks, Keyring};
use ask::Ask;
use bytes::Bytes;
use http::Response;
use http::request::Parts;
use problem::Problem;
use route::Route;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

/// How the doors are set.
#[derive(Clone)]
pub struct Settings {
    /// What lets an administrator in over the network; without any, nobody.
    pub tokens: Tokens,
    /// Reads ADVANTA's hooks; without it there is no such door.
    pub hooks: Option<Arc<dyn Hooks>>,
    /// The keys of stored secrets; without them nobody asks about them.
    pub keyring: Option<Arc<dyn Keyring>>,
    /// Where people reach the bridge, without a slash at the end: `https://calendar.example.com`.
    pub public_url: Option<String>,
    /// The origin of the page where people agree: forms of ours lead there.
    pub consent_origin: Option<String>,
    /// Fresh randomness of this process, for the tokens in forms.
    pub form_key: [u8; 32],
    /// Bytes of an ordinary request.
    pub request_bytes_max: usize,
    /// Bytes of a form on a person's own page.
    pub form_bytes_max: usize,
    /// Bytes of a hook.
    pub hook_bytes_max: usize,
    /// Bytes of an iCalendar text to import.
    pub import_bytes_max: usize,
    /// Rows of one answer.
    pub rows_max: usize,
    /// Whether a bridge is served, or a command answers itself.
    pub serving: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            tokens: Tokens::default(),
            hooks: None,
            keyring: None,
            public_url: None,
            consent_origin: None,
            form_key: [0; 32],
            request_bytes_max: 64 << 10,
            form_bytes_max: 16 << 10,
            hook_bytes_max: 4 << 20,
            import_bytes_max: 128 << 20,
            rows_max: 1_000,
            serving: true,
        }
    }
}

/// From where a request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Through the socket in the data folder: whoever may read the folder is the administrator.
    Local,
    /// Over the network, from this sender.
    Remote(IpAddr),
}

/// A request that may go on to its body.
#[derive(Debug)]
pub struct Admitted {
    /// Who sends the body, as far as that is known by now.
    pub sender: Sender,
    /// Bytes that its door can use; of 0 no body is waited for.
    pub bytes_max: usize,
    session: Option<Session>,
}

/// Who sends a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sender {
    /// Whoever it is: a hook shows by its body who sent it.
    Unknown,
    /// A person with an app password.
    Person(UserId),
    /// An administrator.
    Administrator,
    /// An administrator with a calendar to import, which may be larger than all else.
    Import,
}

impl Caller {
    /// The address to count by.
    fn address(self) -> IpAddr {
        match self {
            Self::Local => IpAddr::V4(Ipv4Addr::LOCALHOST),
            Self::Remote(address) => address,
        }
    }
}

/// The doors of one bridge.
pub struct Web {
    bridge: Arc<Bridge>,
    settings: Settings,
}

type Answer = Result<Response<Body>, Problem>;

impl Web {
    /// Opens the doors of a bridge.
    pub fn new(bridge: Arc<Bridge>, settings: Settings) -> Self {
        Self { bridge, settings }
    }

    /// May this request send a body, and of how many bytes? To be asked before the body is read: a stranger's bytes cost
    /// nothing.
    ///
    /// # Errors
    /// The answer, when there is nothing more to do.
    pub async fn admit(
        &self,
        parts: &Parts,
        caller: Caller,
    ) -> Result<Admitted, Box<Response<Body>>> {
        let admitted = self.let_in(parts, caller).await;
        admitted.map_err(|problem| Box::new(problem.into_response(ask::language(&parts.headers))))
    }

    /// The answer to a request for whose body there is no memory now.
    pub fn crowded(&self, parts: &Parts, retry_after: Duration) -> Response<Body> {
        Problem::crowded(retry_after).into_response(ask::language(&parts.headers))
    }

    /// The answer to a request whose body is longer than [`admit`](Self::admit) allowed.
    pub fn too_large(&self, parts: &Parts, bytes_max: usize) -> Response<Body> {
        Problem::too_large(bytes_max).into_response(ask::language(&parts.headers))
    }

    /// Answers a request that was admitted.
    pub async fn answer(
        &self,
        parts: &Parts,
        body: Bytes,
        caller: Caller,
        admitted: Admitted,
    ) -> Response<Body> {
        let answered = match Ask::read(self, parts, body, caller) {
            Ok((route, mut ask)) => {
                ask.session = admitted.session;
                ask.dispatch(route).await
            }
            Err(problem) => Err(problem),
        };
        answered.unwrap_or_else(|problem| problem.into_response(ask::language(&parts.headers)))
    }
}

impl Ask<'_> {
    async fn dispatch(&self, route: Route) -> Answer {
        match route {
            Route::Hook => self.hook().await,
            Route::Users => self.users().await,
            Route::AddUser => self.add_user().await,
            Route::User(user) => self.show_user(&user).await,
            Route::Deactivate(user) => self.deactivate(&user).await,
            Route::AppPasswords(user) => self.app_passwords(&user).await,
            Route::AddAppPassword(user) => self.add_app_password(&user).await,
            Route::RevokeAppPassword(id) => self.revoke_app_password(&id).await,
            Route::Feeds(user) => self.feeds(&user).await,
            Route::AddFeed(user) => self.add_feed(&user, false).await,
            Route::RotateFeeds(user) => self.add_feed(&user, true).await,
            Route::RevokeFeed(user, id) => self.revoke_feed(&user, &id).await,
            Route::Refusals => self.refusals().await,
            Route::KeptText(id) => self.kept_text(&id).await,
            Route::Outbox => self.outbox().await,
            Route::ReleaseOutbox => self.release_outbox().await,
            Route::DeadLetters => self.dead_letters().await,
            Route::DeadLetter(object) => self.dead_letter(&object).await,
            Route::RetryDeadLetter(object) => self.retry_dead_letter(&object).await,
            Route::DropDeadLetter(object) => self.drop_dead_letter(&object).await,
            Route::Reconcile => self.reconcile().await,
            Route::Alarms => self.alarms().await,
            Route::Status => self.status().await,
            Route::Secrets => self.secrets().await,
            Route::RotateSecrets => self.rotate_secrets().await,
            Route::Export(user) => self.export(&user).await,
            Route::Import(user) => self.import(&user).await,
            Route::Backup => self.backup(),
            Route::Check => self.check(),
            Route::Subscriptions => self.subscriptions().await,
            Route::Subscription(whose, act) => self.subscription(&whose, act).await,
            Route::Explain(what) => self.explain(&what).await,
            Route::Connection(whose, act) => self.connection(&whose, act).await,
            Route::GoogleSettings => self.google_settings().await,
            Route::ChangeGoogleSettings => self.change_google_settings().await,
            Route::GoogleNotice => self.google_notice().await,
            Route::Portlet => self.portlet().await,
            Route::PortletEnd => self.portlet_end().await,
            Route::PortletAct => self.portlet_act().await,
            Route::PortletCallback => self.portlet_callback().await,
            Route::Style => self.style(),
            Route::MyRefusals => self.my_refusals().await,
            Route::MyKeptText(id) => self.my_kept_text(&id).await,
        }
    }
}
