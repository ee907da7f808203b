//! How the bridge is, and comparing with ADVANTA.

use super::Answer;
use super::ask::{Ask, json};
use super::wire::{AlarmBody, AlarmsBody, Instant, ObjectBody, ReconciledBody, StatusBody};
use crate::bridge::{Alarm, AlarmCause, Extent};
use crate::model::{AppPasswordId, SubscriptionId};
use crate::ports::StoreError;

impl Ask<'_> {
    pub(super) async fn status(&self) -> Answer {
        self.only(&[])?;
        let store = self.bridge.store();
        let users = store.users().await?;
        let authority = if self.bridge.is_standalone() {
            "own"
        } else {
            "advanta"
        };
        json(&StatusBody {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            running: self.web.settings.serving,
            epoch: self.bridge.epoch().to_string(),
            authority: authority.to_owned(),
            users: users.iter().filter(|user| user.active).count() as u64,
            inbox: store.inbox_size().await?,
            outbox: store.outbox_size().await?,
            dead_letters: self.bridge.dead_letters().await?.len() as u64,
            held: store.held().await?,
            cursor: store.advanta_cursor().await?.map(|cursor| cursor.0),
            alarms: self.bridge.alarms().len() as u64,
            failed_sign_ins: self.bridge.sign_ins().failed(),
        })
    }

    pub(super) async fn alarms(&self) -> Answer {
        self.only(&[])?;
        let mut alarms = Vec::new();
        for alarm in self.bridge.alarms() {
            alarms.push(self.alarm_body(&alarm).await?);
        }
        json(&AlarmsBody { alarms })
    }

    async fn alarm_body(&self, alarm: &Alarm) -> Result<AlarmBody, StoreError> {
        match &alarm.cause {
            AlarmCause::Refused(device) => self.refused_body(alarm, *device).await,
            AlarmCause::Frozen(subscription) => {
                self.remote_body(alarm, "frozen", subscription).await
            }
            AlarmCause::Barred(subscription) => {
                self.remote_body(alarm, "barred", subscription).await
            }
        }
    }

    async fn refused_body(
        &self,
        alarm: &Alarm,
        device: AppPasswordId,
    ) -> Result<AlarmBody, StoreError> {
        let known = self.bridge.store().app_password(device).await?;
        let user = match &known {
            Some(known) => Some(self.person_body(&known.user).await?),
            None => None,
        };
        Ok(AlarmBody {
            at: Instant(alarm.at),
            kind: "refused".to_owned(),
            object: self.alarmed(alarm).await?,
            app_password: Some(device.0),
            subscription: None,
            label: known.map(|known| known.label),
            user,
        })
    }

    async fn remote_body(
        &self,
        alarm: &Alarm,
        kind: &str,
        subscription: &SubscriptionId,
    ) -> Result<AlarmBody, StoreError> {
        let known = self.bridge.store().subscription(subscription).await?;
        let user = match &known {
            Some(known) => Some(self.person_body(&known.user).await?),
            None => None,
        };
        Ok(AlarmBody {
            at: Instant(alarm.at),
            kind: kind.to_owned(),
            object: self.alarmed(alarm).await?,
            app_password: None,
            subscription: Some(subscription.to_string()),
            label: known.map(|known| known.calendar.name),
            user,
        })
    }

    async fn alarmed(&self, alarm: &Alarm) -> Result<Option<ObjectBody>, StoreError> {
        match alarm.object {
            Some(object) => self.object_body(object).await.map(Some),
            None => Ok(None),
        }
    }

    pub(super) async fn reconcile(&self) -> Answer {
        self.only(&["everything"])?;
        let extent = if self.flag("everything")? {
            Extent::Everything
        } else {
            Extent::SinceCursor
        };
        let found = self.bridge.reconcile(extent).await?;
        json(&ReconciledBody {
            listed: found.listed,
            news: found.news,
            gone: found.gone,
            flawed: found.flawed,
            everything: found.everything,
        })
    }
}
