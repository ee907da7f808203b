//! Connecting people to remote calendars, and what an administrator sets for that.

use super::{Instant, SubscriptionBody};
use serde::{Deserialize, Serialize};

/// How far somebody is who is connecting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionBody {
    /// `none`, `sent` (to the remote's page), `agreed` (a calendar is to be chosen).
    pub step: String,
    /// Until when it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Instant>,
    /// What can be chosen, the main calendar first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calendars: Vec<OfferBody>,
}

/// A calendar that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OfferBody {
    /// The remote's identity of it.
    pub id: String,
    /// Shown name.
    pub name: String,
    /// Whose account.
    pub account: String,
    /// Whether it is the account's main one.
    pub primary: bool,
    /// Whether we may write into it; others cannot be chosen.
    pub writable: bool,
}

/// Where somebody is sent to agree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BegunBody {
    /// The address for their browser.
    pub address: String,
}

/// What somebody came back with: the code, or the whole address of the page that did not open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeBody {
    /// Either.
    pub code: String,
}

/// An account of the administrator's own domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DelegateBody {
    /// Its e-mail address.
    pub account: String,
}

/// What follows from agreeing: calendars to choose from, or a subscription that goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AgreedBody {
    /// What can be chosen, the main calendar first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calendars: Vec<OfferBody>,
    /// The subscription that goes on with all its links.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscription: Option<SubscriptionBody>,
}

/// Which calendar, and from when on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChooseBody {
    /// One of those offered.
    pub calendar: String,
    /// The first day: `2026-12-31`.
    pub start: String,
    /// Where that day begins: IANA name; absent: the person's own zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// Whether events and notes of an earlier subscription are linked again instead of being doubled.
    #[serde(default)]
    pub recognise: bool,
    /// Kinds of objects that are not exported: `task`, `note`, `meeting`, `project`, `stage`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out_kinds: Vec<String>,
    /// Codes of statuses that are not exported.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out_statuses: Vec<u16>,
}

/// The settings of the integration with Google. Secrets are never told, only whether they are set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GoogleSettingsBody {
    /// «Включить интеграцию Google Calendar».
    pub enabled: bool,
    /// «Client ID».
    pub client_id: String,
    /// Whether «Client Secret» is set.
    pub client_secret_set: bool,
    /// «Application Name».
    pub application_name: String,
    /// «Адрес Push-сервиса»; empty: calendars are polled.
    pub push_address: String,
    /// Whether the key of a service account is set.
    pub service_account_set: bool,
    /// The address that Google's console wants as «Authorized redirect URI», if the bridge knows its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect: Option<String>,
}

/// New values of some settings; those that are absent stay. An empty text takes one away.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct GoogleChangeBody {
    /// See [`GoogleSettingsBody`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// See [`GoogleSettingsBody`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The secret itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
    /// See [`GoogleSettingsBody`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application_name: Option<String>,
    /// See [`GoogleSettingsBody`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub push_address: Option<String>,
    /// The JSON key file itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_account: Option<String>,
}
