//! What the exit codes say.

use super::install::{Installation, TOKEN, mode};

#[test]
fn a_command_says_by_its_code_how_it_ended() {
    let place = Installation::new();
    let code = |args: &[&str]| place.run(args).code;
    // Nothing is there yet, and looking makes nothing.
    assert_eq!(code(&["user", "list"]), 5);
    assert!(!place.path("data").exists());
    assert_eq!(code(&["user", "add", "anna", "--name", "Анна"]), 0);
    assert_eq!(code(&["user", "add", "anna", "--name", "Анна"]), 1);
    assert_eq!(code(&["user", "add", "--name", "Анна"]), 2);
    assert_eq!(
        code(&["user", "add", "vera", "--name", "Вера", "--language", "de"]),
        2
    );
    assert_eq!(
        code(&["export", "--user", "anna", "--from", "yesterday"]),
        2
    );
    assert_eq!(code(&["import", "nothing.ics", "--user", "anna"]), 1);
}

#[test]
fn a_bridge_that_is_not_there_cannot_be_reached() {
    let place = Installation::new();
    let reach = |args: &[&str], token: &str| {
        let said = place.command(args, &[("ADVANTA_BRIDGE_TOKEN", token)]);
        (
            said.code,
            said.err.lines().next().unwrap_or_default().to_owned(),
        )
    };
    // Port 1 of this machine is nobody's.
    let (code, said) = reach(&["status", "--url", "http://127.0.0.1:1"], TOKEN);
    assert_eq!(code, 5);
    assert!(
        said.starts_with("advanta-bridge: the bridge does not answer: "),
        "{said}"
    );
    assert_eq!(
        reach(&["status", "--url", "http://127.0.0.1:1"], ""),
        (
            2,
            "advanta-bridge: an administrator's token is needed: --token-file or the variable ADVANTA_BRIDGE_TOKEN"
                .to_owned()
        )
    );
    assert_eq!(
        reach(&["status", "--url", "http://calendar.example.com"], TOKEN),
        (
            2,
            "advanta-bridge: --url begins with https:// (http:// for this machine only): a token is not sent in the clear"
                .to_owned()
        )
    );
}

#[test]
fn a_wrong_token_fails_in_either_language() {
    let place = Installation::new();
    let serving = place.serve();
    // With the mode of the right one: what others can read is warned of.
    std::fs::copy(place.path("tokens"), place.path("wrong")).expect("a file");
    std::fs::write(place.path("wrong"), "token-0123456789-tokem\n").expect("a file");
    let args = ["status", "--url", &serving.url, "--token-file", "wrong"];
    let said = |lang| place.command(&args, &[("LC_ALL", lang)]);
    let (english, russian) = (said("en_US.UTF-8"), said("ru_RU.UTF-8"));
    assert_eq!((english.code, russian.code), (1, 1));
    assert_eq!(
        english.err,
        "advanta-bridge: Not let in: an administrator's token is needed (Authorization: Bearer)\n"
    );
    assert_eq!(
        russian.err,
        "advanta-bridge: Нет доступа: an administrator's token is needed (Authorization: Bearer)\n"
    );
}

#[test]
fn a_settings_file_is_written_once_and_is_one_that_can_be_served() {
    let place = Installation::new();
    let said = |args: &[&str]| place.command(args, &[]);
    let written = said(&["init", "--config", "new.toml"]);
    assert_eq!(written.line(), "Written: new.toml");
    let again = said(&["init", "--config", "new.toml", "--lang", "ru"]);
    assert_eq!(again.code, 1);
    assert_eq!(
        again.err,
        "advanta-bridge: файл new.toml уже есть и остаётся как был\n"
    );
    let printed = said(&["init", "--config", "-"]).done();
    assert_eq!(
        printed,
        std::fs::read_to_string(place.path("new.toml")).expect("the file")
    );
    advanta_bridge::config::Config::read(&place.path("new.toml")).expect("it is right");
}

#[test]
fn a_short_token_keeps_the_bridge_from_starting() {
    let place = Installation::new();
    std::fs::write(place.path("tokens"), "# ours\nsecret\n").expect("a file");
    let config = place.path("config.toml");
    let config = config.to_str().expect("a UTF-8 path");
    let said = place.command(
        &["serve", "--listen", "127.0.0.1:0", "--config", config],
        &[],
    );
    assert_eq!(said.code, 1);
    assert!(
        said.err
            .ends_with("the token in line 2 is shorter than 20 characters\n"),
        "{}",
        said.err
    );
}

#[test]
fn what_an_export_leaves_is_whole_or_not_there() {
    let place = Installation::new();
    place.run(&["user", "add", "anna", "--name", "Анна"]).line();
    let said = place.run(&["export", "--user", "nobody", "-o", "anna.ics"]);
    assert_eq!(said.code, 1);
    assert_eq!(
        said.err,
        "advanta-bridge: Not found: there is no person \"nobody\"\n"
    );
    let left: Vec<_> = std::fs::read_dir(place.path("."))
        .expect("the folder")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.contains("anna.ics"))
        .collect();
    assert_eq!(left, Vec::<String>::new());
    assert_eq!(mode(&place.path("data")), "700");
}
