//! Channels and the notices on them.

use super::answer::{Answer, invalid, not_found};
use super::calls::Asked;
use super::world::World;
use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};
use std::collections::VecDeque;

const ID_CHARACTERS_MAX: usize = 64;
const TOKEN_CHARACTERS_MAX: usize = 256;

/// A channel.
#[derive(Clone, Debug)]
pub struct Channel {
    /// Its id, chosen by the client.
    pub id: String,
    /// Who made it.
    pub user: String,
    /// What it tells of.
    pub calendar: String,
    /// Where it tells.
    pub address: String,
    /// What comes back with each notice.
    pub token: Option<String>,
    /// What Google calls the resource.
    pub resource: String,
    /// Its address.
    pub uri: String,
    /// Until when it tells.
    pub expires: DateTime<Utc>,
    /// Nobody wants it any more.
    pub stopped: bool,
    number: u64,
}

/// A notice that was sent, or is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// On which channel.
    pub channel: String,
    /// `sync` or `exists`.
    pub state: &'static str,
    /// Its number on the channel.
    pub number: u64,
    /// What the receiver answered; `None`: nothing yet, or it cannot be reached.
    pub status: Option<u16>,
    pub(super) address: String,
    pub(super) headers: Vec<(&'static str, String)>,
}

/// All channels, and what was told.
#[derive(Debug, Default)]
pub struct Push {
    channels: Vec<Channel>,
    /// Waits to be sent.
    pub(super) queue: VecDeque<Notice>,
    /// Notices on their way.
    pub(super) under_way: usize,
    /// What was sent, or given up, in the order of its end.
    pub sent: Vec<Notice>,
}

impl Push {
    /// Channels that tell now.
    pub fn live(&self, now: DateTime<Utc>) -> Vec<&Channel> {
        let live = |channel: &&Channel| !channel.stopped && channel.expires > now;
        self.channels.iter().filter(live).collect()
    }

    /// How many notices were answered with success.
    pub fn acknowledged(&self) -> usize {
        let good = |notice: &&Notice| matches!(notice.status, Some(102 | 200 | 201 | 202 | 204));
        self.sent.iter().filter(good).count()
    }

    /// Whether nothing waits.
    pub fn is_drained(&self) -> bool {
        self.queue.is_empty() && self.under_way == 0
    }

    /// Something changed in a calendar.
    pub(super) fn changed(&mut self, calendar: &str, now: DateTime<Utc>, goes_on: bool) {
        for channel in &mut self.channels {
            let lives = (!channel.stopped || goes_on) && channel.expires > now;
            if lives && channel.calendar == calendar {
                self.queue.push_back(channel.notice("exists"));
            }
        }
    }
}

impl Channel {
    fn notice(&mut self, state: &'static str) -> Notice {
        self.number += 1;
        let expires = self.expires.format("%a, %d %b %Y %H:%M:%S GMT");
        let mut headers = vec![
            ("x-goog-channel-id", self.id.clone()),
            ("x-goog-channel-expiration", expires.to_string()),
            ("x-goog-resource-id", self.resource.clone()),
            ("x-goog-resource-uri", self.uri.clone()),
            ("x-goog-resource-state", state.to_owned()),
            ("x-goog-message-number", self.number.to_string()),
        ];
        let token = self.token.clone();
        headers.extend(token.map(|token| ("x-goog-channel-token", token)));
        let notice = Notice {
            channel: self.id.clone(),
            state,
            number: self.number,
            status: None,
            address: self.address.clone(),
            headers,
        };
        // Numbers grow, with gaps.
        self.number += u64::from(self.number % 3 == 2);
        notice
    }
}

/// `events.watch`
pub fn watch(world: &mut World, asked: &Asked, calendar: &str) -> Answer {
    let body = asked.body.clone().unwrap_or_default();
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    let (id, address, token) = (text("id"), text("address"), body["token"].as_str());
    if id.is_empty() || id.chars().count() > ID_CHARACTERS_MAX {
        return invalid("Invalid channel id.");
    }
    if !matches!(text("type").as_str(), "web_hook" | "webhook") {
        return Answer::error(400, "pushInvalidChannelType", "Unknown channel type");
    }
    // TLS is not what is tested here: this machine may be told in the clear.
    if !address.starts_with("https://") && !address.starts_with("http://127.0.0.1") {
        let message = "WebHook callback must be HTTPS";
        return Answer::error(400, "push.webhookUrlNotHttps", message);
    }
    if token.is_some_and(|token| token.chars().count() > TOKEN_CHARACTERS_MAX) {
        return invalid("Invalid channel token.");
    }
    if world.push.channels.iter().any(|known| known.id == id) {
        return Answer::error(400, "channelIdNotUnique", "Channel id not unique");
    }
    let expires = expires(world, &body);
    let mut channel = Channel {
        id,
        user: asked.user.clone(),
        calendar: calendar.to_owned(),
        address,
        token: token.map(str::to_owned),
        resource: format!("resource-{:x}", mixed(calendar)),
        uri: format!(
            "{}/calendar/v3/calendars/{calendar}/events?alt=json",
            world.root
        ),
        expires,
        stopped: false,
        number: 0,
    };
    world.push.queue.push_back(channel.notice("sync"));
    let mut answer = json!({
        "kind": "api#channel",
        "id": channel.id,
        "resourceId": channel.resource,
        "resourceUri": channel.uri,
        "expiration": channel.expires.timestamp_millis().to_string(),
    });
    if let Some(token) = &channel.token {
        answer["token"] = json!(token);
    }
    world.push.channels.push(channel);
    Answer::json(answer)
}

/// One resource has one id, whoever watches it.
fn mixed(calendar: &str) -> u64 {
    let sum = |sum: u64, byte: u8| sum.wrapping_mul(0x0100_0000_01b3) ^ u64::from(byte);
    calendar.bytes().fold(0xcbf2_9ce4_8422_2325, sum)
}

/// As asked, but no longer than Google lets a channel live; 7 days when nothing is asked.
fn expires(world: &World, body: &Value) -> DateTime<Utc> {
    let now = world.now();
    let last = now + world.switches.channel_life_max;
    let number = |value: &Value| value.as_str().and_then(|text| text.parse::<i64>().ok());
    let asked = number(&body["expiration"]).and_then(DateTime::from_timestamp_millis);
    let ttl = number(&body["params"]["ttl"]).and_then(Duration::try_seconds);
    let asked = asked.or_else(|| ttl.map(|ttl| now + ttl));
    asked.map_or(last, |asked| asked.min(last))
}

/// `channels.stop`
pub fn stop(world: &mut World, asked: &Asked) -> Answer {
    let body = asked.body.clone().unwrap_or_default();
    let mut channels = world.push.channels.iter_mut();
    let found = channels.find(|channel| {
        body["id"] == channel.id
            && body["resourceId"] == channel.resource
            && channel.user == asked.user
            && !channel.stopped
    });
    let Some(channel) = found else {
        return not_found();
    };
    channel.stopped = true;
    Answer::nothing()
}
