//! A calendar object of ADVANTA.

use super::{ObjectId, Planned, Revision, Settings, Span, Timestamp, UserId};
use std::collections::BTreeMap;
use std::fmt;

/// What kind of object it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Задача.
    Task,
    /// Этап.
    Stage,
    /// Проект.
    Project,
    /// Заметка.
    Note,
    /// Встреча.
    Meeting,
}

impl Kind {
    /// Every kind, in the order of the glossary.
    pub const ALL: [Self; 5] = [
        Self::Task,
        Self::Stage,
        Self::Project,
        Self::Note,
        Self::Meeting,
    ];

    /// The word for it in data (`X-ADVANTA-KIND`, JSON).
    pub fn word(self) -> &'static str {
        match self {
            Self::Task => "task",
            Self::Stage => "stage",
            Self::Project => "project",
            Self::Note => "note",
            Self::Meeting => "meeting",
        }
    }

    /// The kind of a word of [`Kind::word`].
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// Whether actual dates and statuses lock planned dates, and texts travel outward only.
    pub fn is_work(self) -> bool {
        match self {
            Self::Task | Self::Stage | Self::Project => true,
            Self::Note | Self::Meeting => false,
        }
    }
}

/// ADVANTA's status code. Unknown codes are kept, not guessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Status(pub u16);

impl Status {
    /// Предполагаемый.
    pub const PROPOSED: Self = Self(1);
    /// В работе.
    pub const IN_WORK: Self = Self(3);
    /// Требует внимания.
    pub const NEEDS_ATTENTION: Self = Self(4);
    /// Наивысший приоритет.
    pub const TOP_PRIORITY: Self = Self(5);
    /// Завершен.
    pub const DONE: Self = Self(6);
    /// Отменен.
    pub const CANCELLED: Self = Self(7);
    /// Отложен.
    pub const POSTPONED: Self = Self(8);
    /// Готов к проверке.
    pub const READY_FOR_REVIEW: Self = Self(9);
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What one person may do with one object. Seeing it is being listed at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rights {
    /// Редактирование плановых дат.
    pub dates: bool,
    /// Редактирование названия.
    pub title: bool,
    /// Description and location of a note or meeting.
    pub text: bool,
    /// Удаление.
    pub delete: bool,
}

impl Rights {
    /// Everything.
    pub const ALL: Self = Self {
        dates: true,
        title: true,
        text: true,
        delete: true,
    };
    /// Seeing only.
    pub const READ: Self = Self {
        dates: false,
        title: false,
        text: false,
        delete: false,
    };
}

/// The object that this one is part of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parent {
    /// Its GUID.
    pub id: ObjectId,
    /// Its title, shown as a category.
    pub title: String,
}

/// A calendar object as ADVANTA confirmed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// ADVANTA's GUID.
    pub id: ObjectId,
    /// Task, stage, project, note or meeting.
    pub kind: Kind,
    /// ADVANTA's count of its changes.
    pub revision: Revision,
    /// Название.
    pub title: String,
    /// Описание, without the card line.
    pub description: String,
    /// Место.
    pub location: String,
    /// Planned dates, local wall-clock times.
    pub planned: Planned,
    /// Фактическая дата начала.
    pub actual_start: Option<chrono::NaiveDateTime>,
    /// Фактическая дата окончания.
    pub actual_end: Option<chrono::NaiveDateTime>,
    /// Status code; notes and meetings have none.
    pub status: Option<Status>,
    /// Процент выполнения, 0 to 100.
    pub percent: Option<u8>,
    /// Руководитель (`OwnerId` of the API); of a note its author.
    pub owner: Option<UserId>,
    /// Исполнитель (`ResponsibleId` of the API).
    pub responsible: Option<UserId>,
    /// Everyone who sees it in their calendar, with their rights.
    pub participants: BTreeMap<UserId, Rights>,
    /// The object that it is part of.
    pub parent: Option<Parent>,
    /// Address of its card in ADVANTA.
    pub card: Option<String>,
    /// When ADVANTA last changed it.
    pub changed: Timestamp,
}

impl Object {
    /// The fields that a calendar can show and a person can edit.
    pub fn fields(&self, settings: &Settings) -> Fields {
        Fields {
            title: self.title.clone(),
            span: self.planned.span(settings),
            description: self.description.clone(),
            location: self.location.clone(),
            recurs: false,
        }
    }

    /// Whether it belongs in a calendar at all.
    pub fn has_dates(&self) -> bool {
        self.planned.start.is_some() || self.planned.end.is_some()
    }
}

/// The fields that travel, in normal form: what every merge compares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fields {
    /// Title.
    pub title: String,
    /// When; `None` only for an object without planned dates.
    pub span: Option<Span>,
    /// Description without the card line.
    pub description: String,
    /// Location.
    pub location: String,
    /// Whether the text it was read from repeats. An object of ADVANTA never does.
    pub recurs: bool,
}
