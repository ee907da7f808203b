//! Everything that the bridge ever said, and the check of what it says now against it.

use super::load::{SeenBody, SeenState, Slots};
use super::{OWNERS, WRITERS};
use crate::harness::{Bridge, Dav, Listing, demo};
use icalendar::parser::{read_calendar, unfold};
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// How many of the last tokens before a kill are asked about after it. A token that ran ahead of the disk is among the last.
const TOKENS_MAX: usize = 20;

/// What is known of the collections, over all rounds. Bodies and states are kept as hashes: there are many.
pub struct World {
    /// By href and ETag: the one body that came with it.
    bodies: BTreeMap<(String, String), u64>,
    /// By owner and sync-token: the one state that it stands for.
    states: BTreeMap<(&'static str, String), u64>,
    /// By owner: the members that no writer touches, with their ETags.
    untouched: BTreeMap<&'static str, Listing>,
    /// By owner: the states that are to be asked about after the kill.
    open: BTreeMap<&'static str, Vec<SeenState>>,
}

impl World {
    /// What a fresh demonstration shows.
    pub fn new(bridge: &Bridge) -> Self {
        let listed = |owner| (owner, bridge.dav(owner).list(&demo::collection(owner)));
        Self {
            bodies: BTreeMap::new(),
            states: BTreeMap::new(),
            untouched: OWNERS.into_iter().map(listed).collect(),
            open: BTreeMap::new(),
        }
    }

    /// Takes in bodies with their ETags. One ETag of one href never names two bodies.
    pub fn saw_bodies(&mut self, seen: Vec<SeenBody>) {
        for (href, etag, body) in seen {
            let key = (href, etag);
            let known = self.bodies.entry(key.clone()).or_insert(hash(&body));
            assert_eq!(
                *known,
                hash(&body),
                "{key:?} named another body than\n{body}"
            );
        }
    }

    /// Takes in states with their tokens. One token of one collection never names two states.
    pub fn saw_states(&mut self, owner: &'static str, seen: Vec<SeenState>) {
        for (token, listing) in &seen {
            let known = self.states.entry((owner, token.clone()));
            let known = *known.or_insert(hash(listing));
            assert_eq!(
                known,
                hash(listing),
                "{token} named another state than {listing:#?}"
            );
        }
        let open = self.open.entry(owner).or_default();
        open.extend(seen);
        open.drain(..open.len().saturating_sub(TOKENS_MAX));
    }

    /// Holds a bridge that was started again against all of it.
    pub fn check(&mut self, bridge: &Bridge, slots: &mut [Slots], round: u64) {
        for owner in OWNERS {
            let dav = bridge.dav(owner);
            let listing = dav.list(&demo::collection(owner));
            let bodies = self.get_all(&dav, &listing);
            let mut expected: Vec<String> = self.untouched[owner].keys().cloned().collect();
            for (slots, _) in slots
                .iter_mut()
                .zip(WRITERS)
                .filter(|(_, name)| *name == owner)
            {
                settle(slots, owner, &bodies, round);
                let there = (0..slots.bodies.len()).filter(|&slot| slots.bodies[slot].is_some());
                expected.extend(there.map(|slot| slots.href(owner, slot)));
            }
            expected.sort();
            let members: Vec<String> = listing.keys().cloned().collect();
            assert_eq!(members, expected, "members of {owner} after round {round}");
            for (href, etag) in &self.untouched[owner] {
                assert_eq!(listing[href], *etag, "{href}, which nobody touched");
            }
            self.check_tokens(&dav, owner, &listing);
        }
    }

    /// Every member as GET serves it: whole, and at the ETag that the listing names.
    fn get_all(&mut self, dav: &Dav, listing: &Listing) -> BTreeMap<String, String> {
        let mut bodies = BTreeMap::new();
        for (href, etag) in listing {
            let answer = dav.get(href);
            assert_eq!(answer.status, 200, "GET {href}");
            assert_eq!(answer.etag().as_ref(), Some(etag), "ETag of {href}");
            let parsed = read_calendar(&unfold(&answer.body)).map(|_| ());
            assert_eq!(parsed, Ok(()), "{href} is whole");
            self.saw_bodies(vec![(href.clone(), etag.clone(), answer.body.clone())]);
            bodies.insert(href.clone(), answer.body);
        }
        bodies
    }

    /// Every token that was shown before the kill leads to the present, and so does none.
    fn check_tokens(&mut self, dav: &Dav, owner: &'static str, listing: &Listing) {
        let mut before = self.open.remove(owner).unwrap_or_default();
        before.push(SeenState::default());
        for (token, mut state) in before {
            let answer = dav.sync(&demo::collection(owner), &token);
            answer.apply(&mut state);
            assert_eq!(state, *listing, "where {token:?} of {owner} leads");
            let now = answer.sync_token.expect("a sync-token");
            self.saw_states(owner, vec![(now, state)]);
        }
    }
}

fn hash(value: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Compares one writer's notes with what is there; a write that was under way may have happened or not.
fn settle(slots: &mut Slots, owner: &str, bodies: &BTreeMap<String, String>, round: u64) {
    if let Some((slot, wanted)) = slots.under_way.take()
        && bodies.get(&slots.href(owner, slot)) == wanted.as_ref()
    {
        slots.bodies[slot] = wanted;
    }
    for (slot, body) in slots.bodies.iter().enumerate() {
        let href = slots.href(owner, slot);
        let there = bodies.get(&href);
        assert!(
            there == body.as_ref(),
            "{href} after round {round}: acknowledged was\n{body:?}\nthere is\n{there:?}"
        );
    }
}
