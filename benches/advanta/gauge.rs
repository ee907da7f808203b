//! Counts the bytes between the bridge and ADVANTA: passes them on, both ways. Ends with the process.

use crate::wire::host;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

const PIECE_BYTES: usize = 64 << 10;

/// An address that stands for another one.
pub struct Gauge {
    address: SocketAddr,
    path: String,
    asked: Arc<AtomicU64>,
    answered: Arc<AtomicU64>,
}

impl Gauge {
    /// Stands for `http://HOST:PORT/PATH`.
    pub fn before(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let target = host(url).to_owned();
        let path = url.split_once(&target).map(|(_, path)| path.to_owned());
        let gauge = Self {
            address: listener.local_addr().expect("an address"),
            path: path.unwrap_or_default(),
            asked: Arc::default(),
            answered: Arc::default(),
        };
        let (asked, answered) = (Arc::clone(&gauge.asked), Arc::clone(&gauge.answered));
        thread::spawn(move || {
            for near in listener.incoming().flatten() {
                let far = TcpStream::connect(&target).expect("ADVANTA answers");
                pass(&near, &far, Arc::clone(&asked));
                pass(&far, &near, Arc::clone(&answered));
            }
        });
        gauge
    }

    /// The address to ask instead.
    pub fn url(&self) -> String {
        format!("http://{}{}", self.address, self.path)
    }

    /// Bytes asked and bytes answered until now, heads and all.
    pub fn bytes(&self) -> (u64, u64) {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        (read(&self.asked), read(&self.answered))
    }
}

fn pass(from: &TcpStream, to: &TcpStream, count: Arc<AtomicU64>) {
    let mut from = from.try_clone().expect("a socket of our own");
    let mut to = to.try_clone().expect("a socket of our own");
    to.set_nodelay(true).expect("a socket of our own");
    thread::spawn(move || {
        let mut piece = vec![0; PIECE_BYTES];
        while let Ok(size @ 1..) = from.read(&mut piece) {
            count.fetch_add(size as u64, Ordering::Relaxed);
            if to.write_all(&piece[..size]).is_err() {
                break;
            }
        }
        // It may be closed already.
        let _ = to.shutdown(Shutdown::Write);
    });
}
