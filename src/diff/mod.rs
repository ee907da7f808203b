//! Compares versions field by field.
//!
//! Start at [`three_way`]. A side has changed a field only if it differs from *its own* base; noise (white space at the
//! end, seconds, spelling of zones) was taken out when the fields were read.

use crate::model::{Base, Field, Fields, Moment, Span};
use std::collections::BTreeMap;

/// What happened to one field between the base and the two sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leg {
    /// Only the person changed it.
    Theirs,
    /// Only the authority changed it.
    Ours,
    /// Both changed it to the same value.
    Agreed,
    /// Both changed it, differently.
    Conflict,
}

/// The fields that differ from a base; a field that nobody changed is not listed.
pub type Legs = BTreeMap<Field, Leg>;

/// Compares what a person sent (`theirs`) and what stands (`ours`) with what that person had been shown.
///
/// `shown` is the base of `theirs` (the fields read from the text that they were served); `mirrored` is the base of `ours`
/// (the object's fields when that text was made). The two differ where the person's calendar holds what ADVANTA cannot.
pub fn three_way(shown: &Base, theirs: &Fields, mirrored: &Base, ours: &Fields) -> Legs {
    let (theirs, ours) = (Base::from(theirs), Base::from(ours));
    FIELDS
        .into_iter()
        .filter_map(|field| {
            let they_did = differs(field, shown, &theirs);
            let we_did = differs(field, mirrored, &ours);
            leg(they_did, we_did, || !differs(field, &theirs, &ours)).map(|leg| (field, leg))
        })
        .collect()
}

/// The fields in which two versions of one side differ.
pub fn two_way(before: &Base, after: &Base) -> Vec<Field> {
    FIELDS
        .into_iter()
        .filter(|field| differs(*field, before, after))
        .collect()
}

const FIELDS: [Field; 6] = [
    Field::Title,
    Field::Start,
    Field::End,
    Field::Description,
    Field::Location,
    Field::Recurrence,
];

fn leg(theirs: bool, ours: bool, equal: impl FnOnce() -> bool) -> Option<Leg> {
    match (theirs, ours) {
        (false, false) => None,
        (true, false) => Some(Leg::Theirs),
        (false, true) => Some(Leg::Ours),
        (true, true) if equal() => Some(Leg::Agreed),
        (true, true) => Some(Leg::Conflict),
    }
}

fn differs(field: Field, one: &Base, other: &Base) -> bool {
    match field {
        Field::Title => one.title != other.title,
        Field::Start => start(one.span) != start(other.span),
        Field::End => end(one.span) != end(other.span),
        Field::Description => one.description != other.description,
        Field::Location => one.location != other.location,
        Field::Recurrence => one.recurs != other.recurs,
        // Neither is a field of a version: the overlay is compared by bytes, existence by being there.
        Field::Overlay | Field::Existence => false,
    }
}

fn start(span: Option<Span>) -> Option<Moment> {
    span.map(Span::start)
}

fn end(span: Option<Span>) -> Option<Moment> {
    span.map(Span::end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{TimeZone, Utc};
    use proptest::prelude::*;

    fn fields(title: &str, hours: Option<(u32, u32)>, description: &str) -> Fields {
        let at = |hour| Moment::at(Utc.with_ymd_and_hms(2026, 12, 1, hour, 0, 0).unwrap());
        Fields {
            title: title.into(),
            span: hours.map(|(from, to)| Span::new(at(from), at(to)).unwrap()),
            description: description.into(),
            location: String::new(),
            recurs: false,
        }
    }

    fn legs(base: &Fields, theirs: &Fields, ours: &Fields) -> Vec<(Field, Leg)> {
        let base = Base::from(base);
        three_way(&base, theirs, &base, ours).into_iter().collect()
    }

    #[test]
    fn an_edit_of_one_side_is_that_sides() {
        let base = fields("Смета", Some((9, 10)), "");
        let moved = fields("Смета", Some((9, 11)), "");
        assert_eq!(legs(&base, &moved, &base), [(Field::End, Leg::Theirs)]);
        assert_eq!(legs(&base, &base, &moved), [(Field::End, Leg::Ours)]);
    }

    #[test]
    fn edits_of_different_fields_are_no_conflict() {
        let base = fields("Смета", Some((9, 10)), "");
        let theirs = fields("Смета", Some((8, 10)), "");
        let ours = fields("Смета 2", Some((9, 10)), "");
        assert_eq!(
            legs(&base, &theirs, &ours),
            [(Field::Title, Leg::Ours), (Field::Start, Leg::Theirs)]
        );
    }

    #[test]
    fn the_same_field_twice_is_a_conflict_unless_both_say_the_same() {
        let base = fields("a", None, "");
        assert_eq!(
            legs(&base, &fields("b", None, ""), &fields("c", None, "")),
            [(Field::Title, Leg::Conflict)]
        );
        assert_eq!(
            legs(&base, &fields("b", None, ""), &fields("b", None, "")),
            [(Field::Title, Leg::Agreed)]
        );
    }

    #[test]
    fn white_space_at_the_end_and_kinds_of_line_ending_are_noise() {
        let base = fields("Смета", None, "one\ntwo");
        let theirs = fields("Смета ", None, "one\r\ntwo\r\n");
        assert_eq!(legs(&base, &theirs, &base), []);
    }

    #[test]
    fn what_only_the_calendar_holds_is_not_an_edit_of_advanta() {
        // The person's text says something else than ADVANTA, has been shown so, and comes back unchanged.
        let shown = Base::from(&fields("Смета", None, "моя заметка"));
        let mirrored = Base::from(&fields("Смета", None, "описание"));
        let theirs = fields("Смета", None, "моя заметка");
        let ours = fields("Смета", None, "описание");
        assert_eq!(three_way(&shown, &theirs, &mirrored, &ours), Legs::new());
    }

    prop_compose! {
        fn any_fields()(
            title in "[ab]{0,1}",
            hours in proptest::option::of((0u32..2, 2u32..4)),
            description in "[cd]{0,1}",
        ) -> Fields {
            fields(&title, hours, &description)
        }
    }

    proptest! {
        #[test]
        fn swapping_the_sides_swaps_the_legs(a in any_fields(), b in any_fields(), c in any_fields()) {
            let swap = |leg| match leg {
                Leg::Theirs => Leg::Ours,
                Leg::Ours => Leg::Theirs,
                Leg::Agreed => Leg::Agreed,
                Leg::Conflict => Leg::Conflict,
            };
            let there: Vec<_> = legs(&a, &b, &c).into_iter().map(|(f, leg)| (f, swap(leg))).collect();
            prop_assert_eq!(there, legs(&a, &c, &b));
        }

        #[test]
        fn nothing_differs_from_itself(a in any_fields(), b in any_fields()) {
            prop_assert_eq!(legs(&a, &a, &a), vec![]);
            for (_, leg) in legs(&a, &b, &b) {
                prop_assert_eq!(leg, Leg::Agreed);
            }
        }
    }
}
