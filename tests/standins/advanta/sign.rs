//! Signatures of hooks, as the Standard Webhooks specification says, in code of our own: the bridge verifies with a library.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// What a secret begins with.
const PREFIX: &str = "whsec_";

/// A secret as an administrator would enter it, made of some bytes.
pub fn secret(bytes: &[u8]) -> String {
    format!("{PREFIX}{}", STANDARD.encode(bytes))
}

/// The value of `webhook-signature`: one signature for each secret, separated by spaces. The time is in Unix seconds.
pub fn signatures(secrets: &[String], id: &str, timestamp: i64, body: &str) -> String {
    let signed = format!("{id}.{timestamp}.{body}");
    let one = |secret: &String| format!("v1,{}", STANDARD.encode(mac(secret, &signed)));
    secrets.iter().map(one).collect::<Vec<_>>().join(" ")
}

fn mac(secret: &str, text: &str) -> Vec<u8> {
    let encoded = secret
        .strip_prefix(PREFIX)
        .expect("a secret with its prefix");
    let key = STANDARD.decode(encoded).expect("a secret in base64");
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}
