//! Who is let in, and how much they may send, before a body is read.

use super::super::world::World;
use super::{REMOTE, TOKEN, doors, doors_with, request};
use advanta_bridge::web::{Caller, Tokens, Web};

/// Status of the answer, or bytes that may be sent.
fn admitted(
    world: &World,
    web: &Web,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    caller: Caller,
) -> Result<usize, u16> {
    let (parts, _) = request(method, path, headers, "").into_parts();
    let admitted = world.wait(web.admit(&parts, caller));
    let admitted = admitted.map(|admitted| admitted.bytes_max);
    admitted.map_err(|answer| answer.status().as_u16())
}

#[test]
fn only_the_right_token_opens_from_afar_and_none_is_needed_at_home() {
    let world = World::new();
    let web = doors(&world);
    let users = |headers: &[(&str, &str)], caller| {
        admitted(&world, &web, "GET", "/admin/v1/users", headers, caller)
    };
    let right = format!("Bearer {TOKEN}");
    assert_eq!(users(&[("authorization", &right)], REMOTE), Ok(65_536));
    assert_eq!(users(&[], REMOTE), Err(401));
    for wrong in [
        "Bearer token-0123456789-tokem".to_owned(),
        format!("Bearer {TOKEN}x"),
        format!("Basic {TOKEN}"),
        TOKEN.to_owned(),
        "Bearer ".to_owned(),
    ] {
        assert_eq!(
            users(&[("authorization", &wrong)], REMOTE),
            Err(401),
            "{wrong}"
        );
    }
    assert_eq!(users(&[], Caller::Local), Ok(65_536));
}

#[test]
fn a_stranger_does_not_learn_what_there_is() {
    let world = World::new();
    let web = doors(&world);
    for path in [
        "/admin/v1/users",
        "/admin/v1/nothing",
        "/admin",
        "/admin/v2/users",
    ] {
        assert_eq!(
            admitted(&world, &web, "GET", path, &[], REMOTE),
            Err(401),
            "{path}"
        );
    }
    let shut = doors_with(&world, |settings| settings.tokens = Tokens::default());
    for path in ["/admin/v1/users", "/admin/v1/nothing"] {
        let right = format!("Bearer {TOKEN}");
        let asked = admitted(
            &world,
            &shut,
            "GET",
            path,
            &[("authorization", &right)],
            REMOTE,
        );
        assert_eq!(asked, Err(404), "{path}");
    }
}

#[test]
fn every_path_has_its_own_bound_and_a_longer_body_is_turned_away_unread() {
    let world = World::new();
    let web = doors(&world);
    let import = "/admin/v1/users/anna/import";
    let at_home = |method, path, length: &str| {
        let headers = [("content-length", length)];
        admitted(&world, &web, method, path, &headers, Caller::Local)
    };
    assert_eq!(at_home("POST", import, "134217728"), Ok(134_217_728));
    assert_eq!(at_home("POST", import, "134217729"), Err(413));
    assert_eq!(at_home("POST", "/admin/v1/users", "65537"), Err(413));
    assert_eq!(at_home("PUT", "/admin/v1/users", "0"), Err(405));
    assert_eq!(at_home("GET", "/admin/v1/nothing", "0"), Err(404));
}
