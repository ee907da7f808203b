//! Nothing is lost: a long run of edits, hooks, crashes and failures, drawn from a seed. At the end every acknowledged edit
//! is applied, superseded or refused with a row, all sides are equal, and nothing more is written.
//!
//! `AUTHORITY_SEED=17 cargo test --test it accounted` runs one seed again; `AUTHORITY_SEEDS=5000` runs more of them.

use super::fake::{FakeAdvanta, throttled};
use super::world::{World, file, id, local, note, task, vevent};
use advanta_bridge::bridge::{Extent, PutDone};
use advanta_bridge::model::{
    Action, Field, Moment, Notice, Object, ObjectId, Outcome, Reason, Rights, Settings, Status,
    UserId,
};
use advanta_bridge::ports::{Advanta, AdvantaErrorKind};
use chrono::Duration;
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::task::JoinHandle;

const PEOPLE: [&str; 3] = ["anna", "boris", "vera"];
const STEPS: u32 = 150;
const SEEDS: u64 = 25;

/// A small generator of our own: the same seed, the same run, whatever library is in fashion.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let place = self.roll(from.len().max(1) as u64);
        from.get(usize::try_from(place).unwrap())
    }
}

struct Run {
    world: World,
    dice: Dice,
    seed: u64,
    /// Edits that were answered with success.
    acknowledged: u32,
    /// Hooks under way.
    hooks: Vec<Notice>,
    /// Commands under way to ADVANTA.
    flight: Option<JoinHandle<()>>,
}

#[tokio::test]
async fn every_acknowledged_edit_ends_in_exactly_one_of_applied_superseded_refused() {
    let told = |name| {
        std::env::var(name)
            .ok()
            .map(|text| text.parse::<u64>().unwrap())
    };
    let one = told("AUTHORITY_SEED");
    let seeds = match one {
        Some(seed) => seed..seed + 1,
        None => 0..told("AUTHORITY_SEEDS").unwrap_or(SEEDS),
    };
    let mut ends = BTreeSet::new();
    let mut edits = 0;
    for seed in seeds {
        println!("seed {seed}");
        let mut run = Run::new(seed).await;
        for step in 0..STEPS {
            run.step(step).await;
            run.nobody_sees_what_others_wait_for().await;
        }
        run.heal().await;
        ends.extend(run.check().await);
        edits += run.acknowledged;
    }
    println!("{edits} edits, {ends:?}");
    if one.is_none() {
        // The run is worth something only if all of these happen in it.
        let wanted = [
            "applied",
            "refused(actual-start)",
            "refused(authority)",
            "superseded",
        ];
        let missed: Vec<_> = wanted.iter().filter(|end| !ends.contains(**end)).collect();
        assert!(missed.is_empty(), "never happened: {missed:?}");
    }
}

/// An hour in which nothing gets through to ADVANTA, while people go on working.
#[tokio::test]
async fn nothing_is_lost_when_advanta_is_away_for_an_hour_under_load() {
    const SECONDS: u32 = 3600;
    let mut run = Run::new(1).await;
    run.world.advanta().inside().away = true;
    for second in 0..SECONDS {
        match run.dice.roll(10) {
            0..=3 => run.edit(second, "SUMMARY").await,
            4..=5 => run.edit(second, "DTEND").await,
            6 => run.create(second).await,
            7 => run.somebody_edits_in_advanta(second),
            8 => run.delete().await,
            _ => run.take_off(),
        }
        run.world.advance(1);
        // The process is killed every ten minutes on top of that.
        if second % 600 == 599 {
            run.crash();
        }
    }
    let asked = run.world.advanta().asked();
    assert_eq!(asked, Vec::<String>::new(), "ADVANTA was away");
    assert!(run.acknowledged > 2_000, "{} edits", run.acknowledged);
    run.heal().await;
    let ends = run.check().await;
    println!("{} edits, {ends:?}", run.acknowledged);
    assert!(ends.contains("applied") && ends.contains("superseded"));
}

impl Run {
    async fn new(seed: u64) -> Self {
        let world = World::with_advanta();
        let everyone = PEOPLE.map(|who| (who, Rights::ALL));
        world.observe(&note(1, "Обед", &everyone)).await;
        world.observe(&note(2, "Сбор", &everyone[..2])).await;
        world.observe(&task(3, "Смета", &everyone)).await;
        world
            .observe(&task(
                4,
                "Акт",
                &[("anna", Rights::READ), ("boris", Rights::ALL)],
            ))
            .await;
        Self {
            world,
            dice: Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) + 1),
            seed,
            acknowledged: 0,
            hooks: vec![],
            flight: None,
        }
    }

    async fn step(&mut self, step: u32) {
        match self.dice.roll(24) {
            0..=5 => self.edit(step, "SUMMARY").await,
            6..=8 => self.edit(step, "DTEND").await,
            9 => self.edit(step, "DTSTART").await,
            10 => self.create(step).await,
            11 => self.delete().await,
            12 | 13 => self.somebody_edits_in_advanta(step),
            14 | 15 => self.deliver_a_hook().await,
            16 | 17 => self.fail(),
            18 => self.crash(),
            19 => {
                let seconds = self.dice.roll(90);
                self.world.advance(i64::try_from(seconds).unwrap());
                self.world.fire_timers().await;
            }
            20 | 21 => self.land().await,
            _ => self.take_off(),
        }
        // What is under way gets on a little.
        for _ in 0..self.dice.roll(4) {
            tokio::task::yield_now().await;
        }
    }

    /// Starts to carry what is due; other steps go on meanwhile.
    fn take_off(&mut self) {
        if self.flight.as_ref().is_none_or(JoinHandle::is_finished) {
            let advanta: Arc<dyn Advanta> = Arc::<FakeAdvanta>::clone(self.world.advanta());
            let bridge = Arc::clone(&self.world.bridge);
            self.flight = Some(tokio::spawn(async move {
                bridge.drain_outbox(&advanta).await.unwrap();
            }));
        }
    }

    async fn land(&mut self) {
        self.take_off();
        if let Some(flight) = self.flight.take() {
            flight.await.unwrap();
        }
    }

    fn crash(&mut self) {
        if let Some(flight) = self.flight.take() {
            flight.abort();
        }
        self.world.crash();
    }

    fn person(&mut self) -> &'static str {
        self.dice.pick(&PEOPLE).unwrap()
    }

    async fn member_of(&mut self, who: &str) -> Option<String> {
        let names: Vec<String> = self.world.collection(who).await.into_keys().collect();
        self.dice.pick(&names).cloned()
    }

    async fn edit(&mut self, step: u32, property: &str) {
        let who = self.person();
        let Some(name) = self.member_of(who).await else {
            return;
        };
        let value = match property {
            "SUMMARY" => format!("{who}-{step}"),
            // Every step its own minute, so that no edit is the same as another.
            "DTEND" => minutes_after(3, step),
            _ => minutes_after(-1, step),
        };
        let done = self.world.edit(who, &name, &[(property, &value)]).await;
        assert!(matches!(done, PutDone::Stored { .. }));
        self.acknowledged += 1;
    }

    async fn create(&mut self, step: u32) {
        let who = self.person();
        let text = vevent(&format!("uid-{step}"), &format!("{who}-{step}"));
        self.world
            .put(who, &format!("new-{step}.ics"), &text)
            .await
            .unwrap();
        self.acknowledged += 1;
    }

    async fn delete(&mut self) {
        let who = self.person();
        let Some(name) = self.member_of(who).await else {
            return;
        };
        self.world.delete(who, &name).await.unwrap();
        self.acknowledged += 1;
    }

    fn somebody_edits_in_advanta(&mut self, step: u32) {
        let advanta = Arc::clone(self.world.advanta());
        let mut inside = advanta.inside();
        let ids: Vec<ObjectId> = inside.objects.keys().copied().collect();
        let Some(id) = self.dice.pick(&ids).copied() else {
            return;
        };
        let what = self.dice.roll(12);
        if what == 11 {
            let revision = inside.remove(id);
            self.hooks.push(Notice::Removed { id, revision });
            return;
        }
        let seen = inside.edit(id, |object| match what % 5 {
            0 => object.title = format!("advanta-{step}"),
            1 => object.planned.end = Some(local(23)),
            2 if object.kind.is_work() => {
                object.status = Some(Status::IN_WORK);
                object.actual_start = Some(local(1));
            }
            3 => {
                object.status = None;
                object.actual_start = None;
            }
            _ => object.percent = Some(50),
        });
        // A third of the hooks only says where to look.
        self.hooks.push(match self.dice.roll(3) {
            0 => Notice::Look(id),
            _ => Notice::Object(seen),
        });
    }

    /// Any of those under way, so they come in any order; some stay and come twice.
    async fn deliver_a_hook(&mut self) {
        let Some(hook) = self.dice.pick(&self.hooks).cloned() else {
            return;
        };
        if self.dice.roll(3) > 0 {
            self.hooks.retain(|each| *each != hook);
        }
        self.world.bridge.receive(vec![hook]).await.unwrap();
        // Sometimes a crash comes between the answer to a hook and the work on it.
        if self.dice.roll(3) > 0 {
            self.world.act().await;
        }
    }

    fn fail(&mut self) {
        let what = self.dice.roll(9);
        let some = id(u128::from(self.dice.roll(4)) + 1);
        let mut inside = self.world.advanta().inside();
        match what {
            0 => inside.answers_lost += 1,
            1 => inside.reads_lost += 1,
            2 => inside.instead.push_back(AdvantaErrorKind::Transient),
            3 => inside.instead.push_back(AdvantaErrorKind::Stale),
            4 => inside.instead.push_back(throttled(40)),
            5 => inside.away = !inside.away,
            6 if inside.refusing.remove(&some) => {}
            6 => {
                inside.refusing.insert(some);
            }
            7 => inside.ignores_end = !inside.ignores_end,
            _ => inside.refuses_creates = !inside.refuses_creates,
        }
    }

    /// A value that waits for ADVANTA is in nobody's calendar but its author's.
    async fn nobody_sees_what_others_wait_for(&self) {
        for who in PEOPLE {
            for (name, text) in self.world.collection(who).await {
                let title = super::world::property_of(&text, "SUMMARY");
                let Some((author, _)) = title.split_once('-') else {
                    continue;
                };
                if author == who || author == "advanta" {
                    continue;
                }
                let object = self.world.object_of(who, &name).await;
                let mirror = self.world.mirror(object).await.map(|mirror| mirror.title);
                assert_eq!(mirror, Some(title), "seed {}: {who} sees {name}", self.seed);
            }
        }
    }

    /// Everything works again, and time goes by.
    async fn heal(&mut self) {
        self.land().await;
        {
            let mut inside = self.world.advanta().inside();
            inside.away = false;
            inside.instead.clear();
            (inside.answers_lost, inside.reads_lost) = (0, 0);
        }
        for _ in 0..40 {
            self.world.advance(400);
            self.world.drain().await;
            self.world.fire_timers().await;
        }
        self.world.act().await;
        // Finds the hooks that were never delivered.
        let extent = match self.seed % 2 {
            0 => Extent::Everything,
            _ => Extent::SinceCursor,
        };
        self.world.bridge.reconcile(extent).await.unwrap();
        self.world.fire_timers().await;
        let again = self.world.bridge.reconcile(Extent::SinceCursor).await;
        assert_eq!(again.unwrap().news, 0, "seed {}", self.seed);
    }

    async fn check(&self) -> BTreeSet<String> {
        let seed = self.seed;
        let objects = self.world.advanta().inside().objects.clone();
        let mirrors = self.world.mirrors().await;
        assert_eq!(
            mirrors,
            objects.values().cloned().collect::<Vec<_>>(),
            "seed {seed}"
        );
        self.collections_show(&mirrors).await;
        let asked = self.world.advanta().asked();
        self.world.drain().await;
        assert_eq!(
            self.world.advanta().asked(),
            asked,
            "seed {seed}: a quiet round writes"
        );

        let rows = self.world.rows().await;
        let repeats: u32 = rows.iter().map(|row| row.count).sum();
        assert_eq!(
            repeats, self.acknowledged,
            "seed {seed}: an edit has no row, or two"
        );
        let mut ends = BTreeSet::new();
        for row in &rows {
            for each in &row.outcomes {
                let end = match each.outcome {
                    Outcome::Applied => "applied".to_owned(),
                    Outcome::Superseded => "superseded".to_owned(),
                    Outcome::Refused(reason) => format!("refused({})", reason.word()),
                    Outcome::Pending => panic!("seed {seed}: {} still waits: {row:?}", row.id),
                };
                ends.insert(end);
                let applied = each.outcome == Outcome::Applied;
                if applied && each.field == Field::Title {
                    let value = format!("title={}", each.attempted);
                    assert!(
                        asked.iter().any(|asked| asked.contains(&value)),
                        "seed {seed}: {value}"
                    );
                }
                let refused = each.outcome == Outcome::Refused(Reason::Authority);
                if refused && row.action == Action::Create {
                    assert!(
                        row.kept_text.is_some(),
                        "seed {seed}: a refused note is lost: {row:?}"
                    );
                }
            }
        }
        ends
    }

    /// Everyone sees every object of theirs as ADVANTA has it, and nothing else.
    async fn collections_show(&self, objects: &[Object]) {
        for who in PEOPLE {
            let mut shown = vec![];
            for (name, text) in self.world.collection(who).await {
                let object = self.world.object_of(who, &name).await;
                let says = |property| super::world::property_of(&text, property);
                shown.push((object, says("SUMMARY"), says("DTSTART"), says("DTEND")));
            }
            shown.sort();
            let mine = objects
                .iter()
                .filter(|object| object.participants.contains_key(&UserId::new(who)));
            let expected: Vec<_> = mine.map(as_shown).collect();
            assert_eq!(shown, expected, "seed {}: {who}", self.seed);
        }
    }
}

/// So many minutes after ten o'clock of a day that is so many days after the first of December.
fn minutes_after(day: i64, minutes: u32) -> String {
    let ten = local(10).and_utc() + Duration::days(day);
    let then = ten + Duration::minutes(i64::from(minutes));
    then.format("%Y%m%dT%H%M%SZ").to_string()
}

/// What a calendar is to say of an object; here all dates are times.
fn as_shown(object: &Object) -> (ObjectId, String, String, String) {
    let span = object.planned.span(&Settings::default()).unwrap();
    let says = |moment: Moment| match moment {
        Moment::Day(day) => panic!("{day} is no time"),
        Moment::At(at) => at.format("%Y%m%dT%H%M%SZ").to_string(),
    };
    let title = object.title.clone();
    (object.id, title, says(span.start()), says(span.end()))
}

#[test]
fn the_harness_knows_where_objects_stand() {
    assert_eq!(file(1), "00000000-0000-0000-0000-000000000001.ics");
}
