//! The command line: one file per command.
//!
//! Start at [`Cli::run`]. A command builds a request to the administrator's API and shows the answer; `way` finds the shortest
//! way to it: the running bridge's socket, a bridge over the network, or the store itself when no bridge runs.

mod alarms;
mod app_passwords;
mod backup;
mod check;
mod compact;
mod dead_letters;
mod explain;
mod export;
mod failure;
mod feeds;
mod file;
mod import;
mod init;
mod integration;
mod lines;
mod outbox;
mod place;
mod progress;
mod reconcile;
mod refusals;
mod restore;
mod secrets;
mod serve;
mod status;
mod subscription;
mod table;
mod users;
mod voice;
mod way;

pub use failure::Exit;

use clap::{Parser, Subcommand};
use failure::Done;
use voice::{Manner, Voice};

/// Мост между ADVANTA и календарями. / A bridge between ADVANTA and people's calendars.
#[derive(Debug, Parser)]
#[command(name = "advanta-bridge", version, about, after_help = EXITS)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    manner: Manner,
}

/// What the exit code says.
const EXITS: &str = "\
Код завершения / exit code:
  0  всё сделано / all done
  1  не получилось / failed
  2  неверная команда / wrong usage
  3  сделано, но не всё: часть событий отклонена или испорчена (import), ждёт решения или не удаётся (subscription sync)
     / done, but not all: some items were refused or broken (import), are held or cannot be done (subscription sync)
  4  найдены повреждения (check) / damage was found (check)
  5  мост или хранилище недоступны / the bridge or the store cannot be reached";

#[derive(Debug, Subcommand)]
enum Command {
    /// Запустить мост. / Run the bridge until SIGTERM.
    Serve(serve::Args),
    /// Записать файл настроек с пояснениями. / Write a settings file with explanations.
    Init(init::Args),
    /// Люди. / People.
    #[command(subcommand)]
    User(users::Command),
    /// Пароли приложений. / App passwords of a person's devices.
    #[command(subcommand)]
    AppPassword(app_passwords::Command),
    /// Секретные адреса календаря для чтения. / Secret read-only addresses of a person's calendar.
    #[command(subcommand)]
    Feed(feeds::Command),
    /// Загрузить события из файла ICS от имени человека. / Import events of an ICS file as a person.
    Import(import::Args),
    /// Выгрузить календарь человека в файл ICS. / Export a person's calendar as an ICS file.
    Export(export::Args),
    /// Что не было принято и почему. / What was refused, and why.
    Refusals(refusals::Args),
    /// Очередь команд в ADVANTA. / Commands that wait for ADVANTA.
    #[command(subcommand)]
    Outbox(outbox::Command),
    /// Команды, которые ADVANTA так и не приняла. / Commands that cannot succeed.
    #[command(subcommand)]
    DeadLetters(dead_letters::Command),
    /// Настройки интеграций. / Settings of integrations.
    #[command(subcommand)]
    Integration(integration::Command),
    /// Подписки на календари Google и Exchange. / People's connections to Google and Exchange calendars.
    #[command(subcommand)]
    Subscription(subscription::Command),
    /// Почему объект или мероприятие выглядит так. / Why an object or an event stands as it does.
    Explain(explain::Args),
    /// Сверить с ADVANTA сейчас. / Compare with ADVANTA now.
    Reconcile(reconcile::Args),
    /// Состояние моста. / How the bridge is.
    Status(status::Args),
    /// Ключи, которыми зашифрованы секреты. / Keys under which stored secrets lie.
    #[command(subcommand)]
    Secrets(secrets::Command),
    /// Устройства, которым отказано слишком часто, и застывшее. / Devices that were refused too often, and what is frozen.
    Alarms(alarms::Args),
    /// Проверить хранилище. / Look whether the store is sound.
    Check(check::Args),
    /// Сделать хранилище компактнее; мост остановлен. / Make the store as small as what is in it; the bridge is stopped.
    Compact(compact::Args),
    /// Сохранить копию хранилища; мост может работать. / Back the store up; the bridge may run.
    Backup(backup::Args),
    /// Восстановить хранилище из копии в новую папку. / Make a store from a backup, in a new folder.
    Restore(restore::Args),
}

impl Cli {
    /// Whether the bridge itself is to run, so that its log tells what happens.
    pub fn serves(&self) -> bool {
        matches!(self.command, Command::Serve(_))
    }

    /// Does what was asked, and says what became of it.
    pub fn run(self) -> Exit {
        let voice = Voice::of(&self.manner);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build();
        let done = match runtime {
            Ok(runtime) => runtime.block_on(self.command.run(&voice)),
            Err(error) => Err(anyhow::Error::from(error).into()),
        };
        done.unwrap_or_else(|failure| failure.tell(&voice))
    }
}

impl Command {
    async fn run(self, voice: &Voice) -> Done {
        match self {
            Self::Serve(args) => serve::run(args).await,
            Self::Init(args) => init::run(&args, voice),
            Self::User(command) => users::run(command, voice).await,
            Self::AppPassword(command) => app_passwords::run(command, voice).await,
            Self::Feed(command) => feeds::run(command, voice).await,
            Self::Import(args) => import::run(args, voice).await,
            Self::Export(args) => export::run(args, voice).await,
            Self::Integration(command) => integration::run(command, voice).await,
            Self::Refusals(args) => refusals::run(args, voice).await,
            Self::Outbox(command) => outbox::run(command, voice).await,
            Self::DeadLetters(command) => dead_letters::run(command, voice).await,
            Self::Subscription(command) => subscription::run(command, voice).await,
            Self::Explain(args) => explain::run(args, voice).await,
            Self::Reconcile(args) => reconcile::run(args, voice).await,
            Self::Status(args) => status::run(args, voice).await,
            Self::Secrets(command) => secrets::run(command, voice).await,
            Self::Alarms(args) => alarms::run(args, voice).await,
            Self::Check(args) => check::run(args, voice).await,
            Self::Compact(args) => compact::run(args, voice).await,
            Self::Backup(args) => backup::run(args, voice).await,
            Self::Restore(args) => restore::run(args, voice).await,
        }
    }
}
