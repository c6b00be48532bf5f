//! What must not be imported: nothing of it is kept, and the sentence says what is wrong.

use std::path::{Path, PathBuf};

use tests::rack_of_packets::{RackOfPackets, play};

use super::super::maker::run;
use super::super::refused::{copy, nothing_is_kept};
use super::PATIENCE;
use super::packager::Packager;

/// Something that is wrong, and what is said of it.
struct Wrong {
    what: &'static str,
    /// Makes it wrong, in a good repository; what is imported then.
    make: fn(&Packager) -> PathBuf,
    says: &'static str,
}

/// Changes bytes of a file, in place.
fn edit(path: &Path, from: &[u8], to: &[u8]) {
    let mut bytes = std::fs::read(path).unwrap();
    let mut windows = bytes.windows(from.len());
    let at = windows.position(|window| window == from).unwrap();
    bytes[at..at + to.len()].copy_from_slice(to);
    std::fs::write(path, bytes).unwrap();
}

/// Changes a byte close to the end of the package: in its payload.
fn edit_payload(packager: &Packager) {
    let mut bytes = std::fs::read(packager.package()).unwrap();
    let at = bytes.len() - 5000;
    bytes[at] ^= 1;
    std::fs::write(packager.package(), bytes).unwrap();
}

fn indexed(packager: &Packager) -> PathBuf {
    packager.index(&packager.repository());
    packager.repository()
}

/// A metadata file of a kind.
fn metadata(packager: &Packager, kind: &str) -> PathBuf {
    let folder = std::fs::read_dir(packager.repository().join("repodata")).unwrap();
    let mut paths = folder.map(|entry| entry.unwrap().path());
    let ends = format!("-{kind}.xml.gz");
    let its = |path: &PathBuf| path.to_str().unwrap().ends_with(&ends);
    paths.find(its).unwrap()
}

/// Changes what the list of packages says, and has `repomd.xml` agree.
fn edit_list(packager: &Packager, from: &str, to: &str) -> PathBuf {
    let packed = metadata(packager, "primary");
    let text = run("zcat", [&packed]);
    assert!(text.contains(from), "{text}");
    let changed = packager.path("primary.xml");
    std::fs::write(&changed, text.replace(from, to)).unwrap();
    let folder = packager.repository().join("repodata");
    run(
        "modifyrepo_c",
        ["--mdtype=primary", "--compress-type=gz"]
            .map(Path::new)
            .into_iter()
            .chain([&*changed, &*folder]),
    );
    packager.repository()
}

/// The repository as a tar, made with some words more.
fn tar(packager: &Packager, words: &[&str]) -> PathBuf {
    let (folder, path) = (packager.repository(), packager.path("repository.tar"));
    let made = [
        "-C",
        folder.to_str().unwrap(),
        "-cPf",
        path.to_str().unwrap(),
    ];
    run("tar", made.iter().chain(words).chain(&["."]));
    path
}

const TABLE: [Wrong; 21] = [
    Wrong {
        what: "not signed",
        make: |packager| {
            run(
                "rpmsign",
                ["--delsign", packager.package().to_str().unwrap()],
            );
            indexed(packager)
        },
        says: "noarch.rpm: it is not signed",
    },
    Wrong {
        what: "signed by a key that is not kept",
        make: |packager| {
            packager.make_key("stranger");
            packager.sign("stranger");
            indexed(packager)
        },
        says: "which is no key that is kept",
    },
    Wrong {
        what: "signed over SHA-1",
        make: |packager| {
            packager.sign_by("packager", "sha1", &packager.package());
            indexed(packager)
        },
        says: "uses a digest that no longer proves anything",
    },
    Wrong {
        what: "another payload",
        make: |packager| {
            edit_payload(packager);
            indexed(packager)
        },
        says: "its payload is not what",
    },
    Wrong {
        what: "another header",
        make: |packager| {
            edit(
                &packager.package(),
                b"A package of a story",
                b"A package of a thief",
            );
            indexed(packager)
        },
        says: "its header is not what",
    },
    Wrong {
        what: "a checksum that lies",
        make: |packager| {
            edit_payload(packager);
            packager.repository()
        },
        says: "the list of packages in repodata says",
    },
    Wrong {
        what: "a size that lies",
        make: |packager| {
            let bytes = std::fs::read(packager.package()).unwrap();
            std::fs::write(packager.package(), [&bytes[..], b"more"].concat()).unwrap();
            packager.repository()
        },
        says: "bytes, the list of packages in repodata says",
    },
    Wrong {
        what: "cut off",
        make: |packager| {
            std::fs::write(packager.package(), b"\xed\xab\xee\xdb\x03").unwrap();
            let lie = format!("<size package=\"{}\"", 5);
            let text = run("zcat", [metadata(packager, "primary")]);
            let said = text.split("<size package=\"").nth(1).unwrap();
            let said = format!("<size package=\"{}\"", said.split('"').next().unwrap());
            edit_list(packager, &said, &lie)
        },
        says: "noarch.rpm: it cannot be read",
    },
    Wrong {
        what: "another package than is said",
        make: |packager| edit_list(packager, "ver=\"1.0\"", "ver=\"2.0\""),
        says: "is hinode-extra-0:1.0-1.el9.noarch, and the list of packages says hinode-extra-0:2.0",
    },
    Wrong {
        what: "a package that leads out",
        make: |packager| edit_list(packager, "href=\"noarch/", "href=\"../noarch/"),
        says: "which no file of a repository may be called",
    },
    Wrong {
        what: "a package that is not there",
        make: |packager| {
            std::fs::remove_file(packager.package()).unwrap();
            packager.repository()
        },
        says: "noarch.rpm, which is not there",
    },
    Wrong {
        what: "metadata that are not there",
        make: |packager| {
            std::fs::remove_file(metadata(packager, "filelists")).unwrap();
            packager.repository()
        },
        says: "repodata/repomd.xml names repodata/",
    },
    Wrong {
        what: "metadata that were changed",
        make: |packager| {
            let path = metadata(packager, "other");
            let bytes = std::fs::read(&path).unwrap();
            std::fs::write(&path, vec![0; bytes.len()]).unwrap();
            packager.repository()
        },
        says: "repodata/repomd.xml says",
    },
    Wrong {
        what: "metadata of two kinds in one file",
        make: |packager| {
            let path = packager.repository().join("repodata/repomd.xml");
            let text = std::fs::read_to_string(&path).unwrap();
            let (_, data) = text.split_once("  <data type=\"filelists\">").unwrap();
            let data = data.split_once("</data>").unwrap().0;
            let again = format!("  <data type=\"again\">{data}</data>\n</repomd>");
            let text = text.replace("</repomd>", &again);
            std::fs::write(path, text).unwrap();
            packager.repository()
        },
        says: "the metadata name repodata/",
    },
    Wrong {
        what: "no metadata",
        make: |packager| {
            std::fs::remove_dir_all(packager.repository().join("repodata")).unwrap();
            packager.repository()
        },
        says: "has no repodata/repomd.xml",
    },
    Wrong {
        what: "a link in place of a package",
        make: |packager| {
            let elsewhere = packager.path("elsewhere.rpm");
            std::fs::rename(packager.package(), &elsewhere).unwrap();
            std::os::unix::fs::symlink(elsewhere, packager.package()).unwrap();
            packager.repository()
        },
        says: "is a link, or no regular file",
    },
    Wrong {
        what: "a tar that leads out",
        make: |packager| tar(packager, &["--transform=s,^./noarch,../noarch,"]),
        says: "which leads elsewhere",
    },
    Wrong {
        what: "a tar with an absolute name",
        make: |packager| tar(packager, &["--transform=s,^./noarch,/etc,"]),
        says: "which leads elsewhere",
    },
    Wrong {
        what: "a tar with a link",
        make: |packager| {
            std::os::unix::fs::symlink("/etc", packager.repository().join("link")).unwrap();
            tar(packager, &[])
        },
        says: "link in the archive is a symbolic link",
    },
    Wrong {
        what: "a tar with a device",
        make: |packager| {
            let path = packager.repository().join("null");
            run("mknod", [path.to_str().unwrap(), "c", "1", "3"]);
            tar(packager, &[])
        },
        says: "null in the archive is a device",
    },
    Wrong {
        what: "a packed tar",
        make: |packager| tar(packager, &["-z"]),
        says: "give an uncompressed tar",
    },
];

#[test]
fn what_is_wrong_is_not_imported() {
    play(1, PATIENCE, async |rack| {
        let packager = Packager::new();
        let kept = packager.path("kept");
        copy(&packager.repository(), &kept);
        unknown_key(&rack, &packager).await;
        packager.trusted(&rack).await;
        for Wrong { what, make, says } in &TABLE {
            std::fs::remove_dir_all(packager.repository()).unwrap();
            copy(&kept, &packager.repository());
            let path = make(&packager);
            let (is_done, said) = packager.import(&rack, &path).await;
            assert!(!is_done && said.contains(says), "{what}: {said}");
            nothing_is_kept(&rack).await;
        }
        rack
    });
}

/// Before its key was given.
async fn unknown_key(rack: &RackOfPackets, packager: &Packager) {
    let (is_done, said) = packager.import(rack, &packager.repository()).await;
    let wanted = "which is no key that is kept (none)";
    assert!(!is_done && said.contains(wanted), "{said}");
    nothing_is_kept(rack).await;
}
