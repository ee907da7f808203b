//! A person's calendar as one text, out and in. Neither is ever in memory as a whole beside the text itself.

use super::Answer;
use super::ask::{Ask, CALENDAR, LINES, streamed};
use super::problem::Problem;
use super::wire::{ImportLine, ProblemBody, RefusalBody};
use crate::bridge::{
    ImportError, ImportOrder, ImportStep, ImportTotals, ItemReport, Trouble, words,
};
use crate::caldav::{Body, BrokenOff};
use crate::model::Language;
use bytes::Bytes;
use chrono::NaiveDate;
use http::{HeaderValue, header};
use serde::Serialize;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Pieces or steps that wait for a reader.
const AHEAD: usize = 16;

/// Before every day that a calendar can hold.
const FIRST: NaiveDate = day_of(1, 1);
/// After every day that a calendar can hold, and the day after it is one as well.
const LAST: NaiveDate = day_of(9999, 12);

/// The first of a month.
const fn day_of(year: i32, month: u32) -> NaiveDate {
    match NaiveDate::from_ymd_opt(year, month, 1) {
        Some(day) => day,
        None => NaiveDate::MIN,
    }
}

impl Ask<'_> {
    pub(super) async fn export(&self, named: &str) -> Answer {
        self.only(&["from", "to"])?;
        let days = self.days()?;
        let user = self.person(named).await?;
        let (out, pieces) = mpsc::channel(AHEAD);
        let bridge = Arc::clone(self.bridge);
        let job = async move {
            match bridge.export(&user, days, out).await {
                Ok(_) => Ok(()),
                Err(error) => {
                    tracing::error!(user.id = %user.id, "an export broke off: {error}");
                    Err(BrokenOff)
                }
            }
        };
        let mut response = streamed(Body::job(pieces, tokio::spawn(job)), CALENDAR);
        let name = HeaderValue::from_static("attachment; filename=\"calendar.ics\"");
        response
            .headers_mut()
            .insert(header::CONTENT_DISPOSITION, name);
        Ok(response)
    }

    /// First and last day, both or none; one alone stands for an open end.
    fn days(&self) -> Result<Option<(NaiveDate, NaiveDate)>, Problem> {
        match (self.day("from")?, self.day("to")?) {
            (None, None) => Ok(None),
            (Some(from), Some(to)) if to < from => Err(Problem::invalid("to", "it is before from")),
            (from, to) => Ok(Some((from.unwrap_or(FIRST), to.unwrap_or(LAST)))),
        }
    }

    fn day(&self, name: &str) -> Result<Option<NaiveDate>, Problem> {
        let what = "a day such as 2026-12-31";
        match self.value(name, what)? {
            Some(day) if day < FIRST || day > LAST => {
                Err(Problem::invalid(name, format!("it is not {what}")))
            }
            day => Ok(day),
        }
    }

    pub(super) async fn import(&self, named: &str) -> Answer {
        self.only(&["dry_run", "rebuild"])?;
        self.wants("text/calendar")?;
        let order = ImportOrder {
            user: self.person(named).await?,
            dry_run: self.flag("dry_run")?,
            rebuild: self.flag("rebuild")?,
        };
        let (lines, pieces) = mpsc::channel(AHEAD);
        let (bridge, text) = (Arc::clone(self.bridge), self.body.clone());
        let language = self.language;
        tokio::spawn(async move {
            let (steps, told) = mpsc::channel(AHEAD);
            let telling = tell(told, lines.clone(), language);
            let (totals, ()) = tokio::join!(bridge.import(order, text, steps), telling);
            let last = match totals {
                Ok(totals) => done_line(totals),
                Err(error) => failed_line(error, language),
            };
            let _nobody_listens = lines.send(line(&last)).await;
        });
        Ok(streamed(Body::channel(pieces), LINES))
    }
}

/// Passes steps on as lines, until the last one or until nobody listens.
async fn tell(
    mut steps: mpsc::Receiver<ImportStep>,
    lines: mpsc::Sender<Bytes>,
    language: Language,
) {
    while let Some(step) = steps.recv().await {
        let told = match step {
            ImportStep::Started { items } => ImportLine::Started { items },
            ImportStep::Progress { done } => ImportLine::Progress { done },
            ImportStep::Item(item) => item_line(item, language),
        };
        if lines.send(line(&told)).await.is_err() {
            return;
        }
    }
}

fn item_line(item: ItemReport, language: Language) -> ImportLine {
    let ItemReport { line, uid, trouble } = item;
    match trouble {
        Trouble::Refused(refused) => ImportLine::Refused {
            line,
            uid,
            words: words::refusal(&refused, language),
            fields: refused
                .into_iter()
                .map(|each| RefusalBody {
                    field: each.field.word().to_owned(),
                    reason: each.reason.word().to_owned(),
                    kept: each.kept,
                })
                .collect(),
        },
        Trouble::Broken(why) => ImportLine::Broken { line, uid, why },
    }
}

fn done_line(totals: ImportTotals) -> ImportLine {
    let ImportTotals {
        created,
        changed,
        unchanged,
        rebuilt,
        refused,
        broken,
        skipped,
    } = totals;
    ImportLine::Done {
        created,
        changed,
        unchanged,
        rebuilt,
        refused,
        broken,
        skipped,
    }
}

fn failed_line(error: ImportError, language: Language) -> ImportLine {
    let problem: ProblemBody = Problem::from(error).body(language);
    ImportLine::Failed { problem }
}

/// One line of JSON.
pub(super) fn line<T: Serialize>(value: &T) -> Bytes {
    let mut bytes = serde_json::to_vec(value).unwrap_or_default();
    bytes.push(b'\n');
    bytes.into()
}

impl From<ImportError> for Problem {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::NotStandalone => Self::conflict(error.to_string()),
            // Whoever would read this hung up.
            ImportError::Abandoned => Self::failed(error.to_string()),
            ImportError::Store(error) => error.into(),
        }
    }
}
