//! A saga as its author writes it: the table of its steps.

use mall_persistence::{Direction, Outgoing, SagaRow};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::steps::{AnySaga, direction};

type Command<D> = Box<dyn Fn(&D) -> Outgoing + Send + Sync>;
type Undo<D> = Box<dyn Fn(&D, &str) -> Outgoing + Send + Sync>;

struct Step<D> {
    name: &'static str,
    command: Option<Command<D>>,
    undo: Option<Undo<D>>,
}

/// A table of steps over data `D`.
pub struct Saga<D> {
    name: &'static str,
    version: i16,
    /// Step 0 is the undo that ends every compensation.
    steps: Vec<Step<D>>,
    pivot: usize,
}

impl<D: Serialize + DeserializeOwned + Send + Sync + 'static> Saga<D> {
    /// A saga without steps. Without a pivot it can never be turned back by time: it only goes forward.
    pub fn new(name: &'static str, version: i16) -> Self {
        Self { name, version, steps: vec![Step { name: "begin", command: None, undo: None }], pivot: 0 }
    }

    /// What ends every compensation; it is told why the saga turned back.
    #[must_use]
    pub fn finally_undo(
        mut self,
        name: &'static str,
        undo: impl Fn(&D, &str) -> Outgoing + Send + Sync + 'static,
    ) -> Self {
        self.steps[0] = Step { name, command: None, undo: Some(Box::new(undo)) };
        self
    }

    /// The next step.
    #[must_use]
    pub fn step(mut self, name: &'static str, command: impl Fn(&D) -> Outgoing + Send + Sync + 'static) -> Self {
        self.steps.push(Step { name, command: Some(Box::new(command)), undo: None });
        self
    }

    /// The next step, which is the last that time can turn back.
    #[must_use]
    pub fn pivot(mut self, name: &'static str, command: impl Fn(&D) -> Outgoing + Send + Sync + 'static) -> Self {
        self = self.step(name, command);
        self.pivot = self.steps.len() - 1;
        self
    }

    /// What undoes the step just named.
    #[must_use]
    pub fn undo(mut self, undo: impl Fn(&D) -> Outgoing + Send + Sync + 'static) -> Self {
        let last = self.steps.last_mut().expect("there is always step 0");
        last.undo = Some(Box::new(move |data, _| undo(data)));
        self
    }

    /// The saga's name.
    pub fn name(&self) -> &'static str {
        self.name
    }
}

impl<D: Serialize + DeserializeOwned + Send + Sync + 'static> AnySaga for Saga<D> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn version(&self) -> i16 {
        self.version
    }

    fn step_name(&self, step: i16) -> &'static str {
        self.at(step).map_or("unknown", |step| step.name)
    }

    fn last_step(&self) -> i16 {
        i16::try_from(self.steps.len() - 1).expect("a saga has few steps")
    }

    fn pivot(&self) -> i16 {
        i16::try_from(self.pivot).expect("a saga has few steps")
    }

    fn has_undo(&self, step: i16) -> bool {
        self.at(step).is_some_and(|step| step.undo.is_some())
    }

    fn command(&self, row: &SagaRow) -> Result<Outgoing, String> {
        let data: D = serde_json::from_str(&row.data).map_err(|error| format!("{}: {error}", self.name))?;
        let cause = row.cause.as_deref().unwrap_or_default();
        let direction = direction(row);
        let command = self.at(row.step).and_then(|step| match direction {
            Direction::Do => step.command.as_ref().map(|command| command(&data)),
            Direction::Undo => step.undo.as_ref().map(|undo| undo(&data, cause)),
        });
        command.ok_or_else(|| format!("{} has no {} of step {}", self.name, direction.as_str(), row.step))
    }
}

impl<D> Saga<D> {
    fn at(&self, step: i16) -> Option<&Step<D>> {
        self.steps.get(usize::try_from(step).ok()?)
    }
}
