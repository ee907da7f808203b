//! The three ways to the administrator's API.
//!
//! 1. `--url`: a bridge over the network, with a token.
//! 2. The socket in the data folder: a bridge runs on it.
//! 3. No bridge runs: the store is opened and the command answers itself, through the same code.

mod open;

use super::failure::{Done, Failure};
use super::lines::Lines;
use super::place::Reach;
use super::voice::Voice;
use crate::bridge::Bridge;
use crate::server::SOCKET;
use crate::web::wire::ProblemBody;
use crate::web::{Caller, Web};
use bytes::{Bytes, BytesMut};
use http::{Method, Request, Response, header};
use http_body_util::BodyExt as _;
use http_body_util::combinators::UnsyncBoxBody;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// Bytes of an answer that is read as a whole.
const ANSWER_BYTES_MAX: usize = 64 << 20;

/// A way to the API.
pub(super) struct Way {
    kind: Kind,
    voice: Voice,
}

enum Kind {
    /// Through a socket or the network.
    Http {
        client: reqwest::Client,
        base: String,
        token: Option<String>,
    },
    /// In this process.
    Here { web: Web, bridge: Arc<Bridge> },
}

/// A request to be sent.
pub(super) struct Call {
    method: Method,
    path: String,
    body: Option<(&'static str, Bytes)>,
}

/// The body of an answer, wherever it comes from.
pub(super) type Stream = UnsyncBoxBody<Bytes, String>;

/// What a way may do when there is no data folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Folder {
    /// A mistyped name must not make an empty installation.
    MustBeThere,
    /// The first person of a new installation is added.
    MayBeMade,
}

/// Finds a way, works, and leaves cleanly whatever came of it.
pub(super) async fn through(
    reach: &Reach,
    voice: &Voice,
    work: impl AsyncFnOnce(&Way) -> Done,
) -> Done {
    through_folder(reach, voice, Folder::MustBeThere, work).await
}

/// The same, with a say about the data folder.
pub(super) async fn through_folder(
    reach: &Reach,
    voice: &Voice,
    folder: Folder,
    work: impl AsyncFnOnce(&Way) -> Done,
) -> Done {
    let way = Way::find(reach, voice, folder).await?;
    let done = work(&way).await;
    let left = way.leave().await;
    let exit = done?;
    left.map(|()| exit)
}

impl Way {
    async fn find(reach: &Reach, voice: &Voice, folder: Folder) -> Result<Self, Failure> {
        let kind = match &reach.url {
            Some(url) => open::remote(url, reach.token_file.as_deref(), voice)?,
            None => {
                let config = reach
                    .place
                    .config()
                    .map_err(|error| Failure::Usage(format!("{error:#}")))?;
                let data = reach.place.data(&config, "./data");
                let socket = data.join(SOCKET);
                if tokio::net::UnixStream::connect(&socket).await.is_ok() {
                    open::local(&socket)?
                } else {
                    open::here(&config, &data, voice, folder).await?
                }
            }
        };
        Ok(Self {
            kind,
            voice: *voice,
        })
    }

    async fn leave(self) -> Result<(), Failure> {
        match self.kind {
            Kind::Http { .. } => Ok(()),
            Kind::Here { bridge, .. } => {
                let closed = bridge.close().await;
                closed.map_err(|error| Failure::Failed(error.to_string()))
            }
        }
    }

    /// Sends a request; the body of the answer is read piece by piece.
    pub(super) async fn stream(&self, call: Call) -> Result<Stream, Failure> {
        let response = match &self.kind {
            Kind::Http {
                client,
                base,
                token,
            } => self.over_http(client, base, token.as_deref(), call).await?,
            Kind::Here { web, .. } => self.in_here(web, call).await?,
        };
        let success = response.status().is_success();
        let body = response.into_body();
        if success {
            return Ok(body);
        }
        let told = whole(body).await?;
        Err(match serde_json::from_slice::<ProblemBody>(&told) {
            Ok(problem) => Failure::Problem(problem),
            Err(_) => Failure::Failed(self.foreign(&told)),
        })
    }

    /// Sends a request; the answer is read as a whole.
    pub(super) async fn bytes(&self, call: Call) -> Result<Bytes, Failure> {
        whole(self.stream(call).await?).await
    }

    /// Sends a request; the answer is JSON.
    pub(super) async fn json<T: DeserializeOwned>(&self, call: Call) -> Result<T, Failure> {
        let bytes = self.bytes(call).await?;
        serde_json::from_slice(&bytes).map_err(|_| Failure::Failed(self.foreign(&bytes)))
    }

    /// Sends a request; the answer is a line of JSON after the other.
    pub(super) async fn lines(&self, call: Call) -> Result<Lines, Failure> {
        Ok(Lines::new(self.stream(call).await?))
    }

    async fn over_http(
        &self,
        client: &reqwest::Client,
        base: &str,
        token: Option<&str>,
        call: Call,
    ) -> Result<Response<Stream>, Failure> {
        let mut request = client
            .request(call.method, format!("{base}{}", call.path))
            .header(header::ACCEPT_LANGUAGE, self.voice.language.tag());
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some((media_type, bytes)) = call.body {
            request = request.header(header::CONTENT_TYPE, media_type).body(bytes);
        }
        let response = request
            .send()
            .await
            .map_err(|error| self.unreachable(&error))?;
        let broken = |error: reqwest::Error| error.to_string();
        Ok(Response::from(response).map(|body: reqwest::Body| body.map_err(broken).boxed_unsync()))
    }

    async fn in_here(&self, web: &Web, call: Call) -> Result<Response<Stream>, Failure> {
        let mut request = Request::builder()
            .method(call.method)
            .uri(&call.path)
            .header(header::ACCEPT_LANGUAGE, self.voice.language.tag());
        let mut bytes = Bytes::new();
        if let Some((media_type, body)) = call.body {
            request = request
                .header(header::CONTENT_TYPE, media_type)
                .header(header::CONTENT_LENGTH, body.len());
            bytes = body;
        }
        let request = request.body(());
        let (parts, ()) = request
            .map_err(|error| Failure::Failed(error.to_string()))?
            .into_parts();
        let response = match web.admit(&parts, Caller::Local).await {
            Ok(admitted) => web.answer(&parts, bytes, Caller::Local, admitted).await,
            Err(refused) => *refused,
        };
        Ok(response.map(|body| body.map_err(|error| error.to_string()).boxed_unsync()))
    }

    fn unreachable(&self, error: &reqwest::Error) -> Failure {
        let lead = self
            .voice
            .pick("мост не отвечает", "the bridge does not answer");
        let mut words = format!("{lead}: {error}");
        let mut source = std::error::Error::source(error);
        while let Some(inner) = source {
            words = format!("{words}: {inner}");
            source = inner.source();
        }
        Failure::Unreachable(words)
    }

    /// Whoever answers so is no bridge, or one of another time.
    fn foreign(&self, said: &[u8]) -> String {
        let lead = self.voice.pick(
            "ответ не похож на ответ моста",
            "the answer is not one of a bridge",
        );
        let said = String::from_utf8_lossy(&said[..said.len().min(200)]);
        format!("{lead}: {}", said.trim())
    }
}

impl Call {
    /// GET of a path below `/admin/v1/`.
    pub(super) fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    /// POST without a body.
    pub(super) fn post(path: impl Into<String>) -> Self {
        Self::new(Method::POST, path)
    }

    /// DELETE.
    pub(super) fn delete(path: impl Into<String>) -> Self {
        Self::new(Method::DELETE, path)
    }

    fn new(method: Method, path: impl Into<String>) -> Self {
        let path = format!("/admin/v1/{}", path.into());
        Self {
            method,
            path,
            body: None,
        }
    }

    /// With JSON.
    pub(super) fn json<T: Serialize>(mut self, value: &T) -> Self {
        let bytes = serde_json::to_vec(value).unwrap_or_default();
        self.body = Some(("application/json", bytes.into()));
        self
    }

    /// With a calendar.
    pub(super) fn calendar(mut self, text: Bytes) -> Self {
        self.body = Some(("text/calendar; charset=utf-8", text));
        self
    }
}

/// A body as a whole.
async fn whole(mut body: Stream) -> Result<Bytes, Failure> {
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(Failure::Failed)?;
        if let Ok(piece) = frame.into_data() {
            bytes.extend_from_slice(&piece);
        }
        if bytes.len() > ANSWER_BYTES_MAX {
            let words = format!("the answer is longer than {ANSWER_BYTES_MAX} bytes");
            return Err(Failure::Failed(words));
        }
    }
    Ok(bytes.freeze())
}
