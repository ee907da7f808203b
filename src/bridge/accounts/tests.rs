//! Signing in over a store in memory: what it costs is counted, not timed.

use super::*;
use crate::model::{Epoch, GeneratedSecret, Language, PasswordHash, Revision, UserId};
use crate::ports::Write;
use crate::store::MemoryStore;
use chrono::{TimeZone as _, Utc};
use uuid::Uuid;

const ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
/// An app password as older versions made them.
const OLD: &str = "AAECAwQFBgcICQoLDA0ODxAREhM";

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        Utc.with_ymd_and_hms(2026, 12, 1, 12, 0, 0).unwrap()
    }
}

/// People, their passwords, and what checks them.
struct House {
    store: Arc<dyn Store>,
    accounts: Accounts,
}

fn secret(n: u8) -> GeneratedSecret {
    GeneratedSecret::drawn([n; GeneratedSecret::BYTES])
}

fn id(n: u8) -> AppPasswordId {
    AppPasswordId(Uuid::from_bytes([n; 16]))
}

/// The app password that [`House::device`] gives.
fn text(n: u8) -> String {
    AppPasswordText::write(id(n), &secret(n))
}

/// argon2id at its lowest cost.
fn cheap(secret: &str) -> String {
    use argon2::PasswordHasher as _;
    let params = argon2::Params::new(argon2::Params::MIN_M_COST, 1, 1, None).unwrap();
    let cheap = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    cheap.hash_password(secret.as_bytes()).unwrap().to_string()
}

impl House {
    async fn new(logins: &[&str]) -> Self {
        Self::with(logins, AccountLimits::default()).await
    }

    async fn with(logins: &[&str], limits: AccountLimits) -> Self {
        let house = Self {
            store: Arc::new(MemoryStore::new(Epoch::new("life"))),
            accounts: Accounts::new(limits, [7; 32]),
        };
        for login in logins {
            house.user(login, |_| ()).await;
        }
        house
    }

    async fn user(&self, login: &str, change: impl Fn(&mut User)) {
        let mut user = User {
            id: UserId::new(format!("u-{login}")),
            login: login.to_owned(),
            name: login.to_owned(),
            email: None,
            language: Language::English,
            zone: None,
            active: true,
            kept_out: false,
            advanta: None,
            revision: Revision(0),
        };
        change(&mut user);
        self.commit(Write::User(user)).await;
    }

    async fn commit(&self, write: Write) {
        self.store.commit(vec![], vec![write]).await.unwrap();
    }

    async fn password(&self, n: u8, login: &str, hash: PasswordHash) {
        self.commit(Write::AppPassword(AppPassword {
            id: id(n),
            user: UserId::new(format!("u-{login}")),
            label: String::new(),
            hash,
            created: Noon.now(),
            revoked: None,
        }))
        .await;
    }

    async fn device(&self, n: u8, login: &str) {
        let hash = PasswordHash::Digest(secret(n).digest());
        self.password(n, login, hash).await;
    }

    async fn sign_in(&self, login: &str, secret: &str) -> Result<Session, AuthError> {
        let typed = Credentials {
            login,
            secret,
            address: ADDRESS,
            door: SignInDoor::CalDav,
        };
        self.accounts.authenticate(&self.store, &Noon, typed).await
    }

    /// Whose name the person has who was let in, or why nobody was.
    async fn who(&self, login: &str, secret: &str) -> String {
        match self.sign_in(login, secret).await {
            Ok(session) => session.user.login.clone(),
            Err(AuthError::Denied) => "denied".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    fn checks(&self) -> u64 {
        self.accounts.counts().slow_checks
    }
}

#[tokio::test]
async fn the_password_decides_whose_it_is_and_the_name_must_be_theirs() {
    let house = House::new(&["anna", "boris"]).await;
    house.device(1, "anna").await;
    house.device(2, "boris").await;
    assert_eq!(house.who("anna", &text(1)).await, "anna");
    assert_eq!(house.who("boris", &text(2)).await, "boris");
    assert_eq!(house.who("boris", &text(1)).await, "denied");
    assert_eq!(house.who("nobody", &text(1)).await, "denied");
    // The secret of one with the public id of another.
    let crossed = format!("{}{}", &text(2)[..12], &text(1)[12..]);
    assert_eq!(house.who("anna", &crossed).await, "denied");
}

#[tokio::test]
async fn a_login_is_compared_without_case_and_an_email_is_a_name_as_well() {
    let house = House::new(&["Anna"]).await;
    let with = |email: &str| {
        let email = email.to_owned();
        move |user: &mut User| user.email = Some(email.clone())
    };
    house.user("boris", with("Boris@Example.com")).await;
    house.user("vera", with("shared@example.com")).await;
    house.user("gleb", with("shared@example.com")).await;
    // His e-mail is her login.
    house
        .user("dina@example.com", |user| user.email = None)
        .await;
    house.user("egor", with("dina@example.com")).await;
    for (n, login) in (1..).zip(["Anna", "boris", "vera", "gleb", "dina@example.com", "egor"]) {
        house.device(n, login).await;
    }
    for (typed, n, expected) in [
        (" aNNa ", 1, "Anna"),
        ("boris@example.com", 2, "boris"),
        (" BORIS@example.com", 2, "boris"),
        ("VERA", 3, "vera"),
        ("shared@example.com", 3, "denied"),
        ("shared@example.com", 4, "denied"),
        ("dina@example.com", 5, "dina@example.com"),
        ("dina@example.com", 6, "denied"),
        ("egor", 6, "egor"),
    ] {
        assert_eq!(house.who(typed, &text(n)).await, expected, "{typed} {n}");
    }
    // When one of the two is gone the name fits one person.
    let gone = |user: &mut User| {
        user.email = Some("shared@example.com".to_owned());
        user.active = false;
    };
    house.user("gleb", gone).await;
    assert_eq!(house.who("shared@example.com", &text(3)).await, "vera");
    assert_eq!(house.who("gleb", &text(4)).await, "denied");
}

#[tokio::test]
async fn a_right_password_is_let_in_among_three_hundred_wrong_ones_without_argon2() {
    let house = House::new(&["anna", "boris"]).await;
    house.device(1, "anna").await;
    for n in 0..300 {
        let junk = [text(9), format!("junk {n}"), OLD.to_owned()];
        let login = ["anna", "boris", "nobody"][n % 3];
        assert!(house.sign_in(login, &junk[n / 3 % 3]).await.is_err());
    }
    assert_eq!(house.who("anna", &text(1)).await, "anna");
    assert_eq!(house.checks(), 0);
}

#[tokio::test]
async fn a_forgotten_device_is_one_failure_and_many_different_ones_are_told_to_wait() {
    let limits = AccountLimits {
        failures_max: 3,
        failures_per_address_max: 5,
        ..AccountLimits::default()
    };
    let house = House::with(&["anna", "boris"], limits).await;
    house.device(1, "anna").await;
    for _ in 0..1_000 {
        assert_eq!(house.who("anna", &text(9)).await, "denied");
    }
    assert_eq!(house.who("anna", "2").await, "denied");
    assert_eq!(house.who("anna", "3").await, "denied");
    let wait = "too many wrong passwords; try again in 900 s";
    assert_eq!(house.who("anna", "4").await, wait);
    assert_eq!(house.who("boris", "5").await, "denied");
    assert_eq!(house.who("boris", "6").await, wait);
    assert_eq!(house.who("anna", &text(1)).await, "anna");
    let counts = house.accounts.counts();
    assert_eq!(
        (counts.right, counts.failed(), counts.again),
        (1, 1_005, 999)
    );
}

#[tokio::test]
async fn two_hundred_right_passwords_at_once_behind_one_address_are_all_let_in() {
    let house = Arc::new(House::new(&[]).await);
    for n in 0..200 {
        let login = format!("user-{n}");
        house.user(&login, |_| ()).await;
        house.device(n, &login).await;
    }
    let tries = (0..200).map(|n| {
        let house = Arc::clone(&house);
        tokio::spawn(async move { house.who(&format!("user-{n}"), &text(n)).await })
    });
    for (n, tried) in tries.collect::<Vec<_>>().into_iter().enumerate() {
        assert_eq!(tried.await.unwrap(), format!("user-{n}"));
    }
}

#[tokio::test]
async fn an_old_hash_opens_once_by_argon2_and_is_a_digest_then() {
    let house = House::new(&["anna", "boris"]).await;
    house
        .password(1, "anna", PasswordHash::Old(cheap(OLD)))
        .await;
    assert_eq!(house.who("boris", OLD).await, "denied");
    assert_eq!(house.checks(), 1);
    assert_eq!(house.who("ANNA", OLD).await, "anna");
    assert_eq!(house.checks(), 2);
    let kept = house.store.app_password(id(1)).await.unwrap().unwrap();
    let secret = AppPasswordText::read(OLD).unwrap().secret;
    assert_eq!(kept.hash, PasswordHash::Digest(secret.digest()));
    for _ in 0..10 {
        assert_eq!(house.who("anna", OLD).await, "anna");
    }
    // Nobody has an old hash any more, so nothing is checked slowly.
    assert_eq!(
        house.who("anna", "AAECAwQFBgcICQoLDA0ODxAREhA").await,
        "denied"
    );
    assert_eq!(house.checks(), 2);
}

#[tokio::test]
async fn many_connections_of_one_old_device_are_one_check() {
    let house = Arc::new(House::new(&["anna"]).await);
    house
        .password(1, "anna", PasswordHash::Old(cheap(OLD)))
        .await;
    let tries = (0..20).map(|_| {
        let house = Arc::clone(&house);
        tokio::spawn(async move { house.who("anna", OLD).await })
    });
    for tried in tries.collect::<Vec<_>>() {
        assert_eq!(tried.await.unwrap(), "anna");
    }
    assert_eq!(house.checks(), 1);
}

#[tokio::test]
async fn a_name_that_nobody_has_takes_as_many_checks_as_one_that_somebody_has() {
    let house = House::new(&["anna", "boris"]).await;
    for n in 1..=3 {
        let hash = PasswordHash::Old(cheap("AAAAAAAAAAAAAAAAAAAAAAAAAAA"));
        house.password(n, "anna", hash).await;
    }
    house
        .password(4, "boris", PasswordHash::Chosen(cheap("open")))
        .await;
    let mut taken = Vec::new();
    for (login, secret) in [
        ("anna", OLD),
        ("boris", OLD),
        ("nobody", OLD),
        ("anna", "close"),
        ("boris", "close"),
        ("nobody", "close"),
        // Known to be wrong.
        ("anna", OLD),
        ("nobody", "close"),
    ] {
        let before = house.checks();
        assert_eq!(house.who(login, secret).await, "denied");
        taken.push(house.checks() - before);
    }
    assert_eq!(taken, [3, 3, 3, 1, 1, 1, 0, 0]);
}

#[tokio::test]
async fn a_chosen_password_is_checked_once_and_is_gone_when_it_is_revoked() {
    let house = House::new(&["anna"]).await;
    // A person may choose what looks like one of ours: it does not become a digest.
    house
        .password(1, "anna", PasswordHash::Chosen(cheap(OLD)))
        .await;
    for _ in 0..10 {
        assert_eq!(house.who("anna", OLD).await, "anna");
    }
    assert_eq!(house.checks(), 1);
    let mut password = house.store.app_password(id(1)).await.unwrap().unwrap();
    assert!(matches!(password.hash, PasswordHash::Chosen(_)));
    password.revoked = Some(Noon.now());
    house.commit(Write::AppPassword(password)).await;
    assert_eq!(house.who("anna", OLD).await, "denied");
}

#[tokio::test(start_paused = true)]
async fn guesses_at_a_chosen_password_take_their_time_and_the_right_one_is_let_in() {
    let house = House::new(&["anna"]).await;
    house
        .password(1, "anna", PasswordHash::Chosen(cheap("open")))
        .await;
    let begun = tokio::time::Instant::now();
    for n in 0..12 {
        assert!(house.sign_in("anna", &format!("guess {n}")).await.is_err());
    }
    assert_eq!(house.who("anna", "open").await, "anna");
    // Noon stands still: the eleventh has its turn at once, the next five and ten seconds later.
    assert_eq!(begun.elapsed().as_secs(), 5 + 10);
}

#[test]
fn a_password_that_becomes_right_while_it_is_checked_is_not_remembered_as_wrong() {
    // One thread for argon2, which is taken until the test gives it free.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .max_blocking_threads(1)
        .build()
        .unwrap();
    runtime.block_on(async {
        let house = House::new(&["anna"]).await;
        let hash = PasswordHash::Old(cheap(OLD));
        house.password(1, "anna", hash).await;
        let (free, taken) = std::sync::mpsc::channel::<()>();
        let holder = tokio::task::spawn_blocking(move || taken.recv());
        let change = async {
            let email = |user: &mut User| user.email = Some("anna@example.com".to_owned());
            house.user("anna", email).await;
            house.accounts.changed();
            free.send(()).unwrap();
        };
        let (first, ()) = tokio::join!(biased; house.who("anna@example.com", OLD), change);
        // Nobody had this name when the check began.
        assert_eq!(first, "denied");
        holder.await.unwrap().unwrap();
        assert_eq!(house.who("anna@example.com", OLD).await, "anna");
    });
}
