//! Who makes packages: rpmbuild, a key of GnuPG's, rpmsign, createrepo_c.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tests::rack_of_packets::RackOfPackets;

use super::super::hinode;
use super::super::maker::run;

const SPEC: &str = "Name: %{called}
Version: 1.0
Release: 1%{built_for}
Summary: A package of a story
License: Apache-2.0
BuildArch: noarch
%{wants}
%description
A package of a story.
%install
mkdir -p %{buildroot}/opt
head -c 300000 /dev/urandom > %{buildroot}/opt/%{called}
%files
/opt/%{called}
";

pub(super) struct Packager {
    folder: tempfile::TempDir,
    /// Of the key `packager`.
    pub(super) fingerprint: String,
}

impl Packager {
    /// With a key, and a repository of one package, signed.
    pub(super) fn new() -> Self {
        let mut packager = Self {
            folder: tempfile::tempdir().unwrap(),
            fingerprint: String::new(),
        };
        let home = packager.path("gnupg");
        std::fs::create_dir(&home).unwrap();
        std::fs::set_permissions(&home, PermissionsExt::from_mode(0o700)).unwrap();
        packager.fingerprint = packager.make_key("packager");
        let repository = packager.repository();
        packager.build(&repository, "hinode-extra", "Requires: standin-base");
        packager.sign("packager");
        packager.index(&repository);
        packager
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The repository.
    pub(super) fn repository(&self) -> PathBuf {
        self.path("repository")
    }

    /// Its one package.
    pub(super) fn package(&self) -> PathBuf {
        self.repository()
            .join("noarch/hinode-extra-1.0-1.el9.noarch.rpm")
    }

    /// Builds a package for EL 9 into `folder/noarch`.
    pub(super) fn build(&self, folder: &Path, name: &str, wants: &str) {
        self.build_for(".el9", folder, (name, wants));
    }

    pub(super) fn build_for(&self, release: &str, folder: &Path, (name, wants): (&str, &str)) {
        let spec = self.path("story.spec");
        std::fs::write(&spec, SPEC).unwrap();
        let macros = [
            format!("_topdir {}", self.path("build").display()),
            format!("_rpmdir {}", folder.display()),
            format!("called {name}"),
            format!("built_for {release}"),
            format!("wants {wants}"),
        ];
        let macros = macros.iter().flat_map(|it| ["-D", it]);
        let words = ["-bb", "--quiet"].into_iter().chain(macros);
        run("rpmbuild", words.chain([spec.to_str().unwrap()]));
    }

    /// A key of that name; its fingerprint. It is exported to NAME.asc.
    pub(super) fn make_key(&self, name: &str) -> String {
        let made = [
            "--passphrase",
            "",
            "--quick-gen-key",
            name,
            "rsa3072",
            "sign",
            "never",
        ];
        self.gpg(&made);
        let listed = self.gpg(&["--with-colons", "--list-keys", name]);
        let line = listed.lines().find(|line| line.starts_with("fpr")).unwrap();
        let key = self.path(&format!("{name}.asc"));
        std::fs::write(key, self.gpg(&["--armor", "--export", name])).unwrap();
        line.split(':').nth(9).unwrap().to_owned()
    }

    fn gpg(&self, words: &[&str]) -> String {
        let home = self.path("gnupg");
        let home = ["--homedir", home.to_str().unwrap(), "--batch", "--quiet"];
        run("gpg", home.into_iter().chain(words.iter().copied()))
    }

    /// Signs the package.
    pub(super) fn sign(&self, key: &str) {
        self.sign_by(key, "sha256", &self.package());
    }

    pub(super) fn sign_by(&self, key: &str, digest: &str, package: &Path) {
        let macros = [
            format!("_gpg_name {key}"),
            format!("_gpg_path {}", self.path("gnupg").display()),
            format!("_gpg_digest_algo {digest}"),
            "__gpg /usr/bin/gpg".to_owned(),
        ];
        let macros = macros.iter().flat_map(|it| ["-D", it]);
        let words = macros.chain(["--addsign", package.to_str().unwrap()]);
        run("rpmsign", words);
    }

    /// Writes the metadata of a folder.
    pub(super) fn index(&self, folder: &Path) {
        run("createrepo_c", ["-q", folder.to_str().unwrap()]);
    }

    /// Has the appliance keep the key, for packages alone.
    pub(super) async fn trusted(&self, rack: &RackOfPackets) {
        let key = self.path("packager.asc");
        let fingerprint = ["--fingerprint", &self.fingerprint];
        let words = ["media", "key", key.to_str().unwrap(), "--packages"];
        let (is_kept, said) = hinode(rack, &[&words[..], &fingerprint].concat()).await;
        assert!(is_kept, "{said}");
        let (_, said) = hinode(rack, &["media", "keys"]).await;
        let wanted = format!("key {} of packager (no maker", self.fingerprint);
        assert!(
            said.contains(&wanted) && said.contains("for packages alone"),
            "{said}"
        );
    }

    /// Imports a folder or a tar as repository `extra`.
    pub(super) async fn import(&self, rack: &RackOfPackets, path: &Path) -> (bool, String) {
        let words = ["media", "import", path.to_str().unwrap()];
        let named = ["--repository", "extra"];
        hinode(rack, &[&words[..], &named].concat()).await
    }
}

impl Drop for Packager {
    fn drop(&mut self) {
        let _ended = std::process::Command::new("gpgconf")
            .env("GNUPGHOME", self.path("gnupg"))
            .args(["--kill", "all"])
            .output();
    }
}
