//! Swapping tables while calls are routed: nobody sees half of two, and a bad file changes nothing.

#![expect(clippy::unwrap_used, reason = "a test may unwrap what it has just built")]

use std::{
    fs,
    os::unix::fs::symlink,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use dyeline_router::{
    decide::{Ask, chance},
    health::{Endpoints, ManualClock, Outcome},
    reload::{Live, Seen, Watch},
    rules::Rules,
    toml::Source,
};

/// Long enough for any machine, and never waited for in full.
const LIMIT: Duration = Duration::from_secs(60);

/// Rules that send both hops of the chain `c` to one group.
fn text(group: &str) -> String {
    let services = ["first", "second"].map(|name| {
        format!("[services.{name}]\nleft = \"http://{name}-left:80\"\nright = \"http://{name}-right:80\"\n")
    });
    format!(
        "version = 1\n{}[chains.c.hops]\nfirst = \"{group}\"\n\"first -> second\" = \"{group}\"\n\
         [[test]]\nchain = \"c\"\npath = [\"first:{group}\", \"second:{group}\"]\n",
        services.concat()
    )
}

fn rules(text: &str) -> Rules {
    Rules::read(&Source::new("rules.toml", text)).unwrap()
}

fn live(text: &str) -> Live {
    Live::new(&rules(text), Endpoints::default()).unwrap().0
}

fn ask<'a>(from: Option<&'a str>, to: &'a str) -> Ask<'a> {
    Ask { iteration: Some("c@1"), job: Some("job"), from, to, chance: chance(), ..Ask::default() }
}

fn group(live: &Live) -> String {
    live.table().decide(&ask(None, "first")).unwrap().group().to_owned()
}

#[test]
fn a_million_calls_across_a_thousand_swaps_see_whole_tables() {
    const CALLS: u64 = 1_000_000;
    const SWAPS: u64 = 1_000;
    let (left, right) = (rules(&text("left")), rules(&text("right")));
    let live = live(&text("left"));
    let (calls, halves, swapped) = (AtomicU64::new(0), AtomicU64::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut seen = [0u64; 2];
                let mut last = 0;
                while calls.fetch_add(2, Ordering::Relaxed) < CALLS || !swapped.load(Ordering::Relaxed) {
                    let table = live.load();
                    let first = table.decide(&ask(None, "first")).unwrap();
                    let second = table.decide(&ask(Some("first"), "second")).unwrap();
                    let halved = first.group() != second.group();
                    halves.fetch_add(u64::from(halved), Ordering::Relaxed);
                    assert!(table.version() >= last, "a table came back");
                    last = table.version();
                    seen[usize::from(first.group() == "left")] += 1;
                }
                assert!(seen.iter().all(|n| *n > 0), "both tables are seen: {seen:?}");
            });
        }
        for n in 0..SWAPS {
            // Spread over the calls, so that swaps meet them all along.
            while calls.load(Ordering::Relaxed) < CALLS * n / SWAPS {
                thread::yield_now();
            }
            live.swap(if n % 2 == 0 { &right } else { &left }).unwrap();
        }
        swapped.store(true, Ordering::Relaxed);
    });
    assert!(calls.into_inner() >= CALLS);
    assert_eq!(halves.into_inner(), 0);
    let counts = live.counts();
    assert_eq!((counts.swaps, counts.refused, counts.retired), (SWAPS, 0, 0));
}

#[test]
fn a_file_with_a_mistake_or_a_failing_test_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rules.toml");
    fs::write(&path, text("left")).unwrap();
    let (live, warnings) = Live::open(&path).unwrap();
    assert!(warnings.is_empty(), "{warnings}");
    let bad = [
        ("version =", "dyeline::toml::syntax"),
        ("version = 1\n[chains.c.hops]\nfirst = \"left\"", "dyeline::rules::unknown_service"),
        (&text("left").replace("first:left", "first:right"), "dyeline::rules::failed_test"),
    ];
    for (n, (text, code)) in bad.into_iter().enumerate() {
        fs::write(&path, text).unwrap();
        let mistakes = live.reload().unwrap_err();
        assert!(mistakes.iter().any(|mistake| mistake.code() == code), "{mistakes}");
        assert_eq!((group(&live).as_str(), live.counts().refused), ("left", n as u64 + 1));
    }
    fs::remove_file(&path).unwrap();
    assert!(live.reload().unwrap_err().to_string().contains("no such file"));
    fs::write(&path, text("right")).unwrap();
    let swap = live.reload().unwrap();
    assert_eq!((group(&live).as_str(), live.counts().version), ("right", swap.version));
}

#[test]
fn a_call_keeps_its_table_through_its_retries() {
    let live = live(&text("left"));
    let mut call = live.call(&ask(None, "first")).unwrap();
    let before = live.counts().version;
    live.swap(&rules(&text("right"))).unwrap();
    call.retry(Outcome::Failure, chance());
    assert_eq!((call.decision().group(), call.decision().table().version()), ("left", before));
    assert_eq!(call.address().map(ToString::to_string).as_deref(), Some("http://first-left:80"));
    assert_eq!(live.counts().retired, 1);
    call.done(Outcome::Success);
    assert_eq!((group(&live).as_str(), live.counts().retired), ("right", 0));
}

#[test]
fn what_is_known_of_an_endpoint_survives_a_swap() {
    let clock = Arc::new(ManualClock::default());
    let (live, _) = Live::new(&rules(&text("left")), Endpoints::with_clock(clock)).unwrap();
    let fail = || live.call(&ask(None, "first")).unwrap().done(Outcome::Failure);
    let is_down = || {
        live.table()
            .clusters()
            .any(|(name, group, cluster)| (name, group, cluster.is_down()) == ("first", "left", true))
    };
    (0..5).for_each(|_| fail());
    assert!(is_down());
    live.swap(&rules(&text("right"))).unwrap();
    assert!(is_down(), "the endpoint stayed, and so did its ejection");
    let moved = text("right").replace("first-left", "first-moved");
    live.swap(&rules(&moved)).unwrap();
    assert!(!is_down(), "another endpoint is not known yet");
    live.swap(&rules(&text("right"))).unwrap();
    assert!(!is_down(), "nobody had it any more, so it was forgotten");
}

/// Watches a file, and tells the group that is in use after each change.
fn watched(path: &Path, change: impl Fn(usize) -> bool) -> Vec<String> {
    let live = Arc::new(Live::open(path).unwrap().0);
    let (tell, told) = mpsc::channel();
    let watch =
        Watch::start(live.clone(), Duration::from_millis(5), move |seen| tell.send(seen).unwrap()).unwrap();
    let mut groups = vec![group(&live)];
    for n in 0.. {
        if !change(n) {
            break;
        }
        match told.recv_timeout(LIMIT).unwrap() {
            Seen::Swapped(_) => groups.push(group(&live)),
            Seen::Refused(_) => groups.push(format!("still {}", group(&live))),
        }
    }
    drop(watch);
    groups
}

#[test]
fn a_watch_sees_a_file_that_is_written_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rules.toml");
    fs::write(&path, text("left")).unwrap();
    // In one step, as editors do.
    let put = |text: &str| {
        let next = folder.path().join("next");
        fs::write(&next, text).is_ok() && fs::rename(&next, &path).is_ok()
    };
    let groups = watched(&path, |n| match n {
        0 => put(&text("right")),
        1 => put("version = 1\nodd = 1"),
        2 => fs::remove_file(&path).is_ok(),
        3 => put(&text("left")),
        _ => false,
    });
    assert_eq!(groups, ["left", "right", "still right", "still right", "left"]);
}

/// As Kubernetes mounts a ConfigMap: `rules.toml → ..data/rules.toml`, `..data → ..<time>`, and a change swaps `..data`.
#[test]
fn a_watch_sees_a_link_that_is_swapped_above_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let publish = |name: &str, group: &str| {
        fs::create_dir(at(name)).unwrap();
        fs::write(at(name).join("rules.toml"), text(group)).unwrap();
        symlink(name, at("..data_tmp")).unwrap();
        fs::rename(at("..data_tmp"), at("..data")).unwrap();
    };
    publish("..1", "left");
    symlink("..data/rules.toml", at("rules.toml")).unwrap();
    let groups = watched(&at("rules.toml"), |n| {
        match n {
            0 => publish("..2", "right"),
            1 => publish("..3", "left"),
            _ => return false,
        }
        true
    });
    assert_eq!(groups, ["left", "right", "left"]);
}

#[test]
fn a_trigger_reloads_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rules.toml");
    fs::write(&path, text("left")).unwrap();
    let live = Arc::new(Live::open(&path).unwrap().0);
    let (tell, told) = mpsc::channel();
    let watch = Watch::start(live.clone(), LIMIT * 60, move |seen| tell.send(seen).unwrap()).unwrap();
    watch.trigger().reload();
    assert!(matches!(told.recv_timeout(LIMIT).unwrap(), Seen::Swapped(_)));
    assert_eq!(live.counts().swaps, 1);
}
