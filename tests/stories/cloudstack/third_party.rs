//! `cs`, a CloudStack client that is not ours, signs what the simulator verifies: so we do not only agree with ourselves.
//! `tests/setup.sh` installs it.

use std::path::PathBuf;

use tests::cloudstack::Simulator;
use tests::cloudstack::world::{CLUSTER, POD, ZONE};
use tokio::process::Command;

use super::{KEYS, Site, config};

/// Runs `cs` with `arguments`; what it printed, and whether it was content.
async fn cs(simulator: &Simulator, method: &str, arguments: &[&str]) -> (bool, String) {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let (key, secret) = KEYS.split_once(':').unwrap();
    let run = Command::new(here.join("cache/venv/bin/cs"))
        .args(arguments)
        .env("CLOUDSTACK_ENDPOINT", simulator.endpoint())
        .env("CLOUDSTACK_KEY", key)
        .env("CLOUDSTACK_SECRET", secret)
        .env("CLOUDSTACK_METHOD", method)
        .current_dir(std::env::temp_dir())
        .kill_on_drop(true)
        .output();
    let run = run.await.expect("tests/setup.sh installs cs");
    let text = [run.stdout, run.stderr].concat();
    (run.status.success(), String::from_utf8(text).unwrap())
}

#[tokio::test]
async fn another_client_is_understood() {
    let simulator = Simulator::start(config()).await.unwrap();
    let named = "name=Tokyo 1+2*3/東";
    // cs prints nothing for a list without array.
    for (case, method, arguments, good, text) in [
        ("GET", "get", vec!["listZones"], true, "\"tokyo\""),
        ("POST", "post", vec!["listZones"], true, "\"count\": 1"),
        (
            "an empty list",
            "post",
            vec!["listHosts", "type=Routing"],
            true,
            "",
        ),
        ("odd values", "post", vec!["listZones", named], true, ""),
        (
            "capabilities",
            "post",
            vec!["listCapabilities"],
            true,
            "cloudstackversion",
        ),
        (
            "no such command",
            "post",
            vec!["deleteEverything"],
            false,
            "432",
        ),
        (
            "a parameter short",
            "post",
            vec!["addHost", "zoneid=x"],
            false,
            "missing parameter podid",
        ),
        (
            "guests of a host that has none",
            "get",
            vec!["listVirtualMachines", "hostid=x", "listall=true"],
            true,
            "",
        ),
        (
            "no such pod",
            "get",
            vec!["listPods", "id=x"],
            false,
            "entity does not exist",
        ),
    ] {
        let (success, printed) = cs(&simulator, method, &arguments).await;
        assert_eq!(success, good, "{case}: {printed}");
        assert!(printed.contains(text), "{case}: {printed}");
    }
    simulator.stop().await;
}

#[tokio::test]
async fn another_client_is_refused_as_ours_is() {
    let site = Site::good(31).await;
    let url = format!("url=http://{}", site.host.address);
    let ids = [
        format!("zoneid={ZONE}"),
        format!("podid={POD}"),
        format!("clusterid={CLUSTER}"),
    ];
    let mut arguments = vec![
        "addHost",
        "hypervisor=KVM",
        "username=root",
        &url,
        "password=wrong",
    ];
    arguments.extend(ids.iter().map(String::as_str));
    let (success, printed) = cs(&site.simulator, "post", &arguments).await;
    assert!(
        !success && printed.contains("Authentication error"),
        "{printed}"
    );

    let (success, printed) = cs(&site.simulator, "get", &arguments).await;
    assert!(
        !success && printed.contains("405"),
        "a changing command by GET: {printed}"
    );

    site.driver()
        .add_host(&site.new_host().await)
        .await
        .unwrap();
    let (success, printed) = cs(&site.simulator, "post", &arguments).await;
    assert!(
        !success && printed.contains("is already in the database"),
        "{printed}"
    );
    assert_eq!(site.simulator.shared.hosts.all().len(), 1);
    site.stop().await;
}
