//! Who is let in.

use super::caller::Caller;
use super::with_a_task;
use crate::advanta_standin::{Admission, Certificates, StandIn};
use serde_json::{Value, json};

#[test]
fn a_wrong_token_is_401_and_a_wrong_address_a_bare_404() {
    let (advanta, caller, task) = with_a_task();
    advanta.world().token = "another".to_owned();
    let denied = json!({ "type": "urn:advanta-bridge:problem:unauthorized", "title": "The token is not accepted", "status": 401 });
    assert_eq!(caller.get(&format!("/objects/{task}")), (401, denied));
    let lost = Caller::new(&advanta.wrong_url(), advanta.token());
    assert_eq!(lost.get(&format!("/objects/{task}")), (404, Value::Null));
}

#[test]
fn behind_tls_a_certificate_lets_in_alone_or_with_the_token() {
    let advanta = StandIn::start_with_certificates(1);
    let known = advanta.certificates().cloned().unwrap();
    let elsewhere = StandIn::start_with_certificates(2);
    let foreign = elsewhere.certificates().unwrap();
    let status = |token: &str, shown: Option<&Certificates>| {
        let identity = shown.map(|shown| format!("{}{}", shown.certificate, shown.key));
        let caller = Caller::over_tls(&advanta.url(), token, &known.authority, identity);
        caller
            .call("GET", "/changes", None)
            .map(|(status, _)| status)
    };
    assert_eq!(status("wrong", Some(&known)), Some(200));
    assert_eq!(status(advanta.token(), None), Some(401));
    assert_eq!(status(advanta.token(), Some(foreign)), None);
    advanta.world().admission = Admission::Both;
    assert_eq!(status("wrong", Some(&known)), Some(401));
    assert_eq!(status(advanta.token(), None), Some(401));
    assert_eq!(status(advanta.token(), Some(&known)), Some(200));
}
