//! Taking the body of a request: bounded in bytes and time, and counted while it arrives.

use super::budget::Reservation;
use bytes::{Buf as _, Bytes};
use http_body::Body;
use http_body_util::BodyExt as _;
use std::pin::pin;
use std::time::Duration;

/// The first piece of memory for a body; it doubles.
const FIRST_BYTES: usize = 4096;

/// How much of a body is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes.
    pub bytes_max: usize,
    /// What is counted beside it: its request is there as long as it is awaited.
    pub head_bytes: usize,
    /// How long it may take to arrive.
    pub time_max: Duration,
}

/// A body, whose bytes count until this is dropped.
#[derive(Default)]
pub struct Taken {
    /// All of it.
    pub bytes: Bytes,
    /// What counts them; `None` when there are none.
    pub held: Option<Reservation>,
}

/// Why a body was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    /// It is longer than the bound.
    #[error("the body is larger than {0} bytes")]
    TooLarge(usize),
    /// It ended in the middle.
    #[error("the body broke off")]
    BrokenOff,
    /// It took too long.
    #[error("the body did not arrive in time")]
    Late,
    /// There is no memory left for it, or others need it more.
    #[error("too many bodies are under way")]
    OverBudget,
}

/// The whole body, within bounds. `open` is asked for a reservation when the first byte comes.
///
/// # Errors
/// See [`Unread`].
pub async fn take<B: Body>(
    body: B,
    bounds: Bounds,
    open: impl FnOnce() -> Reservation,
) -> Result<Taken, Unread> {
    if body.is_end_stream() {
        return Ok(Taken {
            bytes: Bytes::new(),
            held: None,
        });
    }
    let announced = body.size_hint().lower();
    if announced > bounds.bytes_max as u64 {
        return Err(Unread::TooLarge(bounds.bytes_max));
    }
    let mut held = open();
    let head = held.grow(bounds.head_bytes).await;
    head.map_err(|_| Unread::OverBudget)?;
    let arriving = collect(body, announced as usize, bounds.bytes_max, &mut held);
    let taken = tokio::time::timeout(bounds.time_max, arriving).await;
    let bytes = taken.map_err(|_| Unread::Late)??;
    held.arrived();
    Ok(Taken {
        bytes,
        held: Some(held),
    })
}

async fn collect<B: Body>(
    body: B,
    announced: usize,
    bytes_max: usize,
    held: &mut Reservation,
) -> Result<Bytes, Unread> {
    let mut body = pin!(body);
    let mut whole: Vec<u8> = Vec::new();
    loop {
        let frame = tokio::select! {
            frame = body.frame() => frame,
            () = held.given_up() => return Err(Unread::OverBudget),
        };
        let Some(frame) = frame else {
            return Ok(whole.into());
        };
        let Ok(mut data) = frame.map_err(|_| Unread::BrokenOff)?.into_data() else {
            continue;
        };
        let length = whole.len() + data.remaining();
        if length > bytes_max {
            return Err(Unread::TooLarge(bytes_max));
        }
        if length > whole.capacity() {
            let known = if announced > 0 {
                announced.max(length)
            } else {
                bytes_max
            };
            let capacity = length.max(whole.capacity() * 2).max(FIRST_BYTES);
            // Of what was announced, as much as came: an announcement alone costs its sender nothing.
            let capacity = capacity.min(known);
            let more = capacity - whole.capacity();
            held.grow(more).await.map_err(|_| Unread::OverBudget)?;
            whole.reserve_exact(capacity - whole.len());
        }
        while data.has_remaining() {
            let piece = data.chunk();
            whole.extend_from_slice(piece);
            let taken = piece.len();
            data.advance(taken);
        }
    }
}

/// Reads on for a while and keeps nothing. A client that is turned away must be able to read so: closing on unread bytes can
/// swallow the answer.
pub async fn discard<B: Body>(body: B, bytes_max: usize, time_max: Duration) {
    let mut body = pin!(body);
    let mut left = bytes_max;
    let reading = async {
        while let Some(Ok(frame)) = body.frame().await {
            let bytes = frame.data_ref().map_or(0, bytes::Buf::remaining);
            match left.checked_sub(bytes) {
                Some(less) => left = less,
                None => break,
            }
        }
    };
    let _in_time = tokio::time::timeout(time_max, reading).await;
}

#[cfg(test)]
mod tests {
    use super::super::Budget;
    use super::*;
    use http_body::Frame;
    use http_body_util::StreamBody;
    use std::convert::Infallible;
    use std::sync::Arc;
    use tokio::sync::mpsc;

    const BOUNDS: Bounds = Bounds {
        bytes_max: 10_000,
        head_bytes: 0,
        time_max: Duration::from_secs(60),
    };

    fn pieces(pieces: &[&'static [u8]]) -> impl Body<Data = Bytes, Error = Infallible> + use<> {
        let frames: Vec<_> = pieces
            .iter()
            .map(|piece| Ok(Frame::data(Bytes::from_static(piece))))
            .collect();
        StreamBody::new(futures_util::stream::iter(frames))
    }

    /// A body that never ends, and whoever sends it.
    fn endless() -> (
        mpsc::UnboundedSender<Bytes>,
        impl Body<Data = Bytes, Error = Infallible>,
    ) {
        let (send, mut receive) = mpsc::unbounded_channel::<Bytes>();
        let frames = futures_util::stream::poll_fn(move |context| {
            let next = receive.poll_recv(context);
            next.map(|piece| piece.map(|piece| Ok(Frame::data(piece))))
        });
        (send, StreamBody::new(frames))
    }

    fn open(budget: &Arc<Budget>) -> impl FnOnce() -> Reservation + use<> {
        let budget = Arc::clone(budget);
        move || budget.open("one".into())
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_counts_until_it_is_answered() {
        let budget = Budget::new(20_000);
        let taken = take(pieces(&[b"ab", b"c"]), BOUNDS, open(&budget))
            .await
            .unwrap();
        assert_eq!(&taken.bytes[..], b"abc");
        assert_eq!(budget.held(), FIRST_BYTES);
        drop(taken);
        assert_eq!(budget.held(), 0);
        let none = take(http_body_util::Empty::<Bytes>::new(), BOUNDS, open(&budget));
        assert!(none.await.unwrap().held.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_too_large_or_too_late_gives_its_bytes_back() {
        let budget = Budget::new(20_000);
        const LARGE: &[u8] = &[0; 6_000];
        let large = take(pieces(&[LARGE, LARGE]), BOUNDS, open(&budget)).await;
        assert_eq!(large.err(), Some(Unread::TooLarge(10_000)));
        let known = http_body_util::Full::new(Bytes::from(vec![0; 10_001]));
        let known = take(known, BOUNDS, || unreachable!("not a byte is counted")).await;
        assert_eq!(known.err(), Some(Unread::TooLarge(10_000)));
        let (send, body) = endless();
        send.send(Bytes::from_static(b"a")).unwrap();
        let late = take(body, BOUNDS, open(&budget)).await;
        assert_eq!(late.err(), Some(Unread::Late));
        assert_eq!(budget.held(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_trickle_gives_way_to_a_body_that_comes() {
        const PIECE: &[u8] = &[0; 8_000];
        let budget = Budget::new(10_000);
        let (send, trickle) = endless();
        send.send(Bytes::from_static(PIECE)).unwrap();
        let slow = tokio::spawn(take(trickle, BOUNDS, open(&budget)));
        tokio::task::yield_now().await;
        assert_eq!(budget.held(), 8_000);
        let whole = take(pieces(&[PIECE]), BOUNDS, open(&budget)).await.unwrap();
        assert_eq!(whole.bytes.len(), 8_000);
        assert_eq!(slow.await.unwrap().err(), Some(Unread::OverBudget));
        // A body that is there as a whole stays.
        let more = take(pieces(&[PIECE]), BOUNDS, open(&budget)).await;
        assert_eq!(more.err(), Some(Unread::OverBudget));
    }

    #[tokio::test(start_paused = true)]
    async fn an_unwanted_body_is_read_for_a_while_and_no_longer() {
        let (send, body) = endless();
        let reader = tokio::spawn(discard(body, 10_000, Duration::from_secs(60)));
        while send.send(Bytes::from_static(&[0; 4_000])).is_ok() {
            tokio::task::yield_now().await;
        }
        reader.await.unwrap();
        let (_send, body) = endless();
        discard(body, 10_000, Duration::from_secs(60)).await;
    }
}
