//! Any bytes: no panic, and what is accepted survives being written.

use super::*;
use proptest::prelude::*;

/// Pieces of which documents are made, so that chance gets past the first byte.
const PIECES: &[&str] = &[
    "<D:propfind xmlns:D=\"DAV:\">",
    "</D:propfind>",
    "<D:prop xmlns:D='DAV:' xmlns='urn:x'>",
    "</D:prop>",
    "<a xmlns='urn:y' xmlns:q='urn:q' q:b='&#9;&lt;' c=\"'\">",
    "</a>",
    "<b xmlns=''/>",
    "<C:calendar-query xmlns:C='urn:ietf:params:xml:ns:caldav'>",
    "</C:calendar-query>",
    "<C:filter><C:comp-filter name='VCALENDAR'>",
    "</C:comp-filter></C:filter>",
    "<C:time-range start='20261201T000000Z'/>",
    "<![CDATA[ ]] > & ]]>",
    "<!-- c -->",
    "&amp;",
    "&#13;\r\n",
    "Ж\u{308} ",
    "\u{FEFF}",
    "]]>",
    "<",
    "xmlns:z=''",
];

proptest! {
    #[test]
    fn bytes(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        fuzz_xml(&bytes);
    }

    #[test]
    fn text(text in "[<>/a:=\"'&;#x \\-!\\[\\]?\r\n]{0,80}") {
        fuzz_xml(text.as_bytes());
    }

    #[test]
    fn documents(pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..25)) {
        fuzz_xml(pieces.concat().as_bytes());
        fuzz_xml(format!("<D:propertyupdate xmlns:D='DAV:'>{}</D:propertyupdate>", pieces.concat()).as_bytes());
    }

    #[test]
    fn values(text in any::<String>(), value in any::<String>()) {
        let mut out = String::from("<a b=\"");
        crate::xml::write::escape_attr_into(&mut out, &value);
        out.push_str("\">");
        crate::xml::write::escape_text_into(&mut out, &text);
        out.push_str("</a>");
        let read = crate::xml::parse(out.as_bytes(), &crate::xml::Limits::BODY).unwrap();
        let legal = |text: &str| text.replace(|c: char| (c < ' ' && !"\t\r\n".contains(c)) || "\u{FFFE}\u{FFFF}".contains(c), "\u{FFFD}");
        prop_assert_eq!(read.text(), legal(&text));
        prop_assert_eq!(read.attribute("b").map(str::to_owned), Some(legal(&value)));
    }

    #[test]
    fn preferences(value in any::<String>()) {
        Prefer::parse([value.as_str()], Some(&value));
    }
}
