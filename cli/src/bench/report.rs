//! The figures as a table for people, and as JSON for programs.

use hdrhistogram::Histogram;
use mall_proto::topology::SERVICES;
use serde_json::{Map, Value, json};

use super::{Report, batches::Taken, cost::Cost, journeys::milliseconds, load::Step};

/// Statements shown of each load; JSON has them all.
const STATEMENTS: usize = 40;

/// One line about a step, as soon as it is over.
pub(super) fn step_line(step: &Step) -> String {
    let verdict = if step.is_sustained() { "sustained" } else { "NOT sustained" };
    format!(
        "         {verdict}: {} of {} approved, p50 {:.1} ms, p99 {:.1} ms, last one {:.2} s after the end, {:.1} ms CPU an order",
        step.approved,
        step.sent,
        milliseconds(&step.to_approved, 0.5),
        milliseconds(&step.to_approved, 0.99),
        step.drained_after,
        step.per_order(step.cost.cpu_milliseconds()),
    )
}

impl Step {
    /// A figure of the whole window, for one order.
    fn per_order(&self, figure: f64) -> f64 {
        figure / (self.cost_orders.max(1) as f64)
    }
}

impl Report {
    /// The highest rate at which approvals kept up.
    fn top(&self) -> Option<&Step> {
        self.steps.iter().filter(|step| step.is_sustained()).max_by_key(|step| step.rate)
    }

    /// The loads that are compared: low, 100/s where it was measured, and the top.
    fn compared(&self) -> Vec<&Step> {
        let hundred = self.steps.iter().find(|step| step.rate == 100 && step.is_sustained());
        let mut steps: Vec<&Step> = [Some(&self.low), hundred, self.top()].into_iter().flatten().collect();
        steps.dedup_by_key(|step| step.rate);
        steps
    }

    pub(crate) fn print(&self) {
        self.print_conditions();
        self.print_single();
        self.print_rates();
        self.print_cpu();
        self.print_work();
        self.print_statements();
        self.print_idle();
        self.print_core();
    }

    fn print_conditions(&self) {
        let machine = &self.machine;
        println!("\nCONDITIONS");
        println!(
            "  {} cores, {}, {:.1} GiB; {} build",
            machine.cores, machine.processor, machine.memory_gib, machine.profile
        );
        println!("  load average before the start: {}", machine.load_average);
        println!("  PostgreSQL {}: {}", machine.postgresql, machine.settings);
        println!(
            "  Kafka: one broker, acks=all, idempotent; Envoy before all; everything and the generator on this machine"
        );
    }

    fn print_single(&self) {
        let single = &self.single;
        println!("\nONE ORDER IN FLIGHT (ms) {:>25} {:>8} {:>8} {:>8}", "orders", "p50", "p99", "highest");
        print_times("checkout -> approved, commit to commit", &single.to_approved);
        print_times("the same while the caller keeps asking", &single.to_approved_asked);
        print_times("checkout -> approval read, through REST", &single.seen);
        print_times("checkout answered, through REST", &single.answered);
        if single.overlapping > 0 {
            println!("  {} orders began before the one before them was approved", single.overlapping);
        }
    }

    fn print_rates(&self) {
        println!("\nRATES        checkout -> approved (ms)   checkout answered (ms)   last approved   CPU (ms)");
        println!("  orders/s        p50          p99           p50        p99     after the end   an order");
        for step in std::iter::once(&self.low).chain(&self.steps) {
            println!(
                "  {:>8} {:>10.1} {:>12.1} {:>13.1} {:>10.1} {:>13.2} s {:>10.2}   {}",
                step.rate,
                milliseconds(&step.to_approved, 0.5),
                milliseconds(&step.to_approved, 0.99),
                milliseconds(&step.answered, 0.5),
                milliseconds(&step.answered, 0.99),
                step.drained_after,
                step.per_order(step.cost.cpu_milliseconds()),
                verdict(step),
            );
        }
        match self.top() {
            Some(top) => println!("  the highest sustained rate: {} orders/s", top.rate),
            None => println!("  no rate was sustained"),
        }
    }

    fn print_cpu(&self) {
        let steps = self.compared();
        print_heads("CPU PER ORDER (ms)", &steps);
        print_row("all", &steps, Cost::cpu_milliseconds);
        print_row("services", &steps, Cost::services_milliseconds);
        for name in ["postgresql", "kafka", "envoy"].into_iter().chain(SERVICES.iter().map(|service| service.name)) {
            print_row(name, &steps, |cost| cost.cpu.get(name).copied().unwrap_or(0.0) * 1_000.0);
        }
        print_row("(the generator)", &steps, |cost| cost.cpu.get("bench").copied().unwrap_or(0.0) * 1_000.0);
        print_heads("OF THIS (ms)", &steps);
        for name in self.low.cost.cpu_parts.keys() {
            print_row(name, &steps, |cost| cost.cpu_parts.get(name).copied().unwrap_or(0.0) * 1_000.0);
        }
    }

    fn print_work(&self) {
        let steps = self.compared();
        print_heads("WORK PER ORDER", &steps);
        print_row("units of work committed", &steps, |cost| cost.work_commits);
        print_row("relay batches", &steps, |cost| cost.relay_batches);
        print_row("moves of relays' cursors, each a commit", &steps, |cost| cost.cursor_moves);
        print_row("xact_commit, reads and idle included", &steps, |cost| cost.xact_commits);
        print_row("statements", &steps, |cost| cost.statements);
        print_row("WAL, KiB", &steps, |cost| cost.wal_bytes / 1_024.0);
        print_row("messages", &steps, |cost| cost.messages);
        print_row("produce requests", &steps, |cost| cost.produce_requests);
    }

    fn print_statements(&self) {
        let step = self.low.rate;
        println!("\nSTATEMENTS AT {step}/s: calls and ms in PostgreSQL per order, the most frequent first");
        for (statement, calls) in self.low.cost.by_statement.iter().take(STATEMENTS) {
            let (calls, time) = (self.low.per_order(calls.calls), self.low.per_order(calls.milliseconds));
            println!("  {:<14} {calls:>7.2} {time:>8.3}  {:.100}", statement.service, statement.text);
        }
    }

    fn print_idle(&self) {
        let idle = &self.idle;
        let memory: f64 = SERVICES.iter().filter_map(|service| self.memory.get(service.name)).sum();
        println!("\nIDLE");
        println!(
            "  {:.1} statements/s in all, {:.1} xact_commit/s",
            idle.statements / idle.seconds,
            idle.xact_commits / idle.seconds
        );
        println!(
            "  {:.1}% of a core: services {:.1}%",
            idle.cpu_milliseconds() / idle.seconds / 10.0,
            idle.services_milliseconds() / idle.seconds / 10.0
        );
        for name in ["postgresql", "kafka", "envoy"] {
            let seconds = idle.cpu.get(name).copied().unwrap_or(0.0);
            println!("  {name}: {:.1}%", seconds / idle.seconds * 100.0);
        }
        println!("  memory per service: {:.1} MiB on average", memory / SERVICES.len() as f64);
        for (name, mebibytes) in self.memory.iter().filter(|(name, _)| *name != "bench") {
            println!("    {name:<14} {mebibytes:>7.1} MiB");
        }
        println!("  statements, per second:");
        for (statement, calls) in idle.by_statement.iter().take(STATEMENTS / 2) {
            println!("    {:<14} {:>6.2}  {:.100}", statement.service, calls.calls / idle.seconds, statement.text);
        }
    }

    fn print_core(&self) {
        let (history, batches, drain) = (&self.history, &self.batches, &self.drain);
        println!("\nHISTORY");
        println!(
            "  CPU per order at {}/s: {:.1} ms after {} orders at most, {:.1} ms after {}: {:.2}x",
            self.low.rate,
            self.low.per_order(self.low.cost.cpu_milliseconds()),
            history.orders_before,
            history.after.per_order(history.after.cost.cpu_milliseconds()),
            history.orders,
            self.aged()
        );
        println!("\nOUTBOX TO CONSUMER");
        println!(
            "  commit -> seen by a consumer: p50 {:.2} ms, p99 {:.2} ms of {} messages, one order in flight",
            milliseconds(&self.visible, 0.5),
            milliseconds(&self.visible, 0.99),
            self.visible.len()
        );
        println!(
            "  a message costs PostgreSQL {:.0} us in batches of {:.1}, {:.0} us in batches of {:.0}: {:.1}x less",
            batches.alone.micros_per_message(),
            batches.alone.messages_per_batch(),
            batches.together.micros_per_message(),
            batches.together.messages_per_batch(),
            batches.factor()
        );
        println!(
            "  {} waiting rows published in {:.1} s: {:.0} rows/s; first tenth {:.0}, last tenth {:.0} rows/s",
            drain.rows,
            drain.seconds,
            drain.rows as f64 / drain.seconds,
            drain.first,
            drain.last
        );
    }

    /// How much more an order costs with a past.
    fn aged(&self) -> f64 {
        let cpu = |step: &Step| step.per_order(step.cost.cpu_milliseconds());
        cpu(&self.history.after) / cpu(&self.low).max(f64::EPSILON)
    }

    pub(crate) fn to_json(&self) -> Value {
        let (machine, single) = (&self.machine, &self.single);
        json!({
            "machine": {
                "cores": machine.cores, "processor": machine.processor, "memory_gib": machine.memory_gib,
                "load_average": machine.load_average, "profile": machine.profile,
                "postgresql": machine.postgresql, "settings": machine.settings,
            },
            "one_in_flight": {
                "checkout_to_approved_ms": times(&single.to_approved),
                "checkout_to_approved_while_asking_ms": times(&single.to_approved_asked),
                "rest_checkout_to_approval_read_ms": times(&single.seen),
                "rest_checkout_answered_ms": times(&single.answered),
                "overlapping": single.overlapping,
            },
            "highest_sustained_rate": self.top().map(|top| top.rate),
            "low": step_json(&self.low),
            "rates": self.steps.iter().map(step_json).collect::<Vec<_>>(),
            "idle": cost_json(&self.idle, self.idle.seconds),
            "memory_mib": self.memory,
            "commit_to_consumer_ms": times(&self.visible),
            "history": {
                "orders_before": self.history.orders_before, "orders": self.history.orders, "cpu_factor": self.aged(),
                "after": step_json(&self.history.after),
            },
            "consumer_batches": { "alone": taken(&self.batches.alone), "together": taken(&self.batches.together) },
            "outbox_drain": {
                "rows": self.drain.rows, "seconds": self.drain.seconds,
                "first_tenth_rows_per_s": self.drain.first, "last_tenth_rows_per_s": self.drain.last,
            },
        })
    }
}

fn taken(taken: &Taken) -> Value {
    json!({
        "messages": taken.messages, "messages_per_batch": taken.messages_per_batch(),
        "postgresql_us_per_message": taken.micros_per_message(),
    })
}

fn verdict(step: &Step) -> String {
    let mut words = vec![if step.is_sustained() { "sustained" } else { "not sustained" }.to_owned()];
    if step.rejected > 0 {
        words.push(format!("{} rejected", step.rejected));
    }
    if step.failed > 0 {
        words.push(format!("{} checkouts failed: {}", step.failed, step.first_failure.as_deref().unwrap_or("?")));
    }
    if step.generator_late > 0.25 {
        words.push(format!("the generator was {:.1} s late", step.generator_late));
    }
    words.join(", ")
}

fn print_heads(title: &str, steps: &[&Step]) {
    let heads: String = steps.iter().map(|step| format!("{:>10}", format!("{}/s", step.rate))).collect();
    println!("\n{title:<40}{heads}");
}

fn print_row(name: &str, steps: &[&Step], figure: impl Fn(&Cost) -> f64) {
    let figures: String = steps.iter().map(|step| format!("{:>10.2}", step.per_order(figure(&step.cost)))).collect();
    println!("  {name:<38}{figures}");
}

fn print_times(name: &str, histogram: &Histogram<u64>) {
    let [p50, p99, highest] = [0.5, 0.99, 1.0].map(|quantile| milliseconds(histogram, quantile));
    println!("  {name:<41} {:>6} {p50:>8.1} {p99:>8.1} {highest:>8.1}", histogram.len());
}

fn times(histogram: &Histogram<u64>) -> Value {
    let at = |quantile| milliseconds(histogram, quantile);
    json!({"orders": histogram.len(), "p50": at(0.5), "p90": at(0.9), "p99": at(0.99), "highest": at(1.0)})
}

fn step_json(step: &Step) -> Value {
    json!({
        "rate": step.rate, "sent": step.sent, "approved": step.approved, "rejected": step.rejected,
        "failed": step.failed, "sustained": step.is_sustained(), "drained_after_s": step.drained_after,
        "generator_late_s": step.generator_late,
        "checkout_to_approved_ms": times(&step.to_approved), "checkout_answered_ms": times(&step.answered),
        "orders_measured": step.cost_orders, "per_order": cost_json(&step.cost, step.cost_orders.max(1) as f64),
    })
}

/// All figures, each for one of `count`: orders, or seconds.
fn cost_json(cost: &Cost, count: f64) -> Value {
    let milliseconds = |seconds: &std::collections::BTreeMap<String, f64>| -> Map<String, Value> {
        seconds.iter().map(|(name, seconds)| (name.clone(), json!(seconds * 1_000.0 / count))).collect()
    };
    let statements: Vec<Value> = cost
        .by_statement
        .iter()
        .map(|(statement, calls)| {
            let (calls, time) = (calls.calls / count, calls.milliseconds / count);
            json!({"service": statement.service, "text": statement.text, "calls": calls, "ms": time})
        })
        .collect();
    json!({
        "cpu_ms": cost.cpu_milliseconds() / count,
        "cpu_ms_by_component": milliseconds(&cost.cpu),
        "cpu_ms_by_part": milliseconds(&cost.cpu_parts),
        "units_of_work": cost.work_commits / count,
        "relay_batches": cost.relay_batches / count,
        "cursor_moves": cost.cursor_moves / count,
        "xact_commits": cost.xact_commits / count,
        "statements": cost.statements / count,
        "wal_bytes": cost.wal_bytes / count,
        "messages": cost.messages / count,
        "produce_requests": cost.produce_requests / count,
        "by_statement": statements,
    })
}
