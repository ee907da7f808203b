//! The planner alone, beside a plain comparison of the same strings.
//!
//! The peer compares three maps from field to text, which were made beforehand, key by key. It normalises nothing, has no rules, no
//! window and no link to keep: what it takes is the price of looking at the strings at all.

use crate::figures::headline;
use crate::office;
use advanta_bridge::model::{
    Fields, Link, LinkId, Object, RemoteEvent, Rights, Settings, Subscription,
};
use advanta_bridge::ports::Remote as _;
use advanta_bridge::sync::{self, Action, Importing, Mark, Ours, Standing, Theirs, View};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;

const PAIRS: usize = 1_000;
const TIMES: usize = 200;

type Texts = BTreeMap<&'static str, String>;

struct Pair {
    link: Link,
    ours: Ours,
    event: RemoteEvent,
    /// Base, ours, theirs.
    texts: [Texts; 3],
}

/// Pairs in step, pairs edited in the calendar, pairs edited in ADVANTA.
pub fn plans(share: usize) {
    headline("the planner alone, one pair");
    let rows: [(&str, &str, Edit, Edit); 3] = [
        ("nothing changed", "rest", kept, kept),
        ("the event has another title", "edit", kept, renamed),
        ("the task has another title", "write", renamed, kept),
    ];
    for (what, word, ours, theirs) in rows {
        let pairs: Vec<Pair> = (0..PAIRS)
            .map(|number| pair(number, ours, theirs))
            .collect();
        row(what, word, &pairs, TIMES / share);
    }
}

fn row(what: &str, word: &str, pairs: &[Pair], times: usize) {
    let (settings, subscription) = (Settings::default(), office::subscription());
    for pair in pairs {
        assert_eq!(planned(pair, &settings, &subscription).word(), word);
    }
    let plan = nanos(pairs, times, |pair| {
        black_box(planned(pair, &settings, &subscription));
    });
    let peer = nanos(pairs, times, |pair| {
        black_box(compared(&pair.texts));
    });
    println!(
        "{what:<52} {plan:>7.0} ns; plain comparison of three maps {peer:>5.0} ns, {:.1} x",
        plan / peer
    );
}

fn nanos(pairs: &[Pair], times: usize, act: impl Fn(&Pair)) -> f64 {
    let begin = Instant::now();
    for _ in 0..times {
        pairs.iter().for_each(&act);
    }
    begin.elapsed().as_secs_f64() * 1e9 / (times * pairs.len()) as f64
}

fn planned(pair: &Pair, settings: &Settings, subscription: &Subscription) -> Action {
    sync::plan(&View {
        subscription,
        settings,
        can_create: true,
        can_move_occurrence: true,
        link: Some(&pair.link),
        ours: &pair.ours,
        theirs: Theirs::Seen(&pair.event),
        mark: Mark::Plain,
        may_remark: true,
        now: subscription.due,
    })
}

type Edit = fn(Fields) -> Fields;

fn kept(fields: Fields) -> Fields {
    fields
}

fn renamed(fields: Fields) -> Fields {
    Fields {
        title: format!("{}, новое название", fields.title),
        ..fields
    }
}

fn pair(number: usize, ours: Edit, theirs: Edit) -> Pair {
    let (settings, subscription) = (Settings::default(), office::subscription());
    let was = crate::calendar::hers(number);
    let task = office::task(number);
    let base = was.fields.clone();
    let importing = Importing {
        event: &was,
        theirs: &base,
        ours: &base,
        anchor: None,
        masked: false,
    };
    let policy = &settings.sync;
    let id = LinkId(task.id.0);
    let mut link = sync::imported(id, &subscription, task.id, &importing, policy);
    link.our_revision = task.revision;
    let (ours, theirs) = (ours(base.clone()), theirs(base.clone()));
    let version = if theirs == base { "1" } else { "2" };
    link.their_version = "1".to_owned();
    Pair {
        link,
        texts: [texts(&base), texts(&ours), texts(&theirs)],
        ours: standing(task, ours, &settings),
        event: RemoteEvent {
            version: version.to_owned(),
            fields: theirs,
            ..was
        },
    }
}

fn standing(task: Object, fields: Fields, settings: &Settings) -> Ours {
    let object = Object {
        title: fields.title.clone(),
        location: fields.location.clone(),
        ..task
    };
    assert_eq!(object.fields(settings), fields);
    Ours::There(Standing {
        rights: Rights::ALL,
        projected: crate::calendar::Calendar::default().project(&fields),
        fields,
        object,
        confirmed: true,
    })
}

fn texts(fields: &Fields) -> Texts {
    let edge = |edge: Option<_>| format!("{edge:?}");
    [
        ("title", fields.title.clone()),
        ("start", edge(fields.span.map(|span| span.start()))),
        ("end", edge(fields.span.map(|span| span.end()))),
        ("description", fields.description.clone()),
        ("location", fields.location.clone()),
    ]
    .into()
}

/// Who changed which field.
fn compared([base, ours, theirs]: &[Texts; 3]) -> Vec<(&'static str, bool, bool)> {
    let changed = |field: &&'static str| {
        let was = base.get(*field);
        (*field, ours.get(*field) != was, theirs.get(*field) != was)
    };
    let fields = base.keys().map(changed);
    fields.filter(|(_, we, they)| *we || *they).collect()
}
