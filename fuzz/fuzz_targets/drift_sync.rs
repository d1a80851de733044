//! Whatever is declared and live, and whatever a server answers, late answers and wrong ones included: a sync with a timeout is
//! over when it has passed, and a state that was written down goes on as the original does.
#![no_main]

use libfuzzer_sys::fuzz_target;
use longshore_drift::health::{Health, HealthStatus};
use longshore_drift::sync::{Advance, Outcome, Sync, SyncOptions, reconcile};
use longshore_manifest::Resource;
use longshore_yaml::{Limits, Node, ReadOptions, SourceFile, read};

const TIMEOUT: u64 = 300;

fn resources(text: &str) -> Option<Vec<Resource>> {
    let limits = Limits { depth: 60, ..Limits::default() };
    let docs = read(&SourceFile::new("fuzz", text), &ReadOptions { limits, ..ReadOptions::default() }).ok()?;
    Some(docs.into_iter().filter_map(|doc| Resource::new(doc).ok()).take(40).collect())
}

fuzz_target!(|text: &str| {
    let (chances, text) = text.split_once('\n').unwrap_or(("", text));
    let (declared, live) = text.split_once("\n===\n").unwrap_or((text, ""));
    let (Some(declared), Some(live)) = (resources(declared), resources(live)) else { return };
    let mut chances = chances.bytes().cycle();
    let mut chance = move || chances.next().unwrap_or_default();
    let options = SyncOptions {
        prune: chance() % 2 == 0,
        prune_last: chance() % 2 == 0,
        create_namespace: chance() % 2 == 0,
        confirm_waves: chance() % 2 == 0,
        timeout: Some(TIMEOUT),
        retries: u32::from(chance() % 3),
        backoff: 1,
        ..SyncOptions::default()
    };
    let world = reconcile(&declared, &live, "shop", |_, kind| kind != "Namespace");
    let mut sync = Sync::new(options);
    for now in 0..=TIMEOUT {
        let status =
            [HealthStatus::Healthy, HealthStatus::Progressing, HealthStatus::Degraded][usize::from(chance() % 3)];
        let health = move |_: Node<'_>| Some(Health::new(status, ""));
        let written = serde_json::to_string(&sync).expect("it serialises");
        let mut revived: Sync = serde_json::from_str(&written).expect("and is read back");
        let next = sync.advance(now, &world, &health, &|_| true);
        assert_eq!(next, revived.advance(now, &world, &health, &|_| true));
        match next {
            Advance::Do(requests) => {
                assert!(!requests.is_empty());
                for request in requests {
                    let outcome = match chance() % 4 {
                        0 => Outcome::NotFound(String::new()),
                        1 => Outcome::Failed(String::new()),
                        _ => Outcome::Done(String::new()),
                    };
                    sync.report(request.clone(), outcome.clone());
                    if chance() % 5 == 0 {
                        sync.report(request, outcome);
                    }
                }
            }
            Advance::Over => return,
            Advance::Wait | Advance::Until(_) => {}
        }
    }
    assert!(sync.state().progress.is_complete(), "it is not over: {:?}", sync.state());
});
