//! The bridge's hook door, as far as a deliverer sees it: takes a post, answers what it was told to.

use http::HeaderMap;
use serde_json::Value;
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// One post as it came.
#[derive(Clone, Debug)]
pub struct Post {
    /// Header fields.
    pub headers: HeaderMap,
    /// The body, byte for byte.
    pub body: String,
}

impl Post {
    /// The `webhook-id`.
    pub fn id(&self) -> &str {
        self.headers["webhook-id"].to_str().expect("a text")
    }

    /// A list of the data.
    pub fn list(&self, name: &str) -> Vec<Value> {
        let body: Value = serde_json::from_str(&self.body).expect("JSON");
        body["data"][name].as_array().cloned().unwrap_or_default()
    }
}

/// A door that notes every post.
pub struct Receiver {
    address: SocketAddr,
    posts: Arc<Mutex<Vec<Post>>>,
    thread: Option<JoinHandle<()>>,
}

impl Receiver {
    /// Answers these statuses in turn, then 204.
    pub fn start(statuses: &[u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let posts = Arc::new(Mutex::new(Vec::new()));
        let (inside, mut statuses) = (Arc::clone(&posts), VecDeque::from(statuses.to_vec()));
        let thread = std::thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                // A connection that says nothing is the owner's way to say that it is over.
                let Some(post) = read(&stream) else { return };
                inside.lock().expect("no panic in here").push(post);
                answer(stream, statuses.pop_front().unwrap_or(204));
            }
        });
        Self {
            address,
            posts,
            thread: Some(thread),
        }
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Every post until now.
    pub fn posts(&self) -> Vec<Post> {
        self.posts.lock().expect("no panic in here").clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            // A panic in there has been printed already.
            let _ = thread.join();
        }
    }
}

fn read(stream: &TcpStream) -> Option<Post> {
    let mut lines = BufReader::new(stream);
    let mut line = String::new();
    lines.read_line(&mut line).ok().filter(|read| *read > 0)?;
    assert_eq!(line, "POST /hooks/advanta HTTP/1.1\r\n");
    let mut headers = HeaderMap::new();
    loop {
        line.clear();
        lines.read_line(&mut line).expect("a header");
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        let name = http::HeaderName::from_bytes(name.as_bytes()).expect("a name");
        headers.insert(name, value.parse().expect("a value"));
    }
    let length = headers["content-length"].to_str().ok();
    let length = length.and_then(|text| text.parse().ok()).expect("a length");
    let mut body = vec![0; length];
    lines.read_exact(&mut body).expect("a whole body");
    let body = String::from_utf8(body).expect("UTF-8");
    Some(Post { headers, body })
}

fn answer(mut stream: TcpStream, status: u16) {
    let text = format!("HTTP/1.1 {status} Told\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let written = stream.write_all(text.as_bytes());
    written.expect("somebody who listens");
}
