//! Keywords and limits that several entries share.

pub(crate) const WHEN: [&str; 5] = ["on_success", "on_failure", "always", "manual", "delayed"];
pub(crate) const BRIDGE_WHEN: [&str; 4] = ["on_success", "on_failure", "always", "manual"];
pub(crate) const UPLOAD_WHEN: [&str; 3] = ["on_success", "on_failure", "always"];

/// What may be set under `default:`, in the order in which its entries are looked at.
pub(crate) const DEFAULTS: [&str; 12] = [
    "before_script",
    "after_script",
    "hooks",
    "cache",
    "image",
    "services",
    "interruptible",
    "timeout",
    "retry",
    "tags",
    "artifacts",
    "id_tokens",
];

/// Reasons for which a job may fail, as `retry:when` names them, besides `always`.
pub(crate) const FAILURE_REASONS: [&str; 41] = [
    "unknown_failure",
    "script_failure",
    "api_failure",
    "stuck_or_timeout_failure",
    "runner_system_failure",
    "missing_dependency_failure",
    "runner_unsupported",
    "stale_schedule",
    "job_execution_timeout",
    "archived_failure",
    "unmet_prerequisites",
    "scheduler_failure",
    "data_integrity_failure",
    "forward_deployment_failure",
    "user_blocked",
    "project_deleted",
    "ci_quota_exceeded",
    "pipeline_loop_detected",
    "no_matching_runner",
    "trace_size_exceeded",
    "builds_disabled",
    "environment_creation_failure",
    "deployment_rejected",
    "failed_outdated_deployment_job",
    "protected_environment_failure",
    "insufficient_bridge_permissions",
    "downstream_bridge_project_not_found",
    "invalid_bridge_trigger",
    "upstream_bridge_project_not_found",
    "insufficient_upstream_permissions",
    "bridge_pipeline_is_child_pipeline",
    "downstream_pipeline_creation_failed",
    "secrets_provider_not_found",
    "reached_max_descendant_pipelines_depth",
    "ip_restriction_failure",
    "reached_max_pipeline_hierarchy_size",
    "runner_provisioning_failed",
    "job_token_expired",
    "job_router_failure",
    "runner_provisioning_timeout",
    "always",
];

/// Reports that `artifacts:reports` knows.
pub(crate) const REPORTS: [&str; 26] = [
    "junit",
    "codequality",
    "sast",
    "secret_detection",
    "dependency_scanning",
    "container_scanning",
    "dast",
    "performance",
    "browser_performance",
    "load_performance",
    "license_scanning",
    "metrics",
    "lsif",
    "dotenv",
    "terraform",
    "accessibility",
    "coverage_fuzzing",
    "api_fuzzing",
    "cluster_image_scanning",
    "requirements",
    "requirements_v2",
    "coverage_report",
    "cyclonedx",
    "annotations",
    "repository_xray",
    "sarif",
];

/// Levels of lists in lists that a script, stages or rules may have.
pub(crate) const MAX_NESTING: usize = 10;

pub(crate) const ENVIRONMENT_NAME: &str = "can contain only letters, digits, '-', '_', '/', '$', '{', '}', '.', and spaces, \
    but it cannot start or end with '/'";
