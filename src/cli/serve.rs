//! `serve`: runs the bridge.

use super::failure::{Done, Exit};
use super::place::Place;
use crate::app::{self, DEMO_PASSWORD, DemoTour, Serve};
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Where to listen when nothing says otherwise.
const LISTEN: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8480);

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Показательная установка с открытым паролем, только для этого компьютера. / A demonstration installation with an open password, for this machine only.
    #[arg(long)]
    demo: bool,
    /// Адрес и порт. / Address and port [default: 127.0.0.1:8480].
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    #[command(flatten)]
    place: Place,
}

pub(super) async fn run(args: Args) -> Done {
    let config = args.place.config()?;
    let listen = args.listen.or(config.server.listen).unwrap_or(LISTEN);
    // The settings file never sends the demonstration into the real folder.
    let data = match (args.demo, &args.place.data) {
        (true, None) => PathBuf::from("./data-demo"),
        _ => args.place.data(&config, "./data"),
    };
    let scheme = if config.server.tls_certificate.is_some() {
        "https"
    } else {
        "http"
    };
    let serve = Serve {
        config,
        demo: args.demo,
        listen,
        data,
    };
    app::serve(serve, |address, tour| {
        let url = format!("{scheme}://{address}");
        if let Some(tour) = tour {
            print_tour(&url, tour);
        }
        say(&format!("ready: listening on {url}/"));
    })
    .await?;
    Ok(Exit::Done)
}

fn print_tour(url: &str, tour: &DemoTour) {
    let login = &tour.user.login;
    say("Показательная установка / demonstration installation");
    say(&format!("  CalDAV:   {url}/"));
    say(&format!("  user:     {login}"));
    say(&format!("  password: {DEMO_PASSWORD}"));
    say(&format!(
        "  try:      curl -u {login}:{DEMO_PASSWORD} {url}{}",
        tour.href
    ));
}

/// Nobody may be reading any more; that is no reason to end.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _nobody_reads = writeln!(out, "{line}").and_then(|()| out.flush());
}
