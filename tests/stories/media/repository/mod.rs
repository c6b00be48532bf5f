//! Package repositories: packages that rpmbuild, rpmsign and createrepo_c make, imported by the real appliance, and installed
//! by the real dnf out of what it serves. What must not be imported is not, and says why.

mod packager;
mod refused;

use std::path::{Path, PathBuf};

use appliance::api::types::media::Holds;
use inventory::config;
use inventory::id::Token;
use inventory::node::Identity;
use inventory::secret::Secret;
use templates::{Data, HostKey, Install};
use tests::rack_of_packets::{RackOfPackets, file, play};

use super::maker::{Maker, run};
use super::{PATIENCE, apply, curl, from_medium, hinode, imported, media};
use packager::Packager;

/// What the rack's nodes get: of the OS, for their storage, and out of the repository.
const PACKAGES: [&str; 5] = [
    "device-mapper-multipath",
    "hinode-extra",
    "iscsi-initiator-utils",
    "nfs-utils",
    "standin-base",
];

/// Imports the packager's repository; its id.
async fn repository(rack: &RackOfPackets, packager: &Packager) -> String {
    packager.trusted(rack).await;
    let (is_done, said) = packager.import(rack, &packager.repository()).await;
    assert!(is_done, "{said}");
    let id = said.split('"').nth(1).unwrap().to_owned();
    assert!(
        id.starts_with("extra-") && said.contains("media = "),
        "{said}"
    );
    id
}

/// The rack file, with packages of a repository.
fn with_repository(text: &str, id: &str) -> String {
    let repo = format!("[repo.extra]\nmedia = \"{id}\"\n\n[profile.kvm]\n");
    let wish = "repos = [\"extra\"]\npackages = [\"hinode-extra\"]\n";
    assert!(text.contains("[profile.kvm]\n"));
    text.replace("[profile.kvm]\n", &[&repo, wish].concat())
}

/// The kickstart of the first node.
fn kickstart(text: &str) -> String {
    let rack = config::check(text).unwrap();
    let node = rack.nodes.values().next().unwrap();
    let host_key = HostKey {
        private: Secret::new("a key".to_owned()),
        public: "a key".to_owned(),
    };
    let identity = Identity {
        serial: node.serial.as_ref().unwrap().to_string(),
        uuid: None,
    };
    let install = Install {
        rack: &rack,
        node,
        token: Token::from_random([7; 16]),
        identity: &identity,
        data: Data::Refused,
        host_key: &host_key,
        passphrase: None,
        appliance_key: "a key",
    };
    templates::payload(&install).unwrap().kickstart
}

/// What stands between two texts.
fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let (_, rest) = text
        .split_once(from)
        .unwrap_or_else(|| panic!("{from}: {text}"));
    rest.split_once(to).unwrap().0
}

/// What dnf is given: the repositories of the kickstart, that of the tree as the installer finds it, and the others as the
/// installed system has them.
fn reposdir(folder: &Path, kickstart: &str, maker: &Maker) -> PathBuf {
    let dir = folder.join("yum.repos.d");
    std::fs::create_dir(&dir).unwrap();
    let tree = between(kickstart, "url --url=\"", "\"");
    let key = maker.path("packager.asc");
    let base = format!(
        "[base]\nname=base\nbaseurl={tree}BaseOS/\ngpgcheck=1\ngpgkey=file://{}\n",
        key.display()
    );
    std::fs::write(dir.join("base.repo"), base).unwrap();
    let from = "cat > /etc/yum.repos.d/hinode-extra.repo <<'END_OF_FILE'\n";
    let extra = between(kickstart, from, "END_OF_FILE");
    let url = between(extra, "baseurl=", "\n");
    let wanted = format!("repo --name=hinode-extra --baseurl={url}\n");
    assert!(kickstart.contains(&wanted), "{kickstart}");
    // As %post does, but elsewhere.
    let (kept, key) = (folder.join("key"), between(extra, "gpgkey=file://", "\n"));
    let fetch = format!("-o {key} {url}RPM-GPG-KEY || ");
    assert!(kickstart.contains(&fetch), "{kickstart}");
    let words = ["-fsS", "-o", kept.to_str().unwrap()].map(str::to_owned);
    run(
        "curl",
        words.into_iter().chain([format!("{url}RPM-GPG-KEY")]),
    );
    let extra = extra.replace(key, kept.to_str().unwrap());
    std::fs::write(dir.join("extra.repo"), extra).unwrap();
    dir
}

/// Installs the packages of a kickstart with dnf; where to.
fn install(folder: &Path, kickstart: &str, maker: &Maker) -> PathBuf {
    let (root, conf) = (folder.join("root"), folder.join("dnf.conf"));
    std::fs::write(&conf, "[main]\ngpgcheck=1\nplugins=0\n").unwrap();
    let repos = reposdir(folder, kickstart, maker);
    let options = [
        format!("--config={}", conf.display()),
        format!("--installroot={}", root.display()),
        format!("--setopt=cachedir={}", root.join("cache").display()),
        format!("--setopt=reposdir={}", repos.display()),
        "--setopt=module_platform_id=platform:el9".to_owned(),
        "--releasever=9".to_owned(),
    ];
    let words = ["-y", "-q", "install"].map(str::to_owned);
    let packages = between(kickstart, "%packages", "%end").lines().skip(1);
    let packages: Vec<_> = packages.map(str::to_owned).collect();
    assert_eq!(packages, PACKAGES);
    run("dnf", options.into_iter().chain(words).chain(packages));
    root
}

/// A medium of the rack's tree, whose packages are real ones, signed.
fn medium(rack: &RackOfPackets, packager: &Packager) -> Maker {
    let base = rack.tree().join("BaseOS");
    std::fs::remove_dir_all(&base).unwrap();
    std::fs::create_dir_all(&base).unwrap();
    for name in PACKAGES.iter().filter(|name| **name != "hinode-extra") {
        let provides = match *name {
            "standin-base" => "Provides: base",
            _ => "Provides: storage",
        };
        packager.build(&base, name, provides);
        let package = base.join(format!("noarch/{name}-1.0-1.el9.noarch.rpm"));
        packager.sign_by("packager", "sha256", &package);
    }
    packager.index(&base);
    let maker = Maker::of(&rack.tree());
    std::fs::copy(packager.path("packager.asc"), maker.path("packager.asc")).unwrap();
    maker
}

#[test]
fn dnf_installs_the_packages_of_a_kickstart_out_of_medium_and_repository() {
    play(1, PATIENCE, async |rack| {
        let packager = Packager::new();
        let maker = medium(&rack, &packager);
        let base = imported(&rack, &maker).await;
        let extra = repository(&rack, &packager).await;
        let text = with_repository(&from_medium(&rack, &base), &extra);
        let (is_applied, said) = apply(&rack, &text).await;
        assert!(is_applied, "{said}");
        let folder = tempfile::tempdir().unwrap();
        let root = install(folder.path(), &kickstart(&text), &maker);
        for name in PACKAGES {
            let size = std::fs::metadata(root.join("opt").join(name)).map(|about| about.len());
            assert_eq!(size.ok(), Some(300_000), "{name}");
        }
        let (is_done, said) = hinode(&rack, &["media", "remove", &extra]).await;
        assert!(
            !is_done && said.contains("in use by [repo.extra] of the rack file"),
            "{said}"
        );
        rack
    });
}

#[test]
fn a_repository_is_the_same_from_a_folder_and_from_a_tar_and_stays_whole() {
    play(1, PATIENCE, async |mut rack| {
        let packager = Packager::new();
        let id = repository(&rack, &packager).await;
        let tar = packager.path("repository.tar");
        // What no metadata name is not taken.
        std::fs::write(packager.repository().join("stray"), "stray").unwrap();
        let folder = packager.repository().display().to_string();
        run("tar", ["-C", &folder, "-cf", tar.to_str().unwrap(), "."]);
        let (is_done, said) = packager.import(&rack, &tar).await;
        assert!(is_done && said.contains(&id), "{said}");
        let all = media(&rack).await;
        let is_it = |holds: &Holds| {
            matches!(holds, Holds::Repository { packages: 1, signed_by, .. }
                if *signed_by == [packager.fingerprint.clone()])
        };
        assert!(all.len() == 1 && is_it(&all[0].holds), "{all:?}");
        // As after a power cut in the middle of another import.
        let left = rack.data.join("media/extra.unfinished");
        std::fs::write(&left, "a part").unwrap();
        rack.kill().await;
        assert!(!left.exists());
        let package = "noarch/hinode-extra-1.0-1.el9.noarch.rpm";
        assert!(curl(&id, package, &[]) == std::fs::read(packager.package()).unwrap());
        assert_eq!(curl(&id, "stray", &[]), b"");
        let (is_done, said) = hinode(&rack, &["media", "verify", &id]).await;
        assert!(is_done && said.contains("is whole"), "{said}");
        let (is_done, said) = hinode(&rack, &["media", "remove", &id]).await;
        assert!(is_done, "{said}");
        assert_eq!(
            std::fs::read_dir(rack.data.join("media")).unwrap().count(),
            0
        );
        rack
    });
}

#[test]
fn a_repository_for_another_release_is_refused_with_the_rack_file() {
    play(1, PATIENCE, async |rack| {
        let packager = Packager::new();
        let text = file::text(rack.tree().parent().unwrap(), 1);
        let (is_applied, said) = apply(&rack, &with_repository(&text, "extra-00000000")).await;
        assert!(
            !is_applied && said.contains("no package repository of that id"),
            "{said}"
        );
        let old = packager.repository();
        std::fs::remove_dir_all(&old).unwrap();
        packager.build_for(".el8", &old, ("hinode-extra", "Provides: x"));
        let package = old.join("noarch/hinode-extra-1.0-1.el8.noarch.rpm");
        packager.sign_by("packager", "sha256", &package);
        packager.index(&old);
        let id = repository(&rack, &packager).await;
        let (is_applied, said) = apply(&rack, &with_repository(&text, &id)).await;
        let wanted = "which is el9, with packages of [repo.extra], which are for el8";
        assert!(!is_applied && said.contains(wanted), "{said}");
        // A release package of another minor release.
        std::fs::remove_dir_all(&old).unwrap();
        packager.build(&old, "rocky-release", "Provides: x");
        let package = old.join("noarch/rocky-release-1.0-1.el9.noarch.rpm");
        packager.sign_by("packager", "sha256", &package);
        packager.index(&old);
        let id = repository(&rack, &packager).await;
        let (is_applied, said) = apply(&rack, &with_repository(&text, &id)).await;
        let wanted = "which is 1, with packages of [repo.extra], which are for 1.0";
        assert!(!is_applied && said.contains(wanted), "{said}");
        rack
    });
}
