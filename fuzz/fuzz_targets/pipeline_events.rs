//! Whatever happens to whatever pipeline, the machine never panics, its counts are right, and a replay gives the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use longshore_pipeline::When;
use longshore_pipeline::machine::{Event, JobResult, Machine, Policy};
use longshore_pipeline::model::{JobSpec, Pipeline};

const WHEN: [When; 5] = [When::OnSuccess, When::OnFailure, When::Always, When::Manual, When::Delayed];

/// Jobs of four bytes each: stage and kind, flags, and which of the jobs before it one needs.
fn pipeline(bytes: &[u8]) -> Option<Pipeline> {
    let mut jobs: Vec<JobSpec> = Vec::new();
    for (at, chunk) in bytes.chunks_exact(4).take(12).enumerate() {
        let &[kind, flags, low, high] = chunk else { return None };
        let mut job = JobSpec::new(format!("job-{at}"), u32::from(kind & 3));
        job.when = WHEN[usize::from(kind >> 2) % WHEN.len()];
        job.delay = u64::from(flags) * 3;
        job.allow_failure = flags & 1 == 1;
        job.retry.max = u32::from(flags >> 1 & 1);
        job.timeout = (flags & 4 != 0).then_some(20);
        job.resource_group = (flags & 8 != 0).then(|| "lock".to_owned());
        job.approvals = u32::from(flags >> 4 & 1);
        job.interruptible = flags & 32 != 0;
        if flags & 64 != 0 {
            let mask = u16::from_be_bytes([low, high]);
            let earlier = jobs.iter().enumerate().filter(|(at, other)| mask >> at & 1 == 1 && other.stage <= job.stage);
            let names: Vec<String> = earlier.map(|(_, other)| other.name.clone()).collect();
            job = job.needs(names.iter().map(String::as_str));
        }
        jobs.push(job);
    }
    Pipeline::new((0..4).map(|stage| format!("s{stage}")).collect(), jobs).ok()
}

fn event(kind: u8, value: u8) -> Event {
    let (job, actor) = (u32::from(value & 15), "somebody".to_owned());
    let failed = JobResult::Failed { exit_code: Some(i64::from(value >> 6)), reason: "script_failure".to_owned() };
    match kind & 15 {
        0 => Event::Begin,
        1 => Event::WorkerJoined { worker: job & 3, slots: u32::from(value >> 4 & 3), tags: Vec::new() },
        2 => Event::WorkerLeft { worker: job & 3 },
        3..=5 => Event::Finished { job, attempt: 1 + u32::from(value >> 4 & 1), result: JobResult::Succeeded },
        6 => Event::Finished { job, attempt: 1, result: failed },
        7 => Event::Played { job, actor },
        8 => Event::Approved { job, actor },
        9 => Event::Rejected { job, actor },
        10 => Event::Canceled { job: (value & 128 == 0).then_some(job), actor },
        11 => Event::Retried { job, actor },
        12 => Event::NewCommit,
        _ => Event::Tick,
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Some((&count, rest)) = bytes.split_first() else { return };
    let split = (usize::from(count % 12) * 4).min(rest.len());
    let Some(pipeline) = pipeline(&rest[..split]) else { return };
    let mut machine = Machine::new(&pipeline, Policy::default());
    let mut log = Vec::new();
    let mut now = 0;
    for pair in rest[split..].chunks_exact(2).take(200) {
        now += u64::from(pair[0] >> 4);
        let event = event(pair[0], pair[1]);
        if machine.handle(now, &event).is_ok() {
            log.push((now, event));
        }
        for job in 0..pipeline.jobs().len() as u32 {
            assert_eq!(machine.processing().status_before(job), machine.processing().status_before_slowly(job));
        }
    }
    assert_eq!(Machine::replay(&pipeline, Policy::default(), &log).states(), machine.states());
});
