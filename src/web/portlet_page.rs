//! The words and shapes of the page about a person's Google calendar. Labels are those of the vendor's page.

use super::me::named;
use crate::bridge::spelling::escaped;
use crate::bridge::words::pick;
use crate::bridge::{LinkCounts, SyncProgress, SyncStage, Unsubscribed, may_try};
use crate::model::{
    Direction, InactiveReason, Language, MissingSetting, Obstacle, PauseReason, Subscription,
    SubscriptionState, Timestamp, User,
};
use crate::ports::CalendarOffer;
use crate::xml::write::escape_attr_into;
use chrono::NaiveDate;
use chrono_tz::Tz;
use std::fmt::Write as _;

/// What there is to show.
pub(super) enum View {
    /// Nobody can connect before an administrator sets this.
    Off(MissingSetting),
    /// Only an administrator connects people here.
    ByAdministrator,
    /// Not connected.
    None {
        /// They were sent to Google's page.
        sent: bool,
    },
    /// They agreed.
    Choose {
        offers: Vec<CalendarOffer>,
        /// They were subscribed before: so many events and notes are left of that.
        earlier: Option<u64>,
        /// What is proposed as the first day.
        start: NaiveDate,
    },
    /// They agreed, and there is no list of their calendars. Why.
    NoOffers(String),
    /// They have a subscription.
    Live(Box<Live>),
}

/// A subscription as its person sees it.
pub(super) struct Live {
    pub(super) row: Subscription,
    pub(super) words: String,
    pub(super) counts: LinkCounts,
    pub(super) progress: Option<SyncProgress>,
    /// Until when nothing is written: Google said that it was written to too fast.
    pub(super) writes_rest: Option<Timestamp>,
    pub(super) zone: Tz,
    /// They were sent to Google's page again.
    pub(super) sent: bool,
    /// Google tells us of changes.
    pub(super) told: bool,
    /// They can agree in their browser.
    pub(super) by_consent: bool,
    /// Events that cannot be read whole, and what of them.
    pub(super) unread: Vec<(String, String)>,
    /// Whether events made of letters become notes.
    pub(super) from_mail: bool,
    /// Whether absences do.
    pub(super) absence: bool,
    /// Titles of what cannot be kept in step, and why.
    pub(super) wrong: Vec<(String, String)>,
}

impl Live {
    /// An instant where the person is.
    fn moment(&self, at: Timestamp) -> String {
        let local = at.with_timezone(&self.zone);
        local.format("%Y-%m-%d %H:%M").to_string()
    }
}

/// What every part of the page needs.
struct Page<'a> {
    language: Language,
    form: &'a str,
    out: String,
}

/// The whole document.
pub(super) fn portlet(user: &User, view: &View, wrong: Option<&str>, form: &str) -> String {
    let mut page = Page::begin(user, form);
    if let Some(wrong) = wrong {
        page.line(format!(
            "<p role=\"alert\" class=\"wrong\">{}</p>",
            escaped(wrong)
        ));
    }
    page.status(view);
    match view {
        View::Off(missing) => page.off(*missing),
        View::ByAdministrator => page.paragraph(
            "Подключение выполняет администратор системы: обратитесь к нему.",
            "An administrator connects calendars here: please ask them.",
        ),
        View::None { sent } => page.connect(*sent),
        View::NoOffers(why) => {
            page.paragraph(
                "Список календарей получить не удалось. Обновите страницу через минуту; если не поможет, отмените и начните сначала.",
                "There is no list of calendars. Load this page again in a minute; if that does not help, cancel and begin again.",
            );
            page.line(format!("<p><small>{}</small></p>", escaped(why)));
            page.cancel();
        }
        View::Choose {
            offers,
            earlier,
            start,
        } => page.choose(offers, *earlier, *start),
        View::Live(live) => page.live(live),
    }
    page.end()
}

/// The page that asks whether they mean it.
pub(super) fn ending(user: &User, would: &Unsubscribed, form: &str) -> String {
    let mut page = Page::begin(user, form);
    let (links, exported, imported) = (would.links, would.exported, would.imported);
    page.paragraph(
        "Что произойдёт при отписке:",
        "What happens when you unsubscribe:",
    );
    let lines = [
        page.say(
            format!("будут удалены все связи между объектами ADVANTA и мероприятиями Google: {links};"),
            format!("all links between objects of ADVANTA and events of Google are deleted: {links};"),
        ),
        page.say(
            format!("мероприятия в Google ({exported} выгружено) и заметки в ADVANTA ({imported} загружено) останутся;"),
            format!("events in Google ({exported} exported) and notes in ADVANTA ({imported} imported) stay;"),
        ),
        page.say(
            format!("при повторной подписке на тот же календарь они продублируются ({links}), если не отметить «Узнавать ранее перенесённое»;"),
            format!("if you subscribe to the same calendar again, they are doubled ({links}), unless you tick “Recognise earlier items”;"),
        ),
        page.say(
            "чтобы выбрать другой календарь, отпишитесь и подпишитесь снова: выгруженное в прежний календарь можно удалить из него здесь.".to_owned(),
            "to change to another calendar, unsubscribe and subscribe again: what was exported to the old one can be deleted from it here.".to_owned(),
        ),
    ];
    let lines = lines.map(|line| format!("<li>{}</li>", escaped(&line)));
    page.line(format!("<ul>{}</ul>", lines.concat()));
    let remove = page.pick(
        "Удалить из Google мероприятия, выгруженные из ADVANTA",
        "Delete the events from Google that were exported from ADVANTA",
    );
    let yes = page.pick("Отписаться", "Unsubscribe");
    let no = page.pick("Назад", "Back");
    page.form(&format!(
        "<p><label><input type=\"checkbox\" name=\"remove\" value=\"yes\"> {remove}</label></p>\
         <p><button name=\"act\" value=\"unsubscribe\" class=\"grave\">{yes}</button> <a href=\"/me/google\">{no}</a></p>"
    ));
    page.end()
}

impl<'a> Page<'a> {
    fn begin(user: &User, form: &'a str) -> Self {
        let mut page = Self {
            language: user.language,
            form,
            out: String::new(),
        };
        let title = page.pick("Настройки Google Calendar", "Google Calendar settings");
        let refusals = page.pick("Отказы", "Refusals");
        page.line(format!(
            "<!doctype html>\n<html lang=\"{}\">\n<head><meta charset=\"utf-8\"><title>{title}</title>\
             <meta name=\"viewport\" content=\"width=device-width\"><link rel=\"stylesheet\" href=\"/me/style.css\"></head>\n\
             <body class=\"portlet\">\n<nav>{} · <a href=\"/me/refusals\">{refusals}</a></nav>\n<h1>{title}</h1>",
            user.language.tag(),
            escaped(named(user)),
        ));
        page
    }

    fn end(mut self) -> String {
        self.out += "</body>\n</html>\n";
        self.out
    }

    fn pick(&self, russian: &'static str, english: &'static str) -> &'static str {
        pick(self.language, russian, english)
    }

    fn say(&self, russian: String, english: String) -> String {
        match self.language {
            Language::Russian => russian,
            Language::English => english,
        }
    }

    fn line(&mut self, html: impl AsRef<str>) {
        self.out += html.as_ref();
        self.out.push('\n');
    }

    fn paragraph(&mut self, russian: &'static str, english: &'static str) {
        let words = escaped(self.pick(russian, english));
        self.line(format!("<p>{words}</p>"));
    }

    /// A form of ours, with what shows that it is.
    fn form(&mut self, inside: &str) {
        let form = self.form;
        self.line(format!(
            "<form method=\"post\" action=\"/me/google\"><input type=\"hidden\" name=\"form\" value=\"{form}\">{inside}</form>"
        ));
    }

    fn status(&mut self, view: &View) {
        let label = self.pick("Статус авторизации:", "Authorisation status:");
        let (class, words) = match view {
            View::Live(live) => match &live.row.state {
                SubscriptionState::Active if live.row.obstacle.is_none() => {
                    ("good", live.words.clone())
                }
                SubscriptionState::Active => ("rests", live.words.clone()),
                SubscriptionState::Inactive(_) => ("bad", live.words.clone()),
                SubscriptionState::Paused(_)
                | SubscriptionState::Ending
                | SubscriptionState::Ended => ("rests", live.words.clone()),
            },
            View::Off(_)
            | View::ByAdministrator
            | View::None { .. }
            | View::NoOffers(_)
            | View::Choose { .. } => ("bad", self.pick("Не активно", "Not active").to_owned()),
        };
        self.line(format!(
            "<p class=\"status\">{label} <strong class=\"{class}\">{}</strong></p>",
            escaped(&capital(&words))
        ));
    }

    fn off(&mut self, missing: MissingSetting) {
        match missing {
            MissingSetting::Enabled => self.paragraph(
                "Интеграция с Google Calendar выключена. Её включает администратор системы.",
                "The integration with Google Calendar is switched off. An administrator can switch it on.",
            ),
            MissingSetting::ClientId | MissingSetting::ClientSecret => self.paragraph(
                "Интеграция с Google Calendar ещё не настроена: администратору нужно задать Client ID и Client Secret.",
                "The integration with Google Calendar is not set up yet: an administrator has to set Client ID and Client Secret.",
            ),
        }
    }

    fn connect(&mut self, sent: bool) {
        self.paragraph(
            "Задачи, заметки и встречи из ADVANTA появятся в вашем календаре Google, а его мероприятия – в ADVANTA как заметки, которые видите только вы.",
            "Your tasks, notes and meetings of ADVANTA will appear in your Google calendar, and its events in ADVANTA as notes that only you see.",
        );
        self.authorise(sent);
    }

    /// The button, and the field for those whose browser cannot come back here.
    fn authorise(&mut self, sent: bool) {
        let begin = self.pick("Авторизоваться", "Authorise");
        self.form(&format!(
            "<p><button name=\"act\" value=\"begin\">{begin}</button></p>"
        ));
        if !sent {
            return;
        }
        let lead = self.pick(
            "Страница после согласия не открылась? Скопируйте её адрес из строки браузера целиком или только код из него.",
            "Did the page after your consent not open? Copy its whole address from the browser's bar, or only the code in it.",
        );
        let label = self.pick(
            "Введите код подтверждения в текстовое поле ниже:",
            "Enter the confirmation code below:",
        );
        let save = self.pick("Сохранить", "Save");
        self.form(&format!(
            "<p>{lead}</p><p><label>{label}<br><input name=\"code\" size=\"60\" autocomplete=\"off\" required></label> \
             <button name=\"act\" value=\"code\">{save}</button></p>"
        ));
    }

    fn cancel(&mut self) {
        let cancel = self.pick("Отмена", "Cancel");
        self.form(&format!(
            "<p><button name=\"act\" value=\"cancel\" class=\"quiet\">{cancel}</button></p>"
        ));
    }

    fn choose(&mut self, offers: &[CalendarOffer], earlier: Option<u64>, start: NaiveDate) {
        let mut inside = format!(
            "<fieldset><legend>{}</legend>",
            self.pick(
                "Выберите один календарь для синхронизации",
                "Choose one calendar"
            )
        );
        let first = offers.iter().position(|offer| offer.writable);
        for (place, offer) in offers.iter().enumerate() {
            inside += &self.offer(offer, Some(place) == first);
        }
        let from = self.pick(
            "Дата начала синхронизации (более старое не переносится)",
            "First day (what is older is left alone)",
        );
        // Writing to a string cannot fail.
        let _ = write!(
            inside,
            "</fieldset><p><label>{from}<br><input type=\"date\" name=\"start\" value=\"{start}\" required></label></p>"
        );
        if let Some(left) = earlier {
            let tick = self.pick("Узнавать ранее перенесённое", "Recognise earlier items");
            let why = self.say(
                format!("Без этой отметки всё, что уже было перенесено при прошлой подписке, продублируется и в Google, и в ADVANTA: до {left}."),
                format!("Without this tick, everything that an earlier subscription carried over is doubled, in Google and in ADVANTA: up to {left}."),
            );
            let _ = write!(
                inside,
                "<p><label><input type=\"checkbox\" name=\"recognise\" value=\"yes\" checked> {tick}</label><br><small>{why}</small></p>"
            );
        }
        let go = self.pick("Синхронизировать", "Synchronise");
        let _ = write!(
            inside,
            "<p><button name=\"act\" value=\"choose\">{go}</button></p>"
        );
        self.form(&inside);
        self.cancel();
    }

    fn offer(&self, offer: &CalendarOffer, checked: bool) -> String {
        let note = match (offer.primary, offer.writable) {
            (_, false) => self.pick(" – только чтение", " – read-only"),
            (true, true) => self.pick(" – основной", " – main"),
            (false, true) => "",
        };
        let (checked, disabled) = (
            if checked { " checked" } else { "" },
            if offer.writable { "" } else { " disabled" },
        );
        let (mut id, name) = (String::new(), escaped(&offer.calendar.name));
        escape_attr_into(&mut id, &offer.calendar.id);
        format!(
            "<label class=\"option\"><input type=\"radio\" name=\"calendar\" value=\"{id}\" required{checked}{disabled}> {name}{note}</label>"
        )
    }

    fn live(&mut self, live: &Live) {
        self.in_the_way(live);
        self.progress(live);
        self.facts(live);
        self.held(live);
        self.wrong(live);
        self.buttons(live);
    }

    /// What keeps the subscription from going on, said once, with what its person can do.
    fn in_the_way(&mut self, live: &Live) {
        let row = &live.row;
        match (&row.state, row.obstacle) {
            (SubscriptionState::Inactive(InactiveReason::CalendarGone), _) => {
                self.paragraph(
                    "Этого календаря больше нет в списке вашего аккаунта Google. Связи сохранены: если он снова есть, попробуйте ещё раз; чтобы выбрать другой, отпишитесь.",
                    "This calendar is not on the list of your Google account any more. Your links are kept: if it is there again, try again; to choose another one, unsubscribe.",
                );
                self.try_again(live);
            }
            (SubscriptionState::Inactive(_), _) => {
                if live.by_consent {
                    self.paragraph(
                        "Связи сохранены: после повторной авторизации в том же аккаунте синхронизация продолжится.",
                        "Your links are kept: after you authorise with the same account again, everything goes on.",
                    );
                    self.authorise(live.sent);
                }
                self.try_again(live);
            }
            (SubscriptionState::Active, Some((Obstacle::Network, _))) => {
                let why = row.last_error.clone().unwrap_or_default();
                let at = live.moment(row.due);
                let words = self.say(
                    format!("Сеть предприятия не пускает ADVANTA к Google: прокси, порт или имя ({why}). Обратитесь к администратору сети. Сами попробуем снова {at}; связи сохранены."),
                    format!("The firm's network keeps ADVANTA from Google: a proxy, a port or a name ({why}). Please ask its administrator. It is tried again by itself at {at}; your links are kept."),
                );
                self.line(format!("<p class=\"wrong\">{}</p>", escaped(&words)));
                self.try_again(live);
            }
            (SubscriptionState::Active, Some((Obstacle::Refusing, _))) => {
                let why = row.last_error.clone().unwrap_or_default();
                let at = live.moment(row.due);
                let words = self.say(
                    format!("Google отказывает ({why}). Решить это может администратор домена Google или ADVANTA. Сами попробуем снова {at}; связи сохранены."),
                    format!("Google refuses ({why}). An administrator of the Google domain or of ADVANTA can help. It is tried again by itself at {at}; your links are kept."),
                );
                self.line(format!("<p class=\"wrong\">{}</p>", escaped(&words)));
                self.try_again(live);
            }
            (SubscriptionState::Active, Some((Obstacle::Missing, _))) => {
                let at = live.moment(row.due);
                let words = self.say(
                    format!("Google не находит этот календарь. Бывает, что это проходит: спросим ещё раз {at}; связи сохранены."),
                    format!("Google does not find this calendar. That may pass: it is asked again at {at}; your links are kept."),
                );
                self.line(format!("<p class=\"wrong\">{}</p>", escaped(&words)));
                self.try_again(live);
            }
            (
                SubscriptionState::Active
                | SubscriptionState::Paused(_)
                | SubscriptionState::Ending
                | SubscriptionState::Ended,
                _,
            ) => {}
        }
    }

    fn try_again(&mut self, live: &Live) {
        let may = live.row.state == SubscriptionState::Active || may_try(&live.row);
        if may {
            let again = self.pick("Попробовать снова", "Try again");
            self.form(&format!(
                "<p><button name=\"act\" value=\"resume\" class=\"quiet\">{again}</button></p>"
            ));
        }
    }

    fn progress(&mut self, live: &Live) {
        let Some(progress) = live.progress else {
            return;
        };
        let words = match progress.stage {
            SyncStage::Listing => {
                self.pick("Читаем календарь Google", "Reading your Google calendar")
            }
            SyncStage::Working => self.pick("Сверяем и переносим", "Comparing and carrying over"),
        };
        let done = progress.done;
        self.line(match progress.total {
            Some(total) => format!(
                "<p><label>{words}: {done} / {total}<br><progress max=\"{total}\" value=\"{done}\"></progress></label></p>"
            ),
            None => format!("<p><label>{words}: {done}<br><progress></progress></label></p>"),
        });
    }

    fn facts(&mut self, live: &Live) {
        let row = &live.row;
        let moment = |at: Timestamp| live.moment(at);
        let never = self.pick("ещё не было", "not yet");
        let told = match (live.told, row.state == SubscriptionState::Active) {
            (_, false) => "—".to_owned(),
            (true, true) => self.say(
                format!("сразу по сигналу Google, и не позже {}", moment(row.due)),
                format!(
                    "at once when Google says so, and not later than {}",
                    moment(row.due)
                ),
            ),
            (false, true) => moment(row.due),
        };
        let counts = &live.counts;
        let links = self.say(
            format!(
                "{} (из ADVANTA {}, из Google {})",
                counts.links, counts.exported, counts.imported
            ),
            format!(
                "{} ({} from ADVANTA, {} from Google)",
                counts.links, counts.exported, counts.imported
            ),
        );
        let mut facts = vec![
            (
                self.pick("Календарь", "Calendar"),
                row.calendar.name.clone(),
            ),
            (
                self.pick("Аккаунт", "Account"),
                row.calendar.account.clone(),
            ),
            (
                self.pick("Начиная с даты", "From this day on"),
                row.start.to_string(),
            ),
            (self.pick("Связано", "Linked"), links),
            (
                self.pick("Последняя сверка", "Last look"),
                row.synced.map_or(never.to_owned(), moment),
            ),
            (self.pick("Следующая сверка", "Next look"), told),
        ];
        facts.push((
            self.pick("Особые мероприятия", "Special events"),
            self.special(live),
        ));
        if let Some(until) = live.writes_rest {
            let waits = self.pick(
                "Google просит подождать с записью, чтение идёт; запись продолжится",
                "Google asks to wait with writing, reading goes on; writing goes on at",
            );
            facts.push((
                self.pick("Запись в календарь", "Writing to the calendar"),
                format!("{waits} {}", moment(until)),
            ));
        }
        // Whatever else is in the way was said above.
        let plain = row.state == SubscriptionState::Active && row.obstacle.is_none();
        if let Some(error) = row.last_error.as_ref().filter(|_| plain) {
            let tries = self.pick(
                "не удалось, попытка повторится сама",
                "it did not work and is tried again by itself",
            );
            facts.push((
                self.pick("Последняя ошибка", "Last failure"),
                format!("{tries} ({error})"),
            ));
        }
        let rows = facts
            .into_iter()
            .map(|(label, value)| format!("<dt>{label}</dt><dd>{}</dd>", escaped(&value)));
        let rows: String = rows.collect();
        self.line(format!("<dl>{rows}</dl>"));
    }

    /// Which events of a special kind become notes, and which do not.
    fn special(&self, live: &Live) -> String {
        let verdict = |taken| match taken {
            true => self.pick("становятся заметками", "become notes"),
            false => self.pick("не переносятся", "are left alone"),
        };
        let (mail, absence) = (verdict(live.from_mail), verdict(live.absence));
        self.say(
            format!("из писем Gmail – {mail}; «Нет на месте» – {absence}; дни рождения, место работы и время для работы – не переносятся"),
            format!("from Gmail: {mail}; out of office: {absence}; birthdays, working location and focus time are left alone"),
        )
    }

    /// Deletions that wait for the person's word.
    fn held(&mut self, live: &Live) {
        let (accept, reject) = (
            self.pick("Удалить", "Delete them"),
            self.pick("Вернуть", "Bring them back"),
        );
        let all = [
            (Direction::ToAdvanta, live.counts.held_to_advanta),
            (Direction::ToRemote, live.counts.held_to_remote),
        ];
        for (direction, count) in all {
            if count == 0 {
                continue;
            }
            let words = match direction {
                Direction::ToAdvanta => self.say(
                    format!("В Google удалено сразу много мероприятий: {count}. Удалить их заметки и в ADVANTA?"),
                    format!("Many events were deleted in Google at once: {count}. Delete their notes in ADVANTA, too?"),
                ),
                Direction::ToRemote => self.say(
                    format!("В ADVANTA удалено сразу много объектов: {count}. Удалить их мероприятия и в Google?"),
                    format!("Many objects were deleted in ADVANTA at once: {count}. Delete their events in Google, too?"),
                ),
            };
            let word = direction.word();
            self.form(&format!(
                "<p class=\"wrong\">{words}</p><input type=\"hidden\" name=\"direction\" value=\"{word}\">\
                 <p><button name=\"act\" value=\"accept\" class=\"grave\">{accept}</button> <button name=\"act\" value=\"reject\">{reject}</button></p>"
            ));
        }
    }

    fn wrong(&mut self, live: &Live) {
        if live.wrong.is_empty() && live.unread.is_empty() {
            return;
        }
        let head = self.pick(
            "Что не удаётся синхронизировать",
            "What cannot be kept in step",
        );
        let rows = live
            .wrong
            .iter()
            .map(|(title, words)| format!("<li>{} – {}</li>", escaped(title), escaped(words)));
        let lead = self.pick(
            "мероприятие перенесено, насколько его удалось прочесть; не читается",
            "an event that was carried over as far as it can be read; this cannot",
        );
        let unread = live.unread.iter();
        let unread = unread.map(|(event, what)| {
            format!("<li>{} – {lead}: {}</li>", escaped(event), escaped(what))
        });
        let rows: String = rows.chain(unread).collect();
        self.line(format!("<h2>{head}</h2><ul>{rows}</ul>"));
    }

    fn buttons(&mut self, live: &Live) {
        match live.row.state {
            SubscriptionState::Active => {
                let label = self.pick(
                    "Обновить события начиная с даты",
                    "Compare everything from this day on",
                );
                let sync = self.pick("Синхронизировать", "Synchronise");
                let start = live.row.start;
                self.form(&format!(
                    "<p><label>{label}<br><input type=\"date\" name=\"from\" value=\"{start}\" required></label> \
                     <button name=\"act\" value=\"sync\">{sync}</button></p>"
                ));
                let pause = self.pick("Приостановить", "Pause");
                self.form(&format!(
                    "<p><button name=\"act\" value=\"pause\" class=\"quiet\">{pause}</button></p>"
                ));
            }
            SubscriptionState::Paused(PauseReason::Asked) => {
                let resume = self.pick("Продолжить", "Resume");
                self.form(&format!(
                    "<p><button name=\"act\" value=\"resume\">{resume}</button></p>"
                ));
            }
            SubscriptionState::Paused(PauseReason::IntegrationOff)
            | SubscriptionState::Inactive(_)
            | SubscriptionState::Ending
            | SubscriptionState::Ended => {}
        }
        if live.row.state.is_live() {
            let change = self.pick("Сменить календарь", "Change the calendar");
            self.line(format!(
                "<p><a class=\"button\" href=\"/me/google/unsubscribe\">{change}</a></p>"
            ));
            let end = self.pick("Отписаться", "Unsubscribe");
            self.line(format!(
                "<p><a class=\"button grave\" href=\"/me/google/unsubscribe\">{end}</a></p>"
            ));
        }
    }
}

/// With a capital letter, as the beginning of a sentence.
fn capital(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}
