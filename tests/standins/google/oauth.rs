//! The OAuth doors: where people agree, where tokens are given, where consent is given back.

use super::answer::Answer;
use super::calls::pairs;
use super::troubles::Op;
use super::world::World;
use super::{CLIENT_ID, CLIENT_SECRET, SERVICE_ACCOUNT};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, Duration, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

const JWT_GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// The two scopes that suffice for everything the bridge does.
pub const SCOPES: [&str; 2] = [
    "https://www.googleapis.com/auth/calendar.events",
    "https://www.googleapis.com/auth/calendar.calendarlist.readonly",
];

/// What the person at the browser does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Consent {
    /// Agrees to everything.
    Agrees,
    /// Refuses.
    Refuses,
    /// Agrees to all but this scope.
    Unticks(String),
}

/// Tokens for a test's own use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// For the next hour of the stand-in.
    pub access: String,
    /// For the next ones.
    pub refresh: String,
}

/// A code that was given and not yet redeemed.
#[derive(Clone, Debug)]
struct Code {
    user: String,
    scopes: Vec<String>,
    redirect: String,
    challenge: String,
    is_offline: bool,
}

/// What a token opens.
#[derive(Clone, Debug)]
struct Opened {
    user: String,
    scopes: Vec<String>,
    expires: Option<DateTime<Utc>>,
    /// The refresh token that it came from; empty: none.
    from: String,
}

/// Who agreed to what.
#[derive(Debug, Default)]
pub struct OAuth {
    browser: Option<(String, Consent)>,
    codes: BTreeMap<String, Code>,
    access: BTreeMap<String, Opened>,
    refresh: BTreeMap<String, Opened>,
    agreed: BTreeSet<String>,
    /// Whose accounts the service account may enter; empty: everybody's.
    pub delegated: BTreeSet<String>,
    /// Scopes that the domain's administrator allowed; empty: all.
    pub delegated_scopes: Vec<String>,
}

type Form = Vec<(String, String)>;

fn get<'a>(form: &'a Form, name: &str) -> &'a str {
    let named = form.iter().find(|(known, _)| known == name);
    named.map_or("", |(_, value)| value.as_str())
}

impl World {
    /// Who sits at the browser from now on, and what they do when asked to agree.
    pub fn consent(&mut self, email: &str, consent: Consent) {
        self.oauth.browser = Some((email.to_owned(), consent));
    }

    /// Tokens of a user as if they had agreed to everything.
    pub fn grant(&mut self, email: &str) -> Grant {
        let scopes: Vec<_> = SCOPES.map(str::to_owned).to_vec();
        let refresh = self.give_refresh(email, &scopes);
        let access = self.give_access(email, &scopes, &refresh);
        Grant { access, refresh }
    }

    /// Takes back all that a user agreed to, as on Google's page of the account.
    pub fn revoke_all(&mut self, email: &str) {
        self.oauth.refresh.retain(|_, opened| opened.user != email);
        self.oauth.access.retain(|_, opened| opened.user != email);
        self.oauth.agreed.remove(email);
    }

    /// How many refresh tokens of a user are good.
    pub fn grants(&self, email: &str) -> usize {
        let all = self.oauth.refresh.values();
        all.filter(|opened| opened.user == email).count()
    }

    pub(super) fn user_of(&self, bearer: Option<&str>) -> Option<String> {
        self.opened(bearer).map(|opened| opened.user.clone())
    }

    pub(super) fn opens(&self, bearer: Option<&str>, op: Op) -> bool {
        let scopes = self.opened(bearer).map(|opened| &opened.scopes);
        let contract = self.contract.as_ref();
        scopes.is_some_and(|scopes| contract.is_none_or(|known| known.opens(op, scopes)))
    }

    /// Whether an address has a token of somebody in it.
    pub(super) fn has_token(&self, address: &str) -> bool {
        let mut all = self.oauth.access.keys().chain(self.oauth.refresh.keys());
        all.any(|token| address.contains(token.as_str()))
    }

    fn opened(&self, bearer: Option<&str>) -> Option<&Opened> {
        let opened = self.oauth.access.get(bearer?)?;
        let lives = opened.expires.is_none_or(|end| end > self.now());
        lives.then_some(opened)
    }

    fn give_refresh(&mut self, user: &str, scopes: &[String]) -> String {
        let token = format!("1//refresh-{}-for-tests", self.serial());
        let opened = Opened {
            user: user.to_owned(),
            scopes: scopes.to_vec(),
            expires: None,
            from: String::new(),
        };
        self.oauth.refresh.insert(token.clone(), opened);
        token
    }

    fn give_access(&mut self, user: &str, scopes: &[String], from: &str) -> String {
        let token = format!("ya29.access-{}-for-tests", self.serial());
        let opened = Opened {
            user: user.to_owned(),
            scopes: scopes.to_vec(),
            expires: Some(self.now() + self.switches.token_life),
            from: from.to_owned(),
        };
        self.oauth.access.insert(token.clone(), opened);
        token
    }
}

/// The page where people agree.
pub fn authorize(world: &mut World, query: &str) -> Answer {
    let form = pairs(query);
    let faults = [
        (get(&form, "client_id") != CLIENT_ID, "client_id"),
        (get(&form, "response_type") != "code", "response_type"),
        (
            !get(&form, "redirect_uri").starts_with("http"),
            "redirect_uri",
        ),
        (get(&form, "scope").is_empty(), "scope"),
        (get(&form, "state").is_empty(), "state"),
        (get(&form, "code_challenge").len() != 43, "code_challenge"),
        (
            get(&form, "code_challenge_method") != "S256",
            "code_challenge_method",
        ),
        (get(&form, "access_type") != "offline", "access_type"),
    ];
    let faults: Vec<_> = faults.iter().filter(|(is_wrong, _)| *is_wrong).collect();
    if let Some((_, name)) = faults.first() {
        world.violate(format!("Authorize: {name} is wrong or missing"));
        return Answer::oauth(400, "invalid_request", name);
    }
    let Some((user, consent)) = world.oauth.browser.clone() else {
        return Answer::oauth(400, "invalid_request", "nobody sits at the browser");
    };
    let back = match consent {
        Consent::Refuses => vec![("error", "access_denied".to_owned())],
        Consent::Agrees => agreed(world, &form, &user, None),
        Consent::Unticks(scope) => agreed(world, &form, &user, Some(&scope)),
    };
    redirect(&form, back)
}

fn agreed(
    world: &mut World,
    form: &Form,
    user: &str,
    without: Option<&str>,
) -> Vec<(&'static str, String)> {
    let wanted = get(form, "scope").split_whitespace();
    let scopes = wanted.filter(|scope| Some(*scope) != without);
    let scopes: Vec<_> = scopes.map(str::to_owned).collect();
    let is_new = world.oauth.agreed.insert(user.to_owned());
    let code = format!("4/code-{}-for-tests", world.serial());
    let given = Code {
        user: user.to_owned(),
        scopes: scopes.clone(),
        redirect: get(form, "redirect_uri").to_owned(),
        challenge: get(form, "code_challenge").to_owned(),
        is_offline: is_new || get(form, "prompt").contains("consent"),
    };
    world.oauth.codes.insert(code.clone(), given);
    vec![("code", code), ("scope", scopes.join(" "))]
}

fn redirect(form: &Form, mut back: Vec<(&'static str, String)>) -> Answer {
    back.push(("state", get(form, "state").to_owned()));
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let pairs = back
        .iter()
        .map(|(name, value)| format!("{name}={}", encode(value)));
    let pairs: Vec<_> = pairs.collect();
    let to = get(form, "redirect_uri");
    let joint = if to.contains('?') { '&' } else { '?' };
    Answer {
        status: 302,
        headers: vec![("location", format!("{to}{joint}{}", pairs.join("&")))],
        body: None,
    }
}

/// Where tokens are given.
pub fn token(world: &mut World, authorization: Option<&str>, body: &str) -> Answer {
    let form = pairs(body);
    let grant = get(&form, "grant_type");
    if grant == JWT_GRANT {
        return delegated(world, get(&form, "assertion"));
    }
    if !is_client(authorization, &form) {
        return Answer::oauth(401, "invalid_client", "The OAuth client was not found.");
    }
    match grant {
        "authorization_code" => redeemed(world, &form),
        "refresh_token" => refreshed(world, &form),
        _ => Answer::oauth(400, "unsupported_grant_type", "Invalid grant_type"),
    }
}

/// The client shows its secret in a header or in the form.
fn is_client(authorization: Option<&str>, form: &Form) -> bool {
    let basic = authorization.and_then(|text| text.strip_prefix("Basic "));
    let basic = basic.and_then(|text| STANDARD.decode(text).ok());
    let basic = basic.and_then(|text| String::from_utf8(text).ok());
    let shown = match &basic {
        Some(text) => pairs(&text.replacen(':', "=", 1)).pop().unwrap_or_default(),
        None => (
            get(form, "client_id").to_owned(),
            get(form, "client_secret").to_owned(),
        ),
    };
    shown == (CLIENT_ID.to_owned(), CLIENT_SECRET.to_owned())
}

fn redeemed(world: &mut World, form: &Form) -> Answer {
    // A code is good once, also when it is shown wrongly.
    let Some(code) = world.oauth.codes.remove(get(form, "code")) else {
        return bad_grant("Malformed auth code.");
    };
    let verifier = get(form, "code_verifier");
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
    if challenge != code.challenge {
        return bad_grant("Invalid code verifier.");
    }
    if get(form, "redirect_uri") != code.redirect {
        return Answer::oauth(400, "redirect_uri_mismatch", "Bad Request");
    }
    let refresh = if code.is_offline {
        Some(world.give_refresh(&code.user, &code.scopes))
    } else {
        None
    };
    let from = refresh.clone().unwrap_or_default();
    let access = world.give_access(&code.user, &code.scopes, &from);
    given(world, &access, refresh, &code.scopes)
}

fn refreshed(world: &mut World, form: &Form) -> Answer {
    let token = get(form, "refresh_token").to_owned();
    let Some(opened) = world.oauth.refresh.get(&token).cloned() else {
        return bad_grant("Token has been expired or revoked.");
    };
    let access = world.give_access(&opened.user, &opened.scopes, &token);
    given(world, &access, None, &opened.scopes)
}

/// Domain-wide delegation: a signed claim instead of a person's word.
fn delegated(world: &mut World, assertion: &str) -> Answer {
    let claims = match claims(assertion) {
        Ok(claims) => claims,
        Err(why) => return bad_grant(why),
    };
    let number = |name: &str| claims[name].as_i64().unwrap_or_default();
    let now = world.now().timestamp();
    let audience = format!("{}/token", world.root);
    if claims["iss"] != SERVICE_ACCOUNT || claims["aud"] != audience {
        return bad_grant("Invalid JWT: iss or aud");
    }
    let lives = number("exp") - number("iat");
    if number("exp") <= now || number("iat") > now + 60 || !(1..=3600).contains(&lives) {
        return bad_grant("Invalid JWT: Token must be a short-lived token (60 minutes)");
    }
    let user = claims["sub"].as_str().unwrap_or(SERVICE_ACCOUNT).to_owned();
    let may = world.oauth.delegated.is_empty() || world.oauth.delegated.contains(&user);
    if !world.users().contains_key(&user) {
        return bad_grant("Invalid email or User ID");
    }
    let scopes = claims["scope"].as_str().unwrap_or_default();
    let scopes: Vec<_> = scopes.split_whitespace().map(str::to_owned).collect();
    let allowed = &world.oauth.delegated_scopes;
    let known = allowed.is_empty() || scopes.iter().all(|scope| allowed.contains(scope));
    if !may || !known || scopes.is_empty() {
        let why = "Client is unauthorized to retrieve access tokens using this method.";
        return Answer::oauth(401, "unauthorized_client", why);
    }
    let access = world.give_access(&user, &scopes, "");
    given(world, &access, None, &scopes)
}

/// The claims, if the service account signed them. Times are judged by the stand-in's own clock.
fn claims(assertion: &str) -> Result<Value, &'static str> {
    let key = DecodingKey::from_rsa_pem(include_bytes!("service_account.pub.pem"))
        .map_err(|_| "no key")?;
    let mut validation = Validation::new(Algorithm::RS256);
    validation.validate_exp = false;
    validation.validate_aud = false;
    let decoded = jsonwebtoken::decode::<Value>(assertion, &key, &validation);
    decoded
        .map(|decoded| decoded.claims)
        .map_err(|_| "Invalid JWT Signature.")
}

fn given(world: &World, access: &str, refresh: Option<String>, scopes: &[String]) -> Answer {
    let mut body = json!({
        "access_token": access,
        "expires_in": world.switches.token_life.num_seconds().min(Duration::days(1).num_seconds()),
        "scope": scopes.join(" "),
        "token_type": "Bearer",
    });
    if let Some(refresh) = refresh {
        body["refresh_token"] = json!(refresh);
    }
    Answer::json(body)
}

fn bad_grant(why: &str) -> Answer {
    Answer::oauth(400, "invalid_grant", why)
}

/// Where consent is given back, by either kind of token.
pub fn revoke(world: &mut World, body: &str) -> Answer {
    let form = pairs(body);
    let token = get(&form, "token").to_owned();
    let from = world
        .oauth
        .access
        .get(&token)
        .map(|opened| opened.from.clone());
    let refresh = from
        .filter(|from| !from.is_empty())
        .unwrap_or_else(|| token.clone());
    let was_access = world.oauth.access.remove(&token).is_some();
    let gone = world.oauth.refresh.remove(&refresh);
    world
        .oauth
        .access
        .retain(|_, opened| opened.from != refresh);
    if let Some(gone) = &gone {
        world.oauth.agreed.remove(&gone.user);
    }
    if gone.is_none() && !was_access {
        return Answer::oauth(400, "invalid_token", "Token expired or revoked");
    }
    Answer::json(json!({}))
}
