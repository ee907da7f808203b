//! Refusals in words that a person reads.

use crate::bridge::Refusal;
use crate::model::{Field, Language, Reason};

/// All refusals of an edit, each field once, in one line.
pub fn refusal(refused: &[Refusal], language: Language) -> String {
    let each: Vec<String> = refused
        .iter()
        .map(|refusal| {
            format!(
                "{}: {}",
                field(refusal.field, language),
                reason(refusal.reason, language)
            )
        })
        .collect();
    let lead = match language {
        Language::Russian => "Изменение не принято. ",
        Language::English => "The change was not accepted. ",
    };
    format!("{lead}{}.", each.join("; "))
}

fn field(field: Field, language: Language) -> &'static str {
    let (russian, english) = match field {
        Field::Title => ("Название", "Title"),
        Field::Start => ("Начало", "Start"),
        Field::End => ("Окончание", "End"),
        Field::Description => ("Описание", "Description"),
        Field::Location => ("Место", "Location"),
        Field::Recurrence => ("Повторение", "Recurrence"),
        Field::Overlay => ("Личные свойства", "Personal properties"),
        Field::Existence => ("Удаление", "Deletion"),
    };
    pick(language, russian, english)
}

fn reason(reason: Reason, language: Language) -> &'static str {
    let (russian, english) = match reason {
        Reason::ActualStart => ("работа уже начата", "work has already begun"),
        Reason::ActualEnd => ("работа уже завершена", "work has already ended"),
        Reason::NoRightToDates => (
            "нет права менять плановые даты",
            "you may not change planned dates",
        ),
        Reason::NoRightToTitle => ("нет права менять название", "you may not change the title"),
        Reason::NoRightToText => (
            "нет права менять описание и место",
            "you may not change description and location",
        ),
        Reason::NoRightToDelete => ("нет права удалять", "you may not delete it"),
        Reason::NotDeletable => (
            "из календаря удаляются только заметки",
            "only notes are deleted from a calendar",
        ),
        Reason::NoRecurrence => (
            "в ADVANTA нет повторяющихся объектов",
            "ADVANTA has no recurring objects",
        ),
        Reason::MixedDates => (
            "одна дата с временем, другая без него",
            "one date would have a time and the other none",
        ),
        Reason::EndBeforeStart => (
            "окончание оказалось бы раньше начала",
            "the end would come before the start",
        ),
        Reason::WholeDrag => (
            "вторая дата закреплена, перенос целиком невозможен",
            "the other date is fixed, so it cannot be moved as a whole",
        ),
        Reason::EmptyTitle => ("название не может быть пустым", "the title cannot be empty"),
        Reason::Authority => (
            "ADVANTA не приняла значение",
            "ADVANTA did not take the value",
        ),
    };
    pick(language, russian, english)
}

fn pick(language: Language, russian: &'static str, english: &'static str) -> &'static str {
    match language {
        Language::Russian => russian,
        Language::English => english,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_one_line_in_the_persons_language() {
        let refused = [
            Refusal {
                field: Field::Start,
                reason: Reason::ActualStart,
                kept: String::new(),
            },
            Refusal {
                field: Field::Title,
                reason: Reason::NoRightToTitle,
                kept: String::new(),
            },
        ];
        assert_eq!(
            refusal(&refused, Language::Russian),
            "Изменение не принято. Начало: работа уже начата; Название: нет права менять название."
        );
        assert_eq!(
            refusal(&refused, Language::English),
            "The change was not accepted. Start: work has already begun; Title: you may not change the title."
        );
    }
}
