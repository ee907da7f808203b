//! Subscriptions with secrets, which nobody works on.

use advanta_bridge::model::{
    CalendarRef, LeftOut, PauseReason, RemoteKind, Sealed, Subscription, SubscriptionId,
    SubscriptionState, UserId,
};
use advanta_bridge::ports::Vault;
use chrono::{TimeZone as _, Utc};

/// A paused subscription whose id and person have this name, without a secret.
pub fn subscription(name: &str) -> Subscription {
    let monday = Utc.with_ymd_and_hms(2026, 11, 23, 8, 0, 0).unwrap();
    Subscription {
        id: SubscriptionId::new(name),
        user: UserId::new(name),
        epoch: 1,
        step: 1,
        remote: RemoteKind::Google,
        calendar: CalendarRef {
            id: format!("{name}@example.com"),
            name: "Работа".to_owned(),
            account: format!("{name}@example.com"),
        },
        state: SubscriptionState::Paused(PauseReason::Asked),
        start: monday.date_naive(),
        zone: chrono_tz::Tz::Europe__Moscow,
        left_out: LeftOut::default(),
        recognise: true,
        cursor: None,
        full: true,
        secret: None,
        due: monday,
        failures: 0,
        synced: None,
        last_error: None,
        obstacle: None,
        unread: vec![],
        left_behind: 0,
        deletions: vec![],
        since: monday,
    }
}

/// The same with a secret that a vault sealed for it.
pub fn sealed_by(vault: &dyn Vault, name: &str, secret: &str) -> Subscription {
    let bare = subscription(name);
    let sealed = vault.seal(&bare.secret_place(), secret.as_bytes());
    with(bare, sealed.expect("a key"))
}

/// The same with a secret as it stands.
pub fn with(subscription: Subscription, sealed: Sealed) -> Subscription {
    Subscription {
        secret: Some(sealed),
        ..subscription
    }
}
