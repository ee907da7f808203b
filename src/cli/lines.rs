//! An answer that is a line of JSON after the other.

use super::failure::Failure;
use super::way::Stream;
use bytes::{Buf as _, BytesMut};
use http_body_util::BodyExt as _;

/// Bytes of the longest line.
const LINE_BYTES_MAX: usize = 4 << 20;

/// The lines of an answer.
pub(super) struct Lines {
    body: Stream,
    held: BytesMut,
}

impl Lines {
    pub(super) fn new(body: Stream) -> Self {
        Self {
            body,
            held: BytesMut::new(),
        }
    }

    /// The next line without its end; `None` after the last.
    pub(super) async fn next(&mut self) -> Result<Option<String>, Failure> {
        loop {
            if let Some(end) = self.held.iter().position(|byte| *byte == b'\n') {
                let line = self.held.split_to(end);
                self.held.advance(1);
                return Ok(Some(String::from_utf8_lossy(&line).into_owned()));
            }
            if self.held.len() > LINE_BYTES_MAX {
                let words = format!("a line of the answer is longer than {LINE_BYTES_MAX} bytes");
                return Err(Failure::Failed(words));
            }
            match self.body.frame().await {
                Some(Ok(frame)) => {
                    if let Ok(piece) = frame.into_data() {
                        self.held.extend_from_slice(&piece);
                    }
                }
                Some(Err(why)) => return Err(Failure::Failed(why)),
                None if self.held.is_empty() => return Ok(None),
                None => return Err(Failure::Failed("the answer broke off".to_owned())),
            }
        }
    }
}
