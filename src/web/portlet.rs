//! A person's page about their Google calendar: «Настройки Google Calendar» of the vendor's page.
//!
//! Plain HTML and forms, no script. Each form carries a token that only this process makes for this person, because a browser adds a person's
//! password to whatever any page sends here.

use super::Answer;
use super::ask::{Ask, query};
use super::connect::{GOOGLE, choice, day};
use super::portlet_page::{self as page, Live, View};
use super::problem::Problem;
use super::wire::ChooseBody;
use crate::bridge::{
    Agreed, Answered, ConnectionStep, SyncAsk, UnsubscribeAsk, subscription_words,
};
use crate::caldav::Body;
use crate::model::{Direction, PauseReason, Subscription, SubscriptionState, User};
use chrono::Datelike as _;
use http::{HeaderValue, Response, StatusCode, header};

/// Where the page is.
const PAGE: &str = "/me/google";
/// The page is loaded again after so many seconds to show how far a round is. Always by its own address: that of the callback is used up.
const REFRESH: &str = "3; url=/me/google";
/// Items with troubles that the page shows.
const TROUBLES_SHOWN: usize = 20;

impl Ask<'_> {
    pub(super) async fn portlet(&self) -> Answer {
        let user = self.session().await?.user;
        self.only(&[])?;
        self.told_to(&user).shown(&user, None).await
    }

    /// Asks whether they mean to unsubscribe, and says what that does.
    pub(super) async fn portlet_end(&self) -> Answer {
        let user = self.session().await?.user;
        self.only(&[])?;
        let ask = self.told_to(&user);
        let row = ask.own_subscription(&user).await?;
        let dry = UnsubscribeAsk {
            dry_run: true,
            remove_exported: true,
        };
        let would = self.bridge.unsubscribe(&row.id, dry).await?;
        let form = ask.form_token(&user);
        ask.html_with_forms(&page::ending(&user, &would, &form))
    }

    /// They come back from Google.
    pub(super) async fn portlet_callback(&self) -> Answer {
        let user = self.session().await?.user;
        let ask = self.told_to(&user);
        match ask.come_back(&user).await {
            Ok(_) => Ok(to(PAGE)),
            Err(problem) => ask.shown(&user, Some(problem)).await,
        }
    }

    async fn come_back(&self, user: &User) -> Result<Agreed, Problem> {
        if let Some(error) = self.text("error") {
            let state = self.text("state").unwrap_or_default();
            let refused = self.bridge.refuse_connection(&user.id, GOOGLE, state);
            refused.await?;
            return Err(Problem::refused_consent(error));
        }
        let missing = |name: &str| Problem::invalid(name, "it is missing");
        let redirect = self.redirect()?;
        let answered = Answered {
            state: Some(self.text("state").ok_or_else(|| missing("state"))?),
            code: self.text("code").ok_or_else(|| missing("code"))?,
            redirect: &redirect,
        };
        let finished = self.bridge.finish_connection(&user.id, GOOGLE, answered);
        Ok(finished.await?)
    }

    pub(super) async fn portlet_act(&self) -> Answer {
        let user = self.session().await?.user;
        self.only(&[])?;
        let ask = self.told_to(&user);
        match ask.acted(&user).await {
            Ok(address) => Ok(to(&address)),
            Err(problem) => ask.shown(&user, Some(problem)).await,
        }
    }

    /// Does what a form asks for; returns where to go then.
    async fn acted(&self, user: &User) -> Result<String, Problem> {
        self.wants("application/x-www-form-urlencoded")?;
        let body = std::str::from_utf8(&self.body)
            .map_err(|_| Problem::invalid("body", "it is not UTF-8"))?;
        let form = Form(query(body));
        self.check_form(user, &form)?;
        let (bridge, here) = (self.bridge, || Ok(PAGE.to_owned()));
        match form.value("act") {
            "begin" => return self.begin(&user.id).await,
            "code" => {
                self.redeem(&user.id, form.value("code")).await?;
                return here();
            }
            "choose" => {
                let chosen = choice(form.chosen())?;
                bridge.choose_calendar(&user.id, GOOGLE, chosen).await?;
                return here();
            }
            "cancel" => {
                bridge.cancel_connection(&user.id).await?;
                return here();
            }
            _ => {}
        }
        let id = self.own_subscription(user).await?.id;
        match form.value("act") {
            "sync" => {
                self.sync_later(&id, day("from", form.value("from"))?);
            }
            "pause" => {
                bridge.pause_subscription(&id, PauseReason::Asked).await?;
            }
            "resume" => {
                bridge.resume_subscription(&id).await?;
            }
            "accept" | "reject" => {
                let direction = Direction::from_word(form.value("direction"));
                let direction =
                    direction.ok_or_else(|| Problem::invalid("direction", "there is no such"))?;
                let accept = form.value("act") == "accept";
                bridge.answer_deletions(&id, direction, accept).await?;
            }
            "unsubscribe" => {
                let ask = UnsubscribeAsk {
                    dry_run: false,
                    remove_exported: form.value("remove") == "yes",
                };
                bridge.unsubscribe(&id, ask).await?;
            }
            other => return Err(Problem::invalid("act", format!("there is no {other:?}"))),
        }
        here()
    }

    /// A comparison takes longer than a browser waits: it goes on by itself, and the page shows how far it is.
    fn sync_later(&self, id: &crate::model::SubscriptionId, from: chrono::NaiveDate) {
        let (bridge, id) = (std::sync::Arc::clone(self.bridge), id.clone());
        tokio::spawn(async move {
            let ask = SyncAsk {
                from: Some(from),
                full: true,
                listing: true,
                dry_run: false,
            };
            if let Err(error) = bridge.sync(&id, ask).await {
                tracing::info!(subscription.id = %id, "a comparison that a person asked for ended: {error}");
            }
        });
    }

    async fn own_subscription(&self, user: &User) -> Result<Subscription, Problem> {
        let stored = self.bridge.store().subscription_of(&user.id).await?;
        let live = stored.filter(|row| row.state != SubscriptionState::Ended);
        live.ok_or_else(super::subscriptions::none_of_yours)
    }

    /// The page as things stand, with what went wrong on top.
    async fn shown(&self, user: &User, wrong: Option<Problem>) -> Answer {
        let view = self.view(user).await?;
        let going = matches!(&view, View::Live(live) if live.progress.is_some());
        let wrong = wrong.map(|problem| problem.body(user.language));
        let status = wrong.as_ref().map(|body| body.status);
        let words = wrong.and_then(|body| body.detail.or(Some(body.title)));
        let form = self.form_token(user);
        let html = page::portlet(user, &view, words.as_deref(), &form);
        let mut response = self.html_with_forms(&html)?;
        if let Some(status) = status.and_then(|status| StatusCode::from_u16(status).ok()) {
            *response.status_mut() = status;
        }
        if going {
            let refresh = HeaderValue::from_static(REFRESH);
            response.headers_mut().insert(header::REFRESH, refresh);
        }
        Ok(response)
    }

    async fn view(&self, user: &User) -> Result<View, Problem> {
        let bridge = self.bridge;
        // They agreed when Google did not answer further: it may now.
        if let Err(error) = bridge.take_up_connection(&user.id, GOOGLE).await {
            tracing::info!(user.id = %user.id, "a subscription does not go on yet: {error}");
        }
        let stored = bridge.store().subscription_of(&user.id).await?;
        let live = stored.filter(|row| row.state != SubscriptionState::Ended);
        let connecting = bridge.connecting(&user.id).await?;
        let step = connecting.map(|(_, step, _)| step);
        if let Some(row) = live {
            return Ok(View::Live(Box::new(self.live(row, step).await?)));
        }
        let settings = bridge.google_settings().await?;
        if let Some(missing) = settings.missing() {
            return Ok(View::Off(missing));
        }
        if !settings.has_client() {
            return Ok(View::ByAdministrator);
        }
        let earlier = self.had_earlier_life(&user.id).await?;
        let left_behind = bridge.store().subscription_of(&user.id).await?;
        let left_behind = left_behind.map_or(0, |row| row.left_behind);
        if step != Some(ConnectionStep::Agreed) {
            return Ok(View::None {
                sent: step == Some(ConnectionStep::Sent),
            });
        }
        Ok(match bridge.offered_calendars(&user.id, GOOGLE).await {
            Ok(offers) => View::Choose {
                offers,
                earlier: earlier.then_some(left_behind),
                start: self.month_begins(user),
            },
            Err(error) => {
                tracing::info!(user.id = %user.id, "calendars to choose from cannot be had: {error}");
                let problem = Problem::from(error).body(user.language);
                View::NoOffers(problem.detail.unwrap_or(problem.title))
            }
        })
    }

    async fn live(&self, row: Subscription, step: Option<ConnectionStep>) -> Result<Live, Problem> {
        let bridge = self.bridge;
        let troubles = bridge.troubled_links(&row.id, None, TROUBLES_SHOWN).await?;
        let mut wrong = Vec::new();
        for link in &troubles {
            let Some(trouble) = &link.trouble else {
                continue;
            };
            let title = self.object_body(link.object).await?.title;
            let words = crate::bridge::trouble_words(trouble, self.language);
            wrong.push((title.unwrap_or_else(|| "—".to_owned()), words));
        }
        let unread = row.unread.iter().take(TROUBLES_SHOWN);
        let unread = unread.map(|each| (each.event.to_string(), each.what.clone()));
        let unread = unread.collect();
        let policy = &bridge.settings().sync;
        let settings = bridge.google_settings().await?;
        Ok(Live {
            unread,
            from_mail: policy.import_from_mail,
            absence: policy.import_absence,
            words: subscription_words(&row, self.language).to_owned(),
            counts: bridge.link_counts(&row.id).await?,
            progress: bridge.sync_progress(&row.id),
            writes_rest: bridge.writes_rest(&row.id),
            zone: row.zone,
            sent: step == Some(ConnectionStep::Sent),
            told: bridge.is_told(&row).await?,
            by_consent: settings.has_client(),
            wrong,
            row,
        })
    }

    /// The first day of this month, where the person is.
    fn month_begins(&self, user: &User) -> chrono::NaiveDate {
        let zone = user.zone.unwrap_or(self.bridge.settings().zone);
        let today = self.bridge.now().with_timezone(&zone).date_naive();
        today.with_day(1).unwrap_or(today)
    }

    /// What shows that a form is ours and meant for this person.
    fn form_token(&self, user: &User) -> String {
        let key = &self.web.settings.form_key;
        blake3::keyed_hash(key, user.id.as_str().as_bytes()).to_string()
    }

    fn check_form(&self, user: &User, form: &Form) -> Result<(), Problem> {
        let site = self.headers.get("sec-fetch-site");
        if site.is_some_and(|site| site != "same-origin") {
            return Err(Problem::stale_form());
        }
        let key = &self.web.settings.form_key;
        let expected = blake3::keyed_hash(key, user.id.as_str().as_bytes());
        // Hashes are compared in constant time.
        match blake3::Hash::from_hex(form.value("form")) {
            Ok(found) if found == expected => Ok(()),
            _ => Err(Problem::stale_form()),
        }
    }

    /// A page whose forms lead here, and from here on to where people agree.
    fn html_with_forms(&self, document: &str) -> Answer {
        let mut response = super::ask::whole(document.to_owned(), "text/html; charset=utf-8");
        let beyond = self.web.settings.consent_origin.as_deref().unwrap_or("");
        let policy = format!(
            "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self' {beyond}; frame-ancestors 'none'"
        );
        let headers = response.headers_mut();
        if let Ok(policy) = HeaderValue::from_str(policy.trim()) {
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        headers.insert(
            header::REFERRER_POLICY,
            HeaderValue::from_static("no-referrer"),
        );
        Ok(response)
    }
}

/// The fields of a form.
struct Form(Vec<(String, String)>);

impl Form {
    /// A field; empty when it is not there.
    fn value(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(each, _)| each == name);
        found.map_or("", |(_, value)| value)
    }

    fn chosen(&self) -> ChooseBody {
        ChooseBody {
            calendar: self.value("calendar").to_owned(),
            start: self.value("start").to_owned(),
            zone: None,
            recognise: self.value("recognise") == "yes",
            left_out_kinds: vec![],
            left_out_statuses: vec![],
        }
    }
}

/// 303: what was done is not done again by looking at the page again.
fn to(address: &str) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    let headers = response.headers_mut();
    if let Ok(address) = HeaderValue::from_str(address) {
        headers.insert(header::LOCATION, address);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    response
}
