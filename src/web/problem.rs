//! What goes wrong, as RFC 9457 tells it: `application/problem+json`.

use super::wire::ProblemBody;
use crate::bridge::words::pick;
use crate::bridge::{
    ConnectionError, EditError, IntegrationError, ReceiveError, ReconcileError, RotateError,
    SubscriptionError, SyncError, UserError,
};
use crate::caldav::Body;
use crate::model::Language;
use crate::ports::{ConnectError, KeyringError, StoreError};
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use std::time::Duration;

/// Which kind of problem: the last word of its `type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Not there, or not yours.
    NotFound,
    /// There, but not by this method.
    Method,
    /// Who are you.
    Unauthorized,
    /// Too many wrong passwords.
    Throttled,
    /// Too many bytes.
    TooLarge,
    /// A body of another kind than this path takes.
    MediaType,
    /// A value is not what it may be.
    Invalid,
    /// Somebody else has it, or it is not in the state for this.
    Conflict,
    /// There is no ADVANTA to ask.
    Standalone,
    /// Others kept writing; try again.
    Busy,
    /// Too much waits already; try again later.
    Full,
    /// Too many requests are under way; try again in a moment.
    Crowded,
    /// The disk takes no writes.
    Storage,
    /// ADVANTA could not be asked.
    Advanta,
    /// A remote calendar could not be asked.
    Remote,
    /// Our own side failed.
    Failed,
}

/// Why a request was not done.
#[derive(Debug)]
pub struct Problem {
    kind: Kind,
    detail: Option<String>,
    /// The detail in Russian, where there is one.
    russian: Option<String>,
    field: Option<String>,
    header: Option<Box<(HeaderName, String)>>,
}

/// Years that a first day may lie in: one typed with two digits is none of them.
pub(super) const DAYS: (i32, i32) = (1970, 2199);

/// What every `type` begins with.
const TYPE: &str = "urn:advanta-bridge:problem:";

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::NotFound => "not-found",
            Self::Method => "method-not-allowed",
            Self::Unauthorized => "unauthorized",
            Self::Throttled => "throttled",
            Self::TooLarge => "too-large",
            Self::MediaType => "unsupported-media-type",
            Self::Invalid => "invalid",
            Self::Conflict => "conflict",
            Self::Standalone => "standalone",
            Self::Busy => "busy",
            Self::Full => "full",
            Self::Crowded => "crowded",
            Self::Storage => "storage",
            Self::Advanta => "advanta",
            Self::Remote => "remote",
            Self::Failed => "failed",
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Throttled => StatusCode::TOO_MANY_REQUESTS,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Conflict | Self::Standalone => StatusCode::CONFLICT,
            Self::Busy | Self::Full | Self::Crowded => StatusCode::SERVICE_UNAVAILABLE,
            Self::Storage => StatusCode::INSUFFICIENT_STORAGE,
            Self::Advanta | Self::Remote => StatusCode::BAD_GATEWAY,
            Self::Failed => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn title(self, language: Language) -> &'static str {
        let (russian, english) = match self {
            Self::NotFound => ("Не найдено", "Not found"),
            Self::Method => ("Так здесь нельзя", "Not allowed here"),
            Self::Unauthorized => ("Нет доступа", "Not let in"),
            Self::Throttled => ("Слишком много неверных паролей", "Too many wrong passwords"),
            Self::TooLarge => ("Слишком большой запрос", "Too large"),
            Self::MediaType => ("Тип данных не подходит", "Wrong kind of data"),
            Self::Invalid => ("Неверное значение", "Invalid value"),
            Self::Conflict => ("Сейчас это невозможно", "Not possible now"),
            Self::Standalone => (
                "Мост работает без ADVANTA",
                "The bridge runs without an ADVANTA",
            ),
            Self::Busy => (
                "Кто-то другой пишет то же самое",
                "Somebody else keeps writing the same",
            ),
            Self::Full => ("Очередь переполнена", "The queue is full"),
            Self::Crowded => ("Слишком много запросов сразу", "Too many requests at once"),
            Self::Storage => (
                "На сервере нет места: изменение не сохранено",
                "The server has no room: nothing was kept",
            ),
            Self::Advanta => ("ADVANTA не отвечает", "ADVANTA does not answer"),
            Self::Remote => (
                "Внешний календарь не отвечает",
                "The remote calendar does not answer",
            ),
            Self::Failed => ("Сбой на стороне моста", "The bridge failed"),
        };
        pick(language, russian, english)
    }
}

impl Problem {
    fn of(kind: Kind) -> Self {
        Self {
            kind,
            detail: None,
            russian: None,
            field: None,
            header: None,
        }
    }

    fn saying(kind: Kind, detail: impl Into<String>) -> Self {
        Self {
            detail: Some(detail.into()),
            ..Self::of(kind)
        }
    }

    pub(super) fn in_russian(self, words: impl Into<String>) -> Self {
        Self {
            russian: Some(words.into()),
            ..self
        }
    }

    fn with_header(self, name: HeaderName, value: impl Into<String>) -> Self {
        Self {
            header: Some(Box::new((name, value.into()))),
            ..self
        }
    }

    /// A path of nothing.
    pub fn no_such_path() -> Self {
        Self::saying(Kind::NotFound, "there is nothing at this address")
    }

    /// Something named in a path is not there.
    pub fn missing(what: impl Into<String>) -> Self {
        Self::saying(Kind::NotFound, what)
    }

    /// There, but by these methods.
    pub fn method(allowed: String) -> Self {
        let detail = format!("allowed here: {allowed}");
        Self::saying(Kind::Method, detail).with_header(header::ALLOW, allowed)
    }

    /// No token, or a wrong one.
    pub fn no_token() -> Self {
        let detail = "an administrator's token is needed (Authorization: Bearer)";
        Self::saying(Kind::Unauthorized, detail).with_header(header::WWW_AUTHENTICATE, "Bearer")
    }

    /// No app password, or a wrong one.
    pub fn no_password() -> Self {
        let detail = "a user name and an app password are needed";
        let challenge = "Basic realm=\"ADVANTA\", charset=\"UTF-8\"";
        Self::saying(Kind::Unauthorized, detail).with_header(header::WWW_AUTHENTICATE, challenge)
    }

    /// A hook that is not from ADVANTA.
    pub fn unsigned(why: &str) -> Self {
        Self::saying(Kind::Unauthorized, format!("not signed: {why}"))
    }

    /// Too many wrong passwords.
    pub fn throttled(after: Duration) -> Self {
        Self::of(Kind::Throttled).with_header(header::RETRY_AFTER, seconds(after))
    }

    /// Too many bodies are under way.
    pub fn crowded(after: Duration) -> Self {
        let detail = "too many bodies are under way";
        Self::saying(Kind::Crowded, detail).with_header(header::RETRY_AFTER, seconds(after))
    }

    /// A body of too many bytes.
    pub fn too_large(bytes_max: usize) -> Self {
        Self::saying(
            Kind::TooLarge,
            format!("the body is larger than {bytes_max} bytes"),
        )
    }

    /// A body of another kind.
    pub fn media_type(wanted: &str) -> Self {
        Self::saying(Kind::MediaType, format!("this address takes {wanted}"))
    }

    /// A value is not what it may be.
    pub fn invalid(field: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            field: Some(field.into()),
            ..Self::saying(Kind::Invalid, why)
        }
    }

    /// Somebody said no on the remote's page (RFC 6749 §4.1.2.1).
    pub fn refused_consent(error: &str) -> Self {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let error: String = error.chars().filter(|c| word(*c)).take(64).collect();
        let russian = match error.as_str() {
            "access_denied" => "Доступ не разрешён: вы отказались на странице Google.".to_owned(),
            error => format!("Google не дал доступа: {error}. Начните сначала."),
        };
        let english = format!("Google was not allowed to let us in: {error}");
        Self::invalid("code", english).in_russian(russian)
    }

    /// A form that was not made for this person by this process.
    pub fn stale_form() -> Self {
        Self::conflict("the page is too old; open it again")
            .in_russian("Страница устарела: откройте её ещё раз.")
    }

    /// A day that no calendar of ours reaches.
    pub fn far_day(field: &str) -> Self {
        let (first, last) = DAYS;
        Self::invalid(field, format!("the year is not between {first} and {last}"))
            .in_russian(format!("Год должен быть от {first} до {last}."))
    }

    /// Not in the state for this.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::saying(Kind::Conflict, detail)
    }

    /// Our own side failed in a way that is not the store's.
    pub fn failed(detail: impl Into<String>) -> Self {
        Self::saying(Kind::Failed, detail)
    }

    /// Which kind it is.
    #[cfg(test)]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The methods that are allowed instead.
    #[cfg(test)]
    pub fn allowed(&self) -> Option<&str> {
        let (_, value) = &**self.header.as_ref()?;
        Some(value)
    }

    /// As JSON, in somebody's language.
    pub fn body(&self, language: Language) -> ProblemBody {
        ProblemBody {
            kind: format!("{TYPE}{}", self.kind.word()),
            title: self.kind.title(language).to_owned(),
            status: self.kind.status().as_u16(),
            detail: match (language, &self.russian) {
                (Language::Russian, Some(words)) => Some(words.clone()),
                (Language::Russian | Language::English, _) => self.detail.clone(),
            },
            field: self.field.clone(),
        }
    }

    /// The answer.
    pub fn into_response(self, language: Language) -> Response<Body> {
        let json = serde_json::to_vec(&self.body(language)).unwrap_or_default();
        let mut response = Response::new(Body::whole(json));
        *response.status_mut() = self.kind.status();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(
            header::CONTENT_LANGUAGE,
            HeaderValue::from_static(language.tag()),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some((name, value)) = self.header.map(|header| *header)
            && let Ok(value) = value.parse()
        {
            headers.insert(name, value);
        }
        response
    }
}

fn seconds(after: Duration) -> String {
    after.as_secs().max(1).to_string()
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            // The store said so once.
            StoreError::Unwritable(hindrance) => Self::saying(Kind::Storage, hindrance.to_string()),
            error => {
                tracing::error!("a request failed: {error}");
                Self::failed(error.to_string())
            }
        }
    }
}

impl From<UserError> for Problem {
    fn from(error: UserError) -> Self {
        match error {
            UserError::Missing => Self::missing(error.to_string()),
            UserError::LoginTaken => Self::conflict(error.to_string()),
            UserError::Invalid { field, why } => Self::invalid(field, why),
            UserError::Busy => Self::busy(),
            UserError::Store(error) => error.into(),
        }
    }
}

impl From<EditError> for Problem {
    fn from(error: EditError) -> Self {
        match error {
            EditError::Missing => Self::missing(error.to_string()),
            EditError::Condition | EditError::UidConflict(_) => Self::conflict(error.to_string()),
            EditError::Rejected(rejected) => Self::invalid("text", rejected.to_string()),
            EditError::QuotaExceeded => Self::saying(Kind::Storage, error.to_string()),
            EditError::OutboxFull => Self::full("too many edits wait for ADVANTA"),
            EditError::Busy => Self::busy(),
            EditError::Store(error) => error.into(),
        }
    }
}

impl From<ReconcileError> for Problem {
    fn from(error: ReconcileError) -> Self {
        match error {
            ReconcileError::Standalone => Self::saying(Kind::Standalone, error.to_string()),
            ReconcileError::Advanta(error) => Self::saying(Kind::Advanta, error.to_string()),
            ReconcileError::Ours(error) => error.into(),
        }
    }
}

impl From<RotateError> for Problem {
    fn from(error: RotateError) -> Self {
        match error {
            RotateError::Keys(KeyringError::Fixed(_)) => Self::conflict(error.to_string()),
            RotateError::Keys(KeyringError::Failed(_)) | RotateError::Vault(_) => {
                tracing::error!("secrets are not sealed anew: {error}");
                Self::failed(error.to_string())
            }
            RotateError::Busy => Self::busy(),
            RotateError::Store(error) => error.into(),
        }
    }
}

impl From<SubscriptionError> for Problem {
    fn from(error: SubscriptionError) -> Self {
        let detail = error.to_string();
        match error {
            SubscriptionError::NoSuchUser(_) | SubscriptionError::NotThere => Self::missing(detail),
            SubscriptionError::Deactivated => Self::conflict(detail).in_russian("Этот сотрудник отключён."),
            SubscriptionError::AlreadySubscribed(_) => {
                Self::conflict(detail).in_russian("Календарь уже подключён.")
            }
            SubscriptionError::CalendarTaken => Self::conflict(detail)
                .in_russian("Этот календарь уже подключён в другой подписке: выберите другой."),
            SubscriptionError::OtherIntegration(..) => Self::conflict(detail).in_russian(
                "Есть подписки другой интеграции: в системе работает Google или Exchange, но не обе.",
            ),
            SubscriptionError::WrongState(_) => Self::conflict(detail).in_russian(
                "Сейчас это невозможно: состояние подписки изменилось. Откройте страницу ещё раз.",
            ),
            SubscriptionError::Vault(_) => Self::failed(detail),
            SubscriptionError::Remote(_) => {
                let russian = format!("Календарь сейчас не отвечает как нужно: {detail}");
                Self::saying(Kind::Remote, detail).in_russian(russian)
            }
            SubscriptionError::Busy => Self::busy(),
            SubscriptionError::Store(error) => error.into(),
        }
    }
}

impl From<ConnectionError> for Problem {
    fn from(error: ConnectionError) -> Self {
        let detail = error.to_string();
        match error {
            ConnectionError::NotOffered(_) => Self::missing(detail),
            ConnectionError::NotBegun => Self::conflict(detail).in_russian(
                "Подключение не начато, уже завершено или время вышло: начните сначала.",
            ),
            ConnectionError::OtherState => Self::conflict(detail)
                .in_russian("Этот ответ относится к другому подключению: начните сначала."),
            ConnectionError::OtherAccount => Self::conflict(detail).in_russian(
                "Этот аккаунт не открывает календарь, на который вы подписаны: войдите в прежний.",
            ),
            ConnectionError::NoSuchCalendar => {
                Self::invalid("calendar", detail).in_russian("Такого календаря в списке нет.")
            }
            ConnectionError::ReadOnly => Self::invalid("calendar", detail)
                .in_russian("Этот календарь доступен только для чтения."),
            ConnectionError::Connect(error) => error.into(),
            ConnectionError::Subscription(error) => error.into(),
            ConnectionError::Busy => Self::busy(),
        }
    }
}

impl From<ConnectError> for Problem {
    fn from(error: ConnectError) -> Self {
        let detail = error.to_string();
        match error {
            ConnectError::NotSetUp(why) => Self::conflict(detail).in_russian(format!(
                "Интеграция настроена не полностью или неверно, нужен администратор: {why}"
            )),
            ConnectError::Refused(why) => Self::invalid("code", detail)
                .in_russian(format!("Google не пустил, начните сначала: {why}")),
            ConnectError::ScopeMissing(_) => Self::invalid("code", detail).in_russian(
                "Не отмечены все разрешения. Нужны оба: просмотр и изменение мероприятий, просмотр списка календарей.",
            ),
            ConnectError::Unreachable(why) => Self::saying(Kind::Remote, detail).in_russian(format!(
                "Сеть предприятия не пускает ADVANTA к Google (прокси, порт или имя): {why}. Обратитесь к администратору сети."
            )),
            ConnectError::Transient(_) => Self::saying(Kind::Remote, detail)
                .in_russian("Google сейчас не отвечает, попробуйте позже."),
        }
    }
}

impl From<IntegrationError> for Problem {
    fn from(error: IntegrationError) -> Self {
        let detail = error.to_string();
        match error {
            IntegrationError::Invalid { setting, why } => Self::invalid(camel(setting), why),
            IntegrationError::Missing(_) => Self::conflict(detail),
            IntegrationError::Subscription(error) => error.into(),
            IntegrationError::Vault(_) => Self::failed(detail),
            IntegrationError::Busy => Self::busy(),
            IntegrationError::Store(error) => error.into(),
        }
    }
}

/// A setting's name as it stands in JSON.
fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
}

impl From<SyncError> for Problem {
    fn from(error: SyncError) -> Self {
        let detail = error.to_string();
        match error {
            SyncError::NotThere => Self::missing(detail),
            SyncError::NotActive(_) | SyncError::Held | SyncError::Busy | SyncError::TooMany(_) => {
                Self::conflict(detail)
            }
            SyncError::Remote(_) => Self::saying(Kind::Remote, detail),
            SyncError::Edit(error) => error.into(),
            SyncError::Store(error) => error.into(),
        }
    }
}

impl From<ReceiveError> for Problem {
    fn from(error: ReceiveError) -> Self {
        match error {
            ReceiveError::Full => Self::full("the inbox is full"),
            // Whoever sends hooks repeats what is answered so.
            ReceiveError::Store(StoreError::Unwritable(hindrance)) => {
                Self::full(&hindrance.to_string())
            }
            ReceiveError::Store(error) => error.into(),
        }
    }
}

impl Problem {
    fn busy() -> Self {
        Self::of(Kind::Busy).with_header(header::RETRY_AFTER, "1")
    }

    fn full(detail: &str) -> Self {
        Self::saying(Kind::Full, detail).with_header(header::RETRY_AFTER, "60")
    }
}
