//! TLS by the bridge itself, spoken with a client that checks the certificate.

use crate::harness::Bridge;
use std::process::Command;

/// Prints the status of a PROPFIND over TLS with this authority alone, and what is negotiated.
const CLIENT: &str = r#"
import base64, http.client, ssl, sys, urllib.parse
host = urllib.parse.urlsplit(sys.argv[1])
context = ssl.create_default_context(cafile=sys.argv[2])
connection = http.client.HTTPSConnection(host.hostname, host.port, context=context, timeout=30)
login = base64.b64encode(b"anna:demo").decode()
connection.request("PROPFIND", "/", headers={"Depth": "0", "Authorization": "Basic " + login})
print(connection.getresponse().status, connection.sock.version())
"#;

#[test]
fn a_bridge_with_a_certificate_speaks_tls() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let names = vec!["127.0.0.1".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).expect("a certificate");
    let (certificate, key) = (
        folder.path().join("cert.pem"),
        folder.path().join("key.pem"),
    );
    std::fs::write(&certificate, made.cert.pem()).expect("a file");
    std::fs::write(&key, made.signing_key.serialize_pem()).expect("a file");
    let settings = format!("[server]\ntls_certificate = {certificate:?}\ntls_key = {key:?}\n");
    let bridge = Bridge::configured(&settings);
    assert!(
        bridge.url().starts_with("https://127.0.0.1:"),
        "{}",
        bridge.url()
    );
    let python = std::env::var_os("ADVANTA_BRIDGE_TEST_PYTHON")
        .expect("run by tests/run, which installs the clients");
    let output = Command::new(python)
        .args(["-c", CLIENT, bridge.url()])
        .arg(&certificate)
        .output()
        .expect("the Python that tests/run made");
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(
        said.trim(),
        "207 TLSv1.3",
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
