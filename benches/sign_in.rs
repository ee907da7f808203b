//! What one sign-in costs over the embedded store, beside one digest of its secret: `cargo bench --bench sign_in`.

use advanta_bridge::bridge::accounts::{
    AccountLimits, Accounts, Credentials, SignInDoor, hash_chosen,
};
use advanta_bridge::model::{
    AppPassword, AppPasswordId, AppPasswordText, GeneratedSecret, Language, PasswordHash, Revision,
    Timestamp, User, UserId,
};
use advanta_bridge::ports::{Clock, Store, Write};
use advanta_bridge::store::{SledStore, StoreOptions};
use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;

const PEOPLE: u32 = 1_000;
const DEVICES: u32 = 3;
const ROUNDS: u32 = 20_000;

struct Now;

impl Clock for Now {
    fn now(&self) -> Timestamp {
        chrono::Utc::now()
    }
}

struct House {
    store: Arc<dyn Store>,
    accounts: Accounts,
    runtime: tokio::runtime::Runtime,
}

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let house = House::new(folder.path());
    println!("{PEOPLE} people with {DEVICES} devices each, {ROUNDS} sign-ins of each kind");
    let secrets: Vec<_> = (0..ROUNDS).map(secret).collect();
    let begun = Instant::now();
    for secret in &secrets {
        black_box(secret.digest());
    }
    let digest = begun.elapsed() / ROUNDS;
    println!("one digest: {digest:?}");
    let told = |what: &str, each: Duration| {
        let ratio = each.as_secs_f64() / digest.as_secs_f64();
        println!("{what}: {each:?}, {ratio:.0} digests");
    };
    let people = PEOPLE * DEVICES;
    let right = house.each(|n| (login(n % people / DEVICES), text(n % people)), true);
    told("right", right);
    let email = |n| format!("{}@example.com", login(n));
    let right = house.each(|n| (email(n % people / DEVICES), text(n % people)), true);
    told("right, by e-mail", right);
    let wrong = |n| text(people + n);
    told(
        "wrong, of a name that is there",
        house.each(|n| (login(n % PEOPLE), wrong(n)), false),
    );
    told(
        "wrong, of a name that is not",
        house.each(|n| (format!("no{n}"), wrong(n)), false),
    );
    let begun = Instant::now();
    assert!(hash_chosen("chosen").is_ok());
    told("argon2, for comparison", begun.elapsed());
    assert_eq!(house.accounts.counts().slow_checks, 0);
}

impl House {
    fn new(folder: &std::path::Path) -> Self {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let store = SledStore::open(folder, StoreOptions::default()).expect("a store");
        let house = Self {
            store: Arc::new(store),
            accounts: Accounts::new(AccountLimits::default(), [7; 32]),
            runtime,
        };
        for person in 0..PEOPLE {
            let mut writes = vec![Write::User(user(person))];
            writes.extend((0..DEVICES).map(|n| Write::AppPassword(password(person, n))));
            let commit = house.store.commit(vec![], writes);
            house.runtime.block_on(commit).expect("a commit");
        }
        house
    }

    /// The time of one sign-in out of many.
    fn each(&self, typed: impl Fn(u32) -> (String, String), right: bool) -> Duration {
        let typed: Vec<_> = (0..ROUNDS).map(typed).collect();
        let begun = Instant::now();
        self.runtime.block_on(async {
            for (login, secret) in &typed {
                let credentials = Credentials {
                    login,
                    secret,
                    address: IpAddr::V4(Ipv4Addr::LOCALHOST),
                    door: SignInDoor::CalDav,
                };
                let signed_in = self
                    .accounts
                    .authenticate(&self.store, &Now, credentials)
                    .await;
                assert_eq!(signed_in.is_ok(), right, "{login}");
            }
        });
        begun.elapsed() / ROUNDS
    }
}

fn login(person: u32) -> String {
    format!("person-{person}")
}

fn secret(n: u32) -> GeneratedSecret {
    let mut bits = [0; GeneratedSecret::BYTES];
    bits[..4].copy_from_slice(&n.to_be_bytes());
    GeneratedSecret::drawn(bits)
}

fn id(n: u32) -> AppPasswordId {
    AppPasswordId(Uuid::from_u128(u128::from(n)))
}

fn text(n: u32) -> String {
    AppPasswordText::write(id(n), &secret(n))
}

fn password(person: u32, device: u32) -> AppPassword {
    let n = person * DEVICES + device;
    AppPassword {
        id: id(n),
        user: UserId::new(login(person)),
        label: "phone".to_owned(),
        hash: PasswordHash::Digest(secret(n).digest()),
        created: Now.now(),
        revoked: None,
    }
}

fn user(person: u32) -> User {
    User {
        id: UserId::new(login(person)),
        login: login(person),
        name: format!("Person {person}"),
        email: Some(format!("{}@example.com", login(person))),
        language: Language::Russian,
        zone: None,
        active: true,
        kept_out: false,
        advanta: None,
        revision: Revision(0),
    }
}
