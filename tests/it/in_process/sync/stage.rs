//! One scene in play: what was said so far, and who does which sentence.

use super::calendar::Manners;
use super::words::{Line, number, quoted, same, words, zone};
use super::world::{Mode, Sight, World};
use super::{acting, asking};
use advanta_bridge::bridge::{RoundReport, SyncAsk, Unsubscribed};
use advanta_bridge::model::{ImportPrivate, RecurringNoteEdit, Settings, WriteMeetings};
use advanta_bridge::ports::IdLaw;
use chrono_tz::Tz;

/// How a line went.
pub type Outcome = Result<(), String>;

/// What has to be said of a round before anything else happens.
#[derive(Clone, Copy, Debug, Default)]
struct Owed {
    writes: bool,
    calendar: bool,
    advanta: bool,
}

/// See the module.
pub struct Stage {
    mode: Mode,
    settings: Settings,
    manners: Manners,
    zone: Tz,
    world: Option<World>,
    owed: Owed,
    /// What the last round did.
    pub reports: Vec<RoundReport>,
    /// What the last unsubscribe counted.
    pub counted: Option<Unsubscribed>,
    /// What everybody saw before the last round.
    pub before: Sight,
}

impl Stage {
    pub fn new(mode: Mode) -> Self {
        Self {
            mode,
            settings: Settings::default(),
            manners: Manners {
                ids: IdLaw::Ours,
                clips_days: None,
                cuts_texts: None,
                exceptions: true,
                writable: true,
            },
            zone: Tz::Europe__Moscow,
            world: None,
            owed: Owed::default(),
            reports: vec![],
            counted: None,
            before: Sight::new(),
        }
    }

    /// Plays one line. `…, but: WHY` is what must not work, and why.
    pub fn play(&mut self, line: &Line) -> Outcome {
        let Some((text, why)) = line.text.split_once(", but: ") else {
            return self.say(&line.text, &line.list);
        };
        match self.say(text, &line.list) {
            Err(got) => same(&got.as_str(), &why),
            Ok(()) => Err("it worked".to_owned()),
        }
    }

    fn say(&mut self, text: &str, list: &[String]) -> Outcome {
        let words = words(text);
        match words.as_slice() {
            ["settings", pairs @ ..] => return pairs.iter().try_for_each(|it| self.set(it)),
            ["zone", "of", "calendars", name] => {
                self.zone = zone(name)?;
                return self.early();
            }
            ["zone", "of", "advanta", name] => {
                self.settings.zone = zone(name)?;
                return self.early();
            }
            ["calendars", "of", "google"] => return self.early(),
            ["calendars", "of", "exchange"] => {
                self.manners.ids = IdLaw::Theirs;
                return self.early();
            }
            ["calendars", "keep", days, "days"] => {
                self.manners.clips_days = Some(number(days)?.cast_signed());
                return self.early();
            }
            ["calendars", "keep", letters, "letters"] => {
                self.manners.cuts_texts = usize::try_from(number(letters)?).ok();
                return self.early();
            }
            ["calendars", "move", "no", "occurrences"] => {
                self.manners.exceptions = false;
                return self.early();
            }
            ["calendars", "take", "no", "new", "events"] => {
                self.manners.writable = false;
                return self.early();
            }
            _ => {}
        }
        if let Some(done) = asking::expect(self, &words, list) {
            return done;
        }
        self.paid()?;
        if let Some(ask) = ask_of(&words)? {
            return self.round(ask);
        }
        acting::act(self, text, &words)
    }

    fn early(&self) -> Outcome {
        match self.world {
            None => Ok(()),
            Some(_) => Err("settings come first".to_owned()),
        }
    }

    fn set(&mut self, pair: &str) -> Outcome {
        self.early()?;
        let (key, value) = pair.split_once('=').ok_or("key=value")?;
        let sync = &mut self.settings.sync;
        let count = || number(value).and_then(|n| usize::try_from(n).map_err(|e| e.to_string()));
        match (key, value) {
            ("import.private", "skip") => sync.import_private = ImportPrivate::Skip,
            ("import.private", "full") => sync.import_private = ImportPrivate::Full,
            ("sync.recurring_note_edit", "keep") => {
                sync.recurring_note_edit = RecurringNoteEdit::Keep;
            }
            ("remote.write_meetings", "never") => sync.write_meetings = WriteMeetings::Never,
            ("remote.write_meetings", "notify") => sync.write_meetings = WriteMeetings::Notify,
            ("guard.deletions", _) => sync.guard_deletions_max = count()?,
            ("guard.links", _) => sync.guard_links_min = count()?,
            other => return Err(format!("no setting {other:?}")),
        }
        Ok(())
    }

    /// The installation; from here on its settings stand.
    pub fn world(&mut self) -> &mut World {
        let (mode, manners, zone) = (self.mode, self.manners, self.zone);
        let settings = &self.settings;
        self.world
            .get_or_insert_with(|| World::new(mode, settings.clone(), manners, zone))
    }

    /// One round of everybody.
    fn round(&mut self, ask: SyncAsk) -> Outcome {
        self.before = self.world().sight();
        self.reports.clear();
        self.reports = self.world().round(ask).map_err(|error| error.to_string())?;
        if ask.dry_run {
            return self.nothing_changed();
        }
        self.owed = Owed {
            writes: true,
            calendar: true,
            advanta: true,
        };
        Ok(())
    }

    /// Nobody sees anything else than before the last round.
    pub fn nothing_changed(&mut self) -> Outcome {
        let now = self.world().sight();
        let moved: Vec<_> = now
            .iter()
            .filter(|(who, lines)| self.before.get(*who) != Some(lines))
            .collect();
        if moved.is_empty() {
            Ok(())
        } else {
            Err(format!("the round changed {moved:?}"))
        }
    }

    /// The scene said something of the calendar, of ADVANTA or of the writes after a round.
    pub fn pay(&mut self, calendar: bool, advanta: bool, writes: bool) {
        self.owed.calendar &= !calendar;
        self.owed.advanta &= !advanta;
        self.owed.writes &= !writes;
    }

    /// A round is followed by what it wrote and by what both sides hold.
    pub fn paid(&self) -> Outcome {
        let owed = self.owed;
        if owed.writes || owed.calendar || owed.advanta {
            return Err(format!("the round before it is not looked at: {owed:?}"));
        }
        Ok(())
    }

    /// Nothing is left to do, not even for a comparison of everything.
    pub fn rests(&mut self) -> Outcome {
        self.paid()?;
        self.round(SyncAsk::FULL)?;
        let writes: u64 = self.reports.iter().map(|report| report.writes).sum();
        same(&writes, &0).map_err(|why| format!("writes of a full comparison: {why}"))?;
        self.nothing_changed()
            .map_err(|why| format!("a full comparison: {why}"))
    }
}

/// What kind of round a sentence asks for, if any.
fn ask_of(words: &[&str]) -> Result<Option<SyncAsk>, String> {
    let from = |day: &str| -> Result<SyncAsk, String> {
        Ok(SyncAsk {
            from: Some(super::words::date(day)?),
            ..SyncAsk::FULL
        })
    };
    let dry = |ask: SyncAsk| SyncAsk {
        dry_run: true,
        ..ask
    };
    Ok(Some(match words {
        ["round"] => SyncAsk::LOOK,
        ["round", "of", "ours", "alone"] => SyncAsk::OURS,
        ["full", "round"] => SyncAsk::FULL,
        ["sync", "from", day] => from(day)?,
        ["dry", "run"] => dry(SyncAsk::LOOK),
        ["dry", "run", "from", day] => dry(from(day)?),
        _ => return Ok(None),
    }))
}

/// `"X"` or `other "X"`: a title, and whether the last of its name is meant.
pub fn named<'a>(words: &[&'a str]) -> Result<(&'a str, bool), String> {
    match words {
        [title] => Ok((quoted(title)?, false)),
        ["other", title] => Ok((quoted(title)?, true)),
        other => Err(format!("a title, not {other:?}")),
    }
}
