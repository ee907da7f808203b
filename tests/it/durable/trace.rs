//! Reads what `strace -f -y -o` writes.

use std::collections::BTreeMap;

/// One system call on a file or socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Its name.
    pub name: String,
    /// What its file descriptor stands for: a path, or `socket:[…]`.
    pub path: String,
    /// The rest of its arguments as they are printed.
    pub args: String,
    /// Line of the trace where it began.
    pub began: usize,
    /// Line of the trace where it returned.
    pub ended: usize,
    /// What it returned; negative is a failure.
    pub returned: i64,
}

impl Call {
    /// Whether it is a real sync that succeeded: `sync_file_range` is none, it leaves the disk's cache alone.
    pub fn is_sync(&self) -> bool {
        matches!(self.name.as_str(), "fsync" | "fdatasync") && self.returned == 0
    }

    /// Whether it wrote something.
    pub fn is_write(&self) -> bool {
        let writes = self.name.contains("write") || self.name.contains("send");
        writes && self.returned > 0
    }
}

/// A call that has begun and not returned.
struct Open {
    name: String,
    path: String,
    args: String,
    began: usize,
}

/// All calls that returned, in the order in which they began.
pub fn read(trace: &str) -> Vec<Call> {
    let mut open: BTreeMap<&str, Open> = BTreeMap::new();
    let mut calls = Vec::new();
    for (at, line) in trace.lines().enumerate() {
        let Some((task, rest)) = line.split_once(' ') else {
            continue;
        };
        let rest = rest.trim_start();
        let begun = if rest.starts_with("<... ") {
            open.remove(task)
        } else {
            begin(rest, at)
        };
        let Some(begun) = begun else { continue };
        match returned(rest) {
            Some(returned) => calls.push(Call {
                name: begun.name,
                path: begun.path,
                args: begun.args,
                began: begun.began,
                ended: at,
                returned,
            }),
            None => {
                open.insert(task, begun);
            }
        }
    }
    calls.sort_by_key(|call| call.began);
    calls
}

/// `fdatasync(9</data/wal>) = 0`: its name, what stands in the angle brackets, and the rest.
fn begin(text: &str, at: usize) -> Option<Open> {
    let (name, rest) = text.split_once('(')?;
    let (_, rest) = rest.split_once('<')?;
    let (path, args) = rest.split_once('>')?;
    Some(Open {
        name: name.to_owned(),
        path: path.to_owned(),
        args: args.to_owned(),
        began: at,
    })
}

/// The number after the last `) = `; `None` while the call goes on.
fn returned(text: &str) -> Option<i64> {
    if text.ends_with("<unfinished ...>") {
        return None;
    }
    let (_, value) = text.rsplit_once(" = ")?;
    value.split(' ').next()?.parse().ok()
}
