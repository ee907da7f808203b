//! The driver against a server on this machine.

use super::samples::{self, NOTE, NOTE_KEY, PERSON, TASK, anna, boris, id};
use super::server::{Answer, Seen, Server};
use crate::advanta::{Access, Base, BreakerOptions, Contract, Options, Secret};
use crate::model::{Changes, Cursor, Revision, Settings};
use crate::ports::{Advanta as _, AdvantaError, AdvantaErrorKind};
use bytes::Bytes;
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub(super) fn say(status: u16, body: &'static str) -> Answer {
    Answer::Say(status, vec![], Bytes::from_static(body.as_bytes()))
}

pub(super) fn access(server: &Server, scheme: &str) -> Access {
    let base = format!("{scheme}://{}/v1", server.address);
    Access {
        base: Base::new(&base, false).unwrap(),
        token: Some(Secret::new("open-sesame")),
        identity: None,
        authorities: None,
    }
}

fn contract(server: &Server, options: Options) -> Contract {
    Contract::new(access(server, "http"), Settings::default(), options).unwrap()
}

/// Fails with this answer; where and when it says nothing of where the server is.
async fn fails(contract: &Contract) -> AdvantaError {
    contract.get(id(TASK)).await.unwrap_err()
}

fn transient(why: &str) -> AdvantaError {
    AdvantaError {
        kind: AdvantaErrorKind::Transient,
        detail: format!("get object {TASK}: {why}"),
    }
}

fn lines(seen: &[Seen]) -> Vec<&str> {
    seen.iter().map(|seen| seen.line.as_str()).collect()
}

#[tokio::test]
async fn every_method_of_the_port_makes_its_call_with_the_token() {
    let server = Server::start(say(200, NOTE), None).await;
    let contract = contract(&server, Options::default());
    assert_eq!(contract.get(id(NOTE_KEY)).await, Ok(Some(samples::note())));
    assert_eq!(
        contract.create(&samples::draft()).await,
        Ok(samples::note())
    );
    server.answer(say(204, ""));
    let change = Changes {
        title: Some("B".to_owned()),
        ..Changes::default()
    };
    assert_eq!(
        contract
            .change(id(TASK), &boris(), Revision(17), &change)
            .await,
        Ok(())
    );
    assert_eq!(
        contract.delete(id(TASK), &anna(), Revision(18)).await,
        Ok(())
    );
    server.answer(say(200, samples::CHANGES));
    let cursor = Cursor("7".to_owned());
    assert_eq!(
        contract
            .changes(Some(&cursor))
            .await
            .map(|page| page.notices.len()),
        Ok(4)
    );
    server.answer(say(200, PERSON));
    assert_eq!(contract.person(&boris()).await, Ok(Some(samples::person())));

    let seen = server.seen();
    assert_eq!(
        lines(&seen),
        [
            format!("GET /v1/objects/{NOTE_KEY}"),
            "POST /v1/objects".to_owned(),
            format!("PATCH /v1/objects/{TASK}"),
            format!("DELETE /v1/objects/{TASK}?by=anna&expectedRevision=18"),
            "GET /v1/changes?cursor=7&limit=500".to_owned(),
            "GET /v1/people/boris".to_owned(),
        ]
    );
    assert_eq!(
        seen[2].body,
        r#"{"by":"boris","expectedRevision":17,"title":"B"}"#
    );
    for each in &seen {
        assert_eq!(
            each.headers["authorization"], "Bearer open-sesame",
            "{}",
            each.line
        );
        let agent = concat!("advanta-bridge/", env!("CARGO_PKG_VERSION"));
        assert_eq!(each.headers["user-agent"], agent, "{}", each.line);
    }
}

#[tokio::test]
async fn nobody_there_is_none_for_who_asks_and_gone_for_who_writes() {
    let problem =
        r#"{"type":"urn:advanta-bridge:problem:not-found","title":"Not found","status":404}"#;
    let server = Server::start(say(404, problem), None).await;
    let contract = contract(&server, Options::default());
    assert_eq!(contract.get(id(TASK)).await, Ok(None));
    assert_eq!(contract.person(&anna()).await, Ok(None));
    let deleted = contract.delete(id(TASK), &anna(), Revision(1)).await;
    assert_eq!(
        deleted.map_err(|error| error.kind),
        Err(AdvantaErrorKind::Gone)
    );
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Server::start(say(200, NOTE), None).await;
    let to = format!("http://{}/v1/objects/{NOTE_KEY}", elsewhere.address);
    let answer = Answer::Say(307, vec![("location", to)], Bytes::new());
    let server = Server::start(answer, None).await;
    let error = fails(&contract(&server, Options::default())).await;
    assert_eq!(error.kind, AdvantaErrorKind::Denied);
    let expected = format!("get object {TASK}: answered 307: a redirect is not followed");
    assert_eq!(error.detail, expected);
    assert_eq!(elsewhere.seen(), []);
}

#[tokio::test]
async fn a_slow_answer_is_given_up() {
    let server = Server::start(Answer::Silence, None).await;
    let options = Options {
        call_timeout: Duration::from_millis(300),
        ..Options::default()
    };
    let contract = contract(&server, options);
    let patience = Duration::from_secs(8);
    let given_up = tokio::time::timeout(patience, fails(&contract)).await;
    let error = given_up.expect("it is given up long before");
    assert_eq!(error.kind, AdvantaErrorKind::Transient);
    let expected = format!("get object {TASK}: no answer in time");
    assert!(error.detail.starts_with(&expected), "{error}");
}

#[tokio::test]
async fn an_answer_is_read_to_its_bound_and_no_further() {
    let server = Server::start(say(200, NOTE), None).await;
    for (bytes_max, fits) in [(NOTE.len(), true), (NOTE.len() - 1, false)] {
        let options = Options {
            answer_bytes_max: bytes_max,
            ..Options::default()
        };
        let read = contract(&server, options).get(id(NOTE_KEY)).await;
        assert_eq!(read.is_ok(), fits, "{bytes_max}: {read:?}");
    }
    let huge = Answer::Say(200, vec![], Bytes::from(vec![b' '; 1 << 20]));
    server.answer(huge);
    let options = Options {
        answer_bytes_max: 1000,
        ..Options::default()
    };
    let expected = transient("the answer is longer than 1000 bytes");
    assert_eq!(fails(&contract(&server, options)).await, expected);
}

#[tokio::test]
async fn nobody_at_the_address_is_no_connection() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let access = Access {
        base: Base::new(&base, false).unwrap(),
        token: None,
        identity: None,
        authorities: None,
    };
    let contract = Contract::new(access, Settings::default(), Options::default()).unwrap();
    let error = fails(&contract).await;
    assert_eq!(error.kind, AdvantaErrorKind::Transient);
    let expected = format!("get object {TASK}: no connection");
    assert!(error.detail.starts_with(&expected), "{error}");
    assert!(!error.detail.contains("127.0.0.1"), "{error}");
}

/// A breaker that opens after so many failures.
fn breaker(failures: u32, wait: Duration) -> Options {
    Options {
        breaker: BreakerOptions {
            failures,
            wait_base: wait,
            wait_max: wait,
        },
        ..Options::default()
    }
}

#[tokio::test]
async fn after_failures_in_a_row_calls_fail_without_being_made() {
    let server = Server::start(say(500, ""), None).await;
    let contract = contract(&server, breaker(3, Duration::from_secs(3600)));
    for _ in 0..3 {
        assert_eq!(
            fails(&contract).await,
            transient("answered 500: not available")
        );
    }
    let stopped = transient("not tried, too many calls failed in a row");
    server.answer(say(200, NOTE));
    for _ in 0..5 {
        assert_eq!(fails(&contract).await, stopped);
    }
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn a_success_between_and_every_answer_that_is_a_decision_keeps_calls_going() {
    let server = Server::start(say(500, ""), None).await;
    let contract = contract(&server, breaker(2, Duration::from_secs(3600)));
    let wait = vec![("retry-after", "1".to_owned())];
    let decisions = [
        say(200, NOTE),
        say(200, "hush"),
        say(401, ""),
        say(404, ""),
        say(409, ""),
        say(422, ""),
    ];
    for decision in &decisions {
        server.answer(say(500, ""));
        fails(&contract).await;
        server.answer(decision.clone());
        let _ = contract.get(id(NOTE_KEY)).await;
    }
    for status in [429, 503, 429, 503] {
        server.answer(Answer::Say(status, wait.clone(), Bytes::new()));
        let kind = fails(&contract).await.kind;
        let retry_after = Duration::from_secs(1);
        assert_eq!(kind, AdvantaErrorKind::Throttled { retry_after });
    }
    assert_eq!(server.seen().len(), decisions.len() * 2 + 4);
}

#[tokio::test]
async fn after_the_wait_one_call_decides_and_every_change_is_logged_once() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.subscriber());
    let server = Server::start(say(500, ""), None).await;
    // Half of one second, in whole seconds, is no wait at all.
    let contract = contract(&server, breaker(1, Duration::from_secs(1)));
    fails(&contract).await;
    fails(&contract).await;
    server.answer(say(200, NOTE));
    for _ in 0..2 {
        assert_eq!(contract.get(id(NOTE_KEY)).await, Ok(Some(samples::note())));
    }
    assert_eq!(server.seen().len(), 4);
    let said = log.0.lock().unwrap().clone();
    assert_eq!(
        String::from_utf8(said).unwrap(),
        [
            " WARN advanta does not answer: calls stop for a while",
            " INFO advanta is tried again",
            " WARN advanta does not answer: calls stop for a while",
            " INFO advanta is tried again",
            " INFO advanta answers again",
            ""
        ]
        .join("\n")
    );
}

#[tokio::test]
async fn one_call_at_a_time_finds_out_whether_advanta_is_back() {
    let server = Server::start(say(500, ""), None).await;
    let contract = contract(&server, breaker(1, Duration::from_secs(1)));
    fails(&contract).await;
    server.answer(Answer::Silence);
    let mut first = contract.get(id(NOTE_KEY));
    let polled_once = tokio::time::timeout(Duration::ZERO, &mut first).await;
    assert!(polled_once.is_err(), "{polled_once:?}");
    let stopped = transient("not tried, too many calls failed in a row");
    assert_eq!(fails(&contract).await, stopped);
    // A caller who gives up does not shut the door behind it.
    drop(first);
    server.answer(say(200, NOTE));
    assert_eq!(contract.get(id(NOTE_KEY)).await, Ok(Some(samples::note())));
    let together = tokio::join!(contract.get(id(NOTE_KEY)), contract.get(id(NOTE_KEY)));
    assert!(together.0.is_ok() && together.1.is_ok(), "{together:?}");
}

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn subscriber(&self) -> impl tracing::Subscriber + Send + Sync + use<> {
        let log = self.clone();
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::INFO)
            .without_time()
            .with_target(false)
            .with_ansi(false)
            .with_writer(move || log.clone())
            .finish()
    }
}

impl std::io::Write for Log {
    fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
