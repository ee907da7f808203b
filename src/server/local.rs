//! The administrator's door: a Unix socket in the data folder. Whoever may read the folder is the administrator.

use super::Server;
use super::converse::{Guest, Protocol};
use super::places::Places;
use super::wire::Wire;
use crate::web::Caller;
use rustix::fs::Mode;
use rustix::net::{
    AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, listen, socket_with,
};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::net::UnixListener;
use tokio::sync::watch;

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
        let places = Places::new(CONNECTIONS_MAX, CONNECTIONS_MAX);
        let (stopping, stopped) = watch::channel(false);
        let mut stop = std::pin::pin!(stop);
        loop {
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
            let place = tokio::select! {
                Some(place) = places.take(None) => place,
                () = &mut stop => break,
            };
            let (server, stopping) = (Arc::clone(&server), stopped.clone());
            tokio::spawn(async move {
                let wire = Wire::new(socket, Arc::clone(&place.presence));
                let guest = Guest { place, stopping };
                let limits = server.limits.clone();
                let answer = move |request| {
                    let server = Arc::clone(&server);
                    async move { server.answer_web(request, Caller::Local).await }
                };
                guest.converse(wire, Protocol::Http1, &limits, answer).await;
            });
        }
        drop(stopped);
        if !super::ended(&stopping, server.limits.shutdown_grace).await {
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
