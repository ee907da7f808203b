//! Reads of work that is still to be done: timers, notices, commands.

use super::{Read, row, rows, target, text_at};
use crate::model::{Command, CommandId, Cursor, Digest, Notice, NoticeId, ObjectId, Timestamp};
use crate::ports::Timer;
use crate::store::keys;
use crate::store::kv::{KeyRange, Order, View, scan};
use crate::store::records::decode;
use crate::store::tables::{self, Table};

/// Name of the number of waiting notices in the meta table.
pub const INBOX_SIZE: &str = "inbox size";
/// Name of the number of commands in the meta table.
pub const OUTBOX_SIZE: &str = "outbox size";

/// Name of ADVANTA's bookmark in the meta table.
pub const ADVANTA_CURSOR: &str = "advanta cursor";
/// Name of the row that holds the outbox in the meta table.
pub const HELD: &str = "held";

/// Name of the row that says whose the objects are, in the meta table.
pub const ADVANTAS: &str = "advanta's";

/// See [`Store::belongs_to_advanta`](crate::ports::Store::belongs_to_advanta).
pub fn belongs_to_advanta(view: &dyn View) -> Read<bool> {
    Ok(view.get(&keys::meta(ADVANTAS))?.is_some())
}

/// See [`Store::held`](crate::ports::Store::held).
pub fn held(view: &dyn View) -> Read<bool> {
    Ok(view.get(&keys::meta(HELD))?.is_some())
}

/// See [`Store::advanta_cursor`](crate::ports::Store::advanta_cursor).
pub fn advanta_cursor(view: &dyn View) -> Read<Option<Cursor>> {
    let key = keys::meta(ADVANTA_CURSOR);
    Ok(text_at(view, Table::Meta, &key)?.map(Cursor))
}

/// A number of the meta table; 0 when it was never written.
pub fn size(view: &dyn View, name: &str) -> Read<u64> {
    match view.get(&keys::meta(name))? {
        Some(bytes) => tables::last_number(Table::Meta, &bytes),
        None => Ok(0),
    }
}

/// The place of a hook in the order in which they were taken; `None`: it was not taken, or is forgotten.
pub fn hook_place(view: &dyn View, mark: Digest) -> Read<Option<u64>> {
    let key = keys::hook_taken(mark);
    let place = view.get(&key)?;
    place
        .map(|bytes| tables::last_number(Table::HooksTaken, &bytes))
        .transpose()
}

/// The mark of a hook by its key in the order in which they were taken.
pub fn hook_at(view: &dyn View, key: &[u8]) -> Read<Option<Digest>> {
    let Some(bytes) = view.get(key)? else {
        return Ok(None);
    };
    let mark = <[u8; 16]>::try_from(&bytes[..]);
    let mark = mark.map_err(|_| tables::damaged(Table::HooksInOrder, key, "it holds no mark"))?;
    Ok(Some(Digest(mark)))
}

/// See [`Store::notices`](crate::ports::Store::notices).
pub fn notices(
    view: &dyn View,
    after: Option<NoticeId>,
    notices_max: usize,
) -> Read<Vec<(NoticeId, Notice)>> {
    let mut range = Table::Notices.range();
    if let Some(after) = after {
        range = range.after(&keys::notice(after));
    }
    let mut found = Vec::new();
    if notices_max == 0 {
        return Ok(found);
    }
    scan(view, range, Order::Ascending, |(key, bytes)| {
        let id = NoticeId(tables::last_number(Table::Notices, &key)?);
        found.push((id, decode(&key, &bytes)?));
        Ok(found.len() < notices_max)
    })?;
    Ok(found)
}

/// See [`Store::commands`](crate::ports::Store::commands).
pub fn commands(
    view: &dyn View,
    after: Option<CommandId>,
    commands_max: usize,
) -> Read<Vec<Command>> {
    let mut range = Table::Commands.range();
    if let Some(after) = after {
        range = range.after(&keys::command(after));
    }
    rows(view, range, commands_max)
}

/// See [`Store::due_timers`](crate::ports::Store::due_timers).
pub fn due_timers(view: &dyn View, now: Timestamp, timers_max: usize) -> Read<Vec<Timer>> {
    // Everything up to and with `now`: the range ends with its last possible key.
    let mut range = Table::Timers.range();
    range.end = Table::Timers.key().time(now).range().end;
    rows(view, range, timers_max)
}

/// See [`Store::next_timer`](crate::ports::Store::next_timer).
pub fn next_timer(view: &dyn View) -> Read<Option<Timestamp>> {
    let first = rows::<Timer>(view, Table::Timers.range(), 1)?.pop();
    Ok(first.map(|timer| timer.due))
}

/// One command.
pub fn command(view: &dyn View, id: CommandId) -> Read<Option<Command>> {
    row(view, &keys::command(id))
}

/// See [`Store::commands_of`](crate::ports::Store::commands_of).
pub fn commands_of(view: &dyn View, object: ObjectId) -> Read<Vec<Command>> {
    let range = Table::CommandsOf.key().object(object).range();
    listed_commands(view, Table::CommandsOf, range, usize::MAX)
}

/// The identities of the commands of an object, oldest first.
pub fn command_ids_of(view: &dyn View, object: ObjectId) -> Read<Vec<CommandId>> {
    let range = Table::CommandsOf.key().object(object).range();
    let mut ids = Vec::new();
    scan(view, range, Order::Ascending, |(key, _)| {
        ids.push(CommandId(tables::last_number(Table::CommandsOf, &key)?));
        Ok(true)
    })?;
    Ok(ids)
}

/// The oldest command of an object.
pub fn first_command_of(view: &dyn View, object: ObjectId) -> Read<Option<Command>> {
    let range = Table::CommandsOf.key().object(object).range();
    Ok(listed_commands(view, Table::CommandsOf, range, 1)?.pop())
}

/// See [`Store::command_heads`](crate::ports::Store::command_heads).
pub fn command_heads(view: &dyn View, commands_max: usize) -> Read<Vec<Command>> {
    let range = Table::CommandHeads.range();
    listed_commands(view, Table::CommandHeads, range, commands_max)
}

/// The commands whose ids end the keys of a range.
fn listed_commands(
    view: &dyn View,
    index: Table,
    range: KeyRange,
    commands_max: usize,
) -> Read<Vec<Command>> {
    let mut found = Vec::new();
    if commands_max == 0 {
        return Ok(found);
    }
    scan(view, range, Order::Ascending, |(key, _)| {
        let id = CommandId(tables::last_number(index, &key)?);
        found.push(target(view, index, &key, &keys::command(id))?);
        Ok(found.len() < commands_max)
    })?;
    Ok(found)
}
