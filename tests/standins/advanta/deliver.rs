//! Carries hooks to the bridge, each again and again until it is acknowledged. Start at [`deliver`].

use super::hooks::{Parcel, Post};
use super::{Shared, sign};
use chrono::Utc;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// How long an answer of the bridge may take.
const ANSWER_WAIT: Duration = Duration::from_secs(10);

/// Sends what is owed, for ever.
pub async fn deliver(shared: Arc<Shared>, client: reqwest::Client) {
    let mut lanes = JoinSet::new();
    loop {
        while let Some(parcel) = next_parcel(&shared) {
            lanes.spawn(carry(Arc::clone(&shared), client.clone(), parcel));
        }
        tokio::select! {
            () = shared.wake.notified() => {}
            Some(_) = lanes.join_next(), if !lanes.is_empty() => {}
        }
    }
}

/// Draws the next hook, checks it against the contract and notes which revisions it tells.
fn next_parcel(shared: &Shared) -> Option<Parcel> {
    let mut world = shared.world();
    let world = &mut *world;
    let (parcel, body) = world.hooks.next(&mut world.dice)?;
    for fault in world.contract.of_hook(&body) {
        world.violate(format!("a hook is not as the contract says: {fault}"));
    }
    for object in body["data"]["objects"].as_array().into_iter().flatten() {
        world.has_told(object);
    }
    Some(parcel)
}

/// Carries one hook to the bridge until it is acknowledged, or will never be.
async fn carry(shared: Arc<Shared>, client: reqwest::Client, parcel: Parcel) {
    tokio::time::sleep(parcel.delay).await;
    let mut wait = shared.world().hooks.retry_first;
    while !post(&shared, &client, &parcel).await {
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(shared.world().hooks.retry_max);
    }
    if parcel.is_doubled {
        post(&shared, &client, &parcel).await;
    }
    shared.world().hooks.has_ended();
    shared.moved.notify_all();
}

/// One attempt; whether there is to be no further one.
async fn post(shared: &Shared, client: &reqwest::Client, parcel: &Parcel) -> bool {
    let (target, secrets) = {
        let world = shared.world();
        (world.hooks.target.clone(), world.hooks.secrets.clone())
    };
    let Some(target) = target else {
        return false;
    };
    let status = send(client, &target, &secrets, &parcel.id, parcel.body.clone()).await;
    let mut world = shared.world();
    world.hooks.posts.push(Post {
        id: parcel.id.clone(),
        status,
        at: Instant::now(),
    });
    shared.moved.notify_all();
    match status {
        Some(204) => true,
        // Not there, not now, or not yet configured.
        None | Some(401 | 404 | 429 | 500..) => false,
        Some(status) => {
            world.violate(format!("the bridge answered {status} to a hook"));
            true
        }
    }
}

/// Posts a signed body; the status of the answer, if there is one.
async fn send(
    client: &reqwest::Client,
    target: &str,
    secrets: &[String],
    id: &str,
    body: String,
) -> Option<u16> {
    let timestamp = Utc::now().timestamp();
    let signature = sign::signatures(secrets, id, timestamp, &body);
    let request = client
        .post(target)
        .timeout(ANSWER_WAIT)
        .header("content-type", "application/json")
        .header("webhook-id", id)
        .header("webhook-timestamp", timestamp.to_string())
        .header("webhook-signature", signature)
        .body(body);
    request
        .send()
        .await
        .ok()
        .map(|answer| answer.status().as_u16())
}
