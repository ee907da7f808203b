//! Validators: which version of a feed a program holds (RFC 9110 §8.8, §13).

use super::coding::Coding;
use crate::model::Timestamp;
use http::{HeaderMap, header};

/// Entity tags of one request that are looked at; the rest match nothing, which is safe.
const TAGS_MAX: usize = 100;

/// One version of a feed in one coding.
pub struct Version {
    /// The strong entity tag, quotes included.
    pub etag: String,
    /// The value of `Last-Modified`; none that would lie in the future (RFC 9110 §8.8.2.1).
    pub modified: Option<String>,
}

impl Version {
    /// `since` is when the edition was first seen.
    pub fn new(edition: &str, coding: Coding, since: Timestamp, now: Timestamp) -> Self {
        let suffix = match coding {
            Coding::Identity => "",
            Coding::Gzip => "-gzip",
        };
        Self {
            etag: format!("\"{edition}{suffix}\""),
            modified: (since <= now).then(|| since.format("%a, %d %b %Y %H:%M:%S GMT").to_string()),
        }
    }

    /// Whether the program that asks holds this very version.
    ///
    /// A date holds only if it is the very one that was given out, as with nginx: every edition of a feed has a date of its
    /// own, while "not modified since" some date of the program's own clock would be a guess.
    pub fn is_held(&self, headers: &HeaderMap) -> bool {
        if headers.contains_key(header::IF_NONE_MATCH) {
            return self.matches(headers);
        }
        let (given, ours) = (headers.get(header::IF_MODIFIED_SINCE), &self.modified);
        given
            .zip(ours.as_ref())
            .is_some_and(|(given, ours)| given.as_bytes() == ours.as_bytes())
    }

    /// RFC 9110 §13.1.2: weak comparison, for proxies that change a body also weaken its tag.
    fn matches(&self, headers: &HeaderMap) -> bool {
        let values = headers.get_all(header::IF_NONE_MATCH).iter();
        values
            .flat_map(|value| value.to_str().unwrap_or_default().split(','))
            .take(TAGS_MAX)
            .map(str::trim)
            .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == self.etag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{TimeZone as _, Utc};
    use http::{HeaderName, HeaderValue};

    fn held(headers: &[(HeaderName, &str)]) -> bool {
        let since = Utc.with_ymd_and_hms(2026, 12, 1, 9, 0, 0).unwrap();
        let headers = headers
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap()))
            .collect();
        Version::new("e-7-abc", Coding::Gzip, since, since).is_held(&headers)
    }

    #[test]
    fn a_tag_of_a_list_in_whatever_strength_names_the_version() {
        let tag = |value| held(&[(header::IF_NONE_MATCH, value)]);
        assert!(tag("\"e-7-abc-gzip\""));
        assert!(tag("\"other\", W/\"e-7-abc-gzip\""));
        assert!(tag("*"));
        assert!(!tag("\"e-7-abc\""));
        assert!(!tag("\"e-8-abc-gzip\""));
        assert!(!tag("e-7-abc-gzip"));
        assert!(!tag(""));
        let many = "\"other\",".repeat(TAGS_MAX) + "\"e-7-abc-gzip\"";
        assert!(!tag(&many));
    }

    #[test]
    fn a_date_counts_when_it_is_ours_and_no_tag_is_there() {
        let ours = "Tue, 01 Dec 2026 09:00:00 GMT";
        assert!(held(&[(header::IF_MODIFIED_SINCE, ours)]));
        let later = "Tue, 01 Dec 2026 09:00:01 GMT";
        assert!(!held(&[(header::IF_MODIFIED_SINCE, later)]));
        let both = [
            (header::IF_MODIFIED_SINCE, ours),
            (header::IF_NONE_MATCH, "\"old\""),
        ];
        assert!(!held(&both));
    }
}
