//! The journal in words: who wanted what, what became of it, and why.

use super::Answer;
use super::ask::{Ask, CALENDAR, identity, json, whole};
use super::problem::Problem;
use super::wire::{
    FieldBody, Instant, JournalBody, JournalPageBody, ObjectBody, OriginBody, PersonBody,
    WinnerBody,
};
use crate::bridge::{Winner, words};
use crate::caldav::Body;
use crate::model::{
    Action, FieldOutcome, JournalId, JournalRow, Language, ObjectId, Origin, Outcome, UserId,
};
use crate::ports::{JournalQuery, Outcomes, StoreError};
use http::{HeaderValue, Response, header};

impl Ask<'_> {
    pub(super) async fn refusals(&self) -> Answer {
        self.only(&["user", "object", "before", "limit", "all"])?;
        let who = match self.text("user") {
            Some(named) => Some(self.person(named).await?.id),
            None => None,
        };
        let query = JournalQuery {
            who,
            object: self.value("object", "a GUID")?.map(ObjectId),
            outcomes: match self.flag("all")? {
                true => Outcomes::All,
                false => Outcomes::Refused,
            },
            before: self.value("before", "the number of a row")?.map(JournalId),
            rows_max: self.limit()?,
        };
        json(&self.page(query).await?)
    }

    /// A page of the journal, and where the next one begins.
    pub(super) async fn page(&self, query: JournalQuery) -> Result<JournalPageBody, StoreError> {
        let rows_max = query.rows_max;
        let rows = self.rows(query).await?;
        let full = rows.len() >= rows_max;
        Ok(JournalPageBody {
            next: rows.last().filter(|_| full).map(|row| row.id),
            rows,
        })
    }

    /// Rows of the journal as they are told.
    pub(super) async fn rows(&self, query: JournalQuery) -> Result<Vec<JournalBody>, StoreError> {
        let mut bodies = Vec::new();
        for row in self.bridge.store().journal(query).await? {
            bodies.push(self.row(&row).await?);
        }
        Ok(bodies)
    }

    /// One row as it is told.
    pub(super) async fn row(&self, row: &JournalRow) -> Result<JournalBody, StoreError> {
        let seen = self.is_seen(row.object).await?;
        let mut fields = Vec::new();
        for each in &row.outcomes {
            fields.push(self.field(row, each, seen).await?);
        }
        Ok(JournalBody {
            id: row.id.0,
            at: Instant(row.at),
            last_at: Instant(row.last_at),
            count: row.count,
            user: self.person_body(&row.who).await?,
            origin: self.origin_body(&row.origin).await?,
            object: self.object_of(row).await?,
            action: action_word(row.action).to_owned(),
            fields,
            text: row.kept_text.is_some(),
        })
    }

    /// One field as it is told: what stands, and whose it is, only to readers who may see the object.
    async fn field(
        &self,
        row: &JournalRow,
        each: &FieldOutcome,
        seen: bool,
    ) -> Result<FieldBody, StoreError> {
        let mut body = field_body(each, row.action, self.language);
        if !seen {
            body.kept = String::new();
        } else if each.outcome == Outcome::Superseded
            && let Some(winner) = self.bridge.winner(row, each).await?
        {
            let winner = self.winner_body(winner).await?;
            body.words += &format!(" ({})", self.winner_words(&winner));
            body.winner = Some(winner);
        }
        Ok(body)
    }

    async fn winner_body(&self, winner: Winner) -> Result<WinnerBody, StoreError> {
        Ok(match winner {
            Winner::Authority => WinnerBody::Advanta,
            Winner::Person { who, origin } => {
                // From which device another person wrote is theirs to know.
                let told = self.viewer.as_ref().is_none_or(|viewer| *viewer == who);
                WinnerBody::User {
                    user: self.person_body(&who).await?,
                    origin: match told {
                        true => Some(self.origin_body(&origin).await?),
                        false => None,
                    },
                }
            }
        })
    }

    fn winner_words(&self, winner: &WinnerBody) -> String {
        match winner {
            WinnerBody::Advanta => "ADVANTA".to_owned(),
            WinnerBody::User { user, origin } => {
                let who = user.login.as_deref().unwrap_or(&user.id);
                match origin {
                    Some(origin) => format!("{who}, {}", self.origin_words(origin)),
                    None => who.to_owned(),
                }
            }
        }
    }

    fn origin_words(&self, origin: &OriginBody) -> String {
        let say = |russian, english| words::pick(self.language, russian, english).to_owned();
        match origin {
            OriginBody::CalDav { label, client, .. } => label.as_ref().unwrap_or(client).clone(),
            OriginBody::Import => say("импорт", "import"),
            OriginBody::Remote { .. } => say("подключённый календарь", "connected calendar"),
            OriginBody::Advanta => "ADVANTA".to_owned(),
        }
    }

    /// The object of a row: its title now; of one that is gone, what its author knew it by.
    async fn object_of(&self, row: &JournalRow) -> Result<ObjectBody, StoreError> {
        let body = self.object_body(row.object).await?;
        let theirs = self.viewer.as_ref().is_none_or(|it| *it == row.who);
        let gone = body.title.is_none() && theirs && !row.title.is_empty();
        Ok(ObjectBody {
            title: if gone {
                Some(row.title.clone())
            } else {
                body.title
            },
            ..body
        })
    }

    /// An object by name.
    pub(super) async fn object_body(&self, id: ObjectId) -> Result<ObjectBody, StoreError> {
        let object = match self.is_seen(id).await? {
            true => self.bridge.store().object(id).await?,
            false => None,
        };
        Ok(ObjectBody {
            id: id.0,
            title: object.map(|object| object.title),
        })
    }

    /// Whether whoever reads this may see what an object is called now. A person who was taken off it may not.
    async fn is_seen(&self, id: ObjectId) -> Result<bool, StoreError> {
        let Some(viewer) = &self.viewer else {
            return Ok(true);
        };
        let object = self.bridge.store().object(id).await?;
        Ok(object.is_none_or(|object| object.participants.contains_key(viewer)))
    }

    /// A person by name.
    pub(super) async fn person_body(&self, id: &UserId) -> Result<PersonBody, StoreError> {
        let user = self.bridge.store().user(id).await?;
        Ok(PersonBody {
            id: id.to_string(),
            login: user.map(|user| user.login),
        })
    }

    async fn origin_body(&self, origin: &Origin) -> Result<OriginBody, StoreError> {
        Ok(match origin {
            Origin::CalDav {
                app_password,
                client,
            } => OriginBody::CalDav {
                app_password: app_password.0,
                label: self
                    .bridge
                    .store()
                    .app_password(*app_password)
                    .await?
                    .map(|password| password.label),
                client: client.clone(),
            },
            Origin::Import => OriginBody::Import,
            Origin::Remote(subscription) => OriginBody::Remote {
                subscription: subscription.to_string(),
            },
            Origin::Advanta => OriginBody::Advanta,
        })
    }

    pub(super) async fn kept_text(&self, id: &str) -> Answer {
        self.only(&[])?;
        let row = self.journal_row(id).await?;
        text_of(row)
    }

    /// A row of the journal by the number that a path names.
    pub(super) async fn journal_row(&self, id: &str) -> Result<JournalRow, Problem> {
        let number = JournalId(identity(id, "row of the journal")?);
        let found = self.bridge.store().journal_row(number).await?;
        found.ok_or_else(|| Problem::missing(format!("there is no row {number} of the journal")))
    }
}

/// The text of a create that was refused in the end, to be saved.
pub(super) fn text_of(row: JournalRow) -> Answer {
    let missing = || Problem::missing(format!("row {} of the journal keeps no text", row.id));
    let text = row.kept_text.ok_or_else(missing)?;
    let mut response: Response<Body> = whole(text, CALENDAR);
    let name = format!("attachment; filename=\"refused-{}.ics\"", row.id);
    if let Ok(value) = HeaderValue::from_str(&name) {
        response
            .headers_mut()
            .insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

/// The word of an action in data.
pub(super) fn action_word(action: Action) -> &'static str {
    match action {
        Action::Create => "create",
        Action::Change => "change",
        Action::Delete => "delete",
    }
}

fn field_body(each: &FieldOutcome, action: Action, language: Language) -> FieldBody {
    let (outcome, reason) = match each.outcome {
        Outcome::Applied => ("applied", None),
        Outcome::Pending => ("pending", None),
        Outcome::Superseded => ("superseded", None),
        Outcome::Refused(reason) => ("refused", Some(reason.word().to_owned())),
    };
    FieldBody {
        field: each.field.word().to_owned(),
        outcome: outcome.to_owned(),
        reason,
        attempted: each.attempted.clone(),
        kept: each.kept.clone(),
        winner: None,
        words: words::field_outcome(each, action, language),
    }
}
