//! Stored forms of how people connect to remote calendars: channels, connections, an administrator's settings.

use super::subscription::{RemoteKindRow, sealed, sealed_text};
use super::time::Instant;
use super::{Invalid, Record};
use crate::model::{
    Channel, ChannelId, Connection, ConnectionStage, Digest, GoogleSettings, SubscriptionId, UserId,
};
use crate::store::tables::Table;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use uuid::Uuid;

#[derive(Serialize, Deserialize)]
pub struct ChannelRow {
    id: Uuid,
    subscription: Arc<str>,
    epoch: u64,
    token: [u8; 16],
    resource: Option<String>,
    #[serde(default)]
    heard: bool,
    since: Instant,
    expires: Instant,
}

impl Record for Channel {
    const TABLE: Table = Table::Channels;
    type Stored = ChannelRow;

    fn stored(&self) -> ChannelRow {
        ChannelRow {
            id: self.id.0,
            subscription: self.subscription.0.clone(),
            epoch: self.epoch,
            token: self.token.0,
            resource: self.resource.clone(),
            heard: self.heard,
            since: self.since.into(),
            expires: self.expires.into(),
        }
    }

    fn restored(row: ChannelRow) -> Result<Self, Invalid> {
        Ok(Self {
            id: ChannelId(row.id),
            subscription: SubscriptionId(row.subscription),
            epoch: row.epoch,
            token: Digest(row.token),
            resource: row.resource,
            heard: row.heard,
            since: row.since.try_into()?,
            expires: row.expires.try_into()?,
        })
    }
}

/// Secrets are in base64.
#[derive(Serialize, Deserialize)]
enum StageRow {
    Sent {
        state: [u8; 16],
        verifier: String,
    },
    Agreed {
        secret: String,
        #[serde(default)]
        account: Option<String>,
    },
}

impl From<&ConnectionStage> for StageRow {
    fn from(stage: &ConnectionStage) -> Self {
        match stage {
            ConnectionStage::Sent { state, verifier } => Self::Sent {
                state: state.0,
                verifier: sealed_text(verifier),
            },
            ConnectionStage::Agreed { secret, account } => Self::Agreed {
                secret: sealed_text(secret),
                account: account.clone(),
            },
        }
    }
}

impl TryFrom<StageRow> for ConnectionStage {
    type Error = Invalid;

    fn try_from(row: StageRow) -> Result<Self, Invalid> {
        Ok(match row {
            StageRow::Sent { state, verifier } => Self::Sent {
                state: Digest(state),
                verifier: sealed(&verifier)?,
            },
            StageRow::Agreed { secret, account } => Self::Agreed {
                secret: sealed(&secret)?,
                account,
            },
        })
    }
}

#[derive(Serialize, Deserialize)]
pub struct ConnectionRow {
    user: Arc<str>,
    step: u64,
    remote: RemoteKindRow,
    stage: StageRow,
    expires: Instant,
}

impl Record for Connection {
    const TABLE: Table = Table::Connections;
    type Stored = ConnectionRow;

    fn stored(&self) -> ConnectionRow {
        ConnectionRow {
            user: self.user.0.clone(),
            step: self.step,
            remote: self.remote.into(),
            stage: (&self.stage).into(),
            expires: self.expires.into(),
        }
    }

    fn restored(row: ConnectionRow) -> Result<Self, Invalid> {
        Ok(Self {
            user: UserId(row.user),
            step: row.step,
            remote: row.remote.into(),
            stage: row.stage.try_into()?,
            expires: row.expires.try_into()?,
        })
    }
}

/// Secrets are in base64.
#[derive(Serialize, Deserialize)]
pub struct GoogleRow {
    step: u64,
    enabled: bool,
    client_id: String,
    client_secret: Option<String>,
    application_name: String,
    push_address: String,
    service_account: Option<String>,
}

impl Record for GoogleSettings {
    const TABLE: Table = Table::GoogleSettings;
    type Stored = GoogleRow;

    fn stored(&self) -> GoogleRow {
        GoogleRow {
            step: self.step,
            enabled: self.enabled,
            client_id: self.client_id.clone(),
            client_secret: self.client_secret.as_ref().map(sealed_text),
            application_name: self.application_name.clone(),
            push_address: self.push_address.clone(),
            service_account: self.service_account.as_ref().map(sealed_text),
        }
    }

    fn restored(row: GoogleRow) -> Result<Self, Invalid> {
        let secret = |text: Option<String>| text.map(|text| sealed(&text)).transpose();
        Ok(Self {
            step: row.step,
            enabled: row.enabled,
            client_id: row.client_id,
            client_secret: secret(row.client_secret)?,
            application_name: row.application_name,
            push_address: row.push_address,
            service_account: secret(row.service_account)?,
        })
    }
}
