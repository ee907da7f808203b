//! `subscription sync` at a terminal, through a bridge of the test that has a remote calendar.

use super::install::{Installation, Said, TOKEN};
use crate::in_process::subscriptions::remote::{Fake, Plain};
use crate::in_process::subscriptions::subscribed;
use crate::in_process::world::World;
use advanta_bridge::caldav::{self, Dav};
use advanta_bridge::feed::{self, Feed};
use advanta_bridge::model::Language;
use advanta_bridge::server::{Limits, Proxies, Server, Traffic};
use advanta_bridge::web::{Settings, Tokens, Web};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// A world with anna's calendar, in which one event stands.
fn world() -> (World, Fake) {
    let fake = Fake::default();
    let world = World::beside(Arc::new(fake.again()), Arc::new(Plain));
    world.person("anna", Language::Russian);
    subscribed(&world, "anna");
    fake.holds("Отпуск", None);
    (world, fake)
}

fn server(world: &World) -> Arc<Server> {
    let bridge = || Arc::clone(&world.bridge);
    let doors = Settings {
        tokens: Tokens::read(TOKEN).expect("a token"),
        ..Settings::default()
    };
    Arc::new(Server {
        dav: Dav::new(bridge(), caldav::Settings::default()),
        web: Web::new(bridge(), doors),
        feed: Feed::new(bridge(), feed::Options::default()),
        traffic: Traffic::new(&Limits::default()),
        limits: Limits::default(),
        proxies: Proxies::default(),
        demo: false,
        tls: None,
    })
}

/// What a command says that reaches this world over the network; `meanwhile` is done while it runs.
fn said(world: &World, args: &[&str], meanwhile: impl Future<Output = ()>) -> Said {
    let place = Installation::new();
    let token = place.path("tokens");
    let args: Vec<String> = args.iter().map(|&arg| arg.to_owned()).collect();
    world.wait(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let command = tokio::task::spawn_blocking(move || {
            let token = token.to_str().expect("a UTF-8 path").to_owned();
            let mut all: Vec<&str> = args.iter().map(String::as_str).collect();
            all.extend(["--url", &url, "--token-file", &token]);
            place.command(&all, &[])
        });
        let (said, told) = tokio::sync::oneshot::channel();
        let stop = async {
            let (ended, ()) = tokio::join!(command, meanwhile);
            let _waits = said.send(ended.expect("the command ran"));
        };
        server(world).run(listener, stop).await;
        told.await.expect("an answer")
    })
}

#[test]
fn a_dry_run_shows_what_would_be_done_in_either_language() {
    let (world, fake) = world();
    let sync = ["subscription", "sync", "anna", "--dry-run", "--lang"];
    let said = |lang: &str| said(&world, &[&sync[..], &[lang]].concat(), async {}).done();
    insta::assert_snapshot!(said("en"), @r"
    Action         Title   Fields  Object  Event
    import a note  Отпуск                  Отпуск
    Would be done: listed: 1, written: 0, import a note: 1
    ");
    insta::assert_snapshot!(said("ru"), @r"
    Действие       Название  Поля  Объект  Мероприятие
    новая заметка  Отпуск                  Отпуск
    Было бы сделано: прочитано: 1, записано в календарь: 0, новая заметка: 1
    ");
    assert_eq!(world.all(), []);
    assert_eq!(fake.events(), ["Отпуск"]);
}

#[test]
fn a_sync_tells_what_it_did_and_a_second_one_does_nothing() {
    let (world, _) = world();
    let sync = ["subscription", "sync", "anna", "--lang", "en"];
    insta::assert_snapshot!(said(&world, &sync, async {}).done(), @r"
    Done: listed: 1, written: 0, import a note: 1
    ");
    insta::assert_snapshot!(said(&world, &sync, async {}).done(), @r"
    Done: listed: 1, written: 0
    ");
    let titles: Vec<String> = world.all().into_iter().map(|note| note.title).collect();
    assert_eq!(titles, ["Отпуск"]);
    let json = [&sync[..], &["--json"]].concat();
    assert_eq!(
        said(&world, &json, async {}).done(),
        "{\"listed\":1,\"counts\":{},\"held\":0,\"writes\":0,\"troubles\":0,\"stuck\":0}\n"
    );
}

#[test]
fn a_long_sync_is_watched_until_its_answer() {
    let (world, fake) = world();
    let gate = fake.gate();
    let sync = ["subscription", "sync", "anna", "--lang", "en"];
    let opened = async {
        // Long enough for the command to ask how far it is; were the gate opened sooner, it would only ask less often.
        tokio::time::sleep(Duration::from_millis(1_200)).await;
        gate.notify_one();
    };
    let said = said(&world, &sync, opened);
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    assert_eq!(world.all().len(), 1);
}
