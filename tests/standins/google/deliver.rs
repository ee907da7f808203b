//! Sends the notices, one after the other.

use super::Shared;
use super::push::Notice;
use super::troubles::{Mishap, Op};
use super::world::Logged;
use std::sync::Arc;
use std::time::Duration;

/// After these Google tries again.
const AGAIN: [u16; 4] = [500, 502, 503, 504];
const TRIES: u32 = 3;
const WAIT: Duration = Duration::from_millis(50);
/// So long the answer to `watch` goes before the first notice.
const AFTER_ANSWER: Duration = Duration::from_millis(20);

/// Sends what there is to send, for ever.
pub async fn deliver(shared: Arc<Shared>, client: reqwest::Client) {
    loop {
        let Some((notice, mishaps)) = next(&shared) else {
            shared.wake.notified().await;
            continue;
        };
        let wait: Duration = mishaps.iter().filter_map(slow).sum();
        let is_first = notice.state == "sync" && !shared.world().switches.sync_before_answer;
        tokio::time::sleep(if is_first { wait + AFTER_ANSWER } else { wait }).await;
        let mut status = None;
        if !mishaps.contains(&Mishap::Lost) {
            status = send(&client, &notice).await;
            if mishaps.contains(&Mishap::Twice) {
                status = send(&client, &notice).await;
            }
        }
        end(&shared, Notice { status, ..notice });
    }
}

fn slow(mishap: &Mishap) -> Option<Duration> {
    match mishap {
        Mishap::Slow(wait) => Some(*wait),
        _ => None,
    }
}

fn next(shared: &Shared) -> Option<(Notice, Vec<Mishap>)> {
    let mut world = shared.world();
    let notice = world.push.queue.pop_front()?;
    world.push.under_way += 1;
    let mishaps = world.troubles.strike(Op::Notice, "", false);
    Some((notice, mishaps))
}

async fn send(client: &reqwest::Client, notice: &Notice) -> Option<u16> {
    let mut status = None;
    for _ in 0..TRIES {
        let mut request = client.post(&notice.address).header("content-length", "0");
        for (name, value) in &notice.headers {
            request = request.header(*name, value);
        }
        status = request.send().await.ok().map(|said| said.status().as_u16());
        if status.is_none_or(|status| !AGAIN.contains(&status)) {
            break;
        }
        tokio::time::sleep(WAIT).await;
    }
    status
}

fn end(shared: &Shared, notice: Notice) {
    let mut world = shared.world();
    world.push.under_way -= 1;
    world.log_it(Logged {
        op: Op::Notice,
        in_batch: true,
        calendar: String::new(),
        event: String::new(),
        status: notice.status,
    });
    world.push.sent.push(notice);
    drop(world);
    shared.moved.notify_all();
}
