//! Between the listener's connections and the one loop that serves an operation.

use tokio::sync::{mpsc, oneshot, watch};

use super::Answers;

/// Requests that wait for their turn: connections wait no longer than this many answers take.
const WAITING: usize = 16;

/// The connections' side.
#[derive(Debug)]
pub struct Window {
    manifest: watch::Receiver<Vec<u8>>,
    questions: mpsc::Sender<Question>,
}

/// The loop's side. Dropped, nothing is answered any more.
#[derive(Debug)]
pub struct Clerk {
    manifest: watch::Sender<Vec<u8>>,
    questions: mpsc::Receiver<Question>,
}

/// A sealed request whose asker waits.
#[derive(Debug)]
pub struct Question {
    request: Vec<u8>,
    answer: oneshot::Sender<Option<Vec<u8>>>,
}

/// Both sides of one window, which shows this manifest.
pub fn window(manifest: &[u8]) -> (Window, Clerk) {
    let (show, shown) = watch::channel(manifest.to_vec());
    let (ask, asked) = mpsc::channel(WAITING);
    (Window { manifest: shown, questions: ask }, Clerk { manifest: show, questions: asked })
}

impl Answers for Window {
    fn manifest(&self) -> Vec<u8> {
        self.manifest.borrow().clone()
    }

    fn exchange(&self, request: &[u8]) -> Option<Vec<u8>> {
        let (answer, answered) = oneshot::channel();
        let question = Question { request: request.to_vec(), answer };
        self.questions.blocking_send(question).ok()?;
        answered.blocking_recv().ok()?
    }
}

impl Clerk {
    /// The next question; pending for ever when the listener is gone.
    pub async fn next(&mut self) -> Question {
        match self.questions.recv().await {
            Some(question) => question,
            None => std::future::pending().await,
        }
    }

    /// Shows this manifest from now on.
    pub fn show(&self, manifest: &[u8]) {
        self.manifest.send_if_modified(|shown| {
            let is_new = shown != manifest;
            if is_new {
                *shown = manifest.to_vec();
            }
            is_new
        });
    }
}

impl Question {
    /// The request.
    pub fn request(&self) -> &[u8] {
        &self.request
    }

    /// Answers it. Who asked may have gone.
    pub fn answer(self, answer: Option<Vec<u8>>) {
        let _ = self.answer.send(answer);
    }
}
