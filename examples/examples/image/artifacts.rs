//! Artifacts and layouts: pack, unpack, compare, verify, and the plan of a mirror.

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

use longshore::oci::artifact::{FluxOptions, UnpackLimits, pack_flux, unpack_artifact};
use longshore::oci::layout::{Layout, LayoutReference, read_tree, write_tree};
use longshore::oci::{Digest, Document, Inventory, MirrorAction, Node, Reference, compare, plan_mirror};
use serde_json::json;

use super::arguments::Arguments;
use super::store::Store;
use super::{Outcome, read_lock};

pub(crate) fn pack(arguments: &Arguments) -> Outcome {
    let [folder, target] = arguments.words() else { return Err("pack takes a folder and LAYOUT:NAME".into()) };
    let target: LayoutReference = target.parse()?;
    let tree = read_tree(Path::new(folder)).map_err(|error| format!("{folder}: {error}"))?;
    let text = |name| arguments.option(name).unwrap_or_default().to_owned();
    let created = arguments.option("created").unwrap_or("0");
    let created = created.parse().map_err(|_| format!("--created takes seconds since 1970, not '{created}'"))?;
    let options = FluxOptions { created, source: text("source"), revision: text("revision"), ..FluxOptions::default() };
    let packed = pack_flux(&tree, &options);
    Layout::create(&target.path)?.write(&packed, target.name.as_deref())?;
    if arguments.json() {
        println!(
            "{}",
            json!({"digest": packed.manifest.digest(), "contentId": packed.content_id, "entries": tree.len()})
        );
    } else {
        println!("digest {}", packed.manifest.digest());
        println!("content {}", packed.content_id);
    }
    Ok(ExitCode::SUCCESS)
}

/// The manifest or index that a word on the command line names.
fn open(word: &str) -> Result<(Layout, Document), Box<dyn Error>> {
    let reference: LayoutReference = word.parse()?;
    let layout = Layout::open(&reference.path)?;
    let descriptor = layout.resolve(reference.image())?;
    let document = layout.document(&descriptor)?;
    Ok((layout, document))
}

pub(crate) fn unpack(arguments: &Arguments) -> Outcome {
    let [source, folder] = arguments.words() else { return Err("unpack takes LAYOUT:NAME and a folder".into()) };
    let (layout, document) = open(source)?;
    let tree = unpack_artifact(&document, |layer| layout.read_blob(layer), &UnpackLimits::default())?;
    write_tree(&tree, Path::new(folder)).map_err(|error| format!("{folder}: {error}"))?;
    let content = Digest::of(tree.to_tar());
    if arguments.json() {
        println!("{}", json!({"contentId": content, "entries": tree.len()}));
    } else {
        println!("content {content}");
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn diff(arguments: &Arguments) -> Outcome {
    let [before, after] = arguments.words() else { return Err("diff takes two of LAYOUT:NAME".into()) };
    let ((old_layout, before), (new_layout, after)) = (open(before)?, open(after)?);
    let fetch = |descriptor: &_| old_layout.document(descriptor).or_else(|_| new_layout.document(descriptor)).ok();
    let changes = compare(&before, &after, fetch);
    let mut lines: Vec<String> = changes.changes.iter().map(ToString::to_string).collect();
    for platform in &changes.platforms {
        lines.push(platform.to_string());
        lines.extend(platform.inside.iter().map(|change| format!("  {change}")));
    }
    if arguments.json() {
        println!("{}", json!({"same": changes.is_empty(), "changes": lines}));
    } else {
        lines.iter().for_each(|line| println!("{line}"));
    }
    Ok(if changes.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

pub(crate) fn verify(arguments: &Arguments) -> Outcome {
    let [path] = arguments.words() else { return Err("verify takes one layout".into()) };
    let layout = Layout::open(path)?;
    let findings = layout.verify()?;
    let garbage = match (findings.is_empty(), arguments.flag("collect")) {
        (true, true) => Some(layout.collect_garbage()?),
        (true, false) => Some(layout.garbage()?),
        // Where images are broken, nothing says what they need.
        (false, _) => None,
    };
    let images = layout.images()?.len();
    let unused = garbage.map_or(0, |garbage| garbage.blobs.len());
    if arguments.json() {
        let findings: Vec<String> = findings.iter().map(ToString::to_string).collect();
        println!("{}", json!({"images": images, "findings": findings, "garbage": unused}));
    } else {
        findings.iter().for_each(|finding| println!("{finding}"));
        let what = if arguments.flag("collect") { "removed" } else { "unused" };
        println!("{images} images, {} findings, {unused} blobs {what}", findings.len());
    }
    Ok(if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

pub(crate) fn mirror(arguments: &Arguments) -> Outcome {
    let lock = read_lock(arguments.required("lock")?)?;
    let (store, registry) = (Store::new(arguments.required("store")?), arguments.required("to")?);
    let rename = |image: &Reference| {
        let version = &image.as_str()[image.name().len()..];
        Reference::parse(&format!("{registry}/{}{version}", image.repository())).unwrap_or_else(|_| image.clone())
    };
    let mut inventory = Inventory::default();
    for entry in lock.entries() {
        // A repository that the store lacks shows as missing content.
        if let Ok(layout) = store.layout(entry.pinned()) {
            take_stock(&layout, &mut inventory)?;
        }
        let target = rename(entry.pinned());
        let known = arguments.option("target").map(|root| Store::new(root).layout(&target));
        if let Some(Ok(layout)) = known {
            let mut there = Inventory::default();
            take_stock(&layout, &mut there)?;
            inventory.target.insert(target.name().to_owned(), there.source.into_keys().collect());
        }
    }
    let plan = plan_mirror(&lock, &inventory, rename);
    if arguments.json() {
        println!("{}", serde_json::to_string(&plan)?);
    } else {
        for step in &plan.steps {
            let action = match &step.action {
                MirrorAction::Copy => "copy".to_owned(),
                MirrorAction::Mount { from } => format!("mount from {from}"),
                MirrorAction::Skip => "skip".to_owned(),
            };
            println!("{} {} {} bytes: {action}", step.repository, step.digest, step.size);
        }
        plan.tags.iter().for_each(|tag| println!("tag {tag}"));
        plan.missing.iter().for_each(|gap| println!("missing {} of {}", gap.digest, gap.image));
        let (copy, mount, skip) = plan.counts();
        println!(
            "{copy} to copy ({} bytes), {mount} to mount, {skip} there, {} missing",
            plan.bytes,
            plan.missing.len()
        );
    }
    Ok(if plan.missing.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Notes all content of a layout that is reached from its names.
fn take_stock(layout: &Layout, inventory: &mut Inventory) -> Result<(), Box<dyn Error>> {
    let mut open: Vec<_> = layout.images()?.into_iter().map(|image| image.descriptor).collect();
    while let Some(descriptor) = open.pop() {
        let digest = Digest::try_from(descriptor.digest())?;
        if inventory.source.contains_key(&digest) {
            continue;
        }
        let mut node = Node { size: descriptor.size(), ..Node::default() };
        if let Ok(document) = layout.document(&descriptor) {
            node.document = true;
            let children = document.references().into_iter().cloned();
            open.extend(children.clone());
            node.children = children.map(|child| Digest::try_from(child.digest())).collect::<Result<_, _>>()?;
        }
        inventory.source.insert(digest, node);
    }
    Ok(())
}
