//! What remote calendars do each in their own way: one table, plain data.
//!
//! The fake calendar in memory reads it, and so may a stand-in that speaks HTTP. Start at [`ALL`].

mod texts;

pub use texts::Texts;

use advanta_bridge::model::RemoteKind;
use advanta_bridge::ports::IdLaw;

/// How one remote calendar behaves.
#[derive(Clone, Copy, Debug)]
pub struct Manners {
    /// What a scenario calls it.
    pub name: &'static str,
    /// Which kind of remote a subscription to it names.
    pub kind: RemoteKind,
    /// Who chooses identities.
    pub ids: IdLaw,
    /// An identity of ours that was deleted cannot be used again.
    pub deleted_ids_stay_taken: bool,
    /// Writes that one call takes.
    pub batch_max: usize,
    /// Identities that one question takes.
    pub get_max: usize,
    /// Events on one page of a listing.
    pub page: usize,
    /// The first page of a full listing is empty, and more follow.
    pub empty_first_page: bool,
    /// A single occurrence of a series can be moved.
    pub exceptions: bool,
    /// Moved and cancelled occurrences are listed beside their series, not inside it, in every listing.
    pub exceptions_apart: bool,
    /// The answer to a write holds the event as it now is.
    pub answers_with_event: bool,
    /// Every third write moves the version once more by itself, and sometimes nothing but the version moves.
    pub versions_move: bool,
    /// An event that was in another folder and is back has a new identity.
    pub new_id_after_folder: bool,
    /// A request to drop the recurrence is carried out; otherwise it is ignored, and the answer shows that.
    pub drops_recurrence: bool,
    /// What a listing is limited to.
    pub window: Window,
    /// What it does to text.
    pub texts: Texts,
    /// Characters of a title that are kept.
    pub title_max: usize,
    /// Characters of a description that are kept.
    pub description_max: usize,
    /// The longest event in days; a longer one is clipped.
    pub days_max: Option<i64>,
    /// A write of an event that ends when it starts is refused, so we write so many minutes. What people make without length stays.
    pub minutes_min: Option<i64>,
}

/// What a listing is limited to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// Nothing: everything is listed, whatever was asked for.
    None,
    /// A full listing begins at the asked start. Listings with a cursor know no window.
    Start,
    /// The same, and the cursor keeps it: changes of what lies before the start are not listed.
    StartKept,
    /// The start and an end so many days later, both frozen in the cursor; what leaves the window is listed as gone.
    Frozen {
        /// Days from the start to the end.
        days: i64,
    },
}

const GOOGLE: Manners = Manners {
    name: "google",
    kind: RemoteKind::Google,
    ids: IdLaw::Ours,
    deleted_ids_stay_taken: true,
    batch_max: 50,
    get_max: 1,
    page: 3,
    empty_first_page: true,
    exceptions: true,
    exceptions_apart: true,
    answers_with_event: true,
    versions_move: false,
    new_id_after_folder: false,
    drops_recurrence: true,
    window: Window::Start,
    texts: Texts::AsTyped,
    title_max: 1000,
    description_max: 8000,
    days_max: None,
    minutes_min: Some(15),
};

const EWS: Manners = Manners {
    name: "ews",
    kind: RemoteKind::Ews,
    ids: IdLaw::Theirs,
    deleted_ids_stay_taken: false,
    batch_max: 10,
    get_max: 10,
    page: 5,
    empty_first_page: false,
    exceptions: true,
    exceptions_apart: false,
    answers_with_event: false,
    versions_move: true,
    new_id_after_folder: true,
    drops_recurrence: true,
    window: Window::None,
    texts: Texts::LineEnds,
    title_max: 255,
    description_max: 8000,
    days_max: Some(1826),
    minutes_min: None,
};

const GRAPH: Manners = Manners {
    name: "graph",
    kind: RemoteKind::Graph,
    ids: IdLaw::Theirs,
    batch_max: 4,
    get_max: 20,
    answers_with_event: true,
    versions_move: false,
    exceptions_apart: false,
    window: Window::Frozen { days: 60 },
    texts: Texts::Html,
    ..EWS
};

/// Every kind of behaviour that the engine has to live with.
pub const ALL: [Manners; 10] = [
    GOOGLE,
    Manners {
        name: "google whose cursor keeps the window",
        window: Window::StartKept,
        empty_first_page: false,
        ..GOOGLE
    },
    Manners {
        name: "google that keeps schedules",
        drops_recurrence: false,
        batch_max: 2,
        page: 1,
        ..GOOGLE
    },
    Manners {
        name: "google with trailing spaces",
        texts: Texts::TrailingSpace,
        ..GOOGLE
    },
    EWS,
    Manners {
        name: "ews that clips",
        title_max: 12,
        description_max: 10,
        days_max: Some(5),
        ..EWS
    },
    Manners {
        name: "ews without exceptions",
        exceptions: false,
        drops_recurrence: false,
        texts: Texts::Html,
        ..EWS
    },
    GRAPH,
    Manners {
        name: "graph with a narrow window",
        window: Window::Frozen { days: 12 },
        page: 2,
        ..GRAPH
    },
    Manners {
        name: "graph that clips",
        minutes_min: Some(30),
        answers_with_event: false,
        texts: Texts::LineEnds,
        title_max: 12,
        days_max: Some(5),
        ..GRAPH
    },
];
