//! What is found on an installed node is kept, shown, and asked again; a node that is not as it should be goes no further.

use std::time::Duration;

use tests::rack_of_packets::{LIMIT, LOOK_AGAIN, RackOfPackets, play};

use super::is_brought_up;

const QUICK: Duration = Duration::from_millis(200);

/// A command about a node: whether it ended well, and what it printed.
async fn about(rack: &RackOfPackets, command: [&str; 3]) -> (bool, String) {
    let output = rack.appliance.command(&command).await;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complained = String::from_utf8_lossy(&output.stderr);
    (output.status.success(), said + &complained)
}

/// Why a job waits whose node is not as it should be.
async fn not_as_installed(rack: &RackOfPackets, job: u64) -> String {
    let blocked = async {
        loop {
            let blocker = rack.job(job).await.blocker;
            match blocker.filter(|why| why.code == "job.not-as-installed") {
                Some(why) => return why.text,
                None => tokio::time::sleep(LOOK_AGAIN).await,
            }
        }
    };
    tokio::time::timeout(LIMIT, blocked).await.unwrap()
}

#[test]
fn what_was_found_is_kept_and_may_be_asked_again() {
    play(1, QUICK, async |rack| {
        let (known, said) = about(&rack, ["node", "report", "kvm-01"]).await;
        assert!(!known && said.contains("was not verified yet"), "{said}");
        let job = rack.up(1, None).await.unwrap();
        is_brought_up(&rack, 1, job).await;
        let (good, report) = about(&rack, ["node", "report", "kvm-01"]).await;
        assert!(good, "{report}");
        for line in ["kvm-01, before registration", "kvm-01, after registration"] {
            assert!(report.contains(line), "{line}: {report}");
        }
        for subject in ["user hiroshi", "user li", "kernel setting vm.swappiness"] {
            let line = format!("good     system    {subject}");
            assert_eq!(report.matches(&line).count(), 2, "{subject}: {report}");
        }
        for subject in [
            "mount /mnt/vm",
            "iSCSI initiator",
            "LUN 3600140500000000000000000000000a1",
        ] {
            let line = format!("good     storage   {subject}");
            assert_eq!(report.matches(&line).count(), 2, "{subject}: {report}");
        }
        let bridge = "good     network   bridge cloudbr1";
        assert_eq!(report.matches(bridge).count(), 2, "{report}");
        let events = rack.history().await.len();
        let (good, look) = about(&rack, ["node", "verify", "kvm-01"]).await;
        assert!(good && look.contains(", 0 wrong,"), "{look}");
        assert!(look.contains("service cloudstack-agent"), "{look}");
        assert_eq!(rack.history().await.len(), events, "a look is no deed");
        let (good, manifest) = about(&rack, ["node", "manifest", "kvm-01"]).await;
        assert!(
            good && manifest.contains("package standin-base"),
            "{manifest}"
        );
        for file in ["system-connections/cloudbr0.nmconnection", "chrony.conf"] {
            let written = format!("{file} as-written");
            assert!(manifest.contains(&written), "{written}: {manifest}");
        }
        rack
    });
}

#[test]
fn a_node_that_is_not_as_it_should_be_is_not_registered_and_the_report_says_why() {
    play(1, QUICK, async |rack| {
        let lie = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        rack.machine(1).lives().lies = vec![
            lie("failed", "chronyd.service"),
            lie("listen", "tcp 0.0.0.0:8080 nc"),
            lie("user", "hiroshi none"),
            lie("password", "root"),
            lie("dns", "8.8.8.8"),
            lie(
                "mount",
                "/mnt/vm nfs4 10.77.10.7:/export/vm rw,vers=4.2,soft,nconnect=4",
            ),
            lie("multipath", "3600140500000000000000000000000a1 1 1"),
        ];
        let job = rack.up(1, None).await.unwrap();
        let why = not_as_installed(&rack, job).await;
        let fault = "failed units: found `chronyd.service`, wanted `none`";
        assert!(why.contains(fault), "{why:?}");
        let (good, report) = about(&rack, ["node", "report", "kvm-01"]).await;
        assert!(!good && report.contains(", 8 wrong,"), "{report}");
        assert!(report.contains("also tcp/8080 (nc)"), "{report}");
        assert!(rack.cloud.shared.hosts.all().is_empty());
        // A person mends it, and restarts the node.
        rack.machine(1).lives().lies.clear();
        rack.machine(1).pull_the_plug();
        is_brought_up(&rack, 1, job).await;
        let (good, report) = about(&rack, ["node", "report", "kvm-01"]).await;
        assert!(good, "{report}");
        rack
    });
}

/// Two hosts whose array shows them one LUN would destroy what is on it: the second host is not registered.
#[test]
fn a_host_that_sees_another_host_s_lun_goes_no_further() {
    play(2, QUICK, async |rack| {
        let job = rack.up(1, None).await.unwrap();
        is_brought_up(&rack, 1, job).await;
        let wwid = "3600140500000000000000000000000a1";
        let lie = ("lun".to_owned(), format!("{wwid} sdb"));
        rack.machine(2).lives().lies = vec![lie];
        let job = rack.up(2, None).await.unwrap();
        let why = not_as_installed(&rack, job).await;
        let fault = format!("LUNs of others: found `{wwid}, which it is not given`");
        assert!(why.contains(&fault), "{why:?}");
        rack.machine(2).lives().lies.clear();
        rack.machine(2).pull_the_plug();
        is_brought_up(&rack, 2, job).await;
        rack
    });
}
