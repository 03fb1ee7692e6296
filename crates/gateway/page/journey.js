// Follows one event until it is a row or a dead letter, asking ever more seldom, for a bounded time.

import { Trouble, findEvent } from './api.js';

const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 3000;
const GROWTH = 1.6;
const LIMIT_MS = 60000;

/** What is found, once it is final; null when time is up. Troubles that pass by themselves are waited out. */
export async function follow(event, signal) {
  const deadline = performance.now() + LIMIT_MS;
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * GROWTH, LONGEST_WAIT_MS)) {
    const { found, retryAfter } = await look(event, signal);
    if (found && found.status !== 'accepted') return found;
    const pause = Math.max(wait, retryAfter * 1000);
    if (performance.now() + pause > deadline) return null;
    await sleep(pause, signal);
  }
}

async function look(event, signal) {
  try {
    return { found: await findEvent(event, signal), retryAfter: 0 };
  } catch (trouble) {
    if (!(trouble instanceof Trouble) || !passes(trouble)) throw trouble;
    return { found: null, retryAfter: trouble.retryAfter };
  }
}

const passes = ({ status, kind }) => kind === 'not-stored-yet' || status === 0 || status === 429 || status >= 500;

function sleep(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => { clearTimeout(timer); reject(signal.reason); }, { once: true });
  });
}
