//! The table in use.

use std::{
    ops::Deref,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use arc_swap::ArcSwap;

use super::{Call, fingerprint::Fingerprint, retired::Retired};
use crate::{
    decide::{Ask, NoRoute},
    health::Endpoints,
    rules::{Rules, check},
    table::{Size, Table},
    toml::{Mistake, Mistakes, code as toml_code},
};

/// How often a file that changes while it is read is read again.
const MOST_READS: usize = 5;

/// The table in use, shared by all who route. Readers never wait; whoever swaps does the work.
#[derive(Debug)]
pub struct Live {
    table: ArcSwap<Table>,
    endpoints: Endpoints,
    retired: Retired,
    path: Option<PathBuf>,
    /// How the file looked when it was last read. Held during a reload, so that there is one at a time.
    read: Mutex<Option<Fingerprint>>,
    swaps: AtomicU64,
    refused: AtomicU64,
}

/// What a swap brought.
#[derive(Clone, Debug)]
pub struct Swap {
    /// The version of the table that is in use now.
    pub version: u64,
    /// What it holds.
    pub size: Size,
    /// What is probably not meant.
    pub warnings: Mistakes,
}

/// How often the table was swapped, and how often a file was refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LiveCounts {
    /// Swaps.
    pub swaps: u64,
    /// Files that did not read, had an error, or failed a test of their own.
    pub refused: u64,
    /// The version of the table in use.
    pub version: u64,
    /// Old tables that some call still holds.
    pub retired: usize,
}

impl Live {
    /// Reads a rules file, checks it, runs its tests, and puts it in use.
    ///
    /// # Errors
    /// Every mistake of the file.
    pub fn open(path: &Path) -> Result<(Self, Mistakes), Mistakes> {
        let (rules, print) = read(path)?;
        let (live, warnings) = Self::new(&rules, Endpoints::default())?;
        *live.read.lock().unwrap_or_else(PoisonError::into_inner) = print;
        Ok((Self { path: Some(path.to_owned()), ..live }, warnings))
    }

    /// The same for rules that were read from elsewhere, with endpoints of a clock's choice.
    ///
    /// # Errors
    /// Every mistake of the rules.
    pub fn new(rules: &Rules, endpoints: Endpoints) -> Result<(Self, Mistakes), Mistakes> {
        let (table, warnings) = checked(rules, &endpoints)?;
        let live = Self {
            table: ArcSwap::from_pointee(table),
            endpoints,
            retired: Retired::default(),
            path: None,
            read: Mutex::new(None),
            swaps: AtomicU64::new(0),
            refused: AtomicU64::new(0),
        };
        Ok((live, warnings))
    }

    /// The table in use, for a single decision: cheaper than [`Live::table`], and not to be kept.
    #[inline]
    pub fn load(&self) -> impl Deref<Target = Arc<Table>> + use<> {
        self.table.load()
    }

    /// The table in use, for a request and its retries.
    pub fn table(&self) -> Arc<Table> {
        self.table.load_full()
    }

    /// Where a call goes, with the endpoint for it.
    ///
    /// # Errors
    /// As [`Table::decide`].
    pub fn call(&self, ask: &Ask<'_>) -> Result<Call, NoRoute> {
        Call::new(self.table(), ask)
    }

    /// Reads the file again and puts it in use. The table in use stays if anything is wrong.
    ///
    /// # Errors
    /// Every mistake of the file, or that the rules are not from one.
    pub fn reload(&self) -> Result<Swap, Mistakes> {
        let mut last = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(path) = &self.path else { return self.counted(Err(not_from_a_file())) };
        // A file that cannot be read counts as read, so that a watch tells it once.
        *last = Fingerprint::of(path);
        let swapped = read(path).and_then(|(rules, print)| {
            *last = print;
            self.put_in_use(&rules)
        });
        self.counted(swapped)
    }

    /// Puts other rules in use. The table in use stays if anything is wrong with them.
    ///
    /// # Errors
    /// Every mistake of the rules.
    pub fn swap(&self, rules: &Rules) -> Result<Swap, Mistakes> {
        let _one = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        self.counted(self.put_in_use(rules))
    }

    fn put_in_use(&self, rules: &Rules) -> Result<Swap, Mistakes> {
        let (table, warnings) = checked(rules, &self.endpoints)?;
        let (version, size) = (table.version(), table.size());
        self.retired.keep(self.table.swap(Arc::new(table)));
        self.retired.sweep();
        Ok(Swap { version, size, warnings })
    }

    fn counted(&self, swapped: Result<Swap, Mistakes>) -> Result<Swap, Mistakes> {
        let counter = if swapped.is_ok() { &self.swaps } else { &self.refused };
        counter.fetch_add(1, Ordering::Relaxed);
        swapped
    }

    /// Whether the file looks other than when it was last read; `look` decides when that counts.
    pub(super) fn has_changed(
        &self,
        look: impl FnOnce(Option<Fingerprint>, Option<Fingerprint>) -> bool,
    ) -> bool {
        let Some(path) = &self.path else { return false };
        let read = *self.read.lock().unwrap_or_else(PoisonError::into_inner);
        look(Fingerprint::of(path), read)
    }

    /// Frees old tables that no call holds any more. A [`Watch`](super::Watch) does this; so does every swap.
    pub fn sweep(&self) {
        self.retired.sweep();
    }

    /// How often the table was swapped, and how often a file was refused.
    pub fn counts(&self) -> LiveCounts {
        LiveCounts {
            swaps: self.swaps.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
            version: self.table.load().version(),
            retired: self.retired.sweep(),
        }
    }
}

fn not_from_a_file() -> Mistakes {
    let mistake = Mistake::error(toml_code::UNREADABLE, "the rules in use are not from a file");
    mistake.help("open them from a file, or swap them by hand").into()
}

/// Compiles rules and checks them.
fn checked(rules: &Rules, endpoints: &Endpoints) -> Result<(Table, Mistakes), Mistakes> {
    let table = Table::new(rules, endpoints);
    check(rules, &table).or(Some(table))
}

/// Reads a file that stays as it is meanwhile, with its fingerprint.
fn read(path: &Path) -> Result<(Rules, Option<Fingerprint>), Mistakes> {
    let mut before = Fingerprint::of(path);
    for _ in 1..MOST_READS {
        let rules = Rules::load(path);
        let after = Fingerprint::of(path);
        if before == after {
            return rules.map(|rules| (rules, after));
        }
        before = after;
    }
    Rules::load(path).map(|rules| (rules, before))
}
