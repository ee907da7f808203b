//! What a feed of 10,000 events costs: `cargo bench --bench feed`.
//!
//! Processor time, wall time and peak memory of making it, of sending it again packed and plain, and of telling a program
//! that it holds it already.

use advanta_bridge::bridge::{Authority, Bridge, Limits, Observation, Parts};
use advanta_bridge::feed::{Feed, Options};
use advanta_bridge::model::{
    CollectionId, Epoch, Kind, Language, Object, ObjectId, Planned, Revision, Rights, Settings,
    Timestamp, User, UserId,
};
use advanta_bridge::ports::{Clock, Ids, Write};
use advanta_bridge::store::MemoryStore;
use chrono::{Duration, NaiveDate, Utc};
use http_body_util::BodyExt as _;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Instant;

const EVENTS: u32 = 10_000;
const HELD: u32 = 20_000;
/// Of `/proc/self/stat`, on Linux.
const TICKS_PER_SEC: f64 = 100.0;

struct System;

impl Clock for System {
    fn now(&self) -> Timestamp {
        Utc::now()
    }
}

impl Ids for System {
    fn uuid(&self) -> uuid::Uuid {
        uuid::Uuid::new_v4()
    }

    fn secret(&self) -> [u8; 20] {
        let mut secret = [7; 20];
        secret[..16].copy_from_slice(self.uuid().as_bytes());
        secret
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let bridge = Bridge::new(Parts {
        store: Arc::new(MemoryStore::new(Epoch::new("bench"))),
        clock: Arc::new(System),
        ids: Arc::new(System),
        authority: Authority::Own,
        remotes: Arc::new(advanta_bridge::bridge::NoRemotes),
        connectors: Default::default(),
        vault: Arc::new(advanta_bridge::bridge::NoVault),
        settings: Settings::default(),
        limits: Limits::default(),
        key: [7; 32],
    });
    let anna = furnish(&bridge).await?;
    bridge.snapshot(&CollectionId::events(&anna)).await?;
    let secret = bridge.add_feed(&anna, false).await?.secret;
    let path = format!("/feed/{secret}.ics");
    let feed = Feed::new(Arc::clone(&bridge), Options::default());

    let tag = measure("made, sent packed", 1, || get(&feed, &path, "gzip", None)).await?;
    let _tag = measure("sent packed again", 100, || get(&feed, &path, "gzip", None)).await?;
    let _tag = measure("sent plain", 20, || get(&feed, &path, "identity", None)).await?;
    let held = Some(tag.as_str());
    let _tag = measure("held already (304)", HELD, || {
        get(&feed, &path, "gzip", held)
    })
    .await?;
    Ok(())
}

async fn furnish(bridge: &Arc<Bridge>) -> anyhow::Result<UserId> {
    let id = UserId::new("u-anna");
    let user = User {
        id: id.clone(),
        login: "anna".to_owned(),
        name: "Anna".to_owned(),
        email: None,
        language: Language::Russian,
        zone: None,
        active: true,
        kept_out: false,
        advanta: None,
        revision: Revision(0),
    };
    bridge
        .store()
        .commit(vec![], vec![Write::User(user)])
        .await?;
    for number in 0..EVENTS {
        bridge
            .observe(&Observation::Object(task(&id, number)))
            .await?;
    }
    Ok(id)
}

fn task(owner: &UserId, number: u32) -> Object {
    let day = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap_or_default();
    let start = day.and_time(chrono::NaiveTime::MIN) + Duration::minutes(i64::from(number) * 50);
    Object {
        id: ObjectId(uuid::Uuid::from_u128(u128::from(number) + 1)),
        kind: Kind::Note,
        revision: Revision(1),
        title: format!("Согласование сметы {number}"),
        description: "Проверить объёмы работ и сроки поставки материалов".to_owned(),
        location: "Переговорная".to_owned(),
        planned: Planned {
            start: Some(start),
            end: Some(start + Duration::minutes(45)),
        },
        actual_start: None,
        actual_end: None,
        status: None,
        percent: None,
        owner: Some(owner.clone()),
        responsible: None,
        participants: [(owner.clone(), Rights::ALL)].into(),
        parent: None,
        card: Some(format!("https://advanta.example.com/card/{number}")),
        changed: Utc::now(),
    }
}

/// Fetches and forgets piece by piece; returns bytes and tag.
async fn get(
    feed: &Feed,
    path: &str,
    coding: &str,
    held: Option<&str>,
) -> anyhow::Result<(usize, String)> {
    let mut request = http::Request::get(path).header("accept-encoding", coding);
    if let Some(tag) = held {
        request = request.header("if-none-match", tag);
    }
    let (parts, ()) = request.body(())?.into_parts();
    let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let (head, mut body) = feed.answer(&parts, address).await.into_parts();
    anyhow::ensure!(head.status.as_u16() == if held.is_some() { 304 } else { 200 });
    let mut bytes = 0;
    while let Some(frame) = body.frame().await {
        bytes += frame?.data_ref().map_or(0, bytes::Bytes::len);
    }
    let tag = head.headers.get("etag").map(|tag| tag.to_str());
    Ok((bytes, tag.transpose()?.unwrap_or_default().to_owned()))
}

async fn measure<W>(what: &str, times: u32, mut work: impl FnMut() -> W) -> anyhow::Result<String>
where
    W: Future<Output = anyhow::Result<(usize, String)>>,
{
    // The peak is counted anew from here.
    std::fs::write("/proc/self/clear_refs", "5")?;
    let (memory, processor, begun) = (kilobytes("VmRSS:")?, ticks()?, Instant::now());
    let mut last = (0, String::new());
    for _ in 0..times {
        last = work().await?;
    }
    let each = |secs: f64| 1e3 * secs / f64::from(times);
    println!(
        "{what}: {} bytes, {:.4} ms, {:.3} ms of processor, peak {} KiB above {} KiB",
        last.0,
        each(begun.elapsed().as_secs_f64()),
        each((ticks()? - processor) / TICKS_PER_SEC),
        kilobytes("VmHWM:")?.saturating_sub(memory),
        memory
    );
    Ok(last.1)
}

fn kilobytes(name: &str) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.unwrap_or_default().parse()?)
}

/// User and system time of the process.
fn ticks() -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let after_name = stat.rsplit(") ").next().unwrap_or_default();
    let fields: Vec<&str> = after_name.split(' ').collect();
    Ok(fields[11].parse::<f64>()? + fields[12].parse::<f64>()?)
}
