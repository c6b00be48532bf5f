//! Installation media: images that xorriso makes and GnuPG vouches for, imported by the real appliance, and served out of
//! themselves. What must not be imported is not, and says why.

mod maker;
mod refused;
mod repository;
mod support;

use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use appliance::api::types;
use tests::packet_node::End;
use tests::rack_of_packets::{RackOfPackets, file, play};

use maker::Maker;

const PATIENCE: Duration = Duration::from_millis(700);

/// Both streams of a command of the appliance, and whether it ended well.
async fn hinode(rack: &RackOfPackets, words: &[&str]) -> (bool, String) {
    let output = rack.appliance.command(words).await;
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

async fn media(rack: &RackOfPackets) -> Vec<types::media::Medium> {
    rack.appliance.client().get("/v1/media").await.unwrap()
}

/// Imports the maker's image, signed; its id.
async fn imported(rack: &RackOfPackets, maker: &Maker) -> String {
    maker.trusted(rack).await;
    let (is_done, said) = hinode(rack, &maker.import()).await;
    assert!(is_done, "{said}");
    let all = media(rack).await;
    assert_eq!(all.len(), 1, "{all:?}");
    assert!(
        said.contains(&format!("media = \"{}\"", all[0].id)),
        "{said}"
    );
    all[0].id.clone()
}

/// The rack file with the OS out of a medium.
fn from_medium(rack: &RackOfPackets, id: &str) -> String {
    let folder = rack.tree().parent().unwrap().to_owned();
    let tree = format!("tree = \"{}\"", rack.tree().display());
    let text = file::text(&folder, 1);
    assert!(text.contains(&tree), "{text}");
    text.replace(&tree, &format!("media = \"{id}\""))
}

/// A file of a medium by curl, or a part of it.
fn curl(id: &str, path: &str, more: &[&str]) -> Vec<u8> {
    let url = format!("http://{}/media/{id}/{path}", file::APPLIANCE);
    let output = Command::new("curl")
        .args(["-sf", "-m", "20"])
        .args(more)
        .arg(url)
        .output();
    output.unwrap().stdout
}

#[test]
fn a_node_is_installed_out_of_a_signed_image() {
    play(1, PATIENCE, async |rack| {
        let maker = Maker::of(&rack.tree());
        let id = imported(&rack, &maker).await;
        assert!(id.starts_with("hinode-standin-1-x86-64-"), "{id}");
        let text = from_medium(&rack, &id);
        let wrong = text.replace("version = \"1\"", "version = \"2\"");
        let (applied, said) = apply(&rack, &wrong).await;
        let wanted = format!("is to be Hinode stand-in 2, but medium {id} holds Hinode stand-in 1");
        assert!(!applied && said.contains(&wanted), "{said}");
        assert!(apply(&rack, &text).await.0);
        // Nothing of the folder is needed any more.
        std::fs::remove_dir_all(rack.tree()).unwrap();
        let job = rack.up(1, None).await.unwrap();
        let over = rack.until_over(job).await;
        assert_eq!(over.stage, "done", "{over:#?}\n{}", rack.told());
        let end = rack
            .machine(1)
            .lives()
            .ended
            .last()
            .map(|(_, end)| end.clone());
        assert_eq!(end, Some(End::Up));
        let (is_done, said) = hinode(&rack, &["media", "remove", &id]).await;
        assert!(
            !is_done && said.contains("in use by [os.standin] of the rack file"),
            "{said}"
        );
        let events = rack.history().await;
        let told = events
            .iter()
            .find(|event| event.what.code == "store.medium-imported")
            .unwrap();
        assert!(
            told.what.text.contains(&maker.fingerprint),
            "{}",
            told.what.text
        );
        rack
    });
}

async fn apply(rack: &RackOfPackets, text: &str) -> (bool, String) {
    let path = rack.data.with_extension("toml");
    std::fs::write(&path, text).unwrap();
    hinode(rack, &["apply", path.to_str().unwrap()]).await
}

#[test]
fn files_are_served_byte_for_byte_and_nothing_beside_them() {
    play(1, PATIENCE, async |mut rack| {
        let maker = Maker::of(&rack.tree());
        let id = imported(&rack, &maker).await;
        // As after a power cut: what is served is found again.
        rack.kill().await;
        for path in [
            ".treeinfo",
            "images/install.img",
            "BaseOS/repodata/repomd.xml",
            &maker.long_name,
        ] {
            let original = std::fs::read(rack.tree().join(path)).unwrap();
            assert!(curl(&id, path, &[]) == original, "{path}");
            assert!(curl(&id, path, &["-r", "3-9"]) == original[3..10], "{path}");
            assert!(
                curl(&id, path, &["-r", "-5"]) == original[original.len() - 5..],
                "{path}"
            );
        }
        for nothing in [
            "",
            "images",
            "images/",
            "../x",
            "images/../.treeinfo",
            "link",
            "images/install.im",
        ] {
            assert_eq!(curl(&id, nothing, &["--path-as-is"]), b"", "{nothing}");
        }
        // The menu of a medium would install without an arm: a script of ours is in its place.
        let menu = curl(&id, "EFI/BOOT/grub.cfg", &[]);
        assert!(
            !menu.is_empty()
                && menu != std::fs::read(rack.tree().join("EFI/BOOT/grub.cfg")).unwrap()
        );
        rack
    });
}

#[test]
fn a_medium_that_rots_is_found_and_served_no_more() {
    play(1, PATIENCE, async |rack| {
        let maker = Maker::of(&rack.tree());
        let id = imported(&rack, &maker).await;
        let (is_done, said) = hinode(&rack, &["media", "verify", &id]).await;
        assert!(is_done && said.contains("is whole"), "{said}");
        let image = image(&rack, &id);
        let image = std::fs::OpenOptions::new().write(true).open(image).unwrap();
        image.write_all_at(b"\xff", 200_000).unwrap();
        let (is_done, said) = hinode(&rack, &["media", "verify", &id]).await;
        assert!(
            !is_done && said.contains("has changed on our disk"),
            "{said}"
        );
        assert_eq!(curl(&id, ".treeinfo", &[]), b"");
        assert!(!media(&rack).await[0].is_served);
        let (is_done, said) = hinode(&rack, &["media", "remove", &id]).await;
        assert!(is_done, "{said}");
        assert!(media(&rack).await.is_empty());
        imported(&rack, &maker).await;
        assert!(!curl(&id, ".treeinfo", &[]).is_empty());
        rack
    });
}

#[test]
fn an_import_goes_on_where_one_was_cut_off_and_begins_anew_if_that_was_wrong() {
    play(1, PATIENCE, async |rack| {
        let maker = Maker::of(&rack.tree());
        let id = imported(&rack, &maker).await;
        let whole = std::fs::read(image(&rack, &id)).unwrap();
        let part = image(&rack, &id).with_extension("part");
        let again = async || {
            assert!(hinode(&rack, &["media", "remove", &id]).await.0);
        };
        again().await;
        std::fs::write(&part, &whole[..whole.len() / 2]).unwrap();
        assert_eq!(imported(&rack, &maker).await, id);
        assert!(!part.exists());
        again().await;
        std::fs::write(&part, [&whole[..], b"more"].concat()).unwrap();
        assert_eq!(imported(&rack, &maker).await, id);
        assert!(std::fs::read(image(&rack, &id)).unwrap() == whole);
        again().await;
        std::fs::write(&part, vec![7; whole.len() / 2]).unwrap();
        let (is_done, said) = hinode(&rack, &maker.import()).await;
        assert!(!is_done && said.contains("its maker says"), "{said}");
        assert!(!part.exists());
        assert_eq!(imported(&rack, &maker).await, id);
        // A power cut between the image and its record.
        again().await;
        let left = image(&rack, &id);
        std::fs::write(&left, &whole).unwrap();
        // What is there is read, and not the maker's any more.
        let original = std::fs::OpenOptions::new()
            .write(true)
            .open(maker.image())
            .unwrap();
        original
            .write_all_at(b"\xff", whole.len() as u64 - 1)
            .unwrap();
        assert_eq!(imported(&rack, &maker).await, id);
        // Once more is nothing more.
        assert_eq!(imported(&rack, &maker).await, id);
        rack
    });
}

#[test]
fn an_image_in_the_media_folder_is_taken_as_it_lies_there() {
    play(1, PATIENCE, async |rack| {
        let maker = Maker::of(&rack.tree());
        let inside = rack.data.join("media").join(Maker::NAME);
        std::fs::rename(maker.image(), &inside).unwrap();
        maker.trusted(&rack).await;
        let mut words = maker.import();
        words[2] = inside.to_str().unwrap();
        let (is_done, said) = hinode(&rack, &words).await;
        assert!(is_done && !inside.exists(), "{said}");
        let id = media(&rack).await[0].id.clone();
        assert!(!curl(&id, ".treeinfo", &[]).is_empty());
        // A link there is no image that lies there.
        let elsewhere = maker.image();
        std::fs::rename(image(&rack, &id), &elsewhere).unwrap();
        std::fs::write(image(&rack, &id), "").unwrap();
        assert!(hinode(&rack, &["media", "remove", &id]).await.0);
        std::os::unix::fs::symlink(&elsewhere, &inside).unwrap();
        let (is_done, said) = hinode(&rack, &words).await;
        assert!(is_done && elsewhere.exists(), "{said}");
        assert!(!image(&rack, &id).is_symlink());
        rack
    });
}

fn image(rack: &RackOfPackets, id: &str) -> PathBuf {
    rack.data.join("media").join(format!("{id}.iso"))
}
