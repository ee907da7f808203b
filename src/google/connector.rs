//! How people let us into their Google calendars.

use super::Google;
use super::api::{Api, transient};
use super::failure::Asked;
use super::oauth::{Credentials, Grant, ServiceAccount};
use super::requests::{self, Calendars};
use super::wire::{CalendarListWire, CalendarWire};
use crate::model::CalendarRef;
use crate::ports::{CalendarOffer, ConnectError, Connector, Consent, RemoteError, RemoteErrorKind};
use async_trait::async_trait;
use std::sync::Arc;

/// Pages of the list of calendars.
const PAGES_MAX: usize = 20;
/// The longest address of an account (RFC 5321 §4.5.3.1).
const ACCOUNT_BYTES_MAX: usize = 320;

impl Google {
    async fn credentials(&self) -> Result<Credentials, ConnectError> {
        let settings = self.settings().await;
        let settings = settings.map_err(|error| ConnectError::Transient(error.detail))?;
        match settings.missing() {
            Some(missing) => Err(ConnectError::NotSetUp(missing.to_string())),
            None => Credentials::unseal(&settings, self.vault.as_ref()),
        }
    }
}

/// The calendars of all pages, without those that were taken off the list.
pub(super) async fn all_calendars(
    api: &Api,
    which: Calendars,
) -> Result<Vec<CalendarWire>, RemoteError> {
    let mut found = vec![];
    let mut token: Option<String> = None;
    for _ in 0..PAGES_MAX {
        let call = requests::calendars(which, token.as_deref());
        let whole = api.call(Asked::Else, &call).await?;
        let page: CalendarListWire = serde_json::from_slice(&whole.body)
            .map_err(|_| transient("the list of calendars cannot be read"))?;
        found.extend(page.items.into_iter().filter(|calendar| !calendar.deleted));
        match page.next_page_token {
            Some(next) => token = Some(next),
            None => return Ok(found),
        }
    }
    Err(transient("the list of calendars has too many pages"))
}

#[async_trait]
impl Connector for Google {
    async fn consent(&self, state: &str, redirect: &str) -> Result<Consent, ConnectError> {
        let who = self.credentials().await?;
        self.shared.oauth.consent(&who, state, redirect)
    }

    async fn redeem(
        &self,
        code: &str,
        verifier: &str,
        redirect: &str,
    ) -> Result<Vec<u8>, ConnectError> {
        let who = self.credentials().await?;
        let redeemed = self.shared.oauth.redeem(&who, (code, verifier, redirect));
        Ok(redeemed.await?.to_bytes())
    }

    async fn delegate(&self, account: &str) -> Result<Vec<u8>, ConnectError> {
        self.credentials().await?;
        let plain = account
            .chars()
            .all(|c| !c.is_control() && !c.is_whitespace());
        if !plain || !account.contains('@') || account.len() > ACCOUNT_BYTES_MAX {
            return Err(ConnectError::Refused(
                "this is no e-mail address".to_owned(),
            ));
        }
        // Whether it is let in shows when its calendars are listed.
        Ok(Grant::Delegated(account.to_owned()).to_bytes())
    }

    async fn calendars(&self, secret: &[u8]) -> Result<Vec<CalendarOffer>, ConnectError> {
        let who = self.credentials().await?;
        let grant = Grant::from_bytes(secret);
        let grant = grant.ok_or_else(|| ConnectError::Refused("nothing lets us in".to_owned()))?;
        let key = format!("connecting/{}", blake3::hash(secret).to_hex());
        let api = Api::new(Arc::clone(&self.shared), who, key, grant);
        let calendars = all_calendars(&api, Calendars::Readable).await;
        let mut calendars = calendars.map_err(refused)?;
        // The main one first, whose identity is the account's address.
        calendars.sort_by_key(|calendar| !calendar.primary);
        let account = calendars.first().filter(|calendar| calendar.primary);
        let account = account.map_or(String::new(), |calendar| calendar.id.clone());
        let offer = |calendar: CalendarWire| CalendarOffer {
            primary: calendar.primary,
            writable: matches!(calendar.access_role.as_deref(), Some("owner" | "writer")),
            calendar: CalendarRef {
                name: calendar.summary_override.unwrap_or(calendar.summary),
                account: account.clone(),
                id: calendar.id,
            },
        };
        Ok(calendars.into_iter().map(offer).collect())
    }

    fn check_key(&self, key: &str) -> Result<(), ConnectError> {
        ServiceAccount::read(key)?.check()
    }

    async fn give_back(&self, secret: &[u8]) -> Result<(), ConnectError> {
        let settings = self.settings().await;
        let settings = settings.map_err(|error| ConnectError::Transient(error.detail))?;
        let who = Credentials::unseal(&settings, self.vault.as_ref())?;
        match Grant::from_bytes(secret) {
            Some(grant) => Ok(self.shared.oauth.revoke(&who, &grant).await?),
            None => Ok(()),
        }
    }
}

fn refused(error: RemoteError) -> ConnectError {
    match error.kind {
        RemoteErrorKind::Unreachable => ConnectError::Unreachable(error.detail),
        RemoteErrorKind::Throttled { .. }
        | RemoteErrorKind::Barred { .. }
        | RemoteErrorKind::Transient => ConnectError::Transient(error.detail),
        RemoteErrorKind::Gone
        | RemoteErrorKind::Stale
        | RemoteErrorKind::Taken
        | RemoteErrorKind::Denied
        | RemoteErrorKind::CalendarGone
        | RemoteErrorKind::NotWritable
        | RemoteErrorKind::Refused => ConnectError::Refused(error.detail),
    }
}
