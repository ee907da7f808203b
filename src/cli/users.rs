//! `user`: who may come in.

use super::failure::{Done, Exit, Failure};
use super::place::Reach;
use super::table::Table;
use super::voice::{Voice, moment};
use super::way::{Call, Folder, through, through_folder};
use super::{app_passwords, feeds, refusals};
use crate::bridge::spelling::segment;
use crate::model::Language;
use crate::web::wire::{DeactivatedBody, NewUserBody, UserBody, UserShownBody, UsersBody};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Добавить человека; печатает его номер. / Add a person; prints their id.
    Add {
        /// Логин. / User name.
        login: String,
        /// Имя. / Shown name.
        #[arg(long)]
        name: String,
        /// E-mail.
        #[arg(long)]
        email: Option<String>,
        /// ru | en
        #[arg(long, default_value = "ru")]
        language: String,
        #[command(flatten)]
        reach: Reach,
    },
    /// Показать людей. / List people.
    List {
        #[command(flatten)]
        reach: Reach,
    },
    /// Показать всё о человеке. / Show everything about a person.
    Show {
        /// Логин или номер. / User name or id.
        user: String,
        #[command(flatten)]
        reach: Reach,
    },
    /// Закрыть человеку доступ: его пароли и адреса сразу перестают действовать. / Keep a person out: their passwords and addresses are dead at once.
    Deactivate {
        /// Логин или номер. / User name or id.
        user: String,
        #[command(flatten)]
        reach: Reach,
    },
}

pub(super) async fn run(command: Command, voice: &Voice) -> Done {
    match command {
        Command::Add {
            login,
            name,
            email,
            language,
            reach,
        } => {
            let new = NewUserBody {
                login,
                name,
                email,
                language: Some(tag(&language, voice)?),
            };
            add(&reach, &new, voice).await
        }
        Command::List { reach } => list(&reach, voice).await,
        Command::Show { user, reach } => show(&reach, &user, voice).await,
        Command::Deactivate { user, reach } => deactivate(&reach, &user, voice).await,
    }
}

fn tag(language: &str, voice: &Voice) -> Result<String, Failure> {
    let known = Language::from_tag(language).map(|language| language.tag().to_owned());
    known.ok_or_else(|| {
        let words = voice.pick("--language: ru или en", "--language: ru or en");
        Failure::Usage(words.to_owned())
    })
}

async fn add(reach: &Reach, new: &NewUserBody, voice: &Voice) -> Done {
    through_folder(reach, voice, Folder::MayBeMade, async |way| {
        let user: UserBody = way.json(Call::post("users").json(new)).await?;
        if voice.json {
            voice.say_json(&user);
        } else {
            // The id alone: scripts take it.
            voice.say(&user.id);
        }
        Ok(Exit::Done)
    })
    .await
}

async fn list(reach: &Reach, voice: &Voice) -> Done {
    through(reach, voice, async |way| {
        let answer: UsersBody = way.json(Call::get("users")).await?;
        if voice.json {
            voice.say_json(&answer);
            return Ok(Exit::Done);
        }
        let heads = [
            voice.pick("Номер", "Id"),
            voice.pick("Логин", "Login"),
            voice.pick("Имя", "Name"),
            "E-mail",
            voice.pick("Доступ", "Access"),
        ];
        let mut table = Table::new(&heads);
        for user in answer.users {
            let active = access(&user, voice).to_owned();
            table.row([
                user.id,
                user.login,
                user.name,
                user.email.unwrap_or_default(),
                active,
            ]);
        }
        table.say(voice, voice.pick("Людей нет.", "There are no people."));
        Ok(Exit::Done)
    })
    .await
}

fn access<'a>(user: &UserBody, voice: &Voice) -> &'a str {
    if user.active {
        voice.pick("есть", "yes")
    } else {
        voice.pick("закрыт", "no")
    }
}

async fn show(reach: &Reach, user: &str, voice: &Voice) -> Done {
    through(reach, voice, async |way| {
        let path = format!("users/{}", segment(user));
        let shown: UserShownBody = way.json(Call::get(path)).await?;
        if voice.json {
            voice.say_json(&shown);
            return Ok(Exit::Done);
        }
        say_person(&shown, voice);
        voice.say("");
        voice.say(voice.pick("Пароли устройств:", "App passwords:"));
        app_passwords::table(&shown.app_passwords, voice);
        voice.say("");
        voice.say(voice.pick("Секретные адреса:", "Feeds:"));
        feeds::table(&shown.feeds, voice);
        voice.say("");
        voice.say(voice.pick("Последние отказы:", "Last refusals:"));
        refusals::table(&shown.last_refusals, voice);
        Ok(Exit::Done)
    })
    .await
}

fn say_person(shown: &UserShownBody, voice: &Voice) {
    let user = &shown.user;
    let mut lines = vec![
        (voice.pick("Номер", "Id"), user.id.clone()),
        (voice.pick("Логин", "Login"), user.login.clone()),
        (voice.pick("Имя", "Name"), user.name.clone()),
        ("E-mail", user.email.clone().unwrap_or_default()),
        (voice.pick("Язык", "Language"), user.language.clone()),
        (
            voice.pick("Доступ", "Access"),
            access(user, voice).to_owned(),
        ),
        ("ADVANTA", user.advanta.clone().unwrap_or_default()),
        (voice.pick("Событий", "Events"), shown.members.to_string()),
        (
            voice.pick("Ждут ADVANTA", "Wait for ADVANTA"),
            shown.pending_commands.to_string(),
        ),
    ];
    if let Some(last) = shown.last_refusals.first() {
        let words = voice.pick("Последний отказ", "Last refusal");
        lines.push((words, moment(last.last_at)));
    }
    lines.retain(|(_, value)| !value.is_empty());
    let width = lines.iter().map(|(name, _)| name.chars().count()).max();
    for (name, value) in lines {
        let space = " ".repeat(width.unwrap_or(0) - name.chars().count());
        voice.say(&format!("{name}:{space} {value}"));
    }
}

async fn deactivate(reach: &Reach, user: &str, voice: &Voice) -> Done {
    through(reach, voice, async |way| {
        let path = format!("users/{}/deactivate", segment(user));
        let dead: DeactivatedBody = way.json(Call::post(path)).await?;
        if voice.json {
            voice.say_json(&dead);
        } else {
            let words = voice.pick(
                "Доступ закрыт; паролей и адресов отозвано:",
                "Kept out; passwords and addresses revoked:",
            );
            voice.say(&format!("{words} {}", dead.revoked));
        }
        Ok(Exit::Done)
    })
    .await
}
