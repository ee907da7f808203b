//! Durable before acknowledged, seen from the kernel: no 2xx for a write leaves before its bytes are synced to the disk.
//!
//! The bridge runs under `strace`; the trace is read by [`trace`] and judged by [`law`].

mod law;
mod trace;

use crate::harness::{Bridge, Dav, demo};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use std::path::Path;
use std::thread::JoinHandle;

/// Writes of ordinary size.
const NOTES: usize = 12;
/// System calls that write, sync or answer.
const CALLS: &str =
    "trace=write,writev,pwrite64,pwritev,pwritev2,sendto,sendmsg,fsync,fdatasync,sync_file_range";
/// More of each call than any write is long, so that a mark in it is seen.
const SHOWN_BYTES_MAX: &str = "16777216";

#[test]
fn every_acknowledged_write_was_synced_before_its_answer_left() {
    let mut trace = None;
    let wrapper = |folder: &Path| {
        let pipe = folder.join("trace");
        trace = Some(reader(&pipe));
        strace(&pipe)
    };
    let mut bridge = Bridge::wrapped(wrapper, &[]);
    let data = bridge.data();
    let marks = written(&bridge.dav("anna"));
    assert_eq!(bridge.sigterm().code(), Some(0));
    let trace = trace
        .expect("the wrapper was called")
        .join()
        .expect("a trace");
    let data = data.to_str().expect("a UTF-8 path");

    let calls = trace::read(&trace);
    assert_eq!(law::breaches(&calls, &marks, data), Vec::<String>::new());
    // The same trace without its syncs breaks the law at each write.
    let unsynced: Vec<_> = calls.into_iter().filter(|call| !call.is_sync()).collect();
    assert_eq!(law::breaches(&unsynced, &marks, data).len(), marks.len());
}

#[test]
fn no_large_value_goes_where_nothing_is_synced() {
    let bridge = Bridge::demo(&[]);
    let anna = bridge.dav("anna");
    let largest = resource_bytes_max(&anna);
    for number in 0..3 {
        put(&anna, number, largest, 201);
    }
    assert_eq!(blobs(&bridge.data()), Vec::<String>::new());
}

#[test]
fn a_value_in_a_blob_would_be_found() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let blobs_folder = folder.path().join("mirror/blobs");
    std::fs::create_dir_all(&blobs_folder).expect("a folder");
    assert_eq!(blobs(folder.path()), Vec::<String>::new());
    std::fs::write(blobs_folder.join("17"), "large").expect("a file");
    assert_eq!(blobs(folder.path()), ["mirror/blobs/17"]);
}

/// Creates, edits, large ones and deletes, one after the other; gives the mark of each.
fn written(anna: &Dav) -> Vec<String> {
    let largest = resource_bytes_max(anna);
    let mut marks = Vec::new();
    marks.extend((0..NOTES).map(|number| put(anna, number, 500, 201)));
    marks.extend((0..NOTES / 2).map(|number| put(anna, number, 900, 204)));
    marks.extend((NOTES..NOTES + 2).map(|number| put(anna, number, largest, 201)));
    marks.extend((0..NOTES).map(|number| {
        let answer = anna.delete(&href(number));
        assert_eq!(answer.status, 204, "{answer:?}");
        mark(number)
    }));
    marks
}

/// Puts a note of exactly so many bytes; gives its mark.
fn put(dav: &Dav, number: usize, bytes: usize, expected: u16) -> String {
    let answer = dav.put(&href(number), &note(number, bytes));
    assert_eq!(answer.status, expected, "{}", answer.body);
    mark(number)
}

/// What stands in every record of a note, and in no record of another.
fn mark(number: usize) -> String {
    format!("durable-{number:04}")
}

fn href(number: usize) -> String {
    format!("{}{}.ics", demo::collection("anna"), mark(number))
}

fn note(number: usize, bytes: usize) -> String {
    let head = format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//example.com//durable//EN\r\nBEGIN:VEVENT\r\n\
         UID:{}@example.com\r\nDTSTAMP:20260301T080000Z\r\nDTSTART:20260302T090000Z\r\n\
         DTEND:20260302T100000Z\r\nSUMMARY:{bytes} bytes\r\n",
        mark(number)
    );
    let tail = "END:VEVENT\r\nEND:VCALENDAR\r\n";
    let mut text = head;
    let full = "X-EXAMPLE-FILLER:".len() + 50 + "\r\n".len();
    while bytes - text.len() - tail.len() >= 2 * full {
        text += &format!("X-EXAMPLE-FILLER:{}\r\n", "x".repeat(50));
    }
    let rest = bytes - text.len() - tail.len() - "X-EXAMPLE-FILLER:\r\n".len();
    text += &format!("X-EXAMPLE-FILLER:{}\r\n{tail}", "x".repeat(rest));
    assert_eq!(text.len(), bytes);
    text
}

/// What the server says of `CALDAV:max-resource-size` (RFC 4791 §5.2.5).
fn resource_bytes_max(dav: &Dav) -> usize {
    let answer = dav.propfind(&demo::collection("anna"), "0", "<C:max-resource-size/>");
    let answer = answer.multistatus();
    let size = answer
        .only()
        .text("{urn:ietf:params:xml:ns:caldav}max-resource-size");
    size.parse().expect("a number of bytes")
}

/// The tracer as a grandchild: the child that we start and kill is the bridge itself.
fn strace(output: &Path) -> Vec<String> {
    let output = output.to_str().expect("a UTF-8 path");
    [
        "strace",
        "-D",
        "-f",
        "-y",
        "-s",
        SHOWN_BYTES_MAX,
        "-e",
        CALLS,
        "-o",
        output,
    ]
    .map(str::to_owned)
    .into()
}

/// Reads a new pipe to its end, which comes when the tracer has written everything.
fn reader(pipe: &Path) -> JoinHandle<String> {
    mknodat(CWD, pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("a pipe");
    let pipe = pipe.to_owned();
    std::thread::spawn(move || std::fs::read_to_string(pipe).expect("a trace"))
}

/// Files in folders called `blobs`, where sled puts large values and syncs nothing; paths below `data`.
fn blobs(data: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(data).expect("a data folder") {
        let path = entry.expect("a readable folder").path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if path.is_dir() {
            found.extend(
                blobs(&path)
                    .into_iter()
                    .map(|below| format!("{name}/{below}")),
            );
        } else if data.ends_with("blobs") {
            found.push(name);
        }
    }
    found.sort();
    found
}
