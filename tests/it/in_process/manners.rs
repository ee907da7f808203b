//! Servers with worse manners than ours, laid over the real one: each leaves some clients with the forbidden value.
//!
//! What is asserted here is what was measured of the real clients against servers that answer so. It shows that the
//! emulated clients can fail, and so that [`restore`](super::restore) says something.

use super::clients::{self, Client, Known, Thunderbird};
use super::http::{Answer, Asked, Http};
use super::restore::{Edit, installation};
use crate::harness::Listing;

/// How a server answers.
pub enum Manners {
    /// As the bridge does.
    Ours,
    /// It keeps the original, and gives the ETag of it as if the client's text were stored.
    ClaimsStored,
    /// It keeps the original, and shows no version anywhere that moved.
    NothingMoves(Versions),
    /// It refuses every write with this status and no words, and nothing moves.
    Refuses(u16),
}

/// What a server shows that never moves a version.
pub struct Versions {
    etags: Listing,
    ctag: String,
    token: String,
}

impl Versions {
    /// As they stand.
    pub fn of(http: &Http) -> Self {
        let token = http.sync("").sync_token.expect("a sync-token");
        Self {
            etags: http.list(),
            ctag: http.ctag(),
            token,
        }
    }

    /// An answer with these versions in the place of the true ones.
    fn in_place(&self, asked: &Asked<'_>, mut answer: Answer) -> Answer {
        if let (Some(etag), Some(old)) =
            (answer.headers.get_mut("etag"), self.etags.get(asked.href))
        {
            etag.clone_from(old);
        }
        if asked.body.contains("sync-collection") {
            // Nothing moved since any token.
            let end = format!(
                "<D:sync-token>{}</D:sync-token></D:multistatus>",
                self.token
            );
            let start = answer
                .body
                .find("<D:response>")
                .or(answer.body.find("<D:sync-token>"));
            answer.body.truncate(start.expect("a sync answer"));
            answer.body.push_str(&end);
            return answer;
        }
        answer.body = replaced(&answer.body, "CS:getctag", &self.ctag);
        for (href, etag) in &self.etags {
            let Some(at) = answer.body.find(&format!("<D:href>{href}</D:href>")) else {
                continue;
            };
            let (before, rest) = answer.body.split_at(at);
            answer.body = format!("{before}{}", replaced(rest, "D:getetag", etag));
        }
        answer
    }
}

/// The text with the content of the first element of this name replaced.
fn replaced(xml: &str, name: &str, content: &str) -> String {
    let (start, end) = (format!("<{name}>"), format!("</{name}>"));
    let Some((before, rest)) = xml.split_once(&start) else {
        return xml.to_owned();
    };
    let Some((_, after)) = rest.split_once(&end) else {
        return xml.to_owned();
    };
    format!("{before}{start}{content}{end}{after}")
}

impl Manners {
    /// Answers one request.
    pub fn answer(&mut self, http: &Http, asked: &Asked<'_>) -> Answer {
        let write = matches!(asked.method, "PUT" | "DELETE");
        match self {
            Self::Refuses(status) if write => Answer::bare(*status),
            Self::Ours | Self::Refuses(_) => http.send_honestly(asked),
            Self::NothingMoves(versions) => versions.in_place(asked, http.send_honestly(asked)),
            Self::ClaimsStored => {
                let mut answer = http.send_honestly(asked);
                if asked.method == "PUT" {
                    let get = Asked {
                        method: "GET",
                        headers: vec![],
                        body: String::new(),
                        ..*asked
                    };
                    let etag = http
                        .send_honestly(&get)
                        .etag()
                        .expect("the original is there");
                    answer.headers.insert("etag".to_owned(), etag);
                }
                answer
            }
        }
    }
}

/// How a client ends up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// It shows the original, and is quiet.
    Original,
    /// It shows the forbidden value and believes it stored.
    Forbidden,
    /// It shows the forbidden value (or nothing, for a deletion) and sends it again at every synchronisation.
    Resends,
    /// It shows nothing, and is quiet: the object is lost.
    Lost,
}

/// Synchronisations until a client is believed to stay as it is.
const ROUNDS: usize = 4;

fn end(client: &mut dyn Client, original: &[String]) -> End {
    for _ in 0..ROUNDS {
        client.sync();
    }
    let before = client.writes();
    client.sync();
    client.sync();
    match (client.writes() - before, client.shows()) {
        (0, shows) if shows == original => End::Original,
        (0, shows) if shows.len() < original.len() => End::Lost,
        (0, _) => End::Forbidden,
        (2, _) => End::Resends,
        (writes, shows) => panic!("{writes} writes in two rounds, shows {shows:?}"),
    }
}

fn ends(edit: Edit, manners: fn(&Http) -> Manners) -> Vec<(&'static str, End)> {
    let one = |known: Known| {
        let (world, href) = installation();
        let mut client = (known.make)(&world, "anna");
        client.sync();
        let original = client.shows();
        client.device().http.behave(manners(&client.device().http));
        edit.make(client.as_mut(), &href);
        (known.name, end(client.as_mut(), &original))
    };
    clients::ALL.into_iter().map(one).collect()
}

const MOVE: Edit = Edit::Move("2026-12-02T09:00..2026-12-03T18:00");

#[test]
fn an_etag_with_other_bytes_leaves_most_clients_with_the_forbidden_value_for_ever() {
    assert_eq!(
        ends(MOVE, |_| Manners::ClaimsStored),
        [
            ("Thunderbird online", End::Original),
            (
                "Thunderbird replaying what was edited offline",
                End::Original
            ),
            ("DAVx5 until 2025", End::Forbidden),
            ("DAVx5 until 2025 without a time limit", End::Forbidden),
            ("DAVx5 of 2026", End::Forbidden),
            ("Evolution", End::Forbidden),
            ("Outlook CalDav Synchronizer", End::Forbidden),
            ("Tasks.org", End::Forbidden),
            ("vdirsyncer", End::Forbidden),
        ]
    );
}

#[test]
fn a_version_that_does_not_move_leaves_clients_with_the_forbidden_value_or_sending_for_ever() {
    assert_eq!(
        ends(MOVE, |http| Manners::NothingMoves(Versions::of(http))),
        [
            ("Thunderbird online", End::Original),
            (
                "Thunderbird replaying what was edited offline",
                End::Original
            ),
            ("DAVx5 until 2025", End::Original),
            ("DAVx5 until 2025 without a time limit", End::Forbidden),
            ("DAVx5 of 2026", End::Resends),
            ("Evolution", End::Original),
            ("Outlook CalDav Synchronizer", End::Forbidden),
            ("Tasks.org", End::Forbidden),
            ("vdirsyncer", End::Forbidden),
        ]
    );
}

#[test]
fn a_version_that_does_not_move_loses_what_was_deleted() {
    assert_eq!(
        ends(Edit::Delete, |http| Manners::NothingMoves(Versions::of(
            http
        ))),
        [
            ("Thunderbird online", End::Lost),
            ("Thunderbird replaying what was edited offline", End::Lost),
            ("DAVx5 until 2025", End::Original),
            ("DAVx5 until 2025 without a time limit", End::Lost),
            ("DAVx5 of 2026", End::Lost),
            ("Evolution", End::Lost),
            ("Outlook CalDav Synchronizer", End::Original),
            ("Tasks.org", End::Lost),
            ("vdirsyncer", End::Original),
        ]
    );
}

#[test]
fn a_bare_403_is_sent_again_for_ever_by_every_client_that_keeps_a_queue() {
    let expected = [
        ("Thunderbird online", End::Original),
        (
            "Thunderbird replaying what was edited offline",
            End::Resends,
        ),
        ("DAVx5 until 2025", End::Resends),
        ("DAVx5 until 2025 without a time limit", End::Resends),
        ("DAVx5 of 2026", End::Resends),
        ("Evolution", End::Original),
        ("Outlook CalDav Synchronizer", End::Resends),
        ("Tasks.org", End::Resends),
        ("vdirsyncer", End::Resends),
    ];
    assert_eq!(ends(MOVE, |_| Manners::Refuses(403)), expected);
}

#[test]
fn a_bare_403_to_a_deletion_is_sent_again_until_it_is_let_through() {
    assert_eq!(
        ends(Edit::Delete, |_| Manners::Refuses(403)),
        [
            ("Thunderbird online", End::Original),
            (
                "Thunderbird replaying what was edited offline",
                End::Resends
            ),
            // It forgets a deletion whatever the answer, and lists everything.
            ("DAVx5 until 2025", End::Original),
            // It does the same, but a report of changes shows it nothing.
            ("DAVx5 until 2025 without a time limit", End::Lost),
            ("DAVx5 of 2026", End::Lost),
            ("Evolution", End::Original),
            ("Outlook CalDav Synchronizer", End::Resends),
            ("Tasks.org", End::Resends),
            ("vdirsyncer", End::Resends),
        ]
    );
}

#[test]
fn a_failing_server_is_asked_again_for_ever() {
    let ends = ends(MOVE, |_| Manners::Refuses(503));
    // Evolution says that it failed and shows the server's version.
    let quiet: Vec<_> = ends
        .iter()
        .filter(|(_, end)| *end != End::Resends)
        .collect();
    assert_eq!(quiet, [&("Evolution", End::Original)]);
}

#[test]
fn a_412_makes_thunderbird_ask_and_send_without_a_condition() {
    let (world, href) = installation();
    let mut client = Thunderbird::online(&world, "anna");
    client.overwrites = true;
    client.sync();
    client.device().http.behave(Manners::Refuses(412));
    MOVE.make(&mut client, &href);
    assert_eq!(client.device().told, ["overwrite the server's version?"; 2]);
    assert_eq!(client.device().http.writes(), 2);
}
