use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

/// The most spare pieces of memory that are kept for the next pictures of all streams. What pictures that come at the same moment
/// take beyond these goes back to the allocator, which gives it to decoders and sockets in between.
const SPARE: usize = 4;

/// The most bytes that are kept: two pictures of 2560×1440, or all four of 1920×1080. Larger memory goes back to the system.
const SPARE_BYTES: usize = 32 << 20;

/// The memory of the last picture stands at the end and is taken first, because it is still in a processor's cache.
static SPARES: Mutex<Vec<Box<[u8]>>> = Mutex::new(Vec::new());

/// The bytes of one picture; clones share them.
///
/// Most of the time a stream needs the memory of one picture, which is on the screen, and for the moment in which the next one is
/// made that of a second. So the second comes from what all streams share, and goes back there when the last holder drops it.
#[derive(Clone)]
pub struct Pixels(Arc<Blank>);

/// Memory for a picture that is being made. At first it holds the bytes of an older picture.
pub struct Blank(Box<[u8]>);

impl Blank {
    /// Of `size` bytes.
    #[must_use]
    pub fn new(size: usize) -> Self {
        let mut spares = SPARES.lock().unwrap_or_else(PoisonError::into_inner);
        let spare = spares.iter().rposition(|spare| spare.len() == size);
        let spare = spare.map(|index| spares.remove(index));
        drop(spares);
        Self(spare.unwrap_or_else(|| vec![0; size].into()))
    }
}

impl AsMut<[u8]> for Blank {
    fn as_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

impl Drop for Blank {
    fn drop(&mut self) {
        let memory = std::mem::take(&mut self.0);
        if memory.is_empty() {
            return;
        }
        let mut spares = SPARES.lock().unwrap_or_else(PoisonError::into_inner);
        spares.push(memory);
        let mut bytes: usize = spares.iter().map(|spare| spare.len()).sum();
        let mut eldest = Vec::new();
        while spares.len() > SPARE || bytes > SPARE_BYTES {
            let spare = spares.remove(0);
            bytes -= spare.len();
            eldest.push(spare);
        }
        // The memory is given back outside of the lock, because that may take the system some time.
        drop(spares);
        drop(eldest);
    }
}

impl From<Blank> for Pixels {
    fn from(full: Blank) -> Self {
        Self(Arc::new(full))
    }
}

impl From<Vec<u8>> for Pixels {
    fn from(bytes: Vec<u8>) -> Self {
        Blank(bytes.into()).into()
    }
}

impl Deref for Pixels {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A size that no other test uses: the spares belong to the process.
    const SIZE: usize = 7_919;

    #[test]
    fn the_memory_of_a_picture_serves_again_once_the_last_holder_dropped_it() {
        let first = Pixels::from(Blank::new(SIZE));
        let (address, second_holder) = (first.as_ptr(), first.clone());
        drop(first);
        assert_ne!(Blank::new(SIZE).as_mut().as_ptr(), address, "somebody still shows it");
        drop(second_holder);
        assert_eq!(Blank::new(SIZE).as_mut().as_ptr(), address);
        assert_eq!(Blank::new(SIZE + 1).as_mut().len(), SIZE + 1);
    }

    #[test]
    fn only_so_much_is_kept() {
        drop((0..3 * SPARE).map(|_| Blank::new(SIZE - 1)).collect::<Vec<_>>());
        drop(Blank::new(SPARE_BYTES / 2 + 1));
        drop(Blank::new(SPARE_BYTES / 2 + 2));
        let spares = SPARES.lock().unwrap();
        assert!(spares.len() <= SPARE);
        assert!(spares.iter().map(|spare| spare.len()).sum::<usize>() <= SPARE_BYTES);
    }
}
