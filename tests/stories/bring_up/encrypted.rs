//! A node with encrypted disks: the delivered passphrase is replaced by one that the node makes, whenever the appliance is
//! killed meanwhile, and the one that opens them is shown to who asks for it and stands nowhere in the clear.

use std::time::Duration;

use appliance::api::types;
use hyper::Method;
use tests::rack_of_packets::{RackOfPackets, play};

use super::kills::until;
use super::{count, is_brought_up};

const QUICK: Duration = Duration::from_millis(200);
/// Points between which the passphrase is replaced.
const KILLS: [(&str, &str); 3] = [
    ("job.entered", "verify"),
    ("device.did", "passphrase replaced"),
    ("device.did", "verified over SSH"),
];

async fn encrypt(rack: &RackOfPackets) {
    let client = rack.appliance.client();
    let mut file: types::Apply = client.get("/v1/rack").await.unwrap();
    let plain = "disk = { boot";
    file.text = file
        .text
        .replace(plain, "disk = { encrypt = { tpm2 = true }, boot");
    let _: types::Applied = client.send(Method::PUT, "/v1/rack", &file).await.unwrap();
}

#[test]
fn the_delivered_passphrase_is_replaced_by_one_that_only_who_asks_is_shown() {
    let nodes = u8::try_from(KILLS.len()).unwrap();
    play(nodes, QUICK, async |mut rack| {
        encrypt(&rack).await;
        for (n, kill) in (1..).zip(KILLS) {
            let job = rack.up(n, None).await.unwrap();
            until(&rack, job, kill).await;
            rack.kill().await;
            is_brought_up(&rack, n, job).await;
            let node = format!("kvm-{n:02}");
            let shown = rack.appliance.command(&["node", "passphrase", &node]).await;
            let shown = String::from_utf8(shown.stdout).unwrap();
            let (passphrase, rest) = shown.split_once("  ").unwrap();
            assert_eq!(passphrase.split('-').count(), 8, "{shown}");
            assert!(
                rest.ends_with("made on the node\n") && shown.lines().count() == 1,
                "{shown}"
            );
            let events = rack.history().await;
            let asked = |event: &&types::Event| event.what.code == "store.passphrase-shown";
            assert_eq!(events.iter().filter(asked).count(), usize::from(n));
            assert_eq!(count(&events, job, "install.armed"), 1);
            let report = rack.appliance.command(&["node", "report", &node]).await;
            let report = String::from_utf8(report.stdout).unwrap();
            assert_eq!(
                report.matches("good     disks     encryption").count(),
                2,
                "{report}"
            );
            // Nobody who copies the store or reads the log has it.
            let kept = std::fs::read(rack.data.join("hinode.redb")).unwrap();
            let has = |text: &[u8]| {
                text.windows(passphrase.len())
                    .any(|it| it == passphrase.as_bytes())
            };
            assert!(!has(&kept) && !has(rack.told().as_bytes()));
        }
        rack
    });
}
