//! Connecting people to Google: the administrator's for everybody, a person's for themselves; and the settings for that.

use super::ask::{Ask, done, json, query};
use super::problem::{DAYS, Problem};
use super::route::{ConnectAct, Whose};
use super::wire::{
    AgreedBody, BegunBody, ChooseBody, CodeBody, ConnectionBody, DelegateBody, GoogleChangeBody,
    GoogleSettingsBody, Instant, OfferBody,
};
use super::{Answer, Caller};
use crate::bridge::{Agreed, Answered, Choice, ConnectionStep, GoogleChange};
use crate::model::{GoogleSettings, Kind, LeftOut, RemoteKind, Status, UserId};
use crate::ports::{CalendarOffer, StoreError};
use chrono::{Datelike as _, NaiveDate};
use http::header;
use std::collections::BTreeSet;

/// The page of ours where people come back.
pub(super) const CALLBACK: &str = "/me/google/callback";
/// The only kind of remote that people connect in their browser so far.
pub(super) const GOOGLE: RemoteKind = RemoteKind::Google;

impl Ask<'_> {
    pub(super) async fn connection(&self, whose: &Whose, act: ConnectAct) -> Answer {
        match whose {
            Whose::Named(named) => {
                let user = self.person(named).await?;
                self.connect(&user.id, act).await
            }
            Whose::Mine => {
                let user = self.session().await?.user;
                let ask = self.told_to(&user);
                ask.check_intended()?;
                match act {
                    // Nobody acts for an account of the domain but its administrator.
                    ConnectAct::Delegate => Err(Problem::no_such_path()),
                    act => ask.connect(&user.id, act).await,
                }
            }
        }
    }

    async fn connect(&self, user: &UserId, act: ConnectAct) -> Answer {
        self.only(&[])?;
        match act {
            ConnectAct::Show => self.show_connection(user).await,
            ConnectAct::Begin => json(&BegunBody {
                address: self.begin(user).await?,
            }),
            ConnectAct::Code => {
                let body: CodeBody = self.json()?;
                let agreed = self.redeem(user, &body.code).await?;
                self.tell_agreed(agreed).await
            }
            ConnectAct::Delegate => {
                let body: DelegateBody = self.json()?;
                let bridge = self.bridge;
                let agreed = bridge.delegate_connection(user, GOOGLE, &body.account);
                self.tell_agreed(agreed.await?).await
            }
            ConnectAct::Choose => {
                let choice = choice(self.json()?)?;
                let row = self.bridge.choose_calendar(user, GOOGLE, choice).await?;
                json(&self.subscription_body(&row).await?)
            }
            ConnectAct::Cancel => {
                self.bridge.cancel_connection(user).await?;
                done()
            }
        }
    }

    async fn show_connection(&self, user: &UserId) -> Answer {
        let standing = self.bridge.connecting(user).await?;
        let (step, expires) = match standing {
            None => ("none", None),
            Some((_, ConnectionStep::Sent, expires)) => ("sent", Some(expires)),
            Some((_, ConnectionStep::Agreed, expires)) => ("agreed", Some(expires)),
        };
        let offers = if step == "agreed" {
            self.bridge.offered_calendars(user, GOOGLE).await?
        } else {
            vec![]
        };
        json(&ConnectionBody {
            step: step.to_owned(),
            expires: expires.map(Instant),
            calendars: offers.into_iter().map(offer_body).collect(),
        })
    }

    async fn tell_agreed(&self, agreed: Agreed) -> Answer {
        let body = match agreed {
            Agreed::Choose(offers) => AgreedBody {
                calendars: offers.into_iter().map(offer_body).collect(),
                subscription: None,
            },
            Agreed::GoesOn(row) => AgreedBody {
                calendars: vec![],
                subscription: Some(self.subscription_body(&row).await?),
            },
        };
        json(&body)
    }

    /// Sends somebody to Google; returns the address.
    pub(super) async fn begin(&self, user: &UserId) -> Result<String, Problem> {
        let redirect = self.redirect()?;
        let begun = self.bridge.begin_connection(user, GOOGLE, &redirect);
        Ok(begun.await?)
    }

    /// Redeems what somebody brought by hand: a code, or the address of the page that did not open.
    pub(super) async fn redeem(&self, user: &UserId, brought: &str) -> Result<Agreed, Problem> {
        let brought = brought.trim();
        let pairs = brought.split_once('?').map(|(_, pairs)| query(pairs));
        let of = |name: &str| {
            let pairs = pairs.as_ref()?;
            let found = pairs.iter().find(|(each, _)| each == name)?;
            Some(found.1.clone())
        };
        if let Some(error) = of("error") {
            return Err(Problem::refused_consent(&error));
        }
        let code = of("code").unwrap_or_else(|| brought.to_owned());
        if code.is_empty() {
            return Err(Problem::invalid("code", "it is empty"));
        }
        let state = of("state");
        let redirect = self.redirect()?;
        let answered = Answered {
            state: state.as_deref(),
            code: &code,
            redirect: &redirect,
        };
        let finished = self.bridge.finish_connection(user, GOOGLE, answered);
        Ok(finished.await?)
    }

    /// Where people come back: below the bridge's own address; on this machine below whatever the browser called it.
    pub(super) fn redirect(&self) -> Result<String, Problem> {
        if let Some(url) = &self.web.settings.public_url {
            return Ok(format!("{}{CALLBACK}", url.trim_end_matches('/')));
        }
        // Whoever comes through the data folder calls the bridge by no name that a browser could follow.
        let remote = self.caller != Caller::Local;
        let host = self.headers.get(header::HOST).filter(|_| remote);
        let host = host.and_then(|host| host.to_str().ok()).unwrap_or_default();
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        if matches!(name, "localhost" | "127.0.0.1" | "[::1]") {
            return Ok(format!("http://{host}{CALLBACK}"));
        }
        Err(Problem::conflict(
            "the bridge does not know its own address: server.public_url has to be set",
        ))
    }

    pub(super) async fn google_settings(&self) -> Answer {
        self.only(&[])?;
        let settings = self.bridge.google_settings().await?;
        json(&self.settings_body(&settings))
    }

    pub(super) async fn change_google_settings(&self) -> Answer {
        self.only(&[])?;
        let body: GoogleChangeBody = self.json()?;
        let change = GoogleChange {
            enabled: body.enabled,
            client_id: body.client_id,
            client_secret: body.client_secret.map(Into::into),
            application_name: body.application_name,
            push_address: body.push_address,
            service_account: body.service_account.map(Into::into),
        };
        let settings = self.bridge.change_google_settings(change).await?;
        tracing::info!("an administrator changed the settings of the integration with Google");
        json(&self.settings_body(&settings))
    }

    fn settings_body(&self, settings: &GoogleSettings) -> GoogleSettingsBody {
        GoogleSettingsBody {
            enabled: settings.enabled,
            client_id: settings.client_id.clone(),
            client_secret_set: settings.client_secret.is_some(),
            application_name: settings.application_name.clone(),
            push_address: settings.push_address.clone(),
            service_account_set: settings.service_account.is_some(),
            redirect: self.redirect().ok(),
        }
    }

    /// Whether somebody was subscribed before, so that there is something to recognise.
    pub(super) async fn had_earlier_life(&self, user: &UserId) -> Result<bool, StoreError> {
        let row = self.bridge.store().subscription_of(user).await?;
        Ok(row.is_some_and(|row| !row.state.is_live()))
    }
}

/// A first day as somebody typed it.
pub(super) fn day(field: &str, text: &str) -> Result<NaiveDate, Problem> {
    let read = text.parse();
    let day = read.map_err(|_| Problem::invalid(field, "it is not a date (2026-12-31)"))?;
    near(field, day)
}

/// A first day that can be meant.
pub(super) fn near(field: &str, day: NaiveDate) -> Result<NaiveDate, Problem> {
    if (DAYS.0..=DAYS.1).contains(&day.year()) {
        Ok(day)
    } else {
        Err(Problem::far_day(field))
    }
}

fn offer_body(offer: CalendarOffer) -> OfferBody {
    OfferBody {
        id: offer.calendar.id,
        name: offer.calendar.name,
        account: offer.calendar.account,
        primary: offer.primary,
        writable: offer.writable,
    }
}

/// What somebody chose, read.
pub(super) fn choice(body: ChooseBody) -> Result<Choice, Problem> {
    let start = day("start", &body.start)?;
    let zone = body.zone.map(|zone| {
        let read = zone.parse();
        read.map_err(|_| Problem::invalid("zone", "it is not the IANA name of a zone"))
    });
    let mut kinds = BTreeSet::new();
    for word in &body.left_out_kinds {
        let known = Kind::from_word(word);
        let what = || Problem::invalid("leftOutKinds", format!("there is no kind {word:?}"));
        kinds.insert(known.ok_or_else(what)?);
    }
    Ok(Choice {
        calendar: body.calendar,
        start,
        zone: zone.transpose()?,
        left_out: LeftOut {
            kinds,
            statuses: body.left_out_statuses.into_iter().map(Status).collect(),
        },
        recognise: body.recognise,
    })
}
