//! Many requests in one: `multipart/mixed` of `application/http` (Google's batch page; RFC 2046 §5.1, RFC 9112 §2).
//!
//! Start at [`build`] and [`parse`]. Answers come in any order and are matched by `Content-ID`; a part without an answer stays open.

use super::failure::{self, Answer};
use super::requests::Request;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use std::io::Write as _;

/// Headers of one part that are read.
const HEADERS_MAX: usize = 64;
/// What `Content-ID` of a part begins with; of its answer: `response-` before that.
const PART: &str = "part-";

/// A batch as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Batch {
    /// For `Content-Type`.
    pub(super) boundary: String,
    pub(super) body: Bytes,
}

/// The requests as one body. `root` is the path of the API's root, with its slash.
pub(super) fn build(requests: &[Request], root: &str) -> Batch {
    let mut parts = Vec::new();
    let boundary = boundary(requests);
    for (number, request) in requests.iter().enumerate() {
        let head = format!(
            "--{boundary}\r\nContent-Type: application/http\r\nContent-ID: <{PART}{number}>\r\n\r\n{} {root}{} HTTP/1.1\r\n",
            request.method, request.target
        );
        parts.extend_from_slice(head.as_bytes());
        if let Some(version) = &request.if_match {
            // A line break in a version would end the header; none that Google gives has one.
            let version = version.replace(['\r', '\n'], "");
            let _infallible = write!(parts, "If-Match: {version}\r\n");
        }
        if let Some(body) = &request.body {
            let length = body.len();
            let _infallible = write!(
                parts,
                "Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
            );
            parts.extend_from_slice(body);
        } else {
            parts.extend_from_slice(b"\r\n");
        }
        parts.extend_from_slice(b"\r\n");
    }
    let _infallible = write!(parts, "--{boundary}--\r\n");
    Batch {
        boundary,
        body: parts.into(),
    }
}

/// A text that is in none of the parts, for all that anybody can arrange: it depends on all of them.
fn boundary(requests: &[Request]) -> String {
    let mut hasher = blake3::Hasher::new();
    for request in requests {
        hasher.update(request.target.as_bytes());
        hasher.update(request.body.as_deref().unwrap_or_default());
    }
    let digest = hasher.finalize().to_hex();
    format!("batch-{}", &digest[..32])
}

/// Why no answer can be read at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unreadable {
    /// Not `multipart/mixed`, or without a boundary.
    #[error("the answer to a batch is no multipart")]
    NoMultipart,
    /// The boundary does not occur in it.
    #[error("the answer to a batch has no parts")]
    NoParts,
}

/// The answers to `count` requests, in their order; `None`: there is none that can be read.
///
/// # Errors
/// It is no answer to a batch.
pub(super) fn parse(
    content_type: &str,
    body: &Bytes,
    count: usize,
) -> Result<Vec<Option<Answer>>, Unreadable> {
    let boundary = boundary_of(content_type).ok_or(Unreadable::NoMultipart)?;
    let mut answers = vec![None; count];
    let parts = split(body, &boundary);
    if parts.is_empty() && count > 0 {
        return Err(Unreadable::NoParts);
    }
    for part in parts {
        if let Some((number, answer)) = read_part(&part)
            && let Some(place) = answers.get_mut(number)
            // The first one counts: whoever says something twice contradicts themselves.
            && place.is_none()
        {
            *place = Some(answer);
        }
    }
    Ok(answers)
}

/// RFC 2045 §5.1: the value may be quoted.
fn boundary_of(content_type: &str) -> Option<String> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/mixed") {
        return None;
    }
    parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches('"');
        // RFC 2046 §5.1.1: 1 to 70 characters.
        let fits = name.trim().eq_ignore_ascii_case("boundary") && (1..=70).contains(&value.len());
        fits.then(|| value.to_owned())
    })
}

/// What stands between the boundaries, each part that is whole.
fn split(body: &Bytes, boundary: &str) -> Vec<Bytes> {
    let line = format!("--{boundary}");
    let mut starts = vec![];
    let mut from = 0;
    while let Some(at) = find(&body[from..], line.as_bytes()) {
        let at = from + at;
        from = at + line.len();
        // Only at the beginning of a line.
        if at == 0 || body[at - 1] == b'\n' {
            starts.push(at);
        }
    }
    let ends = starts.iter().skip(1);
    starts
        .iter()
        .zip(ends)
        .map(|(start, end)| body.slice(start + line.len()..*end))
        .collect()
}

/// Where `needle` begins. By its first byte, so that a long answer costs one look at each byte.
fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    hay.windows(needle.len()).position(|here| here == needle)
}

/// Which request it answers, and how.
fn read_part(part: &Bytes) -> Option<(usize, Answer)> {
    // The rest of the boundary's line.
    let start = find(part, b"\n")? + 1;
    let (headers, used) = read_headers(&part[start..])?;
    let number = number_of(headers.get("content-id")?.to_str().ok()?)?;
    let answer = read_answer(&part.slice(start + used..))?;
    Some((number, answer))
}

fn read_headers(bytes: &[u8]) -> Option<(HeaderMap, usize)> {
    let mut fields = [httparse::EMPTY_HEADER; HEADERS_MAX];
    match httparse::parse_headers(bytes, &mut fields).ok()? {
        httparse::Status::Complete((used, fields)) => Some((header_map(fields), used)),
        httparse::Status::Partial => None,
    }
}

fn header_map(fields: &[httparse::Header<'_>]) -> HeaderMap {
    let read = |field: &httparse::Header<'_>| {
        let name = HeaderName::from_bytes(field.name.as_bytes()).ok()?;
        Some((name, HeaderValue::from_bytes(field.value).ok()?))
    };
    fields.iter().filter_map(read).collect()
}

/// `<response-part-7>`
fn number_of(content_id: &str) -> Option<usize> {
    let id = content_id.trim().trim_start_matches('<').trim_end_matches('>');
    let id = id.strip_prefix("response-")?;
    id.strip_prefix(PART)?.parse().ok()
}

fn read_answer(bytes: &Bytes) -> Option<Answer> {
    let mut fields = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut response = httparse::Response::new(&mut fields);
    let httparse::Status::Complete(used) = response.parse(bytes).ok()? else {
        return None;
    };
    let headers = header_map(response.headers);
    let length = headers.get("content-length");
    let length = length.and_then(|text| text.to_str().ok()?.trim().parse::<usize>().ok());
    let rest = bytes.slice(used..);
    let body = match length {
        // The line break before the next boundary is no part of the body (RFC 2046 §5.1.1).
        None => rest.slice(..rest.len() - line_end(&rest)),
        Some(length) if length <= rest.len() => rest.slice(..length),
        Some(_) => return None,
    };
    Some(Answer {
        status: response.code?,
        retry_after: failure::retry_after(&headers),
        body,
    })
}

fn line_end(bytes: &[u8]) -> usize {
    if bytes.ends_with(b"\r\n") {
        2
    } else {
        usize::from(bytes.ends_with(b"\n"))
    }
}
