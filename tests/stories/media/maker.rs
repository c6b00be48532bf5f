//! Who makes a medium: an install tree with its sums, an image of it (xorriso), a checksum list (sha256sum), a key and a
//! signature (GnuPG).

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tests::rack_of_packets::RackOfPackets;

use super::hinode;

/// Files whose sums `.treeinfo` has.
const SUMMED: [&str; 3] = [
    "images/pxeboot/vmlinuz",
    "images/pxeboot/initrd.img",
    "images/install.img",
];

pub(super) struct Maker {
    folder: tempfile::TempDir,
    /// Of the key.
    pub(super) fingerprint: String,
    /// A file whose name only Rock Ridge can hold whole.
    pub(super) long_name: String,
}

/// Runs a program to its end; what it says.
pub(super) fn run<S: AsRef<OsStr>>(program: &str, words: impl IntoIterator<Item = S>) -> String {
    let output = Command::new(program).args(words).output().unwrap();
    assert!(output.status.success(), "{program}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

impl Maker {
    /// The name of its image.
    pub(super) const NAME: &'static str = "Standin-1-x86_64-dvd.iso";

    /// Makes a signed image of the tree, which gets what the stand-in's small one lacks.
    pub(super) fn of(tree: &Path) -> Self {
        let long_name = format!("BaseOS/Packages/l/{}.rpm", "long".repeat(50));
        std::fs::create_dir_all(tree.join("BaseOS/Packages/l")).unwrap();
        std::fs::write(tree.join(&long_name), "a package of a long name").unwrap();
        std::fs::write(
            tree.join("EFI/BOOT/grub.cfg"),
            "linux /images/pxeboot/vmlinuz\n",
        )
        .unwrap();
        std::os::unix::fs::symlink(".treeinfo", tree.join("link")).unwrap();
        sum(tree);
        let mut maker = Self {
            folder: tempfile::tempdir().unwrap(),
            fingerprint: String::new(),
            long_name,
        };
        maker.fingerprint = maker.make_key("maker");
        maker.pack(tree);
        maker.list();
        maker.sign("maker");
        maker
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The image.
    pub(super) fn image(&self) -> PathBuf {
        self.path(Self::NAME)
    }

    /// Makes the image of a tree.
    pub(super) fn pack(&self, tree: &Path) {
        let image = self.image();
        let words = [
            "-as",
            "mkisofs",
            "-quiet",
            "-R",
            "-J",
            "-joliet-long",
            "-V",
            "Standin-1-x86_64-dvd",
            "-o",
        ];
        let words = words.map(OsStr::new).into_iter();
        run(
            "xorriso",
            words.chain([image.as_os_str(), tree.as_os_str()]),
        );
    }

    /// Writes the list of the image as it is now.
    pub(super) fn list(&self) {
        let summed = Command::new("sha256sum")
            .args(["--tag", Self::NAME])
            .current_dir(self.folder.path())
            .output();
        let size = std::fs::metadata(self.image()).unwrap().len();
        let line = String::from_utf8(summed.unwrap().stdout).unwrap();
        let list = format!("# {}: {size} bytes\n{line}", Self::NAME);
        std::fs::write(self.path("CHECKSUM"), list).unwrap();
    }

    /// A key of that name; its fingerprint. It is exported to NAME.asc.
    pub(super) fn make_key(&self, name: &str) -> String {
        let made = ["--quick-gen-key", name, "ed25519", "sign", "never"];
        self.gpg(&[&["--passphrase", ""][..], &made].concat());
        let listed = self.gpg(&["--with-colons", "--list-keys", name]);
        let line = listed.lines().find(|line| line.starts_with("fpr")).unwrap();
        let key = self.path(&format!("{name}.asc"));
        std::fs::write(key, self.gpg(&["--armor", "--export", name])).unwrap();
        line.split(':').nth(9).unwrap().to_owned()
    }

    /// Signs the list.
    pub(super) fn sign(&self, name: &str) {
        let (list, signature) = (self.path("CHECKSUM"), self.path("CHECKSUM.asc"));
        let words = ["--yes", "-u", name, "--armor", "--detach-sign", "-o"];
        self.gpg(
            &[
                &words[..],
                &[signature.to_str().unwrap(), list.to_str().unwrap()],
            ]
            .concat(),
        );
    }

    fn gpg(&self, words: &[&str]) -> String {
        let home = self.path("gnupg");
        let made = std::fs::create_dir_all(&home);
        made.unwrap();
        std::fs::set_permissions(&home, std::os::unix::fs::PermissionsExt::from_mode(0o700))
            .unwrap();
        let home = ["--homedir", home.to_str().unwrap(), "--batch", "--quiet"];
        run("gpg", home.into_iter().chain(words.iter().copied()))
    }

    /// Has the appliance keep the key. That it does not without the fingerprint is part of it.
    pub(super) async fn trusted(&self, rack: &RackOfPackets) {
        let key = self.path("maker.asc");
        let words = ["media", "key", key.to_str().unwrap()];
        let (is_kept, said) = hinode(rack, &words).await;
        let wanted = format!("--fingerprint {}", self.fingerprint);
        assert!(!is_kept && said.contains(&wanted), "{said}");
        let vouched = [&words[..], &["--fingerprint", &self.fingerprint]].concat();
        let (is_kept, said) = hinode(rack, &vouched).await;
        assert!(is_kept, "{said}");
    }

    /// The command that imports the image.
    pub(super) fn import(&self) -> Vec<&'static str> {
        let path = |name: &str| -> &'static str {
            Box::leak(self.path(name).display().to_string().into_boxed_str())
        };
        let evidence = [
            "--checksum",
            path("CHECKSUM"),
            "--signature",
            path("CHECKSUM.asc"),
        ];
        [&["media", "import", path(Self::NAME)][..], &evidence].concat()
    }
}

impl Drop for Maker {
    fn drop(&mut self) {
        // GnuPG's agent, if it was started; it looks after its folder otherwise.
        let _ended = Command::new("gpgconf")
            .env("GNUPGHOME", self.path("gnupg"))
            .args(["--kill", "all"])
            .output();
    }
}

/// Writes the sums of a tree's images into its `.treeinfo`.
pub(super) fn sum(tree: &Path) {
    let path = tree.join(".treeinfo");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut text = text
        .split("\n[checksums]")
        .next()
        .unwrap()
        .trim_end()
        .to_owned();
    text.push_str("\n\n[checksums]\n");
    for name in SUMMED {
        let digest = run("sha256sum", [tree.join(name)]);
        let digest = digest.split(' ').next().unwrap();
        writeln!(text, "{name} = sha256:{digest}").unwrap();
    }
    std::fs::write(path, text).unwrap();
}
