//! Files as one kustomization may read them.

use std::sync::Arc;

use longshore_source::{EntryKind, FilePath, Files};
use longshore_yaml::SourceFile;

use crate::decode::Text;
use crate::error::Finding;
use crate::options::{LoadRestrictions, RenderOptions};

/// The names that a kustomization file may have.
const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// Where files lie: the tree of the build, or that of a remote base.
#[derive(Clone)]
enum Tree<'f> {
    Own(&'f dyn Files),
    Remote(Arc<dyn Files + Send + Sync>),
}

/// The folder of one kustomization, with those it was reached through.
#[derive(Clone)]
pub(crate) struct Loader<'f> {
    tree: Tree<'f>,
    folder: FilePath,
    /// Folders of this tree whose kustomizations led here, outermost first.
    visited: Vec<FilePath>,
    options: &'f RenderOptions,
    /// URLs of remote bases that led here.
    urls: Vec<String>,
}

impl<'f> Loader<'f> {
    pub(crate) fn new(files: &'f dyn Files, folder: FilePath, options: &'f RenderOptions) -> Self {
        Loader { tree: Tree::Own(files), folder, visited: Vec::new(), options, urls: Vec::new() }
    }

    pub(crate) fn files(&self) -> &dyn Files {
        match &self.tree {
            Tree::Own(files) => *files,
            Tree::Remote(files) => files.as_ref(),
        }
    }

    pub(crate) fn folder(&self) -> &FilePath {
        &self.folder
    }

    /// What people call the folder.
    pub(crate) fn display(&self) -> String {
        self.files().display(&self.folder)
    }

    /// Kustomizations around this one.
    pub(crate) fn depth(&self) -> usize {
        self.visited.len() + self.urls.len()
    }

    /// The kustomization file of this folder.
    pub(crate) fn kustomization(&self) -> Result<(&'static str, Arc<SourceFile>), Finding> {
        let exists = |name: &&str| {
            let path = self.folder.join(name).ok()?;
            (self.files().kind(&path).ok()? == Some(EntryKind::File)).then_some(path)
        };
        let found: Vec<_> = NAMES.into_iter().filter_map(|name| Some((name, exists(&name)?))).collect();
        match &found[..] {
            [] => {
                let names = "'kustomization.yaml', 'kustomization.yml' or 'Kustomization'";
                Err(Finding::new(format!("unable to find one of {names} in directory '{}'", self.display())))
            }
            [(name, path)] => Ok((name, self.text(path)?)),
            _ => Err(Finding::new(format!("Found multiple kustomization files under: {}", self.display()))),
        }
    }

    /// The text of a file that the kustomization names.
    pub(crate) fn load(&self, path: &Text) -> Result<Arc<SourceFile>, Finding> {
        let (place, bytes) = self.read(path)?;
        decode(self.files().display(&place), &bytes).map_err(|finding| finding.or_from(&path.origin))
    }

    /// The bytes of a file that the kustomization names.
    pub(crate) fn bytes(&self, path: &Text) -> Result<Arc<[u8]>, Finding> {
        self.read(path).map(|(_, bytes)| bytes)
    }

    /// Place and bytes of a file that the kustomization names.
    fn read(&self, path: &Text) -> Result<(FilePath, Arc<[u8]>), Finding> {
        if is_remote(&path.value) {
            let message = format!("'{}' is a remote file; only remote folders can be plugged in", path.value);
            return Err(Finding::on(&path.origin, message));
        }
        let place = self.resolve(path)?;
        let refused = |error: longshore_source::FilesError| Finding::on(&path.origin, error.to_string());
        if self.options.load_restrictions == LoadRestrictions::None {
            let bytes = self.files().read(&place).map_err(refused)?;
            return Ok((place, bytes));
        }
        // Of a file that is plainly outside nothing is read.
        if !place.is_within(&self.folder) {
            let canonical = self.files().canonical(&place).map_err(refused)?;
            self.check_within(path, &canonical)?;
        }
        let (canonical, bytes) = self.files().read_canonical(&place).map_err(refused)?;
        self.check_within(path, &canonical)?;
        Ok((place, bytes))
    }

    fn check_within(&self, path: &Text, canonical: &FilePath) -> Result<(), Finding> {
        if canonical.is_within(&self.folder) {
            return Ok(());
        }
        let (file, folder) = (self.files().display(canonical), self.display());
        let message = format!("security; file '{file}' is not in or below '{folder}'");
        Err(Finding::on(&path.origin, message).suggest(Some("allow it with LoadRestrictionsNone".into())))
    }

    fn resolve(&self, path: &Text) -> Result<FilePath, Finding> {
        let joined = self.folder.join(&path.value);
        let joined =
            if self.files().is_whole() { joined.or_else(|_| self.folder.join_within(&path.value)) } else { joined };
        joined.map_err(|error| Finding::on(&path.origin, error.to_string()))
    }

    fn text(&self, path: &FilePath) -> Result<Arc<SourceFile>, Finding> {
        let bytes = self.files().read(path).map_err(|error| Finding::new(error.to_string()))?;
        decode(self.files().display(path), &bytes)
    }

    /// Whether a path names a folder, or a remote one.
    pub(crate) fn is_folder(&self, path: &Text) -> bool {
        let is_directory = |path: FilePath| self.files().kind(&path).ok().flatten() == Some(EntryKind::Directory);
        is_remote(&path.value) || self.resolve(path).is_ok_and(is_directory)
    }

    /// The loader for a kustomization in another folder.
    pub(crate) fn enter(&self, path: &Text) -> Result<Loader<'f>, Finding> {
        let error = |message: String| Finding::on(&path.origin, message);
        if path.is_empty() {
            return Err(error("new root cannot be empty".to_owned()));
        }
        if is_remote(&path.value) {
            return self.fetch(path);
        }
        if path.value.starts_with('/') {
            return Err(error(format!("new root '{}' cannot be absolute", path.value)));
        }
        let place = self.resolve(path)?;
        let shown = self.files().display(&place);
        let kind = self.files().kind(&place).map_err(|problem| error(problem.to_string()))?;
        match kind {
            Some(EntryKind::Directory) => {}
            Some(EntryKind::File) => {
                return Err(error(format!("must build at directory: '{shown}': file is not directory")));
            }
            None => return Err(error(format!("'{shown}': no such file or directory"))),
        }
        let folder = self.files().canonical(&place).map_err(|problem| error(problem.to_string()))?;
        let mut visited = self.visited.clone();
        visited.push(self.folder.clone());
        if let Some(inner) = visited.iter().rev().find(|inner| inner.is_within(&folder)) {
            let chain = visited.iter().map(|folder| self.files().display(folder)).collect::<Vec<_>>().join(" -> ");
            return Err(error(format!(
                "cycle detected: candidate root '{shown}' contains visited root '{}'",
                self.files().display(inner)
            ))
            .suggest(Some(format!("the way here: {chain} -> {shown}"))));
        }
        Ok(Loader { folder, visited, ..self.clone() })
    }

    fn fetch(&self, path: &Text) -> Result<Loader<'f>, Finding> {
        let error = |message: String| Finding::on(&path.origin, message);
        if self.urls.contains(&path.value) {
            return Err(error(format!("cycle detected: URI '{}' referenced by previous URI", path.value)));
        }
        let Some(remote) = &self.options.remote_bases else {
            let message = format!("'{}' is a remote base, and nothing is plugged in that fetches one", path.value);
            return Err(
                error(message).suggest(Some("set RenderOptions::remote_bases, or copy it into the tree".into()))
            );
        };
        let (files, folder) =
            remote.fetch(&path.value).map_err(|reason| error(format!("fetching '{}': {reason}", path.value)))?;
        let urls = self.urls.iter().cloned().chain([path.value.clone()]).collect();
        Ok(Loader { tree: Tree::Remote(files), folder, visited: Vec::new(), options: self.options, urls })
    }
}

/// Whether a path is a URL or a repository as Kustomize writes them.
pub(crate) fn is_remote(path: &str) -> bool {
    let begins = |with: &str| path.get(..with.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(with));
    if !path.contains(':') {
        return begins("github.com/");
    }
    let schemes = ["https://", "http://", "ssh://", "file://", "git::", "gh:", "github.com/", "github.com:"];
    let user = path.split_once('@').is_some_and(|(user, rest)| {
        !user.is_empty() && user.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') && rest.contains(':')
    });
    user || schemes.into_iter().any(begins)
}

/// Bytes as a named text: UTF-8, or UTF-16 with its mark.
fn decode(name: String, bytes: &[u8]) -> Result<Arc<SourceFile>, Finding> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(SourceFile::new(name, text)),
        Err(_) => match longshore_yaml::read_bytes(&name, bytes, &longshore_yaml::ReadOptions::default()) {
            Err(error) => Err(error.into()),
            Ok(docs) => {
                let file = docs.first().and_then(|doc| doc.root().file().cloned());
                file.ok_or_else(|| Finding::new(format!("{name}: not a text")))
            }
        },
    }
}

/// The text of a field as a file of its own, whose lines are those of the field.
pub(crate) fn inline(text: &Text) -> Arc<SourceFile> {
    let name = text.origin.location().map_or(String::from("inline"), |place| place.file);
    match text.origin.text_start() {
        Some(start) => SourceFile::inside(name, text.value.as_str(), start),
        None => SourceFile::new(name, text.value.as_str()),
    }
}
