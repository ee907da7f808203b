//! Answers: a whole text, or pieces made while they are sent.

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Makes the next piece of an answer; `None` ends it.
type Pieces = Box<dyn FnMut() -> Option<Bytes> + Send>;

/// The body of an answer.
pub struct Body(Content);

enum Content {
    Whole(Option<Bytes>),
    /// A listing of a large collection: never in memory as a whole.
    Pieces(Pieces),
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
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let next = match &mut self.0 {
            Content::Whole(bytes) => bytes.take().filter(|bytes| !bytes.is_empty()),
            Content::Pieces(next) => next(),
        };
        Poll::Ready(next.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Content::Whole(bytes) => bytes.as_ref().is_none_or(Bytes::is_empty),
            Content::Pieces(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Content::Whole(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, Bytes::len) as u64)
            }
            Content::Pieces(_) => SizeHint::default(),
        }
    }
}
