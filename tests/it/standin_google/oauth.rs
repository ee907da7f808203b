//! The OAuth doors: consent, codes, tokens, delegation, and the way back.

use super::caller::Caller;
use super::{ANNA, EVENTS, plain};
use crate::google_standin::{Consent, StandIn};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const VERIFIER: &str = "a-verifier-that-is-long-enough-for-the-standard-1234567890";
const EVENTS_SCOPE: &str = "https://www.googleapis.com/auth/calendar.events";
const LIST_SCOPE: &str = "https://www.googleapis.com/auth/calendar.calendarlist.readonly";
const REDIRECT: &str = "https://bridge.example.com/oauth/google/callback";

fn with_anna() -> StandIn {
    let google = StandIn::start(&plain());
    google.world().add_user(ANNA);
    google
}

fn client() -> reqwest::blocking::Client {
    let client = reqwest::blocking::Client::builder().no_proxy();
    let client = client.redirect(reqwest::redirect::Policy::none()).build();
    client.expect("an HTTP client")
}

fn form(pairs: &[(&str, &str)]) -> String {
    let encode = |text: &str| {
        percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    let pairs = pairs
        .iter()
        .map(|(name, value)| format!("{name}={}", encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// Sends Anna to agree; the query that she comes back with.
fn agree(google: &StandIn) -> Vec<(String, String)> {
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER.as_bytes()));
    let scope = format!("{EVENTS_SCOPE} {LIST_SCOPE}");
    let query = form(&[
        ("client_id", google.client_id()),
        ("redirect_uri", REDIRECT),
        ("response_type", "code"),
        ("scope", &scope),
        ("access_type", "offline"),
        ("prompt", "consent"),
        ("state", "state-1"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ]);
    let address = format!("{}?{query}", google.addresses().authorize);
    let said = client().get(address).send().expect("an answer");
    assert_eq!(said.status(), 302);
    let to = said.headers()["location"].to_str().expect("an address");
    let (page, query) = to.split_once('?').expect("a query");
    assert_eq!(page, REDIRECT);
    let decode = |text: &str| {
        percent_encoding::percent_decode_str(text)
            .decode_utf8_lossy()
            .into_owned()
    };
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| (name.to_owned(), decode(value)))
        .collect()
}

fn post(address: &str, pairs: &[(&str, &str)]) -> (u16, Value) {
    let request = client().post(address).body(form(pairs));
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let said = request.send().expect("an answer");
    let status = said.status().as_u16();
    let text = said.text().expect("a text");
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

fn redeem(google: &StandIn, code: &str, verifier: &str) -> (u16, Value) {
    let pairs = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", REDIRECT),
        ("code_verifier", verifier),
        ("client_id", google.client_id()),
        ("client_secret", google.client_secret()),
    ];
    post(&google.addresses().token, &pairs)
}

fn refresh(google: &StandIn, token: &str) -> (u16, Value) {
    let pairs = [
        ("grant_type", "refresh_token"),
        ("refresh_token", token),
        ("client_id", google.client_id()),
        ("client_secret", google.client_secret()),
    ];
    post(&google.addresses().token, &pairs)
}

fn get<'a>(pairs: &'a [(String, String)], name: &str) -> &'a str {
    let named = pairs.iter().find(|(known, _)| known == name);
    named.map_or("", |(_, value)| value.as_str())
}

#[test]
fn a_code_is_good_once_for_who_knows_its_verifier() {
    let google = with_anna();
    google.world().consent(ANNA, Consent::Agrees);
    let back = agree(&google);
    assert_eq!(get(&back, "state"), "state-1");
    let (status, told) = redeem(&google, get(&back, "code"), VERIFIER);
    assert_eq!(status, 200);
    let scope = format!("{EVENTS_SCOPE} {LIST_SCOPE}");
    let seen = [&told["token_type"], &told["expires_in"], &told["scope"]];
    assert_eq!(seen, [&json!("Bearer"), &json!(3600), &json!(scope)]);
    assert_eq!(
        redeem(&google, get(&back, "code"), VERIFIER).1["error"],
        "invalid_grant"
    );
    let back = agree(&google);
    let (status, told) = redeem(&google, get(&back, "code"), "another verifier");
    assert_eq!((status, &told["error"]), (400, &json!("invalid_grant")));
}

#[test]
fn a_person_may_refuse_or_untick_a_scope() {
    let google = with_anna();
    google.world().consent(ANNA, Consent::Refuses);
    let back = agree(&google);
    assert_eq!(
        (get(&back, "error"), get(&back, "code")),
        ("access_denied", "")
    );
    google
        .world()
        .consent(ANNA, Consent::Unticks(EVENTS_SCOPE.to_owned()));
    let back = agree(&google);
    let (_, told) = redeem(&google, get(&back, "code"), VERIFIER);
    assert_eq!(told["scope"], LIST_SCOPE);
    let caller = Caller::with(&google, told["access_token"].as_str().expect("a token"));
    assert_eq!(caller.get("users/me/calendarList").0, 200);
    let (status, told) = caller.get(EVENTS);
    let reason = &told["error"]["errors"][0]["reason"];
    assert_eq!((status, reason), (403, &json!("insufficientPermissions")));
}

#[test]
fn an_access_token_lives_an_hour_and_a_refresh_token_until_it_is_revoked() {
    let google = with_anna();
    let caller = Caller::of(&google, ANNA);
    assert_eq!(caller.get(EVENTS).0, 200);
    google.world().advance(chrono::Duration::hours(1));
    assert_eq!(caller.get(EVENTS).0, 401);
    let grant = google.world().grant(ANNA);
    let (status, told) = refresh(&google, &grant.refresh);
    assert_eq!((status, &told["refresh_token"]), (200, &Value::Null));
    let caller = Caller::with(&google, told["access_token"].as_str().expect("a token"));
    assert_eq!(caller.get(EVENTS).0, 200);
    assert_eq!(
        post(&google.addresses().revoke, &[("token", &grant.refresh)]).0,
        200
    );
    assert_eq!(caller.get(EVENTS).0, 401);
    let (status, told) = refresh(&google, &grant.refresh);
    assert_eq!((status, &told["error"]), (400, &json!("invalid_grant")));
    let grant = google.world().grant(ANNA);
    google.world().revoke_all(ANNA);
    assert_eq!(refresh(&google, &grant.refresh).0, 400);
    assert_eq!(google.world().grants(ANNA), 0);
}

#[test]
fn a_service_account_enters_for_a_user_with_a_signed_claim_of_an_hour() {
    let google = with_anna();
    let key: Value = serde_json::from_str(&google.service_account_json()).expect("JSON");
    let pem = key["private_key"].as_str().expect("a key");
    let pem = EncodingKey::from_rsa_pem(pem.as_bytes()).expect("a key");
    let now = google.world().now().timestamp();
    let ask = |change: Value| {
        let mut claims = json!({
            "iss": key["client_email"], "sub": ANNA, "aud": key["token_uri"],
            "scope": EVENTS_SCOPE, "iat": now, "exp": now + 3600,
        });
        let fields = claims.as_object_mut().expect("claims");
        fields.extend(change.as_object().cloned().unwrap_or_default());
        let signed = jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &pem);
        let signed = signed.expect("a signature");
        let grant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
        post(
            &google.addresses().token,
            &[("grant_type", grant), ("assertion", &signed)],
        )
    };
    let (status, told) = ask(json!({}));
    assert_eq!((status, &told["refresh_token"]), (200, &Value::Null));
    let caller = Caller::with(&google, told["access_token"].as_str().expect("a token"));
    assert_eq!(caller.get(EVENTS).0, 200);
    for wrong in [
        json!({ "iss": "somebody@example.com" }),
        json!({ "aud": "https://example.com" }),
        json!({ "sub": "nobody@example.com" }),
        json!({ "exp": now + 3601 }),
        json!({ "exp": now - 1, "iat": now - 3000 }),
    ] {
        assert_eq!(ask(wrong.clone()).0, 400, "{wrong}");
    }
    google.world().oauth.delegated_scopes = vec![LIST_SCOPE.to_owned()];
    assert_eq!(ask(json!({})).1["error"], "unauthorized_client");
}

#[test]
fn a_question_for_consent_without_its_safeguards_is_caught() {
    let google = with_anna();
    google.world().consent(ANNA, Consent::Agrees);
    let query = form(&[
        ("client_id", google.client_id()),
        ("redirect_uri", REDIRECT),
        ("response_type", "code"),
        ("scope", EVENTS_SCOPE),
        ("access_type", "offline"),
        ("state", "state-1"),
    ]);
    let address = format!("{}?{query}", google.addresses().authorize);
    assert_eq!(
        client().get(address).send().expect("an answer").status(),
        400
    );
    let expected = ["Authorize: code_challenge is wrong or missing"];
    assert_eq!(google.world().take_violations(), expected);
}
