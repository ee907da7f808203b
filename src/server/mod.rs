//! Sockets: accepting, TLS, bounds, ending cleanly.
//!
//! Start at [`Server::run`]. What a request means is decided elsewhere; here only who may connect, and how much of a request is
//! taken.

mod answer;
mod converse;
mod local;
mod open_files;
mod peer;
mod places;
mod presence;
mod tls;
mod traffic;
mod wire;

pub use local::{LocalDoor, SOCKET};
pub use open_files::{TooFewFiles, connections_within, raise_open_files};
pub use peer::Proxies;
pub use tls::{Looked, Tls, TlsError};
pub use traffic::Traffic;

use crate::caldav::Dav;
use crate::feed::Feed;
use crate::web::Web;
use converse::{Greeted, Guest, end_when_stalled};
use places::Places;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::time::Instant;

/// Bounds of sockets.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections at the same time; for one more, one that has nothing to do goes.
    pub connections_max: usize,
    /// Of these from one address that is no trusted proxy; one more is closed at once.
    pub connections_per_address_max: usize,
    /// Open files that are kept for the store, its log, commands and outgoing calls.
    pub descriptors_reserved: usize,
    /// How often the files of the certificate are looked at.
    pub certificate_look: Duration,
    /// Bytes of a body of XML; what other doors take is theirs to say.
    pub body_bytes_max: usize,
    /// Bytes of the bodies under way of all people and administrators together.
    pub bodies_bytes_max: usize,
    /// Bytes of the bodies of hooks under way: whoever sends one is known only when it is read.
    pub hook_bodies_bytes_max: usize,
    /// Bytes of imports under way.
    pub import_bytes_max: usize,
    /// Requests of one person whose answers are not sent yet.
    pub requests_per_person_max: usize,
    /// To send the body of a hook.
    pub hook_body_timeout: Duration,
    /// Bytes of a request head.
    pub head_bytes_max: usize,
    /// To send a request head; also how long an idle connection is kept.
    pub head_timeout: Duration,
    /// To send a request body.
    pub body_timeout: Duration,
    /// How long a client may leave an answer unread, or an idle connection unanswered by its machine.
    pub stall_timeout: Duration,
    /// For open requests when the process is asked to end.
    pub shutdown_grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 4096,
            connections_per_address_max: 512,
            descriptors_reserved: 256,
            certificate_look: Duration::from_secs(30),
            body_bytes_max: 4 << 20,
            bodies_bytes_max: 48 << 20,
            hook_bodies_bytes_max: 16 << 20,
            import_bytes_max: 128 << 20,
            requests_per_person_max: 64,
            hook_body_timeout: Duration::from_secs(10),
            head_bytes_max: 16 << 10,
            head_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(60),
            stall_timeout: Duration::from_secs(60),
            shutdown_grace: Duration::from_secs(10),
        }
    }
}

/// What answers on one address.
pub struct Server {
    /// CalDAV.
    pub dav: Dav,
    /// Hooks, the administrator's API, people's own pages.
    pub web: Web,
    /// Calendars at secret addresses.
    pub feed: Feed,
    /// What is under way.
    pub traffic: Traffic,
    /// Bounds.
    pub limits: Limits,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub proxies: Proxies,
    /// Demo mode: nothing that was forwarded is answered.
    pub demo: bool,
    /// TLS, when a certificate is configured.
    pub tls: Option<Arc<Tls>>,
}

/// Connections that the system keeps until they are accepted; it may allow fewer.
const BACKLOG: u32 = 4096;
/// How long to wait when the system has no file descriptor for a new connection.
const AFTER_ACCEPT_FAILURE: Duration = Duration::from_millis(100);
/// How long a failure to accept that goes on is not told of again.
const ACCEPT_FAILURE_TOLD: Duration = Duration::from_secs(60);

impl Server {
    /// Accepts until `stop` is ready, then lets open requests end within the grace.
    pub async fn run(self: Arc<Self>, listener: TcpListener, stop: impl Future<Output = ()>) {
        let limits = &self.limits;
        let places = Places::new(limits.connections_max, limits.connections_per_address_max);
        let (stopping, stopped) = watch::channel(false);
        let mut told: Option<Instant> = None;
        let mut stop = std::pin::pin!(stop);
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = &mut stop => break,
            };
            let (socket, address) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    if told.is_none_or(|told| told.elapsed() > ACCEPT_FAILURE_TOLD) {
                        tracing::warn!("cannot accept a connection: {error}");
                        told = Some(Instant::now());
                    }
                    places.make_room();
                    tokio::time::sleep(AFTER_ACCEPT_FAILURE).await;
                    continue;
                }
            };
            let trusted = self.proxies.trusts(address.ip());
            let Some(share) = places.share(address.ip(), trusted) else {
                continue;
            };
            let place = tokio::select! {
                Some(place) = places.take(Some(share)) => place,
                () = &mut stop => break,
            };
            let guest = Guest {
                place,
                stopping: stopped.clone(),
            };
            tokio::spawn(Arc::clone(&self).serve(socket, address, guest));
        }
        drop((listener, stopped));
        if !ended(&stopping, self.limits.shutdown_grace).await {
            tracing::warn!("some requests did not end within the grace");
        }
    }

    async fn serve(self: Arc<Self>, socket: TcpStream, address: SocketAddr, mut guest: Guest) {
        // Small answers should not wait for more to come.
        let _best_effort = socket.set_nodelay(true);
        let _best_effort = end_when_stalled(&socket, self.limits.stall_timeout);
        let limits = self.limits.clone();
        let patience = limits.head_timeout;
        let Some(greeted) = guest.greet(socket, self.tls.as_deref(), patience).await else {
            return;
        };
        let answer = move |request| {
            let server = Arc::clone(&self);
            // Made when it is first asked for: requests that wait for their turn are small.
            async move { Box::pin(server.answer(request, address.ip())).await }
        };
        match greeted {
            Greeted::Plain(wire, protocol) => {
                guest.converse(wire, protocol, &limits, answer).await;
            }
            Greeted::Tls(stream, protocol) => {
                guest.converse(stream, protocol, &limits, answer).await;
            }
        }
    }
}

/// Listens on an address. A queue that is long enough spares honest clients the second that a lost first packet costs.
///
/// # Errors
/// The address cannot be had.
pub fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Tells all connections to end; whether they did within the grace.
async fn ended(stopping: &watch::Sender<bool>, grace: Duration) -> bool {
    let _nobody_is_there = stopping.send(true);
    tokio::time::timeout(grace, stopping.closed()).await.is_ok()
}
