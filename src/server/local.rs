//! The administrator's door: a Unix socket in the data folder. Whoever may read the folder is the administrator.

use super::Server;
use crate::web::Caller;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use rustix::fs::Mode;
use rustix::net::{
    AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, listen, socket_with,
};
use std::convert::Infallible;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::net::UnixListener;
use tokio::sync::Semaphore;

/// Name of the socket in the data folder.
pub const SOCKET: &str = "admin.sock";
/// Connections at the same time: a few commands and scripts.
const CONNECTIONS_MAX: usize = 64;
/// Connections that wait to be accepted.
const BACKLOG: i32 = 64;

/// An open socket; its file goes when it is dropped.
pub struct LocalDoor {
    listener: UnixListener,
    path: PathBuf,
}

impl LocalDoor {
    /// Opens the socket of a data folder. To be called by whoever holds the folder's lock: a socket that is there already is
    /// left over from a process that was killed.
    ///
    /// # Errors
    /// The folder cannot be written, or its path is too long for a socket.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let path = folder.join(SOCKET);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
        // Before it has a name: the file is made with these rights, so there is no moment at which others could come in.
        rustix::fs::fchmod(&socket, Mode::RUSR | Mode::WUSR)?;
        bind(&socket, &SocketAddrUnix::new(&path)?)?;
        listen(&socket, BACKLOG)?;
        let listener = UnixListener::from_std(socket.into())?;
        Ok(Self { listener, path })
    }

    /// Answers until `stop` is ready, then lets open requests end within the grace.
    pub async fn run(self, server: Arc<Server>, stop: impl Future<Output = ()>) {
        let graceful = GracefulShutdown::new();
        let slots = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        let mut stop = std::pin::pin!(stop);
        loop {
            let Ok(slot) = Arc::clone(&slots).acquire_owned().await else {
                break;
            };
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = &mut stop => break,
            };
            let socket = match accepted {
                Ok((socket, _)) => socket,
                Err(error) => {
                    tracing::warn!("cannot accept a local connection: {error}");
                    tokio::time::sleep(super::AFTER_ACCEPT_FAILURE).await;
                    continue;
                }
            };
            let answering = Arc::clone(&server);
            let service = service_fn(move |request| {
                let server = Arc::clone(&answering);
                async move { Ok::<_, Infallible>(server.answer_web(request, Caller::Local).await) }
            });
            let connection = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(server.limits.head_timeout)
                .serve_connection(TokioIo::new(socket), service);
            let watched = graceful.watch(connection);
            tokio::spawn(async move {
                let _slot = slot;
                // Whoever hangs up is no news.
                let _ended = watched.await;
            });
        }
        let ended = tokio::time::timeout(server.limits.shutdown_grace, graceful.shutdown());
        if ended.await.is_err() {
            tracing::warn!("some local requests did not end within the grace");
        }
    }
}

impl Drop for LocalDoor {
    fn drop(&mut self) {
        // A file that stays is removed at the next start.
        let _stays = std::fs::remove_file(&self.path);
    }
}
