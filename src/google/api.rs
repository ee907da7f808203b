//! The one driver that sends calls for a person: not too fast, with a token, and with a new one when it is not accepted.

use super::batch;
use super::failure::{Asked, failure};
use super::http::{Http, Whole};
use super::map::Setting;
use super::oauth::{Credentials, Grant, OAuth, TokenError, Tokens};
use super::options::GoogleOptions;
use super::quota::Quotas;
use super::requests::Call;
use crate::model::SubscriptionId;
use crate::ports::{RemoteError, RemoteErrorKind};
use http::{HeaderValue, StatusCode, header};
use oauth2::AccessToken;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What all calls share.
pub(super) struct Shared {
    pub(super) options: GoogleOptions,
    pub(super) http: Arc<Http>,
    pub(super) oauth: OAuth,
    pub(super) tokens: Tokens,
    pub(super) quotas: Quotas,
    /// What the last listing said of each subscription's calendar, and in which of its lives that was.
    pub(super) settings: Mutex<HashMap<SubscriptionId, (u64, Setting)>>,
}

/// Calls for one person.
pub(super) struct Api {
    pub(super) shared: Arc<Shared>,
    pub(super) who: Credentials,
    /// Whose token and bucket.
    key: String,
    /// What lets us in, and whether that is new.
    grant: Mutex<(Grant, bool)>,
}

pub(super) fn transient(detail: impl Into<String>) -> RemoteError {
    RemoteError {
        kind: RemoteErrorKind::Transient,
        detail: detail.into(),
    }
}

impl Api {
    pub(super) fn new(shared: Arc<Shared>, who: Credentials, key: String, grant: Grant) -> Self {
        Self {
            shared,
            who,
            key,
            grant: Mutex::new((grant, false)),
        }
    }

    pub(super) fn options(&self) -> &GoogleOptions {
        &self.shared.options
    }

    pub(super) fn grant(&self) -> Grant {
        let grant = self.grant.lock().unwrap_or_else(PoisonError::into_inner);
        grant.0.clone()
    }

    /// What lets us in from now on, if that is new; said once.
    pub(super) fn renewed(&self) -> Option<Grant> {
        let mut grant = self.grant.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut grant.1).then(|| grant.0.clone())
    }

    /// Sends a call; the answer is a success.
    pub(super) async fn call(&self, asked: Asked, call: &Call) -> Result<Whole, RemoteError> {
        let call = self.counted(call);
        let request = call.request(&self.options().addresses.api);
        let request = request.map_err(|error| transient(format!("no request: {error}")))?;
        let whole = self.send(request, 1).await?;
        match self.failure(asked, &whole) {
            Some(error) => Err(error),
            None => Ok(whole),
        }
    }

    /// Sends several calls as one batch. Each has its own answer, also when that is no success; `None`: there was none.
    pub(super) async fn batch(&self, calls: &[Call]) -> Result<Vec<Option<Whole>>, RemoteError> {
        let calls: Vec<Call> = calls.iter().map(|call| self.counted(call)).collect();
        let mut answers = self.batch_of(&calls).await?;
        // Parts are let in one by one, and the token may run out between two of them.
        let shut_out = |answer: &Option<Whole>| {
            let status = answer.as_ref().map(|whole| whole.status);
            status == Some(StatusCode::UNAUTHORIZED)
        };
        let places: Vec<usize> = (0..answers.len())
            .filter(|place| shut_out(&answers[*place]))
            .collect();
        if places.is_empty() {
            return Ok(answers);
        }
        if let Ok(token) = self.token().await {
            self.shared.tokens.forget(&self.key, &token).await;
        }
        let again: Vec<Call> = places.iter().map(|place| calls[*place].clone()).collect();
        // What the others were answered stands, whatever comes of these.
        if let Ok(more) = self.batch_of(&again).await {
            for (place, answer) in places.into_iter().zip(more) {
                answers[place] = answer;
            }
        }
        Ok(answers)
    }

    async fn batch_of(&self, calls: &[Call]) -> Result<Vec<Option<Whole>>, RemoteError> {
        let addresses = &self.options().addresses;
        let root = addresses.api.parse::<http::Uri>();
        let root = root.map_err(|_| transient("google.api is no address"))?;
        let request = batch::request(&addresses.batch, root.path(), calls);
        let request = request.map_err(|error| transient(format!("no request: {error}")))?;
        let count = u32::try_from(calls.len()).unwrap_or(u32::MAX);
        let whole = self.send(request, count).await?;
        match self.failure(Asked::Batch, &whole) {
            Some(error) => Err(error),
            None => batch::answers(&whole, calls.len()).map_err(transient),
        }
    }

    /// What an answer says that is no success.
    pub(super) fn failure(&self, asked: Asked, whole: &Whole) -> Option<RemoteError> {
        failure(asked, whole, (&self.shared.http, self.options()))
    }

    async fn send(
        &self,
        request: http::Request<Vec<u8>>,
        count: u32,
    ) -> Result<Whole, RemoteError> {
        self.shared.quotas.wait(&self.key, count).await;
        let token = self.token().await?;
        let whole = self.with(&token, request.clone()).await?;
        if whole.status != StatusCode::UNAUTHORIZED {
            return Ok(whole);
        }
        // It may have been taken back a moment ago, or its hour is over by Google's clock.
        self.shared.tokens.forget(&self.key, &token).await;
        let token = self.token().await?;
        self.shared.quotas.wait(&self.key, count).await;
        self.with(&token, request).await
    }

    async fn with(
        &self,
        token: &AccessToken,
        mut request: http::Request<Vec<u8>>,
    ) -> Result<Whole, RemoteError> {
        let bearer = HeaderValue::from_str(&format!("Bearer {}", token.secret()));
        let mut bearer = bearer.map_err(|_| transient("a token that no header can hold"))?;
        bearer.set_sensitive(true);
        request.headers_mut().insert(header::AUTHORIZATION, bearer);
        let name = &self.who.application_name;
        let sent = self.shared.http.send(request, name).await;
        sent.map_err(|error| RemoteError {
            kind: match error.network {
                true => RemoteErrorKind::Unreachable,
                false => RemoteErrorKind::Transient,
            },
            detail: error.words,
        })
    }

    async fn token(&self) -> Result<AccessToken, TokenError> {
        let grant = self.grant();
        let shared = &self.shared;
        let asked = (self.key.as_str(), &grant);
        let access = shared
            .tokens
            .access(&shared.oauth, &self.who, asked)
            .await?;
        if let Some(renewed) = access.renewed {
            let mut grant = self.grant.lock().unwrap_or_else(PoisonError::into_inner);
            *grant = (renewed, true);
        }
        Ok(access.token)
    }

    /// A service account's calls count for whom they are made (`quotaUser`, at most 40 characters), not for the account.
    fn counted(&self, call: &Call) -> Call {
        let Grant::Delegated(account) = self.grant() else {
            return call.clone();
        };
        let digest = blake3::hash(account.as_bytes()).to_hex();
        let mark = if call.path.contains('?') { '&' } else { '?' };
        Call {
            path: format!("{}{mark}quotaUser={}", call.path, &digest[..32]),
            ..call.clone()
        }
    }
}
