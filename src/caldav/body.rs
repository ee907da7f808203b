//! Answers: a whole text, or pieces made while they are sent.

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::sync::mpsc::Receiver;

/// Makes the next piece of an answer; `None` ends it.
type Pieces = Box<dyn FnMut() -> Option<Bytes> + Send>;

/// The body of an answer.
pub struct Body(Content);

enum Content {
    Whole(Option<Bytes>),
    /// A listing of a large collection: never in memory as a whole.
    Pieces(Pieces),
    /// Made by a task of its own, which waits while nobody takes.
    Channel(Receiver<Bytes>),
}

impl Body {
    /// Nothing.
    pub fn empty() -> Self {
        Self(Content::Whole(None))
    }

    /// All at once.
    pub fn whole(bytes: impl Into<Bytes>) -> Self {
        Self(Content::Whole(Some(bytes.into())))
    }

    /// Piece by piece, each made when the one before it was taken.
    pub fn pieces(next: impl FnMut() -> Option<Bytes> + Send + 'static) -> Self {
        Self(Content::Pieces(Box::new(next)))
    }

    /// Whatever comes through a channel, until its last sender is gone. A client that hangs up closes the channel.
    pub fn channel(pieces: Receiver<Bytes>) -> Self {
        Self(Content::Channel(pieces))
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let next = match &mut self.0 {
            Content::Whole(bytes) => bytes.take().filter(|bytes| !bytes.is_empty()),
            Content::Pieces(next) => next(),
            Content::Channel(pieces) => ready!(pieces.poll_recv(context)),
        };
        Poll::Ready(next.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Content::Whole(bytes) => bytes.as_ref().is_none_or(Bytes::is_empty),
            Content::Pieces(_) | Content::Channel(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Content::Whole(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, Bytes::len) as u64)
            }
            Content::Pieces(_) | Content::Channel(_) => SizeHint::default(),
        }
    }
}
