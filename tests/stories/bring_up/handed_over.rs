//! A verified node is handed over to the real Ansible: the playbook of its profile is run, and one that fails is a named
//! blocker with what it said, until somebody mends it.

use std::path::Path;
use std::time::Duration;

use appliance::api::types;
use hyper::Method;
use tests::rack_of_packets::{LIMIT, LOOK_AGAIN, RackOfPackets, play};

use super::{count, is_brought_up};

const QUICK: Duration = Duration::from_millis(200);

/// A playbook of one task on the node, which has no Python.
fn playbook(path: &Path, command: &str) {
    let text = format!(
        "- hosts: hinode_installed\n  gather_facts: false\n  tasks:\n    - name: look\n      ansible.builtin.raw: {command}\n"
    );
    std::fs::write(path, text).unwrap();
}

/// The rack file again, with a playbook; or why it is refused.
async fn apply(rack: &RackOfPackets, playbook: &Path) -> Result<(), String> {
    let client = rack.appliance.client();
    let mut file: types::Apply = client.get("/v1/rack").await.unwrap();
    let profile = "[profile.kvm]\n";
    let with = format!("{profile}playbook = \"{}\"\n", playbook.display());
    file.text = file.text.replace(profile, &with);
    let applied: Result<types::Applied, _> = client.send(Method::PUT, "/v1/rack", &file).await;
    applied.map(drop).map_err(|error| error.to_string())
}

#[test]
fn a_playbook_that_fails_blocks_the_job_with_what_it_said_until_it_is_mended() {
    play(1, QUICK, async |rack| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("play.yml");
        let refused = apply(&rack, &path).await.unwrap_err();
        assert!(refused.contains("is not there; copy it"), "{refused}");
        playbook(&path, "reboot");
        apply(&rack, &path).await.unwrap();
        let job = rack.up(1, None).await.unwrap();
        let blocked = async {
            loop {
                let blocker = rack.job(job).await.blocker;
                match blocker.filter(|why| why.code == "job.playbook-failed") {
                    Some(why) => return why,
                    None => tokio::time::sleep(LOOK_AGAIN * 4).await,
                }
            }
        };
        let Ok(why) = tokio::time::timeout(LIMIT, blocked).await else {
            panic!("{:#?}", rack.job(job).await);
        };
        let said = why.evidence.join("\n");
        assert!(said.contains("packet node: command not found"), "{said}");
        assert!(said.contains("kvm-01"), "{said}");
        playbook(&path, "ls /dev/kvm");
        is_brought_up(&rack, 1, job).await;
        let events = rack.history().await;
        assert_eq!(count(&events, job, "job.playbook-ran"), 1);
        let inventory = rack.appliance.command(&["inventory", "--list"]).await;
        let inventory: serde_json::Value = serde_json::from_slice(&inventory.stdout).unwrap();
        assert_eq!(inventory["hinode_installed"]["hosts"][0], "kvm-01");
        let host = &inventory["_meta"]["hostvars"]["kvm-01"];
        assert!(host["hinode_cloud_host"].is_string(), "{host}");
        rack
    });
}
