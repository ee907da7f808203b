//! ADVANTA's own users at work, drawn from a seed: what the bridge has to follow under load.

use super::dice::Dice;
use super::thing::{Person, Right, Sort, Thing};
use super::world::World;
use chrono::{Duration, NaiveDate, NaiveDateTime};
use std::collections::BTreeSet;
use uuid::Uuid;

/// The statuses that ADVANTA's users give.
const STATUSES: [u16; 8] = [1, 3, 4, 5, 6, 7, 8, 9];
const TITLES: [&str; 6] = [
    "Смета на фундамент",
    "Согласовать договор",
    "Приёмка этапа",
    "Позвонить подрядчику",
    "Совещание по складу",
    "Отчёт за неделю",
];

impl World {
    /// Lets ADVANTA's users do `deeds` things: make, edit, move, finish, share and delete. Who works are the people who are
    /// there and active; without any, nothing happens.
    pub fn act(&mut self, seed: u64, deeds: u32) {
        let mut dice = Dice::new(seed);
        for _ in 0..deeds {
            self.act_once(&mut dice);
        }
    }

    fn act_once(&mut self, dice: &mut Dice) {
        let active = self.people().filter(|person| person.active);
        let people: Vec<String> = active.map(|person: &Person| person.id.clone()).collect();
        let ids: Vec<Uuid> = self.things().map(|thing| thing.id).collect();
        let (Some(who), thing) = (dice.pick(&people).cloned(), dice.pick(&ids).copied()) else {
            return;
        };
        match (dice.roll(10), thing) {
            (0 | 1, _) | (_, None) => {
                self.add(drawn_thing(dice, &who));
            }
            (2, Some(id)) => self.delete(id),
            (3, Some(id)) => share(self, dice, id, &who),
            (_, Some(id)) => {
                self.edit(id, |thing| edit(thing, dice));
            }
        }
    }
}

fn drawn_thing(dice: &mut Dice, owner: &str) -> Thing {
    let sort = dice.pick(&Sort::ALL).copied().unwrap_or(Sort::Note);
    let mut thing = Thing::new(sort, &drawn_title(dice), owner);
    thing.planned_start = Some(drawn_time(dice));
    thing.planned_end = thing.planned_start.map(|start| start + Duration::hours(2));
    thing
}

/// Someone comes in, gets other rights, or goes.
fn share(world: &mut World, dice: &mut Dice, id: Uuid, who: &str) {
    let mut rights = BTreeSet::from(Right::ALL);
    rights.retain(|_| dice.one_in(2));
    let leaves = dice.one_in(4);
    world.edit(id, |thing| {
        if leaves && thing.people.len() > 1 {
            thing.people.remove(who);
        } else {
            thing.people.insert(who.to_owned(), rights);
        }
    });
}

fn edit(thing: &mut Thing, dice: &mut Dice) {
    let is_work = thing.sort.is_work();
    match dice.roll(6) {
        0 => thing.title = drawn_title(dice),
        1 => {
            thing.planned_start = Some(drawn_time(dice));
            thing.planned_end = thing.planned_start.map(|start| start + Duration::hours(3));
        }
        2 if is_work => thing.status = dice.pick(&STATUSES).copied(),
        3 if is_work => thing.actual_start = dice.one_in(2).then(|| drawn_time(dice)),
        4 if is_work => thing.percent = Some(u8::try_from(dice.roll(101)).unwrap_or(100)),
        _ => thing.description = format!("Уточнить до {}", drawn_time(dice).format("%d.%m %H:%M")),
    }
}

fn drawn_title(dice: &mut Dice) -> String {
    let title = dice.pick(&TITLES).copied().unwrap_or_default();
    format!("{title} {}", dice.roll(1000))
}

fn drawn_time(dice: &mut Dice) -> NaiveDateTime {
    let day = NaiveDate::from_ymd_opt(2026, 12, 1).expect("a day of the calendar");
    let quarters = i64::try_from(dice.roll(60 * 24 * 4)).unwrap_or(0);
    day.and_time(chrono::NaiveTime::MIN) + Duration::minutes(15 * quarters)
}
