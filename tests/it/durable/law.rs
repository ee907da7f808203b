//! The law that a trace is held against.

use super::trace::Call;

/// What breaks the law, one line each. `marks` names the acknowledged writes in their order, one after the other.
///
/// For each there is a write of its mark to a file below `data`, then a sync of that file which began after the write
/// had returned, and which returned before the answer was handed to the socket.
pub fn breaches(calls: &[Call], marks: &[String], data: &str) -> Vec<String> {
    let answers: Vec<&Call> = calls.iter().filter(|call| is_answer(call, data)).collect();
    if answers.len() != marks.len() {
        return vec![format!(
            "{} answers to {} writes",
            answers.len(),
            marks.len()
        )];
    }
    let mut found = Vec::new();
    let mut since = 0;
    for (answer, mark) in answers.into_iter().zip(marks) {
        let before: Vec<&Call> = calls
            .iter()
            .filter(|call| call.began >= since && call.ended < answer.began)
            .collect();
        let mut records = before
            .iter()
            .filter(|call| {
                call.is_write() && call.path.starts_with(data) && call.args.contains(mark.as_str())
            })
            .peekable();
        // The tables behind the log are written at their own pace, an earlier state of the same note among them: one
        // record that is synced is what counts.
        if records.peek().is_none() {
            found.push(format!("{mark}: answered before it was written"));
        } else if !records.any(|record| synced(record, &before)) {
            found.push(format!("{mark}: answered before it was synced"));
        }
        since = answer.ended;
    }
    found
}

/// Whether a call hands the head of a 201 or 204 to a socket.
fn is_answer(call: &Call, data: &str) -> bool {
    let head = call.args.contains("\"HTTP/1.1 201") || call.args.contains("\"HTTP/1.1 204");
    call.is_write() && !call.path.starts_with(data) && head
}

fn synced(record: &Call, before: &[&Call]) -> bool {
    before
        .iter()
        .any(|call| call.is_sync() && call.path == record.path && call.began > record.ended)
}

#[cfg(test)]
mod tests {
    use super::super::trace;
    use super::breaches;

    fn judged(trace: &str) -> Vec<String> {
        let marks = ["note-1".to_owned()];
        breaches(&trace::read(trace), &marks, "/d/")
    }

    #[test]
    fn a_write_synced_before_its_answer_is_lawful() {
        let trace = "\
10 pwrite64(9</d/wal>, \"\\3note-1 BEGIN\", 14, 0) = 14
11 fdatasync(9</d/wal> <unfinished ...>
10 write(3</d/other>, \"x\", 1) = 1
11 <... fdatasync resumed>) = 0
10 sendto(7<socket:[99]>, \"HTTP/1.1 201 Created\\r\\n\", 22, MSG_NOSIGNAL, NULL, 0) = 22
10 +++ exited with 0 +++
";
        assert_eq!(judged(trace), Vec::<String>::new());
    }

    #[test]
    fn every_way_to_answer_too_early_is_a_breach() {
        const WRITE: &str = "10 pwrite64(9</d/wal>, \"note-1\", 6, 0) = 6\n";
        const SYNC: &str = "11 fdatasync(9</d/wal>) = 0\n";
        const ANSWER: &str = "10 writev(7<socket:[99]>, [{iov_base=\"HTTP/1.1 204 No Content\", iov_len=23}], 1) = 23\n";
        let written = "note-1: answered before it was written";
        let synced = "note-1: answered before it was synced";
        for (trace, expected) in [
            ([WRITE, ANSWER, SYNC].concat(), synced),
            ([SYNC, WRITE, ANSWER].concat(), synced),
            ([ANSWER, WRITE, SYNC].concat(), written),
            (
                [WRITE, "11 fdatasync(9</d/other>) = 0\n", ANSWER].concat(),
                synced,
            ),
            (
                [
                    WRITE,
                    "11 sync_file_range(9</d/wal>, 0, 0, 7) = 0\n",
                    ANSWER,
                ]
                .concat(),
                synced,
            ),
            (
                [
                    WRITE,
                    "11 fdatasync(9</d/wal>) = -1 EIO (Input/output error)\n",
                    ANSWER,
                ]
                .concat(),
                synced,
            ),
            (
                [
                    WRITE,
                    "11 fdatasync(9</d/wal> <unfinished ...>\n",
                    ANSWER,
                    "11 <... fdatasync resumed>) = 0\n",
                ]
                .concat(),
                synced,
            ),
            (
                ["10 write(9</d/wal>, \"note-2\", 6) = 6\n", SYNC, ANSWER].concat(),
                written,
            ),
            (
                ["10 write(9</elsewhere>, \"note-1\", 6) = 6\n", SYNC, ANSWER].concat(),
                written,
            ),
            ([WRITE, SYNC].concat(), "0 answers to 1 writes"),
        ] {
            assert_eq!(judged(&trace), [expected], "{trace}");
        }
    }
}
