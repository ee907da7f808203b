//! What became of an edit, in words that a person reads.
//!
//! Every door says the same with the same words: a CalDAV answer, a page, a table at a terminal.

use super::Refusal;
use crate::model::{Action, Field, FieldOutcome, Kind, Language, Outcome, Reason};

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

/// One field of an edit and what became of it, in one line: `Start: refused, work has already begun`.
pub fn field_outcome(each: &FieldOutcome, done: Action, language: Language) -> String {
    let what = match (each.field, done) {
        (Field::Existence, done) => action(done, language),
        (other, _) => field(other, language),
    };
    let became = outcome(each.outcome, language);
    match each.outcome {
        Outcome::Refused(why) => format!("{what}: {became}, {}", reason(why, language)),
        Outcome::Applied | Outcome::Pending | Outcome::Superseded => format!("{what}: {became}"),
    }
}

/// What was done to the object.
pub fn action(action: Action, language: Language) -> &'static str {
    let (russian, english) = match action {
        Action::Create => ("Создание", "Creation"),
        Action::Change => ("Изменение", "Change"),
        Action::Delete => ("Удаление", "Deletion"),
    };
    pick(language, russian, english)
}

/// What became of a field, without the reason.
pub fn outcome(outcome: Outcome, language: Language) -> &'static str {
    let (russian, english) = match outcome {
        Outcome::Applied => ("принято", "applied"),
        Outcome::Pending => ("ждёт ответа ADVANTA", "waits for ADVANTA"),
        Outcome::Superseded => (
            "уступило более новому изменению",
            "gave way to a newer change",
        ),
        Outcome::Refused(_) => ("отказано", "refused"),
    };
    pick(language, russian, english)
}

/// What kind of object it is.
pub fn kind(kind: Kind, language: Language) -> &'static str {
    let (russian, english) = match kind {
        Kind::Task => ("Задача", "Task"),
        Kind::Stage => ("Этап", "Stage"),
        Kind::Project => ("Проект", "Project"),
        Kind::Note => ("Заметка", "Note"),
        Kind::Meeting => ("Встреча", "Meeting"),
    };
    pick(language, russian, english)
}

/// A field's name.
pub fn field(field: Field, language: Language) -> &'static str {
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

/// Why a field is refused.
pub fn reason(reason: Reason, language: Language) -> &'static str {
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
        Reason::NotWritable => (
            "календарь не позволяет менять это мероприятие",
            "the calendar does not let this event be changed",
        ),
    };
    pick(language, russian, english)
}

/// The words of a language.
pub fn pick<'a>(language: Language, russian: &'a str, english: &'a str) -> &'a str {
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

    #[test]
    fn a_journal_line_names_what_was_done_and_what_became_of_it() {
        let line = |field, outcome, done, language| {
            let each = FieldOutcome {
                field,
                outcome,
                attempted: String::new(),
                kept: String::new(),
            };
            field_outcome(&each, done, language)
        };
        let refused = Outcome::Refused(Reason::Authority);
        assert_eq!(
            line(Field::Existence, refused, Action::Create, Language::Russian),
            "Создание: отказано, ADVANTA не приняла значение"
        );
        assert_eq!(
            line(
                Field::End,
                Outcome::Superseded,
                Action::Change,
                Language::English
            ),
            "End: gave way to a newer change"
        );
    }
}
