//! The port: what the bridge asks of ADVANTA, asked over the contract.

use super::client::{Access, Client, ClientError};
use super::map;
use super::options::Options;
use super::requests::{
    ChangeObject, CreateObject, DeleteObject, GetObject, GetPerson, ListChanges,
};
use crate::model::{Changes, Cursor, Draft, Object, ObjectId, Person, Revision, Settings, UserId};
use crate::ports::{Advanta, AdvantaError, AdvantaErrorKind, Changed};
use async_trait::async_trait;

/// The largest page that the contract knows.
const PAGE_ITEMS_MAX: u32 = 10_000;

/// An ADVANTA that speaks the contract. People are named by the ids that ADVANTA gave them.
pub struct Contract {
    client: Client,
    settings: Settings,
}

impl Contract {
    /// Makes the client; nothing is sent yet. `settings` holds the zone of ADVANTA's wall-clock times.
    ///
    /// # Errors
    /// Token, certificates or authorities cannot be used.
    pub fn new(access: Access, settings: Settings, options: Options) -> Result<Self, ClientError> {
        let client = Client::new(access, options)?;
        Ok(Self { client, settings })
    }
}

#[async_trait]
impl Advanta for Contract {
    async fn get(&self, id: ObjectId) -> Result<Option<Object>, AdvantaError> {
        there(self.client.call(&GetObject { id }).await)
    }

    async fn create(&self, draft: &Draft) -> Result<Object, AdvantaError> {
        let new = map::new_object(draft, &self.settings);
        self.client.call(&CreateObject { id: draft.id, new }).await
    }

    async fn change(
        &self,
        id: ObjectId,
        by: &UserId,
        expected: Revision,
        changes: &Changes,
    ) -> Result<(), AdvantaError> {
        let change = map::object_change(by, expected, changes, &self.settings);
        self.client.call(&ChangeObject { id, change }).await
    }

    async fn delete(
        &self,
        id: ObjectId,
        by: &UserId,
        expected: Revision,
    ) -> Result<(), AdvantaError> {
        self.client.call(&DeleteObject { id, by, expected }).await
    }

    async fn changes(&self, cursor: Option<&Cursor>) -> Result<Changed, AdvantaError> {
        let limit = self.client.options().page_items.clamp(1, PAGE_ITEMS_MAX);
        self.client.call(&ListChanges { cursor, limit }).await
    }

    async fn person(&self, id: &UserId) -> Result<Option<Person>, AdvantaError> {
        there(self.client.call(&GetPerson { id }).await)
    }
}

/// "Gone" is an answer to somebody who asks, not an error.
fn there<T>(reply: Result<T, AdvantaError>) -> Result<Option<T>, AdvantaError> {
    match reply {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind == AdvantaErrorKind::Gone => Ok(None),
        Err(error) => Err(error),
    }
}
