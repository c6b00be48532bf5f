//! What holds of a pool after any sequence of events, and what each event does.

use proptest::prelude::*;

use super::*;

const FIRST: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 100);
const LAST: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 109);
const NODES: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 103);

fn pool() -> Pool {
    Pool::new((FIRST, LAST), HashSet::from([NODES.into()]))
}

fn mac(n: u32) -> Mac {
    let [a, b, c, d] = n.to_be_bytes();
    Mac([2, 0, a, b, c, d])
}

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn a_client_keeps_its_address_and_two_never_share_one() {
    let mut pool = pool();
    let mine = pool.offer(mac(1), None, at(0)).unwrap();
    assert_eq!(pool.offer(mac(1), Some(LAST), at(1)), Some(mine));
    let taken = pool.take((mac(1), mine), true, at(2));
    assert_eq!(taken, Taken::Yes { is_durable: false });
    assert_eq!(pool.take((mac(2), mine), true, at(3)), Taken::No);
    assert_ne!(pool.offer(mac(2), Some(mine), at(3)), Some(mine));
    assert_eq!(pool.offer(mac(1), None, at(100_000)), Some(mine));
}

#[test]
fn a_wish_is_granted_if_the_address_is_free_and_no_node_has_it() {
    let mut pool = pool();
    assert_eq!(pool.offer(mac(1), Some(LAST), at(0)), Some(LAST));
    assert_ne!(pool.offer(mac(2), Some(NODES), at(0)), Some(NODES));
    assert_eq!(pool.take((mac(3), NODES), true, at(0)), Taken::No);
    let outside = Ipv4Addr::new(10, 0, 0, 110);
    assert_ne!(pool.offer(mac(4), Some(outside), at(0)), Some(outside));
}

#[test]
fn a_renewal_is_written_once_a_minute() {
    let mut pool = pool();
    let mine = pool.offer(mac(1), None, at(0)).unwrap();
    pool.take((mac(1), mine), true, at(0));
    pool.is_written(mine, at(0));
    let again = |pool: &mut Pool, when| pool.take((mac(1), mine), false, at(when));
    assert_eq!(again(&mut pool, 59), Taken::Yes { is_durable: true });
    assert_eq!(again(&mut pool, 60), Taken::Yes { is_durable: false });
}

#[test]
fn the_address_that_was_free_first_is_given_first() {
    let mut pool = pool();
    let given: Vec<_> = (0..9)
        .filter_map(|n| pool.offer(mac(n), None, at(n.into())))
        .collect();
    assert_eq!(given.len(), 9);
    assert_eq!(pool.offer(mac(9), None, at(9)), None);
    assert_eq!(pool.offer(mac(9), None, at(10)), Some(given[0]));
    assert_eq!(pool.offer(mac(10), None, at(10)), None);
    assert_eq!(pool.take((mac(0), given[0]), true, at(10)), Taken::No);
}

#[test]
fn an_address_that_somebody_else_uses_rests() {
    let mut pool = Pool::new((FIRST, FIRST), HashSet::new());
    let mine = pool.offer(mac(1), None, at(0)).unwrap();
    assert!(!pool.decline(mac(2), mine, at(0)));
    assert!(pool.decline(mac(1), mine, at(0)));
    assert_eq!(pool.offer(mac(1), None, at(3599)), None);
    assert_eq!(pool.offer(mac(1), None, at(3600)), Some(mine));
}

#[test]
fn a_flood_of_macs_leaves_a_bounded_number_of_offers() {
    let all = (Ipv4Addr::new(10, 0, 0, 0), Ipv4Addr::new(10, 255, 255, 255));
    let mut pool = Pool::new(all, HashSet::new());
    let mine = pool.offer(mac(u32::MAX), None, at(0)).unwrap();
    pool.take((mac(u32::MAX), mine), true, at(0));
    let offered = (0..100_000)
        .filter_map(|n| pool.offer(mac(n), None, at(1)))
        .count();
    assert_eq!(offered, OFFERS_MAX);
    assert_eq!(pool.slots.len(), OFFERS_MAX + 1);
    let later = (100_000..200_000).filter_map(|n| pool.offer(mac(n), None, at(60)));
    assert_eq!(later.count(), OFFERS_MAX);
    assert_eq!(pool.slots.len(), OFFERS_MAX + 1);
}

#[test]
fn an_address_that_was_given_back_or_not_taken_is_given_again() {
    let mut pool = Pool::new((FIRST, FIRST), HashSet::new());
    let offered = pool.offer(mac(1), None, at(0));
    pool.forget(mac(1));
    assert_eq!(pool.offer(mac(2), None, at(0)), offered);
    pool.take((mac(2), FIRST), true, at(0));
    pool.forget(mac(2));
    assert_eq!(pool.offer(mac(3), None, at(0)), None, "a lease is no offer");
    assert!(pool.release(mac(2), FIRST));
    assert_eq!(pool.offer(mac(3), None, at(0)), offered);
}

#[derive(Debug, Clone)]
enum Deed {
    Offer(u32, Option<u32>),
    Take(u32, u32, bool),
    Release(u32, u32),
    Decline(u32, u32),
    Wait(u64),
    Reshape(u32, u32),
}

fn deed() -> impl Strategy<Value = Deed> {
    let (who, which) = (0..15u32, 98..112u32);
    prop_oneof![
        4 => (who.clone(), proptest::option::of(which.clone())).prop_map(|(m, a)| Deed::Offer(m, a)),
        4 => (who.clone(), which.clone(), any::<bool>()).prop_map(|(m, a, o)| Deed::Take(m, a, o)),
        1 => (who.clone(), which.clone()).prop_map(|(m, a)| Deed::Release(m, a)),
        1 => (who, which.clone()).prop_map(|(m, a)| Deed::Decline(m, a)),
        1 => (0..2000u64).prop_map(Deed::Wait),
        1 => (which.clone(), which).prop_map(|(a, b)| Deed::Reshape(a, b)),
    ]
}

/// What a client was told, until when: the truth the pool is held to.
type Told = HashMap<u32, (Mac, Duration)>;

fn play(pool: &mut Pool, told: &mut Told, deed: &Deed, now: Duration) -> Result<(), TestCaseError> {
    let address = |last: u32| Ipv4Addr::new(10, 0, 0, u8::try_from(last).unwrap());
    match *deed {
        Deed::Offer(who, wants) => {
            if let Some(offered) = pool.offer(mac(who), wants.map(address), now) {
                let other = told.get(&offered.into());
                let other = other.filter(|(its, until)| *its != mac(who) && *until > now);
                prop_assert_eq!(other, None, "offered what another has");
                prop_assert_ne!(offered, NODES);
            }
        }
        Deed::Take(who, which, ours) => {
            if pool.take((mac(who), address(which)), ours, now) != Taken::No {
                let until = now + Duration::from_secs(LEASE_SECONDS.into());
                let before = told.insert(address(which).into(), (mac(who), until));
                let other = before.filter(|(its, until)| *its != mac(who) && *until > now);
                prop_assert_eq!(other, None, "given twice");
                prop_assert_ne!(address(which), NODES);
            }
        }
        Deed::Release(who, which) => {
            if pool.release(mac(who), address(which)) {
                told.remove(&address(which).into());
            }
        }
        Deed::Decline(who, which) => {
            if pool.decline(mac(who), address(which), now) {
                told.remove(&address(which).into());
            }
        }
        // A range that shrinks takes addresses from their clients: what was told of them counts no longer.
        Deed::Reshape(one, other) => {
            let (first, last) = (one.min(other), one.max(other));
            pool.reshape(
                (address(first), address(last)),
                HashSet::from([NODES.into()]),
            );
            told.retain(|given, _| pool.slots.contains_key(given));
        }
        Deed::Wait(_) => {}
    }
    Ok(())
}

proptest! {
    #[test]
    fn leases_never_overlap_and_a_reserved_address_is_never_given(
        deeds in proptest::collection::vec(deed(), 1..120)
    ) {
        let (mut pool, mut told, mut now) = (pool(), Told::new(), at(5));
        for deed in &deeds {
            if let Deed::Wait(seconds) = deed {
                now += at(*seconds);
            }
            play(&mut pool, &mut told, deed, now)?;
            prop_assert_eq!(pool.slots.len(), pool.ends.len());
            prop_assert!(pool.by_mac.len() <= pool.slots.len());
            let offers = pool.slots.values().filter(|slot| matches!(slot.state, State::Offered(_)));
            prop_assert_eq!(offers.count(), pool.offers);
        }
    }
}
