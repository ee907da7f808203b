//! HTTP/1.1 over one connection that stays open, so that little of what is measured is the client.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

/// A connection to one host. Each question waits for its answer.
pub struct Line {
    stream: BufReader<TcpStream>,
    /// Sent with every question.
    head: String,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    /// Status code.
    pub status: u16,
    /// The body as text.
    pub body: String,
}

/// The value of `Authorization` for a login and a password.
pub fn basic(login: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{login}:{password}")))
}

impl Line {
    /// Connects to `http://HOST:PORT/…`; whatever path follows is not looked at.
    pub fn to(url: &str, authorization: Option<&str>) -> Self {
        let host = host(url);
        let stream = TcpStream::connect(host).expect("a server on this machine");
        stream.set_nodelay(true).expect("a socket of our own");
        let shown = authorization.map(|value| format!("authorization: {value}\r\n"));
        Self {
            stream: BufReader::new(stream),
            head: format!("host: {host}\r\n{}", shown.unwrap_or_default()),
        }
    }

    /// Asks in one write and reads the whole answer.
    pub fn ask(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let mut text = format!("{method} {path} HTTP/1.1\r\n{}", self.head);
        for (name, value) in headers {
            text += &format!("{name}: {value}\r\n");
        }
        text += &format!("content-length: {}\r\n\r\n{body}", body.len());
        let sent = self.stream.get_mut().write_all(text.as_bytes());
        sent.expect("an open connection");
        self.read()
    }

    fn read(&mut self) -> Reply {
        let first = self.line();
        let status = first.split(' ').nth(1).and_then(|code| code.parse().ok());
        let status = status.unwrap_or_else(|| panic!("no status line: {first:?}"));
        let (mut length, mut is_chunked) = (0, false);
        loop {
            let line = self.line().to_ascii_lowercase();
            match line.split_once(": ") {
                Some(("content-length", value)) => length = value.parse().expect("a length"),
                Some(("transfer-encoding", _)) => is_chunked = true,
                Some(_) => {}
                None => break,
            }
        }
        let bytes = if is_chunked {
            self.chunks()
        } else {
            self.exactly(length)
        };
        Reply {
            status,
            body: String::from_utf8(bytes).expect("a text"),
        }
    }

    fn chunks(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        loop {
            let line = self.line();
            let length = usize::from_str_radix(&line, 16).expect("the length of a chunk");
            bytes.append(&mut self.exactly(length));
            // The end of the chunk; after the last one, the end of the trailers.
            self.line();
            if length == 0 {
                return bytes;
            }
        }
    }

    fn exactly(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes).expect("a whole answer");
        bytes
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).expect("an answer");
        line.truncate(line.trim_end().len());
        line
    }
}

/// `HOST:PORT` of an address.
pub fn host(url: &str) -> &str {
    let rest = url.strip_prefix("http://").unwrap_or(url);
    rest.split('/').next().unwrap_or(rest)
}
