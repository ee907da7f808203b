//! The calendars that somebody can choose, and choosing one.

use super::ConnectionError;
use crate::bridge::Bridge;
use crate::bridge::subscriptions::SubscribeOrder;
use crate::model::{Connection, ConnectionStage, LeftOut, RemoteKind, Subscription, UserId};
use crate::ports::{CalendarOffer, Expect, Write};
use chrono::NaiveDate;
use chrono_tz::Tz;
use zeroize::Zeroizing;

/// What somebody chose.
#[derive(Clone, Debug)]
pub struct Choice {
    /// Which of the calendars offered.
    pub calendar: String,
    /// Nothing before this day begins to be linked.
    pub start: NaiveDate,
    /// Where that day begins; `None`: the person's own zone, else the installation's.
    pub zone: Option<Tz>,
    /// What is not exported.
    pub left_out: LeftOut,
    /// Events of an earlier life are linked again instead of being imported.
    pub recognise: bool,
}

impl Bridge {
    /// The calendars that somebody who agreed can choose, the main one first.
    ///
    /// # Errors
    /// They did not agree, or the remote does not answer.
    pub async fn offered_calendars(
        &self,
        user: &UserId,
        remote: RemoteKind,
    ) -> Result<Vec<CalendarOffer>, ConnectionError> {
        let (_, secret) = self.agreement(user, remote).await?;
        Ok(self.connector(remote)?.calendars(&secret).await?)
    }

    /// Subscribes somebody who agreed to one of their calendars.
    ///
    /// # Errors
    /// See [`ConnectionError`]; they can choose again then.
    pub async fn choose_calendar(
        &self,
        user: &UserId,
        remote: RemoteKind,
        choice: Choice,
    ) -> Result<Subscription, ConnectionError> {
        if let Some(row) = self.take_up_connection(user, remote).await? {
            return Ok(row);
        }
        let (connection, secret) = self.agreement(user, remote).await?;
        let offers = self.connector(remote)?.calendars(&secret).await?;
        let offer = offers
            .into_iter()
            .find(|offer| offer.calendar.id == choice.calendar)
            .ok_or(ConnectionError::NoSuchCalendar)?;
        if !offer.writable {
            return Err(ConnectionError::ReadOnly);
        }
        let order = SubscribeOrder {
            user: user.clone(),
            remote,
            calendar: offer.calendar,
            secret: secret.to_vec(),
            start: choice.start,
            zone: choice.zone,
            left_out: choice.left_out,
            recognise: choice.recognise,
        };
        // In one commit: what lets us in is the subscription's from here on, and is not given back when the connection runs out.
        let expect = Expect::Connection(user.clone(), Some(connection.step));
        let forget = Write::RemoveConnection(user.clone());
        let row = self.subscribe_with(order, vec![expect], vec![forget]);
        Ok(row.await?)
    }

    /// What somebody agreed to.
    pub(super) async fn agreement(
        &self,
        user: &UserId,
        remote: RemoteKind,
    ) -> Result<(Connection, Zeroizing<Vec<u8>>), ConnectionError> {
        let connection = self.connection_of(user, remote).await?;
        let ConnectionStage::Agreed { secret, .. } = &connection.stage else {
            return Err(ConnectionError::NotBegun);
        };
        let secret = self.vault.open(&Connection::place(user), secret)?;
        Ok((connection, Zeroizing::new(secret)))
    }
}
