//! What the bridge between ADVANTA and calendars costs: `cargo bench --bench advanta`, a tenth of it with `-- --quick`.
//!
//! The bridge is the program itself; ADVANTA is the stand-in of the tests, in this process; clients speak HTTP on 127.0.0.1.
//! All of them share the machine, so absolute figures say little: each is printed beside what the same machine did in the
//! same run. The stand-in checks every call and answer against the published contract, which costs it more time than a call
//! itself; its own share is printed. Data lies in the working directory, so that it is on the disk in question.

#[path = "../../tests/standins/advanta/mod.rs"]
#[expect(
    dead_code,
    unused_imports,
    reason = "tests use all of the stand-in; a benchmark needs it only well-mannered"
)]
mod advanta_standin;
mod client;
#[path = "../events/mod.rs"]
mod events;
mod figures;
mod files;
mod gauge;
mod house;
mod latency;
mod load;
mod office;
mod wire;

fn main() {
    let share = if std::env::args().any(|arg| arg == "--quick") {
        10
    } else {
        1
    };
    {
        let house = house::open(10_000 / share);
        let peers = latency::peers(&house, 500 / share);
        latency::hook_to_client(&house, &peers, 500 / share);
        latency::client_to_advanta(&house, &peers, 500 / share);
        load::writes(&house, 2_000 / share);
        load::hooks(&house);
        load::idle(&house);
        house.advanta.finish();
    }
    files::files(50_000 / share);
}
