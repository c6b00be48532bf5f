//! Adding a host: the way it should go, what is refused, and a lost answer.

use devices::cloud::{
    CloudError, Existing, HostState, Limits, Progress, Quiet, Refusal, SameAs, Why, guid_of,
};
use inventory::clock::{Clock as _, Deadline};
use std::time::Duration;
use tests::cloudstack::faults::{Fault, Wrong};

use super::host::{Agent, Answers};
use super::{LIMITS, PASSWORD, Site, clock, soon};

fn said(error: &CloudError) -> &str {
    match &error.why {
        Why::Refused(Refusal::Said { text, .. }) => text,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_host_is_added_over_ssh_and_comes_up() {
    let site = Site::good(11).await;
    let driver = site.driver();
    let new = site.new_host().await;
    assert_eq!(
        driver.find_host(&new.name, new.address).await,
        Ok(Vec::new())
    );

    let host = driver.add_host(&new).await.unwrap();
    let up = driver.wait_until_up(&host.id, soon()).await.unwrap();
    assert_eq!(
        (up.name.as_str(), up.address),
        ("kvm-01", Some(new.address))
    );
    let known = driver.find_host(&new.name, new.address).await.unwrap();
    assert_eq!(known[0].same, SameAs::AddressAndName);

    let ran = site.host.ran();
    let starts = [
        "ls /dev/kvm",
        "rpm -qa | grep -i ovmf",
        "sudo /usr/share/cloudstack-common/scripts/util/keystore-setup /etc/cloudstack/agent/agent.properties",
        "sudo /usr/share/cloudstack-common/scripts/util/keystore-cert-import",
        "sudo cloudstack-setup-agent  -m 127.0.0.1 -z 1 -p 1 -c 1 -g",
    ];
    assert_eq!(ran.len(), starts.len(), "{ran:?}");
    for (command, start) in ran.iter().zip(starts) {
        assert!(command.starts_with(start), "{command}");
    }
    assert!(ran[4].contains(&guid_of(new.address).to_string()));
    assert_eq!(site.simulator.shared.hosts.all()[0].added.tags, "rack1,ssd");
    let seen = site.simulator.shared.seen();
    assert!(
        seen.iter()
            .all(|seen| seen.method == "POST" && seen.query.is_empty())
    );
    site.stop().await;
}

#[tokio::test]
async fn a_known_host_is_taken_only_as_ours() {
    let site = Site::good(12).await;
    let driver = site.driver();
    let mut new = site.new_host().await;
    let host = driver.add_host(&new).await.unwrap();

    let error = driver.add_host(&new).await.unwrap_err();
    assert!(
        matches!(error.why, Why::Refused(Refusal::Exists(_))),
        "{error}"
    );
    new.existing = Existing::Ours;
    assert_eq!(driver.add_host(&new).await.map(|host| host.id), Ok(host.id));
    new.name = "kvm-02".parse().unwrap();
    let error = driver.add_host(&new).await.unwrap_err();
    assert!(
        error.to_string().contains("already has host `kvm-01`"),
        "{error}"
    );
    assert_eq!(site.added_times(), 1);
    site.stop().await;
}

#[tokio::test]
async fn what_fails_on_the_host_is_told() {
    for (last, case, fails, text) in [
        (
            21,
            "no KVM",
            "/dev/kvm",
            "Cannot find the server resources at http://127.0.7.21",
        ),
        (
            22,
            "no sudo or keytool",
            "keystore-setup",
            "Failed to setup keystore on the KVM host",
        ),
        (
            23,
            "certificate not taken",
            "keystore-cert-import",
            "Failed to setup certificate",
        ),
        (
            24,
            "a bridge is missing",
            "setup-agent",
            "Cannot find the server resources",
        ),
    ] {
        let answers = Answers {
            password: PASSWORD,
            fails: Some(fails),
        };
        let site = Site::with(last, answers).await;
        let error = site
            .driver()
            .add_host(&site.new_host().await)
            .await
            .unwrap_err();
        assert!(said(&error).contains(text), "{case}: {error}");
        assert_eq!(site.simulator.shared.hosts.all(), [], "{case}");
        site.stop().await;
    }
}

#[tokio::test]
async fn a_wrong_root_password_is_told_without_the_password() {
    let answers = Answers {
        password: "another",
        fails: None,
    };
    let site = Site::with(13, answers).await;
    let error = site
        .driver()
        .add_host(&site.new_host().await)
        .await
        .unwrap_err();
    assert!(said(&error).contains("Authentication error"), "{error}");
    assert_eq!(site.host.ran(), [] as [&str; 0]);

    let repeated = Fault {
        command: Some("addHost".to_owned()),
        wrong: Wrong::Internal(format!("cannot log in with {PASSWORD}")),
        times: 1,
    };
    site.simulator.shared.faults.plan(repeated);
    let error = site
        .driver()
        .add_host(&site.new_host().await)
        .await
        .unwrap_err();
    assert_eq!(said(&error), "cannot log in with ****");
    site.stop().await;
}

#[tokio::test]
async fn a_lost_answer_is_followed_by_a_look_not_by_a_second_try() {
    let site = Site::good(14).await;
    let new = site.new_host().await;
    let lost = Fault {
        command: Some("addHost".to_owned()),
        wrong: Wrong::Lost,
        times: 1,
    };
    site.simulator.shared.faults.plan(lost);
    let host = site.driver().add_host(&new).await.unwrap();
    assert_eq!(host.address, Some(new.address));
    assert_eq!(site.added_times(), 1);
    site.stop().await;
}

#[tokio::test]
async fn an_add_that_never_answers_ends_with_its_limit() {
    let site = Site::good(15).await;
    let new = site.new_host().await;
    let silent = Fault {
        command: Some("addHost".to_owned()),
        wrong: Wrong::Silent,
        times: 1,
    };
    site.simulator.shared.faults.plan(silent);
    let add = Duration::from_millis(300);
    let driver = site.driver_with(Limits { add, ..LIMITS });
    let error = driver.add_host(&new).await.unwrap_err();
    assert_eq!(error.why, Why::Silent(Quiet::NoAnswer(add)));
    assert_eq!(site.added_times(), 1);
    // The next try of the job: it looks, finds nothing, adds.
    assert!(site.driver().add_host(&new).await.is_ok());
    site.stop().await;
}

#[tokio::test]
async fn a_host_whose_agent_stops_is_not_up() {
    for (last, agent, state) in [
        (16, Agent::Mute, HostState::Alert),
        (17, Agent::Quits, HostState::Disconnected),
    ] {
        let site = Site::good(last).await;
        let driver = site.driver();
        let host = driver.add_host(&site.new_host().await).await.unwrap();
        site.host.agent.send_replace(agent);
        let down = async {
            loop {
                match driver.progress(&host.id).await.unwrap() {
                    Progress::Up(_) => tokio::time::sleep(LIMITS.look).await,
                    Progress::Coming(host) => return host.state,
                }
            }
        };
        let seen = tokio::time::timeout(Duration::from_secs(10), down).await;
        assert_eq!(seen, Ok(state));
        let at_once = Deadline::after(&clock().now(), Duration::ZERO);
        let error = driver.wait_until_up(&host.id, at_once).await.unwrap_err();
        assert!(
            matches!(error.why, Why::Refused(Refusal::NotUp { .. })),
            "{error}"
        );
        site.stop().await;
    }
}

#[tokio::test]
async fn a_host_whose_agent_never_comes_is_not_added() {
    let mut site = Site::good(18).await;
    site.host.agent.send_replace(Agent::Absent);
    // A management server that has less patience.
    let mut config = site.simulator.shared.config.clone();
    config.timing.agent = Duration::from_millis(200);
    let patient = std::mem::replace(
        &mut site.simulator,
        tests::cloudstack::Simulator::start(tests::cloudstack::Config {
            agents: "127.0.0.1:0".parse().unwrap(),
            ..config
        })
        .await
        .unwrap(),
    );
    patient.stop().await;
    let error = site
        .driver()
        .add_host(&site.new_host().await)
        .await
        .unwrap_err();
    assert!(
        said(&error).starts_with("Unable to add the host"),
        "{error}"
    );
    site.stop().await;
}
