//! ADVANTA's side of a pair, as it stands for one subscription.

use crate::bridge::fan_out::only_these;
use crate::bridge::{Bridge, pending};
use crate::ical;
use crate::model::{Command, Deed, Object, ObjectId, Origin, Subscription};
use crate::ports::{Expect, Remote, StoreError};
use crate::sync::{Ours, Standing};

/// Our side, with what it was read from: a commit that rests on it expects that to be so still.
pub(super) struct Side {
    pub(super) ours: Ours,
    pub(super) mirror: Option<Object>,
    pub(super) commands: Vec<Command>,
    id: ObjectId,
}

impl Side {
    /// What must still be so when something is written that was decided by this.
    pub(super) fn expects(&self) -> [Expect; 2] {
        let revision = self.mirror.as_ref().map(|mirror| mirror.revision);
        [
            Expect::Object(self.id, revision),
            only_these(self.id, &self.commands),
        ]
    }
}

impl Bridge {
    /// Reads our side: what ADVANTA confirmed, with this subscription's own edits that wait laid over it. Edits of others, and of this
    /// person through another door, come when they are confirmed.
    pub(super) async fn our_side(
        &self,
        subscription: &Subscription,
        remote: &dyn Remote,
        id: ObjectId,
    ) -> Result<Side, StoreError> {
        let mirror = self.store.object(id).await?;
        let commands = self.store.commands_of(id).await?;
        let from_here = Origin::Remote(subscription.id.clone());
        let own: Vec<Command> = commands
            .iter()
            .filter(|command| command.origin == from_here)
            .cloned()
            .collect();
        let user = &subscription.user;
        let present = pending::present(mirror.clone(), &own, user, &self.settings);
        let ours = match present {
            Some(object) => self.standing(subscription, remote, object, mirror.is_some()),
            None => {
                let leaving = own
                    .iter()
                    .any(|command| matches!(command.deed, Deed::Delete(_)));
                if leaving {
                    Ours::Leaving
                } else if mirror.is_some() || self.store.removed(id).await?.is_some() {
                    Ours::Gone
                } else {
                    Ours::Never
                }
            }
        };
        Ok(Side {
            ours,
            mirror,
            commands,
            id,
        })
    }

    fn standing(
        &self,
        subscription: &Subscription,
        remote: &dyn Remote,
        object: Object,
        confirmed: bool,
    ) -> Ours {
        let Some(rights) = object.participants.get(&subscription.user).copied() else {
            return Ours::Hidden { takes_part: false };
        };
        let fields = object.fields(&self.settings);
        if !fields.span.is_some_and(ical::is_showable) {
            return Ours::Hidden { takes_part: true };
        }
        Ours::There(Standing {
            projected: remote.project(&fields),
            rights,
            fields,
            object,
            confirmed,
        })
    }
}
