//! The one driver that sends calls for a person: their turn, their token, one renewal of it. Nothing else is repeated here: the caller
//! knows what it owes.

use super::batch::{self, Batch};
use super::bearer::{AccessToken, Bearer};
use super::failure::Answer;
use super::quota::TooLong;
use super::requests::{About, Request, encoded};
use super::transport::{Transport, Whole};
use crate::ports::{RemoteError, RemoteErrorKind};
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, IF_MATCH, USER_AGENT};
use http::{HeaderValue, Method};
use std::sync::Arc;

const OUR_NAME: &str = concat!("advanta-bridge/", env!("CARGO_PKG_VERSION"));
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Caller {
    /// Whose quota it is: a name of ours that shows nothing of the person.
    pub(super) person: String,
    /// What we call ourselves, `User-Agent`.
    pub(super) agent: String,
    /// Whether we ask as a service account, which has to say for whom (`quotaUser`).
    pub(super) delegated: bool,
}

impl Caller {
    /// The name that an administrator gave us, or our own.
    pub(super) fn agent(application_name: &str) -> String {
        match application_name.trim() {
            "" => OUR_NAME.to_owned(),
            name => name.to_owned(),
        }
    }

    /// At most 40 characters that show nothing of the person (global parameter `quotaUser`).
    fn quota_user(&self) -> Option<String> {
        let digest = blake3::hash(self.person.as_bytes()).to_hex();
        self.delegated.then(|| digest[..32].to_owned())
    }
}

/// Sends calls for one person.
pub(super) struct Client {
    transport: Arc<Transport>,
    pub(super) bearer: Arc<dyn Bearer>,
    caller: Caller,
}

impl Client {
    pub(super) fn new(transport: Arc<Transport>, bearer: Arc<dyn Bearer>, caller: Caller) -> Self {
        Self {
            transport,
            bearer,
            caller,
        }
    }

    /// The limits it works with.
    pub(super) fn options(&self) -> &super::GoogleOptions {
        &self.transport.options
    }

    /// Sends one request and returns its success.
    pub(super) async fn call(&self, request: &Request) -> Result<Answer, RemoteError> {
        let answer = self.send(request).await?;
        self.success(request.about, answer)
    }

    /// Sends one request and returns its answer, whatever it says.
    pub(super) async fn send(&self, request: &Request) -> Result<Answer, RemoteError> {
        let about = request.about;
        let outer = self.outer(&self.with_quota_user(request))?;
        self.turn(about, 1).await?;
        Ok(self.authorized(about, &outer).await?.answer)
    }

    /// Sends requests as one batch, each answered on its own, in order.
    pub(super) async fn batch(&self, requests: &[Request]) -> Vec<Result<Answer, RemoteError>> {
        let mut answers = self.batch_once(requests).await;
        let refused: Vec<usize> = (0..answers.len())
            .filter(|place| matches!(&answers[*place], Ok(answer) if answer.is_unauthorized()))
            .collect();
        if refused.is_empty() || self.renew_after_batch().await.is_err() {
            return answers;
        }
        let again: Vec<Request> = refused.iter().map(|at| requests[*at].clone()).collect();
        for (place, answer) in refused.into_iter().zip(self.batch_once(&again).await) {
            answers[place] = answer;
        }
        answers
    }

    /// An answer that has to be a success.
    pub(super) fn success(&self, about: About, answer: Answer) -> Result<Answer, RemoteError> {
        if answer.is_success() {
            self.transport.relax(&self.caller.person);
            return Ok(answer);
        }
        Err(self.failure(about, &answer))
    }

    /// What an answer that is no success means.
    pub(super) fn failure(&self, about: About, answer: &Answer) -> RemoteError {
        let options = self.options();
        let error = answer.failure(about, options.backoff, options.retry_after_max);
        match error.kind {
            RemoteErrorKind::Throttled { .. } if answer.retry_after.is_none() => RemoteError {
                kind: RemoteErrorKind::Throttled {
                    retry_after: self.transport.strain(&self.caller.person),
                },
                ..error
            },
            _ => error,
        }
    }

    async fn batch_once(&self, requests: &[Request]) -> Vec<Result<Answer, RemoteError>> {
        let about = requests.first().map_or(About::Get, |first| first.about);
        match self.batch_whole(about, requests).await {
            Ok(answers) => answers
                .into_iter()
                .zip(requests)
                .map(|(answer, request)| {
                    answer.ok_or_else(|| transient(request.about, "a part of a batch has no answer"))
                })
                .collect(),
            Err(error) => requests.iter().map(|_| Err(error.clone())).collect(),
        }
    }

    async fn batch_whole(
        &self,
        about: About,
        requests: &[Request],
    ) -> Result<Vec<Option<Answer>>, RemoteError> {
        let requests: Vec<Request> = requests
            .iter()
            .map(|request| self.with_quota_user(request))
            .collect();
        let outer = self.outer_of(about, batch::build(&requests, &self.transport.root))?;
        self.turn(about, requests.len()).await?;
        let whole = self.authorized(about, &outer).await?;
        let answer = self.success(about, whole.answer)?;
        batch::parse(&whole.content_type, &answer.body, requests.len())
            .map_err(|why| transient(about, &why.to_string()))
    }

    async fn renew_after_batch(&self) -> Result<AccessToken, RemoteError> {
        let token = self.bearer.token().await?;
        self.bearer.renew(&token).await
    }

    async fn turn(&self, about: About, count: usize) -> Result<(), RemoteError> {
        let turn = self.transport.turn(&self.caller.person, count).await;
        turn.map_err(|TooLong(wait)| RemoteError {
            kind: RemoteErrorKind::Throttled { retry_after: wait },
            detail: format!("{}: not asked yet, to stay within Google's quota", about.words()),
        })
    }

    /// Sends a request with a token, and once more with another one if it was not accepted.
    async fn authorized(
        &self,
        about: About,
        request: &http::Request<Bytes>,
    ) -> Result<Whole, RemoteError> {
        let token = self.bearer.token().await?;
        let whole = self.execute(about, request, &token).await?;
        if !whole.answer.is_unauthorized() {
            return Ok(whole);
        }
        let token = self.bearer.renew(&token).await?;
        self.execute(about, request, &token).await
    }

    async fn execute(
        &self,
        about: About,
        request: &http::Request<Bytes>,
        token: &AccessToken,
    ) -> Result<Whole, RemoteError> {
        let mut request = request.clone();
        let mut value = HeaderValue::from_str(&format!("Bearer {}", token.0))
            .map_err(|_| transient(about, "an access token that cannot stand in a header"))?;
        value.set_sensitive(true);
        request.headers_mut().insert(AUTHORIZATION, value);
        let whole = self.transport.execute(request).await;
        whole.map_err(|why| transient(about, &why))
    }

    /// The address of a request as a whole, and what goes with it.
    fn outer(&self, request: &Request) -> Result<http::Request<Bytes>, RemoteError> {
        let root = self.options().addresses.api.trim_end_matches('/');
        let mut builder = http::Request::builder()
            .method(&request.method)
            .uri(format!("{root}/{}", request.target))
            .header(ACCEPT, JSON)
            .header(USER_AGENT, &self.caller.agent);
        if let Some(version) = &request.if_match {
            builder = builder.header(IF_MATCH, version);
        }
        if request.body.is_some() {
            builder = builder.header(CONTENT_TYPE, JSON);
        }
        builder
            .body(request.body.clone().unwrap_or_default())
            .map_err(|_| refused(request.about, "an identity that cannot stand in a request"))
    }

    fn outer_of(&self, about: About, batch: Batch) -> Result<http::Request<Bytes>, RemoteError> {
        let kind = format!("multipart/mixed; boundary={}", batch.boundary);
        http::Request::builder()
            .method(Method::POST)
            .uri(&self.options().addresses.batch)
            .header(CONTENT_TYPE, kind)
            .header(USER_AGENT, &self.caller.agent)
            .body(batch.body)
            .map_err(|_| refused(about, "an identity that cannot stand in a request"))
    }

    fn with_quota_user(&self, request: &Request) -> Request {
        let mut request = request.clone();
        if let Some(user) = self.caller.quota_user() {
            let sign = if request.target.contains('?') { '&' } else { '?' };
            request.target = format!("{}{sign}quotaUser={}", request.target, encoded(&user));
        }
        request
    }
}

/// An error that another try may not meet.
pub(super) fn transient(about: About, why: &str) -> RemoteError {
    RemoteError {
        kind: RemoteErrorKind::Transient,
        detail: format!("{}: {why}", about.words()),
    }
}

/// An error that every try meets.
pub(super) fn refused(about: About, why: &str) -> RemoteError {
    RemoteError {
        kind: RemoteErrorKind::Refused,
        detail: format!("{}: {why}", about.words()),
    }
}
