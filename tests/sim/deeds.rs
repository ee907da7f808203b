//! Carries out steps: what people do outside, what the bridge is asked to do, what goes wrong.

use crate::actors::{PEOPLE, client};
use crate::advanta;
use crate::calendar;
use crate::dates;
use crate::io::Fuse;
use crate::scenario::Step;
use crate::verbs::{MEANWHILE, Verb};
use crate::world::{World, lock};
use advanta_bridge::bridge::{
    Bridge, Extent, Rests, RoundReport, SubscribeOrder, SyncAsk, SyncError, UnsubscribeAsk,
};
use advanta_bridge::model::{
    CalendarRef, Direction, LeftOut, LinkId, PauseReason, SubscriptionId, UserId,
};
use advanta_bridge::ports::Advanta;
use chrono::Duration;
use std::sync::Arc;

/// Items that may be due after one another without an end.
const TIMERS_MAX: usize = 200;

impl World {
    /// Carries out a step, and says in words what came of it.
    pub async fn carry_out(&mut self, step: &Step) -> Result<String, String> {
        self.advance(Duration::seconds(7));
        let who = PEOPLE[step.arg(0) as usize % PEOPLE.len()];
        use Verb::*;
        let done = match step.verb {
            HookComes | HookLost | HookTwice => self.hook(step).await,
            ClientMakes | ClientTitle | ClientMoves | ClientDeletes => self.client(step).await,
            Round => self.round(who, SyncAsk::LOOK).await?,
            OursOnly => self.round(who, SyncAsk::OURS).await?,
            FromDate => {
                let from = dates::start() - Duration::days(i64::from(step.arg(1)) * 8);
                let ask = SyncAsk {
                    from: Some(from),
                    ..SyncAsk::FULL
                };
                self.round(who, ask).await?
            }
            DryRun => self.dry_run(who, step.arg(1) == 1).await?,
            Together => self.together(step).await,
            Outbox => self.outbox().await,
            Reconcile => self.reconcile(step.arg(0) == 1).await,
            Subscribe => self.subscribe(who, step.arg(1) == 1).await,
            Unsubscribe => self.unsubscribe(who, step.arg(1) == 1).await,
            Pause | Resume | Reconnect => self.life_of(who, step.verb).await,
            Answer => self.answer(who, step.arg(1) == 1, step.arg(2) == 1).await,
            RemoteFault => {
                let fault = calendar::Fault::ALL[step.arg(1) as usize % 5];
                self.calendar(who).faults.push_back(fault);
                format!("{fault:?}")
            }
            AdvantaFault => {
                let fault = advanta::Fault::ALL[step.arg(0) as usize % 5];
                lock(&self.outside.advanta).faults.push_back(fault);
                format!("{fault:?}")
            }
            TokenDies => {
                self.calendar(who).denied = true;
                "nobody is let in".to_owned()
            }
            Crash => {
                self.io.light(Fuse {
                    calls: step.arg(0),
                    after_effect: step.arg(1) == 1,
                });
                String::new()
            }
            Meanwhile => self.meanwhile(step),
            Time => {
                self.advance(Duration::minutes(i64::from(step.arg(0)) + 1));
                self.timers().await
            }
            _ => {
                let word = self.word();
                self.changes += 1;
                self.outside.act(step, &word).unwrap_or_default()
            }
        };
        Ok(done)
    }

    /// Something that happens outside when the bridge is in the middle of something.
    fn meanwhile(&mut self, step: &Step) -> String {
        let verb = MEANWHILE[step.arg(1) as usize % MEANWHILE.len()];
        let args = step.args.iter().skip(2).copied().collect();
        let inner = Step { verb, args };
        let (word, outside, io) = (self.word(), self.outside.clone(), Arc::clone(&self.io));
        self.changes += 1;
        let said = format!("then {inner} {word}");
        let act = move || io.note(format!("MEANWHILE {:?}", outside.act(&inner, &word)));
        self.io.intrude(step.arg(0), Box::new(act));
        said
    }

    async fn id_of(&self, who: &str) -> Option<SubscriptionId> {
        self.subscription(who).await.map(|it| it.id)
    }

    /// One round.
    pub async fn round(&mut self, who: &str, ask: SyncAsk) -> Result<String, String> {
        let Some(id) = self.id_of(who).await else {
            return Ok("no subscription".to_owned());
        };
        let work = |bridge: Arc<Bridge>| async move { bridge.sync(&id, ask).await };
        match self.undertake(work).await {
            None => Ok("killed".to_owned()),
            Some(done) => {
                if let Ok(report) = &done {
                    self.count(report);
                }
                report(done)
            }
        }
    }

    fn count(&mut self, report: &RoundReport) {
        for (word, times) in &report.counts {
            *self.tally.entry((*word).to_owned()).or_default() += times;
        }
        *self.tally.entry("held".to_owned()).or_default() += report.held;
    }

    /// A dry run changes nothing anywhere.
    async fn dry_run(&mut self, who: &str, full: bool) -> Result<String, String> {
        let before = self.everything_written();
        let ask = SyncAsk {
            dry_run: true,
            full,
            ..SyncAsk::LOOK
        };
        let said = self.round(who, ask).await?;
        if self.everything_written() != before {
            return Err(format!(
                "a dry run wrote: {before:?}, {:?}",
                self.everything_written()
            ));
        }
        Ok(said)
    }

    /// Commits, writes to remotes, writes to ADVANTA.
    fn everything_written(&self) -> (u64, u64, u64) {
        let commits = lock(&self.ledger).commits;
        let (remote, advanta) = self.written();
        (commits, remote, advanta)
    }

    /// Writes to remotes, writes to ADVANTA.
    pub fn written(&self) -> (u64, u64) {
        let remotes = PEOPLE.iter().map(|who| self.calendar(who).writes).sum();
        (remotes, lock(&self.outside.advanta).writes)
    }

    /// Several things at the same time: both subscriptions, the outbox, a client.
    async fn together(&mut self, step: &Step) -> String {
        let mut ids = vec![];
        for who in PEOPLE {
            ids.extend(self.id_of(who).await);
        }
        let client = Step {
            verb: Verb::ClientTitle,
            args: step.args.clone(),
        };
        let (word, outside, advanta) = (self.word(), self.outside.clone(), self.advanta());
        self.changes += 1;
        let work = |bridge: Arc<Bridge>| async move {
            let round = |n: usize| {
                let (bridge, id) = (Arc::clone(&bridge), ids.get(n).cloned());
                async move {
                    match id {
                        Some(id) => bridge.sync(&id, SyncAsk::LOOK).await.map(|_| ()),
                        None => Ok(()),
                    }
                }
            };
            tokio::join!(
                client::act(&bridge, &outside, &client, &word),
                round(0),
                round(1),
                drain(&bridge, advanta.as_ref())
            )
        };
        match self.undertake(work).await {
            None => self.client_done(None::<Result<client::Done, ()>>),
            Some((client, first, second, ())) => {
                let client = self.client_done(Some(client));
                format!("{client}; {first:?}; {second:?}")
            }
        }
    }

    /// The n-th hook under way comes, once or twice, or never.
    async fn hook(&mut self, step: &Step) -> String {
        let hook = {
            let mut inside = lock(&self.outside.advanta);
            let count = inside.hooks.len();
            if count == 0 {
                return "none".to_owned();
            }
            let place = step.arg(0) as usize % count;
            match step.verb {
                Verb::HookTwice => inside.hooks[place].clone(),
                _ => inside.hooks.remove(place),
            }
        };
        if step.verb == Verb::HookLost {
            return "lost".to_owned();
        }
        let work = |bridge: Arc<Bridge>| async move { bridge.receive(vec![hook]).await };
        if self.undertake(work).await.is_none() {
            return "killed".to_owned();
        }
        self.inbox().await
    }

    /// The bridge acts on what waits in its inbox.
    pub async fn inbox(&mut self) -> String {
        let Some(advanta) = self.advanta() else {
            return String::new();
        };
        let work = |bridge: Arc<Bridge>| async move {
            bridge
                .drain_inbox(&advanta, &mut Rests::default())
                .await
                .map(|_| ())
        };
        said(self.undertake(work).await)
    }

    pub async fn outbox(&mut self) -> String {
        let advanta = self.advanta();
        let work = |bridge: Arc<Bridge>| async move { drain(&bridge, advanta.as_ref()).await };
        said(self.undertake(work).await)
    }

    pub async fn timers(&mut self) -> String {
        let work = |bridge: Arc<Bridge>| async move {
            for _ in 0..TIMERS_MAX {
                if bridge.fire_due_timers().await.unwrap_or_default() == 0 {
                    return "fired";
                }
            }
            "timers never come to an end"
        };
        said(self.undertake(work).await)
    }

    pub async fn reconcile(&mut self, everything: bool) -> String {
        if self.outside.own {
            return String::new();
        }
        let extent = if everything {
            Extent::Everything
        } else {
            Extent::SinceCursor
        };
        let work = |bridge: Arc<Bridge>| async move { bridge.reconcile(extent).await };
        said(self.undertake(work).await)
    }

    pub async fn subscribe(&mut self, who: &'static str, recognise: bool) -> String {
        let order = SubscribeOrder {
            user: UserId::new(who),
            remote: self.calendar(who).manners.kind,
            calendar: CalendarRef {
                id: who.to_owned(),
                name: who.to_owned(),
                account: format!("{who}@example.com"),
            },
            secret: b"secret".to_vec(),
            start: dates::start(),
            zone: Some(self.outside.zone),
            left_out: LeftOut::default(),
            recognise,
        };
        self.changes += 20;
        // Events of an earlier life are notes as the calendar shows them, clipped or not.
        let ids: Vec<_> = self.calendar(who).events.keys().cloned().collect();
        for id in &ids {
            self.calendar(who).remember(id);
        }
        let work = |bridge: Arc<Bridge>| async move { bridge.subscribe(order).await.map(|_| ()) };
        said(self.undertake(work).await)
    }

    /// A link that cannot succeed, or was frozen, is tried again.
    pub async fn retry(&mut self, link: LinkId) {
        let work = |bridge: Arc<Bridge>| async move { bridge.retry_link(link).await.map(|_| ()) };
        let done = said(self.undertake(work).await);
        self.io.note(format!("retry {link}: {done}"));
    }

    pub async fn unsubscribe(&mut self, who: &str, remove_exported: bool) -> String {
        let Some(id) = self.id_of(who).await else {
            return "no subscription".to_owned();
        };
        self.changes += 20;
        let ask = UnsubscribeAsk {
            dry_run: false,
            remove_exported,
        };
        if remove_exported {
            self.everything_may_go(who);
        }
        let work =
            |bridge: Arc<Bridge>| async move { bridge.unsubscribe(&id, ask).await.map(|_| ()) };
        said(self.undertake(work).await)
    }

    /// From here on our events in a calendar may be deleted.
    fn everything_may_go(&self, who: &str) {
        let calendar = self.calendar(who);
        let ours = calendar
            .events
            .values()
            .filter_map(|kept| kept.event.marker.as_ref());
        let ids = ours.map(|marker| (UserId::new(who), marker.object));
        lock(&self.outside.advanta).taken.extend(ids);
    }

    pub async fn life_of(&mut self, who: &str, verb: Verb) -> String {
        let Some(id) = self.id_of(who).await else {
            return "no subscription".to_owned();
        };
        if verb == Verb::Reconnect {
            self.calendar(who).denied = false;
        }
        let work = |bridge: Arc<Bridge>| async move {
            match verb {
                Verb::Pause => bridge.pause_subscription(&id, PauseReason::Asked).await,
                Verb::Resume => bridge.resume_subscription(&id).await,
                _ => bridge.reconnect_subscription(&id, b"secret".to_vec()).await,
            }
            .map(|_| ())
        };
        said(self.undertake(work).await)
    }

    pub async fn answer(&mut self, who: &str, to_remote: bool, accept: bool) -> String {
        let Some(id) = self.id_of(who).await else {
            return "no subscription".to_owned();
        };
        let direction = if to_remote {
            Direction::ToRemote
        } else {
            Direction::ToAdvanta
        };
        let work = |bridge: Arc<Bridge>| async move {
            bridge.answer_deletions(&id, direction, accept).await
        };
        said(self.undertake(work).await)
    }
}

async fn drain(bridge: &Arc<Bridge>, advanta: Option<&Arc<dyn Advanta>>) {
    if let Some(advanta) = advanta {
        // What cannot be carried now waits.
        let _ = bridge.drain_outbox(advanta).await;
    }
}

fn said(done: Option<impl std::fmt::Debug>) -> String {
    done.map_or("killed".to_owned(), |done| format!("{done:?}"))
}

/// A round may fail because of the remote; never because of the bridge itself.
fn report(done: Result<RoundReport, SyncError>) -> Result<String, String> {
    match done {
        Ok(report) => Ok(format!("{:?}, {} writes", report.counts, report.writes)),
        Err(error @ (SyncError::Remote(_) | SyncError::NotActive(_) | SyncError::NotThere)) => {
            Ok(error.to_string())
        }
        Err(error) => Err(format!("a round fails: {error}")),
    }
}
