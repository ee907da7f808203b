//! What is wrong with settings that could be read.

use super::Config;
use crate::ical::WORK_UNITS_CEILING;

impl Config {
    /// Far longer than any of them makes sense, and short enough to be added to any clock.
    pub(super) fn check_seconds(&self) -> Result<(), String> {
        const SECONDS_MAX: u64 = 366 * 86_400;
        let (server, caldav) = (&self.server, &self.caldav);
        let named = [
            ("server.head_timeout_secs", server.head_timeout_secs),
            ("server.body_timeout_secs", server.body_timeout_secs),
            ("server.tls_look_secs", server.tls_look_secs),
            ("server.stall_timeout_secs", server.stall_timeout_secs),
            ("server.shutdown_grace_secs", server.shutdown_grace_secs),
            ("caldav.settle_after_secs", caldav.settle_after_secs),
            ("caldav.query_secs_max", caldav.query_secs_max),
        ];
        match named
            .into_iter()
            .chain(self.accounts.seconds())
            .chain(self.advanta.seconds())
            .chain(self.feed.seconds())
            .chain(self.sync.seconds())
            .chain(self.google.seconds())
            .chain(self.secrets.seconds())
            .find(|(_, value)| value.is_some_and(|value| value > SECONDS_MAX))
        {
            Some((name, _)) => Err(format!("{name} is more than {SECONDS_MAX}")),
            None => Ok(()),
        }
    }

    /// None of them means anything at zero.
    pub(super) fn check_sizes(&self) -> Result<(), String> {
        let wide = |value: Option<usize>| value.map(|value| value as u64);
        let (server, caldav) = (&self.server, &self.caldav);
        let named = [
            ("server.connections_max", wide(server.connections_max)),
            (
                "server.connections_per_address_max",
                wide(server.connections_per_address_max),
            ),
            ("server.tls_look_secs", server.tls_look_secs),
            (
                "server.requests_per_person_max",
                wide(server.requests_per_person_max),
            ),
            ("server.memory_bytes_max", wide(server.memory_bytes_max)),
            ("server.body_bytes_max", wide(server.body_bytes_max)),
            ("server.head_bytes_max", wide(server.head_bytes_max)),
            ("caldav.resource_bytes_max", wide(caldav.resource_bytes_max)),
            (
                "caldav.collections_in_memory_max",
                wide(caldav.collections_in_memory_max),
            ),
            ("caldav.fan_out_max", wide(caldav.fan_out_max)),
            ("caldav.text_units_max", caldav.text_units_max),
            ("caldav.text_threads_max", wide(caldav.text_threads_max)),
            ("admin.import_bytes_max", wide(self.admin.import_bytes_max)),
        ];
        let mut named = named
            .into_iter()
            .chain(self.accounts.sizes())
            .chain(self.store.sizes())
            .chain(self.advanta.sizes())
            .chain(self.feed.sizes())
            .chain(self.sync.sizes())
            .chain(self.google.sizes());
        match named.find(|(_, value)| *value == Some(0)) {
            Some((name, _)) => Err(format!("{name} is 0")),
            None => Ok(()),
        }
    }

    /// The largest body of every door must fit into what all bodies may hold, and leave something to others.
    pub(super) fn check_memory(&self) -> Result<(), String> {
        let memory = self.memory_bytes_max();
        if self.hook_bodies_bytes_max() > memory / 8 {
            return Err(format!(
                "advanta.hook_bodies_max hooks of advanta.hook_bytes_max are more than an eighth of server.memory_bytes_max, {memory}"
            ));
        }
        let left = memory / 4 - self.hook_bodies_bytes_max();
        let (http, dav) = (self.http(), self.dav());
        for (name, bytes) in [
            ("server.body_bytes_max", http.body_bytes_max),
            ("caldav.resource_bytes_max", dav.resource_bytes_max),
        ] {
            if bytes > left / 2 {
                return Err(format!(
                    "{name} is more than half of what server.memory_bytes_max, {memory}, leaves for bodies: {}",
                    left / 2
                ));
            }
        }
        Ok(())
    }

    /// A text that costs more than this would be work for a tenth of a second.
    pub(super) fn check_units(&self) -> Result<(), String> {
        match self.caldav.text_units_max {
            Some(units) if units > WORK_UNITS_CEILING => Err(format!(
                "caldav.text_units_max is more than {WORK_UNITS_CEILING}"
            )),
            Some(_) | None => Ok(()),
        }
    }

    /// An address is made by putting a path behind it.
    pub(super) fn check_public_url(&self) -> Result<(), String> {
        let Some(url) = &self.server.public_url else {
            return Ok(());
        };
        let parsed: Option<http::Uri> = url.parse().ok();
        let whole = parsed.filter(|uri| {
            matches!(uri.scheme_str(), Some("http" | "https")) && uri.query().is_none()
        });
        match whole {
            Some(uri) if !url.contains(['#', '@']) => match uri.path() {
                "" | "/" => Ok(()),
                _ => Err("server.public_url has a path: clients look for /.well-known/caldav and follow paths from the root, so give the bridge a host name (or a port) of its own, such as https://calendar.example.com".to_owned()),
            },
            Some(_) | None => Err(
                "server.public_url is not an address such as https://calendar.example.com"
                    .to_owned(),
            ),
        }
    }
}
