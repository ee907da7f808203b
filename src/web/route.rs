//! The table of paths.

use super::problem::Problem;
use crate::model::Direction;
use percent_encoding::percent_decode_str;

/// What a method and a path ask for. Segments that stand for something are decoded, but not yet read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// ADVANTA tells of changes.
    Hook,
    /// Lists people.
    Users,
    /// Adds a person.
    AddUser,
    /// Everything about a person.
    User(String),
    /// Keeps a person out.
    Deactivate(String),
    /// Lists a person's app passwords.
    AppPasswords(String),
    /// Gives a device an app password.
    AddAppPassword(String),
    /// Takes an app password back.
    RevokeAppPassword(String),
    /// Lists a person's feeds.
    Feeds(String),
    /// Makes a secret address.
    AddFeed(String),
    /// Makes one and takes all earlier ones back.
    RotateFeeds(String),
    /// Takes a secret address back.
    RevokeFeed(String, String),
    /// Rows of the journal.
    Refusals,
    /// The text of a refused create.
    KeptText(String),
    /// Commands that wait for ADVANTA.
    Outbox,
    /// Lets the outbox go after a restore.
    ReleaseOutbox,
    /// Commands that cannot succeed.
    DeadLetters,
    /// One of them.
    DeadLetter(String),
    /// Tries it again.
    RetryDeadLetter(String),
    /// Counts it as refused.
    DropDeadLetter(String),
    /// Compares with ADVANTA.
    Reconcile,
    /// Devices that were refused too often, and frozen items.
    Alarms,
    /// How the bridge is.
    Status,
    /// Under which keys the stored secrets lie.
    Secrets,
    /// Seals them under a new key.
    RotateSecrets,
    /// A person's calendar as one text.
    Export(String),
    /// Edits of a person from one text.
    Import(String),
    /// A copy of the store.
    Backup,
    /// Looks whether the store is sound.
    Check,
    /// Lists subscriptions.
    Subscriptions,
    /// Something about one subscription.
    Subscription(Whose, Act),
    /// Something about connecting a person to Google.
    Connection(Whose, ConnectAct),
    /// The settings of the integration with Google.
    GoogleSettings,
    /// Changes some of them.
    ChangeGoogleSettings,
    /// Google says that a calendar changed.
    GoogleNotice,
    /// A person's page about their Google calendar.
    Portlet,
    /// The page that asks whether they mean to unsubscribe.
    PortletEnd,
    /// What they do there.
    PortletAct,
    /// They come back from Google.
    PortletCallback,
    /// Why an object or an event stands as it does.
    Explain(String),
    /// How a person's pages look.
    Style,
    /// A person's own refusals.
    MyRefusals,
    /// The text of a create of one's own that was refused.
    MyKeptText(String),
}

/// Which subscription is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The administrator names it, by its identity or its person.
    Named(String),
    /// That of the person who asks.
    Mine,
}

/// What is to be done with a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Tell everything about it.
    Show,
    /// Tell how far the present round is.
    Progress,
    /// Compare everything now.
    Sync,
    /// Stop it for a while.
    Pause,
    /// Let it go on.
    Resume,
    /// End it.
    Unsubscribe,
    /// Accept (`true`) or reject the held deletions of a direction.
    Answer(Direction, bool),
    /// List what is wrong with single items.
    Troubles,
    /// Try a link again.
    Retry(String),
}

/// What is to be done about connecting somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectAct {
    /// Tell how far they are.
    Show,
    /// Send them to the remote's page.
    Begin,
    /// Redeem what they came back with.
    Code,
    /// Connect an account of the domain without asking its owner.
    Delegate,
    /// Subscribe to one of the calendars.
    Choose,
    /// Forget it.
    Cancel,
}

/// Who may walk a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// Whoever signs what they send.
    Hooks,
    /// An administrator.
    Admin,
    /// A person with an app password.
    Person,
}

impl Door {
    /// Behind which door a path lies, whether it leads anywhere or not.
    pub fn of(path: &str) -> Option<Self> {
        match path.trim_start_matches('/').split('/').next() {
            Some("hooks") => Some(Self::Hooks),
            Some("admin") => Some(Self::Admin),
            Some("me") => Some(Self::Person),
            Some(_) | None => None,
        }
    }
}

/// Methods that any path may have.
const METHODS: [&str; 3] = ["GET", "POST", "DELETE"];

impl Route {
    /// Reads a method and a path.
    ///
    /// # Errors
    /// The path leads nowhere, or not by this method.
    pub fn parse(method: &str, path: &str) -> Result<Self, Problem> {
        let rest = path.strip_prefix('/').ok_or_else(Problem::no_such_path)?;
        let decoded: Option<Vec<String>> = rest.split('/').map(segment).collect();
        let segments = decoded.ok_or_else(Problem::no_such_path)?;
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        // The server leaves the body of an answer to HEAD out; only pages are asked for so.
        let method = match (method, segments.first()) {
            // Coming back from Google does something, and is no page to be looked at.
            ("HEAD", Some(&"me")) if segments.last() != Some(&"callback") => "GET",
            (method, _) => method,
        };
        if let Some(route) = find(method, &segments) {
            return Ok(route);
        }
        let allowed = METHODS
            .into_iter()
            .filter(|method| find(method, &segments).is_some());
        match allowed.collect::<Vec<_>>().join(", ") {
            none if none.is_empty() => Err(Problem::no_such_path()),
            allowed => Err(Problem::method(allowed)),
        }
    }
}

/// The table. `v1` changes when a shape changes in a way that breaks scripts.
fn find(method: &str, segments: &[&str]) -> Option<Route> {
    let owned = |text: &&str| (*text).to_owned();
    let (method, below) = match segments {
        ["hooks", "google"] => return (method == "POST").then_some(Route::GoogleNotice),
        ["me", "google"] => {
            return match method {
                "GET" => Some(Route::Portlet),
                "POST" => Some(Route::PortletAct),
                _ => None,
            };
        }
        ["me", "google", "unsubscribe"] => return (method == "GET").then_some(Route::PortletEnd),
        ["me", "google", "callback"] => return (method == "GET").then_some(Route::PortletCallback),
        ["me", "connection", "google", below @ ..] => {
            return Some(Route::Connection(Whose::Mine, connect_act(method, below)?));
        }
        ["hooks", "advanta"] => return (method == "POST").then_some(Route::Hook),
        ["admin", "v1", below @ ..] => (method, below),
        ["me", "style.css"] => return (method == "GET").then_some(Route::Style),
        ["me", "subscription", below @ ..] => {
            return Some(Route::Subscription(Whose::Mine, act(method, below)?));
        }
        ["me", "refusals"] => return (method == "GET").then_some(Route::MyRefusals),
        ["me", "refusals", text] => {
            let id = text.strip_suffix(".ics").filter(|_| method == "GET")?;
            return Some(Route::MyKeptText(id.to_owned()));
        }
        _ => return None,
    };
    Some(match (method, below) {
        ("GET", ["users"]) => Route::Users,
        ("POST", ["users"]) => Route::AddUser,
        ("GET", ["users", user]) => Route::User(owned(user)),
        ("POST", ["users", user, "deactivate"]) => Route::Deactivate(owned(user)),
        ("GET", ["users", user, "app-passwords"]) => Route::AppPasswords(owned(user)),
        ("POST", ["users", user, "app-passwords"]) => Route::AddAppPassword(owned(user)),
        ("DELETE", ["app-passwords", id]) => Route::RevokeAppPassword(owned(id)),
        ("GET", ["users", user, "feeds"]) => Route::Feeds(owned(user)),
        ("POST", ["users", user, "feeds"]) => Route::AddFeed(owned(user)),
        ("POST", ["users", user, "feeds", "rotate"]) => Route::RotateFeeds(owned(user)),
        ("DELETE", ["users", user, "feeds", id]) => Route::RevokeFeed(owned(user), owned(id)),
        ("GET", ["users", user, "export"]) => Route::Export(owned(user)),
        ("POST", ["users", user, "import"]) => Route::Import(owned(user)),
        ("GET", ["refusals"]) => Route::Refusals,
        ("GET", ["journal", id, "text"]) => Route::KeptText(owned(id)),
        ("GET", ["outbox"]) => Route::Outbox,
        ("POST", ["outbox", "release"]) => Route::ReleaseOutbox,
        ("GET", ["dead-letters"]) => Route::DeadLetters,
        ("GET", ["dead-letters", object]) => Route::DeadLetter(owned(object)),
        ("POST", ["dead-letters", object, "retry"]) => Route::RetryDeadLetter(owned(object)),
        ("DELETE", ["dead-letters", object]) => Route::DropDeadLetter(owned(object)),
        ("POST", ["reconcile"]) => Route::Reconcile,
        ("GET", ["alarms"]) => Route::Alarms,
        ("GET", ["status"]) => Route::Status,
        ("GET", ["secrets"]) => Route::Secrets,
        ("POST", ["secrets", "rotate"]) => Route::RotateSecrets,
        ("GET", ["integrations", "google"]) => Route::GoogleSettings,
        ("POST", ["integrations", "google"]) => Route::ChangeGoogleSettings,
        (method, ["users", user, "connection", "google", below @ ..]) => {
            Route::Connection(Whose::Named(owned(user)), connect_act(method, below)?)
        }
        ("GET", ["subscriptions"]) => Route::Subscriptions,
        (method, ["subscriptions", named, below @ ..]) => {
            Route::Subscription(Whose::Named(owned(named)), act(method, below)?)
        }
        ("GET", ["explain", what]) => Route::Explain(owned(what)),
        ("GET", ["backup"]) => Route::Backup,
        ("POST", ["check"]) => Route::Check,
        _ => return None,
    })
}

/// What is asked for below a subscription's path, an administrator's or a person's own.
fn act(method: &str, below: &[&str]) -> Option<Act> {
    Some(match (method, below) {
        ("GET", []) => Act::Show,
        ("GET", ["progress"]) => Act::Progress,
        ("POST", ["sync"]) => Act::Sync,
        ("POST", ["pause"]) => Act::Pause,
        ("POST", ["resume"]) => Act::Resume,
        ("POST", ["unsubscribe"]) => Act::Unsubscribe,
        ("GET", ["troubles"]) => Act::Troubles,
        ("POST", ["troubles", link, "retry"]) => Act::Retry((*link).to_owned()),
        ("POST", ["deletions", direction, "accept"]) => {
            Act::Answer(Direction::from_word(direction)?, true)
        }
        ("POST", ["deletions", direction, "reject"]) => {
            Act::Answer(Direction::from_word(direction)?, false)
        }
        _ => return None,
    })
}

/// What is asked for below a connection's path.
fn connect_act(method: &str, below: &[&str]) -> Option<ConnectAct> {
    Some(match (method, below) {
        ("GET", []) => ConnectAct::Show,
        ("POST", []) => ConnectAct::Begin,
        ("DELETE", []) => ConnectAct::Cancel,
        ("POST", ["code"]) => ConnectAct::Code,
        ("POST", ["delegate"]) => ConnectAct::Delegate,
        ("POST", ["choose"]) => ConnectAct::Choose,
        _ => return None,
    })
}

/// A segment as it is meant; `None` when it is not UTF-8.
fn segment(text: &str) -> Option<String> {
    let decoded = percent_decode_str(text).decode_utf8().ok()?;
    Some(decoded.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::problem::Kind;

    fn allowed(method: &str, path: &str) -> String {
        let problem = Route::parse(method, path).unwrap_err();
        assert_eq!(problem.kind(), Kind::Method, "{method} {path}");
        problem.allowed().unwrap_or_default().to_owned()
    }

    #[test]
    fn a_path_is_read_with_its_names_decoded() {
        for (method, path, expected) in [
            ("POST", "/hooks/advanta", Route::Hook),
            ("GET", "/admin/v1/users", Route::Users),
            (
                "GET",
                "/admin/v1/users/%D0%B0%D0%BD%D0%BD%D0%B0%2F1",
                Route::User("анна/1".into()),
            ),
            (
                "DELETE",
                "/admin/v1/users/anna/feeds/7",
                Route::RevokeFeed("anna".into(), "7".into()),
            ),
            ("HEAD", "/me/refusals", Route::MyRefusals),
            ("GET", "/me/refusals/12.ics", Route::MyKeptText("12".into())),
        ] {
            assert_eq!(Route::parse(method, path).unwrap(), expected, "{path}");
        }
    }

    #[test]
    fn another_method_is_told_which_ones_there_are() {
        assert_eq!(allowed("DELETE", "/admin/v1/users"), "GET, POST");
        assert_eq!(allowed("PUT", "/admin/v1/dead-letters/7"), "GET, DELETE");
        assert_eq!(allowed("HEAD", "/admin/v1/backup"), "GET");
        assert_eq!(allowed("HEAD", "/me/google/callback"), "GET");
        assert_eq!(allowed("GET", "/hooks/advanta"), "POST");
    }

    #[test]
    fn a_path_that_leads_nowhere_is_not_found_by_any_method() {
        for path in [
            "",
            "/",
            "/admin",
            "/admin/v1",
            "/admin/v1/",
            "/admin/v1/users/",
            "/admin/v1/users//",
            "/admin/v2/users",
            "/me",
            "/me/refusals/12",
            "/hooks",
            "/admin/v1/users/%FF",
        ] {
            // An empty name is nobody's.
            let parsed = Route::parse("GET", path);
            let nowhere = match &parsed {
                Err(problem) => problem.kind() == Kind::NotFound,
                Ok(Route::User(name)) => name.is_empty(),
                Ok(_) => false,
            };
            assert!(nowhere, "{path}: {parsed:?}");
        }
    }
}
