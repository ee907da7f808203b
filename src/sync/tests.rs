//! The planner alone: pure data in, one action out.

use super::*;
use crate::diff::Leg;
use crate::model::{
    Base, Born, CalendarRef, Exception, Field, Fields, Kind, LeftOut, Link, LinkId, LinkState,
    Moment, Object, ObjectId, Outcome, Planned, Reason, RemoteEvent, RemoteId, RemoteKind,
    Revision, Rights, Series, Settings, Span, Status, Subscription, SubscriptionId,
    SubscriptionState, Timestamp, UserId, Writable,
};
use chrono::{NaiveDate, TimeZone as _, Utc};
use proptest::prelude::*;
use uuid::Uuid;

fn at(day: u32, hour: u32) -> Moment {
    Moment::at(Utc.with_ymd_and_hms(2026, 12, day, hour, 0, 0).unwrap())
}

fn span(day: u32, from: u32, to: u32) -> Span {
    Span::new(at(day, from), at(day, to)).unwrap()
}

fn now() -> Timestamp {
    Utc.with_ymd_and_hms(2026, 11, 22, 9, 0, 0).unwrap()
}

fn subscription(start: NaiveDate, zone: chrono_tz::Tz) -> Subscription {
    Subscription {
        id: SubscriptionId::new("s-1"),
        user: UserId::new("anna"),
        epoch: 1,
        step: 1,
        remote: RemoteKind::Google,
        calendar: CalendarRef {
            id: "primary".into(),
            name: "Анна".into(),
            account: "anna@example.com".into(),
        },
        state: SubscriptionState::Active,
        start,
        zone,
        left_out: LeftOut::default(),
        recognise: false,
        cursor: None,
        full: false,
        secret: None,
        due: now(),
        failures: 0,
        synced: None,
        last_error: None,
        obstacle: None,
        unread: vec![],
        left_behind: 0,
        deletions: vec![],
        since: now(),
    }
}

fn december() -> Subscription {
    subscription(
        NaiveDate::from_ymd_opt(2026, 12, 1).unwrap(),
        chrono_tz::Europe::Moscow,
    )
}

fn fields(title: &str, span: Span) -> Fields {
    Fields {
        title: title.into(),
        span: Some(span),
        description: String::new(),
        location: String::new(),
        recurs: false,
    }
}

fn object(kind: Kind, fields: &Fields, settings: &Settings) -> Object {
    Object {
        id: ObjectId(Uuid::from_u128(7)),
        kind,
        revision: Revision(4),
        title: fields.title.clone(),
        description: fields.description.clone(),
        location: fields.location.clone(),
        planned: Planned::from_span(fields.span.unwrap(), settings),
        actual_start: None,
        actual_end: None,
        status: None,
        percent: None,
        owner: Some(UserId::new("anna")),
        responsible: None,
        participants: [(UserId::new("anna"), Rights::ALL)].into(),
        parent: None,
        card: None,
        changed: now(),
    }
}

fn there(object: &Object, settings: &Settings) -> Ours {
    let fields = object.fields(settings);
    Ours::There(Standing {
        object: object.clone(),
        rights: object.participants[&UserId::new("anna")],
        projected: fields.clone(),
        fields,
        confirmed: true,
    })
}

fn event(fields: &Fields) -> RemoteEvent {
    RemoteEvent {
        id: RemoteId("e-1".into()),
        uid: "e-1@example.com".into(),
        version: "v2".into(),
        fields: fields.clone(),
        series: None,
        marker: None,
        writable: Writable::Yes,
        guests: false,
        private: false,
        skip: None,
        split_from: None,
    }
}

fn link(kind: Born, base: &Fields) -> Link {
    let sub = december();
    let importing = Importing {
        event: &event(base),
        theirs: base,
        ours: base,
        anchor: None,
        masked: false,
    };
    let id = LinkId(Uuid::from_u128(9));
    let policy = Settings::default().sync;
    Link {
        born: kind,
        step: 1,
        ..imported(id, &sub, ObjectId(Uuid::from_u128(7)), &importing, &policy)
    }
}

fn next(link: Option<&Link>, ours: &Ours, theirs: Theirs<'_>) -> Action {
    let (sub, settings) = (december(), Settings::default());
    plan(&View {
        subscription: &sub,
        settings: &settings,
        can_create: true,
        can_move_occurrence: true,
        link,
        ours,
        theirs,
        mark: Mark::Plain,
        may_remark: true,
        now: now(),
    })
}

#[test]
fn nothing_is_done_when_nothing_changed() {
    let settings = Settings::default();
    let same = fields("Смета", span(2, 9, 10));
    let ours = there(&object(Kind::Task, &same, &settings), &settings);
    let link = link(Born::Exported, &same);
    let event = event(&same);
    assert_eq!(next(Some(&link), &ours, Theirs::Seen(&event)), Action::Rest);
    assert_eq!(next(Some(&link), &ours, Theirs::Unseen), Action::Rest);
}

#[test]
fn a_task_in_work_keeps_its_start_and_moves_its_end() {
    let settings = Settings::default();
    let before = fields("Смета", span(2, 9, 10));
    let mut task = object(Kind::Task, &before, &settings);
    task.status = Some(Status::IN_WORK);
    let dragged = event(&fields("Смета", span(2, 11, 12)));
    let link = link(Born::Exported, &before);
    let action = next(
        Some(&link),
        &there(&task, &settings),
        Theirs::Seen(&dragged),
    );
    let Action::Edit(edited) = action else {
        panic!("{action:?}");
    };
    assert_eq!(
        edited.legs.into_iter().collect::<Vec<_>>(),
        [(Field::Start, Leg::Theirs), (Field::End, Leg::Theirs)]
    );
    assert_eq!(
        edited.verdict.of(Field::Start),
        Some(Outcome::Refused(Reason::ActualStart))
    );
    assert_eq!(edited.verdict.of(Field::End), Some(Outcome::Applied));
    // The remote is owed the original start; then it rests.
    assert_eq!(edited.link.owed, [Field::Start].into());
    let ours = there(&edited.after, &settings);
    let Action::Write(write) = next(Some(&edited.link), &ours, Theirs::Unseen) else {
        panic!("the original is not written back");
    };
    let EditDeed::Change(changes) = &write.deed else {
        panic!("{:?}", write.deed);
    };
    assert_eq!(changes.span, Some(Span::new(at(2, 9), at(2, 12)).unwrap()));
    assert!(write.write_back);
}

#[test]
fn where_both_changed_the_same_field_advanta_is_right() {
    let settings = Settings::default();
    let base = fields("Смета", span(2, 9, 10));
    let note = object(Kind::Note, &fields("Смета 2", span(2, 9, 10)), &settings);
    let event = event(&fields("Смета 3", span(2, 9, 11)));
    let link = link(Born::Imported, &base);
    let Action::Edit(edited) = next(Some(&link), &there(&note, &settings), Theirs::Seen(&event))
    else {
        panic!("no edit");
    };
    assert_eq!(edited.verdict.of(Field::Title), Some(Outcome::Superseded));
    assert_eq!(edited.verdict.of(Field::End), Some(Outcome::Applied));
    assert_eq!(edited.link.owed, [Field::Title].into());
}

#[test]
fn a_lossy_projection_is_no_edit() {
    let settings = Settings::default();
    let long = Span::new(at(2, 9), at(20, 9)).unwrap();
    let clipped = span(2, 9, 10);
    let project = object(Kind::Project, &fields("Завод", long), &settings);
    let Ours::There(standing) = there(&project, &settings) else {
        panic!("it is there");
    };
    let standing = Standing {
        projected: fields("Завод", clipped),
        ..standing
    };
    let mut link = link(Born::Exported, &fields("Завод", long));
    link.base_theirs = Base::from(&fields("Завод", clipped));
    let ours = Ours::There(standing);
    let shown = event(&fields("Завод", clipped));
    assert_eq!(next(Some(&link), &ours, Theirs::Seen(&shown)), Action::Rest);
    // A title edit there is taken, the clipped end is not.
    let edited = event(&fields("Завод 2", clipped));
    let Action::Edit(edit) = next(Some(&link), &ours, Theirs::Seen(&edited)) else {
        panic!("no edit");
    };
    assert_eq!(edit.legs.keys().collect::<Vec<_>>(), [&Field::Title]);
    assert_eq!(edit.after.fields(&settings).span, Some(long));
}

#[test]
fn an_object_without_length_stays_so_as_long_as_its_event_is_only_moved() {
    let settings = Settings::default();
    let (moment, shown) = (Span::new(at(2, 18), at(2, 18)).unwrap(), span(2, 18, 19));
    let task = object(Kind::Task, &fields("Сдача", moment), &settings);
    let Ours::There(standing) = there(&task, &settings) else {
        panic!("it is there");
    };
    let ours = Ours::There(Standing {
        projected: fields("Сдача", shown),
        ..standing
    });
    let mut link = link(Born::Exported, &fields("Сдача", moment));
    link.base_theirs = Base::from(&fields("Сдача", shown));
    let taken = |dragged| {
        let event = event(&fields("Сдача", dragged));
        let Action::Edit(edit) = next(Some(&link), &ours, Theirs::Seen(&event)) else {
            panic!("no edit");
        };
        assert_eq!(edit.link.owed, [].into());
        edit.after.fields(&settings).span
    };
    let there = Span::new(at(3, 12), at(3, 12)).unwrap();
    assert_eq!(taken(span(3, 12, 13)), Some(there));
    // Made longer, or a whole day, it is what it was made.
    assert_eq!(taken(span(2, 18, 20)), Some(span(2, 18, 20)));
    let day = NaiveDate::from_ymd_opt(2026, 12, 4)
        .map(Moment::Day)
        .unwrap();
    let day = Span::new(day, day).unwrap();
    assert_eq!(taken(day), Some(day));
}

#[test]
fn the_window_is_the_same_day_in_every_zone() {
    let day = |d| NaiveDate::from_ymd_opt(2026, 12, d).unwrap();
    let all_day = |first, last| Span::new(Moment::Day(day(first)), Moment::Day(day(last))).unwrap();
    for zone in [
        chrono_tz::Pacific::Auckland,
        chrono_tz::UTC,
        chrono_tz::America::Los_Angeles,
    ] {
        let sub = subscription(day(10), zone);
        assert!(!window::holds(&sub, all_day(9, 9)), "{zone}");
        assert!(window::holds(&sub, all_day(9, 10)), "{zone}");
        assert!(window::holds(&sub, all_day(10, 10)), "{zone}");
        let opens = Moment::at(window::opens(&sub));
        let edge = |from: i64, to: i64| {
            let Moment::At(open) = opens else {
                panic!("an instant");
            };
            let moment = |minutes| Moment::at(open + chrono::Duration::minutes(minutes));
            Span::new(moment(from), moment(to)).unwrap()
        };
        assert!(!window::holds(&sub, edge(-60, 0)), "{zone}");
        assert!(window::holds(&sub, edge(-60, 1)), "{zone}");
        // Without length the start counts.
        assert!(window::holds(&sub, edge(0, 0)), "{zone}");
        assert!(!window::holds(&sub, edge(-1, -1)), "{zone}");
    }
}

#[test]
fn a_series_is_one_note_on_the_first_day_in_the_window() {
    let settings = Settings::default();
    let weekly = |rules: &[&str], exceptions: Vec<Exception>| {
        let start = Utc.with_ymd_and_hms(2026, 11, 2, 7, 0, 0).unwrap();
        let end = start + chrono::Duration::hours(1);
        let first = Span::new(Moment::at(start), Moment::at(end)).unwrap();
        let mut weekly = event(&fields("Планёрка", first));
        weekly.fields.recurs = true;
        weekly.series = Some(Series {
            zone: chrono_tz::Europe::Moscow,
            rules: rules.iter().map(ToString::to_string).collect(),
            exceptions,
        });
        weekly
    };
    let first_of = |event: &RemoteEvent, sub: &Subscription| {
        let exceptions = event.series.as_ref().unwrap().exceptions.clone();
        let (span, anchor) = series::first(event, &exceptions, sub, &settings)?;
        Some((span.start(), anchor.occurrence))
    };
    let rule = "RRULE:FREQ=WEEKLY;BYDAY=MO";
    let sub = december();
    let of = |day| at(day, 7);
    // Mondays are the 7th, the 14th, …
    assert_eq!(
        first_of(&weekly(&[rule], vec![]), &sub),
        Some((of(7), of(7)))
    );
    let excluded = weekly(&[rule, "EXDATE;TZID=Europe/Moscow:20261207T100000"], vec![]);
    assert_eq!(first_of(&excluded, &sub), Some((of(14), of(14))));
    let moved = Exception {
        original: of(7),
        now: Some(span(8, 12, 13)),
    };
    let moved = weekly(&[rule], vec![moved]);
    assert_eq!(first_of(&moved, &sub), Some((at(8, 12), of(7))));
    let cancelled = Exception {
        original: of(7),
        now: None,
    };
    let cancelled = weekly(&[rule], vec![cancelled]);
    assert_eq!(first_of(&cancelled, &sub), Some((of(14), of(14))));
    let over = weekly(&["RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=3"], vec![]);
    assert_eq!(first_of(&over, &sub), None);
    let october = subscription(
        NaiveDate::from_ymd_opt(2026, 10, 1).unwrap(),
        chrono_tz::Europe::Moscow,
    );
    let begin = Moment::at(Utc.with_ymd_and_hms(2026, 11, 2, 7, 0, 0).unwrap());
    assert_eq!(
        first_of(&weekly(&[rule], vec![]), &october),
        Some((begin, begin))
    );
}

#[test]
fn a_note_follows_what_became_of_its_occurrence() {
    let settings = Settings::default();
    let sub = december();
    let weekly = |rule: &str| RemoteEvent {
        fields: Fields {
            recurs: true,
            // A Wednesday in November: its first occurrence in the window is on 2 December.
            ..fields("Планёрка", in_november(4, 9, 10))
        },
        series: Some(Series {
            zone: chrono_tz::Europe::Moscow,
            rules: vec![rule.to_owned()],
            exceptions: vec![],
        }),
        ..event(&fields("", span(2, 9, 10)))
    };
    let shown = at(2, 9);
    let stands = |rule: &str| series::stands(&weekly(rule), shown, &sub, &settings);
    assert_eq!(stands("RRULE:FREQ=WEEKLY"), series::Stands::There);
    assert_eq!(stands("RRULE:FREQ=WEEKLY;COUNT=5"), series::Stands::There);
    // What cannot be read is left alone.
    assert_eq!(stands("RRULE:FREQ=SOMETIMES"), series::Stands::There);
    assert_eq!(
        stands("RRULE:FREQ=WEEKLY;UNTIL=20261201T000000Z"),
        series::Stands::Over
    );
    // Every second week it falls on the 2nd as well; on Thursdays it does not.
    assert_eq!(
        stands("RRULE:FREQ=WEEKLY;INTERVAL=2"),
        series::Stands::There
    );
    let elsewhere = stands("RRULE:FREQ=WEEKLY;BYDAY=TH");
    let series::Stands::Elsewhere(place, anchor) = elsewhere else {
        panic!("{elsewhere:?}");
    };
    assert_eq!((place, anchor.occurrence), (span(3, 9, 10), at(3, 9)));
}

fn in_november(day: u32, from: u32, to: u32) -> Span {
    let at = |hour| Moment::at(Utc.with_ymd_and_hms(2026, 11, day, hour, 0, 0).unwrap());
    Span::new(at(from), at(to)).unwrap()
}

#[test]
fn a_note_moves_by_as_much_as_its_series_also_across_the_change_of_clocks() {
    let zone = chrono_tz::Europe::Berlin;
    let utc =
        |month, day, hour| Moment::at(Utc.with_ymd_and_hms(2026, month, day, hour, 0, 0).unwrap());
    let hour =
        |month, day, from| Span::new(utc(month, day, from), utc(month, day, from + 1)).unwrap();
    // The series begins in summer (10:00 is 08:00 UTC), the note is in winter (10:00 is 09:00 UTC).
    let (before, note) = (hour(10, 5, 8), hour(12, 7, 9));
    assert_eq!(
        series::moved(note, before, hour(10, 6, 8), zone),
        hour(12, 8, 9)
    );
    assert_eq!(
        series::moved(note, before, hour(10, 5, 10), zone),
        hour(12, 7, 11)
    );
    // Moved beyond the change itself: still at 10:00.
    assert_eq!(
        series::moved(note, before, hour(11, 2, 9), zone),
        hour(1, 4, 9).plus_a_year()
    );
    let day = |month, day| Moment::Day(NaiveDate::from_ymd_opt(2026, month, day).unwrap());
    let all_day = Span::new(day(10, 6), day(10, 7)).unwrap();
    let expected = Span::new(day(12, 8), day(12, 9)).unwrap();
    assert_eq!(series::moved(note, before, all_day, zone), expected);
}

trait PlusAYear {
    fn plus_a_year(self) -> Self;
}

impl PlusAYear for Span {
    fn plus_a_year(self) -> Self {
        let year = |moment| match moment {
            Moment::At(at) => Moment::at(at + chrono::Duration::days(365)),
            day @ Moment::Day(_) => day,
        };
        Span::new(year(self.start()), year(self.end())).unwrap()
    }
}

prop_compose! {
    fn any_fields()(title in "[abc]", from in 1u32..4, length in 1u32..4, text in "[xy]?") -> Fields {
        Fields { description: text, ..fields(&title, span(2, from, from + length)) }
    }
}

/// A remote that takes what it is told, and an ADVANTA that takes what the rules let through.
fn settle(
    mut link: Link,
    mut ours: Object,
    mut theirs: RemoteEvent,
) -> Option<(Link, Object, RemoteEvent, u32)> {
    let settings = Settings::default();
    let mut writes = 0;
    for step in 0..12 {
        let side = there(&ours, &settings);
        let Ours::There(standing) = &side else {
            return None;
        };
        match next(Some(&link), &side, Theirs::Seen(&theirs)) {
            Action::Rest => return Some((link, ours, theirs, writes)),
            Action::Keep(kept, _) => link = kept,
            Action::Edit(edited) => {
                ours = edited.after;
                link = edited.link;
            }
            Action::Write(write) => {
                writes += 1;
                let EditDeed::Change(changes) = write.deed else {
                    return None;
                };
                let to = &mut theirs.fields;
                if let Some(title) = changes.title {
                    to.title = title;
                }
                if changes.span.is_some() {
                    to.span = changes.span;
                }
                if let Some(text) = changes.description {
                    to.description = text;
                }
                if let Some(text) = changes.location {
                    to.location = text;
                }
                theirs.version = format!("w{step}");
                let intent = intended(
                    &write.link,
                    crate::model::IntentDeed::Update,
                    &write.fields,
                    standing,
                    now(),
                );
                link = written(&intent, &theirs.version, Some(&theirs), &settings.sync);
            }
            other => panic!("{other:?}"),
        }
    }
    None
}

proptest! {
    #[test]
    fn a_pair_comes_to_rest_equal_and_advanta_never_loses(
        base in any_fields(), ours in any_fields(), theirs in any_fields(), in_work in any::<bool>(),
    ) {
        let settings = Settings::default();
        let kind = if in_work { Kind::Task } else { Kind::Note };
        let mut before = object(kind, &ours, &settings);
        before.status = in_work.then_some(Status::IN_WORK);
        let known = link(Born::Imported, &base);
        let (link, after, shown, writes) = settle(known, before, event(&theirs)).expect("no end");
        let stands = after.fields(&settings);
        prop_assert_eq!(&stands.title, &shown.fields.title);
        prop_assert_eq!(stands.span, shown.fields.span);
        if ours.title != base.title {
            prop_assert_eq!(&stands.title, &ours.title);
        } else {
            prop_assert_eq!(&stands.title, &theirs.title);
        }
        if in_work {
            prop_assert_eq!(stands.span.unwrap().start(), ours.span.unwrap().start());
        } else {
            prop_assert_eq!(&stands.description, &shown.fields.description);
        }
        prop_assert!(writes <= 2, "{} writes", writes);
        prop_assert_eq!(link.state, LinkState::Live);
    }

    #[test]
    fn every_view_has_an_action(
        base in any_fields(), ours in 0..4, theirs in 0..4, state in 0usize..3, remote in any::<bool>(), known in any::<bool>(),
        locked in any::<bool>(), masked in any::<bool>(), now in any_fields(), then in any_fields(),
    ) {
        let settings = Settings::default();
        let ours = match ours {
            0 => there(&object(Kind::Note, &now, &settings), &settings),
            1 => Ours::Hidden { takes_part: true },
            2 => Ours::Leaving,
            _ => Ours::Gone,
        };
        let seen = event(&then);
        let theirs = match theirs {
            0 => Theirs::Seen(&seen),
            1 => Theirs::Unseen,
            2 => Theirs::Absent,
            _ => Theirs::Gone,
        };
        let mut link = link(Born::Imported, &base);
        link.state = [LinkState::Live, LinkState::Awaited, LinkState::Parted][state];
        link.locked = locked;
        link.masked = masked;
        if !remote { link.remote = None; }
        let _no_panic = next(known.then_some(&link), &ours, theirs);
    }
}
