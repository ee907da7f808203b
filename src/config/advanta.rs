//! `[advanta]`: ADVANTA's dates, where it answers, and the limits of talking to it.

use super::files::{read, secret_file};
use super::{chrono_tz_name, set};
use crate::advanta::{Access, Base, HookReader, Options, Secret};
use crate::bridge::Limits;
use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use std::path::PathBuf;
use std::time::Duration;

/// Environment variable that holds the bearer token when no file is named.
const TOKEN_VARIABLE: &str = "ADVANTA_BRIDGE_ADVANTA_TOKEN";

/// `[advanta]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Advanta {
    /// IANA name of the zone of ADVANTA's times.
    pub zone: Option<chrono_tz_name::Zone>,
    /// How 00:00 to 23:59 is read.
    pub dates: Option<Dates>,
    /// Base address of the contract; without it the bridge runs standalone.
    pub url: Option<String>,
    /// File with the bearer token.
    pub token_file: Option<PathBuf>,
    /// PEM file with the client's certificate chain, for mutual TLS.
    pub client_certificate: Option<PathBuf>,
    /// PEM file with the client's key.
    pub client_key: Option<PathBuf>,
    /// PEM file with the only authorities whose server certificates are believed.
    pub ca_certificates: Option<PathBuf>,
    /// Whether plain http to another machine is allowed.
    pub plain_http: Option<bool>,
    /// File with the hook secrets, one `whsec_…` a line.
    pub hook_secrets_file: Option<PathBuf>,
    /// Milliseconds that a write waits for ADVANTA's read-back.
    pub write_wait_ms: Option<u64>,
    /// Seconds between two comparisons with ADVANTA's list of changes.
    pub reconcile_secs: Option<u64>,
    /// Commands that may wait.
    pub outbox_commands_max: Option<u64>,
    /// Times in a row that a command may come from an old state before it is put to the dead letters.
    pub command_attempts_max: Option<u32>,
    /// Notices that may wait.
    pub inbox_notices_max: Option<u64>,
    /// Seconds to connect.
    pub connect_timeout_secs: Option<u64>,
    /// Seconds of one call.
    pub call_timeout_secs: Option<u64>,
    /// Bytes of one answer.
    pub answer_bytes_max: Option<usize>,
    /// Items of one page of changes.
    pub page_items: Option<u32>,
    /// Seconds to wait when ADVANTA does not say how long.
    pub retry_after_default_secs: Option<u64>,
    /// The longest wait in seconds that ADVANTA may ask for.
    pub retry_after_max_secs: Option<u64>,
    /// Failures in a row before calls are no longer tried.
    pub breaker_failures: Option<u32>,
    /// Seconds of the first pause.
    pub breaker_wait_secs: Option<u64>,
    /// Seconds of the longest pause.
    pub breaker_wait_max_secs: Option<u64>,
    /// Seconds by which the time of a hook may differ from ours.
    pub hook_tolerance_secs: Option<u64>,
    /// Items of one hook.
    pub hook_items_max: Option<usize>,
    /// Bytes of one hook.
    pub hook_bytes_max: Option<usize>,
    /// Hooks that are read at the same time.
    pub hook_bodies_max: Option<usize>,
    /// Seconds to send the body of a hook.
    pub hook_body_timeout_secs: Option<u64>,
    /// Bytes of a title.
    pub title_bytes_max: Option<usize>,
    /// Bytes of a description.
    pub description_bytes_max: Option<usize>,
    /// Bytes of a location.
    pub location_bytes_max: Option<usize>,
    /// People of one object.
    pub participants_max: Option<usize>,
}

/// `advanta.dates`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dates {
    /// 00:00 to 23:59 is all-day.
    AllDay,
    /// Every date is a local time.
    Local,
}

impl Advanta {
    /// Its times, for the check that none is beyond all sense.
    pub(super) fn seconds(&self) -> [(&'static str, Option<u64>); 10] {
        [
            ("advanta.write_wait_ms", self.write_wait_ms),
            ("advanta.reconcile_secs", self.reconcile_secs),
            ("advanta.connect_timeout_secs", self.connect_timeout_secs),
            ("advanta.call_timeout_secs", self.call_timeout_secs),
            (
                "advanta.retry_after_default_secs",
                self.retry_after_default_secs,
            ),
            ("advanta.retry_after_max_secs", self.retry_after_max_secs),
            ("advanta.breaker_wait_secs", self.breaker_wait_secs),
            ("advanta.breaker_wait_max_secs", self.breaker_wait_max_secs),
            ("advanta.hook_tolerance_secs", self.hook_tolerance_secs),
            (
                "advanta.hook_body_timeout_secs",
                self.hook_body_timeout_secs,
            ),
        ]
    }

    /// Its sizes, for the check that none is zero.
    pub(super) fn sizes(&self) -> [(&'static str, Option<u64>); 13] {
        let wide = |value: Option<usize>| value.map(|value| value as u64);
        [
            ("advanta.reconcile_secs", self.reconcile_secs),
            ("advanta.outbox_commands_max", self.outbox_commands_max),
            (
                "advanta.command_attempts_max",
                self.command_attempts_max.map(u64::from),
            ),
            ("advanta.inbox_notices_max", self.inbox_notices_max),
            ("advanta.connect_timeout_secs", self.connect_timeout_secs),
            ("advanta.call_timeout_secs", self.call_timeout_secs),
            ("advanta.answer_bytes_max", wide(self.answer_bytes_max)),
            ("advanta.page_items", self.page_items.map(u64::from)),
            (
                "advanta.breaker_failures",
                self.breaker_failures.map(u64::from),
            ),
            ("advanta.hook_items_max", wide(self.hook_items_max)),
            ("advanta.hook_bytes_max", wide(self.hook_bytes_max)),
            ("advanta.title_bytes_max", wide(self.title_bytes_max)),
            ("advanta.participants_max", wide(self.participants_max)),
        ]
    }

    /// What does not go together.
    pub(super) fn check(&self) -> Result<(), String> {
        match (&self.client_certificate, &self.client_key) {
            (Some(_), None) => {
                return Err("advanta.client_certificate needs advanta.client_key".to_owned());
            }
            (None, Some(_)) => {
                return Err("advanta.client_key needs advanta.client_certificate".to_owned());
            }
            (Some(_), Some(_)) | (None, None) => {}
        }
        let named = [
            ("advanta.token_file", self.token_file.is_some()),
            (
                "advanta.client_certificate",
                self.client_certificate.is_some(),
            ),
            (
                "advanta.hook_secrets_file",
                self.hook_secrets_file.is_some(),
            ),
        ];
        match (&self.url, named.into_iter().find(|(_, set)| *set)) {
            (None, Some((name, _))) => Err(format!("{name} needs advanta.url")),
            (_, _) => Ok(()),
        }
    }

    /// Bounds of the use-cases.
    pub(super) fn limit(&self, limits: &mut Limits) {
        set(
            &mut limits.write_wait,
            self.write_wait_ms.map(Duration::from_millis),
        );
        set(
            &mut limits.reconcile_every,
            self.reconcile_secs.map(Duration::from_secs),
        );
        set(&mut limits.outbox_commands_max, self.outbox_commands_max);
        set(&mut limits.command_attempts_max, self.command_attempts_max);
        set(&mut limits.inbox_notices_max, self.inbox_notices_max);
    }

    /// Limits of calls and hooks.
    pub fn options(&self) -> Options {
        let mut options = Options::default();
        let secs = |value: Option<u64>| value.map(Duration::from_secs);
        set(
            &mut options.connect_timeout,
            secs(self.connect_timeout_secs),
        );
        set(&mut options.call_timeout, secs(self.call_timeout_secs));
        set(&mut options.answer_bytes_max, self.answer_bytes_max);
        set(&mut options.page_items, self.page_items);
        set(
            &mut options.retry_after_default,
            secs(self.retry_after_default_secs),
        );
        set(
            &mut options.retry_after_max,
            secs(self.retry_after_max_secs),
        );
        set(&mut options.plain_http, self.plain_http);
        set(&mut options.breaker.failures, self.breaker_failures);
        set(&mut options.breaker.wait_base, secs(self.breaker_wait_secs));
        set(
            &mut options.breaker.wait_max,
            secs(self.breaker_wait_max_secs),
        );
        set(&mut options.hook_tolerance, secs(self.hook_tolerance_secs));
        set(&mut options.hook_items_max, self.hook_items_max);
        let bounds = &mut options.bounds;
        set(&mut bounds.title_bytes_max, self.title_bytes_max);
        set(
            &mut bounds.description_bytes_max,
            self.description_bytes_max,
        );
        set(&mut bounds.location_bytes_max, self.location_bytes_max);
        set(&mut bounds.participants_max, self.participants_max);
        options
    }

    /// Where ADVANTA is and how we prove who we are; `None`: the bridge runs standalone.
    ///
    /// # Errors
    /// The address cannot be used, a file cannot be read, or nothing proves who we are.
    pub fn access(&self) -> Result<Option<Access>> {
        let Some(url) = &self.url else {
            return Ok(None);
        };
        let token = match &self.token_file {
            Some(path) => Some(Secret::new(secret_file(path)?.trim())),
            None => std::env::var(TOKEN_VARIABLE).ok().map(Secret::new),
        };
        let identity = match (&self.client_certificate, &self.client_key) {
            (Some(certificate), Some(key)) => Some(Secret::new(format!(
                "{}\n{}",
                read(certificate)?,
                secret_file(key)?
            ))),
            (None, _) | (_, None) => None,
        };
        if token.is_none() && identity.is_none() {
            bail!(
                "advanta.url needs a way to prove who we are: advanta.token_file, the variable {TOKEN_VARIABLE}, or advanta.client_certificate"
            );
        }
        let authorities = self.ca_certificates.as_deref().map(read).transpose()?;
        Ok(Some(Access {
            base: Base::new(url, self.plain_http.unwrap_or(false)).context("advanta.url")?,
            token,
            identity,
            authorities: authorities.map(String::into_bytes),
        }))
    }

    /// What reads ADVANTA's hooks; `None`: none are taken.
    ///
    /// # Errors
    /// The file cannot be read, or holds something that is no hook secret.
    pub fn hook_reader(&self) -> Result<Option<HookReader>> {
        let Some(path) = &self.hook_secrets_file else {
            return Ok(None);
        };
        let text = secret_file(path)?;
        let lines = text.lines().map(str::trim);
        let secrets: Vec<Secret> = lines
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .map(Secret::new)
            .collect();
        let reader = HookReader::new(&secrets, self.options());
        reader
            .map(Some)
            .with_context(|| format!("the hook secrets in {}", path.display()))
    }
}
