//! `refusals`: what was refused, and why.

use super::failure::{Done, Exit, Failure};
use super::place::Reach;
use super::table::Table;
use super::voice::{Voice, moment};
use super::way::{Call, Way, through};
use crate::bridge::spelling::segment;
use crate::web::wire::{JournalBody, JournalPageBody, OriginBody};
use std::io::Write as _;
use uuid::Uuid;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Только этого человека. / Only this person's.
    #[arg(long, value_name = "LOGIN")]
    user: Option<String>,
    /// Только этого объекта. / Only of this object.
    #[arg(long, value_name = "GUID")]
    object: Option<Uuid>,
    /// Не только отказы, а все изменения. / Not only refusals: all edits.
    #[arg(long)]
    all: bool,
    /// Не больше строк. / At most so many rows.
    #[arg(long, default_value_t = 50)]
    limit: usize,
    /// Напечатать сохранённый текст (ICS) отклонённого нового события. / Print the kept text (ICS) of a refused new event.
    #[arg(long, value_name = "ID", conflicts_with_all = ["user", "object", "all", "limit"])]
    text: Option<u64>,
    #[command(flatten)]
    reach: Reach,
}

pub(super) async fn run(args: Args, voice: &Voice) -> Done {
    through(&args.reach, voice, async |way| match args.text {
        Some(id) => text(way, id).await,
        None => rows(way, &args, voice).await,
    })
    .await
}

async fn text(way: &Way, id: u64) -> Done {
    let text = way.bytes(Call::get(format!("journal/{id}/text"))).await?;
    let written = std::io::stdout().lock().write_all(&text);
    written.map_err(|error| Failure::Failed(error.to_string()))?;
    Ok(Exit::Done)
}

async fn rows(way: &Way, args: &Args, voice: &Voice) -> Done {
    let mut page = JournalPageBody {
        rows: vec![],
        next: None,
    };
    while page.rows.len() < args.limit {
        let left = args.limit - page.rows.len();
        let more: JournalPageBody = way.json(Call::get(query(args, left, page.next))).await?;
        page.rows.extend(more.rows);
        page.next = more.next;
        if page.next.is_none() {
            break;
        }
    }
    if voice.json {
        voice.say_json(&page);
    } else {
        table(&page.rows, voice);
    }
    Ok(Exit::Done)
}

fn query(args: &Args, limit: usize, before: Option<u64>) -> String {
    let mut query = format!("refusals?limit={limit}&all={}", args.all);
    if let Some(user) = &args.user {
        query += &format!("&user={}", segment(user));
    }
    if let Some(object) = args.object {
        query += &format!("&object={object}");
    }
    if let Some(before) = before {
        query += &format!("&before={before}");
    }
    query
}

/// The rows under each other, a line for every field.
pub(super) fn table(rows: &[JournalBody], voice: &Voice) {
    let heads = [
        "#",
        voice.pick("Когда", "When"),
        voice.pick("Кто", "Who"),
        voice.pick("Откуда", "From"),
        voice.pick("Объект", "Object"),
        voice.pick("Что", "What"),
        voice.pick("Было нужно", "Wanted"),
        voice.pick("Осталось", "Kept"),
    ];
    let mut table = Table::new(&heads);
    for row in rows {
        let times = match row.count {
            0 | 1 => String::new(),
            count => format!(" ×{count}"),
        };
        for field in &row.fields {
            table.row([
                row.id.to_string(),
                format!("{}{times}", moment(row.last_at)),
                row.user
                    .login
                    .clone()
                    .unwrap_or_else(|| row.user.id.clone()),
                origin(&row.origin, voice),
                title(row),
                field.words.clone(),
                field.attempted.clone(),
                field.kept.clone(),
            ]);
        }
    }
    table.say(voice, voice.pick("Ничего нет.", "There is nothing."));
}

fn title(row: &JournalBody) -> String {
    let title = row.object.title.clone();
    title.unwrap_or_else(|| row.object.id.to_string())
}

fn origin(origin: &OriginBody, voice: &Voice) -> String {
    match origin {
        OriginBody::CalDav {
            label: Some(label), ..
        } => label.clone(),
        OriginBody::CalDav { client, .. } => client.clone(),
        OriginBody::Import => voice.pick("загрузка", "import").to_owned(),
        OriginBody::Remote { .. } => voice
            .pick("внешний календарь", "remote calendar")
            .to_owned(),
        OriginBody::Advanta => "ADVANTA".to_owned(),
    }
}
