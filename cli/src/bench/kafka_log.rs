//! Counts what producers have sent, in the broker's own files.
//!
//! A produce request of librdkafka carries one batch of records for one partition, and the broker appends each batch as
//! it came. So the batches in the log are the produce requests that were accepted, exactly.

use std::{
    collections::HashMap,
    fs::{self, File},
    io::{self, BufReader, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

/// A batch's base offset (8 bytes) and the length (4) of what follows.
const PREFIX: u64 = 12;
/// Up to and including the last offset's delta: <https://kafka.apache.org/documentation/#recordbatch>.
const HEADER: usize = 27;

/// What was appended to the fleet's topics so far.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Appended {
    pub(super) batches: u64,
    pub(super) records: u64,
}

/// Reads each file on from where it was left.
pub(super) struct KafkaLog {
    folder: PathBuf,
    read_to: HashMap<PathBuf, u64>,
    appended: Appended,
}

impl KafkaLog {
    /// The folder that holds a folder for each partition.
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder, read_to: HashMap::new(), appended: Appended::default() }
    }

    /// All that is there now.
    pub(super) fn count(&mut self) -> io::Result<Appended> {
        for partition in fs::read_dir(&self.folder)? {
            let partition = partition?.path();
            // The broker's own topics begin with two underscores.
            let ours = partition.file_name().is_some_and(|name| !name.to_string_lossy().starts_with("__"));
            if ours && partition.is_dir() {
                self.count_partition(&partition)?;
            }
        }
        Ok(self.appended)
    }

    fn count_partition(&mut self, folder: &Path) -> io::Result<()> {
        for file in fs::read_dir(folder)? {
            let file = file?.path();
            if file.extension().is_some_and(|extension| extension == "log") {
                let from = self.read_to.get(&file).copied().unwrap_or(0);
                let to = read_batches(&file, from, &mut self.appended)?;
                self.read_to.insert(file, to);
            }
        }
        Ok(())
    }
}

/// Gives where the next batch will begin; one that is only half written counts next time.
fn read_batches(file: &Path, from: u64, appended: &mut Appended) -> io::Result<u64> {
    let file = File::open(file)?;
    let end = file.metadata()?.len();
    let mut file = BufReader::with_capacity(4_096, file);
    file.seek(SeekFrom::Start(from))?;
    let mut at = from;
    while at + HEADER as u64 <= end {
        let mut header = [0; HEADER];
        file.read_exact(&mut header)?;
        let length = PREFIX + u64::from(u32_at(&header, 8));
        if at + length > end {
            break;
        }
        appended.batches += 1;
        appended.records += u64::from(u32_at(&header, 23)) + 1;
        at += length;
        file.seek_relative(i64::try_from(length).unwrap_or(i64::MAX) - HEADER as i64)?;
    }
    Ok(at)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes[at..at + 4].iter().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    /// A batch of `records` records and `body` bytes of them.
    fn batch(records: u32, body: u32) -> Vec<u8> {
        let mut bytes = vec![0; 8];
        bytes.extend((49 + body).to_be_bytes());
        bytes.extend([0; 11]);
        bytes.extend((records - 1).to_be_bytes());
        bytes.resize(61 + body as usize, 7);
        bytes
    }

    #[test]
    fn a_batch_counts_once_and_only_when_it_is_whole() {
        let state = std::env::temp_dir().join(format!("mall-kafka-log-{}", std::process::id()));
        let partition = state.join("ordering.events-0");
        fs::create_dir_all(&partition).expect("the folder is ours");
        let mut file = File::create(partition.join("00000000000000000000.log")).expect("the file is ours");
        let mut log = KafkaLog::new(state.clone());
        let (first, second) = (batch(3, 100), batch(1, 9_000));

        file.write_all(&first).expect("written");
        assert_eq!(log.count().expect("readable"), Appended { batches: 1, records: 3 });
        file.write_all(&second[..500]).expect("written");
        assert_eq!(log.count().expect("readable"), Appended { batches: 1, records: 3 });
        file.write_all(&second[500..]).expect("written");
        assert_eq!(log.count().expect("readable"), Appended { batches: 2, records: 4 });

        fs::remove_dir_all(state).expect("the folder is ours");
    }
}
