//! What is read, what is refused, and what is written.

use super::write::{element, empty_name, escape_attr_into, escape_text_into, text_element};
use super::{Element, Fault, Limits, Name, Namespace, Node, XmlError, parse};

const SMALL: Limits = Limits {
    bytes: 200,
    depth: 3,
    elements: 5,
    attributes: 4,
    text_bytes: 20,
};

fn read(text: &str) -> Element {
    parse(text.as_bytes(), &Limits::BODY).unwrap()
}

fn refused(bytes: impl AsRef<[u8]>) -> (usize, Fault) {
    let XmlError { at, fault } = parse(bytes.as_ref(), &Limits::BODY).unwrap_err();
    (at, fault)
}

fn too_much(text: &str) -> Fault {
    parse(text.as_bytes(), &SMALL).unwrap_err().fault
}

fn written(text: &str) -> String {
    let mut out = String::new();
    element(&mut out, &read(text));
    out
}

#[test]
fn a_prefix_says_nothing_and_a_namespace_says_all() {
    for text in [
        r#"<propfind xmlns="DAV:"><prop/></propfind>"#,
        r#"<D:propfind xmlns:D="DAV:"><D:prop/></D:propfind>"#,
        r#"<x:propfind xmlns:x="DAV:"><prop xmlns="DAV:"></prop></x:propfind>"#,
        "\u{FEFF}<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- hello --><propfind xmlns='DAV:'><?skip me?><prop/></propfind>\n",
    ] {
        let expected = Element {
            name: Name::dav("propfind"),
            attributes: vec![],
            children: vec![Node::Element(Element::new(Name::dav("prop")))],
        };
        assert_eq!(read(text), expected, "{text}");
    }
}

#[test]
fn the_namespaces_we_speak_have_their_own_words() {
    let root = read(
        r#"<a xmlns="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" xmlns:s="http://calendarserver.org/ns/"
              xmlns:i="http://apple.com/ns/ical/" xmlns:x="urn:advanta-bridge:ns" xmlns:o="http://example.com/?a&amp;b"
           ><b/><c:b/><s:b/><i:b/><x:b/><o:b/><b xmlns=""/></a>"#,
    );
    let found: Vec<_> = root.elements().map(|child| child.name.ns.clone()).collect();
    let expected = [
        Namespace::Dav,
        Namespace::CalDav,
        Namespace::CalendarServer,
        Namespace::AppleIcal,
        Namespace::Advanta,
        Namespace::Other("http://example.com/?a&b".into()),
        Namespace::None,
    ];
    assert_eq!(found, expected);
}

#[test]
fn text_keeps_its_whitespace_and_its_pieces_are_joined() {
    let root = read("<a> one &amp; <![CDATA[<two>]]>&#x20AC;&#13;\r\n<b>not this</b> three</a>");
    assert_eq!(root.text(), " one & <two>€\r\n three");
    assert_eq!(root.children[0], Node::Text(" one & <two>€\r\n".into()));
}

#[test]
fn attribute_values_are_unescaped_and_normalised() {
    let root = read("<a one='x &quot;y&quot;&#10;' two=\"tab\there\" xml:lang='ru'/>");
    assert_eq!(root.attribute("one"), Some("x \"y\"\n"));
    assert_eq!(root.attribute("two"), Some("tab here"));
    assert_eq!(root.attribute_of(&Namespace::Xml, "lang"), Some("ru"));
    assert_eq!(root.attribute("lang"), None);
}

#[test]
fn what_is_not_well_formed_is_refused_with_its_place() {
    let cases: &[(&str, usize, Fault)] = &[
        ("", 0, Fault::Empty),
        ("  \n", 3, Fault::Empty),
        ("<a>", 3, Fault::Unclosed),
        ("<a></b>", 3, Fault::Syntax),
        ("</a>", 0, Fault::Syntax),
        ("<a", 0, Fault::Syntax),
        ("text", 0, Fault::Outside),
        ("<a/>text", 4, Fault::Outside),
        ("<a/><b/>", 4, Fault::Outside),
        ("<a/>&amp;", 4, Fault::Outside),
        ("<![CDATA[ ]]><a/>", 0, Fault::Outside),
        ("<a>&nbsp;</a>", 3, Fault::Entity),
        ("<a>&</a>", 3, Fault::Syntax),
        ("<a b='&nbsp;'/>", 0, Fault::Entity),
        ("<a>&#0;</a>", 3, Fault::Character),
        ("<a>&#11;</a>", 3, Fault::Character),
        ("<a>\u{B}</a>", 3, Fault::Character),
        ("<a>\u{FFFF}</a>", 3, Fault::Character),
        ("<a b='&#1;'/>", 0, Fault::Character),
        ("<p:a/>", 0, Fault::Prefix),
        ("<a p:b='1'/>", 0, Fault::Prefix),
        ("<a xmlns:p=''/>", 0, Fault::Prefix),
        ("<a xmlns:xml='DAV:'/>", 0, Fault::Prefix),
        ("<a b='1' b='2'/>", 0, Fault::Attribute),
        (
            "<a xmlns:p='DAV:' xmlns:q='DAV:' p:b='1' q:b='2'/>",
            0,
            Fault::Attribute,
        ),
        ("<a b='<'/>", 0, Fault::Attribute),
        ("<a b/>", 0, Fault::Attribute),
        ("<1/>", 0, Fault::Name),
        ("<a:b:c xmlns:a='DAV:'/>", 0, Fault::Name),
        ("<a><b;/></a>", 3, Fault::Name),
        ("<a/><?xml version='1.0'?>", 4, Fault::Syntax),
        ("<a><!-- -- --></a>", 8, Fault::Syntax),
        ("<!DOCTYPE a><a/>", 0, Fault::Doctype),
        (
            "<!DOCTYPE a [<!ENTITY b \"boom\">]><a>&b;</a>",
            0,
            Fault::Doctype,
        ),
        (
            "<?xml version='1.0' encoding='koi8-r'?><a/>",
            0,
            Fault::Encoding,
        ),
    ];
    for (text, at, fault) in cases {
        assert_eq!(refused(text), (*at, *fault), "{text:?}");
    }
}

#[test]
fn bytes_that_are_not_utf_8_are_refused() {
    assert_eq!(refused(b"<a>\xFF</a>"), (3, Fault::Utf8));
    assert_eq!(refused(b"\xEF\xBB\xBF<a>\xFF</a>"), (6, Fault::Utf8));
    assert_eq!(refused(b"\xEF\xBB\xBF<a></b>"), (6, Fault::Syntax));
    assert_eq!(refused(b"\xFF\xFE<\0a\0/\0>\0"), (0, Fault::Encoding));
    assert_eq!(refused(b"\0<\0a\0/\0>"), (0, Fault::Encoding));
}

#[test]
fn every_bound_holds() {
    assert_eq!(
        too_much(&format!("<a>{}</a>", " ".repeat(200))),
        Fault::Limit("bytes")
    );
    assert_eq!(too_much("<a><a><a><a/></a></a></a>"), Fault::Limit("depth"));
    assert_eq!(
        too_much("<a><a/><a/><a/><a/><a/></a>"),
        Fault::Limit("elements")
    );
    assert_eq!(
        too_much("<a b='' c='' d='' e='' f=''/>"),
        Fault::Limit("attributes")
    );
    assert_eq!(
        too_much("<a><a>1234567890</a>12345678901</a>"),
        Fault::Limit("text")
    );
    assert_eq!(
        too_much("<a b='123456789012345678901'/>"),
        Fault::Limit("text")
    );
    let many: String = (0..300).map(|n| format!(" a{n}=''")).collect();
    assert_eq!(
        refused(format!("<a{many}/>")).1,
        Fault::Limit("attributes of one element")
    );
    let declared: String = (0..300).map(|n| format!(" xmlns:a{n}='DAV:'")).collect();
    assert_eq!(refused(format!("<a{declared}/>")).1, Fault::Prefix);
}

#[test]
fn an_error_holds_nothing_of_the_document() {
    let error = parse(b"<secret>&hidden;</secret>", &Limits::BODY).unwrap_err();
    assert_eq!(error.to_string(), "xml at byte 8: an unknown entity");
}

#[test]
fn text_is_escaped_so_that_a_parser_gives_it_back() {
    let mut out = String::new();
    escape_text_into(
        &mut out,
        "a<b>&c\r\n\t\"'\u{1}\u{7F}\u{FFFF}\u{FFFD}\u{FEFF}Ж",
    );
    assert_eq!(
        out,
        "a&lt;b&gt;&amp;c&#13;\n\t\"'\u{FFFD}\u{7F}\u{FFFD}\u{FFFD}\u{FEFF}Ж"
    );
    let mut out = String::new();
    escape_attr_into(&mut out, "a<b>&c\r\n\t\"'\u{1}Ж");
    assert_eq!(out, "a&lt;b&gt;&amp;c&#13;&#10;&#9;&quot;'\u{FFFD}Ж");
    let mut out = String::new();
    text_element(&mut out, "D:href", "/a&b");
    assert_eq!(out, "<D:href>/a&amp;b</D:href>");
}

#[test]
fn a_name_is_written_with_its_fixed_prefix_or_its_own_declaration() {
    let mut out = String::new();
    for name in [
        Name::dav("getetag"),
        Name::caldav("calendar-data"),
        Name::new(Namespace::CalendarServer, "getctag"),
        Name::new(Namespace::AppleIcal, "calendar-color"),
        Name::new(Namespace::Advanta, "refused"),
        Name::new(Namespace::None, "plain"),
        Name::new(
            Namespace::Other("http://example.com/?a&b".into()),
            "foreign",
        ),
    ] {
        empty_name(&mut out, &name);
    }
    assert_eq!(
        out,
        "<D:getetag/><C:calendar-data/><CS:getctag/><A:calendar-color/><X:refused/><plain/>\
         <foreign xmlns=\"http://example.com/?a&amp;b\"/>"
    );
}

#[test]
fn a_dead_property_is_written_as_it_was_meant() {
    assert_eq!(
        written(
            "<z:author xmlns:z='http://example.com/z' xmlns:y='urn:y' y:kind='x&quot;' xml:lang='ru'>\
             <z:name>Анна &amp; Co</z:name><plain xmlns=''>1</plain><y:other/><d:href xmlns:d='DAV:'>/</d:href></z:author>"
        ),
        "<author xmlns=\"http://example.com/z\" xmlns:n0=\"urn:y\" n0:kind=\"x&quot;\" xml:lang=\"ru\">\
         <name>Анна &amp; Co</name><plain xmlns=\"\">1</plain><other xmlns=\"urn:y\"/><D:href>/</D:href></author>"
    );
}
