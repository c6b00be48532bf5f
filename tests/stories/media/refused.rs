//! What must not be imported: nothing of it is kept, and the sentence says what is wrong.

use std::os::unix::fs::FileExt;
use std::path::Path;

use appliance::api::types::media::Holds;
use tests::rack_of_packets::{RackOfPackets, play};

use super::maker::{Maker, sum};
use super::{PATIENCE, hinode, media};

/// Something that is wrong, and what is said of it.
struct Wrong {
    what: &'static str,
    /// Makes it wrong: image, list and signature are made anew after the tree was changed, or changed themselves.
    make: fn(&Maker, &Path),
    says: &'static str,
}

fn anew(maker: &Maker, tree: &Path) {
    maker.pack(tree);
    maker.list();
    maker.sign("maker");
}

fn edit(tree: &Path, from: &str, to: &str) {
    let path = tree.join(".treeinfo");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{text}");
    std::fs::write(path, text.replace(from, to)).unwrap();
}

fn cut(maker: &Maker) {
    let mut image = std::fs::OpenOptions::new();
    let image = image.write(true).open(maker.image()).unwrap();
    image.set_len(700_000).unwrap();
}

fn overwrite(maker: &Maker, at: u64, bytes: &[u8]) {
    let image = std::fs::OpenOptions::new()
        .write(true)
        .open(maker.image())
        .unwrap();
    image.write_all_at(bytes, at).unwrap();
}

const TABLE: [Wrong; 12] = [
    Wrong {
        what: "cut off",
        make: |maker, _| cut(maker),
        says: "the image has 700000 bytes, its maker says",
    },
    Wrong {
        what: "cut off, and so is the list",
        make: |maker, _| {
            cut(maker);
            maker.list();
            maker.sign("maker");
        },
        says: "it was cut off",
    },
    Wrong {
        what: "another byte",
        make: |maker, _| overwrite(maker, 600_000, b"\x01"),
        says: "its maker says",
    },
    Wrong {
        what: "a list that was changed",
        make: |maker, _| {
            overwrite(maker, 600_000, b"\x01");
            maker.list();
        },
        says: "does not fit the list",
    },
    Wrong {
        what: "signed by somebody else",
        make: |maker, _| {
            maker.make_key("other");
            maker.sign("other");
        },
        says: "the list is signed by",
    },
    Wrong {
        what: "a list of other images",
        make: |maker, _| {
            let list = std::fs::read_to_string(maker.path("CHECKSUM")).unwrap();
            std::fs::write(
                maker.path("CHECKSUM"),
                list.replace("Standin-1", "Standin-2"),
            )
            .unwrap();
            maker.sign("maker");
        },
        says: "it has Standin-2-x86_64-dvd.iso",
    },
    Wrong {
        what: "no image",
        make: |maker, _| {
            std::fs::write(maker.image(), vec![0; 100_000]).unwrap();
            maker.list();
            maker.sign("maker");
        },
        says: "no ISO 9660 image",
    },
    Wrong {
        what: "no installer",
        make: |maker, tree| {
            std::fs::remove_file(tree.join("images/install.img")).unwrap();
            anew(maker, tree);
        },
        says: "the image has no images/install.img",
    },
    Wrong {
        what: "no install tree",
        make: |maker, tree| {
            std::fs::remove_file(tree.join(".treeinfo")).unwrap();
            anew(maker, tree);
        },
        says: "the image has no .treeinfo",
    },
    Wrong {
        what: "another architecture",
        make: |maker, tree| {
            edit(tree, "arch = x86_64", "arch = s390x");
            anew(maker, tree);
        },
        says: "the image is for s390x",
    },
    Wrong {
        what: "a .treeinfo that lies",
        make: |maker, tree| {
            std::fs::write(tree.join("images/install.img"), "another installer").unwrap();
            anew(maker, tree);
        },
        says: "images/install.img is not what .treeinfo says",
    },
    Wrong {
        what: "directories that deceive",
        make: |maker, _| {
            let bytes = std::fs::read(maker.image()).unwrap();
            let names = bytes
                .windows(11)
                .enumerate()
                .filter(|(_, name)| *name == b"grubx64.efi");
            for (at, _) in names {
                overwrite(maker, at as u64, b"../../etc/x");
            }
            maker.list();
            maker.sign("maker");
        },
        says: "has an entry named \"../../etc/x\"",
    },
];

#[test]
fn what_is_wrong_is_not_imported() {
    play(1, PATIENCE, async |rack| {
        let maker = Maker::of(&rack.tree());
        maker.trusted(&rack).await;
        let kept = rack.tree().with_extension("kept");
        copy(&rack.tree(), &kept);
        for Wrong { what, make, says } in &TABLE {
            std::fs::remove_dir_all(rack.tree()).unwrap();
            copy(&kept, &rack.tree());
            sum(&rack.tree());
            anew(&maker, &rack.tree());
            make(&maker, &rack.tree());
            let (is_done, said) = hinode(&rack, &maker.import()).await;
            assert!(!is_done && said.contains(says), "{what}: {said}");
            nothing_is_kept(&rack).await;
        }
        unvouched(&rack, &maker).await;
        rack
    });
}

pub(super) async fn nothing_is_kept(rack: &RackOfPackets) {
    assert!(media(rack).await.is_empty());
    let left: Vec<_> = std::fs::read_dir(rack.data.join("media"))
        .unwrap()
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

/// Neither list nor digest, a list without signature, and a person's digest, wrong and right.
async fn unvouched(rack: &RackOfPackets, maker: &Maker) {
    std::fs::remove_dir_all(rack.tree()).unwrap();
    copy(&rack.tree().with_extension("kept"), &rack.tree());
    anew(maker, &rack.tree());
    let all = maker.import();
    let digest = super::maker::run("sha256sum", [maker.image()]);
    let digest = digest.split(' ').next().unwrap();
    let other = "0".repeat(64);
    let table = [
        (&all[..3], "nobody vouches for this image"),
        (&all[..5], "the list is not signed"),
        (
            &[&all[..3], &["--sha256", &other]].concat(),
            "its maker says 0000",
        ),
        (
            &[&all[..3], &["--sha256", "12"]].concat(),
            "64 hexadecimal digits",
        ),
    ];
    for (words, says) in table {
        let (is_done, said) = hinode(rack, words).await;
        assert!(!is_done && said.contains(says), "{said}");
        nothing_is_kept(rack).await;
    }
    let pipe = maker.path("pipe");
    super::maker::run("mkfifo", [&pipe]);
    let words = [
        "media",
        "import",
        pipe.to_str().unwrap(),
        "--sha256",
        digest,
    ];
    let (is_done, said) = hinode(rack, &words).await;
    assert!(!is_done && said.contains("not a regular file"), "{said}");
    let (is_done, said) = hinode(rack, &[&all[..3], &["--sha256", digest]].concat()).await;
    assert!(is_done, "{said}");
    assert!(matches!(
        &media(rack).await[0].holds,
        Holds::Tree {
            signed_by: None,
            ..
        }
    ));
}

pub(super) fn copy(from: &Path, to: &Path) {
    super::maker::run(
        "cp",
        [
            Path::new("-a").as_os_str(),
            from.as_os_str(),
            to.as_os_str(),
        ],
    );
}
