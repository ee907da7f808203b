//! Objects, timers and commands.

use super::row::Row;
use crate::model::{
    Command, CommandId, CommandState, Digest, JournalRow, Notice, NoticeId, Object, ObjectId,
};
use crate::ports::Timer;
use crate::store::keys;
use crate::store::queries::{self, Read};
use crate::store::tables::{self, Table};
use crate::store::transaction::{COMMAND_NEXT, HOOK_NEXT, NOTICE_NEXT, REMOVED_NEXT};

pub(super) fn object(row: &mut Row<'_>) -> Read<()> {
    let object: Object = row.record()?;
    row.must_lie_at(&keys::object(object.id));
    Ok(())
}

pub(super) fn removed(row: &mut Row<'_>) -> Read<()> {
    let id = row.key.last_chunk::<16>().copied().unwrap_or_default();
    let id = ObjectId(uuid::Uuid::from_bytes(id));
    row.must_be_key(&keys::removed(id));
    if let Some(removal) = queries::removal(row.view, id)? {
        row.must_be_given(removal.place, REMOVED_NEXT)?;
        let listed = keys::removed_in_order(removal.place);
        row.must_be_listed(Table::RemovedInOrder, &listed, id.0.as_bytes())?;
    }
    let object = row.view.get(&keys::object(id))?;
    row.must(object.is_none(), "its object is there");
    Ok(())
}

pub(super) fn removed_in_order(row: &mut Row<'_>) -> Read<()> {
    let place = tables::last_number(Table::RemovedInOrder, row.key)?;
    let Some(id) = queries::uuid_at(row.view, Table::RemovedInOrder, row.key)? else {
        return Ok(());
    };
    let removal = queries::removal(row.view, ObjectId(id))?;
    row.must(
        removal.is_some_and(|removal| removal.place == place),
        "its removal is another one",
    );
    Ok(())
}

pub(super) fn notice(row: &mut Row<'_>) -> Read<()> {
    let _readable: Notice = row.record()?;
    let id = NoticeId(tables::last_number(Table::Notices, row.key)?);
    row.must_be_key(&keys::notice(id));
    row.must_be_given(id.0, NOTICE_NEXT)
}

pub(super) fn hook_taken(row: &mut Row<'_>) -> Read<()> {
    let mark = Digest(row.key.last_chunk::<16>().copied().unwrap_or_default());
    row.must_be_key(&keys::hook_taken(mark));
    let Some(place) = queries::hook_place(row.view, mark)? else {
        return Ok(());
    };
    row.must_be_given(place, HOOK_NEXT)?;
    let listed = keys::hook_in_order(place);
    row.must_be_listed(Table::HooksInOrder, &listed, &mark.0)
}

pub(super) fn hook_in_order(row: &mut Row<'_>) -> Read<()> {
    let place = tables::last_number(Table::HooksInOrder, row.key)?;
    let Some(mark) = queries::hook_at(row.view, row.key)? else {
        return Ok(());
    };
    let taken = queries::hook_place(row.view, mark)?;
    row.must(taken == Some(place), "its hook is another one");
    Ok(())
}

pub(super) fn timer(row: &mut Row<'_>) -> Read<()> {
    let timer: Timer = row.record()?;
    row.must_lie_at(&keys::timer(&timer)?);
    Ok(())
}

pub(super) fn command(row: &mut Row<'_>) -> Read<()> {
    let command: Command = row.record()?;
    row.must_lie_at(&keys::command(command.id));
    row.must_be_given(command.id.0, COMMAND_NEXT)?;
    let listed = keys::command_of(command.object, command.id);
    row.must_be_listed(Table::CommandsOf, &listed, &[])?;
    let journal = queries::row::<JournalRow>(row.view, &keys::journal(command.journal))?;
    row.must(journal.is_some(), "its journal row is missing");
    if is_waiting_head(row, &command)? {
        row.must_be_listed(Table::CommandHeads, &keys::command_head(command.id), &[])?;
    }
    Ok(())
}

/// Whether a command is the next one of its object.
fn is_waiting_head(row: &Row<'_>, command: &Command) -> Read<bool> {
    let list = Table::CommandsOf.key().object(command.object).range();
    let first = row.view.keys(&list, 1)?.pop();
    Ok(first == Some(keys::command_of(command.object, command.id))
        && command.state == CommandState::Waiting)
}

pub(super) fn command_of(row: &mut Row<'_>) -> Read<()> {
    let id = CommandId(tables::last_number(Table::CommandsOf, row.key)?);
    if let Some(command) = row.target::<Command>(&keys::command(id))? {
        row.must_be_key(&keys::command_of(command.object, id));
    }
    Ok(())
}

pub(super) fn command_head(row: &mut Row<'_>) -> Read<()> {
    let id = CommandId(tables::last_number(Table::CommandHeads, row.key)?);
    row.must_be_key(&keys::command_head(id));
    if let Some(command) = row.target::<Command>(&keys::command(id))? {
        let is_head = is_waiting_head(row, &command)?;
        row.must(is_head, "its command is not the next one of its object");
    }
    Ok(())
}
