//! A service account acts for an account of its domain.

use super::super::{Credentials, TokenError, Tokens};
use super::samples::{HeldClock, TEST_KEY_PUBLIC, delegated, oauth, token, who};
use super::server::{Server, json, refusal};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};

async fn asked(server: &Server, who: &Credentials) -> Result<String, TokenError> {
    let tokens = Tokens::new(HeldClock::at("2026-11-01T10:00:00Z"));
    let (oauth, grant) = (oauth(server), delegated());
    let access = tokens.access(&oauth, who, ("s-1", &grant));
    Ok(access.await?.token.secret().clone())
}

/// Header and claims of what was sent, if the test key signed them.
fn signed(line: &str) -> (Value, Value) {
    let start = "POST /token grant%5Ftype=urn%3Aietf%3Aparams%3Aoauth%3Agrant%2Dtype%3Ajwt%2Dbearer&assertion=";
    let encoded = line.strip_prefix(start).unwrap();
    let assertion = percent_encoding::percent_decode_str(encoded).decode_utf8();
    let key = DecodingKey::from_rsa_pem(TEST_KEY_PUBLIC).unwrap();
    let mut validation = Validation::new(Algorithm::RS256);
    validation.validate_exp = false;
    validation.validate_aud = false;
    let decoded = jsonwebtoken::decode::<Value>(&*assertion.unwrap(), &key, &validation).unwrap();
    let header = serde_json::to_value(decoded.header).unwrap();
    (header, decoded.claims)
}

#[tokio::test]
async fn claims_of_an_hour_are_signed_for_the_configured_address() {
    let server = Server::start([json(200, &token("access-1", 3599))]).await;
    assert_eq!(asked(&server, &who()).await, Ok("access-1".to_owned()));
    let (header, claims) = signed(&server.seen()[0]);
    assert_eq!(
        header,
        json!({"typ": "JWT", "alg": "RS256", "kid": "key-1"})
    );
    assert_eq!(
        claims,
        json!({
            "iss": "bridge@project.example.com",
            "scope": super::samples::BOTH_SCOPES,
            "aud": format!("http://{}/token", server.address),
            "sub": "anna@example.com",
            "iat": 1_793_527_200,
            "exp": 1_793_530_800,
        })
    );
}

#[tokio::test]
async fn a_refusal_is_the_accounts_or_the_administrators() {
    let not_set_up = |why: &str| TokenError::NotSetUp(why.to_owned());
    for (status, error, words, expected) in [
        (
            400,
            "invalid_grant",
            "Invalid email or User ID",
            TokenError::Denied("Invalid email or User ID".to_owned()),
        ),
        // The key was deleted, or our clock is wrong: no person can do anything about it.
        (
            400,
            "invalid_grant",
            "Invalid JWT Signature.",
            not_set_up(
                "look at the service account, its key and the clock: Google answered invalid_grant (Invalid JWT Signature.)",
            ),
        ),
        (
            401,
            "unauthorized_client",
            "Client is unauthorized.",
            not_set_up(
                "look at the service account's domain-wide delegation and its two scopes: Google answered unauthorized_client (Client is unauthorized.)",
            ),
        ),
        (
            401,
            "invalid_client",
            "Not found.",
            not_set_up(
                "look at the service account's key file: Google answered invalid_client (Not found.)",
            ),
        ),
    ] {
        let server = Server::start([refusal(status, error, words)]).await;
        assert_eq!(asked(&server, &who()).await, Err(expected), "{words}");
    }
}

#[tokio::test]
async fn nothing_is_asked_without_a_service_account_or_with_a_key_that_signs_nothing() {
    let server = Server::start([json(200, &token("access-1", 3599))]).await;
    let mut who = who();
    let mut hollow = who.service_account.take();
    let missing = TokenError::NotSetUp("no service account is set".to_owned());
    assert_eq!(asked(&server, &who).await, Err(missing));
    if let Some(account) = &mut hollow {
        account.key = jsonwebtoken::EncodingKey::from_rsa_der(b"no key");
    }
    who.service_account = hollow;
    let broken = TokenError::NotSetUp("the key file: private_key signs nothing".to_owned());
    assert_eq!(asked(&server, &who).await, Err(broken));
    assert_eq!(server.seen(), Vec::<String>::new());
}

#[tokio::test]
async fn an_answer_without_a_token_is_no_refusal() {
    for answer in [json!({}), json!([]), json!({"access_token": null})] {
        let server = Server::start([json(200, &answer)]).await;
        let expected = TokenError::Transient("no token in the answer".to_owned());
        assert_eq!(asked(&server, &who()).await, Err(expected));
    }
}
