//! The journal in words: who wanted what, what became of it, and why.

use super::Answer;
use super::ask::{Ask, CALENDAR, identity, json, whole};
use super::problem::Problem;
use super::wire::{
    FieldBody, Instant, JournalBody, JournalPageBody, ObjectBody, OriginBody, PersonBody,
};
use crate::bridge::words;
use crate::caldav::Body;
use crate::model::{
    Action, FieldOutcome, JournalId, JournalRow, Language, ObjectId, Origin, Outcome, UserId,
};
use crate::ports::{JournalQuery, StoreError};
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
            refusals_only: !self.flag("all")?,
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
        let fields = row.outcomes.iter();
        Ok(JournalBody {
            id: row.id.0,
            at: Instant(row.at),
            last_at: Instant(row.last_at),
            count: row.count,
            user: self.person_body(&row.who).await?,
            origin: self.origin_body(&row.origin).await?,
            object: self.object_body(row.object).await?,
            action: action_word(row.action).to_owned(),
            fields: fields
                .map(|each| FieldBody {
                    kept: if seen {
                        each.kept.clone()
                    } else {
                        String::new()
                    },
                    ..field_body(each, row.action, self.language)
                })
                .collect(),
            text: row.kept_text.is_some(),
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
        words: words::field_outcome(each, action, language),
    }
}
