//! Answers: a whole text, or pieces made while they are sent.

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::sync::mpsc::Receiver;
use tokio::task::JoinHandle;

/// Makes the next piece of an answer; `None` ends it.
type Pieces = Box<dyn FnMut() -> Option<Bytes> + Send>;

/// Whatever makes an answer could not end it. The connection is broken off, so that nobody takes a part for the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the answer broke off")]
pub struct BrokenOff;

/// The body of an answer.
pub struct Body(Content);

enum Content {
    Whole(Option<Bytes>),
    /// A listing of a large collection: never in memory as a whole.
    Pieces(Pieces),
    /// Made by a task of its own, which waits while nobody takes.
    Channel(Receiver<Bytes>),
    /// The same by a task that may fail after it has begun.
    Job(Receiver<Bytes>, Option<JoinHandle<Result<(), BrokenOff>>>),
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

    /// The same, and whole only if the task that makes the pieces says so in the end.
    pub fn job(pieces: Receiver<Bytes>, task: JoinHandle<Result<(), BrokenOff>>) -> Self {
        Self(Content::Job(pieces, Some(task)))
    }
}

/// The next piece; when there is none left, whether that was all.
fn next_of_job(
    pieces: &mut Receiver<Bytes>,
    task: &mut Option<JoinHandle<Result<(), BrokenOff>>>,
    context: &mut Context<'_>,
) -> Poll<Option<Result<Bytes, BrokenOff>>> {
    if let Some(piece) = ready!(pieces.poll_recv(context)) {
        return Poll::Ready(Some(Ok(piece)));
    }
    let Some(running) = task else {
        return Poll::Ready(None);
    };
    let ended = ready!(Pin::new(running).poll(context));
    *task = None;
    match ended {
        Ok(Ok(())) => Poll::Ready(None),
        Ok(Err(BrokenOff)) | Err(_) => Poll::Ready(Some(Err(BrokenOff))),
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        let next = match &mut self.0 {
            Content::Whole(bytes) => bytes.take().filter(|bytes| !bytes.is_empty()),
            Content::Pieces(next) => next(),
            Content::Channel(pieces) => ready!(pieces.poll_recv(context)),
            Content::Job(pieces, task) => {
                let next = ready!(next_of_job(pieces, task, context));
                return Poll::Ready(next.map(|piece| piece.map(Frame::data)));
            }
        };
        Poll::Ready(next.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Content::Whole(bytes) => bytes.as_ref().is_none_or(Bytes::is_empty),
            Content::Pieces(_) | Content::Channel(_) | Content::Job(..) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Content::Whole(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, Bytes::len) as u64)
            }
            Content::Pieces(_) | Content::Channel(_) | Content::Job(..) => SizeHint::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt as _;
    use tokio::sync::mpsc;

    /// What is read of a job that sends a piece and then ends so.
    async fn read(end: impl Future<Output = Result<(), BrokenOff>> + Send + 'static) -> String {
        let (out, pieces) = mpsc::channel(1);
        let task = tokio::spawn(async move {
            out.send(Bytes::from_static(b"a piece")).await.unwrap();
            drop(out);
            end.await
        });
        let mut body = Body::job(pieces, task);
        let mut seen = String::new();
        while let Some(frame) = body.frame().await {
            match frame {
                Ok(frame) => {
                    let bytes = frame.into_data().unwrap();
                    seen += str::from_utf8(&bytes).unwrap();
                }
                Err(error) => seen += &format!(", {error}"),
            }
        }
        seen
    }

    #[tokio::test]
    async fn a_part_is_never_taken_for_the_whole() {
        assert_eq!(read(async { Ok(()) }).await, "a piece");
        let broken = "a piece, the answer broke off";
        assert_eq!(read(async { Err(BrokenOff) }).await, broken);
        assert_eq!(read(async { panic!("on purpose") }).await, broken);
    }
}
