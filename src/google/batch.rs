//! Many requests in one: `multipart/mixed` with one HTTP request in each part (Google's page on batches).
//!
//! Parts are answered one by one, in any order; each is known by its `Content-ID`.

use super::http::Whole;
use super::requests::Call;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};

/// Headers of a part, and of the answer in it.
const HEADERS_MAX: usize = 32;
/// Digits of the boundary that we choose.
const BOUNDARY: &str = "part-of-a-batch-of-advanta-bridge";

/// A batch as a request. `root` is the API's root as a path.
pub(super) fn request(
    to: &str,
    root: &str,
    calls: &[Call],
) -> Result<http::Request<Vec<u8>>, http::Error> {
    let boundary = boundary(calls);
    let mut body = Vec::new();
    for (place, call) in calls.iter().enumerate() {
        let bytes = call.bytes();
        let mut head = format!(
            "--{boundary}\r\nContent-Type: application/http\r\nContent-ID: <{place}>\r\n\r\n{} {root}{} HTTP/1.1\r\n",
            call.method, call.path
        );
        if let Some(expected) = &call.expected {
            // What cannot stand in a header is no version of Google's; the empty condition then fails, and we look again.
            let safe = expected.chars().all(|c| !c.is_control());
            head += &format!("If-Match: {}\r\n", if safe { expected } else { "\"\"" });
        }
        if call.body.is_some() {
            head += &format!(
                "Content-Type: application/json\r\nContent-Length: {}\r\n",
                bytes.len()
            );
        }
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(b"\r\n");
        body.extend_from_slice(&bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    http::Request::builder()
        .method(Method::POST)
        .uri(to)
        .header(
            header::CONTENT_TYPE,
            format!("multipart/mixed; boundary={boundary}"),
        )
        .body(body)
}

/// A boundary that stands in none of the parts.
fn boundary(calls: &[Call]) -> String {
    let holds = |boundary: &str| {
        let text = |call: &Call| call.body.as_ref().map(ToString::to_string);
        calls
            .iter()
            .filter_map(text)
            .any(|text| text.contains(boundary))
    };
    let mut boundary = BOUNDARY.to_owned();
    while holds(&boundary) {
        boundary.push('x');
    }
    boundary
}

/// The answers by the places of their calls; a place without one is `None`. `Err`: it is no batch at all.
pub(super) fn answers(whole: &Whole, calls: usize) -> Result<Vec<Option<Whole>>, &'static str> {
    let mut found: Vec<Option<Whole>> = (0..calls).map(|_| None).collect();
    let kind = whole.headers.get(header::CONTENT_TYPE);
    let boundary = kind
        .and_then(|kind| kind.to_str().ok())
        .and_then(boundary_of)
        .ok_or("the answer has no boundary")?;
    for part in parts(&whole.body, &boundary) {
        if let Some((place, answer)) = answer(part)
            && let Some(slot) = found.get_mut(place)
        {
            *slot = Some(answer);
        }
    }
    Ok(found)
}

fn boundary_of(kind: &str) -> Option<String> {
    let mut pieces = kind.split(';').map(str::trim);
    if !pieces.next()?.eq_ignore_ascii_case("multipart/mixed") {
        return None;
    }
    let value = pieces.find_map(|piece| {
        let (name, value) = piece.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("boundary")
            .then_some(value)
    })?;
    let value = value.trim().trim_matches('"');
    (!value.is_empty()).then(|| value.to_owned())
}

/// What lies between the lines of the boundary.
fn parts<'a>(body: &'a [u8], boundary: &str) -> Vec<&'a [u8]> {
    let line = format!("--{boundary}");
    let line = line.as_bytes();
    let mut places = vec![];
    let mut from = 0;
    while let Some(found) = find(&body[from..], line) {
        let at = from + found;
        // Only at the beginning of a line is it one.
        if at == 0 || body[at - 1] == b'\n' {
            places.push(at);
        }
        from = at + line.len();
    }
    let pairs = places.windows(2);
    pairs
        .map(|pair| &body[pair[0] + line.len()..pair[1]])
        .collect()
}

fn find(within: &[u8], what: &[u8]) -> Option<usize> {
    within.windows(what.len()).position(|piece| piece == what)
}

/// The place and the answer in a part.
fn answer(part: &[u8]) -> Option<(usize, Whole)> {
    // The rest of the boundary's own line.
    let start = find(part, b"\n")? + 1;
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let parsed = httparse::parse_headers(&part[start..], &mut headers).ok()?;
    let httparse::Status::Complete((length, headers)) = parsed else {
        return None;
    };
    let id = headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("content-id"))?;
    let id = std::str::from_utf8(id.value).ok()?.trim();
    let place = id.trim_start_matches('<').trim_end_matches('>');
    let place = place.strip_prefix("response-").unwrap_or(place);
    let place: usize = place.parse().ok()?;
    Some((place, response(&part[start + length..])?))
}

fn response(bytes: &[u8]) -> Option<Whole> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut parsed = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(length) = parsed.parse(bytes).ok()? else {
        return None;
    };
    let status = StatusCode::from_u16(parsed.code?).ok()?;
    let mut known = HeaderMap::new();
    for header in parsed.headers.iter() {
        let name = HeaderName::from_bytes(header.name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(header.value)) {
            known.append(name, value);
        }
    }
    let body = &bytes[length..];
    let said = known.get(header::CONTENT_LENGTH);
    let said = said.and_then(|text| text.to_str().ok()?.trim().parse::<usize>().ok());
    if said.is_some_and(|said| said > body.len()) {
        // Cut off: what it said nobody knows.
        return None;
    }
    Some(Whole {
        status,
        headers: known,
        body: body.trim_ascii_end().to_vec(),
    })
}
