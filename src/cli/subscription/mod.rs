//! `subscription`: people's connections to their remote calendars.

mod acts;
mod connect;
mod show;
mod sync;

use super::failure::Done;
use super::place::Reach;
use super::voice::Voice;
use super::way::{Call, through};
use crate::bridge::spelling::segment;
use chrono::NaiveDate;
use clap::ValueEnum;
use uuid::Uuid;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Подключить календарь Google человека. / Connect a person's Google calendar.
    Connect(connect::Connect),
    /// Выбрать один из календарей и подписать. / Choose one of the calendars, and subscribe.
    Choose(connect::Choose),
    /// Отменить начатое подключение. / Stop connecting.
    Cancel(One),
    /// Показать все. / List all.
    List {
        #[command(flatten)]
        reach: Reach,
    },
    /// Показать одну: окно, связи, сбои. / Show one: window, links, troubles.
    Show(One),
    /// Сверить всё сейчас. / Compare everything now.
    Sync {
        #[command(flatten)]
        one: One,
        /// Начать окно с этого дня, если он раньше прежнего. / Begin the window on this day, if it is earlier than before.
        #[arg(long, value_name = "DATE")]
        from: Option<NaiveDate>,
        /// Только показать, что было бы сделано. / Only say what would be done.
        #[arg(long)]
        dry_run: bool,
    },
    /// Приостановить. / Stop it for a while.
    Pause(One),
    /// Продолжить; застывшее будет снова испробовано. / Let it go on; what is frozen is tried again.
    Resume(One),
    /// Отписать: связи удаляются, мероприятия и заметки остаются. / End it: links go, events and notes stay.
    Unsubscribe {
        #[command(flatten)]
        one: One,
        /// Только показать, что было бы сделано. / Only say what would be done.
        #[arg(long)]
        dry_run: bool,
        /// Удалить из календаря выгруженные мероприятия. / Delete the exported events from the calendar.
        #[arg(long)]
        remove_exported: bool,
    },
    /// Решить о задержанных удалениях. / Decide about deletions that are held.
    #[command(subcommand)]
    Deletions(Deletions),
    /// С чем не получается. / What cannot be brought in step.
    Troubles {
        #[command(flatten)]
        one: One,
        /// Не больше строк. / At most so many rows.
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Попробовать ещё раз. / Try an item again.
    Retry {
        #[command(flatten)]
        one: One,
        /// Связь, как её показывает troubles. / The link, as troubles shows it.
        link: Uuid,
    },
}

#[derive(Debug, clap::Subcommand)]
pub(super) enum Deletions {
    /// Удалить. / Let them be done.
    Accept(Held),
    /// Вернуть удалённое. / Make again what was deleted.
    Reject(Held),
}

/// Whose held deletions, and which way.
#[derive(Debug, clap::Args)]
pub(super) struct Held {
    #[command(flatten)]
    one: One,
    /// Куда идёт удаление. / Which way the deletion goes.
    #[arg(value_enum)]
    direction: Direction,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Direction {
    /// Мероприятия удалены, заметки ждут. / Events were deleted, notes are to go.
    ToAdvanta,
    /// Объекты удалены, мероприятия ждут. / Objects were deleted, events are to go.
    ToRemote,
}

impl Direction {
    fn word(self) -> &'static str {
        match self {
            Self::ToAdvanta => "to-advanta",
            Self::ToRemote => "to-remote",
        }
    }
}

/// Which subscription.
#[derive(Debug, clap::Args)]
pub(super) struct One {
    /// Логин, код человека или подписки. / A login, a person's id or a subscription's.
    #[arg(value_name = "WHO")]
    who: String,
    #[command(flatten)]
    reach: Reach,
}

impl One {
    /// A path below this subscription.
    fn path(&self, below: &str) -> String {
        format!("subscriptions/{}{below}", segment(&self.who))
    }
}

pub(super) async fn run(command: Command, voice: &Voice) -> Done {
    match command {
        Command::Connect(command) => connect::connect(command, voice).await,
        Command::Choose(command) => connect::choose(command, voice).await,
        Command::Cancel(one) => connect::cancel(&one, voice).await,
        Command::List { reach } => {
            through(&reach, voice, async |way| show::list(way, voice).await).await
        }
        Command::Show(one) => {
            let path = one.path("");
            through(&one.reach, voice, async |way| {
                show::one(way, &path, voice).await
            })
            .await
        }
        Command::Sync { one, from, dry_run } => {
            let asked = sync::Asked { from, dry_run };
            through(&one.reach, voice, async |way| {
                sync::run(way, &one.path(""), asked, voice).await
            })
            .await
        }
        Command::Pause(one) => changed(&one, "/pause", voice).await,
        Command::Resume(one) => changed(&one, "/resume", voice).await,
        Command::Unsubscribe {
            one,
            dry_run,
            remove_exported,
        } => {
            let query = format!("?dry_run={dry_run}&remove_exported={remove_exported}");
            let call = || Call::post(one.path(&format!("/unsubscribe{query}")));
            through(&one.reach, voice, async |way| {
                acts::unsubscribe(way, call(), dry_run, voice).await
            })
            .await
        }
        Command::Deletions(Deletions::Accept(held)) => answer(&held, "accept", voice).await,
        Command::Deletions(Deletions::Reject(held)) => answer(&held, "reject", voice).await,
        Command::Troubles { one, limit } => {
            let path = one.path("/troubles");
            through(&one.reach, voice, async |way| {
                show::troubles(way, &path, limit, voice).await
            })
            .await
        }
        Command::Retry { one, link } => {
            let path = one.path(&format!("/troubles/{link}/retry"));
            through(&one.reach, voice, async |way| {
                acts::retry(way, Call::post(path.clone()), link, voice).await
            })
            .await
        }
    }
}

async fn changed(one: &One, deed: &str, voice: &Voice) -> Done {
    let path = one.path(deed);
    through(&one.reach, voice, async |way| {
        acts::change(way, Call::post(path.clone()), voice).await
    })
    .await
}

async fn answer(held: &Held, word: &str, voice: &Voice) -> Done {
    let direction = held.direction.word();
    let path = held.one.path(&format!("/deletions/{direction}/{word}"));
    through(&held.one.reach, voice, async |way| {
        acts::answer(way, Call::post(path.clone()), voice).await
    })
    .await
}
