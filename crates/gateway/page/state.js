// Keeps the state of the parts current while somebody looks: asks for this page again and takes its section over.

import { byId } from './dom.js';

const EVERY_MS = 5000;
const PATIENCE_MS = 10000;

export function keepCurrent() {
  const choice = byId('refresh');
  byId('refresh-choice').hidden = false;
  let timer;
  const next = () => {
    clearTimeout(timer);
    if (choice.checked && document.visibilityState === 'visible') timer = setTimeout(turn, EVERY_MS);
  };
  const turn = async () => {
    await refresh();
    next();
  };
  choice.addEventListener('change', () => (choice.checked ? turn() : next()));
  document.addEventListener('visibilitychange', () => (document.visibilityState === 'visible' && choice.checked ? turn() : next()));
  next();
}

async function refresh() {
  try {
    const response = await fetch('/', { headers: { accept: 'text/html' }, cache: 'no-store', signal: AbortSignal.timeout(PATIENCE_MS) });
    if (!response.ok) throw new Error(`status ${response.status}`);
    takeOver(new DOMParser().parseFromString(await response.text(), 'text/html'));
  } catch {
    summarise('The gateway gives no answer. This page goes on asking.', false);
  }
}

function takeOver(fresh) {
  const summary = fresh.getElementById('state-summary');
  summarise(summary.textContent, summary.classList.contains('well'));
  byId('state').replaceChildren(...document.adoptNode(fresh.getElementById('state')).childNodes);
}

/** Changes the sentence only if it says something new: screen readers read each change aloud. */
function summarise(text, well) {
  const summary = byId('state-summary');
  if (summary.textContent !== text) summary.textContent = text;
  summary.classList.toggle('well', well);
  summary.classList.toggle('ill', !well);
}
