//! The demonstration accounts and the objects that tests name. The texts stand in `fixtures/demo/objects.json`.

/// The app password of every demonstration account.
pub const PASSWORD: &str = "demo";

/// «Монтаж опор: буронабивные сваи»: in work, so its start is locked; anna has every right, boris dates and title.
pub const PILES: &str = "bccea7b3-2e20-5ffb-83b4-8dabdb033e74";
/// «Выверить ведомость объёмов»: boris may move its dates, but not change its title.
pub const NO_TITLE_RIGHT: &str = "b229359e-2360-5f9a-aaa5-af5c40108673";
/// «Утвердить бюджет»: emily, who reads English, may only see it.
pub const NO_RIGHTS: &str = "bd5bf242-dc5a-5886-85a2-20e4a6f162c0";
/// The task without planned dates that anna takes part in.
pub const NO_DATES: &str = "7a8ed6d8-451a-5bff-8ac0-02b849112630";
/// A note of vera alone.
pub const NOTE_VERA: &str = "0f85a039-8239-58ac-a8ca-feef8782921b";
/// «Пропуска на объект»: a note of anna that boris and grigory may change and delete.
pub const NOTE_SHARED: &str = "068b19f4-c93a-503d-861f-65be369cbf4b";
/// «Новогодние каникулы»: the first eight days of 2027.
pub const NOTE_HOLIDAYS: &str = "7b9180a5-0847-54f1-bda3-8a4f3c1c9151";
/// How many events anna sees.
pub const ANNA_SEES: usize = 50;

/// The collection of the account with this login.
pub fn collection(login: &str) -> String {
    format!("/dav/calendars/u-{login}/advanta/")
}

/// The path of an object of ADVANTA in the collection of the account with this login.
pub fn href(login: &str, object: &str) -> String {
    format!("{}{object}.ics", collection(login))
}
