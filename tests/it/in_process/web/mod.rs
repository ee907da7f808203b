//! The doors beside CalDAV: the administrator's API, ADVANTA's hooks, people's own pages.

mod api;
mod door;
mod hooks;
mod me;
mod queue;
mod secrets;
mod subscriptions;

use super::http::Answer;
use super::world::World;
use advanta_bridge::web::{Caller, Settings, Tokens, Web};
use bytes::Bytes;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

/// The administrator's token.
const TOKEN: &str = "token-0123456789-token";
/// Somebody on the network.
pub const REMOTE: Caller = Caller::Remote(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7)));

/// The doors of a world.
pub fn doors(world: &World) -> Web {
    doors_with(world, |_| ())
}

/// The same with other settings.
fn doors_with(world: &World, change: impl FnOnce(&mut Settings)) -> Web {
    let mut settings = Settings {
        tokens: Tokens::read(TOKEN).unwrap(),
        ..Settings::default()
    };
    change(&mut settings);
    Web::new(Arc::clone(&world.bridge), settings)
}

/// A request with headers and a body.
pub fn request(
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> ::http::Request<Bytes> {
    let mut request = ::http::Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Bytes::from(body.to_owned())).unwrap()
}

/// What the administrator on this machine is answered, in English: status and body.
fn local(world: &World, method: &str, path: &str, body: &str) -> (u16, String) {
    let answer = ask(world, method, path, body, "en");
    (answer.status, answer.body)
}

fn ask(world: &World, method: &str, path: &str, body: &str, language: &str) -> Answer {
    let path = format!("/admin/v1/{path}");
    let headers = [
        ("accept-language", language),
        ("content-type", "application/json"),
    ];
    let request = request(method, &path, &headers, body);
    world.ask(&doors(world), request, Caller::Local)
}
