//! Failed sign-ins as the running bridge tells them, and the filter of `docs/fail2ban` on the lines that it really prints.

use crate::admin::install::{Installation, TOKEN};
use crate::harness::Dav;
use regex::Regex;
use std::time::{Duration, Instant};

/// How long the bridge may take to write its log.
const LOG_WAIT: Duration = Duration::from_secs(20);

/// The expression of the published filter. fail2ban puts its own for `<SUBNET>`, which is an address, maybe with a prefix length.
fn filter() -> Regex {
    let text = include_str!("../../docs/fail2ban/advanta-bridge.conf");
    let mut found = text
        .lines()
        .filter_map(|line| line.strip_prefix("failregex = "));
    let (Some(expression), None) = (found.next(), found.next()) else {
        panic!("one failregex in {text}");
    };
    let subnet = r"(?P<subnet>[0-9A-Fa-f:.]+(?:/[0-9]{1,3})?)";
    Regex::new(&expression.replace("<SUBNET>", subnet)).expect("an expression")
}

/// What the bridge told of sign-ins, without the time and the level, once there are so many lines of it.
fn told(installation: &Installation, lines_min: usize) -> Vec<String> {
    let begun = Instant::now();
    loop {
        let log = std::fs::read_to_string(installation.path("stderr.log")).expect("a log");
        let told: Vec<String> = log
            .lines()
            .filter(|line| line.contains("failed sign-in"))
            .map(str::to_owned)
            .collect();
        if told.len() >= lines_min || begun.elapsed() > LOG_WAIT {
            return told;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn status(url: &str, account: Option<(&str, &str)>, path: &str, token: Option<&str>) -> u16 {
    let bearer = token.map(|token| format!("Bearer {token}"));
    let headers = bearer
        .iter()
        .map(|bearer| ("authorization", bearer.as_str()));
    let headers: Vec<_> = headers.collect();
    Dav::new(url, account)
        .send("GET", path, &headers, "")
        .status
}

#[test]
fn each_is_one_line_that_fail2ban_matches_and_nothing_secret_is_in_it() {
    let installation = Installation::new();
    let anna = [
        "user",
        "add",
        "anna",
        "--name",
        "Anna",
        "--email",
        "anna@example.com",
    ];
    installation.run(&anna).done();
    let right = installation
        .run(&["app-password", "add", "anna", "--label", "phone"])
        .line();
    let serving = installation.serve();
    let dav =
        |login: &str, secret: &str| status(&serving.url, Some((login, secret)), "/dav/", None);
    // The names that strangers choose could begin a line, end a quotation, or be a password.
    let forged = "x\"\nWARN failed sign-in from 198.51.100.7 at caldav as \"y";
    let named = [
        (" ANNA", "wrong-1", r#""ANNA""#),
        (" ANNA", "wrong-1", r#""ANNA""#),
        ("Anna@example.com", "wrong-2", r#""Anna@example.com""#),
        ("root", "wrong-3", r#""root""#),
        ("Summer2026!", "wrong-4", "an unknown name of 11 characters"),
        (&right, "wrong-5", "an unknown name of 48 characters"),
        ("wrongsix", "wrongsix", "an unknown name of 8 characters"),
        ("secretword", "anna", "an unknown name of 10 characters"),
        (forged, "wrong-7", "an unknown name of 56 characters"),
    ];
    let mut expected = Vec::new();
    for (n, (login, secret, shown)) in named.into_iter().enumerate() {
        assert_eq!(dav(login, secret), 401, "{login}");
        let again = if n == 1 { "again " } else { "" };
        expected.push(format!(
            "failed sign-in {again}from 127.0.0.1 at caldav as {shown}"
        ));
        // The next line comes after this one.
        assert_eq!(
            told(&installation, expected.len()).len(),
            expected.len(),
            "{login}"
        );
    }
    let (url, me) = (&serving.url, "/me/refusals");
    assert_eq!(status(url, Some(("anna", "wrong-8")), me, None), 401);
    expected.push(r#"failed sign-in from 127.0.0.1 at me as "anna""#.to_owned());
    assert_eq!(told(&installation, expected.len()).len(), expected.len());
    let feed = "/feed/AAAAAAAAAAAAAAAAAAAAAAAAAAA.ics";
    assert_eq!(status(url, None, feed, None), 404);
    expected.push("failed sign-in from 127.0.0.1 at feed".to_owned());
    let users = "/admin/v1/users";
    assert_eq!(
        status(url, None, users, Some("wrong-token-0123456789")),
        401
    );
    expected.push("failed sign-in from 127.0.0.1 at admin".to_owned());
    // Asking without anything is no sign-in, and a right one is none that failed.
    assert_eq!(status(url, None, "/dav/", None), 401);
    assert_eq!(status(url, None, users, Some(TOKEN)), 200);
    assert_eq!(dav("anna@EXAMPLE.com", &right), 200);

    let lines = told(&installation, expected.len());
    let told: Vec<&str> = lines
        .iter()
        .map(|line| line.split_once(" WARN ").expect("the level of a warning").1)
        .collect();
    assert_eq!(told, expected);
    let filter = filter();
    for line in &lines {
        let matched = filter
            .captures(line)
            .map(|found| found["subnet"].to_owned());
        let again = line.contains("sign-in again");
        assert_eq!(
            matched.as_deref(),
            (!again).then_some("127.0.0.1"),
            "{line}"
        );
    }
    let status = installation.run(&["status"]).done();
    assert!(status.contains("Failed sign-ins: 12\n"), "{status}");
    serving.stop();
    let log = std::fs::read_to_string(installation.path("stderr.log")).expect("a log");
    for secret in [
        &right,
        "wrong",
        "Summer2026",
        "secretword",
        TOKEN,
        "AAAAAAAA",
    ] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}

#[test]
fn the_filter_takes_the_sender_from_where_the_bridge_writes_it_and_nothing_else() {
    let filter = filter();
    let found = |line: &str| {
        filter
            .captures(line)
            .map(|found| found["subnet"].to_owned())
    };
    let time = "2026-11-30T15:36:00.123456Z";
    for (line, expected) in [
        (
            "WARN failed sign-in from 203.0.113.7 at hooks",
            Some("203.0.113.7"),
        ),
        (
            "WARN failed sign-in from 2001:db8:1:2::/64 at feed",
            Some("2001:db8:1:2::/64"),
        ),
        (
            r#"WARN failed sign-in from 203.0.113.7 at me as "x at caldav""#,
            Some("203.0.113.7"),
        ),
        ("WARN failed sign-in again from 203.0.113.7 at feed", None),
        (
            "WARN failed sign-ins that were not told one by one: 7 from 2 addresses",
            None,
        ),
        (
            "INFO a title: WARN failed sign-in from 203.0.113.7 at feed",
            None,
        ),
    ] {
        assert_eq!(found(line).as_deref(), expected, "{line}");
        assert_eq!(
            found(&format!("{time}  {line}")).as_deref(),
            expected,
            "{line}"
        );
    }
}

#[test]
fn a_backup_alone_brings_working_passwords_back() {
    let (place, other) = (Installation::new(), Installation::new());
    place.run(&["user", "add", "anna", "--name", "Anna"]).done();
    let add = ["app-password", "add", "anna", "--label", "phone"];
    let password = place.run(&add).line();
    let backup = place.path("store.backup");
    let backup = backup.to_str().expect("a UTF-8 path");
    place.run(&["backup", "-o", backup]).line();
    assert_eq!(other.run(&["restore", backup]).code, 0);
    // No key came with it.
    assert!(!other.path("data/secrets.key").exists());
    let serving = other.serve();
    assert_eq!(serving.let_in(" ANNA ", &password), 207);
    serving.stop();
}

#[test]
fn one_command_gives_passwords_to_many_and_names_who_is_not_there() {
    let place = Installation::new();
    for login in ["anna", "boris"] {
        place.run(&["user", "add", login, "--name", login]).done();
    }
    std::fs::write(
        place.path("people"),
        "# the office\nanna\n\nnobody\nboris\n",
    )
    .expect("a file");
    let people = place.path("people");
    let people = people.to_str().expect("a UTF-8 path");
    let add = ["app-password", "add", "--label", "phone"];
    let said = place.run(&[&add[..], &["--from", people]].concat());
    assert_eq!(said.code, 3);
    assert_eq!(
        said.err,
        "advanta-bridge: Not found: there is no person \"nobody\"\n"
    );
    let given: Vec<(&str, &str)> = said
        .out
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .collect();
    let more = place
        .run(&[&add[..], &["anna", "boris", "--json"]].concat())
        .done();
    assert_eq!(more.lines().count(), 2, "{more}");
    assert!(more.starts_with("{\"id\":\""), "{more}");
    let serving = place.serve();
    let opens = given
        .iter()
        .map(|(login, secret)| (*login, serving.let_in(login, secret)));
    assert_eq!(opens.collect::<Vec<_>>(), [("anna", 207), ("boris", 207)]);
    serving.stop();
    let none = place.run(&add);
    assert_eq!(none.code, 2);
}
