//! Who can log in: the users of the profile with their keys, and nobody by password.

use std::collections::BTreeSet;

use inventory::rack::User;
use inventory::verification::{Check, What};

use super::check::{judged, list};
use super::{Found, Wanted};

pub(super) fn checks(wanted: &Wanted<'_>, found: &Found) -> Vec<Check> {
    let users = wanted.profile().into_iter().flat_map(|it| &it.system.users);
    let mut checks: Vec<Check> = users.map(|person| user(person, found)).collect();
    checks.push(passwords(found));
    checks
}

/// `NAME all|some|none`: what sudo lets them do.
fn user(user: &User, found: &Found) -> Check {
    let name = user.name.as_str();
    let sudo = match user.sudo {
        true => "all",
        false => "none",
    };
    let asked = format!("sudo: {sudo}; its {} keys", user.keys.len());
    let Some(may) = found.of("user", name) else {
        return judged(What::User, name, (&asked, "no such user"), false);
    };
    let wanted: BTreeSet<String> = user.keys.iter().map(|key| plain(key)).collect();
    let seen = keys(name, found);
    let (lacks, strange) = (&wanted - &seen, &seen - &wanted);
    let seen = match (lacks.len(), strange.len()) {
        (0, 0) => format!("sudo: {may}; its {} keys", user.keys.len()),
        (less, more) => format!("sudo: {may}; lacks {less} of its keys, has {more} others"),
    };
    let is_good = may == sudo && lacks.is_empty() && strange.is_empty();
    judged(What::User, name, (&asked, &seen), is_good)
}

/// The lines of `authorized_keys` of one user.
fn keys(name: &str, found: &Found) -> BTreeSet<String> {
    let lines = found.all("key").iter();
    let its = lines.filter_map(|line| line.split_once(' ').filter(|(user, _)| *user == name));
    its.map(|(_, key)| plain(key)).collect()
}

/// Type and key; a comment says nothing. With options before the type it is another line.
fn plain(key: &str) -> String {
    let words: Vec<&str> = key.split_whitespace().take(2).collect();
    words.join(" ")
}

/// Root's one-time password of the registration is locked again after it.
fn passwords(found: &Found) -> Check {
    let open = found.all("password");
    let is_read = found
        .one("accounts")
        .parse()
        .is_ok_and(|count: u32| count > 0);
    let seen = match is_read {
        true => list(open),
        false => "the accounts could not be read".to_owned(),
    };
    let is_good = is_read && open.is_empty();
    judged(What::Passwords, "", ("none", &seen), is_good)
}
