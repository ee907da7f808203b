//! Entity tags: store epoch + view revision, never a hash of the content.

use super::failure::Failure;
use crate::bridge::{Conditions, Tags};
use crate::model::{Epoch, ViewRevision};
use http::{HeaderMap, header};

/// Entity tags that one header may list.
const TAGS_MAX: usize = 100;

/// The entity tag of a revision, quotes included.
pub fn etag(epoch: &Epoch, revision: ViewRevision) -> String {
    format!("\"{epoch}-{revision}\"")
}

/// Reads If-Match and If-None-Match. Tags that are not of this store's life match nothing.
pub fn conditions(headers: &HeaderMap, epoch: &Epoch) -> Result<Conditions, Failure> {
    // RFC 4918 §10.4: a condition that we cannot find true must fail the request; there are no locks and no tokens here.
    if headers.contains_key("if") {
        return Err(Failure::Condition);
    }
    Ok(Conditions {
        if_match: tags(headers, &header::IF_MATCH, epoch)?,
        if_none_match: tags(headers, &header::IF_NONE_MATCH, epoch)?,
    })
}

fn tags(
    headers: &HeaderMap,
    name: &header::HeaderName,
    epoch: &Epoch,
) -> Result<Option<Tags>, Failure> {
    let mut revisions = vec![];
    let mut any_value = false;
    for value in headers.get_all(name) {
        any_value = true;
        let text = value.to_str().unwrap_or_default();
        if text.trim() == "*" {
            return Ok(Some(Tags::Any));
        }
        for tag in text.split(',') {
            if revisions.len() == TAGS_MAX {
                return Err(Failure::BadRequest(format!(
                    "{name} lists more than {TAGS_MAX} tags"
                )));
            }
            revisions.extend(revision(tag, epoch));
        }
    }
    Ok(any_value.then_some(Tags::Revisions(revisions)))
}

/// The revision of one of our tags. Bare ones come from careless clients, weak ones from behind proxies that compress and
/// weaken our tags on the way out: both can only mean the revision that they name.
fn revision(tag: &str, epoch: &Epoch) -> Option<ViewRevision> {
    let tag = tag.trim();
    let tag = tag.strip_prefix("W/").unwrap_or(tag);
    let inner = tag
        .strip_prefix('"')
        .and_then(|tag| tag.strip_suffix('"'))
        .unwrap_or(tag);
    let (life, number) = inner.rsplit_once('-')?;
    let revision: u64 = number.parse().ok()?;
    // Only the spelling that we give out: no sign, no leading zero.
    (life == epoch.as_str() && revision.to_string() == number).then_some(ViewRevision(revision))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Option<Tags> {
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_MATCH, value.parse().unwrap());
        conditions(&headers, &Epoch::new("e-1")).unwrap().if_match
    }

    #[test]
    fn tags_of_this_life_are_read_and_others_match_nothing() {
        assert_eq!(etag(&Epoch::new("e-1"), ViewRevision(7)), "\"e-1-7\"");
        assert_eq!(
            read("\"e-1-7\""),
            Some(Tags::Revisions(vec![ViewRevision(7)]))
        );
        assert_eq!(
            read("e-1-7, W/\"e-1-8\""),
            Some(Tags::Revisions(vec![ViewRevision(7), ViewRevision(8)]))
        );
        assert_eq!(read("\"old-7\", nothing"), Some(Tags::Revisions(vec![])));
        assert_eq!(read("*"), Some(Tags::Any));
        assert_eq!(
            read("\"e-1-+7\", \"e-1-07\""),
            Some(Tags::Revisions(vec![]))
        );
    }
}
