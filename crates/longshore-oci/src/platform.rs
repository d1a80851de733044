//! Platforms: what an image runs on, and which of several suits a host best.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::digest::clipped;

/// An operating system on a processor. Empty fields say nothing.
///
/// It displays as `os/architecture[/variant][:os-version]` and reads that form, `windows/amd64,osver=10.0.17763.1`, and a
/// well-known architecture without an operating system (`arm64`, `arm/v7`). Reading gives names their usual form:
/// `x86_64` is `amd64`, `aarch64/v8` is `arm64`, `armhf` is `arm/v7`.
///
/// Source: image-spec `image-index.md`; go-containerregistry and regclient for texts and matching.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Platform {
    /// Operating system, a Go `GOOS`.
    pub os: String,
    /// Processor, a Go `GOARCH`.
    pub architecture: String,
    /// Variant of the processor, such as `v7`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub variant: String,
    /// Version of the operating system.
    #[serde(default, rename = "os.version", skip_serializing_if = "String::is_empty")]
    pub os_version: String,
    /// Features the operating system must have.
    #[serde(default, rename = "os.features", skip_serializing_if = "Vec::is_empty")]
    pub os_features: Vec<String>,
    /// Features the processor must have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<String>,
}

/// Architectures that are known without an operating system.
const ARCHITECTURES: [&str; 23] = [
    "386", "aarch64", "amd64", "arm", "arm64", "armel", "armhf", "i386", "loong64", "mips", "mips64", "mips64le",
    "ppc", "ppc64", "ppc64le", "riscv", "riscv64", "s390", "s390x", "sparc", "sparc64", "wasm", "x86_64",
];

/// A text that is not a [`Platform`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid platform '{text}': expected os/architecture[/variant], {reason}")]
pub struct PlatformError {
    text: Box<str>,
    reason: &'static str,
}

impl Platform {
    /// An operating system on a processor, without more.
    pub fn new(os: impl Into<String>, architecture: impl Into<String>) -> Self {
        Platform { os: os.into(), architecture: architecture.into(), ..Platform::default() }
    }

    /// Reads a platform of which the host fills in what is missing: `local` is the host, `arm64` its operating system on
    /// another processor, `linux` its processor if it can run that.
    pub fn parse_on(text: &str, host: &Platform) -> Result<Self, PlatformError> {
        let mut platform: Platform = text.parse()?;
        if matches!(platform.os.as_str(), "" | "local") {
            platform.os.clone_from(&host.os);
        }
        let system = |os: &str| Platform { os: os.to_owned(), ..Platform::default() };
        let same_world = system(&host.os).can_run(&system(&platform.os));
        if platform.architecture.is_empty() && !text.contains('/') && same_world {
            platform.architecture.clone_from(&host.architecture);
            platform.variant.clone_from(&host.variant);
        }
        if platform.os == "windows" && platform.os_version.is_empty() && host.matches(&platform) {
            platform.os_version.clone_from(&host.os_version);
        }
        Ok(platform.normalized())
    }

    /// The same platform under its usual names.
    pub fn normalized(&self) -> Self {
        let mut platform = self.clone();
        platform.normalize();
        platform
    }

    fn normalize(&mut self) {
        if self.os == "macos" {
            "darwin".clone_into(&mut self.os);
        }
        let (architecture, variant) = match (self.architecture.as_str(), self.variant.as_str()) {
            ("i386", _) => ("386", ""),
            ("x86_64" | "x86-64" | "amd64", "v1") => ("amd64", ""),
            ("x86_64" | "x86-64", _) => ("amd64", self.variant.as_str()),
            ("aarch64" | "arm64", "8" | "v8") => ("arm64", ""),
            ("aarch64", _) => ("arm64", self.variant.as_str()),
            ("armhf", _) => ("arm", "v7"),
            ("armel", _) => ("arm", "v6"),
            ("arm", "" | "7") => ("arm", "v7"),
            ("arm", "5") => ("arm", "v5"),
            ("arm", "6") => ("arm", "v6"),
            ("arm", "8") => ("arm", "v8"),
            _ => return,
        };
        (self.architecture, self.variant) = (architecture.to_owned(), variant.to_owned());
    }

    /// `os/architecture[/variant]` under the usual names, `unknown` without an operating system.
    pub fn short_name(&self) -> String {
        let platform = self.normalized();
        if platform.os.is_empty() {
            return "unknown".to_owned();
        }
        let parts = [platform.os, platform.architecture, platform.variant];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
    }

    /// Whether all fields are equal, features in whatever order.
    pub fn is_same(&self, other: &Platform) -> bool {
        let sorted = |list: &[String]| {
            let mut list = list.to_vec();
            list.sort_unstable();
            list
        };
        let plain = |p: &Platform| (p.os.clone(), p.architecture.clone(), p.variant.clone(), p.os_version.clone());
        plain(self) == plain(other)
            && sorted(&self.os_features) == sorted(&other.os_features)
            && sorted(&self.features) == sorted(&other.features)
    }

    /// Whether this has everything that `wanted` says.
    pub fn satisfies(&self, wanted: &Platform) -> bool {
        let field = |wanted: &str, own: &str| wanted.is_empty() || wanted == own;
        let list = |wanted: &[String], own: &[String]| wanted.iter().all(|one| own.contains(one));
        field(&wanted.os, &self.os)
            && field(&wanted.architecture, &self.architecture)
            && field(&wanted.variant, &self.variant)
            && field(&wanted.os_version, &self.os_version)
            && list(&wanted.os_features, &self.os_features)
            && list(&wanted.features, &self.features)
    }

    /// Whether this host is exactly what `target` was built for, by the fields that count on its operating system.
    pub fn matches(&self, target: &Platform) -> bool {
        let (host, target) = (self.normalized(), target.normalized());
        let base = (&host.os, &host.architecture, &host.variant) == (&target.os, &target.architecture, &target.variant);
        match host.os.as_str() {
            "linux" | "freebsd" => base,
            "windows" => base && release(&host.os_version) == release(&target.os_version),
            _ => base && host.has_same_details(&target),
        }
    }

    /// Whether this host can run `target`: a lower variant, and Linux beside Windows and macOS in their virtual machine.
    pub fn can_run(&self, target: &Platform) -> bool {
        let (host, target) = (self.normalized(), target.normalized());
        let processor = host.architecture == target.architecture && variant_fits(&host.variant, &target.variant);
        match (host.os.as_str(), target.os.as_str()) {
            ("windows", "windows") => {
                processor && (host.os_version.is_empty() || release(&host.os_version) == release(&target.os_version))
            }
            ("windows" | "darwin", "linux") | ("darwin", "darwin") => processor,
            ("windows" | "darwin", _) => false,
            ("linux" | "freebsd", os) => os == host.os && processor,
            (os, _) => os == target.os && processor && host.has_same_details(&target),
        }
    }

    /// Whether this host can run `target` and is served better by it than by `best`, the best so far.
    pub fn prefers(&self, target: &Platform, best: &Platform) -> bool {
        if !self.can_run(target) {
            return false;
        }
        let (host, target, best) = (self.normalized(), target.normalized(), best.normalized());
        let nearer = |host: &str, target: &str, best: &str| match (target == host, best == host) {
            (true, false) => Some(true),
            (false, true) => Some(false),
            _ => None,
        };
        let by_variant = || match variant_number(&target.variant).cmp(&variant_number(&best.variant)) {
            Ordering::Equal => None,
            order => Some(order.is_gt()),
        };
        let by_version = || match compare_versions(&best.os_version, &target.os_version) {
            Ordering::Equal => None,
            order => Some(order.is_lt()),
        };
        nearer(&host.os, &target.os, &best.os)
            .or_else(|| nearer(&host.architecture, &target.architecture, &best.architecture))
            .or_else(|| nearer(&host.variant, &target.variant, &best.variant))
            .or_else(by_variant)
            .or_else(|| nearer(&host.os_version, &target.os_version, &best.os_version))
            .or_else(by_version)
            .unwrap_or(false)
    }

    fn has_same_details(&self, other: &Platform) -> bool {
        (&self.os_version, &self.os_features, &self.features)
            == (&other.os_version, &other.os_features, &other.features)
    }
}

/// Of several platforms the one that suits a host best: its index. Ties go to the first.
pub fn best_platform<'p>(host: &Platform, offered: impl IntoIterator<Item = &'p Platform>) -> Option<usize> {
    let mut best: Option<(usize, &Platform)> = None;
    for (index, platform) in offered.into_iter().enumerate() {
        let better = match best {
            None => host.can_run(platform),
            Some((_, best)) => host.prefers(platform, best),
        };
        if better {
            best = Some((index, platform));
        }
    }
    best.map(|(index, _)| index)
}

/// The part of a Windows version that must agree: all but the revision.
fn release(version: &str) -> &str {
    version.match_indices('.').nth(2).map_or(version, |(end, _)| &version[..end])
}

fn variant_number(variant: &str) -> i64 {
    variant.strip_prefix('v').unwrap_or(variant).parse().unwrap_or(0)
}

fn variant_fits(host: &str, target: &str) -> bool {
    let (own, other) = (variant_number(host), variant_number(target));
    own >= other || (host.is_empty() && other == 1)
}

/// Dot-separated numbers; what is no number is lowest, and two of that are even.
fn compare_versions(a: &str, b: &str) -> Ordering {
    let mut others = b.split('.');
    for part in a.split('.') {
        let Some(other) = others.next() else { return Ordering::Greater };
        let order = match (part.parse::<i64>(), other.parse::<i64>()) {
            (Ok(part), Ok(other)) => part.cmp(&other),
            (Err(_), Ok(_)) => Ordering::Less,
            (Ok(_), Err(_)) => Ordering::Greater,
            (Err(_), Err(_)) => return Ordering::Equal,
        };
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

impl FromStr for Platform {
    type Err = PlatformError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = |reason| PlatformError { text: clipped(text), reason };
        let (names, options) = text.split_once(',').unwrap_or((text, ""));
        let (names, version) = names.split_once(':').unwrap_or((names, ""));
        let parts: Vec<String> = names.split('/').map(str::to_ascii_lowercase).collect();
        let is_name = |part: &String| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
        };
        if !parts.iter().all(is_name) {
            return Err(error("each of letters, digits, '_' and '-'"));
        }
        let mut platform = Platform { os_version: version.to_owned(), ..Platform::default() };
        let is_architecture = ARCHITECTURES.contains(&parts[0].as_str()) || parts[0] == "x86-64";
        let without_os = match &parts[1..] {
            [] => is_architecture,
            [variant] => is_architecture && variant_number(variant) > 0,
            _ => false,
        };
        let mut parts = parts.into_iter();
        if !without_os {
            platform.os = parts.next().unwrap_or_default();
        }
        platform.architecture = parts.next().unwrap_or_default();
        platform.variant = parts.next().unwrap_or_default();
        for option in options.split(',').filter(|option| !option.is_empty()) {
            match option.split_once('=') {
                Some((name, value)) if matches!(name.trim(), "osver" | "osversion") => {
                    value.trim().clone_into(&mut platform.os_version);
                }
                _ => return Err(error("and no option but osver=VERSION")),
            }
        }
        platform.normalize();
        Ok(platform)
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [&self.os, &self.architecture, &self.variant];
        for (index, part) in parts.into_iter().filter(|part| !part.is_empty()).enumerate() {
            write!(f, "{}{part}", if index > 0 { "/" } else { "" })?;
        }
        if self.os_version.is_empty() { Ok(()) } else { write!(f, ":{}", self.os_version) }
    }
}

impl From<&oci_spec::image::Platform> for Platform {
    fn from(platform: &oci_spec::image::Platform) -> Self {
        let list = |list: &Option<Vec<String>>| list.clone().unwrap_or_default();
        Platform {
            os: platform.os().to_string(),
            architecture: platform.architecture().to_string(),
            variant: platform.variant().clone().unwrap_or_default(),
            os_version: platform.os_version().clone().unwrap_or_default(),
            os_features: list(platform.os_features()),
            features: list(platform.features()),
        }
    }
}
