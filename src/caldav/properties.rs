//! Properties of everything but members.

use super::elements::{Collation, PropertyName, Propfind};
use super::target::{Hrefs, Target};
use crate::bridge::Bridge;
use crate::model::{Collection, Language, Used, User};
use crate::xml::write::{escape_text_into, text_element};
use crate::xml::{Namespace, write};

/// What a person may do with a member. An edit that the rules forbid is undone, not locked away: alarms and colours of
/// every member are the person's own.
pub const MEMBER_PRIVILEGES: &str = "<D:current-user-privilege-set>\
<D:privilege><D:read/></D:privilege><D:privilege><D:write-content/></D:privilege>\
<D:privilege><D:read-current-user-privilege-set/></D:privilege></D:current-user-privilege-set>";

const COLLECTION_PRIVILEGES: &str = "<D:privilege><D:read/></D:privilege><D:privilege><D:write/></D:privilege>\
<D:privilege><D:write-content/></D:privilege><D:privilege><D:write-properties/></D:privilege>\
<D:privilege><D:bind/></D:privilege><D:privilege><D:unbind/></D:privilege>\
<D:privilege><D:read-current-user-privilege-set/></D:privilege>";

const READ_PRIVILEGES: &str = "<D:privilege><D:read/></D:privilege>\
<D:privilege><D:read-current-user-privilege-set/></D:privilege>";

const REPORTS: &str = "<D:supported-report><D:report><C:calendar-query/></D:report></D:supported-report>\
<D:supported-report><D:report><C:calendar-multiget/></D:report></D:supported-report>\
<D:supported-report><D:report><D:sync-collection/></D:report></D:supported-report>";

/// A property that holds one href.
pub fn href_property(name: &str, href: &str) -> String {
    format!("<D:{name}><D:href>{href}</D:href></D:{name}>")
}

/// What is known of a resource when its properties are asked.
pub struct Subject<'a> {
    /// What it is; never a member.
    pub target: &'a Target,
    /// The caller.
    pub user: &'a User,
    /// The collection's state, when it is one.
    pub collection: Option<&'a Collection>,
    /// For limits and zone.
    pub bridge: &'a Bridge,
    /// `CALDAV:max-resource-size`.
    pub resource_bytes_max: usize,
    /// What the caller has stored, when a property asks for it.
    pub used: Option<Used>,
}

/// All names that a resource of this kind has, in a fixed order.
const NAMES: &[(Namespace, &str)] = &[
    (Namespace::Dav, "resourcetype"),
    (Namespace::Dav, "displayname"),
    (Namespace::Dav, "owner"),
    (Namespace::Dav, "current-user-principal"),
    (Namespace::Dav, "current-user-privilege-set"),
    (Namespace::Dav, "principal-collection-set"),
    (Namespace::Dav, "principal-URL"),
    (Namespace::Dav, "supported-report-set"),
    (Namespace::Dav, "getcontenttype"),
    (Namespace::Dav, "sync-token"),
    (Namespace::Dav, "quota-available-bytes"),
    (Namespace::Dav, "quota-used-bytes"),
    (Namespace::CalendarServer, "getctag"),
    (Namespace::CalDav, "calendar-home-set"),
    (Namespace::CalDav, "calendar-user-address-set"),
    (Namespace::CalDav, "calendar-user-type"),
    (Namespace::CalDav, "calendar-description"),
    (Namespace::CalDav, "calendar-timezone"),
    (Namespace::CalDav, "supported-calendar-component-set"),
    (Namespace::CalDav, "supported-calendar-data"),
    (Namespace::CalDav, "supported-collation-set"),
    (Namespace::CalDav, "max-resource-size"),
    (Namespace::AppleIcal, "calendar-color"),
    (Namespace::AppleIcal, "calendar-order"),
];

/// Whether a property of this name is one that we compute or keep.
pub fn is_known(name: &PropertyName) -> bool {
    NAMES.iter().any(|(ns, local)| name.is(ns, local))
}

/// Names that `allprop` gives: those of RFC 4918 §15; RFC 4791 and 6578 ask that theirs be named.
const ALLPROP: &[&str] = &["resourcetype", "displayname", "getcontenttype"];

impl Subject<'_> {
    /// Appends the `propstat` elements of a wish.
    pub fn propstats(&self, out: &mut String, wish: &Propfind, minimal: bool) {
        let (mut found, mut missing) = (String::new(), String::new());
        match wish {
            Propfind::Prop(names) => names
                .iter()
                .for_each(|name| self.add(&mut found, &mut missing, name)),
            Propfind::AllProp { include } => {
                for name in ALLPROP {
                    self.value(&mut found, &PropertyName::dav(name));
                }
                include
                    .iter()
                    .for_each(|name| self.add(&mut found, &mut missing, name));
            }
            Propfind::PropName => {
                for (ns, local) in NAMES {
                    let name = PropertyName::new(ns.clone(), local);
                    if self.value(&mut String::new(), &name) {
                        write::empty_name(&mut found, &name);
                    }
                }
            }
        }
        if !found.is_empty() || minimal || missing.is_empty() {
            propstat(out, &found, "200 OK");
        }
        if !missing.is_empty() && !minimal {
            propstat(out, &missing, "404 Not Found");
        }
    }

    fn add(&self, found: &mut String, missing: &mut String, name: &PropertyName) {
        if !self.value(found, name) {
            write::empty_name(missing, name);
        }
    }

    /// Appends one property with its value; `false` when this resource has none of that name.
    fn value(&self, out: &mut String, name: &PropertyName) -> bool {
        match (&name.ns, &*name.local) {
            (Namespace::Dav, local) => self.dav(out, local),
            (Namespace::CalDav, local) => self.caldav(out, local),
            (Namespace::CalendarServer, "getctag") => self.with_collection(|collection| {
                text_element(
                    out,
                    "CS:getctag",
                    &format!("{}-{}", self.bridge.epoch(), collection.change),
                );
            }),
            (Namespace::AppleIcal, "calendar-color") => {
                self.own(out, "A:calendar-color", |it| it.color.as_deref())
            }
            (Namespace::AppleIcal, "calendar-order") => {
                self.own(out, "A:calendar-order", |it| it.order.as_deref())
            }
            _ => false,
        }
    }

    fn dav(&self, out: &mut String, local: &str) -> bool {
        let principal = Hrefs::principal(&self.user.id);
        match local {
            "resourcetype" => out.push_str(self.resourcetype()),
            "displayname" => text_element(out, "D:displayname", &self.displayname()),
            "current-user-principal" => out.push_str(&href_property(local, &principal)),
            "principal-collection-set" => out.push_str(&href_property(local, "/dav/principals/")),
            "owner" if self.is_own() => out.push_str(&href_property(local, &principal)),
            "principal-URL" if *self.target == Target::Principal => {
                out.push_str(&href_property(local, &principal))
            }
            "current-user-privilege-set" => {
                let privileges = if self.collection.is_some() {
                    COLLECTION_PRIVILEGES
                } else {
                    READ_PRIVILEGES
                };
                element(out, "D:current-user-privilege-set", privileges);
            }
            "supported-report-set" => {
                element(
                    out,
                    "D:supported-report-set",
                    if self.collection.is_some() {
                        REPORTS
                    } else {
                        ""
                    },
                );
            }
            "getcontenttype" if self.collection.is_some() => {
                text_element(out, "D:getcontenttype", "httpd/unix-directory");
            }
            "quota-available-bytes" => {
                return self.with_used(|used| {
                    let bytes = self.bridge.limits().quota.available(used);
                    text_element(out, "D:quota-available-bytes", &bytes.to_string());
                });
            }
            "quota-used-bytes" => {
                return self.with_used(|used| {
                    text_element(out, "D:quota-used-bytes", &used.bytes.to_string());
                });
            }
            "sync-token" => {
                return self.with_collection(|collection| {
                    let token = super::sync::Token::of(&self.bridge.epoch(), collection);
                    text_element(out, "D:sync-token", &token.to_string());
                });
            }
            _ => return false,
        }
        true
    }

    fn caldav(&self, out: &mut String, local: &str) -> bool {
        let principal = *self.target == Target::Principal;
        let calendar = self.collection.is_some();
        match local {
            // Clients ask for it at the root and at the home as well; it is the caller's wherever they ask.
            "calendar-home-set" => element(
                out,
                "C:calendar-home-set",
                &format!("<D:href>{}</D:href>", Hrefs::home(&self.user.id)),
            ),
            "calendar-user-address-set" if principal => {
                let mut hrefs = String::new();
                if let Some(email) = &self.user.email {
                    text_element(&mut hrefs, "D:href", &format!("mailto:{email}"));
                }
                text_element(&mut hrefs, "D:href", &Hrefs::principal(&self.user.id));
                element(out, "C:calendar-user-address-set", &hrefs);
            }
            "calendar-user-type" if principal => {
                text_element(out, "C:calendar-user-type", "INDIVIDUAL")
            }
            "calendar-description" => {
                return self.own(out, "C:calendar-description", |it| {
                    it.description.as_deref()
                });
            }
            "calendar-timezone" => {
                return self.own(out, "C:calendar-timezone", |it| it.timezone.as_deref());
            }
            "supported-calendar-component-set" if calendar => {
                element(
                    out,
                    "C:supported-calendar-component-set",
                    "<C:comp name=\"VEVENT\"/>",
                );
            }
            "supported-calendar-data" if calendar => {
                let data = "<C:calendar-data content-type=\"text/calendar\" version=\"2.0\"/>";
                element(out, "C:supported-calendar-data", data);
            }
            "supported-collation-set" if calendar => {
                let mut all = String::new();
                for collation in Collation::ALL {
                    text_element(&mut all, "C:supported-collation", collation.identifier());
                }
                element(out, "C:supported-collation-set", &all);
            }
            "max-resource-size" if calendar => {
                text_element(
                    out,
                    "C:max-resource-size",
                    &self.resource_bytes_max.to_string(),
                );
            }
            _ => return false,
        }
        true
    }

    fn resourcetype(&self) -> &'static str {
        match self.target {
            Target::Principal => "<D:resourcetype><D:principal/><D:collection/></D:resourcetype>",
            Target::Collection => "<D:resourcetype><D:collection/><C:calendar/></D:resourcetype>",
            Target::Root | Target::Principals | Target::Calendars | Target::Home => {
                "<D:resourcetype><D:collection/></D:resourcetype>"
            }
            Target::Member(_) => "<D:resourcetype/>",
        }
    }

    fn displayname(&self) -> String {
        let own = self
            .collection
            .and_then(|collection| collection.properties.name.clone());
        let default = match self.target {
            Target::Principal | Target::Home => self.user.name.clone(),
            Target::Collection => match self.user.language {
                Language::Russian => "АДВАНТА".to_owned(),
                Language::English => "ADVANTA".to_owned(),
            },
            Target::Root | Target::Principals | Target::Calendars | Target::Member(_) => {
                "ADVANTA".to_owned()
            }
        };
        own.unwrap_or(default)
    }

    /// Whether the resource is of one person.
    fn is_own(&self) -> bool {
        matches!(
            self.target,
            Target::Principal | Target::Home | Target::Collection
        )
    }

    /// For the home and the collection in it (RFC 4331 §3).
    fn with_used(&self, write: impl FnOnce(Used)) -> bool {
        let stores = matches!(self.target, Target::Home | Target::Collection);
        self.used.filter(|_| stores).map(write).is_some()
    }

    fn with_collection(&self, write: impl FnOnce(&Collection)) -> bool {
        self.collection.map(write).is_some()
    }

    fn own(
        &self,
        out: &mut String,
        name: &str,
        get: impl Fn(&crate::model::Properties) -> Option<&str>,
    ) -> bool {
        let value = self
            .collection
            .and_then(|collection| get(&collection.properties));
        value.map(|value| text_element(out, name, value)).is_some()
    }
}

/// Appends one `propstat` around properties that are already XML.
pub fn propstat(out: &mut String, properties: &str, status: &str) {
    out.push_str("<D:propstat><D:prop>");
    out.push_str(properties);
    out.push_str("</D:prop><D:status>HTTP/1.1 ");
    escape_text_into(out, status);
    out.push_str("</D:status></D:propstat>");
}

fn element(out: &mut String, name: &str, content: &str) {
    write::start(out, name);
    out.push_str(content);
    write::end(out, name);
}
