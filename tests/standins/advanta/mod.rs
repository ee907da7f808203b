//! A stand-in for ADVANTA: a server of its own that speaks the published contract, with users, rights and rules of its own.
//!
//! It is not made of the bridge's code. It keeps things in its own words, judges by its own reading of the vendor's page
//! ([`judge`]), signs hooks by its own arithmetic ([`sign`]), and checks every byte either side sends against
//! `docs/advanta-openapi.yaml` ([`contract`]). Whatever the bridge may never do ends up in [`World::violations`], and then the
//! test fails when the stand-in ends.
//!
//! Start at [`StandIn::start`]; [`StandIn::world`] is where ADVANTA's users live and where its manners are set:
//!
//! ```text
//! let advanta = StandIn::start(1);
//! let bridge = …;                                  // with advanta.url(), advanta.token(), advanta.secret()
//! advanta.hooks_to(bridge.url());
//! let task = advanta.world().add(Thing::new(Sort::Task, "Смета", "anna").planned("2026-12-01T09:00", "2026-12-01T18:00"));
//! let slow = advanta.world().manners.on(Manner::of(Mishap::Slow(wait)).in_calls(&[Op::Change]).times(3));
//! advanta.drained(SOON);                           // every hook that is not lost was acknowledged
//! assert_eq!(advanta.world().manners.happened(slow), 3);
//! advanta.finish();                                // fails if a rule was broken; so does letting it go
//! ```
//!
//! `tests/it` holds its own tests in `standin_advanta`, which use all of it. A benchmark includes it by path, and there
//! expects the lint `dead_code`.

mod actors;
mod answer;
mod calls;
mod contract;
mod deliver;
mod dice;
mod hooks;
mod judge;
mod listing;
mod manners;
mod server;
pub mod sign;
mod thing;
mod tls;
mod world;

pub use contract::Contract;
pub use hooks::Style;
pub use manners::{Manner, Mishap, Op};
pub use sign::{secret, signatures};
pub use thing::{Person, Right, Sort, Thing, local};
pub use tls::Certificates;
pub use world::{Admission, World};

use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::{Notify, oneshot};
use tokio_rustls::TlsAcceptor;

/// The path of the contract; everything beside it is another program's.
const BASE: &str = "/streamline/calendar/v1";
const TOKEN: &str = "stand-in-token-for-tests";
const SECRET: &[u8] = b"stand-in secret for hooks";

/// What the server's thread and the test share.
struct Shared {
    world: Mutex<World>,
    /// Something was answered or acknowledged.
    moved: Condvar,
    /// Something is owed to the bridge.
    wake: Arc<Notify>,
}

impl Shared {
    /// A test that failed with the lock in its hand must not hide why.
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running ADVANTA. It ends with its owner, and fails the test if a rule was broken meanwhile.
pub struct StandIn {
    shared: Arc<Shared>,
    address: SocketAddr,
    certificates: Option<Certificates>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl StandIn {
    /// Starts on a free port of this machine. The seed decides its ids and whatever is left to chance.
    pub fn start(seed: u64) -> Self {
        Self::start_behind(None, seed)
    }

    /// The same behind TLS, for who shows a certificate of [`Self::certificates`].
    pub fn start_with_certificates(seed: u64) -> Self {
        let advanta = Self::start_behind(Some(tls::door()), seed);
        advanta.world().admission = Admission::Certificate;
        advanta
    }

    fn start_behind(door: Option<(TlsAcceptor, Certificates)>, seed: u64) -> Self {
        let (acceptor, certificates) = door.unzip();
        let wake = Arc::new(Notify::new());
        let world = World::new(seed, TOKEN.to_owned(), secret(SECRET), Arc::clone(&wake));
        let shared = Arc::new(Shared {
            world: Mutex::new(world),
            moved: Condvar::new(),
            wake,
        });
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = oneshot::channel();
        let inside = Arc::clone(&shared);
        let thread = std::thread::spawn(move || run(listener, acceptor, inside, stopped));
        Self {
            shared,
            address,
            certificates,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// The base address of the contract.
    pub fn url(&self) -> String {
        let scheme = match self.certificates {
            Some(_) => "https",
            None => "http",
        };
        format!("{scheme}://{}{BASE}", self.address)
    }

    /// An address of the same machine that knows nothing of the contract.
    pub fn wrong_url(&self) -> String {
        format!("http://{}/streamline", self.address)
    }

    /// What the bridge has to know and to show, when it is to show a certificate.
    pub fn certificates(&self) -> Option<&Certificates> {
        self.certificates.as_ref()
    }

    /// What the bridge has to show at first.
    pub fn token(&self) -> &'static str {
        TOKEN
    }

    /// What hooks are signed with at first.
    pub fn secret(&self) -> String {
        secret(SECRET)
    }

    /// All that ADVANTA knows. It answers nobody while this is held: let it go before the bridge is asked anything.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.shared.world()
    }

    /// Tells the bridge at this address of every change from now on.
    pub fn hooks_to(&self, bridge: &str) {
        let target = format!("{}/hooks/advanta", bridge.trim_end_matches('/'));
        self.world().hooks.target = Some(target);
    }

    /// Waits until every hook that is not lost was acknowledged; panics when that takes longer.
    pub fn drained(&self, within: Duration) {
        self.until(within, |world| world.hooks.are_drained());
    }

    /// Waits until something is true of the world; panics when that takes longer. It looks again after every answer.
    pub fn until(&self, within: Duration, is_true: impl Fn(&World) -> bool) {
        let end = Instant::now() + within;
        let mut world = self.world();
        while !is_true(&world) {
            let left = end.saturating_duration_since(Instant::now());
            let last = world.hooks.posts.last();
            assert!(
                !left.is_zero(),
                "not within {within:?}; the last hook: {last:?}"
            );
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
fn run(
    listener: std::net::TcpListener,
    tls: Option<TlsAcceptor>,
    shared: Arc<Shared>,
    stop: oneshot::Receiver<()>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        listener
            .set_nonblocking(true)
            .expect("a non-blocking listener");
        let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
        server::serve(listener, tls, shared, stop).await;
    });
}

/// A client that believes no proxy and follows no redirect. Nothing here is encrypted; the library wants a provider even so.
fn http_client() -> reqwest::Client {
    // Somebody else in this process may have been first: then theirs is as good.
    let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("an HTTP client")
}
