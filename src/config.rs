//! The settings file (TOML). Every limit has a name here; `config.example.toml` explains each.
//!
//! Start at [`Config::read`]. What is not set has the default of the part that it belongs to.

mod accounts;
mod advanta;
mod check;
mod feed;
mod files;
mod google;
mod secrets;
mod store;
mod sync;

pub use accounts::Accounts;
pub use advanta::{Advanta, Dates};
pub use feed::Feed;
pub use files::{secret_file, warn_of_readers};
pub use google::Google;
pub use secrets::Secrets;
pub use store::Store;
pub use sync::Sync;

use crate::bridge::{Limits, RefusalMode};
use crate::caldav;
use crate::model::{self, DatesMode, DeletePolicy, DragPolicy, Status};
use crate::server;
use crate::store::StoreOptions;
use crate::web;
use serde::Deserialize;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Bytes that requests under way may hold together when nothing else is said.
const MEMORY_BYTES_MAX: usize = 256 << 20;
/// Hooks of full size that are read at the same time when nothing else is said.
const HOOK_BODIES_MAX: usize = 4;

/// Why a settings file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read.
    #[error("cannot read the settings file {}: {error}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// It is not TOML, or names something that does not exist. The text says line and key.
    #[error("the settings file {} is wrong: {what}", path.display())]
    Invalid {
        /// Which file.
        path: PathBuf,
        /// What and where.
        what: String,
    },
}

/// A settings file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Sockets.
    pub server: Server,
    /// The data folder.
    pub store: Store,
    /// ADVANTA's dates.
    pub advanta: Advanta,
    /// The rules.
    pub rules: Rules,
    /// CalDAV.
    pub caldav: CalDav,
    /// Passwords.
    pub accounts: Accounts,
    /// The administrator's API.
    pub admin: Admin,
    /// Calendars at secret addresses.
    pub feed: Feed,
    /// Remote calendars.
    pub sync: Sync,
    /// Google's calendars.
    pub google: Google,
    /// Keys of stored secrets.
    pub secrets: Secrets,
}

/// `[server]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// Address and port.
    pub listen: Option<SocketAddr>,
    /// Where people reach the bridge: `https://calendar.example.com`.
    pub public_url: Option<String>,
    /// PEM file with the certificate chain; with `tls_key` makes the bridge speak TLS itself.
    pub tls_certificate: Option<PathBuf>,
    /// PEM file with the private key.
    pub tls_key: Option<PathBuf>,
    /// Addresses of proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Connections at the same time.
    pub connections_max: Option<usize>,
    /// Connections at the same time from one address that is no trusted proxy.
    pub connections_per_address_max: Option<usize>,
    /// Open files kept for everything but connections.
    pub descriptors_reserved: Option<usize>,
    /// Seconds between two looks at the files of the certificate.
    pub tls_look_secs: Option<u64>,
    /// Bytes that requests under way may hold beyond what the bridge holds when it rests.
    pub memory_bytes_max: Option<usize>,
    /// Requests of one person at the same time.
    pub requests_per_person_max: Option<usize>,
    /// Bytes of a body of XML.
    pub body_bytes_max: Option<usize>,
    /// Bytes of a request head.
    pub head_bytes_max: Option<usize>,
    /// Seconds to send a request head.
    pub head_timeout_secs: Option<u64>,
    /// Seconds to send a request body.
    pub body_timeout_secs: Option<u64>,
    /// Seconds that a client may leave an answer unread.
    pub stall_timeout_secs: Option<u64>,
    /// Seconds that open requests get when the process is asked to end.
    pub shutdown_grace_secs: Option<u64>,
}

/// `[rules]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rules {
    /// What a drag does.
    pub on_drag: Option<Drag>,
    /// What may be deleted.
    pub delete: Option<Delete>,
    /// Status codes that lock the start.
    pub start_locked_in: Option<Vec<u16>>,
    /// Status codes that lock the end.
    pub end_locked_in: Option<Vec<u16>>,
}

/// `rules.on_drag`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Drag {
    /// Each date on its own.
    PerField,
    /// A shift falls as one.
    Whole,
}

/// `rules.delete`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delete {
    /// Notes only.
    Notes,
    /// Whatever the person may delete in ADVANTA.
    ByRight,
}

/// `[caldav]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CalDav {
    /// How a forbidden edit is answered.
    pub refusal: Option<Refusal>,
    /// User-Agent fragments that are always answered strictly.
    pub strict_clients: Vec<String>,
    /// Seconds between a restore and its settle bump.
    pub settle_after_secs: Option<u64>,
    /// Seconds in which a PUT without If-Match, after this device's own 412, means "overwrite what I have seen".
    pub overwrite_secs: Option<u64>,
    /// Refusals an hour per object and device before an alarm.
    pub refusals_per_hour_max: Option<u32>,
    /// Bytes of one calendar object resource.
    pub resource_bytes_max: Option<usize>,
    /// Bytes of a text that is looked into on the thread that serves its request.
    pub text_bytes_at_once_max: Option<usize>,
    /// Units of work that are done on it there.
    pub text_units_at_once_max: Option<u64>,
    /// Threads for larger texts.
    pub text_threads_max: Option<usize>,
    /// Units of work that reading one text may cost.
    pub text_units_max: Option<u64>,
    /// Seconds that one calendar-query may expand series and read texts.
    pub query_secs_max: Option<u64>,
    /// Collections kept in memory.
    pub collections_in_memory_max: Option<usize>,
    /// Devices whose servings are remembered.
    pub served_devices_max: Option<usize>,
    /// Members remembered per device.
    pub served_members_max: Option<usize>,
    /// Collections written by one commit.
    pub fan_out_max: Option<usize>,
}

/// `caldav.refusal`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// Apply what is allowed, serve the original of the rest.
    Restore,
    /// 403.
    Strict,
}

/// `[admin]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Admin {
    /// File with the tokens that let an administrator in over the network, one a line.
    pub token_file: Option<PathBuf>,
    /// Bytes of an iCalendar text to import.
    pub import_bytes_max: Option<usize>,
}

impl Config {
    /// Reads a settings file.
    ///
    /// # Errors
    /// It cannot be read, is not TOML, or has a key or value that does not exist.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|error| ConfigError::Unreadable {
            path: path.to_owned(),
            error,
        })?;
        Self::parse(&text).map_err(|what| ConfigError::Invalid {
            path: path.to_owned(),
            what,
        })
    }

    /// Reads the text of a settings file; the error says line and key.
    ///
    /// # Errors
    /// As of [`Config::read`].
    pub fn parse(text: &str) -> Result<Self, String> {
        let config: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        config.check_seconds()?;
        config.check_sizes()?;
        config.check_units()?;
        config.check_public_url()?;
        config.check_memory()?;
        config.advanta.check()?;
        config.google.check()?;
        match (&config.server.tls_certificate, &config.server.tls_key) {
            (Some(_), None) => Err("server.tls_certificate needs server.tls_key".to_owned()),
            (None, Some(_)) => Err("server.tls_key needs server.tls_certificate".to_owned()),
            (Some(_), Some(_)) | (None, None) => Ok(config),
        }
    }

    /// Rules and date semantics.
    pub fn rules(&self) -> model::Settings {
        let mut settings = model::Settings::default();
        if let Some(zone) = &self.advanta.zone {
            settings.zone = zone.0;
        }
        match self.advanta.dates {
            Some(Dates::Local) => settings.dates = DatesMode::Local,
            Some(Dates::AllDay) | None => {}
        }
        match self.rules.on_drag {
            Some(Drag::Whole) => settings.on_drag = DragPolicy::Whole,
            Some(Drag::PerField) | None => {}
        }
        match self.rules.delete {
            Some(Delete::ByRight) => settings.delete = DeletePolicy::ByRight,
            Some(Delete::Notes) | None => {}
        }
        if let Some(codes) = &self.rules.start_locked_in {
            settings.start_locked_in = codes.iter().copied().map(Status).collect();
        }
        if let Some(codes) = &self.rules.end_locked_in {
            settings.end_locked_in = codes.iter().copied().map(Status).collect();
        }
        settings.sync = self.sync.policy();
        settings
    }

    /// Bounds of the use-cases.
    pub fn limits(&self) -> Limits {
        let mut limits = Limits::default();
        let caldav = &self.caldav;
        set(
            &mut limits.settle_after,
            caldav.settle_after_secs.map(Duration::from_secs),
        );
        set(
            &mut limits.overwrite_within,
            caldav.overwrite_secs.map(Duration::from_secs),
        );
        set(
            &mut limits.refusals_per_hour_max,
            caldav.refusals_per_hour_max,
        );
        set(
            &mut limits.collections_in_memory_max,
            caldav.collections_in_memory_max,
        );
        set(&mut limits.fan_out_max, caldav.fan_out_max);
        set(
            &mut limits.text_bytes_at_once_max,
            caldav.text_bytes_at_once_max,
        );
        set(
            &mut limits.text_units_at_once_max,
            caldav.text_units_at_once_max,
        );
        set(&mut limits.text_threads_max, caldav.text_threads_max);
        set(&mut limits.ical.work_units_max, caldav.text_units_max);
        set(&mut limits.served_devices_max, caldav.served_devices_max);
        set(&mut limits.served_members_max, caldav.served_members_max);
        limits.quota = self.store.quota();
        self.advanta.limit(&mut limits);
        limits.sync = self.sync.limits();
        // What the bridge itself adds to a client's text must still be readable.
        limits.ical.bytes_max = self.dav().resource_bytes_max.saturating_mul(2);
        limits.accounts = self.accounts.limits();
        limits
    }

    /// How CalDAV answers.
    pub fn dav(&self) -> caldav::Settings {
        let mut settings = caldav::Settings::default();
        match self.caldav.refusal {
            Some(Refusal::Strict) => settings.refusal = RefusalMode::Strict,
            Some(Refusal::Restore) | None => {}
        }
        settings
            .strict_clients
            .clone_from(&self.caldav.strict_clients);
        set(
            &mut settings.resource_bytes_max,
            self.caldav.resource_bytes_max,
        );
        set(
            &mut settings.query_time_max,
            self.caldav.query_secs_max.map(Duration::from_secs),
        );
        settings
    }

    /// The doors beside CalDAV. Tokens and hooks are added by whoever reads their files.
    pub fn web(&self) -> web::Settings {
        let mut settings = web::Settings {
            public_url: self
                .server
                .public_url
                .as_ref()
                .map(|url| url.trim_end_matches('/').to_owned()),
            ..web::Settings::default()
        };
        set(&mut settings.hook_bytes_max, self.advanta.hook_bytes_max);
        set(&mut settings.import_bytes_max, self.admin.import_bytes_max);
        settings
    }

    /// The embedded store.
    pub fn store_options(&self) -> StoreOptions {
        self.store.options()
    }

    /// What requests under way may hold together.
    fn memory_bytes_max(&self) -> usize {
        self.server.memory_bytes_max.unwrap_or(MEMORY_BYTES_MAX)
    }

    /// What hooks under way may hold together.
    fn hook_bodies_bytes_max(&self) -> usize {
        let bodies = self.advanta.hook_bodies_max.unwrap_or(HOOK_BODIES_MAX);
        bodies.saturating_mul(self.web().hook_bytes_max)
    }

    /// Bounds of sockets.
    pub fn http(&self) -> server::Limits {
        let mut limits = server::Limits::default();
        let server = &self.server;
        set(&mut limits.connections_max, server.connections_max);
        set(
            &mut limits.connections_per_address_max,
            server.connections_per_address_max,
        );
        set(
            &mut limits.descriptors_reserved,
            server.descriptors_reserved,
        );
        set(
            &mut limits.certificate_look,
            server.tls_look_secs.map(Duration::from_secs),
        );
        set(
            &mut limits.requests_per_person_max,
            server.requests_per_person_max,
        );
        set(&mut limits.body_bytes_max, server.body_bytes_max);
        set(&mut limits.head_bytes_max, server.head_bytes_max);
        set(
            &mut limits.head_timeout,
            server.head_timeout_secs.map(Duration::from_secs),
        );
        set(
            &mut limits.body_timeout,
            server.body_timeout_secs.map(Duration::from_secs),
        );
        set(
            &mut limits.stall_timeout,
            server.stall_timeout_secs.map(Duration::from_secs),
        );
        let doors = self.web();
        limits.import_bytes_max = doors.import_bytes_max;
        limits.hook_bodies_bytes_max = self.hook_bodies_bytes_max();
        // The rest is for what becomes of them: texts taken to pieces, answers, the connections themselves, and what the allocator
        // has not given back yet.
        limits.bodies_bytes_max =
            (self.memory_bytes_max() / 4).saturating_sub(limits.hook_bodies_bytes_max);
        set(
            &mut limits.hook_body_timeout,
            self.advanta.hook_body_timeout_secs.map(Duration::from_secs),
        );
        set(
            &mut limits.shutdown_grace,
            server.shutdown_grace_secs.map(Duration::from_secs),
        );
        limits
    }
}

fn set<T>(slot: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *slot = value;
    }
}

/// Reading a zone by its IANA name.
pub mod chrono_tz_name {
    use serde::{Deserialize, Deserializer, de};

    /// A zone of the IANA database.
    #[derive(Clone, Copy, Debug)]
    pub struct Zone(pub chrono_tz::Tz);

    impl<'de> Deserialize<'de> for Zone {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let name = String::deserialize(deserializer)?;
            let unknown = || de::Error::custom(format!("{name:?} is no zone of the IANA database"));
            name.parse().map(Zone).map_err(|_| unknown())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_valid_and_says_the_defaults() {
        let example = Config::parse(include_str!("../config.example.toml")).unwrap();
        assert_eq!(
            format!("{:?}", example.rules()),
            format!("{:?}", Config::default().rules())
        );
        assert_eq!(
            format!("{:?}", example.limits()),
            format!("{:?}", Config::default().limits())
        );
        assert_eq!(
            format!("{:?}", example.dav()),
            format!("{:?}", Config::default().dav())
        );
        assert_eq!(example.advanta.options(), Advanta::default().options());
        assert_eq!(example.google.options(), Google::default().options());
        assert_eq!(
            format!("{:?}", example.feed.options()),
            format!("{:?}", Feed::default().options())
        );
        assert_eq!(example.secrets.options(), Secrets::default().options());
        assert_eq!(example.secrets.key_file, None);
        assert_eq!(
            format!("{:?}", example.http()),
            format!("{:?}", Config::default().http())
        );
        assert_eq!(
            format!("{:?}", example.http()),
            format!("{:?}", Config::default().http())
        );
        let bytes = |config: &Config| {
            let doors = config.web();
            (doors.import_bytes_max, doors.hook_bytes_max)
        };
        assert_eq!(bytes(&example), bytes(&Config::default()));
    }

    #[test]
    fn an_address_that_no_path_can_follow_is_named() {
        let told = |url: &str| Config::parse(&format!("[server]\npublic_url = {url:?}\n")).err();
        let wrong = "server.public_url is not an address such as https://calendar.example.com";
        for url in [
            "calendar.example.com",
            "ftp://example.com",
            "https://example.com/?a=b",
            "",
        ] {
            assert_eq!(told(url).as_deref(), Some(wrong), "{url}");
        }
        let path = "server.public_url has a path: clients look for /.well-known/caldav and follow paths from the root, so give the bridge a host name (or a port) of its own, such as https://calendar.example.com";
        for url in ["https://example.com/calendars", "https://example.com//"] {
            assert_eq!(told(url).as_deref(), Some(path), "{url}");
        }
        for url in [
            "https://example.com",
            "https://example.com/",
            "http://example.com:8480",
        ] {
            assert_eq!(told(url), None, "{url}");
        }
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line() {
        let error = Config::parse("[rules]\non_darg = \"whole\"\n").unwrap_err();
        assert!(
            error.contains("line 2") && error.contains("on_darg"),
            "{error}"
        );
    }

    #[test]
    fn a_time_beyond_all_sense_is_named() {
        let error =
            Config::parse("[accounts]\nremember_secs = 18446744073709551615\n").unwrap_err();
        assert_eq!(error, "accounts.remember_secs is more than 31622400");
    }

    #[test]
    fn a_wrong_zone_is_named() {
        let error = Config::parse("[advanta]\nzone = \"Moskau\"\n").unwrap_err();
        assert!(error.contains("\"Moskau\" is no zone"), "{error}");
    }
}
