//! Accumulation: from a kustomization file to objects, base by base, in the original's order.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use foldhash::HashMap;
use longshore_manifest::GroupVersionKind;
use longshore_manifest::schema::{Schema, Scope, TypeGraph, kustomize, openapi, openapi_over};
use longshore_yaml::{Document, Node, ReadOptions, SourceFile, read_stream};

use crate::decode::Text;
use crate::entries::Entries;
use crate::entry::{Entry, Id, Type, group_version};
use crate::error::{Finding, Problems, RenderError};
use crate::filter::config::TransformerConfig;
use crate::filter::edit::FilterError;
use crate::kustomization::{Kustomization, Var};
use crate::loader::{Loader, is_remote};
use crate::options::RenderOptions;
use crate::origin::BuildOrigin;
use crate::resources;
use crate::{crds, generate, plugin, transform};

/// Types by API version and kind.
type Types = HashMap<Box<str>, HashMap<Box<str>, Type>>;

/// What all kustomizations of one build share.
pub(crate) struct Build<'f> {
    pub(crate) options: &'f RenderOptions,
    pub(crate) warnings: RefCell<Vec<Finding>>,
    /// The schema that a kustomization asked for; the first to ask decides.
    schema: RefCell<Option<Arc<TypeGraph>>>,
    schema_chosen: Cell<bool>,
    /// Whether the built-in schema was asked: the original then keeps it below one that is chosen later.
    consulted: Cell<bool>,
    types: RefCell<Types>,
    kustomizations: Cell<usize>,
}

/// Objects so far, with the field specs and variables of the kustomizations that brought them.
#[derive(Clone, Default)]
pub(crate) struct Accumulator {
    pub(crate) entries: Entries,
    pub(crate) config: Arc<TransformerConfig>,
    pub(crate) vars: Vec<Var>,
}

/// One kustomization at work.
pub(crate) struct Target<'b, 'f> {
    pub(crate) build: &'b Build<'f>,
    pub(crate) loader: Loader<'f>,
    pub(crate) kustomization: Kustomization,
    pub(crate) file_name: &'static str,
    /// Where this folder is, if the build annotates origins.
    pub(crate) origin: Option<BuildOrigin>,
}

impl<'f> Build<'f> {
    pub(crate) fn new(options: &'f RenderOptions) -> Self {
        Build {
            options,
            warnings: RefCell::default(),
            schema: RefCell::default(),
            schema_chosen: Cell::new(false),
            consulted: Cell::new(false),
            types: RefCell::default(),
            kustomizations: Cell::new(0),
        }
    }

    pub(crate) fn warn(&self, warning: Finding) {
        self.warnings.borrow_mut().push(warning);
    }

    /// Runs with the schema in force.
    pub(crate) fn with_schema<R>(&self, run: impl FnOnce(&dyn Schema) -> R) -> R {
        let schema = self.schema.borrow().clone();
        match &schema {
            Some(schema) => run(schema.as_ref()),
            None => {
                self.consulted.set(true);
                run(kustomize())
            }
        }
    }

    /// What the objects of a type have in common.
    pub(crate) fn type_of(&self, api_version: &str, kind: &str) -> Type {
        let known = self.types.borrow().get(api_version).and_then(|kinds| kinds.get(kind)).cloned();
        known.unwrap_or_else(|| {
            let gvk = GroupVersionKind::new(api_version, kind);
            let scope = match kustomize().scope(&gvk) {
                Scope::Unknown => self.with_schema(|schema| schema.scope(&gvk)),
                scope => scope,
            };
            let found = Type::new(api_version, kind, scope == Scope::Cluster);
            let mut types = self.types.borrow_mut();
            types.entry(api_version.into()).or_default().insert(kind.into(), found.clone());
            found
        })
    }

    fn type_at(&self, root: Node<'_>) -> Type {
        let [api_version, kind] = root.get_each(["apiVersion", "kind"]).map(|node| node.map_or("", Node::text));
        self.type_of(api_version, kind)
    }

    pub(crate) fn entry(&self, doc: Document) -> Entry {
        Entry::new(doc, |api_version, kind| self.type_of(api_version, kind))
    }

    /// Looks up the type again after something may have changed it.
    pub(crate) fn refresh(&self, entry: &mut Entry) {
        let before = entry.gvk();
        entry.recognize();
        // The scope of a type that is what it was is known, unless a schema was chosen since.
        if self.schema_chosen.get() || !Arc::ptr_eq(&before, &entry.gvk()) {
            let of = self.type_at(entry.root());
            entry.set_type(of);
            entry.recognize();
        }
    }

    fn choose_schema(&self, loader: &Loader<'f>, kustomization: &Kustomization) -> Result<(), RenderError> {
        let field = |name: &str| kustomization.openapi.get(name).filter(|(value, _)| !value.is_empty());
        if self.schema_chosen.get() {
            return Ok(());
        }
        match (field("path"), field("version")) {
            (Some((_, origin)), Some(_)) => {
                let message = "builtin version and custom schema provided, cannot use both";
                Err(Finding::on(origin, message).field("openapi").into())
            }
            (Some((path, origin)), None) => {
                let text = Text { value: path.clone(), origin: origin.clone() };
                let graph = read_schema(&loader.load(&text)?, self.consulted.get())?;
                *self.schema.borrow_mut() = Some(Arc::new(graph));
                self.types.borrow_mut().clear();
                self.schema_chosen.set(true);
                Ok(())
            }
            (None, Some((version, origin))) => {
                if version.replace('.', "") != "v1212" {
                    let hint = Some("the only built-in version is v1.21.2".to_owned());
                    let message = "the specified OpenAPI version is not built in";
                    return Err(Finding::on(origin, message).field("openapi.version").suggest(hint).into());
                }
                self.schema_chosen.set(true);
                Ok(())
            }
            (None, None) => Ok(()),
        }
    }

    fn count(&self, loader: &Loader<'f>) -> Result<(), Finding> {
        let limits = &self.options.limits;
        self.kustomizations.set(self.kustomizations.get() + 1);
        if loader.depth() >= limits.depth {
            return Err(Finding::new(format!("limit exceeded: kustomizations lie more than {} deep", limits.depth)));
        }
        if self.kustomizations.get() > limits.kustomizations {
            let message = format!("limit exceeded: more than {} kustomizations are read", limits.kustomizations);
            return Err(Finding::new(message));
        }
        Ok(())
    }

    fn check_size(&self, entries: &Entries) -> Result<(), Finding> {
        let limit = self.options.limits.resources;
        if entries.len() > limit {
            return Err(Finding::new(format!("limit exceeded: more than {limit} resources")));
        }
        Ok(())
    }
}

fn read_schema(file: &Arc<SourceFile>, over_builtin: bool) -> Result<TypeGraph, RenderError> {
    let docs = read_stream(file, &ReadOptions::default()).map_err(|error| RenderError::from(Finding::from(error)))?;
    let roots = docs.iter().map(Document::root);
    let graph = if over_builtin { openapi_over(kustomize(), roots) } else { openapi(roots) };
    graph.map_err(|error| {
        Finding { location: error.location().cloned(), ..Finding::new(error.message()) }.field("openapi.path").into()
    })
}

impl<'b, 'f> Target<'b, 'f> {
    /// Reads the kustomization of a folder.
    pub(crate) fn open(build: &'b Build<'f>, loader: Loader<'f>) -> Result<Self, RenderError> {
        build.count(&loader)?;
        let (file_name, file) = loader.kustomization()?;
        let mut kustomization = Kustomization::read(&file)?;
        build.warnings.borrow_mut().append(&mut kustomization.warnings);
        build.choose_schema(&loader, &kustomization)?;
        Ok(Target { build, loader, kustomization, file_name, origin: None })
    }

    /// Adds the objects of this kustomization, transformed.
    pub(crate) fn accumulate(&self, acc: &mut Accumulator) -> Result<(), RenderError> {
        let mut problems = Problems::default();
        problems.take(self.add_resources(acc, &self.kustomization.resources));
        problems.take(self.configure(acc));
        problems.done(())?;
        self.build.check_size(&acc.entries)?;
        generate::run(self, acc)?;
        self.add_components(acc)?;
        transform::run(self, acc)?;
        plugin::validate(self, acc)?;
        merge_vars(acc, &self.kustomization.vars)?;
        Ok(())
    }

    fn configure(&self, acc: &mut Accumulator) -> Result<(), RenderError> {
        let mut problems = Problems::default();
        let mut own = TransformerConfig::default();
        for path in &self.kustomization.configurations {
            problems.take(self.read_configuration(path).and_then(|more| merge_config(&mut own, &more, path)));
        }
        let config = match self.kustomization.configurations.is_empty() {
            true => TransformerConfig::builtin(),
            false => Arc::new(TransformerConfig::with_builtin(&own)?),
        };
        problems.take(acc.add_config(&config));
        for path in &self.kustomization.crds {
            let read = self.read_crds(path);
            problems.take(read.and_then(|more| merge_config(Arc::make_mut(&mut acc.config), &more, path)));
        }
        problems.done(())
    }

    fn read_configuration(&self, path: &Text) -> Result<TransformerConfig, RenderError> {
        let file = self.loader.load(path)?;
        let options = ReadOptions { schema: longshore_yaml::Schema::V2, ..ReadOptions::default() };
        let docs = read_stream(&file, &options).map_err(|error| RenderError::from(Finding::from(error)))?;
        let config = docs.first().map(|doc| TransformerConfig::read(doc.root())).transpose();
        config.map(Option::unwrap_or_default).map_err(RenderError::from)
    }

    fn read_crds(&self, path: &Text) -> Result<TransformerConfig, RenderError> {
        crds::read(&self.loader.load(path)?)
    }

    /// Adds what files, folders and remote bases hold; every path that fails is reported.
    pub(crate) fn add_resources(&self, acc: &mut Accumulator, paths: &[Text]) -> Result<(), RenderError> {
        let mut problems = Problems::default();
        for path in paths {
            let outcome = self.add_path(acc, path);
            let context = || format!("accumulating resources from '{}'", path.value);
            problems.take(outcome.map_err(|error| error.or_from(&path.origin).context(context())));
        }
        problems.done(())
    }

    fn add_path(&self, acc: &mut Accumulator, path: &Text) -> Result<(), RenderError> {
        // Most paths are files, and their names say so; asking costs as much as reading.
        let likely = [".yaml", ".yml", ".json"].iter().any(|end| path.value.ends_with(end));
        let folder = |path: &Text| path.is_empty() || self.loader.is_folder(path);
        if (!likely || is_remote(&path.value)) && folder(path) {
            return self.add_folder(acc, path, false);
        }
        match self.add_file(acc, path) {
            Err(_) if likely && folder(path) => self.add_folder(acc, path, false),
            outcome => outcome,
        }
    }

    fn add_file(&self, acc: &mut Accumulator, path: &Text) -> Result<(), RenderError> {
        let file = self.loader.load(path)?;
        let docs = resources::read_objects(&file)?;
        let mut problems = Problems::default();
        for doc in docs {
            let mut entry = self.build.entry(doc);
            entry.origin = self.origin.as_ref().map(|origin| Box::new(origin.append(&path.value)));
            if let Err(finding) = acc.entries.append(entry) {
                problems.push(finding);
            }
        }
        problems.done(())
    }

    fn add_components(&self, acc: &mut Accumulator) -> Result<(), RenderError> {
        let mut problems = Problems::default();
        for path in &self.kustomization.components {
            let context = || format!("accumulating components from '{}'", path.value);
            let outcome = self.add_folder(acc, path, true);
            problems.take(outcome.map_err(|error| error.or_from(&path.origin).context(context())));
        }
        problems.done(())
    }

    fn add_folder(&self, acc: &mut Accumulator, path: &Text, component: bool) -> Result<(), RenderError> {
        let loader = self.loader.enter(path)?;
        let mut inner = Target::open(self.build, loader)?;
        self.check_kind(&inner, component)?;
        inner.kustomization.build_metadata = self.kustomization.build_metadata.clone();
        inner.origin = self.origin.as_ref().map(|origin| origin.append_base(&path.value));
        if component {
            // A component works on what its parent has gathered so far.
            return inner.accumulate(acc);
        }
        let mut base = Accumulator::default();
        inner.accumulate(&mut base)?;
        self.build.check_size(&base.entries)?;
        acc.merge(base)
    }

    fn check_kind(&self, inner: &Target<'_, '_>, component: bool) -> Result<(), Finding> {
        let place = inner.loader.display();
        match (component, inner.kustomization.component) {
            (true, false) => {
                Err(Finding::new(format!("expected kind 'Component' for path '{place}' but got 'Kustomization'")))
            }
            (false, true) => Err(Finding::new(format!("expected kind != 'Component' for path '{place}'"))),
            _ => Ok(()),
        }
    }
}

impl Accumulator {
    /// Adds field specs to those that came before.
    fn add_config(&mut self, config: &Arc<TransformerConfig>) -> Result<(), RenderError> {
        if *self.config == TransformerConfig::default() {
            self.config = Arc::clone(config);
        } else if !Arc::ptr_eq(&self.config, config) {
            merge_config(Arc::make_mut(&mut self.config), config, &Text::default())?;
        }
        Ok(())
    }

    /// Adds what a base has gathered.
    fn merge(&mut self, base: Accumulator) -> Result<(), RenderError> {
        let mut problems = Problems::default();
        for finding in self.entries.append_all(base.entries).err().unwrap_or_default() {
            problems.push(finding);
        }
        problems.take(self.add_config(&base.config));
        problems.take(add_vars(&mut self.vars, &base.vars));
        problems.done(())
    }
}

fn merge_config(config: &mut TransformerConfig, more: &TransformerConfig, path: &Text) -> Result<(), RenderError> {
    if *more == TransformerConfig::default() {
        return Ok(());
    }
    let outcome = config.merge(more);
    outcome.map_err(|error: FilterError| RenderError::from(error).or_from(&path.origin))
}

/// Notes which objects hold the values of variables, and keeps the variables.
fn merge_vars(acc: &mut Accumulator, vars: &[Var]) -> Result<(), RenderError> {
    let mut problems = Problems::default();
    for var in vars {
        let (group, version) = match var.api_version.as_str() {
            "" => (var.group.as_str(), var.version.as_str()),
            api_version => group_version(api_version),
        };
        let api_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
        let (kind, name, namespace) = (var.kind.as_str(), var.object_name.as_str(), var.namespace.as_str());
        let cluster_scoped = scope_of(&api_version, kind);
        let wanted = Id { group, version, kind, name, namespace, cluster_scoped };
        let exact = !namespace.is_empty() || cluster_scoped;
        let matches = |id: &Id<'_>| {
            let typed = id.group == group && id.version == version && id.kind == kind && id.name == name;
            typed && (!exact || id.same(&wanted))
        };
        let places = acc.entries.named(name).to_vec();
        let places: Vec<usize> = places.into_iter().map(|place| place as usize).collect();
        let has = |place: &usize| acc.entries.get(*place).ids().any(|id| matches(&id));
        match places.into_iter().filter(has).collect::<Vec<_>>()[..] {
            [] => {}
            [place] => acc.entries.edit(place, |entry| entry.var_names.push(var.name.as_str().into())),
            ref many => {
                let message =
                    format!("found {} resId matches for var {} (unable to disambiguate)", many.len(), var.name);
                problems.push(Finding::on(&var.origin, message).field("vars"));
            }
        }
    }
    problems.take(add_vars(&mut acc.vars, vars));
    problems.done(())
}

/// Whether a type lives in the cluster as a whole, as the built-in table says.
fn scope_of(api_version: &str, kind: &str) -> bool {
    kustomize().scope(&GroupVersionKind::new(api_version, kind)) == Scope::Cluster
}

fn add_vars(vars: &mut Vec<Var>, more: &[Var]) -> Result<(), RenderError> {
    let mut problems = Problems::default();
    for var in more {
        if let Some(first) = vars.iter().find(|known| known.name == var.name) {
            let hint = first.origin.location().map(|place| format!("it is defined at {place}"));
            problems.push(Finding::on(&var.origin, format!("var '{}' already encountered", var.name)).suggest(hint));
            continue;
        }
        vars.push(var.clone());
    }
    problems.done(())
}
