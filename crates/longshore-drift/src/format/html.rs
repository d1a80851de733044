//! One self-contained page: resources by namespace, their health, and what drifted where.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::{is_noted, owners, place, summary, value};
use crate::report::{Field, Report, ResourceReport, Verdict};
use crate::unappliable::Unappliable;

const STYLE: &str = "\
:root{--ink:#1c2733;--soft:#5d6b7a;--line:#dfe5ec;--back:#f6f8fa;--card:#fff;--good:#1a7f4b;--bad:#c0392b;--wait:#b7791f;\
--note:#2f6db5}@media(prefers-color-scheme:dark){:root{--ink:#e3e9f0;--soft:#93a1b0;--line:#2c3846;--back:#12181f;\
--card:#1a222c;--good:#4cc38a;--bad:#ff7b6b;--wait:#e3b341;--note:#79b0f2}}*{box-sizing:border-box}body{margin:0;\
background:var(--back);color:var(--ink);font:15px/1.5 system-ui,sans-serif}main{max-width:72rem;margin:0 auto;padding:2rem 1rem}\
h1{font-size:1.4rem;margin:0}h2{font-size:1rem;margin:2rem 0 .5rem;color:var(--soft)}code{font:13px/1.5 ui-monospace,monospace;\
overflow-wrap:anywhere}details,.one{background:var(--card);border:1px solid var(--line);border-radius:8px;margin:.4rem 0;\
padding:.5rem .8rem}summary{cursor:pointer}.tag{display:inline-block;min-width:6.5rem;font-size:12px;font-weight:600}\
.InSync,.Healthy{color:var(--good)}.OutOfSync,.Missing,.Degraded{color:var(--bad)}.Progressing,.Suspended,.Unknown{\
color:var(--wait)}.Extra{color:var(--note)}.field{border-top:1px solid var(--line);margin-top:.5rem;padding-top:.5rem}\
.soft{color:var(--soft);font-size:13px}del{color:var(--bad);text-decoration:none}ins{color:var(--good);text-decoration:none}";

/// The report as a page that needs nothing else. Resources in sync are closed, the others open.
pub fn html(report: &Report) -> String {
    let mut out = String::from("<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n");
    out.push_str("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Drift</title>\n");
    let health = report.health();
    write(&mut out, format_args!("<style>{STYLE}</style>\n<main>\n<h1>{}</h1>\n", escape(&summary(report))));
    write(&mut out, format_args!("<p>Health: <b class=\"{health}\">{health}</b></p>\n"));
    let mut places: BTreeMap<&str, Vec<&ResourceReport>> = BTreeMap::new();
    for resource in &report.resources {
        places.entry(resource.id.namespace.as_deref().unwrap_or_default()).or_default().push(resource);
    }
    for (namespace, resources) in places {
        let title = if namespace.is_empty() { "Cluster" } else { namespace };
        write(&mut out, format_args!("<h2>{}</h2>\n", escape(title)));
        resources.into_iter().for_each(|resource| of_resource(&mut out, resource));
    }
    out.push_str("</main>\n");
    out
}

fn of_resource(out: &mut String, resource: &ResourceReport) {
    let verdict = resource.verdict;
    let id = format!("{}/{}", resource.id.gvk.kind, resource.id.name);
    let mut head = format!("<span class=\"tag {verdict:?}\">{}</span> <code>{}</code>", verdict.words(), escape(&id));
    if let Some(health) = &resource.health {
        let message = if health.message.is_empty() { String::new() } else { format!(": {}", escape(&health.message)) };
        write(&mut head, format_args!(" <span class=\"soft {0}\">{0}{message}</span>", health.status));
    }
    if let Some(at) = &resource.declared_at {
        write(&mut head, format_args!(" <span class=\"soft\">{}</span>", escape(&place(at))));
    }
    let fields: Vec<&Field> = resource.fields.iter().filter(|field| is_noted(field)).collect();
    if fields.is_empty() && resource.is_appliable() && resource.notes.is_empty() {
        write(out, format_args!("<div class=\"one\">{head}</div>\n"));
        return;
    }
    let open = if verdict == Verdict::InSync && resource.is_appliable() { "" } else { " open" };
    write(out, format_args!("<details{open}><summary>{head}</summary>\n"));
    fields.into_iter().for_each(|field| of_field(out, field));
    resource.unappliable.iter().for_each(|one| of_refused(out, one));
    for note in &resource.notes {
        write(out, format_args!("<div class=\"field\"><span class=\"soft\">{}</span></div>\n", escape(note)));
    }
    out.push_str("</details>\n");
}

fn of_refused(out: &mut String, one: &Unappliable) {
    write(out, format_args!("<div class=\"field\"><code>{}</code><br>\n", escape(&one.path.to_string())));
    write(out, format_args!("<span class=\"Degraded\">cannot be applied: {}</span>", escape(&one.reason)));
    if let Some(at) = &one.declared_at {
        write(out, format_args!("<span class=\"soft\">, declared at <code>{}</code></span>", escape(&place(at))));
    }
    out.push_str("</div>\n");
}

fn of_field(out: &mut String, field: &Field) {
    write(out, format_args!("<div class=\"field\"><code>{}</code><br>\n", escape(&field.path.to_string())));
    let (desired, live) = (escape(value(&field.desired)), escape(value(&field.live)));
    write(out, format_args!("<code>declared <ins>{desired}</ins>, live <del>{live}</del></code><br>\n"));
    let rule = field.rule.as_ref().map_or(String::new(), |rule| format!(", rule {}", escape(rule)));
    write(out, format_args!("<span class=\"soft\">{}, by {}{rule}", field.class.words(), escape(&owners(field))));
    if let Some(at) = &field.declared_at {
        write(out, format_args!(", declared at <code>{}</code>", escape(&place(at))));
    }
    out.push_str("</span></div>\n");
}

fn write(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("a String takes all text");
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
