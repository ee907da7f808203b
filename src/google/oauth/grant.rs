//! What lets us in, as a subscription keeps it.

use super::wire::GrantWire;
use oauth2::RefreshToken;
use zeroize::Zeroizing;

/// Change events of calendars.
const EVENTS: &str = "https://www.googleapis.com/auth/calendar.events";
/// See which calendars there are.
const CALENDARS: &str = "https://www.googleapis.com/auth/calendar.calendarlist.readonly";

/// The least that listing, writing, watching and choosing a calendar need (`auth.oauth2.scopes` of each method in the discovery document).
pub(in crate::google) const SCOPES: [&str; 2] = [EVENTS, CALENDARS];

/// What lets us into somebody's calendars. Printing it shows nothing.
#[derive(Clone, Debug)]
pub(in crate::google) enum Grant {
    /// Its owner agreed.
    Consented(RefreshToken),
    /// An administrator of the domain lets a service account act for this account.
    Delegated(String),
}

impl Grant {
    /// The bytes that are kept, to be encrypted.
    pub(in crate::google) fn to_bytes(&self) -> Vec<u8> {
        let wire = match self {
            Self::Consented(token) => GrantWire::Consented {
                refresh_token: token.secret().clone(),
            },
            Self::Delegated(account) => GrantWire::Delegated {
                account: account.clone(),
            },
        };
        // A shape of texts always becomes JSON.
        serde_json::to_vec(&wire).unwrap_or_default()
    }

    /// Reads what was kept; `None` for anything else.
    pub(in crate::google) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(match serde_json::from_slice(bytes).ok()? {
            GrantWire::Consented { refresh_token } => {
                Self::Consented(RefreshToken::new(refresh_token))
            }
            GrantWire::Delegated { account } => Self::Delegated(account),
        })
    }

    /// Tells two of them apart without keeping either.
    pub(super) fn digest(&self) -> blake3::Hash {
        blake3::hash(&Zeroizing::new(self.to_bytes()))
    }
}

/// Those of our scopes that are not among the granted ones. No list at all: everything asked for (RFC 6749 §5.1).
pub(super) fn missing_scopes(granted: Option<&[&str]>) -> Vec<String> {
    let Some(granted) = granted else {
        return vec![];
    };
    let missing = SCOPES.iter().filter(|scope| !granted.contains(scope));
    missing.map(|scope| (*scope).to_owned()).collect()
}
