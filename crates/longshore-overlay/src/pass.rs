//! Transformers that change each object by itself, whatever the others are: those that follow one another share a walk.

use std::cell::Cell;
use std::sync::Arc;

use longshore_yaml::{Kind, Node};
use smallvec::SmallVec;

use crate::entries::Entries;
use crate::entry::Entry;
use crate::error::{Problems, RenderError};
use crate::filter::affix::Affix;
use crate::filter::edit::{FilterError, Origin, Trace};
use crate::filter::entries::{PairSetters, Pairs, SharedValue};
use crate::filter::fieldspec::{FieldSpec, FieldSpecs};
use crate::filter::image::{ImageChange, ImageSetters};
use crate::filter::namespace::NamespaceSetter;
use crate::origin::BuildOrigin;

/// One transformer on its way over the objects.
pub(crate) struct Pass<'s> {
    /// The field or the plugin, for people; of images each by itself.
    pub(crate) names: Vec<Arc<str>>,
    /// Where it is written.
    pub(crate) origin: &'s Origin,
    /// How `buildMetadata` annotates what it changes.
    pub(crate) by: Option<&'s BuildOrigin>,
    pub(crate) change: Change<'s>,
    /// In these fields.
    pub(crate) specs: &'s [FieldSpec],
}

/// What is done to each object.
pub(crate) enum Change<'s> {
    /// A namespace, wherever it is written.
    Namespace(&'s NamespaceSetter),
    /// A prefix before names, or a suffix behind them; the objects remember what they were called.
    Affix(Affix<'s>),
    /// Labels or annotations.
    Pairs(&'s Pairs),
    /// Changes of images one after another, each with its place.
    Images(Vec<(&'s ImageChange, &'s Origin)>),
}

/// Makes the changes of all passes in one walk, which leads to the same as a walk for each.
///
/// # Errors
/// Every problem of the first pass that has one; independent objects do not hide each other's.
pub(crate) fn run(passes: &[Pass<'_>], entries: &mut Entries, provenance: bool) -> Result<(), RenderError> {
    let mut ready: Vec<Ready<'_>> = passes.iter().map(Ready::new).collect();
    let renamed = passes.iter().any(Pass::renames);
    // Names are looked up anew afterwards only where they may have changed.
    let all = if renamed { entries.iter_mut().into_slice() } else { entries.as_mut_slice() };
    for entry in all {
        entry.document().prefetch();
        // Of an object of which nothing is left no pass makes anything.
        let empty = entry.is_empty();
        for ready in &mut ready {
            if !empty {
                ready.change(entry, provenance);
            }
            if let Some(by) = ready.pass.by {
                entry.annotate_by(by);
            }
        }
        entry.recognize();
    }
    ready.into_iter().try_for_each(Ready::outcome)
}

/// A pass with what it needs at every object, and its problems so far.
struct Ready<'s> {
    pass: &'s Pass<'s>,
    renames: bool,
    specs: FieldSpecs,
    setters: Setters<'s>,
    /// What it did to an object, while that is asked for; empty between objects.
    trace: Trace,
    /// Where names are put together.
    room: Cell<String>,
    /// Values that an object got in several places; empty between objects.
    shared: Vec<SharedValue>,
    errors: Vec<FilterError>,
}

/// What is set in the fields that the specs name.
enum Setters<'s> {
    Pairs(PairSetters<'s>),
    Images(ImageSetters<'s>),
    /// The change has its own way of finding fields.
    None,
}

impl Pass<'_> {
    /// Whether it may change who an object is.
    fn renames(&self) -> bool {
        matches!(self.change, Change::Namespace(_)) || self.specs.iter().any(FieldSpec::touches_identity)
    }
}

impl<'s> Ready<'s> {
    fn new(pass: &'s Pass<'s>) -> Self {
        let setters = match &pass.change {
            Change::Pairs(pairs) => Setters::Pairs(PairSetters::new(pairs)),
            Change::Images(changes) => Setters::Images(ImageSetters::new(changes.iter().copied())),
            Change::Namespace(_) | Change::Affix(_) => Setters::None,
        };
        let (renames, specs) = (pass.renames(), FieldSpecs::new(pass.specs));
        let (trace, room, shared, errors) = (Trace::default(), Cell::default(), Vec::new(), Vec::new());
        Ready { pass, renames, specs, setters, trace, room, shared, errors }
    }

    fn change(&mut self, entry: &mut Entry, provenance: bool) {
        if !provenance {
            let outcome = self.apply(entry, None);
            return self.note(outcome);
        }
        let mut trace = std::mem::take(&mut self.trace);
        let outcome = self.apply(entry, Some(&mut trace));
        self.note(outcome);
        entry.history.keep(&self.pass.names, &mut trace);
        self.trace = trace;
    }

    fn note(&mut self, outcome: Result<(), Vec<FilterError>>) {
        if let Err(errors) = outcome {
            self.errors.extend(errors.into_iter().map(|error| error.or_at(self.pass.origin)));
        }
    }

    fn apply(&mut self, entry: &mut Entry, trace: Option<&mut Trace>) -> Result<(), Vec<FilterError>> {
        match &self.pass.change {
            Change::Affix(affix) => return self.affix(*affix, entry, trace),
            Change::Namespace(_) if is_of_chart(entry) => return Ok(()),
            Change::Namespace(_) => entry.remember(),
            Change::Pairs(_) | Change::Images(_) => {}
        }
        let cluster_scoped = entry.cluster_scoped();
        let mut edit = entry.edit(self.pass.origin, trace, self.renames);
        let outcome = match (&self.setters, &self.pass.change) {
            (Setters::Pairs(setters), _) => setters.apply(&mut edit, &self.specs, &mut self.shared),
            (Setters::Images(setters), _) => setters.apply(&mut edit, &self.specs),
            (Setters::None, Change::Namespace(setter)) => setter.apply(&mut edit, cluster_scoped),
            (Setters::None, _) => Ok(()),
        };
        entry.shared.append(&mut self.shared);
        outcome.map_err(|error| vec![error])
    }

    fn affix(
        &self,
        affix: Affix<'_>,
        entry: &mut Entry,
        mut trace: Option<&mut Trace>,
    ) -> Result<(), Vec<FilterError>> {
        let (id, mut errors) = (entry.original_id(), Vec::new());
        if affix.is_empty() || Affix::skips(id.group, id.kind) {
            return Ok(());
        }
        let places: SmallVec<[usize; 4]> = self.specs.places(id.group, id.version, id.kind).collect();
        for place in places {
            let (spec, steps) = self.specs.get(place);
            if spec.path == "metadata/name" {
                match affix {
                    Affix::Prefix(prefix) => entry.add_prefix(prefix),
                    Affix::Suffix(suffix) => entry.add_suffix(suffix),
                }
                entry.remember();
            }
            let (origin, trace) = (self.pass.origin, trace.as_deref_mut());
            let own = if spec.path == "metadata/name" { entry.name_node() } else { None };
            let outcome = match own.map(Node::resolved).filter(|node| node.kind() == Kind::Scalar).map(Node::id) {
                Some(name) => {
                    let mut room = self.room.take();
                    let outcome = entry.rename(name, origin, trace, |edit, name| affix.set(edit, name, &mut room));
                    self.room.set(room);
                    outcome
                }
                None => affix.apply(&mut entry.edit(origin, trace, true), spec, steps),
            };
            errors.extend(outcome.err());
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    fn outcome(self) -> Result<(), RenderError> {
        let mut problems = Problems::default();
        self.errors.into_iter().for_each(|error| problems.push(error));
        let name = if let [name] = &self.pass.names[..] { name } else { "images" };
        problems.done(()).map_err(|error| error.or_from(self.pass.origin).context(name))
    }
}

/// Objects of a chart keep the namespace that the chart gave them.
fn is_of_chart(entry: &Entry) -> bool {
    let mark = ["metadata", "annotations", "internal.config.kubernetes.io/helm-generated"];
    entry.root().at(mark).is_some_and(|mark| mark.text() == "true")
}
