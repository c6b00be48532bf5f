//! dnf and wget as other people wrote them: a repository that the appliance serves, and a package of it installed.

use std::fs;
use std::path::Path;

use pxe::http::Target;
use pxe::http::head::Agent;

use super::rig::{NODE, Rig, run};

/// More than dnf downloads at once.
const PACKAGES: u8 = 6;

const SPEC: &str = "Name: hinode-story%{number}
Version: 1
Release: 1
Summary: A package with something in it
License: Apache-2.0
BuildArch: noarch
%description
A package with something in it.
%install
mkdir -p %{buildroot}/opt/story
cp %{_sourcedir}/payload %{buildroot}/opt/story/payload%{number}
%files
/opt/story/payload%{number}
";

fn must(program: &str, arguments: &[&str]) {
    let output = run(program, arguments);
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {output:?}"
    );
}

/// A repository with packages larger than what is sent in one piece.
fn repository(rig: &Rig) {
    let (build, repository) = (rig.path("build"), rig.path("tree/repo"));
    fs::create_dir_all(build.join("SOURCES")).unwrap();
    fs::create_dir_all(&repository).unwrap();
    let payload = super::rig::bytes(1 << 20);
    fs::write(build.join("SOURCES/payload"), payload).unwrap();
    fs::write(build.join("story.spec"), SPEC).unwrap();
    let top = format!("_topdir {}", build.display());
    let rpms = format!("_rpmdir {}", repository.display());
    let spec = build.join("story.spec").display().to_string();
    for n in 1..=PACKAGES {
        let number = format!("number {n}");
        let with = ["-bb", "--quiet", "-D", &top, "-D", &rpms, "-D", &number];
        must("rpmbuild", &[&with[..], &[&spec]].concat());
    }
    must("createrepo_c", &["-q", &repository.display().to_string()]);
}

fn install(rig: &Rig, root: &Path) {
    let conf = rig.path("dnf.conf");
    fs::write(&conf, "[main]\ngpgcheck=0\nplugins=0\n").unwrap();
    let url = rig.url("/os/standin/repo/");
    let options = [
        format!("--config={}", conf.display()),
        format!("--installroot={}", root.display()),
        format!("--setopt=cachedir={}", root.join("cache").display()),
        "--setopt=reposdir=/nonexistent".to_owned(),
        "--setopt=module_platform_id=platform:el9".to_owned(),
        "--releasever=9".to_owned(),
        format!("--repofrompath=rack,{url}"),
        "--repo=rack".to_owned(),
    ];
    let mut words: Vec<&str> = options.iter().map(String::as_str).collect();
    words.extend(["-y", "-q", "install", "hinode-story*"]);
    must("dnf", &words);
}

#[test]
fn dnf_installs_packages_over_few_connections() {
    let rig = Rig::start();
    repository(&rig);
    let root = rig.path("root");
    install(&rig, &root);
    for n in 1..=PACKAGES {
        let payload = fs::read(root.join(format!("opt/story/payload{n}"))).unwrap();
        assert!(payload == super::rig::bytes(1 << 20), "package {n}");
    }
    let counts = &rig.world.metrics.http;
    let of_dnf = |pair: &(Target, Agent)| *pair == (Target::File, Agent::Dnf);
    let requests: u64 = counts
        .requests
        .all()
        .filter(|(it, _)| of_dnf(it))
        .map(|(_, n)| n)
        .sum();
    // repomd, primary, filelists, the packages, and what else this dnf wants.
    assert!(requests >= 3 + u64::from(PACKAGES), "{requests}");
    let connections: u64 = counts.ended.all().map(|(_, count)| count).sum();
    // Three for the packages, however many there are.
    assert!(
        connections + 3 <= requests,
        "{connections} for {requests} requests"
    );
    rig.stop();
}

#[test]
fn wget_resumes_a_download_and_keeps_its_connection() {
    let rig = Rig::start();
    let folder = rig.path("wget");
    fs::create_dir(&folder).unwrap();
    let kernel = rig.original("images/pxeboot/vmlinuz");
    fs::write(folder.join("vmlinuz"), &kernel[..1_000_000]).unwrap();
    let prefix = folder.display().to_string();
    let from = format!("--bind-address={NODE}");
    let urls = ["/os/standin/images/pxeboot/vmlinuz", "/os/standin/ten"].map(|it| rig.url(it));
    must(
        "wget",
        &[
            "-q", "-c", &from, "-T", "20", "-P", &prefix, &urls[0], &urls[1],
        ],
    );
    assert!(fs::read(folder.join("vmlinuz")).unwrap() == kernel);
    assert_eq!(fs::read(folder.join("ten")).unwrap(), b"0123456789");
    let rest = kernel.len() as u64 - 1_000_000;
    assert_eq!(rig.world.served.of(NODE.into()), rest + 10, "no byte twice");
    let taken: u64 = rig
        .world
        .metrics
        .http
        .ended
        .all()
        .map(|(_, count)| count)
        .sum();
    assert!(taken <= 1, "{taken} connections");
    rig.stop();
}
