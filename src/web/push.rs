//! `POST /hooks/google`: Google says that a calendar changed (push guide). Nothing is done in the request but a look at one row.
//!
//! Whoever is not known is answered like everybody else: Google repeats what is not acknowledged, and a stranger learns nothing.

use super::Answer;
use super::ask::{Ask, done};
use crate::bridge::{Noticed, ReceiveError};
use crate::model::ChannelId;

/// The longest header of a notice that is read, in bytes (push guide: a token has at most 256 characters).
const HEADER_BYTES_MAX: usize = 512;

impl Ask<'_> {
    pub(super) async fn google_notice(&self) -> Answer {
        let header = |name| {
            let value = self.headers.get(name)?.to_str().ok()?;
            (value.len() <= HEADER_BYTES_MAX).then_some(value)
        };
        let channel = header("x-goog-channel-id").and_then(|id| id.parse().ok());
        let token = header("x-goog-channel-token").unwrap_or_default();
        // The first message only says that there will be others; it may come before the answer to our wish.
        let begins = header("x-goog-resource-state") == Some("sync");
        if let Some(channel) = channel {
            let channel = ChannelId(channel);
            let noticed = self.bridge.notice_of_channel(channel, token, begins);
            let noticed = noticed.await.map_err(ReceiveError::Store)?;
            if noticed == Noticed::Unknown {
                tracing::debug!("a notice on a channel that is not known was dropped");
            }
        }
        done()
    }
}
