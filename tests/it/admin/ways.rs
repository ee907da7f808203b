//! One command, three ways: no bridge runs, through the socket of one that does, over the network with a token.

use super::install::{Installation, Said, Serving, TOKEN, mode};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Runs a command over the network.
fn remote(place: &Installation, serving: &Serving, args: &[&str]) -> Said {
    let reach = ["--lang", "en", "--url", &serving.url];
    place.command(&[args, &reach].concat(), &[("ADVANTA_BRIDGE_TOKEN", TOKEN)])
}

/// A person and a password, made and used by commands that go this way.
fn lives_and_dies(serving: Option<&Serving>, run: impl Fn(&[&str]) -> Said) {
    let id = run(&["user", "add", "anna", "--name", "Анна К."]).line();
    let password = run(&["app-password", "add", "anna", "--label", "phone"]).line();
    let second = run(&["app-password", "add", "anna", "--label", "tablet"]).line();
    assert_eq!((id.len(), password.len()), (36, 48));
    let listed = run(&["app-password", "list", "anna", "--json"]).line();
    let phone = &listed["{\"appPasswords\":[{\"id\":\"".len()..][..36];

    let let_in = |password: &str| serving.map(|serving| serving.let_in("anna", password));
    let expect = |status| serving.map(|_| status);
    assert_eq!(
        (let_in(&password), let_in(&second)),
        (expect(207), expect(207))
    );
    assert_eq!(run(&["app-password", "revoke", phone]).done(), "");
    assert_eq!(
        (let_in(&password), let_in(&second)),
        (expect(401), expect(207))
    );

    assert_eq!(
        run(&["user", "deactivate", "anna"]).line(),
        "Kept out; passwords and addresses revoked: 1"
    );
    assert_eq!(let_in(&second), expect(401));
    assert_eq!(
        run(&["user", "list"]).done(),
        format!(
            "Id                                    Login  Name     E-mail  Access\n\
             {id}  anna   Анна К.          no\n"
        )
    );
}

#[test]
fn a_command_answers_itself_while_no_bridge_runs() {
    let place = Installation::new();
    lives_and_dies(None, |args| place.run(args));
    // What it wrote is what a bridge reads.
    let password = {
        place.run(&["user", "add", "vera", "--name", "Вера"]).line();
        place
            .run(&["app-password", "add", "vera", "--label", "phone"])
            .line()
    };
    let serving = place.serve();
    assert_eq!(serving.let_in("vera", &password), 207);
}

#[test]
fn a_command_reaches_the_running_bridge_through_its_data_folder() {
    let place = Installation::new();
    let serving = place.serve();
    let socket = place.path("data/admin.sock");
    assert_eq!(mode(&socket), "600");
    assert_eq!(mode(&place.path("data")), "700");
    lives_and_dies(Some(&serving), |args| place.run(args));
    serving.stop();
    assert!(!socket.exists());
}

#[test]
fn a_command_reaches_a_bridge_over_the_network_with_a_token() {
    let place = Installation::new();
    let serving = place.serve();
    lives_and_dies(Some(&serving), |args| remote(&place, &serving, args));
}

#[test]
fn the_socket_of_a_killed_bridge_is_in_nobodys_way() {
    let place = Installation::new();
    place.serve().kill9();
    assert!(place.path("data/admin.sock").exists());
    place.run(&["user", "add", "anna", "--name", "Анна"]).line();
    let serving = place.serve();
    let status = place.run(&["status", "--json"]).line();
    assert!(status.contains("\"running\":true"), "{status}");
    serving.stop();
    let status = place.run(&["status", "--json"]).line();
    assert!(status.contains("\"running\":false"), "{status}");
}

#[test]
fn a_wrong_token_is_turned_away_before_the_body_is_there() {
    let place = Installation::new();
    let serving = place.serve();
    let address = serving
        .url
        .trim_start_matches("http://")
        .trim_end_matches('/');
    let mut socket = TcpStream::connect(address).expect("the bridge listens");
    socket
        .set_read_timeout(Some(Duration::from_secs(20)))
        .expect("a timeout");
    let head = "POST /admin/v1/users/anna/import HTTP/1.1\r\nHost: localhost\r\n\
        Authorization: Bearer token-0123456789-tokem\r\nContent-Type: text/calendar\r\n\
        Content-Length: 134217728\r\n\r\n";
    let begun = Instant::now();
    socket.write_all(head.as_bytes()).expect("a request");
    let mut answer = [0; 12];
    socket.read_exact(&mut answer).expect("an answer");
    assert_eq!(str::from_utf8(&answer), Ok("HTTP/1.1 401"));
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[test]
fn the_demonstration_takes_commands_through_its_folder_only() {
    let bridge = crate::harness::Bridge::demo(&[]);
    let refused = bridge.anonymous().get("/admin/v1/users");
    assert_eq!(refused.status, 403);
    let place = Installation::new();
    let data = bridge.data();
    let data = data.to_str().expect("a UTF-8 path");
    let said = place.command(&["user", "list", "--lang", "en", "--data", data], &[]);
    let first = said.done().lines().nth(1).map(str::to_owned);
    let first = first.expect("a person");
    assert!(first.starts_with("u-anna"), "{first}");
}

#[test]
fn people_read_their_refusals_where_they_read_their_calendar() {
    let bridge = crate::harness::Bridge::demo(&[]);
    let emily = bridge.dav("emily");
    let href = crate::harness::demo::href("emily", crate::harness::demo::NO_RIGHTS);
    let ics = emily.get(&href).body;
    let moved = crate::harness::with_line(&ics, "SUMMARY", "SUMMARY:Mine");
    assert_eq!(emily.put(&href, &moved).status, 204);
    let told = emily.get("/me/refusals").body;
    assert!(
        told.contains("\"words\":\"Title: refused, you may not change the title\""),
        "{told}"
    );
    assert_eq!(
        bridge.dav("boris").get("/me/refusals").body,
        "{\"rows\":[]}"
    );
    assert_eq!(bridge.anonymous().get("/me/refusals").status, 401);
}
