//! DELETE (RFC 4918 §9.6).

use super::conditions::conditions;
use super::target::Target;
use super::{Answer, Body, Call};
use crate::bridge::RemovalDone;
use crate::model::{CollectionId, ResourceName};
use http::{Response, StatusCode};

impl Call<'_> {
    /// Deletes a note; anything else is acknowledged and stays.
    pub(super) async fn delete(&self, name: &ResourceName) -> Answer {
        let collection = CollectionId::events(&self.session.user.id);
        let conditions = conditions(self.headers, &self.bridge.epoch())?;
        let client = self.client();
        let standing = self.standing(&collection, name, &conditions, &client);
        let done = self
            .bridge
            .delete(&standing)
            .await
            .map_err(|error| self.failure(error))?;
        Ok(match done {
            RemovalDone::Removed | RemovalDone::Restored => {
                let mut response = Response::new(Body::empty());
                *response.status_mut() = StatusCode::NO_CONTENT;
                response
            }
            RemovalDone::Forbidden(refused) => {
                self.forbidden(self.href(&Target::Collection), "unbind", &refused)
            }
        })
    }
}
