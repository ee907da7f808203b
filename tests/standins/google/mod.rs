//! A stand-in for Google: the Calendar API v3, its OAuth doors and its push, as a server of its own.
//!
//! It is not made of the bridge's code. It keeps events as JSON in Google's own words, computes etags as Google does, and
//! checks every request and every answer against Google's discovery document ([`contract`]), which the tests' Python package
//! `google-api-python-client` brings along. What the bridge may never do ([`rules`]) ends up in [`World::violations`], and then
//! the test fails when the stand-in ends. Where nobody knows what Google does, the table of manners that the simulation reads
//! and [`Switches`] say which answer is given.
//!
//! Start at [`StandIn::start`]; [`StandIn::world`] is where Google's users live and where troubles are switched on:
//!
//! ```text
//! let google = StandIn::start(&GOOGLE);
//! google.world().add_user("anna@example.com");
//! let bridge = …;                                  // with google.addresses(), google.client_id(), google.client_secret()
//! let id = google.world().add_event("anna@example.com", json!({ "summary": "Смета", … }));
//! let lost = google.world().troubles.on(Trouble::of(Mishap::AnswerLost).in_calls(&[Op::Insert]).times(3));
//! assert_eq!(google.world().counts().of(Op::List), 1);
//! google.finish();                                 // fails if a rule was broken; so does letting it go
//! ```

mod answer;
mod batch;
mod calendar;
mod calls;
mod contract;
mod deliver;
mod event;
mod fields;
mod listing;
#[path = "../../sim/manners/mod.rs"]
#[expect(dead_code, reason = "some columns are of other calendars")]
pub mod manners;
mod oauth;
mod people;
mod push;
mod rules;
mod series;
mod server;
mod troubles;
mod world;
mod writes;

pub use calendar::Role;
pub use oauth::Consent;
pub use people::Occurrence;
pub use troubles::{Mishap, Op, Trouble};
pub use world::World;

use contract::Contract;
use manners::Manners;
use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::{Notify, oneshot};

const CLIENT_ID: &str = "bridge-for-tests.apps.example.com";
const CLIENT_SECRET: &str = "stand-in-client-secret";
const SERVICE_ACCOUNT: &str = "bridge@tests.iam.example.com";

/// What the server's thread and the test share.
struct Shared {
    world: Mutex<World>,
    /// Something was answered or acknowledged.
    moved: Condvar,
    /// Somebody is to be told of a change.
    wake: Arc<Notify>,
}

impl Shared {
    /// A test that failed with the lock in its hand must not hide why.
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where this Google answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// Where people agree.
    pub authorize: String,
    /// Where tokens are given.
    pub token: String,
    /// Where consent is given back.
    pub revoke: String,
    /// The root of the API, ending in `/calendar/v3/`.
    pub api: String,
    /// Where batches go.
    pub batch: String,
}

/// A running Google. It ends with its owner, and fails the test if a rule was broken meanwhile.
pub struct StandIn {
    shared: Arc<Shared>,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl StandIn {
    /// Starts on a free port of this machine, with the manners of one row of the table.
    ///
    /// # Panics
    /// The tests' Python is not there: it brings the discovery document.
    pub fn start(manners: &Manners) -> Self {
        Self::start_checking(manners, Some(Contract::published()))
    }

    /// The same without the discovery document: for measuring, where checking would cost more than the call.
    pub fn start_unchecked(manners: &Manners) -> Self {
        Self::start_checking(manners, None)
    }

    fn start_checking(manners: &Manners, contract: Option<Arc<Contract>>) -> Self {
        // Nothing here is encrypted; HTTP clients want a provider even so, and the test builds one of its own right after
        // this. Somebody else in this process may have been first: then theirs is as good.
        let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
        let wake = Arc::new(Notify::new());
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let root = format!("http://{address}");
        let world = World::new(manners, contract, &root, Arc::clone(&wake));
        let shared = Arc::new(Shared {
            world: Mutex::new(world),
            moved: Condvar::new(),
            wake,
        });
        let (stop, stopped) = oneshot::channel();
        let inside = Arc::clone(&shared);
        let thread = std::thread::spawn(move || run(listener, inside, stopped));
        Self {
            shared,
            address,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// The root of everything: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where everything is.
    pub fn addresses(&self) -> Addresses {
        let root = self.url();
        Addresses {
            authorize: format!("{root}/o/oauth2/v2/auth"),
            token: format!("{root}/token"),
            revoke: format!("{root}/revoke"),
            api: format!("{root}/calendar/v3/"),
            batch: format!("{root}/batch/calendar/v3"),
        }
    }

    /// The OAuth client that this Google knows.
    pub fn client_id(&self) -> &'static str {
        CLIENT_ID
    }

    /// Its secret.
    pub fn client_secret(&self) -> &'static str {
        CLIENT_SECRET
    }

    /// The key file of the service account, as an administrator downloads it.
    pub fn service_account_json(&self) -> String {
        serde_json::json!({
            "type": "service_account",
            "project_id": "tests",
            "private_key_id": "key-1",
            "private_key": include_str!("service_account.pem"),
            "client_email": SERVICE_ACCOUNT,
            "client_id": "100000000000000000001",
            "auth_uri": self.addresses().authorize,
            "token_uri": self.addresses().token,
        })
        .to_string()
    }

    /// All that Google knows. It answers nobody while this is held: let it go before the bridge is asked anything.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.shared.world()
    }

    /// Waits until every notice was acknowledged or given up; panics when that takes longer.
    pub fn drained(&self, within: Duration) {
        self.until(within, |world| world.push.is_drained());
    }

    /// Waits until something is true of the world; panics when that takes longer. It looks again after every answer.
    pub fn until(&self, within: Duration, is_true: impl Fn(&World) -> bool) {
        let end = Instant::now() + within;
        let mut world = self.world();
        while !is_true(&world) {
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "not within {within:?}; {}", world.last());
            let waited = self.shared.moved.wait_timeout(world, left);
            world = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Ends it; fails if a rule was broken.
    pub fn finish(self) {
        drop(self);
    }

    fn stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // It has no listener only when its thread has ended already.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(
                ended.is_ok() || std::thread::panicking(),
                "the stand-in panicked"
            );
        }
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.stop();
        let violations = self.world().take_violations();
        if violations.is_empty() {
            return;
        }
        let told = format!("rules were broken:\n  {}", violations.join("\n  "));
        if std::thread::panicking() {
            eprintln!("{told}");
        } else {
            panic!("{told}");
        }
    }
}

/// The server's thread: a runtime of its own, so that nothing of it is left when it ends.
fn run(listener: std::net::TcpListener, shared: Arc<Shared>, stop: oneshot::Receiver<()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        listener
            .set_nonblocking(true)
            .expect("a non-blocking listener");
        let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
        server::serve(listener, shared, stop).await;
    });
}
