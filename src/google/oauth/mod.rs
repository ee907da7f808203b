//! OAuth 2.0 with Google: how people agree, and how we come in afterwards.
//!
//! RFC 6749 (code grant), 7636 (PKCE), 7009 (revocation), 7523 (service accounts). Start at [`OAuth::consent`]; access tokens come
//! from [`Tokens`].

mod credentials;
mod failure;
mod grant;
mod tokens;
mod wire;

#[cfg(test)]
mod tests;

pub(super) use credentials::{Credentials, ServiceAccount};
pub(super) use failure::TokenError;
pub(super) use grant::Grant;
pub(super) use tokens::Tokens;

use super::http::Http;
use super::options::Addresses;
use crate::ports::{ConnectError, Consent};
use failure::{Asker, Refusal};
use grant::{SCOPES, missing_scopes};
use http::{Method, header};
use oauth2::basic::{BasicClient, BasicTokenResponse};
use oauth2::{
    AsyncHttpClient, AuthType, AuthUrl, AuthorizationCode, CsrfToken, EndpointNotSet, EndpointSet,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RefreshToken, Scope, TokenResponse as _,
    TokenUrl,
};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use wire::TokenWire;

/// How long an access token lives when the answer does not say so.
const TOKEN_LIFE: Duration = Duration::from_secs(3600);

type Client = BasicClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

/// Talks to Google's OAuth servers.
pub(super) struct OAuth {
    http: Arc<Http>,
    addresses: Addresses,
}

/// An access token that was just made.
#[derive(Debug)]
struct Fresh {
    token: oauth2::AccessToken,
    life: Duration,
    /// A new refresh token, if one came along.
    renewed: Option<RefreshToken>,
}

impl OAuth {
    pub(super) fn new(http: Arc<Http>, addresses: Addresses) -> Self {
        Self { http, addresses }
    }

    /// Where somebody agrees.
    pub(super) fn consent(
        &self,
        who: &Credentials,
        state: &str,
        redirect: &str,
    ) -> Result<Consent, ConnectError> {
        let client = self.client(who)?.set_redirect_uri(address(redirect)?);
        self.check_consent_page()?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (url, _) = client
            .authorize_url(|| CsrfToken::new(state.to_owned()))
            .add_scopes(SCOPES.map(|scope| Scope::new(scope.to_owned())))
            // A refresh token comes only for offline access, and only when consent is asked for.
            .add_extra_param("access_type", "offline")
            .add_extra_param("prompt", "consent")
            .set_pkce_challenge(challenge)
            .url();
        Ok(Consent {
            address: url.into(),
            verifier: verifier.into_secret(),
        })
    }

    /// Redeems a code.
    pub(super) async fn redeem(
        &self,
        who: &Credentials,
        (code, verifier, redirect): (&str, &str, &str),
    ) -> Result<Grant, ConnectError> {
        let client = self.client(who)?.set_redirect_uri(address(redirect)?);
        let asked = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .set_pkce_verifier(PkceCodeVerifier::new(verifier.to_owned()))
            .request_async(&self.poster(who))
            .await;
        let answer = asked.map_err(|error| Refusal::from(error).told(Asker::Client))?;
        let granted: Option<Vec<&str>> = answer
            .scopes()
            .map(|scopes| scopes.iter().map(|scope| scope.as_str()).collect());
        let missing = missing_scopes(granted.as_deref());
        // What is too little is not kept. It is not revoked either: Google would end all that this account gave us, and others may go on by it.
        if !missing.is_empty() {
            return Err(ConnectError::ScopeMissing(missing));
        }
        let Some(refresh) = lasting(&answer) else {
            return Err(ConnectError::Refused(
                "Google gave no lasting access; take it away in the Google account and begin again"
                    .to_owned(),
            ));
        };
        Ok(Grant::Consented(refresh.clone()))
    }

    /// Gives consent back (RFC 7009). What is not valid any more is given back already; a delegation is an administrator's.
    pub(super) async fn revoke(&self, who: &Credentials, grant: &Grant) -> Result<(), TokenError> {
        match grant {
            Grant::Consented(token) => self.revoke_token(who, token.secret()).await,
            Grant::Delegated(_) => Ok(()),
        }
    }

    async fn revoke_token(&self, who: &Credentials, token: &str) -> Result<(), TokenError> {
        let body = form(&[("token", token)]);
        let request = form_request(&self.addresses.revoke, body)?;
        let whole = self.http.send(request, &who.application_name).await?;
        match failure::refusal(&whole, &self.http) {
            None => Ok(()),
            Some(Refusal::Said { error, .. }) if error == "invalid_token" => Ok(()),
            Some(refusal) => Err(refusal.told(Asker::Client)),
        }
    }

    /// A new access token.
    async fn fresh(&self, who: &Credentials, grant: &Grant, now: i64) -> Result<Fresh, TokenError> {
        match grant {
            Grant::Consented(refresh) => self.refreshed(who, refresh).await,
            Grant::Delegated(account) => self.delegated(who, account, now).await,
        }
    }

    async fn refreshed(
        &self,
        who: &Credentials,
        refresh: &RefreshToken,
    ) -> Result<Fresh, TokenError> {
        let client = self.client(who)?;
        let answer: BasicTokenResponse = client
            .exchange_refresh_token(refresh)
            .request_async(&self.poster(who))
            .await
            .map_err(|error| Refusal::from(error).told(Asker::Refresh))?;
        let renewed = lasting(&answer);
        Ok(Fresh {
            token: answer.access_token().clone(),
            life: answer.expires_in().unwrap_or(TOKEN_LIFE),
            renewed: renewed
                .filter(|token| token.secret() != refresh.secret())
                .cloned(),
        })
    }

    async fn delegated(
        &self,
        who: &Credentials,
        account: &str,
        now: i64,
    ) -> Result<Fresh, TokenError> {
        let missing = || TokenError::NotSetUp("no service account is set".to_owned());
        let signer = who.service_account.as_ref().ok_or_else(missing)?;
        let assertion = signer.assertion(account, &self.addresses.token, now)?;
        let body = form(&[
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
            ("assertion", &assertion),
        ]);
        let request = form_request(&self.addresses.token, body)?;
        let whole = self.http.send(request, &who.application_name).await?;
        if let Some(refusal) = failure::refusal(&whole, &self.http) {
            return Err(refusal.told(Asker::ServiceAccount));
        }
        let answer: TokenWire = serde_json::from_slice(&whole.body)
            .map_err(|_| TokenError::Transient("no token in the answer".to_owned()))?;
        Ok(Fresh {
            token: oauth2::AccessToken::new(answer.access_token),
            life: answer.expires_in.map_or(TOKEN_LIFE, Duration::from_secs),
            renewed: None,
        })
    }

    /// People's browsers are not sent over plain HTTP to another machine either.
    fn check_consent_page(&self) -> Result<(), TokenError> {
        let page = self.addresses.authorize.parse();
        let page = page.map_err(|_| no_address())?;
        let checked = self.http.check_address(&page);
        checked.map_err(|error| TokenError::NotSetUp(error.words))
    }

    fn client(&self, who: &Credentials) -> Result<Client, TokenError> {
        let missing = || TokenError::NotSetUp("no OAuth client is set".to_owned());
        let (id, secret) = who.client.clone().ok_or_else(missing)?;
        let wrong = |_| no_address();
        Ok(BasicClient::new(id)
            .set_client_secret(secret)
            .set_auth_type(AuthType::RequestBody)
            .set_auth_uri(AuthUrl::new(self.addresses.authorize.clone()).map_err(wrong)?)
            .set_token_uri(TokenUrl::new(self.addresses.token.clone()).map_err(wrong)?))
    }

    fn poster(&self, who: &Credentials) -> Poster {
        Poster {
            http: Arc::clone(&self.http),
            name: who.application_name.clone(),
        }
    }
}

/// Sends what the library made. It does not look at the status beyond success, so an overloaded server is told apart here.
struct Poster {
    http: Arc<Http>,
    name: String,
}

type Sent<'a> =
    Pin<Box<dyn Future<Output = Result<oauth2::HttpResponse, failure::Away>> + Send + 'a>>;

impl<'a> AsyncHttpClient<'a> for Poster {
    type Error = failure::Away;
    type Future = Sent<'a>;

    fn call(&'a self, request: oauth2::HttpRequest) -> Sent<'a> {
        Box::pin(async move {
            let whole = self.http.send(request, &self.name).await?;
            failure::overload(&whole, &self.http)?;
            let mut response = http::Response::new(whole.body);
            *response.status_mut() = whole.status;
            *response.headers_mut() = whole.headers;
            Ok(response)
        })
    }
}

fn address(redirect: &str) -> Result<RedirectUrl, ConnectError> {
    RedirectUrl::new(redirect.to_owned())
        .map_err(|_| ConnectError::NotSetUp("our own address is no address".to_owned()))
}

fn form(pairs: &[(&str, &str)]) -> Vec<u8> {
    let encoded =
        |text| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC);
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
        .collect();
    pairs.join("&").into_bytes()
}

fn form_request(to: &str, body: Vec<u8>) -> Result<http::Request<Vec<u8>>, TokenError> {
    http::Request::builder()
        .method(Method::POST)
        .uri(to)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(body)
        .map_err(|_| no_address())
}

fn no_address() -> TokenError {
    TokenError::NotSetUp("an address of Google is no address".to_owned())
}

/// The refresh token of an answer; an empty one is none.
fn lasting(answer: &BasicTokenResponse) -> Option<&RefreshToken> {
    let token = answer.refresh_token();
    token.filter(|token| !token.secret().is_empty())
}
