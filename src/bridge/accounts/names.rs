//! Whom a typed name means.

use crate::model::User;
use crate::ports::{Store, StoreError};

/// The one person who may come in under this name: of this login, else of this e-mail (RFC 6764 §6: clients send it as the user name).
///
/// Case and the blanks around it do not matter. A name that fits two people fits nobody, unless one of them spells it just so: two
/// logins that differ by case only can still be in a store that was made when case counted. Who may not come in does not count.
pub async fn person(store: &dyn Store, name: &str) -> Result<Option<User>, StoreError> {
    let mut users = store.users_by_login(name).await?;
    users.retain(|user| user.active);
    if users.len() > 1 {
        users.retain(|user| user.login == name.trim());
        return Ok(only(users));
    }
    if !users.is_empty() {
        return Ok(only(users));
    }
    if !is_email(name.trim()) {
        return Ok(None);
    }
    let mut users = store.users_by_email(name).await?;
    users.retain(|user| user.active);
    Ok(only(users))
}

fn only(mut users: Vec<User>) -> Option<User> {
    match users.len() {
        1 => users.pop(),
        _ => None,
    }
}

/// Whether a text can be an e-mail address: something on either side of an `@`, and no blank in it.
pub fn is_email(text: &str) -> bool {
    let sides = text.rsplit_once('@');
    sides.is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty())
        && !text.contains(char::is_whitespace)
}
