//! What a person sees of their own: the edits that were refused, and the texts of those that could not be made.

use super::ask::{Ask, json, whole};
use super::page;
use super::problem::Problem;
use super::refusals::text_of;
use super::{Answer, Caller, Web};
use crate::bridge::accounts::{AuthError, Credentials, Session, SignInDoor};
use crate::caldav;
use crate::model::{JournalId, User};
use crate::ports::{JournalQuery, Outcomes};
use http::{HeaderMap, HeaderValue, header};

/// The style of a person's pages.
const STYLE: &str = include_str!("me.css");

impl Ask<'_> {
    pub(super) async fn my_refusals(&self) -> Answer {
        let user = self.session().await?.user;
        self.only(&["before", "limit"])?;
        let query = JournalQuery {
            who: Some(user.id.clone()),
            object: None,
            outcomes: Outcomes::Lost,
            before: self.value("before", "the number of a row")?.map(JournalId),
            rows_max: self.limit()?,
        };
        // The words are for them, whatever their program says that it prefers.
        let page = self.told_to(&user).page(query).await?;
        if self.is_browser() {
            self.html(&page::refusals(&page, &user, self.bridge.settings().zone))
        } else {
            json(&page)
        }
    }

    /// How the page looks. It says nothing of anybody, so nobody is asked who they are.
    pub(super) fn style(&self) -> Answer {
        self.only(&[])?;
        Ok(whole(STYLE.to_owned(), "text/css; charset=utf-8"))
    }

    pub(super) async fn my_kept_text(&self, id: &str) -> Answer {
        let user = self.session().await?.user;
        self.only(&[])?;
        let row = self.journal_row(id).await?;
        if row.who != user.id {
            // Just as if it were not there.
            return Err(Problem::missing(format!(
                "there is no row {} of the journal",
                row.id
            )));
        }
        text_of(row)
    }

    /// The person who asks.
    pub(super) async fn session(&self) -> Result<Session, Problem> {
        self.session.clone().ok_or_else(Problem::no_password)
    }

    /// Browsers name HTML; programs that want data do not.
    pub(super) fn is_browser(&self) -> bool {
        let accept = self.headers.get(header::ACCEPT);
        let accept = accept.and_then(|value| value.to_str().ok());
        accept.is_some_and(|accept| accept.contains("text/html"))
    }

    fn html(&self, document: &str) -> Answer {
        let mut response = whole(document.to_owned(), "text/html; charset=utf-8");
        // Nothing is run, sent or framed, and nothing but our own style is loaded: the page is words and links.
        let policy = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(policy),
        );
        headers.insert(
            header::REFERRER_POLICY,
            HeaderValue::from_static("no-referrer"),
        );
        Ok(response)
    }
}

impl Web {
    /// Who asks at a door of people, by their app password.
    pub(super) async fn session(
        &self,
        headers: &HeaderMap,
        caller: Caller,
    ) -> Result<Session, Problem> {
        let (login, secret) = caldav::basic(headers).ok_or_else(Problem::no_password)?;
        let typed = Credentials {
            login: &login,
            secret: &secret,
            address: caller.address(),
            door: SignInDoor::Me,
        };
        match self.bridge.authenticate(typed).await {
            Ok(session) => Ok(session),
            Err(AuthError::Denied) => Err(Problem::no_password()),
            Err(AuthError::Throttled { retry_after } | AuthError::Busy { retry_after }) => {
                Err(Problem::throttled(retry_after))
            }
            Err(AuthError::Store(error)) => Err(error.into()),
        }
    }
}

/// How a person is addressed.
pub(super) fn named(user: &User) -> &str {
    if user.name.is_empty() {
        &user.login
    } else {
        &user.name
    }
}
