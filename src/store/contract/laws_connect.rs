//! Channels, people who are connecting, settings of integrations.

use super::fixtures::*;
use crate::model::*;
use crate::ports::*;

async fn holds(store: &dyn Store, expect: Expect) -> bool {
    store.commit(vec![expect], vec![]).await.is_ok()
}

pub async fn a_channel_is_found_by_itself_and_by_its_subscription(store: &dyn Store) {
    let (s, t) = (SubscriptionId::new("s"), SubscriptionId::new("t"));
    let unanswered = Channel {
        resource: None,
        ..channel(2, "s")
    };
    let writes = [channel(1, "s"), unanswered.clone(), channel(3, "t")];
    write(store, writes.map(Write::Channel).into()).await;
    let found = store.channels_of(&s).await.unwrap();
    assert_eq!(found, [channel(1, "s"), unanswered.clone()]);
    let found = store.channel(unanswered.id).await.unwrap();
    assert_eq!(found, Some(unanswered.clone()));
    assert!(holds(store, Expect::Channel(unanswered.id)).await);
    // Written again it is one still; gone it is nowhere.
    write(store, vec![Write::Channel(channel(2, "s"))]).await;
    assert_eq!(store.channels_of(&s).await.unwrap().len(), 2);
    let gone = Write::RemoveChannel(unanswered.id);
    write(store, vec![gone.clone(), gone]).await;
    assert_eq!(store.channels_of(&s).await.unwrap(), [channel(1, "s")]);
    assert_eq!(store.channel(unanswered.id).await.unwrap(), None);
    assert!(!holds(store, Expect::Channel(unanswered.id)).await);
    assert_eq!(store.channels_of(&t).await.unwrap(), [channel(3, "t")]);
}

pub async fn a_person_is_connecting_once(store: &dyn Store) {
    let anna = UserId::new("anna");
    let step = |step| Expect::Connection(UserId::new("anna"), step);
    assert_eq!(store.connection(&anna).await.unwrap(), None);
    assert!(holds(store, step(None)).await);
    let sent = connection("anna", 0);
    let agreed = Connection {
        step: 1,
        remote: RemoteKind::Graph,
        stage: ConnectionStage::Agreed {
            account: Some("anna@example.com".to_owned()),
            secret: Sealed(vec![0, 255]),
        },
        ..connection("anna", 0)
    };
    for row in [sent, agreed.clone()] {
        write(store, vec![Write::Connection(row.clone())]).await;
        assert_eq!(store.connection(&anna).await.unwrap(), Some(row));
    }
    assert!(holds(store, step(Some(1))).await);
    assert!(!holds(store, step(Some(0))).await && !holds(store, step(None)).await);
    let boris = connection("boris", 7);
    write(store, vec![Write::Connection(boris.clone())]).await;
    assert_eq!(store.connections().await.unwrap(), [agreed, boris.clone()]);
    write(store, vec![Write::RemoveConnection(anna)]).await;
    assert_eq!(store.connections().await.unwrap(), [boris]);
}

pub async fn the_settings_of_google_are_those_that_were_written_last(store: &dyn Store) {
    assert_eq!(store.google_settings().await.unwrap(), None);
    assert!(holds(store, Expect::GoogleSettings(None)).await);
    let rich = google_settings(3);
    for settings in [GoogleSettings::default(), rich] {
        let step = settings.step;
        write(store, vec![Write::GoogleSettings(settings.clone())]).await;
        assert_eq!(store.google_settings().await.unwrap(), Some(settings));
        assert!(holds(store, Expect::GoogleSettings(Some(step))).await);
        assert!(!holds(store, Expect::GoogleSettings(Some(step + 1))).await);
        assert!(!holds(store, Expect::GoogleSettings(None)).await);
    }
}
